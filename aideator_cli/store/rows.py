"""The values that the store returns."""

import json
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aideator_agent.spec import RunSpec
from aideator_cli.domain.attempts import Attempt
from aideator_cli.domain.result import CheckResult, Result, Resumed, citations, signals
from aideator_cli.domain.runs import Place, StoredAttempt, StoredRun

if TYPE_CHECKING:
    from aideator_cli.domain.judgements import Judgement

_RESULT_FIELDS = {field.name for field in fields(Result)}
_CHECK_FIELDS = {field.name for field in fields(CheckResult)}


def stored_run(row: dict[str, Any]) -> StoredRun:
    place = Place(row["backend"], row["where_text"], row["context"], row["namespace"], row["host"])
    path = row["repository_path"]
    return StoredRun(
        RunSpec.from_json(row["spec"]), place, row["state"], row["ended"], Path(path) if path else None,
        row["note"], tuple(json.loads(row["tags"])), row["owner"], row["name"], row["cluster_user"],
    )  # fmt: skip


def stored_attempt(row: dict[str, Any]) -> StoredAttempt:
    attempt = Attempt(row["id"], row["run"], row["variation"], row["created"], row["name"])
    return StoredAttempt(attempt, row["number"], row["closed"] is not None, row["verdict"], row["verdict_text"])


def stored_result(row: dict[str, Any]) -> Result:
    report = bool(row["report"])
    if row["result"] is None:
        return Result(row["number"], row["model"], agent=row["agent"], report=report)
    known = {name: value for name, value in json.loads(row["result"]).items() if name in _RESULT_FIELDS}
    names = {name: tuple(known.get(name, ())) for name in ("tests", "config", "allowed", "changed")}
    checks = {name: tuple(stored_check(check) for check in known.get(name, ())) for name in ("checks", "baseline")}
    cited = {"citations": citations(known.get("citations")), "signals": signals(known.get("signals"))}
    resumed = Resumed(**known["resumed"]) if known.get("resumed") else None
    return Result(**{**known, **names, **checks, **cited, "report": report, "resumed": resumed})


def stored_judgement(row: dict[str, Any]) -> "Judgement":
    from aideator_cli.domain.judgements import Accusation, Judgement

    cheats = tuple(Accusation(**each) for each in json.loads(row["cheats"]))
    return Judgement(**{**{field.name: row[field.name] for field in fields(Judgement)}, "cheats": cheats})


def stored_check(data: dict[str, Any]) -> CheckResult:
    known = {name: value for name, value in data.items() if name in _CHECK_FIELDS}
    return CheckResult(**{**known, **{name: tuple(known.get(name, ())) for name in ("failing", "skipped")}})
