"""A referee's attempt: clones as an agent does, and then tries patches instead of making one."""

from typing import Final

from aideator_agent.checkout import Checkout
from aideator_agent.checks.checking import ground_of
from aideator_agent.checks.trees import Trees
from aideator_agent.referee.crossing import Crossing
from aideator_agent.referee.patches import received
from aideator_agent.referee.work import Work, work_of
from aideator_agent.session import Session
from aideator_agent.verdict import Ended, Verdict

MODEL: Final = "referee"  # what stands in the place of a model's name


class RefereeSession(Session):
    def _work(self) -> Verdict:
        self._tell_start()
        checkout, _ = self._cloned()
        with self._phase("cross"):
            self._cross(checkout)
        return Verdict("succeeded")

    def _close(self, verdict: Verdict) -> Verdict:
        return verdict

    def _cross(self, checkout: Checkout) -> None:
        settings, check = self._settings, self._interrupts.check
        trees = Trees(checkout, settings.private / "checks", check)
        works = []
        for number, patch in received(settings, check).items():
            if (work := self._read(trees, number, patch)) is not None:
                works.append(work)
        crossing = Crossing(settings.spec, works, trees, ground_of(settings), self._emitter, self._interrupts)
        crossing.run()

    def _read(self, trees: Trees, number: int, patch: bytes) -> Work | None:
        try:
            return work_of(number, patch, trees.changed(patch), self._settings.spec)
        except Ended as ended:
            if ended.verdict.fault != "verifier":
                raise
            self._emitter.notice("warning", f"The patch of {number} is left out: {ended.verdict.reason}")
            return None
