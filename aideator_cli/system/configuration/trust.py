"""Which repositories' files the user trusts: each by its place and its content, so that a change is asked about again."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from aideator_cli.errors import reason, unwritable, usage
from aideator_cli.system.configuration.repository import RepositoryFile
from aideator_cli.system.locks import locked
from aideator_cli.system.output_file import output_file

NAME: Final = "trusted.json"
_MOST_BYTES: Final = 4 * 1024 * 1024


class Trust:
    """The list in the data folder."""

    def __init__(self, home: Path) -> None:
        self._path = home / NAME

    def has(self, file: RepositoryFile) -> bool:
        return self._read().get(_place(file)) == file.digest

    def add(self, file: RepositoryFile) -> None:
        """Raises `AideatorError` if the list can't be written."""
        with self._alone():
            self._write({**self._read(), _place(file): file.digest})

    def remove(self, root: Path) -> bool:
        """Returns whether the repository at `root` had been trusted."""
        with self._alone():
            known = dict(self._read())
            found = known.pop(str(root.resolve()), None)
            if found is not None:
                self._write(known)
        return found is not None

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Two processes must not write over each other's entry."""
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with locked(self._path.with_suffix(".lock")):
                yield
        except OSError as error:
            raise unwritable(self._path, error) from error

    def _read(self) -> Mapping[str, str]:
        try:
            with self._path.open("rb") as file:
                data = json.loads(file.read(_MOST_BYTES))
        except FileNotFoundError:
            return {}
        except (OSError, ValueError, RecursionError) as error:
            raise usage(
                f"{self._path} can't be read: {reason(error)}", "delete it, and trust your repositories again"
            ) from error
        if not isinstance(data, dict):
            raise usage(
                f"{self._path} is no list of trusted repositories", "delete it, and trust your repositories again"
            )
        return {str(place): str(digest) for place, digest in data.items()}

    def _write(self, known: Mapping[str, str]) -> None:
        with output_file(self._path, force=True) as out:
            json.dump(dict(sorted(known.items())), out, indent=1)
            out.write("\n")


def _place(file: RepositoryFile) -> str:
    return str(file.root.resolve())
