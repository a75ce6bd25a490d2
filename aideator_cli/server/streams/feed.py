"""What happens in one run, for all who watch it in this process. Belongs to the event loop."""

import asyncio
from collections import deque
from collections.abc import Sequence
from typing import Final

from aideator_cli.domain.result import Result
from aideator_cli.server.streams.pieces import Piece
from aideator_cli.server.streams.position import Position

KEPT: Final = 400  # pieces: some seconds, for readers that are a little behind


class Feed:
    def __init__(self, run: str, position: Position) -> None:
        self.run = run
        self.position = position  # up to which the pieces go
        self.readers = 0
        self.number = 0  # of the next piece
        self.state = ""  # the run's; empty: not known yet
        self.results: Sequence[Result] = ()
        self.is_gone = False  # the run was deleted
        self.closing = False  # the server ends
        self._pieces: deque[Piece] = deque(maxlen=KEPT)
        self._waiting: list[asyncio.Future[None]] = []

    @property
    def is_over(self) -> bool:
        return self.state == "ended" or self.is_gone or self.closing

    def piece(self, number: int) -> Piece | None:
        """Returns None if the piece is no longer kept."""
        first = self.number - len(self._pieces)
        return self._pieces[number - first] if number >= first else None

    def take(self, piece: Piece) -> None:
        self.position = piece.end
        if piece.items:
            self._pieces.append(piece)
            self.number += 1
            self.wake()

    def stand(self, state: str, results: Sequence[Result]) -> None:
        if (state, results) != (self.state, self.results):
            self.state, self.results = state, results
            self.wake()

    def vanish(self) -> None:
        self.is_gone = True
        self.wake()

    def close(self) -> None:
        self.closing = True
        self.wake()

    async def changed(self) -> None:
        """Returns when something has changed, or somebody woke all."""
        waiting = asyncio.get_running_loop().create_future()
        self._waiting.append(waiting)
        await waiting

    def wake(self) -> None:
        woken, self._waiting = self._waiting, []
        for each in woken:
            if not each.done():
                each.set_result(None)
