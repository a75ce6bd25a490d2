"""`export`: all that is known of a run, as files in a folder; whole or not at all.

No file's name has foreign text in it: the run's id and numbers alone.
"""

import hashlib
import json
import secrets
import shutil
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from aideator_cli import __version__, terminal
from aideator_cli.errors import unwritable, usage
from aideator_cli.figures import plural
from aideator_cli.finding import find_run
from aideator_cli.ids import is_id
from aideator_cli.judging.judgements import newest
from aideator_cli.refreshing import refresh_run
from aideator_cli.result import Result
from aideator_cli.settings import Settings
from aideator_cli.sharing.junit import as_junit
from aideator_cli.sharing.shareable import spec_as_json
from aideator_cli.store import Store, StoredAttempt, StoredRun
from aideator_cli.stream.recording import last_result

RESULT: Final = "result.json"  # names every other file with its SHA-256: by that an export is known


def export(word: str, folder: Path, *, force: bool) -> int:
    settings = Settings()
    store = Store.open(settings.home)
    run = refresh_run(find_run(word, store, settings), store, settings)
    if not is_id(run.spec.id):
        raise usage(f"{run.spec.id} is no run's id: no file is named after it")
    target = _target(folder, force=force)
    made = target.with_name(f".{target.name}.{secrets.token_hex(6)}")
    try:
        made.mkdir(parents=True)
        files = _write(run, store, made)
        _put(made, target)
    except OSError as error:
        raise unwritable(folder, error) from error
    finally:
        shutil.rmtree(made, ignore_errors=True)
    terminal.say(f"exported {run.spec.id} to {folder}: {plural(files, 'file')}")
    return 0


def _target(folder: Path, *, force: bool) -> Path:
    """Where it goes: a folder that is new or empty, or with `force` one that holds an export and nothing else."""
    target = folder.resolve()
    if not target.exists():
        return target
    if not target.is_dir():
        raise usage(f"{folder} is a file", hint="name a folder that is new or empty")
    if target in (Path.cwd(), *Path.cwd().parents):
        raise usage(f"{folder} is the folder that this shell is in, and would be replaced", hint="name one inside it")
    held = sorted(path.name for path in target.iterdir())
    foreign = _foreign(target, held)
    if held and not force:
        raise usage(
            f"{folder} is not empty",
            hint="name a new folder" + ("" if foreign else ", or --force replaces that export"),
        )
    if foreign:
        raise usage(f"{folder} holds {foreign}, which no export made", hint="name a new folder")
    return target


def _foreign(target: Path, held: list[str]) -> str | None:
    """The first of a folder's files that is not as an export left it."""
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


def _put(made: Path, target: Path) -> None:
    """By renaming alone; what was there goes when the new one stands."""
    if not target.exists() or not any(target.iterdir()):
        made.rename(target)  # takes the place of an empty folder
        return
    old = target.with_name(f".{target.name}.{secrets.token_hex(6)}")
    target.rename(old)
    try:
        made.rename(target)
    except BaseException:
        old.rename(target)
        raise
    shutil.rmtree(old)


def _write(run: StoredRun, store: Store, folder: Path) -> int:
    """The number of files."""
    spec = run.spec
    results = [last_result(store, spec, variation.number) for variation in spec.variations]
    for result in results:
        if result.patch:
            (folder / f"{spec.id}-{result.variation}.patch").write_bytes(result.patch)
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
    return {**result.as_json(), "succeeded": result.succeeded, "patch": patch}


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
