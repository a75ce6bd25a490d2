"""What a cascade costs at the same success as the best model alone, and what it adds to the cheapest one.

It plays outcomes that are written down: for each task, what each model would have used, and whether its patch would have passed the checks.
The router itself chooses, from what it has seen of the tasks before. Its peers always take the dearest and the cheapest model.
`--store DIR` plays what is in a data folder: the tasks that each of at least two models was given there in the same run.
Without it the outcomes are those of bench/router_outcomes.yaml, which are made up: see there.
"""

import argparse
import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml

from aideator_agent.spec import Price
from aideator_cli.domain.result import OWN
from aideator_cli.intake.models import ModelInfo
from aideator_cli.intake.routing.market import Market
from aideator_cli.intake.routing.router import Router, Wanted
from aideator_cli.store import Store
from aideator_cli.store.tallies import Tried, is_trial

SET: Final = Path(__file__).with_name("router_outcomes.yaml")
HERE: Final = "bench/router"
STEPS: Final = ("auto:cheap", "auto:mid", "auto:best")
NOWHERE: Final = Path("/nonexistent")


@dataclass(frozen=True)
class Outcome:
    passed: bool
    cost: float  # USD
    read: int  # tokens
    written: int


@dataclass(frozen=True)
class Outcomes:
    models: Sequence[ModelInfo]
    tasks: Sequence[dict[str, Outcome]]  # by model


@dataclass
class Played:
    """What one way of choosing has come to."""

    name: str
    cost: float = 0.0
    passed: int = 0
    tries: int = 0

    def add(self, tried: Sequence[Outcome]) -> None:
        self.cost += sum(each.cost for each in tried)
        self.passed += any(each.passed for each in tried)
        self.tries += len(tried)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--store", type=Path, help="play what is stored in this data folder")
    parser.add_argument("--short", action="store_true")
    asked = parser.parse_args()
    known = _stored(asked.store) if asked.store else _written()
    if len(known.models) < 2 or not known.tasks:
        raise SystemExit("there is no task that two models were given in one run")
    tasks = known.tasks[:20] if asked.short else known.tasks
    ways = [
        _cascade(known.models, tasks),
        _auto("auto:cheap", known.models, tasks),
        _auto("auto:best", known.models, tasks),
        _always("the dearest model", known.models[-1], tasks),
        _always("the cheapest model", known.models[0], tasks),
    ]
    began = time.process_time()
    _router([], known.models).give([_wanted(step) for step in STEPS])
    milliseconds = (time.process_time() - began) * 1000
    _show(ways, len(tasks), milliseconds, made_up=asked.store is None)


def _cascade(models: Sequence[ModelInfo], tasks: Sequence[dict[str, Outcome]]) -> Played:
    """Each task is tried with the steps that the router names, until one passes."""
    played, seen = Played("cascade cheap, mid, best"), list[Tried]()
    for number, task in enumerate(tasks):
        given = _router(seen, models).give([_wanted(step) for step in STEPS])
        tried: list[Outcome] = []
        for step in given:
            if step is None:
                continue
            tried.append(task[step.model])
            seen.append(_tried(number, step.model, tried[-1]))
            if tried[-1].passed:
                break
        played.add(tried)
    return played


def _auto(policy: str, models: Sequence[ModelInfo], tasks: Sequence[dict[str, Outcome]]) -> Played:
    played, seen = Played(policy), list[Tried]()
    for number, task in enumerate(tasks):
        (given,) = _router(seen, models, escalates=False).give([_wanted(policy)])
        assert given is not None
        played.add([task[given.model]])
        seen.append(_tried(number, given.model, task[given.model]))
    return played


def _always(name: str, model: ModelInfo, tasks: Sequence[dict[str, Outcome]]) -> Played:
    played = Played(f"{name}, {model.name}")
    for task in tasks:
        played.add([task[model.name]])
    return played


def _router(seen: Sequence[Tried], models: Sequence[ModelInfo], *, escalates: bool = True) -> Router:
    market = Market(models, tuple(seen))
    return Router(NOWHERE, lambda: (HERE,), escalates=escalates, ask=lambda: market)


def _wanted(policy: str) -> Wanted:
    return Wanted(policy, "engineer", OWN, lambda _info: True, None)


def _tried(number: int, model: str, outcome: Outcome) -> Tried:
    return Tried(
        run=f"r{number}", model=model, agent=None, role="engineer", temperature=None, prompt="", repository=HERE,
        outcome="succeeded", fault=None, cost=outcome.cost, spent=outcome.cost, input_tokens=outcome.read,
        output_tokens=outcome.written, seconds=60.0, succeeded=outcome.passed, selected=None,
    )  # fmt: skip


def _written() -> Outcomes:
    data: dict[str, Any] = yaml.safe_load(SET.read_text())
    models = [
        ModelInfo(name, "bench", (), Price(paid / 1e6, earned / 1e6), 200_000, calls_tools=True)
        for name, (paid, earned) in data["models"].items()
    ]
    tasks = []
    for read, written, passed in data["tasks"]:
        costs = {
            info.name: read * 1000 * info.price.input + written * 1000 * info.price.output
            for info in models
            if info.price
        }
        tasks.append(
            {
                info.name: Outcome(info.name in passed.split(), costs[info.name], read * 1000, written * 1000)
                for info in models
            }
        )
    return Outcomes(_by_price(models), tasks)


def _stored(home: Path) -> Outcomes:
    """The tasks for which there are outcomes with a cost of all models that were tried most."""
    runs: dict[str, dict[str, Tried]] = {}
    for each in Store.open(home).tried():
        if (
            is_trial(each)
            and each.cost is not None
            and each.input_tokens is not None
            and each.output_tokens is not None
        ):
            runs.setdefault(each.run, {}).setdefault(each.model, each)
    sets = [frozenset(found) for found in runs.values() if len(found) > 1]
    if not sets:
        return Outcomes([], [])
    names = max(dict.fromkeys(sets), key=lambda each: (sets.count(each), len(each)))
    chosen = [found for found in runs.values() if names <= found.keys()]
    mean = {name: sum(found[name].cost or 0.0 for found in chosen) / len(chosen) for name in names}
    models = [ModelInfo(name, "bench", (), Price(mean[name] / 1e5, mean[name] / 1e5), None) for name in names]
    tasks = [
        {
            name: Outcome(
                found[name].succeeded,
                found[name].cost or 0.0,
                found[name].input_tokens or 0,
                found[name].output_tokens or 0,
            )
            for name in names
        }
        for found in chosen
    ]
    return Outcomes(_by_price(models), tasks)


def _by_price(models: Sequence[ModelInfo]) -> list[ModelInfo]:
    return sorted(models, key=lambda info: info.price.output if info.price else 0.0)


def _show(ways: Sequence[Played], tasks: int, milliseconds: float, *, made_up: bool) -> None:
    print(f"{tasks} tasks, {'whose outcomes are made up' if made_up else 'as they are stored'}")
    print(f"{'':<32} {'passed':>8} {'tries':>6} {'cost':>8} {'$/passed':>9}")
    for way in ways:
        each = f"{way.cost / way.passed:.3f}" if way.passed else "–"
        print(f"{way.name:<32} {way.passed:>4}/{tasks:<3} {way.tries:>6} {way.cost:>8.2f} {each:>9}")
    cascade, _, _, best, cheap = ways
    print(f"three choices took {milliseconds:.1f} ms of CPU")
    print(json.dumps({
        "tasks": tasks, "made_up": made_up, "passed": cascade.passed, "best_passed": best.passed, "cheap_passed": cheap.passed,
        "cost_ratio_best": round(cascade.cost / best.cost, 3) if best.cost else None,
        "per_passed_ratio_best": _per_passed(cascade, best), "per_passed_ratio_cheap": _per_passed(cascade, cheap),
        "cost_ratio_cheap": round(cascade.cost / cheap.cost, 3) if cheap.cost else None, "choice_ms": round(milliseconds, 2),
    }))  # fmt: skip


def _per_passed(one: Played, other: Played) -> float | None:
    if not (one.passed and other.passed and other.cost):
        return None
    return round(one.cost / one.passed / (other.cost / other.passed), 3)


if __name__ == "__main__":
    main()
