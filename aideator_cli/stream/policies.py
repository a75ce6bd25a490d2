"""What a run does by itself while someone follows it: --retries repeats infrastructure failures, --first stops the others."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from threading import Event as Flag

from aideator_agent.spec import RunSpec
from aideator_cli.backends.base import Backend
from aideator_cli.domain.attempts import Attempt
from aideator_cli.domain.events import Closed, Event, Item, Observation
from aideator_cli.domain.result import Result
from aideator_cli.errors import AideatorError
from aideator_cli.store import Store
from aideator_cli.stream.follow import Again
from aideator_cli.stream.handover import is_accepted, is_due
from aideator_cli.stream.recording import CANCEL_ASKED, NOT_TRIED_AGAIN, RETRIED, TAKEN, TRIED_AGAIN
from aideator_cli.stream.resubmitting import newest_statuses, resubmit
from aideator_cli.stream.sieve import is_over
from aideator_cli.system.clock import now

NOT_STOPPED = "not_stopped"
NOT_HANDED_ON = "not_handed_on"
SUBMITTING_SECONDS = 10.0  # how long another process has to do what it has claimed
POLL = 0.1  # seconds
CLAIMS = 3  # how many other processes to wait for; each of them may be killed


class Policy:
    """The policy of one run in one process.

    Several processes may follow the run. The store's claims and the backend's objects prevent them from acting twice.
    """

    def __init__(self, spec: RunSpec, backend: Backend, store: Store) -> None:
        self._spec = spec
        self._backend = backend
        self._store = store

    def catch_up(self) -> None:
        """Does what became due while nobody was following. Raises `AideatorError` if the backend can't be reached."""
        results = self._store.results(self._spec.id)
        self._stop_others(results)
        failed = {r.variation: r for r in results if self._spec.retries > 0 and is_due(r) and r.attempt is not None}
        if not failed:
            return
        for number, status in newest_statuses(self._spec, self._backend).items():
            if number in failed and status.final and status.attempt and status.attempt.id == failed[number].attempt:
                self._next_attempt(status.attempt, failed[number])

    def through(self, batches: Iterator[list[Item]], again: Again) -> Iterator[list[Item]]:
        """Yields the same batches, each action after the items that caused it."""
        for batch in batches:
            yield self._with_deeds(batch, again) if any(self._matters(item) for item in batch) else batch

    def _matters(self, item: Item) -> bool:
        if isinstance(item, Event):
            return item.type == "check" and self._spec.first is not None
        return isinstance(item, Closed) or is_over(item)

    def _with_deeds(self, batch: list[Item], again: Again) -> list[Item]:
        results = self._store.results(self._spec.id)
        deeds: list[Item] = [*self._stop_others(results)]
        for index, item in enumerate(batch):
            if isinstance(item, Closed) and not item.last and item.reason in TAKEN:
                deeds += self._hand_on(item.attempt)
            elif isinstance(item, Closed) and item.last:
                known = next(r for r in results if r.variation == item.attempt.variation)
                follows, told = self._next_attempt(item.attempt, known)
                deeds += told
                if follows:
                    again[item.attempt.variation] = item.attempt.id
                    batch[index] = replace(item, last=False)
        return batch + deeds

    # --retries

    def _next_attempt(self, attempt: Attempt, result: Result) -> tuple[bool, Sequence[Observation]]:
        """Returns whether an attempt follows this one, whoever requested it, and the observations to report."""
        number = attempt.variation
        known = self._store.submissions(self._spec.id)[number]
        due = is_due(result) and attempt.submission <= self._spec.retries and not self._is_enough()
        if not due and known <= attempt.submission:
            return False, ()
        try:
            if number not in self._backend.submissions(self._spec.id):
                return False, ()  # someone removed it
            told = self._try_again(attempt, result)
        except AideatorError as error:
            return False, self._told(NOT_TRIED_AGAIN, error.message, number)
        return told is not None, told or ()

    def _try_again(self, attempt: Attempt, result: Result) -> Sequence[Observation] | None:
        """Submits the next attempt, or finds the one that another process submitted first, on this machine or another one.

        Raises `AideatorError` if the backend refuses it.
        """
        number, submission = attempt.variation, attempt.submission + 1
        text = f"try {submission} of {self._spec.retries + 1}, because infrastructure failed it: {result.summary or result.reason}"
        for _ in range(CLAIMS):
            try:
                wanted = {number: submission}
                told = resubmit(self._spec, wanted, self._backend, self._store, kind=TRIED_AGAIN, text=text)
            except AideatorError:
                if self._backend.submissions(self._spec.id).get(number, 0) < submission:
                    raise
                return ()
            if told is not None or self._is_submitted(number, submission):
                return told or ()
            self._store.release(self._spec.id, number, submission)
        return None

    def _is_submitted(self, number: int, submission: int) -> bool:
        """Whether the process that claimed the submission carries it out. A process that was killed does not."""
        deadline = time.monotonic() + SUBMITTING_SECONDS
        while self._backend.submissions(self._spec.id).get(number, 0) < submission:
            if time.monotonic() >= deadline:
                return False
            Flag().wait(POLL)
        return True

    def _hand_on(self, attempt: Attempt) -> Sequence[Observation]:
        """Gives what the attempt left to the one that its backend makes by itself, as a queue does that took the place back."""
        from aideator_cli.stream.inheriting import left_by

        left = left_by(self._store, self._spec, attempt.variation)
        if left is None:
            return ()
        try:
            self._backend.hand_on(attempt, left)
        except AideatorError as error:
            return self._told(NOT_HANDED_ON, error.message, attempt.variation)
        return ()

    # --first

    def _is_enough(self) -> bool:
        return self._spec.first is not None and self._successes(self._store.results(self._spec.id)) >= self._spec.first

    def _successes(self, results: Sequence[Result]) -> int:
        """Counts only successes that are final: if the base's tests matter, their result is known."""
        if self._spec.escalates:
            return sum(is_accepted(result) for result in results)
        waited_for = self._spec.baseline and self._spec.verify_report is not None and not all(r.ended for r in results)
        names = {check.name for check in self._spec.checks}
        return sum(r.succeeded and (not waited_for or names <= {base.name for base in r.baseline}) for r in results)

    def _stop_others(self, results: Sequence[Result]) -> Sequence[Observation]:
        """Stops the agents that are still working, as `cancel` does. Skips those already asked, and those that the user tried again."""
        first = self._spec.first
        if first is None or self._successes(results) < first:
            return ()
        seen = self._store.observations(self._spec.id)
        spoken_of = {o.variation for o in seen if o.kind in (CANCEL_ASKED, RETRIED)}
        left = [r.variation for r in results if not r.ended and r.variation not in spoken_of]
        if not left:
            return ()
        try:
            self._backend.cancel(self._spec.id, left)
        except AideatorError as error:
            return self._told(NOT_STOPPED, error.message, *left)
        why = "an earlier step has succeeded" if self._spec.escalates else f"--first {first}: {_have(first)} succeeded"
        return self._told(CANCEL_ASKED, why, *left)

    def _told(self, kind: str, text: str, *numbers: int) -> Sequence[Observation]:
        told = [Observation(self._spec.id, now(), kind, text, number) for number in numbers]
        self._store.record([], told)
        return told


def _have(count: int) -> str:
    return "1 has" if count == 1 else f"{count} have"
