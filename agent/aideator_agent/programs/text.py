"""An agent that speaks no protocol: its output is its words, and its exit is its end."""

import codecs
import time
from collections.abc import Callable
from typing import Final

from aideator_agent.changes import Changes
from aideator_agent.conversation import Conversation
from aideator_agent.emitter import Emitter
from aideator_agent.program import AgentProgram
from aideator_agent.programs.ending import NOT_FOUND, SAID, SIGNALLED, Worked, died, missing
from aideator_agent.programs.telling import Telling
from aideator_agent.running import LOOK
from aideator_agent.verdict import failed

BETWEEN: Final = 5.0  # seconds between two looks at what it has changed
SHORT: Final = 300  # characters of a shell's message that it found no program


class TextAgent:
    """`check` raises `Ended` when the attempt must end."""

    def __init__(
        self, program: AgentProgram, conversation: Conversation, telling: Telling, changes: Changes, emitter: Emitter,
        check: Callable[[], None],
    ) -> None:  # fmt: skip
        self.has_task = True  # from the start, if it is there at all
        self._program = program
        self._conversation = conversation
        self._telling = telling
        self._changes = changes
        self._emitter = emitter
        self._check = check

    def run(self) -> Worked:
        """The program has ended in any case."""
        try:
            self._follow()
            self._check()
            return self._worked()
        finally:
            try:
                self._telling.close()
            finally:
                self._conversation.end()

    def _follow(self) -> None:
        decoder = codecs.getincrementaldecoder("utf-8")("replace")
        looked, news = time.monotonic(), False
        while True:
            self._check()
            over = self._conversation.ended
            heard = self._conversation.hear(LOOK)
            self._telling.say(decoder.decode(heard))
            news = news or bool(heard)
            if over and not heard:
                break
            if news and time.monotonic() >= looked + BETWEEN:
                self._changes.tell(self._telling.step)
                looked, news = time.monotonic(), False
        self._changes.tell(self._telling.step)

    def _worked(self) -> Worked:
        name, code = self._program.name, self._conversation.exit_code
        words = self._telling.last_words.strip()
        if code == NOT_FOUND and self._telling.step == 1 and len(words) < SHORT:
            self.has_task = False
            raise missing(self._program)
        if code is None or code > SIGNALLED:
            raise died(self._program, self._conversation, "while it worked")
        if not code:
            return Worked(words)
        self._emitter.notice("warning", f"{name} ended with exit code {code}.")
        last = words.splitlines()[-1].strip()[:SAID] if words else "it said nothing"
        return Worked(words, failed("agent", f"{name} ended with exit code {code} and changed nothing ({last})"))
