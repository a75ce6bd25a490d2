"""What a server knows of a run besides its log, in this machine's store: results, the selection, a judge's words."""

import json
from collections.abc import Mapping
from typing import Any

from aideator_agent.spec import RunSpec
from aideator_cli.domain.judgements import Accusation, Judgement
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
    if record["state"] == "ended" and all(result.ended for result in store.results(run)):
        store.set_state(run, "ended", record["ended"])


def selection_in(record: Mapping[str, Any]) -> Selection | None:
    told = record["selection"]
    return None if told is None else Selection(told["variation"], told["attempt"], told["time"], told["note"])
