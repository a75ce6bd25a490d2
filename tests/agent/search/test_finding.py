"""What a search finds: files by words and by names, with the lines that answer, and a map when nothing is asked."""

import pytest

from aideator_agent.mcp.offer import Wrong
from tests.agent.search.conftest import CODE, Searching, first
from tests.fixtures.repositories import LocalRepository


@pytest.mark.parametrize(
    ("query", "place"),
    [
        ("deleting users", "web/deleteUser.ts:1"),
        ("deleteUser", "web/deleteUser.ts:1"),
        ("delete_user", "web/deleteUser.ts:1"),
        ("where are invoices rendered", "shop/invoices.py:4"),
        ("Basket", "shop/basket.py:1"),
        ("evicting from the cache", "store/cache.go:4"),
        ('"self.items.append"', "shop/basket.py:3"),
    ],
)
def test_words_and_names_lead_to_the_line_that_defines(
    shop: LocalRepository, searching: Searching, query: str, place: str
) -> None:
    assert first(searching(shop).answer(query)) == place


def test_a_line_is_shown_with_its_number_and_the_definition_around_it(
    shop: LocalRepository, searching: Searching
) -> None:
    answer = searching(shop).answer('"self.items.append"')
    assert "shop/basket.py:3  in def add_item(self, item):" in answer
    assert "     3:         self.items.append(item)" in answer


def test_words_in_double_quotes_must_stand_there_as_they_are(shop: LocalRepository, searching: Searching) -> None:
    engine = searching(shop)
    assert engine.answer('"items.append"').count("shop/") == 1
    assert engine.answer('"Items.append"').startswith("Nothing in 8 files answers that")


def test_a_folder_limits_the_search(shop: LocalRepository, searching: Searching) -> None:
    answer = searching(shop).answer("basket", "shop")
    assert "shop/basket.py" in answer
    assert "README.md" not in answer
    assert searching(shop).answer("basket", "web").startswith("Nothing in 8 files in web answers that")


def test_places_are_named_from_where_commands_start(shop: LocalRepository, searching: Searching) -> None:
    engine = searching(shop, "shop")
    assert first(engine.answer("Basket")) == "basket.py:1"
    assert first(engine.answer("deleteUser")) == "../web/deleteUser.ts:1"
    assert "basket" not in engine.answer("deleteUser basket", "../web")


def test_without_a_question_it_draws_a_map(shop: LocalRepository, searching: Searching) -> None:
    shop.commit(
        {f"many/m{number}.py": f"from shop.basket import Basket\nB{number} = Basket()\n" for number in range(300)}
    )
    drawn = searching(shop).answer("")
    assert drawn.startswith("308 files: py 303")
    assert "shop/ (2): basket.py, invoices.py" in drawn
    assert "shop/basket.py:1  class Basket:" in drawn
    assert len(drawn) < 7000


@pytest.mark.parametrize("query", ["of the", "?!", "  .  "])
def test_a_question_without_a_word_is_told(shop: LocalRepository, searching: Searching, query: str) -> None:
    with pytest.raises(Wrong, match="no word to search for"):
        searching(shop).answer(query)


@pytest.mark.parametrize("path", ["..", "../x", "shop/../../x", "/etc"])
def test_no_path_leads_out_of_the_repository(shop: LocalRepository, searching: Searching, path: str) -> None:
    with pytest.raises(Wrong, match="repository"):
        searching(shop).answer("basket", path)


def test_what_changes_is_found_and_what_goes_is_not(shop: LocalRepository, searching: Searching) -> None:
    engine = searching(shop)
    engine.refresh()
    shop.write(
        {"shop/basket.py": "class Trolley: ...\n", "shop/new.py": "def weigh(): ...\n", "web/deleteUser.ts": None}
    )
    assert first(engine.answer("Trolley")) == "shop/basket.py:1"
    assert first(engine.answer("weigh")) == "shop/new.py:1"
    assert "deleteUser.ts" not in engine.answer("add item delete user")
    assert engine.answer("append").startswith("Nothing")


def test_what_git_ignores_is_left_out(shop: LocalRepository, searching: Searching) -> None:
    shop.write({".gitignore": "build/\n", "build/basket.py": CODE["shop/basket.py"], "kept.py": "class Basket2: ...\n"})
    answer = searching(shop).answer("basket")
    assert "build/" not in answer
    assert "kept.py" in answer
