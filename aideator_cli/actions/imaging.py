"""The agent's image: built from what is installed here, pushed to a registry, or loaded into a cluster."""

import re
import shutil
import tempfile
from collections.abc import Callable, Sequence
from importlib.resources import as_file, files
from pathlib import Path
from typing import Final

from aideator_agent.values import frozen
from aideator_cli import __version__
from aideator_cli.errors import not_found, usage
from aideator_cli.system import containers

REPOSITORY: Final = "docker.io/library/aideator-agent"  # the whole name of the short one that pods use; not all tools add it by themselves
IMAGE: Final = f"{REPOSITORY}:{__version__}"
_TARGET: Final = re.compile(
    r"(?P<path>[a-zA-Z0-9][a-zA-Z0-9._-]*(?::\d+)?(?:/[a-z0-9]+(?:[._-]+[a-z0-9]+)*)*)(?P<slash>/)?(?::(?P<tag>[\w][\w.-]{0,127}))?"
)
_IGNORED: Final = ("__pycache__", "*.pyc", "*.egg-info")
_HINTS: Final = {
    "k3d": "install k3d, or name another cluster with --into",
    "kind": "install kind, or name another cluster with --into",
    "minikube": "install minikube, or name another cluster with --into",
    "ctr": "install containerd's ctr on the node, or name another cluster with --into",
}


@frozen
class Building:
    """`said` is the file descriptor for what the tool prints, which is for people."""

    said: int
    tool: str | None = None  # None: the first that works
    image: str = IMAGE
    base: str | None = None  # the image that it begins with; None: the Dockerfile's
    more: Sequence[str] = ()  # further options of the tool


def build(asked: Building) -> str:
    """Returns the image's name. Raises `AideatorError`."""
    tool = containers.working(asked.tool)[0]
    with tempfile.TemporaryDirectory(prefix="aideator-image-") as folder:
        lay_context(Path(folder))
        words = tool.build(Path(folder), asked.image, base=asked.base, more=asked.more)
        containers.run(words, asked.said)
    return asked.image


def lay_context(folder: Path) -> None:
    """Writes what the image is built from: the Dockerfile and the agent's package as they are installed here."""
    agent = folder / "agent"
    agent.mkdir()
    with as_file(files("aideator_templates").joinpath("image")) as found:
        shutil.copyfile(found / "Dockerfile", folder / "Dockerfile")
        for name in ("pyproject.toml", "requirements.txt"):
            shutil.copyfile(found / name, agent / name)
    with as_file(files("aideator_agent")) as package:
        shutil.copytree(package, agent / "aideator_agent", ignore=shutil.ignore_patterns(*_IGNORED))


def target(text: str) -> str:
    """Returns the whole name that the image gets at a registry. Raises `AideatorError` (usage)."""
    found = _TARGET.fullmatch(text)
    if found is None or "/" not in text:
        raise usage(
            f"{text!r} is not an image's name at a registry", "for example: registry.example/team/aideator-agent"
        )
    path = f"{found['path']}/aideator-agent" if found["slash"] else found["path"]
    return f"{path}:{found['tag'] or __version__}"


def push(asked: Building, where: str) -> str:
    """Returns the image's name at the registry. Raises `AideatorError`."""
    name = target(where)
    tool = containers.with_image(containers.working(asked.tool), asked.image)
    for words in tool.push(asked.image, name):
        containers.run(words, asked.said)
    return name


def load(asked: Building, context: str | None, into: str | None, tell: Callable[[str], None]) -> str:
    """Loads the image into the cluster of `context`, or the one that `into` names. Returns its name. Raises `AideatorError`."""
    from aideator_cli.backends.kubernetes import loading

    cluster = loading.named(into) if into else loading.of_context(context)
    tools = containers.working(asked.tool)
    if cluster is None:
        containers.with_image([tool for tool in tools if tool.name in ("docker", "nerdctl")] or tools, asked.image)
        return asked.image
    why = f"it loads images into {cluster}"
    containers.needed(cluster.program, why, _HINTS[cluster.program])
    if cluster.socket is not None and _is_missing(cluster.socket):
        raise not_found(
            f"there is no socket {cluster.socket}",
            "name containerd's: --into containerd:/run/containerd/containerd.sock",
        )
    tool = containers.with_image(tools, asked.image)
    with tempfile.TemporaryDirectory(prefix="aideator-image-") as folder:
        archive = Path(folder) / "image.tar"
        tell(f"saving {asked.image} from {tool.name}")
        containers.run(tool.save(asked.image, archive), asked.said)
        tell(f"loading it into {cluster}")
        containers.run(cluster.words(archive), asked.said)
    return asked.image


def _is_missing(socket: Path) -> bool:
    try:
        return not socket.is_socket()
    except PermissionError:  # nobody knows: the program says what it may not do
        return False
