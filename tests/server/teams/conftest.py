"""The scripted team of tests/actions/teams, started through a server."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.actions.teams.conftest import World, ask, submit, world, write
from tests.cli.conftest import home
from tests.server.conftest import client

__all__ = ["client", "home", "world"]

Asked = Callable[..., dict[str, Any]]


@pytest.fixture
def asked(world: World) -> Asked:
    """What starts the team. In its task a, the backend asks the CTO, whose answer is the next turn of the same script."""
    question = ask("cto", "Which number? <b>1</b>\u202e")
    world.script("build-a", question, {"say": "One, always."}, write("a.py", "A = 1\n"), submit(summary="a"))

    def made(**more: Any) -> dict[str, Any]:
        return {
            "repository": str(world.repository.path),
            "prompt": "Write both.",
            "team": str(world.team),
            "backend": "local",
            **more,
        }

    return made
