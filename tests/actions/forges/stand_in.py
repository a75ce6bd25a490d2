"""A small forge over https, which checks every request against the part of the forge's published API that AIdeator uses.

The bodies and their required fields are those of GitHub's description (github/rest-api-description, api.github.com: pulls/create, update,
issues/create-comment and what is read) and of GitLab's (doc/api/openapi/openapi_v3.yaml: a project's merge_requests, issues and notes).
"""

import json
import re
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import urlsplit

from tests.fixtures.quiet_server import Serving

Body = Mapping[str, tuple[type, bool]]  # name -> its type, and whether it is required
TEXT, SWITCH = (str, False), (bool, False)
NEEDED = (str, True)

GITHUB: Mapping[tuple[str, str], Body | None] = {
    ("GET", r"repos/[\w.-]+/[\w.-]+"): None,
    ("GET", r"repos/[\w.-]+/[\w.-]+/issues/\d+"): None,
    ("GET", r"repos/[\w.-]+/[\w.-]+/issues/\d+/comments"): None,
    ("POST", r"repos/[\w.-]+/[\w.-]+/issues/\d+/comments"): {"body": NEEDED},
    ("GET", r"repos/[\w.-]+/[\w.-]+/pulls"): None,
    ("GET", r"repos/[\w.-]+/[\w.-]+/pulls/\d+"): None,
    ("POST", r"repos/[\w.-]+/[\w.-]+/pulls"): {
        "head": NEEDED, "base": NEEDED, "title": NEEDED, "body": TEXT, "draft": SWITCH, "maintainer_can_modify": SWITCH, "head_repo": TEXT,
    },
    ("PATCH", r"repos/[\w.-]+/[\w.-]+/pulls/\d+"): {
        "title": TEXT, "body": TEXT, "state": TEXT, "base": TEXT, "maintainer_can_modify": SWITCH,
    },
}  # fmt: skip
GITLAB: Mapping[tuple[str, str], Body | None] = {
    ("GET", r"projects/[\w.%-]+"): None,
    ("GET", r"projects/[\w.%-]+/(issues|merge_requests)/\d+"): None,
    ("GET", r"projects/[\w.%-]+/(issues|merge_requests)/\d+/notes"): None,
    ("POST", r"projects/[\w.%-]+/merge_requests/\d+/notes"): {"body": NEEDED},
    ("GET", r"projects/[\w.%-]+/merge_requests"): None,
    ("POST", r"projects/[\w.%-]+/merge_requests"): {
        "source_branch": NEEDED, "target_branch": NEEDED, "title": NEEDED, "description": TEXT, "remove_source_branch": SWITCH,
    },
    ("PUT", r"projects/[\w.%-]+/merge_requests/\d+"): {"title": TEXT, "description": TEXT, "target_branch": TEXT, "state_event": TEXT},
}  # fmt: skip
QUERIES = {"page", "per_page", "state", "head", "source_branch", "sort", "order_by"}


@dataclass(frozen=True)
class Asked:
    method: str
    path: str  # below the API's root, with the query
    body: Any
    headers: Mapping[str, str]


Reply = tuple[int, Any] | tuple[int, Any, Mapping[str, str]]
Answers = Callable[[Asked], Reply]


@dataclass
class StandIn(Serving):
    """`answers` gets every request that the schema allows. Others are answered with 400, and stay in `wrong`."""

    context: ssl.SSLContext
    root: str  # such as /api/v3
    schema: Mapping[tuple[str, str], Body | None]
    answers: Answers
    asked: list[Asked] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.serve("127.0.0.1", _Handler)
        plain = self._server.socket
        self._server.socket = self.context.wrap_socket(plain, server_side=True, do_handshake_on_connect=False)

    @property
    def host(self) -> str:
        return urlsplit(self.origin).netloc

    def reply(self, asked: Asked) -> Reply:
        if why := self._fault(asked):
            self.wrong.append(why)
            return 400, {"message": why}
        return self.answers(asked)

    def _fault(self, asked: Asked) -> str | None:
        path, _, query = asked.path.partition("?")
        known = [
            body for (method, form), body in self.schema.items() if method == asked.method and re.fullmatch(form, path)
        ]
        if not known:
            return f"there is no {asked.method} {path}"
        if unknown := {part.partition("=")[0] for part in query.split("&") if part} - QUERIES:
            return f"unknown parameters {unknown}"
        body = known[0]
        if body is None:
            return None if asked.body is None else f"{path} takes no body"
        if not isinstance(asked.body, dict) or (
            lost := [n for n, (_, must) in body.items() if must and n not in asked.body]
        ):
            return f"{path} lacks {lost}" if isinstance(asked.body, dict) else f"{path} needs a body"
        strange = [n for n, value in asked.body.items() if n not in body or not isinstance(value, body[n][0])]
        return f"{path} has {strange}" if strange else None


class _Handler(BaseHTTPRequestHandler):
    owner: StandIn

    def do_GET(self) -> None:
        given = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        owner = self.owner
        if not self.path.startswith(f"{owner.root}/"):
            return self._answer(404, {"message": "Not Found"})
        asked = Asked(
            self.command,
            self.path.removeprefix(f"{owner.root}/"),
            json.loads(given) if given else None,
            dict(self.headers),
        )
        owner.asked.append(asked)
        if asked.path == "meta":  # by which GitHub Enterprise Server is known
            return self._answer(200, {"verifiable_password_authentication": True})
        return self._answer(*owner.reply(asked))

    do_POST = do_PATCH = do_PUT = do_GET  # noqa: N815

    def _answer(self, status: int, data: Any, headers: Mapping[str, str] | None = None) -> None:
        body = data if isinstance(data, bytes) else json.dumps(data).encode()
        self.send_response(status)
        for name, value in {
            "Content-Type": "application/json",
            "Content-Length": str(len(body)),
            **(headers or {}),
        }.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Nobody reads it."""
