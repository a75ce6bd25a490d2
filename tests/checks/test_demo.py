"""`aideator demo`: three scripted agents, whose patches are checked."""

import os
import subprocess
import sys
from pathlib import Path


def test_the_demo_shows_a_check_that_passes_and_one_that_fails(tmp_path: Path) -> None:
    environment = {**os.environ, "AIDEATOR_HOME": str(tmp_path), "NO_COLOR": "1", "COLUMNS": "120"}
    done = subprocess.run(
        [sys.executable, "-m", "aideator_cli", "demo"],
        env=environment,
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
