"""What the roles of a team have said to each other, and a person to them, by what is stored of its steps."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from aideator_agent.colleague import ASK, PERSON
from aideator_cli.actions.here import Here
from aideator_cli.domain.calls import Asked, key_of
from aideator_cli.domain.events import Event
from aideator_cli.domain.handing import Message, StepState, TeamState
from aideator_cli.domain.runs import StoredAttempt
from aideator_cli.domain.teams import Team, round_of, what_of
from aideator_cli.text.figures import plural

WORDS: Final = 20_000  # characters of one message
_HEADS: Final = ("call", "done", "told")  # among which there is a question, or a message


@dataclass
class Talk:
    """The messages of one team. What has ended is read once."""

    _ended: dict[str, list[Message]] = field(default_factory=dict)  # by run

    def of(self, here: Here, state: TeamState) -> list[Message]:
        """Returns the messages in the order of their times."""
        found: list[Message] = []
        for each in state.steps:
            found += self._of_step(here, state, each)
        return sorted(found, key=lambda message: message.time)

    def _of_step(self, here: Here, state: TeamState, each: StepState) -> list[Message]:
        made = [_handed(state, each)]
        known = self._ended.get(each.step.run)
        if known is None:
            run = here.store.run(each.step.run)
            known = [] if run is None else list(_between(here, each, here.store.attempts(each.step.run)))
            if each.state == "ended":
                self._ended[each.step.run] = known
        made += known
        if each.told is not None:
            made.append(_said(here, each))
        return made


def _handed(state: TeamState, each: StepState) -> Message:
    """Returns who handed what to this step."""
    step, team = each.step, state.run.team
    keys = {other.step.run: other.step.key for other in state.steps}
    givers = [keys.get(name.partition("/")[0], "") for name in each.begins_with]
    given = ", ".join(dict.fromkeys(filter(None, givers)))
    if round_of(step.key) > 1 and not what_of(step.key) and (back := _sent_back(team, state, each)):
        return Message(f"{step.run}-handed", step.begun, "handed", back.step.key, step.key, "sent back", step.run)
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


def _said(here: Here, each: StepState) -> Message:
    assert each.told is not None
    run = here.store.run(each.step.run)
    time = (run.ended if run else None) or each.step.begun
    name = each.told.result or each.step.run
    return Message(f"{each.step.run}-said", time, "said", each.step.key, "", each.told.text[:WORDS], name)


def _between(here: Here, each: StepState, attempts: Sequence[StoredAttempt]) -> Iterator[Message]:
    """Yields questions and answers, and what a person has told the agents."""
    for known in attempts:
        attempt = known.attempt
        name = f"{each.step.run}/{attempt.variation}"
        heads = list(here.store.events(attempt, _HEADS))
        questions = _questions(heads)
        answers = _answers(here, known, questions)
        for event in heads:
            key, time = key_of(event.data), event.time or each.step.begun
            id_ = f"{attempt.id}-{event.seq}"
            if event.type == "told" and event.data.get("part", 1) == 1:
                text = "".join(
                    str(part.data.get("text", "")) for part in heads if part.type == "told" and key_of(part.data) == key
                )
                yield Message(id_, time, "told", PERSON, each.step.key, text[:WORDS], name)
            elif key in questions and questions[key][0] is event:
                _, role, question = questions[key]
                yield Message(id_, time, "asked", each.step.key, role, question, name)
            elif event.type == "done" and key in questions:
                by = str(event.data.get("by") or "")
                if by:
                    yield Message(id_, time, "answered", by, each.step.key, answers.get(key, ""), name)


def _questions(heads: Sequence[Event]) -> dict[str, tuple[Event, str, str]]:
    """Returns the questions by the ids of their calls: the event that completes each, the role, and the text."""
    asked, found = Asked(), dict[str, tuple[Event, str, str]]()
    for event in heads:
        if event.type == "call" and (whole := asked.whole(event.data)) is not None and whole[0] == ASK:
            role, question = (str(whole[1].get(name) or "")[:WORDS] for name in ("role", "question"))
            found[key_of(event.data)] = event, role, question
    return found


def _answers(here: Here, known: StoredAttempt, questions: Mapping[str, object]) -> dict[str, str]:
    """Returns the outputs of these calls. Those of all others are not read where nobody has asked."""
    if not questions:
        return {}
    found: dict[str, str] = {}
    for event in here.store.events(known.attempt, ("output",)):
        key = key_of(event.data)
        if key in questions:
            found[key] = (found.get(key, "") + str(event.data.get("text", "")))[:WORDS]
    return found
