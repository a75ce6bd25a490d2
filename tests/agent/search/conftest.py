from collections.abc import Callable
from pathlib import Path

import pytest

from aideator_agent.search.engine import Engine
from aideator_agent.search.tree import Repository
from tests.fixtures.repositories import LocalRepository

Searching = Callable[..., Engine]

CODE = {
    "shop/basket.py": "class Basket:\n    def add_item(self, item):\n        self.items.append(item)\n\n    def remove(self, item): ...\n",
    "shop/invoices.py": "from shop.basket import Basket\n\n\ndef render_invoice(basket: Basket) -> str:\n    return total(basket)\n",
    "web/deleteUser.ts": "export async function deleteUser(id: string) {\n  await db.users.remove(id);\n}\n",
    "web/users.ts": "import { deleteUser } from './deleteUser';\nexport const route = deleteUser;\n",
    "store/cache.go": "package store\n\n// Evict drops what nobody asked for.\nfunc (c *Cache) Evict(key string) {\n}\n",
    "README.md": "# Shop\nA basket and its invoices.\n",
}  # fmt: skip


@pytest.fixture
def shop(repository: LocalRepository) -> LocalRepository:
    repository.commit(CODE)
    return repository


@pytest.fixture
def searching() -> Searching:
    def make(repository: LocalRepository | Path, start: str = "") -> Engine:
        folder = repository if isinstance(repository, Path) else repository.path
        return Engine(folder, [Repository("", folder / ".git")], start)

    return make


def first(answer: str) -> str:
    """The place that an answer names first."""
    return answer.split("\n", 1)[0].split("  ", maxsplit=1)[0]
