"""What a server tells of the tests of the others is another program's word."""

from types import SimpleNamespace
from typing import Any

import pytest

from aideator_cli.actions.crossing.there import cross_there
from aideator_cli.backends.server.client import Client
from aideator_cli.errors import AideatorError, ExitCode

TOLD = {
    "state": "working",
    "authors": [1],
    "patches": [1, 2],
    "about": 1.0,
    "most": 9.0,
    "resumed": False,
    "text": None,
}


@pytest.mark.parametrize(
    "wrong", [{"about": float("nan")}, {"most": float("inf")}, {"patches": []}, {"about": None}, {"authors": "x"}]
)
def test_what_can_not_be_announced_is_told_as_a_foreign_answer(wrong: dict[str, Any]) -> None:
    server: Any = SimpleNamespace(client=Client("https://aideator.example"), cross_test=lambda *_, **__: TOLD | wrong)
    run: Any = SimpleNamespace(spec=SimpleNamespace(id="k3v9x2q"))
    with pytest.raises(AideatorError) as refused:
        next(cross_there(None, run, server))  # type: ignore[arg-type]
    assert refused.value.code == ExitCode.UNAVAILABLE
