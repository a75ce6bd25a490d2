"""The demo: a run like any other, on the local backend, with scripted models and one check."""

import shutil
import subprocess
from pathlib import Path

from aideator_cli import terminal
from aideator_cli.backends import Wish, choose
from aideator_cli.demo_material import CHECK, DEMO_PROMPT, STEPS, demo_files, demo_scripts
from aideator_cli.errors import ExitCode
from aideator_cli.intake.models import SCRIPTED
from aideator_cli.intake.order import Request, take
from aideator_cli.invocation import command
from aideator_cli.running import Manner, attend, submit
from aideator_cli.settings import Settings
from aideator_cli.store import Store

AUTHOR = {"name": "AIdeator demo", "email": "demo@aideator.invalid"}


def run_demo() -> int:
    settings = Settings()
    repository = settings.home / "demo" / "todo"
    _make_repository(repository)
    request = Request(
        str(repository),
        DEMO_PROMPT,
        models=[f"{SCRIPTED}{script}" for script in demo_scripts()],
        n=len(demo_scripts()),
        max_steps=STEPS,
        verify=[CHECK],
    )
    backend = choose(Wish("local"), settings)
    order = take(request, backend.name, settings)
    store = Store.open(settings.home)
    terminal.say("Three scripted agents, no model: the same path as any run, on the local backend.")
    terminal.say(f"repository: {repository}")
    terminal.say(f"prompt:     {DEMO_PROMPT}")
    terminal.say(f"check:      {CHECK}")
    submit(order, backend, store)
    code = attend(order.spec, backend, store, Manner())
    terminal.say(f"A real run: {command('run')} REPO PROMPT -n 3 --model NAME")
    return ExitCode.OK if code == ExitCode.OK else code


def _make_repository(folder: Path) -> None:
    """Anew each time: the demo begins where it began before."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for name, content in demo_files().items():
        (folder / name).write_bytes(content)
    author = [part for key, value in AUTHOR.items() for part in ("-c", f"user.{key}={value}")]
    for words in (
        ["init", "-q", "-b", "main"],
        ["add", "-A"],
        [*author, "-c", "commit.gpgsign=false", "commit", "-q", "-m", "A todo list"],
    ):
        subprocess.run(["git", "-C", str(folder), *words], check=True, capture_output=True)
