"""The models among which can be chosen, and what earlier attempts tell of each."""

from collections.abc import Collection, Iterable, Sequence
from fnmatch import fnmatchcase
from statistics import median
from typing import Final

from aideator_agent.values import frozen
from aideator_cli.domain.repositories import plain
from aideator_cli.domain.result import OWN
from aideator_cli.intake.models import ModelInfo
from aideator_cli.store.tallies import Tried, is_trial

ENOUGH: Final = 3  # trials of a model in one role here, so that those in other roles are left out
UNSURE: Final = 2.0  # trials that a guess counts as
EVEN: Final = 0.5  # the guess of how often a model succeeds of which nothing is known
# Speech, search and screens, and the bases of fine-tuned models, which have names of their own
OTHER_WORK: Final = (
    "*audio*", "*voxtral*", "*-tts*", "*-search*", "*deep-research*", "*computer-use*", "*robotics*", "*safeguard*", "ft:*",
)  # fmt: skip
USUAL_TOKENS: Final = (60_000, 4_000)  # read and written by an attempt, where nothing has been measured


def fits(name: str) -> bool:
    """Returns whether a model of the table is one for an agent's work, by its name. The table does not say it."""
    return not any(fnmatchcase(name.lower(), pattern) for pattern in OTHER_WORK)


@frozen
class Market:
    """What is at hand. `place`: where the keys are, for people."""

    offers: Sequence[ModelInfo]
    tried: Sequence[Tried] = ()
    place: str = "this machine"
    trouble: str | None = None  # why keys could not be read


@frozen
class Record:
    """What earlier attempts of one model tell. None: nothing is known."""

    here: bool = False  # whether they worked on this repository
    trials: int = 0
    passed: int = 0  # with checks: that passed them
    runs: int = 0  # with a selection
    wins: int = 0  # that were selected
    failures: int = 0  # of the trials, that the model or its provider failed
    cost: float | None = None  # USD, the median of those that worked to an end
    seconds: float | None = None  # the same

    @property
    def failure_rate(self) -> float | None:
        return self.failures / self.trials if self.trials else None

    def success(self, guess: float = EVEN) -> float:
        """Returns how often it is expected to succeed: the less is known, the nearer to the guess."""
        return (self.passed + UNSURE * guess) / (self.trials + UNSURE)

    def quality(self, guess: float) -> float:
        """Returns how good its work is expected to be: how often it passes, and how often it was then taken, if anybody has chosen."""
        if not self.runs:
            return self.success(guess)
        won = (self.wins + UNSURE * guess) / (self.runs + UNSURE)
        return (self.success(guess) + won) / 2


class History:
    """What was tried, seen from one repository."""

    def __init__(self, tried: Iterable[Tried], repositories: Collection[str]) -> None:
        """`repositories`: the names of the repository, as `plain` writes them."""
        self._trials = [each for each in tried if is_trial(each)]
        self._here = {id(each) for each in self._trials if plain(each.repository) in repositories}

    def record(self, model: str, role: str, agent: str) -> Record:
        """Returns what the nearest attempts tell: in this role here, else here, else anywhere."""
        own = [each for each in self._trials if each.model == model and (each.agent or OWN) == agent]
        here = [each for each in own if id(each) in self._here]
        in_role = [each for each in here if each.role == role]
        sample = in_role if len(in_role) >= ENOUGH else here or own
        worked = [each for each in sample if each.fault is None]  # what broke off at once cost little and took no time
        costs = [each.cost for each in worked if each.cost is not None]
        judged = [each for each in sample if each.selected is not None]
        return Record(
            bool(here), len(sample), sum(each.succeeded for each in sample), len({each.run for each in judged}),
            len({each.run for each in judged if each.selected}), sum(each.fault == "model" for each in sample),
            median(costs) if costs else None, median(each.seconds for each in worked) if worked else None,
        )  # fmt: skip

    def tokens(self) -> tuple[float, float]:
        """Returns how many an attempt reads and writes: the median here, else anywhere, else a guess."""
        here = [each for each in self._trials if id(each) in self._here]
        for sample in (here, self._trials):
            known = [
                (each.input_tokens, each.output_tokens)
                for each in sample
                if each.input_tokens and each.output_tokens is not None
            ]
            if known:
                return median(read for read, _ in known), median(written for _, written in known)
        return USUAL_TOKENS
