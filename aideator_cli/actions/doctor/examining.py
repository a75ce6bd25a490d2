"""`doctor`: independent checks run side by side, and their findings come in a fixed order. Then an agent is tried."""

from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import Future, wait
from dataclasses import field
from typing import TYPE_CHECKING, Final, cast

from aideator_agent.program import AgentProgram
from aideator_agent.values import frozen
from aideator_cli.actions.doctor import machine, program, trying
from aideator_cli.actions.doctor.trying import Asked, Doing, Wanted
from aideator_cli.actions.here import Here
from aideator_cli.actions.places import choose
from aideator_cli.domain.findings import BROKEN, Finding, broken, note
from aideator_cli.errors import AideatorError, ExitCode, command, usage
from aideator_cli.intake import configured_model, models, models_file
from aideator_cli.intake.request import Pod, Where
from aideator_cli.system.background import begun
from aideator_cli.system.settings import Settings

if TYPE_CHECKING:
    from aideator_cli.backends.kubernetes import KubernetesBackend
    from aideator_cli.backends.kubernetes.examination import Examination

_QUIET_SECONDS: Final = 1.0  # before it is said what is waited for
_LONGEST_SECONDS: Final = 3600.0
_Found = Iterator[Finding | Doing]


@frozen
class Examining:
    """What to examine. None means that the configuration decides."""

    terminal: machine.Terminal
    where: Where = field(default_factory=Where)
    pod: Pod = field(default_factory=Pod)
    model: str | None = None
    agent: str | None = None
    api_base: str | None = None
    asks: bool = False  # whether the model may be asked for a token, which costs money
    tries: bool = True  # whether a pod may be started
    names: Sequence[str] = ()  # that the pod is to resolve
    start_seconds: float = 60.0  # for the pod


def examine(here: Here, asked: Examining) -> Generator[Finding | Doing]:
    """Yields each finding as soon as it and those before it are known, and between them what takes time.

    Leaves nothing behind. Raises `AideatorError` (usage) for a wrong request.
    """
    _check(asked)
    settings = here.settings
    configuration = machine.configuration(settings)
    of_machine = [begun(machine.git), begun(machine.database, settings), begun(machine.terminal, asked.terminal)]
    place = None if configuration.state == BROKEN else _place(settings, asked)
    yield configuration
    yield from (check.result() for check in of_machine)
    if place is not None:
        yield from place


def _check(asked: Examining) -> None:
    if asked.asks and not asked.tries:
        raise usage("--yes and --no-pod can't be combined: the pod asks the model", "leave out one of them")
    if not 1 <= asked.start_seconds <= _LONGEST_SECONDS:
        raise usage(f"--start-timeout takes 1s to 1h, not {asked.start_seconds:.10g}s")


def model_named(here: Here, name: str | None, api_base: str | None) -> str | None:
    """Returns the model that `examine` would ask: the one that the user named, else the configured one, unless that is a script.

    Raises `AideatorError` (usage) if the user named an unknown one: nobody should be asked about it.
    """
    try:
        found = _model(here.settings, name, api_base)
        return None if found is None else name or configured_model.first(here.settings)
    except AideatorError:
        if name is not None:
            raise
        return None


def _place(settings: Settings, asked: Examining) -> _Found:
    """Begins with the first check of the place where agents would run. Returns its findings, and those that follow."""
    model = _model(settings, asked.model, asked.api_base)
    agent = _agent(settings, asked, model)
    try:
        backend = choose(asked.where, settings)
    except AideatorError as error:
        if error.code == ExitCode.USAGE:
            raise
        return iter([broken("kubeconfig", error)])
    if backend.name == "local":
        return _local(begun(machine.agents_here, settings, _needed(model)), settings, asked, model, agent)
    examination = cast("KubernetesBackend", backend).examination()
    return _cluster(begun(examination.server), examination, settings, asked, model, agent, backend.where)


def _local(
    first: Future[list[Finding]], settings: Settings, asked: Examining, model: Asked | None, agent: AgentProgram | None
) -> _Found:
    found = first.result()
    yield from found
    missing = program.missing_here(agent, settings) if agent else None
    if missing is not None:
        yield missing
    yield from trying.here(
        _wanted(settings, asked, model if _is_sound(found) else None, None if missing else agent), settings
    )
    yield from _unasked(asked, model)


def _cluster(
    first: Future[list[Finding]],
    examination: "Examination",
    settings: Settings,
    asked: Examining,
    model: Asked | None,
    agent: AgentProgram | None,
    where: str,
) -> _Found:
    if not wait([first], timeout=_QUIET_SECONDS).done:
        yield Doing(f"waiting for {where}")
    found = first.result()
    yield from found
    if not _is_sound(found):
        return
    secret = asked.pod.secret or settings.defaults.secret
    checks: list[Callable[[], list[Finding]]] = [
        lambda: examination.permissions(secret), examination.namespace, examination.quota, lambda: examination.keys(secret, _needed(model)),
        examination.network,
    ]  # fmt: skip
    waiting = [begun(check) for check in checks]
    yield examination.clock()
    sound = True
    for check in waiting:
        findings = check.result()
        sound = sound and _is_sound(findings)
        yield from findings
    if asked.tries and sound:
        yield from trying.in_pod(examination, _wanted(settings, asked, model, agent), settings)
    elif asked.tries:
        yield note("pod", "not tried, because of what is broken")
    elif agent is not None:
        yield note(program.PART, f"{agent.name} was not looked for: that takes a pod")
    yield from _unasked(asked, model)


def _unasked(asked: Examining, model: Asked | None) -> Iterator[Finding]:
    if model is not None and not asked.asks:
        name = model.info.name
        yield note("model", f"{name} was not asked whether it answers", command("doctor", "--model", name, "--yes"))


def _is_sound(findings: Sequence[Finding]) -> bool:
    return not any(finding.state == BROKEN for finding in findings)


def _wanted(settings: Settings, asked: Examining, model: Asked | None, agent: AgentProgram | None) -> Wanted:
    image = asked.pod.image or settings.defaults.image
    return Wanted(asked.pod, asked.start_seconds, asked.names, model if asked.asks else None, agent, image)


def _agent(settings: Settings, asked: Examining, model: Asked | None) -> AgentProgram | None:
    """Returns the program of the agent that is named or configured. Raises `AideatorError` (usage)."""
    name = asked.agent or settings.defaults.agent
    if name is None:
        return None
    named = model if asked.model else None  # the configured one is for the agents that can use it
    return program.program_of(name, named.info if named else None, named.api_base if named else None)


def _model(settings: Settings, name: str | None, api_base: str | None) -> Asked | None:
    """Raises `AideatorError` (usage) for an unknown model."""
    name = name or configured_model.first(settings)
    if name is None or name.startswith(models.SCRIPTED):
        return None
    api_base = api_base or settings.defaults.api_base
    if api_base is not None and not api_base.startswith(("http://", "https://")):
        raise usage(f"--api-base takes an http or https URL, not {api_base}")
    return Asked(
        models.resolve(name, api_base=api_base, overrides=models_file.load_overrides(settings.models_file)), api_base
    )


def _needed(model: Asked | None) -> Sequence[str]:
    """Returns the keys without which the model can't be asked."""
    return model.info.keys if model is not None and model.info.keys_required and model.api_base is None else ()
