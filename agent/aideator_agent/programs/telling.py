"""What an agent says and does, as the events that our own loop emits."""

import time
from dataclasses import dataclass, field
from typing import Any, Final

from aideator_agent.changes import Changes
from aideator_agent.colleague import ARGUMENTS, ASK
from aideator_agent.emitter import Emitter
from aideator_agent.programs import descriptions
from aideator_agent.programs.descriptions import Fields
from aideator_agent.stream import Stream
from aideator_agent.team_tool import TeamTool
from aideator_agent.totals import Totals

ID_SHOWN: Final = 80  # characters of a call's id
LAST_WORDS: Final = 100_000  # characters of the last message that are kept
OPEN_CALLS: Final = 200  # that have not ended
OUTPUT: Final = 4 * 1024 * 1024  # characters of one call's output that are compared with what was told
LOOKING: Final = frozenset({"read", "search", "think", "fetch"})  # kinds of calls that change nothing
ENDED: Final = frozenset({"completed", "failed"})
STEPWISE: Final = "pending"
MERGED: Final = ("title", "kind", "status", "rawInput", "rawOutput", "content", "locations", "_meta")


@dataclass
class _Open:
    """A call that has not ended."""

    id: str
    fields: dict[str, Any] = field(default_factory=dict)
    began: float = field(default_factory=time.monotonic)
    step: int = 1
    stream: Stream | None = None  # None: the call was not told yet
    told: str = ""  # its output so far
    streamed: bool = False  # whether its output comes in pieces
    asks: bool = False  # whether it is a question to a role


class Telling:
    """Call `close` at the end, whatever the end is."""

    def __init__(
        self, root: str, emitter: Emitter, totals: Totals, changes: Changes | None = None, team: TeamTool | None = None
    ) -> None:
        self.last_words = ""
        self._root = root
        self._emitter = emitter
        self._totals = totals
        self._changes = changes
        self._team = team  # which tells the calls of its tool itself
        self._told_by_team = 0
        self._words: dict[str, Stream] = {}  # `say` and `think`, as long as no call comes between
        self._speaking = ""  # which of them was last
        self._message: Any = None  # the id of the last piece's message
        self._calls: dict[str, _Open] = {}
        self._plan = ""

    @property
    def step(self) -> int:
        """Returns the number of the last request to the model."""
        return max(1, self._totals.steps)

    def say(self, text: str, message: Any = None) -> None:
        if not text:
            return
        if "say" not in self._words:
            self.last_words = ""
        elif message is not None and message != self._message:
            text = f"\n\n{text}"
        self._message = message
        self._speak("say", text)
        self.last_words = (self.last_words + text)[-LAST_WORDS:]

    def think(self, text: str) -> None:
        if text:
            self._speak("think", text)

    def plan(self, update: Fields) -> None:
        """A plan is a thought. It is told when it has changed."""
        plan = descriptions.plan(update)
        if plan and plan != self._plan:
            self._plan = plan
            self.think(f"Plan:\n{plan}")

    def call(self, update: Fields, *, begins: bool, asked: bool = False) -> None:
        """Takes a new call, or news of one. `asked`: it is to be permitted, so all is known of it."""
        id_ = descriptions.string(update.get("toolCallId"))[:ID_SHOWN]
        if not id_:
            return
        if id_ not in self._calls:
            if update.get("status") in ENDED and not begins:
                return
            self._make_room()
            self._calls[id_] = _Open(id_, {"status": STEPWISE})
        call = self._calls[id_]
        call.fields |= {name: update[name] for name in MERGED if update.get(name) is not None}
        if self._team is not None and not call.asks and call.stream is None:
            call.asks = descriptions.is_tool(call.fields, self._team.server, ASK, ARGUMENTS)
            if call.asks:
                self._end_words()
        filled = not begins and bool(update.get("rawInput"))
        if call.stream is None and not call.asks and (asked or filled or call.fields["status"] != STEPWISE):
            self._tell_call(call)
        if call.stream is not None and call.fields["status"] != STEPWISE:
            self._tell_output(call, update)
        if call.fields["status"] in ENDED:
            self._finish(call)

    def close(self, reason: str = "") -> None:
        """Ends what is open. `reason`: why calls have not ended (lost, stopped)."""
        self.end_turn(reason or "lost")

    def end_turn(self, reason: str) -> None:
        """Ends the words, and the calls of which nobody has said how they ended."""
        for call in list(self._calls.values()):
            self._finish(call, reason)
        self._end_words()

    def _speak(self, kind: str, text: str) -> None:
        if kind not in self._words:
            what = "the agent's words" if kind == "say" else "the agent's thoughts"
            self._words[kind] = Stream(self._emitter, kind, what)
        if self._speaking not in ("", kind):
            self._words[self._speaking].rest()
        self._speaking = kind
        self._words[kind].feed(text)

    def _end_words(self) -> None:
        for stream in self._words.values():
            stream.close()
        self._words.clear()
        self._speaking = ""

    def _make_room(self) -> None:
        while len(self._calls) >= OPEN_CALLS:
            self._finish(next(iter(self._calls.values())), "lost")

    def _tell_call(self, call: _Open) -> None:
        self._end_words()
        tool, arguments = descriptions.described(call.fields, self._root)
        call.step = self.step
        self._totals.commands += tool == "bash"
        self._emitter.emit("call", step=call.step, id=call.id, tool=tool, arguments=arguments)
        call.stream = Stream(self._emitter, "output", "the tool's output", step=call.step, id=call.id)

    def _tell_output(self, call: _Open, update: Fields) -> None:
        assert call.stream is not None
        if delta := descriptions.string(descriptions.terminal(update, "output_delta").get("data")):
            call.streamed = True
            call.stream.feed(delta)
        if call.streamed or not ("content" in update or "rawOutput" in update):
            return
        output = descriptions.output_of(update)[:OUTPUT]
        if output != call.told:
            call.stream.feed(output.removeprefix(call.told))
            call.told = output

    def _finish(self, call: _Open, reason: str = "") -> None:
        del self._calls[call.id]
        if call.asks and self._team is not None:
            if self._told_by_team < self._team.served:
                self._told_by_team += 1
                return
            self._tell_call(call)  # it has not come to the team
            self._tell_output(call, call.fields)
        if call.stream is None:
            return
        missing = call.stream.close()
        code = None if reason else descriptions.exit_code_of(call.fields, call.told)
        self._emitter.emit(
            "done", step=call.step, id=call.id, exit_code=code, seconds=round(time.monotonic() - call.began, 3),
            truncated=missing, **({"reason": reason} if reason else {}),
        )  # fmt: skip
        if self._changes is not None and not reason and call.fields.get("kind") not in LOOKING:
            self._changes.tell(call.step)
