"""A role's file: strict, each complaint with its line."""

from pathlib import Path

import pytest

from aideator_agent.spec import Limits
from aideator_cli.errors import AideatorError, ExitCode
from aideator_cli.intake.roles import finding, role

WHOLE = """\
---
description: Looks twice.
agent: own
model: gpt-5
temperature: 0.2
tools: [bash, read_file, submit]
limits: {steps: 50, timeout: 15m, cost: 0.5}
---

You look twice at {{ repository }}.
"""


def test_its_settings_and_its_text() -> None:
    found = role.parse(WHOLE, "twice", "twice.md")
    assert found.text == "You look twice at {{ repository }}."
    assert found.line == 10
    assert (found.description, found.agent, found.model, found.temperature) == ("Looks twice.", "own", "gpt-5", 0.2)
    assert found.tools == ("bash", "read_file")
    assert (found.steps, found.seconds, found.cost) == (50, 900, 0.5)


def test_text_alone_is_a_role() -> None:
    found = role.parse("You look twice.\n", "twice", "twice.md")
    assert (found.text, found.tools, found.limited(Limits())) == ("You look twice.", None, None)


def test_its_limits_make_the_runs_stricter_and_never_looser() -> None:
    found = role.parse(WHOLE, "twice", "twice.md")
    assert found.limited(Limits(steps=100, seconds=1800)) == Limits(steps=50, seconds=900, cost=0.5)
    assert found.limited(Limits(steps=10, seconds=60, cost=0.1)) is None


@pytest.mark.parametrize(
    ("text", "complaint", "hint"),
    [
        ("---\nmodle: gpt-5\n---\nx", "line 2: unknown setting 'modle'", "did you mean model?"),
        (
            "---\ndescription: x\ntools: [bash, read_fil]\n---\nx",
            "line 3: unknown tool 'read_fil'",
            "did you mean read_file?",
        ),
        ("---\ntools: bash\n---\nx", "line 2: tools takes a list of bash", ""),
        ("---\nlimits:\n  step: 5\n---\nx", "line 3: unknown limit 'step'", "did you mean steps?"),
        ("---\nlimits: {steps: 0}\n---\nx", "line 2: steps is 0; it takes 1 to 10000", ""),
        ("---\nlimits: {timeout: soon}\n---\nx", "timeout is 'soon'; it takes a time", ""),
        ("---\nlimits: {cost: true}\n---\nx", "cost is True", ""),
        ("---\nagent: cluade\n---\nx", "line 2: unknown agent 'cluade'", "did you mean claude?"),
        ("---\nagent: ./evil.yaml\n---\nx", "line 2: unknown agent './evil.yaml'", ""),
        ("---\ntemperature: 3\n---\nx", "line 2: temperature is 3; it takes 0 to 2", ""),
        ("---\nmodel: [a]\n---\nx", "line 2: model is ['a']; it takes a model's name", ""),
        ('---\ndescription: "a\\eb"\n---\nx', "line 2: description is", ""),
        ("---\nmodel: a\nmodel: b\n---\nx", "line 3, column 1: 'model' appears twice", ""),
        (
            "---\nmodel: !!python/object/apply:os.system [id]\n---\nx",
            "line 2, column 8: could not determine a constructor",
            "",
        ),
        ("---\n[1\n---\nx", "line 3, column 1:", ""),
        ("---\n- a\n---\nx", "must be settings", ""),
        ("---\nmodel: a\n", "its settings have no end", "close them"),
        ("---\nmodel: a\n---\n \n", "has no text for the agent", "below the settings"),
        ("x" * 70_000, "is larger than 64 KiB", ""),
    ],
)
def test_what_is_wrong_is_told_with_its_line(text: str, complaint: str, hint: str) -> None:
    with pytest.raises(AideatorError) as caught:
        role.parse(text, "twice", "twice.md")
    assert caught.value.code is ExitCode.USAGE
    assert complaint in caught.value.message
    assert "role twice.md" in caught.value.message
    assert hint in (caught.value.hint or "")


def test_a_name_leads_to_the_users_own_role_before_a_shipped_one(tmp_path: Path) -> None:
    assert finding.find("QA", tmp_path).is_shipped
    (tmp_path / "qa.md").write_text("You are our QA.\n")
    assert finding.find("qa", tmp_path).text == "You are our QA."
    assert [each.place for each in finding.everyone(tmp_path) if each.name == "qa"] == [str(tmp_path / "qa.md")]


def test_a_repositorys_role_is_used_only_by_its_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".aideator/roles").mkdir(parents=True)
    (tmp_path / ".aideator/roles/qa.md").write_text("You are theirs.\n")
    monkeypatch.chdir(tmp_path)
    assert finding.find("qa", tmp_path / "own").is_shipped
    assert finding.find(".aideator/roles/qa.md", tmp_path / "own").text == "You are theirs."


@pytest.mark.parametrize(
    ("word", "complaint", "hint"),
    [
        ("fronted", "there is no role 'fronted'", "did you mean frontend?"),
        ("notes", "there is no role 'notes', but a file of that name", "./notes"),
        ("./none.md", "role none.md does not exist", ""),
        ("./a b.md", "can't be a role's name", ""),
        ("./folder.md", "can't be read: Is a directory", ""),
    ],
)
def test_what_is_no_role_is_told(
    word: str, complaint: str, hint: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "notes").write_text("x")
    (tmp_path / "folder.md").mkdir()
    with pytest.raises(AideatorError) as caught:
        finding.find(word, tmp_path / "own")
    assert complaint in caught.value.message
    assert hint in (caught.value.hint or "")


def test_a_script_of_a_roles_lies_beside_it(tmp_path: Path) -> None:
    (tmp_path / "own.md").write_text("---\nmodel: scripted/turns.yaml\n---\nx")
    assert finding.find(str(tmp_path / "own.md"), tmp_path).model == f"scripted/{tmp_path}/turns.yaml"
