"""Large changes are told apart by a few of their lines, and never told apart where they are the same."""

from hypothesis import given, settings
from hypothesis import strategies as st

from aideator_cli.choice.equivalence import groups, significant
from aideator_cli.choice.significance import language
from aideator_cli.choice.witness import Lines
from aideator_cli.workspace.patches import FilePatch, parse

LINES = 20_000


def added(lines: list[str], path: str = "big.py") -> tuple[FilePatch, ...]:
    head = (
        f"diff --git a/{path} b/{path}\nnew file mode 100644\n--- /dev/null\n+++ b/{path}\n@@ -0,0 +1,{len(lines)} @@\n"
    )
    return parse((head + "".join(f"+{line}\n" for line in lines)).encode())


def changed(old: list[str], new: list[str], path: str = "big.py") -> FilePatch:
    head = f"diff --git a/{path} b/{path}\n--- a/{path}\n+++ b/{path}\n@@ -1,{len(old)} +1,{len(new)} @@\n"
    body = "".join(f"-{line}\n" for line in old) + "".join(f"+{line}\n" for line in new)
    return parse((head + body).encode())[0]


LINE = st.sampled_from(
    [
        "a = 1",
        "a  = 1",
        "a = 1  # one",
        "",
        "# two",
        "b = call(a)",
        "b=call( a )",
        "    a = 1",
        's = "a  b"',
        's = "a b"',
    ]
)
SOME = st.lists(LINE, min_size=1, max_size=8)


@settings(deadline=None)
@given(SOME, SOME, SOME)
def test_what_a_line_tells_apart_is_not_the_same(old: list[str], one: list[str], other: list[str]) -> None:
    first, second = changed(old, one), changed(old, other)
    if Lines(first).differ(Lines(second)):
        assert significant(first) != significant(second)
    if Lines(first).change_something:
        assert significant(first)


def test_of_large_changes_that_differ_a_few_lines_are_read() -> None:
    patches = {v: added([f"value_{n} = compute({n + v})" for n in range(LINES)]) for v in range(1, 6)}
    language("big.py").line.cache_clear()
    assert groups(patches) == ()
    assert language("big.py").line.cache_info().misses < LINES / 10


def test_large_changes_that_differ_in_their_spacing_are_the_same_and_no_line_is_lexed() -> None:
    patches = {v: added([f"value_{n} ={' ' * v}compute({n})" for n in range(LINES)]) for v in range(1, 6)}
    language("big.py").line.cache_clear()
    assert [(group.numbers, group.identical) for group in groups(patches)] == [((1, 2, 3, 4, 5), False)]
    assert language("big.py").line.cache_info().misses < LINES / 10


def test_spaces_within_a_text_count() -> None:
    how = language("a.py")
    assert not how.same('s = "a  b"', 's = "a b"')
    assert not how.same("    a = 1", "a = 1")
    assert how.same("a  =  f( 1 )", "a = f(1)")
    assert not how.same("return a", "returna")
