"""What variations left, read from the store's events: patches and answers are no part of a stored result."""

from collections.abc import Sequence
from dataclasses import replace

from aideator_cli.domain.result import Result, fold
from aideator_cli.store import Store


def with_work(store: Store, run: str, results: Sequence[Result]) -> list[Result]:
    """Returns the results with the patch or the answer of the same attempt, if it left one."""
    attempts = {known.attempt.id: known.attempt for known in store.attempts(run)}
    filled = []
    for result in results:
        attempt = attempts.get(result.attempt or "")
        events = store.events(attempt, ("patch", "answer")) if attempt and result.work_sha256 else ()
        work = fold(events, Result(result.variation, result.model))
        filled.append(replace(result, patch=work.patch, answer=work.answer))
    return filled
