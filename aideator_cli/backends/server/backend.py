"""A server as a backend. The server starts agents, follows them and keeps the run's own rules; this asks it."""

import json
import uuid
from collections.abc import Collection, Iterator, Mapping, Sequence
from math import inf
from threading import Event as Flag
from typing import Any, Final, Literal, NoReturn

from aideator_agent import __version__
from aideator_agent.spec import RunSpec, SpecError
from aideator_agent.values import frozen
from aideator_cli.backends.base import Delivered, Line, LogGone, Remark, Status, Trouble
from aideator_cli.backends.server.client import API, Client
from aideator_cli.domain.attempts import Attempt
from aideator_cli.domain.ids import is_id
from aideator_cli.domain.runs import Selection
from aideator_cli.errors import AideatorError, ExitCode, unavailable, usage

MOST_RUNS: Final = 200  # of one page


@frozen
class ServerBackend:
    client: Client

    @property
    def name(self) -> Literal["server"]:
        return "server"

    @property
    def where(self) -> str:
        return self.client.where

    @property
    def context(self) -> str:
        """By which the server of a stored run is found again."""
        return self.client.url

    # What a server knows

    def record(self, run: str, *, patient: bool = False) -> dict[str, Any]:
        """Returns everything about the run but its events and observations. `patient`: also after a lost connection."""
        found = self.client.ask("GET", f"{API}/runs/{run}/record", patient=patient)
        spec = found.get("spec") if isinstance(found, dict) else None
        if not isinstance(spec, dict) or spec.get("id") != run or not is_id(run):
            raise unavailable(f"{self.where} does not answer as an AIdeator server", hint="check the URL")
        return dict(found)

    def load_spec(self, run: str) -> RunSpec | None:
        try:
            return spec_of(self.record(run), self.where)
        except AideatorError as error:
            if error.code == ExitCode.NOT_FOUND:
                return None
            raise

    def runs(self) -> Mapping[str, str | None]:
        """Returns the runs that the token may see, newest first."""
        return {row["run"]: None for row in self._rows()}

    def called(self, name: str) -> list[str]:
        """Returns the runs that have this name there, as far as the token may see them."""
        return [row["run"] for row in self._rows(search=name) if row.get("name") == name]

    def page(self, limit: int, **wanted: Any) -> list[dict[str, Any]]:
        """Returns the first runs of the server's list, as `list --json` has them."""
        return list(self._rows(limit, **wanted))

    def _rows(self, limit: float = inf, **wanted: Any) -> Iterator[dict[str, Any]]:
        return self._rows_of("runs", "run", limit, **wanted)

    def _rows_of(self, name: str, id_: str, limit: float, **wanted: Any) -> Iterator[dict[str, Any]]:
        """Yields the first of one of the server's lists, which it gives page by page."""
        cursor, left = None, limit
        while left > 0:
            page = self.client.ask("GET", f"{API}/{name}", limit=min(MOST_RUNS, left), cursor=cursor, **wanted)
            with self.client.understanding():
                rows = [{**row, id_: str(row[id_])} for row in page[name]]
                cursor = page["next"]
            yield from rows
            if cursor is None:
                return
            left -= len(rows)

    def team_record(self, team: str, *, patient: bool = False) -> dict[str, Any]:
        """Returns what was asked of a team, as `document`, and how far it is, as `team`. `patient`: also after a lost connection."""
        found = self.client.ask("GET", f"{API}/teams/{team}/record", patient=patient)
        told = found.get("team") if isinstance(found, dict) else None
        if not isinstance(told, dict) or told.get("team") != team or not is_id(team):
            raise unavailable(f"{self.where} does not answer as an AIdeator server", hint="check the URL")
        return dict(found)

    def teams(self, limit: int) -> list[dict[str, Any]]:
        """Returns the newest teams of the server's list."""
        return list(self._rows_of("teams", "team", limit))

    def stats(self, **asked: Any) -> list[dict[str, Any]]:
        told = self.client.ask("GET", f"{API}/stats", **asked)
        with self.client.understanding():
            return [dict(each) for each in told["groups"]]

    def scopes(self) -> frozenset[str]:
        """Returns what the token allows."""
        told = self.client.ask("GET", f"{API}/whoami")
        with self.client.understanding():
            return frozenset(str(each) for each in told["scopes"])

    # What it does

    def upload(self, sha256: str, data: bytes) -> None:
        """Stores what a run that is started soon needs. Sent once more, it is stored once."""
        self.client.ask("PUT", f"{API}/uploads/{sha256}", data, key=sha256)

    def start(self, body: Mapping[str, Any]) -> str:
        """Starts a run and returns its id. Sent once more, after a lost connection, it starts nothing anew."""
        return self._begun("runs", "run", body)

    def continue_run(self, run: str, body: Mapping[str, Any]) -> str:
        """Starts a run that goes on from this one, and returns its id. As for `start`."""
        return self._begun(f"runs/{run}/continue", "run", body)

    def merge(self, body: Mapping[str, Any]) -> str:
        """Starts a run that checks a merge, and returns its id. As for `start`."""
        return self._begun("merges", "run", body)

    def dry_run(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """Returns what the server would start."""
        told = self.client.ask("POST", f"{API}/runs/dry-run", body)
        with self.client.understanding():
            return {**told, "spec": dict(told["spec"])}

    def start_team(self, body: Mapping[str, Any]) -> str:
        """As `start`, for a team."""
        return self._begun("teams", "team", body)

    def _begun(self, path: str, kind: str, body: Mapping[str, Any]) -> str:
        told = self.client.ask("POST", f"{API}/{path}", body, key=uuid.uuid4().hex)
        with self.client.understanding():
            return str(told[kind])

    def dry_run_team(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """As `dry_run`, for a team."""
        told = self.client.ask("POST", f"{API}/teams/dry-run", body)
        with self.client.understanding():
            return dict(told)

    def cancel_team(self, team: str) -> dict[str, Any]:
        """Returns how the team then is."""
        told = self.client.ask("POST", f"{API}/teams/{team}/cancel")
        with self.client.understanding():
            return dict(told)

    def select(self, run: str, variation: int | None, note: str | None) -> Selection:
        """`variation` None: the best by the rule."""
        body: dict[str, Any] = {"best": True} if variation is None else {"variation": variation, "note": note}
        told = self.client.ask("POST", f"{API}/runs/{run}/select", body)
        with self.client.understanding():
            return Selection(told["variation"], told["attempt"], told["time"], told["note"])

    def rename(self, run: str, name: str | None) -> None:
        self.client.ask("PUT", f"{API}/runs/{run}/name", {"name": name})

    def note(self, run: str, note: str | None) -> None:
        self.client.ask("PUT", f"{API}/runs/{run}/note", {"note": note})

    def tag(self, run: str, *, add: Sequence[str] = (), remove: Sequence[str] = ()) -> None:
        if add or remove:
            self.client.ask("POST", f"{API}/runs/{run}/tags", {"add": list(add), "remove": list(remove)})

    def ask_judge(self, run: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """Returns how the judge stands that is at work now."""
        return self._judge(self.client.ask("POST", f"{API}/runs/{run}/judge", body))

    def judge(self, run: str) -> dict[str, Any]:
        return self._judge(self.client.ask("GET", f"{API}/runs/{run}/judge"))

    def _judge(self, told: Any) -> dict[str, Any]:
        with self.client.understanding():
            return {**told, "state": str(told["state"])}

    def cross_test(self, run: str, *, patient: bool) -> dict[str, Any]:
        """Lets the tests of the others run, unless they do or did, and returns how that stands. `patient`: also after a lost connection."""
        told = self.client.ask("POST", f"{API}/runs/{run}/cross-tests", patient=patient)
        with self.client.understanding():
            return {**told, "state": str(told["state"])}

    def retry(self, run: str, variation: int | None, *, force: bool, fresh: bool) -> None:
        self.client.ask("POST", f"{API}/runs/{run}/retry", {"variation": variation, "force": force, "fresh": fresh})

    def message(self, run: str, variation: int | None, text: str) -> list[dict[str, Any]]:
        told = self.client.ask("POST", f"{API}/runs/{run}/tell", {"variation": variation, "text": text})
        with self.client.understanding():
            return [dict(each) for each in told["told"]]

    def cancel(self, run: str, variations: Collection[int]) -> None:
        for number in variations:
            self.client.ask("POST", f"{API}/runs/{run}/cancel", {"variation": number})

    def delete(self, run: str) -> None:
        self._delete(f"{API}/runs/{run}")

    def delete_team(self, team: str) -> None:
        self._delete(f"{API}/teams/{team}")

    def _delete(self, path: str) -> None:
        try:
            self.client.ask("DELETE", path, force="true")
        except AideatorError as error:
            if error.code != ExitCode.NOT_FOUND:
                raise

    # What a backend is asked besides

    def watch(self, spec: RunSpec, stop: Flag) -> Iterator[Status | Trouble]:
        """Yields every variation's state once. Who follows a run reads the server's stream instead."""
        record = self.record(spec.id)
        with self.client.understanding():
            newest = {attempt.variation: attempt for attempt in attempts_of(record)}
            found = [_status(result, newest.get(result["variation"])) for result in record["results"]]
        for status in found:
            if stop.is_set():
                return
            yield status

    def submissions(self, run: str) -> Mapping[int, int]:
        record = self.record(run)
        with self.client.understanding():
            return {int(number): int(count) for number, count in record["submissions"].items()}

    def prepare(self) -> None:
        """Nothing is to be prepared."""

    def mend(self, spec: RunSpec) -> None:
        """The server does."""

    def submit_more(self, run: str, *_: Any, **__: Any) -> bool:  # noqa: ARG002 -- a backend
        return False

    def submit(self, spec: RunSpec, *_: Any, **__: Any) -> None:  # noqa: ARG002 -- a backend
        self._cannot("start this run")

    def resubmit(self, spec: RunSpec, submissions: Mapping[int, int], *_: Any, **__: Any) -> None:  # noqa: ARG002
        self._cannot("try this again")

    def hand_on(self, *_: Any, **__: Any) -> NoReturn:
        self._cannot("hand work on")

    def read_log(self, attempt: Attempt, *, follow: bool, since: str | None = None) -> Iterator[list[Line | Remark]]:  # noqa: ARG002
        raise LogGone

    def tell(self, attempt: Attempt, line: bytes) -> None:  # noqa: ARG002 -- a backend
        self._cannot("be told this")

    def release(self, attempt: Attempt) -> None:
        """The server does."""

    def remove(self, run: str, variations: Collection[int]) -> None:  # noqa: ARG002 -- a backend
        self._cannot("remove single variations")

    def delivering(self, run: str) -> Iterator[Delivered]:  # noqa: ARG002 -- a backend
        return iter(())

    def _cannot(self, what: str) -> NoReturn:
        raise usage(f"the server {self.where} can't {what} for a command line", hint="do it without a server")


def spec_of(record: Mapping[str, Any], where: str) -> RunSpec:
    """Raises `AideatorError` for the spec of another version that can't be read here."""
    try:
        return RunSpec.from_json(json.dumps(record["spec"]))
    except SpecError as error:
        raise unavailable(
            f"{where} has aideator {record.get('version')}, this is {__version__}, which can't read its runs: {error}",
            hint="use the server's version here",
        ) from error


def _status(result: Mapping[str, Any], attempt: Attempt | None) -> Status:
    outcome = result["outcome"]
    ended = outcome != "running"
    state: Literal["ended", "running", "waiting"] = "ended" if ended else "running" if attempt else "waiting"
    return Status(result["variation"], state, outcome, outcome, attempt, final=ended)


def attempts_of(record: Mapping[str, Any]) -> list[Attempt]:
    """Returns the attempts, in order within each variation."""
    run = record["spec"]["id"]
    return [Attempt(a["id"], run, a["variation"], a["created"], a["name"]) for a in record["attempts"]]
