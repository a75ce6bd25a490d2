"""`aideator man DIR` writes what `man` shows."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from aideator_cli.cli.commands import COMMANDS
from aideator_cli.cli.manual import escaped
from aideator_cli.errors import ExitCode
from tests.cli.conftest import Shell
from tests.cli.test_examples import leaves


def shown(page: Path) -> str:
    if shutil.which("groff") is None:
        if os.environ.get("AIDEATOR_REQUIRE_SHELLS"):
            pytest.fail("there is no groff, and AIDEATOR_REQUIRE_SHELLS asks for it")
        pytest.skip("there is no groff")
    done = subprocess.run(
        ["groff", "-man", "-ww", "-Tutf8", "-P-cbou", "-rLL=110n", page], capture_output=True, text=True, check=True
    )
    assert done.stderr == ""
    return done.stdout


def test_every_command_has_a_page_that_man_understands(aideator: Shell, tmp_path: Path) -> None:
    folder = tmp_path / "share" / "man1"
    said = aideator("man", str(folder))
    assert said.code == ExitCode.OK, said.err
    names = {path.name for path in folder.iterdir()}
    assert {f"aideator-{command.replace(' ', '-')}.1" for command in leaves(COMMANDS)} | {"aideator.1"} <= names
    assert said.err == f"wrote {len(names)} manual pages to {folder}\n"
    for page in folder.iterdir():
        assert "NAME" in shown(page)


def test_a_page_says_what_the_help_says(aideator: Shell, tmp_path: Path) -> None:
    aideator("man", str(tmp_path))
    aideator("man", str(tmp_path))  # again, as after an upgrade
    text = " ".join(shown(tmp_path / "aideator-config-set.1").split())
    help_text = aideator("config", "set", "--help").out
    assert "aideator-config-set - Set the default of an option" in text
    usage = help_text.partition("\n")[0].removeprefix("Usage: ")
    assert f"SYNOPSIS {usage}" in text
    assert "aideator config set --profile cheap max_cost 0.1" in text
    for word in help_text.split():
        if word.startswith("--"):
            assert word in text
    assert "SEE ALSO aideator-config(1)" in text


@pytest.mark.parametrize("line", [".so /etc/passwd", "'br", "a\\nb", "`x` ~ ^ -n", "a…b −1"])
def test_no_text_is_a_request_to_man(line: str, tmp_path: Path) -> None:
    (tmp_path / "x.1").write_text(f".TH X 1\n.SH NAME\n{escaped(line)}\n")
    assert line in shown(tmp_path / "x.1")


def test_a_folder_that_cannot_be_made(aideator: Shell, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    said = aideator("man", str(tmp_path / "file" / "man1"))
    assert said.code == ExitCode.NOT_FOUND
    assert "file/man1 can't be written" in said.err
    assert aideator("man").err.startswith("error: DIR is missing")
