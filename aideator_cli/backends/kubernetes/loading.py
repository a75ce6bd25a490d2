"""Clusters into which images can be loaded without a registry: which one a context is, and the command that does it."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from aideator_agent.values import frozen
from aideator_cli.backends.kubernetes import kubeconfig
from aideator_cli.errors import AideatorError, command, unavailable, usage

KINDS: Final = ("k3d", "kind", "minikube", "containerd")
_DEFAULTS: Final = {"k3d": "k3s-default", "kind": "kind", "minikube": "minikube", "containerd": ""}
_PROGRAMS: Final = {"k3d": "k3d", "kind": "kind", "minikube": "minikube", "containerd": "ctr"}
_SHARED: Final = (
    "docker-desktop",
    "orbstack",
    "colima",
    "rancher-desktop",
)  # their cluster runs on the images of docker itself
_MINIKUBE: Final = "minikube.sigs.k8s.io"


@frozen
class Into:
    """A cluster of one of KINDS. `name` is the cluster's, the profile's, or containerd's socket ("" means its default)."""

    kind: str
    name: str

    @property
    def program(self) -> str:
        return _PROGRAMS[self.kind]

    @property
    def socket(self) -> Path | None:
        """Returns the containerd socket that the user named."""
        return Path(self.name) if self.kind == "containerd" and self.name else None

    def __str__(self) -> str:
        return f"{self.kind} {self.name}".rstrip()

    def words(self, archive: Path) -> list[str]:
        """Returns the command that loads the archive."""
        file = str(archive)
        if self.kind == "k3d":
            return ["k3d", "image", "import", file, "--cluster", self.name]
        if self.kind == "kind":
            return ["kind", "load", "image-archive", file, "--name", self.name]
        if self.kind == "minikube":
            return ["minikube", "--profile", self.name, "image", "load", file]
        address = ["--address", self.name] if self.name else []
        return ["ctr", *address, "--namespace", "k8s.io", "images", "import", file]


def named(text: str) -> Into:
    """Takes the value of `--into`. Raises `AideatorError` (usage)."""
    kind, _, name = text.partition(":")
    if kind not in KINDS:
        raise usage(f"--into takes {', '.join(KINDS[:-1])} or {KINDS[-1]}, not {kind}", "for example: --into k3d:dev")
    return Into(kind, name or _DEFAULTS[kind])


def of_context(context: str | None) -> Into | None:
    """Returns the cluster of this context, or the current one. None: it uses the images of docker as they are. Raises `AideatorError`."""
    config = kubeconfig.load()
    if config is None:
        raise unavailable(kubeconfig.no_cluster().message, "name the cluster: --into k3d:NAME, or set KUBECONFIG")
    target = kubeconfig.choose(config, context)
    for kind in ("k3d", "kind"):
        if target.context.startswith(f"{kind}-"):
            return Into(kind, target.context.removeprefix(f"{kind}-"))
    if target.context in _SHARED:
        return None
    if _is_minikube(config.contexts[target.context].fields) or target.context == "minikube":
        return Into("minikube", target.context)
    raise _unknown(target.context)


def _is_minikube(fields: Mapping[str, Any]) -> bool:
    """minikube marks its contexts, whatever their names are."""
    extensions = fields.get("extensions")
    for item in extensions if isinstance(extensions, list) else ():
        extension = item.get("extension") if isinstance(item, dict) else None
        if isinstance(extension, dict) and extension.get("provider") == _MINIKUBE:
            return True
    return False


def _unknown(context: str) -> AideatorError:
    text = f"context {context} is not of a cluster that an image can be loaded into by its name"
    return unavailable(
        text,
        (
            "push the image to a registry (",
            command("image", "push"),
            "), or say which cluster it is: --into containerd",
        ),
    )
