"""After the work: the patch, and on this machine the checks."""

import time
from typing import Final

from aideator_agent.emitter import Emitter
from aideator_agent.interrupts import Interrupts
from aideator_agent.patch import Cutter, Patch
from aideator_agent.repository import Checkout
from aideator_agent.settings import Settings
from aideator_agent.verdict import Ended, Verdict, failed

SECONDS: Final = 240.0  # for the patch; the pod's deadline lies 5 minutes behind the agent's own limit
GRACE: Final = 12.0  # for the same after SIGTERM; a pod is granted 20 seconds in all


class Closing:
    def __init__(self, settings: Settings, checkout: Checkout, emitter: Emitter, interrupts: Interrupts) -> None:
        self._settings = settings
        self._checkout = checkout
        self._emitter = emitter
        self._interrupts = interrupts
        self._deadline = time.monotonic() + SECONDS

    def cut(self) -> Patch:
        """The patch, emitted. SIGTERM and the attempt's time limit don't end this, only its own clock does."""
        cutter = Cutter(
            self._checkout, self._settings.private / "home", self._emitter.redactor, self._check_clock, self._warn
        )
        patch = cutter.cut()
        self._emitter.patch(patch.encoding, patch.text, **patch.numbers)
        return patch

    def is_to_verify(self, verdict: Verdict, patch: Patch) -> bool:
        """A limit leaves work that is worth a check; failures, cancellations and empty patches do not."""
        wanted = bool(self._settings.spec.checks) and bool(patch.changes)
        return wanted and verdict.outcome in ("succeeded", "limit") and not self._interrupts.terminated

    def verify(self, patch: Patch) -> None:
        spec = self._settings.spec
        if self._settings.channel is not None:
            self._emitter.notice("error", "The spec asks the agent for checks, which it does not run in a pod.")
            raise failed("verifier", "checks were asked of the agent in a pod, where it runs none")
        from aideator_agent.verify import Verifier

        verifier = Verifier(
            self._settings.private / "verify", self._emitter, lambda: self._interrupts.terminated, self._check_signal
        )
        verifier.run(self._checkout, patch.data, spec.checks, spec.limits.command_seconds)

    def _check_clock(self) -> None:
        now = time.monotonic()
        terminated_at = self._interrupts.terminated_at
        if now >= self._deadline or (terminated_at is not None and now >= terminated_at + GRACE):
            raise failed("infrastructure", "the patch could not be cut in time")

    def _check_signal(self) -> None:
        if self._interrupts.terminated:
            raise Ended(Verdict("cancelled", "the agent was told to stop while the checks ran"))

    def _warn(self, text: str) -> None:
        self._emitter.notice("warning", text)
