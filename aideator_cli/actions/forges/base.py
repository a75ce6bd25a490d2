"""What a forge can do, and what it answers: bounded, and only of the types that are written here."""

from collections.abc import Mapping, Sequence
from typing import Any, Final, Protocol
from urllib.parse import quote

from aideator_agent.values import frozen
from aideator_cli.errors import not_found, refused, unavailable
from aideator_cli.text.clean import one_line

PAGE: Final = 100  # comments in one answer
MOST_PAGES: Final = 3  # of comments, the newest
MOST_TITLE: Final = 250  # characters: GitLab and Gitea take 255
_MOST_REASON: Final = 300


@frozen
class Address:
    """A repository on a forge."""

    host: str  # with the port, if it is not 443
    path: str  # OWNER/NAME; on GitLab with all groups
    prefix: str = ""  # of every path on the host, such as /git; empty: none

    @property
    def url(self) -> str:
        return f"https://{self.host}{self.prefix}/{self.path}"

    @property
    def clone_url(self) -> str:
        return f"{self.url}.git"

    @property
    def quoted(self) -> str:
        return quote(self.path)


@frozen
class Post:
    """What somebody wrote."""

    author: str
    text: str


@frozen
class Thread:
    """An issue or a pull request, and what was said about it, the oldest first."""

    url: str
    number: int
    title: str
    body: Post
    comments: tuple[Post, ...] = ()
    missing: int = 0  # older comments that were not asked for


@frozen
class Pull:
    """A pull request: what it asks to be merged, and into what."""

    url: str
    number: int
    title: str
    base: str  # a branch
    head: str  # a branch, perhaps of another repository
    commit: str  # of the head
    open: bool


@frozen
class Draft:
    """A pull request that is to be opened."""

    base: str
    head: str
    title: str
    text: str
    draft: bool = False


class Exists(Exception):
    """The forge has an open pull request for this branch."""


@frozen
class Answer:
    status: int
    data: Any  # JSON
    readable: bool = True  # whether it was JSON
    limited: bool = False  # whether the forge refuses because it was asked too often


class Asking(Protocol):
    """A way to ask a forge's API."""

    @property
    def login(self) -> str | None:
        """As whom, for a sentence: the name of a variable or a program. None: as nobody."""

    @property
    def token(self) -> str | None:
        """What opens the repository for git, too. None: git has to find it by itself."""

    def ask(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Answer:
        """`path` begins below the API's root and is quoted. Raises `AideatorError` if there is no answer."""


class Forge(Protocol):
    """One repository on a forge. Every method raises `AideatorError` if the forge refuses or does not answer."""

    @property
    def address(self) -> Address: ...

    @property
    def asking(self) -> Asking: ...

    @property
    def most(self) -> int:
        """The characters that a pull request's text, or a comment, may have."""

    def thread(self, number: int, *, pull: bool) -> Thread:
        """Returns an issue, or a pull request, with its comments."""

    def pull(self, number: int) -> Pull: ...

    def head_ref(self, number: int) -> str:
        """Returns the reference by which git fetches a pull request's head, also of a fork."""

    def default_branch(self) -> str: ...

    def open(self, draft: Draft) -> Pull:
        """Raises `Exists` if the branch has one that is open."""

    def find(self, head: str) -> Pull | None:
        """Returns the open pull request of this branch of the repository itself."""

    def update(self, number: int, *, title: str | None, text: str) -> Pull: ...

    def comment(self, number: int, text: str) -> str:
        """Comments on a pull request. Returns the comment's URL, or else that of the pull request."""


# Reading what a forge answers: another type than the expected one is as good as nothing


def text(data: object, *path: str) -> str:
    found: object = data
    for name in path:
        found = found.get(name) if isinstance(found, dict) else None
    return found if isinstance(found, str) else ""


def number(data: object, name: str) -> int:
    found = data.get(name) if isinstance(data, dict) else None
    return found if isinstance(found, int) and not isinstance(found, bool) else 0


def items(data: object) -> Sequence[Any]:
    return data if isinstance(data, list) else ()


def expected(answer: Answer, address: Address, asking: Asking, *, to: str, missing: str) -> Any:
    """Returns what a forge has answered. `to`: what was to be done there; `missing`: what is not there after a 404.

    Raises `AideatorError`.
    """
    host, reason = address.host, told_reason(answer.data)
    login = asking.login
    why = f": {reason}" if reason else ""
    if answer.status < 300:
        if not answer.readable:
            raise unavailable(f"{host} did not answer as a forge does: no JSON", hint="check the address")
        return answer.data
    if answer.limited or answer.status == 429:
        more = "wait, and try again" if login else _LOG_IN
        raise unavailable(f"{host} was asked too often{why}", hint=more)
    if answer.status == 401:
        what = f"does not accept {login}" if login else "wants to know who you are"
        raise refused(f"{host} {what}, so you can't {to}{why}", hint=_LOG_IN)
    if answer.status == 403:
        raise refused(f"{login or 'without a login you'} may not {to}{why}", hint=_LOG_IN if login is None else _RIGHTS)
    if answer.status == 404:
        more = "check the address" + ("" if login else f"; for a private repository, {_LOG_IN}")
        raise not_found(f"{missing}, or you may not see it", hint=more)
    if answer.status >= 500:
        raise unavailable(f"{host} failed (HTTP {answer.status}){why}", hint="try again later")
    raise refused(f"{host} refused to {to} (HTTP {answer.status}){why}")


_LOG_IN: Final = "export GIT_TOKEN=…, or log in with gh or glab"
_RIGHTS: Final = "give the token the right to write pull requests, issues and contents of this repository"


def told_reason(data: object) -> str:
    """Returns the forge's own words for a refusal, on one line."""
    if not isinstance(data, dict):
        return ""
    found = [data.get("message"), data.get("error_description"), data.get("error")]
    found += [each.get("message") if isinstance(each, dict) else each for each in items(data.get("errors"))]
    words = [part for each in found for part in _words(each)]
    return one_line("; ".join(dict.fromkeys(words)))[:_MOST_REASON]


def _words(found: object) -> list[str]:
    if isinstance(found, str):
        return [found] if found.strip() else []
    if isinstance(found, list):
        return [each for each in found if isinstance(each, str)]
    if isinstance(found, dict):
        return [f"{name} {said}" for name, each in found.items() for said in _words(each)]
    return []


def link(found: str, otherwise: str, host: str) -> str:
    """Returns a URL that a forge has answered, if it is one of the same host, else the other one."""
    printable = found.isascii() and found.isprintable() and len(found) < 2000
    return found if printable and found.startswith(f"https://{host}/") and " " not in found else otherwise
