"""What the user says of a run: a name, a note and tags. And which texts these can be."""

import re
import unicodedata
from typing import Final

from aideator_cli.domain.ids import could_be_id

MOST_CHARACTERS: Final = 4000  # of a note
MOST_TAGS: Final = 100  # of a run
_NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9._-]{1,49}")
_TAG: Final = re.compile(r"[^\W_][\w.:/-]{0,39}")


def looks_like_name(text: str) -> bool:
    return _NAME.fullmatch(text) is not None


def is_name(text: str) -> bool:
    """Returns whether it can't be taken for an id, too."""
    return looks_like_name(text) and not could_be_id(text)


def composed(tag: str) -> str:
    """Returns the tag in Unicode's composed form, so that it is found however it was typed."""
    return unicodedata.normalize("NFC", tag)


def is_tag(text: str) -> bool:
    return _TAG.fullmatch(text) is not None
