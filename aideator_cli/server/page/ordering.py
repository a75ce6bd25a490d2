"""The form of a new run: what it shows, and the request that it becomes."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import field, replace
from typing import Any, ClassVar, Final, Self

from aideator_agent.values import frozen
from aideator_cli.actions import roles
from aideator_cli.actions.here import Here
from aideator_cli.domain.glance import Wanted
from aideator_cli.domain.result import OWN
from aideator_cli.errors import AideatorError, usage
from aideator_cli.intake import configured_model
from aideator_cli.intake.agents import presets
from aideator_cli.intake.request import Bounds
from aideator_cli.intake.roles.finding import NEUTRAL
from aideator_cli.server.bodies import NewRun
from aideator_cli.server.page.forms import Form

RECENT: Final = 20  # repositories and models that are offered
LOOKED_AT: Final = 100  # runs for these
MOST_ROWS: Final = 20  # agents, and checks
_ROW: Final = re.compile(r"add-(\w+)|drop-(\w+)-(\d{1,3})")


@frozen
class Row:
    """An agent of the form. The texts are as they were typed."""

    agent: str = OWN
    count: str = "1"
    model: str = ""
    role: str = ""
    temperature: str = ""

    @property
    def open(self) -> bool:
        return bool(self.model or self.role or self.temperature)


@frozen
class Filled:
    """What the forms of a run and of a team have in common, as it was filled in."""

    blank: ClassVar[Mapping[str, object]] = {"checks": ""}  # a new row of each field that has rows

    repository: str = ""
    ref: str = ""
    task: str = ""
    checks: tuple[str, ...] = ("",)
    minutes: str = "30"
    steps: str = "100"
    shell: bool = False

    def with_row(self, what: str) -> Self:
        """Returns the form with a row more or less: `add-checks`, `drop-agents-2`."""
        found = _ROW.fullmatch(what)
        kind = (found[1] or found[2]) if found else ""
        if found is None or kind not in self.blank:
            return self
        rows: tuple[Any, ...] = getattr(self, kind)
        if found[1]:
            changed = (*rows, self.blank[kind])[:MOST_ROWS]
        else:
            at = int(found[3])
            changed = (*rows[:at], *rows[at + 1 :])
        field_: dict[str, Any] = {kind: changed}
        return replace(self, **field_)

    def check_task(self, who: str) -> None:
        """Raises `AideatorError` (usage) for what is missing. `who`: has the task."""
        if not self.repository:
            raise usage("the repository is missing", "give its address, as git clone takes it")
        if not self.task:
            raise usage("the task is missing", f"say what {who} should do")


@frozen
class Asked(Filled):
    """The form of a run as it was filled in."""

    blank: ClassVar[Mapping[str, object]] = {"checks": "", "agents": Row()}

    agents: tuple[Row, ...] = (Row(count="3"),)
    cost: str = ""

    def body(self) -> NewRun:
        """Returns what the API would be sent. Raises `AideatorError` (usage) for what is missing, and for what is no number."""
        self.check_task("the agents")
        if not self.agents:
            raise usage("there is no agent", "add one")
        return NewRun.model_construct(  # what it asks for is checked with the request that it becomes
            repository=self.repository,
            prompt=self.task,
            agents=[_named(row) for row in self.agents],
            temperatures=list(self._temperatures()),
            ref=self.ref or None,
            allow_local_shell=self.shell,
            timeout=60 * number_of("Minutes", self.minutes, Bounds.timeout / 60),
            max_steps=whole_of("Steps", self.steps, Bounds.max_steps),
            max_cost=number_of("US dollars", self.cost) if self.cost else None,
            verify=[command for command in self.checks if command],
            roles=list(self._roles()),
        )

    def _temperatures(self) -> Iterator[float | None]:
        if not any(row.temperature for row in self.agents):
            return
        for row in self.agents:
            degree = number_of("Temperature", row.temperature) if row.temperature else None
            yield from [degree] * whole_of("How many", row.count, 1)

    def _roles(self) -> Iterator[str]:
        if any(row.role for row in self.agents):
            for row in self.agents:
                yield f"{row.role or NEUTRAL}:{whole_of('How many', row.count, 1)}"


@frozen
class Offer:
    """What the form offers to choose from."""

    repositories: tuple[str, ...] = ()
    models: tuple[str, ...] = ()
    agents: tuple[tuple[str, str], ...] = ()  # name, title
    roles: tuple[tuple[str, str], ...] = ()
    newest: Asked = field(default_factory=Asked)  # the form as it begins


def read(form: Form) -> Asked:
    return Asked(
        **common(form, "cost"),
        agents=tuple(_row(form, at) for at in _rows(form, "agent")),
    )


def common(form: Form, *texts: str) -> dict[str, Any]:
    """Returns the fields of `Filled`, and these texts besides."""
    return {
        **{name: form.text(name) for name in ("repository", "ref", "task", "minutes", "steps", *texts)},
        "checks": tuple(form.text(f"check-{at}") for at in _rows(form, "check")),
        "shell": form.text("shell") == "yes",
    }


def _rows(form: Form, kind: str) -> list[int]:
    """Returns the numbers of the form's rows: of the fields KIND-NUMBER."""
    numbers = {int(found[1]) for name in form.fields if (found := re.fullmatch(rf"{kind}-(\d{{1,3}})", name))}
    return sorted(numbers)[:MOST_ROWS]


def offer(here: Here, owner: str | None) -> Offer:
    """Looks at earlier runs, so that what was used before is at hand. `owner`: only at those of this user; None: at all."""
    specs = [run.spec for run in here.store.runs(LOOKED_AT, Wanted(owner=owner))]
    repositories = dict.fromkeys(spec.repository.url for spec in specs)
    configured = configured_model.first(here.settings)
    used = (variation.model for spec in specs for variation in spec.variations)
    models = dict.fromkeys(name for name in (configured, *used) if name)
    titles = {OWN: "AIdeator's own", **{name: presets.find(name).title or name for name in presets.names()}}
    newest = Asked()
    if configured is None and models:
        newest = replace(newest, agents=(Row(count="3", model=next(iter(models))),))
    if specs:
        checks = tuple(check.command for check in specs[0].checks)
        newest = replace(newest, repository=specs[0].repository.url, checks=checks or ("",))
    return Offer(
        tuple(repositories)[:RECENT], tuple(models)[:RECENT], tuple(titles.items()), tuple(_roles(here)), newest
    )


def values(offered: Offer, asked: Asked, local: bool) -> dict[str, Any]:
    """`local`: whether agents would be processes on the server's machine."""
    return {
        "asked": asked,
        "blank": Row(),
        "repositories": offered.repositories,
        "models": offered.models,
        "agents": offered.agents,
        "roles": offered.roles,
        "local": local,
    }


def _roles(here: Here) -> Iterator[tuple[str, str]]:
    yield "", "none"
    try:
        found = roles.everyone(here)
    except AideatorError:  # one of the user's own is wrong, which is told to who names it
        return
    yield from ((role.name, role.name) for role in found if role.name != NEUTRAL)


def _row(form: Form, at: int) -> Row:
    fields: Mapping[str, str] = {
        name: form.text(f"{name}-{at}") for name in ("agent", "count", "model", "role", "temperature")
    }
    return Row(**fields)


def _named(row: Row) -> str:
    """Returns the words of `--agent`."""
    model = f"/{row.model}" if row.model else ""
    return f"{row.agent}{model}:{whole_of('How many', row.count, 1)}"


def whole_of(what: str, text: str, usual: int) -> int:
    """Raises `AideatorError` (usage) for what is no whole number."""
    if not text:
        return usual
    if not text.isdecimal() or len(text) > 6:
        raise usage(f"{what}: {text!r} is no whole number")
    return int(text)


def number_of(what: str, text: str, usual: float | None = None) -> float:
    """Raises `AideatorError` (usage) for what is no number."""
    if not text and usual is not None:
        return usual
    try:
        return float(text.replace(",", "."))
    except ValueError:
        raise usage(f"{what}: {text!r} is no number", "for example 2 or 0.5") from None
