"""The Secret with the keys: which one runs use, its entries, and changes to them."""

import base64
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

from aideator_cli.backends.kubernetes import manifests, namespaces, problems
from aideator_cli.backends.kubernetes.client import MERGE_PATCH, ApiError, ConnectionFailed
from aideator_cli.backends.kubernetes.objects import LABELS, Objects
from aideator_cli.backends.kubernetes.preflight import secret_names
from aideator_cli.domain.keys import Entry, Keys
from aideator_cli.errors import AideatorError, not_found, refused, usage

_OWNER: Final = "app.kubernetes.io/managed-by"
_COMPONENT: Final = "app.kubernetes.io/component"
_LABELS: Final = {name: value for name, value in LABELS.items() if name.startswith("app.")} | {_COMPONENT: "keys"}


class Secrets:
    """`named` is the Secret that the user named; `shared` means the one for all users. Raises `AideatorError`."""

    def __init__(self, objects: Objects, user: str, named: str | None, *, shared: bool) -> None:
        self._objects = objects
        self._names = secret_names(manifests.DEFAULT_SECRET if shared else named, user)

    def ready(self) -> None:
        """Raises `AideatorError` if `put` would refuse whatever it is given: nobody should type a key in vain."""
        with self._told():
            self._to_write()

    def put(self, name: str, value: str) -> tuple[str, bool]:
        """Stores an entry where runs will look for it. Returns the place, for people, and whether there was such an entry before."""
        with self._told():
            secret, there = self._to_write()
            self._write(secret, name, value)
        return self._place(secret), name in there

    def remove(self, name: str) -> str:
        """Removes an entry, and with the last one the Secret if AIdeator made it. Returns the place, for people."""
        with self._told():
            for secret, found in self._existing():
                if name in _data(found):
                    self._remove(secret, found, name)
                    return self._place(secret)
        places = " or ".join(self._names)
        raise not_found(f"Secret {places} in namespace {self._objects.place.namespace} has no {name}")

    def keys(self) -> list[Keys]:
        """Returns the Secrets that exist. Runs use the first."""
        with self._told():
            existing = self._existing()
            if not existing:
                namespaces.look(self._objects)  # a missing one has no Secret either, and is the more useful error
        return [
            Keys(self._place(secret), _entries(found), used=number == 0)
            for number, (secret, found) in enumerate(existing)
        ]

    def value(self, name: str) -> str | None:
        """Returns an entry of the Secret that runs use, for a program that needs the key itself. None if it has none."""
        with self._told():
            existing = self._existing()
        found = _data(existing[0][1]).get(name) if existing else None
        return None if found is None else base64.b64decode(found).decode(errors="replace")

    def _to_write(self) -> tuple[str, Mapping[str, str]]:
        """Returns the Secret that runs use, or will use once it exists, and its entries."""
        if len(self._names) == 1:
            return self._names[0], _data(self._read(self._names[0], may_be_hidden=True))
        own = self._names[0]
        found = self._readable()
        if found.get(own) is not None or own not in found:
            secret = own if own in found else next(iter(found))
            return secret, _data(found[secret])
        for secret, there in found.items():
            if hidden := sorted(_data(there)):
                text = f"a new Secret {own} would hide {', '.join(hidden)} of {secret}: runs use only the first that exists"
                raise usage(
                    text, f"add it to {secret} with --shared, or make your own all the same with --secret {own}"
                )
        return own, {}

    def _existing(self) -> list[tuple[str, Mapping[str, Any]]]:
        return [(name, found) for name, found in self._readable().items() if found is not None]

    def _readable(self) -> Mapping[str, Mapping[str, Any] | None]:
        """Returns the Secrets that the user may read, None for one that does not exist. Raises `ApiError` if there is no such Secret."""
        found: dict[str, Mapping[str, Any] | None] = {}
        refused: ApiError | None = None
        for name in self._names:
            try:
                found[name] = self._read(name)
            except ApiError as error:
                if error.status != 403:
                    raise
                refused = error
        if refused is not None and not found:
            raise refused
        return found

    def _read(self, name: str, *, may_be_hidden: bool = False) -> Mapping[str, Any] | None:
        try:
            found: Mapping[str, Any] = self._objects.client.call("GET", f"{self._objects.secrets}/{name}")
        except ApiError as error:
            if error.status == 404 and error.details.get("kind") != "namespaces":
                return None
            if error.status == 403 and may_be_hidden:
                return None
            raise
        return found

    def _write(self, secret: str, name: str, value: str) -> None:
        entry = {"stringData": {name: value}}
        path = f"{self._objects.secrets}/{secret}"
        try:
            self._objects.client.call("PATCH", path, body=entry, content=MERGE_PATCH)
        except ApiError as error:
            if error.status != 404:
                raise
        else:
            return
        manifest = {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {"name": secret, "labels": _LABELS},
            "type": "Opaque",
        }
        try:
            self._objects.client.call("POST", self._objects.secrets, body=manifest | entry)
        except ApiError as error:
            if error.reason != "AlreadyExists":
                raise
            self._objects.client.call("PATCH", path, body=entry, content=MERGE_PATCH)

    def _remove(self, secret: str, found: Mapping[str, Any], name: str) -> None:
        path = f"{self._objects.secrets}/{secret}"
        if len(_data(found)) == 1 and (found["metadata"].get("labels") or {}).get(_OWNER) == LABELS[_OWNER]:
            self._objects.delete(path)
        else:
            self._objects.client.call("PATCH", path, body={"data": {name: None}}, content=MERGE_PATCH)

    def _place(self, secret: str) -> str:
        place = self._objects.place
        return f"Secret {secret} in {place.context}/{place.namespace}"

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except (ApiError, ConnectionFailed) as error:
            raise _explained(error, self._objects) from error


def _explained(error: ApiError | ConnectionFailed, objects: Objects) -> AideatorError:
    if isinstance(error, ApiError) and "immutable" in error.message:
        text = f"the Secret is immutable, so its entries can't be changed: {error.message}"
        return refused(text, "make another one with --secret NAME")
    return problems.explain(error, objects.place)


def _data(secret: Mapping[str, Any] | None) -> Mapping[str, str]:
    found: Mapping[str, str] = (secret or {}).get("data") or {}
    return found


def _entries(secret: Mapping[str, Any]) -> tuple[Entry, ...]:
    values = {name: base64.b64decode(value).decode(errors="replace") for name, value in _data(secret).items()}
    return tuple(Entry.of(name, value) for name, value in sorted(values.items()))
