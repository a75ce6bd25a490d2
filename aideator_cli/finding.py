"""From a user's word, RUN or RUN/N, to the run: in the store, else in the cluster."""

from dataclasses import dataclass

from aideator_cli.backends import Wish, choose, place_of
from aideator_cli.errors import AideatorError, not_found, usage
from aideator_cli.invocation import command
from aideator_cli.settings import Settings
from aideator_cli.store import Store, StoredRun


@dataclass(frozen=True)
class Named:
    run: StoredRun
    variation: int | None  # None: the whole run

    @property
    def numbers(self) -> list[int]:
        return [v.number for v in self.run.spec.variations] if self.variation is None else [self.variation]


def find(word: str, store: Store, settings: Settings, wish: Wish | None = None) -> Named:
    """Raises `AideatorError`: not found, or the word names several."""
    name, slash, number = word.partition("/")
    run = _find_run(name, store, settings, wish)
    if not slash:
        return Named(run, None)
    if not number.isdecimal() or int(number) not in [v.number for v in run.spec.variations]:
        raise not_found(f"run {run.spec.id} has no variation {number}", hint=f"it has 1 to {len(run.spec.variations)}")
    return Named(run, int(number))


def find_run(word: str, store: Store, settings: Settings, wish: Wish | None = None) -> StoredRun:
    """RUN alone: for what can't be done to one variation."""
    named = find(word, store, settings, wish)
    if named.variation is not None:
        raise usage(f"{word} is one variation; this takes a whole run", hint=f"{named.run.spec.id}")
    return named.run


def find_variation(word: str, store: Store, settings: Settings) -> Named:
    """RUN/N; or RUN alone where the run has only one."""
    named = find(word, store, settings)
    if named.variation is not None:
        return named
    if len(named.numbers) > 1:
        raise usage(
            f"which variation of {named.run.spec.id}?",
            hint=f"{named.run.spec.id}/1 to {named.run.spec.id}/{len(named.numbers)}",
        )
    return Named(named.run, named.numbers[0])


def _find_run(name: str, store: Store, settings: Settings, wish: Wish | None) -> StoredRun:
    if not name:
        raise usage("no run is named", hint=command("list"))
    known = store.find(name) or _find_in_cluster(name, store, settings, wish or Wish())
    run = store.run(known)
    if run is None:  # deleted in this moment
        raise not_found(f"there is no run {name}", hint=_see_list())
    return run


def _find_in_cluster(name: str, store: Store, settings: Settings, wish: Wish) -> str:
    """A run that another machine submitted: its spec is in the cluster, and is kept here from now on."""
    backend = choose(wish, settings)
    if backend.name == "local":
        raise not_found(f"there is no run {name}", hint=_see_list())
    try:
        ids = [run for run in backend.runs() if run.startswith(name)]
    except AideatorError as error:
        raise not_found(
            f"there is no run {name} here, and {backend.where} can't be asked: {error.message}", hint=error.hint
        ) from error
    if len(ids) > 1 and name not in ids:
        raise usage(f"{name} names several runs: {', '.join(ids[:8])}", hint="give more letters of the id")
    spec = backend.load_spec(name if name in ids else ids[0]) if ids else None
    if spec is None:
        text = f"there is no run {name}, neither here nor in {backend.where}"
        raise not_found(text, hint=f"--namespace and --context name another place; {_see_list()}")
    store.add_run(spec, place_of(backend), state="running")
    return spec.id


def _see_list() -> str:
    return f"{command('list')} shows those known here"
