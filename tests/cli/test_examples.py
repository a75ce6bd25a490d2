"""The examples in the help can be typed as they stand."""

import shlex
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
import typer
from typer.core import TyperGroup

from aideator_cli.cli.commands import COMMANDS, app
from aideator_cli.cli.examples import EXAMPLES
from aideator_cli.errors import ExitCode
from tests.backends.kubernetes.api_server import write_kubeconfig
from tests.cli.conftest import Shell

# What needs a cluster, a container tool, a keyring, an editor, an agent at work, a forge or minutes, or has no end, is parsed alone
PARSED = {"tell", "cancel", "secret set", "secret list", "secret delete", "image build", "image push", "image load"}
PARSED |= {
    "token revoke",
    "webhook add",
    "webhook rotate",
    "webhook remove",
    "webhook test",
    "webhook resend",
    "database migrate",
    "pr",
    "review",
    "doctor",
    "demo",
    "serve",
    "login",
    "logout",
    "mcp",
    "config edit",
    "config migrate",
    "judge",
}
ALONE = {
    "aideator trust ../todo --revoke",
    "aideator retry k3v9x2q",
    'aideator continue k3v9x2q "Write the docs, too." -n 2',
    "aideator merge k3v9x2q/1 k3v9x2q/2",
    "aideator undo -C ../todo",
    "aideator delete k3v9x2q --yes",
    "aideator man ~/.local/share/man/man1",
}  # the other example of the same command is executed
DRY = ("run", "ask")


def leaves(known: Mapping[str, object], before: str = "") -> Iterator[str]:
    for name, lazy in known.items():
        inner = getattr(lazy, "commands", None)
        yield from leaves(inner, f"{name} ") if inner else [before + name]


def words_of(example: str) -> list[str]:
    words = shlex.split(example)
    return words[words.index("aideator") + 1 :]


def test_every_command_has_two_examples_and_shows_them(aideator: Shell) -> None:
    assert sorted(EXAMPLES) == sorted(leaves(COMMANDS))
    for name, examples in EXAMPLES.items():
        assert all(" ".join(words_of(each)).startswith(name) for each in examples)
    out = aideator("diff", "--help").out
    assert out.endswith("Examples:\n  aideator diff k3v9x2q/1\n  aideator diff k3v9x2q/1 k3v9x2q/2\n")


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_is_understood(name: str) -> None:
    for example in EXAMPLES[name]:
        group: object = typer.main.get_command(app)
        words = words_of(example)
        assert isinstance(group, TyperGroup)
        with typer.Context(group, info_name="aideator") as context:
            while isinstance(group, TyperGroup):
                _, group, words = group.resolve_command(context, words)
            assert group is not None
            group.make_context("x", words, parent=context)  # type: ignore[attr-defined]


def test_the_examples_do_what_they_say(
    aideator: Shell, world: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    failed = []
    order = sorted(EXAMPLES, key=lambda name: (name == "delete", name == "undo"))
    for name in order:
        for example in EXAMPLES[name]:
            if name in PARSED or example in ALONE:
                continue
            words = [
                word.replace("k3v9x2q", world).replace("https://github.com/you/project", f"file://{tmp_path}/todo")
                for word in words_of(example)
            ]
            if name in DRY:
                monkeypatch.setenv(
                    "KUBECONFIG", str(write_kubeconfig(tmp_path / "kubeconfig", "https://127.0.0.1:1", {}))
                )
                words += ["--dry-run", "--no-repository-file"]
            said = aideator(*words)
            monkeypatch.setenv("KUBECONFIG", str(tmp_path / "none"))
            if said.code:
                failed.append((example, ExitCode(said.code).name, said.err))
    assert failed == []
