"""The workflow of the docs in the real n8n, with PostgreSQL as its database.

n8n takes 3 GB, so this runs only where AIDEATOR_N8N=1 asks for it.
"""

import json
import os
import re
import subprocess
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from aideator_cli.actions import tokens
from aideator_cli.actions.here import Here
from aideator_cli.system.settings import Settings
from tests.fixtures.ports import free_port
from tests.fixtures.postgresql import PASSWORD, PostgreSQL
from tests.server.conftest import Body
from tests.server.served import served
from tests.server.test_workflow import WORKFLOW

ASKED = "AIDEATOR_N8N"
BUILD = Path(__file__).parent / "build"
SECONDS = 900
CREDENTIAL = {"id": "aideator", "name": "AIdeator"}


@pytest.fixture(scope="module")
def n8n() -> Path:
    if os.environ.get(ASKED) != "1":
        pytest.skip(f"{ASKED}=1 installs n8n, which takes 3 GB, and runs the workflow in it")
    return Path(subprocess.run([BUILD], stdout=subprocess.PIPE, text=True, check=True).stdout.strip())


def test_it_starts_a_run_waits_for_its_end_and_compares(
    n8n: Path, own_postgresql: PostgreSQL, tmp_path: Path, body: Body
) -> None:
    here = Here(Settings({"AIDEATOR_HOME": str(tmp_path / "home")}))
    _, secret = tokens.create(here, tokens.Order("n8n", "ada", ("admin", "read", "run"), None))
    environment = surroundings(n8n, own_postgresql, tmp_path / "n8n")
    with served(tmp_path / "home", "--host", "0.0.0.0") as server:
        address = f"http://127.0.0.1:{urlsplit(server.address).port}"
        (tmp_path / "workflow.json").write_text(json.dumps(set_up({**body(), "server": address})))
        header = {"name": "Authorization", "value": f"Bearer {secret}"}
        (tmp_path / "credentials.json").write_text(
            json.dumps([{**CREDENTIAL, "type": "httpHeaderAuth", "data": header}])
        )
        for words in (
            ("import:credentials", f"--input={tmp_path}/credentials.json"),
            ("import:workflow", f"--input={tmp_path}/workflow.json"),
        ):
            called(environment, *words)
        said = called(environment, "execute", "--id=aideator", "--rawOutput")
    told = json.loads(said[re.search(r"^\{", said, re.M).start() :])  # type: ignore[union-attr]
    done = told["data"]["resultData"]["runData"]
    assert list(done)[:4] == ["When clicking Execute", "The task", "Start the run", "Wait"]
    compared = done["Compare"][0]["data"]["main"][0][0]["json"]
    assert (compared["kind"], compared["choice"]) == ("comparison", 1)


def set_up(task: dict[str, Any]) -> dict[str, Any]:
    """Does to the workflow what the docs say: the server and the task, and a credential for the three HTTP nodes."""
    workflow: dict[str, Any] = {**json.loads(WORKFLOW.read_text()), "id": "aideator", "active": False}
    for node in workflow["nodes"]:
        if node["type"].endswith(".httpRequest"):
            node["credentials"] = {"httpHeaderAuth": CREDENTIAL}
        for each in node["parameters"].get("assignments", {}).get("assignments", ()):
            value = task[each["name"]]
            each["value"] = json.dumps(value) if each["type"] == "array" else value
    return workflow


def surroundings(n8n: Path, database: PostgreSQL, folder: Path) -> dict[str, str]:
    folder.mkdir()
    port = free_port()
    name = database.empty_database().rpartition("/")[2]
    return {
        "PATH": f"{n8n}/bin:{n8n}/node_modules/.bin:{os.environ['PATH']}", "HOME": str(folder), "N8N_USER_FOLDER": str(folder),
        "DB_TYPE": "postgresdb", "DB_POSTGRESDB_HOST": "127.0.0.1", "DB_POSTGRESDB_PORT": str(database.port),
        "DB_POSTGRESDB_DATABASE": name, "DB_POSTGRESDB_USER": "aideator", "DB_POSTGRESDB_PASSWORD": PASSWORD,
        "N8N_DIAGNOSTICS_ENABLED": "false", "N8N_VERSION_NOTIFICATIONS_ENABLED": "false", "N8N_TEMPLATES_ENABLED": "false",
        "N8N_RUNNERS_BROKER_PORT": str(port),
    }  # fmt: skip


def called(environment: dict[str, str], *words: str) -> str:
    done = subprocess.run(
        ["n8n", *words], env=environment, capture_output=True, text=True, check=False, timeout=SECONDS
    )
    assert done.returncode == 0, (done.stdout[-3000:], done.stderr[-3000:])
    return done.stdout
