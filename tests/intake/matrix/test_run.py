"""`run --matrix`: each agent gets its own model, temperature and prompt."""

import json
import os
import pty
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.end_to_end.changes import FILES
from tests.end_to_end.conftest import Place
from tests.end_to_end.user import Done
from tests.faults import work

TURNS = [work.bash("echo made > made")]
MATRIX: dict[str, Any] = {
    "prompts": {"short": "Fix the parser.", "careful": {"file": "careful.md"}},
    "models": ["scripted/one.yaml", "scripted/other.yaml"],
    "temperatures": [0, 0.7],
}


def write(place: Place, **changes: Any) -> str:
    """A matrix with its prompt and scripts; None leaves a field out."""
    folder = place.user.folder / "matrix"
    folder.mkdir(exist_ok=True)
    (folder / "careful.md").write_text("Read the tests first.\n")
    for name in ("one", "other"):
        (folder / f"{name}.yaml").write_text(yaml.safe_dump(TURNS))
    wanted = {**MATRIX, **changes}
    path = folder / "matrix.yaml"
    path.write_text(
        yaml.safe_dump({name: value for name, value in wanted.items() if value is not None}, sort_keys=False)
    )
    return str(path)


def words(place: Place, *more: str) -> list[str]:
    place.git.add("project", FILES)
    return ["run", place.git.url("project"), *place.user.options, *more]


def call(place: Place, *more: str) -> Done:
    return place.user.call(*words(place, *more))


def test_each_agent_gets_its_cell(local_place: Place) -> None:
    place = local_place
    done = call(place, "--matrix", write(place), "--json")
    assert done.code == 0, done.err
    results = done.of("result")
    assert len(results) == 8
    run = results[0]["run"]
    spec = json.loads((place.user.folder / "home" / "runs" / run / "spec.json").read_bytes())
    told = [(v["prompt_name"], Path(v["model"]).name, v["temperature"]) for v in spec["variations"]]
    assert told[:3] == [("short", "one.yaml", 0), ("short", "one.yaml", 0.7), ("short", "other.yaml", 0)]
    assert told[4:] == [("careful", *rest) for _, *rest in told[:4]]
    assert spec["prompt"] == "short: Fix the parser.\n\ncareful: Read the tests first.\n"
    for number, wanted, other in (
        (1, "Fix the parser.", "Read the tests"),
        (8, "Read the tests first.", "Fix the parser"),
    ):
        sent = place.user.call("logs", f"{run}/{number}", "--json", "--type", "sent").out.decode()
        assert wanted in sent
        assert other not in sent
    by_prompt = json.loads(place.user.call("compare", run, "--by", "prompt", "--json").out)
    assert "careful" in json.dumps(by_prompt)
    assert f"compare {run} --by prompt" in place.user.call("watch", run).err
    groups = [json.loads(line) for line in place.user.call("stats", "--by", "prompt", "--json").out.splitlines()]
    assert {(g["group"], g["success"]["count"]) for g in groups} == {("short", 4), ("careful", 4)}


def test_one_prompt_for_a_matrix_of_models(local_place: Place) -> None:
    place = local_place
    done = call(place, "Fix it.", "--matrix", write(place, prompts=None, temperatures=None, n=2), "--json")
    assert done.code == 0, done.err
    assert [Path(r["model"]).name for r in done.of("result")] == ["one.yaml", "one.yaml", "other.yaml", "other.yaml"]


@pytest.mark.parametrize(
    ("more", "changes", "complaint"),
    [
        (("Fix it.",), {}, "PROMPT conflicts with "),
        (("--model", "gpt-5"), {}, "--model conflicts with "),
        (("--temperature", "0"), {}, "--temperature conflicts with "),
        (("-n", "3"), {}, "-n can't be combined with --matrix"),
        ((), {"prompts": None}, "no prompt is given"),
        ((), {"models": ["gtp-5"]}, "line 6: unknown model 'gtp-5'"),
        (("--first", "9"), {}, "--first takes 1 to 8"),
    ],
)
def test_what_contradicts_itself(
    local_place: Place, more: tuple[str, ...], changes: dict[str, Any], complaint: str
) -> None:
    done = call(local_place, *more, "--matrix", write(local_place, **changes))
    assert done.code == 2
    assert complaint in done.err


def test_without_a_matrix_a_prompt_is_needed(local_place: Place) -> None:
    done = call(local_place)
    assert done.code == 2
    assert "no prompt is given" in done.err


def test_many_agents_take_a_yes(local_place: Place) -> None:
    place = local_place
    refused = call(place, "--matrix", write(place, n=3))
    assert refused.code == 2
    assert "the matrix would start 24 agents" in refused.err
    assert "--yes" in refused.err
    assert place.user.call("list", "--json").out == b""


def test_a_person_is_asked(local_place: Place) -> None:
    place = local_place
    keyboard, terminal = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "aideator_cli", *words(place, "--matrix", write(place, n=3))],
        env=dict(place.user.environment), cwd=place.user.folder, stdin=terminal, stdout=subprocess.PIPE, stderr=terminal,
    )  # fmt: skip
    os.close(terminal)
    seen = b""
    while b"[y/N]" not in seen:
        seen += os.read(keyboard, 1024)
    assert b"Start 24 agents?" in seen
    os.write(keyboard, b"n\n")
    assert process.wait(60) == 1
    os.close(keyboard)
    assert place.user.call("list", "--json").out == b""


def test_a_dry_run_shows_every_job(kubernetes_place: Place) -> None:
    place = kubernetes_place
    done = call(place, "--matrix", write(place), "--dry-run")
    assert done.code == 0, done.err
    documents = list(yaml.safe_load_all(done.out))
    assert [d["kind"] for d in documents].count("Job") == 8
    spec = json.loads(next(d for d in documents if d["kind"] == "ConfigMap")["data"]["spec.json"])
    assert spec["variations"][7]["prompt_name"] == "careful"
