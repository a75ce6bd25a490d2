"""YAML: files that a person wrote, read strictly (errors name the file, the line and the column), and documents for others to read."""

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TextIO

import yaml

from aideator_cli.errors import usage

MOST_BYTES: Final = 900 * 1024  # what a run's ConfigMap can carry
MOST_DEPTH: Final = 40


class _Strict(yaml.SafeLoader):
    """Safe, and a name that stands twice in one mapping is an error instead of a value lost in silence."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen = set()
        for key, _ in node.value:
            if isinstance(key, yaml.ScalarNode) and key.tag != "tag:yaml.org,2002:merge":
                if key.value in seen:
                    raise yaml.constructor.ConstructorError(None, None, f"{key.value!r} stands twice", key.start_mark)
                seen.add(key.value)
        return super().construct_mapping(node, deep)


def read_yaml(path: Path, what: str) -> Any:
    """The file's content as JSON has it: mappings with text as names, lists, texts, finite numbers, true, false, None.

    `what` names the file's purpose in the errors: `AideatorError` (usage).
    """
    return read_placed(path, what).value


@dataclass(frozen=True)
class Placed:
    """A file's content as `read_yaml` gives it, and where in the file each part of it stands."""

    value: Any
    _node: yaml.Node | None
    _file: str

    def where(self, *keys: str | int) -> str:
        """For an error: `matrix FILE, line 3`, the line of the value that these names and places in lists lead to."""
        node, line = self._node, None
        for key in keys:
            node, line = _child(node, key)
        return self._file if line is None else f"{self._file}, line {line}"


def read_placed(path: Path, what: str) -> Placed:
    """As `read_yaml`."""
    text = _text(path, what)
    try:
        loader = _Strict(text)
        node = loader.get_single_node()
        value = None if node is None else loader.construct_document(node)
    except yaml.MarkedYAMLError as error:
        raise usage(f"{what} {path}{_place(error)}: {error.problem or 'no YAML'}", "the file must be YAML") from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise usage(f"{what} {path} is no YAML that can be read: {_line(error)}") from error
    if reason := _not_json(value):
        raise usage(f"{what} {path}: {reason}")
    return Placed(value, node, f"{what} {path}")


def _child(node: yaml.Node | None, key: str | int) -> tuple[yaml.Node | None, int | None]:
    """The value and its line: of a mapping's entry that of its name."""
    if isinstance(node, yaml.SequenceNode) and isinstance(key, int) and key < len(node.value):
        return node.value[key], node.value[key].start_mark.line + 1
    if isinstance(node, yaml.MappingNode):
        for name, value in node.value:
            if name.value == key:
                return value, name.start_mark.line + 1
    return None, None


class _Readable(yaml.SafeDumper):
    """Texts of several lines as blocks."""

    def represent_text(self, text: str) -> yaml.ScalarNode:
        return self.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


_Readable.add_representer(str, _Readable.represent_text)


def write_documents(documents: Iterable[Mapping[str, Any]], out: TextIO) -> None:
    """One YAML document after the other."""
    yaml.dump_all(documents, out, Dumper=_Readable, sort_keys=False, explicit_start=True, width=120)


def _text(path: Path, what: str) -> str:
    try:
        with path.open("rb") as file:
            data = file.read(MOST_BYTES + 1)
        if len(data) > MOST_BYTES:
            raise usage(f"{what} {path} is larger than {MOST_BYTES // 1024} KiB")
        return data.decode("utf-8")
    except FileNotFoundError as error:
        raise usage(f"{what} {path} does not exist", f"relative names start at {Path.cwd()}") from error
    except UnicodeDecodeError as error:
        raise usage(f"{what} {path} is not UTF-8 (byte {error.start})") from error
    except OSError as error:
        raise usage(f"{what} {path} can't be read: {error.strerror}") from error


def _place(error: yaml.MarkedYAMLError) -> str:
    mark = error.problem_mark or error.context_mark
    return f", line {mark.line + 1}, column {mark.column + 1}" if mark else ""


def _line(error: Exception) -> str:
    return re.sub(r"\s+", " ", str(error)).strip()


def _not_json(value: Any) -> str | None:
    """Why JSON could not carry the value; None: it can. Bounded, since aliases make a small file endless."""
    waiting = [(value, 0)]
    size = 0  # of texts, and one for each value, aliases unfolded
    while waiting:
        node, depth = waiting.pop()
        size += 1 + (len(node) if isinstance(node, str) else 0)
        if depth > MOST_DEPTH or size > MOST_BYTES:
            return "it is nested too deep, or its aliases unfold to too much"
        if isinstance(node, dict):
            for name in node:
                if not isinstance(name, str):
                    return f"a name must be text, not {name!r} (quote it)"
            waiting.extend((child, depth + 1) for child in node.values())
        elif isinstance(node, list):
            waiting.extend((child, depth + 1) for child in node)
        elif not _plain(node):
            return f"{node!r} has no place in JSON (quote it, if it is text)"
    return None


def _plain(node: Any) -> bool:
    if isinstance(node, float):
        return math.isfinite(node)
    return node is None or isinstance(node, (str, bool, int))
