"""Connects what a person does in a view with the actions."""

from collections.abc import Sequence
from dataclasses import replace

from aideator_agent.spec import RunSpec
from aideator_cli.actions import selecting, telling
from aideator_cli.actions.attending import standing
from aideator_cli.actions.cancelling import ask_to_stop
from aideator_cli.actions.finding import Named
from aideator_cli.actions.here import Here
from aideator_cli.backends.base import Backend
from aideator_cli.cli.invocation import program
from aideator_cli.domain.result import Result
from aideator_cli.stream.recording import last_result
from aideator_cli.views.actions import Actions


def actions_on(here: Here, spec: RunSpec, backend: Backend | None) -> Actions:
    """Each action opens its own store, because it runs in another thread. Without a backend nobody can be told anything or cancelled."""

    def cancel(numbers: Sequence[int]) -> None:
        assert backend is not None
        ask_to_stop(here.again(), spec, backend, numbers)

    def tell(number: int, text: str) -> None:
        assert backend is not None
        telling.send(spec, backend, number, text)

    def select(number: int, note: str | None) -> None:
        own = here.again()
        run = own.store.run(spec.id)
        assert run is not None
        selecting.select(own, Named(run, number), note)

    def steps(results: Sequence[Result]) -> list[str]:
        ended = replace(standing(here.again(), spec), results=list(results))
        return [step.written(program()) for step in ended.next_steps()]

    return Actions(
        cancel=cancel if backend is not None else None,
        tell=tell if backend is not None else None,
        select=select,
        patch=lambda number: last_result(here.again().store, spec, number).patch,
        results=lambda: standing(here.again(), spec).results,
        next_steps=steps,
    )


def actions_on_past(here: Here, spec: RunSpec) -> Actions:
    """Only actions that look at a run; a replayed run can't be changed."""
    return Actions(
        patch=lambda number: last_result(here.again().store, spec, number).patch,
        results=lambda: standing(here.again(), spec).results,
        leaving="",
    )
