"""A real browser, for looking at pages as people do."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, ViewportSize, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
QUIET = ("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update")


@dataclass
class Looked:
    """A page, and all that it said and asked for while it was open."""

    page: Page
    said: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)

    def scroll_through(self) -> None:
        """Bring every part into view, and wait until each picture that came into it is drawn."""
        for chart in self.page.locator(".chart:visible").all():
            chart.scroll_into_view_if_needed()
            chart.locator("svg.main-svg").first.wait_for()


def executable() -> str:
    """Find a browser; without one a test is skipped, but in CI, which has to bring one, it fails."""
    found = next((path for name in NAMES if (path := shutil.which(os.environ.get("CHROMIUM", name)))), None)
    if found is None:
        tell = pytest.fail if os.environ.get("CI") else pytest.skip
        tell("no Chromium found to look at pages with (on Debian: apt install chromium)")
    assert found is not None
    return found


@contextmanager
def chromium() -> Iterator[Browser]:
    path = executable()
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=path, args=list(QUIET))
        try:
            yield browser
        finally:
            browser.close()


def look(browser: Browser, file: Path, *, width: int = 1280, dark: bool = False, before: str = "") -> Looked:
    """Open a page in a window of its own; the script `before` runs ahead of all that the page does."""
    context = browser.new_context(
        viewport={"width": width, "height": 900}, color_scheme="dark" if dark else "light", offline=True
    )
    if before:
        context.add_init_script(before)
    return _opened(context, file.as_uri())


def visit(browser: Browser, address: str, *, width: int = 1280, dark: bool = False) -> Looked:
    """Open what a server of this machine shows, in a window of its own as tall as a projector's."""
    viewport: ViewportSize = {"width": width, "height": 720}
    return _opened(browser.new_context(viewport=viewport, color_scheme="dark" if dark else "light"), address)


def _opened(context: BrowserContext, address: str) -> Looked:
    """Open a page, write down what it says and asks for, and wait until it is drawn."""
    looked = Looked(context.new_page())
    looked.page.on("console", lambda message: looked.said.append(message.text))
    looked.page.on("pageerror", lambda error: looked.said.append(str(error)))
    looked.page.on("dialog", lambda dialog: looked.said.append(dialog.message))
    looked.page.on("request", lambda request: looked.asked.append(request.url))
    looked.page.goto(address)
    looked.page.wait_for_selector("html[data-ready=yes]")
    return looked
