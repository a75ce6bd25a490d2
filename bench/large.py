"""A repository of 30,000 files: three local variations with a check, the whole of `aideator run` until its end.

The peer is what a person would do by hand, side by side too: three times `git clone`, a change, `git diff`, a second working tree of that
clone with the patch applied, the check there; the check on one tree of the base; and all folders removed. The forms take turns.
`--short`: 3,000 files, one round. `--other FOLDER`: a checkout of another commit takes its turns, too. TMPDIR names the file system: on
ext4 without a journal, as virtual machines may have it, new files are slow for minutes after many were removed, as each round does.
"""

import argparse
import ctypes
import json
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import median

FILES, ROUNDS, VARIATIONS = 30_000, 5, 3
IN_FOLDER = 25  # files
MIDDLE, SPREAD, MOST = 2000, 1.2, 100_000  # bytes of a file: half have fewer than the first; the mean is 4 KB
SUBREAPER = 36  # PR_SET_CHILD_SUBREAPER
WORDS = (
    "def",
    "return",
    "self",
    "value",
    "index",
    "for",
    "in",
    "range",
    "if",
    "not",
    "None",
    "import",
    "class",
    "the",
    "of",
    "a",
    "name",
    "path",
)
CHANGE = "echo changed >> src/part_0/area_0/module_0.py && echo new > new.py"
CHECK = "git diff --quiet && grep -q changed src/part_0/area_0/module_0.py"
SCRIPT = [{"calls": [{"tool": "bash", "arguments": {"command": CHANGE}}]}, {"say": "Done."}]
BY_HAND = f"""
set -e
by_hand() {{
  git clone --quiet "$1" tree
  ( cd tree && {CHANGE} && git add -A && git diff --cached --binary HEAD > ../patch )
  git -C tree worktree add --quiet --detach ../check
  ( cd check && git apply --index ../patch && {CHECK} )
  if [ "$2" = 1 ]; then git -C tree worktree add --quiet --detach ../base; ( cd base && ! {{ {CHECK}; }} ); fi
}}
for number in 1 2 3; do
  mkdir "$number"
  ( cd "$number" && by_hand "$1" "$number" && rm -rf tree check base ) &
  all="$all $!"
done
for each in $all; do wait "$each"; done
"""


@dataclass(frozen=True)
class Spent:
    seconds: float  # until the command has ended
    cpu: float  # seconds of all its processes, those that outlive it too


def main() -> None:
    arguments = _arguments()
    files, rounds = (FILES // 10, 1) if arguments.short else (FILES, arguments.rounds)
    ctypes.CDLL(None).prctl(SUBREAPER, 1, 0, 0, 0)  # agents outlive their command: they become children of this process
    with tempfile.TemporaryDirectory() as folder:
        room = Path(folder)
        repository = _repository(room / "repository", files)
        (room / "script.yaml").write_text(json.dumps(SCRIPT))
        forms = {"aideator run": lambda: _run(room, repository), "by hand": lambda: _by_hand(room, repository)}
        if arguments.other:
            forms["aideator run, other"] = lambda: _run(room, repository, arguments.other.absolute())
        found: dict[str, list[Spent]] = {name: [] for name in forms}
        for _ in range(rounds):
            for name, call in forms.items():
                found[name].append(_spent(call))
    _show({name: _middle(each) for name, each in found.items()}, files, rounds)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make bench-large")
    parser.add_argument("--short", action="store_true")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--other", type=Path)
    return parser.parse_args()


def _repository(folder: Path, files: int) -> Path:
    """With one commit, its files checked out."""
    _git("init", "--quiet", "--initial-branch=main", str(folder))
    _git("-C", str(folder), "fast-import", "--quiet", "--depth=0", given=b"".join(_commit(files)))
    _git("-C", str(folder), "reset", "--quiet", "--hard")
    return folder


def _commit(files: int) -> Iterator[bytes]:
    yield b"commit refs/heads/main\ncommitter Ada <ada@example.org> 1700000000 +0000\ndata 4\nAll\n\n"
    chance = random.Random(1)
    lines = [" ".join(chance.choices(WORDS, k=8)).encode() + b"\n" for _ in range(5000)]
    for number in range(files):
        size = min(int(chance.lognormvariate(0, SPREAD) * MIDDLE), MOST)
        data = b"# %d\n" % number + b"".join(chance.choices(lines, k=size // 40))
        area = number // IN_FOLDER
        yield b"M 644 inline src/part_%d/area_%d/module_%d.py\ndata %d\n" % (area // 30, area, number, len(data))
        yield data + b"\n"


def _git(*arguments: str, given: bytes = b"") -> None:
    subprocess.run(["git", *arguments], input=given, check=True)


def _run(room: Path, repository: Path, checkout: Path | None = None) -> None:
    environment = {**os.environ, "AIDEATOR_HOME": str(room / "home")}
    if checkout is not None:
        environment["PYTHONPATH"] = f"{checkout}:{checkout / 'agent'}"
    subprocess.run(
        [
            sys.executable, "-m", "aideator_cli", "run", str(repository), "Change it.", "--backend", "local", "-n", str(VARIATIONS),
            "--model", f"scripted/{room / 'script.yaml'}", "--verify", CHECK, "--view", "lines",
        ],
        env=environment,
        cwd=room,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        check=True,
    )  # fmt: skip


def _by_hand(room: Path, repository: Path) -> None:
    with tempfile.TemporaryDirectory(dir=room) as folder:
        subprocess.run(["bash", "-c", BY_HAND, "by-hand", str(repository)], cwd=folder, check=True)


def _spent(call: Callable[[], None]) -> Spent:
    cpu, begun = _children_cpu(), time.monotonic()
    call()
    seconds = time.monotonic() - begun
    while True:
        try:
            os.wait()
        except ChildProcessError:
            return Spent(seconds, _children_cpu() - cpu)


def _children_cpu() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def _middle(each: list[Spent]) -> Spent:
    return Spent(median(spent.seconds for spent in each), median(spent.cpu for spent in each))


def _show(found: dict[str, Spent], files: int, rounds: int) -> None:
    print(f"{files:,} files, {VARIATIONS} variations, a check on the base and on each patch: medians of {rounds}")
    print(f"  {'':<22} seconds   CPU s")
    for name, spent in found.items():
        print(f"  {name:<22} {spent.seconds:>7.2f} {spent.cpu:>7.2f}")
    ours, peer = found["aideator run"], found["by hand"]
    summary = {
        "files": files,
        "seconds": round(ours.seconds, 2),
        "cpu_seconds": round(ours.cpu, 2),
        "peer_seconds": round(peer.seconds, 2),
        "peer_cpu_seconds": round(peer.cpu, 2),
        "ratio": round(ours.seconds / peer.seconds, 2),
    }
    if other := found.get("aideator run, other"):
        summary |= {"other_seconds": round(other.seconds, 2), "other_cpu_seconds": round(other.cpu, 2)}
    print(json.dumps(summary))


if __name__ == "__main__":
    main()
