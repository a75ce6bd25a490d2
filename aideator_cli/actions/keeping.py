"""Keys: stored, listed and deleted where runs look for them, in a Secret of the cluster or in this machine's keyring."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import field, replace
from typing import TYPE_CHECKING, Final

from aideator_agent.values import frozen
from aideator_cli.actions.here import Here
from aideator_cli.actions.places import choose
from aideator_cli.domain.keys import Entry, Keys
from aideator_cli.errors import not_found, usage
from aideator_cli.intake import keys, models_file
from aideator_cli.intake.request import Request, Where
from aideator_cli.system import git_token
from aideator_cli.system.keyring import Keyring
from aideator_cli.system.settings import Settings

if TYPE_CHECKING:
    from aideator_cli.backends.kubernetes.secrets import Secrets

_KEYRING: Final = "this machine's keyring"


@frozen
class Store:
    """Where keys are kept. None means that the configuration decides."""

    where: Where = field(default_factory=Where)
    secret: str | None = None
    shared: bool = False  # the Secret for all users of the namespace
    user: str | None = None  # of a server, whose runs take their keys from a Secret of their own alone


@frozen
class Kept:
    place: str  # for people
    replaced: bool


def remark(here: Here, name: str) -> str | None:
    """Returns a warning about the name, if it needs one. Raises `AideatorError` (usage) for what is no name."""
    keys.checked_name(name)
    own = [key for entry in models_file.load_overrides(here.settings.models_file).values() for key in entry.keys or ()]
    return keys.remark(name, own)


def keep(here: Here, store: Store, name: str, ask: Callable[[], bytes]) -> Kept:
    """Asks for the value once there is a place for it. Raises `AideatorError`. No error shows the value."""
    secrets = _secrets(here.settings, store)
    if secrets is None:
        Keyring().names()  # refuses before the key is asked for, not after
    else:
        secrets.ready()
    text = keys.checked_value(name, ask())
    if secrets is None:
        return Kept(_KEYRING, Keyring().put(name, text))
    return Kept(*secrets.put(name, text))


def kept(here: Here, store: Store) -> Sequence[Keys]:
    secrets = _secrets(here.settings, store)
    if secrets is not None:
        return secrets.keys()
    keyring = Keyring()
    values = {name: keyring.get(name) for name in keyring.names()}
    entries = [Entry.of(name, value) for name, value in values.items() if value is not None]
    return [Keys(_KEYRING, tuple(entries))] if entries else []


def forget(here: Here, store: Store, name: str) -> str:
    """Returns the place from which the key was deleted. Raises `AideatorError`, also if there is no such key."""
    keys.checked_name(name)
    secrets = _secrets(here.settings, store)
    if secrets is not None:
        return secrets.remove(name)
    keyring = Keyring()
    if keyring.get(name) is None:
        raise not_found(f"{_KEYRING} has no {name}")
    keyring.remove(name)
    return _KEYRING


def own_secret(user: str) -> str:
    """Returns the Secret from which the runs of a server's user take their keys: from no other."""
    from aideator_cli.backends.kubernetes.marks import secret_of

    return secret_of(user)


def with_own_keys(here: Here, request: Request, where: Where, user: str | None) -> Request:
    """Returns the request of a server's user with the Secret of that user. None: of whoever runs the server.

    A run on this machine takes its keys from this machine: only who owns it may start one.
    """
    if user is None or choose(where, here.settings).name == "local":
        return request
    return replace(request, pod=replace(request.pod, secret=own_secret(user)))


def without_the_servers(backend: str, user: str | None) -> AbstractContextManager[None]:
    """Within it, what a server's user has planned on this backend gets no token of git from this process' environment."""
    return nullcontext() if user is None or backend == "local" else git_token.withheld()


def settings_of(here: Here, store: Store) -> Settings:
    """Returns the settings with which this process asks models for a server's user: with the keys of that user alone."""
    secrets = _secrets(here.settings, store)
    return here.settings if secrets is None else here.settings.with_keys(secrets.value)


def _secrets(settings: Settings, store: Store) -> "Secrets | None":
    """Returns None for the local backend."""
    from aideator_cli.backends.kubernetes import KubernetesBackend

    if store.secret and store.shared:
        raise usage("--secret and --shared can't be combined", "leave out one of them")
    if store.user and (store.secret or store.shared):
        option = "--secret" if store.secret else "--shared"
        raise usage(f"{option} and --of can't be combined", "leave out one of them")
    backend = choose(store.where, settings)
    if isinstance(backend, KubernetesBackend):
        if store.user:
            return backend.secrets(own_secret(store.user), shared=False)
        return backend.secrets(
            store.secret or (None if store.shared else settings.defaults.secret), shared=store.shared
        )
    if store.secret or store.shared:
        option = "--secret" if store.secret else "--shared"
        raise usage(
            f"{option} applies only to a cluster, not to --backend local", "leave it out, or --backend kubernetes"
        )
    return None
