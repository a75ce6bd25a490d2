"""Where names are defined, by patterns: whoever asks where something is wants that line first."""

import re
from collections.abc import Sequence
from itertools import compress
from typing import Final

KEYWORDS: Final = frozenset(
    b"""def class function func fn fun struct interface enum trait type module namespace record object protocol const let var
    defmodule defp defn sub package macro impl union""".split()
)
MODIFIERS: Final = (
    rb"(?:(?:export|default|public|private|protected|internal|static|async|abstract|final|unsafe|inline|extern|virtual|override"
    rb"|data|sealed|open|partial|readonly|pub(?:\([a-z]{1,9}\))?)[ \t]{1,4}){0,5}"
)
LINE: Final = re.compile(
    rb"^[ \t]{0,80}"
    + MODIFIERS
    + rb"(?:(?:def|class|function\*?|func|fn|fun|struct|interface|enum|trait|type|module|namespace|record"
    rb"|object|protocol|defmodule|defp?|defn|sub|macro)[ \t]{1,4}(?:\([^()\n]{0,80}\)[ \t]{0,4})?"
    rb"|(?:const|let|var)[ \t]{1,4}(?=[A-Za-z_$][\w$]{0,63}[ \t]{0,4}=[ \t]{0,4}(?:async\b|function\b|class\b|\()))"
    rb"([A-Za-z_$\x80-\xff][\w$\x80-\xff]{0,63})"
)
OF_C: Final = re.compile(rb"^[A-Za-z_][\w \t*&:<>,]{0,120}?[ \t*&]([A-Za-z_]\w{1,63})\([^;]{0,200}$")
SHELL: Final = re.compile(rb"^([A-Za-z_]\w{1,63})[ \t]{0,4}\(\)")
SETTING: Final = re.compile(rb"^([A-Za-z_][\w-]{1,63})[ \t]{0,4}(?::[^=\n]{1,60})?=(?!=)")
BLOCKS: Final = frozenset(("c", "cc", "cpp", "cxx", "h", "hpp", "java", "cs", "m"))


def named(names: Sequence[bytes]) -> set[bytes]:
    """Returns the names of a text that follow a word which defines one. Some do so only in a comment."""
    return {name for name in compress(names[1:], map(KEYWORDS.__contains__, names)) if name not in KEYWORDS}


def ending_of(path: str) -> str:
    """Returns what follows the last point of a file's name, in small letters: by it `defined` knows the language."""
    name = path.rpartition("/")[2]
    return name.rpartition(".")[2].lower() if "." in name else ""


def defined(line: bytes, ending: str) -> bytes | None:
    """Returns the name that a line of a file with this ending defines."""
    found = LINE.match(line)
    if found is None and ending in BLOCKS:
        found = OF_C.match(line)
    if found is None:
        found = SHELL.match(line) if ending in ("sh", "bash", "") else SETTING.match(line)
    return found[1] if found else None
