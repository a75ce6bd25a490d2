import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.agent.local_model.installing import NotInstalled, installed

Serve = Callable[..., str]


@pytest.fixture(scope="session")
def local_model() -> Path:
    """Where the model and its server are installed. With AIDEATOR_REQUIRE_LOCAL_MODEL=1 a test that can't have them fails."""
    try:
        return installed()
    except NotInstalled as error:
        if os.environ.get("AIDEATOR_REQUIRE_LOCAL_MODEL") == "1":
            raise
        pytest.skip(str(error))


@pytest.fixture
def serve(local_model: Path) -> Iterator[Serve]:
    """`serve(2048)` starts a server whose model has that window, and returns its API base; `"tools"` makes it take tools."""
    with ExitStack() as stack:

        def start(context: int, *words: str) -> str:
            server = subprocess.Popen(
                [sys.executable, str(Path(__file__).with_name("serve.py")), str(context), *words],
                env={**os.environ, "PYTHONPATH": str(local_model)},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                text=True,
            )
            stack.callback(server.wait)
            stack.callback(server.kill)
            assert server.stdin is not None
            assert server.stdout is not None
            stack.callback(server.stdin.close)
            url = server.stdout.readline().strip()
            assert url, "the server did not start"
            return url

        yield start
