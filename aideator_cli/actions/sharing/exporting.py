"""Exports everything known about a run, or about a team's runs, as files in a folder. The export is complete, or nothing is written.

File names contain no foreign text, only the runs' ids and numbers.
"""

import hashlib
import json
import secrets
import shutil
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from aideator_agent.values import frozen
from aideator_cli import __version__
from aideator_cli.actions.here import Here
from aideator_cli.actions.sharing.junit import as_junit
from aideator_cli.actions.sharing.shareable import spec_as_json
from aideator_cli.choice.status import status
from aideator_cli.domain.handing import TeamState
from aideator_cli.domain.ids import is_id
from aideator_cli.domain.judgements import newest
from aideator_cli.domain.result import Result
from aideator_cli.domain.runs import StoredAttempt, StoredRun
from aideator_cli.errors import unwritable, usage
from aideator_cli.store import Store
from aideator_cli.stream.recording import last_result

RESULT: Final = "result.json"  # names every other file with its SHA-256, which identifies an export


@frozen
class Exported:
    run: str
    folder: Path
    files: int


def export(here: Here, run: StoredRun, folder: Path, *, force: bool = False) -> Exported:
    """Writes to a new or empty folder; `force` replaces an earlier export. If it raises `AideatorError`, nothing was written."""
    return _whole(run.spec.id, folder, lambda made: _write(run, here.store, made), force=force)


def export_team(here: Here, team: TeamState, folder: Path, *, force: bool = False) -> Exported:
    """Writes the team's plan and steps, and each step's run into a folder of its own. Otherwise as `export`."""
    return _whole(team.run.id, folder, lambda made: _write_team(team, here.store, made), force=force)


def _whole(name: str, folder: Path, write: Callable[[Path], int], *, force: bool) -> Exported:
    """`write` returns the number of files."""
    target = _target(folder, force=force)
    made = target.with_name(f".{target.name}.{secrets.token_hex(6)}")
    try:
        made.mkdir(parents=True)
        files = write(made)
        _put(made, target)
    except OSError as error:
        raise unwritable(folder, error) from error
    finally:
        shutil.rmtree(made, ignore_errors=True)
    return Exported(name, target, files)


def _target(folder: Path, *, force: bool) -> Path:
    """Checks the target: a new or empty folder, or with `force` one that holds an export and nothing else."""
    target = folder.resolve()
    if not target.exists():
        return target
    if not target.is_dir():
        raise usage(f"{folder} is a file", hint="name a folder that is new or empty")
    if target in (Path.cwd(), *Path.cwd().parents):
        raise usage(f"{folder} is the current folder, and --force would replace it", hint="name a folder inside it")
    held = _files(target) if (target / RESULT).is_file() else sorted(path.name for path in target.iterdir())
    foreign = _foreign(target, held)
    if held and not force:
        raise usage(
            f"{folder} is not empty",
            hint="name a new folder" + ("" if foreign else ", or --force replaces that export"),
        )
    if foreign:
        raise usage(f"{folder} contains {foreign}, which is not from an export", hint="name a new folder")
    return target


def _foreign(target: Path, held: list[str]) -> str | None:
    """Returns the first file in the folder that differs from what an export wrote."""
    try:
        listed = json.loads((target / RESULT).read_bytes())
        digests = dict(listed["files"]) if listed["kind"] == "export" else {}
    except (OSError, ValueError, TypeError, KeyError):
        return next(iter(held), None)
    for name in held:
        path = target / name
        if name != RESULT and (path.is_symlink() or not path.is_file() or digests.get(name) != _digest(path)):
            return name
    return None


def _files(folder: Path) -> list[str]:
    """Returns the paths of all files below the folder. A link counts as a file, also one to a folder."""
    found = (path for path in folder.rglob("*") if path.is_symlink() or not path.is_dir())
    return sorted(path.relative_to(folder).as_posix() for path in found)


def _put(made: Path, target: Path) -> None:
    """Moves the export into place by renaming. What was there before is removed last."""
    if not target.exists() or not any(target.iterdir()):
        made.rename(target)  # replaces an empty folder
        return
    old = target.with_name(f".{target.name}.{secrets.token_hex(6)}")
    target.rename(old)
    try:
        made.rename(target)
    except BaseException:
        old.rename(target)
        raise
    shutil.rmtree(old)


def _write_team(team: TeamState, store: Store, folder: Path) -> int:
    """Returns the number of files."""
    steps: list[dict[str, Any]] = []
    for each in team.steps:
        run = store.run(each.step.run)
        if run is not None:
            _write(run, store, folder / run.spec.id)
        steps.append({"step": each.step.key, "run": each.step.run if run else None, "cost": each.cost,
                      "result": each.told.result if each.told else None, "told": each.told.text if each.told else None})  # fmt: skip
    known, files = team.run, {name: _digest(folder / name) for name in _files(folder)}
    told = {
        "kind": "export", "version": __version__, "team": known.id, "name": known.team.name, "prompt": known.prompt,
        "state": known.state, "reason": known.reason, "created": known.created, "ended": known.ended, "result": known.result,
        "cost": team.cost, "plan": known.plan.as_json() if known.plan else None, "steps": steps,
        "files": files,
    }  # fmt: skip
    (folder / RESULT).write_text(json.dumps(told, indent=1) + "\n")
    return len(files) + 1


def _write(run: StoredRun, store: Store, folder: Path) -> int:
    """Returns the number of files."""
    spec = run.spec
    if not is_id(spec.id):
        raise usage(f"{spec.id} is not a valid run id, so it can't name a file")
    folder.mkdir(exist_ok=True)
    results = [last_result(store, spec, variation.number) for variation in spec.variations]
    for result in results:
        if result.patch:
            (folder / f"{spec.id}-{result.variation}.patch").write_bytes(result.patch)
        if result.answer is not None:
            (folder / f"{spec.id}-{result.variation}.md").write_text(result.answer, errors="replace")
    attempts = [_write_attempt(folder, spec.id, each, store) for each in store.attempts(spec.id)]
    (folder / "checks.xml").write_bytes(as_junit(spec, results))
    told = _as_json(run, store, results) | {"attempts": attempts}
    told["files"] = {path.name: _digest(path) for path in sorted(folder.iterdir())}
    (folder / RESULT).write_text(json.dumps(told, indent=1) + "\n")
    return len(told["files"]) + 1


def _write_attempt(folder: Path, run: str, attempt: StoredAttempt, store: Store) -> dict[str, Any]:
    name = f"{run}-{attempt.attempt.variation}-{attempt.number}.ndjson"
    with (folder / name).open("wb") as file:
        file.writelines(event.raw + b"\n" for event in store.events(attempt.attempt))
    whose = {"variation": attempt.attempt.variation, "number": attempt.number, "attempt": attempt.attempt.id}
    return {**whose, "created": attempt.attempt.created, "verdict": attempt.verdict, "events": name}


def _as_json(run: StoredRun, store: Store, results: list[Result]) -> dict[str, Any]:
    spec, selection = run.spec, store.selection(run.spec.id)
    judged = newest(store.judgements(spec.id), results)
    return {
        "kind": "export",
        "version": __version__,
        "run": spec.id,
        "state": run.state,
        "ended": run.ended,
        "backend": run.place.backend,
        "spec": spec_as_json(spec),
        "results": [_result(spec.id, result) for result in results],
        "selection": asdict(selection) if selection else None,
        "places": judged.places if judged else {},
        "judgements": [asdict(judgement) for judgement in store.judgements(spec.id)],
        "observations": [asdict(seen) for seen in store.observations(spec.id)],
    }


def _result(run: str, result: Result) -> dict[str, Any]:
    patch = f"{run}-{result.variation}.patch" if result.patch else None
    answer = f"{run}-{result.variation}.md" if result.answer is not None else None
    told = {"status": status(result), "succeeded": result.succeeded, "patch": patch, "answer": answer}
    return {**result.as_json(), **told}


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
