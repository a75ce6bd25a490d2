"""Files that decide what a check means: tests, and what checks are configured by. docs/checks.md has the list for people.

A patch may touch them for a good reason. So this is told, and the checks run on a tree without these changes, too.
"""

import re
import shlex
from collections.abc import Iterable, Sequence
from typing import Final

TEST_FOLDER: Final = re.compile(r"(^|/)(tests?|specs?|__tests__)/", re.IGNORECASE)
TEST_FILE: Final = re.compile(r"(^|/)(test_[^/]*|conftest\.py|[^/]*[._-](test|tests|spec)\.[^/]+|[^/]*Tests?\.\w+)$")

# By a file's name, wherever it lies
_NAMES: Final = (
    r"conftest\.py|\.?pytest\.(ini|toml)|pyproject\.toml|setup\.cfg|tox\.(ini|toml)|noxfile\.py|\.coveragerc|"
    r"(site|user)customize\.py|[^/]*\.pth|mypy\.ini|\.mypy\.ini|\.?ruff\.toml|\.flake8|\.pylintrc|\.pre-commit-config\.ya?ml|"
    r"(GNU)?[Mm]akefile|[^/]*\.mk|\.?[Jj]ustfile|Taskfile\.ya?ml|Rakefile|\.rspec|phpunit\.xml(\.dist)?|"
    r"package\.json|\.npmrc|[tj]sconfig[^/]*\.json|deno\.jsonc?|bunfig\.toml|\.mocharc[^/]*|\.nycrc[^/]*|\.eslintrc[^/]*|\.swcrc|"
    r"(babel|jest|vitest|vite|karma|mocha|ava|playwright|cypress|eslint|biome)[.-](config|conf|setup|workspace)\.[^/]+|biome\.jsonc?|"
    r"Cargo\.toml|rust-toolchain(\.toml)?|clippy\.toml|\.golangci\.[^/]+|build\.gradle[^/]*|settings\.gradle[^/]*|gradle\.properties|"
    r"pom\.xml|gradlew|mvnw|build\.sbt|Directory\.Build\.(props|targets)|[^/]*\.runsettings"
)
# By where it lies; at the top a package of this name stands in the place of the runner itself
_PLACES: Final = (
    r"\.github/(workflows|actions)/.*|\.gitlab-ci\.yml|\.circleci/.*|(.*/)?\.cargo/config(\.toml)?|(.*/)?\.mvn/.*|"
    r"(_?pytest|unittest|doctest|tox|nox|coverage)(\.py|/.*)"
)
_SETTING: Final = re.compile(rf"(.*/)?({_NAMES})|{_PLACES}", re.DOTALL)
_SCRIPT: Final = re.compile(r".*\.(sh|bash|zsh|bats)|(.*[/._-])?(run|all)?(tests?|checks?|verify|lint|ci)([._-].*)?")
_OPTION: Final = re.compile(
    r"-[cf]|--?(config|config-file|configuration|conf|rcfile|rootdir|settings|project|file|makefile)"
)


def is_test(path: str) -> bool:
    return bool(TEST_FOLDER.search(path) or TEST_FILE.search(path))


def is_setting(path: str, named: Iterable[str] = ()) -> bool:
    """`named`: what `named_in` found in the checks' commands."""
    return bool(_SETTING.fullmatch(path)) or path in named


def named_in(commands: Sequence[str]) -> frozenset[str]:
    """Paths that commands give as scripts (by extension, or a name with `check` or the like), or to an option for settings.

    Other files that a command names may well be what is to be mended (`python3 main.py --self-test`).
    """
    found = set()
    for command in commands:
        words = _words(command)
        for before, word in zip(["", *words], words, strict=False):
            option, _, value = word.partition("=")
            if word.startswith("-"):
                path = value if _OPTION.fullmatch(option) else ""
            else:
                path = word if _OPTION.fullmatch(before) or _SCRIPT.fullmatch(word) else ""
            found.add(re.sub(r"^(\./+)+", "", path))
    return frozenset(found - {""})


def _words(command: str) -> list[str]:
    try:
        return shlex.split(command, comments=True)
    except ValueError:
        return command.split()
