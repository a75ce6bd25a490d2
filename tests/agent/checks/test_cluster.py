"""Checks in real pods: three agents on a small project, one right, one that breaks a test, one that deletes the failing test."""

import json
import secrets
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.agent.checks.checking import BREAK, MEND, UNITTEST, edit, write
from tests.agent.checks.conftest import FILES
from tests.end_to_end.user import Done, User
from tests.fixtures.cluster import Cluster, Kubectl
from tests.fixtures.git_server import GitServer

Turns = Sequence[dict[str, Any]]
Run = Callable[..., Done]

KEY = f"sk-fake-{secrets.token_hex(16)}"  # the agent gets it; the scripted model needs none of its own
DELETE = edit("test_calc.py", "        self.assertEqual(add(1, 2), 3)\n", "        pass\n")
SNOOP = """
import glob, os, unittest

def searched(pattern):
    for path in glob.glob(pattern, recursive=True):
        try:
            with open(path, "rb") as file:
                yield file.read(1 << 20)
        except OSError:
            pass

def writable(path):
    try:
        with open(path, "w"):
            return True
    except OSError:
        return False

class Snoop(unittest.TestCase):
    def test_snoop(self):
        places = ["/proc/[0-9]*/environ", "/proc/[0-9]*/cmdline", "/private/**", "/spec/**", "/check/**", "/tmp/**", "/home/**"]
        hits = sum(b"sk-fa" + b"ke-" in text for place in places for text in searched(place))
        there = [path for path in ("/private", "/spec", "/check", "/var/run/secrets") if os.path.exists(path)]
        seen = sum(b"HOME=" in text for text in searched("/proc/[0-9]*/environ"))
        print("control", seen > 0, "hits", hits, "there", there, "channel", writable("/aideator/x"), "root", writable("/x"))
        print("work", os.listdir("/workspace"))
"""


@pytest.fixture
def run(
    tmp_path: Path, cluster: Cluster, namespace: str, agent_image: str, bridge_address: str,
    git_server: Callable[..., GitServer], kubectl: Kubectl,
) -> Run:  # fmt: skip
    """Runs agents with these scripts on the small project; the lines of --json."""
    kubectl("create", "secret", "generic", "aideator-keys", "-n", namespace, f"--from-literal=GIT_TOKEN={KEY}")
    git = git_server(bridge_address)
    git.add("project", FILES)
    environment = cluster.environment | {"AIDEATOR_HOME": str(tmp_path / "home"), "NO_COLOR": "1"}
    options = ["--context", cluster.context, "--namespace", namespace, "--agent-image", agent_image]
    user = User(environment, options, tmp_path)

    def run(*scripts: Turns, options: Sequence[str]) -> Done:
        models = []
        for number, turns in enumerate(scripts, 1):
            (tmp_path / f"script{number}.yaml").write_text(yaml.safe_dump(list(turns)))
            models += ["--model", f"scripted/{tmp_path / f'script{number}.yaml'}"]
        return user.run(git.url("project"), "Mend add.", *models, "-n", str(len(scripts)), *options, "--json")

    return run


def codes(result: dict[str, Any], on: str) -> list[int | None]:
    return [check["exit_code"] for check in result["checks"] if check["on"] == on]


def test_one_is_right_one_breaks_a_test_and_one_deletes_it(run: Run) -> None:
    done = run(
        [MEND], [MEND, BREAK], [DELETE], options=["--verify", f"unit={UNITTEST}", "--setup", "python3 --version"]
    )
    assert done.code == 0, done.out.decode()
    right, wrong, cheat = done.of("result")
    assert (codes(right, "patch"), codes(right, "restored")) == ([0], [])
    assert (codes(wrong, "patch"), codes(wrong, "restored")) == ([1], [])
    assert (codes(cheat, "patch"), codes(cheat, "restored")) == ([0], [1])
    assert cheat["tests"] == ["test_calc.py"]
    events = [line["event"] for line in done.of("event") if line["variation"] == 1]
    assert [(e["name"], e["exit_code"]) for e in events if e.get("on") == "base"] == [("unit", 1)]


def test_a_check_finds_neither_key_nor_the_agents_files(run: Run) -> None:
    """Nor does a test that the patch brings reach beyond its container."""
    snoop = write("test_snoop.py", SNOOP)
    done = run([MEND, snoop], options=["--verify", f"unit={UNITTEST} -v test_snoop test_calc", "--no-baseline"])
    (result,) = done.of("result")
    (on_patch,) = [check for check in result["checks"] if check["on"] == "patch"]
    assert "control True hits 0 there [] channel False root False" in on_patch["tail"], json.dumps(on_patch)
    assert "work ['repo']" in on_patch["tail"]
    assert on_patch["exit_code"] == 0


def test_an_image_that_can_not_run_checks_is_told_in_words(run: Run) -> None:
    options = ["--verify", "true", "--image", "registry.invalid/none:1", "--start-timeout", "5s"]
    done = run([MEND], options=options)
    assert done.code == 4
    assert "registry.invalid/none:1" in done.out.decode()


def test_one_odd_file_never_costs_the_patch(run: Run) -> None:
    odd = "truncate -s 2600M huge.bin; mkfifo pipe; echo x > shut; chmod 0 shut"
    odd += "; mkdir deep; mv .git deep/old; git init -q inner; touch inner/file"
    done = run([MEND, {"calls": [{"tool": "bash", "arguments": {"command": odd}}]}], options=[])
    (result,) = done.of("result")
    assert (result["outcome"], result["files"]) == ("succeeded", 3), result
    told = " ".join(line["event"].get("text", "") for line in done.of("event") if line["event"]["type"] == "notice")
    for words in ("huge.bin (2600 MiB)", "pipe (a FIFO)", "deep/old/", "without their .git: inner"):
        assert words in told
