"""Lets an agent that is a program of its own do a variation's work: its HOME, the key proxy, its program, and what came of it."""

import hashlib
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from itertools import count
from typing import TYPE_CHECKING, Final

from aideator_agent import pieces
from aideator_agent.changes import Changes
from aideator_agent.checkout import Checkout
from aideator_agent.checkpoint import Standing
from aideator_agent.checkpoints import Checkpoints
from aideator_agent.colleagues import Questions
from aideator_agent.emitter import Emitter
from aideator_agent.guides import instructions
from aideator_agent.interrupts import Interrupts
from aideator_agent.mcp.server import McpServer, filled
from aideator_agent.models.base import Usage
from aideator_agent.past import Past
from aideator_agent.program import AgentProgram
from aideator_agent.programs.acp import NOT_TAKEN_UP, AcpAgent, PastRefused, Task
from aideator_agent.programs.ending import Worked
from aideator_agent.programs.home import Home, home_of
from aideator_agent.programs.keeping import Keeping, Unusable
from aideator_agent.programs.servers import by_proxy, described
from aideator_agent.programs.telling import Telling
from aideator_agent.programs.text import TextAgent
from aideator_agent.programs.version import TEXT, version_of
from aideator_agent.resuming import ANEW, NOTE
from aideator_agent.search import offer
from aideator_agent.settings import NO_SECRET, Settings
from aideator_agent.shell import NotStarted, Shell
from aideator_agent.team_tool import SERVER, TeamTool
from aideator_agent.told import Told
from aideator_agent.totals import Totals
from aideator_agent.verdict import Ended, failed

if TYPE_CHECKING:  # needs aiohttp
    from aideator_agent.proxy import KeyProxy
    from aideator_agent.search.searcher import Searcher

LAST_LINES: Final = 10  # of a program's output, in the summary


@dataclass
class Worker:
    settings: Settings
    keys: Mapping[str, str]
    checkout: Checkout
    shell: Shell
    emitter: Emitter
    interrupts: Interrupts
    totals: Totals
    told: Told
    searcher: "Searcher | None" = None
    checkpoints: Checkpoints | None = None
    standing: Standing | None = None  # of a lost attempt that has worked on the task before
    _team: TeamTool | None = field(default=None, init=False)  # with which it asks other roles
    _agent: AcpAgent | TextAgent | None = field(default=None, init=False)  # once its program has been started
    _past: Past | None = field(default=None, init=False)  # the conversation that it can take up

    def work(self, program: AgentProgram) -> Worked:
        """Raises `Ended` unless the agent ends its work by itself."""
        self._team = self._team_tool(program)
        task, proxy, before = self._task(), self._proxy(program), self.totals.steps
        try:
            with proxy:
                home = home_of(self.settings, program, proxy.url, proxy.token)
                home.write(task)
                self._keep_conversation(home)
                self._tell_version(home)
                worked = self._begun(home, task, proxy)
        finally:
            if self._agent is not None and self._agent.has_task and self.totals.steps == before and not proxy.trouble:
                self._tell_uncounted(program, task)
        if self.totals.steps == before and proxy.trouble:
            flaw = failed("model", f"{program.name} got no answer from its model: {proxy.trouble}")
            return replace(worked, flaw=flaw)
        return worked

    def _begun(self, home: Home, task: str, proxy: "KeyProxy") -> Worked:
        program, check = home.program, self._check(proxy)
        text = program.protocol == "text"
        script = home.script(program.command, *(TEXT if text else ()))
        folder = self.settings.spec.repository.start(self.checkout.folder)
        servers = described(self._servers(), self.keys, proxy)
        servers += [by_proxy(name, proxy) for name in self._own_servers]
        changes = Changes(self.checkout, self.shell, self.emitter, self.interrupts, self._keep)
        telling = Telling(str(self.checkout.folder), self.emitter, self.totals, changes, self._team)
        try:
            conversation = self.shell.start(script, self.interrupts.stop)
        except NotStarted as error:
            self.interrupts.check()
            raise failed("infrastructure", f"{program.name} could not be started: {error}") from error
        if text:
            self._agent = TextAgent(program, conversation, telling, changes, self.emitter, check)
            worked = self._agent.run()
            return worked if self.settings.spec.answer else replace(worked, words=_last_lines(worked.words))
        self._agent = AcpAgent(program, conversation, telling, self.emitter, self.told, check, team=self._team)
        try:
            return Worked(self._agent.run(Task(task, folder, servers, self._past, NOTE)))
        except PastRefused:
            self._past = None
            return self._begun(home, task, proxy)

    def _keep_conversation(self, home: Home) -> None:
        """Lays back the conversation that a lost attempt had, and keeps that of this one for the next."""
        file, past = home.program.session, self.standing.past if self.standing is not None else None
        if file is None or self.checkpoints is None:
            return
        keeping = Keeping(home, file, self.settings.workspace)
        try:
            self._past = keeping.lay(past) if past is not None else None
        except Unusable as error:
            self.emitter.notice("warning", NOT_TAKEN_UP.format(name=home.program.name, why=error))
        is_there = self._past is not None and past is not None and past.place == self._past.place
        known = self._past if is_there else None
        self.checkpoints.follow(lambda: self._conversation_so_far(keeping), known)

    def _conversation_so_far(self, keeping: Keeping) -> Past | None:
        agent = self._agent
        if not isinstance(agent, AcpAgent) or agent.session is None:
            return None
        return keeping.look(agent.session, agent.calls_itself)

    def _proxy(self, program: AgentProgram) -> "KeyProxy":
        try:
            from aideator_agent.proxy import Beside, KeyProxy, Shape
        except ImportError as error:
            raise failed(
                "infrastructure", f"{program.name} needs aiohttp: pip install 'aideator-agent[agents]' ({error})"
            ) from error
        spec, variation = self.settings.spec, self.settings.variation
        key = next((self.keys[n] for n in variation.keys if n in self.keys and not NO_SECRET.fullmatch(n)), None)
        servers = {s.name: Beside(s.url, self._filled(s)) for s in spec.mcp if s.url is not None}
        served = (*(variation.tools or ()), *self._own_servers)
        return KeyProxy(
            program.wire, program.upstream, key, variation.model, variation.price, spec.limits, self.totals, self.emitter,
            self.interrupts.stop, servers, host=variation.host, withholds=spec.withhold_secrets, only=spec.model_hosts,
            shape=Shape(variation.temperature, spec.limits.output, program.tools, served), search=self._search, team=self._team,
        )  # fmt: skip

    @property
    def _search(self) -> "tuple[str, Searcher] | None":
        """Returns the search with the name of its server. None: the program has none, or a server of the user's has that name."""
        return None if self.searcher is None or offer.SERVER in self._taken else (offer.SERVER, self.searcher)

    def _team_tool(self, program: AgentProgram) -> TeamTool | None:
        """Returns None if there is nobody to ask, or no model to answer."""
        colleagues, variation = self.settings.spec.colleagues, self.settings.variation
        if colleagues is None or program.protocol != "acp" or program.home is not None:
            return None
        names = (f"{SERVER}{number or ''}" for number in count())
        name = next(name for name in names if name not in self._taken)
        questions = Questions(colleagues, variation.role)
        return TeamTool(questions, self.emitter, self.totals, self.told, self.interrupts.stop, name)

    @property
    def _taken(self) -> set[str]:
        return {server.name for server in self.settings.spec.mcp}

    @property
    def _own_servers(self) -> list[str]:
        """Returns the names of the MCP servers that AIdeator itself is."""
        return [*([self._search[0]] if self._search else []), *([self._team.server] if self._team else [])]

    def _servers(self) -> list[McpServer]:
        """Returns the MCP servers that the role names, or all."""
        tools = self.settings.variation.tools
        named = None if tools is None else {tool.partition("__")[0] for tool in tools}
        return [server for server in self.settings.spec.mcp if named is None or server.name in named]

    def _filled(self, server: McpServer) -> dict[str, str]:
        try:
            return filled(server.headers, self.keys)
        except KeyError as error:
            raise failed(
                "infrastructure", f"the MCP server {server.name} needs {error.args[0]}, which has no value"
            ) from error

    def _check(self, proxy: "KeyProxy") -> Callable[[], None]:
        def check() -> None:
            self.interrupts.check()
            proxy.check()

        return check

    def _keep(self) -> None:
        if self.checkpoints is not None:
            self.checkpoints.changed()
            self.checkpoints.consider()

    def _task(self) -> str:
        spec = self.settings.spec
        said = instructions(self.checkout.folder, spec.repository)
        return "\n\n".join([spec.task_of(self.settings.variation), *said, *([ANEW] if self.standing else [])])

    def _tell_version(self, home: Home) -> None:
        """Says which version works. Raises `Ended` if the agent is not there, before its model is asked anything."""
        found = version_of(home, self.shell, self.interrupts.stop)
        self.interrupts.check()
        if found is not None and found.text:
            self.emitter.notice("info", f"{home.program.name}: {found.text}")
        elif found is not None and found.problem:
            self.emitter.notice("warning", f"{home.program.name} does not say its version: {found.problem}")

    def _tell_uncounted(self, program: AgentProgram, task: str) -> None:
        """What an agent used that never asked through the key proxy is unknown, not nothing, however the agent ended."""
        self.totals.add(Usage())
        with suppress(Ended):  # a log that is full says so itself
            self._tell_task(self._agent.given if isinstance(self._agent, AcpAgent) and self._agent.given else task)
        text = f"{program.name} asked no model through AIdeator, so nobody knows what it used, and no limit but the time held."
        self.emitter.notice("warning", text)

    def _tell_task(self, task: str) -> None:
        """The key proxy tells what it passes on. Of an agent that did not ask it, only the task is known to have been sent."""
        text = pieces.encoded({"role": "user", "content": task})
        digest = hashlib.sha256(text.encode()).hexdigest()
        self.emitter.sent(self.totals.steps + 1, self.settings.variation.host, digest, text)


def _last_lines(words: str) -> str:
    return "\n".join(words.splitlines()[-LAST_LINES:])
