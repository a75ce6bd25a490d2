"""Keeps the text of a private repository at the hosts that the user listed: this process connects to no other.

The hook is Python's own: it sees every connection of the process, whichever library opens it, and can't be removed again. Programs that
the agent starts are processes of their own; what they may reach is the network's business.
"""

import ipaddress
import re
import socket
import sys
import threading
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from aideator_agent.spec import RunSpec, VariationSpec
from aideator_agent.verdict import failed

FILE: Final = ".aideator.toml"
MOST_BYTES: Final = 4 * 1024 * 1024
PRIVATE: Final = re.compile(rb"^\s*[\"']?private[\"']?\s*=\s*true\b", re.MULTILINE)
_MARKS: Final = b"\xef\xbb\xbf\xff\xfe"  # programs on Windows begin a file with one, and write UTF-16
WHY: Final = "this repository is private"
_LOOKS_UP: Final = ("socket.getaddrinfo", "socket.gethostbyname")
_SENDS: Final = ("socket.connect", "socket.sendto", "socket.sendmsg")
_own: Final = threading.local()
_lock: Final = threading.Lock()
_hooked: Final = threading.Event()
_USUAL_PORTS: Final = {"http": 80, "https": 443}


class NotListed(PermissionError):
    """A connection to a host that is not on the list."""


def is_listed(hosts: Iterable[str], host: str | None, port: int | None = None) -> bool:
    """Returns whether an entry, HOST or HOST:PORT, allows this place. `port`: None where it is not known yet."""
    if not host:
        return False
    for entry in hosts:
        name, wanted = split(entry)
        if name == _plain(host) and (wanted is None or port is None or wanted == port):
            return True
    return False


def lists_url(hosts: Iterable[str], url: str) -> bool:
    """Returns whether a URL's host and port are listed."""
    try:
        parts = urlsplit(url)
        return is_listed(hosts, parts.hostname, parts.port or _USUAL_PORTS.get(parts.scheme))
    except ValueError:
        return False


def split(entry: str) -> tuple[str, int | None]:
    """Returns host and port of an entry. Raises `ValueError` if it is none."""
    found = re.fullmatch(r"\[([0-9A-Fa-f:.]+)\](?::(\d{1,5}))?|([^\s:/@\[\]]+)(?::(\d{1,5}))?", entry.strip())
    if found is None:
        if entry.count(":") > 1:
            return str(ipaddress.IPv6Address(entry.strip())), None
        raise ValueError(f"{entry!r} is no host, and no HOST:PORT")
    port = found[2] or found[4]
    return _plain(found[1] or found[3]), int(port) if port else None


def unlisted(place: str) -> str:
    return f"{WHY}, and {place} is not on the list of hosts that may get its text"


def says_private(text: bytes) -> bool:
    """Returns whether a repository's `.aideator.toml` says `private = true`. A file that is no TOML is searched for it."""
    text = text.replace(b"\0", b"").lstrip(_MARKS)
    if b"private" not in text:
        return False
    import tomllib

    try:
        return tomllib.loads(text.decode()).get("private") is True
    except (ValueError, RecursionError):
        return PRIVATE.search(text) is not None


def check_base(folder: Path, spec: RunSpec, variation: VariationSpec) -> None:
    """Raises `Ended` if the checked-out repository is private and the run does not know: before a model is asked anything."""
    if spec.model_hosts is not None or not _asks_a_model(spec, variation):
        return
    try:
        with (folder / FILE).open("rb") as file:
            text = file.read(MOST_BYTES)
    except OSError:
        return
    if says_private(text):
        raise failed(
            "repository",
            f"{WHY} (private = true in its {FILE}), and the run was started without knowing it: start it with --private",
        )


def confine(hosts: Sequence[str] | None) -> None:
    """Lets this process connect to these hosts alone, from now on. None: to any."""
    if hosts is not None:
        sys.addaudithook(_Guard(hosts).see)


def confine_thread(hosts: Sequence[str] | None) -> None:
    """Lets this thread connect to these hosts alone, from now on: a process that also does other work asks a model in it. None: to any."""
    if hosts is None:
        return
    _own.guard = _Guard(hosts)
    with _lock:  # a hook can't be removed, so there is one for all threads
        if not _hooked.is_set():
            sys.addaudithook(_see)
            _hooked.set()


def _see(event: str, arguments: tuple[Any, ...]) -> None:
    guard = getattr(_own, "guard", None)
    if guard is not None:
        guard.see(event, arguments)


def _asks_a_model(spec: RunSpec, variation: VariationSpec) -> bool:
    return not (spec.is_merge or spec.referee or variation.model.startswith("scripted/"))


def _plain(host: str) -> str:
    name = host.lower().rstrip(".")
    return name.partition("%")[0] if ":" in name else name  # only an IPv6 address has a zone


class _Guard:
    def __init__(self, hosts: Sequence[str]) -> None:
        self._entries = [split(entry) for entry in hosts]

    def see(self, event: str, arguments: tuple[Any, ...]) -> None:
        """Raises `NotListed` out of what the process was about to do."""
        if event in _LOOKS_UP:
            self._look_up(arguments[0])
        elif event in _SENDS and isinstance(arguments[1], tuple):
            self._send(arguments[1])

    def _look_up(self, host: object) -> None:
        name = host.decode("ascii", "replace") if isinstance(host, bytes | bytearray) else host
        if not isinstance(name, str) or not name or _is_address(name):
            return  # asks nobody; where it leads is looked at when something is sent there
        if not any(known == _plain(name) for known, _ in self._entries):
            self._refuse(name)

    def _send(self, address: tuple[Any, ...]) -> None:
        host, port = str(address[0]), address[1] if len(address) > 1 else None
        for entry in self._entries:
            if entry[1] in (None, port) and (_plain(host) == entry[0] or self._leads_to(entry[0], host)):
                return
        self._refuse(f"{host}:{port}")

    def _leads_to(self, name: str, address: str) -> bool:
        """Returns whether a listed name has this address now."""
        if _is_address(name):
            return _same(name, address)
        try:
            return any(_same(str(found[4][0]), address) for found in socket.getaddrinfo(name, None))
        except OSError:
            return False

    def _refuse(self, place: str) -> None:
        raise NotListed(f"{unlisted(place)}, so nothing was sent there")


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(_plain(text))
    except ValueError:
        return False
    return True


def _same(one: str, other: str) -> bool:
    try:
        return _unmapped(one) == _unmapped(other)
    except ValueError:
        return False


def _unmapped(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    address = ipaddress.ip_address(_plain(text))
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return mapped or address
