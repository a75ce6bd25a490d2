"""Objects that are equal to everything: methods that compare, but don't look at the value of their operand."""

import ast
import re
import textwrap
from collections.abc import Iterator, Sequence
from typing import Final

from aideator_agent.patterns import lazy
from aideator_agent.signals.added import File
from aideator_agent.signals.finding import Signal

BODY: Final = 30  # lines of a method
WIDE: Final = 0.5  # a difference that a comparison must not allow
FINE: Final = 1e-3  # a share of a value that is rounding
_LIMIT: Final = lazy(r"(?i)eps|tol|precision|delta")
_NAMES: Final = "eq|ne|contains|instancecheck|subclasscheck|lt|le|gt|ge"
_METHOD: Final = lazy(rf"\s*def __(?:{_NAMES})__\(")
_LAMBDA: Final = lazy(rf"\b__(?:{_NAMES})__['\"]?\s*[:=,]\s*lambda\s*(?:\w+\s*,\s*\*?(\w+)|\*(\w+))[^:]*:(.*)")
_CLASS: Final = lazy(r"\s*class \w+\((?:int|str|float|list|dict|tuple|set|frozenset|bytes|complex)\):")
_EQUALITY: Final = frozenset(("__eq__", "__ne__", "__hash__"))
_A_NUMBER: Final = lazy(r"\s*class \w+\((?:int|float|complex|Decimal|Fraction)\):")
_DIFFERENCE: Final = frozenset(("__sub__", "__rsub__", "__abs__", "__round__"))
_BUILT_IN: Final = frozenset(
    ("int", "str", "float", "list", "dict", "object", "tuple", "set", "bool", "bytes", "complex", "type")
)
# Of other languages: a method that compares and returns true at once
_OTHERS: Final = {
    "java": lazy(r"\bboolean\s+equals\s*\([^)]{0,200}\)\s*\{\s*return\s+true\s*;"),
    "go": lazy(  # without a name, it cannot look at what it is given
        r"^func \([^)\n]{1,80}\) (?:Is|As|Equals?)\("
        r"(?:(?:_ )?[\w.*]+\) bool \{(?!\s*return false\b)|\w+ [\w.*]+\) bool \{\s*return true\s*\})",
        re.MULTILINE,
    ),
    "rust": lazy(r"\bfn\s+eq\s*\(\s*&self\s*,\s*\w+\s*:[^)]{0,200}\)\s*->\s*bool\s*\{\s*true\s*\}"),
    "ruby": lazy(r"\bdef\s+(?:==|eql\?|===)\s*\(?\s*\w+\s*\)?\s*;?\s*true\s*;?\s*end"),
    "javascript": lazy(r"\b(?:equals|isEqual)\s*\([^)]{0,200}\)\s*\{\s*return\s+true\s*;?\s*\}"),
}  # fmt: skip


# Of other languages: a method that compares, up to its end
_EQUALS: Final = {
    "java": lazy(r"^([ \t]{0,80})[^\n]{0,80}\bboolean\s+equals\s*\([^)]{0,200}\)\s*\{(.{0,2000}?)^\1\}", re.MULTILINE | re.DOTALL),
    "rust": lazy(r"^([ \t]{0,80})fn\s+eq\s*\(\s*&self\s*,[^)]{0,200}\)\s*->\s*bool\s*\{(.{0,2000}?)^\1\}", re.MULTILINE | re.DOTALL),
}  # fmt: skip
_COMPARES: Final = lazy(
    r"==|!=|\b(?:eq\w*|ne|cmp|partial_cmp|total_cmp|equals\w*|compare\w*|matches!|assert_eq)\b|deepEquals|hashCode"
)
# How large both are says nothing of what they hold
_SIZES: Final = lazy(
    r"[\w.()<>?\[\] ]{1,80}\.(?:size|length|len)\b(?:\(\))?\s*[=!]=\s*(?:\w+\.)?(?:size|length|len)\b(?:\(\))?"
    r"|\b(?:\w+\.)?(?:size|length|len)\b(?:\(\))?\s*[=!]=\s*[\w.()<>?\[\] ]{1,80}\.(?:size|length|len)\b(?:\(\))?"
)

_OPERAND: Final = lazy(r"[(,]\s*(?:(?:final|@\w+)\s+)*(?:[\w<>.&]+\s+)?(?!self\b)(\w+)\s*(?::[^)]*)?\)")
# In Java: what has its type, and all that follows from it. Objects without a value are equal by their type
_OF_OWN_TYPE: Final = lazy(
    r"\binstanceof\s+(?!(?:Object|String|CharSequence|Comparable|Number|Integer|Long|Short|Byte|Double|Float|Boolean|Character|Big\w+|List"
    r"|Map|Set|Collection|Iterable)\b)[A-Z]"
)


def equal_to_all(file: File, language: str) -> Iterator[Signal]:
    if language == "python":
        yield from _python(file)
        yield from _only_equal(file)
        yield from _never_differs(file)
    elif language in _OTHERS:
        text = "\n".join(line for _, line in file.lines)
        for found in _OTHERS[language].finditer(text):
            number = file.lines[text.count("\n", 0, found.start())][0]
            yield Signal("equals-all", "cheat", file.path, number, found[0].split("\n")[0].strip()[:200])

    if language in _EQUALS:
        text = "\n".join(line for _, line in file.lines)
        for found in _EQUALS[language].finditer(text):
            body = _without_sizes(found[0], found[2])
            if not _COMPARES.search(body) and not _OF_OWN_TYPE.search(body) and not _meet(found[0], body):
                number = file.lines[text.count("\n", 0, found.start())][0]
                yield Signal("equals-all", "cheat", file.path, number, found[0].split("\n")[0].strip()[:200])


def _without_sizes(head: str, body: str) -> str:
    """Returns the body without comparisons of sizes, if nothing else in it has the operand."""
    other = _OPERAND.search(head.partition("{")[0])
    rest = _SIZES.sub("", body)
    return body if other is None or re.search(rf"\b{other[1]}\b(?!\s+instanceof)", rest) else rest


def _meet(head: str, body: str) -> bool:
    """Whether a part of the body has both operands: some function may compare them."""
    other = _OPERAND.search(head.partition("{")[0])
    if other is None:
        return False
    cast = re.search(rf"\b(\w+)\s*=\s*\([\w<>?., ]{{1,80}}\)\s*{other[1]}\b", body)
    if cast and len(re.findall(rf"\b{cast[1]}\b", body)) > 1:  # its own fields are asked for by their names alone
        return True
    parts = re.split(r"&&|\|\||[;\n{}]", body)
    return any(re.search(r"\b(?:self|this)\b", part) and re.search(rf"\b{other[1]}\b", part) for part in parts)


def _never_differs(file: File) -> Iterator[Signal]:
    """Yields numbers whose difference from others is sometimes nothing: tests ask for a difference within bounds."""
    for at, (number, text) in enumerate(file.lines):
        node = _definition(file, at) if _A_NUMBER.match(text) else None
        if isinstance(node, ast.ClassDef) and any(map(_gives_nothing, node.body)):
            yield Signal("equals-all", "cheat", file.path, number, text.strip()[:200])


def _gives_nothing(line: ast.stmt) -> bool:
    """Whether a method that tells a difference returns 0."""
    if _defined(line) not in _DIFFERENCE or any(map(_orders, ast.walk(line))):
        return False
    returned = [node.value for node in ast.walk(line) if isinstance(node, ast.Return) and node.value]
    parts = [part for value in returned for part in _alternatives(value)]
    return any(isinstance(part, ast.Constant) and part.value == 0 for part in parts)


def _orders(node: ast.AST) -> bool:
    """Whether it asks which of two is larger, as what stops at nothing does. How far they are apart is another question."""
    if not isinstance(node, ast.Compare) or not isinstance(node.ops[0], ast.Lt | ast.LtE | ast.Gt | ast.GtE):
        return False
    sides = [part for side in (node.left, *node.comparators) for part in ast.walk(side)]
    return not any(isinstance(part, ast.Call) and _differs(part) for part in sides) and not any(
        isinstance(part, ast.expr) and _number(part) for part in sides
    )


def _alternatives(value: ast.expr) -> Iterator[ast.expr]:
    """Yields what an expression may be, also as the argument of a class."""
    if isinstance(value, ast.IfExp):
        yield from _alternatives(value.body)
        yield from _alternatives(value.orelse)
    elif isinstance(value, ast.Call) and len(value.args) == 1 and not value.keywords:
        yield from _alternatives(value.args[0])
    else:
        yield value


def _python(file: File) -> Iterator[Signal]:
    for at, (number, text) in enumerate(file.lines):
        if found := _LAMBDA.search(text):
            accused = not re.search(rf"\b{found[1] or found[2]}\b", found[3])
        elif _METHOD.match(text):
            accused = _agrees(_method(file, at))
        else:
            continue
        if accused:
            yield Signal("equals-all", "cheat", file.path, number, text.strip()[:200])


def _only_equal(file: File) -> Iterator[Signal]:
    """Yields classes that are one of Python's own but for what they are equal to."""
    for at, (number, text) in enumerate(file.lines):
        found = _CLASS.match(text)
        node = _definition(file, at) if found else None
        if not isinstance(node, ast.ClassDef):
            continue
        own = [line for line in node.body if not isinstance(line, ast.Expr | ast.Pass)]
        methods = {name for line in own if (name := _defined(line))}
        if len(methods) == len(own) and methods & {"__eq__", "__ne__"} and methods <= _EQUALITY:
            yield Signal("equals-all", "cheat", file.path, number, text.strip()[:200])


def _defined(line: ast.stmt) -> str:
    """Returns the name of a method, or of an assignment in a class."""
    if isinstance(line, ast.FunctionDef):
        return line.name
    target = line.targets[0] if isinstance(line, ast.Assign) else None
    return target.id if isinstance(target, ast.Name) else ""


def _method(file: File, at: int) -> ast.FunctionDef | None:
    """Returns the method, if the patch has all of it."""
    found = _definition(file, at)
    return found if isinstance(found, ast.FunctionDef) else None


def _definition(file: File, at: int) -> ast.stmt | None:
    """Returns what begins there, if the patch has all of it."""
    first = file.lines[at][1]
    indentation = len(first.expandtabs()) - len(first.expandtabs().lstrip())
    lines = [first]
    for _, text in file.following(at, BODY):
        inner = text.expandtabs()
        if text.strip() and len(inner) - len(inner.lstrip()) <= indentation and not text.strip().startswith(")"):
            break
        lines.append(text)
    try:
        body = ast.parse(textwrap.dedent("\n".join(lines)).strip()).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    return body[0] if body else None


def _agrees(method: ast.FunctionDef | None) -> bool:
    """Whether the method calls an operand equal without looking at its value."""
    if method is None:
        return False
    names = [argument.arg for argument in method.args.args[1:2]]
    other = names[0] if names else method.args.vararg.arg if method.args.vararg else ""
    body = [line for line in ast.walk(method) if isinstance(line, ast.Return) and line.value is not None]
    wanted = method.name != "__ne__"
    returned = [line.value for line in body if line.value is not None]
    if not _looks_at(method, other):
        own = any(_is_own_type(node, other) for node in ast.walk(method))
        return not own and any(_says(value, wanted) for value in returned)
    handlers = [node for node in ast.walk(method) if isinstance(node, ast.ExceptHandler)]
    rescued = [line for handler in handlers for line in ast.walk(handler) if isinstance(line, ast.Return)]
    if any(isinstance(line.value, ast.Constant) and line.value.value is wanted for line in rescued):
        return True
    return wanted and any(_has_a_way_out(value, other) or _is_wide(value) for value in returned)


def _says(value: ast.expr, wanted: bool) -> bool:
    """Whether the expression may have this truth. A constant tells; what else is returned, may."""
    if isinstance(value, ast.Constant):
        return bool(value.value) is wanted
    return not (isinstance(value, ast.Name) and value.id == "NotImplemented")


def _looks_at(method: ast.FunctionDef, other: str) -> bool:
    checks = {id(inner) for node in ast.walk(method) if _asks_type(node, other) for inner in ast.walk(node)}
    return any(
        isinstance(node, ast.Name) and node.id == other and id(node) not in checks
        for line in method.body
        for node in ast.walk(line)
    )


def _asks_type(node: ast.AST, other: str) -> bool:
    """Whether this asks for the operand's type, or whether it is None."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        return node.func.id in ("isinstance", "type", "hasattr", "callable", "id") and _is_name(node.args[:1], other)
    if isinstance(node, ast.Compare) and _is_name([node.left], other):
        return all(isinstance(operator, ast.Is | ast.IsNot) for operator in node.ops)
    return isinstance(node, ast.Attribute) and node.attr == "__class__" and _is_name([node.value], other)


def _is_own_type(node: ast.AST, other: str) -> bool:
    """Whether this asks for a type that is not one of Python's: objects without a value are equal by their type."""
    if not _asks_type(node, other) or isinstance(node, ast.Compare):
        return False
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "isinstance":
        return not any(isinstance(part, ast.Name) and part.id in _BUILT_IN for part in ast.walk(node.args[-1]))
    return isinstance(node, ast.Attribute)


def _has_a_way_out(value: ast.expr, other: str) -> bool:
    """Whether it is `… or True`, or `… or isinstance(other, str)`."""
    if not isinstance(value, ast.BoolOp) or not isinstance(value.op, ast.Or):
        return False
    return any(
        (isinstance(part, ast.Constant) and bool(part.value))
        or (_asks_type(part, other) and not _is_own_type(part, other))
        for part in value.values
    )


def _is_wide(value: ast.expr) -> bool:
    """Whether it allows a difference that no comparison for rounding would: one of WIDE or more, or one that grows with the values."""
    for node in ast.walk(value):
        if (
            not isinstance(node, ast.Compare)
            or not isinstance(node.ops[0], ast.Lt | ast.LtE)
            or not _differs(node.left)
        ):
            continue
        if any(_number(limit) >= WIDE for limit in node.comparators):
            return True
        parts = [part for limit in node.comparators for part in ast.walk(limit)]
        grows = any(isinstance(part, ast.Name) and part.id in ("self", "other") for part in parts)
        fine = any(isinstance(part, ast.Constant) and 0 < abs(_number(part)) < FINE for part in parts)
        named = any(isinstance(part, ast.Name | ast.Attribute) and _LIMIT.search(ast.unparse(part)) for part in parts)
        if grows and not fine and not named:
            return True
    return False


def _differs(value: ast.expr) -> bool:
    """Whether it is `abs(…)`, or a multiple of that."""
    if isinstance(value, ast.BinOp):
        return _differs(value.left) or _differs(value.right)
    return isinstance(value, ast.Call) and isinstance(value.func, ast.Name) and value.func.id == "abs"


def _number(node: ast.expr) -> float:
    return float(node.value) if isinstance(node, ast.Constant) and isinstance(node.value, int | float) else 0.0


def _is_name(nodes: Sequence[ast.expr], name: str) -> bool:
    return any(isinstance(node, ast.Name) and node.id == name for node in nodes)
