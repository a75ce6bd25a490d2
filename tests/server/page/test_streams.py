"""The streams of a run in a real browser: what comes is shown, folded, followed and never lost."""

import re
from pathlib import Path

import pytest

from aideator_cli.store import Store
from tests.fixtures.stored_runs import Told
from tests.fixtures.stored_runs import add_run as store_run
from tests.server.page.conftest import Opened, Site, working
from tests.server.page.stories import hostile, three
from tests.server.page.waiting import until_page

pytestmark = pytest.mark.xdist_group("browser")
OVER = """!!window.aideatorRun && [...aideatorRun.byNumber.values()].every(
  (pane) => pane.story.settled && pane.told === pane.story.version && (!pane.visible || pane.drawn === pane.story.version))"""
SEEN = "() => [...aideatorRun.byNumber.values()].map(({ story }) => story.seen)"


def words(page: object, number: int = 1) -> str:
    text: str = page.locator(f"#pane-{number} .entries").inner_text()  # type: ignore[attr-defined]
    return text


def test_an_ended_run_is_told_from_its_first_event(opened: Opened, home: Path) -> None:
    three(home)
    page = opened("/runs/k3v9x2q")
    until_page(page, OVER)
    told = words(page)
    for expected in (
        "Looking at the tokenizer first.", "$ pytest -q", "exit 1, 3.4 s", "… 38 lines more", "test_42 PASSED", "edits a.py",
        "- y", "+ z", "patch: 2 files", "pytest on the base passed", "pytest passed", "submitted: Comments are tokens now.",
    ):  # fmt: skip
        assert expected in told
    assert "test_37 PASSED" not in told
    foot = page.locator("#pane-1 .pane-foot")
    assert "pytest passed ✓" in foot.inner_text()
    assert "pytest failed ✗" in page.locator("#pane-2 .pane-foot").inner_text()
    assert "limit (steps)" in page.locator("#pane-3 .pane-head").inner_text()
    assert page.title() == "✓ · Make the parser accept comments · k3v9x2q"
    assert page.locator("link[rel=icon]").get_attribute("href").endswith("good.svg")  # type: ignore[union-attr]
    assert page.locator("#connection").is_hidden()  # the end of the stream is no break


def test_output_unfolds_and_folds(opened: Opened, home: Path) -> None:
    three(home)
    page = opened("/runs/k3v9x2q")
    until_page(page, OVER)
    page.locator("#pane-1").get_by_role("button", name="38 lines more").click()
    assert "test_0 PASSED" in words(page)
    page.locator("#pane-1").get_by_role("button", name="fold", exact=True).click()
    assert "test_0 PASSED" not in words(page)


def test_hostile_output_stays_text(opened: Opened, home: Path) -> None:
    hostile(home)
    asked: list[str] = []
    page = opened()
    page.on("dialog", lambda dialog: asked.append(dialog.message))
    page.on("request", lambda request: asked.append(request.url) if request.url.endswith("/x") else None)
    page.goto(page.url + "runs/k3v9x2q")
    until_page(page, OVER)
    told = words(page)
    assert told.count("<img src=x onerror=alert(1)><script>alert(2)</script> ␛[31mred��") >= 6
    assert page.locator(".pane img, .pane script, .pane b").count() == 0
    assert not set("\x1b\u202e\u200b\x00") & set(page.content())
    page.goto(page.url + "/compare")
    assert "javascript:alert(1)//<b>.py" in page.locator("#compare").inner_text()
    assert page.locator("#compare img, #compare script").count() == 0
    assert asked == []


def test_agents_at_work_are_seen_as_they_work_and_a_reload_loses_nothing(opened: Opened, home: Path) -> None:
    with working(home, 2, 3000, 600) as run:
        page = opened(f"/runs/{run}")
        until_page(page, "window.aideatorRun && aideatorRun.source.received > 200")
        assert page.locator("#pane-1 .state").inner_text().startswith("●")
        until_page(page, "document.title.startsWith('●')")
        assert "at work" in page.locator(".counts").inner_text()
        page.reload()
        until_page(page, OVER, 120)
        assert page.evaluate(SEEN) == [3001, 3001]  # with the end
        assert "no changes" in page.locator("#pane-1 .state").inner_text()
        until_page(page, "document.title.startsWith('✗')")


def test_a_lost_connection_is_said_and_nothing_is_lost_when_it_is_back(opened: Opened, home: Path, site: Site) -> None:
    with working(home, 2, 3000, 600) as run:
        page = opened(f"/runs/{run}")
        until_page(page, "window.aideatorRun && aideatorRun.source.received > 100")
        run.rest()  # or it may be over before the server is
        site.stop()
        until_page(page, "!document.querySelector('#connection').hidden")
        run.go_on()
        assert "The agents go on" in page.locator("#connection").inner_text()
        site.come_back()
        until_page(page, "document.querySelector('#connection').hidden")
        until_page(page, OVER, 120)
        assert page.evaluate(SEEN) == [3001, 3001]


def test_a_deleted_run_is_said(opened: Opened, home: Path, site: Site) -> None:
    with working(home, 1, 100_000, 50) as run:
        page = opened(f"/runs/{run}")
        until_page(page, "window.aideatorRun && aideatorRun.source.received > 10")
        site.stop()
        Store.open(home).forget_run(run)
        site.come_back()
        until_page(page, "document.querySelector('#connection').textContent.includes('was deleted')")


def test_the_end_is_followed_until_the_reader_scrolls_up(opened: Opened, home: Path) -> None:
    with working(home, 1, 20_000, 300) as run:
        page = opened(f"/runs/{run}")
        until_page(page, "document.querySelectorAll('.entry').length > 60")
        at_end = "(() => { const s = document.querySelector('.stream'); return s.scrollHeight - s.scrollTop - s.clientHeight < 20; })()"
        until_page(page, at_end)
        page.locator(".stream").hover()
        page.mouse.wheel(0, -600)
        until_page(page, "!document.querySelector('.below').hidden")
        top = page.evaluate("document.querySelector('.stream').scrollTop")
        before = page.locator(".below").inner_text()
        assert re.fullmatch(r"↓ [\d,]+ new", before)
        until_page(page, f"document.querySelector('.below').textContent !== '{before}'")
        assert abs(page.evaluate("document.querySelector('.stream').scrollTop") - top) < 2  # nothing jumps
        page.locator(".below").click()
        until_page(page, "document.querySelector('.below').hidden")
        until_page(page, at_end)


def test_the_page_holds_few_entries_and_shows_earlier_ones_on_demand(opened: Opened, home: Path) -> None:
    more = [{"type": "notice", "level": "info", "text": f"note {number}"} for number in range(2600)]
    store_run(home, Told(more=more))
    page = opened("/runs/k3v9x2q")
    until_page(page, OVER)
    until_page(page, "document.querySelectorAll('.entry').length === 200")
    assert page.evaluate("aideatorRun.byNumber.get(1).story.entries.length") <= 2200
    page.get_by_role("button", name="earlier entries").click()
    until_page(page, "document.querySelectorAll('.entry').length === 400")
    assert "note 2300" in words(page)


def test_an_agent_is_selected_without_leaving_its_stream(opened: Opened, home: Path) -> None:
    three(home)
    page = opened("/runs/k3v9x2q")
    until_page(page, OVER)
    page.get_by_role("button", name="Select 2").click()
    page.locator("#said").get_by_text("Selected.").wait_for()
    assert Store.open(home).selection("k3v9x2q").variation == 2  # type: ignore[union-attr]
    assert page.locator("#pane-3 form.select").is_hidden()  # there is nothing to select
    page.evaluate("document.querySelector('#pane-3 form.select').hidden = false")
    page.get_by_role("button", name="Select 3").click()
    page.locator("#said .bad").wait_for()
    assert "it has no patch" in page.locator("#said").inner_text()


def test_the_keyboard_goes_everywhere(opened: Opened, home: Path) -> None:
    three(home)
    page = opened("/")
    page.keyboard.press("j")
    assert page.evaluate("document.activeElement.className") == "run foreign"
    page.keyboard.press("Enter")
    page.wait_for_url("**/runs/k3v9x2q")
    until_page(page, OVER)
    focused = "document.activeElement.closest('.pane')?.dataset.number"
    page.keyboard.press("j")
    page.keyboard.press("j")
    assert page.evaluate(focused) == "2"
    page.keyboard.press("k")
    assert page.evaluate(focused) == "1"
    page.keyboard.press("Enter")
    assert page.locator(".pane:visible").count() == 1
    page.keyboard.press("Escape")
    assert page.locator(".pane:visible").count() == 3
    page.keyboard.press("?")
    assert page.get_by_role("dialog").is_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("s")
    page.locator("#said").get_by_text("Selected.").wait_for()
    page.keyboard.press("d")
    page.wait_for_url("**/compare?show=1#diffs")


def test_a_press_on_a_line_opens_the_comment_for_it(opened: Opened, home: Path) -> None:
    three(home)
    page = opened("/runs/k3v9x2q/compare")
    page.get_by_role("button", name="Comment on line 14").first.click()
    form = page.locator("details.remark[open] form")
    assert form.locator("input[name=line]").input_value() == "14"
    assert form.get_by_role("button").inner_text() == "Continue from 1 with this"


def test_a_page_from_before_an_upgrade_says_so(opened: Opened, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    three(home)
    page = opened("/runs/k3v9x2q")
    assert page.locator("#upgrade").is_hidden()
    monkeypatch.setattr("aideator_cli.server.page.frame.edition", lambda: "newer")
    page.evaluate("document.dispatchEvent(new Event('aideator:reconnected'))")
    page.locator("#upgrade").wait_for()
    assert "this page is from before" in page.locator("#upgrade").inner_text()


def test_the_list_stays_true_while_agents_work(opened: Opened, home: Path) -> None:
    page = opened("/")
    store_run(home, Told(), run="a1b2c3d", prompt="An earlier one")
    page.reload()
    assert page.locator("tr[id]").count() == 1
    three(home)
    until_page(page, "document.querySelectorAll('tr[id]').length === 2")
    assert "ago" in page.locator("time").first.inner_text()
    assert page.locator("time").first.get_attribute("title") == "2026-11-21 12:00 UTC"
