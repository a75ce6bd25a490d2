"""What the roles of a team have said to each other, and a person to them, by what is stored of its steps."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from aideator_agent.colleague import ASK, PERSON
from aideator_agent.values import frozen
from aideator_cli.actions.here import Here
from aideator_cli.domain.calls import Asked, key_of
from aideator_cli.domain.events import Event
from aideator_cli.domain.handing import Message, StepState, TeamState, Told
from aideator_cli.domain.runs import StoredAttempt, StoredRun
from aideator_cli.domain.teams import Team, round_of, what_of
from aideator_cli.text.figures import plural

SENT_BACK: Final = "sent back"
WORDS: Final = 20_000  # characters of one message
_HEADS: Final = ("call", "done", "told")  # among which there is a question, or a message


@dataclass
class Talk:
    """The messages of one team. What has ended is read once."""

    # By run, with when it ended: it may be tried again
    _ended: dict[str, tuple[str, list[Message]]] = field(default_factory=dict)

    def of(self, here: Here, state: TeamState) -> list[Message]:
        """Returns the messages in the order of their times."""
        found: list[Message] = []
        for each in state.steps:
            run = here.store.run(each.step.run)
            found.append(handed(state, each))
            if run is not None:
                found += self._between(here, each, run)
            if each.told is not None:
                found.append(_said(each, each.told, run))
        return sorted(found, key=lambda message: message.time)

    def _between(self, here: Here, each: StepState, run: StoredRun) -> list[Message]:
        ended, known = self._ended.get(run.spec.id, ("", []))
        if ended and ended == run.ended:
            return known
        made = list(_between(here, each, here.store.attempts(run.spec.id)))
        if run.ended is not None:
            self._ended[run.spec.id] = run.ended, made
        return made


def handed(state: TeamState, each: StepState) -> Message:
    """Returns who handed what to this step."""
    step, team = each.step, state.run.team
    keys = {other.step.run: other.step.key for other in state.steps}
    givers = [keys.get(name.partition("/")[0], "") for name in each.begins_with]
    given = ", ".join(dict.fromkeys(filter(None, givers)))
    if round_of(step.key) > 1 and not what_of(step.key) and (back := _sent_back(team, state, each)):
        return Message(f"{step.run}-handed", step.begun, "handed", back.step.key, step.key, SENT_BACK, step.run)
    if given:
        text = f"the work of {given}" if len(givers) == 1 else f"{plural(len(givers), 'work')} to put together"
        return Message(f"{step.run}-handed", step.begun, "handed", given, step.key, text, step.run)
    planner = next((stage.each for stage in team.stages if stage.name == step.stage and stage.each), None)
    task = state.run.plan.task(step.task) if state.run.plan and step.task else None
    if planner and task:
        return Message(f"{step.run}-handed", step.begun, "handed", planner, step.key, task.title[:WORDS], step.run)
    return Message(f"{step.run}-handed", step.begun, "handed", PERSON, step.key, state.run.prompt[:WORDS], step.run)


def _sent_back(team: Team, state: TeamState, each: StepState) -> StepState | None:
    """Returns the step that has sent its work back last, before this one began."""
    found = None
    for other in state.steps:
        if other.step == each.step:
            break
        stage = next((stage for stage in team.stages if stage.name == other.step.stage), None)
        if (
            stage
            and stage.rework
            and other.told
            and not other.told.good
            and each.step.stage in team.after(stage.rework)
        ):
            found = other
    return found


def _said(each: StepState, told: Told, run: StoredRun | None) -> Message:
    time = (run.ended if run else None) or each.step.begun
    name = told.result or each.step.run
    return Message(f"{each.step.run}-said", time, "said", each.step.key, "", told.text[:WORDS], name)


def _between(here: Here, each: StepState, attempts: Sequence[StoredAttempt]) -> Iterator[Message]:
    """Yields questions and answers, and what a person has told the agents."""
    step = each.step
    for known in attempts:
        name, number = f"{step.run}/{known.attempt.variation}", f"{known.attempt.id}-"
        heads = list(here.store.events(known.attempt, _HEADS))
        questions = _questions(here, known, heads)
        for at, event in enumerate(heads):
            id_, time = f"{number}{event.seq}", event.time or step.begun
            if event.type == "told" and event.data.get("part", 1) == event.data.get("parts", 1):
                text = _whole(heads, event)
                if not _is_an_answer(at, text, questions, over=known.closed):
                    yield Message(id_, time, "told", PERSON, step.key, text[:WORDS], name)
            for one in questions:
                if at == one.asked:
                    waits = one.done is None and not known.closed
                    yield Message(id_, time, "asked", step.key, one.role, one.text, name, waits=waits)
                elif at == one.done and one.by:
                    yield Message(id_, time, "answered", one.by, step.key, one.answer, name)


@frozen
class _Question:
    """One call of the tool. `asked`, `done`: where its events are among the others."""

    asked: int
    role: str
    text: str
    done: int | None = None  # None: it waits
    by: str = ""  # empty: nobody has answered, as when there is no such role
    answer: str = ""


def _questions(here: Here, known: StoredAttempt, heads: Sequence[Event]) -> list[_Question]:
    asked, found = Asked(), dict[str, _Question]()
    for at, event in enumerate(heads):
        key = key_of(event.data)
        if event.type == "call" and (whole := asked.whole(event.data)) is not None and whole[0] == ASK:
            role, question = (str(whole[1].get(name) or "")[:WORDS] for name in ("role", "question"))
            found[key] = _Question(at, role, question)
        elif event.type == "done" and key in found:
            found[key] = replace(found[key], done=at, by=str(event.data.get("by") or ""))
    answers = _outputs(here, known, {key for key, each in found.items() if each.by})
    return [replace(each, answer=answers.get(key, "")) for key, each in found.items()]


def _outputs(here: Here, known: StoredAttempt, calls: Collection[str]) -> dict[str, str]:
    """Returns the outputs of these calls. None is read if there are no such calls."""
    found: dict[str, str] = {}
    for event in here.store.events(known.attempt, ("output",)) if calls else ():
        key = key_of(event.data)
        if key in calls:
            found[key] = (found.get(key, "") + str(event.data.get("text", "")))[:WORDS]
    return found


def _whole(heads: Sequence[Event], last: Event) -> str:
    """Returns the text of a message, which may come in parts."""
    key = key_of(last.data)
    return "".join(str(each.data.get("text", "")) for each in heads if each.type == "told" and key_of(each.data) == key)


def _is_an_answer(at: int, text: str, questions: Sequence[_Question], *, over: bool) -> bool:
    """Whether what a person has told is, or may become, the answer to a question that waited, and so is a message already."""
    one = next((each for each in questions if each.asked < at and (each.done is None or at < each.done)), None)
    if one is None:
        return False
    return not over if one.done is None else one.by == PERSON and text.strip() in one.answer
