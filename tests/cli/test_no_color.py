"""NO_COLOR (no-color.org): no code of a colour reaches the terminal. Of the panes, see tests/views/panes/test_on_a_terminal.py."""

import os
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.fixtures.colours import colours
from tests.fixtures.stored_runs import Told, add_run, change, check
from tests.fixtures.terminal import seen

ANSWER = "# Title\n\nSee `src/a.py`, **that** is:\n\n```python\ndef f(): pass\n```\n"
COMMANDS = (
    "list", "show", "compare", "diff @last/1", "logs", "watch --view live", "watch --view lines", "show a3v9x2q", "stats",
    "doctor", "run --help", "shwo", "show zzzzzzz", "run",
)  # fmt: skip


@pytest.fixture
def home(tmp_path: Path) -> Path:
    add_run(tmp_path, Told(answer=ANSWER), run="a3v9x2q")
    failed = Told(outcome="failed", end={"fault": "agent"})
    add_run(tmp_path, Told(change("src/a.py", "old", "new"), [check("unit")]), failed)
    return tmp_path


def written(home: Path, words: Sequence[str], wish: str) -> bytes:
    """All bytes that a terminal with true colour gets."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    wishes = {"TERM": "xterm-256color", "COLORTERM": "truecolor", "NO_COLOR": wish}
    return seen(words, {**kept, "AIDEATOR_HOME": str(home), **wishes}, home).data


def test_no_command_sends_a_colour(home: Path) -> None:
    shown = {words: written(home, words.split(), "1") for words in COMMANDS}
    assert all(shown.values())
    assert {words: found for words, data in shown.items() if (found := colours(data))} == {}


@pytest.mark.parametrize("words", ["compare", "diff @last/1", "watch --view live", "shwo"])
def test_an_empty_no_color_is_no_wish(home: Path, words: str) -> None:
    assert colours(written(home, words.split(), ""))
