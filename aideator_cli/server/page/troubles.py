"""Errors on the page: what went wrong, and what to do next. A module of the page that asks for JSON gets the API's problem document."""

import contextlib
from collections.abc import Callable, Coroutine, Mapping
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import urlencode

from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from aideator_cli.errors import AideatorError, written
from aideator_cli.server.access import known
from aideator_cli.server.page.frame import root, screen
from aideator_cli.server.problems import Problem, of_error, of_http

HEADINGS: Final[Mapping[HTTPStatus, str]] = {
    HTTPStatus.UNAUTHORIZED: "Log in first",
    HTTPStatus.FORBIDDEN: "You may not do that",
    HTTPStatus.NOT_FOUND: "Not found",
    HTTPStatus.METHOD_NOT_ALLOWED: "Not found",
    HTTPStatus.SERVICE_UNAVAILABLE: "The server can't answer now",
    HTTPStatus.TOO_MANY_REQUESTS: "Too much at once",
    HTTPStatus.GATEWAY_TIMEOUT: "It took too long",
}
ENDED: Final = Problem(
    HTTPStatus.UNAUTHORIZED, "Your login has ended, so nothing was done.", "Log in, and do it once more."
)
LIST: Final = "The list has the runs that you may see."
KEPT: Final = ("text", "task")  # fields that somebody has written


class PageRoute(APIRoute):
    """A route whose errors are screens."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def handled(request: Request) -> Response:
            try:
                return await handle(request)
            except AideatorError as error:
                return await trouble(request, of_error(error))
            except Problem as problem:
                return await trouble(request, problem)

        return handled


async def unknown_address(request: Request, error: HTTPException) -> Response:
    """Answers a browser at an address that leads nowhere with a screen, and a program with a problem document."""
    page = "text/html" in request.headers.get("accept", "") and not request.url.path.startswith(f"{root(request)}/api/")
    if error.status_code not in (HTTPStatus.NOT_FOUND, HTTPStatus.METHOD_NOT_ALLOWED) or not page:
        return await of_http(request, error)
    with contextlib.suppress(Problem, AideatorError):
        request.state.caller = await known(request)
    text = (
        "There is nothing at this address."
        if request.method == "GET"
        else "Nothing was done: this address takes no form."
    )
    return await trouble(request, Problem(HTTPStatus(error.status_code), text, LIST))


async def trouble(request: Request, problem: Problem) -> Response:
    unknown = problem.status is HTTPStatus.UNAUTHORIZED
    if unknown and request.method != "GET":
        problem = ENDED
    elif problem.hint is not None and written(problem.hint).startswith("GET "):  # a way by the API, not by the page
        problem = Problem(problem.status, problem.detail, LIST)
    if wants_json(request):
        return problem.response(request.url.path)
    if unknown and request.method == "GET":
        path = request.url.path.removeprefix(root(request))
        return login(request, f"{path}?{request.url.query}" if request.url.query else path)
    values = {
        "heading": HEADINGS.get(problem.status, "That did not work"),
        **problem.told(),
        "login": unknown,
        "again": problem.status in (HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.GATEWAY_TIMEOUT)
        and request.method == "GET",
        "kept": await _written(request),
    }
    return screen(request, "trouble", values, status=problem.status.value, headers=problem.again)


def login(request: Request, back: str, wrong: Problem | None = None, *, email: str = "") -> Response:
    """The screen that asks who it is. `back`: the path that follows."""
    told = None if wrong is None else wrong.told()
    status = HTTPStatus.UNAUTHORIZED if wrong is None else wrong.status
    values = {"next": back, "wrong": told, "email": email, "provider": None}
    if (openid := request.app.state.openid) is not None:
        begin = f"{root(request)}/login/oidc?{urlencode({'next': back})}"
        values["provider"] = {"name": openid.provider.name, "begin": begin}
    return screen(request, "login", values, status=status.value, headers=wrong.again if wrong else None)


async def _written(request: Request) -> str:
    """Returns what somebody wrote into the form that failed."""
    if request.method != "POST":
        return ""
    from urllib.parse import parse_qs

    fields = parse_qs((await request.body()).decode("ascii", "ignore"), max_num_fields=300, errors="replace")
    return next((fields[name][-1] for name in KEPT if name in fields), "")


def wants_json(request: Request) -> bool:
    return "application/json" in request.headers.get("accept", "")
