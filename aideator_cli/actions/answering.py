"""One variation's answer."""

from aideator_cli.actions.finding import Named, find, find_run
from aideator_cli.actions.here import Here
from aideator_cli.actions.refreshing import refresh
from aideator_cli.domain.result import Result
from aideator_cli.errors import command, not_found, usage
from aideator_cli.stream.recording import last_result


def answer(here: Here, word: str, number: int) -> tuple[Named, Result]:
    """Returns the variation, and its result with its answer. Raises `AideatorError` if there is none."""
    named = refresh(here, find(here, f"{find_run(here, word).run.spec.id}/{number}"))
    spec = named.run.spec
    result = last_result(here.store, spec, number)
    if result.answer is None:
        if not spec.answer:
            raise usage(
                f"run {spec.id} was asked for a patch, not for an answer", hint=command("diff", f"{spec.id}/{number}")
            )
        raise not_found(
            f"{spec.id}/{number} has no answer: {result.outcome}", hint=command("logs", f"{spec.id}/{number}")
        )
    return named, result
