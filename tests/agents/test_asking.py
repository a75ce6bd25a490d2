"""Real coding agents that work in a team ask another role of it, with models that a provider plays."""

import json
import os
from pathlib import Path

import pytest

from aideator_agent.colleague import ASK
from aideator_cli.actions.here import Here
from aideator_cli.actions.teams.scripting import state
from aideator_cli.actions.teams.talking import Talk
from aideator_cli.system.settings import Settings
from tests.agents.demo_task import KEY
from tests.agents.test_local import KEYS, MODELS
from tests.end_to_end.user import User, finish
from tests.fixtures.agents import Agents
from tests.fixtures.repositories import LocalRepository
from tests.fixtures.wire_server import Part, WireServers
from tests.fixtures.wires import Use

SECONDS = 600
STAGES = """
stages:
  plan: {{role: cto, produces: plan, model: scripted/{script}}}
  build: {{each: plan.tasks, role: "{{{{ task.role }}}}", agent: {agent}}}
"""
PLAN = {"summary": "An export.", "tasks": [{"id": "dates", "title": "Write the dates.", "role": "backend"}]}
QUESTION = "Which format do dates have in the file?"
ANSWER = "ISO 8601 in UTC."
PARTS = (
    Part("The question of the backend", [], ANSWER),
    Part("Write the dates", [Use("team", ASK, {"role": "cto", "question": QUESTION}), "echo ISO > dates.txt"], "They are ISO 8601."),
)  # fmt: skip


@pytest.mark.parametrize("agent", MODELS)
def test_it_asks_the_cto_and_works_with_the_answer(
    tmp_path: Path, real_agents: Agents, wire_server: WireServers, agent: str
) -> None:
    server = wire_server([], key=KEY, parts=PARTS)
    script = tmp_path / "plan.yaml"
    planned = json.dumps(f"```json\n{json.dumps(PLAN)}\n```")
    script.write_text(f"- calls: [{{tool: submit, arguments: {{answer: {planned}}}}}]\n")
    (tmp_path / "dates.yaml").write_text(STAGES.format(script=script, agent=f"{agent}/{MODELS[agent]}"))
    repository = LocalRepository(tmp_path / "todo")
    repository.commit({"README.md": "A list.\n"})
    kept = {name: value for name, value in os.environ.items() if not name.endswith(("_API_KEY", "_TOKEN"))}
    own = {"AIDEATOR_HOME": str(tmp_path / "home"), "PATH": real_agents.path, **KEYS}
    user = User(
        {**kept, **own, "KUBECONFIG": str(tmp_path / "none")}, ["--backend", "local", "--allow-local-shell"], tmp_path
    )
    words = ("--team", str(tmp_path / "dates.yaml"), "--api-base", server.url, "--json")
    done = finish(user.start("run", str(repository.path), "Write dates.", *user.options, *words), SECONDS)
    assert done.code == 0, done.err
    (team,) = done.of("team")
    here = Here(Settings({"AIDEATOR_HOME": str(tmp_path / "home")}))
    messages = Talk().of(here, state(here, team["team"]))
    said = [(each.what, each.by, each.to, each.text) for each in messages if each.what in ("asked", "answered")]
    assert said == [("asked", "build/dates", "cto", QUESTION), ("answered", "cto", "build/dates", ANSWER)]
    (build,) = [step["run"] for step in team["steps"] if step["task"] == "dates"]
    calls = [event for each in here.store.attempts(build) for event in here.store.events(each.attempt, ("call",))]
    assert [call.data["tool"] for call in calls] == ["ask", "bash"], "its own word of the question is left out"
    told = [
        request for request in server.requests if QUESTION not in json.dumps(request.body) and request.question.tools
    ]
    assert any("with the MCP tool `ask`" in json.dumps(request.body) for request in told)
    assert KEY.encode() not in done.out
