"""Who works on a run that takes over the settings of an earlier one, and what each is told."""

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from aideator_agent.spec import RunSpec, VariationSpec
from aideator_agent.values import frozen
from aideator_cli.domain.result import OWN
from aideator_cli.intake import bounds, prompts
from aideator_cli.intake.identity import of_run
from aideator_cli.intake.lineup import Lineup
from aideator_cli.intake.prompts import Briefed
from aideator_cli.intake.request import Request
from aideator_cli.intake.routing import privacy
from aideator_cli.intake.routing.router import Ask, Router
from aideator_cli.intake.variables import Variables
from aideator_cli.system.settings import Settings


@frozen
class Crew:
    variations: tuple[VariationSpec, ...]
    system: Mapping[str, str]  # role -> system message
    task: str
    scripts: Mapping[str, list[dict[str, Any]]]
    remarks: tuple[str, ...] = ()


def router_of(old: RunSpec, path: Path | None, backend: str, settings: Settings, prompt: str, ask: Ask) -> Router:
    """Returns what chooses models on the repository of the run `old`, which may have become private since.

    `path`: the working tree where that run began.
    """
    on_cluster = backend == "kubernetes"
    hosts = privacy.hosts_now(old.model_hosts, path, settings.config_folder, on_cluster=on_cluster)
    names = partial(of_run, old.repository.url, path)
    return Router(settings.config_folder, names, path, hosts, on_cluster, prompt, ask=ask)


def crew_of(old: RunSpec, request: Request, lineup: Lineup, *, asks: bool = False, earlier: str = "") -> Crew:
    """Returns the variations with what they are told.

    `asks`: whether they can ask other roles; `earlier`: what the work that they begin with was done for. Raises `AideatorError` (usage).
    """
    briefed = [
        Briefed(
            cell.role, request.prompt or "", cell.worker.agent == OWN, request.question.answer, old.search != "none",
            asks and _takes_tools(each), earlier,
        )
        for each, cell in zip(lineup.variations, lineup.cells, strict=True)
    ]  # fmt: skip
    messages = prompts.messages(old.repository, briefed, Variables())
    for role in dict.fromkeys(cell.role for cell in lineup.cells):
        role.check_tools([server.name for server in old.mcp])
    limits = bounds.limits(request, len(lineup.variations))
    variations = tuple(
        replace(each, task=task, limits=cell.role.limited(limits))
        for each, task, cell in zip(lineup.variations, messages.tasks, lineup.cells, strict=True)
    )
    return Crew(variations, messages.system, messages.task, lineup.scripts, lineup.remarks)


def _takes_tools(variation: VariationSpec) -> bool:
    """Whether AIdeator can give its agent a tool."""
    return variation.agent is None or variation.agent.protocol == "acp"
