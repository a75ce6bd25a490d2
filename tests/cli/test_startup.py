"""Start-up is a feature: help and lists load nothing heavy."""

import subprocess
import sys
from pathlib import Path

import pytest

HEAVY = ("kubernetes", "textual", "litellm")
PROGRAM = "import sys; from aideator_cli.main import main; main({words}); print(*sorted(set({heavy}) & set(sys.modules)), file=sys.stderr)"


def loaded(words: list[str], heavy: tuple[str, ...], home: Path) -> str:
    program = PROGRAM.format(words=words, heavy=heavy)
    environment = {"AIDEATOR_HOME": str(home), "PATH": "/usr/bin:/bin"}
    return subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, env=environment, check=True
    ).stderr.splitlines()[-1]


@pytest.mark.parametrize("words", [["--help"], ["run", "--help"], ["version"]])
def test_help_loads_nothing_heavy_and_no_store(words: list[str], tmp_path: Path) -> None:
    assert loaded(words, (*HEAVY, "sqlite_utils", "jinja2", "rich", "yaml"), tmp_path) == ""


def test_the_list_loads_nothing_heavy(tmp_path: Path) -> None:
    assert loaded(["list"], HEAVY, tmp_path) == ""
