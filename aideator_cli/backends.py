"""Which backend a run goes to, and where a known run lives."""

from dataclasses import dataclass

from aideator_cli.backend import Backend
from aideator_cli.errors import usage
from aideator_cli.intake.models import provider_keys
from aideator_cli.settings import Settings
from aideator_cli.store import Place

CHOICES = ("auto", "kubernetes", "local")


@dataclass(frozen=True)
class Wish:
    """What the user said of where; None: nothing."""

    backend: str | None = None
    context: str | None = None
    namespace: str | None = None


def choose(wish: Wish, settings: Settings) -> Backend:
    """`auto` is kubernetes when there is a current context, else local; an unreachable cluster is an error of its own, later."""
    defaults = settings.defaults
    named = wish.backend or defaults.backend or "auto"
    if named not in CHOICES:
        raise usage(f"--backend is {' or '.join(CHOICES)}, not {named}")
    context, namespace = wish.context or defaults.context, wish.namespace or defaults.namespace
    if named == "local":
        if wish.context or wish.namespace:
            raise usage("--context and --namespace are the cluster's; --backend local has none")
        return _local(settings)
    if named == "auto" and not context and not namespace:
        from aideator_cli.kubernetes.kubeconfig import current_context

        if current_context() is None:
            return _local(settings)
    return _kubernetes(context, namespace, settings)


def place_of(backend: Backend) -> Place:
    context, namespace = getattr(backend, "context", None), getattr(backend, "namespace", None)
    return Place(backend.name, backend.where, context, namespace)


def backend_at(place: Place, settings: Settings) -> Backend:
    """The backend of a run that the store knows."""
    return _local(settings) if place.backend == "local" else _kubernetes(place.context, place.namespace, settings)


def _local(settings: Settings) -> Backend:
    from aideator_cli.local import LocalBackend

    return LocalBackend(settings.home, settings.environment, provider_keys())


def _kubernetes(context: str | None, namespace: str | None, settings: Settings) -> Backend:
    from aideator_cli.kubernetes import KubernetesBackend

    return KubernetesBackend.connect(context, namespace, settings.defaults.user)
