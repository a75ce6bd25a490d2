"""The server in this process, with a data folder of its own, called as from this machine."""

from collections.abc import Iterator

import pytest
from starlette.testclient import TestClient

from aideator_cli.actions.here import Here
from aideator_cli.server.app import application
from aideator_cli.server.gate import LOOPBACK
from tests.cli.conftest import home

__all__ = ["home"]


@pytest.fixture
def client(home: object) -> Iterator[TestClient]:  # noqa: ARG001 -- the data folder
    app = application(Here(), LOOPBACK)
    with TestClient(app, base_url="http://localhost", raise_server_exceptions=False) as client:
        yield client
