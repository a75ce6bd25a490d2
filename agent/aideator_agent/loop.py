"""The loop: asks the model, runs its calls, and returns their results to it, until it submits."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from aideator_agent import answer
from aideator_agent.changes import CHANGING, Changes
from aideator_agent.checkpoint import Standing, complete
from aideator_agent.checkpoints import Checkpoints
from aideator_agent.cycles import Cycles, Warned
from aideator_agent.dialogue import HEARD, Dialogue
from aideator_agent.emitter import Emitter
from aideator_agent.guides import guides
from aideator_agent.interrupts import Interrupts
from aideator_agent.models.base import Call, Message, Model, Turn
from aideator_agent.resuming import NOTE
from aideator_agent.spec import RunSpec, VariationSpec
from aideator_agent.told import Told
from aideator_agent.tools import Tools
from aideator_agent.totals import Totals

PUT_OFF: Final = (
    "Not done: the user has sent a message in the meantime. Read it, go on, and call submit again at the end."
)
REMINDER: Final = (
    "You called no tool. Go on with the task by calling one, or call submit when the work is done. If you wrote a call as text,"
    " write it once more, with nothing before or after it."
)


class Loop:
    def __init__(
        self, spec: RunSpec, variation: VariationSpec, model: Model, tools: Tools, emitter: Emitter,
        interrupts: Interrupts, totals: Totals, changes: Changes | None = None, told: Told | None = None,
        checkpoints: Checkpoints | None = None,
    ) -> None:  # fmt: skip
        self._answers = spec.answer
        self._reminder = answer.REMINDER if spec.answer else REMINDER
        self._tools = tools
        self._emitter = emitter
        self._interrupts = interrupts
        self._totals = totals
        self._changes = changes  # None: there is no shell to ask
        self._user = told or Told(emitter)  # who may have something to say
        self._dialogue = Dialogue(spec, variation, model, tools.schemas(), emitter, interrupts, totals)
        self._cycles = Cycles()
        self._checkpoints = checkpoints
        if spec.colleagues is not None:
            from aideator_agent.colleagues import Asking

            tools.connect(Asking(spec.colleagues, variation.role, self._dialogue, self._user, interrupts))
        self.conversation: tuple[Sequence[Message], int] = (
            (),
            0,
        )  # once it is over, and how many messages are its opening

    def run(self, opening: list[Message], standing: Standing | None = None) -> str:
        """Returns the summary, or the answer, once the model has submitted. Raises `Ended` for every other end.

        `standing`: where a lost attempt stood, whose conversation goes on then.
        """
        if standing is not None and standing.messages:
            self._dialogue.go_on(standing.messages, standing.opening)
            self._dialogue.add({"role": "user", "content": NOTE})
        else:
            self._dialogue.open(opening)
        try:
            return self._work()
        finally:
            self.conversation = complete(self._dialogue.messages), self._dialogue.opening

    def _work(self) -> str:
        silent = False
        while True:
            if self._checkpoints is not None:
                self._checkpoints.consider(self._dialogue.messages, self._dialogue.opening)
            self._hear()
            turn = self._dialogue.ask()
            summary = self._do(turn)
            cut = self._warned(self._cycles.cut(turn))
            if summary is None and silent and not turn.calls and not cut:
                summary = self._tools.said if self._answers else turn.text.strip()
            if summary is not None:
                if not self._user.waits:
                    return summary
                self._put_off(turn)
            silent = not turn.calls and not cut
            if cut or (silent and not self._user.waits):
                self._dialogue.add({"role": "user", "content": cut or self._reminder})

    def _hear(self) -> None:
        """Adds what the user said since the last turn."""
        for text in self._user.take():
            self._dialogue.add({"role": "user", "content": HEARD + text})

    def _put_off(self, turn: Turn) -> None:
        """Answers submit, and the calls after it, when the user has said something that the model does not know."""
        first = next((number for number, call in enumerate(turn.calls) if call.tool == "submit"), len(turn.calls))
        for call in turn.calls[first:]:
            self._dialogue.add({"role": "tool", "tool_call_id": call.id, "content": PUT_OFF})

    def _do(self, turn: Turn) -> str | None:
        """Runs the turn's calls. Returns the summary, or the answer, if one of them is submit."""
        self._tools.said = turn.text.strip() or self._tools.said
        changes, step = False, self._totals.steps
        for call in turn.calls:
            self._interrupts.check()
            before = self._warned(self._cycles.before(call))
            ran = self._tools.run(step, call)
            self._totals.commands = self._tools.commands
            if ran.call.tool == "submit" and (words := self._submitted(ran.call)):
                return words
            after = self._warned(self._cycles.after(call, ran.text, failing=ran.failing))
            self._dialogue.add({"role": "tool", "tool_call_id": call.id, "content": ran.text + (before or after)})
            changes = changes or ran.call.tool in CHANGING
        if self._checkpoints is not None and changes:
            self._checkpoints.changed()
        if self._changes is not None and changes:
            self._changes.tell(self._totals.steps)
        return None

    def _submitted(self, call: Call) -> str:
        """Returns the summary, or the answer. An answer that is empty is none: the model is asked again."""
        if self._answers:
            return answer.submitted(call.arguments, self._tools.said)
        return str(call.arguments.get("summary") or "").strip() or "(no summary)"

    def _warned(self, warned: Warned | None) -> str:
        """Warns the user. Returns the warning for the model."""
        if warned is None:
            return ""
        self._emitter.notice("warning", warned.notice)
        return warned.model


def opening(spec: RunSpec, variation: VariationSpec, root: Path) -> list[Message]:
    """Returns the first messages: role, task, and the repository's instructions for agents."""
    system = spec.system.get(variation.role)
    task = "\n\n".join([spec.task_of(variation), *guides(root, spec.repository)])
    first: list[Message] = [{"role": "system", "content": system}] if system else []
    return [*first, {"role": "user", "content": task}]
