"""The course of a team follows from what its runs have left: here they are made up, in a repository of a few lines."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from aideator_cli.actions.teams.joining import Joiner
from aideator_cli.actions.teams.walking import Course, Walk
from aideator_cli.domain.handing import Work
from aideator_cli.domain.result import CheckResult, Result
from aideator_cli.domain.teams import TeamRun
from aideator_cli.errors import AideatorError
from aideator_cli.intake.teams.file import parse

FEATURE = """
checks: {unit: make test}
stages:
  plan: {role: cto, produces: plan}
  build: {each: plan.tasks, role: "{{ task.role }}"}
  test: {role: qa, from: build, keep: tests, rework: build, rounds: 1}
  review: {role: cto, from: test, decides: [accept, rework], rework: build, rounds: 1}
"""
ACCEPT = '```json\n{"decision": "accept", "why": "Good."}\n```'


def rework(*tasks: str) -> str:
    return f"```json\n{json.dumps({'decision': 'rework', 'why': 'Not good.', 'tasks': tasks})}\n```"


def plan(**needs: Sequence[str]) -> str:
    tasks = [
        {"id": id_, "title": f"Do {id_}", "needs": list(each), "files": [f"{id_}.py"]} for id_, each in needs.items()
    ]
    return f"```json\n{json.dumps({'tasks': tasks})}\n```"


def new(path: str, *lines: str) -> bytes:
    """A patch that adds a file."""
    body = "".join(f"+{line}\n" for line in lines)
    head = f"diff --git a/{path} b/{path}\nnew file mode 100644\nindex 0000000..1111111\n--- /dev/null\n+++ b/{path}\n"
    return f"{head}@@ -0,0 +1{f',{len(lines)}' if len(lines) > 1 else ''} @@\n{body}".encode()


@dataclass
class Made:
    """A run that has ended."""

    key: str
    results: list[Result]
    selected: list[int] = field(default_factory=list)
    ended: bool = True

    @property
    def run(self) -> Any:
        return SimpleNamespace(spec=SimpleNamespace(id=f"run-{self.key}"))

    @property
    def comparison(self) -> Any:
        return SimpleNamespace(answers=[each for each in self.results if each.answer is not None])

    @property
    def best(self) -> Result | AideatorError:
        return next((each for each in self.results if each.succeeded), AideatorError("no variation passes its checks"))

    def select(self, result: Result, _why: str) -> None:
        self.selected.append(result.variation)

    def name(self, result: Result) -> str:
        return f"{self.run.spec.id}/{result.variation}"

    def work(self, result: Result) -> Work:
        return Work((self.name(result),), result.patch or b"", "base")


def patch(*parts: bytes, tests: Sequence[str] = (), **check: Any) -> list[Result]:
    told = CheckResult("unit", "make test", check.pop("code", 0), 1.0, check.pop("tail", ""), **check)
    base = CheckResult("unit", "make test", 0, 1.0, "", on="base")
    made = Result(1, "m", "a", "succeeded", patch=b"".join(sorted(parts)), files=len(parts), tests=tuple(tests))
    return [replace(made, checks=(told,), baseline=(base,))]


def said(*answers: str) -> list[Result]:
    return [Result(at, "m", f"a{at}", "succeeded", answer=text) for at, text in enumerate(answers, 1)]


def walk(runs: Mapping[str, list[Result] | None], text: str = FEATURE) -> Course:
    """`runs`: the results of each step; None: it is at work."""
    run = TeamRun("t1234ab", "2026-01-01T00:00:00Z", parse(text, "t", "t.yaml", "team t"), "Do it.")
    seen = {key: Made(key, results or [], ended=results is not None) for key, results in runs.items()}
    return Walk(run, seen.get, Path("/nonexistent"), Joiner()).go()  # type: ignore[arg-type]


def keys(course: Course) -> list[str]:
    return [each.key for each in course.wanted]


A, B = new("a.py", "a"), new("b.py", "b")
TEST = new("test_a.py", "test")
BUILT: dict[str, list[Result] | None] = {"plan": said(plan(a=[], b=[])), "build/a": patch(A), "build/b": patch(B)}
MERGED = {**BUILT, "build+merge": patch(A, B)}
TESTED = {
    **MERGED,
    "test": patch(A, B, TEST, tests=["test_a.py"]),
    "test+base": patch(TEST, code=1, tests=["test_a.py"]),
}


def test_a_team_begins_with_what_waits_for_nothing() -> None:
    assert keys(walk({})) == ["plan"]
    assert keys(walk({"plan": None})) == []


def test_independent_tasks_begin_together_and_others_wait_for_what_they_need() -> None:
    assert keys(walk({"plan": said(plan(a=[], b=[]))})) == ["build/a", "build/b"]
    chain = {"plan": said(plan(a=[], b=["a"]))}
    assert keys(walk(chain)) == ["build/a"]
    course = walk({**chain, "build/a": patch(A)})
    assert [(each.key, each.work.names, each.work.patch) for each in course.wanted] == [
        ("build/b", ("run-build/a/1",), A)
    ]
    done = walk({**chain, "build/a": patch(A), "build/b": patch(A, B)})
    assert [(each.key, each.work.names) for each in done.wanted] == [
        ("test", ("run-build/b/1",))
    ]  # it holds the other one


def test_winners_are_merged_and_checked_together() -> None:
    course = walk(BUILT)
    assert [(each.key, each.kind, each.work.patch) for each in course.wanted] == [("build+merge", "check", A + B)]
    failing = walk({**BUILT, "build+merge": patch(A, B, code=1, tail="boom")})
    assert keys(failing) == ["build/b+mend"]
    assert failing.wanted[0].finding is not None
    assert "boom" in failing.wanted[0].finding.text


def test_a_conflict_goes_to_the_role_of_the_later_task() -> None:
    other = new("a.py", "another")
    course = walk({**BUILT, "build/b": patch(other)})
    assert keys(course) == ["build/b+conflict"]
    wanted = course.wanted[0]
    assert wanted.work.patch == A
    assert wanted.clash is not None
    assert (wanted.clash.task.id, wanted.clash.patch, wanted.clash.why) == ("b", other, "a.py")
    assert keys(walk({**BUILT, "build/b": patch(other), "build/b+conflict": patch(new("a.py", "a", "another"))})) == [
        "test"
    ]


def test_a_plan_that_is_none_is_asked_for_once_more_and_then_the_team_has_failed() -> None:
    course = walk({"plan": said("Let us begin.")})
    assert keys(course) == ["plan+again"]
    assert "no block of JSON" in course.wanted[0].again
    over = walk({"plan": said("Let us begin."), "plan+again": said(plan(a=["z"]))}).over
    assert over is not None
    assert (over.state, over.reason) == (
        "failed",
        "plan was asked twice: the plan of run-plan+again/1 is refused: task a needs 'z', which is no task",
    )
    assert keys(walk({"plan": said("Hm.", plan(a=[]))})) == ["build/a"]  # the second agent's is one


def test_tests_count_if_they_fail_without_the_work() -> None:
    assert keys(walk(MERGED)) == ["test"]
    course = walk({**MERGED, "test": TESTED["test"]})
    assert [(each.key, each.kind, each.work.patch) for each in course.wanted] == [("test+base", "check", TEST)]
    assert keys(walk(TESTED)) == ["review"]
    idle = {**TESTED, "test+base": patch(TEST, tests=["test_a.py"])}
    assert keys(walk(idle)) == ["test+again"]
    assert "don't test it" in walk(idle).wanted[0].again


def test_what_a_tester_changes_besides_tests_is_left_out() -> None:
    meddled = patch(new("a.py", "changed"), B, TEST, tests=["test_a.py"])
    course = walk({**MERGED, "test": meddled})
    assert [(each.key, each.kind) for each in course.wanted] == [("test+kept", "check")]
    assert course.wanted[0].work.patch == A + B + TEST


def test_a_fault_that_tests_show_goes_back_to_the_task_to_blame() -> None:
    broken = {**MERGED, "test": patch(A, B, TEST, tests=["test_a.py"], code=1, tail='File "a.py", line 1')}
    course = walk(broken)
    assert [(each.key, each.work.patch) for each in course.wanted] == [("build/a@2", A + B + TEST)]
    assert course.wanted[0].finding is not None
    assert course.wanted[0].finding.by == "test"
    mended = new("a.py", "mended")
    weakened = walk({**broken, "build/a@2": patch(mended, B, tests=[])})  # the tests were deleted on the way
    assert [(each.key, each.kind, each.work.patch) for each in weakened.wanted] == [
        ("test@2+kept", "check", mended + B + TEST)
    ]
    assert keys(walk({**broken, "build/a@2": patch(mended, B), "test@2+kept": patch(mended, B, TEST)})) == ["review"]
    over = walk({**broken, "build/a@2": patch(mended, B), "test@2+kept": patch(mended, B, TEST, code=1)}).over
    assert over is not None
    assert "test has sent the work back 1 time, and would again" in over.reason


def test_a_reviewer_sends_back_the_tasks_that_are_named() -> None:
    course = walk({**TESTED, "review": said(rework("b"))})
    assert keys(course) == ["build/b@2"]
    assert course.wanted[0].work.patch == A + B + TEST
    every = walk({**TESTED, "review": said(rework())})
    assert keys(every) == ["build/a@2", "build/b@2"]


def test_a_tester_whose_tests_are_sent_back_is_told_why() -> None:
    text = FEATURE.replace("decides: [accept, rework], rework: build", "decides: [accept, rework], rework: test")
    (wanted,) = walk({**TESTED, "review": said(rework())}, text).wanted
    assert (wanted.key, wanted.kind, wanted.work.patch) == ("test@2", "work", A + B + TEST)
    assert wanted.finding is not None
    assert (wanted.finding.by, wanted.finding.text) == ("review", "Not good.")


def test_a_reviewer_who_never_accepts_ends_the_team() -> None:
    second = patch(A, new("b.py", "better"), TEST)
    again = {**TESTED, "review": said(rework("b")), "build/b@2": second}
    assert keys(walk(again)) == ["test@2"]
    tested = {**again, "test@2": patch(A, new("b.py", "better"), TEST, new("test_b.py", "t"), tests=["test_b.py", "test_a.py"]),
              "test@2+base": patch(new("test_b.py", "t"), code=1, tests=["test_b.py"])}  # fmt: skip
    assert keys(walk(tested)) == ["review@2"]
    over = walk({**tested, "review@2": said(rework())}).over
    assert over is not None
    assert (over.state, over.reason) == ("failed", "review has sent the work back 1 time, and would again: Not good.")


def test_several_reviewers_decide_by_majority_and_a_tie_sends_back() -> None:
    for answers, state in (
        ((ACCEPT, ACCEPT, rework()), "accepted"),
        ((ACCEPT, rework()), "sent"),
        (("Hm.", ACCEPT), "accepted"),
    ):
        told = walk({**TESTED, "review": said(*answers)}).told["review"]
        assert told.text.startswith(state)


def test_the_work_that_was_accepted_is_the_result() -> None:
    over = walk({**TESTED, "review": said(ACCEPT)}).over
    assert over is not None
    assert (over.state, over.result) == ("succeeded", "run-test/1")


def test_a_stage_without_a_good_patch_ends_the_team() -> None:
    over = walk({**BUILT, "build/a": patch(A, code=1)}).over
    assert over is not None
    assert (over.state, over.reason) == ("failed", "build/a: no variation passes its checks")


def idle(code: int = 0) -> list[Result]:
    base = CheckResult("unit", "make test", code, 1.0, "", on="base")
    return [Result(1, "m", "a", "no_changes", baseline=(base,))]


def test_a_task_that_needs_no_change_hands_on_what_it_began_with() -> None:
    course = walk({**BUILT, "build/b": idle()})
    assert [(each.key, each.work.names, each.work.patch) for each in course.wanted] == [("test", ("run-build/a/1",), A)]
    assert course.told["build/b"].text == "nothing was to be changed"
    chain = walk({"plan": said(plan(a=[], b=["a"])), "build/a": idle()})
    assert [(each.key, each.work.patch) for each in chain.wanted] == [("build/b", b"")]
    for results, why in (
        ({"build/b": idle(code=1)}, "build/b: no variation passes its checks"),  # it had something to mend
        ({"build/a": idle(), "build/b": idle()}, "build: no task has changed anything"),
    ):
        over = walk({**BUILT, **results}).over
        assert over is not None
        assert (over.state, over.reason) == ("failed", why)


def test_hostile_words_are_harmless_wherever_they_are_told() -> None:
    wrong = '```json\n{"tasks": [{"id": "\\ud800", "title": "x"}]}\n```'
    course = walk({"plan": said(wrong), "plan+again": said(wrong)})
    assert course.over is not None
    (course.over.reason + course.told["plan"].text).encode()


BUGFIX = """
checks: {unit: make test}
stages:
  reproduce: {keep: tests}
  fix: {from: reproduce}
"""


def test_tests_that_reproduce_must_fail_on_the_base() -> None:
    failing = patch(TEST, tests=["test_a.py"], code=1)
    course = walk({"reproduce": failing}, BUGFIX)
    assert [(each.key, each.work.patch) for each in course.wanted] == [("fix", TEST)]
    assert keys(walk({"reproduce": patch(TEST, tests=["test_a.py"])}, BUGFIX)) == ["reproduce+again"]
    assert keys(walk({"reproduce": patch(A)}, BUGFIX)) == ["reproduce+again"]


@pytest.mark.parametrize(("before", "counts"), [(("t1",), True), (("t1", "t2"), False), ((), None)])
def test_a_base_that_fails_is_told_apart_by_names(before: tuple[str, ...], counts: bool | None) -> None:
    from aideator_cli.actions.teams.joining import shows_fault

    result = patch(TEST, code=1, failing=("t1", "t2"))[0]
    base = replace(result.baseline[0], exit_code=1, failing=before)
    assert shows_fault(replace(result, baseline=(base,))) is (counts if before else True)
