"""How much one user may ask for, and how much is noted of those whom nobody knows."""

import time
from http import HTTPStatus
from math import ceil
from typing import Final

from aideator_cli.server.problems import Problem

MOST: Final = 1200  # requests of one user in a minute, unless it is configured
UNKNOWN: Final = 60  # requests without a token that counts, of all together, that are noted in a minute
_FORGOTTEN_SECONDS: Final = 60.0  # after which a bucket is full again
_KEPT: Final = 10_000  # users


class Bucket:
    """Holds `most`, and fills up again in a minute."""

    def __init__(self, most: float) -> None:
        self.most = most
        self._left = most
        self.used = time.monotonic()

    def take(self) -> float:
        """Takes one. Returns 0, or the seconds after which there is one."""
        now = time.monotonic()
        self._left = min(self.most, self._left + (now - self.used) * self.most / 60)
        self.used = now
        if self._left < 1:
            return (1 - self._left) * 60 / self.most
        self._left -= 1
        return 0.0


class Rates:
    """Belongs to the event loop. Each process counts by itself."""

    def __init__(self, most: int = MOST) -> None:
        """`most`: requests of one user in a minute; 0: any number."""
        self._most = most
        self._buckets: dict[str, Bucket] = {}

    def check(self, user: str | None) -> None:
        """Raises `Problem` (429) for a user who has asked for too much. None: whoever owns the server's machine."""
        if user is None or not self._most:
            return
        if user not in self._buckets and len(self._buckets) >= _KEPT:
            self._forget()
        bucket = self._buckets.setdefault(user, Bucket(self._most))
        if seconds := bucket.take():
            text = f"you have asked this server for more than {self._most} things in a minute"
            headers = {"Retry-After": str(ceil(seconds))}
            hint = "wait, and ask less often: a run's stream tells all that happens in it"
            raise Problem(HTTPStatus.TOO_MANY_REQUESTS, text, hint, headers=headers)

    def _forget(self) -> None:
        moment = time.monotonic()
        self._buckets = {
            name: bucket for name, bucket in self._buckets.items() if moment - bucket.used < _FORGOTTEN_SECONDS
        }
