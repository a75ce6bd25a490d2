"""`run --mcp`: the servers get into the spec, without what opens them."""

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Dry, Shell, configure, job_of
from tests.cli.test_roles import spec_of

SERVERS = {
    "files": {"command": "files-mcp", "args": ["."]},
    "tracker": {"url": "https://t.example/mcp", "headers": {"Authorization": "Bearer ${TRACKER_TOKEN}"}},
}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "mcp.json"
    path.write_text(json.dumps({"mcpServers": SERVERS}))
    return path


def test_a_pod_gets_the_servers_and_their_secrets_from_the_secret(dry: Dry, file: Path) -> None:
    said = dry("--mcp", str(file), "--secret", "keys")
    assert [server["name"] for server in spec_of(said)["mcp"]] == ["files", "tracker"]
    agent, *others = job_of(said)["spec"]["template"]["spec"]["containers"]
    found = {entry["name"]: entry.get("valueFrom") for entry in agent["env"]}
    assert found["TRACKER_TOKEN"] == {"secretKeyRef": {"name": "keys", "key": "TRACKER_TOKEN", "optional": False}}
    pod = job_of(said)["spec"]["template"]["spec"]
    assert "TRACKER_TOKEN" not in json.dumps([*others, *pod.get("initContainers", [])])


def test_the_configured_file_is_the_default(dry: Dry, file: Path, home: Path) -> None:
    configure(home, f"mcp: {file}\n")
    assert len(spec_of(dry())["mcp"]) == 2


@pytest.mark.usefixtures("dry")
def test_on_this_machine_a_missing_secret_is_told_before_anything_starts(
    aideator: Shell,
    tmp_path: Path,
    file: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("TRACKER_TOKEN", raising=False)
    words = ["run", str(tmp_path / "source"), "x", "--model", f"scripted/{tmp_path}/script.yaml", "--backend", "local"]
    said = aideator(*words, "--mcp", str(file))
    assert (said.code, "MCP server tracker needs TRACKER_TOKEN" in said.err) == (3, True)


def test_the_run_says_who_searches(dry: Dry) -> None:
    spec = spec_of(dry("--search", "none"))
    assert (spec["search"], "search_code" in spec["system"]["engineer"]) == ("none", False)
    spec = spec_of(dry())
    assert (spec["search"], "search_code" in spec["system"]["engineer"]) == ("own", True)
    said = dry("--search", "yes")
    assert (said.code, "--search takes own, all or none, not yes" in said.err) == (2, True)


def test_a_role_can_name_servers_and_their_tools(dry: Dry, file: Path, tmp_path: Path) -> None:
    (tmp_path / "own.md").write_text("---\ntools: [read_file, files, tracker__search]\n---\nBe good.\n")
    (variation,) = spec_of(dry("--mcp", str(file), "--role", f"{tmp_path}/own.md"))["variations"]
    assert variation["tools"] == ["read_file", "files", "tracker__search"]
    said = dry("--role", f"{tmp_path}/own.md")
    assert (said.code, "unknown tool 'files'" in said.err, "--mcp" in said.err) == (2, True, True)
