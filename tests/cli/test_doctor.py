"""`doctor`: whether agents can run here, in words and as JSON, and with an exit code for scripts."""

import io
import json
import sqlite3
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from aideator_cli.actions.doctor import machine
from aideator_cli.cli import terminal
from aideator_cli.domain.findings import NOTE, Finding
from aideator_cli.errors import ExitCode, command
from aideator_cli.store import Store
from aideator_cli.views.screen import Screen
from aideator_cli.views.text.findings import show_finding
from tests.backends.kubernetes.api_server import Answer, Fake, Handler, answering, write_kubeconfig
from tests.cli.conftest import Said, Shell
from tests.fixtures import acp_agent


def states(said: Said) -> dict[str, str]:
    """The parts, each with its worst state."""
    records = [json.loads(line) for line in said.out.splitlines()]
    order = ["ok", "note", "broken"]
    worst: dict[str, str] = {}
    for record in records[:-1]:
        assert record["kind"] == "finding"
        worst[record["part"]] = max(record["state"], worst.get(record["part"], "ok"), key=order.index)
    assert records[-1] == {
        "kind": "doctor", "usable": said.code == 0, "broken": sum(r["state"] == "broken" for r in records[:-1])
    }  # fmt: skip
    return worst


def finding(said: Said, part: str) -> dict[str, Any]:
    records = [json.loads(line) for line in said.out.splitlines()]
    found: dict[str, Any] = next(record for record in records if record.get("part") == part)
    return found


@pytest.fixture
def cluster(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Fake]:
    """A cluster that allows everything and has nothing."""

    def answer(handler: Handler) -> None:
        path = handler.path.partition("?")[0]
        if path.endswith("selfsubjectaccessreviews"):
            handler.json(201, {"status": {"allowed": True}})
        elif path == "/version":
            handler.json(200, {"major": "1", "minor": "34", "gitVersion": "v1.34.4"})
        elif "/secrets/" in path:
            handler.json(404, {"message": "not found"})
        else:
            handler.json(200, {"metadata": {}, "items": []})

    with answering(answer) as server:
        monkeypatch.setenv("KUBECONFIG", str(write_kubeconfig(tmp_path / "kubeconfig", server.url, {})))
        yield server


def test_this_machine_is_usable_and_nothing_is_left_behind(aideator: Shell, home: Path) -> None:
    said = aideator("doctor", "--json")
    assert said.code == 0, said.err
    assert states(said) == {
        "configuration": "ok", "git": "ok", "database": "ok", "terminal": "ok", "place": "ok", "keys": "note", "models": "ok"
    }  # fmt: skip
    assert not home.exists()


def test_a_person_reads_a_line_for_each_part_and_below_it_what_mends_it(aideator: Shell) -> None:
    said = aideator("doctor")
    lines = said.out.splitlines()
    assert lines[0].startswith("✓ configuration ")
    at = next(n for n, line in enumerate(lines) if line.startswith("– keys"))
    assert lines[at + 1].strip().startswith("→ export ANTHROPIC_API_KEY=…, or keep it in the keyring: ")
    assert said.err == "agents can run here\n"


def test_a_model_without_its_key_is_broken(aideator: Shell) -> None:
    said = aideator("doctor", "--model", "gpt-5", "--json")
    assert said.code == ExitCode.UNAVAILABLE
    assert finding(said, "keys")["state"] == "broken"
    assert "OPENAI_API_KEY" in finding(said, "keys")["text"]


def test_an_agent_is_greeted_and_asks_no_model(aideator: Shell, tmp_path: Path) -> None:
    (tmp_path / "script.json").write_text(
        '{"initialize": {"protocolVersion": 1, "agentInfo": {"name": "Fake", "version": "7"}}}'
    )
    command = f"{sys.executable} {acp_agent.__file__} {tmp_path / 'script.json'}"
    (tmp_path / "fake.yaml").write_text(f"protocol: acp\ncommand: {command}\nwires: [openai]\n")
    said = aideator("doctor", "--agent", str(tmp_path / "fake.yaml"), "--json")
    assert said.code == 0, said.out
    assert finding(said, "agent")["text"] == "fake on this machine: Fake 7, answers over ACP"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--agent", "clude"), "did you mean claude?"),
        (("--agent", "claude", "--model", "gpt-5"), "claude can't work with gpt-5"),
    ],
)
def test_an_agent_that_is_unknown_or_can_not_use_the_model_is_wrong_usage(
    aideator: Shell, words: tuple[str, ...], said: str
) -> None:
    told = aideator("doctor", *words)
    assert told.code == ExitCode.USAGE
    assert said in told.err


def test_an_agent_that_is_not_installed_is_broken_with_how_to_install_it(
    aideator: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    told = finding(aideator("doctor", "--agent", "codex", "--json"), "agent")
    assert (told["state"], told["text"]) == ("broken", "codex is not installed here: codex-acp is not on the PATH")
    assert "npm install -g @openai/codex@" in told["mend"]


def test_an_agent_in_the_cluster_s_image_is_not_looked_for_without_a_pod(aideator: Shell, cluster: Fake) -> None:
    told = finding(aideator("doctor", "--agent", "codex", "--no-pod", "--json"), "agent")
    assert (told["state"], told["text"]) == ("note", "codex was not looked for: that takes a pod")
    assert cluster.requests


def test_a_model_that_is_unknown_is_wrong_usage(aideator: Shell) -> None:
    said = aideator("doctor", "--model", "gtp-5")
    assert said.code == ExitCode.USAGE
    assert "did you mean" in said.err


@pytest.mark.parametrize(
    "words", [("--start-timeout", "0s"), ("--start-timeout", "2h"), ("--no-pod", "--yes", "--model", "gpt-5")]
)
def test_what_makes_no_sense_is_wrong_usage(aideator: Shell, cluster: Fake, words: tuple[str, ...]) -> None:
    said = aideator("doctor", *words)
    assert said.code == ExitCode.USAGE
    assert words[0] in said.err
    assert not cluster.requests


def test_a_model_that_is_not_asked_comes_with_the_command_that_asks_it(aideator: Shell, cluster: Fake) -> None:
    cluster.answer = _with_key(cluster.answer)
    told = finding(aideator("doctor", "--no-pod", "--model", "gpt-5", "--json"), "model")
    assert (told["state"], told["mend"]) == ("note", "aideator doctor --model gpt-5 --yes")


def _with_key(other: Answer) -> Answer:
    def answer(handler: Handler) -> None:
        if "/secrets/" in handler.path:
            handler.json(200, {"data": {"OPENAI_API_KEY": "c2VjcmV0"}})
        else:
            other(handler)

    return answer


def test_a_configuration_with_a_mistake_is_broken_and_the_rest_is_still_told(aideator: Shell, home: Path) -> None:
    home.mkdir()
    (home / "config.yaml").write_text("modle: gpt-5\n")
    said = aideator("doctor", "--json")
    assert said.code == ExitCode.UNAVAILABLE
    assert states(said) == {"configuration": "broken", "git": "ok", "database": "ok", "terminal": "ok"}
    assert "modle" in finding(said, "configuration")["text"]


def test_a_damaged_database_is_broken_and_stays_as_it_is(aideator: Shell, home: Path) -> None:
    Store.open(home).close()
    path = home / "aideator.db"
    path.write_bytes(b"this is no database" * 1000)
    said = aideator("doctor", "--json")
    assert finding(said, "database")["state"] == "broken"
    assert path.read_bytes().startswith(b"this is no database")


def test_a_database_that_another_process_uses_is_whole(aideator: Shell, home: Path) -> None:
    Store.open(home).close()
    other = sqlite3.connect(home / "aideator.db")
    other.execute("select * from runs").fetchall()
    said = aideator("doctor", "--json")
    other.close()
    assert finding(said, "database") == {
        "kind": "finding", "part": "database", "state": "ok", "mend": None, "text": finding(said, "database")["text"]
    }  # fmt: skip
    assert "0 runs" in finding(said, "database")["text"]


def test_a_git_that_is_missing_is_broken(aideator: Shell, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert finding(aideator("doctor", "--json"), "git")["state"] == "broken"


def test_a_git_that_is_too_old_is_broken(aideator: Shell, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "git").write_text("#!/bin/sh\necho git version 2.20.1\n")
    (tmp_path / "git").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    told = finding(aideator("doctor", "--json"), "git")
    assert (told["state"], told["mend"]) == ("broken", "install git 2.32 or newer")


def test_a_cluster_is_examined_part_by_part(aideator: Shell, cluster: Fake) -> None:
    said = aideator("doctor", "--no-pod", "--json")
    assert said.code == 0, said.out
    assert list(states(said))[4:] == [
        "kubeconfig",
        "cluster",
        "clock",
        "permissions",
        "namespace",
        "pod security",
        "quota",
        "keys",
        "network",
    ]
    assert "v1.34.4" in finding(said, "cluster")["text"]
    methods = {request.split()[0] for request in cluster.requests if "selfsubject" not in request}
    assert methods == {"GET"}


def test_a_cluster_that_does_not_answer_is_one_broken_line(
    aideator: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KUBECONFIG", str(write_kubeconfig(tmp_path / "kubeconfig", "https://127.0.0.1:1", {})))
    said = aideator("doctor", "--json")
    assert said.code == ExitCode.UNAVAILABLE
    assert [part for part, state in states(said).items() if state == "broken"] == ["cluster"]
    assert "does not answer" in finding(said, "cluster")["text"]


@pytest.mark.parametrize("command", ["doctor", "run"])
@pytest.mark.parametrize("setting", ["HTTP_PROXY", "proxy-url"])
def test_a_dead_proxy_is_named_with_what_to_do(
    aideator: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: str, setting: str
) -> None:
    proxy = "http://jane:secret@127.0.0.1:1"
    config = write_kubeconfig(tmp_path / "kubeconfig", "http://api.test:6443", {})
    monkeypatch.setenv("KUBECONFIG", str(config))
    if setting == "proxy-url":
        config.write_text(config.read_text().replace("server:", f"proxy-url: {proxy}\n    server:"))
    else:
        monkeypatch.delenv("http_proxy", raising=False)
        monkeypatch.setenv(setting, proxy)
    (tmp_path / "script.yaml").write_text("- say: Nothing.\n")
    words = ("run", "https://git.test/p.git", "Do it.", "--model", f"scripted/{tmp_path / 'script.yaml'}")
    said = aideator(*(words if command == "run" else ("doctor",)))
    assert said.code == ExitCode.UNAVAILABLE
    told = said.err if command == "run" else said.out
    assert f"cluster fake can't be reached through the proxy http://127.0.0.1:1 ({setting}" in told
    assert (
        "unset HTTP_PROXY, or add api.test to NO_PROXY" if setting == "HTTP_PROXY" else "correct the proxy-url"
    ) in told
    assert "secret" not in told
    assert aideator("list").out == ""


def test_a_context_that_does_not_exist_is_one_broken_line(aideator: Shell, cluster: Fake) -> None:
    said = aideator("doctor", "--context", "prod", "--json")
    assert said.code == ExitCode.UNAVAILABLE
    assert [part for part, state in states(said).items() if state == "broken"] == ["kubeconfig"]
    assert "'prod'" in finding(said, "kubeconfig")["text"]
    assert "fake" in finding(said, "kubeconfig")["mend"]
    assert not cluster.requests


def test_a_missing_permission_is_named_with_its_rule(aideator: Shell, cluster: Fake) -> None:
    allow = cluster.answer

    def answer(handler: Handler) -> None:
        asked = json.loads(handler.body or b"{}").get("spec", {}).get("resourceAttributes", {})
        if asked.get("resource") in ("jobs", "events") and asked["verb"] in ("delete", "list"):
            handler.json(201, {"status": {"allowed": False}})
        else:
            allow(handler)

    cluster.answer = answer
    said = aideator("doctor")
    assert said.code == ExitCode.UNAVAILABLE
    assert "✗ permissions   you may not list or delete jobs" in said.out
    assert "{apiGroups: [batch], resources: [jobs], verbs: [list, delete]}" in said.out
    assert "– permissions   you may not list events (optional)" in said.out
    assert said.err == "agents can't run yet: mend the 1 line with ✗\n"


def test_on_a_terminal_a_finding_and_what_mends_it_fold_at_words_beside_the_part() -> None:
    out = io.StringIO()
    told = "the environment has no provider's key; only scripted models can run"
    finding = Finding(
        "keys", NOTE, told, ("export KEY=…, or keep it in the keyring: ", command("secret", "set", "KEY"))
    )
    show_finding(Screen(out, 50, is_terminal=True), finding, "aideator")
    assert out.getvalue().splitlines() == [
        "– keys          the environment has no provider's",
        "                key; only scripted models can run",
        "                → export KEY=…, or keep it in the",
        "                  keyring: aideator secret set KEY",
    ]


def test_nobody_is_asked_whether_to_ask_an_unknown_model(aideator: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    monkeypatch.setattr(terminal, "is_asked", lambda: True)
    monkeypatch.setattr(terminal, "agrees", asked.append)
    said = aideator("doctor", "--backend", "local", "--model", "qwen3-coder-nobody-knows")
    assert said.code == ExitCode.USAGE
    assert "unknown model" in said.err
    assert asked == []


def test_without_litellm_only_scripted_agents_can_run(aideator: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "find_spec", lambda _name: None)
    said = aideator("doctor", "--backend", "local")
    assert said.code == 0
    assert said.err.endswith("agents can run here, but only scripted ones\n")
