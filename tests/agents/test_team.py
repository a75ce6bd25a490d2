"""A team of real agents: opencode builds, AIdeator's own loop tests what it has built, against a provider that plays their models."""

import os
import subprocess
from pathlib import Path

from aideator_cli.store import Store
from tests.agents.demo_task import DEMO, KEY
from tests.end_to_end.user import User, finish
from tests.fixtures.agents import Agents
from tests.fixtures.repositories import LocalRepository
from tests.fixtures.wire_server import Part, WireServers

LONGEST_SECONDS = 900  # three starts of opencode, two of them at once
STAGES = f"""
checks: {{unit: python3 -m unittest -q}}
stages:
  plan: {{role: cto, produces: plan, model: scripted/{DEMO}/team/plan.yaml}}
  build: {{each: plan.tasks, role: "{{{{ task.role }}}}", agent: opencode/openai/gpt-5}}
  test: {{role: qa, from: build, keep: tests, rework: build, model: openai/gpt-5}}
"""
JOINED = "def to_csv(items):\n    return ''.join(f'{item.text},{item.done}\\n' for item in items)\n"
QUOTED = """import csv, io
def to_csv(items):
    out = io.StringIO()
    csv.writer(out).writerows([item.text, item.done] for item in items)
    return out.getvalue()
"""
AS_JSON = "import json\ndef to_json(items):\n    return json.dumps([item.text for item in items])\n"
TESTS = """import csv, io, unittest
from todo import Item
from todo_csv import to_csv
class Export(unittest.TestCase):
    def test_csv_keeps_a_comma(self):
        rows = list(csv.reader(io.StringIO(to_csv([Item("milk, fresh")]))))
        self.assertEqual(rows[0][0], "milk, fresh")
"""


def written(path: str, text: str) -> str:
    return f"cat > {path} << 'END'\n{text}END"


PARTS = (
    Part("The tests of a colleague fail", [written("todo_csv.py", QUOTED)], "It quotes its texts now."),
    Part("Write tests for what was done", [written("test_export.py", TESTS), "python3 -m unittest"], "A comma breaks the row."),
    Part("Files: todo_csv.py", ["ls", written("todo_csv.py", JOINED)], "It writes a line for each item."),
    Part("Files: todo_json.py", ["ls", written("todo_json.py", AS_JSON)], "It writes a list."),
)  # fmt: skip


def test_what_opencode_built_is_tested_by_our_loop_sent_back_mended_and_applied(
    tmp_path: Path, real_agents: Agents, wire_server: WireServers
) -> None:
    server = wire_server([], key=KEY, parts=PARTS)
    (tmp_path / "exports.yaml").write_text(STAGES)
    repository = LocalRepository(tmp_path / "todo")
    mended = (DEMO / "todo.py").read_text().replace("if not line:", 'if not line or line.startswith("#"):')
    repository.commit({"todo.py": mended, "test_todo.py": (DEMO / "test_todo.py").read_bytes()})
    kept = {name: value for name, value in os.environ.items() if not name.endswith(("_API_KEY", "_TOKEN"))}
    own = {"AIDEATOR_HOME": str(tmp_path / "home"), "PATH": real_agents.path, "OPENAI_API_KEY": KEY}
    user = User(
        {**kept, **own, "KUBECONFIG": str(tmp_path / "none")}, ["--backend", "local", "--allow-local-shell"], tmp_path
    )
    words = (
        "--team",
        str(tmp_path / "exports.yaml"),
        "--api-base",
        server.url,
        "--json",
        "--select",
        "auto",
        "--apply",
    )
    asked = ("run", str(repository.path), "Export the list as CSV and as JSON.", *user.options, *words)
    done = finish(user.start(*asked, "-C", str(repository.path)), LONGEST_SECONDS)
    assert done.code == 0, done.err
    (team,) = done.of("team")
    assert [step["step"] for step in team["steps"] if step["task"]] in (
        ["build/csv", "build/json", "build/csv@2"],
        ["build/json", "build/csv", "build/csv@2"],
    )
    told = {step["step"]: step["told"] for step in team["steps"]}
    assert "its tests fail" in told["test"]
    assert told["test@2+kept"] == "its tests pass now"
    store = Store.open(tmp_path / "home")
    runs = [(step["stage"], store.run(step["run"])) for step in team["steps"]]
    agents = {(stage, run.spec.variations[0].agent_name) for stage, run in runs if run and not run.spec.is_merge}
    assert agents == {("plan", None), ("build", "opencode"), ("test", None)}
    assert {request.key for request in server.requests} == {KEY}
    assert KEY.encode() not in done.out
    tests = subprocess.run(["python3", "-m", "unittest", "-q"], cwd=repository.path, capture_output=True, check=False)
    assert tests.returncode == 0, tests.stderr
    assert {"todo_csv.py", "todo_json.py", "test_export.py"} <= {path.name for path in repository.path.iterdir()}
