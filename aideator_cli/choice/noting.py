"""A text becomes a note, or the proposal of one; and what in it a person should look at twice."""

import hashlib
import re
from typing import Final

from aideator_agent.secret_forms import found
from aideator_cli.domain.memory import Proposal
from aideator_cli.errors import usage
from aideator_cli.text.clean import clean

CHARACTERS: Final = 1000  # of a note
_LINES: Final = 12

# What a model's words should not make another agent do
_HABITS: Final = (
    (
        "it names a program that loads or sends something",
        (r"\b(?:curl|wget|nc|ncat|netcat|ssh|scp|sftp|rsync|ftp|telnet|socat)\b",),
    ),
    ("it names an address", (r"\b[a-z][a-z0-9+.-]{1,20}://\S", r"\b\d{1,3}(?:\.\d{1,3}){3}\b")),
    (
        "it feeds something to an interpreter",
        (r"\|\s*(?:sudo\s+)?(?:ba|z|da|k)?sh\b", r"\beval\b|\bexec\b", r"base64\s+(?:-d|--decode)", r"python\d?\s+-c"),
    ),
    (
        "it speaks of secrets",
        (
            r"\b(?:api[_ -]?keys?|tokens?|passwords?|credentials?|secrets?|private keys?|id_rsa)\b",
            r"\.(?:env|ssh|netrc)\b",
        ),
    ),
    (
        "it gives orders to whoever reads it",
        (
            r"\b(?:ignore|disregard|forget|override)\b.{0,40}\b(?:instructions?|rules?|previous|above|prompt|task)\b",
            r"\byou (?:must|have to|are now)\b",
            r"\balways\b|\bnever\b",
            r"<\/?(?:system|task|user|assistant)\b",
        ),
    ),
    (
        "it speaks of checks or tests that are skipped or changed",
        (r"--no-verify", r"\b(?:skip|disable|delete|remove|weaken|comment out)\b.{0,40}\b(?:tests?|checks?|hooks?)\b"),
    ),
    (
        "it deletes or overwrites",
        (r"\brm\s+-\w*[rf]", r"\bgit\s+(?:push|reset|clean)\b", r"\bchmod\b|\bsudo\b", r"--force\b"),
    ),
)
_PATTERNS: Final = tuple(
    (what, re.compile("|".join(patterns), re.IGNORECASE | re.DOTALL)) for what, patterns in _HABITS
)


def proposal(text: str, source: str, run: str) -> Proposal | None:
    """Returns the proposal of a text, cut to a note's length. None if nothing is left of it."""
    kept = shortened(text)
    return Proposal(key_of(kept), kept, source, run, warnings(kept)) if kept else None


def key_of(text: str) -> str:
    return hashlib.sha256(" ".join(text.lower().split()).encode(errors="replace")).hexdigest()[:16]


def shortened(text: str) -> str:
    lines = [line.rstrip() for line in clean(text).strip().splitlines()]
    kept = "\n".join(line for line in lines[:_LINES] if line)
    return kept if len(kept) <= CHARACTERS else f"{kept[: CHARACTERS - 1].rstrip()}…"


def checked(text: str) -> str:
    """Returns a person's note. Raises `AideatorError` (usage) for one that is empty, too long or holds a secret."""
    kept = text.strip()
    if not kept:
        raise usage("the note is empty", 'aideator memory add "The tests need Redis: make redis starts it."')
    if len(kept) > CHARACTERS:
        raise usage(f"a note takes at most {CHARACTERS:,} characters, not {len(kept):,}", "make several of it")
    if clean(kept) != kept:
        raise usage("the note has control characters or others that can't be seen", "write it as plain text")
    if secret := next(iter(found(kept)), None):
        raise usage(f"the note holds {secret.what}, which every agent would get", "leave it out")
    return kept


def warnings(text: str) -> tuple[str, ...]:
    """Returns why a person should look at it twice."""
    told = [what for what, pattern in _PATTERNS if pattern.search(text)]
    if next(iter(found(text)), None):
        told.append("it holds what looks like a secret")
    if re.search("[\u2400-\u2421\ufffd]", text):
        told.append("it had characters that can't be seen")
    return tuple(told)
