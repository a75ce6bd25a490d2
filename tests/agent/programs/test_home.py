"""What an agent finds around it: a HOME of its own, its variables and files, and nothing of the user's."""

import json
import os
import tomllib
from dataclasses import replace
from pathlib import Path

import pytest

from aideator_agent.local_shell import LocalShell
from aideator_agent.program import AgentProgram
from aideator_agent.programs.home import Home, in_command
from tests.agent.programs.conftest import FakeAgent, program
from tests.agent.running import Agent
from tests.agent.shell.containers import Commands

HOSTILE = "m\"; $(touch hacked) `touch hacked` ' \\ \n{token} ü\x7f"


def home(folder: Path, agent: AgentProgram, model: str = HOSTILE) -> Home:
    values = {"url": "http://127.0.0.1:1", "token": "t0ken", "model": model, "home": str(folder), "prompt": "p"}
    return Home(folder, values, agent)


def test_values_stay_inside_the_quotes_of_a_settings_file(tmp_path: Path) -> None:
    files = {
        "a/settings.json": '{"m": "{model}", "n": {"o": "${model}"}}',
        "settings.toml": 'm = "{model}"\nt = "{token}"\n',
    }
    home(tmp_path / "home", program("x", files=files)).write("The task.")

    settings = json.loads((tmp_path / "home/a/settings.json").read_text())
    assert settings == {"m": HOSTILE, "n": {"o": "${model}"}}
    assert tomllib.loads((tmp_path / "home/settings.toml").read_text()) == {"m": HOSTILE, "t": "t0ken"}
    assert (tmp_path / "home/task.md").read_text() == "The task."
    assert (tmp_path / "home/a/settings.json").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    "command", ["echo {model}", 'echo "{model}"', "echo '{model}'", "echo a{model}b", "sh -c 'echo {model}'"]
)
def test_a_hostile_model_never_becomes_a_command(tmp_path: Path, command: str) -> None:
    commands = Commands(LocalShell(tmp_path, {"PATH": os.environ["PATH"]}), tmp_path)
    ran = commands.run(home(tmp_path, program("x", env={"MODEL": "{model}"})).script(f"{command}; printenv MODEL"))

    assert ran.exit_code == 0
    assert not (tmp_path / "hacked").exists()
    assert commands.said.decode().endswith(f"{HOSTILE}\n")


def test_words_of_the_shell_stay_the_shells() -> None:
    assert in_command("${home} {other} {}") == "${home} {other} {}"


def test_it_sees_no_key_and_none_of_the_users_settings(agent: Agent, fake: FakeAgent, place: dict[str, str]) -> None:
    look = program("env; ls -a $HOME", protocol="text", env={"OPENAI_API_KEY": "{token}", "OWN": "{url}/v1"})
    user = {
        "XDG_CONFIG_HOME": "/home/me/.config",
        "HTTP_PROXY": "http://proxy:3128",
        "OPENAI_API_KEY": "sk-the-real-key",
    }
    record = agent.run(fake.spec(look), **user, **place)

    said = record.text("say")
    told = dict(line.split("=", 1) for line in said.splitlines() if "=" in line)
    assert told["HOME"] == str(agent.workspace / "home")
    assert told["OWN"].startswith("http://127.0.0.1:")
    assert told["NO_PROXY"].startswith("127.0.0.1,localhost")
    assert "sk-the-real-key" not in said
    assert "/home/me" not in said
    assert len(told["OPENAI_API_KEY"]) > 20


def test_its_version_is_told(agent: Agent, fake: FakeAgent) -> None:
    known = replace(fake.plays(), version="echo; echo '  fake   1.2.3 '; echo more")
    assert "fake: fake 1.2.3" in agent.run(fake.spec(known)).notices("info")

    unknown = replace(fake.plays(), version="echo unknown option >&2; exit 2")
    assert "fake does not say its version: unknown option" in agent.run(fake.spec(unknown)).notices("warning")
