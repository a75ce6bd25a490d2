"""How far the step of a team is: its run, and what is the best of it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

from aideator_cli.actions.comparing import comparison_of
from aideator_cli.actions.here import Here
from aideator_cli.actions.selecting import choose_best
from aideator_cli.choice.comparison import Comparison
from aideator_cli.domain.handing import Work
from aideator_cli.domain.result import Result
from aideator_cli.domain.runs import StoredRun
from aideator_cli.domain.teams import TeamRun
from aideator_cli.errors import AideatorError
from aideator_cli.stream.recording import last_result
from aideator_cli.text.figures import changes, plural


@dataclass(frozen=True)
class Seen:
    """A step's run."""

    here: Here
    key: str
    run: StoredRun
    goal: str = ""  # what the team was asked for

    @property
    def ended(self) -> bool:
        return self.run.state == "ended"

    @cached_property
    def comparison(self) -> Comparison:
        return comparison_of(self.run, self.here.store)

    @property
    def results(self) -> Sequence[Result]:
        """Returns the results with their patches or answers, best first."""
        return [each.result for each in self.comparison.order]

    @cached_property
    def best(self) -> Result | AideatorError:
        """Returns what a person has selected, else the best by the rule, which is then selected. An error says why there is none."""
        store, spec = self.here.store, self.run.spec
        selection = store.selection(spec.id)
        if selection is None:
            try:
                selection = choose_best(self.run, store)
            except AideatorError as error:
                return error
            store.select(spec.id, selection)
        return last_result(store, spec, selection.variation, selection.attempt)

    def select(self, result: Result, why: str) -> None:
        """Selects a result that the rule would not take, unless a person has selected one."""
        from aideator_cli.actions.selecting import selection_of

        if self.here.store.selection(self.run.spec.id) is None and result.patch:
            self.here.store.select(self.run.spec.id, selection_of(self.run.spec, result, why))

    def name(self, result: Result) -> str:
        return f"{self.run.spec.id}/{result.variation}"

    def work(self, result: Result) -> Work:
        spec = self.run.spec
        before = spec.origin.prompts if spec.origin else (self.goal,)
        prompts = tuple(dict.fromkeys((*before, self.key)))
        return Work((self.name(result),), result.patch or b"", result.base or spec.repository.base, prompts)


def size_of(result: Result) -> str:
    return f"{plural(result.files, 'file')}, {changes(result.additions, result.deletions)}"


@dataclass
class Sight:
    """The steps of a team by their keys. What has ended is read once."""

    here: Here
    run: TeamRun
    _ended: dict[str, Seen] = field(default_factory=dict)

    def look(self, key: str) -> Seen | None:
        """Returns None for a step that has not begun."""
        if key in self._ended:
            return self._ended[key]
        run = self.here.store.run(self.run.run_of(key))
        if run is None or run.state == "submitting" or not self.run.has_step(key, run.spec.team):
            return None
        seen = Seen(self.here, key, run, self.run.prompt)
        if seen.ended:
            self._ended[key] = seen
        return seen
