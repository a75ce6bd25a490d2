"""What counts as a place that an answer cites, and which of them exist."""

import pytest

from aideator_agent.citing import cited

FILES = {
    "src/parser.py": 40,
    "src/app/[id]/page.tsx": 9,
    "docs/read me.md": 3,
    "Makefile": 12,
    "a/util.py": 5,
    "b/util.py": 50,
}


class Known:
    def named(self, path: str) -> list[str]:
        return [file for file in FILES if f"/{file}".endswith(f"/{path.removeprefix('./')}")]

    def lines(self, path: str) -> int | None:
        return FILES[path]

    def has_name(self, name: str) -> bool:
        return any(file.rpartition("/")[2] == name for file in FILES)


def places(text: str) -> list[tuple[str, int | None, int | None, str]]:
    return [(place.path, place.first, place.last, place.problem) for place in cited(text, Known())]


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("see src/parser.py:12.", 12, 12),
        ("(`src/parser.py:10-20`)", 10, 20),
        ("src/parser.py:10–20, and more", 10, 20),
        ("**src/parser.py:7:3** says", 7, 7),
        ("src/parser.py#L10-L20", 10, 20),
        ("./src/parser.py:L5", 5, 5),
        ("parser.py:5", 5, 5),
        ("[the parser](src/parser.py#L5)", 5, 5),
        ("[the parser](<src/parser.py:5> 'here')", 5, 5),
        ("[the parser](./src/parser.py)", None, None),
    ],
)
def test_a_place_is_found_however_it_is_written(text: str, first: int | None, last: int | None) -> None:
    assert places(text) == [("src/parser.py", first, last, "")]


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("src/parser.py:41", ("src/parser.py", 41, 41, "no_line")),
        ("src/parser.py:39-41", ("src/parser.py", 39, 41, "no_line")),
        ("src/parser.py:0", ("src/parser.py", 0, 0, "no_line")),
        ("src/lexer.py:3", ("src/lexer.py", 3, 3, "no_file")),
        ("[it](src/lexer.py)", ("src/lexer.py", None, None, "no_file")),
    ],
)
def test_what_does_not_exist_is_told(text: str, place: tuple[str, int, int, str]) -> None:
    assert places(text) == [place]


@pytest.mark.parametrize(
    "text",
    [
        "at 12:30 on localhost:8080, 127.0.0.1:80, example.com:443, db.default.svc:5432",
        "https://github.com/a/b/blob/main/src/lexer.py#L10 and [it](https://example.com/x.py:3)",
        "docker.io/library/python:3 or python:3.11",
        "[above](#the-parser), mailto:ada@example.org",
        "```\nTraceback: src/lexer.py:3\n```",
        "~~~~python\n```\nsrc/lexer.py:3\n~~~~",
    ],
)
def test_what_claims_no_place_in_the_repository_is_left_alone(text: str) -> None:
    assert places(text) == []


def test_names_that_no_word_may_hold_are_found_in_code_and_links() -> None:
    text = "`src/app/[id]/page.tsx:3`, `docs/read me.md:2`, [guide](docs/read%20me.md#L1), and the Makefile:12"
    assert [(place[0], place[3]) for place in places(text)] == [
        ("src/app/[id]/page.tsx", ""), ("docs/read me.md", ""), ("docs/read me.md", ""), ("Makefile", ""),
    ]  # fmt: skip


def test_a_name_that_several_files_have_is_right_if_one_of_them_has_the_line() -> None:
    assert places("util.py:40") == [("util.py", 40, 40, "")]
    assert places("util.py:51") == [("util.py", 51, 51, "no_line")]


def test_each_place_counts_once() -> None:
    assert len(places("[src/parser.py:5](src/parser.py#L5), again `parser.py:5`")) == 1


def test_a_hostile_answer_costs_no_more_than_a_long_one() -> None:
    """Each of these lets a careless pattern try every start and every end."""
    for hostile in (
        "a/" * 100_000,
        "](" * 100_000,
        "`" * 200_000,
        "x:1" * 60_000,
        "-" * 200_000,
        "[a](" + "b" * 200_000,
    ):
        assert len(places(hostile)) <= 1
