"""Comparing a run of 20 variations: `aideator compare` from the start of the process to its end.

The patches of one run have 500 files each, those of the other one hunk of 20,000 lines. The peer
is git for the part that git has a word for, which patches are the same: `git patch-id`, once a patch. The forms take turns.
`--short`: one round.
"""

import argparse
import base64
import hashlib
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Final

from aideator_agent.spec import Check, Repository, RunSpec, VariationSpec
from aideator_cli.domain.attempts import Attempt
from aideator_cli.domain.events import parse
from aideator_cli.domain.result import CheckResult, Result, fold
from aideator_cli.domain.runs import Place
from aideator_cli.store import Store

VARIATIONS, FILES, ROUNDS = 20, 500, 5
IDENTICAL, EQUIVALENT = 4, 4  # of the variations; all others differ from each other in every file
LARGE = 20_000  # lines of the only file
FILES_RUN, LARGE_RUN = "k3v9x2q", "k3v9x2r"  # ids of the runs
PART = 7_000  # bytes of a patch in one record
LINES = 60  # of a file
FUNCTION = '''
def function_{number}(first, second):
    """What function {number} does."""
    total = first * {number} + second  # no more than this
    return {{"total": total, "name": 'function {number}'}}
'''


def main() -> None:
    parser = argparse.ArgumentParser(prog="make bench-compare")
    parser.add_argument("--short", action="store_true")
    rounds = 1 if parser.parse_args().short else ROUNDS
    with tempfile.TemporaryDirectory() as folder:
        forms: dict[str, Callable[[], None]] = {}
        for run, made in RUNS.items():
            patches = [made(number) for number in range(1, VARIATIONS + 1)]
            stored(Path(folder), run, patches)
            print(f"{run}: {VARIATIONS} variations, patches of {sum(map(len, patches)) / 2**20:.1f} MiB in all")
            forms |= _forms(Path(folder), run, patches)
        found: dict[str, list[Spent]] = {name: [] for name in forms}
        for _ in range(rounds):
            for name, call in forms.items():
                found[name].append(_spent(call))
    _show({name: _middle(each) for name, each in found.items()}, rounds)


@dataclass(frozen=True)
class Spent:
    seconds: float
    cpu: float  # seconds of the processes


def _spent(call: Callable[[], None]) -> Spent:
    cpu, begun = _children_cpu(), time.monotonic()
    call()
    return Spent(time.monotonic() - begun, _children_cpu() - cpu)


def _children_cpu() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def _middle(each: list[Spent]) -> Spent:
    return Spent(median(spent.seconds for spent in each), median(spent.cpu for spent in each))


def patch(variation: int) -> bytes:
    """As the agent cuts it: 500 files, two hunks each."""
    return b"".join(_file(variation, number) for number in range(FILES))


def _file(variation: int, number: int) -> bytes:
    source = "".join(FUNCTION.format(number=100 * number + n) for n in range(LINES // 5)).splitlines()
    kind = 1 if variation <= IDENTICAL + EQUIVALENT else variation
    hunks = [_hunk(source, at, kind, variation) for at in (9, 44)]
    path = f"src/package_{number % 20}/module_{number}.py"
    body = "\n".join([f"diff --git a/{path} b/{path}", "@INDEX@", f"--- a/{path}", f"+++ b/{path}", *hunks, ""])
    blob = hashlib.sha1(body.encode() + str(number).encode(), usedforsecurity=False).hexdigest()
    return body.replace("@INDEX@", f"index {'1' * 40}..{blob} 100644").encode()


def _hunk(source: list[str], at: int, kind: int, variation: int) -> str:
    comment = (
        [f"+    # variation {variation} says why: {source[at]}"]
        if IDENTICAL < variation <= IDENTICAL + EQUIVALENT
        else []
    )
    added = [*comment, f"+    total = first - {kind} * second", f"+    print('variation', {kind}, total)"]
    lines = [
        *(f" {line}" for line in source[at - 4 : at - 1]),
        f"-{source[at - 1]}",
        *added,
        *(f" {line}" for line in source[at : at + 3]),
    ]
    return "\n".join([f"@@ -{at - 3},7 +{at - 3},{6 + len(added)} @@", *lines])


def large_patch(variation: int) -> bytes:
    """One new file of 20,000 lines; those of a few variations are the same, and a comment on each line tells a few others apart."""
    kind = 1 if variation <= IDENTICAL + EQUIVALENT else variation
    comment = f"  # variation {variation}" if IDENTICAL < variation <= IDENTICAL + EQUIVALENT else ""
    lines = [f"+value_{number} = first_{number} * {kind} + {number}{comment}" for number in range(LARGE)]
    head = ["diff --git a/src/table.py b/src/table.py", "new file mode 100644", f"index {'0' * 40}..{variation:040x}"]
    return "\n".join([*head, "--- /dev/null", "+++ b/src/table.py", f"@@ -0,0 +1,{LARGE} @@", *lines, ""]).encode()


RUNS: Final[Mapping[str, Callable[[int], bytes]]] = {FILES_RUN: patch, LARGE_RUN: large_patch}


def stored(home: Path, run: str, patches: list[bytes]) -> None:
    """A run in a store of this folder, its patches among the events."""
    store = Store.open(home)
    variations = tuple(VariationSpec(number, "claude-sonnet-4-5") for number in range(1, len(patches) + 1))
    spec = RunSpec(
        run, "uuid", "2026-11-21T12:00:00.000000Z", Repository("https://git.example/todo.git"), "Subtract.", variations,
        checks=(Check("pytest", "pytest -q"),),
    )  # fmt: skip
    store.add_run(spec, Place("local", "this machine"), state="ended")
    for number, each in enumerate(patches, 1):
        attempt = Attempt(f"{run}-{number}", spec.id, number, f"2026-11-21T12:00:{number:02}Z", "log")
        store.open_attempt(attempt)
        events = [parse(attempt, line, None) for line in _records(each)]
        store.record(events, [])
        check = CheckResult("pytest", "pytest -q", int(number % 3 == 0), 9.0, "")
        result = fold(events, Result(number, "claude-sonnet-4-5", attempt.id, checks=(check,)))
        store.save_result(spec.id, result)
    store.close()


def _records(patch_: bytes) -> list[bytes]:
    texts = [
        base64.b64encode(patch_[at : at + PART - PART % 3]).decode() for at in range(0, len(patch_), PART - PART % 3)
    ]
    whole = {
        "sha256": hashlib.sha256(patch_).hexdigest(),
        "files": FILES,
        "additions": 4 * FILES,
        "deletions": 2 * FILES,
    }
    records: list[dict[str, object]] = [
        {"type": "patch", "part": part, "parts": len(texts), "encoding": "base64", "text": text}
        for part, text in enumerate(texts, 1)
    ]
    records[-1] |= whole
    records.append({"type": "end", "outcome": "succeeded", "totals": {"steps": 14, "cost": 0.21, "seconds": 182.0}})
    time_ = "2026-11-21T12:00:00.000000Z"
    return [json.dumps({"v": 1, "seq": seq, "time": time_, **record}).encode() for seq, record in enumerate(records)]


def _forms(home: Path, run: str, patches: list[bytes]) -> dict[str, Callable[[], None]]:
    environment = os.environ | {"AIDEATOR_HOME": str(home)}

    def compare(*options: str) -> None:
        command = [sys.executable, "-m", "aideator_cli", "compare", run, *options]
        done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, check=True)
        assert options or b"1, 2, 3, 4, 5, 6, 7 and 8: the same except for" in done.stdout, done.stdout.decode()

    def patch_ids() -> None:
        for each in patches:
            subprocess.run(["git", "patch-id", "--stable"], input=each, stdout=subprocess.DEVNULL, check=True)

    return {
        f"compare {run}": compare,
        f"compare {run} --json": lambda: compare("--json"),
        f"compare {run} --markdown": lambda: compare("--markdown"),
        f"git patch-id, {run}": patch_ids,
    }


def _show(spent: dict[str, Spent], rounds: int) -> None:
    print(f"medians of {rounds}")
    print(f"  {'':<28} seconds   CPU s")
    for name, found in spent.items():
        print(f"  {name:<28} {found.seconds:>7.2f} {found.cpu:>7.2f}")
    ours, peer, large = (
        spent[name] for name in (f"compare {FILES_RUN}", f"git patch-id, {FILES_RUN}", f"compare {LARGE_RUN}")
    )
    summary = {
        "seconds": ours.seconds,
        "cpu_seconds": ours.cpu,
        "patch_id_seconds": peer.seconds,
        "large_seconds": large.seconds,
    }
    print(json.dumps({name: round(value, 3) for name, value in summary.items()}))


if __name__ == "__main__":
    main()
