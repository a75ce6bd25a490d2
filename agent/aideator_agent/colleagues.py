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
ROLE: Final = 100  # characters of a name that there is not
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


class Questions:
    """Which questions an agent may ask, and what the role is told that answers. Belongs to one attempt."""

    def __init__(self, colleagues: Colleagues, asker: str) -> None:
        """`asker`: the role of the agent that asks."""
        self.colleagues = colleagues
        self._asker = asker
        self._count = 0

    def refused(self, role: str, question: str) -> str:
        """Returns why the question can't be asked. Empty: it can, and counts."""
        if role not in self.colleagues.roles:
            return f"There is no role {pieces.shortened(role, ROLE)!r} to ask; there are {self.colleagues.names}."
        if not question.strip() or len(question) > QUESTION:
            return f"A question has 1 to {QUESTION:,} characters."
        if self._count >= MOST:
            return f"You have asked {MOST} questions, and may ask no more: decide yourself."
        self._count += 1
        return ""

    def messages(self, role: str, question: str) -> list[Message]:
        """Returns what the role's model is asked: a system message, and a user's."""
        rules = RULES.format(asker=self._asker)
        asked = f"{self.colleagues.about}\n\nThe question of the {self._asker}:\n\n{question}"
        return [
            {"role": "system", "content": f"{self.colleagues.roles[role]}\n\n{rules}"},
            {"role": "user", "content": asked},
        ]


def answered(role: str, answer: str) -> Said:
    answer = answer.strip()
    return Said(pieces.shortened(answer, ANSWER), role) if answer else Said(f"{role} gave no answer.", "")


class Asking:
    """The questions of our own loop. Belongs to one attempt."""

    def __init__(self, colleagues: Colleagues, role: str, model: Consulted, user: Told, interrupts: Interrupts) -> None:
        self._questions = Questions(colleagues, role)
        self._wait = colleagues.wait
        self._model = model
        self._user = user
        self._interrupts = interrupts

    def ask(self, role: str, question: str) -> Said:
        """Returns the answer. Raises `Ended` when the agent must stop."""
        if refused := self._questions.refused(role, question):
            return Said(refused, "")
        if said := self._of_a_person():
            return Said(said, PERSON)
        return answered(role, self._model.consult(self._questions.messages(role, question)))

    def _of_a_person(self) -> str:
        """Returns what a person says while the question waits."""
        deadline = time.monotonic() + self._wait
        while not self._user.waits and time.monotonic() < deadline:
            self._interrupts.wait(min(LOOK, max(0.0, deadline - time.monotonic())))
        return "\n\n".join(self._user.take()) if self._wait else ""
