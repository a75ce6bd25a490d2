"""One attempt from `start` until just before `end`: clone, work, patch, verify. The patch is made whatever happens."""

import os
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

from aideator_agent import __version__, answer, carrying, confinement, origin, repository, sent, surroundings, told
from aideator_agent.access import Access
from aideator_agent.answer import Answer
from aideator_agent.changes import Changes
from aideator_agent.checkout import Checkout
from aideator_agent.checkpoint import Standing
from aideator_agent.checkpoints import Checkpoints
from aideator_agent.closing import Closing
from aideator_agent.emitter import Emitter
from aideator_agent.interrupts import Interrupts
from aideator_agent.keys import Redactor
from aideator_agent.loop import Loop, opening
from aideator_agent.models import library_version, open_model
from aideator_agent.models.base import Model
from aideator_agent.opening import open_shell
from aideator_agent.patch import Patch
from aideator_agent.protocol import Fault
from aideator_agent.resuming import Resuming, continued
from aideator_agent.settings import Settings, secrets
from aideator_agent.shell import Shell
from aideator_agent.tools import Tools
from aideator_agent.totals import Totals
from aideator_agent.verdict import Ended, Verdict, failed

if TYPE_CHECKING:  # read only where there are checks
    from aideator_agent.checks.checking import Checking
    from aideator_agent.hidden import Hidden
    from aideator_agent.mcp.tools import McpTools
    from aideator_agent.search.searcher import Searcher


class Session:
    def __init__(self, settings: Settings, keys: Mapping[str, str], emitter: Emitter, interrupts: Interrupts) -> None:
        self.totals = Totals()
        self.checkout: Checkout | None = None
        self.owns_room = False  # workspace and private folder were empty, and nobody else needs them later
        self._settings = settings
        self._keys = keys
        self._access = Access(settings, keys)
        self._emitter = emitter
        self._interrupts = interrupts
        self._shell: Shell | None = None
        self._flaw: Ended | None = None  # what is wrong with the end of the agent's program if it has left nothing
        self._checking: Checking | None = None
        self._answer: Answer | None = None
        self._told = told.Told(emitter)
        self._standing: Standing | None = None  # of a lost attempt, from where this one goes on
        self._checkpoints: Checkpoints | None = None
        self._loop: Loop | None = None

    def run(self) -> Verdict:
        """Runs the attempt. Raises only if events can't be written."""
        worked = self._guarded(self._work, Verdict("succeeded"))
        self._told.close()
        verdict = self._guarded(lambda: self._close(worked), worked)
        if self._interrupts.terminated and verdict.outcome in ("succeeded", "no_changes"):
            return replace(verdict, outcome="cancelled", reason="the agent was told to stop after its work was done")
        return verdict

    @property
    def _has_loop(self) -> bool:
        """Whether a model works in our own loop, and no other program, nor nobody."""
        spec = self._settings.spec
        return self._settings.variation.agent is None and not spec.is_merge and spec.referee is None

    def leave(self) -> None:
        """Ends what the model's commands started, when events can't be written any more."""
        if self._shell is not None:
            self._shell.end()
        if self._checking is not None:
            self._checking.give_up()

    def _guarded(self, act: Callable[[], Verdict], before: Verdict) -> Verdict:
        """Returns the verdict of `act`, or of what it raises. An earlier failure or cancellation takes precedence."""
        try:
            return act()
        except Ended as ended:
            verdict = ended.verdict
        except (Exception, SystemExit) as error:
            import traceback

            self._emitter.notice("error", traceback.format_exc())
            fault: Fault = "infrastructure" if isinstance(error, OSError) else "agent"
            verdict = Verdict("failed", f"the agent crashed: {type(error).__name__}: {error}", fault)
        if before.outcome in ("failed", "cancelled"):
            self._emitter.notice("error", verdict.reason)
            return before
        return replace(verdict, summary=verdict.summary or before.summary)

    def _work(self) -> Verdict:
        self._tell_start()
        model = open_model(self._settings, self._keys, self._interrupts) if self._has_loop else None
        checkout, hidden = self._cloned()
        self._checking = self._begin_checking(checkout, hidden)
        if self._settings.spec.is_merge:
            return Verdict("succeeded", summary=origin.summary(self._settings.spec))
        with self._phase("work"):
            words = self._worked(model, checkout) if model else self._program_worked(checkout)
            if not self._settings.spec.answer:
                return Verdict("succeeded", summary=words)
            self._answer = answer.of(words)
            return Verdict("succeeded", summary=self._answer.brief)

    def _cloned(self) -> "tuple[Checkout, Hidden | None]":
        with self._phase("clone") as phase:
            self._take_room()
            begun = sent.arrive(self._settings, self._emitter, self._interrupts.check, self._told.line)
            self._told.listen(told.source(self._settings), begun)
            hidden = self._received()
            cloned = repository.clone(self._settings, self._access, self._interrupts.check, self._tell)
            self.checkout = self._taken(cloned)
            phase["base"] = self.checkout.base
            confinement.check_base(self.checkout.folder, self._settings.spec, self._settings.variation)
            self._go_on(self.checkout)
        return self.checkout, hidden

    def _go_on(self, checkout: Checkout) -> None:
        if self._settings.spec.is_merge or self._settings.spec.referee is not None:
            return
        self._standing = Resuming(self._settings, self._emitter, self._interrupts.check).resumed(checkout)
        if self._standing is not None:
            self._settings = continued(self._settings, self._standing, self.totals)
        begun = self._standing.messages if self._standing else ()
        self._checkpoints = Checkpoints(
            checkout, lambda: self._opened(checkout), self._settings.spec.limits.steps, self._emitter, self._interrupts, self.totals,
            begun,
        )  # fmt: skip

    def _taken(self, cloned: Checkout) -> Checkout:
        """Lays the carried files into the working tree. What looks like a secret in them is kept out of events and patches."""
        checkout = carrying.taken(self._settings, cloned, self._interrupts.check)
        if checkout.carried is not None:
            self._emitter.redactor = Redactor([*secrets(self._keys), *checkout.carried.secrets])
        return checkout

    def _worked(self, model: Model, checkout: Checkout) -> str:
        spec, variation = self._settings.spec, self._settings.variation
        has_shell = spec.allow_shell and (variation.tools is None or "bash" in variation.tools)
        shell = self._opened(checkout) if has_shell else None
        changes = Changes(checkout, shell, self._emitter, self._interrupts) if shell else None
        with self._mcp_tools(checkout) as mcp, self._search(checkout) as searcher:
            tools = Tools(checkout.folder, spec, shell, self._emitter, self._interrupts, variation.tools, mcp, searcher)
            self._loop = Loop(
                spec,
                variation,
                model,
                tools,
                self._emitter,
                self._interrupts,
                self.totals,
                changes,
                self._told,
                self._checkpoints,
            )
            return self._loop.run(opening(spec, variation, checkout.folder), self._standing)

    @contextmanager
    def _mcp_tools(self, checkout: Checkout) -> Iterator["McpTools | None"]:
        spec, variation = self._settings.spec, self._settings.variation
        if not spec.mcp:
            yield None
            return
        from aideator_agent.mcp.tools import McpTools

        tools = McpTools(
            spec.mcp, self._keys, lambda: self._opened(checkout), self._emitter, self._interrupts,
            spec.limits.command_seconds, variation.tools,
        )  # fmt: skip
        try:
            tools.begin()
            yield tools
        finally:
            tools.close()

    @contextmanager
    def _search(self, checkout: Checkout) -> Iterator["Searcher | None"]:
        if not self._settings.spec.searches(self._settings.variation):
            yield None
            return
        from aideator_agent.search.searcher import Searcher

        searcher = Searcher(checkout, self._settings.spec.repository, self._interrupts.stop)
        try:
            yield searcher
        finally:
            searcher.close()

    def _opened(self, checkout: Checkout) -> Shell:
        """Returns the shell for commands and programs, which is opened once."""
        if self._shell is None:
            self._shell = self._open_shell(checkout)
        return self._shell

    def _program_worked(self, checkout: Checkout) -> str:
        from aideator_agent.programs.working import Worker

        program = self._settings.variation.agent
        assert program is not None
        self._shell = self._open_shell(checkout)
        with self._search(checkout) as searcher:
            worker = Worker(
                self._settings, self._keys, checkout, self._shell, self._emitter, self._interrupts, self.totals,
                self._told, searcher, self._checkpoints, standing=self._standing,
            )  # fmt: skip
            worked = worker.work(program)
        self._flaw = worked.flaw
        if self._flaw is not None and self._settings.spec.answer:
            raise self._flaw  # its last words say what went wrong; they are no answer
        return worked.words

    def _received(self) -> "Hidden | None":
        if self._settings.spec.hidden is None:
            return None
        from aideator_agent import hidden

        return hidden.received(self._settings, self._interrupts.check)

    def _begin_checking(self, checkout: Checkout, hidden: "Hidden | None") -> "Checking | None":
        if not self._settings.spec.is_checked:
            return None
        from aideator_agent.checks.checking import Checking

        if hidden is not None:
            from aideator_agent.hidden import expect_no_clash

            expect_no_clash(hidden, self._settings, checkout, self._interrupts.check)
        checking = Checking(self._settings, checkout, self._emitter, self._interrupts, hidden)
        checking.begin()
        return checking

    def _open_shell(self, checkout: Checkout) -> Shell:
        return open_shell(self._settings, self._settings.spec.repository.start(checkout.folder))

    def _close(self, verdict: Verdict) -> Verdict:
        ended = self._shell is None or self._shell.end()
        if self._checking is not None:
            self._checking.at_rest = ended
        if self.checkout is None:
            return verdict
        close = self._give_answer if self._settings.spec.answer else self._close_checkout
        try:
            return close(self.checkout, verdict, ended=ended)
        finally:
            if self._checking is not None:
                self._checking.finish()

    def _close_checkout(self, checkout: Checkout, verdict: Verdict, *, ended: bool) -> Verdict:
        closing = Closing(self._settings, checkout, self._access, self._emitter, self._interrupts)
        with self._phase("patch"):
            if not ended:
                raise failed(
                    "infrastructure",
                    "processes that the model's commands started could not be stopped, so no patch was made",
                )
            patch = closing.cut()
            self._keep(verdict, patch)
        if verdict.outcome == "succeeded" and not patch.changes:
            if self._flaw is not None:
                raise self._flaw
            verdict = replace(verdict, outcome="no_changes")
        if self._checking is not None and closing.is_to_verify(verdict, patch):
            with self._phase("verify"):
                self._checking.verify(patch)
        return verdict

    def _keep(self, verdict: Verdict, patch: Patch) -> None:
        """Emits a last checkpoint if another attempt may follow this one. The patch says how the tree is."""
        has_worked = self._loop is not None or self._settings.variation.agent is not None
        if (
            self._checkpoints is not None
            and has_worked
            and (verdict.fault == "infrastructure" or self._interrupts.terminated)
        ):
            self._checkpoints.last(patch, *(self._loop.conversation if self._loop else ()))

    def _give_answer(self, checkout: Checkout, verdict: Verdict, *, ended: bool) -> Verdict:
        if self._answer is None:
            return verdict
        with self._phase("answer"):
            giving = answer.Giving(self._settings, checkout, self._emitter, self._interrupts)
            text = giving.give(self._answer, at_rest=ended)
        if self._checking is not None and not self._interrupts.terminated:
            with self._phase("verify"):
                self._checking.verify_answer(text)
        return verdict

    def _tell(self, text: str) -> None:
        self._emitter.notice("info", text)

    def _take_room(self) -> None:
        for folder in (self._settings.workspace, self._settings.private):
            folder.mkdir(parents=True, exist_ok=True)
        taken = [p for p in (self._settings.repo, self._settings.private / "git") if os.path.lexists(p)]
        if taken:
            raise failed("infrastructure", f"{taken[0]} already exists; an attempt needs its own folders")
        own = {self._settings.private / surroundings.BUNDLE}
        fresh = not any(self._settings.workspace.iterdir()) and not {*self._settings.private.iterdir()} - own
        self.owns_room = fresh and self._settings.channel is None

    def _tell_start(self) -> None:
        settings = self._settings
        limits = asdict(settings.spec.limits)
        del limits["start_seconds"]  # not the agent's to hold
        versions = {"agent": __version__, "python": sys.version.split()[0]}
        if self._has_loop and (library := library_version(settings.variation.model)):
            versions["litellm"] = library
        self._emitter.emit(
            "start", run=settings.spec.id, variation=settings.variation.number, attempt=settings.attempt,
            model=settings.variation.model, versions=versions, limits=limits,
        )  # fmt: skip

    @contextmanager
    def _phase(self, name: str) -> Iterator[dict[str, Any]]:
        """Emits the phase. Its end includes what the caller puts into the dictionary."""
        began = time.monotonic()
        more: dict[str, Any] = {}
        self._emitter.emit("phase", name=name, state="begin")
        try:
            yield more
        finally:
            self._emitter.emit("phase", name=name, state="end", seconds=round(time.monotonic() - began, 3), **more)
