"""What a server does for a command line: it starts the run or the team, or says what it would start, and tries again."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, fields, is_dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from aideator_agent.spec import RunSpec
from aideator_agent.values import frozen
from aideator_cli.actions.adopting import adopt
from aideator_cli.actions.estimating import Estimate
from aideator_cli.actions.finding import Named
from aideator_cli.actions.here import Here
from aideator_cli.actions.merging import Merging
from aideator_cli.actions.shipping import (
    Shipment,
    bring_snapshot,
    keep_snapshot,
    ship,
    ship_hidden,
    shipment,
)
from aideator_cli.actions.starting import unconfirmed
from aideator_cli.actions.stats import Counting, Stats
from aideator_cli.backends.server.address import is_this_machine
from aideator_cli.backends.server.backend import ServerBackend, spec_of
from aideator_cli.domain.runs import StoredRun
from aideator_cli.domain.teams import TeamRun, first_run
from aideator_cli.errors import AideatorError, ExitCode, command, not_found, unavailable, usage
from aideator_cli.intake import surroundings
from aideator_cli.intake.matrix import as_sent
from aideator_cli.intake.models import provider_keys
from aideator_cli.intake.repository import is_url
from aideator_cli.intake.request import Anew, Request
from aideator_cli.stream.following import look

if TYPE_CHECKING:
    from aideator_cli.system.settings import Settings

# Each part of a request that a server takes, and the field of its API
_FIELDS: Final[Mapping[str, str]] = {
    "repo": "repository", "prompt": "prompt", "n": "n", "models": "models", "agents.named": "agents",
    "temperature": "temperature", "temperatures": "temperatures", "api_base": "api_base", "ref": "ref",
    "allow_local_shell": "allow_local_shell", "parallel": "max_parallel", "first": "first", "retries": "retries",
    "bounds.timeout": "timeout", "bounds.start_timeout": "start_timeout", "bounds.max_steps": "max_steps",
    "bounds.max_tokens": "max_tokens", "bounds.max_cost": "max_cost", "bounds.budget": "budget",
    "checking.verify": "verify", "checking.setup": "setup", "checking.baseline": "baseline", "checking.repeat": "repeat",
    "checking.timeout": "verify_timeout", "checking.report": "report", "checking.allow_change": "allow_change",
    "pod.image": "image", "cloning.subdir": "subdir", "cloning.depth": "depth", "cloning.sparse": "sparse",
    "cloning.submodules": "submodules", "question.answer": "answer", "question.diff": "diff", "briefing.roles": "roles",
    "briefing.variables": "variables", "briefing.memory": "memory", "escalate": "escalate", "private": "private",
    "matrix": "matrix", "issue": "issue", "surroundings.env": "env", "checking.hidden": "hidden",
    "checking.hidden_verify": "hidden_verify",
}  # fmt: skip
_ANEW: Final[Mapping[str, str]] = {"parallel": "max_parallel"}  # of what a run that goes on is asked
_UNSAID: Final = frozenset({"sending.secrets", "only_shown"})  # they say nothing about the run
_SENT: Final = frozenset({"sending.dirty", "ref", "repo"})  # a shipment says them
_OPTIONS: Final[Mapping[str, str]] = {
    "agents.command": "agent-command", "agents.own_home": "agent-home", "checking.signals": "no-signals",
    "sending.withhold": "withhold-secrets", "briefing.variable_files": "var-file", "pod.patch": "pod-patch",
    "pod.placing.tolerations": "toleration", "pod.identity.image_pull_secrets": "image-pull-secret",
    "pod.identity.labels": "label", "pod.identity.annotations": "annotation",
}  # fmt: skip


def start(
    here: Here, request: Request, server: ServerBackend, sent: Shipment | None = None, *, many: bool = False
) -> StoredRun:
    """Returns the run as soon as the server's agents are accepted. `many`: a matrix may start more than 20.

    `sent`: what the user has agreed to send; None: what has to be sent is sent unless it looks like a secret. Raises `AideatorError` if
    nothing was started.
    """
    sent = sent or agreed(request, shipment(request, server))
    body = body_of(request, here.settings, server, sent)
    if sent is not None:
        bring_snapshot(sent)
    run = server.start({**body, "many": True} if many else body)
    found = _adopted(here, server, run, sent.path if sent else None)
    if sent is not None:
        keep_snapshot(here, found.spec.id, sent)
    return found


def continue_run(here: Here, named: Named, anew: Anew, server: ServerBackend) -> StoredRun:
    """Starts a run there that goes on from a variation of the server's. As `start`."""
    if not anew.prompt.strip():
        raise usage("no prompt is given", hint=command("continue", named.name, "What is still to do"))
    usual = dict(_leaves(Anew()))
    body = {_ANEW.get(part, part): value for part, value in _leaves(anew) if value != usual[part]}
    if named.variation is not None:
        body["variation"] = named.variation
    return _adopted(here, server, server.continue_run(named.run.spec.id, body))


def merge(here: Here, merging: Merging, server: ServerBackend) -> StoredRun:
    """Starts a run there that checks the merge of variations that it has. As `start`."""
    names = [each.name for each in merging.sources]
    return _adopted(
        here, server, server.merge({"variations": names, "only": list(merging.only), "take": list(merging.take)})
    )


def agreed(request: Request, sent: Shipment | None) -> Shipment | None:
    """Raises `AideatorError` (usage) if files would be sent that look like secrets, and the request does not allow it."""
    if sent is not None and sent.suspects and not request.sending.secrets:
        raise unconfirmed(sent.suspects)
    return sent


def _adopted(here: Here, server: ServerBackend, run: str, path: Path | None = None) -> StoredRun:
    with _begun(server, "run", run):
        record = server.record(run, patient=True)
    adopt(here, server, spec_of(record, server.where), path=path)
    found = here.store.run(run)
    if found is None:
        raise not_found(f"run {run} was deleted while it was being started")
    return found


@contextmanager
def _begun(server: ServerBackend, what: str, id_: str) -> Iterator[None]:
    """Names what is at work if the server can't be asked for it any more."""
    try:
        yield
    except AideatorError as error:
        if error.code != ExitCode.UNAVAILABLE:
            raise
        raise unavailable(
            f"{what} {id_} is at work on {server.where}, but is not known here: {error.message}",
            hint=(command("watch", id_, "--server", server.client.url), " shows it once the server answers"),
        ) from error


def start_team(here: Here, request: Request, server: ServerBackend, word: str, sent: Shipment | None = None) -> TeamRun:
    """As `start`, for the team that a user's word names here. Another than a shipped one is sent to the server."""
    from aideator_cli.actions.teams.mirroring import take
    from aideator_cli.actions.teams.starting import check_request

    check_request(request)
    sent = sent or agreed(request, shipment(request, server))
    body = _team_body(here, request, server, word, sent)
    if sent is not None:
        bring_snapshot(sent)
    begun = server.start_team(body)
    with _begun(server, "team", begun):
        team = take(here, server, server.team_record(begun, patient=True))
    if sent is not None:
        keep_snapshot(here, first_run(team.id), sent)
    return team


@frozen
class DrawnTeam:
    """What a server would start: `record` is as `--json` has it."""

    record: Mapping[str, Any]
    agents: int  # at most
    cost: float | None  # USD, at most; None: nothing limits it
    lacks: str | None  # why it can't be started yet


def draw_team(
    here: Here, request: Request, server: ServerBackend, word: str, sent: Shipment | None = None
) -> DrawnTeam:
    """Raises `AideatorError` for what the server would not start, but for what is only lacking. `sent`: as for `start`."""
    from aideator_cli.actions.teams.starting import check_request

    check_request(request)
    sent = sent or agreed(request, shipment(request, server))
    told = server.dry_run_team(_team_body(here, request, server, word, sent))
    with server.client.understanding():
        lacks, cost = told.get("lacks"), told["most"]["cost"]
        return DrawnTeam(
            told,
            int(told["most"]["agents"]),
            None if cost is None else float(cost),
            None if lacks is None else str(lacks),
        )


def _team_body(here: Here, request: Request, server: ServerBackend, word: str, sent: Shipment | None) -> dict[str, Any]:
    named = _named(word, request, server)  # before anything is sent
    return {**body_of(request, here.settings, server, sent), **named}


def _named(word: str, request: Request, server: ServerBackend) -> dict[str, str]:
    """Returns the fields that name the team, or hold its stages."""
    from aideator_cli.actions.teams.starting import found
    from aideator_cli.intake.teams import finding
    from aideator_cli.system.yaml_file import read_text

    team = found(word, request.repo)
    if team.place == finding.SHIPPED:
        return {"team": team.name}
    path = Path(team.place).absolute()
    text = read_text(path, "team")
    try:
        finding.sent(text, team.name)
    except AideatorError:  # it names files, which only this machine has
        if finding.is_path(word) and is_this_machine(server.client.url):
            return {"team": str(path)}
        raise
    return {"team": team.name, "stages": text}


@frozen
class Drawn:
    """What a server would start. `manifests` is None if its agents would be processes there."""

    spec: RunSpec
    estimate: Estimate
    manifests: Sequence[Mapping[str, Any]] | None
    remarks: Sequence[str]


def draw(here: Here, request: Request, server: ServerBackend, sent: Shipment | None = None) -> Drawn:
    """Raises `AideatorError` for what the server would not start. `sent`: as for `start`."""
    sent = sent or agreed(request, shipment(request, server))
    told = server.dry_run(body_of(request, here.settings, server, sent))
    with server.client.understanding():
        found = told["manifests"]
        manifests = None if found is None else [dict(each) for each in found]
        made, remarks = Estimate.from_json(told["estimate"]), [str(each) for each in told["remarks"]]
    own = sent.packed.remarks if sent else ()
    return Drawn(spec_of(told, server.where), made, manifests, [*own, *remarks])


def body_of(
    request: Request, settings: "Settings", server: ServerBackend, sent: Shipment | None = None
) -> dict[str, Any]:
    """Returns what the server's API takes, and sends it what is to be sent. Raises `AideatorError` (usage) for what it does not take."""
    if isinstance(request.matrix, Path):
        request = replace(request, matrix=as_sent(request.matrix))
    request = _with_defaults(request, settings)
    usual = dict(_leaves(Request("", "")))
    body: dict[str, Any] = {}
    unsaid = _UNSAID if sent is None else _UNSAID | _SENT
    for part, value in _leaves(request):
        if value == usual.get(part) or part in unsaid:
            continue
        if part not in _FIELDS:
            raise _untaken(part, server)
        body[_FIELDS[part]] = list(value) if isinstance(value, tuple | list) else value
    if "prompt" not in body and "issue" not in body and "prompts" not in body.get("matrix", ()):
        raise usage("no prompt is given", hint='aideator run REPO "What to do"')
    if "variables" in body:
        body["variables"] = dict(each.partition("=")[::2] for each in body["variables"])
    if request.issue is not None:
        body["issue"] = asdict(request.issue)
    if "env" in body:
        body["env"] = _env(request)
    if "hidden" in body:
        body["hidden"] = ship_hidden(request, server)
    return {**body, **({"repository": _repository(request.repo, server)} if sent is None else ship(sent, server))}


def remarks(request: Request) -> tuple[str, ...]:
    """Returns what the user should know of a request before it is sent. Raises `AideatorError` (usage) for variables that can't be."""
    return surroundings.remarks(_env(request), ())


def _env(request: Request) -> dict[str, str]:
    return surroundings.variables(request.surroundings.env, provider_keys())


def retry(
    here: Here, run: StoredRun, server: ServerBackend, variation: int | None, *, force: bool, fresh: bool
) -> tuple[int, ...]:
    """Returns the variations that the server tries again."""
    look(run.spec, server, here.store)
    before = {result.variation: result for result in here.store.results(run.spec.id)}
    server.retry(run.spec.id, variation, force=force, fresh=fresh)
    record = server.record(run.spec.id)
    with server.client.understanding():
        again = [
            told["variation"] for told in record["results"]
            if before[told["variation"]].ended and (told["outcome"] == "running" or told["attempt"] != before[told["variation"]].attempt)
        ]  # fmt: skip
        counts = {int(number): int(count) for number, count in record["submissions"].items()}
    here.store.reopen(run.spec.id, counts, again)
    return tuple(again)


def stats(server: ServerBackend, counting: Counting) -> list[Stats]:
    """Returns the figures of the server's runs, as far as the token may see them."""
    answers = "true" if counting.answers else None
    found = server.stats(by=counting.by, since=counting.since, repo=counting.repository, answers=answers)
    with server.client.understanding():
        return [Stats.from_json(each) for each in found]


def _with_defaults(request: Request, settings: "Settings") -> Request:
    """What the user has configured for the task counts on a server, too. Where agents run, and as whom, is the server's."""
    defaults = settings.defaults
    agents, briefing, table = request.agents, request.briefing, request.matrix or {}
    assert not isinstance(table, Path)
    if not request.models and not request.escalate and defaults.model and not table.keys() & {"models", "agents"}:
        request = replace(request, models=defaults.model.split(","))
    if not agents.named and defaults.agent and agents.command is None and "agents" not in table:
        request = replace(request, agents=replace(agents, named=defaults.agent.split(",")))
    if not briefing.roles and defaults.role and "roles" not in table:
        request = replace(request, briefing=replace(briefing, roles=defaults.role.split(",")))
    given = request.temperatures or "temperatures" in table
    if request.temperature is None and defaults.temperature is not None and not given:
        request = replace(request, temperature=defaults.temperature)
    return request


def _leaves(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Yields each part of a request with its dotted name. Empty lists are all the same."""
    for field in fields(value):
        each, name = getattr(value, field.name), f"{path}{field.name}"
        if is_dataclass(each) and field.name != "issue":
            yield from _leaves(each, f"{name}.")
        else:
            yield name, tuple(each) if isinstance(each, list) else each


def _untaken(part: str, server: ServerBackend) -> AideatorError:
    option = f"--{_OPTIONS.get(part) or part.rpartition('.')[2].replace('_', '-')}"
    return usage(
        f"the server {server.where} does not take {option}",
        hint=f"leave out {option}, or --no-server runs it without the server",
    )


def _repository(repo: str, server: ServerBackend) -> str:
    if is_url(repo):
        return repo
    path = Path(repo).expanduser().absolute()
    if is_this_machine(server.client.url):
        return str(path)
    origin = _origin(path)
    hint = f"name its URL: {origin}" if origin else "name the URL of a repository that the server can clone"
    raise usage(f"{repo} is a folder of this machine, which the server {server.where} can't clone", hint=hint)


def _origin(path: Path) -> str | None:
    if not path.is_dir():
        return None
    from aideator_cli.system.git import Git

    done = Git(path).run("remote", "get-url", "origin")
    return done.out.decode(errors="replace").strip() or None
