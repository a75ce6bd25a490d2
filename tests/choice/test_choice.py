"""What select --auto takes of realistic outcomes: a right one wherever a check can tell, never a cheat."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import count
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aideator_agent.spec import RunSpec, VariationSpec
from aideator_cli.actions.comparing import comparison_of
from aideator_cli.actions.selecting import choose_best
from aideator_cli.choice.verdicts import verdict
from aideator_cli.domain.attempts import Attempt
from aideator_cli.domain.events import parse
from aideator_cli.domain.result import Result, fold
from aideator_cli.domain.runs import Place, Selection
from aideator_cli.errors import AideatorError, ExitCode
from aideator_cli.store import Store
from tests.choice.outcomes import OUTCOMES, Outcome
from tests.choice.project import Project
from tests.fixtures.made_once import made_once

RIGHT = [outcome.name for outcome in OUTCOMES if outcome.word == "passed" and outcome.ended["outcome"] == "succeeded"]
WRONG = [outcome.name for outcome in OUTCOMES if outcome.name not in RIGHT]
# Signals tell these, whatever their checks say
SIGNALLED = (
    "os._exit in a module",
    "os._exit in a module, with a report",
    "os._exit at the end",
    "a function that skips its tests",
)
CHEATS = [*SIGNALLED, *(outcome.name for outcome in OUTCOMES if outcome.word == "cheat")]
NUMBERS = count(1)


class Runs:
    """Runs in a store whose variations ended as really checked outcomes."""

    def __init__(
        self, store: Store, spec: RunSpec, baseline: Sequence[bytes], events: Mapping[str, Sequence[bytes]]
    ) -> None:
        self.store = store
        self._spec = spec
        self._baseline = baseline
        self._events = events

    def run(self, names: Sequence[str]) -> str:
        """Stores a run of these, numbered as they come; the first has run the checks on the base as well."""
        variations = tuple(VariationSpec(number, "gpt-5") for number in range(1, len(names) + 1))
        spec = replace(self._spec, id=f"r{next(NUMBERS):06}", variations=variations)
        self.store.add_run(spec, Place("local", "this machine"), state="ended")
        for number, name in enumerate(names, 1):
            attempt = Attempt(f"{spec.id}-{number}", spec.id, number, f"2026-11-21T12:00:{number:02}Z", "log")
            self.store.open_attempt(attempt)
            self.store.record([parse(attempt, line, None) for line in self._events[name]], [])
            base = self._baseline if number == 1 else ()
            self.store.save_result(spec.id, _result(attempt, [*base, *self._events[name]]))
        return spec.id

    def choose(self, names: Sequence[str]) -> Selection:
        run = self.store.run(self.run(names))
        assert run is not None
        return choose_best(run, self.store)


def _result(attempt: Attempt, lines: Sequence[bytes]) -> Result:
    return fold([parse(attempt, line, None) for line in lines], Result(attempt.variation, "gpt-5", attempt.id))


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Runs:
    spec, baseline, events = made_once(tmp_path_factory, "outcomes", lambda: _checked(tmp_path_factory.mktemp("made")))
    return Runs(Store.open(tmp_path_factory.mktemp("outcomes")), spec, baseline, events)


def _checked(folder: Path) -> tuple[RunSpec, list[bytes], dict[str, list[bytes]]]:
    """The run, the events of its base, and those of each outcome's agent."""
    project = Project(folder)
    events = {each.name: project.attempt(each.files, each.ended, each.repeat) for each in OUTCOMES}
    return project.spec(), project.baseline(), events


@pytest.mark.parametrize("outcome", OUTCOMES, ids=lambda outcome: outcome.name)
def test_every_outcome_gets_its_verdict(runs: Runs, outcome: Outcome) -> None:
    (result,) = runs.store.results(runs.run([outcome.name]))
    assert verdict(result, "pytest").word == outcome.word, result.checks


@pytest.mark.parametrize("name", WRONG)
def test_nothing_wrong_is_taken_for_want_of_better(runs: Runs, name: str) -> None:
    with pytest.raises(AideatorError, match=r"passes its checks|succeeded") as refused:
        runs.choose([name, "no change"])
    ended = {outcome.name: outcome.ended["outcome"] for outcome in OUTCOMES}
    assert refused.value.code == (ExitCode.CHECKS_FAILED if ended[name] == "succeeded" else ExitCode.FAILED)
    assert ("suspected of cheating" in refused.value.message) == (name in CHEATS)


@given(st.permutations([outcome.name for outcome in OUTCOMES]))
@settings(max_examples=15, deadline=None)
def test_in_whatever_order_they_come_the_right_one_that_changes_the_least_is_taken(
    runs: Runs, names: list[str]
) -> None:
    chosen = runs.choose(names)
    assert names[chosen.variation - 1] == "right"
    agreed = "the one that 3 variations agree on"  # with a comment more, and at its limit
    assert (chosen.note or "").startswith(f"of the {len(RIGHT)} that pass pytest {agreed}")


@given(st.sets(st.sampled_from(RIGHT), min_size=1), st.sets(st.sampled_from(WRONG)), st.randoms())
@settings(max_examples=25, deadline=None)
def test_where_there_is_a_right_one_a_right_one_is_taken(
    runs: Runs, right: set[str], wrong: set[str], random: Random
) -> None:
    names = [*sorted(right), *sorted(wrong)]
    random.shuffle(names)
    assert names[runs.choose(names).variation - 1] in right


def test_the_reason_tells_what_was_repaired(runs: Runs) -> None:
    chosen = runs.choose(["wrong", "right", "deletes the failing test"])
    assert chosen.note == "the only one that passes pytest (base 3/4, 2 repaired test_add, broke none)"


def test_cheats_stand_behind_honest_failures(runs: Runs) -> None:
    run = runs.store.run(runs.run(["no change", "rewrites the assertion", "wrong", "partial", "right"]))
    assert run is not None
    assert [each.number for each in comparison_of(run, runs.store).order] == [5, 4, 3, 2, 1]


def test_a_run_that_goes_on_has_no_best_yet(runs: Runs) -> None:
    spec = replace(runs._spec, id="k3v9x2q", variations=(VariationSpec(1, "gpt-5"),))
    runs.store.add_run(spec, Place("local", "this machine"), state="running")
    run = runs.store.run(spec.id)
    assert run is not None
    with pytest.raises(AideatorError, match="still at work") as refused:
        choose_best(run, runs.store)
    assert refused.value.code == ExitCode.USAGE
