"""Every variation of every run, with just the columns needed for counting: reads no whole spec."""

import json
from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby
from operator import itemgetter
from typing import Any, Final, NamedTuple, TypeVar

from aideator_cli.store.dialect import Dialect
from aideator_cli.store.supporting import supports

# Nobody works on a merge, so it says nothing about a model.
# Its values: whether to return the prompts' texts, the earliest time (RFC 3339, UTC), a text that the repository contains, whether runs
# that ask for an answer are meant, and perhaps the owner
_QUERY = """
select v.run, v.number, v.model, v.agent, v.role, v.temperature, v.prompt_name, v.result, r.repository, s.variation as selected,
  v.number = 1 and {report} is not null as report,
  case when ? and v.number = 1 then {prompt} end as prompt,
  (select {figures} from attempts a where a.run = v.run and a.variation = v.number) as attempts
from variations v join runs r on r.id = v.run left join selections s on s.run = v.run
where r.created >= ? and {contains} and r.answer = ? and v.model <> 'merge'{owned}
order by v.run, v.number
"""
N = TypeVar("N", int, float)
NOTHING: Final[Mapping[str, Any]] = {"outcome": "running"}
FIGURES: Final = ("cost", "input_tokens", "output_tokens")
NO_TRIAL: Final = ("repository", "infrastructure", "verifier")  # faults that say nothing about the model


class Tried(NamedTuple):
    """One variation, with its outcome or its current state."""

    run: str
    model: str
    agent: str | None  # None: AIdeator's own loop
    role: str
    temperature: float | None  # None: the model's own
    prompt: str  # its name in a matrix, else its text; empty if not requested
    repository: str
    outcome: str  # as Result's
    fault: str | None
    cost: float | None  # USD, of the attempt that gave the result; None: unknown
    spent: float | None  # USD, of all its attempts; None: unknown
    input_tokens: int | None  # of all its attempts; None: unknown
    output_tokens: int | None
    seconds: float
    succeeded: bool  # with checks: whether it passed them
    selected: bool | None  # None: nothing is selected in its run


def query(words: Dialect, *, owned: bool = False) -> str:
    return _QUERY.format(
        report=words.text("r.spec", "verify_report"),
        prompt=words.text("r.spec", "prompt"),
        figures=words.array(words.tuple("a.id", "a.cost", "a.input_tokens", "a.output_tokens")),
        contains=words.contains("lower(coalesce(r.repository, ''))", "lower(?)"),
        owned=" and r.owner = ?" if owned else "",
    )


def tried(rows: Iterable[Mapping[str, Any]]) -> Iterator[Tried]:
    """Yields a variation for each of the query's rows, run by run."""
    for _, together in groupby(rows, key=itemgetter("run")):
        each = list(together)
        results = [json.loads(row["result"]) if row["result"] else NOTHING for row in each]
        baseline = next((result["baseline"] for result in results if result.get("baseline")), ())
        for row, result in zip(each, results, strict=True):
            succeeded = result["outcome"] == "succeeded" and supports(
                result.get("checks", ()), baseline, report=bool(each[0]["report"])
            )
            yield _tried(row, result, each[0]["prompt"] or "", succeeded=succeeded)


def is_trial(each: Tried) -> bool:
    """Returns whether the result says something about the model. One that infrastructure or a cancel ended does not."""
    return each.outcome not in ("running", "cancelled") and each.fault not in NO_TRIAL


def total(figures: Iterable[N | None]) -> N | None:
    """Returns the sum. None if one of them is unknown."""
    known = list(figures)
    return None if None in known else sum(figure for figure in known if figure is not None)


def _tried(row: Mapping[str, Any], result: Mapping[str, Any], prompt: str, *, succeeded: bool) -> Tried:
    own = [result.get(name, 0) for name in FIGURES]
    if before := result.get("resumed"):
        from aideator_cli.domain.result import less

        own = [less(figure, before[name]) for figure, name in zip(own, FIGURES, strict=True)]
    others = [figures for attempt, *figures in json.loads(row["attempts"]) if attempt != result.get("attempt")]
    spent, read, written = (total(figures) for figures in zip(own, *others, strict=True))
    return Tried(
        run=row["run"],
        model=row["model"],
        agent=row["agent"],
        role=row["role"],
        temperature=row["temperature"],
        prompt=row["prompt_name"] or prompt,
        repository=row["repository"] or "",
        outcome=result["outcome"],
        fault=result.get("fault"),
        cost=result.get("cost", 0.0),
        spent=spent,
        input_tokens=read,
        output_tokens=written,
        seconds=result.get("seconds") or 0.0,
        succeeded=succeeded,
        selected=None if row["selected"] is None else row["selected"] == row["number"],
    )
