"""`token`: an operator gives tokens to users of the server, sees them without their secrets, and takes them back."""

import json
import sqlite3
from pathlib import Path

import pytest

from aideator_cli.errors import ExitCode
from aideator_cli.store import Store
from aideator_cli.store.serving import ServerStore
from tests.cli.conftest import Shell


def test_a_token_is_printed_once_and_counts_until_it_is_revoked(aideator: Shell, home: Path) -> None:
    made = aideator("token", "create", "my laptop", "--user", "ana", "--expires", "90d")
    secret = made.out.strip()
    assert (made.code, made.out) == (0, f"{secret}\n")
    token = ServerStore.of(Store.open(home)).token(secret)
    assert token is not None
    assert made.err == f"token {token.id} of ana; nobody can show it again:\n"
    assert token.scopes == {"read", "run"}

    shown = aideator("token", "list")
    assert shown.out.splitlines()[0].split() == ["id", "user", "scopes", "created", "expires", "last", "used", "for"]
    assert f"{token.id}  ana   read run" in shown.out
    assert "my laptop" in shown.out
    (told,) = [json.loads(line) for line in aideator("token", "list", "--json").out.splitlines()]
    assert (told["kind"], told["id"], told["scopes"], told["revoked"]) == ("token", token.id, ["read", "run"], None)
    with sqlite3.connect(home / "aideator.db") as file:
        assert secret not in "\n".join(file.iterdump())

    assert aideator("token", "revoke", token.id).err == f"revoked {token.id} of ana (my laptop)\n"
    assert ServerStore.of(Store.open(home)).token(secret) is None
    assert "revoked" in aideator("token", "list", "--user", "ana").out
    assert aideator("token", "list", "--user", "bo").err == "no tokens yet: aideator token create NAME\n"
    assert [deed.action for deed in ServerStore.of(Store.open(home)).deeds()] == ["token revoke", "token create"]


def test_scopes_are_what_was_asked_for(aideator: Shell) -> None:
    told = json.loads(aideator("token", "create", "ops", "--scope", "admin", "--scope", "run", "--json").out)
    assert told["scopes"] == ["read", "run", "admin"], "who may change runs sees them"
    assert told["secret"].startswith("aid_")
    assert json.loads(aideator("token", "create", "board", "--scope", "read", "--json").out)["scopes"] == ["read"]


@pytest.mark.parametrize(
    ("words", "code", "error"),
    [
        (["create", "x", "--scope", "root"], ExitCode.USAGE, "--scope takes read, run or admin, not root"),
        (["create", "x", "--user", "a b"], ExitCode.USAGE, "'a b' can't be a user's name"),
        (["create", " "], ExitCode.USAGE, "a token's name has 1 to 100 characters"),
        (["create", "a\nb"], ExitCode.USAGE, "a token's name has 1 to 100 characters"),
        (["create", "x", "--expires", "soon"], ExitCode.USAGE, "--expires takes a time such as"),
        (["create", "x", "--expires", "0"], ExitCode.USAGE, "a token counts for more than 0 s"),
        (["revoke", "nosuch"], ExitCode.NOT_FOUND, "there is no token nosuch"),
    ],
)
def test_bad_input_is_told_in_a_line(aideator: Shell, words: list[str], code: ExitCode, error: str) -> None:
    said = aideator("token", *words)
    assert (said.code, said.out) == (code, "")
    assert said.err.startswith(f"error: {error}")


def test_the_schema_goes_down_only_if_you_agree(aideator: Shell) -> None:
    assert aideator("database", "migrate").code == ExitCode.NOT_FOUND
    aideator("token", "create", "x")
    refused = aideator("database", "migrate", "--to", "12")
    assert refused.code == ExitCode.USAGE
    assert "deletes what later versions have stored" in refused.err
    assert aideator("token", "list").out
    done = aideator("database", "migrate", "--to", "12", "--yes")
    assert (done.code, done.out) == (0, "")
    assert done.err.endswith(" to 12\n")
    assert f"to {aideator('database', 'migrate').err.split()[-1]}\n" != "to 12\n"
    assert aideator("token", "list").err.startswith("no tokens yet"), "the way down has deleted them"
    assert "knows no schema 99" in aideator("database", "migrate", "--to", "99").err
