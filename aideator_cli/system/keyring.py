"""Keys in the operating system's keyring. An entry of its own lists their names, because a keyring can't be listed."""

import contextlib
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from typing import Final

from aideator_cli.errors import AideatorError, unavailable
from aideator_cli.system.installation import adding

SERVICE: Final = "aideator"
_NAMES: Final = "entries"
_OTHERWISE: Final = "set keys in the environment instead"


class Keyring:
    """Raises `AideatorError` if there is no keyring, or it refuses. Loading it takes half a second."""

    def __init__(self) -> None:
        if find_spec("keyring") is None:
            raise unavailable("the Python package keyring is not installed", f"{adding('keyring')}, or {_OTHERWISE}")
        with _told():
            if sys.platform != "darwin":
                # The library looks for those of macOS wherever it runs: it would start ldconfig and gcc, which takes a tenth of a second
                sys.modules.setdefault("keyring.backends.macOS.api", None)  # type: ignore[arg-type]  # None: it can't be imported
            import keyring

            self._backend = keyring.get_keyring()

    def get(self, name: str) -> str | None:
        with _told():
            return self._backend.get_password(SERVICE, name)

    def put(self, name: str, value: str) -> bool:
        """Returns whether there was such an entry before."""
        there = self.get(name) is not None
        self.put_unlisted(name, value)
        self._list({*self.names(), name})
        return there

    def remove(self, name: str) -> None:
        self.remove_unlisted(name)
        self._list({*self.names()} - {name})

    def put_unlisted(self, name: str, value: str) -> None:
        """Stores what is no provider's key."""
        with _told():
            self._backend.set_password(SERVICE, name, value)

    def remove_unlisted(self, name: str) -> None:
        with _told():
            self._backend.delete_password(SERVICE, name)

    def names(self) -> list[str]:
        listed = self.get(_NAMES)
        try:
            found = json.loads(listed or "[]")
        except ValueError:
            return []
        return sorted(name for name in found if isinstance(name, str)) if isinstance(found, list) else []

    def _list(self, names: set[str]) -> None:
        with _told():
            if names:
                self._backend.set_password(SERVICE, _NAMES, json.dumps(sorted(names)))
            else:
                self._backend.delete_password(SERVICE, _NAMES)


def look_up(name: str) -> str | None:
    """Returns the key, or None if there is none, or no keyring to ask."""
    if find_spec("keyring") is None:
        return None
    with contextlib.suppress(AideatorError):
        return Keyring().get(name)
    return None


def listed() -> list[str]:
    """Returns the names of the stored keys; none if there is no keyring to ask."""
    if find_spec("keyring") is not None:
        with contextlib.suppress(AideatorError):
            return Keyring().names()
    return []


@contextmanager
def _told() -> Iterator[None]:
    from keyring import errors

    try:
        yield
    except errors.NoKeyringError as error:
        text = "this machine has no keyring: no Secret Service (such as GNOME Keyring or KWallet) answers"
        raise unavailable(text, _OTHERWISE) from error
    except errors.KeyringLocked as error:
        raise unavailable(f"the keyring is locked: {error}", f"unlock it, or {_OTHERWISE}") from error
    except errors.KeyringError as error:
        raise unavailable(f"the keyring refuses: {error}", f"check it, or {_OTHERWISE}") from error
