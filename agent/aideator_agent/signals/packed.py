"""What texts say that nobody can read: Base64, hexadecimal digits and the like, also compressed."""

import base64
import binascii
import re
import zlib
from collections.abc import Callable, Iterator
from typing import Final

from aideator_agent.patterns import lazy
from aideator_agent.signals.added import File

MOST: Final = 20  # texts of a file
LONGEST: Final = 64 * 1024  # characters of one, and bytes that it may become
_JOINED: Final = lazy(r"""(["'`])[ \t]*(?:[+.\\][ \t]*)?(?:\n[ \t]*)?(?:[+.][ \t]*)?\1""")
_PACKED: Final = lazy(r"""["'`]([!-&(-+\--Z^-_a-z{-~ ]{40,})["'`]""")
_DECODERS: Final[tuple[Callable[[str], bytes], ...]] = (
    bytes.fromhex,
    lambda text: base64.b64decode(text, validate=True),
    base64.b85decode,
    base64.a85decode,
)


def unpacked(file: File) -> Iterator[tuple[int, str]]:
    """Yields the texts that packed ones of the added lines become, each with its line."""
    text = "\n".join(line for _, line in file.lines)
    whole = _JOINED.sub("", text)
    for found in list(_PACKED.finditer(whole))[:MOST]:
        if " " in found[1] or len(found[1]) > LONGEST:
            continue
        at = min(whole.count("\n", 0, found.start()), len(file.lines) - 1)
        for decode in _DECODERS:
            if plain := _plain(decode, found[1]):
                yield file.lines[at][0], plain
                break


def _plain(decode: Callable[[str], bytes], text: str) -> str | None:
    try:
        data = decode(text)
    except (ValueError, binascii.Error):
        return None
    for bits in (zlib.MAX_WBITS | 32, -zlib.MAX_WBITS):  # zlib or gzip, or neither's head
        try:
            data = zlib.decompressobj(bits).decompress(data, LONGEST)
            break
        except zlib.error:
            continue
    try:
        plain = data[:LONGEST].decode()
    except UnicodeDecodeError:
        return None
    return plain if re.search(r"\w{2}", plain) and all(map(_is_shown, plain)) else None


def _is_shown(letter: str) -> bool:
    return letter.isprintable() or letter in "\n\t"
