"""Teams that were started: found by a user's word, told how far they are, cancelled, and their result."""

from typing import TYPE_CHECKING

from aideator_cli.actions.finding import last_team, server_to_ask, team_called
from aideator_cli.actions.here import Here
from aideator_cli.errors import AideatorError, command, not_found, refused, usage
from aideator_cli.system.clock import now, seconds_between

if TYPE_CHECKING:  # every `show` asks whether the word is a team's
    from collections.abc import Mapping

    from aideator_cli.actions.teams.joining import Joiner
    from aideator_cli.actions.teams.seeing import Seen
    from aideator_cli.actions.teams.walking import Course
    from aideator_cli.backends.server import ServerBackend
    from aideator_cli.domain.handing import StepState, TeamState, Told
    from aideator_cli.domain.teams import Step, TeamRun
    from aideator_cli.intake.request import Where


def known(here: Here, word: str, where: "Where | None" = None) -> "TeamRun | None":
    """Returns the team that a word names: its id, or the beginning of it. None: no team, as with @last, which names a run.

    One of a server is brought up to date. `where`: the cluster in which to look, too, where no server is named.
    """
    if word == "@last":
        return None
    found = team_called(here, word, where)
    if found is not None or where is None or server_to_ask(here, where) is not None:
        return found
    return _in_cluster(here, word, where)


def meant(here: Here, word: str, where: "Where | None" = None) -> "TeamRun | None":
    """As `known`, but @last means the team that the newest run is a step of."""
    return last_team(here) if word == "@last" else known(here, word, where)


def _in_cluster(here: Here, word: str, where: "Where") -> "TeamRun | None":
    """Takes over a team that another machine has started: its first run has the team's document."""
    from aideator_cli.actions.adopting import take_over
    from aideator_cli.actions.places import choose
    from aideator_cli.domain.ids import is_id
    from aideator_cli.domain.teams import Step, TeamRun, first_run

    if not is_id(word) or here.store.run(word) is not None:
        return None
    try:
        backend = choose(where, here.settings)
        spec = None if backend.name == "local" else backend.load_spec(first_run(word))
    except AideatorError:
        return None  # what looks for a run says why
    if spec is None or spec.team is None or spec.team.team != word:
        return None
    try:
        team = TeamRun.of(word, spec.team.document)
    except (ValueError, KeyError, TypeError) as error:
        raise usage(f"team {word} was started by another version of AIdeator", hint="use one version") from error
    _expect_no_files(team)
    if owner := backend.runs().get(spec.id):
        raise refused(f"team {word} belongs to another user ({owner})", hint=command("watch", spec.id))
    take_over(here, backend, spec.id, None)
    here.store.add_team(team)
    here.store.add_step(Step(word, spec.team.key, spec.id, spec.created))
    return team


def _expect_no_files(team: "TeamRun") -> None:
    """Whoever may write to the cluster can have written it, and a file that it names would be sent there."""
    from aideator_cli.domain.teams import TASK_ROLE
    from aideator_cli.system.configuration.repository import file_in

    roles = [*(stage.role for stage in team.team.stages), team.asked.role]
    agents = [*(stage.agent for stage in team.team.stages), *team.asked.agents]
    for option, value in (*(("role", role) for role in roles), *(("agent", agent) for agent in agents)):
        if value and value != TASK_ROLE and (file := file_in(option, value)):
            raise usage(f"team {team.id} names the file {file!r} of the machine that started it", hint="go on there")


def course_of(here: Here, run: "TeamRun", joiner: "Joiner | None" = None) -> "Course":
    """Returns how far the team is, by what is stored."""
    from aideator_cli.actions.teams.joining import Joiner
    from aideator_cli.actions.teams.seeing import Sight
    from aideator_cli.actions.teams.walking import Course, Walk

    if run.server is not None:  # which has gone through it
        return Course(told=here.store.told(run.id))
    return Walk(run, Sight(here, run).look, here.settings.roles_folder, joiner or Joiner()).go()


def state_of(here: Here, run: "TeamRun") -> "TeamState":
    """Returns the team's steps in the order in which they began, and what came of each."""
    return state_told(here, run, course_of(here, run).told)


def state_told(here: Here, run: "TeamRun", told: "Mapping[str, Told]") -> "TeamState":
    """Returns the same, if it is known what came of the steps: by their keys."""
    from aideator_cli.domain.handing import TeamState

    return TeamState(run, tuple(_state(here, step, told.get(step.key)) for step in here.store.steps(run.id)))


def _state(here: Here, step: "Step", told: "Told | None") -> "StepState":
    from aideator_cli.domain.handing import StepState

    run = here.store.run(step.run)
    if run is None:
        return StepState(step, "deleted", (), 0, (), 0.0, 0.0, told)
    spec, spent = run.spec, here.store.spent(step.run)
    costs = list(spent.values())
    return StepState(
        step, run.state, tuple(dict.fromkeys(each.role for each in spec.variations)) if not spec.is_merge else (),
        0 if spec.is_merge else len(spec.variations), spec.origin.variations if spec.origin else (),
        max(0.0, seconds_between(step.begun, run.ended or now())), None if None in costs else sum(each or 0.0 for each in costs), told,
    )  # fmt: skip


def run_to_report(here: Here, run: "TeamRun") -> str:
    """Returns the run that has the team's result, else its newest one."""
    from aideator_cli.domain.teams import first_run

    steps = here.store.steps(run.id)
    return run.result.partition("/")[0] if run.result else steps[-1].run if steps else first_run(run.id)


def cancel(here: Here, run: "TeamRun") -> tuple[list[str], list[str]]:
    """Ends the team, unless it has ended, and asks all agents still at work to stop.

    Returns the steps whose agents were asked, and what kept others from it.
    """
    from aideator_cli.actions.teams import mirroring

    if (server := mirroring.server_of(here, run)) is not None:
        return _cancel_there(here, server, run), []
    from aideator_cli.actions.teams.moving import stop_all
    from aideator_cli.actions.teams.seeing import Sight

    here.store.end_team(run.id, "cancelled", "cancelled by the user")
    seen = [Sight(here, run).look(step.key) for step in here.store.steps(run.id)]
    return stop_all(here, [each for each in seen if each is not None and not each.ended and not _has_ended(here, each)])


def _cancel_there(here: Here, server: "ServerBackend", run: "TeamRun") -> list[str]:
    from aideator_cli.actions.teams import mirroring

    working = [each.step.key for each in state_of(here, run).steps if each.at_work]
    mirroring.keep(here, server, mirroring.understood(server, run, server.cancel_team(run.id)))
    return working


def _has_ended(here: Here, seen: "Seen") -> bool:
    """Asks the backend, since perhaps nobody has watched."""
    from aideator_cli.actions.places import backend_at
    from aideator_cli.stream.following import look

    try:
        return look(seen.run.spec, backend_at(seen.run.place, here.settings), here.store)
    except AideatorError:
        return False


def delete(here: Here, run: "TeamRun", *, force: bool) -> None:
    """Deletes the team and all its runs. Raises `AideatorError` (usage) if it is still at work, unless `force` is set."""
    from aideator_cli.actions import deleting
    from aideator_cli.actions.teams import mirroring
    from aideator_cli.actions.teams.holding import forget

    if run.state == "running" and not force:
        raise usage(f"team {run.id} is still at work", hint=(command("cancel", run.id), ", or delete with --force"))
    if (server := mirroring.server_of(here, run)) is not None:
        server.delete_team(run.id)
    here.store.end_team(run.id, "cancelled", "deleted")
    for step in here.store.steps(run.id):
        if here.store.run(step.run) is not None:
            deleting.delete(here, deleting.deletable(here, step.run, force=force))
    here.store.forget_team(run.id)
    forget(here, run.id)


def missing(word: str) -> AideatorError:
    return not_found(f"there is no team {word}", hint=command("list"))
