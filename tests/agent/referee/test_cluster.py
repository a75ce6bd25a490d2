"""A referee in a pod: two agents mend a small project rightly, and one of them and a third bring tests that tell the others apart."""

import secrets
from collections.abc import Callable
from pathlib import Path

import yaml

from tests.agent.checks.checking import UNITTEST, edit, write
from tests.agent.checks.conftest import FILES
from tests.end_to_end.user import User
from tests.faults.waiting import until
from tests.fixtures.cluster import Cluster, Kubectl
from tests.fixtures.git_server import GitServer

KEY = f"sk-fake-{secrets.token_hex(16)}"
RIGHT = edit("calc.py", "a - b", "a + b")
WRONG = edit("calc.py", "a - b", "b - a + 2")  # 3 for 1 and 2, as the base's test wants
TEST = "import unittest\n\nfrom calc import add\n\n\nclass More(unittest.TestCase):\n    def test_more(self):\n        {}\n"
SEARCH = (
    "import os; self.assertEqual(add(2, 2), 4); self.assertFalse([n for n in os.environ if 'TOKEN' in n or 'KEY' in n]); "
    "self.assertFalse(os.path.exists('/private')); "
    "self.assertEqual(os.listdir('/dev/shm'), []); open('/dev/shm/left', 'w').close()"
)


def test_the_choice_is_made_with_the_tests_of_the_others_and_nothing_is_left(
    tmp_path: Path, cluster: Cluster, namespace: str, agent_image: str, bridge_address: str,
    git_server: Callable[..., GitServer], kubectl: Kubectl,
) -> None:  # fmt: skip
    kubectl("create", "secret", "generic", "aideator-keys", "-n", namespace, f"--from-literal=GIT_TOKEN={KEY}")
    git = git_server(bridge_address)
    git.add("project", FILES)
    environment = cluster.environment | {"AIDEATOR_HOME": str(tmp_path / "home"), "NO_COLOR": "1", "COLUMNS": "400"}
    options = ["--context", cluster.context, "--namespace", namespace, "--agent-image", agent_image]
    user = User(environment, options, tmp_path)
    turns = [
        [WRONG],
        [RIGHT, write("test_more.py", TEST.format("self.assertEqual(add(0, 0), 0)"))],
        [RIGHT, write("test_search.py", TEST.format(SEARCH))],
    ]
    models = []
    for number, each in enumerate(turns, 1):
        (tmp_path / f"script{number}.yaml").write_text(yaml.safe_dump(each))
        models += ["--model", f"scripted/{tmp_path / f'script{number}.yaml'}"]
    done = user.run(
        git.url("project"),
        "Mend add.",
        *models,
        "-n",
        "3",
        "--verify",
        f"unit={UNITTEST}",
        "--select",
        "auto",
        "--view",
        "lines",
    )
    assert done.code == 0, done.err
    assert "running the tests that 2 and 3 wrote on the patches of 1, 2 and 3" in done.err
    (reason,) = [line for line in done.err.splitlines() if line.startswith("selected ")]
    assert "/2, " in reason or "/3, " in reason
    assert "of the 2 that pass unit and the others' tests" in reason
    left = ("get", "jobs,configmaps", "-n", namespace, "-o", "name", "-l", "aideator.dev/referee-of")
    until(lambda: kubectl(*left).strip() == "", "the cluster has deleted what belonged to the referee")
    again = user.call("select", "@last", "--auto")
    assert again.err.startswith("selected "), "the outcome is known"
