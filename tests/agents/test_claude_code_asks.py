"""The real Claude Code asks for three attempts through AIdeator's tools, and takes the best. Its model plays a script."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from aideator_cli.actions.demo_material import CHECK, demo_scripts
from aideator_cli.actions.here import Here
from aideator_cli.api import Aideator
from aideator_cli.server import offers
from aideator_cli.system.settings import Settings
from tests.agents.demo_task import KEY, PROMPT, repository
from tests.fixtures.agents import Agents
from tests.fixtures.wire_server import WireServer
from tests.fixtures.wires import Question, Turn

TOOLS = "mcp__aideator__"


class Asking(WireServer):
    """A model that has three attempts made, and takes the best."""

    def __init__(self, asked: dict[str, Any]) -> None:
        self.asked_for = asked
        super().__init__(())

    def turn(self, question: Question, _: str) -> Turn:
        if f"{TOOLS}run" not in question.tools:
            return Turn("Three attempts")
        run = next(iter(re.findall(r"Started run (\w+)", json.dumps(self.requests[-1].body))), "")
        steps = [
            ("run", self.asked_for), ("wait", {"run": run, "timeout": 300}), ("compare", {"run": run}),
            ("diff", {"run": run, "variation": 1}), ("select", {"run": run, "best": True}),
        ]  # fmt: skip
        number = question.results
        if number == len(steps):
            return Turn(f"Attempt 1 is the best. Take it with: aideator apply {run}", number=number)
        tool, arguments = steps[number]
        return Turn(f"Step {number + 1}.", f"{TOOLS}{tool}", arguments, number)


def test_claude_code_asks_for_three_attempts_and_takes_the_best(real_agents: Agents, tmp_path: Path) -> None:
    home, models = tmp_path / "home", [f"scripted/{script}" for script in demo_scripts()]
    asked = {
        "repository": str(repository(tmp_path / "todo").path), "prompt": PROMPT, "models": models, "verify": [CHECK],
        "max_steps": 12, "backend": "local", "allow_local_shell": True,
    }  # fmt: skip
    own = {"AIDEATOR_HOME": str(home), "PATH": os.environ["PATH"]}
    words = ["-m", "aideator_cli", "mcp", "--allow-local-shell"]
    says = ask(real_agents, tmp_path, {"command": sys.executable, "args": words, "env": own}, asked)
    (run,) = Aideator(home).runs()
    assert says == f"Attempt 1 is the best. Take it with: aideator apply {run.id}"
    assert next(iter(run.results())).outcome == "succeeded"
    selection = Here(Settings({"AIDEATOR_HOME": str(home)})).store.selection(run.id)
    assert selection is not None
    assert selection.variation == 1


def ask(agents: Agents, folder: Path, server: dict[str, Any], asked: dict[str, Any]) -> str:
    """Returns Claude Code's last words. Fails unless its model got what AIdeator's tools said."""
    claude = next(iter(sorted(agents.folder.glob("node_modules/@anthropic-ai/claude-agent-sdk-linux-*/claude"))), None)
    if claude is None:
        pytest.skip("Claude Code itself is not among the agents")
    (folder / "mcp.json").write_text(json.dumps({"mcpServers": {"aideator": server}}))
    kept = {name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ}
    with Asking(asked) as provider:
        done = subprocess.run(
            [claude, "-p", "Let three agents do this with aideator, and take the best.", "--output-format", "json",
             "--mcp-config", folder / "mcp.json", "--strict-mcp-config", "--allowedTools", f"{TOOLS[:-2]}", "--model", "claude-sonnet-4-5"],
            env={**kept, "HOME": str(folder), "ANTHROPIC_BASE_URL": provider.url, "ANTHROPIC_API_KEY": KEY,
                 "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1", "DISABLE_AUTOUPDATER": "1", "MCP_TIMEOUT": "120000",
                 "MCP_TOOL_TIMEOUT": "300000", "ENABLE_TOOL_SEARCH": "false"},
            cwd=folder, capture_output=True, text=True, check=False, timeout=500,
        )  # fmt: skip
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    heard = json.dumps(provider.requests[-1].body)
    for says in (
        "Call wait until it has ended",
        "Call compare.",
        "The best is 1.",
        "The user applies it with: aideator apply",
        offers.FOREIGN,
    ):
        assert says in heard, "the model gets what AIdeator says, and not only the objects"
    return str(json.loads(done.stdout)["result"])
