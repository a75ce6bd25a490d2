"""`--cross-tests` through a server: the referee works there, decides there, and outlives the server that watches it."""

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from aideator_cli.actions.here import Here
from aideator_cli.server import crossed, crossings
from aideator_cli.server.access import LOCAL
from aideator_cli.server.app import application
from aideator_cli.server.crossings import Crossings
from aideator_cli.server.problems import Problem
from tests.actions.crossing.scenes import ended_run, here_at
from tests.fixtures.stored_runs import Told, add_run
from tests.server.conftest import API
from tests.server.served import another_server, served
from tests.server.test_accounts import token
from tests.server.test_bad_input import refused

PROGRAM = [sys.executable, "-m", "aideator_cli"]


def test_they_run_there_also_when_the_server_is_killed_and_decide(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own, port = another_server(tmp_path, monkeypatch)
    run = ended_run(tmp_path / "project", here_at(own)).spec.id
    with served(own, "--port", port) as first:
        words = [*PROGRAM, "compare", run, "--cross-tests", "--json"]
        with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as comparing:
            assert comparing.stderr is not None
            said = comparing.stderr.readline()
            assert "running the tests that 1 and 3 wrote on the patches of 1, 2 and 3" in said, said
            first.process.send_signal(signal.SIGKILL)
            first.process.wait(30)
            with served(own, "--port", port):
                out, err = comparing.communicate(timeout=120)
                assert comparing.returncode == 0, err
                assert json.loads(out)["choice"] == 1, err
                again = subprocess.run([*PROGRAM, "select", run, "--auto"], capture_output=True, text=True, check=False)
                assert (again.returncode, "running the tests" in again.stderr) == (0, False), again.stderr
                assert "the others' tests" in again.stderr
    selection = here_at(own).store.selection(run)
    assert selection is not None
    assert selection.variation == 1
    assert here_at(own).store.referees(run) == []


@pytest.fixture
def here(home: Path) -> Here:
    assert home
    return Here()


def test_who_may_not_start_agents_there_and_what_is_at_work_are_refused(here: Here) -> None:
    add_run(here.settings.home, Told(), at_work=True)
    with pytest.raises(Problem, match="agents of run k3v9x2q are still at work"):
        crossed.checked(here, LOCAL, "k3v9x2q")
    here.store._connection.execute("update runs set owner = 'ada'")
    path = f"{API}/runs/k3v9x2q/cross-tests"
    with TestClient(application(here, None), base_url="http://aideator.example") as client:
        assert client.post(path, headers=token("bob", "run")).status_code == 404
        assert client.post(path, headers=token("ada", "read")).status_code == 403
        assert "agents on the server" in refused(client.post(path, headers=token("ada", "run")), 403)["detail"]


def test_one_user_has_only_so_many_at_once(here: Here, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Crossings, "_watch", lambda *_: None)
    works = Crossings(here)
    begun = [works.at(f"run{number}", "ada", ()) for number in range(crossings.OF_ONE)]
    assert works.at("run0", "ada", ()) is begun[0], "the same begins nothing new"
    with pytest.raises(Problem, match="runs of one user at once"):
        works.at("another", "ada", ())
    assert works.at("another", "bob", ()).state == "working"


def test_what_fails_is_told_and_begins_anew_later(here: Here, monkeypatch: pytest.MonkeyPatch) -> None:
    works = Crossings(here)
    work = works.at("nosuchrun", None, ("first",))
    assert work.told.wait(30)
    assert (work.as_json()["state"], "nosuchrun" in str(work.text)) == ("failed", True)
    assert works.at("nosuchrun", None, ("first",)) is work
    retried = works.at("nosuchrun", None, ("first", "second"))
    assert retried is not work, "what the retry has made is not known to it"
    assert retried.told.wait(30)
    monkeypatch.setattr(crossings, "KEPT_SECONDS", -1.0)
    assert works.at("nosuchrun", None, ("first", "second")) is not retried
