"""The Python API: start runs, follow them, compare what came of them, and take the best.

    from aideator_cli.api import Aideator, Checking

    aideator = Aideator()
    run = aideator.start("https://git.example/todo.git", "Make the parser accept comments",
                         models=["claude-sonnet-4-5:2", "gpt-5"], checking=Checking(verify=["pytest -q"]))
    for item in run.events():
        ...
    run.select_best()
    run.apply(branch="comments")

Nothing here prints or asks. What goes wrong raises `AideatorError`, which has a `message`, a `hint` and an exit `code`. A run goes on
without this process: follow it again with `Aideator().run(ID).events()`. An `Aideator` belongs to the thread that made it; each thread
makes its own. Names that this module exports are stable: they change only with a new major version.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from aideator_agent.citation import Citation
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
    listing,
    merging,
    pushing,
    retrying,
    selecting,
    starting,
    telling,
    waiting,
)
from aideator_cli.actions import stats as counting
from aideator_cli.actions.applying import Undone
from aideator_cli.actions.crossing import refereeing as crossing
from aideator_cli.actions.here import Here
from aideator_cli.actions.issues import read_issue
from aideator_cli.actions.judged import Judge
from aideator_cli.actions.places import server_at, server_named
from aideator_cli.actions.refreshing import refresh
from aideator_cli.actions.sharing import exporting, reporting
from aideator_cli.actions.sharing.exporting import Exported
from aideator_cli.actions.stats import Stats
from aideator_cli.actions.teams import scripting as teaming
from aideator_cli.choice.comparison import Comparison
from aideator_cli.domain.events import Closed, Ended, Event, Item, Observation, Opened
from aideator_cli.domain.glance import Wanted
from aideator_cli.domain.handing import TeamState
from aideator_cli.domain.judgements import Judgement, Round
from aideator_cli.domain.result import CheckResult, Result
from aideator_cli.domain.runs import Selection, StoredRun
from aideator_cli.errors import AideatorError, ExitCode, unavailable, usage
from aideator_cli.intake.request import (
    Agents,
    Anew,
    Bounds,
    Briefing,
    Checking,
    Cloning,
    Identity,
    Placing,
    Pod,
    Question,
    Request,
    Sending,
    Shares,
    Surroundings,
    Where,
)
from aideator_cli.stream.following import past_of
from aideator_cli.stream.recording import last_result
from aideator_cli.system.settings import Settings
from aideator_cli.workspace.pick import Applied, Way
from aideator_cli.workspace.pushing import Pushed, destination

__all__ = [
    "Aideator",
    "AideatorError",
    "Anew",
    "Applied",
    "Bounds",
    "Briefing",
    "CheckResult",
    "Checking",
    "Citation",
    "Cloning",
    "Closed",
    "Comparison",
    "Ended",
    "Event",
    "ExitCode",
    "Exported",
    "Identity",
    "Item",
    "Judgement",
    "Observation",
    "Opened",
    "Placing",
    "Pod",
    "Pushed",
    "Question",
    "Result",
    "Round",
    "Run",
    "Selection",
    "Sending",
    "Shares",
    "Stats",
    "Surroundings",
    "Team",
    "TeamState",
    "Undone",
    "Wanted",
    "Where",
]


class Aideator:
    """A data folder with its runs, and the configuration beside it."""

    def __init__(self, home: str | Path | None = None, *, environment: Mapping[str, str] | None = None) -> None:
        """`home`: the data folder, else the command line's. `environment`: where keys and settings are read, else this process's."""
        settings = Settings(environment)
        if home is not None:
            settings = Settings({**settings.environment, "AIDEATOR_HOME": str(home)})
        self._here = Here(settings)

    def start(
        self,
        repo: str | Path | None,
        prompt: str | None = None,
        *,
        issue: str | None = None,
        models: str | Sequence[str] = (),
        escalate: str | Sequence[str] = (),
        private: bool = False,
        agents: str | Sequence[str] = (),
        n: int | None = None,
        matrix: str | Path | None = None,
        temperature: float | None = None,
        temperatures: Sequence[float | None] = (),
        api_base: str | None = None,
        ref: str | None = None,
        bounds: Bounds = Bounds(),  # noqa: B008 -- frozen
        checking: Checking = Checking(),  # noqa: B008 -- frozen
        pod: Pod = Pod(),  # noqa: B008 -- frozen
        surroundings: Surroundings = Surroundings(),  # noqa: B008 -- frozen
        sending: Sending = Sending(),  # noqa: B008 -- frozen
        cloning: Cloning = Cloning(),  # noqa: B008 -- frozen
        question: Question = Question(),  # noqa: B008 -- frozen
        briefing: Briefing = Briefing(),  # noqa: B008 -- frozen
        where: Where = Where(),  # noqa: B008 -- frozen
        first: int | None = None,
        retries: int | None = None,
        max_parallel: int | None = None,
        allow_local_shell: bool = False,
    ) -> "Run":
        """Starts a run as `aideator run` does, and returns as soon as its agents are accepted.

        `models`: each NAME or NAME:COUNT; `auto[:POLICY]` is chosen. `escalate`: policies or models of which the next is tried only if the
        checks failed, while `events()` or `wait()` follows the run. `private`: its text goes to hosts of the user's list alone.
        `agents`: each AGENT[/MODEL][:COUNT]; none: AIdeator's own loop.
        `prompt` is taken as it is, and None only where `matrix` has prompts, or `issue` says what to do: the address of an issue on a
        forge, which the agents get as data. Then `repo` may be None, too: the repository of the issue.
        `temperatures`: one for each variation, None as `temperature`.
        `first` and `retries` act while `events()` or `wait()` follows the run. Raises `AideatorError`; then nothing was started.
        `max_parallel`: at most so many agents work at once; the others start while `events()` or `wait()` follows the run.
        """
        read = None if issue is None else read_issue(self._here, issue, surroundings.ca)
        if repo is None and read is None:
            raise usage("no repository is given", hint="name one, or an issue")
        request = Request(
            str(read.repository if repo is None and read else repo), prompt, n=n,
            models=[models] if isinstance(models, str) else list(models),
            escalate=[escalate] if isinstance(escalate, str) else list(escalate), private=private,
            agents=Agents([agents] if isinstance(agents, str) else list(agents)),
            matrix=None if matrix is None else Path(matrix), temperature=temperature, temperatures=temperatures, api_base=api_base, ref=ref,
            allow_local_shell=allow_local_shell, parallel=max_parallel, first=first, retries=retries, bounds=bounds,
            checking=checking, pod=pod, surroundings=surroundings, sending=sending, cloning=cloning, question=question, briefing=briefing,
            issue=read.issue if read else None,
        )  # fmt: skip
        if server := server_named(where, self._here.settings):
            from aideator_cli.actions import at_server

            at = server_at(server, self._here.settings)
            return Run(self._here, at_server.start(self._here, request, at, many=matrix is not None))
        planned = starting.plan(self._here, request, where)
        if planned.suspects:
            raise starting.unconfirmed(planned.suspects)
        return Run(self._here, starting.start(self._here, planned))

    def start_team(
        self,
        repo: str | Path,
        prompt: str,
        team: str | Path,
        *,
        models: str | Sequence[str] = (),
        bounds: Bounds = Bounds(),  # noqa: B008 -- frozen
        checking: Checking = Checking(),  # noqa: B008 -- frozen
        where: Where = Where(),  # noqa: B008 -- frozen
        allow_local_shell: bool = False,
    ) -> "Team":
        """Starts a team as `aideator run --team` does, and returns when its first step has begun: `wait()` moves it on.

        `team`: its name, or the path of its stages file. `bounds.budget` is for all of it. Raises `AideatorError`; then nothing
        was started.
        """
        request = Request(
            str(repo), prompt, models=[models] if isinstance(models, str) else list(models), bounds=bounds, checking=checking,
            allow_local_shell=allow_local_shell,
        )  # fmt: skip
        return Team(self._here, teaming.start(self._here, str(team), request, where))

    def team(self, name: str) -> "Team":
        """The team with this id, or a unique beginning of it."""
        return Team(self._here, teaming.named(self._here, name))

    def merge(self, *variations: str, only: Sequence[str] = (), take: Sequence[str] = ()) -> "Run":
        """Starts a run that checks a merge of these variations (RUN/N each), and returns as soon as it is accepted.

        `only`: N:PATH or N:PATH#HUNK,…, the parts to take of a variation. `take`: N:PATH, whose changes to take where they conflict.
        Raises `AideatorError`, for a conflict with the files, hunks and lines; then nothing was started.
        """
        named = {word: refresh(self._here, finding.find(self._here, word)) for word in variations}
        merged = merging.merge(self._here, merging.Asked(named, only, take))
        return Run(self._here, starting.start(self._here, merging.plan(self._here, merged)))

    def run(self, name: str, where: Where = Where()) -> "Run":  # noqa: B008 -- frozen
        """The run with this id, a unique beginning of it, or `@last`: in the data folder, else in the cluster that `where` names."""
        return Run(self._here, finding.find_run(self._here, name, where).run)

    def runs(self, limit: int = 50, wanted: Wanted = Wanted()) -> list["Run"]:  # noqa: B008 -- frozen
        """The runs in the data folder that are wanted, by default all of them, the newest first."""
        return [Run(self._here, row.run) for row in listing.listed(self._here, limit, listing.checked(wanted))]

    def stats(
        self, by: str = "model", *, since: str | None = None, repository: str | None = None, answers: bool = False
    ) -> list[Stats]:
        """One group of variations each, the most tried first.

        `by`: model, agent, role, prompt, temperature or repo. `since`: RFC 3339, UTC. `repository`: a part of its URL or path.
        `answers`: counts the runs that ask for an answer, not those for patches.
        """
        return counting.stats(self._here, counting.Counting(by, since, repository, answers))

    def undo(self, folder: str | Path = ".", name: str | None = None, *, force: bool = False) -> Undone:
        """Undoes the last apply to this working tree, or that of `name` (RUN/N). `force` overwrites changes made since."""
        return applying.undo(Path(folder), name, force=force)


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
        for told in crossing.cross_test(self._here, self._run):
            if isinstance(told, crossing.Failed):
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


class Team:
    """A team that was started. Its steps are runs."""

    def __init__(self, here: Here, id_: str) -> None:
        self._here = here
        self.id = id_

    def state(self) -> TeamState:
        """How far it is: what each step began with, what came of it, how long it took, what it cost."""
        return teaming.state(self._here, self.id)

    def wait(self, timeout: float | None = None) -> TeamState:
        """Moves the team on until it is over, or for `timeout` seconds. Raises `AideatorError` if a step can't be begun."""
        return teaming.wait(self._here, self.id, timeout)

    def result(self) -> tuple[Run, int]:
        """The run and the number of the variation that it ended with. Raises `AideatorError` if there is none."""
        named = finding.find(self._here, self.id)
        return Run(self._here, named.run), named.numbers[0]

    def cancel(self) -> None:
        """Ends it, and asks its agents at work to stop."""
        teaming.cancel(self._here, self.id)
