"""`--var` and `--var-file`."""

from pathlib import Path

import pytest

from aideator_cli.errors import AideatorError
from aideator_cli.intake.variables import parse


def test_without_them_nothing_is_a_template() -> None:
    assert not parse((), ()).given


def test_the_command_line_replaces_what_files_say(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("module: parser\ncases: [1, two]\nstrict: true\n")
    (tmp_path / "b.json").write_text('{"module": "lexer", "deep": {"x": 1.5}}')
    found = parse(["module=a=b", "empty="], [tmp_path / "a.yaml", tmp_path / "b.json"])
    assert found.given
    assert found.values == {"module": "a=b", "cases": [1, "two"], "strict": True, "deep": {"x": 1.5}, "empty": ""}


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("module", "--var takes NAME=VALUE, not 'module'"),
        ("a b=1", "'a b' can't name a variable"),
        ("1=1", "'1' can't name a variable"),
        ("repository=x", "the variable 'repository' has a meaning of its own"),
        ("self=x", "the variable 'self' has a meaning of its own"),
    ],
)
def test_what_is_no_variable_is_refused(text: str, complaint: str) -> None:
    with pytest.raises(AideatorError, match=complaint):
        parse([text], ())


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("- a", "must be a mapping of names to values"),
        ("a: 1\nno-name: 2", "line 2: 'no-name' can't name a variable"),
        ("a: 1\na: 2", "line 2, column 1: 'a' appears twice"),
        ("a: 2026-01-01", "can't be written as JSON"),
    ],
)
def test_a_wrong_file_is_told_with_its_line(tmp_path: Path, text: str, complaint: str) -> None:
    (tmp_path / "v.yaml").write_text(text)
    with pytest.raises(AideatorError) as caught:
        parse((), [tmp_path / "v.yaml"])
    assert complaint in caught.value.message
    assert f"variables file {tmp_path}/v.yaml" in caught.value.message
