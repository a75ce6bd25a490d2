"""The choice of a model for one variation, and the line that explains it."""

from collections.abc import Callable, Collection, Sequence
from fnmatch import fnmatchcase
from typing import Final

from aideator_agent import confinement
from aideator_agent.spec import Route
from aideator_agent.values import frozen
from aideator_cli.errors import AideatorError, ExitCode, Lacking, usage
from aideator_cli.intake.models import ModelInfo
from aideator_cli.intake.routing.market import History, Market, Record
from aideator_cli.intake.routing.policies import Policy
from aideator_cli.intake.routing.task import Task
from aideator_cli.text.figures import cost, duration, plural, tokens

ROOM: Final = 16_000  # tokens that an agent needs besides the task
FEW_TRIALS: Final = 3  # fewer say nothing about how often a model fails
NAMED: Final = 3  # models that a reason names
UNKNOWN: Final = float("inf")
GUESSES: Final = (0.4, 0.5)  # how often the cheapest and the dearest succeed, where nothing is known
SUGGESTED: Final = 0.1  # so much more often does one that is suggested to whoever has the provider's key
DEAR: Final = 25e-6  # USD per token written: a higher price does not make a model more promising

Fits = Callable[[ModelInfo], bool]


@frozen
class Needs:
    """What a model must meet besides the policy."""

    agent: str  # who works with it
    can_use: Fits
    hosts: tuple[str, ...] | None = None  # the repository is private: only these may be asked; None: any
    local: tuple[str, ...] = ()  # what counts as local for a policy that asks for it
    priced: str | None = None  # the limit that needs a known price


@frozen
class Candidate:
    info: ModelInfo
    record: Record
    dollars: float | None  # expected for one attempt; None: unknown
    guess: float  # how often it succeeds, where nothing is known

    @property
    def per_success(self) -> float:
        """USD, expected until one attempt has succeeded."""
        return UNKNOWN if self.dollars is None else self.dollars / self.record.success()

    @property
    def quality(self) -> float:
        return self.record.quality(self.guess)


@frozen
class Pick:
    info: ModelInfo
    route: Route


def choose(
    policy: Policy, market: Market, task: Task, needs: Needs, history: History, taken: Collection[str] = ()
) -> list[Pick]:
    """Returns the models that share the variations, the preferred one first: at least one, at most `policy.spread`.

    `taken`: models that are tried already. Raises `AideatorError` (usage) if none is left; it names what excluded each.
    """
    if market.trouble is not None:
        what = f"no model can be chosen: the keys in {market.place} can't be read: {market.trouble}"
        raise usage(what, "name a model with --model")
    policy = task.under(policy)
    excluded: dict[str, list[str]] = {}
    candidates: list[Candidate] = []
    for candidate in _candidates(market, task, needs, history):
        why = _excluded(candidate, policy, task, needs, taken)
        if why is None:
            candidates.append(candidate)
        else:
            excluded.setdefault(why, []).append(candidate.info.name)
    reasons = tuple(f"{_some(names)}: {why}" for why, names in excluded.items())
    if not candidates:
        raise _nothing(policy, market, task, reasons, needs)
    ranked = _ranked(candidates, policy.prefer)
    picked = []
    for place, candidate in enumerate(ranked[: policy.spread]):
        others = [each for each in ranked if each is not candidate]
        why = _why(candidate, policy.prefer, others, place)
        picked.append(Pick(candidate.info, Route(policy.name, why, reasons)))
    return picked


def _candidates(market: Market, task: Task, needs: Needs, history: History) -> list[Candidate]:
    read, written = history.tokens()
    offers = sorted(market.offers, key=lambda info: (_price(info) is None, _price(info) or 0.0, info.name))
    prices = sorted({min(price, DEAR) for info in offers if (price := _price(info)) is not None})
    found = []
    for info in offers:
        record = history.record(info.name, task.role, needs.agent)
        dollars = record.cost
        if dollars is None and info.price is not None and _price(info) is not None:
            dollars = read * info.price.input + written * info.price.output
        found.append(Candidate(info, record, dollars, _guess(info, prices)))
    return found


def _guess(info: ModelInfo, prices: Sequence[float]) -> float:
    """Returns how often a model succeeds of which nothing is known. `prices`: those of all, up to `DEAR`."""
    price, (low, high) = _price(info), GUESSES
    rank = 0.5 if price is None or len(prices) < 2 else prices.index(min(price, DEAR)) / (len(prices) - 1)
    return low + (high - low) * rank + (SUGGESTED if info.suggested else 0.0)


def _price(info: ModelInfo) -> float | None:
    """Returns USD per token written. A provider that wants a key gives nothing away: a table's zero is a trial, or a model that is gone."""
    if info.price is None or (info.price.output == 0 and info.keys and not (info.price_overridden or info.api_base)):
        return None
    return info.price.output


def _excluded(candidate: Candidate, policy: Policy, task: Task, needs: Needs, taken: Collection[str]) -> str | None:
    """Returns why the model is none for this variation, in words that fit others too."""
    info, record = candidate.info, candidate.record
    if info.name in taken:
        return "an earlier step tries it"
    if policy.models and not _matches(info.name, policy.models):
        return f"not among {', '.join(policy.models)}"
    if _matches(info.name, policy.exclude):
        return f"the policy excludes {', '.join(policy.exclude)}"
    if needs.hosts is not None and not at_listed_host(info, needs.hosts):
        return "the repository is private, and its host is not on the list of local ones"
    if policy.local and not at_listed_host(info, needs.local):
        return "its host is not on the list of local ones"
    if not needs.can_use(info):
        return f"{needs.agent} can't work with it"
    if needs.priced is not None and info.price is None:
        return f"its price is unknown, which {needs.priced} needs"
    return _too_little(info, policy, task) or _too_much(info, record, policy)


def _too_little(info: ModelInfo, policy: Policy, task: Task) -> str | None:
    least = max(task.tokens + ROOM, policy.min_context or 0)
    if info.context is not None and info.context < least:
        return f"its context window is smaller than the {tokens(least)} tokens that are needed"
    if policy.min_context is not None and info.context is None:
        return "its context window is unknown"
    if policy.tools and not info.calls_tools:
        return "nobody knows whether it calls tools"
    return None


def _too_much(info: ModelInfo, record: Record, policy: Policy) -> str | None:
    if policy.max_price is not None and (info.price is None or info.price.output * 1e6 > policy.max_price):
        return f"it costs more than ${policy.max_price:g} per million tokens, or nobody knows its price"
    if record.trials < FEW_TRIALS:
        return None
    if policy.max_failures is not None and (record.failure_rate or 0.0) > policy.max_failures:
        return f"more than {policy.max_failures:.0%} of its attempts failed"
    if policy.max_seconds is not None and (record.seconds or 0.0) > policy.max_seconds:
        return f"its attempts take longer than {duration(policy.max_seconds)}"
    return None


def at_listed_host(info: ModelInfo, hosts: Sequence[str]) -> bool:
    if info.provider == "scripted":
        return True  # sent nowhere
    return confinement.lists_url(hosts, info.api_base) if info.api_base else confinement.is_listed(hosts, info.host)


def _matches(name: str, patterns: Sequence[str]) -> bool:
    return any(fnmatchcase(name, pattern) for pattern in patterns)


def _ranked(candidates: Sequence[Candidate], prefer: str) -> list[Candidate]:
    """Ties go to the cheaper one, then by name."""
    by_cost = sorted(candidates, key=lambda each: (each.per_success, -each.quality, each.info.name))
    if prefer == "best":
        return sorted(by_cost, key=lambda each: -round(each.quality, 6))
    if prefer == "fast":
        return sorted(by_cost, key=_seconds)
    if prefer == "mid":
        middle = len(by_cost) // 2
        return [by_cost[middle], *by_cost[middle + 1 :], *reversed(by_cost[:middle])]
    return by_cost


def _seconds(candidate: Candidate) -> float:
    record = candidate.record
    return UNKNOWN if record.seconds is None else record.seconds / record.success()


def _why(candidate: Candidate, prefer: str, others: Sequence[Candidate], place: int) -> str:
    """Returns one line: what speaks for it, and what comes next."""
    what = {
        "cheap": "the cheapest",
        "mid": "in the middle by cost",
        "best": "the most promising",
        "fast": "the fastest",
    }[prefer]
    if place:
        what = f"choice {place + 1}, for variety"
    text = (
        f"{what} of {len(others) + 1}: {_figures(candidate, prefer)}"
        if others
        else f"the only one left: {_figures(candidate, prefer)}"
    )
    if not others or place:
        return text
    return f"{text}; next is {others[0].info.name}: {_figures(others[0], prefer)}"


def _figures(candidate: Candidate, prefer: str) -> str:
    record = candidate.record
    where = "here" if record.here else "elsewhere"
    passed = (
        f"{record.passed} of {plural(record.trials, 'attempt')} succeeded {where}" if record.trials else "not tried yet"
    )
    if record.runs and prefer == "best":
        passed += f", selected in {record.wins} of {plural(record.runs, 'run')}"
    if prefer == "fast" and record.seconds is not None:
        return f"{duration(record.seconds)}, {passed}"
    if candidate.dollars is None:
        return f"cost unknown, {passed}"
    free = "no cost" if candidate.dollars == 0 else f"about {cost(candidate.dollars)}"
    return f"{free} an attempt, {passed}"


def _some(names: Sequence[str]) -> str:
    if len(names) <= NAMED:
        return ", ".join(names)
    return f"{', '.join(names[:NAMED])} and {len(names) - NAMED} more"


def _nothing(policy: Policy, market: Market, task: Task, reasons: Sequence[str], needs: Needs) -> AideatorError:
    if not market.offers:
        return Lacking(
            f"no model can be chosen: no provider's key is at hand ({market.place}), and models.yaml names no endpoint",
            hint="store a key with `aideator secret set`, or describe your endpoint in models.yaml (docs/models.md)",
            code=ExitCode.USAGE,
        )
    private = needs.hosts is not None or policy.local
    where = "" if task.role == "engineer" else f" for the role {task.role}"
    hint = (
        "add your own endpoint to models.yaml, and its host to `local` in router.toml (docs/routing.md)"
        if private
        else "change the policy in router.toml, or name a model with --model"
    )
    return usage(f"the policy {policy.name} leaves no model{where}. {'; '.join(reasons)}", hint)
