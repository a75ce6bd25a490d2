"""The answers that routes of runs and of teams share."""

from collections.abc import AsyncIterator

from fastapi import Request
from starlette.responses import HTMLResponse, Response

from aideator_cli.server.access import admitted
from aideator_cli.server.streams.answer import StreamAnswer
from aideator_cli.server.streams.hub import Hub


def patch_answer(name: str, found: bytes) -> Response:
    """`name`: of the file, without its ending."""
    headers = {"Content-Disposition": f'attachment; filename="{name}.patch"', "X-Content-Type-Options": "nosniff"}
    return Response(found, headers=headers, media_type="text/x-patch; charset=utf-8")


def report_answer(page: str) -> Response:
    return HTMLResponse(page, headers={"Content-Security-Policy": "sandbox", "X-Content-Type-Options": "nosniff"})


def stream_answer(request: Request, pieces: AsyncIterator[bytes]) -> Response:
    """Ends when the caller's token counts no longer."""
    hub: Hub = request.app.state.hub

    async def check() -> None:
        await admitted(request, "read", again=True)

    return StreamAnswer(hub, pieces, check, request.state.caller.name)
