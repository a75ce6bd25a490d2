"""Git as a child process: it never prompts, it ends when the agent must stop, and its output is bounded."""

import os
import selectors
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import IO, Final

from aideator_agent.interrupts import LOOK
from aideator_agent.values import frozen
from aideator_agent.verdict import failed

OUTPUT: Final = 64 * 1024 * 1024  # the most bytes of stdout that are read
ERRORS: Final = 64 * 1024  # bytes of stderr
SAFE: Final = (
    "core.hooksPath=/dev/null", "core.fsmonitor=false", "core.autocrlf=false", "core.quotepath=off",
    "protocol.ext.allow=never", "gc.auto=0", "maintenance.auto=false", "advice.detachedHead=false",
    "submodule.recurse=false",
)  # fmt: skip
KEPT: Final = ("GIT_SSH", "GIT_SSH_COMMAND", "GIT_SSH_VARIANT", "GIT_PROXY_COMMAND")
KEPT_TOO: Final = ("GIT_SSL_", "GIT_CONFIG_")


@frozen
class Done:
    code: int
    out: bytes
    err: bytes
    whole: bool  # False: the output exceeded the limit, and git was killed

    @property
    def error(self) -> str:
        return self.err.decode(errors="replace").strip()


@frozen
class Git:
    """Runs git. `check` is called constantly and may raise to stop it."""

    folder: Path
    environment: Mapping[str, str]
    check: Callable[[], None]
    apart: bool = True  # in a session of its own: a signal to the caller's group must not truncate the patch

    def run(self, *arguments: str, stdin: bytes = b"", limit: int = OUTPUT) -> Done:
        """Returns whatever the exit code. Raises `Ended` if git is not installed, or what `check` raises."""
        options = [word for setting in SAFE for word in ("-c", setting)]
        with tempfile.TemporaryFile() as given:
            given.write(stdin)
            given.seek(0)
            try:
                child = subprocess.Popen(
                    ["git", *options, *arguments],
                    stdin=given,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.PIPE,
                    cwd=self.folder,
                    env=dict(self.environment),
                    start_new_session=self.apart,
                )
            except FileNotFoundError as error:
                raise failed("infrastructure", f"git cannot be started: {error}") from error
        with child:
            try:
                return _followed(child, self.check, limit)
            except BaseException:
                _kill(child)
                raise


def user_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """Returns an environment with the user's git configuration, but without a repository or settings from the environment."""
    kept = {n: v for n, v in environment.items() if not n.startswith("GIT_") or n in KEPT or n.startswith(KEPT_TOO)}
    return {**kept, **_SILENT}


def bare_environment(environment: Mapping[str, str], home: Path) -> dict[str, str]:
    """Returns an environment in which git reads no configuration of any user."""
    kept = {name: environment[name] for name in ("PATH", "TMPDIR") if name in environment}
    return {**kept, "HOME": str(home), **_SILENT, **NO_CONFIGURATION}


NO_CONFIGURATION: Final = {"GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_ATTR_NOSYSTEM": "1"}
_SILENT: Final = {
    "LC_ALL": "C.UTF-8",
    "LANGUAGE": "C",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_ASKPASS": "true",
    "SSH_ASKPASS_REQUIRE": "never",
    "GIT_LFS_SKIP_SMUDGE": "1",
    "GIT_ALLOW_PROTOCOL": "file:git:http:https:ssh",
}


def _followed(child: subprocess.Popen[bytes], check: Callable[[], None], limit: int) -> Done:
    assert child.stdout is not None
    assert child.stderr is not None
    taken: dict[IO[bytes], bytearray] = {child.stdout: bytearray(), child.stderr: bytearray()}
    with selectors.DefaultSelector() as selector:
        for pipe in taken:
            selector.register(pipe, selectors.EVENT_READ)
        while selector.get_map():
            check()
            for key, _ in selector.select(LOOK):
                piece = os.read(key.fd, 65536)
                if piece:
                    taken[key.fileobj] += piece  # type: ignore[index]
                else:
                    selector.unregister(key.fileobj)
            del taken[child.stderr][ERRORS:]
            if len(taken[child.stdout]) > limit:
                _kill(child)
                return Done(-1, bytes(taken[child.stdout][:limit]), bytes(taken[child.stderr]), whole=False)
    while child.poll() is None:
        check()
        time.sleep(0.001)
    return Done(child.returncode, bytes(taken[child.stdout]), bytes(taken[child.stderr]), whole=True)


def _kill(child: subprocess.Popen[bytes]) -> None:
    with suppress(ProcessLookupError):  # it is in the caller's group
        os.killpg(child.pid, signal.SIGKILL)
    child.kill()
    child.wait()
