"""Deletes a run from the store and from its backend."""

from aideator_cli.actions.finding import Named, find_run
from aideator_cli.actions.here import Here
from aideator_cli.actions.places import backend_at
from aideator_cli.backends import parcel
from aideator_cli.errors import AideatorError, command, refused, usage
from aideator_cli.stream.following import look


def deletable(here: Here, word: str, *, force: bool) -> Named:
    """Returns the run to delete. Raises `AideatorError` (usage) if its agents are still working, unless `force` is set."""
    named = find_run(here, word)
    spec = named.run.spec
    if not force:
        _expect_no_team_at_work(here, spec.id)
    if force or named.run.state == "ended" or look(spec, backend_at(named.run.place, here.settings), here.store):
        return named
    hint = (command("watch", spec.id), ", ", command("cancel", spec.id), ", or delete with --force")
    raise usage(f"agents of run {spec.id} are still at work", hint=hint)


def _expect_no_team_at_work(here: Here, run: str) -> None:
    """A team that lacks the run of a step would do the step again."""
    step = here.store.step_of_run(run)
    team = here.store.team(step.team) if step else None
    if step and team and team.state == "running":
        raise usage(
            f"run {run} is step {step.key} of team {team.id}, which is still at work",
            hint=(command("cancel", team.id), ", or delete with --force"),
        )


def of_another(named: Named) -> AideatorError:
    """Returns the refusal to delete the run of another user."""
    return refused(
        f"run {named.run.spec.id} belongs to another user ({named.run.cluster_user})",
        hint=(command("delete", named.run.spec.id, "--yes"), " deletes it all the same"),
    )


def delete(here: Here, named: Named) -> None:
    """Deletes the run's objects in the backend and everything stored about it."""
    backend = backend_at(named.run.place, here.settings)
    for id_ in (*here.store.referees(named.run.spec.id), named.run.spec.id):
        backend.delete(id_)
        parcel.forget(here.settings.home / "runs", id_)
    here.store.forget_run(named.run.spec.id)
