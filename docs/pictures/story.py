"""What the pictures show: three agents and one prompt, at a moment at work and when all have ended."""

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import replace
from itertools import chain

from aideator_agent.spec import Check, Limits, RunSpec
from aideator_cli.domain.events import Event, Item
from aideator_cli.domain.result import Result
from aideator_cli.views.course.transcripts import Transcripts
from tests.views.stream import MODELS, Agent, spec, stamp

PATCH = b"""diff --git a/src/printer.py b/src/printer.py
index 6a1e9a1..0b7c3d2 100644
--- a/src/printer.py
+++ b/src/printer.py
@@ -41,5 +41,9 @@ class Printer:
     def item(self, item: Item) -> str:
         mark = "x" if item.done else " "
+        lines = [f"# {line}" for line in item.comments]
-        return f"[{mark}] {item.text}"
+        return "\\n".join([*lines, f"[{mark}] {item.text}"])
diff --git a/src/tokens.py b/src/tokens.py
index 1f2b0c4..9d0e7aa 100644
--- a/src/tokens.py
+++ b/src/tokens.py
@@ -12,6 +12,9 @@ def tokenize(text: str) -> Iterator[Token]:
     for number, line in enumerate(text.splitlines(), 1):
+        if line.startswith("#"):
+            yield Token("comment", line[1:].strip(), number)
+            continue
         if not line.strip():
             continue
"""
TOKENS = """def tokenize(text: str) -> Iterator[Token]:
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        yield Token("mark", line[1], number)
        yield Token("text", line[4:], number)
"""
GRAMMAR = """list    = { item | blank } ;
item    = "[" mark "]" text [ place ] ;
mark    = " " | "x" ;
place   = "@" word ;
"""
SPLIT = "    for number, line in enumerate(text.splitlines(), 1):\n"
SKIPPED = '        if line.startswith("#"):\n            yield Token("comment", line[1:].strip(), number)\n            continue\n'
PRINTED = '        return f"[{mark}] {item.text}"\n'
COMMENTED = '        lines = [f"# {line}" for line in item.comments]\n        return "\\n".join([*lines, f"[{mark}] {item.text}"])\n'
PASSED = "........................................ [100%]\n41 passed in 1.84s\n"
FAILED = "FAILED tests/test_printer.py::test_comment_survives - AssertionError\n2 failed, 39 passed in 1.79s\n"
NOW = stamp(252)  # the moment of the pictures at work


def asked() -> RunSpec:
    models = (MODELS[0], MODELS[0], "gpt-5")
    whole = spec(3)
    each = tuple(replace(v, model=model) for v, model in zip(whole.variations, models, strict=True))
    return replace(whole, variations=each, limits=Limits(steps=100, cost=2.0), checks=(Check("pytest", "pytest -q"),))


def at_work() -> list[Item]:
    return _in_order(_right(), _wrong(), _lost(steps=11))


def ended() -> list[Item]:
    return _in_order(_right(to_its_end=True), _wrong(), _lost(steps=17, to_its_end=True))


def results() -> list[Result]:
    transcripts = Transcripts(asked())
    for item in ended():
        transcripts.add(item)
    return transcripts.results


def _in_order(*agents: Sequence[Item]) -> list[Item]:
    return sorted(chain(*agents), key=lambda item: getattr(item, "time", stamp(3000)))


def _right(*, to_its_end: bool = False) -> list[Item]:
    agent = Agent(1, seconds=2.5)
    items: list[Item] = [
        *agent.start(),
        *agent.turn(
            "Looking at the tokenizer first.", "A comment has to survive printing, so both sides change.", 0.04
        ),
        *agent.tool("bash", {"command": 'rg -n "def tokenize" src'}, "src/tokens.py:12:def tokenize(text: str):\n"),
        *agent.turn("", cost=0.03),
        *agent.tool("read_file", {"path": "src/tokens.py"}, TOKENS * 5),
        *agent.turn("The tokenizer drops every line that begins with a number sign.", cost=0.03),
        *agent.tool("str_replace", {"path": "src/tokens.py", "old": SPLIT, "new": SPLIT + SKIPPED}),
        *agent.tool("bash", {"command": "pytest -q"}, FAILED, code=1, seconds=3.4),
        *agent.turn("The printer drops comments too; I need both sides.", "Item has no place for them yet.", 0.04),
        *agent.tool("str_replace", {"path": "src/printer.py", "old": PRINTED, "new": COMMENTED}),
        *agent.turn("", cost=0.03),
    ]
    if not to_its_end:
        return [*items, *agent.called("bash", {"command": "pytest -q tests/test_printer.py"}, "collected 12 items\n")]
    items += agent.tool("bash", {"command": "pytest -q"}, PASSED, seconds=1.9)
    return [*items, *_submitted(agent, "Comments are tokens now, and the printer writes them back.", PASSED, 0, 0.17)]


def _wrong() -> list[Item]:
    agent = Agent(2, seconds=1.8)
    return [
        *agent.start(),
        *agent.turn("This is a small change in the tokenizer.", cost=0.05),
        *agent.tool("bash", {"command": "cat src/tokens.py"}, TOKENS * 8),
        *agent.turn("Comments are skipped where lines are split.", cost=0.04),
        *agent.tool("str_replace", {"path": "src/tokens.py", "old": SPLIT, "new": SPLIT + SKIPPED}),
        *agent.tool("bash", {"command": "pytest -q tests/test_parser.py"}, "29 passed in 0.91s\n", seconds=1.1),
        *agent.turn("", cost=0.02),
        *_submitted(agent, "Comments are skipped by the tokenizer.", FAILED, 1, 0.11),
    ]


def _lost(*, steps: int, to_its_end: bool = False) -> list[Item]:
    agent = Agent(3, seconds=2.2)
    items: list[Item] = [
        agent.seen("pulling", "pulling aideator-agent:0.1.0", attempt=False),
        *agent.start(),
    ]
    looked_at = ("src/parser.py", "docs/grammar.md", "src/tokens.py", "tests/test_parser.py")
    for step in range(steps):
        path = looked_at[step % len(looked_at)]
        items += agent.turn("" if step % 3 else f"What does {path} say?", cost=0.112)
        items += agent.tool(
            "bash",
            {"command": f"sed -n {40 * step + 1},{40 * step + 40}p {path}"},
            (GRAMMAR if path.endswith("md") else TOKENS) * 7,
        )
    items += agent.turn(
        "", "The grammar may be generated from docs/grammar.md, and then the parser is not the place.", 0.05
    )
    return [*items, _end(agent, "limit", "", 2.02, reason="cost")] if to_its_end else items


def _submitted(agent: Agent, summary: str, tail: str, code: int, cost: float) -> list[Item]:
    text = base64.b64encode(PATCH).decode()
    whole = {"part": 1, "parts": 1, "encoding": "base64", "text": text, "sha256": hashlib.sha256(PATCH).hexdigest()}
    counts = {"files": 2, "additions": 5, "deletions": 1} if not code else {"files": 1, "additions": 3, "deletions": 0}
    return [
        agent.event("patch", **whole, **counts, tests=[]),
        agent.event("check", name="pytest", command="pytest -q", exit_code=code, seconds=3.6, tail=tail),
        _end(agent, "succeeded", summary, cost),
    ]


def _end(agent: Agent, outcome: str, summary: str, cost: float, **fields: str) -> Event:
    totals = {"steps": agent.step, "cost": cost, "seconds": agent.at - 10}
    return agent.event("end", outcome=outcome, summary=summary, totals=totals, **fields)
