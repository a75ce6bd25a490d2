"""The dialogue with the model: within the attempt's limits, and below the model's context window."""

import hashlib
from collections.abc import Iterator, Sequence
from typing import Final

from aideator_agent import pieces
from aideator_agent.context import Context
from aideator_agent.emitter import Emitter
from aideator_agent.interrupts import Interrupts
from aideator_agent.listening import listened
from aideator_agent.models import SCRIPTED
from aideator_agent.models.base import (
    ContextExceeded,
    LibraryMissing,
    Message,
    Model,
    ModelError,
    Piece,
    Turn,
    Usage,
)
from aideator_agent.models.retry import asking
from aideator_agent.sight import Sight
from aideator_agent.spec import RunSpec, VariationSpec
from aideator_agent.totals import Totals
from aideator_agent.verdict import Ended, failed, limit

HEARD: Final = "The user sends you this message while you work:\n\n"


class Dialogue:
    def __init__(
        self, spec: RunSpec, variation: VariationSpec, model: Model, schemas: list[Message], emitter: Emitter,
        interrupts: Interrupts, totals: Totals,
    ) -> None:  # fmt: skip
        self._limits = spec.limits
        self._variation = variation
        self._model = model
        self._schemas = schemas
        self._emitter = emitter
        self._interrupts = interrupts
        self._totals = totals
        self._context = Context(variation.context, schemas, HEARD)
        self._sight = Sight(emitter, variation.host, withholds=spec.withhold_secrets)
        self._told = 0  # messages that a `sent` has shown already

    def open(self, messages: list[Message]) -> None:
        """Begins the dialogue."""
        self._context.open([self._sight.through(message) for message in messages])

    def go_on(self, messages: Sequence[Message], opening: int) -> None:
        """Begins with a conversation that another attempt has had. Its first messages are never dropped."""
        self._context.open([*messages], opening)
        self._told = len(messages)

    @property
    def messages(self) -> list[Message]:
        return self._context.messages

    @property
    def opening(self) -> int:
        return self._context.opening

    def add(self, message: Message) -> None:
        """Adds what the model is to read with the next question."""
        self._context.messages.append(self._sight.through(message))

    def ask(self) -> Turn:
        """Returns the model's next turn, which belongs to the dialogue then. Raises `Ended` when the agent must stop."""
        while self._context.is_tight and self._shrink():
            pass
        while True:
            try:
                turn = self._turn(self._context.messages, self._schemas)
            except ContextExceeded as error:
                self._warn(f"The conversation is longer than the model's context window: {error}")
                self._context.learn(str(error))
                if not self._shrink():
                    raise limit("tokens") from error
            else:
                break
        self._context.counted(turn.usage.input)
        if turn.calls or turn.text.strip():  # providers refuse a message without content
            self.add(pieces.clean(turn.message))
        return turn

    def consult(self, messages: list[Message]) -> str:
        """Returns what the model says to these messages, which are no part of the dialogue. Its words are not told: the caller does."""
        told, self._told = self._told, 0
        try:
            return self._turn([self._sight.through(message) for message in messages], [], aloud=False).text
        except ContextExceeded:
            return ""
        finally:
            self._told = told

    def _turn(self, messages: list[Message], schemas: list[Message], *, aloud: bool = True) -> Turn:
        """Raises `ContextExceeded`, or `Ended`."""
        self._interrupts.check()
        self._check_limits()
        self._totals.steps += 1
        self._tell_sent(messages, schemas)
        try:
            asked = asking(lambda: self._pieces(messages, schemas), self._interrupts, self._warn)
            turn = listened(asked, self._emitter, aloud=aloud)
        except Ended:
            if not self._variation.model.startswith(SCRIPTED):
                self._totals.add(Usage())  # nobody tells any more what this turn has used
            raise
        except ContextExceeded:
            raise
        except LibraryMissing as error:
            raise failed("infrastructure", str(error)) from error
        except ModelError as error:
            raise failed("model", str(error)) from error
        self._count(turn.usage)
        return turn

    def _pieces(self, messages: list[Message], schemas: list[Message]) -> Iterator[Piece]:
        """Yields a turn's pieces. A turn that breaks off is counted, too."""
        try:
            yield from self._model.turn(messages, schemas)
        except ModelError as error:
            if error.used is not None:
                self._count(error.used)
            raise

    def _count(self, usage: Usage) -> None:
        self._totals.add(usage)
        window = {} if self._context.window is None else {"window": self._context.window}
        self._emitter.emit("usage", step=self._totals.steps, **usage.as_json(), **window)

    def _check_limits(self) -> None:
        totals = self._totals
        if reached := self._limits.reached(totals.steps, totals.tokens_spent, totals.spent or 0.0):
            raise limit(reached)
        if self._limits.cost is not None and totals.spent is None:
            raise failed(
                "model", f"the price of {self._variation.model} is unknown, so the limit on its cost can't be enforced"
            )

    def _shrink(self) -> bool:
        """Makes the conversation shorter. Returns False if nothing can be dropped any more."""
        used, window = self._context.used, self._context.window or 0
        dropped = self._context.drop() or self._sum_up() or self._context.squeeze()
        if dropped:
            full = f"The conversation has about {used:,} of the {window:,} tokens of the model's context window."
            self._emitter.notice("info", f"{full} Dropped: {dropped}.")
        return bool(dropped)

    def _sum_up(self) -> str:
        """Has the model sum up its work, in place of the record. Returns what was dropped, in words, or nothing."""
        asked = self._context.to_sum_up()
        if asked is None:
            return ""
        untold = len(self._context.messages) - self._told
        try:
            summary = self._turn(asked, []).text.strip()
        except ContextExceeded:
            summary = ""
        self._context.summed_up(summary)
        self._told = len(self._context.messages) - untold
        return "all turns but the last, which the model has summed up" if summary else "all turns but the last"

    def _tell_sent(self, messages: list[Message], schemas: list[Message]) -> None:
        """Emits what this request adds to the last one. The model's own words are already in its `say` and `call`."""
        request = {
            "model": self._variation.model,
            "messages": messages,
            "temperature": self._variation.temperature,
            "tools": schemas,
        }
        digest = hashlib.sha256(pieces.encoded(request).encode()).hexdigest()
        added = [message for message in messages[self._told :] if message["role"] != "assistant"]
        self._told = len(messages)
        text = "\n".join(pieces.encoded(message) for message in added)
        self._emitter.sent(self._totals.steps, self._variation.host, digest, text)

    def _warn(self, text: str) -> None:
        self._emitter.notice("warning", text)
