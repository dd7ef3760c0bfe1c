"""The page of a live session, in a real browser: the story by page, and boards that are large, hostile or cut off."""

import re
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Locator, Page, expect

from harness.live.board import Board
from tests.support.browser import Looked, chromium, visit
from tests.support.chaos import write_scenario
from tests.support.live import TWO_OF_EACH, session
from tests.support.staged import StagedPage, staged
from tests.unit.live.test_board import Worker, planned, stored

HOSTILE = "<script>alert('in')</script><img src=x onerror=alert(1)>\u202eevil{{token}}"
NOBODY = re.compile("nobody works on it any more")
expect.set_options(timeout=20_000)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as opened:
        yield opened


@pytest.fixture
def board_page(tmp_path: Path) -> Iterator[StagedPage]:
    with staged(tmp_path) as made:
        yield made


def row(page: Page, system: str, number: int = 1) -> Locator:
    return page.locator(f"[id='{system}-{number}']")


def figure(page: Page, system: str, name: str) -> Locator:
    return page.locator(f"[data-system={system}] [data-figure={name}] dd")


def asked_elsewhere(looked: Looked, address: str) -> list[str]:
    base = address.partition("?")[0]
    return [url for url in looked.asked if not url.startswith((base, "data:"))]


def test_the_story_by_page(browser: Browser, tmp_path: Path) -> None:
    # Each has another worker beside the one that dies, and an agent takes long enough for a person to come between.
    slowly = TWO_OF_EACH.replace("agent_investigate: 1s", "agent_investigate: 3s")
    with session(write_scenario(tmp_path, slowly), tmp_path / "reports") as live:
        looked, second = visit(browser, live.address), visit(browser, live.address, width=390)
        page, answer = looked.page, looked.page.locator("#answer")

        page.keyboard.press("2")
        for system in ("sync", "temporal"):
            expect(row(page, system).locator(".chip.now")).to_have_text("investigate")
        page.get_by_role("button", name="Pause", exact=True).click()
        for system in ("sync", "temporal"):
            expect(row(page, system).locator(".mark")).to_contain_text("stands still")
            expect(row(second.page, system).locator(".mark")).to_contain_text("stands still")

        page.keyboard.press("s")
        state = page.get_by_role("dialog")
        expect(state.locator("[data-system=temporal] pre").first).to_contain_text('"status": "paused"')
        expect(state.locator("[data-system=sync]")).to_contain_text("There is nobody to ask")
        expect(state.locator("[data-system=sync] pre")).to_contain_text('"state": "paused"')
        page.keyboard.press("Escape")

        page.keyboard.press("k")
        expect(answer).to_contain_text("killed")
        expect(row(page, "sync").locator(".mark")).to_have_text(NOBODY)
        expect(figure(page, "sync", "lost")).to_have_text("1")
        expect(row(page, "temporal").locator(".mark")).to_contain_text("stands still")
        page.keyboard.press("r")
        expect(row(page, "temporal").locator(".mark")).to_contain_text("resolved in")
        expect(row(page, "sync").locator(".mark")).to_have_text(NOBODY)
        expect(figure(page, "temporal", "finished")).to_have_text("1")
        expect(figure(page, "temporal", "lost")).to_have_text("0")
        expect(row(second.page, "temporal").locator(".mark")).to_contain_text("resolved in")
        expect(page.locator("#log")).to_contain_text("nobody works on T-0001 any more")

        page.get_by_label("temporal", exact=True).first.check(force=True)
        page.get_by_role("button", name="Fail once").click()
        expect(answer).to_have_text("T-0001 has ended in temporal: it is resolved")
        everything_else_by_page(page, answer)

        page.keyboard.press("g")
        expect(page.get_by_role("dialog")).to_contain_text("chaos run")
        expect(page.get_by_role("dialog").locator("pre")).to_contain_text("kind: worker_kill")
        page.keyboard.press("Escape")
        page.get_by_role("button", name="Stop").click()
        page.get_by_role("button", name="Stop it").click()
        expect(answer).to_contain_text("The session is over")
        assert live.process.wait(60) == 0
        for each in (looked, second):
            assert each.said == []
            assert asked_elsewhere(each, live.address) == []
            each.page.context.close()


def everything_else_by_page(page: Page, answer: Locator) -> None:
    """Do what the story does not, each by its key or its button, to the other system alone or to all."""
    page.select_option("#duration", "2s")
    page.keyboard.press("y")  # from temporal on to all
    page.select_option("#priority", "medium")
    page.get_by_role("button", name="New ticket").click()
    expect(answer).to_have_text(re.compile("^T-0002 .*was sent"))
    expect(row(page, "sync", 2)).to_be_visible()
    page.keyboard.press("ArrowUp")
    expect(page.locator("#chosen")).to_contain_text("T-0002")
    orders = {"t": "a transient error will strike T-0002", "i": "an agent will say nothing to T-0002"}
    orders |= {"o": "a note will be written against T-0002", "d": "T-0002 was sent again", "m": "the store of"}
    orders |= {"c": "the receiver of", "x": "an engine of temporal", "F": "are frozen", "K": "are killed"}
    orders |= {"P": "shall stand still", "R": " on in "}
    for key, said in orders.items():
        page.keyboard.press(key)
        expect(answer).to_contain_text(said)
    tile = page.locator("[data-system=sync] .tile[data-role=worker][data-index='1']")
    tile.get_by_role("button", name="Kill: worker 1 of sync").click()
    expect(answer).to_contain_text(re.compile("worker 1 of sync is (killed|dead)"))


def fill(board: Board, count: int) -> None:
    """Send so many tickets, in all the states that a row can show."""
    worker = Worker(board)
    for number in range(2, count + 1):
        board.sent(planned(number), f"Ada {HOSTILE}" if number == 2 else "Ada Moreau", HOSTILE, number)
        begun = worker.begins("assign_agent", 1.0, ticket=number)
        if number % 5 != 0:
            worker.ends(begun, 1.5, result="done" if number % 3 else "no_agent")
        if number % 5 == 1:
            worker.ends(worker.begins("agent_investigate", 2.0, ticket=number), 2.5, error="Transient")
        if number % 7 == 0:
            board.stands_still(number, 3)


def fail_once(worker: Worker, second: int, _: Board) -> None:
    worker.ends(worker.begins("assign_agent", second), second + 0.5, error="Transient")


def drop_the_oldest(board: Board) -> None:
    """End the first ticket and send another: the first is shown no longer, and their number stays."""
    stored(board, "resolved")
    board.sent(planned(2002), "Cleo Ito", "site is down", 0)


def test_of_two_thousand_tickets_only_those_in_view_are_drawn(browser: Browser, board_page: StagedPage) -> None:
    board_page.do(lambda board: fill(board, 2000))
    looked = visit(browser, board_page.address)
    page = looked.page
    expect(row(page, "one", 2000)).to_be_visible()
    assert page.get_by_role("option").count() <= 200
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    expect(row(page, "one", 1999)).to_have_attribute("aria-selected", "true")
    page.evaluate("document.querySelector('.tickets').scrollTop = 1e9")
    expect(row(page, "one", 1)).to_be_visible()
    expect(row(page, "one", 2000)).to_have_count(0)
    board_page.do(lambda board: board.sent(planned(2001), "Bea Kelly", "site is down", 0))
    expect(figure(page, "one", "open")).to_have_text("2001")
    expect(row(page, "one", 1)).to_be_in_viewport()  # who reads further down is left there
    page.evaluate("document.querySelector('.tickets').scrollTop = 0")
    expect(row(page, "one", 2001)).to_contain_text("Bea Kelly: site is down")
    board_page.do(drop_the_oldest)
    expect(row(page, "one", 2002)).to_contain_text("Cleo Ito: site is down")
    page.evaluate("document.querySelector('.tickets').scrollTop = 1e9")
    expect(row(page, "one", 2)).to_be_visible()
    expect(row(page, "one", 1)).to_have_count(0)
    assert looked.said == []
    page.context.close()


def test_hostile_text_is_text_on_the_page(browser: Browser, board_page: StagedPage) -> None:
    board_page.do(lambda board: fill(board, 3))
    looked = visit(browser, board_page.address)
    expect(row(looked.page, "one", 2)).to_contain_text("<script>alert('in')</script>")
    row(looked.page, "one", 2).click()
    expect(looked.page.locator("#chosen")).to_contain_text("<img src=x onerror=alert(1)>")
    assert looked.page.locator("img").count() == 0
    assert looked.page.locator("script").count() == 1
    assert looked.said == []
    looked.page.context.close()


def test_a_page_whose_connection_broke_catches_up_with_the_present(browser: Browser, board_page: StagedPage) -> None:
    looked = visit(browser, board_page.address)
    worker = Worker(board_page.stage.board)
    expect(looked.page.locator("#connection")).to_have_attribute("data-state", "open")
    board_page.cut()
    for second in range(30):
        board_page.do(partial(fail_once, worker, second))
    expect(row(looked.page, "one").locator(".chip").first).to_have_text("assign ×30")
    expect(looked.page.locator("#log li")).to_have_count(30)
    assert sum("last=" in url for url in looked.asked) >= 1
    looked.page.context.close()


def test_nobody_is_kept_out_of_the_page_and_help_lists_the_key_of_every_button(
    browser: Browser, board_page: StagedPage
) -> None:
    board_page.do(lambda board: fill(board, 12))
    nobody_is_kept_out(browser, board_page, 390, dark=False)
    nobody_is_kept_out(browser, board_page, 1280, dark=True)


@pytest.mark.soak
@pytest.mark.parametrize(("width", "dark"), [(390, True), (1280, False)])
def test_nobody_is_kept_out_by_night_on_a_phone_nor_by_day_at_a_desk(
    browser: Browser, board_page: StagedPage, width: int, *, dark: bool
) -> None:
    board_page.do(lambda board: fill(board, 12))
    nobody_is_kept_out(browser, board_page, width, dark=dark)


def nobody_is_kept_out(browser: Browser, board_page: StagedPage, width: int, *, dark: bool) -> None:
    looked = visit(browser, board_page.address, width=width, dark=dark)
    page = looked.page
    expect(row(page, "one", 12)).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    for key in ("ArrowDown", "?"):
        page.keyboard.press(key)
        results = Axe().run(page)
        assert results.violations_count == 0, results.generate_report()
    every_button_has_a_key_that_help_lists(page)
    assert looked.said == []
    page.context.close()


def every_button_has_a_key_that_help_lists(page: Page) -> None:
    """Look at the page whose help is open."""
    keys = page.locator("[data-do] kbd").all_text_contents()
    listed = page.get_by_role("dialog").locator("kbd").all_text_contents()
    assert len(keys) == page.locator("[data-do]").count() > 20
    assert set(keys) <= set(listed)
    assert len(listed) == len(set(listed))
