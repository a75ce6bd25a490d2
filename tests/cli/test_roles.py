"""`roles`, and `run --role`: what agents are told to be."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.cli.conftest import Dry, Said, Shell, configure


def spec_of(said: Said) -> dict[str, Any]:
    assert said.code == 0, said.err
    objects = list(yaml.safe_load_all(said.out))
    found: dict[str, Any] = json.loads(
        next(each for each in objects if each["kind"] == "ConfigMap")["data"]["spec.json"]
    )
    return found


def test_the_shipped_roles_and_the_users_own_are_listed(aideator: Shell, home: Path) -> None:
    said = aideator("roles", "list")
    names = [line.split()[0] for line in said.out.splitlines()]
    assert names == ["engineer", "cto", "backend", "frontend", "qa", "devops"]
    made = aideator("roles", "new", "careful", "--from", "qa")
    path = Path(made.out.strip())
    assert path == home / "roles" / "careful.md"
    assert "--role careful" in made.err
    path.write_text("---\ndescription: Ours.\ntools: [bash]\nlimits: {steps: 5}\n---\nBe careful.\n")
    assert "Ours.; tools bash; at most 5 steps" in aideator("roles", "list").out
    record = json.loads(aideator("roles", "list", "--json").out.splitlines()[-1])
    assert (record["kind"], record["name"], record["place"]) == ("role", "careful", str(path))
    assert record["limits"] == {"steps": 5, "seconds": None, "cost": None, "tokens": None}


def test_a_role_is_shown_as_it_was_written(aideator: Shell) -> None:
    said = aideator("roles", "show", "qa")
    assert said.out.startswith("---\ndescription:")
    assert "You are a QA engineer." in said.out
    assert json.loads(aideator("roles", "show", "qa", "--json").out)["text"].startswith("You are a QA engineer.")
    assert aideator("roles", "show", "qaa").code == 2


def test_no_role_is_overwritten(aideator: Shell) -> None:
    assert aideator("roles", "new", "careful").code == 0
    said = aideator("roles", "new", "careful")
    assert (said.code, "careful.md already exists" in said.err) == (2, True)
    assert aideator("roles", "new", "../careful").code == 2


def test_a_broken_role_of_the_users_is_told(aideator: Shell, home: Path) -> None:
    (home / "roles").mkdir(parents=True)
    (home / "roles/bad.md").write_text("---\ntool: [bash]\n---\nx\n")
    said = aideator("roles", "list")
    assert said.code == 2
    assert f"role {home}/roles/bad.md, line 2: unknown setting 'tool'" in said.err
    assert "did you mean tools?" in said.err


@pytest.fixture
def three(aideator: Shell, tmp_path: Path, dry: Dry) -> Dry:  # noqa: ARG001 -- it makes the repository
    """`run --dry-run` of a scripted model without `-n`."""
    words = ["run", f"file://{tmp_path}/source", "--model", f"scripted/{tmp_path}/script.yaml", "--dry-run"]
    return lambda *more: aideator(*words, *more)


def test_each_variation_has_its_role(three: Dry) -> None:
    spec = spec_of(three("Fix it.", "--role", "qa:1,backend:2"))
    assert [variation["role"] for variation in spec["variations"]] == ["qa", "backend", "backend"]
    assert set(spec["system"]) == {"qa", "backend"}
    assert spec["system"]["qa"].startswith("You are a QA engineer.")


def test_without_a_role_it_is_the_configured_one_or_the_neutral_one(three: Dry, home: Path) -> None:
    assert {variation["role"] for variation in spec_of(three("Fix it."))["variations"]} == {"engineer"}
    configure(home, "role: cto\n")
    assert {variation["role"] for variation in spec_of(three("Fix it."))["variations"]} == {"cto"}
    assert {variation["role"] for variation in spec_of(three("Fix it.", "--role", "qa"))["variations"]} == {"qa"}


OWN = (
    "---\nmodel: openai/theirs\ntemperature: 0.5\ntools: [read_file]\nlimits: {steps: 7, cost: 2}\n---\nBe {{ how }}.\n"
)


def test_what_the_command_line_says_comes_before_the_role(three: Dry, tmp_path: Path) -> None:
    (tmp_path / "own.md").write_text(OWN)
    words = ["Fix it.", "--role", f"{tmp_path}/own.md", "--var", "how=good"]
    (first, *_) = spec_of(three(*words, "--temperature", "1", "--max-steps", "5"))["variations"]
    assert first["model"].startswith("scripted/")
    assert (first["temperature"], first["tools"]) == (1, ["read_file"])
    assert (first["limits"]["steps"], first["limits"]["cost"]) == (5, 2)


@pytest.mark.usefixtures("dry")
def test_a_role_says_what_the_command_line_leaves_open(aideator: Shell, tmp_path: Path, home: Path) -> None:
    (tmp_path / "own.md").write_text(OWN)
    configure(home, "model: openai/configured\n")
    (home / "models.yaml").write_text(
        "models: {openai/theirs: {input_price_per_million: 1, output_price_per_million: 1}}\n"
    )
    words = ["run", f"file://{tmp_path}/source", "Fix it.", "--dry-run", "--var", "how=good"]
    spec = spec_of(aideator(*words, "--role", f"{tmp_path}/own.md:1,qa:1"))
    told = [(v["model"], v["temperature"], v["limits"] and v["limits"]["steps"]) for v in spec["variations"]]
    assert told == [("openai/theirs", 0.5, 7), ("openai/configured", None, None)]
    assert spec["system"]["own"].startswith("Be good.\n")


@pytest.mark.usefixtures("dry")
def test_a_roles_limit_on_the_cost_needs_a_price(aideator: Shell, tmp_path: Path) -> None:
    (tmp_path / "own.md").write_text(OWN)
    said = aideator(
        "run", f"file://{tmp_path}/source", "x", "--dry-run", "--var", "how=good", "--role", f"{tmp_path}/own.md"
    )
    assert said.code == 2
    assert f"the limit on the cost in role {tmp_path}/own.md can't be enforced for openai/theirs" in said.err


def test_a_prompt_is_a_template_only_with_variables(three: Dry) -> None:
    text = "Fix {{ module }} {% now %}"
    assert spec_of(three(text))["prompt"] == text
    assert spec_of(three("Fix {{ module }}.", "--var", "module=the parser"))["prompt"] == "Fix the parser."
    said = three("Fix {{ modul }}.", "--var", "module=x")
    assert said.code == 2
    assert "the prompt uses the variable 'modul', which has no value" in said.err
    assert "did you mean module?" in said.err


def test_a_variable_that_nothing_uses_is_a_warning(three: Dry) -> None:
    said = three("Fix it.", "--var", "module=x")
    assert said.code == 0
    assert "no prompt and no role uses the variable 'module'" in said.err


@pytest.mark.usefixtures("dry")
def test_a_matrix_crosses_roles_and_fills_its_prompts(aideator: Shell, tmp_path: Path) -> None:
    (tmp_path / "m.yaml").write_text("prompts: {a: 'Fix {{ x }}.'}\nmodels: [scripted/script.yaml]\nroles: [qa, cto]\n")
    words = ["run", f"file://{tmp_path}/source", "--dry-run", "--matrix", f"{tmp_path}/m.yaml"]
    spec = spec_of(aideator(*words, "--var", "x=it"))
    assert [v["role"] for v in spec["variations"]] == ["qa", "cto"]
    assert spec["prompt"] == "Fix it."
    said = aideator(*words, "--role", "qa")
    assert (said.code, "--role conflicts with" in said.err) == (2, True)
    said = aideator(*words)
    assert spec_of(said)["prompt"] == "Fix {{ x }}."


@pytest.mark.usefixtures("dry")
def test_a_matrix_without_roles_gives_each_cell_to_every_role(aideator: Shell, tmp_path: Path) -> None:
    (tmp_path / "m.yaml").write_text("models: [scripted/script.yaml]\nn: 2\n")
    words = ["run", f"file://{tmp_path}/source", "Fix it.", "--dry-run", "--matrix", f"{tmp_path}/m.yaml"]
    assert [v["role"] for v in spec_of(aideator(*words, "--role", "qa,cto"))["variations"]] == [
        "qa",
        "qa",
        "cto",
        "cto",
    ]
    assert aideator(*words, "--role", "qa:2").code == 2
