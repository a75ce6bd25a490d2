"""The addresses of issues, pull requests and repositories, as users copy them."""

import pytest

from aideator_cli.actions.forges.addresses import Place, place, repository
from aideator_cli.actions.forges.base import Address
from aideator_cli.errors import AideatorError, ExitCode


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://github.com/you/project/issues/12", ("github.com", "you/project", "", 12, False)),
        ("https://github.com/you/project/issues/12#issuecomment-3", ("github.com", "you/project", "", 12, False)),
        ("https://GitHub.com/you/project/issues/12/", ("github.com", "you/project", "", 12, False)),
        ("https://gitlab.com/a/b/c/-/issues/7?x=y", ("gitlab.com", "a/b/c", "", 7, True)),
        ("https://gitlab.example:8443/a/b/-/work_items/7", ("gitlab.example:8443", "a/b", "", 7, True)),
        ("https://h/git/you/project/issues/1", ("h", "you/project", "/git", 1, False)),
        ("https://[::1]:3000/you/project/issues/1", ("[::1]:3000", "you/project", "", 1, False)),
        ("https://h:443/you/p.j/issues/1", ("h", "you/p.j", "", 1, False)),
    ],
)
def test_an_issue(url: str, expected: tuple[str, str, str, int, bool]) -> None:
    host, path, prefix, number, gitlab = expected
    assert place(url, pull=False) == Place(Address(host, path, prefix), number, False, gitlab)


@pytest.mark.parametrize(
    "url",
    [
        "https://github.com/you/project/pull/3/files",
        "https://gitea.example/you/project/pulls/3",
        "https://gitlab.com/you/project/-/merge_requests/3/diffs",
    ],
)
def test_a_pull_request(url: str) -> None:
    found = place(url, pull=True)
    assert (found.address.path, found.number, found.pull) == ("you/project", 3, True)


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("12", "begins with https://"),
        ("http://github.com/you/project/issues/12", "begins with https://"),
        ("https://github.com/you/project", "takes the address of an issue"),
        ("https://github.com/you/project/issues/new", "takes the address of an issue"),
        ("https://github.com/project/issues/12", "takes the address of an issue"),
        ("https://github.com/you/%0a%1b/issues/12", "names no repository"),
        ("https://github.com/you/../issues/12", "names no repository"),
        ("https://github.com/../you/project/issues/12", "names no repository"),
        ("https://github.com/-x/--y/issues/12", "names no repository"),
        ("https://github.com:99999/you/project/issues/12", "takes the address of an issue"),
        ("https://me:word@github.com/you/project/issues/12", "contains credentials"),
        ("https://github.com/you/project/pull/12", "is a pull request, and no issue"),
    ],
)
def test_what_is_no_issue_is_told(url: str, words: str) -> None:
    with pytest.raises(AideatorError, match=words) as caught:
        place(url, pull=False)
    assert caught.value.code is ExitCode.USAGE
    assert caught.value.hint


@pytest.mark.parametrize(
    ("url", "host", "path"),
    [
        ("https://github.com/you/project.git", "github.com", "you/project"),
        ("https://gitea.example:3000/you/project", "gitea.example:3000", "you/project"),
        ("git@gitlab.com:a/b/c.git", "gitlab.com", "a/b/c"),
        ("ssh://git@gitea.example:2222/you/project.git", "gitea.example", "you/project"),
    ],
)
def test_the_repository_of_a_remote(url: str, host: str, path: str) -> None:
    assert repository(url) == Address(host, path)


@pytest.mark.parametrize(
    "url",
    [
        "/srv/git/project.git",
        "file:///srv/project.git",
        "https://h/project",
        "https://h/a/..",
        "https://h:99999/you/project",
        "https://[h/you/project",
    ],
)
def test_a_remote_that_is_on_no_forge_is_told(url: str) -> None:
    with pytest.raises(AideatorError, match="is on no forge"):
        repository(url)


@pytest.mark.parametrize(
    "url",
    [
        "http://me:s3cret@h/you/project/issues/1",
        "https://me:s3cret@h:99999/you/project/issues/1",
        "https://s3cret@[h/you/project/issues/1",
        "https://me:s3/s3cret@h/project",
    ],
)
def test_no_error_repeats_a_password(url: str) -> None:
    said = []
    for read in (lambda: place(url, pull=False), lambda: place(url, pull=True), lambda: repository(url)):
        try:
            read()
        except AideatorError as error:
            said.append(f"{error.message} {error.advice}")
    assert said
    assert "s3cret" not in " ".join(said)


def test_the_example_is_of_what_is_wanted() -> None:
    with pytest.raises(AideatorError) as caught:
        place("https://github.com/you/project", pull=True)
    assert caught.value.hint == "for example https://github.com/you/project/pull/12"
