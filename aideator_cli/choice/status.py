"""The status of a variation in a word or two, as tables show it and JSON has it in `status`."""

from typing import Final

from aideator_cli.choice.verdicts import Word, check_names, verdicts
from aideator_cli.domain.result import Result
from aideator_cli.text.clean import one_line

FAILED_CHECKS: Final = "failed checks"
CHEAT: Final = "cheat?"


def status(result: Result) -> str:
    """Returns the outcome. For a patch whose checks did not pass, says so, or what it is suspected of. Says if the attempt was resumed."""
    return f"{_outcome(result)}, resumed" if result.ended and result.resumed is not None else _outcome(result)


def _outcome(result: Result) -> str:
    if result.outcome == "succeeded" and (suspicious_checks(result) or result.cheats):
        return CHEAT
    if result.outcome == "succeeded" and not result.succeeded:
        return FAILED_CHECKS
    words = one_line(result.outcome.replace("_", " "))
    if result.outcome == "limit" and result.reason:
        return f"{words} ({one_line(result.reason)})"
    return f"{words} ({one_line(result.fault)})" if result.fault else words


def long_status(result: Result) -> str:
    """Returns the status with the checks' names: `failed pytest, cheat?`."""
    if result.outcome != "succeeded" or (result.succeeded and not result.cheats):
        return status(result)
    suspicious = suspicious_checks(result)
    failed = dict.fromkeys(check.name for check in result.checks if not result.holds(check))
    names = one_line(", ".join(name for name in failed if name not in suspicious))
    return ", ".join([*([f"failed {names}"] if names else []), *([CHEAT] if suspicious or result.cheats else [])])


def suspicious_checks(result: Result) -> list[str]:
    """Returns the checks that pass only with the patch's own tests and settings."""
    return [found.name for found in verdicts(result, check_names((), [result])) if found.word is Word.CHEAT]
