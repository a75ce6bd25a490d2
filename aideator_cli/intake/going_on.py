"""Goes on from a variation's work: the spec of its run, with what is asked anew."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import cycle, islice

from aideator_agent.spec import Limits, RunSpec, VariationSpec
from aideator_cli.domain.result import MERGE, OWN
from aideator_cli.errors import AideatorError, command, usage
from aideator_cli.intake import bounds, checks, counts, prompts
from aideator_cli.intake.crew import Crew, crew_of, router_of
from aideator_cli.intake.lineup import line_up
from aideator_cli.intake.order import Order, check_local, check_variables
from aideator_cli.intake.prompts import Briefed
from aideator_cli.intake.request import Agents, Anew, Bounds, Briefing, Checking, Request
from aideator_cli.intake.roles import finding
from aideator_cli.intake.routing import privacy
from aideator_cli.intake.routing.router import Ask, Router, nothing_at_hand
from aideator_cli.intake.upon import Earlier, order
from aideator_cli.intake.variables import Variables
from aideator_cli.system.settings import Settings


def continued(earlier: Earlier, anew: Anew, backend: str, settings: Settings, ask: Ask = nothing_at_hand) -> Order:
    """Returns the order for a run whose agents begin with the patch. Raises `AideatorError` for every mistake in what is asked anew."""
    old = earlier.spec
    request = _request(old, anew)
    bounds.check(request)
    if not anew.prompt.strip():
        raise usage("no prompt is given", hint=command("continue", earlier.origin.variations[0], "What is still to do"))
    prompts.checked(anew.prompt)
    seen = request.checking.verify or old.hidden is None
    asked = checks.parse(request.checking) if seen else checks.Checks(setup=tuple(request.checking.setup))
    router = router_of(old, earlier.path, backend, settings, anew.prompt, ask)
    crew = _new_crew(earlier, request, settings, router) if _names_agents(anew) else _old_crew(earlier, anew, settings)
    agents = len(crew.variations)
    limits = bounds.limits(request, agents)
    if anew.first is not None and not 1 <= anew.first <= agents:
        raise usage(f"--first takes 1 to {agents}, the run's variations, not {anew.first}")
    spec = replace(
        old, prompt=anew.prompt, limits=limits, share=request.bounds.budget and request.bounds.budget / agents,
        variations=tuple(replace(each, limits=_strict(each.limits, limits)) for each in crew.variations),
        system=crew.system, task=crew.task, scripts=crew.scripts,
        checks=asked.checks if anew.verify else old.checks, setup=asked.setup, model_hosts=router.hosts,
        first=None if request.first is None or request.first > agents else request.first,
        parallel=bounds.parallel(request, agents), retries=old.retries if anew.retries is None else anew.retries,
    )  # fmt: skip
    if router.hosts is not None:
        privacy.check(router.hosts, spec.variations, spec.mcp)
    check_local(request, spec.variations, backend, settings)
    check_variables(spec.mcp, backend, settings)
    made = order(earlier, spec)
    return replace(made, remarks=(*made.remarks, *crew.remarks))


def _request(old: RunSpec, anew: Anew) -> Request:
    """Returns what would have asked for the old run, with what is asked anew, apart from who works."""

    def apart(number: int | None) -> int | None:
        return None if old.escalates else number  # those who go on do so side by side

    limits = old.limits
    budget = old.share and old.share * len(old.variations)
    cost = None if limits.cost == old.share else limits.cost
    return Request(
        old.repository.url, anew.prompt, n=anew.n, models=anew.models, agents=Agents(anew.agents), temperature=anew.temperature,
        api_base=anew.api_base, parallel=anew.parallel or apart(old.parallel), first=anew.first or apart(old.first), retries=anew.retries,
        allow_local_shell=anew.allow_local_shell, briefing=Briefing(anew.roles),
        bounds=Bounds(
            anew.timeout or limits.seconds, limits.start_seconds, anew.max_steps or limits.steps, limits.tokens, limits.output,
            command_timeout=limits.command_seconds, max_cost=cost if anew.max_cost is None else anew.max_cost,
            budget=budget if anew.budget is None else anew.budget,
        ),
        checking=Checking(
            anew.verify or [f"{check.name}={check.command}" for check in old.checks], anew.setup or old.setup,
            old.baseline or not old.checks, old.verify_repeat, limits.check_seconds, old.verify_report,
        ),
    )  # fmt: skip


def _names_agents(anew: Anew) -> bool:
    return bool(anew.models or anew.agents or anew.roles or anew.temperature is not None or anew.api_base)


def _old_crew(earlier: Earlier, anew: Anew, settings: Settings) -> Crew:
    """The old run's agents, in turn if another number is asked for."""
    old = earlier.spec
    if all(each.model == MERGE for each in old.variations):
        raise usage(
            f"nobody worked on {old.id}, which is a merge", hint="say who goes on: --model NAME or --agent NAME"
        )
    counts.check_number(anew.n)
    count = len(old.variations) if anew.n is None else anew.n
    chosen = [replace(each, number=number) for number, each in enumerate(islice(cycle(old.variations), count), 1)]
    tasks = [_task(earlier, each, anew, settings) for each in chosen]
    variations = [
        replace(each, task=None if task == tasks[0] else task, prompt_name=None)
        for each, task in zip(chosen, tasks, strict=True)
    ]
    return Crew(tuple(variations), old.system, tasks[0], old.scripts)


def _task(earlier: Earlier, variation: VariationSpec, anew: Anew, settings: Settings) -> str:
    ours = variation.agent is None
    try:
        role = finding.shipped(finding.NEUTRAL) if ours else finding.find(variation.role, settings.roles_folder)
        briefed = Briefed(role, anew.prompt, ours, earlier=_done(earlier))
        return prompts.task_message(briefed, earlier.spec.repository, Variables())
    except AideatorError as error:
        name = f"{earlier.spec.id}/{variation.number}"
        raise usage(f"the role of {name} can't be told anew: {error.message}", hint="name one with --role") from error


def _new_crew(earlier: Earlier, request: Request, settings: Settings, router: Router) -> Crew:
    old = earlier.spec
    if not request.models and not request.agents.named:
        request = replace(request, agents=Agents(_named(old.variations, counted=request.n is None)))
    lineup = line_up(request, None, settings, router)
    return crew_of(old, request, lineup, earlier=_done(earlier))


def _named(variations: Sequence[VariationSpec], *, counted: bool) -> list[str]:
    """Returns the agents with their models as `--agent` names them."""
    names = [f"{each.agent_name or OWN}/{each.model}" for each in variations if each.model != MERGE]
    return [f"{name}:{names.count(name)}" if counted else name for name in dict.fromkeys(names)]


def _done(earlier: Earlier) -> str:
    return "\n\n".join(earlier.origin.prompts)


def _strict(own: Limits | None, limits: Limits) -> Limits | None:
    """Returns a role's own limits below those of the run."""
    if own is None:
        return None
    costs = [cost for cost in (own.cost, limits.cost) if cost is not None]
    return replace(
        limits, steps=min(own.steps, limits.steps), seconds=min(own.seconds, limits.seconds), cost=min(costs, default=None),
        tokens=own.tokens,
    )  # fmt: skip
