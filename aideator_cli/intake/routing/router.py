"""Gives each variation that was asked for with `auto` its model, one after the other, and explains each choice."""

import os
import re
from collections.abc import Callable, Sequence
from dataclasses import field, replace
from functools import cached_property
from itertools import cycle
from pathlib import Path
from typing import TYPE_CHECKING, Final

from aideator_agent.spec import Route
from aideator_agent.values import frozen
from aideator_cli.errors import AideatorError, usage
from aideator_cli.intake.models import ModelInfo, split_models
from aideator_cli.intake.routing import policies, privacy
from aideator_cli.intake.routing.policies import Policies

if TYPE_CHECKING:  # what chooses is loaded when something is chosen
    from aideator_cli.intake.routing.choosing import Pick
    from aideator_cli.intake.routing.market import History, Market
    from aideator_cli.intake.routing.task import Project

Ask = Callable[[], "Market"]  # called once a model is to be chosen: it may ask a cluster


@frozen
class Wanted:
    """One variation: the model's name as the user wrote it, and what the choice depends on."""

    model: str
    role: str
    agent: str
    can_use: Callable[[ModelInfo], bool]
    priced: str | None  # the limit that needs a known price


@frozen
class Given:
    model: str
    route: Route | None  # None: the user named the model


def nothing_at_hand() -> "Market":
    raise usage("--model auto needs to know which keys are at hand", "name a model")


@frozen
class Router:
    """What is read once a model is to be chosen."""

    config_folder: Path
    names: Callable[[], tuple[str, ...]] = tuple  # of the repository, by which statistics and notes know it
    root: Path | None = None  # the repository on this machine
    hosts: tuple[str, ...] | None = None  # it is private: only these may get its text
    on_cluster: bool = False
    prompt: str = ""
    escalates: bool = False  # whether the variations are the steps of a cascade
    ask: Ask = field(default=nothing_at_hand)

    @cached_property
    def repositories(self) -> tuple[str, ...]:
        return self.names()

    @cached_property
    def policies(self) -> Policies:
        return policies.load(self.config_folder, self.root)

    @cached_property
    def _market(self) -> "Market":
        return self.ask()

    @cached_property
    def _history(self) -> "History":
        from aideator_cli.intake.routing.market import History

        return History(self._market.tried, self.repositories)

    @cached_property
    def _project(self) -> "Project":
        from aideator_cli.intake.routing.task import Project

        return Project(self.root)

    def give(self, wanted: Sequence[Wanted]) -> list[Given | None]:
        """Returns the model of each. None: the step of a cascade has nothing left that an earlier one does not try.

        Raises `AideatorError` (usage) if a policy leaves no model.
        """
        if self.escalates:
            return self._steps(wanted)
        groups: dict[tuple[str, str, str], cycle[Pick]] = {}
        given: list[Given | None] = []
        for each in wanted:
            policy = policies.named(each.model)
            if policy is None:
                given.append(Given(each.model, None))
                continue
            key = (policy, each.role, each.agent)
            if key not in groups:
                groups[key] = cycle(self._choose(policy, each))
            pick = next(groups[key])
            given.append(Given(pick.info.name, pick.route))
        return given

    def _steps(self, wanted: Sequence[Wanted]) -> list[Given | None]:
        """Each step takes a model that no earlier one tries, unless the user names it."""
        chosen: dict[str, Given | None] = {}
        for each in wanted:
            if each.model not in chosen:
                chosen[each.model] = self._step(each, [given.model for given in chosen.values() if given is not None])
        given = [chosen[each.model] for each in wanted]
        steps, begun = sum(each is not None for each in given), iter(range(1, len(given) + 1))
        return [None if each is None else _as_step(each, next(begun), steps) for each in given]

    def _step(self, wanted: Wanted, taken: Sequence[str]) -> Given | None:
        policy = policies.named(wanted.model)
        if policy is None:
            return Given(wanted.model, Route("escalate", "named with --escalate"))
        try:
            pick = self._choose(policy, wanted, taken)[0]
        except AideatorError:
            if taken:
                self._choose(policy, wanted)  # raises what else is wrong
                return None
            raise
        return Given(pick.info.name, pick.route)

    def _choose(self, name: str, wanted: Wanted, taken: Sequence[str] = ()) -> "list[Pick]":
        if self.hosts == ():
            raise privacy.nowhere()
        from aideator_cli.intake.routing.choosing import Needs, choose
        from aideator_cli.intake.routing.task import Task, tokens

        policy = self.policies.find(name or self.policies.default)
        needs = Needs(
            wanted.agent, wanted.can_use, self.hosts, self.policies.hosts(on_cluster=self.on_cluster), wanted.priced
        )
        task = Task(wanted.role, tokens(self.prompt), self._project)
        return choose(policy, self._market, task, needs, self._history, taken)


def _as_step(given: Given, step: int, steps: int) -> Given:
    route = given.route
    return given if route is None else replace(given, route=replace(route, why=f"step {step} of {steps}: {route.why}"))


NO_ROUTER: Final = Router(Path(os.devnull))


def cascade(values: Sequence[str], known: Policies, is_model: Callable[[str], bool]) -> tuple[str, ...]:
    """Returns the models that `--escalate` stands for: a word that names a policy means the model that it chooses.

    Raises `AideatorError` (usage) for a word that is nearly a policy's name, and no model's.
    """
    steps = []
    for word in (word for value in values for word in split_models("--escalate", value)):
        name = re.sub(r":\d+$", "", word)
        if name not in known.by_name:
            _check_misspelt(name, known, is_model)
        steps.append(f"{policies.AUTO}:{word}" if name in known.by_name else word)
    return tuple(steps)


def _check_misspelt(name: str, known: Policies, is_model: Callable[[str], bool]) -> None:
    if is_model(name):
        return
    from difflib import get_close_matches  # only this error needs it

    if near := get_close_matches(name, known.by_name, n=1):
        raise usage(
            f"--escalate: there is no policy and no model {name!r}",
            f"did you mean {near[0]}? The policies are {', '.join(known.by_name)} (docs/routing.md)",
        )
