"""`review`: a pull request goes to several reviewers, and what they agree on can be posted."""

from functools import partial
from inspect import Parameter, signature
from typing import TYPE_CHECKING, Annotated, Any

import typer

from aideator_cli.cli.commands.run import called
from aideator_cli.cli.commands.run_options import BEST

if TYPE_CHECKING:
    from aideator_cli.actions.here import Here
    from aideator_cli.actions.reviewing import Agreed
    from aideator_cli.domain.runs import StoredRun

WITHOUT = (
    "repo", "issue", "answer", "diff", "ref", "dirty", "carry", "apply", "branch", "push", "folder", "no_baseline", "no_signals",
    "max_file", "allow_change",
)  # fmt: skip
Pull = Annotated[
    str,
    typer.Argument(
        metavar="URL|RUN",
        help="A pull or merge request on GitHub, GitLab or Gitea, or a review that has ended, to see or post what it found.",
        show_default=False,
    ),
]
Question = Annotated[
    str | None,
    typer.Argument(
        metavar="QUESTION",
        help="What the reviewers are asked. - reads it from standard input, @FILE from a file. Default: a review.",
        show_default=False,
    ),
]
Post = Annotated[
    bool,
    typer.Option(
        "--post",
        help="Post the places that at least two reviewers name as a comment. Without it you see the comment first.",
        rich_help_panel=BEST,
    ),
]


def review(**given: Any) -> int:
    """Let agents review a pull request, and post what they agree on."""
    from aideator_cli.actions.reviewing import read_pull
    from aideator_cli.cli import invocation
    from aideator_cli.cli.carrying import carry_out
    from aideator_cli.errors import usage

    pull, post, here = given.pop("pull"), given.pop("post"), invocation.here()
    if "://" not in pull:
        from aideator_cli.cli.naming import the_run

        return _tell(here, the_run(here, pull), post=post, json=given["json"])
    if post and given["detach"]:
        raise usage("--post needs to wait for the reviewers, and --detach does not wait", hint="leave out --detach")
    found = read_pull(here, pull, given["ca"])
    given |= {"repo": found.read.repository, "issue": found.read, "diff": found.diff, "answer": True}
    return carry_out(called(**given), partial(_tell, here, post=post, json=given["json"]))


def _tell(here: "Here", run: "StoredRun", *, post: bool, json: bool) -> int:
    """Shows what the reviewers agree on, and posts it if it is wanted."""
    from aideator_cli.actions import reviewing
    from aideator_cli.views.text.review_comment import review_text

    found = reviewing.agreed(here, run)
    text = review_text(found.review, found.comparison, found.places, found.left_out) if found.places else None
    if not json:
        _show(found, text)
    posted = found.posted
    if text is not None and posted is None and _wanted(found, post=post, json=json):
        posted = reviewing.post(here, found, text)
    if json:
        _write(found, text, posted)
    elif posted:
        _say_posted(posted, again=posted == found.posted)
    return 0


def _show(found: "Agreed", text: str | None) -> None:
    from aideator_cli.cli import terminal
    from aideator_cli.cli.invocation import command
    from aideator_cli.views.text.answers import drawn

    screen, run = terminal.screen(), found.run.spec.id
    if text is None:
        terminal.say(f"no two reviewers name the same place, so there is nothing to post.  {command('compare', run)}")
        return
    for line in drawn(text, screen.width, colour=screen.colour) if screen.is_terminal else text.split("\n"):
        screen.line(line)


def _wanted(found: "Agreed", *, post: bool, json: bool) -> bool:
    from aideator_cli.cli import terminal
    from aideator_cli.cli.invocation import command

    if post or json:
        return post
    if terminal.is_asked():
        terminal.say("")
        if terminal.agrees(f"Post this on {found.pull.url}?"):
            return True
    terminal.say(f"nothing was posted.  {command('review', found.run.spec.id, '--post')}")
    return False


def _say_posted(url: str, *, again: bool) -> None:
    from aideator_cli.cli import terminal

    terminal.say(f"{'it was posted already' if again else 'posted'}: {url}")


def _write(found: "Agreed", text: str | None, posted: str | None) -> None:
    from aideator_cli.cli import terminal

    places = [
        {"path": each.path, "first": each.first, "last": each.last, "variations": list(each.numbers)}
        for each in found.places
    ]
    terminal.write_json({
        "kind": "review", "run": found.run.spec.id, "url": found.pull.url, "commit": found.review.last, "places": places, "text": text,
        "posted": posted,
    })  # fmt: skip


def _parameters() -> list[Parameter]:
    known = {name: each for name, each in signature(called).parameters.items() if name not in WITHOUT}
    first = [
        Parameter("pull", Parameter.POSITIONAL_OR_KEYWORD, annotation=Pull),
        known.pop("prompt").replace(annotation=Question),
        Parameter("post", Parameter.POSITIONAL_OR_KEYWORD, annotation=Post, default=False),
    ]
    return [*first, *known.values()]


review.__signature__ = signature(called).replace(parameters=_parameters(), return_annotation=int)  # type: ignore[attr-defined]
review.__annotations__ = {each.name: each.annotation for each in _parameters()} | {"return": int}
