"""The pages that are made from the code are as the code is."""

import re
from pathlib import Path

from aideator_cli.cli.reference import reference

DOCS = Path(__file__).parents[2] / "docs"


def test_the_page_of_commands_is_as_the_commands_are() -> None:
    assert (DOCS / "commands.md").read_text() == reference(), "make docs"


def test_what_an_option_takes_is_named_by_a_word_and_not_by_a_type() -> None:
    assert re.findall(r"^ +-.*<[a-z ]+>", reference(), re.MULTILINE) == []
