from pathlib import Path

import pytest

from tests.agent.running import Agent
from tests.fixtures.repositories import LocalRepository

FILES = {
    "calc.py": "def add(a, b):\n    return a - b\n\n\ndef double(a):\n    return 2 * a\n",
    "test_calc.py": "import unittest\n\nfrom calc import add, double\n\n\n"
    "class Calc(unittest.TestCase):\n    def test_add(self):\n        self.assertEqual(add(1, 2), 3)\n\n"
    "    def test_double(self):\n        self.assertEqual(double(2), 4)\n",
    ".gitignore": "ignored\n",
}


@pytest.fixture
def agent(tmp_path: Path) -> Agent:
    return Agent(tmp_path)


@pytest.fixture
def repository(tmp_path: Path) -> LocalRepository:
    """A small project with two tests, one of which fails."""
    repository = LocalRepository(tmp_path / "source")
    repository.commit(FILES)
    return repository
