"""Programs that build, save and push container images: docker, podman, nerdctl and buildah."""

import re
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from aideator_agent.values import frozen
from aideator_cli.errors import AideatorError, command, not_found, unavailable, usage

TOOLS: Final = ("docker", "podman", "nerdctl", "buildah")
_PROBES: Final = {"docker": ("version",), "nerdctl": ("version",)}  # they need a daemon, the others do not
_PROBE_SECONDS: Final = 20
_INSTALL: Final = "install docker, podman, nerdctl or buildah"
_LOCAL: Final = re.compile(r"(localhost|127\.0\.0\.1|\[::1\])(:\d+)?/")


@frozen
class Tool:
    """One of TOOLS. Its methods return the words of a command, or of several that run one after the other."""

    name: str

    def build(self, folder: Path, image: str, *, base: str | None, more: Sequence[str]) -> list[str]:
        words = [self.name, "build", *(("--layers",) if self.name == "buildah" else ()), "--tag", image]
        words += [f"--build-arg=BASE_IMAGE={base}"] if base else []
        return [*words, *more, "--file", str(folder / "Dockerfile"), str(folder)]

    def has(self, image: str) -> bool:
        kind = ("inspect", "--type", "image") if self.name == "buildah" else ("image", "inspect")
        return subprocess.run([self.name, *kind, image], capture_output=True, check=False).returncode == 0

    def save(self, image: str, archive: Path) -> list[str]:
        """Returns the command that writes the image to a file that containerd can import."""
        if self.name == "buildah":
            return ["buildah", "push", image, f"docker-archive:{archive}:{image}"]
        return [self.name, "save", "--output", str(archive), image]

    def push(self, image: str, target: str) -> list[list[str]]:
        plain = (
            _LOCAL.match(target) is not None
        )  # a registry of a developer's own rarely has TLS; docker knows that by itself
        if self.name == "buildah":
            return [["buildah", "push", *(("--tls-verify=false",) if plain else ()), image, f"docker://{target}"]]
        if self.name == "podman":
            return [["podman", "push", *(("--tls-verify=false",) if plain else ()), image, target]]
        insecure = ("--insecure-registry",) if plain and self.name == "nerdctl" else ()
        return [[self.name, "tag", image, target], [self.name, *insecure, "push", target]]


def working(named: str | None) -> list[Tool]:
    """Returns the tools that are installed and answer, in the order of TOOLS. Raises `AideatorError` if there is none."""
    if named is not None and named not in TOOLS:
        raise usage(f"--tool takes {', '.join(TOOLS[:-1])} or {TOOLS[-1]}, not {named}")
    failures = {name: _failure(name) for name in ([named] if named else TOOLS)}
    found = [Tool(name) for name, failure in failures.items() if failure is None]
    if not found:
        raise _none_works({name: failure for name, failure in failures.items() if failure}, named)
    return found


def run(words: Sequence[str], said: int) -> None:
    """Runs a command. What it prints goes to the file descriptor `said`. Raises `AideatorError` (unavailable) if it fails."""
    try:
        code = subprocess.run(words, stdin=subprocess.DEVNULL, stdout=said, stderr=said, check=False).returncode
    except OSError as error:
        raise unavailable(f"{words[0]} can't be started: {error.strerror}") from error
    if code:
        raise unavailable(f"`{' '.join(words[:3])} …` failed with exit code {code}", f"see what {words[0]} said above")


def needed(program: str, why: str, install: str) -> None:
    """Raises `AideatorError` (unavailable) if the program is not installed."""
    if shutil.which(program) is None:
        raise unavailable(f"{program} is not installed; {why}", install)


def with_image(tools: Sequence[Tool], image: str) -> Tool:
    """Returns the first tool that has the image. Raises `AideatorError` (not found)."""
    for tool in tools:
        if tool.has(image):
            return tool
    *others, last = (tool.name for tool in tools)
    text = f"neither {' nor '.join([*others, last])} has {image}" if others else f"{last} has no image {image}"
    raise not_found(text, ("build it first: ", command("image", "build")))


def _failure(name: str) -> str | None:
    """Returns why the tool can't be used, or None."""
    if shutil.which(name) is None:
        return "is not installed"
    try:
        words = [name, *_PROBES.get(name, ("--version",))]
        done = subprocess.run(words, capture_output=True, timeout=_PROBE_SECONDS, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"does not answer: {error}"
    said = done.stderr.decode(errors="replace").strip().splitlines()
    return (said[-1] if said else f"exit code {done.returncode}") if done.returncode else None


def _none_works(failures: Mapping[str, str], named: str | None) -> AideatorError:
    if named:
        return unavailable(
            f"{named} can't be used: {failures[named]}", f"start or install {named}, or name another --tool"
        )
    told = "; ".join(f"{name}: {failure}" for name, failure in failures.items() if failure != "is not installed")
    text = "no program that builds images works here" + (f" ({told})" if told else "")
    return unavailable(text, f"{_INSTALL}, or start its daemon")
