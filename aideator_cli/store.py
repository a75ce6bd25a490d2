"""What is known of every run, in SQLite: a cache of what the backends hold, and what only it knows (selections).

Any number of processes may use one database: WAL, five seconds of patience, and every row can be written twice without harm.
"""

import json
import sqlite3
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, fields, replace
from functools import cached_property
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aideator_agent.spec import RunSpec
from aideator_cli import tallies
from aideator_cli.backend import Attempt
from aideator_cli.clock import now
from aideator_cli.errors import AideatorError, not_found, usage
from aideator_cli.events import Event, Observation, parse, stray
from aideator_cli.judging.judgements import Judgement
from aideator_cli.migrations import STEPS
from aideator_cli.result import CheckResult, Result, with_baseline
from aideator_cli.tallies import Tried, tried

if TYPE_CHECKING:
    from sqlite_utils import Database

BATCH = 500  # rows of one commit
PATIENCE = 5.0  # seconds, with other processes
ALL_ROWS = (0, 2**63 - 1)


TOGETHER = 50  # rows of one statement: between two of them the readers' threads may take over
_RESULT_FIELDS = {field.name for field in fields(Result)}
_CHECK_FIELDS = {field.name for field in fields(CheckResult)}
_JUDGEMENT_FIELDS = [field.name for field in fields(Judgement)]
_INSERT_JUDGEMENT = (
    f"insert into judgements(run, {', '.join(_JUDGEMENT_FIELDS)}) values (?{', ?' * len(_JUDGEMENT_FIELDS)})"
)
# Nothing is left of a result but what an attempt has found out of the base, for the whole run
_REOPENED = (
    "case when coalesce(json_extract(result, '$.baseline'), '[]') != '[]' then json_object('variation', number, 'model', model, "
    "'outcome', 'running', 'cost', 0.0, 'baseline', json_extract(result, '$.baseline')) end"
)
_ROW = "(?, ?, ?, ?, ?, ?, ?)"
_INSERT = f"insert or ignore into events(attempt, seq, after, type, time, mark, raw) values {_ROW}"
_INSERT_TOGETHER = _INSERT + f", {_ROW}" * (TOGETHER - 1)


@dataclass(frozen=True)
class Place:
    """Where a run lives: enough to find its backend again."""

    backend: str
    where: str
    context: str | None = None
    namespace: str | None = None


@dataclass(frozen=True)
class StoredRun:
    spec: RunSpec
    place: Place
    state: str  # submitting, running, ended
    ended: str | None
    repository_path: Path | None  # the working tree that REPO named, if it named one


@dataclass(frozen=True)
class StoredAttempt:
    attempt: Attempt
    number: int  # 1.. in order of creation, within the variation
    closed: bool
    verdict: str | None = None
    verdict_text: str | None = None


@dataclass(frozen=True)
class Cursor:
    """From where an attempt's log is to be read on."""

    next_seq: int = 0
    missing: frozenset[int] = frozenset()
    mark: str | None = None  # the newest line's
    end: int | None = None  # seq of `end`, when it is stored


@dataclass(frozen=True)
class Selection:
    variation: int
    attempt: str
    time: str
    note: str | None


class Store:
    def __init__(self, connection: sqlite3.Connection, path: Path) -> None:
        self._connection = connection
        self._path = path

    @cached_property
    def _db(self) -> "Database":
        from sqlite_utils import Database  # 70 ms, which submitting and recording do without

        return Database(self._connection)

    @classmethod
    def open(cls, home: Path) -> "Store":
        """The store in this folder, made or migrated as needed; a newer schema is refused."""
        path = home / "aideator.db"
        try:
            home.mkdir(parents=True, exist_ok=True, mode=0o700)
            connection = sqlite3.connect(path, timeout=PATIENCE, check_same_thread=False, isolation_level=None)
            connection.execute("pragma foreign_keys=on")
            _migrate(connection, path)
        except (OSError, sqlite3.Error) as error:
            raise _unusable(path, error) from error
        return cls(connection, path)

    def close(self) -> None:
        self._connection.close()

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        connection = self._connection
        try:
            connection.execute("begin immediate")
            try:
                yield connection
            except BaseException:
                connection.execute("rollback")
                raise
            connection.execute("commit")
        except sqlite3.OperationalError as error:
            raise AideatorError(
                f"the store {self._path} can't be written: {error}",
                hint="see the disk's room and the file's permissions; the agents go on",
            ) from error

    @contextmanager
    def moment(self) -> Iterator[None]:
        """What is read within is as it was at one moment, whatever other processes write meanwhile."""
        self._connection.execute("begin")
        try:
            yield
        finally:
            self._connection.execute("rollback")

    def _rows(self, query: str, *values: object) -> Iterator[dict[str, Any]]:
        cursor = self._connection.execute(query, values)
        names = [column[0] for column in cursor.description]
        return (dict(zip(names, row, strict=True)) for row in cursor)

    # Runs

    def add_run(
        self, spec: RunSpec, place: Place, *, state: str = "submitting", repository_path: Path | None = None
    ) -> None:
        with self.transaction() as connection:
            connection.execute(
                "insert or ignore into runs values (?, ?, ?, ?, ?, ?, ?, ?, ?, null, ?)",
                (spec.id, spec.created, place.backend, place.context, place.namespace, place.where,
                 str(repository_path) if repository_path else None, spec.to_json(), state, spec.repository.url),
            )  # fmt: skip
            connection.executemany(
                "insert or ignore into variations(run, number, model, role, temperature, prompt_name) "
                "values (?, ?, ?, ?, ?, ?)",
                [(spec.id, v.number, v.model, v.role, v.temperature, v.prompt_name) for v in spec.variations],
            )

    def forget_run(self, run: str) -> None:
        with self.transaction() as connection:
            connection.execute("delete from runs where id = ?", (run,))

    def set_state(self, run: str, state: str) -> None:
        with self.transaction() as connection:
            connection.execute(
                "update runs set state = ?, ended = case when ? = 'ended' then coalesce(ended, ?) end where id = ?",
                (state, state, now(), run),
            )

    def run(self, run: str) -> StoredRun | None:
        row = next(self._db.query("select * from runs where id = ?", [run]), None)
        return _stored_run(row) if row else None

    def runs(self, limit: int | None = None) -> list[StoredRun]:
        """Newest first."""
        return [
            _stored_run(row)
            for row in self._db.query(
                "select * from runs order by created desc, id limit ?", [-1 if limit is None else limit]
            )
        ]

    def find(self, name: str) -> str | None:
        """The id that a user's word names: an id, a unique prefix, or @last. Raises when it is ambiguous; None: none here."""
        if name == "@last":
            row = next(self._db.query("select id from runs order by created desc, rowid desc limit 1"), None)
            if row is None:
                raise not_found("there is no run yet", hint="aideator run REPO PROMPT")
            return str(row["id"])
        rows = [
            str(r["id"])
            for r in self._db.query("select id from runs where substr(id, 1, ?) = ? order by id", [len(name), name])
        ]
        if len(rows) > 1 and name not in rows:
            raise usage(f"{name} names several runs: {', '.join(rows[:8])}", hint="give more letters of the id")
        return name if name in rows else next(iter(rows), None)

    # Attempts and events

    def open_attempt(self, attempt: Attempt) -> int:
        """Records the attempt if it is new; its number."""
        with self.transaction() as connection:
            connection.execute(
                "insert or ignore into attempts select ?, ?, ?, 1 + count(*), ?, ?, null, null, null "
                "from attempts where run = ? and variation = ?",
                (
                    attempt.id,
                    attempt.run,
                    attempt.variation,
                    attempt.name,
                    attempt.created,
                    attempt.run,
                    attempt.variation,
                ),
            )
            row = connection.execute("select number from attempts where id = ?", (attempt.id,)).fetchone()
        return int(row[0])

    def close_attempt(self, attempt: str, verdict: str | None = None, text: str | None = None) -> None:
        """Nothing more is to be read of it; `verdict` when it left no `end`."""
        with self.transaction() as connection:
            connection.execute(
                "update attempts set closed = ?, verdict = ?, verdict_text = ? where id = ? and closed is null",
                (now(), verdict, text, attempt),
            )

    def attempts(self, run: str) -> list[StoredAttempt]:
        query = "select * from attempts where run = ? order by variation, number"
        return [_stored_attempt(row) for row in self._rows(query, run)]

    def record(self, events: Iterable[Event], observations: Iterable[Observation]) -> None:
        """One transaction. A row that is there already is left as it is."""
        rows = [(e.attempt, e.seq, e.after, e.type, e.time, e.mark, _text(e.raw)) for e in events]
        seen = [(o.run, o.variation, o.attempt, o.time, o.kind, o.text) for o in observations]
        with self.transaction() as connection:
            whole = len(rows) - len(rows) % TOGETHER
            for at in range(0, whole, TOGETHER):
                connection.execute(_INSERT_TOGETHER, list(chain.from_iterable(rows[at : at + TOGETHER])))
            connection.executemany(_INSERT, rows[whole:])
            if seen:
                connection.executemany(
                    "insert into observations(run, variation, attempt, time, kind, text) values (?, ?, ?, ?, ?, ?)",
                    seen,
                )

    def newest(self) -> int:
        """The row of the event that was stored last, of whatever run; 0: none is."""
        return int(self._connection.execute("select coalesce(max(id), 0) from events").fetchone()[0])

    def events(
        self, attempt: Attempt, types: tuple[str, ...] = (), *, rows: tuple[int, int] = ALL_ROWS
    ) -> Iterator[Event]:
        """In the order in which the agent wrote them; of these types only, if any are named; from behind one row up to another."""
        wanted = f"and type in ({','.join('?' * len(types))})" if types else ""
        query = (
            f"select seq, raw, mark, after from events where attempt = ? {wanted} and id > ? and id <= ? "
            "order by coalesce(seq, after), seq is null, id"
        )
        for seq, raw, mark, after in self._connection.execute(query, (attempt.id, *types, *rows)):
            line = raw if isinstance(raw, bytes) else raw.encode()
            yield (stray if seq is None else parse)(attempt, line, mark, after)

    def cursor(self, attempt: str) -> Cursor:
        top, count = self._connection.execute(
            "select max(seq), count(seq) from events where attempt = ?", (attempt,)
        ).fetchone()
        next_seq = 0 if top is None else top + 1
        missing: frozenset[int] = frozenset()
        if count < next_seq:
            have = {
                row[0]
                for row in self._connection.execute(
                    "select seq from events where attempt = ? and seq is not null", (attempt,)
                )
            }
            missing = frozenset(range(next_seq)) - have
        row = self._connection.execute(
            "select seq from events where attempt = ? and type = 'end'", (attempt,)
        ).fetchone()
        return Cursor(next_seq, missing, self._newest_mark(attempt, next_seq - 1), row[0] if row else None)

    def _newest_mark(self, attempt: str, top: int) -> str | None:
        """The last line's in the log's order; not the greatest, which may be from before the node's clock was set back."""
        row = self._connection.execute(
            "select mark from events where attempt = ? and (seq = ? or (seq is null and after = ?)) "
            "order by seq is null desc, id desc limit 1",
            (attempt, top, top),
        ).fetchone()
        return row[0] if row else None

    def observations(self, run: str) -> list[Observation]:
        query = "select run, time, kind, text, variation, attempt from observations where run = ? order by id"
        return [Observation(**row) for row in self._rows(query, run)]

    # Submissions

    def submissions(self, run: str) -> dict[int, int]:
        """How often each variation was submitted, as far as is known here."""
        query = "select number, submissions from variations where run = ?"
        return dict(self._connection.execute(query, (run,)).fetchall())

    def claim(self, run: str, submissions: Mapping[int, int]) -> bool:
        """Takes these numbers for submissions to come; false: another process has taken one of them, and none is taken."""
        with self.transaction() as connection:
            known = dict(
                connection.execute("select number, submissions from variations where run = ?", (run,)).fetchall()
            )
            if any(known.get(number, 0) >= submission for number, submission in submissions.items()):
                return False
            self._set_submissions(run, submissions)
        return True

    def release(self, run: str, variation: int, submission: int) -> None:
        """Gives back a number that was taken by a process which did not use it."""
        with self.transaction() as connection:
            connection.execute(
                "update variations set submissions = ? where run = ? and number = ? and submissions = ?",
                (submission - 1, run, variation, submission),
            )

    def reopen(self, run: str, submissions: Mapping[int, int], numbers: Iterable[int]) -> None:
        """Of these variations another attempt is at work: they have no result yet. `submissions`: how many there are now."""
        with self.transaction() as connection:
            self._set_submissions(run, submissions)
            connection.executemany(
                f"update variations set result = {_REOPENED} where run = ? and number = ?",
                [(run, number) for number in numbers],
            )
            connection.execute("update runs set state = 'running', ended = null where id = ?", (run,))

    def _set_submissions(self, run: str, submissions: Mapping[int, int]) -> None:
        rows = [(submission, run, number) for number, submission in submissions.items()]
        self._connection.executemany(
            "update variations set submissions = max(submissions, ?) where run = ? and number = ?", rows
        )

    # Results and selections

    def save_result(self, run: str, result: Result) -> None:
        """How far an attempt has come never takes the place of how it ended: of two watchers one is behind."""
        with self.transaction() as connection:
            told = replace(result, baseline=(*result.baseline, *self._known_baseline(run, result)))
            connection.execute(
                "update variations set result = ? where run = ? and number = ? and (? or result is null "
                "or json_extract(result, '$.outcome') = 'running' or json_extract(result, '$.attempt') is not ?)",
                (json.dumps(told.as_json()), run, result.variation, result.ended, result.attempt),
            )

    def _known_baseline(self, run: str, result: Result) -> Iterator[CheckResult]:
        """Of earlier attempts, where this one has not run these checks on the base (again): it is the run's, not an attempt's."""
        told = {check.name for check in result.baseline}
        query = "select json_extract(result, '$.baseline') from variations where run = ? and number = ?"
        row = self._connection.execute(query, (run, result.variation)).fetchone()
        known = json.loads(row[0]) if row and row[0] else ()
        return (_check(check) for check in known if check["name"] not in told)

    def results(self, run: str) -> list[Result]:
        """The last known result of each variation, without its patch."""
        query = (
            "select number, model, result, json_extract(spec, '$.verify_report') is not null as report "
            "from variations join runs on runs.id = run where run = ? order by number"
        )
        return with_baseline(_result(row) for row in self._rows(query, run))

    def select(self, run: str, selection: Selection) -> None:
        with self.transaction() as connection:
            connection.execute(
                "insert or replace into selections values (?, ?, ?, ?, ?)",
                (run, selection.variation, selection.attempt, selection.time, selection.note),
            )

    def selection(self, run: str) -> Selection | None:
        row = next(self._db.query("select variation, attempt, time, note from selections where run = ?", [run]), None)
        return Selection(**row) if row else None

    def tried(self, *, since: str = "", repository: str = "", with_prompt: bool = False) -> Iterator[Tried]:
        """Every variation of the runs that were not made before `since` (RFC 3339, UTC) in a repository whose URL has this text in it."""
        return tried(self._rows(tallies.QUERY, since, repository, with_prompt))

    # What a judge has said

    def save_judgement(self, run: str, judgement: Judgement) -> None:
        with self.transaction() as connection:
            connection.execute(_INSERT_JUDGEMENT, (run, *(getattr(judgement, name) for name in _JUDGEMENT_FIELDS)))

    def judgements(self, run: str) -> list[Judgement]:
        """In the order in which they were said."""
        query = f"select {', '.join(_JUDGEMENT_FIELDS)} from judgements where run = ? order by id"
        return [Judgement(**row) for row in self._rows(query, run)]


def _text(raw: bytes) -> str | bytes:
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw


def _stored_run(row: dict[str, Any]) -> StoredRun:
    place = Place(row["backend"], row["where_text"], row["context"], row["namespace"])
    path = row["repository_path"]
    return StoredRun(RunSpec.from_json(row["spec"]), place, row["state"], row["ended"], Path(path) if path else None)


def _stored_attempt(row: dict[str, Any]) -> StoredAttempt:
    attempt = Attempt(row["id"], row["run"], row["variation"], row["created"], row["name"])
    return StoredAttempt(attempt, row["number"], row["closed"] is not None, row["verdict"], row["verdict_text"])


def _result(row: dict[str, Any]) -> Result:
    report = bool(row["report"])
    if row["result"] is None:
        return Result(row["number"], row["model"], report=report)
    known = {name: value for name, value in json.loads(row["result"]).items() if name in _RESULT_FIELDS}
    names = {name: tuple(known.get(name, ())) for name in ("tests", "config")}
    checks = {name: tuple(_check(check) for check in known.get(name, ())) for name in ("checks", "baseline")}
    return Result(**{**known, **names, **checks, "report": report})


def _check(data: dict[str, Any]) -> CheckResult:
    known = {name: value for name, value in data.items() if name in _CHECK_FIELDS}
    return CheckResult(**{**known, "failing": tuple(known.get("failing", ()))})


def _migrate(connection: sqlite3.Connection, path: Path) -> None:
    version = connection.execute("pragma user_version").fetchone()[0]
    if version > len(STEPS):
        raise usage(
            f"{path} was written by a newer AIdeator (schema {version}; this one knows {len(STEPS)})",
            hint="upgrade aideator, or set AIDEATOR_HOME to another folder",
        )
    connection.execute("pragma page_size=8192")  # of a new file: a fifth less to do for an event than with 4096
    _use_wal(connection)
    connection.execute("pragma synchronous=normal")
    connection.execute("pragma wal_autocheckpoint=4000")  # pages: a checkpoint waits for the disk
    if version == len(STEPS):
        return
    connection.execute("begin immediate")  # a second process waits here, and then finds nothing left to do
    version = connection.execute("pragma user_version").fetchone()[0]
    for number, step in enumerate(STEPS[version:], version + 1):
        for statement in step.split(";"):
            if statement.strip():
                connection.execute(statement)
        connection.execute(f"pragma user_version={number}")
    connection.execute("commit")


def _use_wal(connection: sqlite3.Connection) -> None:
    """SQLite's own patience does not cover this: of two processes that open a new database the second is refused at once."""
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            connection.execute("pragma journal_mode=wal")
        except sqlite3.OperationalError:
            if time.monotonic() >= deadline:
                raise
            time.sleep(0.01)
        else:
            return


def _unusable(path: Path, error: Exception) -> AideatorError:
    return AideatorError(
        f"the store {path} can't be opened: {error}", hint="set AIDEATOR_HOME to a folder that you can write"
    )
