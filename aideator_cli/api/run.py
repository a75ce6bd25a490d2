"""A run: its items, its results, and what may be done with them."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from aideator_agent.spec import RunSpec
from aideator_cli.actions import (
    applying,
    attending,
    cancelling,
    comparing,
    continuing,
    deleting,
    diffing,
    finding,
    judging,
    pushing,
    retrying,
    selecting,
    starting,
    telling,
    waiting,
)
from aideator_cli.actions.crossing.refereeing import cross_test
from aideator_cli.actions.crossing.told import Failed
from aideator_cli.actions.here import Here
from aideator_cli.actions.judged import Judge
from aideator_cli.actions.refreshing import refresh
from aideator_cli.actions.sharing import exporting, reporting
from aideator_cli.actions.sharing.exporting import Exported
from aideator_cli.choice.comparison import Comparison
from aideator_cli.domain.events import Item
from aideator_cli.domain.judgements import Round
from aideator_cli.domain.result import Result
from aideator_cli.domain.runs import Selection, StoredRun
from aideator_cli.errors import unavailable, usage
from aideator_cli.intake.request import Anew, Where
from aideator_cli.stream.following import past_of
from aideator_cli.stream.recording import last_result
from aideator_cli.workspace.pick import Applied, Way
from aideator_cli.workspace.pushing import Pushed, destination


class Run:
    """One prompt on one repository, tried by N variations, which are numbered from 1."""

    def __init__(self, here: Here, run: StoredRun) -> None:
        self._here = here
        self._run = run
        self._stale: str | None = None

    def __repr__(self) -> str:
        return f"<Run {self.id}: {len(self.spec.variations)} variations of {self.spec.repository.url}>"

    @property
    def id(self) -> str:
        return self._run.spec.id

    @property
    def spec(self) -> RunSpec:
        """What was asked for: repository, prompt, variations, limits, checks."""
        return self._run.spec

    @property
    def ended(self) -> bool:
        """Whether all variations had ended when the backend was last asked."""
        return all(result.ended for result in self._here.store.results(self.id))

    @property
    def stale(self) -> str | None:
        """Why the backend could not be asked the last time; results are then as they were last seen. None: it could be asked."""
        return self._stale

    @property
    def selection(self) -> Selection | None:
        return self._here.store.selection(self.id)

    def events(self, *, follow: bool = True) -> Iterator[Item]:
        """Yields everything from the first event on: events, observations, beginnings and ends. Each is stored before it is yielded.

        With `follow`, continues until the run ends. If you leave the loop early, the agents keep working.
        """
        if not follow:
            self._look()
            for batch in past_of(self._here.store, self.spec).batches:
                yield from batch
            return
        with attending.course(self._here, attending.watch(self._here, self.id, Where())) as batches:
            for batch in batches:
                yield from batch

    def wait(self, timeout: float | None = None) -> list[Result]:
        """Waits until all variations have ended. Raises `AideatorError` (TIMED_OUT) after `timeout` seconds."""
        waiting.wait(self._here, [self.id], "all", timeout, Where())
        return self._here.store.results(self.id)

    def results(self) -> list[Result]:
        """The last result of each variation as it is now, without its patch or answer."""
        self._look()
        return self._here.store.results(self.id)

    def result(self, variation: int) -> Result:
        """A variation's last result with its patch or answer."""
        self._look()
        return last_result(self._here.store, self.spec, self._checked(variation))

    def compare(self) -> Comparison:
        """The variations, the best first: `order`, `best`, `reason`, `groups` of patches that do the same, `files` and who changed them."""
        self._look()
        return comparing.compare_run(self._here, self._run).comparison

    def diff(self, variation: int, other: int | None = None, *, folder: str | Path | None = None) -> bytes:
        """Returns a variation's patch for `git apply`. With `other`, returns what `other` has and `variation` lacks.

        `folder`: a clone with the base commit, where two are compared. Raises `AideatorError` where there is no patch.
        """
        made = diffing.made(self._here, self._named(variation))
        if other is None:
            return made.patch
        second = diffing.made(self._here, self._named(other))
        return diffing.difference(made, second, None if folder is None else Path(folder)).patch

    def select(self, variation: int, note: str | None = None) -> Selection:
        """Raises `AideatorError` where the variation has no patch and no answer."""
        return selecting.select(self._here, self._named(variation), note).selection

    def cross_test(self) -> Comparison:
        """Runs each variation's new tests on the other patches that passed, unless that was done before, and compares again.

        Raises `AideatorError` if they can't be run. Does nothing while agents are at work, or if there is nothing to learn.
        """
        self._look()
        for told in cross_test(self._here, self._run):
            if isinstance(told, Failed):
                raise unavailable(f"the tests of the others could not be run: {told.why}")
        return self.compare()

    def select_best(self) -> Selection:
        """Selects the first by the rule of `compare`; its `note` says why. Raises `AideatorError` where none passes its checks.

        Unlike the command line it runs no tests of the others by itself: call `cross_test` before.
        """
        self._look()
        return selecting.select_best(self._here, self._run).selection

    def apply(
        self,
        variation: int | None = None,
        *,
        folder: str | Path | None = None,
        branch: str | None = None,
        worktree: str | Path | None = None,
        three_way: bool = False,
        check: bool = False,
        sign: bool = True,
        only: Sequence[str] = (),
        tidy: bool = False,
    ) -> Applied:
        """Applies a variation, else the selected one, to the working tree of `folder`: whole or not at all.

        `branch`: commits on a new branch instead. `worktree`: makes a new working tree. `check`: changes nothing. `sign`: the commit, where
        git is configured to. `only`: git pathspecs of what to apply. `tidy`: leaves out build output, logs and the like. If it raises
        `AideatorError`, nothing has changed. `three_way` can leave `conflicts`, which the answer lists.
        """
        picked = applying.pick(self._here, self._named(variation))
        way = Way(three_way, branch, None if worktree is None else Path(worktree), check, sign, tuple(only), tidy)
        return applying.apply(self._here, picked, way, None if folder is None else Path(folder))

    def push(
        self, to: str = "origin", variation: int | None = None, *, folder: str | Path | None = None
    ) -> list[Pushed]:
        """Pushes each patch as a branch, or that of one variation. `to`: REMOTE[:PREFIX], a remote of the clone in `folder` or a URL.

        A `Pushed` has `branch`, `commit`, the server's `link` for a pull request, and `error` if this one was not pushed.
        """
        asked = pushing.Pushing(destination(to), None if folder is None else Path(folder))
        return list(pushing.push_results(self._here, self._named(variation), asked))

    def cancel(self, variation: int | None = None, *, wait: bool = True) -> list[Result]:
        """Stops one variation, or all; their work so far is kept. With `wait`, returns their results, else an empty list."""
        return list(cancelling.cancel(self._here, self._word(variation), Where(), wait=wait).results)

    def tell(self, text: str, variation: int | None = None) -> tuple[int, ...]:
        """Tells one agent, or all that are at work, something that they get before their next turn. Returns who got it.

        Raises `AideatorError` if nobody got it.
        """
        return telling.tell(self._here, self._word(variation), text, Where()).arrived

    def retry(self, variation: int | None = None, *, force: bool = False, fresh: bool = False) -> "Run":
        """Retries variations that infrastructure failed; with `force`, any variation. Follow it with `events()` or `wait()`.

        What infrastructure failed goes on from its last checkpoint, unless `fresh`.
        """
        retrying.retry(self._here, self._word(variation), Where(), force=force, fresh=fresh)
        self._reload()
        return self

    def go_on(self, prompt: str, variation: int | None = None, anew: Anew | None = None) -> "Run":
        """Starts a run whose agents begin with a variation's patch, else with the selected one, and returns as soon as it is accepted.

        `anew` has what is not to be as in this run; its `prompt` is not used. Raises `AideatorError`; then nothing was started.
        """
        asked = replace(anew, prompt=prompt) if anew else Anew(prompt)
        return Run(self._here, starting.start(self._here, continuing.plan(self._here, self._named(variation), asked)))

    def judge(self, model: str | None = None, *, api_base: str | None = None, max_pairs: int = 15) -> Round | None:
        """Asks a model which of those that passed is better, two at a time, blind. None: fewer than two are left to compare."""
        self._look()
        asked = judging.judge(self._here, self._run, Judge(model, api_base, max_pairs))
        return next((told for told in asked if isinstance(told, Round)), None)

    def report(self) -> str:
        """The run as one HTML page that loads nothing from any network."""
        from aideator_cli.views.html import report, timeline

        self._look()
        return report.html(reporting.report(self._here, self._run, timeline.TYPES))

    def export(self, folder: str | Path, *, force: bool = False) -> Exported:
        """Writes patches, events, results and checks into a folder that is new or empty; `force` replaces an earlier export."""
        self._look()
        return exporting.export(self._here, self._run, Path(folder), force=force)

    def delete(self, *, force: bool = False) -> None:
        """Deletes the run's objects and stored data.

        Raises `AideatorError` while agents are working, or if the run belongs to another user, unless `force` is set.
        """
        named = deleting.deletable(self._here, self.id, force=force)
        if named.run.cluster_user is not None and not force:
            raise deleting.of_another(named)
        deleting.delete(self._here, named)

    def _look(self) -> None:
        """Updates the stored state from the backend. If the backend can't be asked, the state stays as it was last seen."""
        named = refresh(self._here, finding.Named(self._run, None))
        self._run, self._stale = named.run, named.stale

    def _reload(self) -> None:
        self._run = self._here.store.run(self.id) or self._run

    def _word(self, variation: int | None) -> str:
        return self.id if variation is None else f"{self.id}/{self._checked(variation)}"

    def _named(self, variation: int | None) -> finding.Named:
        self._look()
        return finding.Named(self._run, None if variation is None else self._checked(variation))

    def _checked(self, variation: int) -> int:
        if variation not in (numbers := [v.number for v in self.spec.variations]):
            raise usage(f"run {self.id} has no variation {variation}", hint=f"its variations are 1 to {len(numbers)}")
        return variation
