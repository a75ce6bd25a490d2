"""Regular expressions that are compiled when they are first used.

To compile one takes longer than to load a small module. An attempt knows about two hundred, and its patch needs a few of them.
"""

import re
from typing import Any, AnyStr, Final, cast

_METHODS: Final = ("search", "match", "fullmatch", "finditer", "findall", "sub", "subn", "split")


def lazy(text: AnyStr, flags: int = 0) -> re.Pattern[AnyStr]:
    """Returns what `re.compile` returns, with its methods and its `pattern`. It is no argument for `re.search` and the like."""
    return cast("re.Pattern[AnyStr]", _Lazy(text, flags))


class _Lazy:
    def __init__(self, text: Any, flags: int) -> None:
        self.pattern = text
        self._flags = flags

    def __getattr__(self, name: str) -> object:
        if name not in _METHODS:
            raise AttributeError(name)
        compiled = re.compile(self.pattern, self._flags)
        vars(self).update((each, getattr(compiled, each)) for each in _METHODS)
        return getattr(compiled, name)
