"""Parses what git, the model and the commands find around them: variables, a proxy, certificate authorities."""

import re
import ssl
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from aideator_agent.settings import GIT_TOKEN
from aideator_agent.surroundings import PROXIES
from aideator_cli.errors import not_found, usage
from aideator_cli.intake.pairs import pairs

_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_HERE: Final = ("localhost", "127.0.0.1", "::1")
_RESERVED: Final = ("HOME",)
_MOST_BYTES: Final = 256 * 1024
_CERTIFICATE: Final = re.compile(r"-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----", re.DOTALL)


def variables(texts: Iterable[str], keys: Iterable[str]) -> dict[str, str]:
    """Returns the variables of `--env`. `keys` are the names of the providers' keys, which the model must never see.

    Raises `AideatorError` (usage).
    """
    found = pairs("--env", texts, _name, _value, "NAME=VALUE")
    secret = {*keys, GIT_TOKEN}
    for name in found:
        if name in secret:
            raise usage(
                f"--env {name}: the model would be able to read this key",
                hint="put it into the Secret (kubernetes) or the environment (local); only the agent reads it there",
            )
        if name.startswith("AIDEATOR_") or name in _RESERVED:
            raise usage(f"--env {name}: AIdeator sets it itself", hint="choose another name")
    return found


def authorities(path: Path | None) -> str | None:
    """Returns the certificates in the file as PEM, and nothing else of it. Raises `AideatorError`."""
    if path is None:
        return None
    found = _CERTIFICATE.findall(_text(path))
    if not found:
        raise usage(f"--ca {path} holds no certificate", hint="the file must be PEM: -----BEGIN CERTIFICATE-----")
    text = "\n".join(found) + "\n"
    try:
        ssl.create_default_context(cadata=text)
    except (ssl.SSLError, ValueError) as error:
        raise usage(
            f"--ca {path}: a certificate can't be read: {error}", hint=f"openssl x509 -in {path} -noout"
        ) from error
    return text


def remarks(env: Mapping[str, str], secrets: Sequence[str]) -> tuple[str, ...]:
    """Returns the warning that the model can read the variables. A proxy without a password is no secret."""
    named = [name for name, value in env.items() if name.upper() not in PROXIES or _has_password(value)]
    told = [*(f"--env {name}" for name in named), *(f"--env-from {name}" for name in secrets)]
    return (f"the model can read what commands can: {', '.join(told)}",) if told else ()


def not_reached(endpoints: Iterable[str | None]) -> tuple[str, ...]:
    """Returns the warning that an endpoint's address leads a pod to itself and not to this machine."""
    here = next((endpoint for endpoint in endpoints if endpoint and _is_here(endpoint)), None)
    if here is None:
        return ()
    return (
        f"in a pod, {here} is the pod itself, and not this machine; docs/platforms.md says how pods call this machine",
    )


def _is_here(url: str) -> bool:
    try:
        return urlsplit(url).hostname in _HERE
    except ValueError:
        return False


def _name(option: str, text: str) -> str:
    if not _NAME.fullmatch(text):
        raise usage(f"{option}: {text!r} is no name of a variable")
    return text


def _value(option: str, text: str) -> str:
    if "\0" in text:
        raise usage(f"{option}: a value can't hold a NUL")
    return text


def _has_password(url: str) -> bool:
    try:
        return urlsplit(url).password is not None
    except ValueError:
        return True


def _text(path: Path) -> str:
    try:
        data = path.expanduser().read_bytes()
    except FileNotFoundError as error:
        raise not_found(f"--ca {path} does not exist", hint=f"relative paths start at {Path.cwd()}") from error
    except OSError as error:
        raise usage(f"--ca {path} can't be read: {error.strerror}") from error
    if len(data) > _MOST_BYTES:
        raise usage(f"--ca {path} is larger than {_MOST_BYTES // 1024} KiB", hint="give only your own authorities")
    return data.decode("ascii", errors="replace")
