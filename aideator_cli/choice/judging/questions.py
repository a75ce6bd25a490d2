"""The question to a judge about two patches or two answers, and the meaning of its verdict.

Patches and answers are foreign text. They stand between markers that nobody can guess, and only a plain verdict counts as an answer.
"""

import json
import re
import secrets
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final, Literal

from aideator_agent.citation import Citation
from aideator_agent.spec import RunSpec
from aideator_agent.values import frozen
from aideator_cli.domain.judgements import NO_VERDICT, NO_WORDS
from aideator_cli.text.clean import clean, cut
from aideator_cli.text.places import parted

MOST_BYTES: Final = 400_000  # of one question
MOST_REASON: Final = 2000  # characters that are kept
MOST_CLAIMS: Final = 6  # of one answer
MOST_WHY: Final = 300  # characters of a claim's reason
LETTERS: Final = ("A", "B", "TIE")
_FENCED: Final = re.compile(r"```(?:json)?\s*\n(.*)\n```", re.DOTALL)

Letter = Literal["A", "B", "TIE"]
Kind = Literal["patch", "answer"]  # what is compared
_SYSTEM: Final[Mapping[Kind, str]] = {"patch": "prompt/judge.j2", "answer": "prompt/judge_answers.j2"}


@frozen
class Claim:
    """That one of the two patches cheats, and on which line."""

    letter: Letter
    path: str
    line: int
    why: str


@frozen
class Answer:
    letter: Letter
    reason: str
    cheats: tuple[Claim, ...] = ()


def system(kind: Kind = "patch") -> str:
    from aideator_cli.system import templates as render

    return render.render(_SYSTEM[kind], {}).removesuffix("\n")


def question(
    task: str, first: bytes, second: bytes, kind: Kind = "patch", evidence: tuple[str, str] | None = None
) -> str:
    """Returns the question, which does not tell who made what. Invisible characters in the patches or answers become visible signs.

    `evidence`: what AIdeator knows about each of the two.
    """
    from aideator_cli.system import templates as render

    told = None if evidence is None else tuple(map(clean, evidence))
    shown = {"task": clean(task), "first": _shown(first), "second": _shown(second), "kind": kind, "evidence": told}
    return render.render("prompt/pair.j2", {**shown, "marker": secrets.token_hex(16)})


def answer_shown(answer: str, citations: Iterable[Citation]) -> bytes:
    """Returns an answer as a judge sees it: with a note on the places that do not exist, which it can't look up itself."""
    text = "".join(f"{piece} [AIdeator: {why}]" if why else piece for piece, why in parted(answer, citations))
    return text.encode(errors="replace")


def shown_task(spec: RunSpec) -> str:
    """Returns what the agents were asked, also for the work that they began with, and the issue and the difference that they were shown."""
    earlier = spec.origin.prompts if spec.origin else ()
    task = "\n\n".join([*earlier, spec.prompt])
    if spec.issue is not None:
        task = f"{task}\n\n{spec.issue.shown()}"
    return task if spec.review is None else f"{task}\n\nThe difference {spec.review.range}:\n\n{spec.review.diff}"


def too_big(task: str, first: bytes, second: bytes, context: int | None, kind: Kind = "patch") -> str | None:
    """Returns why the two patches or answers can't be compared, if they can't.

    `context` is the model's window in tokens; a token holds at least three bytes.
    """
    size = sum(map(len, (task.encode(errors="replace"), first, second)))
    most = MOST_BYTES if context is None else min(MOST_BYTES, 3 * context)
    if size <= most:
        return None
    return f"not asked: the task and the two {plural_of(kind)} are {size // 1000} kB together, and a question holds {most // 1000}"


def plural_of(kind: Kind) -> str:
    return {"patch": "patches", "answer": "answers"}[kind]


def read_answer(text: str) -> Answer:
    """Reads a JSON object with a verdict, or a first line that is a verdict. Anything else is a tie that says why."""
    text = text.strip()
    fenced = _FENCED.fullmatch(text)
    data = _object(fenced[1] if fenced else text)
    if data is not None and data.get("verdict") in LETTERS:
        return Answer(data["verdict"], _brief(str(data.get("reason") or "")), tuple(_claims(data.get("cheats"))))
    first, _, rest = text.partition("\n")
    if data is None and first.strip() in LETTERS:
        return Answer(first.strip(), _brief(rest))  # type: ignore[arg-type]
    return Answer("TIE", _brief(f"{NO_VERDICT}: {text}" if text else NO_WORDS))


def _claims(told: object) -> Iterator[Claim]:
    """Yields the claims that name a patch and a line. Whether the patch has that line is for the caller to see."""
    for each in told[:MOST_CLAIMS] if isinstance(told, list) else ():
        if isinstance(each, dict) and each.get("patch") in LETTERS[:2]:
            path, _, line = str(each.get("place") or "").rpartition(":")
            if path and line.isdecimal() and len(line) < 8:
                yield Claim(each["patch"], path, int(line), _brief(str(each.get("why") or ""))[:MOST_WHY])


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
    return cut(text, MOST_REASON)
