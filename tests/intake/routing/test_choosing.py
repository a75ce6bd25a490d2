"""`--model auto:POLICY`: which model a policy takes, and what it says about that."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from aideator_agent.spec import Price
from aideator_cli.errors import AideatorError
from aideator_cli.intake.models import ModelInfo
from aideator_cli.intake.routing import choosing, market
from aideator_cli.intake.routing.choosing import Needs, Pick
from aideator_cli.intake.routing.market import History, Market
from aideator_cli.intake.routing.policies import SHIPPED, Policy, Rule
from aideator_cli.intake.routing.task import Project, Task
from aideator_cli.store.tallies import Tried
from tests.fixtures.repositories import LocalRepository

HERE = "https://git.example/todo.git"
SMALL = ModelInfo("small", "openai", ("KEY",), Price(1e-7, 4e-7), 128_000, host="api.example", calls_tools=True)
MIDDLE = replace(SMALL, name="middle", price=Price(1e-6, 4e-6))
LARGE = replace(SMALL, name="large", price=Price(5e-6, 2e-5), context=400_000)
LOCAL = replace(
    SMALL, name="openai/ours", price=None, api_base="http://gpu.internal:8000/v1", host="gpu.internal", context=None
)
ALL = (SMALL, MIDDLE, LARGE, LOCAL)
NEEDS = Needs("own", lambda _: True, local=("localhost",))
TASK = Task("engineer", 100, Project(None))


def tried(model: str, *, passed: bool = True, run: str = "r1", **more: Any) -> Tried:
    known: dict[str, Any] = {
        "run": run, "model": model, "agent": None, "role": "engineer", "temperature": None, "prompt": "", "repository": HERE,
        "outcome": "succeeded", "fault": None, "cost": 0.01, "spent": 0.01, "input_tokens": 50_000, "output_tokens": 2_000,
        "seconds": 60.0, "succeeded": passed, "selected": None,
    }  # fmt: skip
    return Tried(**{**known, **more})


def picks(policy: Policy | str, *known: Tried, offers: tuple[ModelInfo, ...] = ALL, needs: Needs = NEEDS, task: Task = TASK,
          taken: tuple[str, ...] = ()) -> list[Pick]:  # fmt: skip
    wanted = SHIPPED[policy] if isinstance(policy, str) else policy
    market = Market(offers, known)
    return choosing.choose(wanted, market, task, needs, History(market.tried, ("git.example/todo",)), taken)


def pick(policy: Policy | str, *known: Tried, **more: Any) -> str:
    return picks(policy, *known, **more)[0].info.name


def failed(model: str, times: int, **more: Any) -> list[Tried]:
    return [tried(model, passed=False, run=f"f{n}", **more) for n in range(times)]


def test_where_nothing_is_known_prices_decide() -> None:
    assert [pick(name) for name in ("cheap", "mid", "best")] == ["small", "large", "large"]
    assert [pick(name, offers=(SMALL, MIDDLE, LARGE)) for name in ("cheap", "mid", "best")] == [
        "small",
        "middle",
        "large",
    ]


def test_cheap_counts_what_a_success_costs_and_not_what_an_attempt_costs() -> None:
    assert pick("cheap", *failed("small", 40), *[tried("middle", run=f"m{n}") for n in range(3)]) == "middle"


def test_best_takes_what_has_succeeded_and_won_here() -> None:
    known = [*failed("large", 4), *[tried("small", run=f"s{n}") for n in range(4)]]
    assert pick("best", *known) == "small"
    won = [tried("middle", run=f"w{n}", selected=True) for n in range(4)]
    lost = [tried("small", run=f"w{n}", selected=False) for n in range(4)]
    assert pick("best", *won, *lost) == "middle"


def test_what_happened_here_in_the_same_role_counts_before_what_happened_elsewhere() -> None:
    elsewhere = [tried("small", run=f"e{n}", repository="https://git.example/other.git") for n in range(9)]
    assert pick("best", *elsewhere) == "small"
    assert pick("best", *elsewhere, *failed("small", 3)) == "large"
    qa = [tried("small", run=f"q{n}", role="qa") for n in range(3)]
    assert pick("best", *failed("small", 3), *qa, task=replace(TASK, role="qa")) == "small"


def test_an_attempt_that_infrastructure_ended_says_nothing_about_a_model() -> None:
    lost = [tried("large", passed=False, run=f"i{n}", outcome="failed", fault="infrastructure") for n in range(9)]
    assert pick("best", *lost) == "large"


def test_fast_takes_what_was_measured_to_be_fast() -> None:
    assert pick("fast", tried("large", seconds=20.0), tried("small", seconds=90.0)) == "large"
    slow = Policy("quick", "cheap", max_seconds=30)
    assert pick(slow, *[tried("small", run=f"s{n}", seconds=90.0) for n in range(3)]) == "middle"


def test_an_unknown_price_is_not_taken_for_none() -> None:
    assert pick("cheap", offers=(LOCAL, LARGE)) == "large"
    assert pick("cheap", offers=(replace(LOCAL, price=Price(0.0, 0.0)), LARGE)) == "openai/ours"


def test_a_policy_says_what_is_left_out_and_why() -> None:
    ours = Policy("ours", "best", models=("s*", "l*"), exclude=("lar*",))
    (found,) = picks(ours)
    assert found.info.name == "small"
    assert found.route.policy == "ours"
    assert set(found.route.excluded) == {
        "middle, openai/ours: not among s*, l*",
        "large: the policy excludes lar*",
    }


@pytest.mark.parametrize(
    ("policy", "needs", "task", "words"),
    [
        (Policy("ours", max_price=0.1), NEEDS, TASK, "costs more than $0.1 per million tokens"),
        (Policy("ours", min_context=10**6), NEEDS, TASK, "its context window is smaller than the 1.0 M tokens"),
        (SHIPPED["cheap"], NEEDS, replace(TASK, tokens=500_000), "smaller than the 516 k tokens that are needed"),
        (SHIPPED["private"], NEEDS, TASK, "its host is not on the list of local ones"),
        (SHIPPED["best"], replace(NEEDS, hosts=("localhost",)), TASK, "the repository is private"),
        (SHIPPED["best"], replace(NEEDS, agent="claude", can_use=lambda _: False), TASK, "claude can't work with it"),
    ],
)
def test_a_policy_that_leaves_no_model_names_what_excluded_each(
    policy: Policy, needs: Needs, task: Task, words: str
) -> None:
    with pytest.raises(AideatorError) as raised:
        picks(policy, needs=needs, task=task, offers=(SMALL, MIDDLE, LARGE))
    assert f"the policy {policy.name} leaves no model" in raised.value.message
    assert words in raised.value.message
    assert "small, middle, large" in raised.value.message


def test_a_limit_on_the_cost_needs_a_price() -> None:
    needs = replace(NEEDS, priced="--max-cost")
    assert picks("best", offers=(LOCAL, SMALL), needs=needs)[0].route.excluded == (
        "openai/ours: its price is unknown, which --max-cost needs",
    )


def test_a_private_repository_is_for_listed_hosts_whatever_the_policy_prefers() -> None:
    for name in SHIPPED:
        needs = replace(NEEDS, hosts=("gpu.internal:8000",), local=("gpu.internal:8000",))
        assert pick(name, needs=needs) == "openai/ours"
    with pytest.raises(AideatorError):
        picks("best", needs=replace(NEEDS, hosts=("gpu.internal:9000",)))


def test_a_model_that_keeps_failing_can_be_left_out() -> None:
    broken = [tried("large", passed=False, run=f"b{n}", outcome="failed", fault="model") for n in range(3)]
    assert pick(Policy("ours", "best", max_failures=0.2, models=("large", "middle")), *broken) == "middle"


def test_variations_can_be_spread_over_several_models() -> None:
    found = picks(Policy("varied", "cheap", spread=2))
    assert [each.info.name for each in found] == ["small", "middle"]
    assert "for variety" in found[1].route.why


def test_the_reason_is_one_line_with_the_runner_up() -> None:
    (found,) = picks("cheap", tried("small", cost=0.02), tried("small", passed=False, cost=0.02, run="r2"))
    assert found.route.why == (
        "the cheapest of 4: about $0.02 an attempt, 1 of 2 attempts succeeded here; next is middle: about $0.06 an attempt, not tried yet"
    )


def test_a_rule_for_a_role_a_language_or_a_size_comes_on_top(tmp_path: Path) -> None:
    repository = LocalRepository(tmp_path / "go")
    repository.commit({"a.go": "x\n", "b.go": "x\n", "c.py": "x\n"})
    project = Project(repository.path)
    assert (project.language, project.files) == ("go", 3)
    ours = Policy(
        "ours",
        "cheap",
        when=(
            Rule(role=("qa",), changes={"prefer": "best"}),
            Rule(language=("go",), min_files=3, changes={"models": ("mid*",)}),
        ),
    )
    assert pick(ours, task=replace(TASK, role="qa")) == "large"
    assert pick(ours, task=replace(TASK, project=project)) == "middle"
    assert pick(ours) == "small"  # elsewhere, language and size are unknown


def test_a_model_that_its_provider_refuses_is_neither_cheap_nor_fast_for_that() -> None:
    gone = [
        tried(
            "small", passed=False, run=f"g{n}", outcome="failed", fault="model", cost=0.0, seconds=1.0, input_tokens=0
        )
        for n in range(12)
    ]
    worked = [tried("middle", run=f"m{n}", cost=0.05, seconds=300.0) for n in range(3)]
    assert pick("cheap", *gone, *worked) == "middle"
    assert pick("fast", *gone, *worked) == "middle"


def test_a_price_of_nothing_counts_only_where_the_user_says_so_or_no_key_is_wanted() -> None:
    gone = replace(SMALL, name="trial", price=Price(0.0, 0.0))
    assert pick("cheap", offers=(gone, LARGE)) == "large"
    assert pick("fast", offers=(gone, LARGE)) == "large"
    for free in (replace(gone, price_overridden=True), replace(gone, keys=())):
        assert pick("cheap", offers=(free, LARGE)) == "trial"


def test_the_dearest_is_not_the_best_where_another_one_is_suggested() -> None:
    usual, fair = replace(MIDDLE, name="usual", suggested=True), replace(LARGE, name="fair", price=Price(5e-6, 25e-6))
    dearest = replace(LARGE, name="dearest", price=Price(15e-5, 6e-4))
    assert pick("best", offers=(SMALL, usual, fair, dearest)) == "usual"
    assert pick("best", offers=(SMALL, fair, dearest)) == "fair"
    better = replace(usual, name="better", price=Price(3e-6, 15e-6))
    assert pick("best", offers=(SMALL, usual, better, dearest)) == "better"
    assert pick("best", *failed("usual", 3), offers=(SMALL, usual, fair, dearest)) == "fair"


@pytest.mark.parametrize(
    ("name", "fits"),
    [
        ("gpt-5", True), ("nebius/NousResearch/Hermes-4-70B", True), ("gpt-audio", False), ("gpt-4o-search-preview", False),
        ("azure/o3-deep-research", False), ("ft:gpt-4o-2024-08-06", False), ("gemini/gemini-2.5-computer-use-preview-10-2025", False),
    ],
)  # fmt: skip
def test_models_for_other_work_are_not_offered(name: str, *, fits: bool) -> None:
    assert market.fits(name) is fits
