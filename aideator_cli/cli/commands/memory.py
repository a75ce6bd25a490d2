"""`memory`: notes on a repository that agents get."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from aideator_cli.cli.commands import options

if TYPE_CHECKING:
    from aideator_cli.actions.here import Here
    from aideator_cli.actions.memory import Proposed
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
Reject = Annotated[
    list[str] | None,
    typer.Option("--reject", metavar="KEY", help="Don't propose this one again. Repeatable.", show_default=False),
]


def list_notes(repo: Repo = ".", every: All = False, json: options.Json = False) -> int:
    """List the notes on a repository, which its agents get."""
    from aideator_cli.actions import memory
    from aideator_cli.cli import invocation, terminal

    found = memory.every(invocation.here(), None if every else repo)
    if json:
        terminal.write_json(*map(_record, found))
        return 0
    from aideator_cli.views.text.memories import show_memories

    show_memories(terminal.screen(), found, places=every)
    if not found:
        terminal.say(f"there are no notes; {invocation.command('memory', 'review')} shows what runs suggest")
    return 0


def add(text: Text, repo: ForRepo = ".", json: options.Json = False) -> int:
    """Write a note on a repository, which its agents get from then on."""
    from aideator_cli.actions import memory
    from aideator_cli.cli import invocation, terminal
    from aideator_cli.cli.prompt import read_prompt

    note = memory.add(invocation.here(), repo, read_prompt(text) or "")
    if json:
        terminal.write_json(_record(note))
    else:
        terminal.say(f"note {note.id} on {note.repository}")
    return 0


def forget(numbers: Numbers, json: options.Json = False) -> int:
    """Delete notes."""
    from aideator_cli.actions import memory
    from aideator_cli.cli import invocation, terminal

    gone = memory.forget(invocation.here(), numbers)
    if json:
        terminal.write_json(*({"kind": "forgotten_memory", "note": number} for number in gone))
    else:
        terminal.say(f"forgot {', '.join(map(str, gone))}")
    return 0


def export(repo: Repo = ".", every: All = False, json: options.Json = False) -> int:
    """Print the notes on a repository as Markdown, for its AGENTS.md."""
    from aideator_cli.actions import memory
    from aideator_cli.cli import invocation, terminal

    found = memory.every(invocation.here(), None if every else repo)
    if json:
        terminal.write_json(*map(_record, found))
        return 0
    from aideator_cli.views.text.memories import show_markdown

    show_markdown(terminal.screen(), found)
    return 0


def review(repo: Repo = ".", reject: Reject = None, json: options.Json = False) -> int:
    """Decide which notes to keep of what runs have shown. Only you can accept one, at a terminal."""
    from aideator_cli.actions import memory
    from aideator_cli.cli import invocation, terminal

    here = invocation.here()
    found = memory.proposed(here, repo)
    if reject:
        for each in memory.chosen(found.proposals, reject):
            memory.reject(here, found.repository, each)
        found = memory.proposed(here, repo)
    if json:
        terminal.write_json(*(_proposal(found.repository, each) for each in found.proposals))
        return 0
    if not found.proposals:
        terminal.say(f"no run suggests a note on {found.repository}")
        return 0
    return _ask(here, found) if terminal.is_asked() and not reject else _list(found)


def _list(found: "Proposed") -> int:
    from aideator_cli.cli import terminal
    from aideator_cli.views.text.memories import show_proposal

    for each in found.proposals:
        show_proposal(terminal.screen(), each)
    terminal.say("only a person at a terminal can accept a note; --reject KEY leaves one out for good")
    return 0


def _ask(here: "Here", found: "Proposed") -> int:
    from aideator_cli.actions import memory
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
            terminal.say(f"note {memory.accept(here, found.repository, each).id} is kept")
        elif said in ("e", "edit"):
            _edited(here, found.repository, each)
        elif said == "y":
            terminal.say("left for later: what is marked with ! is kept only if you type yes")
        elif said not in ("l", "later"):
            memory.reject(here, found.repository, each)
    return 0


def _edited(here: "Here", repository: str, proposal: "Proposal") -> None:
    from aideator_cli.actions import memory
    from aideator_cli.cli import terminal

    if text := terminal.answer("The note in your words (empty: leave it for later):"):
        terminal.say(f"note {memory.accept(here, repository, proposal, text).id} is kept")


def _record(note: "Memory") -> dict[str, Any]:
    return {
        "kind": "memory", "note": note.id, "repository": note.repository, "text": note.text, "source": note.source, "run": note.run,
        "created": note.created,
    }  # fmt: skip


def _proposal(repository: str, each: "Proposal") -> dict[str, Any]:
    return {
        "kind": "proposal", "key": each.key, "repository": repository, "text": each.text, "source": each.source, "run": each.run,
        "warnings": list(each.warnings),
    }  # fmt: skip
