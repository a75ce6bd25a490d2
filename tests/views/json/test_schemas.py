"""A script can rely on docs/schemas: they are what the types say, and the types are what the commands print."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Literal, NotRequired, TypedDict

import pytest
from jsonschema import Draft202012Validator

from aideator_cli.views.json.kinds import LINES, VERSION
from aideator_cli.views.json.schema import definitions, schema, schemas
from docs.schemas.__main__ import texts

DOCS = Path(__file__).parents[3] / "docs"


def test_the_files_are_as_the_types_are() -> None:
    kept = {path.name: path.read_text() for path in (DOCS / "schemas").glob("*.json")}
    assert kept == texts(), "make docs"


def test_each_file_is_a_schema_of_this_version() -> None:
    for name, made in schemas().items():
        Draft202012Validator.check_schema(made)
        assert made["$id"] == f"urn:aideator:json:{VERSION}:{name}"


@pytest.mark.parametrize("kind", LINES)
def test_a_kind_is_told_apart_by_its_word_and_is_in_the_docs(kind: str) -> None:
    for made in LINES[kind]:
        assert schema(kind, [made])["$defs"][made.__name__]["properties"]["kind"] == {"const": kind}
    assert f"`{kind}`" in (DOCS / "json.md").read_text()


class Inner(TypedDict):
    """Within."""

    n: int


class Outer(TypedDict):
    """An
    object."""

    word: Literal["a", "b"]
    maybe: NotRequired[str | None]
    inner: Inner | None


def test_a_new_field_is_no_error_and_one_that_is_missing_is() -> None:
    made = schema("outer", [Outer])
    assert made["$defs"]["Outer"] == {
        "description": "An object.",
        "type": "object",
        "properties": {
            "word": {"enum": ["a", "b"]},
            "maybe": {"type": ["string", "null"]},
            "inner": {"anyOf": [{"$ref": "#/$defs/Inner"}, {"type": "null"}]},
        },
        "required": ["word", "inner"],
    }
    valid = Draft202012Validator(made).is_valid
    assert valid({"word": "a", "inner": {"n": 1}, "new": 1})
    assert not valid({"word": "a", "inner": {"n": "1"}})
    assert not valid({"word": "c", "inner": None})
    assert not valid({"word": "a"})
    assert not Draft202012Validator(schema("outer", [Outer], closed=True)).is_valid(
        {"word": "a", "inner": None, "x": 1}
    )


def test_what_has_no_schema_is_refused() -> None:
    class Bad(TypedDict):
        when: bytes

    with pytest.raises(TypeError, match="bytes"):
        schema("bad", [Bad])


def test_a_server_gets_the_types_under_names_of_its_own_place() -> None:
    made = definitions([Outer], "#/components/schemas/")
    assert made["Outer"]["properties"]["inner"]["anyOf"][0] == {"$ref": "#/components/schemas/Inner"}
    assert list(made) == ["Inner", "Outer"]


def test_the_types_load_nothing_else_of_the_program() -> None:
    code = "import sys, aideator_cli.views.json.schema; print(*(n for n in sys.modules if n.startswith('aideator')))"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    own = "aideator_cli.views.json"
    assert {name for name in loaded if not name.startswith(own)} == {"aideator_cli", "aideator_cli.views"}


def test_version_tells_the_version_of_the_schemas(capfd: pytest.CaptureFixture[str]) -> None:
    from aideator_cli.main import main

    assert main(["version", "--json"]) == 0
    assert json.loads(capfd.readouterr().out)["json"] == VERSION
