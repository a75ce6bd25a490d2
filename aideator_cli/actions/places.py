"""Chooses the backend of a new run, and finds that of a stored run."""

from typing import TYPE_CHECKING

from aideator_cli.domain.runs import Place
from aideator_cli.errors import unavailable, usage
from aideator_cli.system.host import this_host
from aideator_cli.system.settings import Settings

if TYPE_CHECKING:
    from aideator_cli.backends.base import Backend
    from aideator_cli.backends.server import ServerBackend
    from aideator_cli.domain.runs import StoredRun
    from aideator_cli.intake.request import Where

CHOICES = ("auto", "kubernetes", "local")


def choose(where: "Where", settings: Settings) -> "Backend":
    """`auto` means kubernetes if there is a current context, else local. An unreachable cluster is a separate error, raised later.

    Never a server, which would ask itself.
    """
    defaults = settings.defaults
    named = where.backend or defaults.backend or "auto"
    if named not in CHOICES:
        raise usage(f"--backend takes {', '.join(CHOICES[:-1])} or {CHOICES[-1]}, not {named}")
    context, namespace = where.context or defaults.context, where.namespace or defaults.namespace
    if named == "local":
        if where.context or where.namespace:
            raise usage("--context and --namespace apply only to a cluster, not to --backend local")
        return _local(settings)
    if named == "auto" and not context and not namespace:
        from aideator_cli.backends.kubernetes.kubeconfig import current_context

        if current_context() is None:
            return _local(settings)
    return _kubernetes(context, namespace, settings)


def place_of(backend: "Backend") -> Place:
    context, namespace = getattr(backend, "context", None), getattr(backend, "namespace", None)
    return Place(backend.name, backend.where, context, namespace)


def backend_at(place: Place, settings: Settings) -> "Backend":
    """Returns the backend of a stored run. Raises `AideatorError` if that is another machine."""
    if place.host is not None and place.host != this_host():
        raise unavailable(
            f"the run's agents are processes on the machine {place.host}", hint=f"use aideator on {place.host}"
        )
    if place.backend == "server":
        return server_at(place.context or "", settings, named=False)
    return _local(settings) if place.backend == "local" else _kubernetes(place.context, place.namespace, settings)


def server_named(where: "Where", settings: Settings) -> str | None:
    """Returns the URL of the server that takes new runs. None: they run without one. What is named for this call comes first."""
    nearer = where.backend or where.context or where.namespace
    if where.server and nearer:
        raise usage(
            "--server can't be combined with --backend, --context or --namespace", hint="the server knows where"
        )
    return where.server or (None if nearer else settings.server) or None


def server_at(url: str, settings: Settings, *, named: bool = True) -> "ServerBackend":
    """`named`: by the user, just now; else by a stored run. AIDEATOR_TOKEN goes to no other server than the one that is named."""
    from aideator_cli.backends.server import ServerBackend
    from aideator_cli.backends.server.address import checked
    from aideator_cli.backends.server.client import Client
    from aideator_cli.system.logins import VARIABLE, Logins

    url = checked(url)
    logins = Logins(settings.config_folder, settings.environment)
    meant = named or settings.server is None or checked(settings.server) == url
    if meant and logins.given is not None:
        return ServerBackend(Client(url, logins.given, VARIABLE))
    return ServerBackend(Client(url, logins.token(url)))


def server_of(run: "StoredRun", settings: Settings) -> "ServerBackend | None":
    """Returns the server that the run is on, or None if it is on none."""
    return server_at(run.place.context or "", settings, named=False) if run.place.backend == "server" else None


def _local(settings: Settings) -> "Backend":
    from aideator_cli.backends.local import LocalBackend
    from aideator_cli.intake.models import provider_keys

    return LocalBackend(settings.home, settings.environment, provider_keys(), settings.key)


def _kubernetes(context: str | None, namespace: str | None, settings: Settings) -> "Backend":
    from aideator_cli.backends.kubernetes import KubernetesBackend

    return KubernetesBackend.connect(
        context, namespace, settings.defaults.user, home=settings.home, interactive=settings.interactive
    )
