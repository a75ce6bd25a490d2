"""An agent that speaks the Agent Client Protocol (ACP), version 1, from its greeting to the end of its work."""

import os
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from aideator_agent import __version__
from aideator_agent.conversation import Conversation
from aideator_agent.emitter import Emitter
from aideator_agent.past import Past
from aideator_agent.program import AgentProgram
from aideator_agent.programs import descriptions
from aideator_agent.programs.ending import NOT_FOUND, complaint, died, missing
from aideator_agent.programs.messages import (
    BAD_PARAMETERS,
    NO_SUCH_METHOD,
    Gone,
    Params,
    Peer,
    Refused,
    Silent,
)
from aideator_agent.programs.servers import by_http
from aideator_agent.programs.telling import Telling
from aideator_agent.team_tool import TeamTool
from aideator_agent.told import Told
from aideator_agent.values import frozen
from aideator_agent.verdict import Ended, failed, limit

VERSION: Final = 1  # of the protocol
AUTH_REQUIRED: Final = -32000
TOO_LONG: Final = 300  # characters of a title in a notice
CANCEL_SECONDS: Final = 1.0  # for the agent to stop by itself
SETTLED: Final = 2.0  # of silence, after which an old conversation is told: some agents tell it only after their answer
NOT_TAKEN_UP: Final = "{name} can't go on with its conversation, so it begins a new one: {why}"
LEAVE_SECONDS: Final = 1.0  # for its program to end once its work is done
QUIET: Final = frozenset({
    "available_commands_update", "current_mode_update", "config_option_update", "session_info_update", "usage_update",
    "user_message_chunk",
})  # fmt: skip
HEARD: Final = "The user interrupts you with this message:\n\n"
GO_ON: Final = "Heed it, and finish the task."
ALLOWED: Final = ("allow_once", "allow_always")


@frozen
class Patience:
    """Seconds that an agent may take before its work: for each of its two answers. Programs of Node start slowly on a busy machine."""

    answer: float = 90.0


@frozen
class Task:
    text: str
    folder: Path  # in which the agent works
    servers: Sequence[Mapping[str, Any]] = ()  # MCP servers as ACP describes them
    past: Past | None = None  # the conversation that it can take up
    going_on: str = ""  # what it is told then in place of `text`


class PastRefused(Exception):
    """The agent ended when it was to take up its conversation, before its work."""


class AcpAgent:
    """Runs one task with a program that has been started. `check` raises `Ended` when the attempt must end."""

    def __init__(
        self, program: AgentProgram, conversation: Conversation, telling: Telling, emitter: Emitter, told: Told,
        check: Callable[[], None], patience: Patience = Patience(),  # noqa: B008 -- frozen
        team: TeamTool | None = None,
    ) -> None:  # fmt: skip
        self._program = program
        self._name = program.name
        self._conversation = conversation
        self._telling = telling
        self._emitter = emitter
        self._patience = patience
        self._user = told  # who may have something to say
        self._team = team
        self._check = check
        self._peer = Peer(conversation, self, emitter, self._beat)
        self.has_task = False
        self.given = ""  # the text with which its work has begun
        self.calls_itself = ""
        self._session: str | None = None
        self._at_work = False
        self._interrupted = False  # whether this turn was cancelled for what the user has said
        self._loads = False  # whether it can take up a conversation
        self._takes_http = False  # whether it can reach MCP servers by HTTP
        self._said: set[str] = set()  # what a notice has told once

    def run(self, task: Task) -> str:
        """Returns the agent's last words. Raises `Ended` for every other end, or `PastRefused`. The program has ended in any case."""
        reason = ""
        try:
            self._greet()
            request = self._request(task)
            took_up = task.past is not None and self._took_up(task.past, request)
            if not took_up:
                self._begin(request)
            self.given = task.going_on if took_up else task.text
            return self._work()
        except Gone:
            raise self._gone() from None
        except Ended:
            reason = "stopped" if not self._conversation.ended else "lost"
            self._cancel()
            raise
        finally:
            try:
                self._telling.close(reason)
            finally:
                self._conversation.end(0.0 if reason else LEAVE_SECONDS)

    def greet(self) -> str:
        """Only greets the agent. Returns what it calls itself, if it does. Raises `Ended`. The program has ended in any case."""
        try:
            return self._greet()
        except Gone:
            raise self._gone() from None
        finally:
            self._conversation.end()

    def asked(self, method: str, params: Params) -> Mapping[str, Any]:
        """See `Handler`. The agent may ask for nothing but permissions: it reads, writes and runs by itself."""
        if method != "session/request_permission":
            self._once(f"The agent asked for {method[:100]}, which AIdeator does not offer.")
            raise Refused(NO_SUCH_METHOD, f"{method[:100]} is not offered")
        options = [option for option in _list(params.get("options")) if isinstance(option, dict)]
        call = params.get("toolCall")
        if self._session is None or params.get("sessionId") != self._session or not isinstance(call, dict):
            raise Refused(BAD_PARAMETERS, "there is no such session, or no call to permit")
        self._telling.call(call, begins=False, asked=True)
        title = " ".join(descriptions.string(call.get("title")).split())[:TOO_LONG] or "a call"
        for kind in ALLOWED:
            for option in options:
                if option.get("kind") == kind and isinstance(option.get("optionId"), str):
                    self._emitter.notice("debug", f"The agent asked for permission and got it once: {title}")
                    return {"outcome": {"outcome": "selected", "optionId": option["optionId"]}}
        self._emitter.notice("warning", f"The agent asked for a permission that can't be given: {title}")
        return {"outcome": {"outcome": "cancelled"}}

    def told(self, method: str, params: Params) -> None:
        """See `Handler`."""
        update = params.get("update")
        if method != "session/update" or not isinstance(update, dict):
            return
        if self._session is None:  # what comes before the session's id is of no interest
            return
        if params.get("sessionId") != self._session:
            self._once("The agent sent news of a session that AIdeator did not start. They are left out.")
            return
        kind = descriptions.string(update.get("sessionUpdate"))
        if kind == "agent_message_chunk":
            self._telling.say(descriptions.words(update.get("content")), update.get("messageId"))
        elif kind == "agent_thought_chunk":
            self._telling.think(descriptions.words(update.get("content")))
        elif kind in ("tool_call", "tool_call_update"):
            self._telling.call(update, begins=kind == "tool_call")
        elif kind == "plan":
            self._telling.plan(update)
        elif kind not in QUIET:
            self._once(f"The agent sent news of a kind that AIdeator does not know: {kind[:100]}")

    @property
    def session(self) -> str | None:
        return self._session

    def _greet(self) -> str:
        client = {"name": "aideator", "title": "AIdeator", "version": __version__}
        offered = {"fs": {"readTextFile": False, "writeTextFile": False}, "terminal": False}
        request = {"protocolVersion": VERSION, "clientCapabilities": offered, "clientInfo": client}
        try:
            answer = self._peer.ask("initialize", request, self._patience.answer)
        except Silent:
            raise self._silent() from None
        except Refused as refused:
            raise failed("agent", f"{self._name} refused to speak ACP ({refused}); another version of it may") from None
        version = answer.get("protocolVersion")
        if version != VERSION:
            raise failed(
                "agent",
                f"{self._name} speaks version {str(version)[:20]} of ACP, and AIdeator speaks version {VERSION};"
                " use another version of the agent",
            )
        able = answer.get("agentCapabilities")
        servers = able.get("mcpCapabilities") if isinstance(able, dict) else None
        self._takes_http = isinstance(servers, dict) and servers.get("http") is True
        self._loads = isinstance(able, dict) and able.get("loadSession") is True
        info = answer.get("agentInfo")
        if not (isinstance(info, dict) and isinstance(info.get("version"), str)):
            return ""
        name = descriptions.string(info.get("title")) or descriptions.string(info.get("name"))
        own = f"{name[:100]} {info['version'][:100]}"
        self._emitter.notice("debug", f"The agent calls itself {own}.")
        self.calls_itself = own
        return own

    def _request(self, task: Task) -> dict[str, Any]:
        """Returns what a session needs, a new one or an old one."""
        servers = [server for server in task.servers if self._takes_http or not by_http(server)]
        if len(servers) < len(task.servers):
            self._emitter.notice("warning", f"{self._name} reaches no MCP server by HTTP, so it works without those.")
        return {"cwd": os.fspath(task.folder), "mcpServers": servers}

    def _took_up(self, past: Past, request: Params) -> bool:
        """Lets the agent take up its conversation. What it tells again of it is no news. Raises `PastRefused`."""
        if not self._loads:
            return self._not_taken_up("this agent takes up none")
        if past.by != self.calls_itself:
            return self._not_taken_up(
                f"{past.by or 'an agent without a name'} has led it, and this is {self.calls_itself}"
            )
        try:
            self._peer.ask("session/load", {"sessionId": past.session, **request}, self._patience.answer)
            self._peer.settle(SETTLED, self._patience.answer)
        except Silent:
            return self._not_taken_up(f"the agent did not answer within {self._patience.answer:g} seconds")
        except Refused as refused:
            return self._not_taken_up(str(refused))
        except Gone:
            self._check()
            self._not_taken_up(f"the agent ended (exit {self._conversation.exit_code}){complaint(self._conversation)}")
            raise PastRefused from None
        self._session = past.session
        self._emitter.notice("info", f"{self._name} goes on with its conversation.")
        return True

    def _not_taken_up(self, why: str) -> bool:
        self._emitter.notice("warning", NOT_TAKEN_UP.format(name=self._name, why=why))
        return False

    def _begin(self, request: Params) -> None:
        try:
            answer = self._peer.ask("session/new", request, self._patience.answer)
        except Silent:
            seconds = f"{self._patience.answer:g} seconds"
            raise failed(
                "agent", f"{self._name} began no session within {seconds}{complaint(self._conversation)}"
            ) from None
        except Refused as refused:
            login = "; it wants a login, so its preset must hand it the proxy's token another way"
            wanted = login if refused.code == AUTH_REQUIRED else ""
            raise failed("agent", f"{self._name} began no session: {refused}{wanted}") from None
        session = answer.get("sessionId")
        if not isinstance(session, str) or not session:
            raise failed("agent", f"{self._name} began a session without an id; another version of it may do better")
        self._session = session

    def _work(self) -> str:
        """Lets the agent work on the task. An agent at work takes no message, so what the user says meanwhile interrupts it."""
        self._heed(self._turn(self.given))
        while said := self._user.take():
            self._heed(self._turn("\n\n".join([*(HEARD + text for text in said), GO_ON])))
        return self._telling.last_words.strip()

    def _beat(self) -> None:
        self._check()
        answers = self._team is not None and self._team.beat()
        if self._at_work and self._user.waits and not self._interrupted and not answers:
            self._interrupted = True
            self._peer.tell("session/cancel", {"sessionId": self._session})

    def _turn(self, text: str) -> Any:
        """Returns why the agent stopped."""
        request = {"sessionId": self._session, "prompt": [{"type": "text", "text": text}]}
        self.has_task = self._at_work = True
        self._interrupted = False
        try:
            answer = self._peer.ask("session/prompt", request)
            self._at_work = False
            self._telling.end_turn("stopped" if self._interrupted else "lost")
        except Refused as refused:
            self._at_work = False
            self._check()
            raise failed("agent", f"{self._name} gave up: {refused}") from None
        self._check()
        return answer.get("stopReason")

    def _heed(self, reason: Any) -> None:
        if reason == "max_tokens":
            raise limit("tokens")
        if reason == "max_turn_requests":
            raise limit("steps")
        if reason == "refusal":
            raise failed("model", f"the model of {self._name} refused the task")
        if reason == "cancelled" and not self._interrupted:
            raise failed("agent", f"{self._name} cancelled its work by itself")
        if reason not in ("end_turn", "cancelled"):
            text = f"The agent stopped for a reason that AIdeator does not know: {str(reason)[:100]}"
            self._emitter.notice("warning", text)

    def _cancel(self) -> None:
        """Lets the agent stop by itself, so that it ends its own commands. Its program is ended anyway."""
        if not self._at_work or self._conversation.ended:
            return
        self._peer.tell("session/cancel", {"sessionId": self._session})
        deadline = time.monotonic() + CANCEL_SECONDS
        while time.monotonic() < deadline and not self._conversation.ended:
            if b'"stopReason"' in self._conversation.hear(0.05):
                return

    def _silent(self) -> Ended:
        seconds = f"{self._patience.answer:g} seconds"
        if self._peer.stray:
            text = f"{self._name} speaks no ACP: within {seconds} it wrote only what is no message, such as {self._peer.stray!r}"
            return failed("agent", f"{text}; check its command")
        return failed(
            "agent",
            f"{self._name} did not answer `initialize` within {seconds}{complaint(self._conversation)}; check its command",
        )

    def _gone(self) -> Ended:
        self._check()
        if self._session is not None:
            return died(self._program, self._conversation, "while it worked")
        if self._conversation.exit_code == NOT_FOUND:
            return missing(self._program)
        said = f"before it began, after it wrote {self._peer.stray!r}" if self._peer.stray else "before it began"
        return died(self._program, self._conversation, said)

    def _once(self, text: str) -> None:
        if text not in self._said and len(self._said) < 20:
            self._said.add(text)
            self._emitter.notice("debug", text)


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
