"""After the work: the patch, and whether it is to be checked."""

import time
from typing import Final

from aideator_agent.emitter import Emitter
from aideator_agent.interrupts import Interrupts
from aideator_agent.patch import Cutter, Patch
from aideator_agent.repository import Checkout
from aideator_agent.settings import Settings
from aideator_agent.verdict import Verdict, failed

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
        self._emitter.patch(patch.encoding, patch.text, **patch.numbers(self._settings.spec))
        return patch

    def is_to_verify(self, verdict: Verdict, patch: Patch) -> bool:
        """A limit leaves work that is worth a check; failures, cancellations and empty patches do not."""
        wanted = bool(self._settings.spec.checks) and bool(patch.changes)
        return wanted and verdict.outcome in ("succeeded", "limit") and not self._interrupts.terminated

    def _check_clock(self) -> None:
        now = time.monotonic()
        terminated_at = self._interrupts.terminated_at
        if now >= self._deadline or (terminated_at is not None and now >= terminated_at + GRACE):
            raise failed("infrastructure", "the patch could not be cut in time")

    def _warn(self, text: str) -> None:
        self._emitter.notice("warning", text)
