"""Which guarded files the task must change, as the user says: these are not restored."""

import fnmatch
import re
from collections.abc import Callable, Iterable
from typing import Final

from aideator_agent.patterns import lazy

_PIECE: Final = lazy(r"\*\*/|\*\*|\*|\?|\[!?\]?[^\]/]*\]|.", re.DOTALL)
_FORMS: Final = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}


def allowed(globs: Iterable[str]) -> Callable[[str], bool]:
    """Returns whether one of the globs matches a path from the top. `*` stays within a folder, and `**` does not. A glob without a slash
    matches the name in any folder."""
    forms = [_form(glob if "/" in glob else f"**/{glob}") for glob in globs]
    whole = re.compile("|".join(forms), re.DOTALL) if forms else None
    return lambda path: whole is not None and whole.fullmatch(path) is not None


def _form(glob: str) -> str:
    return "".join(_FORMS.get(piece) or _class(piece) for piece in _PIECE.findall(glob.removeprefix("./")))


def _class(piece: str) -> str:
    """Returns the form of a class such as `[a-z]`, or of a character that stands for itself."""
    return (
        fnmatch.translate(piece).removeprefix("(?s:").removesuffix(r")\Z").removesuffix(r")\z")
        if len(piece) > 1
        else re.escape(piece)
    )
