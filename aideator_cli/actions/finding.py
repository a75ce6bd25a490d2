"""Finds the run that the user named as RUN or RUN/N: in the store, else in the cluster."""

from typing import TYPE_CHECKING

from aideator_agent.values import frozen
from aideator_cli.actions.adopting import take_over
from aideator_cli.actions.here import Here
from aideator_cli.actions.places import choose, server_at, server_named, server_of
from aideator_cli.errors import AideatorError, Command, ExitCode, command, not_found, usage

if TYPE_CHECKING:
    from aideator_agent.spec import RunSpec
    from aideator_cli.backends.server import ServerBackend
    from aideator_cli.domain.runs import StoredRun
    from aideator_cli.domain.teams import TeamRun
    from aideator_cli.intake.request import Where

SEE_LIST: tuple[str | Command, ...] = (command("list"), " shows the runs known here")


@frozen
class Named:
    """The run, and perhaps the variation, that a user's word names."""

    run: "StoredRun"
    variation: int | None  # None: the whole run
    stale: str | None = None  # why the backend could not be asked; the run is then as it was last seen

    @property
    def name(self) -> str:
        """Returns RUN or RUN/N with the run's id, whatever the user called it."""
        return self.run.spec.id if self.variation is None else f"{self.run.spec.id}/{self.variation}"

    @property
    def numbers(self) -> list[int]:
        return [v.number for v in self.run.spec.variations] if self.variation is None else [self.variation]


def find(here: Here, word: str, where: "Where | None" = None) -> Named:
    """Raises `AideatorError` if no run matches, or several do."""
    called, word = word, _of_team(here, word, where)
    name, slash, number = word.partition("/")
    try:
        run = _find_run(here, name, where)
    except AideatorError as error:
        if word == called or error.code != ExitCode.NOT_FOUND:
            raise
        shown = command("show", called.partition("/")[0])
        raise not_found(
            f"the run {name} of team {called} was deleted", hint=(shown, " shows what is left of it")
        ) from error
    if not slash:
        return Named(run, None)
    if not number.isdecimal() or int(number) not in [v.number for v in run.spec.variations]:
        raise not_found(
            f"run {run.spec.id} has no variation {number}", hint=f"its variations are 1 to {len(run.spec.variations)}"
        )
    return Named(run, int(number))


def expect_patches(spec: "RunSpec") -> None:
    """Raises `AideatorError` (usage) for a run that was asked for an answer: what wants a patch can't have one."""
    if spec.answer:
        raise usage(
            f"run {spec.id} was asked for an answer, so it has no patch",
            hint=(command("show", spec.id, "--answer"), " N"),
        )


def find_run(here: Here, word: str, where: "Where | None" = None) -> Named:
    """Accepts only RUN, for actions that apply to a whole run."""
    named = find(here, word, where)
    if named.variation is not None and "/" not in word:
        team = last_team(here) if word == "@last" else None
        what = f"@last is team {team.id}" if team else f"{word} is a team"
        raise usage(
            f"{what}; this command takes one run",
            hint=(f"{named.run.spec.id}, which has its result; ", command("show", word), " names the run of each step"),
        )
    if named.variation is not None:
        raise usage(f"{word} is a variation; this command takes a whole run", hint=f"{named.run.spec.id}")
    return named


def find_variation(here: Here, word: str) -> Named:
    """Accepts RUN/N, or RUN if the run has only one variation."""
    named = find(here, word)
    if named.variation is not None:
        return named
    if len(named.numbers) > 1:
        raise usage(
            f"{named.run.spec.id} has {len(named.numbers)} variations; name one",
            hint=f"{named.run.spec.id}/1 to {named.run.spec.id}/{len(named.numbers)}",
        )
    return Named(named.run, named.numbers[0])


def _of_team(here: Here, word: str, where: "Where | None") -> str:
    """Returns RUN/N of a team's result for a word that names a team, and the run of its step for TEAM/STEP; else the word itself."""
    name, _, key = word.partition("/")
    if name == "@last":
        team = None if key.isdecimal() else last_team(here)
    else:
        team = None if name.startswith("@") or here.store.run(name) else team_called(here, name, where, alone=not key)
    if team is None:
        return word
    if not key:
        return result_of(team)
    step = next((each for each in here.store.steps(team.id) if each.key == key), None)
    if step is None:
        raise not_found(f"team {team.id} has no step {key}", hint=command("show", team.id))
    return step.run


def team_called(here: Here, name: str, where: "Where | None", *, alone: bool = True) -> "TeamRun | None":
    """Returns the team of this id, or the only one whose id begins so. One of a server is brought up to date.

    `alone`: whether the beginning of a run's id names the run.
    """
    known = here.store.find_team(name)
    if known is not None and (known == name or not alone or here.store.find(name) is None):
        return _brought_up_to_date(here, here.store.team(known))
    server = server_to_ask(here, where)
    if server is None:
        return None
    from aideator_cli.actions.teams import mirroring

    return mirroring.sought(here, server, name)


def _brought_up_to_date(here: Here, team: "TeamRun | None") -> "TeamRun | None":
    if team is None or team.server is None:
        return team
    from aideator_cli.actions.teams import mirroring

    return mirroring.refreshed(here, team)


def last_team(here: Here) -> "TeamRun | None":
    """Returns the team that the newest run is a step of: here, or at the server that is named."""
    try:
        newest = _last_at_server(here, None) or here.store.find("@last")
        run = here.store.run(newest) if newest else None
        if run is None or run.spec.team is None:
            return None
        return team_called(here, run.spec.team.team, None)
    except AideatorError:
        return None  # what looks for the run says why


def server_to_ask(here: Here, where: "Where | None") -> "ServerBackend | None":
    """Returns the server at which a user looks for what is not known here, if one is named."""
    url = here.settings.server if where is None else server_named(where, here.settings)
    return None if url is None else server_at(url, here.settings)


def result_of(run: "TeamRun") -> str:
    """Returns RUN/N of the team's result. Raises `AideatorError` if it has none."""
    if run.state == "running":
        raise usage(f"team {run.id} is still at work", hint=command("watch", run.id))
    if run.result is None:
        why = run.reason or run.state
        raise AideatorError(
            f"team {run.id} has no result: {why}", hint=command("show", run.id), code=ExitCode.NOT_FOUND
        )
    return run.result


def _find_run(here: Here, name: str, where: "Where | None") -> "StoredRun":
    if not name:
        raise usage("the run's id is empty", hint=command("list"))
    known = (
        (_last_at_server(here, where) if name == "@last" else None)
        or _find_here(here, name)
        or _find_in_cluster(here, name, where)
    )
    run = here.store.run(known)
    if run is None:  # it was deleted just now
        raise not_found(f"there is no run {name}", hint=SEE_LIST)
    return run


def _find_here(here: Here, name: str) -> str | None:
    """Returns the run of the store that the word means. A name of a run on a server may be another run's by now: the server is asked."""
    id_ = here.store.find(name)
    run = None if id_ is None or id_.startswith(name) or name == "@last" else here.store.run(id_)
    if run is None or (server := server_of(run, here.settings)) is None:
        return id_
    from aideator_cli.stream.mirrored_choice import keep_remarks

    try:
        record = server.record(run.spec.id)
    except AideatorError:  # it is as it was last seen
        return id_
    with server.client.understanding():
        keep_remarks(here.store, run.spec.id, record)
    return here.store.find(name)


def _last_at_server(here: Here, where: "Where | None") -> str | None:
    """Returns the newest run of the server, if one is named."""
    server = server_to_ask(here, where)
    if server is None:
        return None
    newest = next(iter(server.page(1)), None)
    if newest is None:
        raise not_found(f"{server.where} has no runs yet", hint=command("run", "REPO", "PROMPT"))
    return str(newest["run"]) if here.store.run(newest["run"]) else _find_in_cluster(here, newest["run"], where)


def _find_in_cluster(here: Here, name: str, where: "Where | None") -> str:
    """Finds a run that another machine submitted. One of another user is found by its whole id alone."""
    from aideator_cli.backends.server import ServerBackend
    from aideator_cli.intake.request import Where

    server = server_named(where or Where(), here.settings)
    backend = server_at(server, here.settings) if server else choose(where or Where(), here.settings)
    if backend.name == "local":
        raise not_found(f"there is no run {name}", hint=SEE_LIST)
    try:
        owners = backend.runs()
    except AideatorError as error:
        raise not_found(
            f"there is no run {name} here, and {backend.where} can't be searched: {error.message}", hint=error.hint
        ) from error
    if backend.name == "server" and name in owners:
        owners = {name: None}
    ids = [run for run, owner in owners.items() if run == name or (owner is None and run.startswith(name))]
    if len(ids) > 1 and name not in ids:
        raise usage(f"{name} matches several runs: {', '.join(ids[:8])}", hint="give more letters of the id")
    if not ids and isinstance(backend, ServerBackend):
        ids = backend.called(name)
        if len(ids) > 1:
            raise usage(f"several runs are called {name}: {', '.join(ids[:8])}", hint="use the id of one")
        owners = dict.fromkeys(ids)
    run = name if name in ids else next(iter(ids), None)
    if run is None or not take_over(here, backend, run, owners[run]):
        if backend.name == "server":
            raise not_found(f"there is no run {name}, neither here nor on {backend.where}", hint=SEE_LIST)
        text = f"there is no run {name}, neither here nor in {backend.where}"
        raise not_found(text, hint=("--namespace and --context search another place; ", *SEE_LIST))
    return run
