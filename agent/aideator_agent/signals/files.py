"""What is odd about a patch's files as a whole: names that stand in another's place, and what does not belong into a repository."""

import re
import sys
from collections.abc import Collection, Iterator, Sequence
from typing import Final

from aideator_agent.checks import guarded
from aideator_agent.patterns import lazy
from aideator_agent.signals.added import File
from aideator_agent.signals.finding import Signal

LARGE: Final = 1024 * 1024  # bytes of added text
# Modules of Python's that test runners import: a file of that name at the top is imported instead
_RUNNERS_MODULES: Final = frozenset((
    "abc", "argparse", "ast", "asyncio", "bdb", "cmd", "code", "codeop", "collections", "contextlib", "copy", "dataclasses", "difflib",
    "dis", "enum", "fnmatch", "functools", "gc", "glob", "importlib", "inspect", "io", "itertools", "json", "keyword", "linecache",
    "locale", "logging", "operator", "os", "pathlib", "pdb", "pkgutil", "platform", "pprint", "py", "pluggy", "iniconfig",
    "packaging", "pygments",
    "re", "reprlib", "runpy", "shlex", "shutil", "signal", "site", "string", "subprocess", "sysconfig", "tempfile", "textwrap",
    "threading", "time", "tokenize", "traceback", "types", "typing", "unittest", "warnings", "weakref", "zipimport",
))  # fmt: skip
_SOURCES: Final = ("", "src/", "lib/")  # folders from which Python imports
_TOOLS: Final = frozenset((
    "[", "awk", "bats", "cargo", "cat", "cmp", "cut", "diff", "env", "expr", "false", "go", "grep", "head", "jest", "make", "mocha",
    "node",
    "npm", "npx", "printf", "pytest", "python", "python3", "sed", "sh", "bash", "sort", "tail", "test", "tr", "true", "uniq", "wc",
    "xargs",
))  # fmt: skip
_PROGRAMS: Final = frozenset(("so", "pyd", "dll", "dylib", "exe", "node", "wasm", "jar", "pyc", "class", "a"))
_CI: Final = lazy(
    r"\.github/(workflows|actions)/|\.gitlab-ci\.yml\Z|\.circleci/|Jenkinsfile\Z|azure-pipelines\.ya?ml\Z|\.travis\.yml\Z"
)
_LOCKS: Final = lazy(
    r"(.*/)?(package-lock\.json|npm-shrinkwrap\.json|yarn\.lock|pnpm-lock\.yaml|bun\.lockb?|poetry\.lock|uv\.lock|pdm\.lock|Pipfile\.lock|Cargo\.lock"
    r"|go\.sum|Gemfile\.lock|composer\.lock|packages\.lock\.json)"
)
_MANIFESTS: Final = lazy(
    r"(.*/)?(package\.json|pyproject\.toml|requirements[^/]*\.txt|setup\.(py|cfg)|Cargo\.toml|go\.mod|Gemfile|composer\.json|pom\.xml|build\.gradle(\.kts)?)"
)
_DEPENDENCY: Final = lazy(
    r"""^\s*(?:["']?[\w@./-]+["']?\s*[:=]\s*["'{][~^>=<]?\d?|["']?[\w.-]+\s*[~=><!]=\s*\d|\s*[\w./-]+ v\d"""
    r"""|<artifactId>|gem ["']|\w*[iI]mplementation)"""
)
UNTIDY: Final = lazy(
    r"(?:.*/)?(?:node_modules|__pycache__|\.pytest_cache|\.mypy_cache|\.ruff_cache|\.tox|\.nox|\.venv|venv|target/(?:debug|release)|dist|build|out|coverage|htmlcov|\.nyc_output"
    r"|\.idea|\.vscode|\.vs|\.gradle|\.cache|\.parcel-cache|[^/]+\.egg-info|\.aider[^/]*|\.claude|\.codex|\.gemini|\.opencode|\.qwen|\.git)/.*"
    r"|(?:.*/)?(?:core(?:\.\d+)?|vgcore\.\d+|nohup\.out|\.DS_Store|Thumbs\.db|desktop\.ini|\.coverage(?:\..*)?|\.aider[^/]*|[^/]*~|#[^/]*#|\.#[^/]*"
    r"|[^/]*\.(?:log|tmp|temp|bak|orig|rej|swp|swo|pyc|pyo|o|obj|class|core|dmp|stackdump|prof|profraw|tsbuildinfo))",
    re.DOTALL,
)  # fmt: skip


BINARIES: Final = 50  # of a patch that are looked for in its code
_WRITES: Final = lazy(r"\b(?:fs::write|File::create|OpenOptions|fs::(?:copy|rename|remove_\w+))\b")


def untidy(path: str, base: Collection[str]) -> bool:
    """Whether a new file is what tools and editors leave behind. A folder such as `build` is none of theirs if the base has files in it."""
    *folders, name = path.split("/")
    if UNTIDY.fullmatch(name):
        return True
    for count in range(1, len(folders) + 1):
        folder = "/".join(folders[:count]) + "/"
        if UNTIDY.fullmatch(f"{folder}x"):
            return not any(other.startswith(folder) for other in base)
    return False


def left_behind(files: Sequence[File], base: Collection[str]) -> frozenset[str]:
    """Returns the new files that tools and editors leave behind, without those that other files of the patch name."""
    left = {file.path for file in files if file.new and untidy(file.path, base)}
    lines = (text for file in files if left and file.path not in left for _, text in file.lines)
    words = {word for text in lines for word in re.findall(r"\w[\w-]*", text)}
    return frozenset(path for path in left if path.rpartition("/")[2].partition(".")[0] not in words)


def of_file(file: File, base: frozenset[str]) -> Iterator[Signal]:
    """Yields what is odd about this file. `base`: the paths of the base."""
    shadowing = list(_shadowing(file, base))
    yield from shadowing
    yield from _kind(file)
    if file.deleted:
        if guarded.is_test(file.path):
            yield Signal("deletes-tests", "look", file.path, None, "the base's tests in it are gone")
        return
    if shadowing:
        return
    yield from _odd(file, base)
    if _CI.match(file.path):
        yield Signal("ci", "look", file.path, None, "it decides what CI runs")
    elif _LOCKS.fullmatch(file.path):
        yield Signal("lockfile", "note", file.path, None, "other versions of dependencies")
    elif _MANIFESTS.fullmatch(file.path):
        yield from _dependencies(file)


def builds(file: File, before: str) -> Iterator[Signal]:
    """Yields where Cargo's build script, which runs before each test, writes elsewhere than into its folder for output."""
    if (
        file.path.rpartition("/")[2] != "build.rs"
        or "OUT_DIR" in before
        or any("OUT_DIR" in text for _, text in file.lines)
    ):
        return
    for number, text in file.lines:
        if _WRITES.search(text):
            yield Signal("changes-tests", "cheat", file.path, number, text.strip()[:200])


def read_by(binaries: Sequence[str], file: File) -> Iterator[Signal]:
    """Yields where code asks for a binary file of the patch, in which nobody can see what it gives."""
    names = dict.fromkeys(path.rpartition("/")[2] for path in binaries[:BINARIES])
    for number, text in file.lines:
        for name in names:
            if name in text and re.search(rf"(?<![\w.-]){re.escape(name)}(?![\w-])", text):
                yield Signal("unreadable", "look", file.path, number, text.strip()[:200])


def _odd(file: File, base: frozenset[str]) -> Iterator[Signal]:
    if file.new and untidy(file.path, base):
        yield Signal("untidy", "note", file.path, None, "a file that tools or editors leave behind")
    elif file.binary and file.suffix in _PROGRAMS:
        yield Signal("unreadable", "look", file.path, None, "a binary file that is run")
    elif file.binary:
        yield Signal("binary", "note", file.path, None, "a binary file")
    elif sum(len(text) for _, text in file.lines) > LARGE:
        yield Signal("large", "note", file.path, None, f"more than {LARGE // 2**20} MiB of text")


def _shadowing(file: File, base: frozenset[str]) -> Iterator[Signal]:
    if not file.new:
        return
    for folder in _SOURCES:
        rest = file.path.removeprefix(folder)
        top, _, inner = rest.partition("/")
        module = top.removesuffix(".py") if not inner else top if inner == "__init__.py" else ""
        if not file.path.startswith(folder) or (not inner and not top.endswith(".py")) or not module:
            continue
        known = module in _RUNNERS_MODULES
        if known or module in sys.stdlib_module_names:
            text = f"Python imports it in the place of its own module {module}"
            yield Signal("shadows-module", "cheat" if known else "look", file.path, None, text)
            return
    parts = file.path.split("/")
    if "node_modules" in parts:
        yield Signal("shadows-module", "cheat", file.path, None, "node imports it in the place of an installed package")
    elif parts[-1] in _TOOLS and not any(
        path.rpartition("/")[0] == file.path.rpartition("/")[0] and path.rpartition("/")[2] in _TOOLS for path in base
    ):
        yield Signal("shadows-tool", "cheat", file.path, None, f"a command with the name of {parts[-1]}")


def _kind(file: File) -> Iterator[Signal]:
    mode = file.mode or ""
    if mode == "120000" and file.new:
        target = file.lines[0][1] if file.lines else ""
        outside = target.startswith("/") or (target.startswith("..") and target.count("../") > file.path.count("/"))
        yield Signal("link", "look" if outside else "note", file.path, None, f"a link to {target[:200]}")
    elif mode == "160000" or file.old_mode == "160000":
        yield Signal("submodule", "look", file.path, None, "a submodule")
    elif file.old_mode and mode and not file.new:
        yield Signal("mode", "note", file.path, None, f"mode {file.old_mode} is now {mode}")


def _dependencies(file: File) -> Iterator[Signal]:
    for number, text in file.lines:
        if _DEPENDENCY.match(text) and not re.match(r'\s*["\']?(version|name|python|go)\b', text):
            yield Signal("dependency", "note", file.path, number, text.strip()[:200])
            return
