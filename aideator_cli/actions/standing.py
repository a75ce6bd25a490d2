"""Where a user stands who calls the program without a word: what is known on this machine. No cluster and no keyring is asked."""

from collections.abc import Mapping
from dataclasses import field
from pathlib import Path

from aideator_agent.values import frozen
from aideator_cli.actions.applying import applied_last
from aideator_cli.actions.here import Here
from aideator_cli.actions.next_steps import next_steps
from aideator_cli.domain.glance import Glance
from aideator_cli.domain.teams import TeamRun
from aideator_cli.errors import AideatorError, Command, command
from aideator_cli.store.sqlite import FILE
from aideator_cli.system.configuration.repository import root_of


@frozen
class Standing:
    newest: Glance | None = None  # run
    team: TeamRun | None = None  # of which that run is a step
    steps: tuple[Command, ...] = ()  # with that run or team, if it has ended
    selected: int | None = None  # its variation
    context: str | None = None  # of the kubeconfig; None: agents would run on this machine
    models: Mapping[str, str] = field(default_factory=dict)  # what keys of the environment allow: key -> model
    model: str | None = None  # as configured
    in_repository: bool = False
    problems: tuple[str, ...] = ()  # what could not be found out


def standing(here: Here, folder: Path) -> Standing:
    """Never raises: what is broken is named among the problems."""
    looking = _Looking(here)
    newest, team, steps, selected = looking.run()
    return Standing(
        newest, team, steps, selected, looking.context(), looking.models(), looking.model(), root_of(folder) is not None,
        tuple(looking.problems),
    )  # fmt: skip


class _Looking:
    def __init__(self, here: Here) -> None:
        self._here = here
        self.problems: list[str] = []

    def run(self) -> tuple[Glance | None, TeamRun | None, tuple[Command, ...], int | None]:
        """Makes no store where none is."""
        try:
            settings = self._here.settings
            if settings.database is None and not (settings.home / FILE).exists():
                return None, None, (), None
            return self._run()
        except (AideatorError, OSError) as error:
            self._note(error)
            return None, None, (), None

    def _run(self) -> tuple[Glance | None, TeamRun | None, tuple[Command, ...], int | None]:
        store = self._here.store
        newest = next(iter(store.glances(1)), None)
        run = store.run(newest.id) if newest else None
        if run is None:
            return newest, None, (), None
        team = store.team(run.spec.team.team) if run.spec.team else None
        if team is not None:
            is_there = team.state == "succeeded" and team.id not in store.lost_results()
            is_applied = is_there and team.result is not None and applied_last(run.repository_path, team.result)
            taken = ("diff", "apply") if is_there and not is_applied else ()
            return newest, team, tuple(command(verb, team.id) for verb in taken), None
        if run.state != "ended":
            return newest, None, (), None
        selection = store.selection(run.spec.id)
        steps = next_steps(run.spec, store.results(run.spec.id), selection)
        if selection and applied_last(run.repository_path, f"{run.spec.id}/{selection.variation}"):
            steps = [each for each in steps if each.words[0] != "apply"]
        return newest, None, tuple(steps), selection.variation if selection else None

    def context(self) -> str | None:
        try:
            defaults = self._here.settings.defaults
            if defaults.backend == "local":
                return None
            if defaults.context:
                return defaults.context
        except (AideatorError, OSError):
            pass  # told by `model`
        from aideator_cli.backends.kubernetes.kubeconfig import current_context

        try:
            return current_context()
        except (AideatorError, OSError) as error:
            self._note(error)
            return None

    def models(self) -> Mapping[str, str]:
        from aideator_cli.intake.models import examples

        return examples(self._here.settings.environment)

    def model(self) -> str | None:
        from aideator_cli.intake import configured_model

        try:
            return configured_model.first(self._here.settings)
        except (AideatorError, OSError) as error:
            self._note(error)
            return None

    def _note(self, error: Exception) -> None:
        self.problems.append(error.message if isinstance(error, AideatorError) else str(error))
