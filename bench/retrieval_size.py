"""A process of its own that indexes a tree, asks once, changes some files and asks again; prints its figures as one JSON object."""

import json
import resource
import sys
from pathlib import Path

from aideator_agent.search.engine import Engine
from aideator_agent.search.tree import Repository


def main() -> None:
    tree, changed = Path(sys.argv[1]), int(sys.argv[2])
    engine = Engine(tree, [Repository("", tree / ".git")])
    engine.answer("module")
    cpu = _spent()
    paths = list(engine.index.numbers)
    for path in paths[:changed]:
        (tree / path).write_text("def changed_since(): ...\n")
    begun = _spent()
    found = engine.answer("changed since")
    told = {
        "cpu_seconds": round(cpu, 2),
        "memory_mib": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
        "again_cpu_seconds": round(_spent() - begun, 2),
        "mib": round(sum((tree / path).stat().st_size for path in paths) / 2**20),
    }
    print(json.dumps(told | {"names": sum(1 for _ in engine.index.names()), "found": found.count("changed_since")}))


def _spent() -> float:
    """Returns the seconds of the CPU that this process and its children have used."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in used)


if __name__ == "__main__":
    main()
