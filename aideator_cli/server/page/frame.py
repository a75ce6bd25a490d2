"""What every screen of the page is put into: its edition, its files, its headers."""

from base64 import urlsafe_b64encode
from collections.abc import Mapping
from functools import cache
from hashlib import sha256
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from aideator_cli import __version__
from aideator_cli.server.access import LOCAL, Caller
from aideator_cli.system.templates import render_html

POLICY: Final = "; ".join(
    (
        "default-src 'none'", "script-src 'self'", "style-src 'self'", "img-src 'self'", "connect-src 'self'", "form-action 'self'",
        "base-uri 'none'", "frame-ancestors 'none'",
    )
)  # fmt: skip
HEADERS: Final[Mapping[str, str]] = {
    "Content-Security-Policy": POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "Vary": "Accept",
}
TYPES: Final[Mapping[str, str]] = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
FOREVER: Final = "public, max-age=31536000, immutable"  # an edition never changes


def screen(
    request: Request,
    template: str,
    values: Mapping[str, Any],
    *,
    here: str = "",
    said: str = "",
    status: int = 200,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """`here`: which link of the bar it is. `said`: a message on top. `headers`: more of them. Only what the caller may do is offered."""
    caller: Caller | None = getattr(request.state, "caller", None if request.app.state.needs_token else LOCAL)
    frame = {
        "root": root(request),
        "edition": edition(),
        "assets": f"{root(request)}/page/{edition()}",
        "here": here,
        "said": said,
        "form": caller.form if caller else None,
        "user": caller.name if caller else None,
        "may_read": caller is not None and "read" in caller.scopes,
        "may_run": caller is not None and "run" in caller.scopes,
    }
    html = render_html(f"page/{template}.html.j2", {**values, "page": frame})
    return HTMLResponse(html, status, {**HEADERS, "Cache-Control": "no-store", **(headers or {})})


def root(request: Request) -> str:
    """Returns the path under which the server is reached."""
    return str(request.scope.get("root_path", "")).rstrip("/")


def asset(asked: str, name: str) -> Response | None:
    """Returns a file of the page, or None if there is none of this name. One of another edition is not kept by the browser."""
    content = _assets().get(name)
    if content is None:
        return None
    kept = FOREVER if asked == edition() else "no-store"
    media = TYPES[name[name.rindex(".") :]]
    return Response(content, media_type=media, headers={"Cache-Control": kept, "X-Content-Type-Options": "nosniff"})


@cache
def edition() -> str:
    """Returns what tells this page from that of another version."""
    digest = sha256(__version__.encode())
    folder = files("aideator_templates").joinpath("page")
    for file in sorted((*_files(folder), *_files(folder.joinpath("static"))), key=lambda each: each.name):
        digest.update(file.name.encode() + b"\0" + file.read_bytes())
    return urlsafe_b64encode(digest.digest()[:9]).decode()


@cache
def _assets() -> Mapping[str, bytes]:
    return {file.name: file.read_bytes() for file in _files(files("aideator_templates").joinpath("page", "static"))}


def _files(folder: Traversable) -> list[Traversable]:
    return [each for each in folder.iterdir() if each.is_file()]
