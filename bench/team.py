"""What a team costs beyond its runs, on this machine.

`stage_s`: from the end of a stage's run to the start of the next stage's agent, the median over a chain of stages. Its peer is the same
chain by a shell script of `aideator continue`. `tasks_s`: from the end of the plan to the start of the last of 20 tasks that work side by
side, and `task_s` that for each of them. Agents are scripts that take no time, so what is left is ours. `--short`: a shorter chain.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

from aideator_cli.domain.teams import stage_of
from aideator_cli.store import Store
from aideator_cli.system.clock import seconds_between
from bench.throw_away import repository

STAGES = 6
TASKS = 20
STAGE_S = 1.0  # the most that a stage may cost


def main() -> None:
    stages = _stages()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        repository(folder / "repository")
        gaps, peer, spread = _chain(folder, stages), _by_hand(folder, stages), _tasks(folder)
    ours, theirs = statistics.median(gaps), statistics.median(peer)
    print(
        f"between two stages {ours:.2f} s pass (at most {STAGE_S:.0f}), the median of {len(gaps)}; by a shell script {theirs:.2f} s"
    )
    print(f"{TASKS} tasks are at work {spread:.1f} s after their plan, {spread / TASKS:.2f} s each")
    print(json.dumps({
        "stage_s": round(ours, 3), "tasks_s": round(spread, 3), "task_s": round(spread / TASKS, 3),
        "peer_stage_s": round(theirs, 3), "peer": "a shell script of `aideator continue`",
    }))  # fmt: skip


def _stages() -> int:
    parser = argparse.ArgumentParser(prog="make bench-team")
    parser.add_argument("--short", action="store_true")
    return 3 if parser.parse_args().short else STAGES


def _script(path: Path, *turns: Mapping[str, Any]) -> Path:
    path.write_text(json.dumps(turns))
    return path


def _writes(folder: Path, number: int | str) -> Path:
    file = {"path": f"{number}.txt", "content": f"{number}\n"}
    calls = [{"tool": "write_file", "arguments": file}, {"tool": "submit", "arguments": {"summary": "Done."}}]
    return _script(folder / f"{number}.json", {"calls": calls})


def _aideator(home: Path, *words: str) -> str:
    environment = {**os.environ, "AIDEATOR_HOME": str(home), "KUBECONFIG": "/nonexistent"}
    done = subprocess.run(
        [sys.executable, "-m", "aideator_cli", *words], env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        sys.exit(f"{' '.join(words)}: {done.stdout[-1000:]}{done.stderr[-1000:]}")
    return done.stdout


def _team(folder: Path, name: str, stages: Mapping[str, Any]) -> Store:
    """Returns the store after the team has worked."""
    home = folder / f"home-{name}"
    (folder / f"{name}.yaml").write_text(json.dumps({"stages": stages}))
    words = ("--team", str(folder / f"{name}.yaml"), "--backend", "local", "--json")
    _aideator(home, "run", str(folder / "repository"), "Do it.", *words)
    return Store.open(home)


def _chain(folder: Path, stages: int) -> Sequence[float]:
    """Returns the seconds between each run's end and the start of the next one's agent."""
    made = {
        f"s{number}": {"model": f"scripted/{_writes(folder, number)}", **({"from": f"s{number - 1}"} if number else {})}
        for number in range(stages)
    }
    store = _team(folder, "chain", made)
    (team,) = store.teams()
    return _gaps(store, [step.run for step in store.steps(team.id)])


def _by_hand(folder: Path, stages: int) -> Sequence[float]:
    home, options = folder / "home-hand", ("--backend", "local", "-n", "1", "--json")
    first = _aideator(
        home, "run", str(folder / "repository"), "Do it.", "--model", f"scripted/{folder / '0.json'}", *options
    )
    runs = [_run_of(first)]
    for number in range(1, stages):
        model = f"scripted/{folder / f'{number}.json'}"
        runs.append(
            _run_of(_aideator(home, "continue", f"{runs[-1]}/1", "Go on.", "--model", model, "-n", "1", "--json"))
        )
    return _gaps(Store.open(home), runs)


def _run_of(said: str) -> str:
    return str(json.loads(said.splitlines()[-1])["run"])


def _gaps(store: Store, runs: Sequence[str]) -> Sequence[float]:
    return [seconds_between(_ended(store, before), _started(store, run)) for before, run in pairwise(runs)]


def _ended(store: Store, run: str) -> str:
    """Returns when the run's agent said its last word."""
    (attempt,) = store.attempts(run)
    return max(event.time for event in store.events(attempt.attempt) if event.time)


def _started(store: Store, run: str) -> str:
    (attempt,) = store.attempts(run)
    return attempt.attempt.created


def _tasks(folder: Path) -> float:
    tasks = [{"id": f"t{number}", "title": f"Write {number}."} for number in range(TASKS)]
    answer = f"```json\n{json.dumps({'tasks': tasks})}\n```"
    plan = _script(folder / "plan.json", {"calls": [{"tool": "submit", "arguments": {"answer": answer}}]})
    for number in range(TASKS):
        _writes(folder, f"t{number}")
    stages = {
        "plan": {"produces": "plan", "model": f"scripted/{plan}"},
        "build": {"each": "plan.tasks", "model": f"scripted/{folder}/{{{{ task.id }}}}.json"},
    }
    store = _team(folder, "tasks", stages)
    (team,) = store.teams()
    steps = store.steps(team.id)
    begun = [_started(store, step.run) for step in steps if step.task]
    planned = next(_ended(store, step.run) for step in steps if stage_of(step.key) == "plan")
    return seconds_between(planned, max(begun))


if __name__ == "__main__":
    main()
