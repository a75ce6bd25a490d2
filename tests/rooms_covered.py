"""How much of each room the tests have run, from what `coverage combine` has put together. It fails where a room has less than 90 %."""

import json
import sys
import tempfile
from collections import defaultdict
from pathlib import Path

from coverage import Coverage

LEAST = 90.0  # % of all lines


def main() -> None:
    rooms: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for path, counts in by_file().items():
        rooms[room_of(Path(path))].append(counts)
    print(f"{'room':<14}{'files':>7}{'lines':>8}{'run':>8}{'%':>8}")
    for room in sorted(rooms):
        print(row(room, rooms[room]))
    everything = [counts for files in rooms.values() for counts in files]
    print(row("all", everything))
    low = [room for room in sorted(rooms) if share(rooms[room]) < LEAST]
    if low:
        sys.exit(f"tests run less than {LEAST:.0f} % of the lines of: {', '.join(low)}; the lines are named above")


def by_file() -> dict[str, tuple[int, int]]:
    """Lines, and lines that were run."""
    coverage = Coverage()
    coverage.load()
    with tempfile.NamedTemporaryFile() as file:
        coverage.json_report(outfile=file.name)
        files = json.loads(Path(file.name).read_bytes())["files"]
    return {
        path: (found["summary"]["num_statements"], found["summary"]["covered_lines"]) for path, found in files.items()
    }


def room_of(path: Path) -> str:
    """`aideator_cli/store/log.py` is of `store`; the pod's program is one room, and so is all that starts the tool."""
    if "aideator_agent" in path.parts:
        return "the agent"
    inside = path.parts[path.parts.index("aideator_cli") + 1 :]
    name = inside[0].removesuffix(".py")
    return "main" if name.startswith("__") else name


def row(name: str, files: list[tuple[int, int]]) -> str:
    lines, run = (sum(column) for column in zip(*files, strict=True))
    return f"{name:<14}{len(files):>7}{lines:>8}{run:>8}{share(files):>8.1f}"


def share(files: list[tuple[int, int]]) -> float:
    lines, run = (sum(column) for column in zip(*files, strict=True))
    return 100 * run / lines if lines else 100.0


if __name__ == "__main__":
    main()
