"""`aideator stats` over 1,000 runs of three variations, the whole process, against reading every run and result as `list` does.

Each spec holds a prompt of 8 KiB, each result a summary and two checks with 2 KiB of output.
"""

import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

from aideator_agent.spec import Repository, RunSpec, VariationSpec
from aideator_cli.domain.events import Observation
from aideator_cli.domain.result import CheckResult, Result
from aideator_cli.domain.runs import Place, Selection
from aideator_cli.store import Store
from aideator_cli.system.clock import shifted

RUNS = 1000
MODELS = ("claude-sonnet-4-5", "gpt-5", "openai/qwen3-coder")
ROUNDS = 7
START = "2026-01-01T00:00:00.000000Z"
OUTCOMES = ("succeeded",) * 6 + ("no_changes", "limit", "cancelled", "failed")
WHOLE = """
import sys
from pathlib import Path
from aideator_cli.store import Store
store = Store.open(Path(sys.argv[1]))
print(sum(result.succeeded for run in store.runs() for result in store.results(run.spec.id)))
"""


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        fill(home)
        commands = {
            "stats": ["-m", "aideator_cli", "stats"],
            "stats --by prompt": ["-m", "aideator_cli", "stats", "--by", "prompt"],
            "stats --json": ["-m", "aideator_cli", "stats", "--json"],
            "every run and result whole": ["-c", WHOLE, folder],
            "version": ["-m", "aideator_cli", "version"],
        }
        times: dict[str, list[float]] = {name: [] for name in commands}
        for turn in range(ROUNDS + 1):
            for name, words in commands.items():
                seconds = _timed(words, home)
                if turn:  # the first warms up
                    times[name].append(seconds)
    medians = {name: statistics.median(each) for name, each in times.items()}
    print(f"{RUNS} runs, {RUNS * len(MODELS)} variations: medians of {ROUNDS}, seconds of the whole process")
    for name, seconds in medians.items():
        print(f"{name:<28} {seconds:.3f}")
    whole = medians["every run and result whole"]
    print(json.dumps({"seconds": round(medians["stats"], 3), "peer": "read whole", "peer_seconds": round(whole, 3)}))


def fill(home: Path) -> None:
    """A store with these runs in this folder."""
    store = Store.open(home)
    chance = random.Random(1)
    for number in range(RUNS):
        spec = _spec(number)
        store.add_run(spec, Place("local", "this machine"), state="ended")
        for variation in spec.variations:
            store.save_result(spec.id, _result(variation, chance))
        store.record([], [Observation(spec.id, spec.created, "completed", "", v.number) for v in spec.variations])
        if chance.random() < 0.5:
            store.select(spec.id, Selection(chance.randint(1, 3), "uid", START, None))
    store.close()


def _spec(number: int) -> RunSpec:
    prompt = f"Fix issue {number % 50}.\n" + "What is known of it. " * 400
    variations = tuple(VariationSpec(n, model) for n, model in enumerate(MODELS, 1))
    repository = Repository(f"https://git.example/project-{number % 7}.git")
    return RunSpec(f"r{number:06}", "uuid", shifted(START, 60 * number), repository, prompt, variations, task=prompt)


def _result(variation: VariationSpec, chance: random.Random) -> Result:
    outcome = chance.choice(OUTCOMES)
    fault = chance.choice(("agent", "model", "repository", "infrastructure", "verifier"))
    checks = tuple(CheckResult(name, name, int(chance.random() < 0.2), 2.5, "x" * 2000) for name in ("unit", "lint"))
    result = Result(variation.number, variation.model, f"uid-{variation.number}", outcome, summary="What I did. " * 40)
    result = replace(result, cost=chance.random(), seconds=600 * chance.random(), checks=checks)
    return replace(result, fault=fault) if outcome == "failed" else result


def _timed(words: list[str], home: Path) -> float:
    environment = {**os.environ, "AIDEATOR_HOME": str(home)}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    began = time.perf_counter()
    subprocess.run([sys.executable, *words], env=environment, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - began


if __name__ == "__main__":
    main()
