"""A view as an asciinema recording (asciicast v2): a header, then `[seconds, "o", what the terminal is given]`, one a line.

https://docs.asciinema.org/manual/asciicast/v2/
"""

import io
import json
from collections.abc import Callable
from typing import IO

from aideator_agent.spec import RunSpec
from aideator_cli.system import clock
from aideator_cli.text.clean import one_line


class Cast(io.StringIO):
    """A terminal to write to; what was written until `flush` becomes one event.

    `size`: its columns and lines; `now`: seconds since the recording began.
    """

    def __init__(self, out: IO[str], spec: RunSpec, size: tuple[int, int], now: Callable[[], float]) -> None:
        super().__init__()
        self._out = out
        self._now = now
        self._written = ""
        self.events = 0
        self._line(_header(spec, *size))

    def isatty(self) -> bool:
        return True

    def write(self, text: str, /) -> int:
        self._written += text
        return len(text)

    def flush(self) -> None:
        if self._written:
            self._line([round(self._now(), 6), "o", self._written.replace("\n", "\r\n")])
            self._written = ""
            self.events += 1

    def _line(self, value: object) -> None:
        self._out.write(json.dumps(value, separators=(",", ":")) + "\n")


def _header(spec: RunSpec, width: int, height: int) -> dict[str, object]:
    return {
        "version": 2,
        "width": width,
        "height": height,
        "timestamp": int(clock.parse(spec.created).timestamp()),
        "title": f"{spec.id}: {one_line(spec.prompt)}",
        "env": {"TERM": "xterm-256color"},
    }
