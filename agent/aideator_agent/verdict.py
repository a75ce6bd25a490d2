"""How an attempt ended, as its `end` record reports it."""

from aideator_agent.protocol import Fault, Outcome
from aideator_agent.values import frozen


@frozen
class Verdict:
    outcome: Outcome
    reason: str = ""  # a limit's word (steps, cost, time, tokens, output), else a sentence
    fault: Fault | None = None  # with `failed` alone
    summary: str = ""  # the model's words about what it did


class Ended(Exception):
    """The attempt is over; says how it ended."""

    def __init__(self, verdict: Verdict) -> None:
        super().__init__(verdict.reason)
        self.verdict = verdict


def failed(fault: Fault, reason: str) -> Ended:
    return Ended(Verdict("failed", reason, fault))


def limit(word: str) -> Ended:
    return Ended(Verdict("limit", word))
