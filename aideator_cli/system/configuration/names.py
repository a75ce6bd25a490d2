"""Names that a file gives and no option has: a slip, or a key that must not be there."""

import re
from collections.abc import Iterable
from difflib import get_close_matches
from typing import Any, Final

from aideator_cli.errors import AideatorError, Hint, command, usage
from aideator_cli.system.configuration.options import Table

_KEY: Final = re.compile(r"(?i)(?:^|.*_)(?:api_?keys?|access_?key|secret_?key|token|password|passwd|credentials?)")
_KEY_VARIABLE: Final = re.compile(r"(?i)([A-Z0-9_]*API_?KEY|GIT_TOKEN)=.+", re.DOTALL)
_VARIABLE: Final = re.compile(r"(?i)[a-z_]\w{0,99}")
_BARE: Final = re.compile(r"(?<![\w-])sk-[A-Za-z0-9][\w-]{18,}")  # as several providers begin theirs
_LOGIN: Final = re.compile(r"[a-z][a-z0-9+.-]*://[^/\s:@]*:[^/\s@]+@")
_PASSWORD: Final = re.compile(r"([?&]password=)[^&]*")


def unknown(where: str, name: str, table: Table) -> AideatorError:
    """Returns the error for a name that no option has."""
    shown = name if len(name) <= 60 else f"{name[:60]}…"
    if is_key(name):
        known = name.upper() if _VARIABLE.fullmatch(name) and name.lower() != "api_key" else "NAME"
        stored = ("store it with ", command("secret", "set", known))
        return usage(f"{where}: {shown} would be a key, and no configuration may hold one", stored)
    meant = near(name, table)
    listed: Hint = ("settings are listed by ", command("config", "show", "--all"))
    return usage(f"{where}: unknown setting {shown!r}", f"did you mean {' or '.join(meant)}?" if meant else listed)


def is_key(name: str) -> bool:
    """Returns whether what has this name would be a key."""
    return _KEY.fullmatch(name) is not None


def near(name: str, names: Iterable[str]) -> list[str]:
    """Returns the names that were probably meant."""
    plain, known = name.lower().strip("-").replace("-", "_"), list(names)
    if plain in known:
        return [plain]
    if f"no_{plain}" in known:
        return [f"no_{plain}"]
    return get_close_matches(plain, known, n=2, cutoff=0.7)


def without_password(url: str) -> str:
    """Returns the URL as it may be shown. What is no URL is not shown at all."""
    scheme, is_url, rest = url.partition("://")
    login, is_there, place = rest.rpartition("@")
    user, has_password, _ = login.partition(":")
    shown = f"{scheme}://{user}:…@{place}" if is_there and has_password else url
    return _PASSWORD.sub(r"\1…", shown) if is_url else "…"


def secret_in(value: Any) -> str | None:
    """Returns what kind of secret is in the value, for people, or None."""
    from aideator_agent import secret_forms

    texts = value if isinstance(value, tuple) else (value,)
    for text in texts:
        if not isinstance(text, str):
            continue
        if found := _KEY_VARIABLE.fullmatch(text):
            return found[1]
        if _BARE.search(text):
            return "what looks like a key"
        if _LOGIN.match(text) or (_PASSWORD.search(text) and "://" in text):
            return "a URL with a password"
        if (secret := next(secret_forms.found(text), None)) is not None:
            return secret.what
    return None
