"""Asks a forge's API through gh or glab, which keep the user's login. What is foreign or secret goes through their standard input."""

import json
import os
import re
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from typing import Any, Final, Literal

from aideator_agent.values import frozen
from aideator_cli.actions.forges.base import Answer
from aideator_cli.actions.forges.tokens import without_others
from aideator_cli.errors import reason, unavailable
from aideator_cli.text.clean import one_line

SECONDS: Final = 60.0
_STATUS: Final = re.compile(rb"\(HTTP (\d{3})\)")
_LOGGED_IN: Final[Mapping[str, Sequence[str]]] = {
    "gh": ("auth", "token", "--hostname"),  # it asks nobody
    "glab": ("auth", "status", "--hostname"),
}
_BODY: Final[Mapping[str, Sequence[str]]] = {
    "gh": ("--input", "-"),
    "glab": ("--header", "Content-Type: application/json", "--input", "-"),
}


@frozen
class Program:
    """`gh` or `glab`, for one host."""

    name: Literal["gh", "glab"]
    host: str
    token: None = None

    @property
    def login(self) -> str:
        return f"the login of {self.name}"

    def ask(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Answer:
        words = [
            "api",
            "--hostname",
            self.host,
            "--method",
            method,
            *(_BODY[self.name] if body is not None else ()),
            path,
        ]
        done = self._run(words, b"" if body is None else json.dumps(body).encode())
        found = _STATUS.findall(done.stderr)
        status = int(found[-1]) if found else 0
        if done.returncode and not status:
            said = one_line(done.stderr.decode(errors="replace"))[:300] or f"exit code {done.returncode}"
            raise unavailable(f"{self.name} can't ask {self.host}: {said}", hint=f"{self.name} auth status")
        try:
            data, readable = json.loads(done.stdout) if done.stdout.strip() else None, True
        except (ValueError, RecursionError):
            data, readable = None, False
        limited = b"rate limit" in done.stderr.lower()
        return Answer(status if done.returncode else 200, data, readable=readable, limited=limited)

    def is_logged_in(self) -> bool:
        return self._run([*_LOGGED_IN[self.name], self.host], b"").returncode == 0

    def _run(self, words: Sequence[str], given: bytes) -> "subprocess.CompletedProcess[bytes]":
        try:
            return subprocess.run(
                [self.name, *words], input=given, capture_output=True, timeout=SECONDS, check=False, start_new_session=True,
                env=without_others(self.host, os.environ),
            )  # fmt: skip
        except subprocess.TimeoutExpired as error:
            raise unavailable(f"{self.name} does not answer within {SECONDS:.0f} s") from error
        except OSError as error:
            raise unavailable(f"{self.name} can't be started: {reason(error)}") from error


def logged_in(name: Literal["gh", "glab"], host: str) -> Program | None:
    """Returns the program if it is installed and logged in at this host."""
    if shutil.which(name) is None:
        return None
    program = Program(name, host)
    return program if program.is_logged_in() else None
