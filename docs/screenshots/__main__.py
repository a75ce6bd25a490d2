"""Takes pictures of the web page in a real browser, of runs that are made up, in both modes and three widths. `make screenshots`."""

import os
import shutil
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from aideator_cli.errors import not_found
from tests.server.page.conftest import Site
from tests.server.page.stories import three
from tests.server.page.team_stories import TEAM, stored
from tests.server.page.test_streams import OVER
from tests.server.page.waiting import until_page

SCREENS = {"runs": "/", "new-run": "/runs/new", "run": "/runs/k3v9x2q", "compare": "/runs/k3v9x2q/compare",
    "teams": "/teams", "new-team": "/teams/new", "team": f"/teams/{TEAM}", "notes": "/notes",
}  # fmt: skip
SIZES = ((1440, 900), (900, 1000), (390, 844))


def main() -> None:
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path("build/screenshots")
    folder.mkdir(parents=True, exist_ok=True)
    program = shutil.which("chromium")
    if program is None:
        raise not_found("there is no Chromium", hint="tests/server/page/build installs it")
    with tempfile.TemporaryDirectory() as home, sync_playwright() as playwright:
        os.environ["AIDEATOR_HOME"] = home
        three(Path(home))
        stored(Path(home), over=False, prompt="Export the list as CSV and as JSON, and offer both in the dialog")
        site = Site()
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        for mode in ("light", "dark"):
            for width, height in SIZES:
                take(browser, site, folder, mode, (width, height))
        browser.close()
        site.stop()


def take(browser: Browser, site: Site, folder: Path, mode: str, size: tuple[int, int]) -> None:
    viewport = {"width": size[0], "height": size[1]}
    context = browser.new_context(viewport=viewport, color_scheme=mode, reduced_motion="reduce")  # type: ignore[arg-type]
    page = context.new_page()
    for name, path in SCREENS.items():
        page.goto(site.address + path)
        until_page(page, "document.documentElement.classList.contains('scripted')")
        if name == "run":
            until_page(page, OVER)
        file = folder / f"{name}-{size[0]}-{mode}.png"
        page.screenshot(path=file)
        print(file)
    context.close()


if __name__ == "__main__":
    main()
