"""Unpacks what zlib has packed, within a bound: a few bytes may hold more than the memory does."""

import zlib


def inflated(data: bytes, most: int) -> bytes:
    """Returns the content, at most so many bytes. Raises `ValueError` for one that is larger, cut, or not packed by zlib."""
    inflater = zlib.decompressobj()
    try:
        found = inflater.decompress(data, most)
    except zlib.error as error:
        raise ValueError(str(error)) from error
    if not inflater.eof:
        raise ValueError("it is cut, or larger than it may be")
    return found
