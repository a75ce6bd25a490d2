"""Deleting a run, here and where its agents were."""

from aideator_cli import terminal
from aideator_cli.backends import backend_at
from aideator_cli.clean import one_line
from aideator_cli.errors import ExitCode, usage
from aideator_cli.finding import find_run
from aideator_cli.invocation import command
from aideator_cli.settings import Settings
from aideator_cli.store import Store
from aideator_cli.stream.following import look


def delete_run(word: str, *, force: bool, ask: bool) -> int:
    settings = Settings()
    store = Store.open(settings.home)
    run = find_run(word, store, settings)
    spec = run.spec
    backend = backend_at(run.place, settings)
    if run.state != "ended" and not force and not look(spec, backend, store):
        hint = f"{command('watch', spec.id)}, {command('cancel', spec.id)}, or delete with --force"
        raise usage(f"agents of run {spec.id} are still at work", hint=hint)
    if ask and not terminal.agrees(f"Delete {spec.id}, {one_line(spec.prompt)[:60]}?"):
        terminal.say("nothing is deleted")
        return ExitCode.OK
    backend.delete(spec.id)
    store.forget_run(spec.id)
    terminal.say(f"deleted {spec.id}")
    return ExitCode.OK
