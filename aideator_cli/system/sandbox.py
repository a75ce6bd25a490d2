"""Renders templates that somebody else wrote: roles, and prompts with variables. Such a text may be hostile.

A template can insert values, decide and repeat, and nothing else: it calls nothing, sets nothing and includes nothing. Values are plain
data, and only their items can be reached. Its size, its loops and its result are bounded, so that no template takes all time or memory.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from contextvars import ContextVar
from difflib import get_close_matches
from functools import cache
from typing import Any, Final

from jinja2 import StrictUndefined, TemplateError, TemplateSyntaxError, UndefinedError, meta, nodes
from jinja2.runtime import LoopContext
from jinja2.sandbox import ImmutableSandboxedEnvironment

from aideator_cli.errors import AideatorError, usage

SOURCE: Final = 256 * 1024  # bytes of a template
RESULT: Final = 256 * 1024  # characters
DEPTH: Final = 50  # of parts within parts
ROUNDS: Final = 10_000  # of all loops together
_ROUNDS_LEFT: ContextVar[list[int]] = ContextVar("rounds_left")

_ALLOWED: Final = (
    nodes.Template, nodes.Output, nodes.TemplateData, nodes.Name, nodes.Const, nodes.Getattr, nodes.Getitem, nodes.If, nodes.CondExpr,
    nodes.For, nodes.Filter, nodes.Test, nodes.Compare, nodes.Operand, nodes.And, nodes.Or, nodes.Not, nodes.List, nodes.Tuple,
)  # fmt: skip
_TESTS: Final = frozenset(
    {"defined", "undefined", "none", "string", "number", "boolean", "mapping", "sequence", "true", "false"}
)
_FILTERS: Final = ("default", "lower", "upper", "title", "capitalize", "trim", "length", "first", "last")  # and join
_OF_LOOPS: Final = ("index", "index0", "first", "last", "length")
_WORDS: Final[Mapping[type[nodes.Node], str]] = {
    nodes.Include: "include", nodes.Import: "import", nodes.FromImport: "import", nodes.Extends: "extends", nodes.Block: "block",
    nodes.Macro: "macro", nodes.Call: "a call", nodes.CallBlock: "call", nodes.Assign: "set", nodes.AssignBlock: "set",
    nodes.FilterBlock: "filter", nodes.With: "with",
}  # fmt: skip


def render_foreign(source: str, values: Mapping[str, Any], what: str, first_line: int = 1) -> str:
    """Returns the text with the values, which are JSON's.

    Raises `AideatorError` (usage) for a template that is none, does more than it may, or uses a variable without a value. `what` names the
    template; `first_line` is its first line in its file.
    """
    tree = _parsed(source, what, first_line)
    environment = _environment()
    token = _ROUNDS_LEFT.set([ROUNDS])
    try:
        code = environment.compile(tree)
        template = environment.template_class.from_code(environment, code, {})
        return _joined(template.generate(values))
    except UndefinedError as error:
        raise _undefined(error, values, what) from error
    except (TemplateError, SyntaxError, RecursionError, MemoryError, TypeError, ValueError) as error:
        raise usage(f"{what} can't be rendered: {error}", "see docs/roles.md for what a template can do") from error
    finally:
        _ROUNDS_LEFT.reset(token)


def variables_of(source: str, what: str, first_line: int = 1) -> frozenset[str]:
    """Returns the names of the variables that the template uses. Raises `AideatorError` (usage)."""
    return frozenset(meta.find_undeclared_variables(_parsed(source, what, first_line)))


class _Environment(ImmutableSandboxedEnvironment):
    """Nothing can be called, and no attribute be reached: `a.b` is the item `b` of a mapping."""

    def is_safe_callable(self, obj: Any) -> bool:  # noqa: ARG002
        return False

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:  # noqa: ARG002
        return False

    def getattr(self, obj: Any, attribute: str) -> Any:
        if isinstance(obj, LoopContext) and attribute in _OF_LOOPS:
            return getattr(obj, attribute)
        return self.getitem(obj, attribute)

    def getitem(self, obj: Any, argument: Any) -> Any:
        if isinstance(obj, StrictUndefined):
            str(obj)  # raises its own error, which names the variable
        if isinstance(obj, (dict, list, tuple)):
            try:
                return obj[argument]
            except (LookupError, TypeError):
                pass
        return self.undefined(obj=obj, name=argument)


@cache
def _environment() -> _Environment:
    environment = _Environment(undefined=StrictUndefined, keep_trailing_newline=True, auto_reload=False, cache_size=0)
    environment.globals.clear()
    usual = environment.filters
    environment.filters = {**{name: usual[name] for name in _FILTERS}, "join": _join, "counted": _counted}
    return environment


def _parsed(source: str, what: str, first_line: int) -> nodes.Template:
    if len(source.encode(errors="replace")) > SOURCE:
        raise usage(f"{what} is larger than {SOURCE // 1024} KiB")
    try:
        tree = _environment().parse(source)
    except TemplateSyntaxError as error:
        where = f"{what}, line {error.lineno + first_line - 1}"
        raise usage(f"{where}: {error.message}", "see docs/roles.md for what a template can do") from error
    except RecursionError as error:
        raise usage(f"{what} is nested too deeply") from error
    for node, depth in _all(tree):
        if depth > DEPTH:
            raise usage(f"{what} is nested too deeply")
        if refused := _refused(node):
            raise usage(
                f"{what}, line {node.lineno + first_line - 1}: a template can't use {refused}",
                "it can insert variables, and use if, for and a few filters: see docs/roles.md",
            )
    for loop in tree.find_all(nodes.For):
        loop.iter = nodes.Filter(loop.iter, "counted", [], [], None, None, lineno=loop.lineno)
    return tree


def _all(tree: nodes.Node) -> Iterator[tuple[nodes.Node, int]]:
    """Returns each node with its depth."""
    waiting: list[tuple[nodes.Node, int]] = [(tree, 0)]
    while waiting:
        node, depth = waiting.pop()
        yield node, depth
        waiting.extend((child, depth + 1) for child in node.iter_child_nodes())


def _refused(node: nodes.Node) -> str | None:
    """Returns what a template may not use, or None."""
    if isinstance(node, nodes.Filter) and (node.name not in _environment().filters or node.name == "counted"):
        return f"the filter {node.name}"
    if isinstance(node, nodes.Test) and node.name not in _TESTS:
        return f"the test {node.name}"
    if isinstance(node, nodes.Name) and node.name == "self":
        return "self"
    if isinstance(node, nodes.For) and node.recursive:
        return "a recursive loop"
    if isinstance(node, _ALLOWED):
        return None
    return _WORDS.get(type(node)) or type(node).__name__.lower()


def _counted(items: Iterable[Any]) -> Iterator[Any]:
    """Passes on the items of a loop, as long as rounds are left."""
    left = _ROUNDS_LEFT.get()
    for item in items:
        left[0] -= 1
        if left[0] < 0:
            raise ValueError(f"its loops make more than {ROUNDS:,} rounds")
        yield item


def _join(values: Any, separator: str = "") -> str:
    """Joins a list's texts. Jinja2's own would also take a text, whose length it could square again and again."""
    if not isinstance(values, (list, tuple)):
        raise TypeError("join takes a list")
    return _joined(part for value in values for part in (separator, str(value)))[len(separator) :]


def _joined(parts: Iterable[str]) -> str:
    pieces, size = [], 0
    for part in parts:
        size += len(part)
        if size > RESULT:
            raise ValueError(f"it becomes longer than {RESULT // 1024} KiB")
        pieces.append(part)
    return "".join(pieces)


def _undefined(error: UndefinedError, values: Mapping[str, Any], what: str) -> AideatorError:
    found = re.fullmatch(r"'(\w+)' is undefined", error.message or "")
    if found is None:
        return usage(f"{what}: {(error.message or '')[:200]}", "see docs/roles.md for what a template can do")
    name = found[1]
    near = get_close_matches(name, list(values), n=1, cutoff=0.6)
    guess = f"did you mean {near[0]}? If not, " if near else ""
    return usage(f"{what} uses the variable '{name}', which has no value", f"{guess}give it one: --var {name}=VALUE")
