"""Faults that a run must survive. Short by default; AIDEATOR_SOAK=1 (`make soak`) makes them long and adds those marked `soak`."""

import pytest

from tests.end_to_end.conftest import kubernetes_place, local_place, place
from tests.faults.soaking import SOAK

__all__ = ["kubernetes_place", "local_place", "place"]


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if SOAK:
        return
    long = [item for item in items if item.get_closest_marker("soak")]
    config.hook.pytest_deselected(items=long)
    items[:] = [item for item in items if item not in long]
