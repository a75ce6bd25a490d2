"""What follows the work: the patch, and the decision whether to check it."""

import time
from dataclasses import replace
from typing import Final

from aideator_agent.access import Access
from aideator_agent.checkout import Checkout
from aideator_agent.emitter import Emitter
from aideator_agent.interrupts import Interrupts
from aideator_agent.patch import Cutter, Patch
from aideator_agent.settings import Settings
from aideator_agent.signals.finding import TooLong, bounded
from aideator_agent.verdict import Ended, Verdict, failed

SECONDS: Final = 240.0  # for the patch; the pod's deadline is 5 minutes after the agent's own limit
GRACE: Final = 12.0  # the same after SIGTERM; a pod gets 20 seconds in all


class Closing:
    def __init__(
        self, settings: Settings, checkout: Checkout, access: Access, emitter: Emitter, interrupts: Interrupts
    ) -> None:
        self._settings = settings
        self._checkout = checkout
        self._access = access
        self._emitter = emitter
        self._interrupts = interrupts
        self._deadline = time.monotonic() + SECONDS

    def cut(self) -> Patch:
        """Emits and returns the patch. Only its own time limit stops this, not SIGTERM or the attempt's limit."""
        cutter = Cutter(
            self._checkout, self._settings.private / "home", self._emitter.redactor, self._check_clock, self._warn, self._access,
            self._settings.spec.max_file,
            expects_more=not self._settings.spec.is_merge,
        )  # fmt: skip
        patch = cutter.cut()
        found: dict[str, object] = {}
        if patch.changes:
            patch, found = self._read(patch, cutter)
        self._emitter.patch(patch.encoding, patch.text, **patch.numbers(self._settings.spec), **found)
        return patch

    def _read(self, patch: Patch, cutter: Cutter) -> tuple[Patch, dict[str, object]]:
        """Returns the patch, whose changes say which files only tests use, and what a reviewer wants to know about it.

        A patch is never lost for this.
        """
        spec = self._settings.spec
        if not (spec.signals or spec.is_checked):
            return patch, {}
        # Loaded here: its patterns are a quarter of what an agent would load before it starts
        from aideator_agent.signals.base import GitBase
        from aideator_agent.signals.reading import find, told
        from aideator_agent.signals.support import support_of

        look = bounded(self._check_clock)
        task = self._settings.variation.task or spec.task or spec.prompt
        try:
            base = GitBase(cutter.private_git(look), self._checkout.base)
            support = support_of(base, spec.check_commands, task)
            patch = patch.marked(support.has)
            found = find(patch.data, base, task, look, spec.check_commands, support) if spec.signals else []
        except (Ended, TooLong) as error:
            reason = error.verdict.reason if isinstance(error, Ended) else error
            self._warn(f"The patch was not searched for signals: {reason}.")
            return patch, {}
        return patch, told([replace(signal, text=self._emitter.redactor.text(signal.text)) for signal in found])

    def is_to_verify(self, verdict: Verdict, patch: Patch) -> bool:
        """Whether to check the patch: after a limit yes; after a failure or cancellation, or if it is empty, no."""
        wanted = self._settings.spec.is_checked and bool(patch.changes)
        return wanted and verdict.outcome in ("succeeded", "limit") and not self._interrupts.terminated

    def _check_clock(self) -> None:
        now = time.monotonic()
        terminated_at = self._interrupts.terminated_at
        if now >= self._deadline or (terminated_at is not None and now >= terminated_at + GRACE):
            raise failed("infrastructure", "the patch could not be made in time")

    def _warn(self, text: str) -> None:
        self._emitter.notice("warning", text)
