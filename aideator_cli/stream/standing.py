"""How a variation stands, over all of its attempts: its newest one's status is its own, the earlier ones' are only told."""

import time
from dataclasses import dataclass, field

from aideator_cli.backend import Status
from aideator_cli.clock import now, seconds_between


@dataclass
class Standing:
    number: int
    created: str  # RFC 3339, UTC: when the run was asked for
    start_seconds: float  # the longest that an agent may take to start
    status: Status | None = None  # its newest attempt's
    finished: bool = False
    _since: float = 0.0  # monotonic, of the status's reason
    _deadline: float = 0.0  # monotonic, of what waits now
    _told: dict[str | None, Status] = field(default_factory=dict)  # the last of each attempt
    _former: set[str] = field(default_factory=set)  # attempts after which another was asked for

    def take(self, status: Status) -> bool:
        """Whether it says something that was not said before."""
        attempt = status.attempt.id if status.attempt else None
        before, self._told[attempt] = self._told.get(attempt), status
        if not status.earlier and attempt not in self._former:
            self._stand(status)
        return before is None or (before.reason, before.text) != (status.reason, status.text)

    def begin_again(self, former: str) -> None:
        """Another attempt follows this one, though the backend may not have told of it yet."""
        self._former.add(former)
        if self.status and self.status.attempt and self.status.attempt.id == former:
            self.status = None
        self.finished = False

    def verdict(self, attempt: str) -> Status | None:
        """Why this attempt has ended, if the backend has told."""
        known = self._told.get(attempt)
        if known and known.state == "ended":
            return known
        return self.status if self.status and self.status.final and self.status.attempt is None else None

    def may_still_tell(self, attempt: str) -> bool:
        """It is the newest, and the backend has not said its last word about it."""
        status = self.status
        return status is not None and not status.final and status.attempt is not None and status.attempt.id == attempt

    def hopeless(self) -> str | None:
        """Why it need not be waited for any more."""
        status = self.status
        if self.finished or status is None or status.state != "waiting":
            return None
        if status.hopeless_after is not None and time.monotonic() - self._since >= status.hopeless_after:
            return status.text
        if time.monotonic() >= self._deadline:
            return f"did not start within {self.start_seconds:.0f} s: {status.text}"
        return None

    def _stand(self, status: Status) -> None:
        before, self.status = self.status, status
        if before is None or before.reason != status.reason:
            self._since = time.monotonic()
        if status.state == "waiting" and (before is None or before.state != "waiting"):
            waited = 0.0 if before or self._former else min(_age(self.created), _age(status.began or self.created))
            self._deadline = time.monotonic() + max(0.0, self.start_seconds - waited)


def _age(stamp: str) -> float:
    try:
        return max(0.0, seconds_between(stamp, now()))
    except ValueError:
        return 0.0
