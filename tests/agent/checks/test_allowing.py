import pytest

from aideator_agent.checks.allowing import allowed


@pytest.mark.parametrize(
    ("glob", "path", "matches"),
    [
        ("pyproject.toml", "pyproject.toml", True),
        ("pyproject.toml", "api/pyproject.toml", True),
        ("./pyproject.toml", "api/pyproject.toml", False),
        ("tests/*.json", "tests/a.json", True),
        ("tests/*.json", "tests/deep/a.json", False),
        ("tests/**", "tests/deep/a.json", True),
        ("tests/**/a.json", "tests/a.json", True),
        ("[!a]?.toml", "bc.toml", True),
        ("[!a]?.toml", "ac.toml", False),
        ("a[", "a[", True),
        ("*", "new\nline", True),
    ],
)
def test_a_glob_matches_paths_from_the_top(glob: str, path: str, matches: bool) -> None:
    assert allowed([glob])(path) is matches
    assert allowed(["other", glob])(path) is matches


def test_nothing_is_allowed_unasked() -> None:
    assert not allowed([])("pyproject.toml")
