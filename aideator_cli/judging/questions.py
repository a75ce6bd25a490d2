"""What a judge is asked about two patches, and what its answer means.

The patches are foreign text: they stand between markers that nobody can guess, and no answer but a plain verdict counts.
"""

import json
import re
import secrets
from dataclasses import dataclass
from typing import Any, Final, Literal

from aideator_cli.clean import clean
from aideator_cli.judging.judgements import NO_VERDICT, NO_WORDS

MOST_BYTES: Final = 400_000  # of one question
MOST_REASON: Final = 2000  # characters that are kept
LETTERS: Final = ("A", "B", "TIE")
_FENCED: Final = re.compile(r"```(?:json)?\s*\n(.*)\n```", re.DOTALL)

Letter = Literal["A", "B", "TIE"]


@dataclass(frozen=True)
class Answer:
    letter: Letter
    reason: str


def system() -> str:
    from aideator_cli import render

    return render.render("prompt/judge.j2", {}).removesuffix("\n")


def question(task: str, first: bytes, second: bytes) -> str:
    """Without a word of who made which; invisible characters of the patches become signs."""
    from aideator_cli import render

    shown = {"task": clean(task), "first": _shown(first), "second": _shown(second)}
    return render.render("prompt/pair.j2", {**shown, "marker": secrets.token_hex(16)})


def too_big(task: str, first: bytes, second: bytes, context: int | None) -> str | None:
    """Why the two can't be asked about; `context`: the model's window in tokens, of which one holds three bytes or more."""
    size = sum(map(len, (task.encode(errors="replace"), first, second)))
    most = MOST_BYTES if context is None else min(MOST_BYTES, 3 * context)
    if size <= most:
        return None
    return (
        f"not asked: the task and the two patches are {size // 1000} kB together, and a question holds {most // 1000}"
    )


def read_answer(text: str) -> Answer:
    """A JSON object with a verdict, or a first line that is one; whatever else is a tie, and says so."""
    text = text.strip()
    fenced = _FENCED.fullmatch(text)
    data = _object(fenced[1] if fenced else text)
    if data is not None and data.get("verdict") in LETTERS:
        return Answer(data["verdict"], _brief(str(data.get("reason") or "")))
    first, _, rest = text.partition("\n")
    if data is None and first.strip() in LETTERS:
        return Answer(first.strip(), _brief(rest))  # type: ignore[arg-type]
    return Answer("TIE", _brief(f"{NO_VERDICT}: {text}" if text else NO_WORDS))


def _object(text: str) -> dict[str, Any] | None:
    try:
        data = json.loads(text, object_pairs_hook=_once, strict=False)
    except (ValueError, RecursionError):
        return None
    return data if isinstance(data, dict) else None


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    data = dict(pairs)
    if len(data) < len(pairs):
        raise ValueError("a name stands there twice")
    return data


def _shown(patch: bytes) -> str:
    return clean(patch.decode(errors="replace")).removesuffix("\n")


def _brief(text: str) -> str:
    text = text.strip().encode(errors="replace").decode()
    return text if len(text) <= MOST_REASON else text[: MOST_REASON - 1] + "…"
