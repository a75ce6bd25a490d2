"""The screen of a team, as values for its template: its stages as a graph, its plan, and what its roles say."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final

from aideator_agent.colleague import PERSON
from aideator_agent.spec import RunSpec
from aideator_agent.told import CHARACTERS
from aideator_cli.domain.handing import Message, StepState, TeamState
from aideator_cli.domain.teams import Stage, Team, TeamRun, round_of, stage_of, what_of
from aideator_cli.server.page import agents, listing
from aideator_cli.text.clean import one_line
from aideator_cli.text.figures import cost, duration, plural
from aideator_cli.views.json.teams import produces
from aideator_cli.views.talk import between
from aideator_cli.views.text.teams import who

TITLE: Final = 200  # characters
SAID: Final = 600  # of what came of a step
WORDS: Final = 8000  # of a message
MESSAGES: Final = 300
STATES: Final = {
    "succeeded": ("✓", "succeeded", "good"),
    "failed": ("✗", "failed", "bad"),
    "cancelled": ("–", "cancelled", "dim"),
    "running": ("●", "at work", "live"),
}
_MADE: Final = {"plan": "the plan", "tests": "tests", "decision": "a decision", "patch": ""}
_WHAT: Final = {
    "again": "asked again",
    "merge": "merged",
    "base": "its tests on the base",
    "kept": "its tests alone",
    "mend": "mends the merge",
}


def values(state: TeamState, talk: Sequence[Message], first: RunSpec | None) -> dict[str, Any]:
    """`first`: the spec of its first run."""
    run = state.run
    sign, told, colour = STATES[run.state]
    marks = {stage.name: agents.mark(number) for number, stage in enumerate(run.team.ordered, 1)}
    shown = threaded(talk)[-MESSAGES:]
    working = {each.step.run for each in state.steps if each.at_work}
    return {
        "team": {
            "id": run.id,
            "name": run.team.name,
            "title": listing.shortened(run.prompt, TITLE),
            "prompt": run.prompt,
            "created": run.created,
            "repository": _repository(first),
        },
        "over": run.state != "running",
        "good": run.state == "succeeded",
        "icon": {"live": "live", "good": "good", "bad": "bad"}.get(colour, "idle"),
        "sign": sign,
        "told": told,
        "took": duration(state.seconds),
        "spent": "$0" if state.cost == 0 else cost(state.cost),
        "most": "" if run.team.cost is None else cost(run.team.cost),
        "reason": "its result was deleted" if state.has_lost_result else run.reason,
        "result": None if state.has_lost_result else run.result,
        "result_run": run.result.partition("/")[0] if run.result and not state.has_lost_result else None,
        "levels": [[_stage(state, stage, marks) for stage in level] for level in levels(run.team)],
        "summary": run.plan.summary if run.plan else "",
        "tasks": _tasks(state),
        "messages": [_message(each, run.team, marks, working) for each in shown],
        "left": len(talk) - len(shown),
        "most_told": CHARACTERS,
    }


def threaded(talk: Sequence[Message]) -> list[Message]:
    """Returns the messages in their order, but each answer below its question."""
    found: list[Message] = []
    for each in talk:
        asked = [at for at, other in enumerate(found) if other.what == "asked" and other.run == each.run]
        if each.what == "answered" and asked:
            found.insert(asked[-1] + 1, each)
        else:
            found.append(each)
    return found


def levels(team: Team) -> list[list[Stage]]:
    """Returns the stages in columns, each to the right of all that it waits for."""
    depth: dict[str, int] = {}
    columns: list[list[Stage]] = []
    for stage in team.ordered:
        at = depth[stage.name] = 1 + max((depth.get(name, -1) for name in stage.waits_for), default=-1)
        columns += [[] for _ in range(at + 1 - len(columns))]
        columns[at].append(stage)
    return columns


def _repository(first: RunSpec | None) -> str:
    return "" if first is None else listing.repository(first.repository.url, first.repository.base)


def _stage(state: TeamState, stage: Stage, marks: Mapping[str, dict[str, int]]) -> dict[str, Any]:
    steps = [each for each in state.steps if each.step.stage == stage.name]
    at_work = [each for each in steps if each.at_work]
    waits = "not begun" if state.run.state != "running" else "waiting"
    back = ""
    if stage.rework:
        back = f"sends back to {stage.rework}, at most {plural(stage.rounds, 'time')}"
    return {
        "name": stage.name,
        **marks[stage.name],
        "who": who(stage),
        "makes": _MADE[produces(stage)],
        "back": back,
        "state": "working" if at_work else "ended" if steps else "waiting",
        "waits": waits,
        "steps": [_step(each, state.run) for each in steps],
    }


def _step(each: StepState, run: TeamRun) -> dict[str, Any]:
    told = None if each.is_deleted else each.told
    sign, word, colour = ("●", "at work", "live") if each.at_work else ("○", each.state, "dim")
    if told is None and each.state == "ended" and run.state == "running":
        word = "being read"
    elif told is not None:
        sign, word, colour = ("✓", "done", "good") if told.good else ("↺", "not good enough", "look")
    return {
        "label": label(each),
        "run": each.step.run,
        "sign": sign,
        "word": word,
        "colour": colour,
        "live": each.at_work,
        "who": f"{each.agents} × {', '.join(map(one_line, each.roles))}"
        if each.agents
        else "deleted"
        if each.is_deleted
        else "checks",
        "figures": ""
        if each.is_deleted
        else ", ".join(filter(None, (duration(each.seconds), cost(each.cost) if each.cost else ""))),
        "said": listing.shortened(told.text, SAID) if told else "",
        "result": told.result if told else None,
    }


def label(each: StepState) -> str:
    """Returns how a step is called within its stage."""
    key = each.step.key
    what = what_of(key)
    named = next((words for word, words in _WHAT.items() if what == word or what.endswith(f".{word}")), what)
    parts = [each.step.task or "", named, f"round {round_of(key)}" if round_of(key) > 1 else ""]
    return one_line(", ".join(filter(None, parts))) or stage_of(key)


def _tasks(state: TeamState) -> list[dict[str, Any]]:
    """Returns the tasks of the plan, each with how far it is: by its newest step."""
    newest = {each.step.task: each for each in state.steps if each.step.task and not what_of(each.step.key)}
    found = []
    for task in state.run.plan.tasks if state.run.plan else ():
        step = newest.get(task.id)
        sign, word, colour = (
            ("○", "waiting", "dim")
            if step is None
            else tuple(_step(step, state.run)[name] for name in ("sign", "word", "colour"))
        )
        found.append(
            {
                "id": task.id,
                "title": task.title,
                "role": task.role or "",
                "needs": ", ".join(task.needs),
                "files": ", ".join(task.files),
                "done_when": task.done_when,
                "sign": sign,
                "word": word,
                "colour": colour,
            }
        )
    return found


def _message(
    each: Message, team: Team, marks: Mapping[str, dict[str, int]], working: Collection[str]
) -> dict[str, Any]:
    """`working`: runs that are at work."""
    run, _, number = each.run.partition("/")
    return {
        "id": each.id,
        "what": each.what,
        "who": between(each),
        "mark": _mark(each.by, team, marks),
        "mine": each.by == PERSON and each.what != "handed",
        "text": each.text if len(each.text) <= WORDS else f"{each.text[:WORDS]} …",
        "time": each.time,
        "run": run,
        "number": number,
        "waits": each.waits and run in working,
    }


def _mark(by: str, team: Team, marks: Mapping[str, dict[str, int]]) -> dict[str, int] | None:
    """Returns the mark of the stage that has spoken, or of the first stage of a role."""
    name = stage_of(by.partition(",")[0])
    role = next((stage.name for stage in team.ordered if stage.role == by), name)
    return marks.get(name) or marks.get(role)
