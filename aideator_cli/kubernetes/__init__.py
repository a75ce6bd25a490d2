"""The Kubernetes backend. Importing the package loads nothing of it: `KubernetesBackend` comes when it is asked for, so that
`kubeconfig.current_context` stays cheap."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from aideator_cli.kubernetes.backend import KubernetesBackend

__all__ = ["KubernetesBackend"]


def __getattr__(name: str) -> Any:
    if name == "KubernetesBackend":
        from aideator_cli.kubernetes.backend import KubernetesBackend

        return KubernetesBackend
    raise AttributeError(name)
