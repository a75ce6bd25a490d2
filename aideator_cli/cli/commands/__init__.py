"""The commands: names and help. A command's options are loaded when it is called, and what it does when it runs."""

from typing import TYPE_CHECKING, Annotated

import typer

from aideator_cli.cli import invocation
from aideator_cli.cli.lazy_group import Lazy, lazy_group

if TYPE_CHECKING:
    from aideator_cli.system.configuration.options import Table

# The help is the first sentence of the function's docstring; a test compares them
COMMANDS = {
    "run": Lazy("run", "run", "Give one prompt to N agents and show their work live.", configured=True),
    "ask": Lazy("ask", "ask", "Ask N agents about a repository, and show their answers.", configured=True),
    "review": Lazy(
        "review", "review", "Let agents review a pull request, and post what they agree on.", configured=True
    ),
    "watch": Lazy("watch", "watch", "Show a run live, from its first event until it ends."),
    "wait": Lazy("watch", "wait", "Wait for runs and teams to end, and exit with their exit code."),
    "list": Lazy("runs", "list_runs", "List runs, newest first."),
    "show": Lazy("runs", "show", "Show the task, limits and results of a run."),
    "logs": Lazy("output", "logs", "Print the agents' events."),
    "diff": Lazy("diff", "diff", "Print a variation's patch, or how two variations differ."),
    "compare": Lazy("compare", "compare", "Compare a run's variations, best first."),
    "judge": Lazy("judge", "judge", "Let a model compare patches or answers."),
    "select": Lazy("choice", "select", "Select a variation as the run's winner."),
    "apply": Lazy("apply", "apply", "Apply the selected patch, or the one you name."),
    "push": Lazy("push", "push", "Push each patch of a run, or the one you name, as a branch."),
    "pr": Lazy("pr", "pr", "Push a patch as a branch, and open a pull or merge request."),
    "undo": Lazy("apply", "undo", "Undo an applied patch, and put your files back as they were."),
    "export": Lazy("export", "export", "Write a run's files to a folder."),
    "report": Lazy("report", "report", "Write a run as one HTML file to read offline."),
    "replay": Lazy("replay", "replay", "Play back a stored run as it happened."),
    "tell": Lazy("tell", "tell", "Tell agents something, which they get before their next turn."),
    "cancel": Lazy("watch", "cancel", "Stop agents, and keep their work so far."),
    "retry": Lazy("retry", "retry", "Retry what infrastructure failed, from its last checkpoint."),
    "continue": Lazy("continue_run", "continue_run", "Start a new run from a variation's patch.", grouped=True),
    "merge": Lazy("merge", "merge", "Merge patches, and check the result as a new run."),
    "stats": Lazy("stats", "stats", "Summarize the results of all runs."),
    "rename": Lazy("remarks", "rename", "Give a run a name, which stands wherever its id does."),
    "note": Lazy("remarks", "note", "Write a note on a run, or print it."),
    "tag": Lazy("remarks", "tag", "Give tags to a run, or print its tags."),
    "delete": Lazy("runs", "delete", "Delete a run, its cluster objects and all that is stored of it."),
    "du": Lazy("housekeeping", "du", "Show what each run holds on this machine, the largest first."),
    "prune": Lazy("housekeeping", "prune", "Say which old runs can be deleted, and with --yes delete them."),
    "agents": Lazy("agents", "agents", "List the coding agents that runs can use, and which are here."),
    "secret": Lazy(
        "secret",
        "",
        "Store, list and delete the providers' keys.",
        {
            "set": Lazy("secret", "set_key", "Store a key, which you type without an echo or pipe in."),
            "list": Lazy("secret", "list_keys", "List the stored keys: their names, lengths and last characters."),
            "delete": Lazy("secret", "delete_key", "Delete a key, which stays valid at its provider."),
        },
    ),
    "config": Lazy(
        "config",
        "",
        "Show and change the settings: the defaults of options.",
        {
            "show": Lazy("config", "show", "List the settings that count in this folder."),
            "get": Lazy("config", "get", "Print the value of a setting, a line for each if there are more."),
            "set": Lazy("config", "set_value", "Set the default of an option."),
            "unset": Lazy("config", "unset", "Remove a setting."),
            "edit": Lazy("config", "edit", "Open the file in your editor, and check it before it counts."),
            "migrate": Lazy("config", "migrate", "Write the settings of a config.yaml as config.toml."),
        },
    ),
    "trust": Lazy("trust", "trust", "Trust a repository's .aideator.toml until the file changes."),
    "models": Lazy("models", "list_models", "List the models whose keys you have: prices, sizes and hosts."),
    "roles": Lazy(
        "roles",
        "",
        "List, show and make roles for agents.",
        {
            "list": Lazy("roles", "list_roles", "List the roles: the shipped ones and your own."),
            "show": Lazy("roles", "show", "Print a role's file."),
            "new": Lazy("roles", "new", "Make a role of your own, to edit."),
        },
    ),
    "memory": Lazy(
        "memory",
        "",
        "Keep notes on a repository, which its agents get.",
        {
            "list": Lazy("memory", "list_notes", "List the notes on a repository, which its agents get."),
            "add": Lazy("memory", "add", "Write a note on a repository, which its agents get from then on."),
            "review": Lazy("memory", "review", "Decide which notes to keep of what runs have shown."),
            "forget": Lazy("memory", "forget", "Delete notes."),
            "export": Lazy("memory", "export", "Print the notes on a repository as Markdown, for its AGENTS.md."),
        },
    ),
    "teams": Lazy(
        "teams",
        "",
        "List, show, make and check teams of roles.",
        {
            "list": Lazy("teams", "list_teams", "List the teams: the shipped ones and the repository's."),
            "show": Lazy("teams", "show", "Print a team's file."),
            "new": Lazy("teams", "new", "Make a team of the repository's own, to edit."),
            "check": Lazy("teams", "check", "Check a team's file, with the roles and agents that it names."),
        },
    ),
    "image": Lazy(
        "image",
        "",
        "Build the agent's image, and bring it to a cluster.",
        {
            "build": Lazy("image", "build", "Build the agent's image of this version."),
            "push": Lazy("image", "push", "Push the agent's image to a registry."),
            "load": Lazy("image", "load", "Load the agent's image into a cluster on this machine."),
        },
    ),
    "serve": Lazy("serve", "serve", "Serve the HTTP API, until Ctrl-C."),
    "login": Lazy("login", "login", "Store the token for a server, typed without an echo or piped."),
    "logout": Lazy("login", "logout", "Forget the token for a server, which stays valid there."),
    "mcp": Lazy("mcp", "mcp", "Serve runs as tools to another agent, such as Claude Code."),
    "token": Lazy(
        "token",
        "",
        "Create, list and revoke tokens for the server.",
        {
            "create": Lazy("token", "create", "Create a token for the server, and print it once."),
            "list": Lazy("token", "list_tokens", "List the tokens, newest first, without their secrets."),
            "revoke": Lazy("token", "revoke", "Revoke a token, which stops counting at once."),
        },
    ),
    "webhook": Lazy(
        "webhook",
        "",
        "Say where a server tells of runs, and see what nobody took.",
        {
            "add": Lazy("webhook", "add", "Add a webhook, and print the secret that signs its messages, once."),
            "list": Lazy("webhook", "list_webhooks", "List the webhooks, without their secrets."),
            "rotate": Lazy("webhook", "rotate", "Give a webhook a new secret, and print it, once."),
            "remove": Lazy("webhook", "remove", "Remove a webhook, and the messages that wait for it."),
            "test": Lazy("webhook", "test_one", "Send a test message to a webhook now."),
            "dead": Lazy("webhook", "dead", "List the messages that were given up, newest first."),
            "resend": Lazy("webhook", "resend", "Send a message again that was given up."),
        },
    ),
    "database": Lazy(
        "database",
        "",
        "Look after the database that stores the runs.",
        {
            "migrate": Lazy(
                "database",
                "migrate",
                "Migrate the schema up, or down for an earlier AIdeator.",
            ),
        },
    ),
    "doctor": Lazy("doctor", "doctor", "Check whether agents can run here, and say what to mend."),
    "demo": Lazy("demo", "demo", "Watch three scripted agents work, with no key and no cluster."),
    "completion": Lazy(
        "completion",
        "completion",
        "Print the script that makes Tab complete commands and runs.",
    ),
    "man": Lazy("man", "man", "Write a manual page for each command to a folder."),
    "version": Lazy("version", "version", "Print the version."),
}
SECTIONS = {  # of the help
    "Begin": ("run", "ask", "review", "demo"),
    "While agents work": ("watch", "wait", "logs", "tell", "cancel", "retry"),
    "Choose": ("compare", "diff", "judge", "select", "apply", "undo", "push", "pr", "continue", "merge"),
    "Look back": ("list", "show", "replay", "report", "export", "stats"),
    "Keep order": ("rename", "note", "tag", "du", "prune", "delete"),
    "Set up": (
        "doctor", "config", "trust", "secret", "models", "agents", "roles", "teams", "memory", "image", "database",
        "completion", "man", "version",
    ),
    "Serve others": ("serve", "login", "logout", "token", "webhook", "mcp"),
}  # fmt: skip
EPILOG = (
    "Exit codes: 0 success, 1 no variation succeeded, 2 wrong usage, 3 not found, 4 cluster or backend unavailable, "
    "5 refused, 6 limit reached, 7 checks failed, 8 patch does not apply, 70 AIdeator itself failed, 124 timed out waiting, "
    "129 the terminal is gone, 130 interrupted, 141 the reader of stdout is gone, 143 terminated. "
    "Pages such as docs/agents.md, which help and errors name, are in the folder of AIdeator's source."
)

app = typer.Typer(
    name="aideator",
    cls=lazy_group(__name__, COMMANDS, SECTIONS),
    help="Give one prompt to N coding agents, in Kubernetes Jobs or on this machine. Watch them work, compare, pick one and apply it.",
    epilog=EPILOG,
    no_args_is_help=True,
    add_completion=False,  # `completion` does it
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
)


def _table() -> "Table":
    from aideator_cli.cli.option_table import option_table

    return option_table()


invocation.options = _table


def _version(value: bool) -> None:
    if value:
        from aideator_cli.cli.commands.version import version

        raise typer.Exit(version())


@app.callback()
def main(
    _version_asked: Annotated[
        bool, typer.Option("--version", help="Print the version.", callback=_version, is_eager=True)
    ] = False,
    # main() reads these, wherever they stand
    _quiet: Annotated[bool, typer.Option("-q", "--quiet", help="Say only warnings and errors on stderr.")] = False,
    _plain: Annotated[bool, typer.Option("--no-color", help="Colour nothing, as NO_COLOR=1 does.")] = False,
    _debug: Annotated[
        bool, typer.Option("--debug", help="Also show where in the program an error was raised.")
    ] = False,
) -> None:
    """See the app's help."""
