"""The pages that are made from the code are as the code is."""

from pathlib import Path

from aideator_cli.cli.reference import reference

DOCS = Path(__file__).parents[2] / "docs"


def test_the_page_of_commands_is_as_the_commands_are() -> None:
    assert (DOCS / "commands.md").read_text() == reference(), "make docs"
