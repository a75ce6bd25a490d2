"""What the runs of a team are asked: a step becomes a request, and that the order for a run."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, Final

from aideator_agent.spec import Check, Origin, RunSpec, TeamStep
from aideator_cli.domain.handing import Wanted
from aideator_cli.domain.result import SCRIPTED
from aideator_cli.domain.teams import MOST_TASKS, TASK_ROLE, Stage, Task, TeamRun, round_of
from aideator_cli.errors import usage
from aideator_cli.intake import bounds, models, models_file, prompts
from aideator_cli.intake.agents import team as workers
from aideator_cli.intake.crew import crew_of, router_of
from aideator_cli.intake.lineup import line_up
from aideator_cli.intake.order import Order, Recall, check_local, nothing_known
from aideator_cli.intake.remembering import picked
from aideator_cli.intake.request import Agents, Bounds, Briefing, Checking, Question, Request
from aideator_cli.intake.roles import finding as roles
from aideator_cli.intake.routing import privacy
from aideator_cli.intake.routing.router import Ask, nothing_at_hand
from aideator_cli.intake.teams.colleagues import colleagues
from aideator_cli.intake.upon import Earlier, merged, order
from aideator_cli.system.settings import Settings
from aideator_cli.text.clean import one_line

MOST_SAID: Final = 30_000  # characters of a plan, a task or a finding: a prompt must not become too large
MOST_CLASH: Final = 60_000  # characters of a patch that an agent is shown


def request_of(run: TeamRun, wanted: Wanted, like: Request, settings: Settings, left: float | None) -> Request:
    """Returns what a step asks for. `like`: what every step asks for; `left`: USD that all of its agents may spend together."""
    stage, asked = wanted.stage, run.asked
    named, agents = _named(run, stage)
    role = _role(wanted, asked.role)
    counted = stage.n is None and _counted(run, stage, settings) is not None
    budget = min((cost for cost in (stage.cost, left) if cost is not None), default=None)
    own = replace(
        like.bounds,
        timeout=stage.seconds or asked.seconds,
        max_cost=asked.cost,
        budget=None if budget is None else max(budget, 0.0001),
    )
    return replace(
        like, prompt=text_of(run, wanted, settings), n=None if counted else stage.n or asked.n or 1,
        models=[_filled(model, run, wanted) for model in named],
        agents=Agents(agents, like.agents.command, like.agents.own_home), bounds=own, first=None, parallel=run.asked.parallel,
        question=Question(answer=stage.answers),
        briefing=Briefing([role] if role else [], mcp=like.briefing.mcp, memory=like.briefing.memory),
    )  # fmt: skip


def agents_of(run: TeamRun, stage: Stage, settings: Settings) -> int:
    """Returns how many agents work in each run of a stage."""
    return stage.n or _counted(run, stage, settings) or run.asked.n or 1


def _named(run: TeamRun, stage: Stage) -> tuple[Sequence[str], Sequence[str]]:
    """Returns the models and the agents that work in a stage."""
    return [stage.model] if stage.model else run.asked.models, [stage.agent] if stage.agent else run.asked.agents


def _counted(run: TeamRun, stage: Stage, settings: Settings) -> int | None:
    """Returns the number that the counts of models and agents make, as on the command line. None: nothing is counted."""
    named, agents = _named(run, stage)
    if not (named or agents) and settings.defaults.model:
        named = [settings.defaults.model]
    known = partial(models.is_known, overrides=models_file.load_overrides(settings.models_file))
    wanted = models.named_models(named, known) if named else []
    counts = [count for _, count in (workers.with_models(workers.parse(agents, known), wanted) if agents else wanted)]
    return sum(1 if count is None else count for count in counts) if any(counts) else None


def _role(wanted: Wanted, usual: str | None) -> str | None:
    stage, task = wanted.stage, wanted.task
    if stage.role == TASK_ROLE:
        return (task.role if task else None) or usual
    return stage.role or usual


def _filled(model: str, run: TeamRun, wanted: Wanted) -> str:
    """A script may be that of a task and a round; it is looked for beside the team's file."""
    if not model.startswith(SCRIPTED):
        return model
    path = model.removeprefix(SCRIPTED).replace("{{ task.id }}", wanted.task.id if wanted.task else "")
    path = path.replace("{{ round }}", str(round_of(wanted.key)))
    folder = Path(run.team.place).parent if model == wanted.stage.model else Path()
    return f"{SCRIPTED}{folder / path}"


def text_of(run: TeamRun, wanted: Wanted, settings: Settings) -> str:
    """Returns the prompt of a step. What agents have said in it is quoted, line by line."""
    from aideator_cli.system.templates import render

    stage, plan, task, clash = wanted.stage, wanted.plan, wanted.task, wanted.clash
    kind = "plan" if stage.plans else "decision" if stage.decides else "tests" if stage.keeps_tests else "work"
    values: Mapping[str, Any] = {
        "goal": run.prompt.strip(), "kind": kind, "begins": bool(wanted.work.patch), "most": MOST_TASKS,
        "roles": ", ".join(roles.names(settings.roles_folder)), "task": _cut(_told(task)) if task and not clash else "",
        "plan": _cut("\n".join([plan.summary, *(f"{each.id}: {each.title}" for each in plan.tasks)]).strip()) if plan else "",
        "ids": ", ".join(each.id for each in plan.tasks) if plan else "",
        "finding": _cut(wanted.finding.text) if wanted.finding else "", "by": wanted.finding.by if wanted.finding else "",
        "clash": clash.patch.decode(errors="replace")[:MOST_CLASH] if clash else "", "why": one_line(clash.why) if clash else "",
        "theirs": _cut(_told(clash.task)) if clash else "", "said": stage.prompt, "again": wanted.again,
    }  # fmt: skip
    return prompts.checked(render("prompt/team.j2", values).strip())


def _cut(text: str) -> str:
    return text if len(text) <= MOST_SAID else f"{text[:MOST_SAID]} …"


def _told(task: Task) -> str:
    lines = [f"{task.id}: {task.title}"]
    if task.files:
        lines.append(f"Files: {', '.join(task.files)}")
    if task.done_when:
        lines.append(f"Done when: {task.done_when}")
    return "\n".join(lines)


def checks_of(run: TeamRun, stage: Stage) -> tuple[Check, ...]:
    """Returns the checks of a stage. Raises `AideatorError` (usage) for a name that is no check's."""
    known = run.team.checks
    for name in stage.verify or ():
        if name not in known:
            there = f"the checks are {', '.join(known)}" if known else "there are no checks"
            raise usage(
                f"it verifies {name}, and {there}",
                f"add --verify '{name}=COMMAND', or checks: to the file",
            )
    names = known if stage.verify is None else stage.verify
    return () if stage.answers else tuple(Check(name, known[name]) for name in names)


def as_step(run: TeamRun, wanted: Wanted, spec: RunSpec, *, first: bool = False) -> RunSpec:
    """Returns the spec as that of a step. Its run's id follows from the team's, so that a cluster refuses the second of two submissions."""
    checks = checks_of(run, wanted.stage)
    step = TeamStep(run.id, wanted.key, run.document() if first else "")
    return replace(
        spec, id=run.run_of(wanted.key), submission_id=str(uuid.uuid4()), checks=checks, team=step,
        baseline=bool(checks) and not wanted.stage.answers,
    )  # fmt: skip


def ordered(
    run: TeamRun,
    wanted: Wanted,
    first: RunSpec,
    path: Path | None,
    backend: str,
    settings: Settings,
    left: float | None,
    ask: Ask = nothing_at_hand,
    recall: Recall = nothing_known,
) -> Order:
    """Returns the order for a step's run. `first`: the spec of the team's first run, whose settings hold; `path`: where it began.
    `ask` tells which models are at hand, if one is to be chosen, and `recall` which notes there are, if the first run had some.

    Raises `AideatorError`, as for any run.
    """
    work = wanted.work
    earlier = Earlier(
        first, work.base or first.repository.base or "", work.patch, Origin(work.names, work.prompts, merged=wanted.kind == "check"),
        settings.home / "runs", path,
    )  # fmt: skip
    if wanted.kind == "check":
        made = merged(earlier, f"{wanted.key} of team {run.id}")
        return replace(made, spec=as_step(run, wanted, replace(made.spec, answer=False)))
    request = request_of(run, wanted, _like(first, run), settings, left)
    bounds.check(request)
    router = router_of(first, path, backend, settings, run.prompt, ask)
    lineup = line_up(request, None, settings, router)
    if router.hosts is not None:
        privacy.check(router.hosts, lineup.variations, first.mcp)
    check_local(request, lineup.variations, backend, settings)
    asked = colleagues(run, wanted, lineup.cells[0].role.name, first.repository, settings)
    crew = crew_of(
        first, request, lineup, asks=asked is not None, earlier="" if wanted.stage.answers else _done(wanted)
    )
    agents, budget = len(crew.variations), request.bounds.budget
    spec = replace(
        first, prompt=request.prompt or "", variations=crew.variations, limits=bounds.limits(request, agents),
        share=budget and budget / agents, system=crew.system, task=crew.task, scripts=crew.scripts,
        notes=picked(recall(lambda: router.repositories), request.prompt or "") if first.notes else (),
        first=None, parallel=bounds.parallel(request, agents), colleagues=asked, model_hosts=router.hosts,
    )  # fmt: skip
    made = order(earlier, spec, answer=wanted.stage.answers)
    is_first = wanted.key == run.team.ordered[0].name
    return replace(made, spec=as_step(run, wanted, made.spec, first=is_first), remarks=(*made.remarks, *crew.remarks))


def _done(wanted: Wanted) -> str:
    return "\n".join(wanted.work.prompts) if wanted.work.patch else ""


def _like(first: RunSpec, run: TeamRun) -> Request:
    limits = first.limits
    return Request(
        first.repository.url, run.prompt, temperature=run.asked.temperature, api_base=run.asked.api_base,
        allow_local_shell=run.asked.allow_local_shell, retries=first.retries,
        bounds=Bounds(
            limits.seconds, limits.start_seconds, limits.steps, limits.tokens, limits.output, command_timeout=limits.command_seconds,
            max_file=first.max_file,
        ),
        checking=Checking(timeout=limits.check_seconds),
    )  # fmt: skip
