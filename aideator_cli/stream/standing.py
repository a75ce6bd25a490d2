"""The state of a variation over all its attempts: the newest attempt's status counts; earlier ones are only reported."""

import time
from dataclasses import dataclass, field

from aideator_cli.backends.base import Status
from aideator_cli.system.clock import now, seconds_between


@dataclass
class Standing:
    number: int
    created: str  # RFC 3339, UTC: when the run was requested
    start_seconds: float  # the longest that an agent may take to start
    status: Status | None = None  # of the newest attempt
    finished: bool = False
    left_to_others: bool = False  # the user may not stop it
    _since: float = 0.0  # monotonic: start of the current reason
    _deadline: float = 0.0  # monotonic: when the current wait ends
    _told: dict[str | None, Status] = field(default_factory=dict)  # the last status of each attempt
    _former: set[str] = field(default_factory=set)  # attempts that another one was requested to follow

    def take(self, status: Status) -> bool:
        """Returns whether the status reports something new."""
        attempt = status.attempt.id if status.attempt else None
        before, earlier = self._told.get(attempt), status.earlier or attempt in self._former
        if before is not None and before.state == "ended" and earlier:
            # Why it ended is known. What happens to its Job afterwards may look to the backend like another reason.
            return False
        self._told[attempt] = status
        if not earlier:
            self._stand(status)
        return before is None or (before.reason, before.text) != (status.reason, status.text)

    def begin_again(self, former: str) -> None:
        """Notes that another attempt follows this one, even if the backend does not show it yet."""
        self._former.add(former)
        if self.status and self.status.attempt and self.status.attempt.id == former:
            self.status = None
        self.finished = False

    def verdict(self, attempt: str) -> Status | None:
        """Returns why this attempt ended, if the backend has said."""
        known = self._told.get(attempt)
        if known and known.state == "ended":
            return known
        return self.status if self.status and self.status.final and self.status.attempt is None else None

    def last(self, attempt: str) -> Status | None:
        """Returns what the backend said last about this attempt."""
        return self._told.get(attempt)

    def may_still_tell(self, attempt: str) -> bool:
        """Whether it is the newest attempt and the backend may still report on it."""
        status = self.status
        return status is not None and not status.final and status.attempt is not None and status.attempt.id == attempt

    def hopeless(self) -> str | None:
        """Returns why waiting for the variation is pointless, if it is."""
        status = self.status
        if self.finished or self.left_to_others or status is None or status.state != "waiting":
            return None
        if status.hopeless_after is not None and time.monotonic() - self._since >= status.hopeless_after:
            return status.text
        if not status.held and time.monotonic() >= self._deadline:
            return f"did not start within {self.start_seconds:.0f} s: {status.text}"
        return None

    def _stand(self, status: Status) -> None:
        before, self.status = self.status, status
        if before is None or before.reason != status.reason:
            self._since = time.monotonic()
        if status.state == "waiting" and (before is None or before.state != "waiting" or before.held):
            waited = 0.0 if before or self._former else min(_age(self.created), _age(status.began or self.created))
            self._deadline = time.monotonic() + max(0.0, self.start_seconds - waited)


def _age(stamp: str) -> float:
    try:
        return max(0.0, seconds_between(stamp, now()))
    except ValueError:
        return 0.0
