"""Which addresses a message may go to. A user who may not look around in the server's network may not send requests into it, either."""

import ipaddress
import re
import socket
from typing import Final
from urllib.parse import urlsplit

from aideator_cli.errors import AideatorError, refused, unavailable, usage
from aideator_cli.system.addresses import Address, meant

LONGEST: Final = 2000
_WRITTEN: Final = re.compile(r"[!-~]+")  # what can be sent in a request


def checked_url(url: str, *, private: bool) -> str:
    """Raises `AideatorError` for what is no URL of a webhook, or leads where it may not lead."""
    try:
        parts = urlsplit(url.strip())
        port = parts.port
    except ValueError as error:
        raise usage(f"{url[:200]!r} is no URL: {error}") from error
    if len(url) > LONGEST or parts.scheme not in ("http", "https") or not parts.hostname or parts.fragment:
        raise usage(f"{url[:200]!r} is no http or https URL", hint="such as https://n8n.example.org/webhook/aideator")
    if not _WRITTEN.fullmatch(url.strip()):
        raise usage(
            f"{url[:200]!r} has characters that a URL can't have",
            hint="write them as %XX, and those of a host as xn--…",
        )
    if parts.username is not None or parts.password is not None:
        raise usage("a webhook's URL holds no login", hint="the receiver knows the sender by the signature")
    if parts.scheme == "http" and not private:
        raise usage(f"{parts.hostname} would get the messages unencrypted", hint="use its https URL")
    if not private:
        resolved(parts.hostname, port or 443, private=False)
    return url.strip()


def resolved(host: str, port: int, *, private: bool) -> list[str]:
    """Returns the addresses of the host, all of which may be used. Raises `AideatorError`: refused, or unavailable for no answer."""
    try:
        infos = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise unavailable(f"{host} has no address: {error}", hint="check the URL") from error
    found = list(dict.fromkeys(str(info[4][0]) for info in infos))
    for address in found:
        if not private and not is_public(ipaddress.ip_address(address.partition("%")[0])):
            raise _inside(host, address)
    return found


def is_public(address: Address) -> bool:
    """Returns whether it is on the internet: not this machine, a private network, a cluster's services or a cloud's metadata."""
    inner = meant(address)
    return inner.is_global and not inner.is_multicast and not inner.is_reserved


def _inside(host: str, address: str) -> AideatorError:
    return refused(
        f"{host} is {address}, an address inside the server's own network, where only the scope admin may send",
        hint="use an address on the internet, or ask somebody with the scope admin to add it",
    )
