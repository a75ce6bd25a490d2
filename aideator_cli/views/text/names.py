"""What tells a run's variations apart, in a few words, for the title of a pane."""

from collections.abc import Mapping, Sequence

from aideator_agent.spec import VariationSpec
from aideator_cli.domain.result import Result
from aideator_cli.text.clean import cut, one_line

MODEL_CELLS = 32


def model_name(model: str) -> str:
    """A script by its file's name alone; a long name cut. An agent may stand before the model."""
    name = one_line(model)
    if name.startswith("scripted/"):
        name = f"scripted/{name.rpartition('/')[2]}"
    return cut(name, MODEL_CELLS)


def short_names(variations: Sequence[VariationSpec]) -> dict[int, str]:
    """By number: agent and model without the common beginning of all, and role, prompt or temperature where these differ.

    If all have the same agent and model, the agent stays, and what differs stands before them.
    """
    workers = {each.number: Result(each.number, each.model, agent=each.agent_name).worker for each in variations}
    agents = {each.agent_name for each in variations}
    same = len(set(workers.values())) == 1
    names = (
        {number: model_name(worker) for number, worker in workers.items()}
        if same and agents != {None}
        else _short(workers)
    )
    others = _others(variations)
    return {
        number: " ".join([*others[number], name] if same else [name, *others[number]]) for number, name in names.items()
    }


def _short(workers: Mapping[int, str]) -> dict[int, str]:
    """Removes the common beginning of all names, up to a `/`."""
    parts = {number: model_name(worker).split("/") for number, worker in workers.items()}
    while all(len(each) > 1 for each in parts.values()) and len({each[0] for each in parts.values()}) == 1:
        parts = {number: each[1:] for number, each in parts.items()}
    return {number: "/".join(each) for number, each in parts.items()}


def _others(variations: Sequence[VariationSpec]) -> dict[int, list[str]]:
    """What else differs, in words."""
    told: dict[int, list[str]] = {each.number: [] for each in variations}
    for words in (
        {each.number: one_line(each.role) for each in variations},
        {each.number: one_line(each.prompt_name or "") for each in variations},
        {each.number: "" if each.temperature is None else f"at {each.temperature:g}" for each in variations},
    ):
        if len(set(words.values())) > 1:
            for number, word in words.items():
                told[number] += [word] if word else []
    return told
