"""Panes on a real terminal, end to end: a run opens them, keys work, leaving leaves the agents at work."""

import re
from pathlib import Path

import pytest

from tests.end_to_end.changes import FILES
from tests.end_to_end.conftest import Place
from tests.fixtures.tmux import Pane, Panes

LEFT_OUT = ("CI", "COLUMNS", "LINES", "TERM", "NO_COLOR", "FORCE_COLOR", "TMUX", "TMUX_PANE")
QUICK = """
- say: I only add a file.
  calls: [{tool: write_file, arguments: {path: new.txt, content: "one\\ntwo\\n"}}]
- calls: [{tool: submit, arguments: {summary: It is there now.}}]
"""
SLOW = """
- say: First I look around, and then I wait.
  calls: [{tool: bash, arguments: {command: "printf 'needle in %s\\n' the haystack; echo kept > kept.txt; sleep 600"}}]
"""


def scripts(folder: Path) -> list[str]:
    for name, text in (("quick", QUICK), ("slow", SLOW)):
        (folder / f"{name}.yaml").write_text(text)
    return [word for name in ("quick", "slow") for word in ("--model", f"scripted/{folder / name}.yaml")]


def opened(place: Place, pane: Pane) -> str:
    """Two agents in panes, the second one at work for long; the run's id."""
    place.git.add("project", FILES)
    words = ["run", place.git.url("project"), "Do it.", *place.user.options, *scripts(place.user.folder), "-n", "2"]
    start(place, pane, *words)
    text = pane.until(lambda screen: re.search(r"^ \w{7}  ", screen) is not None and "2 ●" in screen, 120)
    return text.split()[0]


def start(place: Place, pane: Pane, *words: str) -> None:
    environment = {name: value for name, value in place.user.environment.items() if name not in LEFT_OUT}
    pane.start_aideator(words, environment, place.user.folder)


def until_both_are_known(pane: Pane) -> None:
    pane.keys("2")
    pane.until(lambda screen: "1 ✓" in screen and "needle in the" in screen)


@pytest.mark.parametrize(("columns", "lines"), [(80, 24), (120, 40)])
def test_a_run_opens_panes_and_leaving_them_leaves_the_agents_at_work(
    place: Place, terminal: Panes, columns: int, lines: int
) -> None:
    pane = terminal(columns, lines)
    run = opened(place, pane)
    assert pane.alternate()
    until_both_are_known(pane)
    pane.keys("q")
    assert pane.until_ended() == 130
    assert not pane.alternate()
    left = pane.text()
    assert "2 agents" in left or "1 agent" in left
    assert f"aideator watch {run}" in left
    assert "needle" not in left
    assert b"running" in place.user.call("show", run, "--json").out
    assert place.user.call("cancel", run).code == 0


def test_keys_do_what_the_help_says(local_place: Place, terminal: Panes) -> None:
    pane = terminal(120, 40)
    run = opened(local_place, pane)
    until_both_are_known(pane)
    pane.keys("?")
    pane.until_shown("search in all panes", "leave; agents go on")
    pane.keys("Escape")
    pane.until(lambda screen: "search in all panes" not in screen and "1 ✓" in screen)
    pane.keys("z")
    pane.until(lambda screen: "needle" in screen and "I only add a file." not in screen)
    pane.keys("z")
    pane.until_shown("needle", "I only add a file.")
    pane.keys("/")
    pane.until(lambda screen: screen.rstrip("\n").split("\n")[-1].startswith(" search"))
    pane.type("ONLY add")
    pane.keys("Enter")
    pane.until_shown("1 of 1")
    pane.keys("1", "d")
    pane.until_shown("new.txt", "+one", "+two")
    pane.keys("d", "2", "c")
    pane.until_shown("Ask agent 2 to stop?")
    pane.keys("y")
    pane.until_shown("2 ended", "cancelled", f"aideator apply {run}/1")
    pane.keys("1", "s")
    pane.until_shown(f"select {run}/1; why")
    pane.type("the only one")
    pane.keys("Enter")
    pane.until_shown(f"selected {run}/1")
    pane.keys("q")
    assert pane.until_ended() == 0
    assert "1*  ✓" in pane.text()
    assert f"selected {run}/1: the only one" in pane.text()
    assert local_place.user.call("show", run, "--json").records[0]["selected"] == 1


def test_a_run_is_taken_up_again_in_panes_and_resizing_breaks_nothing(local_place: Place, terminal: Panes) -> None:
    first = terminal(120, 40)
    run = opened(local_place, first)
    first.keys("q")
    first.until_ended()
    pane = terminal(120, 40)
    start(local_place, pane, "watch", run)
    pane.until_shown("1 ✓", "needle in the")
    for columns, lines in ((80, 24), (40, 10), (20, 5), (200, 60), (100, 30)):
        pane.resize(columns, lines)
        pane.until(lambda screen, room=lines: fills(screen, room))
    pane.until_shown(run, "1 ✓", "2 ●", "needle in the")
    assert local_place.user.call("cancel", run).code == 0
    pane.until_shown("2 ended")
    pane.keys("q")
    assert pane.until_ended() == 0


def fills(screen: str, lines: int) -> bool:
    """The first and the last line are drawn."""
    each = screen.rstrip("\n").split("\n")
    return len(each) >= lines - 1 and bool(each[0].strip()) and bool(each[-1].strip())


def test_hostile_words_do_nothing_to_the_terminal(local_place: Place, terminal: Panes) -> None:
    escapes = r"\033]0;owned\007\033]52;c;b3duZWQ=\007\033[2J\033[?1049l\302\233\342\200\256\033[5;5H"
    turn = f"- calls:\n  - tool: bash\n    arguments:\n      command: |\n        printf '{escapes}[red]needle[/]\\n'; sleep 600\n"
    (local_place.user.folder / "bad.yaml").write_text(turn)
    local_place.git.add("project", FILES)
    words = ["--model", f"scripted/{local_place.user.folder / 'bad.yaml'}", "-n", "1"]
    pane = terminal(160, 24)
    url = local_place.git.url("project")
    start(local_place, pane, "run", url, "Do \x1b]0;owned\x07it.", *local_place.user.options, *words)
    pane.until_shown("␛]0;owned␇␛]52;c;b3duZWQ=␇␛[2J", "[red]needle[/]", seconds=120)
    shown = pane.until(lambda screen: fills(screen, 24))  # tmux may be asked while a picture is on its way
    assert pane.alternate()
    assert "owned" not in pane.title()
    assert pane.tmux("list-buffers") == ""  # nothing was put on the clipboard
    pane.keys("q")
    assert pane.until_ended() == 130
    assert local_place.user.call("cancel", shown.split()[0]).code == 0
