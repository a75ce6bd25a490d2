"""What a form posts, read in one place. Whatever protects forms belongs here and in the template's `guard`, which every form has.

The gate has refused what another site posted before. A form of somebody who logged in also holds a token of that login.
"""

import hmac
from http import HTTPStatus
from typing import Final
from urllib.parse import parse_qsl

from starlette.requests import Request

from aideator_agent.values import frozen
from aideator_cli.server.access import Caller
from aideator_cli.server.page.frame import edition
from aideator_cli.server.problems import Problem

MOST_FIELDS: Final = 300


@frozen
class Form:
    """Fields by name; of a name that comes twice the last one."""

    fields: dict[str, str]

    @property
    def is_old(self) -> bool:
        """Whether the page that it comes from is of another edition."""
        return self.fields.get("edition") != edition()

    def text(self, name: str) -> str:
        return self.fields.get(name, "").replace("\r\n", "\n").strip()


async def posted(request: Request, *, old: bool = False) -> Form:
    """Raises `Problem` for what is no form, and unless `old` for one of a page from before an upgrade."""
    body = await request.body()
    try:
        pairs = parse_qsl(body.decode("ascii"), keep_blank_values=True, max_num_fields=MOST_FIELDS, errors="strict")
    except ValueError as error:
        raise Problem(HTTPStatus.BAD_REQUEST, "this is no form that the page has sent", "reload the page") from error
    form = Form(dict(pairs))
    caller: Caller | None = getattr(request.state, "caller", None)
    wanted = caller.form if caller else None
    if wanted is not None and not hmac.compare_digest(form.text("form").encode(errors="replace"), wanted.encode()):
        text = "this form is not of your present login, so nothing was done"
        raise Problem(HTTPStatus.FORBIDDEN, text, "reload the page, and do it once more")
    if form.is_old and not old:
        text = "this page is from before an upgrade of the server, so nothing was done"
        raise Problem(HTTPStatus.CONFLICT, text, "reload the page, and do it once more")
    return form
