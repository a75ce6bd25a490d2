"""Tries an agent without a run: a pod on the cluster, or a process here. It says its version, resolves names, and may ask a model."""

import subprocess
import sys
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from aideator_agent.program import AgentProgram
from aideator_agent.spec import SPEC_VERSION, Limits, Repository, RunSpec, VariationSpec
from aideator_agent.values import frozen
from aideator_cli import __version__
from aideator_cli.actions.doctor import program
from aideator_cli.backends.base import Status
from aideator_cli.domain.findings import BROKEN, NOTE, Finding, broken, ok
from aideator_cli.domain.ids import new_id
from aideator_cli.domain.trial import Trial, said_in
from aideator_cli.errors import AideatorError, Hint, command
from aideator_cli.intake import pod, surroundings
from aideator_cli.intake.models import ModelInfo, provider_keys
from aideator_cli.intake.request import Pod
from aideator_cli.system.clock import now
from aideator_cli.system.settings import Settings
from aideator_cli.text.figures import cost, duration

if TYPE_CHECKING:
    from aideator_cli.backends.kubernetes.examination import Examination

_REBUILD: Final = (command("image", "build"), " and ", command("image", "load"), ", or name another with --agent-image")
_MENDS: Final[dict[str, Hint]] = {
    "image": _REBUILD,
    "secret": (command("secret", "set", "NAME"), " stores the key"),
    "quota": "wait for other pods to end, or ask for more",
    "policy": "ask the namespace's owner to allow pods like AIdeator's (docs/kubernetes.md)",
    "unschedulable": "add a node that fits, or wait for one",
}
# What keeps the pod waiting, in short: the finding tells it whole
_HELD_UP: Final = {
    "image": "the image can't be pulled so far",
    "secret": "a key is missing so far",
    "quota": "the quota has no room so far",
    "config": "the pod can't be set up so far",
    "policy": "the pod is refused so far",
    "start_error": "the pod can't start so far",
    "unschedulable": "no node fits so far",
}
OF_CLUSTER: Final = "kubernetes.default.svc"  # the cluster's own name for its API server
_LOCAL_SECONDS: Final = 180


@frozen
class Doing:
    """What is waited for, for a person."""

    text: str


@frozen
class Asked:
    """The model to ask for one token."""

    info: ModelInfo
    api_base: str | None


@frozen
class Wanted:
    """The trial that is asked for."""

    pod: Pod
    start_seconds: float
    names: Sequence[str] = ()  # to be resolved; empty: the cluster's own
    asked: Asked | None = None
    program: AgentProgram | None = None  # of the agent to greet
    image: str | None = None  # in which it is; None: AIdeator's own


def in_pod(examination: "Examination", wanted: Wanted, settings: Settings) -> Iterator[Finding | Doing]:
    from aideator_cli.backends.kubernetes.manifests import agent_image

    try:
        spec = _spec(wanted, settings)
        image = agent_image(spec)
        yield Doing(f"starting a pod from {image}")
        for told in examination.trial(spec, _arguments(spec, wanted, wanted.names or (OF_CLUSTER,))):
            if isinstance(told, Trial):
                yield from findings_of(told, wanted, image)
            elif told.state != "ended":
                yield Doing(_doing(told, wanted))
    except AideatorError as error:
        yield broken("pod", error)


def here(wanted: Wanted, settings: Settings) -> Iterator[Finding | Doing]:
    """Greets the agent and asks the model from this machine, as a run on the local backend would."""
    if wanted.asked is None and wanted.program is None:
        return
    yield Doing(_waited_for(wanted))
    words = [sys.executable, "-m", "aideator_agent", *_arguments(_spec(wanted, settings), wanted, ())]
    keys = {name: found for name in wanted.asked.info.keys if (found := settings.key(name))} if wanted.asked else {}
    environment = {**settings.environment, **keys}
    said: Mapping[str, Any] = {}
    silence = {"error": "AIdeator's own program for agents failed"}
    try:
        done = subprocess.run(words, capture_output=True, env=environment, timeout=_LOCAL_SECONDS, check=False)
        said = said_in(done.stdout.splitlines()) or {}
    except subprocess.TimeoutExpired:
        silence = {"error": f"no answer within {_LOCAL_SECONDS} s"}
    if wanted.program is not None:
        yield program.finding(_mapping(said.get("program")) or silence, wanted.program, "on this machine")
    if wanted.asked is not None:
        yield _model(_mapping(said.get("model")) or silence, wanted.asked)


def _spec(wanted: Wanted, settings: Settings) -> RunSpec:
    """Returns the spec of a run that asks nothing: its pod, surroundings and model are those of a real one. Raises `AideatorError`."""
    defaults, asked = settings.defaults, wanted.asked
    model = VariationSpec(1, "doctor")
    if asked is not None:
        price = asked.info.price if asked.info.price_overridden else None
        model = VariationSpec(1, asked.info.name, api_base=asked.api_base, keys=asked.info.keys, price=price)
    model = replace(model, agent=wanted.program)
    return RunSpec(
        id=new_id(),
        submission_id=str(uuid.uuid4()),
        created=now(),
        repository=Repository(""),
        prompt="",
        variations=(model,),
        limits=Limits(start_seconds=wanted.start_seconds),
        image=wanted.pod.image or defaults.image,
        agent_image=wanted.pod.agent_image or defaults.agent_image,
        secret=wanted.pod.secret or defaults.secret,
        env=surroundings.variables(defaults.env, provider_keys()),
        ca=surroundings.authorities(Path(defaults.ca) if defaults.ca else None),
        pod=pod.settings(wanted.pod, (), defaults),
    )


def _arguments(spec: RunSpec, wanted: Wanted, names: Sequence[str]) -> list[str]:
    resolve = [f"--resolve={name}" for name in names]
    asks = [*(["--greet"] if wanted.program else []), *(["--ask"] if wanted.asked else [])]
    return ["--trial", *resolve, *asks, *([f"--spec={spec.to_json()}"] if asks else [])]


def _doing(status: Status, wanted: Wanted) -> str:
    return (_waited_for(wanted) if status.state == "running" else "") or _HELD_UP.get(status.reason) or status.text


def _waited_for(wanted: Wanted) -> str:
    greets = f"greeting {wanted.program.name}" if wanted.program else ""
    asks = f"asking {wanted.asked.info.name} for one token" if wanted.asked else ""
    return ", and ".join(part for part in (greets, asks) if part)


def findings_of(trial: Trial, wanted: Wanted, image: str) -> Iterator[Finding]:
    """What the image's program says is foreign: it may be anything."""
    if trial.said is None:
        yield _not_started(trial, wanted, image)
        return
    yield ok("pod", f"started from {image} and ended after {duration(trial.seconds)}")
    yield _image(trial.said, image)
    resolved = trial.said.get("resolved")
    yield from (_name(_mapping(each), wanted) for each in (resolved if isinstance(resolved, list) else ()))
    if wanted.program is not None:
        where = f"in {wanted.image}" if wanted.image else "in AIdeator's own image, for want of --image"
        yield program.finding(_mapping(trial.said.get("program")), wanted.program, where)
    if wanted.asked is not None:
        yield _model(_mapping(trial.said.get("model")) or {"error": "the agent said nothing"}, wanted.asked)


def _not_started(trial: Trial, wanted: Wanted, image: str) -> Finding:
    if trial.older:
        text = f"{image} holds an agent that does not know `doctor`: it is of an older AIdeator than {__version__}"
        return Finding("image", BROKEN, text, _REBUILD)
    if trial.reason in ("error", "completed"):
        return Finding("image", BROKEN, f"{image} is not an image of AIdeator's agent: {trial.text}", _REBUILD)
    if trial.reason == "start_error" and "--agent-image" in trial.text:
        return Finding("image", BROKEN, trial.text, _REBUILD)
    mend = _MENDS.get(trial.reason)
    if trial.reason == "image" and wanted.pod.image and wanted.pod.image in trial.text:
        mend = "name another image with --image, or one that the cluster can pull"
    return Finding(
        "pod", BROKEN, f"a pod from {image} did not run within {duration(trial.seconds)}: {trial.text}", mend
    )


def _image(said: Mapping[str, Any], image: str) -> Finding:
    agent, spec = str(said.get("agent")), said.get("spec")
    if agent == __version__:
        return ok("image", f"{image} holds the agent of this version, {agent}")
    text = f"{image} holds agent {agent}, and this is aideator {__version__}"
    if spec != SPEC_VERSION:
        return Finding("image", BROKEN, f"{text}: they don't fit together (spec {spec} and {SPEC_VERSION})", _REBUILD)
    return Finding("image", NOTE, f"{text}: they still fit together", _REBUILD)


def _name(resolved: Mapping[str, Any], wanted: Wanted) -> Finding:
    name = str(resolved.get("name"))
    if "error" not in resolved:
        return ok("names", f"the pod resolves {name} to {_addresses(resolved)}")
    text = f"the pod can't resolve {name}: {resolved['error']}"
    mend = "check the cluster's DNS, and that a NetworkPolicy allows port 53"
    return Finding("names", BROKEN if wanted.names else NOTE, text, mend)


def _addresses(resolved: Mapping[str, Any]) -> str:
    found = resolved.get("addresses")
    return ", ".join(map(str, found)) if isinstance(found, list) and found else "nothing"


def _model(answer: Mapping[str, Any], asked: Asked) -> Finding:
    name = asked.info.name + (f" at {asked.api_base}" if asked.api_base else "")
    if "output" in answer:
        price, seconds = _number(answer.get("cost")), _number(answer.get("seconds"))
        return ok("model", f"{name} answered in {duration(seconds or 0.0)} ({cost(price)})")
    refused = answer.get("fault") == "KeyRefused" and asked.info.keys
    mend = command("secret", "set", asked.info.keys[0]) if refused else None
    return Finding("model", BROKEN, f"{name} does not answer: {answer.get('error')}", mend)


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _number(value: object) -> float | None:
    return value if isinstance(value, (int, float)) else None
