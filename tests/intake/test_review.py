"""`--diff` on a URL reads a clone of it, which is bounded: on a server anybody may name any repository."""

from pathlib import Path

import pytest

from aideator_cli.errors import AideatorError, ExitCode
from aideator_cli.intake import review
from aideator_cli.intake.repository import Located
from tests.fixtures.repositories import LocalRepository


@pytest.fixture
def large(tmp_path: Path) -> tuple[str, str]:
    """The URL of a repository whose change has a large file, and its last commit."""
    repository = LocalRepository(tmp_path / "large")
    repository.commit({"a.txt": "1\n"})
    base = repository.commit({"b.bin": bytes(range(256)) * 4096, "a.txt": "2\n"})
    return repository.path.as_uri(), base


def read(large: tuple[str, str]) -> review.Review:
    url, base = large
    return review.review(review.parsed("HEAD~1.."), Located(url, None, base, None))


def test_a_difference_is_read_from_a_clone(large: tuple[str, str]) -> None:
    found = read(large)
    assert (found.whole, "+2" in found.diff) == (True, True)


@pytest.mark.parametrize(("bound", "code", "words"), [
    ("MOST_CLONED", ExitCode.USAGE, "is too large: --diff reads at most 0 MiB of it"),
    ("MOST_SECONDS", ExitCode.UNAVAILABLE, "could not be read within 0 s"),
])  # fmt: skip
def test_a_repository_that_takes_too_much_is_refused(
    large: tuple[str, str], monkeypatch: pytest.MonkeyPatch, bound: str, code: ExitCode, words: str
) -> None:
    monkeypatch.setattr(review, bound, 0)
    monkeypatch.setattr(review, "LOOK_SECONDS", 0)
    with pytest.raises(AideatorError, match=words) as refused:
        read(large)
    assert refused.value.code == code
