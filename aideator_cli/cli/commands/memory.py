"""`memory`: notes on a repository that agents get."""

from typing import TYPE_CHECKING, Annotated

import typer

from aideator_cli.cli.commands import options

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aideator_cli.actions.memory import Proposed
    from aideator_cli.actions.notebooks import Notebook
    from aideator_cli.domain.memory import Memory, Proposal

Repo = Annotated[str, typer.Argument(metavar="[REPO]", help="A git URL, or a path to a clone.", show_default=False)]
ForRepo = Annotated[
    str,
    typer.Option(
        "--repo", metavar="REPO", help="A git URL, or a path to a clone. Default: this folder.", show_default=False
    ),
]
Text = Annotated[
    str,
    typer.Argument(
        metavar="TEXT", help="The note, at most 1,000 characters. - reads it from standard input.", show_default=False
    ),
]
Numbers = Annotated[
    list[int], typer.Argument(metavar="NUMBER...", help="The notes' numbers, as `list` shows them.", show_default=False)
]
All = Annotated[bool, typer.Option("--all", help="Those of all repositories.")]
NoServer = Annotated[
    bool, typer.Option("--no-server", help="The notes of this machine, even if a server is configured.")
]
Reject = Annotated[
    list[str] | None,
    typer.Option("--reject", metavar="KEY", help="Don't propose this one again. Repeatable.", show_default=False),
]


def list_notes(
    repo: Repo = ".",
    every: All = False,
    server: options.Server = None,
    no_server: NoServer = False,
    json: options.Json = False,
) -> int:
    """List the notes on a repository, which its agents get."""
    from aideator_cli.cli import invocation, terminal

    found = _notebook(server, no_server=no_server).every(None if every else repo)
    if json:
        _write(found)
        return 0
    from aideator_cli.views.text.memories import show_memories

    show_memories(terminal.screen(), found, places=every)
    if not found:
        terminal.say(f"there are no notes; {invocation.command('memory', 'review')} shows what runs suggest")
    return 0


def add(
    text: Text,
    repo: ForRepo = ".",
    server: options.Server = None,
    no_server: NoServer = False,
    json: options.Json = False,
) -> int:
    """Write a note on a repository, which its agents get from then on."""
    from aideator_cli.cli import terminal
    from aideator_cli.cli.prompt import read_prompt

    note = _notebook(server, no_server=no_server).add(repo, read_prompt(text) or "")
    if json:
        _write([note])
    else:
        terminal.say(f"note {note.id} on {note.repository}")
    return 0


def forget(
    numbers: Numbers, server: options.Server = None, no_server: NoServer = False, json: options.Json = False
) -> int:
    """Delete notes."""
    from aideator_cli.cli import terminal

    gone = _notebook(server, no_server=no_server).forget(numbers)
    if json:
        terminal.write_json(*({"kind": "forgotten_memory", "note": number} for number in gone))
    else:
        terminal.say(f"forgot {', '.join(map(str, gone))}")
    return 0


def export(
    repo: Repo = ".",
    every: All = False,
    server: options.Server = None,
    no_server: NoServer = False,
    json: options.Json = False,
) -> int:
    """Print the notes on a repository as Markdown, for its AGENTS.md."""
    from aideator_cli.cli import terminal

    found = _notebook(server, no_server=no_server).every(None if every else repo)
    if json:
        _write(found)
        return 0
    from aideator_cli.views.text.memories import show_markdown

    show_markdown(terminal.screen(), found)
    return 0


def review(
    repo: Repo = ".",
    reject: Reject = None,
    server: options.Server = None,
    no_server: NoServer = False,
    json: options.Json = False,
) -> int:
    """Decide which notes to keep of what runs have shown. Only you can accept one, at a terminal."""
    from aideator_cli.actions import memory
    from aideator_cli.cli import terminal

    notebook = _notebook(server, no_server=no_server)
    found = notebook.proposed(repo)
    if reject:
        for each in memory.chosen(found.proposals, reject):
            notebook.reject(found.repository, each)
        found = notebook.proposed(repo)
    if json:
        from aideator_cli.views.json.means import proposal_record

        terminal.write_json(*(proposal_record(found.repository, each) for each in found.proposals))
        return 0
    if not found.proposals:
        terminal.say(f"no run suggests a note on {found.repository}")
        return 0
    return _ask(notebook, found) if terminal.is_asked() and not reject else _list(found)


def _list(found: "Proposed") -> int:
    from aideator_cli.cli import terminal
    from aideator_cli.views.text.memories import show_proposal

    for each in found.proposals:
        show_proposal(terminal.screen(), each)
    terminal.say("only a person at a terminal can accept a note; --reject KEY leaves one out for good")
    return 0


def _ask(notebook: "Notebook", found: "Proposed") -> int:
    from aideator_cli.cli import terminal
    from aideator_cli.views.text.memories import show_proposal

    for number, each in enumerate(found.proposals, 1):
        screen = terminal.screen()
        show_proposal(screen, each)
        screen.out.flush()
        yes = "yes in full" if each.warnings else "[y]es"
        said = terminal.answer(f"{number} of {len(found.proposals)}: keep it? {yes}, [N]o, [e]dit, [l]ater, [q]uit")
        if said is None or (said := said.lower()) in ("q", "quit"):
            return 0
        if said == "yes" or (said == "y" and not each.warnings):
            terminal.say(f"note {notebook.accept(found.repository, each).id} is kept")
        elif said in ("e", "edit"):
            _edited(notebook, found.repository, each)
        elif said == "y":
            terminal.say("left for later: what is marked with ! is kept only if you type yes")
        elif said not in ("l", "later"):
            notebook.reject(found.repository, each)
    return 0


def _edited(notebook: "Notebook", repository: str, proposal: "Proposal") -> None:
    from aideator_cli.cli import terminal

    if text := terminal.answer("The note in your words (empty: leave it for later):"):
        terminal.say(f"note {notebook.accept(repository, proposal, text).id} is kept")


def _notebook(server: str | None, *, no_server: bool) -> "Notebook":
    from aideator_cli.actions.here import Here
    from aideator_cli.actions.notebooks import notebook_of
    from aideator_cli.cli import invocation
    from aideator_cli.errors import usage
    from aideator_cli.system.settings import Choice

    if not no_server:
        return notebook_of(invocation.here(server))
    if server is not None:
        raise usage("--server and --no-server can't be combined", hint="leave out one of them")
    return notebook_of(Here(invocation.settings(Choice(without=frozenset({"server"})))))


def _write(notes: "Sequence[Memory]") -> None:
    from aideator_cli.cli import terminal
    from aideator_cli.views.json.means import memory_record

    terminal.write_json(*map(memory_record, notes))
