"""Which notes go to agents: the best match first, and never more than 2,000 tokens."""

from hypothesis import given
from hypothesis import strategies as st

from aideator_cli.domain.memory import Memory
from aideator_cli.intake.remembering import TOKENS, picked, tokens


def notes(*texts: str) -> list[Memory]:
    return [Memory(number, "todo", text, "person", None, "") for number, text in enumerate(texts, 1)]


def test_the_note_that_fits_the_task_best_comes_first_then_the_newest() -> None:
    found = picked(
        notes(
            "The docs use British English.",
            "Comments are parsed in lexer.py, tests in test_lexer.py.",
            "Deploy with make ship.",
        ),
        "Make the lexer accept block comments",
    )
    assert [each.id for each in found] == [2, 3, 1]


def test_words_are_found_in_names_of_code_and_in_plurals() -> None:
    assert picked(notes("Old.", "parseComment needs a lexer.", "New."), "comments")[0].id == 2
    assert picked(notes("Old.", "run_tests is slow.", "New."), "Why is the test slow?")[0].id == 2


def test_there_is_room_for_two_thousand_tokens() -> None:
    found = picked(notes(*[f"{number} " + "word " * 180 for number in range(100)]), "word")
    assert 1 < len(found) < 10
    assert sum(tokens(each.text) for each in found) <= TOKENS


@given(st.lists(st.text(min_size=1, max_size=1000), max_size=60), st.text(max_size=200))
def test_whatever_is_in_the_notes_they_are_bounded(texts: list[str], task: str) -> None:
    found = picked(notes(*texts), task)
    assert sum(tokens(each.text) for each in found) <= TOKENS
    assert len({each.id for each in found}) == len(found)
