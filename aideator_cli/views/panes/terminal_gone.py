"""Textual's driver, which goes on if the terminal is gone.

Its thread that writes ends with the first error. What is written then fills a queue of 30, and the app waits for room in it for ever.
"""

from contextlib import suppress
from typing import Any, TextIO

from textual.driver import Driver


class Unheard:
    """A terminal to which nothing is written any more once it is gone."""

    def __init__(self, file: TextIO) -> None:
        self._file = file

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)

    def write(self, text: str) -> None:
        with suppress(OSError, ValueError):
            self._file.write(text)

    def flush(self) -> None:
        with suppress(OSError, ValueError):
            self._file.flush()


def outliving(driver: type[Driver]) -> type[Driver]:
    """Returns a class of this driver that outlives its terminal."""

    class Outliving(driver):  # type: ignore[misc, valid-type]
        def __init__(self, *args: Any, **options: Any) -> None:
            super().__init__(*args, **options)
            if (file := getattr(self, "_file", None)) is not None:
                self._file = Unheard(file)

    return Outliving
