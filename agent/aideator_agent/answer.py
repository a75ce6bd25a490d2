"""An agent's answer to a question: bounded and redacted, with what it cites looked up in the base.

Whoever works, our own loop or a program, hands over its last words, and `of` makes them the answer.
"""

import hashlib
import os
import time
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, Final

from aideator_agent import pieces
from aideator_agent.base_tree import BaseTree
from aideator_agent.checkout import Checkout
from aideator_agent.citation import Citation
from aideator_agent.emitter import Emitter
from aideator_agent.interrupts import Interrupts
from aideator_agent.patch import Cutter
from aideator_agent.protocol import ANSWER_BYTES
from aideator_agent.settings import Settings
from aideator_agent.values import frozen
from aideator_agent.verdict import Ended, failed

CITED_BYTES: Final = 4500  # of the places in the last record
CHANGED_BYTES: Final = 1500  # and of the names of changed files
BRIEF: Final = 200  # characters
SECONDS: Final = 120.0  # to look up what it cites; the pod's deadline is 5 minutes after the agent's own limit
GRACE: Final = 8.0  # the same after SIGTERM
REMINDER: Final = (
    "You called no tool. If your last message is your whole answer, call submit without arguments;"
    " else go on, and call submit with the answer."
)
WANTED: Final = "submit needs your whole answer, as Markdown, in `answer`."


@frozen
class Answer:
    text: str  # Markdown

    @property
    def brief(self) -> str:
        """Returns its first paragraph on one line, at most `BRIEF` characters of it."""
        paragraphs = (
            part for part in self.text[: 10 * BRIEF].split("\n\n") if not part.lstrip().startswith(("#", "```"))
        )
        line = " ".join(next(paragraphs, self.text[:BRIEF]).split())
        return line if len(line) <= BRIEF else f"{line[: BRIEF - 1]}…"


def of(words: str) -> Answer:
    """Returns the answer that these last words of an agent are. Raises `Ended` (failed/agent) if there are none."""
    if not words.strip():
        raise failed("agent", "the agent ended without an answer")
    return Answer(pieces.shortened(pieces.clean(words.strip()), ANSWER_BYTES) + "\n")


def submitted(arguments: Mapping[str, Any], said: str) -> str:
    """Returns the answer that a call of submit means: its argument, else what the model said last. Empty: there is none."""
    return next(
        (text for name in ("answer", "summary") if (text := str(arguments.get(name) or "").strip())), said.strip()
    )


class Giving:
    """Emits an answer."""

    def __init__(self, settings: Settings, checkout: Checkout, emitter: Emitter, interrupts: Interrupts) -> None:
        self._settings = settings
        self._checkout = checkout
        self._emitter = emitter
        self._interrupts = interrupts
        self._deadline = time.monotonic() + SECONDS

    def give(self, answer: Answer, *, at_rest: bool) -> str:
        """Returns the text as it was emitted. `at_rest`: nothing of the model's still runs, so its changes can be listed."""
        text: str = pieces.shortened(self._emitter.redacted(answer.text), ANSWER_BYTES)
        changed = self._changed() if at_rest else []
        told = list(pieces.fitting(changed, CHANGED_BYTES))
        self._emitter.answer(
            text, sha256=hashlib.sha256(text.encode()).hexdigest(), **self._places(text), changed=told,
            changed_left_out=len(changed) - len(told),
        )  # fmt: skip
        return text

    def _places(self, text: str) -> dict[str, Any]:
        """Returns the fields with the places that the text cites. Those that don't exist come first, so that they surely fit."""
        spec = self._settings.spec
        start = self._checkout.start
        also = (*(() if spec.review is None else (spec.review.first,)), *([start] if start else ()))
        tree = BaseTree(self._checkout, spec.repository, self._settings.private, self._check_clock, also)
        try:
            from aideator_agent.citing import cited

            places = cited(text, tree)
        except Ended as ended:
            self._emitter.notice("warning", f"What the answer cites was not looked up: {ended.verdict.reason}.")
            return {"citations": [], "citations_left_out": 0}
        told = _fitting(sorted(places, key=lambda place: not place.problem))
        return {"citations": told, "citations_left_out": len(places) - len(told)}

    def _changed(self) -> list[str]:
        """Returns the files that the agent changed on the way. They are in no patch."""
        home = self._settings.private / "home"
        cutter = Cutter(self._checkout, home, self._emitter.redactor, self._check_clock, lambda _: None)
        try:
            changed = [
                os.fsencode(change.path).decode(errors="replace") for change in cutter.changed(self._checkout.start)
            ]
        except Ended as ended:
            self._emitter.notice("info", f"What the agent changed on the way can't be told: {ended.verdict.reason}.")
            return []
        return [self._emitter.redacted(path) for path in changed]

    def _check_clock(self) -> None:
        now, terminated_at = time.monotonic(), self._interrupts.terminated_at
        if now >= self._deadline or (terminated_at is not None and now >= terminated_at + GRACE):
            raise failed("infrastructure", "there was no time left")


def _fitting(places: list[Citation]) -> list[dict[str, Any]]:
    told: list[dict[str, Any]] = []
    room = CITED_BYTES
    for place in places:
        record: dict[str, Any] = pieces.clean({name: _shown(value) for name, value in asdict(place).items()})
        room -= len(pieces.encoded(record)) + 1
        if room < 0:
            break
        told.append(record)
    return told


def _shown(value: Any) -> Any:
    return os.fsencode(value).decode(errors="replace") if isinstance(value, str) else value
