"""Who works on each variation of a run: an agent, our own loop or another program, with a model and its price."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Final

from aideator_agent.program import AgentProgram
from aideator_agent.spec import Route, VariationSpec
from aideator_agent.values import frozen
from aideator_cli.domain.result import OWN
from aideator_cli.errors import AideatorError, usage
from aideator_cli.intake import configured_model, counts, models, models_file, scripts
from aideator_cli.intake.agents import endpoints, options, presets, programs, team
from aideator_cli.intake.agents.presets import Preset
from aideator_cli.intake.agents.team import Named, Worker
from aideator_cli.intake.matrix import Cell, Matrix
from aideator_cli.intake.models import ModelInfo
from aideator_cli.intake.request import Bounds, Request
from aideator_cli.intake.roles import dealing
from aideator_cli.intake.routing import policies
from aideator_cli.intake.routing.router import NO_ROUTER, Router, Wanted
from aideator_cli.system.settings import Settings

_OWN: Final = (Worker(OWN, None), None)


@frozen
class Lineup:
    cells: Sequence[Cell]  # one for each variation
    variations: tuple[VariationSpec, ...]
    scripts: Mapping[str, list[scripts.Turn]]  # scripted/FILE -> its turns
    remarks: tuple[str, ...] = ()  # what the user should know of who works


@dataclass
class _Crew:
    """The presets of the agents that are named, each read once."""

    command: Preset | None  # of `--agent-command`
    home: str | None  # the user's own, if agents run in it
    bounds: Bounds
    _read: dict[str, Preset] = field(default_factory=dict)

    def preset(self, agent: str) -> Preset | None:
        """Returns None for our own loop."""
        if agent == OWN:
            return None
        if self.command is not None and agent == self.command.name:
            return self.command
        if agent not in self._read:
            self._read[agent] = presets.find(agent)
        return self._read[agent]


def line_up(request: Request, table: Matrix | None, settings: Settings, router: Router = NO_ROUTER) -> Lineup:
    """`router` chooses where a model is asked for with `auto`.

    Raises `AideatorError` (usage) for an unknown agent or model, for two that do not fit, and for a cost limit without a price."""
    overrides = models_file.load_overrides(settings.models_file)
    api_base = request.api_base or settings.defaults.api_base
    crew = _crew(request)
    resolve = partial(_info, api_base=api_base, overrides=overrides, table=table)
    known = partial(models.is_known, overrides=overrides)
    cells = [_by_role(cell, request, table) for cell in _cells(request, table, settings, crew, known)]
    cells = [replace(cell, worker=_with_model(cell.worker, crew, resolve, settings)) for cell in cells]
    cells, routes, told = _routed(cells, request, crew, router, api_base)
    cells = _with_temperature(cells, settings)
    infos = {name: resolve(name) for name in dict.fromkeys(_model(cell) for cell in cells)}
    _check_prices(request, cells, infos, settings)
    turns = {
        info.name: scripts.load(Path(name.removeprefix(models.SCRIPTED)))
        for name, info in infos.items()
        if name.startswith(models.SCRIPTED)
    }
    variations = [
        replace(_variation(n, cell, infos[_model(cell)], crew), route=route)
        for n, (cell, route) in enumerate(zip(cells, routes, strict=True), 1)
    ]
    others = [preset for cell in cells if (preset := crew.preset(cell.worker.agent))]
    remarks = options.check(request.bounds, others, ours=len(others) < len(cells)) if others else ()
    return Lineup(cells, tuple(variations), turns, (*told, *remarks))


def _crew(request: Request) -> _Crew:
    asked, bounds = request.agents, request.bounds
    if asked.own_home:
        options.check_home(bounds, request.temperature)
        for option, value in (
            ("--max-cost", bounds.max_cost),
            ("--budget", bounds.budget),
            ("--max-tokens", bounds.max_tokens),
        ):
            if value is not None:
                raise usage(
                    f"{option} can't be held with --agent-home: with a login of its own, an agent asks its model behind AIdeator's back",
                    f"leave out --agent-home or {option}",
                )
    command = presets.of_command(asked.command) if asked.command else None
    return _Crew(command, str(Path.home()) if asked.own_home else None, bounds)


def _cells(
    request: Request, table: Matrix | None, settings: Settings, crew: _Crew, known: Callable[[str], bool]
) -> list[Cell]:
    roles = _roles(request, settings)
    named = table.agents if table and table.agents else _named(request, settings, crew, known)
    if table is None:
        workers = _pairs(named, models.named_models(request.models, known) if request.models else [], settings, known)
        option, whose = (team.OPTION, "agents") if named else (models.OPTION, "models")
        sharing = counts.share_out(option, whose, workers, roles.number(request.n, workers))
        dealt = zip(sharing, roles.dealt(len(sharing)), _temperatures(request, len(sharing)), strict=True)
        return [Cell(worker, role, temperature) for worker, role, temperature in dealt]
    if request.temperatures:
        raise usage(
            "temperatures for each variation conflict with a matrix", "write temperatures: into the matrix file"
        )
    if any(count is not None for _, count in named):
        raise usage(
            "--agent can't count together with --matrix", "write n: into the matrix file, which holds for every cell"
        )
    names = table.models or dict.fromkeys(name.strip() for value in request.models for name in value.split(","))
    pairs = team.with_models(named or [_OWN], [(name, None) for name in names])
    return table.cells([worker for worker, _ in pairs], request.temperature, roles.each())


def _temperatures(request: Request, number: int) -> Sequence[float | None]:
    """Returns the temperature of each variation. Raises `AideatorError` (usage) if there is not one for each."""
    given = request.temperatures or [None] * number
    if len(given) != number:
        raise usage(f"there are {len(given)} temperatures for {number} variations", "give one for each, or none")
    return [request.temperature if each is None else each for each in given]


def _pairs(
    named: Sequence[Named], wanted: Sequence[tuple[str, int | None]], settings: Settings, known: Callable[[str], bool]
) -> Sequence[Named]:
    """Returns who shares the variations. Without agents and models on the command line it is our own loop with the configured model."""
    if named:
        return team.with_models(named, wanted)
    if not wanted and settings.defaults.model:
        wanted = models.named_models([settings.defaults.model], known)
    return [(Worker(OWN, model), count) for model, count in wanted] or [_OWN]


def _roles(request: Request, settings: Settings) -> dealing.Asked:
    configured = settings.defaults.role
    return dealing.parse(request.briefing.roles or ([configured] if configured else []), settings.roles_folder)


def _by_role(cell: Cell, request: Request, table: Matrix | None) -> Cell:
    """Returns the cell with what its role says. What the command line or the matrix names comes before it, what is configured after it."""
    role, worker = cell.role, cell.worker
    named_agents = bool(request.agents.named or request.agents.command or (table and table.agents))
    named_models = bool(request.models or (table and table.models) or (named_agents and worker.model))
    if role.agent and not named_agents:
        worker = Worker(role.agent, worker.model if named_models else None)
    if role.model and not named_models:
        worker = replace(worker, model=role.model)
    return replace(cell, worker=worker, temperature=role.temperature if cell.temperature is None else cell.temperature)


def _named(request: Request, settings: Settings, crew: _Crew, known: Callable[[str], bool]) -> Sequence[Named]:
    """Returns the agents that the user names, or the configured one. A script is always played by our own loop."""
    if crew.command is not None:
        if request.agents.named:
            raise usage(
                "--agent-command conflicts with --agent",
                "to mix several, describe the command in a file: --agent ./our-agent.yaml (docs/agents.md)",
            )
        return [(Worker(crew.command.name, None), None)]
    if request.agents.named:
        return team.parse(request.agents.named, known)
    scripted = request.models and all(name.startswith(models.SCRIPTED) for name in request.models)
    configured = settings.defaults.agent
    return [] if configured is None or scripted else team.parse([configured], known)


def _routed(
    cells: Sequence[Cell], request: Request, crew: _Crew, router: Router, api_base: str | None
) -> tuple[list[Cell], list[Route | None], list[str]]:
    """Returns the cells with models in place of `auto`, why each has its model, and what the user should know."""
    if not router.escalates and not any(policies.named(_model(cell)) is not None for cell in cells):
        return list(cells), [None] * len(cells), []
    if api_base is not None and any(policies.named(_model(cell)) is not None for cell in cells):
        raise usage(
            "--model auto chooses among several endpoints, and --api-base names one",
            "write the endpoint into models.yaml as api_base of its model (docs/models.md), or name the model",
        )
    given = router.give([_wanted(cell, request, crew) for cell in cells])
    kept = [(cell, found) for cell, found in zip(cells, given, strict=True) if found is not None]
    left_out = dict.fromkeys(_model(cell) for cell, found in zip(cells, given, strict=True) if found is None)
    told = [
        f"--escalate leaves out {name.partition(':')[2]}: earlier steps try every model that it allows"
        for name in left_out
    ]
    routed = [replace(cell, worker=replace(cell.worker, model=found.model)) for cell, found in kept]
    return routed, [found.route for _, found in kept], told


def _wanted(cell: Cell, request: Request, crew: _Crew) -> Wanted:
    preset = crew.preset(cell.worker.agent)
    fits = _anything if preset is None else partial(_can_use, preset)
    return Wanted(_model(cell), cell.role.name, cell.worker.agent, fits, _cost_limit(request, cell))


def _anything(_info: ModelInfo) -> bool:
    return True


def _configured(settings: Settings) -> str:
    found = configured_model.first(settings)
    if found is None:
        raise models.no_model(settings.environment)
    return found


def _with_model(worker: Worker, crew: _Crew, resolve: Callable[[str], ModelInfo], settings: Settings) -> Worker:
    """An agent without a model works with the configured one if it can, else with its usual one."""
    if worker.model is not None:
        return worker
    usual = preset.model if (preset := crew.preset(worker.agent)) else None
    configured = configured_model.first(settings)
    if preset is None or usual is None:
        return replace(worker, model=_configured(settings))
    fits = configured is not None and (policies.named(configured) is not None or _can_use(preset, resolve(configured)))
    return replace(worker, model=configured if fits else usual)


def _with_temperature(cells: Sequence[Cell], settings: Settings) -> list[Cell]:
    """The configured temperature is for our own loop, where nothing else says one."""
    configured = settings.defaults.temperature
    if configured is not None and not 0 <= configured <= 2:
        raise usage(f"--temperature takes 0 to 2, not {configured:g}")
    return [
        replace(cell, temperature=configured) if cell.temperature is None and cell.worker.agent == OWN else cell
        for cell in cells
    ]


def _model(cell: Cell) -> str:
    assert cell.worker.model is not None
    return cell.worker.model


def _info(name: str, api_base: str | None, overrides: models.Overrides, table: Matrix | None) -> ModelInfo:
    try:
        return models.resolve(name, api_base=api_base, overrides=overrides)
    except AideatorError as error:
        if table is None or name not in table.places:
            raise
        raise usage(f"{table.places[name]}: {error.message}", error.hint) from error


def _variation(number: int, cell: Cell, info: ModelInfo, crew: _Crew) -> VariationSpec:
    preset = crew.preset(cell.worker.agent)
    return VariationSpec(
        number=number,
        model=info.name,
        temperature=cell.temperature,
        role=cell.role.name,
        tools=cell.role.tools,
        api_base=info.api_base,
        keys=info.keys,
        # Who counts for another program has no LiteLLM.
        price=info.price if info.price_overridden or preset is not None else None,
        context=info.context,
        max_output=info.max_output,
        host=info.host,
        prompt_name=cell.prompt.name if cell.prompt else None,
        agent=None if preset is None else _program(preset, cell, info, crew),
    )


def _can_use(preset: Preset, info: ModelInfo) -> bool:
    return endpoints.can_use(preset, info, info.api_base)


def _program(preset: Preset, cell: Cell, info: ModelInfo, crew: _Crew) -> AgentProgram:
    if crew.home is not None:
        options.check_home(crew.bounds, cell.temperature)
        if cell.role.tools is not None:
            raise usage(
                f"{cell.role.what} limits the tools, and {preset.name} keeps its own settings with --agent-home",
                "leave out --agent-home, or `tools` in the role",
            )
    found = programs.program(preset, info, info.api_base, crew.home, options.wanted(crew.bounds, info.max_output))
    return replace(found, tools=options.tools(preset, cell.role.tools, cell.role.what))


def _check_prices(request: Request, cells: Iterable[Cell], infos: Mapping[str, ModelInfo], settings: Settings) -> None:
    """A cost limit needs known prices. A script contains its own."""
    for cell in cells:
        info = infos[_model(cell)]
        option = _cost_limit(request, cell)
        if option and info.price is None and info.provider != "scripted":
            raise usage(
                f"{option} can't be enforced for {info.name}: its price is unknown",
                hint=f"add its price to {settings.models_file} (docs/models.md)",
            )


def _cost_limit(request: Request, cell: Cell) -> str | None:
    """Returns what limits the variation's cost."""
    if request.bounds.max_cost is not None:
        return "--max-cost"
    if request.bounds.budget is not None:
        return "--budget"
    return None if cell.role.cost is None else f"the limit on the cost in {cell.role.what}"
