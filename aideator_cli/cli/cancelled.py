"""Reports what happened to agents that were asked to stop."""

from aideator_cli.actions.cancelling import Cancelled
from aideator_cli.choice.status import status
from aideator_cli.cli import terminal
from aideator_cli.domain.result import Result
from aideator_cli.text.figures import changes, plural


def tell_cancelled(told: Cancelled) -> None:
    if not told.asked:
        terminal.say(f"{told.name} has already ended")
    elif not told.results:
        terminal.say(f"asked {', '.join(f'{told.run}/{number}' for number in told.asked)} to stop")
    for result in told.results:
        terminal.say(f"{told.run}/{result.variation} {status(result)}: {_kept(result)}")


def _kept(result: Result) -> str:
    if result.answer_sha256 is not None:
        return "it had given its answer"
    if not result.files:
        return "nothing changed"
    return f"{plural(result.files, 'file')}, {changes(result.additions, result.deletions)}"
