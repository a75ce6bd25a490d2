"""What a choice of models depends on: whose keys are at hand, and how earlier attempts went. And why a variation has its model."""

from aideator_agent.spec import VariationSpec
from aideator_agent.values import frozen
from aideator_cli.actions.finding import find
from aideator_cli.actions.here import Here
from aideator_cli.actions.keeping import Store
from aideator_cli.actions.models import shelf
from aideator_cli.intake.request import Where
from aideator_cli.intake.routing.market import Market, fits


@frozen
class Chosen:
    """A variation, whose `route` says why it has its model; None: the user named it."""

    run: str
    variation: VariationSpec


def at_hand(here: Here, where: Where, secret: str | None = None, *, answers: bool = False) -> Market:
    """Returns the models whose keys are at hand there, and what was tried: for a user of the server what that user has tried alone.

    `answers`: in runs that ask for an answer.
    """
    found = shelf(here, (), Store(where, secret))
    tried = tuple(here.store.tried(answers=answers, owner=here.store.owner))
    offers = [known.info for known in found.models if known.usable and (known.own or fits(known.info.name))]
    return Market(offers, tried, found.place, found.trouble)


def why(here: Here, word: str, where: Where) -> list[Chosen]:
    """Returns the variations of RUN or RUN/N. Raises `AideatorError` if there are none."""
    named = find(here, word, where)
    spec = named.run.spec
    return [Chosen(spec.id, variation) for variation in spec.variations if variation.number in named.numbers]
