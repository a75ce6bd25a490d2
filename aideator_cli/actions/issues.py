"""Reads an issue, or a pull request, of a forge, so that agents can be shown it as data: bounded, and without control characters."""

import json
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING, Final

from aideator_agent.spec import Issue
from aideator_agent.values import frozen
from aideator_cli.actions.forges.base import Forge, Thread
from aideator_cli.actions.here import Here
from aideator_cli.text.clean import clean, one_line

if TYPE_CHECKING:
    from aideator_cli.actions.forges.addresses import Place

MOST_TITLE: Final = 300  # characters
MOST_BODY: Final = 40_000  # bytes as JSON, as the spec holds it; the others likewise
MOST_COMMENT: Final = 10_000
MOST_TOGETHER: Final = 80_000  # of comments
_CUT: Final = "[the rest is cut]"


@frozen
class Read:
    """What was read, and the repository that it is about."""

    issue: Issue
    repository: str  # URL for git


def read_issue(here: Here, url: str, ca: Path | None) -> Read:
    """Raises `AideatorError` for what is no issue's address, or can't be read."""
    from aideator_cli.actions.forges import addresses, finding

    place = addresses.place(url, pull=False)
    forge = finding.forge_of(place, here.settings.environment, authorities(here, ca))
    return Read(issue_of(forge, place), forge.address.clone_url)


def issue_of(forge: Forge, place: "Place") -> Issue:
    thread = forge.thread(place.number, pull=place.pull)
    told, left_out = _comments(thread)
    title = one_line(thread.title)[:MOST_TITLE] or "(no title)"
    author = _name(thread.body.author)
    body, cut = _bounded(thread.body.text, MOST_BODY)
    parts = [f"{title}\n\nwritten by {author}:\n\n{_indented(body or '(nothing)')}"]
    if left_out:
        parts.append(f"[{left_out} older {'comment is' if left_out == 1 else 'comments are'} left out]")
    parts += [f"comment by {name}:\n\n{_indented(text)}" for name, text, _ in told]
    return Issue(
        thread.url, thread.number, forge.address.path, title, author, "\n\n".join(parts), comments=len(told),
        left_out=left_out, cut=cut or any(part_cut for *_, part_cut in told), pull=place.pull,
    )  # fmt: skip


def authorities(here: Here, ca: Path | None) -> str | None:
    """Returns the authorities (PEM) of --ca, or of the configuration. Raises `AideatorError`."""
    from aideator_cli.intake import surroundings

    configured = here.settings.defaults.ca
    return surroundings.authorities(ca or (Path(configured) if configured else None))


def _comments(thread: Thread) -> tuple[list[tuple[str, str, bool]], int]:
    """Returns the newest comments that fit, the oldest first, each with its author and whether it is cut. And how many do not fit."""
    found: list[tuple[str, str, bool]] = []
    room = MOST_TOGETHER
    for comment in reversed(thread.comments):
        text, cut = _bounded(comment.text, MOST_COMMENT)
        if (room := room - _size(text)) < 0:
            break
        found.append((_name(comment.author), text, cut))
    return found[::-1], len(thread.comments) - len(found) + thread.missing


def _bounded(text: str, most: int) -> tuple[str, bool]:
    """Returns the text without control characters, and whether its end is missing."""
    shown = clean(text[: most + 1]).strip("\n")
    if len(text) <= most and _size(shown) <= most:
        return shown, False
    while (size := _size(shown)) > most:
        shown = shown[: min(len(shown) - 1, len(shown) * most // size)]
    return f"{shown.rstrip()}\n{_CUT}", True


def _indented(text: str) -> str:
    """So that no line of a text can be taken for the beginning of another one."""
    return textwrap.indent(text, "    ")


def _size(text: str) -> int:
    return len(json.dumps(text))


def _name(author: str) -> str:
    return one_line(author)[:100] or "somebody"
