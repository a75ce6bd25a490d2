"""What agents and their results need on this machine: git, the configuration, the database, the terminal."""

import os
import re
import shutil
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Final

from aideator_agent.values import frozen
from aideator_cli.domain.findings import BROKEN, Finding, broken, note, ok
from aideator_cli.errors import AideatorError, unavailable
from aideator_cli.intake import models, models_file
from aideator_cli.system.git import Git
from aideator_cli.system.installation import adding
from aideator_cli.system.settings import DATABASE, Settings

if TYPE_CHECKING:
    from aideator_cli.store.health import Health

NO_LIBRARY: Final = "LiteLLM is not installed; only scripted models can run"
_GIT: Final = (2, 32)
_SCARCE: Final = 1 << 30  # bytes of free disk below which a large run may not fit
_FULL: Final = 64 << 20
_COLUMNS, _LINES = 80, 20  # below that, panes show little


@frozen
class Terminal:
    """What the command line knows about its terminal."""

    columns: int
    lines: int
    is_terminal: bool
    name: str  # TERM
    colour: bool
    utf8: bool
    slow_panes: str = ""  # why panes take longer to draw than they need to


def git() -> Finding:
    try:
        said = Git(Path("/")).line("--version")
    except AideatorError as error:
        return broken("git", error)
    found = re.search(r"(\d+)\.(\d+)[\d.]*", said)
    if found and (int(found[1]), int(found[2])) < _GIT:
        return broken("git", unavailable(f"git {found[0]} is too old", "install git 2.32 or newer"))
    return ok("git", found[0] if found else said)


def configuration(settings: Settings) -> Finding:
    try:
        found = settings.configuration
        overrides = models_file.load_overrides(settings.models_file)
    except AideatorError as error:
        return broken("configuration", error)
    names = ("config.toml", "config.yaml", settings.models_file.name)
    there = [name for name in names if (settings.config_folder / name).exists()]
    text = (
        f"{' and '.join(there)} in {settings.config_folder}"
        if there
        else f"none in {settings.config_folder}; the defaults apply"
    )
    if found.profile:
        text += f", profile {found.profile}"
    if overrides:
        text += f", {len(overrides)} own models"
    if found.remarks:
        return note("configuration", f"{text}. {found.remarks[0].text}", found.remarks[0].advice)
    return ok("configuration", text)


def database(settings: Settings) -> Finding:
    from aideator_cli.store.health import health, server_health

    if settings.database is not None:
        return _server(server_health(settings.database))
    found = health(settings.home)
    folder = "set AIDEATOR_HOME to a folder that you can write to"
    if found.newer:
        text = f"a newer AIdeator wrote {found.where}"
        return Finding("database", BROKEN, text, "upgrade aideator, or set AIDEATOR_HOME to another folder")
    if found.damage:
        text = f"{found.where} can't be used: {found.damage}"
        return Finding("database", BROKEN, text, f"mv {found.where} {found.where}.damaged, or {folder}")
    place = _existing(settings.home)
    if not os.access(place, os.W_OK):
        return Finding("database", BROKEN, f"{place} can't be written to", folder)
    free = shutil.disk_usage(place).free
    room = f"{free / (1 << 30):.1f} GiB free"
    if free < _FULL:
        return Finding("database", BROKEN, f"the disk of {place} is full: {room}", folder)
    text = f"{found.where}, {_runs(found.runs)}, {room}"
    return note("database", text, "free some disk space") if free < _SCARCE else ok("database", text)


def _server(found: "Health") -> Finding:
    if found.newer:
        return Finding("database", BROKEN, f"a newer AIdeator wrote {found.where}", "upgrade aideator")
    if found.damage:
        return Finding("database", BROKEN, found.damage, f"start its server, or correct {DATABASE}")
    return ok("database", f"{found.where}, {_runs(found.runs)}")


def terminal(facts: Terminal) -> Finding:
    if not facts.is_terminal:
        return ok("terminal", "stdout is not a terminal: `run` prints lines")
    text = f"{facts.columns} × {facts.lines}, {facts.name or 'no TERM'}"
    if facts.name in ("", "dumb"):
        return note("terminal", f"{text}: it can't show panes", "export TERM=xterm-256color")
    if not facts.utf8:
        return note("terminal", f"{text}, not UTF-8: some signs can't be shown", "export LC_ALL=C.UTF-8")
    if facts.columns < _COLUMNS or facts.lines < _LINES:
        wanted = f"make the window {_COLUMNS} × {_LINES} or larger, or use --view live"
        return note("terminal", f"{text}: too small for panes", wanted)
    if facts.slow_panes:
        return note(
            "terminal",
            f"{text}. {facts.slow_panes}",
            "upgrade aideator; until then, panes work as well, or use --view live",
        )
    return ok("terminal", f"{text}, UTF-8, {'colour' if facts.colour else 'no colour'}")


def agents_here(settings: Settings, needed: Sequence[str]) -> list[Finding]:
    """Returns what a run with `--backend local` needs besides git. `needed`: the keys that the model's provider reads."""
    return [ok("place", "this machine"), _keys(settings, needed), _library()]


def _keys(settings: Settings, needed: Sequence[str]) -> Finding:
    missing = [key for key in needed if not settings.key(key)]
    if missing:
        return Finding("keys", BROKEN, f"{' and '.join(missing)} is not set", models.set_key(missing[0]))
    if needed:
        return ok("keys", f"{' and '.join(needed)} is set")
    if told := models.available(settings.environment):
        return ok("keys", "; ".join(told))
    text = "the environment has no provider's key; without one in the keyring, only scripted models can run"
    return note("keys", text, models.set_key("ANTHROPIC_API_KEY"))


def _library() -> Finding:
    if find_spec("litellm") is None:
        return note("models", NO_LIBRARY, adding("models"))
    return ok("models", "LiteLLM is installed")


def _runs(count: int | None) -> str:
    if count is None:
        return "not made yet"
    return f"{count} run{'' if count == 1 else 's'}"


def _existing(folder: Path) -> Path:
    return next(path for path in (folder, *folder.parents) if path.exists())
