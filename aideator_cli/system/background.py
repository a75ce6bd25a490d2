"""Work in a thread of its own."""

from collections.abc import Callable
from concurrent.futures import Future
from threading import Thread
from typing import ParamSpec, TypeVar

_P = ParamSpec("_P")
_T = TypeVar("_T")


def begun(work: Callable[_P, _T], *arguments: _P.args, **named: _P.kwargs) -> "Future[_T]":
    """Begins it in a thread that no exit waits for: a cluster that does not answer must not hold up Ctrl-C."""
    future: Future[_T] = Future()

    def do() -> None:
        try:
            future.set_result(work(*arguments, **named))
        except BaseException as error:
            future.set_exception(error)

    Thread(target=do, name=work.__name__, daemon=True).start()
    return future
