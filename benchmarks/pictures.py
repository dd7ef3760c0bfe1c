"""The README's pictures: the last run's page in headless Chromium."""

import sys
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from tests.support.browser import QUIET, executable

WIDTH = 1100
FOLDER = Path("docs")


def main() -> None:
    """Take the pictures of the last run's page."""
    page_file = Path("reports/latest/report.html").resolve()
    if not page_file.exists():
        sys.exit("expected a page at reports/latest/report.html: `chaos run worker-kill` writes one")
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=executable(), args=list(QUIET))
        page = browser.new_page(viewport={"width": WIDTH, "height": 900}, color_scheme="light")
        page.goto(page_file.as_uri())
        page.wait_for_selector("html[data-ready=yes]")
        _take(page, "page-summary.png", "header", "#summary")
        for chart in page.locator(".chart:visible").all():
            chart.scroll_into_view_if_needed()
            chart.locator("svg.main-svg").first.wait_for()
        _take(page, "page-timeline.png", "#timelines", "#timelines")
        browser.close()


def _take(page: Page, name: str, first: str, last: str) -> None:
    """Take a picture from the top of one element to the bottom of another."""
    page.evaluate("document.querySelector('nav').style.position = 'static'")
    tops = [page.locator(one).first.bounding_box() for one in (first, last)]
    assert tops[0] is not None  # noqa: S101 - the page has both
    assert tops[1] is not None  # noqa: S101 - the page has both
    scrolled = page.evaluate("window.scrollY")
    top, bottom = tops[0]["y"] + scrolled, tops[1]["y"] + tops[1]["height"] + scrolled
    clip = {"x": 0, "y": top, "width": WIDTH, "height": bottom - top}
    page.screenshot(path=FOLDER / name, clip=clip, full_page=True)  # type: ignore[arg-type]
    print(FOLDER / name)
