"""Errors as RFC 9457 problem documents. They have the same words and hints as the command line's."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any, Final

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response

from aideator_cli.errors import AideatorError, ExitCode, Hint, written
from aideator_cli.store import DatabaseAway
from aideator_cli.text.clean import clean

MEDIA_TYPE: Final = "application/problem+json"
AGAIN_SECONDS: Final = 5  # when to come back to a server that can't answer now
FORMS: Final = ("full", "short")  # the forms of a body that has two
NAMED: Final = 10  # mistakes in one body

_STATUS: Final[Mapping[ExitCode, HTTPStatus]] = {
    ExitCode.FAILED: HTTPStatus.CONFLICT,
    ExitCode.USAGE: HTTPStatus.UNPROCESSABLE_ENTITY,
    ExitCode.NOT_FOUND: HTTPStatus.NOT_FOUND,
    ExitCode.UNAVAILABLE: HTTPStatus.SERVICE_UNAVAILABLE,
    ExitCode.REFUSED: HTTPStatus.FORBIDDEN,
    ExitCode.LIMIT: HTTPStatus.CONFLICT,
    ExitCode.CHECKS_FAILED: HTTPStatus.CONFLICT,
    ExitCode.DOES_NOT_APPLY: HTTPStatus.CONFLICT,
    ExitCode.TIMED_OUT: HTTPStatus.GATEWAY_TIMEOUT,
}
_TITLE: Final[Mapping[int, str]] = {413: "Too large", 422: "Unprocessable"}  # Python's names for these have changed
_PROGRAMS: Final = ("aideator", "export", "git", "kubectl", "openssl", "pip")  # with which hints begin
_AGAIN: Final = (HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.TOO_MANY_REQUESTS)


class Problem(Exception):
    """Ends a request. `mistakes`: each `where` and `what` of a wrong body."""

    def __init__(
        self,
        status: HTTPStatus,
        detail: str,
        hint: Hint | None = None,
        *,
        mistakes: Sequence[Mapping[str, str]] = (),
        headers: Mapping[str, str] | None = None,
        code: ExitCode | None = None,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.hint = hint
        self.mistakes = mistakes
        self.headers = dict(headers or {})
        self.code = code  # that the command line would exit with

    def told(self) -> dict[str, str | None]:
        """Returns the words for a screen."""
        return {"text": clean(self.detail), "hint": None if self.hint is None else _capital(clean(written(self.hint)))}

    def as_json(self, instance: str) -> dict[str, Any]:
        hint = {} if self.hint is None else {"hint": clean(written(self.hint))}
        title = _TITLE.get(self.status, self.status.phrase.capitalize())
        return {
            "type": f"urn:aideator:problem:{title.lower().replace(' ', '-')}",
            "title": title,
            "status": self.status.value,
            "detail": clean(self.detail),
            **hint,
            "instance": instance,
            **({} if self.code is None else {"exit_code": int(self.code)}),
            **({"mistakes": list(self.mistakes)} if self.mistakes else {}),
        }

    @property
    def again(self) -> dict[str, str]:
        """The header that says when to come back, for whoever may."""
        wanted = self.headers.get("Retry-After", str(AGAIN_SECONDS) if self.status in _AGAIN else None)
        return {} if wanted is None else {"Retry-After": wanted}

    def response(self, instance: str) -> Response:
        headers = {**self.headers, **self.again}
        return JSONResponse(self.as_json(instance), self.status.value, headers, media_type=MEDIA_TYPE)


def _capital(hint: str) -> str:
    """Returns the hint as a sentence that stands alone begins. A command stays as it is."""
    word = hint.partition(" ")[0]
    return hint if word in _PROGRAMS or not word.isalpha() else word[0].upper() + hint[1:]


def of_error(error: AideatorError) -> Problem:
    status = _STATUS.get(error.code, HTTPStatus.INTERNAL_SERVER_ERROR)
    if isinstance(error, DatabaseAway):  # whatever the command line exits with
        status = HTTPStatus.SERVICE_UNAVAILABLE
    return Problem(status, error.message, error.advice, code=error.code)


def answer_with_problems(app: FastAPI) -> None:
    """Makes every error of this app a problem document."""
    app.add_exception_handler(Problem, _of_problem)
    app.add_exception_handler(AideatorError, _of_aideator)
    app.add_exception_handler(RequestValidationError, _of_validation)
    app.add_exception_handler(HTTPException, of_http)
    app.add_exception_handler(Exception, _of_mistake)


async def _of_problem(request: Request, error: Exception) -> Response:
    assert isinstance(error, Problem)
    return error.response(request.url.path)


async def _of_aideator(request: Request, error: Exception) -> Response:
    assert isinstance(error, AideatorError)
    return of_error(error).response(request.url.path)


async def of_http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    status = HTTPStatus(error.status_code)
    hint = "/docs describes the API" if status in (HTTPStatus.NOT_FOUND, HTTPStatus.METHOD_NOT_ALLOWED) else None
    text = f"there is no {request.method} {request.url.path}" if hint else str(error.detail)
    return Problem(status, text, hint, headers=error.headers).response(request.url.path)


async def _of_validation(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    found = error.errors()
    if any(each["type"] == "json_invalid" for each in found):
        where = found[0].get("ctx", {}).get("error", "")
        problem = Problem(HTTPStatus.BAD_REQUEST, f"the body is no JSON: {where}", "send one JSON object")
        return problem.response(request.url.path)
    mistakes = [{"where": _where(each["loc"]), "what": str(each["msg"])} for each in found[:NAMED]]
    more = f", and {len(found) - NAMED} more mistakes" if len(found) > NAMED else ""
    told = "; ".join(f"{each['where']}: {each['what']}" for each in mistakes) + more
    problem = Problem(HTTPStatus.UNPROCESSABLE_ENTITY, told, "/docs describes what is accepted", mistakes=mistakes)
    return problem.response(request.url.path)


async def _of_mistake(request: Request, error: Exception) -> Response:
    text = f"AIdeator itself failed: {type(error).__name__}: {error}"
    return Problem(HTTPStatus.INTERNAL_SERVER_ERROR, text, "the server's log says where; report it").response(
        request.url.path
    )


def _where(location: Sequence[Any]) -> str:
    """Returns a place in a body or a query as a person writes it: `agent_config.temperature`."""
    return ".".join(str(part) for part in location[1:] if part not in FORMS) or str(location[0])
