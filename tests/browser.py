"""Fixtures that open pages in Chromium through Playwright. The system's Chromium is used; none is downloaded."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

_NAMES = ("chromium", "chromium-browser", "google-chrome")
_OPTIONS = (
    "--no-sandbox",  # Chromium run by root, as in a container, needs it
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


class Tab:
    """A browser tab that records requests and console output since the last call of :meth:`open`."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self._complaints: list[str] = []
        self._requests: list[str] = []
        page.on("console", lambda entry: self._complaints.append(entry.text))
        page.on("pageerror", lambda error: self._complaints.append(str(error)))
        page.on("request", lambda request: self._requests.append(request.url))

    def open(self, path: Path, fragment: str = "", width: int = 1366, height: int = 768) -> None:
        """Load a file in a window of this size, in pixels, and wait until it is loaded."""
        self.page.set_viewport_size({"width": width, "height": height})
        self.page.goto("about:blank")  # a change of the fragment alone would not load the file
        self._complaints.clear()
        self._requests.clear()
        self.page.goto(path.as_uri() + fragment)

    def run(self, script: str) -> Any:
        """Return the value of a JavaScript expression; a promise is awaited."""
        return self.page.evaluate(script)

    def settle(self) -> None:
        """Wait until pending scripts, scrolling and drawing are done."""
        self.run("new Promise(done => setTimeout(() => requestAnimationFrame(() => done(1)), 50))")

    def complaints(self) -> list[str]:
        """Return every console message and every uncaught error."""
        return self._complaints

    def requests(self) -> list[str]:
        """Return the requested addresses except those that hold their content themselves (``data:``)."""
        return [url for url in self._requests if not url.startswith("data:")]


@contextlib.contextmanager
def opened(chromium: Browser, **settings: Any) -> Iterator[Tab]:
    """Open a tab with a fresh profile; *settings* are those of Playwright's ``new_context``."""
    with chromium.new_context(**settings) as context:
        yield Tab(context.new_page())


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """One browser for the test session; skips when Chromium is missing, and fails in CI."""
    program = next(filter(None, map(shutil.which, _NAMES)), None)
    if program is None:
        (pytest.fail if os.environ.get("CI") else pytest.skip)("Chromium is not installed")
    from playwright.sync_api import sync_playwright

    with (
        sync_playwright() as playwright,
        playwright.chromium.launch(executable_path=program, args=_OPTIONS) as found,
    ):
        yield found


@pytest.fixture
def tab(chromium: Browser) -> Iterator[Tab]:
    """A tab with a fresh profile."""
    with opened(chromium) as found:
        yield found
