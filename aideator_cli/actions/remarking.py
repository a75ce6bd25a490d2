"""What the user says of a run: a name, a note and tags."""

import re
import unicodedata
from collections.abc import Sequence
from typing import Final

from aideator_cli.actions.finding import find_run
from aideator_cli.actions.here import Here
from aideator_cli.domain.ids import could_be_id
from aideator_cli.domain.runs import StoredRun
from aideator_cli.errors import command, not_found, usage

MOST_CHARACTERS: Final = 4000  # of a note
_NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9._-]{1,49}")
_TAG: Final = re.compile(r"[^\W_][\w.:/-]{0,39}")


def rename(here: Here, word: str, name: str | None) -> StoredRun:
    """Gives the run a name, by which every command finds it; None takes the name away. Raises `AideatorError` if another run has it."""
    found = find_run(here, word).run
    if name is not None:
        _check_name(name)
    holder = here.store.set_name(found.spec.id, name)
    if holder is not None:
        raise usage(f"run {holder} is called {name}", hint=(command("rename", holder, "--remove"), " frees the name"))
    return _again(here, found)


def note(here: Here, word: str, text: str | None) -> StoredRun:
    """Sets the run's note; an empty text removes it, None leaves it. Raises `AideatorError` if the text is no note."""
    found = find_run(here, word).run
    if text is None:
        return found
    here.store.set_note(found.spec.id, _checked_note(text.strip()) or None)
    return _again(here, found)


def tag(here: Here, word: str, names: Sequence[str]) -> StoredRun:
    """Gives the run these tags, too. Raises `AideatorError` if one of the names is no tag; then none is given."""
    found = find_run(here, word).run
    tags = [checked_tag(name) for name in names]
    here.store.add_tags(found.spec.id, tags)
    return _again(here, found)


def untag(here: Here, word: str, names: Sequence[str]) -> StoredRun:
    """Takes these tags from the run. Raises `AideatorError` if it lacks one of them; then none is taken."""
    found = find_run(here, word).run
    tags = [checked_tag(name) for name in names]
    if missing := [name for name in tags if name not in found.tags]:
        has = f"its tags are {', '.join(found.tags)}" if found.tags else "it has no tags"
        raise not_found(f"run {found.spec.id} has no tag {missing[0]}", hint=has)
    here.store.remove_tags(found.spec.id, tags)
    return _again(here, found)


def checked_tag(name: str) -> str:
    """Returns the name in Unicode's composed form, so that it is found however it was typed."""
    composed = unicodedata.normalize("NFC", name)
    if _TAG.fullmatch(composed) is None:
        raise usage(
            f"{name!r} is no tag",
            hint="a tag begins with a letter or digit, and has up to 40 letters, digits, and . _ - : /",
        )
    return composed


def _check_name(name: str) -> None:
    if _NAME.fullmatch(name) is None:
        raise usage(
            f"{name!r} is no name",
            hint="a name begins with a letter, and has 2 to 50 letters, digits, and . _ -",
        )
    if could_be_id(name):
        raise usage(
            f"{name} could be the id of a run, or the beginning of one", hint="add a capital letter, or one of . _ -"
        )


def _checked_note(text: str) -> str:
    if len(text) > MOST_CHARACTERS:
        raise usage(f"the note has {len(text)} characters; {MOST_CHARACTERS} is the most", hint="shorten it")
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise usage("the note is not UTF-8 text") from error
    if "\0" in text:
        raise usage("the note holds a NUL character, so it is no text")
    return text


def _again(here: Here, found: StoredRun) -> StoredRun:
    run = here.store.run(found.spec.id)
    if run is None:  # another process has deleted it just now
        raise not_found(f"there is no run {found.spec.id}", hint=(command("list"), " shows the runs known here"))
    return run
