"""Files that decide the meaning of a check: tests and check settings. docs/checks.md has the list for people.

A patch may have a good reason to change them. So this is reported, and the checks also run in a tree without these changes.
"""

import re
import shlex
from collections.abc import Iterable, Sequence
from typing import Final

from aideator_agent.patterns import lazy

# The name alone matches a link that replaces the folder.
TEST_FOLDER: Final = lazy(
    r"(^|/)(tests?|specs?|e2e|testdata|__(tests|mocks|snapshots)__|[^/]*[._-]tests|tests?[._-](data|files|cases|fixtures|resources))(/|\Z)"
    r"|^x?t(/|\Z)",
    re.IGNORECASE,
)
TEST_FILE: Final = lazy(
    r"(^|/)(test_[^/]*|tests?\.[^/]+|conftest\.py|[^/]*[._-](test|tests|spec|cy)\.[^/]+|[^/]*(Tests?|TestCase)\.\w+|"
    r"Test[A-Z][^/]*\.(java|kt|groovy)|[^/]*Spec\.(scala|hs|groovy|kt|swift)|[^/]*\.(feature|snap|bats))\Z"
)

# Of a crate: what is no module of it is not built
SOURCE: Final = lazy(r"(.*/)?src/.*\.rs", re.DOTALL)

# By file name, in any folder
_NAMES: Final = (
    r"conftest\.py|setup\.py|manage\.py|nose2?\.cfg|unittest\.cfg|pyrightconfig\.json|\.?pytest\.(ini|toml)|pyproject\.toml|setup\.cfg|tox\.(ini|toml)|noxfile\.py|\.coveragerc|"
    r"(site|user)customize\.py|[^/]*\.pth|mypy\.ini|\.mypy\.ini|\.?ruff\.toml|\.flake8|\.pylintrc|\.pre-commit-config\.ya?ml|"
    r"(GNU)?[Mm]akefile|[^/]*\.mk|\.?[Jj]ustfile|Taskfile\.ya?ml|Rakefile|\.rspec|phpunit(\.dist)?\.xml(\.dist)?|composer\.json|"
    r"\.proverc|\.perlcriticrc|(Makefile|Build)\.PL|"
    r"package\.json|\.npmrc|\.yarnrc(\.yml)?|\.pnpmfile\.cjs|\.babelrc[^/]*|[tj]sconfig[^/]*\.json|deno\.jsonc?|bunfig\.toml|\.mocharc[^/]*|\.nycrc[^/]*|\.eslintrc[^/]*|\.swcrc|"
    r"(babel|jest|vitest|vite|karma|mocha|ava|playwright|cypress|eslint|biome)[.-](config|conf|setup|workspace)\.[^/]+|biome\.jsonc?|"
    r"Cargo\.toml|go\.work|rust-toolchain(\.toml)?|clippy\.toml|\.golangci\.[^/]+|build\.gradle[^/]*|settings\.gradle[^/]*|gradle\.properties|"
    r"pom\.xml|gradlew|mvnw|build\.sbt|Directory\.Build\.(props|targets)|[^/]*\.runsettings"
)
# By path; at the top, a package of this name replaces the runner itself
_PLACES: Final = (
    r"\.github/(workflows|actions)/.*|\.gitlab-ci\.yml|\.circleci/.*|(.*/)?\.cargo/config(\.toml)?|(.*/)?\.mvn/.*|"
    r"(.*/)?gradle/wrapper/.*|(.*/)?[^/]*\.(egg|dist)-info/.*|"
    r"(_?pytest|unittest|doctest|tox|nox|coverage)(\.py|/.*)"
)
_SETTING: Final = lazy(rf"(.*/)?({_NAMES})|{_PLACES}", re.DOTALL)
_SCRIPT: Final = lazy(r".*\.(sh|bash|zsh|bats)|(.*[/._-])?(run|all)?(tests?|checks?|verify|lint|ci)([._-].*)?")
_OPTION: Final = lazy(r"-[cf]|--?(config|config-file|configuration|conf|rcfile|rootdir|settings|project|file|makefile)")
_SHELL: Final = lazy(r"(.*/)?(ba|da|k|z)?sh|source")
# After `-c` and `-f`, which mean something else to compilers and `test`: source code is no setting
_SOURCE: Final = lazy(r"(?!.*conf).*\.(py|[cm]?[jt]sx?|c|cc|cpp|cxx|h|m|rb|php|pl|lua|go|rs|java|kt|swift)", re.DOTALL)
_HERE: Final = lazy(r"\A(\$\{?PWD\}?)?(\.{0,2}/+)*")
_BREAK: Final = lazy(r"\s|[^();<>|&][();<>|&]")  # in a word that was quoted


def is_test(path: str) -> bool:
    return bool(TEST_FOLDER.search(path) or TEST_FILE.search(path))


def is_setting(path: str, named: Iterable[str] = ()) -> bool:
    """Whether the path is a check setting. `named` has the result of `named_in`; the checks' commands may have changed folder first."""
    return bool(_SETTING.fullmatch(path)) or any(f"/{path}".endswith(f"/{name}") for name in named)


def named_in(commands: Sequence[str]) -> frozenset[str]:
    """Returns the paths that commands use as scripts (by extension, by shell, or a name like `check`) or pass to an option for settings.

    Other files in a command may be what the task is to fix (`python3 main.py --self-test`).
    """
    found = set()
    for command in commands:
        words = _words(command)
        for before, word in zip(["", *words], words, strict=False):
            option, _, value = word.partition("=")
            if word.startswith("-"):
                path = value if _OPTION.fullmatch(option) else ""
            else:
                after_option = _OPTION.fullmatch(before) and not (len(before) == 2 and _SOURCE.fullmatch(word))
                path = word if after_option or _SHELL.fullmatch(before) or _SCRIPT.fullmatch(word) else ""
            found.add(_HERE.sub("", path))
    return frozenset(found - {""})


def _words(command: str) -> list[str]:
    """Returns a command's words, including those in quotes, as in `bash -c 'sh check.sh'`."""
    reader = shlex.shlex(command, posix=True, punctuation_chars=True)
    reader.whitespace_split = True
    reader.commenters = ""
    try:
        words = list(reader)
    except ValueError:
        return re.split(r"[\s();<>|&'\"]+", command)
    return [inner for word in words for inner in (_words(word) if _BREAK.search(word) else [word])]
