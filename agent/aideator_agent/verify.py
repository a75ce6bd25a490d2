"""The checks of a local run: each on a fresh clone of the base with the patch applied. In a pod they run elsewhere."""

import codecs
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Final

from aideator_agent import pieces
from aideator_agent.emitter import Emitter
from aideator_agent.git import Git, bare_environment
from aideator_agent.keys import scrubbed
from aideator_agent.local_shell import LocalShell
from aideator_agent.repository import Checkout
from aideator_agent.spec import Check
from aideator_agent.verdict import failed

TAIL: Final = 4096  # bytes of a check's output in its event


class Verifier:
    """Runs checks in `room`, a new folder; `stop` is asked all the time and ends the command at work."""

    def __init__(self, room: Path, emitter: Emitter, stop: Callable[[], bool], check: Callable[[], None]) -> None:
        self._room = room
        self._repo = room / "repo"
        self._emitter = emitter
        self._stop = stop
        self._check = check

    def run(self, checkout: Checkout, patch: bytes, checks: tuple[Check, ...], seconds: float) -> None:
        """One event a check; none is left out because another one fails. Raises `Ended`: failed/verifier, or stopped."""
        self._room.mkdir(parents=True)
        self._make_tree(checkout, patch)
        for number, check in enumerate(checks, start=1):
            self._check()
            self._run_one(number, check, seconds)

    def _make_tree(self, checkout: Checkout, patch: bytes) -> None:
        git = Git(self._room, bare_environment(os.environ, self._room), self._check)
        source, target = str(checkout.git_dir), str(self._repo)
        steps = [
            (("clone", "--quiet", "--no-checkout", "--no-hardlinks", "--template=", "--", source, target), b""),
            (("-C", target, "checkout", "--quiet", "--detach", checkout.base, "--"), b""),
            (("-C", target, "apply", "--whitespace=nowarn", "--allow-empty", "-"), patch),
        ]
        for arguments, given in steps:
            done = git.run(*arguments, stdin=given)
            if done.code:
                raise failed("verifier", f"the patched tree cannot be made: {done.error[-1000:]}")

    def _run_one(self, number: int, check: Check, seconds: float) -> None:
        home = self._room / f"home-{number}"
        temporary = self._room / f"tmp-{number}"
        home.mkdir()
        temporary.mkdir()
        places = {"HOME": str(home), "TMPDIR": str(temporary), "PYTHONDONTWRITEBYTECODE": "1"}
        kept = {name: value for name, value in scrubbed(os.environ).items() if not name.startswith("XDG_")}
        shell = LocalShell(self._repo, {**kept, **places})
        tail = _Tail()
        try:
            done = shell.run(check.command, seconds=seconds, write=tail.take, stop=self._stop)
        finally:
            shell.end()
        fields = {"exit_code": done.exit_code, "seconds": round(done.seconds, 3), "tail": tail.text()}
        if done.reason != "exited":
            fields["reason"] = done.reason
        self._emitter.emit("check", name=check.name, command=check.command, **fields)
        shutil.rmtree(home, ignore_errors=True)


class _Tail:
    def __init__(self) -> None:
        self._data = b""

    def take(self, data: bytes) -> None:
        self._data = (self._data + data)[-TAIL:]

    def text(self) -> str:
        return pieces.tail(codecs.decode(self._data, errors="replace"), TAIL)
