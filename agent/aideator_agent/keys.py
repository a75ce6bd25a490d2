"""Keys: removed from the environment before anything else runs, and from every text that leaves the process.

A child with a clean environment could still read `/proc/<agent>/environ`. So the process replaces itself while the keys wait in a pipe, and
then denies other processes of its user access to its memory and environment.
"""

import ctypes
import json
import os
import re
import stat
import sys
from collections.abc import Collection, Iterable, Mapping
from typing import Final

HANDED_OVER: Final = "AIDEATOR_KEYS_FD"
REDACTED: Final = "[redacted]"
SHORTEST: Final = 8  # characters; what is shorter (EMPTY, ollama) is no key and may be a word of any text
PR_SET_DUMPABLE: Final = 4

CHILDREN_NEED: Final = re.compile(
    r"PATH|HOME|USER|LOGNAME|SHELL|LANG|LANGUAGE|LC_\w+|TZ|TERM|TMPDIR|TMP|TEMP|XDG_\w+|(https?|all|no|ftp)_proxy"
    r"|SSL_CERT_(FILE|DIR)|(REQUESTS|CURL)_CA_BUNDLE|NODE_EXTRA_CA_CERTS|PIP_CERT|LD_LIBRARY_PATH|PKG_CONFIG_PATH"
    r"|VIRTUAL_ENV|CONDA_PREFIX|PYENV_ROOT|UV_CACHE_DIR|JAVA_HOME|MAVEN_HOME|GRADLE_(HOME|USER_HOME)|SDKMAN_DIR|GOPATH"
    r"|GOROOT|GOPROXY|GOCACHE|GOMODCACHE|GOFLAGS|CARGO_HOME|RUSTUP_HOME|NVM_DIR|NVM_BIN|FNM_\w+|VOLTA_HOME|PNPM_HOME"
    r"|BUN_INSTALL|RBENV_ROOT|GEM_HOME|GEM_PATH|DOTNET_ROOT|ANDROID_HOME|CC|CXX|CFLAGS|CXXFLAGS|LDFLAGS|MAKEFLAGS",
    re.IGNORECASE,
)


def take(names: Collection[str]) -> dict[str, str]:
    """Returns the keys that the environment has under these names, and removes them from it.

    If there are any, the process replaces itself (same PID, arguments and descriptors), so call this before doing anything else. On Linux,
    other processes of this user can from then on read neither its environment nor its memory.
    """
    keys = _received()
    left = {name: os.environ[name] for name in names if name in os.environ}
    if left:
        _begin_again(keys | left)
    _deny_reading()
    return keys


def scrubbed(environment: Mapping[str, str], keep: Collection[str] = ()) -> dict[str, str]:
    """Returns the part of the environment that a child needs to find its tools, plus the variables in `keep`."""
    return {name: value for name, value in environment.items() if CHILDREN_NEED.fullmatch(name) or name in keep}


class Redactor:
    """Replaces each secret with `REDACTED`, whether written plainly or as in a JSON string."""

    def __init__(self, secrets: Iterable[str]) -> None:
        plain = {s.strip() for s in secrets}
        self._secrets = {form for s in plain if len(s) >= SHORTEST for form in (s, json.dumps(s)[1:-1])}

    def also(self, secrets: Iterable[str]) -> "Redactor":
        """Returns a redactor for these secrets as well."""
        return Redactor([*self._secrets, *secrets])

    def text(self, text: str) -> str:
        """Redacts a complete text."""
        pieces, end = [], 0
        for start, stop in self.found(text):
            pieces += [text[end:start], REDACTED]
            end = stop
        return "".join([*pieces, text[end:]])

    def stream(self) -> "RedactedStream":
        """Returns a redactor for one text that comes in pieces."""
        return RedactedStream(self)

    def found(self, text: str) -> list[tuple[int, int]]:
        """Returns start and end of each secret. Overlapping ones are merged."""
        places: list[tuple[int, int]] = []
        for start, stop in sorted(p for s in self._secrets for p in _places(text, s)):
            if places and start < places[-1][1]:
                places[-1] = (places[-1][0], max(stop, places[-1][1]))
            else:
                places.append((start, stop))
        return places

    def undecided(self, text: str) -> int:
        """Returns where a possible incomplete secret at the end begins, or the text's length."""
        return min((_beginning(text, s) for s in self._secrets), default=len(text))


class RedactedStream:
    def __init__(self, redactor: Redactor) -> None:
        self._redactor = redactor
        self._held = ""

    def feed(self, piece: str) -> str:
        """Returns what can be shown now. Holds back only what may still become a secret."""
        text = self._held + piece
        cut = self._redactor.undecided(text)
        for start, stop in self._redactor.found(text):
            if start < cut < stop:
                cut = start
        self._held = text[cut:]
        return self._redactor.text(text[:cut])

    def flush(self) -> str:
        """Returns the rest. Nothing may follow."""
        rest, self._held = self._held, ""
        return self._redactor.text(rest)


def _places(text: str, secret: str) -> Iterable[tuple[int, int]]:
    at = text.find(secret)
    while at >= 0:
        yield at, at + len(secret)
        at = text.find(secret, at + 1)


def _beginning(text: str, secret: str) -> int:
    at = text.find(secret[0], max(0, len(text) - len(secret) + 1))
    while at >= 0 and not secret.startswith(text[at:]):
        at = text.find(secret[0], at + 1)
    return at if at >= 0 else len(text)


def _received() -> dict[str, str]:
    number = os.environ.pop(HANDED_OVER, "")
    if not number.isdecimal() or not _is_pipe(int(number)):
        return {}
    with os.fdopen(int(number), "rb") as pipe:
        keys: dict[str, str] = json.loads(pipe.read())
    return keys


def _is_pipe(fd: int) -> bool:
    try:
        return stat.S_ISFIFO(os.fstat(fd).st_mode)
    except OSError:
        return False


def _begin_again(keys: Mapping[str, str]) -> None:
    reader, writer = os.pipe()
    os.set_blocking(writer, False)  # a pipe holds 64 KiB; more than that is an error, not a wait without end
    with os.fdopen(writer, "wb", buffering=0) as pipe:
        data = json.dumps(keys).encode()
        if pipe.write(data) != len(data):
            raise OSError(f"the keys are too long to be taken over: {len(data)} bytes")
    os.set_inheritable(reader, True)
    environment = {name: value for name, value in os.environ.items() if name not in keys}
    os.execve(sys.executable, sys.orig_argv, environment | {HANDED_OVER: str(reader)})


def _deny_reading() -> None:
    """Denies reading until the next exec. Raises `OSError` if Linux refuses."""
    if sys.platform == "linux" and ctypes.CDLL(None, use_errno=True).prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "PR_SET_DUMPABLE was refused")
