"""The examples for GitHub Actions and GitLab CI in docs/ci.md do what they say, with a stand-in for what is outside."""

import os
import re
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml

from aideator_cli.errors import ExitCode
from tests.fixtures.repositories import LocalRepository, git

PAGE = Path(__file__).parents[2] / "docs" / "ci.md"
TASK = 'Make it right; $(touch /tmp/x) "quoted"'
TEST = "import a, unittest\n\n\nclass T(unittest.TestCase):\n    def test_x(self):\n        self.assertEqual(a.x, 2)\n"
PROGRAMS = ("gh", "curl", "pip", "pipx")


def examples() -> dict[str, Any]:
    blocks = re.findall(r"```yaml\n# (\S+)\n(.*?)```", PAGE.read_text(), re.DOTALL)
    return {name: yaml.safe_load(text) for name, text in blocks}


@dataclass
class Runner:
    """A CI system's machine: a checkout, and programs that only write down what they are called with."""

    folder: Path
    environment: dict[str, str]
    said: list[str] = field(default_factory=list)

    def shell(self, script: str) -> int:
        done = subprocess.run(
            ["bash", "-eo", "pipefail", "-c", script], check=False,
            cwd=self.folder / "project", env=self.environment, capture_output=True, text=True, stdin=subprocess.DEVNULL,
        )  # fmt: skip
        self.said.append(done.stdout + done.stderr)
        return done.returncode

    def calls(self, program: str) -> list[str]:
        """Returns what the program was called with and given, a text for each call."""
        return [path.read_text() for path in sorted((self.folder / "calls").glob(f"{program}-*"))]

    def branches(self) -> list[str]:
        told = git(self.folder / "origin.git", "for-each-ref", "--format=%(refname:short)", "refs/heads/aideator")
        return told.split()


@pytest.fixture
def runner(tmp_path: Path) -> Runner:
    programs, calls = tmp_path / "programs", tmp_path / "calls"
    programs.mkdir()
    calls.mkdir()
    for name in PROGRAMS:
        body = f'f={calls}/{name}-$$\nfor word; do printf "%s\\n" "$word"; case $word in body@*) cat "${{word#body@}}";; esac; done > "$f"'
        stdin = 'case "$*" in *"--body-file -"*) cat >> "$f";; esac'
        (programs / name).write_text(f"#!/bin/sh\n{body}\n{stdin}\n")
    (programs / "aideator").write_text(f'#!/bin/sh\nexec {sys.executable} -m aideator_cli "$@"\n')
    (programs / "jq").write_text(
        f"#!/bin/sh\nexec {sys.executable} -c 'import json, sys; print(json.load(sys.stdin)[\"run\"])'\n"
    )
    for path in programs.iterdir():
        path.chmod(0o755)
    repository = LocalRepository(tmp_path / "project")
    repository.commit({"a.py": "x = 1\n", "test_a.py": TEST})
    git(tmp_path, "init", "--quiet", "--bare", "origin.git")
    repository.git("remote", "add", "origin", str(tmp_path / "origin.git"))
    environment = {
        **os.environ,
        "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}",
        "CI": "true",
        "KUBECONFIG": str(tmp_path / "none"),
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": f"url.{tmp_path}/origin.git.insteadOf",
        "GIT_CONFIG_VALUE_0": "https://oauth2:glpat-x@gitlab.example/you/project.git",
    }
    return Runner(tmp_path, environment)


def give_model(runner: Runner, value: int) -> None:
    """The agents write this value, whatever the example's model is."""
    turns = [
        {"calls": [{"tool": "bash", "arguments": {"command": f"echo 'x = {value}' > a.py"}}]},
        {"calls": [{"tool": "submit", "arguments": {"summary": "Did it."}}]},
    ]
    path = runner.folder / "model.yaml"
    path.write_text(yaml.safe_dump(turns))
    runner.environment |= {
        "AIDEATOR_HOME": str(runner.folder / "home"),
        "AIDEATOR_MODEL": f"scripted/{path}",
        "AIDEATOR_N": "2",
    }


def of_github(runner: Runner, job: Mapping[str, Any]) -> list[int]:
    """Runs the steps as GitHub does: after a failure only those whose `if` allows it. Returns the exit codes."""
    values = {"inputs.task": TASK, "inputs.issue": "12", "github.token": "ghs_x", "runner.temp": str(runner.folder)}
    for name, value in job["env"].items():
        runner.environment[name] = re.sub(r"\$\{\{ (\S+) \}\}", lambda found: values.get(found[1], "k"), value)
    codes: list[int] = []
    for step in job["steps"]:
        if "run" in step and (not any(codes) or step.get("if") == "success() || failure()"):
            codes.append(runner.shell(step["run"].replace("-n 3", "")))
    return codes


def gitlab(runner: Runner, script: Sequence[str]) -> int:
    runner.environment |= {
        "TASK": TASK, "ISSUE": "12", "GITLAB_TOKEN": "glpat-x", "CI_API_V4_URL": "https://gitlab.example/api/v4", "CI_PROJECT_ID": "7",
        "CI_SERVER_HOST": "gitlab.example", "CI_PROJECT_PATH": "you/project", "CI_JOB_ID": "345",
        "CI_PROJECT_DIR": str(runner.folder / "project"),
    }  # fmt: skip
    return runner.shell("\n".join(script).replace("-n 3", ""))


@pytest.mark.parametrize(("value", "code"), [(2, 0), (3, ExitCode.CHECKS_FAILED)])
def test_github_gets_a_comment_and_a_branch(runner: Runner, value: int, code: int) -> None:
    job = examples()[".github/workflows/agents.yml"]["jobs"]["agents"]
    before = runner.environment.keys() | set()
    of_github(runner, {"env": job["env"], "steps": []})
    assert runner.environment.keys() - before >= {"TASK", "ISSUE", "GH_TOKEN", "ANTHROPIC_API_KEY"}
    give_model(runner, value)
    codes = of_github(runner, {"env": {}, "steps": job["steps"]})
    assert max(codes) == code, runner.said
    (comment,) = runner.calls("gh")
    assert comment.startswith("issue\ncomment\n12\n--body-file\n-\n")
    assert "| model | outcome |" in comment, "the comparison as a table"
    assert len(runner.branches()) == (not code), runner.said
    if not code:
        assert git(runner.folder / "origin.git", "show", f"{runner.branches()[0]}:a.py") == "x = 2"
    assert not Path("/tmp/x").exists(), "the task is no command"


@pytest.mark.parametrize(("value", "code"), [(2, 0), (3, ExitCode.CHECKS_FAILED)])
def test_gitlab_gets_a_comment_and_a_branch(runner: Runner, value: int, code: int) -> None:
    job = examples()[".gitlab-ci.yml"]["agents"]
    give_model(runner, value)
    assert gitlab(runner, job["script"]) == code, runner.said
    (comment,) = runner.calls("curl")
    assert "https://gitlab.example/api/v4/projects/7/issues/12/notes" in comment
    assert "PRIVATE-TOKEN: glpat-x" in comment
    assert "| model | outcome |" in comment, "the comparison as a table"
    assert runner.branches() == ([] if code else ["aideator/345"]), runner.said
