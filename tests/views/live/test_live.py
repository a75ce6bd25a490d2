"""`--view live`: one line a variation, for small terminals."""

import io
import json
import re

import pytest

from aideator_agent.spec import RunSpec
from aideator_cli.domain.events import Ended, Item, Observation
from aideator_cli.views.cast import Cast
from aideator_cli.views.live import record_live
from aideator_cli.views.screen import Screen
from tests.views.stream import RUN, Agent, spec, stamp

SGR = re.compile(r"\x1b\[[\d;]*m")
HOSTILE = "\x1b[2J\x1b]0;owned\x07\u202e[bold red]x[/] 漢字 e\u0301 \u200b\x9b31m\r\n\t"


def drawn(columns: int, lines: int, items: list[Item], run: RunSpec) -> list[str]:
    """The last picture, as text."""
    out = io.StringIO()
    cast = Cast(out, run, (columns, lines), lambda: 0.0)
    record_live(Screen(cast, columns, lines, is_terminal=True), run, iter([items]), lambda: 0.0)
    cast.flush()
    written = "".join(json.loads(line)[2] for line in out.getvalue().splitlines()[1:])
    last = SGR.sub("", written.rpartition("\x1b[2K")[2].removesuffix("\x1b[?25h").replace("\x1b[?25l", ""))
    return [line.rstrip() for line in last.removesuffix("\r\n").split("\r\n")]


def at_work() -> list[Item]:
    one, two, three = Agent(1), Agent(2), Agent(3)
    return [
        three.seen("unschedulable", "0/2 nodes have 500m cpu free", attempt=False),
        *one.start(),
        *one.turn("Looking at the tokenizer.", cost=0.17),
        *one.tool("str_replace", {"path": "src/tokens.py", "old": "a\n", "new": "b\nc\n"}),
        *one.called("bash", {"command": "pytest -q tests/test_printer.py\necho done"}),
        *two.start(),
        *two.turn("No."),
        *two.end("succeeded", checks=1),
    ]


def test_each_variation_has_one_line_that_says_what_it_is_at() -> None:
    head, titles, first, second, third, trouble, *rest = drawn(80, 24, at_work(), spec(3))
    assert head.startswith(f"{RUN}  1 waiting, 1 at work, 1 ended  ")
    assert titles.split() == ["model", "steps", "tokens", "cost", "+/−", "time"]
    assert first.startswith("1 ●  claude-sonnet-4-5  running ")
    assert first.split()[-8:] == ["1", "3", "k", "$0.17", "+2", "−1", "8.0", "s"]
    assert second.startswith("2 ✓  claude-sonnet-4-5  succeeded")
    assert third.startswith("3 ○  gpt-5              no suitable")
    assert trouble == "! 3 unschedulable: 0/2 nodes have 500m cpu free"
    assert rest == []


@pytest.mark.parametrize("columns", [40, 60, 80, 120, 200])
def test_no_line_is_wider_than_the_terminal(columns: int) -> None:
    agent = Agent(1)
    items = [*at_work(), *agent.turn(HOSTILE * 40), *agent.called("bash", {"command": HOSTILE * 40})]
    items += [agent.seen("gap", HOSTILE * 40), Observation(RUN, stamp(99), "connection_lost", HOSTILE * 40)]
    run = spec(3, prompt=HOSTILE * 20)
    lines = drawn(columns, 24, items, run)
    from rich.cells import cell_len

    assert max(cell_len(line) for line in lines) <= columns
    assert len(lines) <= 24
    assert not any(char in "".join(lines) for char in "\x1b\x07\u202e\u200b\x9b\r\t")


def test_in_little_room_what_an_agent_is_at_stays() -> None:
    lines = drawn(60, 24, at_work(), spec(3))
    assert lines[1].split() == ["model", "cost", "+/−", "time"]
    assert lines[2].startswith("1 ●  claude-sonnet-…  running pytest")


def test_more_variations_than_lines_leaves_out_those_that_have_ended_first() -> None:
    ended: list[Item] = [Ended(number, "quota", "exceeded quota") for number in range(1, 15)]
    lines = drawn(80, 12, ended, spec(20))
    assert len(lines) == 11  # and one for the cursor
    assert [line.split()[0] for line in lines[2:10]] == ["1", "2", "15", "16", "17", "18", "19", "20"]
    assert lines[-1] == "… 12 variations more"


def test_a_lost_connection_is_told_until_it_is_back() -> None:
    lost = Observation(RUN, stamp(1), "connection_lost", "connection refused")
    back = Observation(RUN, stamp(2), "connection_back", "there again")
    assert drawn(80, 24, [lost], spec(1))[-1] == "! connection refused"
    assert drawn(80, 24, [lost, back], spec(1))[-1].startswith("1 ○")


def test_what_was_waited_for_is_no_trouble_any_more() -> None:
    agent = Agent(1)
    waiting = agent.seen("pulling", "Pulling image", attempt=False)
    assert drawn(80, 24, [waiting], spec(1))[-1] == "! 1 Pulling image"
    assert drawn(80, 24, [waiting, *agent.start()], spec(1))[-1].startswith("1 ●")
    gap = agent.seen("gap", "12 events are lost")
    assert drawn(80, 24, [*agent.start(), gap], spec(1))[-1] == "! 1 gap: 12 events are lost"
