"""Reports what was pushed: to a person on stderr, to a program on stdout."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from aideator_cli.cli import terminal
from aideator_cli.errors import AideatorError
from aideator_cli.text.figures import changes, plural

if TYPE_CHECKING:
    from aideator_cli.workspace.pushing import Pushed


def tell_pushed(results: "Iterable[Pushed]", *, json: bool) -> int:
    """Tells each as soon as it is done. Returns the exit code: 0 if all were pushed, else that of the first that was not."""
    code, anything = 0, False
    for pushed in results:
        anything = True
        if json:
            terminal.write_json(pushed.as_json())
        if pushed.error is None:
            terminal.say(_line(pushed))
            continue
        error = pushed.error
        code = code or error.code
        terminal.show_error(
            AideatorError(f"{pushed.pick.name} was not pushed: {error.message}", hint=error.advice, code=error.code)
        )
    if not anything:
        terminal.say("no variation has a patch, so nothing was pushed")
    return code


def _line(pushed: "Pushed") -> str:
    name, result = pushed.pick.name, pushed.pick.result
    told = f"{plural(result.files, 'file')}, {changes(result.additions, result.deletions)}"
    where = f"{pushed.remote}, branch {pushed.branch}"
    if pushed.existed:
        return f"{name} is already there: {where}"
    return f"pushed {name} to {where}: {told}" + (f".  {pushed.link}" if pushed.link else "")
