"""What a server knows of a run besides its log, in this machine's store: results, the selection, a judge's words, what users say."""

import json
from collections.abc import Mapping
from typing import Any

from aideator_agent.spec import RunSpec
from aideator_cli.domain.judgements import Accusation, Judgement
from aideator_cli.domain.remarks import MOST_CHARACTERS, MOST_TAGS, is_name, is_tag
from aideator_cli.domain.runs import Selection
from aideator_cli.store import Store
from aideator_cli.store.rows import stored_result


def settle(store: Store, spec: RunSpec, record: Mapping[str, Any]) -> None:
    run = spec.id
    report = spec.verify_report is not None
    for told in record["results"]:
        if told["outcome"] != "running":
            row = {"number": told["variation"], "model": told["model"], "agent": told.get("agent"), "report": report}
            store.save_result(run, stored_result({**row, "result": json.dumps(told)}))
    selection = selection_in(record)
    if selection is not None and selection != store.selection(run):
        store.select(run, selection)
    known = set(store.judgements(run))  # perhaps some of this machine's own judge
    for told in record["judgements"]:
        judgement = Judgement(**{**told, "cheats": tuple(Accusation(**each) for each in told["cheats"])})
        if judgement not in known:
            store.save_judgement(run, judgement)
    if record.get("crossing") is not None:
        store.keep_outcome(run, record["crossing"])
    keep_remarks(store, run, record)
    if record["state"] == "ended" and all(result.ended for result in store.results(run)):
        store.set_state(run, "ended", record["ended"])


def keep_remarks(store: Store, run: str, record: Mapping[str, Any]) -> None:
    """Leaves out a name that could be another run's id: commands find runs by names."""
    name = record["name"] if record["name"] is not None and is_name(str(record["name"])) else None
    note = None if record["note"] is None else str(record["note"])[:MOST_CHARACTERS]
    tags = tuple(sorted(tag for each in record["tags"] if is_tag(tag := str(each)))[:MOST_TAGS])
    known = store.run(run)
    if known is not None and (known.name, known.note, tuple(known.tags)) != (name, note, tags):
        store.keep_remarks(run, name, note, tags)


def selection_in(record: Mapping[str, Any]) -> Selection | None:
    told = record["selection"]
    return None if told is None else Selection(told["variation"], told["attempt"], told["time"], told["note"])
