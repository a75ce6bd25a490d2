"""The demo's material: a real project with one failing test, and three agents of whom one mends it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from aideator_cli.actions.demo_material import CHECK, STEPS, demo_files, demo_scripts
from aideator_cli.intake import scripts

RIGHT, WRONG, LOST = range(3)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    for name, content in demo_files().items():
        (tmp_path / name).write_bytes(content)
    environment = {"PATH": os.environ["PATH"], "GIT_CONFIG_GLOBAL": os.devnull, "HOME": str(tmp_path)}
    identity = ["-c", "user.name=Ada", "-c", "user.email=ada@example.org"]
    for command in (["init", "-q"], ["add", "-A"], [*identity, "commit", "-qm", "A list of things to do"]):
        subprocess.run(["git", *command], cwd=tmp_path, env=environment, check=True)
    return tmp_path


def sh(command: str, folder: Path) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": os.environ["PATH"], "PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.run(
        ["/bin/sh", "-c", command], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )


def replay(script: Path, folder: Path) -> list[tuple[str, int]]:
    """Does by hand what the script's calls say: (command, exit code) for those that run one."""
    ran = []
    for turn in scripts.load(script):
        for call in turn.get("calls", []):
            arguments = call["arguments"]
            if call["tool"] == "bash":
                ran.append((arguments["command"], sh(arguments["command"], folder).returncode))
            elif call["tool"] == "read_file":
                assert (folder / arguments["path"]).is_file()
            elif call["tool"] == "str_replace":
                file = folder / arguments["path"]
                assert file.read_text().count(arguments["old"]) == 1
                file.write_text(file.read_text().replace(arguments["old"], arguments["new"]))
    return ran


def run_check(folder: Path) -> subprocess.CompletedProcess[str]:
    return sh(CHECK, folder)


def test_the_project_starts_with_one_failing_test_of_seven(project: Path) -> None:
    outcome = run_check(project)
    assert outcome.returncode == 1
    assert "Ran 7 tests" in outcome.stderr
    assert "FAILED (errors=1)" in outcome.stderr
    assert "test_comments_are_skipped" in outcome.stderr


def test_the_right_agent_makes_all_tests_pass(project: Path) -> None:
    replay(demo_scripts()[RIGHT], project)
    assert run_check(project).returncode == 0, run_check(project).stderr


def test_the_wrong_agent_passes_the_one_test_it_runs_and_fails_another(project: Path) -> None:
    ran = dict(replay(demo_scripts()[WRONG], project))
    assert ran["python3 -m unittest test_todo.Parse.test_comments_are_skipped"] == 0
    outcome = run_check(project)
    assert outcome.returncode == 1
    assert "test_a_number_sign_within_an_item_is_text" in outcome.stderr


def test_the_lost_agent_changes_nothing_and_never_asks_for_the_same_thing_twice(project: Path) -> None:
    replay(demo_scripts()[LOST], project)
    assert sh("git status --short", project).stdout == ""
    calls = [str(call) for turn in scripts.load(demo_scripts()[LOST]) for call in turn["calls"]]
    assert len(calls) == len(set(calls))


def test_the_limit_stops_the_lost_agent_alone() -> None:
    turns = [len(scripts.load(path)) for path in demo_scripts()]
    assert turns[RIGHT] < STEPS
    assert turns[WRONG] < STEPS
    assert turns[LOST] > STEPS


@pytest.mark.parametrize("agent", [RIGHT, WRONG, LOST])
def test_every_command_is_there_with_sh_python_and_git_alone(agent: int, project: Path) -> None:
    missing = [command for command, exit_code in replay(demo_scripts()[agent], project) if exit_code in (126, 127)]
    assert missing == []


def test_running_the_tests_leaves_nothing_that_git_sees(project: Path) -> None:
    subprocess.run([sys.executable, "-m", "unittest"], cwd=project, env={}, capture_output=True, check=False)
    assert (project / "__pycache__").is_dir()
    assert sh("git status --short", project).stdout == ""
