"""`make coverage` fails for a room that tests run too little of, even where all rooms together have enough."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests import rooms_covered

SETTINGS = Path(__file__).parent.parent / "pyproject.toml"


def test_a_room_below_the_bound_is_named(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    files = {
        "aideator_cli/store/log.py": (100, 100),
        "aideator_cli/store/runs.py": (100, 82),
        "aideator_cli/main.py": (8, 8),
        "aideator_cli/__main__.py": (2, 0),
        "agent/aideator_agent/loop.py": (900, 890),
    }
    monkeypatch.setattr(rooms_covered, "by_file", lambda: files)
    with pytest.raises(SystemExit, match="of: main; "):
        rooms_covered.main()
    table = {line.split("  ")[0]: line.split()[-4:] for line in capsys.readouterr().out.splitlines()}
    assert table["store"] == ["2", "200", "182", "91.0"]
    assert table["the agent"] == ["1", "900", "890", "98.9"]
    assert table["all"] == ["5", "1110", "1080", "97.3"]


def test_rooms_with_enough_are_fine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rooms_covered, "by_file", lambda: {"aideator_cli/store/log.py": (10, 9)})
    rooms_covered.main()


def test_what_a_process_runs_that_ends_itself_counts(tmp_path: Path) -> None:
    """So the agent does."""
    program = tmp_path / "program.py"
    program.write_text("import os\nimport aideator_agent.rooms\nos._exit(0)\n")
    command = [
        sys.executable,
        "-m",
        "coverage",
        "run",
        f"--rcfile={SETTINGS}",
        f"--data-file={tmp_path / 'data'}",
        program,
    ]
    others = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE_")}
    subprocess.run(command, check=True, env=others)
    assert list(tmp_path.glob("data.*"))
