"""The dashboard is one that Grafana takes: its makers' own SDK reads it strictly, so each field is known, and none is missing.

Grafana itself is under a licence that keeps it out of here. A real Prometheus answers the panels' questions in ../prometheus.
"""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.fixtures.built import built

BUILD = Path(__file__).parent / "build"
DASHBOARD = Path(__file__).parents[3] / "docs" / "grafana-dashboard.json"


@pytest.fixture(scope="module")
def program() -> Path:
    """Without it a test is skipped; with AIDEATOR_REQUIRE_GRAFANA=1 it is built, or the test fails."""
    return built(BUILD, "GRAFANA", "no program reads dashboards")


def said_of(program: Path, dashboard: Any) -> str:
    done = subprocess.run([program], input=json.dumps(dashboard), capture_output=True, text=True, check=False)
    assert (done.returncode == 0) == (not done.stderr)
    return done.stderr


def test_grafanas_own_sdk_has_no_word_against_the_dashboard(program: Path) -> None:
    assert said_of(program, json.loads(DASHBOARD.read_text())) == ""


def test_it_has_one_against_what_grafana_does_not_know(program: Path) -> None:
    dashboard = json.loads(DASHBOARD.read_text())
    dashboard["panels"][0]["options"]["graphMood"] = "area"
    assert "panels[0].options" in said_of(program, dashboard)
    dashboard = json.loads(DASHBOARD.read_text())
    dashboard["panels"][0]["gridPos"]["w"] = "wide"
    assert "gridPos" in said_of(program, dashboard)
