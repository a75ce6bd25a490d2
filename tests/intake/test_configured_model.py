"""The configured model, for what works with one."""

from pathlib import Path

import pytest

from aideator_cli.errors import AideatorError
from aideator_cli.intake import configured_model
from aideator_cli.system.settings import Settings


def settings(home: Path, model: str) -> Settings:
    (home / "config.toml").write_text(f"model = {model}\n")
    return Settings({"AIDEATOR_HOME": str(home)})


def test_the_first_of_several_stands_for_them_where_one_is_enough(tmp_path: Path) -> None:
    several = settings(tmp_path, '["gpt-5:2", "claude-sonnet-4-5"]')
    assert configured_model.first(several) == "gpt-5"
    with pytest.raises(AideatorError, match="names several models: gpt-5, claude-sonnet-4-5"):
        configured_model.only(several)


def test_one_model_is_that_one_however_often_it_is_to_be_tried(tmp_path: Path) -> None:
    assert configured_model.only(settings(tmp_path, '"ollama/qwen:7"')) == "ollama/qwen:7"
    assert configured_model.only(settings(tmp_path, '"gpt-5:3"')) == "gpt-5"
    assert configured_model.only(Settings({"AIDEATOR_HOME": str(tmp_path / "none")})) is None


def test_a_program_that_uses_the_api_is_not_troubled_by_settings_of_the_command_line(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text('view = "lines"\nmodel = "gpt-5"\n')
    assert Settings({"AIDEATOR_HOME": str(tmp_path)}).defaults.model == "gpt-5"
