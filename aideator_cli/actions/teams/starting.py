"""Starts a team: all of it is checked first, then its first step begins."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from aideator_agent.spec import RunSpec
from aideator_cli.actions.here import Here
from aideator_cli.actions.places import choose
from aideator_cli.actions.starting import Plan, asking, recall, start
from aideator_cli.actions.teams.defining import check
from aideator_cli.actions.teams.holding import beginning, forget, own_name
from aideator_cli.backends.base import Backend
from aideator_cli.domain.handing import Wanted
from aideator_cli.domain.ids import new_id
from aideator_cli.domain.result import SCRIPTED
from aideator_cli.domain.teams import MOST_TASKS, TASK_ROLE, Asked, Stage, Step, Team, TeamRun, key_of
from aideator_cli.errors import AideatorError, Lacking, usage
from aideator_cli.intake import bounds, checks
from aideator_cli.intake import order as ordering
from aideator_cli.intake.order import take
from aideator_cli.intake.request import Request, Where
from aideator_cli.intake.roles import finding as roles
from aideator_cli.intake.routing.router import Ask
from aideator_cli.intake.teams import finding
from aideator_cli.intake.teams.ordering import agents_of, as_step, checks_of, request_of
from aideator_cli.system.clock import now
from aideator_cli.system.configuration.repository import root_of
from aideator_cli.system.host import this_host

STARTING_SECONDS: Final = 180.0  # for which nobody else begins the first step, unless the process that does is gone


@dataclass(frozen=True)
class TeamPlan:
    """A team that would be started. Nothing has been started or stored yet."""

    run: TeamRun
    first: Plan  # of its first step


def found(word: str, repo: str) -> Team:
    """Returns the team that a user's word names, for a run on this repository. Raises `AideatorError` (usage)."""
    folder = Path(repo).expanduser()
    return finding.find(word, root_of(folder) if folder.is_dir() else root_of(Path.cwd()))


def plan(here: Here, team: Team, request: Request, where: Where) -> TeamPlan:
    """Raises `AideatorError` for every mistake of the file or the command line that can be found before anything is spent.

    It is `Lacking` only if there is no such mistake.
    """
    check_request(request)
    for role in request.briefing.roles:
        roles.find(role, here.settings.roles_folder)
    check(here, team)
    backend = choose(where, here.settings)
    if not request.only_shown:
        backend.prepare()
    run = as_run(team, request)
    verify = [f"{name}={told}" for name, told in run.team.checks.items()]
    request = replace(request, checking=replace(request.checking, verify=verify))
    ask = asking(here, where, request.pod.secret, answers=False)
    lacking: Lacking | None = None
    for stage in run.team.ordered:
        try:
            _check_stage(here, run, stage, request, backend, ask)
        except Lacking as lacks:
            lacking = lacking or lacks
    if lacking is not None:
        raise lacking
    stage = run.team.ordered[0]
    wanted = _first(stage)
    order = take(
        request_of(run, wanted, request, here.settings, run.team.cost),
        backend.name,
        here.settings,
        ask,
        recall(here),
    )
    return TeamPlan(run, Plan(replace(order, spec=as_step(run, wanted, order.spec, first=True)), backend))


def as_run(team: Team, request: Request) -> TeamRun:
    """Returns the team with what the command line says. Its checks are added to those of the file."""
    parsed = checks.parse(request.checking).checks
    limit = team.cost if request.bounds.budget is None else request.bounds.budget
    team = replace(_anywhere(team), checks={**team.checks, **{each.name: each.command for each in parsed}}, cost=limit)
    named = list(request.briefing.roles)
    if len(named) > 1:
        raise usage("--role names one role for the stages that name none", "write roles into the team's file")
    asked = Asked(
        tuple(map(_script, request.models)), tuple(request.agents.named), _role(named[0]) if named else None, request.n, request.parallel,
        request.bounds.max_cost, request.bounds.timeout, request.api_base, request.temperature, request.allow_local_shell,
    )  # fmt: skip
    return TeamRun(new_id(), now(), team, (request.prompt or "").strip(), asked)


def _anywhere(team: Team) -> Team:
    """Returns the team with whole paths: who moves it on may be in another folder."""
    stages = tuple(replace(stage, role=_role(stage.role) if stage.role else None) for stage in team.stages)
    return replace(team, stages=stages, place=team.place if team.place in finding.NO_FILES else _whole(team.place))


def _role(role: str) -> str:
    return _whole(role) if role != TASK_ROLE and roles.is_path(role) else role


def _script(model: str) -> str:
    parts = model.split(",")
    return ",".join(
        f"{SCRIPTED}{_whole(each.removeprefix(SCRIPTED))}" if each.startswith(SCRIPTED) else each for each in parts
    )


def _whole(path: str) -> str:
    return str(Path(path).expanduser().absolute())


def begin(here: Here, planned: TeamPlan, stored: Callable[[str], object] | None = None) -> TeamRun:
    """Stores the team and starts its first step. `stored` gets the id of that step's run as soon as both are in the store.

    Raises `AideatorError`; then nothing remains.
    """
    run, spec = planned.run, planned.first.spec
    assert spec.team is not None
    with beginning(here, run.id):
        lease = here.store.add_team(run, own_name(), this_host(), STARTING_SECONDS)
        try:
            here.store.add_step(Step(run.id, spec.team.key, spec.id, now()))
            start(here, planned.first, stored)
        except BaseException:
            if here.store.renew_team(lease, STARTING_SECONDS):  # else another process has begun it meanwhile
                here.store.forget_team(run.id)
                forget(here, run.id)
            raise
        here.store.give_team_back(lease)
    return run


def checked_spec(run: TeamRun, spec: RunSpec) -> RunSpec:
    """Returns the spec if it is that of the team's step. Raises `AideatorError` for another run that has the same id by chance."""
    if spec.team is None or spec.team.team != run.id:
        raise AideatorError(f"run {spec.id} is not a step of team {run.id}")
    return spec


def check_request(request: Request) -> None:
    """Raises `AideatorError` (usage) for what no team can be asked for."""
    refused: Iterable[tuple[str, object, str]] = (
        ("--matrix", request.matrix, "write the stages' models and roles into the team's file"),
        ("--answer", request.question.answer, "a stage with `produces` or `decides` answers"),
        ("--diff", request.question.diff, "leave it out"),
        ("--first", request.first, "leave it out"),
        ("--escalate", request.escalate, "leave it out"),
        ("--hidden", request.checking.hides, "use --verify"),
        ("--var", request.briefing.variables or request.briefing.variable_files, "leave it out"),
        ("--agent-command", request.agents.command, "name an agent in the file, or with --agent"),
        ("--agent-home", request.agents.own_home, "leave it out"),
    )
    for option, value, hint in refused:
        if value:
            raise usage(f"{option} can't be combined with --team", hint)
    if not (request.prompt or "").strip():
        raise usage("no prompt is given", 'aideator run REPO "What the team should do" --team NAME')
    bounds.check(request)


def _first(stage: Stage) -> Wanted:
    return Wanted(key_of(stage.name), stage, "answer" if stage.answers else "work")


def _check_stage(here: Here, run: TeamRun, stage: Stage, request: Request, backend: Backend, ask: Ask) -> None:
    """Reads what the stage would ask for, without looking at the repository."""
    own = stage if stage.role != TASK_ROLE else replace(stage, role=run.asked.role)
    if own.model and "{{" in own.model:
        own = replace(own, model=None)
        if not run.asked.models:  # a script for each task, which is not known yet
            checks_of(run, stage)
            return
    try:
        found = checks_of(run, stage)
        if stage.keeps_tests and not found:
            raise usage("it keeps tests, and no check runs them", "add --verify 'COMMAND', or checks: to the file")
        asked = request_of(run, _first(own), request, here.settings, run.team.cost)
        ordering.check(replace(asked, checking=request.checking), backend.name, here.settings, ask)
    except AideatorError as error:
        text = f"stage {stage.name} of team {run.team.name}: {error.message}"
        raise (Lacking if isinstance(error, Lacking) else AideatorError)(
            text, hint=error.advice, code=error.code
        ) from error


@dataclass(frozen=True)
class Most:
    """What a team may start and spend at most."""

    agents: int
    cost: float | None  # USD; None: nothing limits it
    by_team: bool  # whether the team's own limit is the one that counts
    each: Mapping[str, int]  # stage -> agents in each of its runs


def most(here: Here, run: TeamRun, retries: int | None) -> Most:
    """Counts every round, every question that is asked again, and the most tasks that a plan may have. `retries`: None is the usual."""
    agents, total, retries = 0, 0.0, ordering.USUAL_RETRIES if retries is None else retries
    numbers = {stage.name: agents_of(run, stage, here.settings) for stage in run.team.stages}
    known = True
    for stage in run.team.stages:
        n = numbers[stage.name]
        again = 2 if stage.answers or stage.keeps_tests else 1
        rounds = 1 + sum(
            each.rounds for each in run.team.stages if each.rework and stage.name in run.team.after(each.rework)
        )
        runs = rounds * again * (MOST_TASKS if stage.each else 1)
        agents += runs * n
        bounds = [stage.cost, None if run.asked.cost is None else run.asked.cost * n * (1 + retries)]
        each = min((bound for bound in bounds if bound is not None), default=None)
        known, total = known and each is not None, total + runs * (each or 0.0)
    limit = run.team.cost
    if not known:
        return Most(agents, limit, limit is not None, numbers)
    return Most(agents, total if limit is None else min(total, limit), limit is not None and limit <= total, numbers)


@dataclass(frozen=True)
class Drawing:
    """A team as it would be started. A drawing needs no model: what keeps it from being started is only said."""

    run: TeamRun
    most: Most
    first: RunSpec | None  # of its first step; None: something is lacking
    lacks: str | None = None


def draw(here: Here, team: Team, request: Request, where: Where) -> Drawing:
    """Raises `AideatorError` as `plan`, but for what is lacking."""
    try:
        planned = plan(here, team, request, where)
    except Lacking as lacking:
        run = as_run(team, request)
        return Drawing(run, most(here, run, request.retries), None, lacking.message)
    spec = planned.first.spec
    return Drawing(planned.run, most(here, planned.run, spec.retries), spec)
