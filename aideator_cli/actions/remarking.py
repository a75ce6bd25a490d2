"""What the user says of a run: a name, a note and tags."""

from collections.abc import Sequence

from aideator_cli.actions.finding import Named, find_run
from aideator_cli.actions.here import Here
from aideator_cli.actions.places import server_of
from aideator_cli.actions.refreshing import refresh
from aideator_cli.domain.remarks import MOST_CHARACTERS, MOST_TAGS, composed, is_name, is_tag, looks_like_name
from aideator_cli.domain.runs import StoredRun
from aideator_cli.errors import command, not_found, usage
from aideator_cli.stream.mirrored_choice import keep_remarks


def said(here: Here, word: str) -> Named:
    """Returns the run with what is said of it. On a server others may have said it since."""
    found = find_run(here, word)
    return refresh(here, found) if found.run.place.backend == "server" else found


def rename(here: Here, word: str, name: str | None) -> StoredRun:
    """Gives the run a name, by which every command finds it; None takes the name away. Raises `AideatorError` if another run has it."""
    found = find_run(here, word).run
    if name is not None:
        _check_name(name)
    if server := server_of(found, here.settings):
        server.rename(found.spec.id, name)
    elif holder := here.store.set_name(found.spec.id, name):
        raise usage(f"run {holder} is called {name}", hint=(command("rename", holder, "--remove"), " frees the name"))
    return _again(here, found)


def note(here: Here, word: str, text: str) -> StoredRun:
    """Sets the run's note; an empty text removes it. Raises `AideatorError` if the text is no note."""
    found = find_run(here, word).run
    checked = _checked_note(text.strip()) or None
    if server := server_of(found, here.settings):
        server.note(found.spec.id, checked)
    else:
        here.store.set_note(found.spec.id, checked)
    return _again(here, found)


def tag(here: Here, word: str, names: Sequence[str]) -> StoredRun:
    """Gives the run these tags, too. Raises `AideatorError` if one of the names is no tag; then none is given."""
    found = find_run(here, word).run
    tags = [checked_tag(name) for name in names]
    if server := server_of(found, here.settings):
        server.tag(found.spec.id, add=tags)
    else:
        if len({*found.tags, *tags}) > MOST_TAGS:
            raise usage(f"run {found.spec.id} would have more than {MOST_TAGS} tags", hint="remove some first")
        here.store.add_tags(found.spec.id, tags)
    return _again(here, found)


def untag(here: Here, word: str, names: Sequence[str]) -> StoredRun:
    """Takes these tags from the run. Raises `AideatorError` if it lacks one of them; then none is taken."""
    found = find_run(here, word).run
    tags = [checked_tag(name) for name in names]
    if server := server_of(found, here.settings):
        server.tag(found.spec.id, remove=tags)
        return _again(here, found)
    if missing := [name for name in tags if name not in found.tags]:
        has = f"its tags are {', '.join(found.tags)}" if found.tags else "it has no tags"
        raise not_found(f"run {found.spec.id} has no tag {missing[0]}", hint=has)
    here.store.remove_tags(found.spec.id, tags)
    return _again(here, found)


def checked_tag(name: str) -> str:
    tag = composed(name)
    if not is_tag(tag):
        raise usage(
            f"{name!r} is no tag",
            hint="a tag begins with a letter or digit, and has up to 40 letters, digits, and . _ - : /",
        )
    return tag


def _check_name(name: str) -> None:
    if not looks_like_name(name):
        raise usage(
            f"{name!r} is no name",
            hint="a name begins with a letter, and has 2 to 50 letters, digits, and . _ -",
        )
    if not is_name(name):
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
    """Returns the run as it is now; one on a server with what it has there."""
    if server := server_of(found, here.settings):
        record = server.record(found.spec.id)
        with server.client.understanding():
            keep_remarks(here.store, found.spec.id, record)
    run = here.store.run(found.spec.id)
    if run is None:  # another process has deleted it just now
        raise not_found(f"there is no run {found.spec.id}", hint=(command("list"), " shows the runs known here"))
    return run
