"""One attempt from `start` to the word before `end`: clone, work, patch, verify. Whatever happens, the patch is cut."""

import os
import platform
import time
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

from aideator_agent import __version__, repository
from aideator_agent.changes import Changes
from aideator_agent.closing import Closing
from aideator_agent.emitter import Emitter
from aideator_agent.interrupts import Interrupts
from aideator_agent.keys import scrubbed
from aideator_agent.loop import Loop, opening
from aideator_agent.models import library_version, open_model
from aideator_agent.models.base import Model
from aideator_agent.protocol import Fault
from aideator_agent.repository import Checkout
from aideator_agent.settings import GIT_TOKEN, Settings
from aideator_agent.shell import Shell
from aideator_agent.tools import Tools
from aideator_agent.totals import Totals
from aideator_agent.verdict import Ended, Verdict, failed

if TYPE_CHECKING:  # read only where there are checks
    from aideator_agent.checks.checking import Checking


class Session:
    def __init__(self, settings: Settings, keys: Mapping[str, str], emitter: Emitter, interrupts: Interrupts) -> None:
        self.totals = Totals()
        self.checkout: Checkout | None = None
        self.owns_room = False  # workspace and private folder were empty, and nobody else needs them later
        self._settings = settings
        self._keys = keys
        self._emitter = emitter
        self._interrupts = interrupts
        self._shell: Shell | None = None
        self._checking: Checking | None = None

    def run(self) -> Verdict:
        """Raises nothing but what makes events impossible."""
        worked = self._guarded(self._work, Verdict("succeeded"))
        verdict = self._guarded(lambda: self._close(worked), worked)
        if self._interrupts.terminated and verdict.outcome in ("succeeded", "no_changes"):
            return replace(verdict, outcome="cancelled", reason="the agent was told to stop after its work was done")
        return verdict

    def leave(self) -> None:
        """Ends what the model's commands started; for when nobody can be told anything any more."""
        if self._shell is not None:
            self._shell.end()
        if self._checking is not None:
            self._checking.give_up()

    def _guarded(self, act: Callable[[], Verdict], before: Verdict) -> Verdict:
        """What `act` says; of what it raises, that which matters more: an earlier failure or cancellation stands."""
        try:
            return act()
        except Ended as ended:
            verdict = ended.verdict
        except (Exception, SystemExit) as error:
            self._emitter.notice("error", traceback.format_exc())
            fault: Fault = "infrastructure" if isinstance(error, OSError) else "agent"
            verdict = Verdict("failed", f"the agent broke: {type(error).__name__}: {error}", fault)
        if before.outcome in ("failed", "cancelled"):
            self._emitter.notice("error", verdict.reason)
            return before
        return replace(verdict, summary=verdict.summary or before.summary)

    def _work(self) -> Verdict:
        self._tell_start()
        model = open_model(self._settings, self._keys, self._interrupts)
        with self._phase("clone") as told:
            self._take_room()
            self.checkout = repository.clone(self._settings, self._keys.get(GIT_TOKEN), self._interrupts.check)
            told["base"] = self.checkout.base
        self._checking = self._begin_checking(self.checkout)
        with self._phase("work"):
            return Verdict("succeeded", summary=self._worked(model, self.checkout))

    def _worked(self, model: Model, checkout: Checkout) -> str:
        spec, variation = self._settings.spec, self._settings.variation
        self._shell = self._open_shell(checkout) if spec.allow_shell else None
        tools = Tools(checkout.folder, self._shell, self._emitter, self._interrupts, spec.limits.command_seconds)
        changes = Changes(checkout, self._shell, self._emitter, self._interrupts) if self._shell else None
        loop = Loop(spec, variation, model, tools, self._emitter, self._interrupts, self.totals, changes)
        return loop.run(opening(spec, variation, checkout.folder))

    def _begin_checking(self, checkout: Checkout) -> "Checking | None":
        spec = self._settings.spec
        if not spec.checks:
            return None
        from aideator_agent.checks.checking import Checking

        checking = Checking(self._settings, checkout, self._emitter, self._interrupts)
        if spec.checks_base(self._settings.variation.number):
            checking.begin()
        return checking

    def _open_shell(self, checkout: Checkout) -> Shell:
        channel = self._settings.channel
        if channel is not None:
            from aideator_agent.channel import ChannelShell

            return ChannelShell(channel, checkout.folder)
        from aideator_agent.local_shell import QUIET, LocalShell

        return LocalShell(checkout.folder, {**scrubbed(os.environ), **QUIET})

    def _close(self, verdict: Verdict) -> Verdict:
        ended = self._shell is None or self._shell.end()
        if self.checkout is None:
            return verdict
        try:
            return self._close_checkout(self.checkout, verdict, ended=ended)
        finally:
            if self._checking is not None:
                self._checking.finish()

    def _close_checkout(self, checkout: Checkout, verdict: Verdict, *, ended: bool) -> Verdict:
        closing = Closing(self._settings, checkout, self._emitter, self._interrupts)
        with self._phase("patch"):
            if not ended:
                raise failed("infrastructure", "what the model's commands started could not be ended: no patch was cut")
            patch = closing.cut()
        if verdict.outcome == "succeeded" and not patch.changes:
            verdict = replace(verdict, outcome="no_changes")
        if self._checking is not None and closing.is_to_verify(verdict, patch):
            with self._phase("verify"):
                self._checking.verify(patch)
        return verdict

    def _take_room(self) -> None:
        for folder in (self._settings.workspace, self._settings.private):
            folder.mkdir(parents=True, exist_ok=True)
        taken = [p for p in (self._settings.repo, self._settings.private / "git") if os.path.lexists(p)]
        if taken:
            raise failed("infrastructure", f"{taken[0]} exists already; an attempt needs folders of its own")
        fresh = not any(self._settings.workspace.iterdir()) and not any(self._settings.private.iterdir())
        self.owns_room = fresh and self._settings.channel is None

    def _tell_start(self) -> None:
        settings = self._settings
        limits = asdict(settings.spec.limits)
        del limits["start_seconds"]  # not the agent's to hold
        versions = {"agent": __version__, "python": platform.python_version()}
        if library := library_version(settings.variation.model):
            versions["litellm"] = library
        self._emitter.emit(
            "start", run=settings.spec.id, variation=settings.variation.number, attempt=settings.attempt,
            model=settings.variation.model, versions=versions, limits=limits,
        )  # fmt: skip

    @contextmanager
    def _phase(self, name: str) -> Iterator[dict[str, Any]]:
        """What is put into the dictionary is told at the phase's end."""
        began = time.monotonic()
        told: dict[str, Any] = {}
        self._emitter.emit("phase", name=name, state="begin")
        try:
            yield told
        finally:
            self._emitter.emit("phase", name=name, state="end", seconds=round(time.monotonic() - began, 3), **told)
