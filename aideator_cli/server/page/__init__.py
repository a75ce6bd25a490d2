"""The web page: routes that answer with HTML, and forms that post. It owns what a browser shows of runs; the templates and modules that it
sends are in `templates/page`. It must not decide anything: it calls the same actions as the API, and what a form may do is checked there.
"""

from fastapi import APIRouter

from aideator_cli.server.page import acting, beginning, entering, judging, noting, providing, routes, settings
from aideator_cli.server.page.teams import routes as teams

router = APIRouter(include_in_schema=False)
for each in (
    entering.router,
    providing.router,
    beginning.router,
    settings.router,
    routes.router,
    judging.router,
    acting.router,
    teams.router,
    noting.router,
):  # `/runs/new` before `/runs/{run}`, and `/runs/{run}/judge/stop` before `/runs/{run}/{number}/stop`
    router.include_router(each)
