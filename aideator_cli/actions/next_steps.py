"""Suggests what to do next with a run that has ended."""

from collections.abc import Sequence

from aideator_agent.spec import RunSpec
from aideator_cli.choice.axes import varying
from aideator_cli.choice.comparison import candidates
from aideator_cli.choice.ranking import ranked
from aideator_cli.choice.verdicts import check_names
from aideator_cli.domain.result import Result
from aideator_cli.domain.runs import Selection
from aideator_cli.errors import Command, command


def next_steps(spec: RunSpec, results: Sequence[Result], selection: Selection | None = None) -> list[Command]:
    """Returns commands for the selected variation, else for those that passed. If none passed, the commands only inspect the run."""
    if selection is not None:
        return [_answer(spec, selection.variation)] if spec.answer else _taking(spec, spec.id)
    order = ranked(candidates(results, check_names([check.name for check in spec.checks], results)))
    passed = [each for each in order if each.passes]
    first = passed[0] if passed else next((each for each in order if each.has_work), None)
    if first is None:
        began = any(result.attempt for result in results)
        return [*([command("logs", spec.id)] if began else []), command("show", spec.id)]
    name = f"{spec.id}/{first.number}"
    if spec.answer:
        return [*_comparing(spec, len(passed)), _answer(spec, first.number)]
    if not passed:
        return [*_comparing(spec, len(order)), command("diff", name), command("logs", name)]
    return [*_comparing(spec, len(passed)), command("diff", name), *_taking(spec, name)]


def _taking(spec: RunSpec, name: str) -> list[Command]:
    """A patch for an issue most likely becomes a pull request."""
    return [command("apply", name), *([command("pr", name)] if spec.issue else [])]


def _answer(spec: RunSpec, number: int) -> Command:
    return command("show", spec.id, "--answer", str(number))


def _comparing(spec: RunSpec, count: int) -> list[Command]:
    """A matrix is compared along its axes; any other run as a whole, if it has several variations."""
    axes = [axis for axis in varying(spec) if axis != "model"]
    if axes:
        return [command("compare", spec.id, "--by", axis) for axis in axes]
    return [command("compare", spec.id)] if count > 1 else []
