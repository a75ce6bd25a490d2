"""Lines for a screen reader: no sign, no colour, no table."""

import io
import re
from dataclasses import replace

from aideator_cli.views.screen import Screen
from aideator_cli.views.text.lines import show_lines
from aideator_cli.views.text.table import show_end
from tests.views.panes.scenes import all_ended, results
from tests.views.stream import Agent, spec

SIGNS = re.compile("[│✓✗–●○◌»▸↻…¶±■−\x1b]")


def plainly(draw: object) -> str:
    out = io.StringIO()
    draw(Screen(out, 80, 24, is_terminal=True, plain=True))  # type: ignore[operator]
    return out.getvalue()


def test_what_agents_do_is_told_in_words() -> None:
    agent = Agent(1)
    items = [
        *agent.start(),
        *agent.turn("Looking at the tokenizer first.", "Where do comments go?"),
        *agent.tool("bash", {"command": "pytest -q"}, "1 failed\n", code=1, seconds=3.4),
        agent.event("told", id="a", text="Leave the docs."),
        *agent.tool("str_replace", {"path": "a.py", "old": "a\n", "new": "b\nc\n"}),
        *agent.end(),
    ]
    told = plainly(lambda screen: show_lines(screen, spec(1), iter([items])))
    assert told.splitlines() == [
        "k3v9x2q/1: thinks: Where do comments go?",
        "k3v9x2q/1: Looking at the tokenizer first.",
        "k3v9x2q/1: runs pytest -q",
        "k3v9x2q/1:   exit 1, 3.4 s",
        "k3v9x2q/1:   1 failed",
        "k3v9x2q/1: you said: Leave the docs.",
        "k3v9x2q/1: edits a.py  2 lines added, 1 line removed",
        "k3v9x2q/1: submitted: Comments are skipped.",
    ]


def test_a_whole_run_has_no_sign() -> None:
    told = plainly(lambda screen: show_lines(screen, spec(3), iter([all_ended().items])))
    assert not SIGNS.search(told)


def test_the_end_is_a_sentence_for_each_variation() -> None:
    told = plainly(lambda screen: show_end(screen, results(), 1))
    assert told.splitlines()[:3] == [
        "Variation 1, selected, claude-sonnet-4-5: succeeded. pytest passed. 1 file changed, 3 lines added, 1 removed. "
        "14 steps, 16 k tokens, $0.21, 3m02.",
        "Variation 2, claude-sonnet-4-5: failed checks. pytest failed. 1 file changed, 2 lines added, 1 removed. "
        "9 steps, 16 k tokens, $0.21, 1m48.",
        "Variation 3, gpt-5: limit (steps). 100 steps, 0 tokens, $0.96, 9m40.",
    ]
    assert not SIGNS.search(told)
    assert "Variation 1, claude" in plainly(lambda screen: show_end(screen, [replace(results()[0], outcome="running")]))
