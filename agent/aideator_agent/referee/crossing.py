"""Tries the tests of each variation on the base and on every patch, tells what came of it, and holds its limits meanwhile.

Each trial has a fresh tree: the base or the base with a patch, both with the base's tests and settings, and the tests of one variation laid
over it. All trials of a patch follow each other, so that nothing that its code leaves behind meets another patch. In a pod they share a
container, which is ended between two trials if a process of the first can't be stopped otherwise.
"""

import shutil
from collections.abc import Sequence
from typing import Any, Final

from aideator_agent import pieces
from aideator_agent.checks.checking import RETURNING
from aideator_agent.checks.ground import Ground
from aideator_agent.checks.trees import Tree, Trees
from aideator_agent.emitter import Emitter
from aideator_agent.interrupts import Interrupts
from aideator_agent.referee import trial
from aideator_agent.referee.trial import Ran, Trial
from aideator_agent.referee.weighing import NONE_FAILS, Outcome, Tests, outcome, tests_of
from aideator_agent.referee.work import Work
from aideator_agent.spec import RunSpec
from aideator_agent.verdict import Ended

NAMES: Final = 2500  # bytes for each list of tests' names in a record
TAIL: Final = 1000  # bytes of the output's end in it
BASE: Final = Work(0, b"")


class Crossing:
    def __init__(
        self,
        spec: RunSpec,
        works: Sequence[Work],
        trees: Trees,
        ground: Ground,
        emitter: Emitter,
        interrupts: Interrupts,
    ) -> None:
        self._spec = spec
        self._works = works
        self._trees = trees
        self._ground = ground
        self._emitter = emitter
        self._interrupts = interrupts

    def run(self) -> None:
        """Emits a `cross` event for each author, and for each patch with its tests. Raises `Ended` when the time is up or a signal came."""
        authors = [work for work in self._works if work.tests]
        base, *on_base = self._on(BASE, [BASE, *authors])
        telling = [a for a, tried in zip(authors, on_base, strict=True) if tried and not _all_pass(tried[0])]
        laid = {author.variation: tries for author, tries in zip(authors, on_base, strict=True)}
        for author in authors:
            if author not in telling and laid[author.variation]:
                self._emitter.emit("cross", author=author.variation, patch=author.variation, tests=[], why=NONE_FAILS)
        if not base or not telling:
            return
        tried = {work.variation: self._on(work, telling) for work in self._works}
        for place, author in enumerate(telling):
            own = tried[author.variation][place]
            if own:
                found = tests_of(base[0], laid[author.variation][0], own[0])
                others = {number: each[place] for number, each in tried.items() if number != author.variation}
                self._tell(author.variation, found, others)

    def _on(self, work: Work, authors: Sequence[Work]) -> list[list[Trial]]:
        """Returns the trials of each author's tests on this patch: two if the first did not pass, none if there could be none."""
        name = "the base" if work is BASE else f"the patch of {work.variation}"
        found = []
        for author in authors:
            tries = self._try(work, author)
            others = work is not BASE and author is not work
            if others and tries and not _all_pass(tries[0]):
                tries += self._try(work, author)
            found.append(tries)
        self._ground.clear()
        self._emitter.notice("info", f"{len(authors)} sets of tests have run on {name}.")
        return found

    def _try(self, work: Work, author: Work) -> list[Trial]:
        self._interrupts.check()
        try:
            tree = self._trees.make("cross", work.patch, work.restored, author.tests)
        except Ended as ended:
            if ended.verdict.fault != "verifier":
                raise
            self._emitter.notice("warning", f"The tests of {author.variation} don't fit: {ended.verdict.reason}")
            return []
        try:
            return self._tried(tree)
        finally:
            shutil.rmtree(tree.files.parent, ignore_errors=True)

    def _tried(self, tree: Tree) -> list[Trial]:
        stop = self._interrupts.stop
        # A container that is ended after each trial would come back too slowly
        with self._ground.site(tree, self._interrupts.check, trusted=True) as site:
            site.shell.run(":", seconds=RETURNING, write=lambda _: None, stop=stop)  # its container may not be back yet
            if (failing := trial.set_up(self._spec, site, stop)) is not None:
                self._interrupts.check()
                self._emitter.notice("warning", f"The setup failed: {failing}")
                return []
            ran: dict[str, Ran] = {}
            for check in self._spec.checks:
                ran[check.name] = trial.run(self._spec, check, site, stop)
                self._interrupts.check()
            return [ran]

    def _tell(self, author: int, found: Sequence[Tests], others: dict[int, list[Trial]]) -> None:
        for tests in found:
            names = tuple(pieces.fitting(tests.names, NAMES))
            self._emit(
                author, author, tests.check, tests.own, tests=names, left_out=len(tests.names) - len(names),
                known=[name for name in names if name in tests.known], named=tests.named, why=tests.why,
            )  # fmt: skip
            for number, tries in others.items():
                ran = [each[tests.check] for each in tries]
                came = outcome(tests, ran) if ran else Outcome(unfit=tests.names)
                told = {
                    "failed": [n for n in names if n in came.failed],
                    "unfit": [n for n in names if n in came.unfit],
                }
                if ran and names:
                    self._emit(author, number, tests.check, ran[-1], **told)
                elif names:
                    self._emitter.emit("cross", author=author, patch=number, check=tests.check, **told)

    def _emit(self, author: int, number: int, check: str, ran: Ran, **fields: Any) -> None:
        done = ran.finished
        ended = {} if done.reason == "exited" else {"reason": done.reason}
        tail = {} if ran.ok else {"tail": pieces.tail(ran.tail, TAIL)}
        self._emitter.emit(
            "cross", author=author, patch=number, check=check, exit_code=done.exit_code, seconds=round(done.seconds, 3),
            **ended, **tail, **fields,
        )  # fmt: skip


def _all_pass(tried: Trial) -> bool:
    return all(ran.ok for ran in tried.values())
