"""Lets an agent that is a program ask other roles of its team, as our own loop does: a tool that the key proxy serves.

Its questions and answers become the events that a call of our own loop becomes. All but `TeamTool.beat` runs in the proxy's thread.
"""

import asyncio
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import Final, Protocol

from aideator_agent import pieces
from aideator_agent.colleague import ARGUMENTS, ASK, PERSON
from aideator_agent.colleagues import LOOK, MOST, QUESTION, ROLE, Questions, Said, answered
from aideator_agent.emitter import Emitter
from aideator_agent.mcp.offer import Arguments, Offer, Wrong
from aideator_agent.models.base import Message
from aideator_agent.stream import Stream
from aideator_agent.told import Told
from aideator_agent.totals import Totals

SERVER: Final = "team"  # as the agent calls the tool's server
LONGEST: Final = 100_000  # characters of an argument that is read
PATIENCE: Final = 40.0  # seconds until the agent is told to ask again: programs give up on a tool after a minute
CATCHING_UP: Final = 1.0  # seconds that the telling may lag behind the agent
GONE: Final = 60.0  # seconds in which it has to do so
AT_ONCE: Final = 2 * MOST  # questions that are open, and calls that wait for them
LATER: Final = (
    "Nobody has answered yet, and the question still waits. Call `ask` again with the same role and the same question: the call returns"
    " the answer as soon as there is one."
)


class NoAnswer(Exception):
    """Nobody has answered; the text says why. `stopped`: because nobody waits for the answer any more."""

    def __init__(self, text: str, *, stopped: bool = False) -> None:
        super().__init__(text)
        self.stopped = stopped


class Consultant(Protocol):
    """The agent's own model."""

    async def consult(self, messages: Sequence[Message]) -> str:
        """Returns what it says to a system message and a user's. Raises `NoAnswer`."""

    def logging(self) -> AbstractContextManager[None]:
        """Inside of it events are emitted. What the log can't take ends the attempt."""


class TeamTool:
    """The tool of one attempt."""

    def __init__(
        self, questions: Questions, emitter: Emitter, totals: Totals, user: Told, stop: Callable[[], bool],
        server: str = SERVER, patience: float = PATIENCE, gone: float = GONE,
    ) -> None:  # fmt: skip
        self.server = server
        self.offer = Offer("aideator-team", ASK, questions.colleagues.description, ARGUMENTS, ARGUMENTS, LONGEST)
        self.served = 0  # calls that came here
        self._questions = questions
        self._emitter = emitter
        self._totals = totals
        self._user = user
        self._stop = stop
        self._patience = patience
        self._gone = gone
        self._one = asyncio.Lock()
        self._open: dict[tuple[str, str], asyncio.Task[Said]] = {}  # questions whose answers the agent has not got
        self._count = 0
        self._there = 0  # calls that wait for an answer
        self._left = 0.0  # time.monotonic() when the last of them was told to ask again
        self._beats = 0
        self._lock = threading.Lock()  # of what follows
        self._waits = False  # whether a question waits for a person
        self._heard: list[str] = []

    def beat(self) -> bool:
        """Is to be called whenever what the agent has said so far is told. Takes what a person has said for the answer, if a question waits
        for one. Returns whether it does."""
        self._beats += 1
        with self._lock:
            if self._waits:
                self._heard += self._user.take()
            return self._waits

    async def answer(self, given: Arguments, consultant: Consultant, waits: Callable[[], bool]) -> str:
        """Returns the answer, or what to do to get it. Raises `Wrong` if there is none. `waits`: whether the agent still waits for it."""
        key = given["role"], given["question"]
        task = self._open.get(key)
        if self._there >= AT_ONCE or (task is None and len(self._open) >= AT_ONCE):
            raise Wrong("You ask too much at once. Wait for the answers.")
        self.served += 1
        if task is None:
            task = self._open[key] = asyncio.create_task(self._ask(*key, consultant))
        self._there += 1
        done, _ = await asyncio.wait({task}, timeout=self._patience)
        self._there, self._left = self._there - 1, time.monotonic()
        if not done:
            return LATER
        if waits():
            self._forget(key, task)
        if task.cancelled():
            raise Wrong("The work has ended.")
        said = task.result()
        if not said.by:
            raise Wrong(said.text)
        return said.text

    async def close(self) -> None:
        """Ends the questions that are open."""
        for task in self._open.values():
            task.cancel()
        await asyncio.gather(*self._open.values(), return_exceptions=True)

    def _forget(self, key: tuple[str, str], task: "asyncio.Task[Said] | None") -> None:
        """Lets the same question be asked anew, unless it is already."""
        if self._open.get(key) is task:
            del self._open[key]

    async def _ask(self, role: str, question: str, consultant: Consultant) -> Said:
        """Only an answer is kept until the agent gets it. What nobody has answered may be asked anew."""
        said = Said("", "")
        try:
            said = await self._in_turn(role, question, consultant)
        finally:
            if not said.by:
                self._forget((role, question), asyncio.current_task())
        return said

    async def _in_turn(self, role: str, question: str, consultant: Consultant) -> Said:
        async with self._one:  # a person answers one question at a time
            self._count += 1
            await self._caught_up()
            told = {"step": max(1, self._totals.steps), "id": f"ask-{self._count}"}
            shown = {"role": pieces.shortened(role, ROLE), "question": pieces.shortened(question, QUESTION)}
            with consultant.logging():
                self._emitter.emit("call", tool=ASK, arguments=shown, **told)
            said, reason, began = Said("", ""), "stopped", time.monotonic()
            try:
                said, reason = await self._said(role, question, consultant)
            finally:
                with consultant.logging():
                    self._tell(said, reason, round(time.monotonic() - began, 3), told)
            return Said(self._emitter.redacted(said.text), said.by)

    async def _caught_up(self) -> None:
        """Waits until what the agent has said before its question is told."""
        wanted = self._beats + 2  # one may have begun before the question came
        deadline = time.monotonic() + CATCHING_UP
        while self._beats < wanted and time.monotonic() < deadline:
            await asyncio.sleep(0.01)

    def _tell(self, said: Said, reason: str, seconds: float, told: dict[str, object]) -> None:
        stream = Stream(self._emitter, "output", "the tool's output", **told)
        stream.feed(said.text)
        missing = stream.close()
        self._emitter.emit(
            "done", exit_code=None if reason else int(not said.by), seconds=seconds, truncated=missing, **told,
            **({"reason": reason} if reason else {}), **({"by": said.by} if said.by else {}),
        )  # fmt: skip

    async def _said(self, role: str, question: str, consultant: Consultant) -> tuple[Said, str]:
        """Returns the answer, and why the call has not ended by itself."""
        if refused := self._questions.refused(role, question):
            return Said(refused, ""), ""
        try:
            if said := await self._of_a_person():
                return Said(said, PERSON), ""
            return answered(role, await consultant.consult(self._questions.messages(role, question))), ""
        except NoAnswer as error:
            text = f"{role} gave no answer: {error}. Ask again later, or decide yourself."
            return Said(text, ""), "stopped" if error.stopped else ""

    async def _of_a_person(self) -> str:
        """Returns what a person says while the question waits. Raises `NoAnswer` if the agent does not come back for it."""
        wait = self._questions.colleagues.wait
        deadline = time.monotonic() + wait
        self._waits, gone = wait > 0, False
        try:
            while self._waits and not gone and not self._heard and not self._stop() and time.monotonic() < deadline:
                await asyncio.sleep(LOOK)
                gone = not self._there and time.monotonic() - self._left > self._gone
        finally:
            with self._lock:
                self._waits = False
                heard, self._heard = self._heard, []
        if gone and not heard:
            raise NoAnswer("the agent has not asked for it again", stopped=True)
        return "\n\n".join(heard)
