"""`--json` of every command that has it prints lines of the kinds that docs/json.md names, each as its schema says.

The fixture `aideator` compares each line with its schema.
"""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pytest
import typer
from typer.core import TyperGroup

from aideator_cli.cli.commands import COMMANDS, app
from aideator_cli.views.json.kinds import LINES
from tests.cli.conftest import Shell
from tests.cli.test_examples import leaves
from tests.fixtures.schemas import parsed

ENDS = {"event", "observation", "result"}
# What is typed after the command, and the kinds of lines that it prints
CALLS: Mapping[str, Sequence[tuple[str, set[str]]]] = {
    "run": [("{repo} Fix --backend local --select auto --apply --branch fixed", {*ENDS, "selection", "applied"}),
            ("{repo} Fix --backend local --detach", {"run"}), ("{repo} Fix --backend local --estimate", {"estimate"})],
    "ask": [("{repo} Why? --backend local", ENDS)],
    "show": [("{run}", {"run"}), ("@last --answer 1", {"answer"})],
    "continue": [("{run}/1 More.", ENDS)],
    "merge": [("{run}/1 {run}/2", ENDS)],
    "watch": [("{run}", ENDS)],
    "wait": [("{run}", {"result"})],
    "list": [("", {"run"})],
    "logs": [("{run}", {None})],
    "diff": [("{run}/1", {"patch"}), ("{run}/1 {run}/2", {"difference"})],
    "compare": [("{run} --by model", {"comparison"}), ("{run} --cross-tests", {"comparison"})],
    "apply": [("{run}/1 --check", {"applied"}), ("{run}/1", {"applied"})],
    "select": [("{run} 1", {"selection"}), ("{run} --auto", {"selection"})],
    "undo": [("", {"undone"})],
    "export": [("{run} exported-here", {"exported"})],
    "report": [("{run} -o page.html", {"reported"})],
    "push": [("{run} origin", {"pushed"})],
    "retry": [("{run}/1 --force", ENDS)],
    "stats": [("--by role", {"stats"})],
    "rename": [("{run} fix.it", {"name"})],
    "note": [("{run} Good.", {"note"})],
    "tag": [("{run} keep", {"tags"})],
    "du": [("", {"held", "du", "stray"})],
    "cancel": [("{run}", {"cancelled"})],
    "prune": [("--keep 0", {"pruned"})],
    "delete": [("@last --yes", {"deleted"})],
    "agents": [("", {"agent"})],
    "config get": [("model", {"setting"})],
    "config show": [("--all", {"setting"})],
    "trust": [("--revoke", {"trust"})],
    "roles list": [("", {"role"})],
    "roles show": [("qa", {"role"})],
    "roles new": [("reviewer", {"role"})],
    "memory add": [("Note.", {"memory"})],
    "memory list": [("", {"memory"})],
    "memory export": [("--all", {"memory"})],
    "memory review": [("", {"proposal"})],
    "memory forget": [("1", {"forgotten_memory"})],
    "teams list": [("", {"team_file"})],
    "teams show": [("feature", {"team_file"})],
    "teams new": [("release", {"team_file"})],
    "teams check": [("bugfix", {"team_file"})],
    "models": [("claude-sonnet-4-5", {"model"}), ("--why {run}", {"route"})],
    "version": [("", {"version"})],
}  # fmt: skip
# Each has tests of its own, whose lines are compared with the schemas, too: a keyring, a provider, a live agent, programs that build images
ELSEWHERE = {
    *("pr", "review", "token create", "token list", "judge", "tell", "doctor"),
    *("webhook add", "webhook list", "webhook rotate", "webhook test", "webhook dead"),
    *("secret set", "secret list", "secret delete", "image build", "image push", "image load"),
}


def with_json() -> Iterator[str]:
    for name in leaves(COMMANDS):
        group: object = typer.main.get_command(app)
        assert isinstance(group, TyperGroup)
        with typer.Context(group, info_name="aideator") as context:
            words = name.split()
            while isinstance(group, TyperGroup):
                _, group, words = group.resolve_command(context, words)
            if "--json" in {word for param in group.params for word in param.opts}:  # type: ignore[attr-defined]
                yield name


def test_every_command_that_takes_json_is_tried() -> None:
    assert {*with_json()} == CALLS.keys() | ELSEWHERE


def test_each_line_is_of_a_kind_that_the_command_has(
    aideator: Shell, world: str, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-" + "x" * 30)
    (home / "runs" / "strayed1").mkdir(parents=True)
    (tmp_path / "todo" / ".aideator.toml").unlink()  # nobody has trusted it
    printed: set[str] = set()
    wrong = []
    for name, calls in CALLS.items():
        for typed, kinds in calls:
            words = [word.format(run=world, repo=tmp_path / "todo") for word in typed.split()]
            said = aideator(*name.split(), *words, "--json")
            found = {line.get("kind") for line in parsed(said.out)}
            if said.code or not kinds - {"observation"} <= found <= kinds:
                wrong.append((name, typed, said.code, found, said.err))
            printed |= found
    assert wrong == []
    elsewhere = {
        "judgement",
        "places",
        "told",
        "finding",
        "doctor",
        "key",
        "stored",
        "forgotten",
        "image",
        "check",
        "sent",
        "observation",
        "pull",
        "pull_plan",
        "review",
        "token",
        "team",
        "team_begun",
        "dry_run",  # of servers alone
        "listed_team",
        "team_message",
        "webhook",
        "tested",
        "dead_message",
    }
    assert LINES.keys() <= printed | elsewhere
