"""The one file in a browser: opened by double click, without a network, with the files and findings of the commands."""

from __future__ import annotations

import ast
import importlib.metadata
import json
import os
import re
import runpy
import subprocess
import sys
import time
import zipfile
from gzip import decompress
from io import BytesIO
from pathlib import Path

import pytest

from browser import opened
from commands import xltools
from conftest import ROOT
from test_selfcheck import year  # noqa: F401  a fixture
from xltools.desk import standalone
from year_by_mouse import PROBLEMS, SAMPLES, WHO, Mouse, assert_equal, by_commands, by_mouse

pytestmark = pytest.mark.browser
RUNTIME = ROOT / "src" / "xltools" / "desk" / "runtime"
MOST = 12_000_000  # bytes of a page
FIRST = 6.0  # seconds from opening the file to the first finding
MANY, MOST_SECONDS, MOST_MEMORY = 1000, 15, 600_000_000  # agencies, from the drop to the board, in bytes
_WATCH = """(() => {
  let last = performance.now();
  Object.assign(window, { pauses: 0, longest: 0 });
  setInterval(() => {
    const now = performance.now();
    window.pauses += 1;
    window.longest = Math.max(window.longest, now - last);
    last = now;
  }, 50);
})()"""


@pytest.fixture(scope="session")
def runtime():
    """The runtime made from the sources as they are."""
    build = [sys.executable, str(ROOT / "page" / "build.py")]
    done = subprocess.run(build, capture_output=True, text=True, check=False)
    if done.returncode:
        (pytest.fail if os.environ.get("CI") else pytest.skip)(
            f"the runtime cannot be built: {done.stderr[-300:]}"
        )
    return json.loads((RUNTIME / "about.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="session")
def desk(runtime, tmp_path_factory):
    """The page of the whole desk."""
    folder = tmp_path_factory.mktemp("page")
    done = xltools(folder, "page", "-o", "汇总.html", "--lang", "zh")
    assert done.status == 0, done.err
    return folder / "汇总.html"


@pytest.fixture
def quiet(chromium):
    """A tab without a network; nothing is asked for but the file itself and what it holds."""
    with opened(chromium, accept_downloads=True, offline=True) as tab:
        yield tab
        assert [url for url in tab.requests() if not url.startswith(("file:", "blob:"))] == []
        assert tab.complaints() == []


@pytest.mark.prove
def test_a_year_by_mouse_in_a_file_gives_the_files_of_the_commands(desk, quiet, tmp_path, monkeypatch):
    monkeypatch.setenv("LOGNAME", WHO)
    assert desk.stat().st_size <= MOST
    quiet.open(desk)
    mouse = Mouse(quiet)
    found = by_mouse(mouse)
    assert_equal(found, by_commands(tmp_path))
    mouse.page.reload()  # nothing is lost
    mouse.page.wait_for_selector("a[data-file='/file/outbox.zip']", timeout=60000)
    assert mouse.saved("/file/collection.zip")[1] == found["collection.zip"]


@pytest.mark.prove
def test_a_file_is_stopped_says_what_it_cannot_do_and_forgets_what_it_has(desk, quiet):
    quiet.open(desk)
    mouse = Mouse(quiet)
    mouse.begin()
    mouse.go("board")
    mouse.drop(PROBLEMS)
    quiet.run("void host.cancel()")  # as the button does; Python begins anew, with what was kept
    mouse.page.wait_for_selector("#starting", state="attached", timeout=20000)
    mouse.page.wait_for_selector("#board-table tbody tr:nth-child(19)", timeout=60000)
    assert not mouse.page.locator("#board-table .path:has-text('xlsx')").count()
    foreign = sorted({*(SAMPLES / "problems").iterdir()} - {*PROBLEMS})
    mouse.take_in(foreign)
    mouse.agency("市场监督")
    shown = mouse.page.inner_text("#list")
    assert "encrypted" in shown
    assert "old-format" in shown
    assert "pip" not in shown
    other = quiet.page.context.new_page()  # a second tab of the same file waits
    other.goto(desk.as_uri())
    other.wait_for_selector("#second:visible", timeout=20000)
    other.close()
    copy = desk.with_name("另一份.html")  # in a browser that keeps nothing
    copy.write_bytes(desk.read_bytes())
    other = quiet.page.context.new_page()
    other.add_init_script("Object.defineProperty(window, 'indexedDB', { value: {} })")
    other.goto(copy.as_uri())
    other.wait_for_selector("#not-kept:visible", timeout=20000)
    other.close()
    mouse.go("year")
    mouse.page.on("dialog", lambda dialog: dialog.accept())
    mouse.page.click("button[data-clear]")
    mouse.page.wait_for_selector("form[action='/unpack']", timeout=60000)


@pytest.mark.prove
def test_a_thousand_agencies(desk, chromium, tmp_path):
    """In processor time, because other programs may run; the page stays alive meanwhile."""
    making = runpy.run_path(str(ROOT / "benchmarks" / "making.py"))
    making["write"](tmp_path / "files", MANY)
    (tmp_path / "roster.csv").write_text(making["roster"](MANY), encoding="utf-8")
    session = chromium.new_browser_cdp_session()

    def renderer():
        processes = session.send("SystemInfo.getProcessInfo")["processInfo"]
        return max(processes, key=lambda one: (one["type"] == "renderer", one["cpuTime"]))

    with opened(chromium) as tab:
        tab.open(desk)
        mouse = Mouse(tab)
        mouse.begin(tmp_path / "roster.csv", MANY)
        mouse.go("board")
        tab.run(_WATCH)
        before = renderer()["cpuTime"]
        mouse.drop(sorted((tmp_path / "files").iterdir()))
        tab.page.wait_for_selector(f".received li:nth-child({MANY})", timeout=600000)
        found = renderer()
        pauses, longest = tab.run("[window.pauses, window.longest]")
        assert found["cpuTime"] - before < MOST_SECONDS * 2, "twice, because two processes share a core"
        assert pauses > 50
        assert longest < 1000 * (1 if os.environ.get("CI") else 5)
        status = Path(f"/proc/{found['id']}/status").read_text(encoding="utf-8")
        assert int(re.search(r"VmHWM:\s+(\d+)", status)[1]) * 1024 < MOST_MEMORY


def test_the_check_of_an_agency_in_a_file(runtime, year, quiet, tmp_path):  # noqa: F811
    entry = year.roster.get("003")
    page = tmp_path / "自查.html"
    page.write_bytes(next(content for _, content in standalone.agency_pages(year.folder, [entry])))
    assert page.stat().st_size <= MOST
    others = [other.name for other in year.roster if other.code != entry.code]
    text = page.read_text(encoding="utf-8")
    assert not any(json.dumps(name)[1:-1] in text or name in text for name in others)
    began = time.monotonic()
    quiet.open(page)
    quiet.page.wait_for_selector("#starting", state="attached", timeout=1000)
    quiet.page.wait_for_selector("#choose", state="attached", timeout=60000)
    own = next(path for path in (SAMPLES / "problems").iterdir() if path.name.startswith("003"))
    quiet.page.set_input_files("#choose", own)
    quiet.page.wait_for_selector(".told-to-clerk", timeout=60000)
    assert time.monotonic() - began < FIRST * (3 if os.environ.get("CI") else 2), "a machine with other work"
    shown = quiet.page.inner_text("main")
    assert "怎样" in shown or "改" in shown
    assert "封记" in shown
    with quiet.page.expect_download() as waiting:
        quiet.page.click("a[data-file^='/file/marked/']")
    assert waiting.value.suggested_filename.endswith("_需修改.xlsx")
    assert quiet.page.locator("nav a").count() == 0


def test_no_module_that_is_needed_is_left_out(runtime):
    """Each module of the standard library that the package or its libraries import is in the runtime, or named here."""
    # What the package does without where it is absent, and what only tests of the libraries and Windows have.
    absent = {
        "multiprocessing",
        "sqlite3",
        "_winapi",
        "msvcrt",
        "nt",
        "ctypes",
        "doctest",
        "unittest",
        "optparse",
    }
    with zipfile.ZipFile(BytesIO(decompress((RUNTIME / "stdlib.gz").read_bytes()))) as archive:
        names = archive.namelist()
    there = {name.partition("/")[0].removesuffix(".pyc") for name in names} | set(sys.builtin_module_names)
    files = [
        path for path in (ROOT / "src").rglob("*.py") if "cli" not in path.parts and path.name != "server.py"
    ]
    for name in runtime["libraries"]:
        files += [path.locate() for path in importlib.metadata.files(name) if path.suffix == ".py"]
    wanted = set()
    for path in files:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                wanted |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and not node.level:
                wanted.add(node.module.partition(".")[0])
    compiled = {"array", "binascii", "fcntl", "math", "pyexpat", "resource", "unicodedata", "zlib", "_socket"}
    assert (wanted & set(sys.stdlib_module_names)) - there - absent - compiled == set()
    assert sum(name.startswith("encodings/") for name in names) > 120, "a file says in which encoding it is"
