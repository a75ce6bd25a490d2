"""`watch` and `cancel`: a run that is under way."""

from aideator_cli.commands import options


def watch(
    run: options.Run = "@last",
    context: options.Context = None,
    namespace: options.Namespace = None,
    json: options.Json = False,
) -> int:
    """Show a run from its first event until it ends."""
    from aideator_cli.backends import Wish
    from aideator_cli.running import Manner
    from aideator_cli.running import watch as attend

    return attend(run, Wish(None, context, namespace), Manner(json=json))


def cancel(run: options.RunOrVariation, context: options.Context = None, namespace: options.Namespace = None) -> int:
    """Ask agents to stop; they keep what they have made."""
    from aideator_cli import terminal
    from aideator_cli.backends import Wish, backend_at
    from aideator_cli.clock import now
    from aideator_cli.events import Observation
    from aideator_cli.finding import find
    from aideator_cli.recording import CANCEL_ASKED
    from aideator_cli.settings import Settings
    from aideator_cli.store import Store

    settings = Settings()
    store = Store.open(settings.home)
    named = find(run, store, settings, Wish(None, context, namespace))
    spec = named.run.spec
    store.record(
        [], [Observation(spec.id, now(), CANCEL_ASKED, "cancelled by the user", number) for number in named.numbers]
    )
    backend_at(named.run.place, settings).cancel(spec.id, named.numbers)
    terminal.say(f"asked {', '.join(f'{spec.id}/{number}' for number in named.numbers)} to stop")
    return 0
