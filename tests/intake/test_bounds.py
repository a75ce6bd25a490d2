"""The bounds of AIdeator's own agent reach its spec, and are refused where no such agent works."""

from pathlib import Path

import pytest

from aideator_cli.errors import AideatorError
from aideator_cli.intake.order import take
from aideator_cli.intake.request import Bounds, Request
from aideator_cli.system.settings import Settings
from tests.fixtures.repositories import LocalRepository


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings({"AIDEATOR_HOME": str(tmp_path), "ANTHROPIC_API_KEY": "sk-0123456789abcdef"})


def request(repository: LocalRepository, bounds: Bounds, **others: object) -> Request:
    repository.commit({"a.py": "x\n"})
    return Request(str(repository.path), "Fix it.", allow_local_shell=True, bounds=bounds, **others)  # type: ignore[arg-type]


def test_they_reach_the_spec(repository: LocalRepository, settings: Settings) -> None:
    bounds = Bounds(max_output=4000, context_window=32_000, command_timeout=20.0)
    spec = take(request(repository, bounds, models=("claude-sonnet-4-5",)), "local", settings).spec
    assert (spec.limits.output, spec.limits.command_seconds) == (4000, 20.0)
    assert {variation.context for variation in spec.variations} == {32_000}


def test_the_table_knows_a_models_window(repository: LocalRepository, settings: Settings) -> None:
    spec = take(request(repository, Bounds(), models=("claude-sonnet-4-5",)), "local", settings).spec
    assert {variation.context for variation in spec.variations} == {200_000}


@pytest.mark.parametrize("most", [0, 1023, 2 * 1024**3])
def test_a_file_in_a_patch_has_bounds_of_its_own(repository: LocalRepository, settings: Settings, most: int) -> None:
    with pytest.raises(AideatorError, match="--max-file takes 1 KiB to 1"):
        take(request(repository, Bounds(max_file=most)), "local", settings)


def test_each_variations_temperature_has_the_bounds_of_the_option(
    repository: LocalRepository, settings: Settings
) -> None:
    asked = request(repository, Bounds(), models=("claude-sonnet-4-5",), n=2, temperatures=(0.5, 2.5))
    with pytest.raises(AideatorError, match=r"a temperature takes 0 to 2, not 2\.5"):
        take(asked, "local", settings)
