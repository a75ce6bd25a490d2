"""Start-up is a feature: help and lists load nothing heavy."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
import typer
from typer.core import TyperGroup

from aideator_agent.spec import Repository, RunSpec, VariationSpec
from aideator_cli.cli.commands import COMMANDS, app
from aideator_cli.domain.result import Result
from aideator_cli.domain.runs import Place
from aideator_cli.store import Store
from tests.backends.kubernetes.api_server import Handler, answering, write_kubeconfig
from tests.fixtures.repositories import LocalRepository

DRAWING = ("rich", "pygments", "aideator_cli.views.panes", "aideator_cli.views.html")
SERVING = ("aideator_cli.server", "fastapi", "starlette", "uvicorn", "pydantic", "psycopg", "authlib", "mcp")
HEAVY = ("kubernetes", "textual", "litellm", *SERVING)
PROGRAM = "import sys; from aideator_cli.main import main; main({words}); print(*sorted(set({heavy}) & set(sys.modules)), file=sys.stderr)"


def loaded(words: list[str], heavy: tuple[str, ...], home: Path, **environment: str) -> str:
    program = PROGRAM.format(words=words, heavy=heavy)
    environment |= {"AIDEATOR_HOME": str(home), "PATH": "/usr/bin:/bin"}
    return subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, env=environment, check=True
    ).stderr.splitlines()[-1]


@pytest.mark.parametrize("words", [["--help"], ["run", "--help"], ["version"]])
def test_help_loads_nothing_heavy_and_no_store(words: list[str], tmp_path: Path) -> None:
    assert loaded(words, (*HEAVY, "psycopg", "sqlite_utils", "jinja2", "rich", "yaml"), tmp_path) == ""


@pytest.mark.parametrize("words", [["show", ""], ["run", "--mo"], ["run", "--model", "gp"]])
def test_completing_loads_nothing_that_a_command_works_with(words: list[str], tmp_path: Path) -> None:
    store = Store.open(tmp_path)
    store.add_run(ended(), Place("local", "this machine"), state="ended")
    store.close()
    ours = tuple(f"aideator_cli.{room}" for room in ("backends", "stream", "workspace", "choice", "views", "actions"))
    assert (
        loaded(["__complete", *words], (*HEAVY, *DRAWING, *ours, "psycopg", "sqlite_utils", "jinja2", "yaml"), tmp_path)
        == ""
    )


def test_what_serves_http_is_loaded_by_no_other_command(tmp_path: Path) -> None:
    modules = "; ".join(f"import aideator_cli.cli.commands.{lazy.module}" for lazy in COMMANDS.values())
    found = f"import sys; print(sorted(set({SERVING}) & set(sys.modules)))"
    importing = f"{modules}; import aideator_cli.api, aideator_cli.cli.first_contact; {found}"
    said = subprocess.run([sys.executable, "-c", importing], capture_output=True, text=True, check=True, cwd=tmp_path)
    assert said.stdout == "[]\n"
    assert loaded(["demo", "--backend", "local"], SERVING, tmp_path) == ""


def test_help_loads_no_command_and_a_command_no_other(tmp_path: Path) -> None:
    modules = tuple(f"aideator_cli.cli.commands.{lazy.module}" for lazy in COMMANDS.values())
    assert loaded(["--help"], modules, tmp_path) == ""
    assert loaded(["stats", "--help"], modules, tmp_path) == "aideator_cli.cli.commands.stats"


@pytest.mark.parametrize("name", COMMANDS)
def test_what_help_says_of_a_command_is_what_the_command_says(name: str) -> None:
    group = typer.main.get_command(app)
    assert isinstance(group, TyperGroup)
    with typer.Context(group) as context:
        listed = group.get_command(context, name)
        _, command, _ = group.resolve_command(context, [name])
    assert listed is not None
    assert command is not None
    assert (listed.name, command.name) == (name, name)
    assert (listed.hidden, listed.deprecated) == (command.hidden, command.deprecated)
    for cells in range(10, 120):
        assert listed.get_short_help_str(cells) == command.get_short_help_str(cells)


def test_what_help_says_of_a_command_in_a_group_is_what_that_command_says() -> None:
    group = typer.main.get_command(app)
    assert isinstance(group, TyperGroup)
    for name in [name for name, lazy in COMMANDS.items() if lazy.commands]:
        with typer.Context(group) as context:
            _, inner, _ = group.resolve_command(context, [name])
        assert isinstance(inner, TyperGroup)
        for word in inner.commands:
            with typer.Context(inner) as context:
                listed = inner.get_command(context, word)
                _, command, _ = inner.resolve_command(context, [word])
            assert listed is not None
            assert command is not None
            assert listed.get_short_help_str(110) == command.get_short_help_str(110)


def ended() -> RunSpec:
    return RunSpec("k3v9x2q", "uuid", "2026-01-01T00:00:00Z", Repository("/todo"), "Fix it.", (VariationSpec(1, "m"),))


@pytest.mark.parametrize("words", [["list"], ["show"]])
def test_a_run_that_has_ended_is_told_without_its_backend_and_without_drawing(words: list[str], tmp_path: Path) -> None:
    spec = ended()
    store = Store.open(tmp_path)
    store.add_run(spec, Place("local", "this machine"), state="ended")
    store.save_result(spec.id, Result(1, "m", "uid-1", "succeeded"))
    store.close()
    ours = tuple(f"aideator_cli.{room}" for room in ("backends", "stream", "workspace", "intake", "choice.judging"))
    assert (
        loaded(words, (*HEAVY, *DRAWING, *ours, "psycopg", "sqlite_utils", "jinja2", "yaml", "_hashlib"), tmp_path)
        == ""
    )


def test_a_detached_run_is_submitted_without_what_follows_compares_or_applies_one(tmp_path: Path) -> None:
    LocalRepository(tmp_path / "todo").commit({"parser.py": "pass\n"})
    (tmp_path / "script.yaml").write_text("- say: Nothing to do.\n")
    words = ["run", f"file://{tmp_path}/todo", "Fix it.", "--model", f"scripted/{tmp_path}/script.yaml", "--detach"]
    rooms = (
        "stream",
        "choice",
        "workspace",
        "actions.applying",
        "actions.attending",
        "views.wording",
        "intake.sending.packing",
    )
    ours = (*(f"aideator_cli.{room}" for room in rooms), "aideator_cli.backends.kubernetes.watching")
    with answering(accept) as server:
        config = write_kubeconfig(tmp_path / "kubeconfig", server.url, {"token": "t"})
        assert (
            loaded(words, (*HEAVY, *DRAWING, *ours, "aideator_agent.secret_forms"), tmp_path, KUBECONFIG=str(config))
            == ""
        )
    assert "POST /apis/batch/v1/namespaces/team/jobs" in server.requests


def accept(asked: Handler) -> None:
    """An API server that has nothing yet and accepts everything."""
    if asked.command == "POST":
        given = json.loads(asked.body)
        user = {"userInfo": {"username": "ada"}}
        asked.json(201, given | {"metadata": {**given.get("metadata", {}), "uid": "uid-1"}, "status": user})
    elif asked.path == "/version":
        asked.json(200, {"major": "1", "minor": "34", "gitVersion": "v1.34.4"})
    else:
        asked.json(200, {"items": []})


def test_an_agent_begins_without_what_reads_its_patch() -> None:
    assert agents_modules("attempting", ".signals.") == ["aideator_agent.signals.finding"]


def test_an_agent_begins_without_what_few_of_them_need() -> None:
    loaded = agents_modules("attempting", "")
    assert not {"aideator_agent.citing", "difflib", "platform", "tarfile", "traceback"} & {*loaded}


def test_an_agent_that_begins_again_without_its_keys_has_loaded_nothing_of_its_attempt() -> None:
    assert not {"aideator_agent.session", "aideator_agent.loop", "hashlib"} & {*agents_modules("__main__", "")}


def agents_modules(module: str, part: str) -> list[str]:
    """Those that this module of the agent loads, with this part in their names."""
    program = f"import sys, aideator_agent.{module}; print(*sorted(name for name in sys.modules if {part!r} in name))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return done.stdout.split()
