"""How the page looks: on a phone, in dark and light, and to those who can't see it (an audit by axe)."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from aideator_cli.actions import tokens
from aideator_cli.actions.here import Here
from tests.fixtures.stored_runs import Told, cites
from tests.fixtures.stored_runs import add_run as store_run
from tests.server.page.conftest import Opened, Site
from tests.server.page.stories import hostile, three
from tests.server.page.test_streams import OVER
from tests.server.page.waiting import until_page

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.xdist_group("browser")
PATHS = ("/", "/runs/new", "/runs/k3v9x2q", "/runs/k3v9x2q/compare", "/settings", "/runs/nothere", "/?q=elephant")
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


def audited(page: "Page", axe: str) -> list[str]:
    """What axe finds, in a page that runs nothing but its own files: a debugger may."""
    session: Any = page.context.new_cdp_session(page)
    session.send("Runtime.evaluate", {"expression": axe})
    call = f"axe.run(document, {{runOnly: {json.dumps(RULES)}}}).then((found) => JSON.stringify(found.violations))"
    answer = session.send("Runtime.evaluate", {"expression": call, "awaitPromise": True, "returnByValue": True})
    found = json.loads(answer["result"]["value"])
    return [f"{each['id']}: {node['html'][:200]} {node['failureSummary']}" for each in found for node in each["nodes"]]


@pytest.mark.parametrize("mode", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 390])
def test_axe_finds_nothing(opened: Opened, home: Path, axe: str, mode: str, width: int) -> None:
    three(home)
    page = opened("/", width=width, color_scheme=mode, reduced_motion="reduce")
    address = page.url.rstrip("/")
    for path in PATHS:
        page.goto(address + path)
        if path == "/runs/k3v9x2q":
            until_page(page, OVER)
        assert audited(page, axe) == [], path
    page.keyboard.press("?")
    assert audited(page, axe) == [], "help"


def test_axe_finds_nothing_in_the_login(
    browser: "Browser",
    home: Path,  # noqa: ARG001 -- the data folder
    axe: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("AIDEATOR_OIDC_ISSUER", "https://127.0.0.1:9")
    monkeypatch.setenv("AIDEATOR_OIDC_CLIENT", "aideator")
    monkeypatch.setenv("AIDEATOR_OIDC_NAME", "Example & Co")
    site = Site(None)
    try:
        for mode, width in (("light", 1440), ("dark", 390)):
            page = browser.new_context(color_scheme=mode, viewport={"width": width, "height": 800}).new_page()
            page.goto(f"{site.address}/runs/new")
            assert page.get_by_role("link", name="Log in with Example & Co").is_visible()
            assert audited(page, axe) == [], mode
            assert page.evaluate("document.documentElement.scrollWidth") <= width
            page.get_by_label("Token").fill("wrong")
            page.get_by_role("button", name="Log in").click()
            page.get_by_role("alert").wait_for()
            assert "does not count" in page.get_by_role("alert").inner_text()
            assert audited(page, axe) == [], f"{mode}, refused"
            page.get_by_role("link", name="Log in with Example & Co").click()
            assert "does not answer as it should" in page.get_by_role("alert").inner_text()
            page.goto(f"{site.address}/settings")
            page.get_by_label("Token").fill(tokens.create(Here(), tokens.Order("laptop", "ada"))[1])
            page.get_by_role("button", name="Log in", exact=True).click()
            page.get_by_role("heading", name="Tokens").wait_for()
            assert page.evaluate("document.documentElement.scrollWidth") <= width, (
                "with a way out and all that one may do"
            )
            assert audited(page, axe) == [], f"{mode}, settings"
            page.goto(f"{site.address}/no/such/page")
            assert audited(page, axe) == [], f"{mode}, unknown"
            page.context.close()
    finally:
        site.stop()


def test_axe_finds_nothing_in_hostile_text_and_answers(opened: Opened, home: Path, axe: str) -> None:
    hostile(home)
    answer = Told(answer="See a.py:3.", citations=[cites("a.py:3", "a.py", 3)])
    store_run(home, answer, answer, run="a2n3s4w", prompt="Where?")
    page = opened("/runs/a2n3s4w/compare")
    assert "See a.py:3." in page.locator(".answer").first.inner_text()
    assert audited(page, axe) == []
    page.goto(page.url.replace("a2n3s4w", "k3v9x2q"))
    assert audited(page, axe) == []


@pytest.mark.parametrize("path", PATHS)
def test_nothing_is_wider_than_a_phone(opened: Opened, home: Path, path: str) -> None:
    three(home, prompt="Make the parser accept comments and averyveryverylongwordthatfitsnowhereonanarrowscreen " * 3)
    page = opened(path, width=390, height=844)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_a_phone_shows_one_stream_at_a_time_behind_tabs(opened: Opened, home: Path) -> None:
    three(home)
    page = opened("/runs/k3v9x2q", width=390, height=844)
    until_page(page, OVER)
    assert page.locator(".pane:visible").count() == 1
    page.get_by_role("tab", name="2").click()
    assert page.locator(".pane:visible").get_attribute("data-number") == "2"
    assert page.get_by_role("tab", name="2").get_attribute("aria-selected") == "true"
    page.keyboard.press("ArrowRight")
    assert page.locator(".pane:visible").get_attribute("data-number") == "3"


@pytest.mark.parametrize(("width", "columns"), [(700, 1), (900, 2), (1200, 3), (1900, 5)])
def test_streams_stand_side_by_side_as_the_width_allows(opened: Opened, home: Path, width: int, columns: int) -> None:
    store_run(home, *[Told()] * 7)
    page = opened("/runs/k3v9x2q", width=width)
    lefts = page.evaluate("[...document.querySelectorAll('.pane')].map((pane) => pane.getBoundingClientRect().left)")
    shown = page.locator(".pane:visible").count()
    assert len(set(lefts[:7])) == columns if shown == 7 else columns == 1


def test_dark_and_light_follow_the_browser(opened: Opened) -> None:
    ground = "getComputedStyle(document.body).backgroundColor"
    light = opened("/", color_scheme="light").evaluate(ground)
    dark = opened("/", color_scheme="dark").evaluate(ground)
    assert light != dark


def test_forms_work_without_javascript(opened: Opened, home: Path) -> None:
    three(home)
    page = opened("/runs/k3v9x2q/compare", java_script_enabled=False)
    page.get_by_role("button", name="Select 2").click()
    assert "Selected." in page.locator("#said").inner_text()
    page.goto(page.url.partition("/runs/")[0] + "/runs/new")
    page.get_by_role("button", name="Add an agent").click()
    assert page.get_by_label("Agent", exact=True).count() >= 2
