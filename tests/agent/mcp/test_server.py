"""How an MCP server travels in the spec, and where its secrets come from."""

import pytest

from aideator_agent.mcp.server import McpServer, filled
from aideator_agent.spec import Limits, Repository, RunSpec, VariationSpec

TRACKER = McpServer(
    "tracker", url="https://tracker.example/mcp", headers={"Authorization": "Bearer ${TRACKER_TOKEN}", "X-Team": "${TEAM:-core}"}
)  # fmt: skip


def test_a_spec_keeps_its_servers_and_a_roles_tools_and_limits() -> None:
    shell = McpServer("files", command="files-mcp", args=("--root", "."), env={"MODE": "read"})
    role = VariationSpec(1, "m", role="qa", tools=("bash",), limits=Limits(steps=3))
    spec = RunSpec("k3v9x2q", "s", "2026-01-01T00:00:00Z", Repository("u"), "p", (role,), mcp=(TRACKER, shell))
    assert RunSpec.from_json(spec.to_json()) == spec


def test_the_spec_names_a_servers_secrets_and_holds_none() -> None:
    spec = RunSpec("k3v9x2q", "s", "2026-01-01T00:00:00Z", Repository("u"), "p", (), mcp=(TRACKER,))
    assert spec.mcp_variables == ("TRACKER_TOKEN", "TEAM")
    assert TRACKER.required == ("TRACKER_TOKEN",)


def test_the_agent_puts_the_values_in() -> None:
    headers = filled(TRACKER.headers, {"TRACKER_TOKEN": "s3cret"})
    assert headers == {"Authorization": "Bearer s3cret", "X-Team": "core"}


def test_a_missing_value_is_named() -> None:
    with pytest.raises(KeyError, match="TRACKER_TOKEN"):
        filled(TRACKER.headers, {})
