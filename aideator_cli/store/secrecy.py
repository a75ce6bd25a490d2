"""Secrets that a server gives out. They are long and random, so a plain hash of one tells nothing of it."""

from typing import Final

PREFIX: Final = "aid_"  # by which scanners of secrets know one


def new_secret() -> str:
    import secrets

    return PREFIX + secrets.token_urlsafe(32)


def digest(secret: str) -> str:
    import hashlib

    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()
