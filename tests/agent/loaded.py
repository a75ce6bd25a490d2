"""An interpreter that has loaded LiteLLM once. Each attempt that asks for it is a process of its own that begins as its copy.

LiteLLM takes seconds of CPU time to load. Tests of the agent's start, and of what its commands see of its process, start it as users do.
"""

import gc
import json
import os
import runpy
import select
import signal
import socket
import subprocess
import sys
import traceback
from contextlib import suppress
from pathlib import Path
from typing import IO, Any, NoReturn

from aideator_agent.keys import HANDED_OVER

REPOSITORY = Path(__file__).parent.parent.parent
PATH_BYTES = 4096


class Loaded:
    """The interpreter, for as long as a worker's tests last."""

    def __init__(self) -> None:
        ours, its = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with its:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.agent.loaded", str(its.fileno())],
                cwd=REPOSITORY,
                stdin=subprocess.DEVNULL,
                pass_fds=(its.fileno(),),
            )
        self._asked = ours

    def start(self, environment: dict[str, str], folder: Path, errors: IO[bytes]) -> "Attempt":
        request = folder / "attempt.json"
        request.write_text(json.dumps({"environment": environment, "folder": str(folder)}))
        said, out = os.pipe()
        told, tells = os.pipe()
        with os.fdopen(out, "wb"), os.fdopen(tells, "wb"):
            socket.send_fds(self._asked, [os.fsencode(request)], [out, errors.fileno(), tells])
        return Attempt(os.fdopen(said, "rb"), os.fdopen(told, "rb", buffering=0))

    def close(self) -> None:
        self._asked.close()
        self._process.wait()


class Attempt:
    """What `subprocess.Popen` is to the tests."""

    def __init__(self, stdout: IO[bytes], told: IO[bytes]) -> None:
        self.stdout = stdout
        self._told = told
        self.pid = int(told.readline())
        self._code: int | None = None

    def send_signal(self, number: int) -> None:
        with suppress(ProcessLookupError):  # it has ended, and nobody has told yet
            if not self._has_ended():
                os.kill(self.pid, number)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def wait(self) -> int:
        if self._code is None:
            self._code = int(self._told.readline())
            self._told.close()
        return self._code

    def _has_ended(self) -> bool:
        return self._code is not None or bool(select.select([self._told], [], [], 0)[0])


def main() -> None:
    os.environ |= {"LITELLM_LOCAL_MODEL_COST_MAP": "True", "LITELLM_MODE": "PRODUCTION"}  # as the agent does
    import httpcore  # noqa: F401
    import litellm.litellm_core_utils.default_encoding  # noqa: F401
    import openai.resources  # noqa: F401 -- as LiteLLM does with its first request

    import aideator_agent.session  # noqa: F401

    gc.freeze()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    with socket.socket(fileno=int(sys.argv[1])) as asked:
        while True:
            path, passed, _, _ = socket.recv_fds(asked, PATH_BYTES, 3)
            if not path:
                return
            if os.fork() == 0:
                asked.close()
                _attend(Path(os.fsdecode(path)), *passed)
            for fd in passed:
                os.close(fd)


def _attend(request: Path, out: int, errors: int, tells: int) -> NoReturn:
    """Starts the attempt, and tells its process and how it exited."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    child = os.fork()
    if child == 0:
        os.close(tells)
        _begin(json.loads(request.read_text()), out, errors)
    os.close(out)
    os.write(tells, b"%d\n" % child)
    _, status = os.waitpid(child, 0)
    os.write(tells, b"%d\n" % os.waitstatus_to_exitcode(status))
    os._exit(0)


def _begin(request: dict[str, Any], out: int, errors: int) -> NoReturn:
    for fd, place in ((out, 1), (errors, 2)):
        os.dup2(fd, place)
        os.close(fd)
    os.chdir(request["folder"])
    os.environ.clear()
    os.environ |= request["environment"]
    _hand_over({name: os.environ.pop(name) for name in list(os.environ) if name.endswith("_API_KEY")})
    sys.argv = ["aideator_agent"]
    try:
        runpy.run_module("aideator_agent", run_name="__main__", alter_sys=True)
    except BaseException:  # the agent ends by itself; this is a crash
        traceback.print_exc()
    os._exit(1)


def _hand_over(keys: dict[str, str]) -> None:
    """As the agent does when it begins again without the keys in its environment."""
    reader, writer = os.pipe()
    with os.fdopen(writer, "wb") as pipe:
        pipe.write(json.dumps(keys).encode())
    os.environ[HANDED_OVER] = str(reader)


if __name__ == "__main__":
    main()
