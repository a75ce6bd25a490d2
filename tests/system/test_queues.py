"""Waiting for a queue: a signal is heard although it comes when nothing interrupts the wait."""

import queue
import signal
import subprocess
import sys
import time

import pytest

from aideator_cli.system.queues import taken

WAITING = """
import os, queue, signal, threading
from aideator_cli.system.queues import taken
from aideator_cli.system.signals import Stopped, listen

def send():
    begun.wait()
    os.kill(os.getpid(), signal.SIGHUP)
    threading.Event().wait()

listen()
begun = threading.Event()
threading.Thread(target=send, daemon=True).start()
# So the other thread gets it, and the wait goes on: just as if the signal had come when the wait was about to begin
signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGHUP])
threading.Timer(0.05, begun.set).start()
try:
    taken({queue}())
except Stopped as stopped:
    print(stopped.number, flush=True)
    os._exit(0)
"""


@pytest.mark.parametrize("kind", ["queue.Queue", "queue.SimpleQueue"])
def test_a_signal_that_interrupts_no_wait_is_heard_soon(kind: str) -> None:
    def hears() -> None:  # who runs the tests may ignore it, as nohup does
        signal.signal(signal.SIGHUP, signal.SIG_DFL)

    said = subprocess.run(
        [sys.executable, "-c", WAITING.replace("{queue}", kind)],
        capture_output=True, text=True, timeout=30, check=True, preexec_fn=hears,
    )  # fmt: skip
    assert said.stdout == f"{int(signal.SIGHUP)}\n"


def test_a_deadline_ends_the_wait() -> None:
    waiting: queue.SimpleQueue[str] = queue.SimpleQueue()
    with pytest.raises(queue.Empty):
        taken(waiting, time.monotonic() + 0.01)
    waiting.put("it")
    assert taken(waiting, time.monotonic() - 1) == "it"
    waiting.put("it")
    assert taken(waiting) == "it"
