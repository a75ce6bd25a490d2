"""Asks whether a repository's file is trusted, and shows what it sets."""

from pathlib import Path

from aideator_cli.cli import invocation, terminal
from aideator_cli.cli.option_table import option_table
from aideator_cli.errors import command, refused
from aideator_cli.system.configuration.repository import RepositoryFile, find
from aideator_cli.system.configuration.trust import Trust


def trusted(root: Path) -> RepositoryFile | None:
    """Returns the repository's file, or None if there is none. Raises `AideatorError` (refused) if the user does not trust it."""
    file = find(root, option_table())
    trust = Trust(invocation.settings().home)
    if file is None or trust.has(file):
        return file
    if terminal.is_asked():
        terminal.say(f"{file.path} is new or changed, and sets:")
        tell(file)
        terminal.say(
            "Its commands run where the agents run: in their pods, or with --backend local on this machine, as you."
        )
        if terminal.agrees("Do you trust it?"):
            trust.add(file)
            return file
    raise refused(
        f"{file.path} is not trusted: it is new, or has changed",
        ("look at it, then ", command("trust", str(root)), "; or run without it: --no-repository-file"),
    )


def tell(file: RepositoryFile) -> None:
    """Writes every setting of the file, those of its profiles, too."""
    layers = {"": file.file.settings, **{f" [profiles.{name}]": each for name, each in file.file.profiles.items()}}
    rows = [(name + of, setting.value) for of, layer in layers.items() for name, setting in layer.items()]
    wide = max((len(name) for name, _ in rows), default=0)
    for name, value in rows:
        for each in value if isinstance(value, tuple) else (value,):
            terminal.say(f"  {name:{wide}}  {written(each)}")


def written(value: object) -> str:
    """Returns a value on one line, in which no line break hides what follows it."""
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return text.replace("\r", "␍").replace("\n", "⏎")
