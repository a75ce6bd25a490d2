"""Whatever prints in the agent, its stdout holds nothing but events."""

import json
import subprocess
import sys

PROGRAM = """
import ctypes, os, sys, threading
from aideator_agent.emitter import Emitter
from aideator_agent.keys import Redactor
from aideator_agent.strays import Strays, claim_stdout
events, printed = claim_stdout()
emitter = Emitter(events, Redactor(["secret words"]))
strays = Strays(printed, emitter)
print("a line with secret words")
print("to stderr", file=sys.stderr)
os.write(1, b"raw \\xff\\n")
os.system("echo from a child")
ctypes.CDLL(None).puts(b"from C"); ctypes.CDLL(None).fflush(None)
thread = threading.Thread(target=lambda: 1 / 0); thread.start(); thread.join()
os.write(2, b"x" * 100_000 + b"\\n")
os.write(1, b"no end of line")
strays.close()
print("after the end")
emitter.end(outcome="succeeded")
"""


def test_what_libraries_children_and_threads_print_becomes_notices() -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, check=True, timeout=60)
    records = [json.loads(line) for line in done.stdout.splitlines()]
    texts = [r["text"] for r in records[:-1]]
    assert records[-1]["type"] == "end"
    assert {(r["type"], r["level"]) for r in records[:-1]} == {("notice", "debug")}
    for text in ("a line with [redacted]", "to stderr", "raw \ufffd", "from a child", "from C", "no end of line"):
        assert text in texts
    assert any("ZeroDivisionError" in text for text in texts)
    assert "bytes of other output are left out" in texts[-1]
    assert "after the end" not in done.stdout.decode()
    assert done.stderr == b""
