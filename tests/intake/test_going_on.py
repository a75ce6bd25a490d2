"""What a run that goes on from a patch takes over from the run before, and what is asked anew."""

import os
from dataclasses import replace
from pathlib import Path

import pytest

from aideator_agent.spec import Check, Limits, Origin, Piece, Repository, RunSpec, Sent, VariationSpec
from aideator_cli.backends import parcel
from aideator_cli.errors import AideatorError, ExitCode
from aideator_cli.intake.going_on import continued
from aideator_cli.intake.request import Anew
from aideator_cli.intake.upon import Earlier
from aideator_cli.system.settings import Settings
from tests.fixtures.repositories import LocalRepository

PATCH = b"diff --git a/a.py b/a.py\n"


@pytest.fixture
def earlier(repository: LocalRepository, tmp_path: Path) -> Earlier:
    base = repository.commit({"a.py": "x\n"})
    spec = RunSpec(
        "k3v9x2q", "0" * 8, "2026-11-21T12:00:00Z", Repository(str(repository.path), "main", base, subdir="src"), "Accept comments.",
        (VariationSpec(1, "scripted/a.yaml", temperature=0.5), VariationSpec(2, "scripted/b.yaml", role="qa")),
        Limits(steps=7, seconds=60.0, cost=2.0), system={"engineer": "You engineer.", "qa": "You test."}, task="Accept comments.",
        scripts={"scripted/a.yaml": [], "scripted/b.yaml": []}, checks=(Check("unit", "pytest -q"),), setup=("make",), verify_repeat=3,
        first=2, share=2.0, retries=4,
    )  # fmt: skip
    origin = Origin(("k3v9x2q/2",), ("Accept comments.",))
    return Earlier(spec, base, PATCH, origin, tmp_path / "runs", repository.path)


def spec_of(earlier: Earlier, **anew: object) -> RunSpec:
    asked = Anew(**{"prompt": "Block comments, too.", **anew})  # type: ignore[arg-type]
    return continued(earlier, asked, "local", Settings({**os.environ, "AIDEATOR_HOME": "/nonexistent"})).spec


def test_what_is_not_named_is_as_before(earlier: Earlier) -> None:
    old, new = earlier.spec, spec_of(earlier)
    kept = ("limits", "checks", "setup", "verify_repeat", "retries", "first", "share", "system", "scripts")
    assert {name: getattr(new, name) for name in kept} == {name: getattr(old, name) for name in kept}
    assert new.repository == old.repository
    assert [(v.number, v.model, v.role, v.temperature) for v in new.variations] == [
        (1, "scripted/a.yaml", "engineer", 0.5),
        (2, "scripted/b.yaml", "qa", None),
    ]
    assert (new.id != old.id, new.submission_id != old.submission_id) == (True, True)
    assert (new.prompt, new.origin) == ("Block comments, too.", earlier.origin)


def test_agents_are_told_what_was_done_and_what_is_to_do(earlier: Earlier) -> None:
    new = spec_of(earlier)
    task = new.task_of(new.variations[1])
    assert "`git show HEAD`" in task
    assert "<task>\nBlock comments, too.\n</task>" in task
    assert "<done>\nAccept comments.\n</done>" in task


def test_more_agents_than_before_take_turns(earlier: Earlier) -> None:
    new = spec_of(earlier, n=3)
    assert [v.model for v in new.variations] == ["scripted/a.yaml", "scripted/b.yaml", "scripted/a.yaml"]
    assert new.limits.cost == pytest.approx(4 / 3)  # the same budget, for more agents


def test_a_rule_that_does_not_fit_fewer_agents_is_left_out(earlier: Earlier) -> None:
    assert spec_of(earlier, n=1).first is None


def test_other_agents_take_the_place_of_all(earlier: Earlier, tmp_path: Path) -> None:
    (tmp_path / "c.yaml").write_text("- say: c\n")
    new = spec_of(earlier, models=[f"scripted/{tmp_path / 'c.yaml'}:2"])
    assert [v.model for v in new.variations] == [f"scripted/{tmp_path / 'c.yaml'}"] * 2
    assert list(new.scripts) == [f"scripted/{tmp_path / 'c.yaml'}"]
    assert "<done>\nAccept comments.\n</done>" in new.task


def test_checks_and_limits_can_be_asked_anew(earlier: Earlier) -> None:
    new = spec_of(earlier, verify=["ruff check ."], timeout=30.0, max_steps=5, budget=1.0)
    assert new.checks == (Check("ruff", "ruff check ."),)
    assert new.setup == ("make",)
    assert (new.limits.seconds, new.limits.steps, new.limits.cost) == (30.0, 5, 0.5)


@pytest.mark.parametrize(
    ("anew", "said"),
    [
        ({"prompt": " "}, "no prompt is given"),
        ({"n": 0}, "-n takes 1 to 20, not 0"),
        ({"first": 3}, "--first takes 1 to 2"),
        ({"timeout": 0.1}, "--timeout takes 1s to"),
        ({"models": ["scripted/nowhere.yaml"]}, "nowhere.yaml does not exist"),
    ],
)
def test_what_makes_no_sense_is_said(earlier: Earlier, anew: dict[str, object], said: str) -> None:
    with pytest.raises(AideatorError, match=said) as raised:
        spec_of(earlier, **anew)
    assert raised.value.code == ExitCode.USAGE


def test_a_commit_that_the_repository_has_lost_is_named(earlier: Earlier) -> None:
    with pytest.raises(AideatorError, match="does not have commit 111111111111 any more, on which k3v9x2q/2") as raised:
        spec_of(replace(earlier, base="1" * 40))
    assert raised.value.code == ExitCode.NOT_FOUND


def test_a_commit_that_a_server_has_lost_is_named(earlier: Earlier) -> None:
    url = f"file://{earlier.spec.repository.url}"
    elsewhere = replace(earlier, spec=replace(earlier.spec, repository=Repository(url)), path=None)
    assert spec_of(elsewhere).repository.base == earlier.base
    with pytest.raises(AideatorError, match="does not have commit 111111111111 any more"):
        spec_of(replace(elsewhere, base="1" * 40))


def test_what_was_sent_with_the_run_goes_with_the_new_one(earlier: Earlier) -> None:
    kept = earlier.runs.parent / "carried"
    kept.write_bytes(b"tar")
    sent = replace(earlier, spec=replace(earlier.spec, sent=Sent(carried=Piece(3, "hash"))))
    with pytest.raises(AideatorError, match=r"what was sent with run k3v9x2q \(carried\) is not on this machine"):
        spec_of(sent)
    parcel.keep(earlier.runs, "k3v9x2q", {"carried": kept})
    order = continued(sent, Anew("More."), "local", Settings({**os.environ, "AIDEATOR_HOME": "/nonexistent"}))
    assert {name: file.read_bytes() for name, file in order.packed.files.items()} == {
        "carried": b"tar",
        "patch": PATCH,
    }
    assert order.spec.sent is not None
    assert order.spec.sent.carried == Piece(3, "hash")


def test_a_repository_that_has_become_private_is_so_for_what_goes_on(
    earlier: Earlier, repository: LocalRepository
) -> None:
    assert spec_of(earlier).model_hosts is None
    (repository.path / ".aideator.toml").write_text("private = true\n")
    assert spec_of(earlier).model_hosts == ("localhost", "127.0.0.1", "::1")
    real = replace(
        earlier, spec=replace(earlier.spec, variations=(VariationSpec(1, "gpt-5", host="api.openai.com"),), first=None)
    )
    with pytest.raises(AideatorError, match=r"gpt-5 is asked at api\.openai\.com"):
        spec_of(real)
