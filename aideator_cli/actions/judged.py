"""What a judge is asked for, and what it tells of its work."""

from aideator_agent.values import frozen
from aideator_cli.actions.asking import AskedAgain
from aideator_cli.domain.judgements import Judgement, Round
from aideator_cli.errors import ExitCode
from aideator_cli.text.figures import plural


@frozen
class Judge:
    """`model`, `api_base`: None means the configured one. `most_pairs`: the maximum number of pairs; each is asked about twice.

    `own_keys`: this machine asks the model also about a run on a server.
    """

    model: str | None = None
    api_base: str | None = None
    most_pairs: int = 15
    own_keys: bool = False


@frozen
class Unneeded:
    """There is nothing to ask: fewer than two variations passed, or all that they left is equivalent."""

    passed: tuple[int, ...]
    code: ExitCode  # the run's own if none passed


@frozen
class Announced:
    """What the judge is about to be asked."""

    model: str
    works: int  # patches or answers
    pairs: int
    possible: int  # the number of all pairs
    cost: float | None = 0.0  # USD, about; None: the model's price is unknown


@frozen
class Kept:
    """How many answers of a judge that did not finish count, and are not asked for again."""

    answers: int

    @property
    def text(self) -> str:
        return f"{plural(self.answers, 'answer')} of the judge before, which did not finish, {'counts' if self.answers == 1 else 'count'}"


@frozen
class TooBig:
    """Two variations that the judge can't be asked about, and why. They count as a tie."""

    first: int
    second: int
    why: str


Told = Unneeded | Announced | Kept | TooBig | AskedAgain | Judgement | Round
