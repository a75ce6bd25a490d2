"""A team on a server, as the store keeps it. The server moves it on, and says what came of each step; its runs are kept as any others.

So all that reads the store works for it, too: panes, `show`, `replay`, `report`, `export`.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from aideator_agent.values import frozen
from aideator_cli.actions.adopting import adopt
from aideator_cli.actions.here import Here
from aideator_cli.actions.places import backend_at, server_at
from aideator_cli.domain.handing import Told
from aideator_cli.domain.ids import is_id
from aideator_cli.domain.teams import Plan, Step, TeamRun
from aideator_cli.errors import AideatorError, ExitCode, command, refused
from aideator_cli.stream.following import look
from aideator_cli.system.clock import parse
from aideator_cli.text.clean import one_line

if TYPE_CHECKING:
    from aideator_cli.backends.server import ServerBackend

_STATES: Final = ("running", "succeeded", "failed", "cancelled")


@frozen
class Standing:
    """How far a server says that a team is."""

    run: TeamRun
    steps: Sequence[Step]
    came: Mapping[str, Told]  # of steps, by their keys
    gone: frozenset[str]  # keys of steps whose runs were deleted


def server_of(here: Here, run: TeamRun) -> "ServerBackend | None":
    """Returns the server that moves the team on. None: whoever watches does."""
    return None if run.server is None else server_at(run.server, here.settings, named=False)


def find(here: Here, server: "ServerBackend", team: str) -> TeamRun | None:
    """Takes over a team of the server, so that it is known here. None: it has none with this id.

    Raises `AideatorError` if the server can't be asked, or if this id means another team here.
    """
    try:
        record = server.team_record(team)
    except AideatorError as error:
        if error.code == ExitCode.NOT_FOUND:
            return None
        raise
    return take(here, server, record)


def sought(here: Here, server: "ServerBackend", word: str) -> TeamRun | None:
    """As `find`, for a word of a user that names nothing here. Only a whole id can name a team of the server."""
    if not is_id(word) or here.store.find(word) is not None:
        return None
    try:
        found = find(here, server, word)
    except AideatorError as error:
        if error.code == ExitCode.UNAVAILABLE:
            return None  # what looks for a run says why
        raise
    return None if found is None else refreshed(here, found)


def take(here: Here, server: "ServerBackend", record: Mapping[str, Any]) -> TeamRun:
    """Stores what the server's record of a team says. Returns the team as it is now."""
    import json

    told = record["team"]
    with server.client.understanding():
        run = replace(TeamRun.of(told["team"], json.dumps(record["document"])), server=server.context)
        parse(run.created)
        stages = run.team.stages
        _expect_plain(
            [run.team.name, *(name for each in stages for name in (each.name, each.rework or "", *each.waits_for))]
        )
    known = here.store.team(run.id)
    if known is not None and known.document() != run.document():
        raise refused(
            f"{server.where} has a team {run.id}, which is another one here",
            hint=("to follow it here: ", command("delete", run.id), ", which deletes the other one"),
        )
    if known is not None and known.server != run.server:
        return known  # the server works with this store, or is known by another address
    standing = understood(server, run, told)
    here.store.add_team(run)
    try:
        return keep(here, server, standing)
    except AideatorError:
        if known is None and not here.store.steps(run.id):
            here.store.forget_team(run.id)
        raise


def understood(server: "ServerBackend", run: TeamRun, told: Mapping[str, Any]) -> Standing:
    """Reads a `team` as the server sends it. Raises `AideatorError` for what is none."""
    with server.client.understanding():
        steps = tuple(Step(run.id, str(each["step"]), str(each["run"]), str(each["begun"])) for each in told["steps"])
        came = {
            each["step"]: Told(each["result"], str(each["told"]), bool(each["good"]))
            for each in told["steps"]
            if each["told"] is not None
        }
        gone = frozenset(str(each["step"]) for each in told["steps"] if each["state"] == "deleted")
        plan = None if told["plan"] is None else Plan.from_json(told["plan"])
        if told["state"] not in _STATES or any(step.run != run.run_of(step.key) for step in steps):
            raise ValueError("a step, or the state, is not that of a team")
        for time in (told["ended"], *(step.begun for step in steps)):
            if time is not None:
                parse(time)
        _expect_plain(step.key for step in steps)
        _expect_results([told["result"], *(each.result for each in came.values())], steps)
        _expect_texts(plan)
        now = replace(
            run, state=told["state"], reason=str(told["reason"]), result=told["result"], ended=told["ended"], plan=plan
        )
    return Standing(now, steps, came, gone)


def keep(here: Here, server: "ServerBackend", standing: Standing) -> TeamRun:
    """Stores how far a team is, with its runs. Returns it."""
    run = standing.run
    for step in standing.steps:
        stored = here.store.run(step.run)
        spec = server.load_spec(step.run) if stored is None else stored.spec
        if spec is None:
            continue  # its run is about to begin, or was deleted
        if not run.has_step(step.key, spec.team):
            where = server.where if stored is None else "this machine"
            raise refused(f"run {step.run} of {where} is not step {step.key} of team {run.id}")
        if stored is None:
            adopt(here, server, spec)
        here.store.add_step(step)
    here.store.keep_team(run, standing.came)
    return here.store.team(run.id) or run


def _expect_plain(names: Iterable[str]) -> None:
    """Raises `ValueError` for names that would draw on the terminal."""
    if any(one_line(name) != name for name in names):
        raise ValueError("a name has signs that can't be seen")


def _expect_results(results: Iterable[str | None], steps: Sequence[Step]) -> None:
    """Raises `ValueError` for a result that is not RUN/N of one of the steps."""
    runs = {step.run for step in steps}
    for result in results:
        if result is not None:
            run, _, number = result.partition("/")
            if run not in runs or not number.isdecimal():
                raise ValueError("a result is not that of a step")


def _expect_texts(plan: Plan | None) -> None:
    """Raises `TypeError` for a plan whose texts are none."""
    for task in plan.tasks if plan else ():
        texts = (task.id, task.title, task.done_when, task.role or "", *task.needs, *task.files)
        if not all(isinstance(text, str) for text in texts):
            raise TypeError("a task of the plan has a text that is none")


def refreshed(here: Here, run: TeamRun) -> TeamRun:
    """Asks the team's server what is new, for what shows or uses it. `stale` says why it could not be asked."""
    server = server_of(here, run)
    if server is None:
        return run
    try:
        now = take(here, server, server.team_record(run.id))
        for step in here.store.steps(run.id):
            stored = here.store.run(step.run)
            if stored is not None and stored.state != "ended":
                look(stored.spec, backend_at(stored.place, here.settings), here.store)
    except AideatorError as error:
        return replace(here.store.team(run.id) or run, stale=error.message)
    return now
