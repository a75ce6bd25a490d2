"""Asks the package index for the newest version of a package, through pip or uv: they know its address, and how to get there."""

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from typing import Final

from aideator_cli.errors import AideatorError, not_found, unavailable

SECONDS: Final = 30.0  # for each of them
_LISTED: Final = "Available versions: "  # only newer versions of pip can say it as JSON
_VERSION: Final = re.compile(r"\d[0-9A-Za-z.!+-]{0,60}")


def newest(package: str, installed: str) -> str:
    """Raises `AideatorError` if nobody can be asked, if the index does not answer, or if it has no such package.

    Another project may have the same name. An index that lacks the installed version is taken to have that one.
    """
    why = ""
    for words, given in _askers(package):
        try:
            done = subprocess.run(words, input=given, capture_output=True, text=True, check=False, timeout=SECONDS)
        except subprocess.TimeoutExpired:
            raise unavailable(f"the package index does not answer within {SECONDS:.0f} s", "try again later") from None
        except OSError as error:
            why = str(error)
            continue
        if done.returncode == 0 and (found := _version(package, done.stdout)):
            if not _has(installed, found, words, given, done.stdout):
                raise not_found(
                    f"the package index has {package} {found}, but no {installed}: perhaps another project of this name",
                    f"look where you got {package} from",
                )
            return found
        why = _last_line(done.stderr) or why
        if "No matching distribution" in done.stderr or "not found in the package registry" in done.stderr:
            raise not_found(f"the package index has no {package}", "look where you got it from")
    if why:
        raise unavailable(
            f"the package index can't be asked: {why}", "try again later, or look where you got aideator from"
        )
    raise AideatorError("there is no pip and no uv to ask the package index with", hint="install pip or uv")


def is_newer(version: str, than: str) -> bool:
    return _numbers(version) > _numbers(than)


def _askers(package: str) -> Iterator[tuple[Sequence[str], str | None]]:
    """Words, and what they read: the pip of this environment, another one, and uv."""
    options = ("index", "versions", package, "--disable-pip-version-check", "--no-input", "--retries", "1")
    if _has_pip():
        yield [sys.executable, "-m", "pip", *options], None
    elif pip := shutil.which("pip"):
        yield [pip, *options], None
    if uv := shutil.which("uv"):
        yield [uv, "pip", "compile", "-", "--no-deps", "--no-header", "--no-annotate", "--quiet"], package


def _has_pip() -> bool:
    from importlib.util import find_spec

    return find_spec("pip") is not None


def _version(package: str, said: str) -> str | None:
    """Returns the version in pip's first line, `aideator (1.2)`, or in uv's, `aideator==1.2`."""
    lines = (line.removeprefix(package).strip() for line in said.splitlines() if line.startswith(package))
    found = next((line.removeprefix("==").strip("( )") for line in lines), "")
    return found if _VERSION.fullmatch(found) else None


def _has(version: str, newest: str, words: Sequence[str], given: str | None, said: str) -> bool:
    """Returns whether the index has this version, too. pip has listed all of them; uv names the newest alone, and is asked again."""
    if version == newest:
        return True
    if given is None:
        return any(
            version in line.removeprefix(_LISTED).split(", ") for line in said.splitlines() if line.startswith(_LISTED)
        )
    try:
        again = subprocess.run(
            words, input=f"{given}=={version}", capture_output=True, text=True, check=False, timeout=SECONDS
        )
    except subprocess.TimeoutExpired:
        raise unavailable(f"the package index does not answer within {SECONDS:.0f} s", "try again later") from None
    return again.returncode == 0


def _last_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    errors = [line for line in lines if "error" in line.casefold()]
    return (errors or lines or [""])[-1]


def _numbers(version: str) -> tuple[int, ...]:
    found = [int(part) for part in re.findall(r"\d+", version.partition("+")[0])]
    while found and found[-1] == 0:
        found.pop()
    return tuple(found)
