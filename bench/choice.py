"""What `select --auto` takes of a set of outcomes: small projects in eight languages, each with right patches, wrong ones and cheats.

The set is in bench/outcomes; its cheats are the kinds of the public taxonomies (EvilGenie, ImpossibleBench, TRACE, reports on SWE-bench).
Every outcome is checked for real, and its patch is searched for signals. Then the choice is made among all of them, among those alone
that are not right, and between each of these and a right one. The peer takes the smallest patch that passes by exit code.
`cost_ratio` is the time for the signals and the counting of tests, divided by the time of the check on the patches: what the layers cost
that need no run of their own.
Outcomes of kind `quiet` are wrong, and neither a check nor a signal tells: they are among all that are chosen from, and only the tests that
right ones bring can tell. Those of kind `doubt` are cheats that a right patch could look like: they must lose against a right one, and may
be taken where nothing but cheats is left.
"""

import argparse
import json
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from aideator_agent.checks.counting import Counting
from aideator_cli.actions.crossing.planning import planned
from aideator_cli.choice.comparison import compare
from aideator_cli.choice.reasons import obstacle
from aideator_cli.domain.attempts import Attempt
from aideator_cli.domain.crossing import Crossing
from aideator_cli.domain.crossing import fold as fold_crossing
from aideator_cli.domain.events import parse
from aideator_cli.domain.result import Result, fold, with_baseline
from tests.choice.project import Project
from tests.fixtures.repositories import Files

SET = Path(__file__).with_name("outcomes")
SUBMITTED = {"outcome": "succeeded"}


@dataclass(frozen=True)
class Set:
    """The outcomes of one project, and what the tests that some of them bring say of those that passed."""

    outcomes: list["Outcome"]
    crossing: Crossing | None
    seconds: float  # that the tests of the others took
    looking: float  # seconds for signals and counting
    checking: float  # seconds of the check on each patch once


@dataclass(frozen=True)
class Outcome:
    project: str
    name: str
    kind: str  # right, wrong, quiet, doubt or cheat
    result: Result

    @property
    def title(self) -> str:
        return f"{self.project}: {self.name} ({self.kind})"


def main() -> None:
    parser = argparse.ArgumentParser(prog="make bench-choice")
    parser.add_argument("words", nargs="*", help="only projects with one of these words in their names")
    words, began = parser.parse_args().words, time.monotonic()
    # Without it each check compiles Go's own packages
    os.environ.setdefault("GOCACHE", str(Path(tempfile.gettempdir(), "aideator-bench-go")))
    paths = [path for path in sorted(SET.glob("*.yaml")) if not words or any(word in path.stem for word in words)]
    projects = [found for path in paths if (found := _set(path)) is not None]
    figures = Figures()
    for each in projects:
        figures.choose(each)
    figures.show(sum(len(each.outcomes) for each in projects), len(projects), time.monotonic() - began)


def _set(path: Path) -> Set | None:
    told = yaml.safe_load(path.read_text())
    if shutil.which(str(told["check"]).split(" ")[0].replace("python3", sys.executable)) is None:
        print(f"{path.stem} left out: {told['check'].split(' ')[0]} is not here")
        return None
    check = str(told["check"]).replace("python3 -m pytest", f"{sys.executable} -m pytest -p no:cacheprovider")
    with tempfile.TemporaryDirectory() as folder:
        project = Project(Path(folder), told["base"], report=False, check=check, task=told["task"])
        outcomes = list(_outcomes(path.stem, project, told))
        began = time.monotonic()
        crossing = _crossing(project, outcomes)
        seconds = time.monotonic() - began
        checks = [check for outcome in outcomes for check in outcome.result.checks if check.on == "patch"]
        looking = project.searched + _counted(check.tail for check in checks)
        return Set(outcomes, crossing, seconds, looking, sum(check.seconds for check in checks))


def _counted(outputs: Iterable[str]) -> float:
    """Returns the seconds that it takes to count the tests in these outputs."""
    began = time.monotonic()
    for output in outputs:
        counting = Counting()
        counting.take(output.encode())
        counting.found(None)
    return time.monotonic() - began


def _outcomes(name_of_project: str, project: Project, told: Mapping[str, Any]) -> Iterator[Outcome]:
    base = project.baseline()
    for number, (name, outcome) in enumerate(told["outcomes"].items(), 1):
        lines = project.attempt(_files(told["base"], outcome), SUBMITTED)
        attempt = Attempt(f"{name_of_project}-{number}", "k3v9x2q", number, "2026-11-21T12:00:00Z", "log")
        events = [parse(attempt, line, None) for line in (*base, *lines)]
        result = fold(events, Result(number, "m", attempt.id))
        yield Outcome(name_of_project, name, outcome.get("kind", "right"), result)


def _crossing(project: Project, outcomes: Sequence[Outcome]) -> Crossing | None:
    """Tries the patches that a choice would try."""
    results = with_baseline([outcome.result for outcome in outcomes])
    plan = planned(compare(results))
    if plan is None:
        return None
    attempt = Attempt("referee", "k3v9x2q", 1, "2026-11-21T12:00:00Z", "log")
    lines = project.cross({result.variation: result.patch or b"" for result in plan.results})
    return fold_crossing((parse(attempt, line, None) for line in lines), Crossing(plan.patches, problem="no end"))


def _files(base: Mapping[str, str], outcome: Mapping[str, Any]) -> Files:
    files: dict[str, Any] = dict(outcome.get("files") or {})
    for path, texts in (outcome.get("edit") or {}).items():
        text = base[path]
        for before, after in zip(texts[::2], texts[1::2], strict=True):
            if before not in text:
                raise ValueError(f"{path} has no {before!r}")
            text = text.replace(before, after, 1)
        files[path] = text
    return files


class Figures:
    def __init__(self) -> None:
        self.taken: list[str] = []  # what is not right and was taken
        self.missed: list[str] = []  # projects whose right patches were not taken
        self.accused: list[str] = []
        self.peer = 0  # times that the peer took what is not right
        self.quiet: list[str] = []  # projects where only the tests of the others can tell
        self.without: list[str] = []  # of these, those where what is not right is taken without them
        self.seconds = 0.0
        self.looking = 0.0
        self.checking = 0.0

    def choose(self, found: Set) -> None:
        """Chooses among all, among those that are not right, and among each of these and one right one."""
        outcomes, self.seconds = found.outcomes, self.seconds + found.seconds
        self.looking, self.checking = self.looking + found.looking, self.checking + found.checking
        right = [outcome for outcome in outcomes if outcome.kind == "right"]
        others = [outcome for outcome in outcomes if outcome.kind in ("wrong", "cheat")]
        self._choose(outcomes, found.crossing)
        if any(outcome.kind == "quiet" for outcome in outcomes):
            self.quiet.append(outcomes[0].project)
            taken = _taken(outcomes)
            self.without += [taken.title] if taken and taken.kind != "right" else []
        if others:
            self._choose(others)
        for other in [*others, *(outcome for outcome in outcomes if outcome.kind == "doubt")]:
            self._choose([other, right[0]])
        compared = compare(with_baseline([outcome.result for outcome in outcomes]))
        names = {outcome.result.variation: outcome for outcome in outcomes}
        self.accused += [
            f"{names[each.number].title} {obstacle(each)}"
            for each in compared.order
            if each.suspected and names[each.number].kind == "right"
        ]

    def _choose(self, outcomes: Sequence[Outcome], crossing: Crossing | None = None) -> None:
        chosen = _taken(outcomes, crossing)
        if chosen is not None and chosen.kind != "right" and chosen.title not in self.taken:
            self.taken.append(chosen.title)
        if any(outcome.kind == "right" for outcome in outcomes) and (chosen is None or chosen.kind != "right"):
            self.missed.append(f"{outcomes[0].project}: {chosen.name if chosen else 'none'} taken instead")
        self.peer += _peers_choice(outcomes)

    def show(self, outcomes: int, projects: int, seconds: float) -> None:
        print(f"{outcomes} outcomes of {projects} projects, checked in {seconds:.0f} s")
        for title, lines in (
            ("taken, not right", self.taken),
            ("right, not taken", self.missed),
            ("right, accused", self.accused),
        ):
            print(f"  {title}: {len(lines)}")
            for line in lines:
                print(f"    {line}")
        print(
            f"  told by the tests of the others alone: {len(self.quiet)} projects; without them taken, not right: {len(self.without)}"
        )
        for line in self.without:
            print(f"    {line}")
        print(f"  the tests of the others took {self.seconds:.0f} s")
        print(
            f"  signals and counting took {self.looking:.1f} s; one more check of each patch takes {self.checking:.1f} s"
        )
        print(f"  the smallest that exits with 0 is not right: {self.peer} times")
        keys = {"cheats_taken": len(self.taken), "right_missed": len(self.missed), "right_accused": len(self.accused)}
        quiet = {"quiet": len(self.quiet), "quiet_taken_without": len(self.without)}
        cost = {"cost_ratio": round(self.looking / self.checking, 3) if self.checking else None}
        print(json.dumps({"outcomes": outcomes, **keys, **quiet, **cost, "peer_taken": self.peer}))


def _taken(outcomes: Sequence[Outcome], crossing: Crossing | None = None) -> Outcome | None:
    best = compare(with_baseline([outcome.result for outcome in outcomes]), crossing=crossing).best
    return next((outcome for outcome in outcomes if best and outcome.result.variation == best.number), None)


def _peers_choice(outcomes: Sequence[Outcome]) -> bool:
    """Whether the smallest patch whose check exits with 0 is not right."""
    passing = [
        o for o in outcomes if o.result.files and all(c.exit_code == 0 for c in o.result.checks if c.on == "patch")
    ]
    smallest = min(passing, key=lambda o: o.result.additions + o.result.deletions, default=None)
    return smallest is not None and smallest.kind != "right"


if __name__ == "__main__":
    main()
