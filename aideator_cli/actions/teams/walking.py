"""Goes through a team's course from its beginning, with what its runs have left: what is done, what is to begin, how it ends.

Nothing of this is stored. The same runs give the same course, whoever asks, so any process can move a team on.
"""

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal

from aideator_cli.actions.teams.joining import (
    Clashing,
    Joiner,
    failures,
    is_same,
    needs_no_change,
    shows_fault,
    tests_alone,
    with_tests,
)
from aideator_cli.actions.teams.seeing import Seen, size_of
from aideator_cli.domain.handing import NOTHING, Clash, Finding, Over, Told, Wanted, Work
from aideator_cli.domain.result import Result
from aideator_cli.domain.teams import Plan, Stage, Task, TeamRun, also, key_of
from aideator_cli.errors import AideatorError
from aideator_cli.intake.teams import answers
from aideator_cli.intake.teams.answers import NotUnderstood
from aideator_cli.text.clean import clean, one_line
from aideator_cli.text.figures import plural

AGAIN: Final = "again"


class Pending(Exception):
    """A step has not ended, so what follows it can't begin."""


class Stuck(Exception):
    """The team can't go on; the text says why."""


@dataclass(frozen=True)
class Done:
    """What a stage hands on."""

    work: Work = NOTHING
    plan: Plan | None = None
    finding: Finding | None = None  # why the work before it is sent back
    tests: bytes = b""  # that a stage has kept


@dataclass(frozen=True)
class _Return:
    """What a stage begins with that does its work again."""

    work: Work
    finding: Finding


_Read = Callable[[Seen, Stage, Work], Done]  # raises `NotUnderstood`


@dataclass
class Course:
    """What was found out about a team."""

    wanted: list[Wanted] = field(default_factory=list)  # steps to begin
    working: list[Seen] = field(default_factory=list)  # steps at work
    told: dict[str, Told] = field(default_factory=dict)  # by key: what came of steps
    plan: Plan | None = None  # the newest
    over: Over | None = None


class Walk:
    """One walk through the course of a team. `look` returns a step by its key, `roles` is the folder of the user's own."""

    def __init__(self, run: TeamRun, look: Callable[[str], Seen | None], roles: Path, joiner: Joiner) -> None:
        self._run = run
        self._look = look
        self._roles = roles
        self._joiner = joiner
        self._done: dict[str, Done] = {}
        self._rounds = dict.fromkeys(run.team.names, 1)
        self._touched: set[str] = set()  # stages that have begun in their round
        self._returns: dict[str, _Return] = {}
        self._rechecks: dict[str, bytes] = {}  # by stage: the tests that the work done again must pass
        self.course = Course()

    def go(self) -> Course:
        try:
            self._go()
        except Stuck as stuck:
            self.course.over = Over("failed", clean(str(stuck)))
            self.course.wanted.clear()
        return self.course

    def _go(self) -> None:
        sent_back: Counter[str] = Counter()
        while (stage := self._next()) is not None:
            made = self._done[stage.name]
            if made.plan is not None:
                self.course.plan = made.plan
            if made.finding is None:
                continue
            sent_back[stage.name] += 1
            if stage.rework is None:
                raise Stuck(f"{stage.name}: {made.finding.text}")
            if sent_back[stage.name] > stage.rounds:
                raise Stuck(
                    f"{stage.name} has sent the work back {plural(stage.rounds, 'time')}, and would again: {made.finding.text}"
                )
            self._send_back(stage, made)
        if len(self._done) == len(self._run.team.stages):
            self.course.over = Over("succeeded", result=self._done[self._run.team.last.name].work.name)

    def _next(self) -> Stage | None:
        """Returns a stage that has just turned out to be done. None: all others wait."""
        for stage in self._run.team.ordered:
            if stage.name in self._done or any(name not in self._done for name in stage.waits_for):
                continue
            self._touched.add(stage.name)
            try:
                self._done[stage.name] = self._stage(stage, self._rounds[stage.name])
            except Pending:
                continue
            return stage
        return None

    def _send_back(self, stage: Stage, made: Done) -> None:
        assert stage.rework is not None
        assert made.finding is not None
        for name in self._run.team.after(stage.rework):
            if name in self._touched:
                self._rounds[name] += 1
            self._touched.discard(name)
            self._done.pop(name, None)
            self._returns.pop(name, None)
            self._rechecks.pop(name, None)
        if made.tests:
            self._rechecks[stage.name] = made.tests
        self._returns[stage.rework] = _Return(made.work, made.finding)

    # Stages

    def _stage(self, stage: Stage, round_: int) -> Done:
        back = self._returns.get(stage.name)
        start = back.work if back else self._done[stage.start].work if stage.start else NOTHING
        finding = back.finding if back else None
        if stage.each is not None:
            return Done(self._tasks(stage, round_, start, finding))
        if stage.keeps_tests and stage.name in self._rechecks:
            return self._rechecked(stage, round_, start, self._rechecks[stage.name])
        read = self._reader(stage)
        if read is not None:
            return self._asked(stage, round_, start, finding, read)
        return Done(self._winner(Wanted(key_of(stage.name, None, round_), stage, "work", start, finding=finding)))

    def _reader(self, stage: Stage) -> _Read | None:
        """Returns what reads the results of a stage whose work is not simply the best patch."""
        if stage.plans:
            return self._planned
        if stage.decides:
            return self._decided
        if stage.keeps_tests:
            return self._shown if stage.start is None else self._kept
        return None

    def _asked(self, stage: Stage, round_: int, start: Work, finding: Finding | None, read: _Read) -> Done:
        """Asks once more if what the agents have left can't be understood."""
        why = ""
        for what in ("", AGAIN):
            key = key_of(stage.name, None, round_, what)
            kind: Literal["answer", "work"] = "answer" if stage.answers else "work"
            seen = self._need(Wanted(key, stage, kind, start, self.course.plan, finding=finding, again=why))
            try:
                return read(seen, stage, start)
            except NotUnderstood as error:
                why = one_line(str(error))
                self._tell(key, None, why, good=False)
        raise Stuck(f"{stage.name} was asked twice: {why}")

    def _planned(self, seen: Seen, _stage: Stage, start: Work) -> Done:
        """Returns the plan of the first answer by the rule that is one."""
        why = _without_answer(seen)
        for result in seen.comparison.answers:
            try:
                plan = answers.plan(result.answer or "", self._roles)
            except NotUnderstood as error:
                why = why or f"the plan of {seen.name(result)} is refused: {error}"
            else:
                ids = ", ".join(task.id for task in plan.tasks)
                self._tell(seen.key, seen.name(result), f"{plural(len(plan.tasks), 'task')}: {ids}")
                return Done(start, plan)
        raise NotUnderstood(why)

    def _decided(self, seen: Seen, stage: Stage, start: Work) -> Done:
        """Counts the decisions. As many against the work as for it send it back."""
        known = tuple(task.id for task in self.course.plan.tasks) if self.course.plan else ()
        decisions, why = [], _without_answer(seen)
        for result in seen.comparison.answers:
            try:
                decisions.append(answers.decision(result.answer or "", known))
            except NotUnderstood as error:
                why = why or f"the decision of {seen.name(result)} is refused: {error}"
        if not decisions:
            raise NotUnderstood(why)
        against = [each for each in decisions if each.word == "rework"]
        if 2 * len(against) < len(decisions):
            good = next(each.why for each in decisions if each.word == "accept")
            self._tell(seen.key, start.name, f"accepted: {good}")
            return Done(start)
        text = "\n\n".join(each.why for each in against)
        of_all = any(not each.tasks for each in against)
        tasks = () if of_all else tuple(dict.fromkeys(task for each in against for task in each.tasks))
        self._tell(seen.key, None, f"sent back to {stage.rework}: {text}", good=False)
        return Done(start, finding=Finding(stage.name, text, tasks))

    # Tasks

    def _tasks(self, stage: Stage, round_: int, start: Work, finding: Finding | None) -> Work:
        plan = self._plan_of(stage)
        named = finding.tasks if finding else ()
        todo = [task for task in plan.tasks if task.id in named] or list(plan.tasks)
        works: dict[str, Work] = {}
        waits, left = False, list(todo)
        while ready := [task for task in left if self._is_ready(stage, task, todo, works)]:
            for task in ready:
                left.remove(task)
                try:
                    works[task.id] = self._task(
                        stage, round_, task, start, works, finding, sharing=len(todo) - len(works)
                    )
                except Pending:
                    waits = True
        if waits or left:
            raise Pending
        return self._joined(stage, round_, todo, works, start)

    def _is_ready(self, stage: Stage, task: Task, todo: Sequence[Task], works: dict[str, Work]) -> bool:
        ids = {each.id for each in todo}
        return not stage.ordered or all(need in works for need in task.needs if need in ids)

    def _task(
        self,
        stage: Stage,
        round_: int,
        task: Task,
        start: Work,
        works: dict[str, Work],
        finding: Finding | None,
        sharing: int,
    ) -> Work:
        needs = [need for need in task.needs if need in works] if stage.ordered else []
        begun = self._together(stage, round_, task, needs, works, start)
        key = key_of(stage.name, task.id, round_)
        return self._winner(Wanted(key, stage, "work", begun, self.course.plan, task, finding, sharing=sharing))

    def _together(
        self, stage: Stage, round_: int, by: Task | None, ids: Sequence[str], works: dict[str, Work], start: Work
    ) -> Work:
        """Returns the works of these tasks as one. What conflicts goes to one more run of the role that owns the later task."""
        before = {id_: self._before(stage, id_, works) for id_ in ids}
        ends = [id_ for id_ in ids if not any(id_ in before[other] for other in ids)]
        work, holds = start, set[str]()
        for id_ in ends:
            common = [other for other in works if other in holds and other in before[id_]]
            try:
                work = self._joiner.join(work, works[id_], works[common[-1]] if common else start)
            except Clashing as clashing:
                task = self._plan_of(stage).task(id_)
                assert task is not None
                key = key_of(stage.name, id_, round_, f"conflict-{by.id}" if by else "conflict")
                clash = Clash(task, works[id_].patch, str(clashing))
                work = self._winner(Wanted(key, stage, "work", work, self.course.plan, task, clash=clash))
            holds |= {id_, *before[id_]}
        return work

    def _before(self, stage: Stage, id_: str, works: dict[str, Work]) -> set[str]:
        """Returns the tasks whose work is a part of this task's."""
        found: set[str] = set()
        left = [id_] if stage.ordered else []
        while left:
            task = self._plan_of(stage).task(left.pop())
            new = [need for need in (task.needs if task else ()) if need in works and need not in found]
            found.update(new)
            left += new
        return found

    def _plan_of(self, stage: Stage) -> Plan:
        plan = self._done[stage.each or ""].plan
        assert plan is not None
        return plan

    def _joined(self, stage: Stage, round_: int, todo: Sequence[Task], works: dict[str, Work], start: Work) -> Work:
        work = self._together(stage, round_, None, [task.id for task in todo], works, start)
        if not work.patch:
            raise Stuck(f"{stage.name}: no task has changed anything")
        if work.name is not None:
            return work
        key = key_of(stage.name, None, round_, "merge")
        seen = self._need(Wanted(key, stage, "check", work))
        result = seen.results[0]
        if isinstance(seen.best, Result):
            self._tell(key, seen.name(result), f"merged {', '.join(work.names)}")
            return seen.work(seen.best)
        why = failures(result) or str(seen.best.message)
        self._tell(key, None, f"merged {', '.join(work.names)}, which fail the checks together", good=False)
        task = todo[-1]
        wanted = Wanted(
            key_of(stage.name, task.id, round_, "mend"), stage, "work", work, self.course.plan, task,
            Finding(stage.name, f"Together with the other tasks' work, the checks fail.\n\n{why}"),
        )  # fmt: skip
        return self._winner(wanted)

    # Tests

    def _shown(self, seen: Seen, _stage: Stage, start: Work) -> Done:
        """Returns tests that fail on the base."""
        written = _with_tests(seen, start)
        for result in written:
            if shows_fault(result):
                seen.select(result, "its tests show the fault")
                self._tell(
                    seen.key, seen.name(result), f"its tests fail on the base, as they should: {size_of(result)}"
                )
                return Done(seen.work(result))
        raise NotUnderstood("the tests pass on the base, so they don't show the fault")

    def _kept(self, seen: Seen, stage: Stage, start: Work) -> Done:
        """Returns the work with tests that fail without it, or what they have found."""
        key, written = seen.key, _with_tests(seen, start)
        best = next((result for result in written if result.succeeded), written[0])
        tests = tests_alone(best, start)
        work = seen.work(best)
        patch = with_tests(start, tests)
        if not is_same(patch, work.patch):  # it changes more than tests
            alone = Work((*start.names, *work.names), patch, work.base)
            checked = self._need(Wanted(also(key, "kept"), stage, "check", alone))
            best, work = checked.results[0], checked.work(checked.results[0])
        if not best.succeeded:
            found = failures(best) or best.summary
            self._tell(key, None, f"its tests fail: {_first(found)}", good=False)
            text = f"The tests of a colleague fail. They are there now, and must pass; don't change them.\n\n{best.summary}\n\n{found}"
            return Done(work, finding=Finding(stage.name, text, self._blamed(best, found)), tests=tests)
        known = self._counted(key, stage, work, tests)
        self._tell(key, work.name, f"its tests pass, and {known}: {size_of(best)}")
        return Done(work)

    def _counted(self, key: str, stage: Stage, work: Work, tests: bytes) -> str:
        """Tests count if they fail without the work: a run checks them alone on the base. Returns what is known of that."""
        alone = self._need(Wanted(also(key, "base"), stage, "check", Work(work.names, tests, work.base)))
        shows = shows_fault(alone.results[0])
        if shows is False:
            self._tell(also(key, "base"), None, "the tests pass without the work", good=False)
            raise NotUnderstood("the tests pass without the work, too, so they don't test it")
        known = "they fail without the work" if shows else "whether they fail without the work can't be told"
        self._tell(also(key, "base"), None, known)
        return known

    def _rechecked(self, stage: Stage, round_: int, start: Work, tests: bytes) -> Done:
        """The work that was done again must pass the same tests, whatever became of them on the way."""
        key = key_of(stage.name, None, round_, "kept")
        seen = self._need(
            Wanted(key, stage, "check", Work(start.names, with_tests(start, tests), start.base, start.prompts))
        )
        result = seen.results[0]
        if isinstance(seen.best, Result):
            self._tell(key, seen.name(result), "its tests pass now")
            return Done(seen.work(seen.best))
        found = failures(result) or str(seen.best.message)
        self._tell(key, None, f"its tests still fail: {_first(found)}", good=False)
        text = f"The tests of a colleague still fail. They must pass; don't change them.\n\n{found}"
        return Done(seen.work(result), finding=Finding(stage.name, text, self._blamed(result, found)), tests=tests)

    def _blamed(self, result: Result, found: str) -> tuple[str, ...]:
        """Returns the tasks whose files the failures name, else those whose ids the failing tests name. Empty: all may be to blame."""
        tasks = self.course.plan.tasks if self.course.plan else ()
        named = tuple(task.id for task in tasks if any(_names(found, path) for path in task.files))
        if named:
            return named
        words = _words(" ".join(name for check in result.checks if check.on == "patch" for name in check.failing))
        return tuple(task.id for task in tasks if _words(task.id) <= words)

    # Steps

    def _winner(self, wanted: Wanted) -> Work:
        seen = self._need(wanted)
        if isinstance(seen.best, AideatorError):
            if wanted.task is not None and not wanted.work.patch and needs_no_change(seen.results):
                self._tell(wanted.key, None, "nothing was to be changed")
                return wanted.work
            self._tell(wanted.key, None, seen.best.message, good=False)
            raise Stuck(f"{wanted.key}: {seen.best.message}")
        self._tell(wanted.key, seen.name(seen.best), size_of(seen.best))
        return seen.work(seen.best)

    def _need(self, wanted: Wanted) -> Seen:
        seen = self._look(wanted.key)
        if seen is not None and seen.ended:
            return seen
        if seen is None:
            self.course.wanted.append(wanted)
        else:
            self.course.working.append(seen)
        raise Pending

    def _tell(self, key: str, result: str | None, text: str, *, good: bool = True) -> None:
        self.course.told[key] = Told(result, clean(text), good)


def _without_answer(seen: Seen) -> str:
    """Returns why no agent has answered. Empty: one has."""
    if seen.comparison.answers:
        return ""
    return "no agent has answered: " + "; ".join(
        f"{seen.name(each)} {each.reason or each.outcome}" for each in seen.results
    )


def _with_tests(seen: Seen, start: Work) -> list[Result]:
    """Returns the results that add or change tests. Raises `NotUnderstood` if there is none."""
    written = [result for result in seen.results if result.outcome == "succeeded" and tests_alone(result, start)]
    if not written:
        ended = "; ".join(f"{seen.name(each)} {each.outcome}" for each in seen.results)
        raise NotUnderstood(f"no agent has written a test: {ended}")
    return written


def _names(text: str, path: str) -> bool:
    name = path.rpartition("/")[2]
    return path in text or (len(name) > 3 and name in text)


def _words(text: str) -> set[str]:
    return set(re.findall(r"[a-z0-9]+", text.lower()))


def _first(text: str) -> str:
    return next((line.strip().removesuffix(":") for line in text.splitlines() if line.strip()), "")
