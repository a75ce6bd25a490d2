"""Runs in the states that nobody may forget, made up event by event."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from aideator_agent.spec import RunSpec
from aideator_cli.domain.events import Ended, Item, Observation
from aideator_cli.domain.result import CheckResult, Result
from aideator_cli.views.actions import Actions
from tests.views.stream import RUN, Agent, spec, stamp

OUTPUT = "\n".join(f"tests/test_{number}.py ." for number in range(41))
FAILED = "FAILED tests/test_parser.py::test_comment - ParseError: line 3\n"
PATCH = b"""diff --git a/src/tokens.py b/src/tokens.py
index 1111111..2222222 100644
--- a/src/tokens.py
+++ b/src/tokens.py
@@ -10,4 +10,5 @@ def tokenize(source):
     for line in source.splitlines():
-        if not line:
+        if not line or line.startswith("#"):
+            skipped += 1
             continue
"""
OTHER_PATCH = PATCH.replace(b"+            skipped += 1\n", b"").replace(b"+10,5", b"+10,4") + (
    b"diff --git a/README.md b/README.md\n--- a/README.md\n+++ b/README.md\n@@ -1 +1,2 @@\n # todo\n+Comments begin with #.\n"
)


NO_ACTIONS = Actions(cancel=lambda _numbers: None, select=lambda _number, _note: None)


@dataclass(frozen=True)
class Scene:
    spec: RunSpec
    items: list[Item]
    over: bool = False
    actions: Actions = NO_ACTIONS


def nothing_yet() -> Scene:
    return Scene(spec(3), [])


def waiting() -> Scene:
    first, second, third = Agent(1), Agent(2), Agent(3)
    return Scene(
        spec(3),
        [
            first.seen("pulling", 'Pulling image "aideator-agent:0.3.0"', attempt=False),
            second.seen("queued", "the Job is suspended until it is admitted", attempt=False),
            third.seen("unschedulable", "no node fits the pod: 0/2 nodes have 500m cpu free", attempt=False),
        ],
    )


def working() -> Scene:
    return Scene(spec(3), [*_first(), *_second_on(), *_third()])


def one_failed() -> Scene:
    items = [*_first(), *_third(), *_started(2)]
    return Scene(spec(3), [*items, Agent(2).closed("oom_killed", "the agent was killed: out of memory")])


def never_started() -> Scene:
    return Scene(spec(3), [*_first(), Ended(2, "image", "the image of agent (no/such:1) can't be pulled"), *_third()])


def many() -> Scene:
    """More than fit at once; two have ended."""
    items: list[Item] = []
    for number in range(1, 9):
        agent = Agent(number)
        items += [*agent.start(), *agent.turn(f"I am agent {number}.")]
        items += [*agent.end(), agent.closed()] if number in (2, 3) else []
    return Scene(spec(8), items)


def connection_lost() -> Scene:
    lost = Observation(RUN, stamp(100), "connection_lost", "cluster k3d-dev does not answer: connection refused")
    return Scene(spec(3), [*working().items, lost])


def connection_back() -> Scene:
    back = Observation(RUN, stamp(110), "connection_back", "cluster k3d-dev answers again")
    return Scene(spec(3), [*connection_lost().items, back])


def gap() -> Scene:
    lost = "12 events (14 to 25) were lost: the log was rotated before they were read"
    return Scene(spec(3), [*working().items, Observation(RUN, stamp(90), "gap", lost, 1, "uid-1")])


def all_ended() -> Scene:
    third = Agent(3, at=60, step=100)
    items = [*_first_to_its_end(), *_second_to_its_end(), *_third()]
    items += [*third.end("limit", "", reason="steps"), third.closed()]
    return Scene(spec(3), items, over=True, actions=ACTIONS)


def _started(number: int) -> list[Item]:
    agent = Agent(number)
    return [*agent.start(), *agent.turn("Looking at the parser.")]


def _first() -> list[Item]:
    agent = Agent(1)
    old, new = "        if not line:\n", '        if not line or line.startswith("#"):\n            skipped += 1\n'
    return [
        *agent.start(),
        *agent.turn("Looking at the tokenizer first.", "The printer drops comments too; I need both sides."),
        *agent.tool("bash", {"command": 'rg -n "def tokenize" src'}, "src/tokens.py:10:def tokenize(source):\n"),
        *agent.turn(),
        *agent.tool("read_file", {"path": "src/tokens.py"}, "a line\n" * 80),
        *agent.turn("A comment is a line that begins with the sign, so it can be skipped where blank lines are."),
        *agent.tool("str_replace", {"path": "src/tokens.py", "old": old, "new": new}),
        *agent.turn(),
        *agent.tool("bash", {"command": "pytest -q"}, f"{OUTPUT}\n41 passed in 1.20s\n", seconds=3.4),
        *agent.turn("The printer comes next."),
        *agent.called("bash", {"command": "sed -n 1,80p src/printer.py"}, "def show(items):\n    for item in items:\n"),
    ]


def _first_to_its_end() -> list[Item]:
    agent = Agent(1, at=40, seq=40, step=5)
    done = agent.event("done", step=5, id="call-3", exit_code=0, seconds=0.1)
    return [*_first(), done, *_closing(agent, 0, 3, 1), *agent.end(), agent.closed()]


def _second_on() -> list[Item]:
    agent = Agent(2)
    return [
        *agent.start(),
        *agent.turn("The tokenizer has to know comments. I repair it there."),
        *agent.tool("bash", {"command": "pytest -q"}, f"{OUTPUT}\n{FAILED}", code=1, seconds=3.4),
        agent.event("notice", level="warning", text="the model was asked again: rate limit"),
        *agent.turn("", "One test still fails; perhaps the line number is off by one."),
    ]


def _second_to_its_end() -> list[Item]:
    agent = Agent(2, at=50, seq=30, step=2)
    summary = "Comments are skipped by the tokenizer."
    return [*_second_on(), *_closing(agent, 1, 2, 1), *agent.end("succeeded", summary), agent.closed()]


def _third() -> list[Item]:
    agent = Agent(3)
    items: list[Item] = [*agent.start()]
    for number in range(4):
        items += agent.turn(f"Reading on, part {number}.", "The grammar may be generated from docs/grammar.md")
        items += agent.tool("bash", {"command": f"sed -n {number}1,{number}9p src/parser.py"}, "a line\n" * 9)
    return items


def _closing(agent: Agent, code: int, additions: int, deletions: int) -> list[Item]:
    numbers = {"files": 1, "additions": additions, "deletions": deletions}
    tail = FAILED if code else "41 passed in 1.20s\n"
    return [
        agent.event("patch", part=1, parts=1, encoding="utf-8", text="", sha256="0" * 64, **numbers),
        agent.event("check", name="pytest", command="pytest -q", exit_code=code, seconds=3.1, tail=tail),
    ]


def results() -> list[Result]:
    """As the store has them when all have ended."""
    passed = CheckResult("pytest", "pytest -q", 0, 3.1, "41 passed")
    failed = replace(passed, exit_code=1, tail=FAILED)
    made = {"input_tokens": 15_000, "output_tokens": 1_000, "cost": 0.21, "seconds": 182.0, "files": 1, "steps": 14}
    first = Result(1, "claude-sonnet-4-5", "uid-1", "succeeded", additions=3, deletions=1, checks=(passed,), **made)  # type: ignore[arg-type]
    second = replace(first, variation=2, attempt="uid-2", checks=(failed,), additions=2, seconds=108.0, steps=9)
    third = Result(3, "gpt-5", "uid-3", "limit", reason="steps", steps=100, cost=0.96, seconds=580.0)
    return [replace(first, patch_sha256="1"), replace(second, patch_sha256="2"), third]


def patch_of(number: int) -> bytes | None:
    return {1: PATCH, 2: OTHER_PATCH}.get(number)


ACTIONS = Actions(
    cancel=lambda _: None,
    select=lambda _number, _note: None,
    patch=patch_of,
    results=results,
    next_steps=lambda _: [
        f"aideator diff {RUN}/1",
        f"aideator select {RUN}/1",
        f"aideator apply {RUN}",
    ],
)
STATES: dict[str, Callable[[], Scene]] = {
    scene.__name__: scene
    for scene in (nothing_yet, waiting, working, one_failed, never_started, many, connection_lost, connection_back, gap, all_ended)
}  # fmt: skip
