"""`aideator demo`: three scripted agents, whose patches are checked."""

import os
import subprocess
import sys
from pathlib import Path

from tests.fixtures.cluster import Cluster


def test_the_demo_shows_a_check_that_passes_and_one_that_fails(tmp_path: Path) -> None:
    shows_one_of_each({**os.environ, "AIDEATOR_HOME": str(tmp_path)})


def test_it_does_so_in_a_cluster(tmp_path: Path, cluster: Cluster, namespace: str, agent_image: str) -> None:
    options = ["--context", cluster.context, "--namespace", namespace, "--agent-image", agent_image]
    shows_one_of_each({**cluster.environment, "AIDEATOR_HOME": str(tmp_path)}, *options)


def shows_one_of_each(environment: dict[str, str], *options: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "aideator_cli", "demo", *options],
        env={**environment, "NO_COLOR": "1", "COLUMNS": "120"},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    assert "check unittest on the base: failed" in done.stdout
    rows = {line[0]: line for line in done.stdout.splitlines() if ".yaml" in line}
    assert "passed" in rows["1"]
    assert rows["1"].split()[1] == "✓"
    assert "failed" in rows["2"]
    assert "passed" not in rows["2"] + rows["3"]
    assert "limit (steps)" in rows["3"]
