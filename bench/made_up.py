"""Agents that are made up, a process of its own: a run of the local backend whose logs grow at a rate that is asked for.

`python -m bench.made_up HOME RUN EVENTS RATE` writes EVENTS lines to each of the logs, RATE a second together (0: as fast as it goes),
and then their ends; a line on its standard input lets it begin. To a follower it is all of the run's agents.
"""

import json
import os
import sys
import time
import uuid
from itertools import cycle, islice
from pathlib import Path

from aideator_agent.spec import RunSpec
from aideator_cli.domain.runs import Place
from aideator_cli.store import Store
from aideator_cli.system.clock import now
from aideator_cli.system.processes import identify
from bench.load import run_spec

TURN = (  # what an agent writes in one turn: type, fields
    ("think", '"text":"The printer drops comments too, so both sides have to change, and the tests say which."'),
    *[("say", f'"text":"The grammar has one rule for this, part {part}, and the tokenizer another.\\n"') for part in range(4)],
    ("call", '"step":1,"id":"c","tool":"bash","arguments":{"command":"pytest -q tests/test_printer.py"}'),
    *[("output", f'"step":1,"id":"c","text":"tests/test_printer.py::test_{line} PASSED\\n"') for line in range(12)],
    ("done", '"step":1,"id":"c","exit_code":0,"seconds":0.4'),
    ("usage", '"step":1,"input":3000,"output":200,"cached":0,"reasoning":0,"cost":0.01'),
)  # fmt: skip
TICK = 0.01  # seconds between two writes to a log
RECORD = '{"v":1,"seq":%d,"time":"%s","type":"%s",%s}\n'


def add_run(home: Path, variations: int) -> RunSpec:
    """Known to the store as about to begin; its agents are nowhere yet."""
    spec = run_spec(variations)
    store = Store.open(home)
    store.add_run(spec, Place("local", "this machine"), state="submitting")
    store.close()
    return spec


def main() -> None:
    home, run, events, rate = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), float(sys.argv[4])
    store = Store.open(home)
    spec = next(stored.spec for stored in store.runs() if stored.spec.id == run)
    logs = [_log(home, spec, variation.number) for variation in spec.variations]
    store.set_state(run, "running")  # only now: who follows it before would find no agents, and say that they are gone
    store.close()
    print("ready", flush=True)
    sys.stdin.readline()
    turns = [enumerate(islice(cycle(TURN), events)) for _ in logs]
    begun, written = time.monotonic(), 0
    while written < events:
        upto = events if not rate else min(events, int((time.monotonic() - begun) * rate / len(logs)) + 1)
        step = min(upto - written, 5_000)
        for log, turn in zip(logs, turns, strict=True):
            stamp = now()
            os.write(log, "".join(RECORD % (seq, stamp, *of) for seq, of in islice(turn, step)).encode())
        written += step
        if rate:
            time.sleep(TICK)
    end = '"outcome":"no_changes","totals":{"steps":1,"cost":0.01,"seconds":1}'
    for log in logs:
        os.write(log, (RECORD % (events, now(), "end", end)).encode())


def _log(home: Path, spec: RunSpec, number: int) -> int:
    """Where this agent writes, beside what the local backend knows an attempt by: this process."""
    folder = home / "runs" / spec.id / str(number)
    folder.mkdir(parents=True, mode=0o700)
    (folder.parent / "spec.json").write_text(spec.to_json())
    process = identify(os.getpid())
    assert process is not None
    log = folder / f"{uuid.uuid4()}.log"
    log.touch()
    record = {"created": now(), "room": str(folder / "none"), "pid": process.pid, "started": process.started}
    log.with_suffix(".json").write_text(json.dumps(record))
    return os.open(log, os.O_WRONLY | os.O_APPEND)


if __name__ == "__main__":
    main()
