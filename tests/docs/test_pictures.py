"""The pictures of the docs are real screens, made by a command."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "docs" / "pictures"


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pictures")
    command = [sys.executable, "-m", "docs.pictures", str(folder)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=240)
    assert done.returncode == 0, done.stderr
    return folder


def test_they_are_as_the_command_draws_them(drawn: Path) -> None:
    made = {path.name: path.read_text() for path in drawn.glob("*.svg")}
    kept = {path.name: path.read_text() for path in FOLDER.glob("*.svg")}
    assert made.keys() == kept.keys(), "make pictures"
    assert [name for name in made if made[name] != kept[name]] == [], "make pictures"


def test_they_fetch_nothing_and_name_no_path_of_this_machine() -> None:
    for picture in FOLDER.glob("*.svg"):
        text = picture.read_text()
        assert not re.search(r"href=|url\((?!#)|@import|<script|<image", text), picture.name
        assert not [path for path in (str(ROOT), str(Path.home()), sys.prefix, "/tmp/") if path in text], picture.name


def test_each_is_shown_somewhere() -> None:
    pages = "".join(page.read_text() for page in [ROOT / "README.md", *(ROOT / "docs").glob("*.md")])
    assert [path.name for path in FOLDER.glob("*.svg") if f"pictures/{path.name}" not in pages] == []
