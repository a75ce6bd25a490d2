"""Turns a `Request` into a `RunSpec`. It is parsed and checked here once; nothing parses its text again."""

import re
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast, get_args

from aideator_agent.mcp.server import McpServer
from aideator_agent.pod_settings import PodSettings
from aideator_agent.spec import Hidden, Limits, Note, Repository, Review, RunSpec, Search, VariationSpec
from aideator_agent.values import frozen
from aideator_cli.domain.ids import new_id
from aideator_cli.errors import AideatorError, not_found, unavailable, usage
from aideator_cli.intake import bounds, checks, cloning, matrix, mcp, models, models_file, pod, surroundings
from aideator_cli.intake.agents.installed import check_installed
from aideator_cli.intake.briefing import Brief
from aideator_cli.intake.identity import names
from aideator_cli.intake.lineup import Lineup, line_up
from aideator_cli.intake.matrix import Matrix
from aideator_cli.intake.repository import Located, is_url, locate
from aideator_cli.intake.request import Bounds, Request
from aideator_cli.intake.routing import privacy
from aideator_cli.intake.routing.router import Ask, Router, cascade, nothing_at_hand
from aideator_cli.intake.sending.pack import pack
from aideator_cli.intake.sending.packed import Packed
from aideator_cli.system.clock import now
from aideator_cli.system.configuration.repository import root_of
from aideator_cli.system.installation import adding
from aideator_cli.system.settings import Defaults, Settings

if TYPE_CHECKING:
    from aideator_cli.domain.memory import Memory
    from aideator_cli.intake import review

USUAL_RETRIES = 1
Recall = Callable[[Callable[[], Sequence[str]]], "list[Memory]"]  # takes what finds the names of a repository


def nothing_known(_names: Callable[[], Sequence[str]]) -> "list[Memory]":
    return []


@frozen
class Order:
    """A request that has been checked and can be carried out."""

    spec: RunSpec
    located: Located
    packed: Packed
    remarks: tuple[str, ...] = ()  # what the user should know before the run starts
    may_send_secrets: bool = False


@frozen
class _Read:
    """What the request's texts say, before the repository is looked at."""

    compared: "review.Range | None"
    brief: Brief
    checks: checks.Checks
    lineup: Lineup
    servers: tuple[McpServer, ...]
    git_secret: str | None
    shape: PodSettings
    env: dict[str, str]
    ca: str | None
    hosts: tuple[str, ...] | None  # the repository is private: only these may get its text
    remarks: tuple[str, ...]


def take(
    request: Request, backend: str, settings: Settings, ask: Ask = nothing_at_hand, recall: Recall = nothing_known
) -> Order:
    """`ask` tells which models are at hand, if one is to be chosen, and `recall` which notes there are on a repository.

    Raises `AideatorError` for every mistake that can be found before anything starts.
    """
    router, on_cluster = _router(request, backend, settings, ask), backend == "kubernetes"
    request = _escalating(request, router, settings)
    read = _read(request, backend, settings, router)
    notes = _notes(request, router, recall)
    brought = request.sending.brought
    if brought is not None:
        located, shown, packed = Located(request.repo, request.ref, brought.repository.base), None, brought
    else:
        located = locate(request.repo, _start(request, read.compared), from_pods=on_cluster, ca=read.ca)
        shown = _shown(read, located)
        packed = pack(
            located, request.sending, to_cluster=on_cluster, ca=read.ca, submodules=request.cloning.submodules
        )
    unseen = _hidden(request, read.checks, located)
    if unseen is not None:
        packed = packed.with_hidden(unseen[0], to_cluster=on_cluster)
    repository = replace(packed.repository, private=located.private)
    repository = cloning.part_of(repository, request.cloning, located.folder)
    spec = replace(_spec(request, settings.defaults, read, repository), review=shown, sent=packed.sent, notes=notes)
    if unseen is not None:
        spec = replace(spec, hidden=unseen[1], retries=spec.retries if on_cluster else 0)
    _check_patch(spec)
    remarks = (
        *packed.remarks,
        *_exposed(located, spec),
        *surroundings.remarks(read.env, read.shape.env_from),
        *(surroundings.not_reached(v.api_base for v in spec.variations) if on_cluster else ()),
        *_cut(shown),
        *read.remarks,
    )
    return Order(spec, located, packed, remarks, request.sending.secrets)


def check(request: Request, backend: str, settings: Settings, ask: Ask = nothing_at_hand) -> None:
    """Reads the request's texts, and looks at no repository. Raises `AideatorError` for a mistake in them."""
    router = _router(request, backend, settings, ask)
    _read(_escalating(request, router, settings), backend, settings, router)


def _read(request: Request, backend: str, settings: Settings, router: Router) -> _Read:
    table = None if request.matrix is None else _matrix(request, request.matrix, settings)
    compared = _compared(request)
    brief = Brief.of(request, table)
    bounds.check(request)
    _check_hidden(request, backend)
    asked = checks.parse(request.checking)
    lineup = line_up(request, brief.table(table), settings, router)
    variations = lineup.variations
    servers, told = _servers(request, lineup, settings)
    if router.hosts is not None:
        privacy.check(router.hosts, variations, servers, own_home=request.agents.own_home)
    check_local(request, variations, backend, settings)
    if not request.only_shown:
        check_variables(servers, backend, settings)
    if request.first is not None and not 1 <= request.first <= len(variations):
        raise usage(f"--first takes 1 to {len(variations)}, the run's variations, not {request.first}")
    git_secret = request.cloning.git_secret or (None if backend == "local" else settings.defaults.git_secret)
    cloning.check(request.cloning, request.repo, git_secret, backend=backend)
    shape = _shape(request, settings, backend, checked=bool(asked.checks or asked.hidden))
    env, ca = _surroundings(request, variations, settings)
    remarks = (*brief.remarks(lineup.cells), *lineup.remarks, *told)
    return _Read(compared, brief, asked, lineup, servers, git_secret, shape, env, ca, router.hosts, remarks)


def _router(request: Request, backend: str, settings: Settings, ask: Ask) -> Router:
    on_cluster = backend == "kubernetes"
    root = None if is_url(request.repo) else root_of(Path(request.repo))
    router = Router(
        settings.config_folder, partial(names, request.repo), root, on_cluster=on_cluster, prompt=request.prompt or "",
        escalates=bool(request.escalate), ask=ask,
    )  # fmt: skip
    if not (request.private or privacy.is_private(root)):
        return router
    return replace(router, hosts=router.policies.hosts(on_cluster=on_cluster))


def _notes(request: Request, router: Router, recall: Recall) -> tuple[Note, ...]:
    if not request.briefing.memory or not (memories := recall(lambda: router.repositories)):
        return ()
    from aideator_cli.intake.remembering import picked

    return picked(memories, "\n".join([request.prompt or "", request.issue.text if request.issue else ""]))


def _escalating(request: Request, router: Router, settings: Settings) -> Request:
    """A cascade is a run whose variations are tried one after the other, until one has succeeded."""
    if not request.escalate:
        return request
    for option, value in (
        ("--model", request.models), ("-n", request.n), ("--matrix", request.matrix), ("--first", request.first),
        ("--max-parallel", request.parallel), ("--answer", request.question.answer),
    ):  # fmt: skip
        if value:
            raise usage(
                f"{option} conflicts with --escalate, which says what is tried, one after the other",
                f"leave out {option}",
            )
    if not (request.checking.verify or request.checking.hidden_verify):
        raise usage("--escalate needs checks: only they tell whether the next model is tried", "add --verify CMD")
    steps = cascade(request.escalate, router.policies, partial(_is_model, request, settings))
    if len(steps) < 2 and not re.search(r":\d+$", steps[0]):
        raise usage("--escalate needs at least two steps", "for example: --escalate cheap,best")
    return replace(request, models=steps, parallel=1, first=1)


def _is_model(request: Request, settings: Settings, name: str) -> bool:
    api_base, overrides = (
        request.api_base or settings.defaults.api_base,
        models_file.load_overrides(settings.models_file),
    )
    try:
        models.resolve(name, api_base=api_base, overrides=overrides)
    except AideatorError:
        return False
    return True


def _check_hidden(request: Request, backend: str) -> None:
    if request.checking.hides:
        from aideator_cli.intake import hidden

        hidden.check(request, backend)


def _hidden(request: Request, asked: checks.Checks, located: Located) -> tuple[bytes, Hidden] | None:
    folder, contents = request.checking.hidden, request.checking.unseen
    if not (folder or contents or asked.hidden):
        return None
    from aideator_cli.intake import hidden

    if folder is not None:
        contents = hidden.files(folder, located)
    return hidden.pack(contents or {}, asked, located)


def _spec(request: Request, defaults: Defaults, read: _Read, repository: Repository) -> RunSpec:
    agents = len(read.lineup.variations)
    messages = read.brief.messages(repository, read.lineup.cells)
    limits = bounds.limits(request, agents)
    return RunSpec(
        id=new_id(),
        submission_id=str(uuid.uuid4()),
        created=now(),
        repository=repository,
        prompt=read.brief.whole,
        variations=_variations(request.bounds, read.lineup, messages.tasks, limits),
        limits=limits,
        share=None if request.bounds.budget is None else request.bounds.budget / agents,
        system=messages.system,
        task=messages.task,
        answer=request.question.answer,
        issue=request.issue,
        scripts=read.lineup.scripts,
        checks=read.checks.checks,
        setup=read.checks.setup,
        baseline=read.checks.baseline and not request.question.answer,
        verify_repeat=read.checks.verify_repeat,
        allow_change=read.checks.allow_change,
        max_file=request.bounds.max_file,
        signals=request.checking.signals,
        verify_report=read.checks.verify_report,
        image=request.pod.image or defaults.image,
        agent_image=request.pod.agent_image or defaults.agent_image,
        secret=request.pod.secret or defaults.secret,
        env=read.env,
        ca=read.ca,
        pod=read.shape,
        parallel=bounds.parallel(request, agents),
        git_secret=read.git_secret,
        first=request.first,
        withhold_secrets=request.sending.withhold or defaults.withhold_secrets,
        mcp=read.servers,
        search=_search(request.search),
        retries=USUAL_RETRIES if request.retries is None else request.retries,
        model_hosts=read.hosts,
        escalates=bool(request.escalate) and agents > 1,
    )


def _variations(
    asked: Bounds, lineup: Lineup, tasks: Sequence[str | None], limits: Limits
) -> tuple[VariationSpec, ...]:
    return tuple(
        replace(each, task=task, limits=cell.role.limited(limits), context=asked.context_window or each.context)
        for each, task, cell in zip(lineup.variations, tasks, lineup.cells, strict=True)
    )


def _shape(request: Request, settings: Settings, backend: str, *, checked: bool) -> PodSettings:
    if backend == "local":
        return PodSettings()
    for option, value in pod.options(request.pod).items():
        if value and option.startswith("--check-") and not checked:
            raise usage(
                f"{option} is for the container that runs the checks, and the run has none", hint="add --verify"
            )
    return pod.settings(request.pod, request.surroundings.env_from, settings.defaults)


def _check_patch(spec: RunSpec) -> None:
    """Makes the pod once: the patch must fit it, and leave the isolation as it is."""
    if spec.pod.patch is not None:
        from aideator_cli.backends.kubernetes import manifests

        placement = manifests.Placement("default", "user", spec.secret or manifests.DEFAULT_SECRET)
        manifests.job(spec, spec.variations[0], placement)


def _surroundings(
    request: Request, variations: Sequence[VariationSpec], settings: Settings
) -> tuple[dict[str, str], str | None]:
    asked, defaults = request.surroundings, settings.defaults
    keys = {*models.provider_keys(), *(key for variation in variations for key in variation.keys)}
    env = surroundings.variables((*defaults.env, *asked.env), keys)
    return env, surroundings.authorities(asked.ca or (Path(defaults.ca) if defaults.ca else None))


def _compared(request: Request) -> "review.Range | None":
    if request.question.diff is None:
        return None
    from aideator_cli.intake import review

    return review.parsed(request.question.diff)


def _shown(read: _Read, located: Located) -> Review | None:
    if read.compared is None:
        return None
    from aideator_cli.intake import review

    return review.review(read.compared, located, read.ca)


def _start(request: Request, compared: "review.Range | None") -> str | None:
    """Returns the ref that the agents begin with. For a difference that is its end."""
    if compared is None:
        return request.ref
    for option, value in (("--ref", request.ref), ("--dirty", request.sending.dirty)):
        if value:
            raise usage(
                f"{option} can't be combined with --diff: the agents begin with {compared.last}, the end of {compared.text}",
                hint=f"leave out {option}",
            )
    return None if compared.last == "HEAD" else compared.last


def _exposed(located: Located, spec: RunSpec) -> tuple[str, ...]:
    if located.folder is None:  # nothing of it is on this machine
        return ()
    from aideator_cli.intake.sending import exposed

    return exposed.remarks(located, spec)


def _cut(shown: Review | None) -> tuple[str, ...]:
    if shown is None or shown.whole:
        return ()
    from aideator_cli.intake import review

    return (
        f"the difference {shown.range} is longer than {review.MOST_BYTES // 1000} kB; the agents are shown its beginning",
    )


def _matrix(request: Request, written: Path | Mapping[str, Any], settings: Settings) -> Matrix:
    """Each setting comes from the file or from the command line, never from both."""
    if isinstance(written, Path):
        found, path = matrix.load(written, settings.roles_folder), str(written)
    else:
        found, path = matrix.given(written, settings.roles_folder), "the matrix"
    for named, option, value in (
        ("prompts", "PROMPT", found.prompts and request.prompt),
        ("models", "--model", found.models and request.models),
        ("agents", "--agent", found.agents and (request.agents.named or request.agents.command)),
        ("temperatures", "--temperature", found.temperatures and request.temperature is not None),
        ("roles", "--role", found.roles and request.briefing.roles),
    ):
        if value:
            raise usage(
                f"{option} conflicts with {path}, which has its own {named}",
                hint=f"leave out {option}, or remove {named} from the file",
            )
    if request.n is not None:
        raise usage("-n can't be combined with --matrix", hint=f"write n: {request.n} into {path}")
    return found


def _servers(request: Request, lineup: Lineup, settings: Settings) -> tuple[tuple[McpServer, ...], tuple[str, ...]]:
    servers, told = mcp.load(request.briefing.mcp or [Path(each) for each in settings.defaults.mcp])
    for role in dict.fromkeys(cell.role for cell in lineup.cells):
        role.check_tools([server.name for server in servers])
    return servers, (*told, *mcp.deaf(servers, lineup.variations, request.search))


def _search(asked: str) -> Search:
    if asked not in get_args(Search):
        raise usage(f"--search takes own, all or none, not {asked}")
    return cast(Search, asked)


def check_variables(servers: Sequence[McpServer], backend: str, settings: Settings) -> None:
    """On this machine what an MCP server needs must be there. On a cluster the backend looks into the Secret."""
    missing = [(server, name) for server in servers for name in server.required if not settings.key(name)]
    if missing and backend == "local":
        server, name = missing[0]
        raise not_found(f"MCP server {server.name} needs {name} in the environment", hint=models.set_key(name))


def check_local(request: Request, variations: Sequence[VariationSpec], backend: str, settings: Settings) -> None:
    """On this machine a real model needs its key, and permission to run commands as the user."""
    real = [v for v in variations if not v.model.startswith(models.SCRIPTED)]
    if backend != "local":
        if request.agents.own_home:
            raise usage(
                "--agent-home applies only to this machine, not to a cluster", hint="leave it out, or --backend local"
            )
        return
    for option, value in {**pod.options(request.pod), "--env-from": request.surroundings.env_from}.items():
        if value:
            raise usage(
                f"{option} applies only to a cluster, not to --backend local",
                hint="leave it out, or --backend kubernetes",
            )
    if not real or request.only_shown:
        return
    check_installed([v.agent for v in real if v.agent], settings.environment)
    for variation in (v for v in real if not (v.agent and v.agent.home)):
        missing = [key for key in variation.keys if not settings.key(key)]
        if missing and variation.api_base is None:
            raise not_found(
                f"{variation.model} needs {' and '.join(missing)} in the environment",
                hint=models.set_key(missing[0]),
            )
    if not (request.allow_local_shell or settings.defaults.allow_local_shell):
        raise usage(
            f"the commands of {real[0].model} would run on this machine as you, with access to your files",
            hint="allow it with --allow-local-shell (or allow_local_shell = true in config.toml), or run in pods with --backend kubernetes",
        )
    own = next((v.model for v in real if v.agent is None), None)
    if own and find_spec("litellm") is None:
        raise unavailable(f"asking {own} on this machine needs LiteLLM, which is not installed", adding("models"))
