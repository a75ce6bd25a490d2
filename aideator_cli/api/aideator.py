"""Where a script begins: a data folder, its runs and teams, and what starts more of them."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from aideator_cli.actions import applying, finding, listing, merging, starting
from aideator_cli.actions import stats as counting
from aideator_cli.actions.applying import Undone
from aideator_cli.actions.here import Here
from aideator_cli.actions.issues import read_issue
from aideator_cli.actions.places import server_at, server_named
from aideator_cli.actions.refreshing import refresh
from aideator_cli.actions.stats import Stats
from aideator_cli.actions.teams import scripting as teaming
from aideator_cli.api.run import Run
from aideator_cli.api.team import Team
from aideator_cli.domain.glance import Wanted
from aideator_cli.errors import usage
from aideator_cli.intake.request import (
    Agents,
    Bounds,
    Briefing,
    Checking,
    Cloning,
    Pod,
    Question,
    Request,
    Sending,
    Surroundings,
    Where,
)
from aideator_cli.system.settings import Settings


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
    ) -> Run:
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
    ) -> Team:
        """Starts a team as `aideator run --team` does, and returns when its first step has begun: `wait()` moves it on.

        `team`: its name, or the path of its stages file. `bounds.budget` is for all of it. Raises `AideatorError`; then nothing
        was started.
        """
        request = Request(
            str(repo), prompt, models=[models] if isinstance(models, str) else list(models), bounds=bounds, checking=checking,
            allow_local_shell=allow_local_shell,
        )  # fmt: skip
        return Team(self._here, teaming.start(self._here, str(team), request, where))

    def team(self, name: str) -> Team:
        """The team with this id, or a unique beginning of it."""
        return Team(self._here, teaming.named(self._here, name))

    def merge(self, *variations: str, only: Sequence[str] = (), take: Sequence[str] = ()) -> Run:
        """Starts a run that checks a merge of these variations (RUN/N each), and returns as soon as it is accepted.

        `only`: N:PATH or N:PATH#HUNK,…, the parts to take of a variation. `take`: N:PATH, whose changes to take where they conflict.
        Raises `AideatorError`, for a conflict with the files, hunks and lines; then nothing was started.
        """
        named = {word: refresh(self._here, finding.find(self._here, word)) for word in variations}
        merged = merging.merge(self._here, merging.Asked(named, only, take))
        return Run(self._here, starting.start(self._here, merging.plan(self._here, merged)))

    def run(self, name: str, where: Where = Where()) -> Run:  # noqa: B008 -- frozen
        """The run with this id, a unique beginning of it, or `@last`: in the data folder, else in the cluster that `where` names."""
        return Run(self._here, finding.find_run(self._here, name, where).run)

    def runs(self, limit: int = 50, wanted: Wanted = Wanted()) -> list[Run]:  # noqa: B008 -- frozen
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
