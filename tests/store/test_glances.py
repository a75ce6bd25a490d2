"""A list counts what succeeded, and what it cost, as the results themselves do."""

from contextlib import closing
from dataclasses import replace

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aideator_agent.spec import Repository, RunSpec, VariationSpec
from aideator_cli.domain.glance import OUTCOMES, Wanted
from aideator_cli.domain.result import CheckResult, Result
from aideator_cli.domain.runs import Place
from tests.store.conftest import Kept

CHECKS = st.builds(
    CheckResult,
    st.sampled_from(["pytest", "mypy"]),
    st.just(""),
    st.sampled_from([0, 0, 0, 1, None]),
    st.just(0.0),
    st.just(""),
    tests=st.sampled_from([None, 0, 3, 4]),
    reports=st.booleans(),
)
RESULTS = st.lists(
    st.builds(
        Result,
        st.just(1),
        st.just("m"),
        st.just("a"),
        st.sampled_from(["succeeded", "succeeded", "running", "failed"]),
        cost=st.sampled_from([0.0, 0.25, None]),
        checks=st.lists(CHECKS, max_size=2).map(tuple),
        baseline=st.lists(CHECKS, max_size=1).map(tuple),
    )
    | st.none(),  # nothing is known of it yet
    min_size=1,
    max_size=3,
)


@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(RESULTS, st.sampled_from(["report.xml", None]))
def test_they_say_what_the_results_say(kept: Kept, results: list[Result | None], report: str | None) -> None:
    with closing(kept.open()) as store:
        store.forget_run("r000001")  # of the example before
        variations = tuple(VariationSpec(number, "m") for number in range(1, len(results) + 1))
        spec = RunSpec(
            "r000001", "id", "2026-01-01T00:00:00Z", Repository("u"), "Fix it.", variations, verify_report=report
        )
        store.add_run(spec, Place("local", "this machine"), state="running")
        for number, result in enumerate(results, 1):
            if result:
                store.save_result(spec.id, replace(result, variation=number, attempt=f"a{number}"))

        (glance,) = store.glances(5)

        known = store.results(spec.id)
        assert (glance.succeeded, glance.variations) == (sum(result.succeeded for result in known), len(known))
        for outcome in OUTCOMES:
            has = any(_outcome(result) == outcome for result in known)
            assert [each.id for each in store.glances(5, Wanted(outcome=outcome))] == [spec.id] * has
        costs = [result.cost for result in known]
        assert glance.cost == (None if None in costs else sum(cost for cost in costs if cost is not None))
        assert (glance.id, glance.prompt, glance.where, glance.state) == (spec.id, "Fix it.", "this machine", "running")


def _outcome(result: Result) -> str:
    return "failed_checks" if result.outcome == "succeeded" and not result.succeeded else result.outcome
