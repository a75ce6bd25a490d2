"""Search in a checkout: for commits of this repository's own history, the files that each changed, found from its message.

The search and its peer see the tree before the commit, and no history. A hit is a changed file among the first ten. The peer ranks files
by how many of the message's words `git grep` finds in them, then by how many of their lines. Then the index of 30,000 made-up files: its
CPU time and its memory, from the start of the process, and what a second question costs after 20 files have changed. `--short`: few
commits, 3,000 files.
"""

import argparse
import json
import os
import random
import re
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import mean

from aideator_agent.search.engine import Engine
from aideator_agent.search.tree import Repository
from aideator_agent.search.words import FILLERS

HERE = Path(__file__).resolve().parent.parent
COMMITS, FILES, SHORT = 150, 30_000, 10
FIRST = 10
MOST_CHANGED = 30  # files; a wider commit is no question
WORD = re.compile(r"[a-z_][a-z0-9_]{2,}")
OTHERWISE = frozenset(("CHANGELOG.md",))  # which every other commit changes
NAMES, OWN, IN_FOLDER, CHANGED = 150_000, 15, 25, 20  # names; those that a file has for itself; files


@dataclass(frozen=True)
class Commit:
    hash: str
    message: str
    changed: frozenset[str]  # files that were there before


@dataclass
class Found:
    hits: list[bool] = field(default_factory=list)
    recalls: list[float] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)

    def add(self, commit: Commit, paths: Sequence[str], seconds: float) -> None:
        first = commit.changed & set(paths[:FIRST])
        self.hits.append(bool(first))
        self.recalls.append(len(first) / min(FIRST, len(commit.changed)))
        self.seconds.append(seconds)


def main() -> None:
    parser = argparse.ArgumentParser(prog="make bench-retrieval")
    parser.add_argument("--short", action="store_true")
    short = parser.parse_args().short
    with tempfile.TemporaryDirectory() as folder:
        ours, peer = _history(Path(folder) / "history", COMMITS // SHORT if short else COMMITS)
        size = _size(Path(folder) / "large", FILES // SHORT if short else FILES)
    _show(ours, peer, size)


def _history(tree: Path, most: int) -> tuple[Found, Found]:
    _git(HERE, "clone", "--quiet", "--shared", "--no-checkout", str(HERE), str(tree))
    ours, peer = Found(), Found()
    engine = Engine(tree, [Repository("", tree / ".git")])
    for commit in _commits(tree, most):
        _git(tree, "checkout", "--quiet", "--force", f"{commit.hash}^")
        begun = time.monotonic()
        engine.refresh()
        ours.add(commit, engine.best(commit.message, FIRST), time.monotonic() - begun)
        begun = time.monotonic()
        peer.add(commit, _grepped(tree, commit.message), time.monotonic() - begun)
    return ours, peer


def _commits(tree: Path, most: int) -> list[Commit]:
    """Returns commits that are evenly spread over the history, oldest first."""
    found = []
    for each in _git(tree, "rev-list", "--no-merges", "--reverse", "HEAD").split():
        listed = _git(tree, "diff-tree", "-r", "--no-commit-id", "--no-renames", "--name-status", "-z", each).split(
            "\0"
        )
        changed = (
            frozenset(path for kind, path in zip(listed[::2], listed[1::2], strict=False) if kind != "A") - OTHERWISE
        )
        if 1 <= len(changed) <= MOST_CHANGED:
            found.append(Commit(each, _git(tree, "log", "-1", "--format=%B", each), changed))
    step = max(1, len(found) // most)
    return found[::step][:most]


def _grepped(tree: Path, message: str) -> list[str]:
    words: Counter[str] = Counter()
    lines: Counter[str] = Counter()
    for word in dict.fromkeys(WORD.findall(message.lower())):
        if word.encode() not in FILLERS:
            told = _git(tree, "grep", "-c", "-I", "-i", "-F", "-z", "-e", word, may_fail=True)
            for path, count in (line.rsplit("\0", 1) for line in told.splitlines() if "\0" in line):
                words[path] += 1
                lines[path] += int(count)
    return sorted(words, key=lambda path: (-words[path], -lines[path], path))


def _size(tree: Path, files: int) -> dict[str, float]:
    tree.mkdir()
    for path, data in _made_up(files):
        (tree / path).parent.mkdir(parents=True, exist_ok=True)
        (tree / path).write_bytes(data)
    _git(tree, "init", "--quiet")
    _git(tree, "add", "--all")
    told = subprocess.run(
        [sys.executable, "-m", "bench.retrieval_size", str(tree), str(CHANGED)], cwd=HERE, env={**os.environ, "PYTHONPATH": str(HERE)},
        check=True, stdout=subprocess.PIPE,
    ).stdout  # fmt: skip
    return {**json.loads(told), "files": files}


def _made_up(files: int) -> Iterator[tuple[str, bytes]]:
    """Names are as frequent as in real code: few are everywhere, and most stand in one file."""
    chance = random.Random(1)
    parts = [
        f"{chance.choice('bcdfglmnprst')}{chance.choice('aeiou')}{chance.choice('bdklmnrstx')}{chance.choice(('', 'er', 'ing', 'y'))}"
        for _ in range(900)
    ]
    names = [
        f"{chance.choice(parts)}{chance.choice('_ABC')}{chance.choice(parts)}{number if number % 3 else ''}"
        for number in range(NAMES)
    ]
    for number in range(files):
        told = [
            names[min(NAMES - 1, int(chance.paretovariate(0.45)))] for _ in range(int(chance.lognormvariate(5.6, 0.8)))
        ]
        told += [f"{chance.choice(parts)}_{number}_{own}" for own in range(OWN)]
        lines = [f"    {' '.join(told[at : at + 4])} = {number}" for at in range(0, len(told), 4)]
        area = number // IN_FOLDER
        yield (
            f"src/part_{area // 30}/area_{area}/module_{number}.py",
            f"def {names[number]}():\n{chr(10).join(lines)}\n".encode(),
        )


def _git(folder: Path, *words: str, may_fail: bool = False) -> str:
    return subprocess.run(["git", *words], cwd=folder, check=not may_fail, stdout=subprocess.PIPE).stdout.decode(
        errors="surrogateescape"
    )


def _show(ours: Found, peer: Found, size: dict[str, float]) -> None:
    print(
        f"{len(ours.hits)} commits, found from their messages; {size['files']:,} made-up files of {size['mib']:.0f} MiB"
    )
    print(f"  {'':<12} hit@{FIRST}  recall@{FIRST}  seconds")
    for name, found in (("search", ours), ("git grep", peer)):
        print(f"  {name:<12} {mean(found.hits):>6.2f}  {mean(found.recalls):>9.2f}  {mean(found.seconds):>7.2f}")
    print(f"  index: {size['cpu_seconds']:.1f} s of the CPU, {size['memory_mib']:.0f} MiB, {size['names']:,} names")
    print(f"  again after {CHANGED} changes: {size['again_cpu_seconds']:.2f} s of the CPU")
    summary = {
        "commits": len(ours.hits), "hit_at_10": round(mean(ours.hits), 3), "grep_hit_at_10": round(mean(peer.hits), 3),
        "ratio": round(mean(ours.hits) / max(0.001, mean(peer.hits)), 2), "recall_at_10": round(mean(ours.recalls), 3),
        "grep_recall_at_10": round(mean(peer.recalls), 3), **size,
    }  # fmt: skip
    print(json.dumps(summary))


if __name__ == "__main__":
    main()
