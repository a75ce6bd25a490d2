"""What git, the model and the commands find around them: the user's variables, a proxy, and certificate authorities of the user's own."""

import os
from collections.abc import Iterator, Mapping, MutableMapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

from aideator_agent.spec import RunSpec

if TYPE_CHECKING:
    from aideator_agent.settings import Settings

QUIET: Final = {
    "TERM": "dumb",
    "PAGER": "cat",
    "GIT_PAGER": "cat",
    "GIT_TERMINAL_PROMPT": "0",
    "PYTHONDONTWRITEBYTECODE": "1",  # a stale one, of the same second and size, would hide an edit
}
PROXIES: Final = ("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "ALL_PROXY")
BUNDLE: Final = "ca.crt"
# Each of them replaces the authorities that a tool knows, so the file holds the system's too
AUTHORITIES: Final = (
    "SSL_CERT_FILE",
    "REQUESTS_CA_BUNDLE",
    "CURL_CA_BUNDLE",
    "GIT_SSL_CAINFO",
    "NODE_EXTRA_CA_CERTS",
    "PIP_CERT",
    "AWS_CA_BUNDLE",
)
_SYSTEMS: Final = (
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/cert.pem",
)  # Debian, Fedora, Alpine and macOS


def enter(settings: "Settings", environment: MutableMapping[str, str]) -> None:
    """Puts the proxy and the authorities into this process's environment, for git and the model, and writes the authorities' file for the
    commands. Raises `OSError`."""
    spec = settings.spec
    environment.update(_proxies(spec.env))
    if spec.ca is None:
        return
    bundle = with_usual_authorities(spec.ca, environment)
    folders = [settings.channel or settings.private]
    if settings.check is not None:
        folders.append(settings.check.folder / "channel")
    for folder in folders:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / BUNDLE).write_bytes(bundle)
    environment.update(dict.fromkeys(AUTHORITIES, str(folders[0] / BUNDLE)))


def of_commands(spec: RunSpec, folder: str) -> dict[str, str]:
    """Returns the variables that every command gets. `folder` is where the command sees the file of the authorities."""
    trusted = {} if spec.ca is None else dict.fromkeys(AUTHORITIES, f"{folder}/{BUNDLE}")
    return {**trusted, **spec.env, **_proxies(spec.env)}


def _proxies(env: Mapping[str, str]) -> dict[str, str]:
    """Returns the proxy's variables in both spellings: curl and git read only the small one of some."""
    found = {name.upper(): value for name, value in env.items() if name.upper() in PROXIES}
    return {spelling: value for name, value in found.items() for spelling in (name, name.lower())}


def with_usual_authorities(ca: str, environment: Mapping[str, str]) -> bytes:
    """Returns the authorities (PEM) after those that programs with this environment trust without them."""
    return (_system_authorities(environment) + "\n" + ca).encode()


def _system_authorities(environment: Mapping[str, str]) -> str:
    for path in _candidates(environment):
        with suppress(OSError, UnicodeDecodeError):
            return Path(path).read_text("ascii", errors="replace")
    return ""


def _candidates(environment: Mapping[str, str]) -> Iterator[str]:
    if named := environment.get("SSL_CERT_FILE"):
        yield named
    import ssl  # takes longer to load than all of this room

    if usual := ssl.get_default_verify_paths().cafile:
        yield usual
    yield from _SYSTEMS
    with suppress(ImportError):
        import certifi  # comes with LiteLLM

        yield os.fspath(certifi.where())
