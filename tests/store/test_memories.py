"""Notes on repositories: bounded, each user's own, and what was rejected is known again, without its text."""

from aideator_cli.domain.memory import MOST, REJECTED
from tests.store.conftest import Kept

TODO, OTHER = "git.example/todo", "git.example/other"


def test_notes_belong_to_a_repository_and_to_whoever_wrote_them(kept: Kept) -> None:
    store = kept.open()
    mine = store.remember(TODO, "Run make redis.", "k1", "person")
    store.remember(OTHER, "Another.", "k2", "check", "k3v9x2q")
    with store.owned_by("jane"):
        store.remember(TODO, "Jane's.", "k1", "person")
        assert [each.text for each in store.memories([TODO])] == ["Jane's."]
    assert store.memories([TODO]) == [mine]
    assert [(each.text, each.run) for each in store.memories([TODO, OTHER])] == [
        ("Run make redis.", None),
        ("Another.", "k3v9x2q"),
    ]
    assert len(store.memories()) == 2


def test_a_text_is_kept_once_and_no_more_than_there_is_room_for(kept: Kept) -> None:
    store = kept.open()
    first = store.remember(TODO, "Once.", "once", "person")
    assert store.remember(TODO, "Once.", "once", "check") == first
    for number in range(MOST - 1):
        assert store.remember(TODO, f"Note {number}.", f"k{number}", "person") is not None
    assert store.remember(TODO, "One too many.", "more", "person") is None
    assert store.remember(OTHER, "Elsewhere there is room.", "more", "person") is not None
    assert len(store.memories([TODO])) == MOST


def test_what_was_rejected_or_forgotten_is_known_again_without_its_text(kept: Kept) -> None:
    store = kept.open()
    note = store.remember(TODO, "Secret words.", "gone", "summary", "k3v9x2q/1")
    assert note is not None
    assert store.forget(note.id)
    assert not store.forget(note.id)
    store.reject(TODO, "refused")
    assert store.memories([TODO]) == []
    assert store.decided([TODO]) == {"gone", "refused"}
    assert "Secret" not in str(list(store._rows("select * from memories")))
    again = store.remember(TODO, "Refused before.", "refused", "person")  # a person may change their mind
    assert [each.text for each in store.memories([TODO])] == [again.text if again else ""]


def test_the_oldest_rejections_are_forgotten(kept: Kept) -> None:
    store = kept.open()
    with store.transaction("fill") as connection:
        connection.executemany(
            "insert into memories(owner, repository, text, key, source, created, rejected) values ('', ?, '', ?, '', 'x', 'x')",
            [(TODO, f"k{number}") for number in range(REJECTED)],
        )
    store.reject(TODO, "newest")
    decided = store.decided([TODO])
    assert len(decided) == REJECTED
    assert "newest" in decided
    assert "k0" not in decided
