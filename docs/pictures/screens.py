"""Make the pictures of the desk again: ``.venv/bin/python docs/pictures/screens.py``.

Needs Chromium, and the runtime of pages (``make page``). The collection is that of the samples with faults.
"""
# ruff: noqa: INP001, S603  a script beside the documents; it runs this package's own commands

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
SAMPLES = ROOT / "samples"
ENVIRONMENT = os.environ | {"XLTOOLS_LANG": "zh"}
COMMAND = [sys.executable, "-m", "xltools"]


def collection(folder: Path) -> Path:
    """The collection with the faulty samples in its inbox."""
    roster = ["--roster", str(SAMPLES / "roster.csv")]
    init = [*COMMAND, "init", str(folder), "--year", "2024", "--district", "青禾区", *roster]
    subprocess.run(init, env=ENVIRONMENT, check=True, capture_output=True)
    for path in (SAMPLES / "problems").iterdir():
        shutil.copy(path, folder / "inbox")
    return folder


def desk(page: Page, folder: Path) -> None:
    """The screens of the desk on this computer."""
    service = subprocess.Popen(
        [*COMMAND, "desk", "--no-browser"],
        cwd=folder,
        env=ENVIRONMENT,
        stderr=subprocess.PIPE,
        encoding="utf-8",
    )
    try:
        way_in = re.search(r"(/\S+desk\.html)", service.stderr.readline() if service.stderr else "")
        page.goto(Path(way_in[1] if way_in else "").as_uri())
        page.wait_for_selector("#board-table")
        page.screenshot(path=HERE / "desk.png")
        page.click("#board-table a:has-text('教育局')")
        page.wait_for_selector("#history-head")
        page.click("table.findings a.place >> nth=1")
        page.screenshot(path=HERE / "desk-agency.png")
        page.goto(page.url.partition("#")[0] + "#/rollup?incomplete=1")
        page.wait_for_selector("form[action='/merge']")
        page.screenshot(path=HERE / "desk-rollup.png")
    finally:
        service.terminate()
        service.wait()


def check(page: Page, folder: Path) -> None:
    """The page of one agency, with its workbook dropped."""
    made = folder / "check.html"
    write = [*COMMAND, "page", "-o", str(made), "--agency", "005"]
    subprocess.run(write, cwd=folder, env=ENVIRONMENT, check=True, capture_output=True)
    page.goto(made.as_uri())
    page.wait_for_selector("#choose", state="attached", timeout=60000)
    page.set_input_files("#choose", next((SAMPLES / "problems").glob("005_*")))
    page.wait_for_selector(".told-to-clerk")
    page.screenshot(path=HERE / "check.png")


if __name__ == "__main__":
    program = shutil.which("chromium") or shutil.which("google-chrome")
    with tempfile.TemporaryDirectory() as name, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        place = collection(Path(name) / "2024")
        for draw in (desk, check):
            draw(browser.new_page(viewport={"width": 1366, "height": 768}), place)
        browser.close()
