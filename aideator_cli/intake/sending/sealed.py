"""Hidden files on their way to a server. Its database keeps what was uploaded, and agents on its machine can read that: so they are sealed.

The upload is a line of JSON, `[[PATH, BYTES, EXECUTABLE], …]`, and the files' bytes one after the other, all of it XORed with the SHAKE-256
of a random key. The key comes with the request that starts the run, is used once, and is never stored.
"""

import hashlib
import json
import os
from collections.abc import Mapping
from typing import Final

from aideator_agent.carried import FILES, is_inside
from aideator_cli.errors import AideatorError, usage
from aideator_cli.text.figures import size

MOST: Final = 16 * 1024**2  # bytes: they are not packed, so that what is unpacked can't be more than what was sent
LIST: Final = 2 * 1024**2  # bytes of the line of JSON: read, it takes many times as much memory
Contents = Mapping[str, tuple[bytes, bool]]  # by path from a tree's top: a file's bytes, and whether it can be run


def seal(contents: Contents, key: bytes) -> bytes:
    """Raises `AideatorError` (usage) for more than a server takes."""
    told = json.dumps([[path, len(data), executable] for path, (data, executable) in contents.items()]).encode()
    if len(told) > LIST:
        raise usage(f"--hidden: the paths of its files are {size(len(told))}; a server takes at most {size(LIST)}")
    whole = b"".join([told, b"\n", *(data for data, _ in contents.values())])
    if len(whole) > MOST:
        raise usage(f"--hidden: its files are {size(len(whole))}; a server takes at most {size(MOST)}")
    return _crossed(whole, key)


def opened(sealed: bytes, key: bytes) -> Contents:
    """Raises `AideatorError` (usage) for what no client seals."""
    head, _, rest = _crossed(sealed, key).partition(b"\n")
    if len(head) > LIST:
        raise _unusable(f"the key does not open them, or their paths are more than {size(LIST)}")
    try:
        told = json.loads(head)
        if not isinstance(told, list) or not 0 < len(told) <= FILES:
            raise _unusable(f"they are not 1 to {FILES:,} files")
        found: dict[str, tuple[bytes, bool]] = {}
        at = 0
        for path, count, executable in told:
            if not (type(path) is str and type(count) is int and type(executable) is bool) or count < 0:
                raise _unusable("a file's path, size or mode is none")
            if not is_inside(path) or path in found or not _has_bytes(path):
                raise _unusable(f"{path[:80]!r} is not a file's own place inside the repository")
            found[path] = rest[at : at + count], executable
            at += count
    except (ValueError, TypeError, RecursionError) as error:
        raise _unusable("the key does not open them") from error
    if at != len(rest):
        raise _unusable("they are not whole")
    return found


def _has_bytes(path: str) -> bool:
    """Returns whether a file can have this name: half a character can't be written."""
    try:
        os.fsencode(path)
    except UnicodeEncodeError:
        return False
    return True


def _crossed(data: bytes, key: bytes) -> bytes:
    stream = hashlib.shake_256(key).digest(len(data))
    return (int.from_bytes(data, "big") ^ int.from_bytes(stream, "big")).to_bytes(len(data), "big")


def _unusable(why: str) -> AideatorError:
    return usage(f"the hidden files that were sent can't be used: {why}", hint="send what the command line sends")
