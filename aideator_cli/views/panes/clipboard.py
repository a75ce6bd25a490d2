"""What is put on the clipboard: of an entry, of an agent's changes, and how much of it a terminal takes."""

import base64
from collections.abc import Iterator
from typing import Final, NamedTuple

from aideator_cli.text.clean import clean
from aideator_cli.text.figures import plural
from aideator_cli.views.course.entries import Entry
from aideator_cli.views.panes.difference_view import Difference

MOST_BYTES: Final = 74_994  # 100,000 characters of OSC 52, the most that common terminals take


class Copy(NamedTuple):
    text: str
    told: str


def bounded(text: str) -> Copy:
    """As much of the text as a terminal takes, and what is said of it."""
    text = clean(text)
    encoded = text.encode()
    whole = _count(text)
    if len(encoded) <= MOST_BYTES:
        return Copy(text, f"copied {plural(whole, 'line')}")
    kept = encoded[:MOST_BYTES].decode(errors="ignore")
    if "\n" in kept:
        kept = kept[: kept.rindex("\n") + 1]
    return Copy(kept, f"copied the first {_count(kept)} of {plural(whole, 'line')}: a terminal takes no more at once")


def patch(difference: Difference, name: str) -> Copy:
    """A patch is copied whole or not at all. `name`: the variation's, RUN/N. An empty text: it can't be copied."""
    raw = difference.patch
    if raw is None:
        files = difference.files()
        if not files:
            return Copy("", "nothing to copy: no changes yet")
        copy = bounded("".join("\n".join([file.path, *file.lines, ""]) for file in files))
        return copy._replace(told=copy.told + " of its edits so far")
    if not raw:
        return Copy("", "nothing to copy: the patch is empty")
    text = clean(raw.decode(errors="replace"))
    way = f"aideator diff {name}"
    if len(text.encode()) > MOST_BYTES:
        return Copy("", f"not copied: the patch is too large for a terminal's clipboard; {way} prints it")
    told = f"copied the patch, {plural(_count(text), 'line')}"
    if text.encode() != raw:
        told += f"; it has characters that a terminal obeys or can't show, copied as signs: {way} prints it as it is"
    return Copy(text, told)


def of_entry(entry: Entry) -> str:
    """The command or the words, the arguments, and the output below."""
    return "\n".join(part for part in _parts(entry) if part)


def command_of(entry: Entry) -> str:
    """Empty: it is no command."""
    return entry.arguments.get("command", "").rstrip("\n")


def osc_52(text: str) -> str:
    """The control sequence that puts the text on the terminal's clipboard; nothing of the text itself is in it."""
    return f"\x1b]52;c;{base64.b64encode(text.encode()).decode()}\x07"


def _parts(entry: Entry) -> Iterator[str]:
    command = command_of(entry)
    yield command or entry.words
    yield from (value.rstrip("\n") for name, value in entry.arguments.items() if name not in ("path", "command"))
    yield str(entry.text)


def _count(text: str) -> int:
    return text.removesuffix("\n").count("\n") + 1
