"""YAML: strict reading of files that a person wrote (errors name file, line and column), and writing of documents."""

import math
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final, TextIO

import yaml

from aideator_agent.values import frozen
from aideator_cli.errors import usage

MOST_BYTES: Final = 900 * 1024  # the most that a run's ConfigMap can hold
MOST_DEPTH: Final = 40
MOST_MERGED: Final = 10_000  # entries that all `<<` of a file bring in
_MERGE: Final = "tag:yaml.org,2002:merge"


class _Strict(yaml.SafeLoader):
    """A safe loader. A duplicate name in a mapping is an error; a value is never lost silently."""

    _merged = 0

    def flatten_mapping(self, node: yaml.MappingNode) -> None:
        """Bounded, because merges of merges let a small file expand without end."""
        for key, value in node.value:
            for each in (value.value if isinstance(value, yaml.SequenceNode) else [value]) if key.tag == _MERGE else ():
                if isinstance(each, yaml.MappingNode):
                    self.flatten_mapping(each)
                    self._merged += len(each.value)
                    if self._merged > MOST_MERGED:
                        text = f"its merges (<<) bring in more than {MOST_MERGED:,} entries"
                        raise yaml.constructor.ConstructorError(None, None, text, key.start_mark)
        super().flatten_mapping(node)

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen = set()
        for key, _ in node.value:
            if isinstance(key, yaml.ScalarNode) and key.tag != _MERGE:
                if key.value in seen:
                    raise yaml.constructor.ConstructorError(None, None, f"{key.value!r} appears twice", key.start_mark)
                seen.add(key.value)
        return super().construct_mapping(node, deep)


def read_yaml(path: Path, what: str) -> Any:
    """Returns the file's content as JSON values: mappings with text keys, lists, texts, finite numbers, true, false, None.

    Raises `AideatorError` (usage), in which `what` names the purpose of the file.
    """
    return read_placed(path, what).value


@frozen
class Placed:
    """A file's content as `read_yaml` returns it, and the position of each part in the file."""

    value: Any
    _node: yaml.Node | None
    _file: str
    _before: int = 0  # lines of the file that stand before the YAML

    def where(self, *keys: str | int) -> str:
        """Returns the position for an error, such as `matrix FILE, line 3`: the line of the value at this path of keys and indexes."""
        node, line = self._node, None
        for key in keys:
            node, line = _child(node, key)
        return self._file if line is None else f"{self._file}, line {line + self._before}"


def read_placed(path: Path, what: str) -> Placed:
    """Like `read_yaml`, with positions."""
    return placed(read_text(path, what), f"{what} {path}")


def placed(text: str, file: str, before: int = 0) -> Placed:
    """Like `read_placed`, for a text that was read already. `file` names its file in errors, in which `before` lines stand before it."""
    try:
        loader = _Strict(text)
        node = loader.get_single_node()
        value = None if node is None else loader.construct_document(node)
    except yaml.MarkedYAMLError as error:
        raise usage(f"{file}{_place(error, before)}: {error.problem or 'not YAML'}", "the file must be YAML") from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise usage(f"{file} is not valid YAML: {_line(error)}") from error
    if reason := _not_json(value):
        raise usage(f"{file}: {reason}")
    return Placed(value, node, file, before)


def _child(node: yaml.Node | None, key: str | int) -> tuple[yaml.Node | None, int | None]:
    """Returns the value and its line; in a mapping, the line of its key."""
    if isinstance(node, yaml.SequenceNode) and isinstance(key, int) and key < len(node.value):
        return node.value[key], node.value[key].start_mark.line + 1
    if isinstance(node, yaml.MappingNode):
        for name, value in node.value:
            if name.value == key:
                return value, name.start_mark.line + 1
    return None, None


class _Readable(yaml.SafeDumper):
    """Writes texts of several lines as blocks."""

    def represent_text(self, text: str) -> yaml.ScalarNode:
        return self.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


_Readable.add_representer(str, _Readable.represent_text)


def write_documents(documents: Iterable[Mapping[str, Any]], out: TextIO) -> None:
    """Writes the YAML documents one after the other."""
    yaml.dump_all(documents, out, Dumper=_Readable, sort_keys=False, explicit_start=True, width=120)


def read_text(path: Path, what: str) -> str:
    """Returns the file's text. Raises `AideatorError` (usage), in which `what` names the purpose of the file."""
    try:
        with path.open("rb") as file:
            data = file.read(MOST_BYTES + 1)
        if len(data) > MOST_BYTES:
            raise usage(f"{what} {path} is larger than {MOST_BYTES // 1024} KiB")
        return data.decode("utf-8")
    except FileNotFoundError as error:
        raise usage(f"{what} {path} does not exist", f"relative paths start at {Path.cwd()}") from error
    except UnicodeDecodeError as error:
        raise usage(f"{what} {path} is not UTF-8 (byte {error.start})") from error
    except OSError as error:
        raise usage(f"{what} {path} can't be read: {error.strerror}") from error


def _place(error: yaml.MarkedYAMLError, before: int) -> str:
    mark = error.problem_mark or error.context_mark
    return f", line {mark.line + before + 1}, column {mark.column + 1}" if mark else ""


def _line(error: Exception) -> str:
    return re.sub(r"\s+", " ", str(error)).strip()


def _not_json(value: Any) -> str | None:
    """Returns why JSON can't represent the value, or None if it can. Bounded, because aliases let a small file expand without end."""
    waiting = [(value, 0)]
    size = 0  # total length of texts, plus one per value, with aliases expanded
    while waiting:
        node, depth = waiting.pop()
        size += 1 + (len(node) if isinstance(node, str) else 0)
        if depth > MOST_DEPTH or size > MOST_BYTES:
            return "it is nested too deeply, or its aliases expand to too much"
        if isinstance(node, dict):
            for name in node:
                if not isinstance(name, str):
                    return f"a name must be text, not {name!r} (quote it)"
            waiting.extend((child, depth + 1) for child in node.values())
        elif isinstance(node, list):
            waiting.extend((child, depth + 1) for child in node)
        elif not _plain(node):
            return f"{node!r} can't be written as JSON (quote it if it is text)"
    return None


def _plain(node: Any) -> bool:
    if isinstance(node, float):
        return math.isfinite(node)
    return node is None or isinstance(node, (str, bool, int))
