"""What is left of a run's budget for questions about it, and about how much they cost."""

from dataclasses import dataclass
from typing import Final

from aideator_agent.spec import RunSpec
from aideator_cli.errors import AideatorError, ExitCode, usage
from aideator_cli.intake.models import SCRIPTED, ModelInfo
from aideator_cli.store import Store
from aideator_cli.text.figures import cost

BYTES: Final = 3.5  # of a token, on average
FRAME: Final = 700  # tokens of what stands around the patches
ANSWER: Final = 300  # tokens


@dataclass
class Purse:
    budget: float | None  # USD of the whole run; None: there is none
    spent: float  # as far as it is known

    def expect(self, needed: float | None) -> None:
        """Raises `AideatorError` (usage) if the budget does not hold that much. An unknown price is not held against it."""
        if self.budget is not None and self.spent + (needed or 0.0) > self.budget:
            left = max(0.0, self.budget - self.spent)
            raise usage(
                f"the run's budget of {cost(self.budget)} has {_dollars(left)} left, and judging takes about {cost(needed)}",
                hint="--max-pairs K asks about fewer pairs",
            )

    def expect_more(self) -> None:
        """Raises `AideatorError` if nothing is left to ask more."""
        if self.budget is not None and self.spent >= self.budget:
            raise AideatorError(
                f"the run's budget of {cost(self.budget)} is used up, so the judge is asked no more; its answers are kept",
                code=ExitCode.LIMIT,
            )

    def spend(self, dollars: float | None) -> None:
        self.spent += dollars or 0.0


def left_of_budget(store: Store, spec: RunSpec) -> Purse:
    budget = None if spec.share is None else spec.share * len(spec.variations)
    agents = sum(each or 0.0 for each in store.spent(spec.id).values())
    return Purse(budget, agents + sum(each.cost or 0.0 for each in store.judgements(spec.id)))


def about(info: ModelInfo, read: int, answers: int) -> float | None:
    """Returns about how many USD it costs to let the model read so many bytes and give so many answers."""
    if info.name.startswith(SCRIPTED):
        return 0.0
    if info.price is None:
        return None
    return (read / BYTES + FRAME * answers) * info.price.input + ANSWER * answers * info.price.output


def _dollars(amount: float) -> str:
    return cost(amount) if amount else "nothing"
