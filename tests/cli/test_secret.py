"""`secret`: keys go where runs look for them, never through the command line, and are never shown."""

import base64
import io
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from aideator_cli.cli import terminal
from aideator_cli.errors import ExitCode
from aideator_cli.system.installation import adding
from aideator_cli.system.settings import Settings
from tests.backends.kubernetes.api_server import Handler, answering, write_kubeconfig
from tests.cli.conftest import Said, Shell
from tests.fixtures.keyrings import MemoryKeyring
from tests.fixtures.repositories import LocalRepository
from tests.fixtures.servers import OpenAIServers

KEY = "sk-proj-0123456789abcdefghij-tail"


class Cluster:
    """Secrets, as an API server keeps them."""

    def __init__(self) -> None:
        self.secrets: dict[str, dict[str, Any]] = {}
        self.namespace: tuple[int, dict[str, Any]] = (200, {"metadata": {"name": "team"}})
        self.hidden: tuple[str, ...] = ()  # Secrets that the user may not read

    def add(self, name: str, *, ours: bool = False, **entries: str) -> None:
        labels = {"app.kubernetes.io/managed-by": "aideator"} if ours else {}
        self.secrets[name] = {"metadata": {"name": name, "labels": labels}, "data": _encoded(entries)}

    def value(self, secret: str, name: str) -> str:
        return base64.b64decode(self.secrets[secret]["data"][name]).decode()

    def answer(self, handler: Handler) -> None:
        name = handler.path.partition("?")[0].rpartition("/")[2]
        body = json.loads(handler.body or b"{}")
        if handler.path == "/api/v1/namespaces/team":
            handler.json(*self.namespace)
        elif handler.command == "GET" and name in self.hidden:
            message = 'secrets "x" is forbidden: User "jane" cannot get resource "secrets" in API group "" in the namespace "team"'
            handler.json(403, {"reason": "Forbidden", "message": message})
        elif handler.command == "POST":
            body["data"] = _encoded(body.pop("stringData"))
            self.secrets[body["metadata"]["name"]] = body
            handler.json(201, body)
        elif name not in self.secrets:
            handler.json(
                404, {"reason": "NotFound", "message": "not found", "details": {"kind": "secrets", "name": name}}
            )
        elif handler.command == "DELETE":
            handler.json(200, self.secrets.pop(name))
        else:
            data = self.secrets[name].setdefault("data", {})
            data |= _encoded(body.get("stringData") or {})
            for gone in [key for key, value in (body.get("data") or {}).items() if value is None]:
                data.pop(gone, None)
            handler.json(200, self.secrets[name])


def _encoded(entries: dict[str, str]) -> dict[str, str]:
    return {name: base64.b64encode(value.encode()).decode() for name, value in entries.items()}


@pytest.fixture
def cluster(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Cluster]:
    made = Cluster()
    monkeypatch.setattr("getpass.getuser", lambda: "jane")
    with answering(made.answer) as server:
        monkeypatch.setenv("KUBECONFIG", str(write_kubeconfig(tmp_path / "kubeconfig", server.url, {})))
        yield made


@pytest.fixture
def piped(monkeypatch: pytest.MonkeyPatch, aideator: Shell) -> Shell:
    """Calls with the key in a pipe."""

    def call(*words: str, value: str | bytes = KEY + "\n") -> Said:
        data = value if isinstance(value, bytes) else value.encode()
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))
        return aideator(*words)

    return call


def test_a_key_is_stored_in_a_secret_of_your_own_which_runs_use(piped: Shell, cluster: Cluster) -> None:
    said = piped("secret", "set", "OPENAI_API_KEY")
    assert (said.code, said.out) == (0, "")
    assert said.err == "stored OPENAI_API_KEY in Secret aideator-keys-jane in fake/team\n"
    assert cluster.value("aideator-keys-jane", "OPENAI_API_KEY") == KEY
    assert piped("secret", "set", "OPENAI_API_KEY", value="sk-another").err.startswith("replaced OPENAI_API_KEY in ")
    assert cluster.value("aideator-keys-jane", "OPENAI_API_KEY") == "sk-another"
    piped("secret", "set", "GIT_TOKEN", value="ghp_token")
    assert list(cluster.secrets["aideator-keys-jane"]["data"]) == ["OPENAI_API_KEY", "GIT_TOKEN"]


def test_programs_read_what_became_of_a_key_and_never_its_value(piped: Shell, cluster: Cluster) -> None:
    place = {"name": "OPENAI_API_KEY", "place": "Secret aideator-keys-jane in fake/team"}
    for replaced in (False, True):
        said = piped("secret", "set", "OPENAI_API_KEY", "--json")
        assert json.loads(said.out) == {"kind": "stored", **place, "replaced": replaced}
        assert said.err == ""
    assert json.loads(piped("secret", "delete", "OPENAI_API_KEY", "--json").out) == {"kind": "forgotten", **place}
    assert cluster.secrets == {}


def test_a_secret_of_your_own_never_hides_the_shared_one_unless_you_say_so(piped: Shell, cluster: Cluster) -> None:
    cluster.add("aideator-keys", ANTHROPIC_API_KEY="sk-ant")
    said = piped("secret", "set", "GIT_TOKEN", value="ghp_token")
    assert said.code == ExitCode.USAGE
    assert "a new Secret aideator-keys-jane would hide ANTHROPIC_API_KEY of aideator-keys" in said.err
    assert "--shared" in said.err
    assert list(cluster.secrets) == ["aideator-keys"]
    assert piped("secret", "set", "GIT_TOKEN", "--shared", value="ghp_token").code == 0
    assert cluster.value("aideator-keys", "GIT_TOKEN") == "ghp_token"
    assert piped("secret", "set", "GIT_TOKEN", "--secret", "aideator-keys-jane", value="ghp_token").code == 0
    assert cluster.value("aideator-keys-jane", "GIT_TOKEN") == "ghp_token"


@pytest.mark.parametrize(
    "words",
    [("OPENAI_API_KEY", KEY), (f"OPENAI_API_KEY={KEY}",), ("OPENAI_API_KEY", "=", KEY), (KEY,), ("openai_api_key",)],
)
def test_a_key_in_the_command_line_is_refused_and_not_repeated(
    piped: Shell, cluster: Cluster, words: tuple[str, ...]
) -> None:
    said = piped("secret", "set", *words)
    assert said.code == ExitCode.USAGE
    assert KEY not in said.err
    assert "change" in said.err
    assert not cluster.secrets


def test_at_a_terminal_the_key_is_asked_for_without_an_echo(
    aideator: Shell, cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    monkeypatch.setattr(terminal, "hidden", lambda question: f"{KEY} " if question == "OPENAI_API_KEY: " else "")
    assert aideator("secret", "set", "OPENAI_API_KEY").code == 0
    assert cluster.value("aideator-keys-jane", "OPENAI_API_KEY") == KEY


def test_a_file_may_hold_the_key(aideator: Shell, cluster: Cluster, tmp_path: Path) -> None:
    (tmp_path / "key").write_text(f"{KEY}\n")
    assert aideator("secret", "set", "OPENAI_API_KEY", "--file", str(tmp_path / "key")).code == 0
    assert cluster.value("aideator-keys-jane", "OPENAI_API_KEY") == KEY
    said = aideator("secret", "set", "OPENAI_API_KEY", "--file", str(tmp_path / "absent"))
    assert said.code == ExitCode.NOT_FOUND


@pytest.mark.parametrize(
    ("value", "why"),
    [
        (b" \n", "is empty"),
        (b"\xff\xfe", "is not text"),
        (b"sk-1\nsk-2", "holds a line break"),
        ("sk-\u00fc".encode(), "a character that no key has"),
        (b"sk-\x1b[2J", "holds a line break, or a character"),
        (b"OPENAI_API_KEY=sk-1", "the value begins with OPENAI_API_KEY="),
        (b"k" * 40_000, "is larger than 32 KiB"),
    ],
)
def test_what_cannot_be_a_key_is_refused(piped: Shell, cluster: Cluster, value: bytes, why: str) -> None:
    said = piped("secret", "set", "OPENAI_API_KEY", value=value)
    assert said.code == ExitCode.USAGE
    assert why in said.err
    assert not cluster.secrets


def test_a_name_that_no_provider_reads_is_stored_with_a_warning(piped: Shell, cluster: Cluster) -> None:
    said = piped("secret", "set", "OPENAI_APIKEY")
    assert said.code == 0
    assert "warning: no provider that AIdeator knows reads OPENAI_APIKEY; did you mean OPENAI_API_KEY" in said.err
    assert piped("secret", "set", "OPENAI_API_KEY").err.count("warning") == 0
    assert len(cluster.secrets["aideator-keys-jane"]["data"]) == 2


def test_the_list_shows_no_value(aideator: Shell, cluster: Cluster) -> None:
    assert aideator("secret", "list").err == "no keys yet: aideator secret set NAME\n"
    named = aideator("secret", "list", "--secret", "ours")
    assert named.err == "no keys yet: aideator secret set NAME --secret ours\n"
    cluster.add("aideator-keys-jane", OPENAI_API_KEY=KEY, GIT_TOKEN="short")
    cluster.add("aideator-keys", ANTHROPIC_API_KEY="sk-ant-0123456789abcdef-XY12")
    said = aideator("secret", "list")
    assert said.out.splitlines() == [
        "Secret aideator-keys-jane in fake/team",
        "  GIT_TOKEN        5 characters",
        "  OPENAI_API_KEY  33 characters  …tail",
        "Secret aideator-keys in fake/team (runs use the one above)",
        "  ANTHROPIC_API_KEY  28 characters  …XY12",
    ]
    records = [json.loads(line) for line in aideator("secret", "list", "--json").out.splitlines()]
    assert records[1] == {
        "kind": "key", "name": "OPENAI_API_KEY", "length": 33, "tail": "tail",
        "place": "Secret aideator-keys-jane in fake/team", "used": True,
    }  # fmt: skip
    assert [record["used"] for record in records] == [True, True, False]


def test_a_namespace_that_does_not_exist_is_said(aideator: Shell, cluster: Cluster) -> None:
    message = 'namespaces "team" not found'
    cluster.namespace = (404, {"reason": "NotFound", "message": message, "details": {"kind": "namespaces"}})
    said = aideator("secret", "list")
    assert said.code == ExitCode.NOT_FOUND
    assert "namespace team does not exist" in said.err


def test_a_key_is_deleted_and_with_the_last_one_a_secret_that_aideator_made(aideator: Shell, cluster: Cluster) -> None:
    cluster.add("aideator-keys", ours=False, OPENAI_API_KEY=KEY)
    cluster.add("aideator-keys-jane", ours=True, GIT_TOKEN="t", OPENAI_API_KEY=KEY)
    assert (
        aideator("secret", "delete", "GIT_TOKEN").err
        == "deleted GIT_TOKEN from Secret aideator-keys-jane in fake/team\n"
    )
    assert aideator("secret", "delete", "OPENAI_API_KEY").code == 0
    assert list(cluster.secrets) == ["aideator-keys"]
    assert aideator("secret", "delete", "OPENAI_API_KEY", "--shared").code == 0
    assert cluster.secrets["aideator-keys"]["data"] == {}
    said = aideator("secret", "delete", "OPENAI_API_KEY")
    assert said.code == ExitCode.NOT_FOUND
    assert "has no OPENAI_API_KEY" in said.err


def test_a_user_who_may_not_read_secrets_names_the_one_to_write(piped: Shell, cluster: Cluster) -> None:
    cluster.hidden = ("aideator-keys", "aideator-keys-jane")
    said = piped("secret", "set", "OPENAI_API_KEY")
    assert said.code == ExitCode.REFUSED
    assert "may not get secrets" in said.err
    assert piped("secret", "set", "OPENAI_API_KEY", "--shared").code == 0
    assert cluster.value("aideator-keys", "OPENAI_API_KEY") == KEY


def test_a_user_who_may_read_only_the_shared_secret_uses_that(piped: Shell, cluster: Cluster) -> None:
    cluster.hidden = ("aideator-keys-jane",)
    assert "stored OPENAI_API_KEY in Secret aideator-keys in" in piped("secret", "set", "OPENAI_API_KEY").err
    assert piped("secret", "list").out.splitlines()[0] == "Secret aideator-keys in fake/team"
    assert piped("secret", "delete", "OPENAI_API_KEY").code == 0
    assert not cluster.secrets


def test_this_machine_keeps_keys_in_its_keyring(piped: Shell, home: Path, memory_keyring: MemoryKeyring) -> None:
    assert piped("secret", "set", "OPENAI_API_KEY").err == "stored OPENAI_API_KEY in this machine's keyring\n"
    piped("secret", "set", "GIT_TOKEN", value="ghp_token")
    assert memory_keyring.entries["aideator", "OPENAI_API_KEY"] == KEY
    assert piped("secret", "list").out.splitlines()[1:] == [
        "  GIT_TOKEN        9 characters", "  OPENAI_API_KEY  33 characters  …tail"
    ]  # fmt: skip
    assert piped("secret", "delete", "OPENAI_API_KEY").err == "deleted OPENAI_API_KEY from this machine's keyring\n"
    assert piped("secret", "delete", "OPENAI_API_KEY").code == ExitCode.NOT_FOUND
    assert piped("secret", "delete", "GIT_TOKEN").code == 0
    assert memory_keyring.entries == {}
    assert not home.exists()


def test_an_agent_on_this_machine_takes_its_key_from_the_keyring_unless_the_environment_has_one(
    memory_keyring: MemoryKeyring, aideator: Shell, openai_server: OpenAIServers, tmp_path: Path
) -> None:
    memory_keyring.entries["aideator", "OPENAI_API_KEY"] = KEY
    repository = LocalRepository(tmp_path / "project")
    repository.commit({"a.py": "x = 1\n"})
    server = openai_server({"m": [{"calls": [{"tool": "submit", "arguments": {"summary": "Done."}}]}]}, key=KEY)
    words = ("--model", "openai/m", "--api-base", server.url, "-n", "1", "--backend", "local", "--allow-local-shell")
    said = aideator("run", str(repository.path), "Do it.", *words, "--json")
    assert json.loads(said.out.splitlines()[-1])["outcome"] == "no_changes"
    assert KEY not in said.out
    assert {asked.key for asked in server.requests} == {KEY}
    assert Settings({}).key("OPENAI_API_KEY") == KEY
    assert Settings({"OPENAI_API_KEY": "sk-env"}).key("OPENAI_API_KEY") == "sk-env"
    assert Settings({}).key("ANTHROPIC_API_KEY") is None


@pytest.mark.usefixtures("no_keyring")
def test_a_machine_without_a_keyring_says_so(piped: Shell) -> None:
    said = piped("secret", "set", "OPENAI_API_KEY")
    assert said.code == ExitCode.UNAVAILABLE
    assert "this machine has no keyring" in said.err
    assert "environment" in said.err
    assert Settings({}).key("OPENAI_API_KEY") is None


def test_a_machine_without_the_library_says_what_to_install(piped: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("aideator_cli.system.keyring.find_spec", lambda _name: None)
    said = piped("secret", "set", "OPENAI_API_KEY")
    assert said.code == ExitCode.UNAVAILABLE
    assert adding("keyring") in said.err


@pytest.mark.parametrize("option", [("--secret", "x"), ("--shared",)])
def test_a_secret_is_no_matter_of_this_machine(piped: Shell, option: tuple[str, ...]) -> None:
    said = piped("secret", "set", "OPENAI_API_KEY", "--backend", "local", *option)
    assert said.code == ExitCode.USAGE
    assert option[0] in said.err


@pytest.mark.usefixtures("no_keyring")
def test_nobody_types_a_key_that_has_no_place(
    aideator: Shell, cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    monkeypatch.setattr(terminal, "hidden", asked.append)
    assert "this machine has no keyring" in aideator("secret", "set", "OPENAI_API_KEY", "--backend", "local").err
    cluster.add("aideator-keys", ANTHROPIC_API_KEY="sk-ant")
    assert "would hide" in aideator("secret", "set", "OPENAI_API_KEY").err
    assert asked == []
