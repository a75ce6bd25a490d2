"""Lets an agent of a team ask another role. The answer is one call of the agent's own model, with that role's text and the plan.

A person who says something (`tell`) while the agent waits for an answer answers in the role's place.
"""

import time
from typing import Final, Protocol

from aideator_agent import pieces
from aideator_agent.colleague import PERSON, Colleagues
from aideator_agent.interrupts import Interrupts
from aideator_agent.models.base import Message
from aideator_agent.told import Told
from aideator_agent.values import frozen

MOST: Final = 20  # questions of an attempt
QUESTION: Final = 4000  # characters
ANSWER: Final = 8000
LOOK: Final = 0.1  # seconds between two looks for a person's answer
RULES: Final = """\
A colleague in your team, the {asker}, works on a part of this task and asks you a question. You can't see the repository and have no
tools. Decide, and answer in a few sentences from the plan and from what you stand for. If you can't know something, say what to assume."""


@frozen
class Said:
    text: str
    by: str  # a role, or `user`; empty: nobody, and the text says why


class Consulted(Protocol):
    def consult(self, messages: list[Message]) -> str:
        """Returns what the model says to these messages, which are no part of the dialogue. Raises `Ended`."""


class Asking:
    """Belongs to one attempt."""

    def __init__(self, colleagues: Colleagues, role: str, model: Consulted, user: Told, interrupts: Interrupts) -> None:
        self._colleagues = colleagues
        self._role = role
        self._model = model
        self._user = user
        self._interrupts = interrupts
        self._count = 0

    def ask(self, role: str, question: str) -> Said:
        """Returns the answer. Raises `Ended` when the agent must stop."""
        refused = self._refused(role, question)
        if refused:
            return Said(refused, "")
        self._count += 1
        if said := self._of_a_person():
            return Said(said, PERSON)
        answer = self._model.consult(self._messages(role, question)).strip()
        return Said(pieces.shortened(answer, ANSWER), role) if answer else Said(f"{role} gave no answer.", "")

    def _refused(self, role: str, question: str) -> str:
        if role not in self._colleagues.roles:
            return f"There is no role {role!r} to ask; there are {self._colleagues.names}."
        if not question.strip() or len(question) > QUESTION:
            return f"A question has 1 to {QUESTION:,} characters."
        return f"You have asked {MOST} questions, and may ask no more: decide yourself." if self._count >= MOST else ""

    def _of_a_person(self) -> str:
        """Returns what a person says while the question waits."""
        deadline = time.monotonic() + self._colleagues.wait
        while not self._user.waits and time.monotonic() < deadline:
            self._interrupts.wait(min(LOOK, max(0.0, deadline - time.monotonic())))
        return "\n\n".join(self._user.take()) if self._colleagues.wait else ""

    def _messages(self, role: str, question: str) -> list[Message]:
        rules = RULES.format(asker=self._role)
        return [
            {"role": "system", "content": f"{self._colleagues.roles[role]}\n\n{rules}"},
            {"role": "user", "content": f"{self._colleagues.about}\n\nThe question of the {self._role}:\n\n{question}"},
        ]
