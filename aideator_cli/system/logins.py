"""Tokens for servers, by URL: in the keyring, else in a file that only this user can read. None is ever shown."""

import contextlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from aideator_cli.errors import AideatorError, reason, usage

FILE: Final = "servers.json"
VARIABLE: Final = "AIDEATOR_TOKEN"
KEYRING: Final = "keyring"
_ENTRY: Final = "server "  # of the keyring, before the URL


class Logins:
    """The file names every server that the user has logged in to, and holds the token where no keyring does."""

    def __init__(self, folder: Path, environment: Mapping[str, str]) -> None:
        self._path = folder / FILE
        self._environment = environment

    @property
    def given(self) -> str | None:
        """AIDEATOR_TOKEN, which comes before a stored one."""
        return self._environment.get(VARIABLE, "").strip() or None

    def token(self, url: str) -> str | None:
        """Returns the stored one. Loads the keyring only if it has this server's."""
        known = self._known().get(url)
        if not isinstance(known, dict):
            return None
        if known.get("place") != KEYRING:
            token = known.get("token")
            return token if isinstance(token, str) else None
        from aideator_cli.system.keyring import look_up

        return look_up(_ENTRY + url)

    def keep(self, url: str, token: str) -> str:
        """Returns where it is stored, for people. A keyring comes first, if there is one that answers."""
        with contextlib.suppress(AideatorError):
            from aideator_cli.system.keyring import Keyring

            Keyring().put_unlisted(_ENTRY + url, token)
            self._write({**self._known(), url: {"place": KEYRING}})
            return "the keyring"
        self._write({**self._known(), url: {"token": token}})
        return str(self._path)

    def forget(self, url: str) -> bool:
        """Returns whether there was one."""
        known = self._known()
        if url not in known:
            return False
        if isinstance(known[url], dict) and known[url].get("place") == KEYRING:
            from aideator_cli.system.keyring import Keyring

            Keyring().remove_unlisted(_ENTRY + url)
        self._write({each: value for each, value in known.items() if each != url})
        return True

    def urls(self) -> list[str]:
        return sorted(self._known())

    def _known(self) -> dict[str, Any]:
        try:
            found = json.loads(self._path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return {}
        except (OSError, ValueError) as error:
            raise usage(f"{self._path} can't be read: {reason(error)}", hint="delete it, and log in again") from error
        return found if isinstance(found, dict) else {}

    def _write(self, known: Mapping[str, Any]) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        beside = self._path.with_name(f".{FILE}.{os.getpid()}")
        descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as out:
            json.dump(known, out, indent=1, sort_keys=True)
        beside.replace(self._path)
