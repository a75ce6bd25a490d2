"""The stream, pulled in a daemon thread: a view that is left never waits for agents that hang."""

import queue
import threading
from collections.abc import Callable, Iterator
from typing import Any, Final

from aideator_agent.values import frozen
from aideator_cli.domain.events import Item
from aideator_cli.errors import AideatorError
from aideator_cli.system.queues import put

WAITING: Final = 16  # batches, before the thread waits: a slow view holds the readers back, nothing is dropped
JOIN_SECONDS: Final = 0.2


@frozen
class Answer:
    """What became of something that was done in the background."""

    then: Callable[[Any], None]
    value: Any = None
    error: AideatorError | None = None


class Feed:
    def __init__(self, batches: Iterator[list[Item]]) -> None:
        self.error: BaseException | None = None  # why the stream broke off
        self.exhausted = False  # and all of it was taken
        self._batches = batches
        self._queue: queue.Queue[list[Item] | None] = queue.Queue(WAITING)
        self._left = threading.Event()
        self._thread = threading.Thread(target=self._pull, name="panes", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def take(self) -> list[Item] | None:
        """The next batch; None: nothing waits."""
        try:
            batch = self._queue.get_nowait()
        except queue.Empty:
            return None
        if batch is None:
            self.exhausted = True
        return batch

    def leave(self) -> None:
        """Takes no more batches, and waits briefly for the thread to end."""
        self._left.set()
        while self.take() is not None:
            pass
        if self._thread.is_alive():
            self._thread.join(JOIN_SECONDS)

    def _pull(self) -> None:
        try:
            for batch in self._batches:
                put(self._queue, batch, self._left)
                if self._left.is_set():
                    return
        except BaseException as error:
            self.error = error
        put(self._queue, None, self._left)


class Background:
    """Runs tasks that may take seconds, each in a daemon thread. The caller asks for their outcomes."""

    def __init__(self) -> None:
        self._answers: queue.SimpleQueue[Answer] = queue.SimpleQueue()
        self._asked = 0  # and not answered yet

    @property
    def busy(self) -> bool:
        return self._asked > 0

    def do(self, work: Callable[[], Any], then: Callable[[Any], None]) -> None:
        self._asked += 1
        threading.Thread(target=self._work, args=(work, then), name="panes action", daemon=True).start()

    def answers(self) -> Iterator[Answer]:
        while True:
            try:
                answer = self._answers.get_nowait()
            except queue.Empty:
                return
            self._asked -= 1
            yield answer

    def _work(self, work: Callable[[], Any], then: Callable[[Any], None]) -> None:
        try:
            self._answers.put(Answer(then, work()))
        except AideatorError as error:
            self._answers.put(Answer(then, error=error))
        except Exception as error:
            self._answers.put(Answer(then, error=AideatorError(f"{type(error).__name__}: {error}")))
