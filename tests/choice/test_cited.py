"""Which places several answers share, and which only one of them has."""

from aideator_agent.citation import Citation
from aideator_cli.choice.cited import cited_places, shared


def at(path: str, first: int | None = None, last: int | None = None, problem: str = "") -> Citation:
    return Citation("", path, first, last or first, problem)  # type: ignore[arg-type]


def told(*each: list[Citation]) -> list[tuple[str, int | None, int | None, tuple[int, ...]]]:
    found = cited_places(dict(enumerate(each, 1)))
    return [(place.path, place.first, place.last, place.numbers) for place in found]


def test_lines_that_overlap_or_are_near_are_one_place() -> None:
    assert told([at("a.py", 10, 20)], [at("a.py", 20, 25)], [at("a.py", 28)]) == [("a.py", 10, 28, (1, 2, 3))]
    assert told([at("a.py", 10)], [at("a.py", 14)]) == [("a.py", 10, 10, (1,)), ("a.py", 14, 14, (2,))]


def test_a_file_as_a_whole_is_a_place_of_its_own() -> None:
    assert told([at("a.py"), at("a.py", 1)], [at("a.py")]) == [("a.py", None, None, (1, 2)), ("a.py", 1, 1, (1,))]


def test_what_most_share_comes_first_and_what_does_not_exist_is_no_place() -> None:
    two = [at("a.py", 1), at("z.py", 1), at("b.py", 9, problem="no_line")]
    assert told(two, [at("z.py", 2)]) == [("z.py", 1, 2, (1, 2)), ("a.py", 1, 1, (1,))]


def test_an_answer_is_supported_by_the_places_that_others_cite_too() -> None:
    found = cited_places({1: [at("a.py", 1), at("b.py", 1)], 2: [at("a.py", 1)], 3: [at("c.py", 1)]})
    assert [shared(found, number) for number in (1, 2, 3)] == [1, 1, 0]
