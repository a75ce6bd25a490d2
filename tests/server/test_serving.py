"""`aideator serve` as a process: where it listens, and how it ends."""

import json
import signal
import sys
import time
import urllib.request
from pathlib import Path

import pytest

from aideator_cli.actions import tokens
from aideator_cli.actions.here import Here
from aideator_cli.api import Aideator
from aideator_cli.server import serving
from aideator_cli.server.serving import GRACE_SECONDS
from aideator_cli.system.installation import adding
from tests.cli.conftest import Shell, aideator
from tests.server.conftest import Body
from tests.server.served import served

__all__ = ["aideator"]


def test_it_says_where_it_listens_and_ends_by_ctrl_c(home: Path) -> None:
    with served(home, afresh=True) as server:
        with urllib.request.urlopen(f"{server.address}/readyz") as answer:
            assert json.load(answer)["status"] == "ok"
        with pytest.raises(OSError, match="421"):
            urllib.request.urlopen(urllib.request.Request(f"{server.address}/readyz", headers={"Host": "evil.example"}))


def test_an_open_stream_does_not_hold_up_the_end(home: Path, body: Body, tmp_path: Path) -> None:
    script = tmp_path / "long.yaml"
    script.write_text("- say: Waiting.\n  calls: [{tool: bash, arguments: {command: sleep 600}}]\n")
    with served(home, afresh=True) as server:
        asked = json.dumps(body(models=[f"scripted/{script}"], n=1, verify=[])).encode()
        runs = f"{server.address}/api/v1/runs"
        with urllib.request.urlopen(
            urllib.request.Request(runs, asked, {"Content-Type": "application/json"})
        ) as started:
            run = json.load(started)["run"]
        with urllib.request.urlopen(f"{runs}/{run}/events") as stream:
            assert stream.readline().startswith(b":")
            began = time.monotonic()
            server.process.send_signal(signal.SIGTERM)
            stream.read()
        assert server.process.wait(30) == 0
        assert time.monotonic() - began < GRACE_SECONDS
    Aideator(home).run(run).delete(force=True)


def test_with_the_demo_its_run_is_there(home: Path) -> None:
    with served(home, "--demo", afresh=True) as server:
        assert server.process.stderr is not None
        run = server.process.stderr.readline().decode().removeprefix("the demo's run: ").strip()
        assert run.startswith(f"{server.address}/runs/")
        with urllib.request.urlopen(f"{run.replace('/runs/', '/api/v1/runs/')}/events") as stream:
            assert stream.read().count(b"event: result") == 3


def test_without_tokens_it_listens_nowhere_but_on_this_machine(aideator: Shell) -> None:
    for host in ("0.0.0.0", "::", "192.0.2.1", "example.org"):
        said = aideator("serve", "--host", host)
        assert said.code == 2
        assert f"nobody has a token, so aideator serve does not listen on {host}" in said.err
        assert "hint: aideator token create NAME, or listen on 127.0.0.1" in said.err


def test_with_tokens_it_listens_anywhere_and_wants_one(home: Path) -> None:
    _, secret = tokens.create(Here(), tokens.Order("laptop", "ada"))
    with served(home, "--host", "0.0.0.0", afresh=True) as server:
        runs = f"http://127.0.0.1:{server.address.rpartition(':')[2]}/api/v1/runs"
        with pytest.raises(OSError, match="401"):
            urllib.request.urlopen(runs)
        headers = {"Authorization": f"Bearer {secret}", "Host": "aideator.example"}
        with urllib.request.urlopen(urllib.request.Request(runs, headers=headers)) as answer:
            assert json.load(answer)["runs"] == []


def test_a_port_that_is_taken_is_told(aideator: Shell, home: Path) -> None:
    with served(home, afresh=True) as server:
        port = server.address.rpartition(":")[2]
        said = aideator("serve", "--port", port)
    assert said.code == 2
    assert f"can't listen on 127.0.0.1, port {port}: Address already in use\n" in said.err
    assert "--port" in said.err


def test_without_the_extra_it_says_what_to_install(aideator: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "uvicorn", None)
    monkeypatch.delitem(sys.modules, "aideator_cli.server.serving", raising=False)
    said = aideator("serve")
    assert said.code == 2
    assert "aideator serve needs uvicorn, which is not installed" in said.err
    assert adding("server") in said.err


@pytest.mark.parametrize(
    ("host", "shown"), [("10.0.0.7", "10.0.0.7"), ("example.org", "example.org"), ("2001:db8::7", "[2001:db8::7]")]
)
def test_the_address_it_names_can_be_opened(host: str, shown: str) -> None:
    assert serving._reached(host) == shown
    assert serving._reached("0.0.0.0") not in ("0.0.0.0", "")
    assert serving._reached("::") not in ("[::]", "")
