"""The comment that reviewers' agreement becomes: places and words, and nothing that a forge would act on."""

from aideator_agent.citation import Citation
from aideator_agent.spec import Review
from aideator_cli.choice.comparison import compare
from aideator_cli.domain.result import Result
from aideator_cli.views.text.review_comment import MOST, review_text

REVIEW = Review("main...x", "a" * 40, "b" * 40, "")


def reviewer(number: int, answer: str, *places: tuple[str, str, int, int]) -> Result:
    cited = tuple(Citation(text, path, first, last) for text, path, first, last in places)
    return Result(number, f"m{number}", outcome="succeeded", answer=answer, citations=cited)


def comment(*results: Result) -> str:
    compared = compare(results)
    return review_text(REVIEW, compared, tuple(each for each in compared.cited if len(each.numbers) > 1), 0)


def test_each_place_comes_with_what_each_reviewer_says_of_it() -> None:
    one = reviewer(
        1,
        "Fine.\n\n1. `a.py:3`: a bug\n   in two lines.\n2. b.py:9 too\n",
        ("a.py:3", "a.py", 3, 3),
        ("b.py:9", "b.py", 9, 9),
    )
    two = reviewer(2, "# Review\n\nIn a.py:3-4 the end is wrong.\n\nMore.", ("a.py:3-4", "a.py", 3, 4))
    assert comment(one, two) == (
        "2 AI reviewers looked at bbbbbbbbbbbb. At least two of them name each place below. Check what they say before you act on it.\n\n"
        "**a\\.py:3\\-4** (2 of 2)\n\n- m1: \\`a\\.py:3\\`: a bug in two lines\\.\n- m2: In a\\.py:3\\-4 the end is wrong\\."
    )


def test_nothing_that_a_model_wrote_becomes_markup_a_mention_or_a_reference() -> None:
    evil = "a.py:1 @ada closes #3 ![x](https://evil.example/?q) <img src=x> **b** www.evil.example\x1b[2J\u202e"
    said = comment(reviewer(1, evil, ("a.py:1", "a.py", 1, 1)), reviewer(2, evil, ("a.py:1", "a.py", 1, 1)))
    for forbidden in ("@ada", "#3", "![x]", "](https", "https://", "<img", "www.", "**b", "\x1b", "\u202e"):
        assert forbidden not in said, forbidden


def test_a_path_with_markup_stays_text_and_a_long_comment_is_cut() -> None:
    path = "x`](y)|@z.py"
    places = [(f"{path}:{10 * n + 1}", path, 10 * n + 1, 10 * n + 1) for n in range(200)]
    words = "\n\n".join(f"{path}:{10 * n + 1} {'w ' * 400}" for n in range(200))
    said = comment(reviewer(1, words, *places), reviewer(2, words, *places))
    assert "**x\\`\\]\\(y\\)\\|@<!-- -->z\\.py:1** (2 of 2)" in said
    assert len(said) <= MOST
    assert said.endswith("*The rest did not fit.*")
