"""The Kubernetes backend.

The package loads `KubernetesBackend` only on first access, so that `kubeconfig.current_context` stays cheap.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from aideator_cli.backends.kubernetes.backend import KubernetesBackend

__all__ = ["KubernetesBackend"]


def __getattr__(name: str) -> Any:
    if name == "KubernetesBackend":
        from aideator_cli.backends.kubernetes.backend import KubernetesBackend

        return KubernetesBackend
    raise AttributeError(name)
