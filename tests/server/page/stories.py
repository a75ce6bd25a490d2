"""Runs to look at."""

from pathlib import Path
from typing import Any

from aideator_agent.spec import RunSpec
from docs.pictures.story import PATCH
from tests.fixtures.stored_runs import Told, add_run, change, check

HOSTILE = "<img src=x onerror=alert(1)><script>alert(2)</script> \x1b[31mred\u202e\u200b \x00 &amp; 'quoted\""
CALL = {"type": "call", "step": 1, "id": "c", "tool": "bash", "arguments": {"command": "pytest -q"}}


def three(home: Path, **fields: Any) -> RunSpec:
    """One that passes, one that fails and one that reached its limit."""
    output = "".join(f"test_{number} PASSED\n" for number in range(43))
    more = [
        {"type": "phase", "name": "work", "state": "begin"},
        {"type": "think", "text": "Both sides have to change."},
        {"type": "say", "text": "Looking at the tokenizer first."},
        CALL,
        {"type": "output", "step": 1, "id": "c", "text": output},
        {"type": "done", "step": 1, "id": "c", "exit_code": 1, "seconds": 3.4},
        {"type": "usage", "step": 1, "input": 3000, "output": 200, "cached": 0, "reasoning": 0, "cost": 0.07},
        {"type": "call", "step": 2, "id": "e", "tool": "str_replace", "arguments": {"path": "a.py", "old": "x\ny\n", "new": "x\nz\n"}},
        {"type": "done", "step": 2, "id": "e", "exit_code": 0, "seconds": 0.1},
    ]  # fmt: skip
    good = Told(
        PATCH, [check("pytest", on="base"), check("pytest")], "Comments are tokens now.", "claude-sonnet-4-5", more=more
    )
    bad = Told(change("src/tokens.py", "x", "y"), [check("pytest", 1, tail="2 failed, 39 passed\n")], "Skips comments.")
    lost = Told(b"", outcome="limit", summary="", end={"reason": "steps"})
    return add_run(home, good, bad, lost, **fields)


def hostile(home: Path) -> RunSpec:
    """Everything that an agent, a model or a repository can say is hostile."""
    more = [
        {"type": "say", "text": HOSTILE},
        {"type": "think", "text": HOSTILE},
        {**CALL, "arguments": {"command": f"echo {HOSTILE}"}},
        {"type": "output", "step": 1, "id": "c", "text": HOSTILE + "\n"},
        {"type": "done", "step": 1, "id": "c", "exit_code": 0, "seconds": 0.1},
        {"type": "notice", "level": "warning", "text": HOSTILE},
        {"type": "call", "step": 2, "id": "w", "tool": "write_file", "arguments": {"path": HOSTILE, "content": HOSTILE}},
        {"type": "done", "step": 2, "id": "w", "exit_code": 0, "seconds": 0.1},
        {"type": HOSTILE, "strange": HOSTILE},
    ]  # fmt: skip
    name = "javascript:alert(1)//<b>.py"
    patch = change(name, "<script>", "<script>alert(3)</script>\u202e")
    told = Told(patch, [check("pytest", tail=HOSTILE)], HOSTILE, HOSTILE, more=more)
    return add_run(home, told, Told(change("b.py", "x", "y"), summary=HOSTILE), prompt=HOSTILE)
