"""`pr`: a variation's patch becomes a pull request."""

from typing import TYPE_CHECKING, Annotated

import typer

from aideator_cli.cli.commands import options

if TYPE_CHECKING:
    from aideator_cli.actions.pulls import Proposal, Told

BRANCH, REQUEST = "The branch", "The pull request"

Remote = Annotated[
    str,
    typer.Option(
        "--remote",
        metavar="REMOTE",
        help="A remote of your clone on GitHub, GitLab or Gitea, or a git URL. Without a clone, origin is the run's repository.",
        rich_help_panel=BRANCH,
    ),
]


def pr(
    run: options.RunOrVariation,
    remote: Remote = "origin",
    branch: Annotated[
        str | None,
        typer.Option(
            "--branch",
            metavar="NAME",
            help="The branch to push. Default: aideator/RUN/N.",
            show_default=False,
            rich_help_panel=BRANCH,
        ),
    ] = None,
    base: Annotated[
        str | None,
        typer.Option(
            "--base",
            metavar="NAME",
            help="The branch to merge into. Default: the run's --ref if it is a branch, else the default branch.",
            show_default=False,
            rich_help_panel=REQUEST,
        ),
    ] = None,
    title: Annotated[
        str | None,
        typer.Option(
            "--title",
            metavar="TEXT",
            help="The title. Default: the first line of the commit's message.",
            show_default=False,
            rich_help_panel=REQUEST,
        ),
    ] = None,
    draft: Annotated[bool, typer.Option("--draft", help="Open it as a draft.", rich_help_panel=REQUEST)] = False,
    update: Annotated[
        bool,
        typer.Option(
            "--update",
            help="Update the pull request of this variation, or of the one that it continues, instead of opening another.",
            rich_help_panel=REQUEST,
        ),
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show the branch, the title and the text, and change nothing.")
    ] = False,
    folder: options.Folder = None,
    json: options.Json = False,
) -> int:
    """Push a patch as a branch, and open a pull or merge request.

    The comparison is its text. It goes through gh or glab if they are logged in at the forge, else with a token: GIT_TOKEN, or the
    forge's own variable.
    """
    from aideator_cli.actions.pulls import Asked, existing, proposal
    from aideator_cli.cli import invocation
    from aideator_cli.cli.naming import the_named

    asked = Asked(remote, branch, base, title, draft, update, folder)
    here = invocation.here()
    named = the_named(here, run)
    told = existing(here, named, asked)
    if told is None:
        with proposal(here, named, asked) as found:
            text = _text(found)
            if dry_run:
                return _show(found, text, json=json)
            told = found.send(text)
    return _tell(told, json=json)


def _text(found: "Proposal") -> str:
    from aideator_cli.actions.comparing import comparison_of
    from aideator_cli.views.text.pull_request import pull_request_text

    run = found.found.run
    comparison = comparison_of(run, found.here.store)
    return pull_request_text(run.spec, comparison, found.found.result.variation, found.closes, found.forge.most)


def _show(found: "Proposal", text: str, *, json: bool) -> int:
    from aideator_cli.cli import terminal

    run, _, number = found.pick.name.partition("/")
    opened = found.known.url if found.known else None
    repository, base, draft = found.forge.address.url, found.base or None, found.asked.draft
    title = found.title if not opened or found.asked.title else None
    if json:
        terminal.write_json({
            "kind": "pull_plan", "run": run, "variation": int(number), "repository": repository, "updates": opened,
            "branch": found.branch, "base": base, "title": title, "draft": draft, "text": text,
        })  # fmt: skip
        return 0
    screen = terminal.screen()
    screen.line(f"{'updates' if opened else 'opens a draft in' if draft else 'opens in'}: {opened or repository}")
    screen.line(f"branch: {found.branch}{f', to be merged into {base}' if base else ''}")
    if title is not None:
        screen.line(f"title: {title}")
    screen.line()
    screen.line(text)
    terminal.say("nothing was pushed; leave out --dry-run to do it")
    return 0


def _tell(told: "Told", *, json: bool) -> int:
    from aideator_cli.cli import terminal

    run, _, number = told.name.partition("/")
    if json:
        terminal.write_json({
            "kind": "pull", "run": run, "variation": int(number), "became": told.became, "url": told.url, "number": told.number,
            "branch": told.branch, "commit": told.commit,
        })  # fmt: skip
        return 0
    terminal.screen().line(told.url)
    if told.became == "existed":
        terminal.say(f"{told.name} has this pull request already; --update brings it up to date")
    else:
        terminal.say(f"{told.became} the pull request of {told.name}, from the branch {told.branch}")
    return 0
