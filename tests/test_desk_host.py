"""The desk on 127.0.0.1: who gets an answer, and the whole work by mouse in a browser."""

from __future__ import annotations

import contextlib
import http.client
import os
import signal
import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlencode

import pytest

from browser import Tab, opened
from commands import xltools
from conftest import ROOT
from desk_host import desk_over
from test_desk import events, pair, tree  # noqa: F401  a fixture
from year_by_mouse import SAMPLES, WHO, Mouse, assert_equal, by_commands, by_mouse

pytest.importorskip("starlette")
pytest.importorskip("uvicorn")


@pytest.fixture
def service(pair):  # noqa: F811
    with desk_over(pair[1]) as found:
        yield found


def test_only_who_has_the_token_gets_an_answer(service, pair):  # noqa: F811
    before = tree(pair[1])
    assert stat.S_IMODE(service.way_in.stat().st_mode) == 0o600
    assert stat.S_IMODE(service.way_in.parent.stat().st_mode) == 0o700
    for target in (
        "/",
        "/shell",
        "/board",
        "/static/desk.js",
        "/file/collection.zip",
        "/progress",
        "/open",
        "/open?token=x",
    ):
        status, body = service.ask("GET", target)
        assert status == 403, target
        assert not body or "重新打开桌面" in body.decode()
    service.cookie = f"xltools-{service.port}=guessed"
    assert service.ask("GET", "/board")[0] == 403
    service.cookie = ""
    service.enter()
    assert "SameSite=strict" in service.headers["set-cookie"]
    status, body = service.ask("GET", "/board")
    assert status == 200
    assert "青禾区教育局" in body.decode()
    assert "default-src 'none'" in service.headers["content-security-policy"]
    assert "unsafe" not in service.headers["content-security-policy"]
    cookie, service.cookie = service.cookie, ""
    assert service.ask("GET", f"/open?token={service.entry}")[0] == 403, "the token is exchanged once"
    service.cookie = cookie
    for token in ("", "guessed"):  # the browser sends the cookie to every port of this computer
        for target in ("/shell", "/board", "/file/collection.zip", "/progress"):
            assert service.ask("GET", target, X_Token=token)[0] == 403
        assert service.ask("POST", "/issue", f"token={service.token}", X_Token=token)[0] == 403
    assert service.token not in service.ask("GET", "/")[1].decode()
    own = f"http://127.0.0.1:{service.port}"
    for headers in (
        {"Host": f"evil.example:{service.port}"},
        {"Host": f"localhost:{service.port}"},
        {"Host": "127.0.0.1"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": f"{own}1"},
        {"Sec_Fetch_Site": "cross-site"},
    ):
        assert service.ask("GET", "/board", **headers)[0] == 403, headers
        assert service.ask("POST", "/issue", f"token={service.token}", **headers)[0] == 403, headers
    assert service.ask("POST", "/issue", "token=guessed", Origin=own)[0] == 403
    assert service.ask("POST", "/issue", "", Origin=own)[0] == 403
    assert service.ask("POST", f"/issue?token={service.token}", "", Origin=own)[0] == 403, "in the form only"
    assert {name for name in tree(pair[1]) if name not in before} == set()
    assert service.ask("POST", "/issue", f"token={service.token}", Origin=own)[0] == 200


def test_no_path_reaches_the_disk(service):
    service.enter()
    for target in (
        "/../roster.csv", "/file/../collection.toml", "/file/%2e%2e%2fcollection.toml", "/file/collection.toml",
        "/static/..%2fwork.py", "/static/work.py", "/file/marked/..", "/agency/..%2f..", "/board/x", "//etc/passwd",
        "/file/report.docx", "/receive", "/x",
    ):  # fmt: skip
        status, body = service.ask("GET", target)
        assert status in {400, 403, 404}, target
        assert b"district =" not in body
        assert b"root:" not in body


def test_limits_hold_while_a_file_arrives(service, pair):  # noqa: F811
    service.enter()
    before = tree(pair[1])
    connection = http.client.HTTPConnection("127.0.0.1", service.port, timeout=60)
    connection.putrequest("POST", f"/arrive/{'0' * 16}?name=x.xlsx", skip_host=True)
    own = {"Host": f"127.0.0.1:{service.port}", "Cookie": service.cookie, "X-Token": service.token}
    for name, value in own.items():
        connection.putheader(name, value)
    connection.putheader("Content-Length", str(1 << 30))
    connection.endheaders()
    sent = 0
    with contextlib.suppress(OSError):  # the server answers and closes before the end
        while sent < 1 << 30:
            connection.send(b"x" * (1 << 20))
            sent += 1 << 20
    connection.close()
    assert sent < 200 << 20
    assert tree(pair[1]) == before
    status, body = service.receive("0", 1)
    assert status == 400
    assert "没有全部收到" in body.decode()
    assert service.ask("POST", "/text", b"x" * (5 << 20))[0] == 403
    for batch in ("..", "x", "0" * 15):
        assert service.ask("POST", f"/arrive/{batch}?name=x", b"x")[0] in {403, 404}
    assert tree(pair[1]) == before
    for batch in "01234":  # more windows at once than there is room for
        assert service.arrive(batch, "x", b"x")[0] == 200
    assert service.arrive("0", "y", b"y")[0] == 200
    assert service.receive("0", 2)[0] == 400, "nothing is taken in without what was given up"
    assert {name for name in tree(pair[1]) if not name.startswith(".desk.")} == {*before}


def test_work_that_takes_long_is_stopped(service, pair):  # noqa: F811
    service.enter()
    before = tree(pair[1])
    for path in sorted((SAMPLES / "clean").iterdir())[:2]:
        service.arrive("c", path.name, path.read_bytes())
    for token in ("guessed", service.token):  # the work begins after that, and ends with its first file
        status, _ = service.ask("POST", "/cancel?run=x", X_Token=token)
        assert status == (200 if token == service.token else 403)
    form = urlencode({"token": service.token, "batch": "c" * 16, "sent": 2})
    status, body = service.ask("POST", "/receive", form, X_Run="x")
    assert (status, "已按您的要求停止" in body.decode()) == (400, True)
    assert tree(pair[1]) == before
    assert service.ask("GET", "/board", X_Run="y")[0] == 200, "the next is worked on"


def test_two_desks_and_a_command_at_once_lose_nothing(service, pair):  # noqa: F811
    """Each takes in versions of one agency and accepts; every version is somewhere, and every decision is written."""
    own = pair[1]
    files = sorted((SAMPLES / "problems").iterdir())[:12]
    with desk_over(own) as other:
        for one in (service, other):
            one.enter()
            for number, path in enumerate(files):
                one.arrive("d", f"{number}.xlsx", path.read_bytes())

        def receive(one):
            return one.receive("d", len(files))[0]

        with ThreadPoolExecutor(3) as executor:
            desks = [executor.submit(receive, one) for one in (service, other)]
            command = [sys.executable, "-m", "xltools", "receive", *map(str, files)]
            done = executor.submit(subprocess.run, command, cwd=own, check=False, capture_output=True)
            assert {one.result() for one in desks} <= {200, 400}
            assert done.result().returncode in {0, 1, 2}
        assert service.receive("e", 1)[0] == 400
    held = {path.read_bytes() for name in ("inbox", "versions") for path in (own / name).glob("*")}
    known = [path for path in files if path.name[:3].isdecimal() and path.suffix == ".xlsx"]
    assert {path.read_bytes() for path in known} <= held
    assert (own / "journal.jsonl").read_text(encoding="utf-8").count('"begun"') >= 1
    assert not list(own.glob("*.lock"))


def test_a_killed_desk_loses_nothing(pair):  # noqa: F811
    commands, own = pair
    files = sorted((SAMPLES / "problems").iterdir())[:4]
    xltools(commands, "receive", *files)
    with desk_over(own) as service:
        service.enter()
        for path in files:
            assert service.arrive("a", path.name, path.read_bytes())[0] == 200
        assert service.receive("a", len(files))[0] == 200
        service.arrive("b", "y.xlsx", b"half")
        service.stop(signal.SIGKILL)
    assert {name: body for name, body in tree(own).items() if not name.startswith(".desk.")} == tree(commands)
    assert events(own) == events(commands)
    with desk_over(own) as service:
        service.enter()
        assert "004_" in service.ask("GET", "/board")[1].decode()
        assert service.stop() == 0, "Ctrl-C is how it ends"
    assert not service.way_in.parent.exists()


# -- in a browser


@pytest.mark.browser
def test_a_file_is_dropped_and_its_findings_are_seen(service, pair, chromium):  # noqa: F811
    files = [path for path in (SAMPLES / "problems").iterdir() if path.name.startswith(("005", "006"))]
    with opened(chromium) as tab:
        tab.open(service.way_in)
        mouse = Mouse(tab)
        tab.page.wait_for_selector("#board-table", timeout=20000)
        mouse.drop(files)
        tab.page.wait_for_selector(".received li:nth-child(2)", timeout=60000)
        tab.page.select_option("[name=state]", "errors")
        assert tab.page.locator("#board-table tbody tr:visible").count() == 2
        xltools(
            pair[1], "receive", SAMPLES / "clean" / "001_青禾区人民政府办公室_2024.xlsx"
        )  # a command, beside it
        tab.page.reload()
        tab.page.wait_for_selector("#board-table tr:visible td.path:has-text('005_')")
        assert tab.page.locator("#board-table tbody tr:visible").count() == 2, "the filter is kept"
        tab.page.select_option("[name=state]", "accepted")
        assert tab.page.locator("#board-table tbody tr:visible").count() == 1
        tab.page.keyboard.press("Tab")  # the keyboard gets to the agency and into it
        while tab.run("document.activeElement.tagName") != "A":
            tab.page.keyboard.press("Tab")
        tab.page.keyboard.press("Enter")
        tab.page.wait_for_selector("#history-head")
        assert "001" in tab.page.url
        assert [
            url
            for url in tab.requests()
            if not url.startswith((f"http://127.0.0.1:{service.port}/", "file:"))
        ] == []
        assert tab.complaints() == []


@pytest.mark.prove
@pytest.mark.browser
def test_files_may_be_dropped_on_every_page_and_another_run_is_named(tmp_path, chromium):
    own = tmp_path / "desk"
    own.mkdir()
    with opened(chromium) as tab:
        page, mouse = tab.page, Mouse(tab)
        with desk_over(own) as service:
            tab.open(service.way_in)
            page.wait_for_selector("form[action='/start']", timeout=20000)
            mouse.drop([SAMPLES / "roster.csv"])
            page.wait_for_function("document.querySelector('[name=roster]').files.length", timeout=20000)
            page.fill("[name=district]", "青禾区")
            page.fill("[name=period]", "2024")
            mouse.press("start")
            mouse.go("report")
            mouse.drop(sorted((SAMPLES / "clean").iterdir())[:2])
            page.wait_for_selector(".received li:nth-child(2)", timeout=60000)
            assert page.url.endswith("#/board")
            port = service.port
        with desk_over(own, port=port) as service:
            page.click("nav a[href='#/year']")
            page.wait_for_selector(".problem", timeout=20000)
            page.reload()
            assert "重新打开桌面" in page.inner_text("body")
            page.goto(service.way_in.as_uri())
            page.wait_for_selector("#board-table .path:has-text('xlsx')", timeout=20000)


@pytest.mark.prove
@pytest.mark.browser
def test_two_tabs_of_one_desk_lose_nothing(service, pair, chromium):  # noqa: F811
    """What both are doing at once is done; who decides on what the other has changed is told, and keeps what was typed."""
    own, files = pair[1], sorted((SAMPLES / "clean").iterdir())
    with opened(chromium) as first:
        first.open(service.way_in)
        one = Mouse(first)
        page = first.page.context.new_page()
        other = Mouse(Tab(page))
        page.goto(f"http://127.0.0.1:{service.port}/")
        for mouse in (one, other):
            mouse.page.wait_for_selector("#choose", state="attached", timeout=20000)
        one.drop(files[::2])
        other.drop(files[1::2])
        for mouse, count in (one, 10), (other, 9):
            mouse.page.wait_for_selector(f".received li:nth-child({count})", timeout=60000)
        assert {path.name for path in (own / "inbox").iterdir()} == {path.name for path in files}
        assert sum(event["what"] == "received" for event in events(own)) == len(files)
        one.go("rollup")
        one.press("merge")
        one.go("report")
        one.press("starter")
        other.go("report")
        page.wait_for_selector("#text")
        for mouse, text in (one, "甲写的。"), (other, "乙写的。"):
            mouse.page.fill("#text", mouse.page.input_value("#text") + text)
        one.press("text")
        other.press("text", ".problem")
        assert page.input_value("#typed").endswith("乙写的。")
        saved = (own / "text.md").read_text(encoding="utf-8")
        assert saved.endswith("甲写的。")
        other.go("report")
        page.wait_for_selector("#text")
        assert page.input_value("#text") == saved, "goes on from what is there"
        page.fill("#text", "丙写的。")
        page.click("nav a[href='#/board']")  # the question whether to leave is answered with no
        assert page.input_value("#text") == "丙写的。"


@pytest.mark.prove
@pytest.mark.browser
def test_a_zip_is_saved_into_a_folder_and_too_many_files_are_refused(service, pair, chromium):  # noqa: F811
    own = pair[1]
    xltools(own, "generate")
    with opened(chromium) as tab:
        tab.open(service.way_in)
        page, mouse = tab.page, Mouse(tab)
        mouse.go("year")
        # A folder of the browser's own storage stands for the one that a person chooses.
        tab.run("void (window.showDirectoryPicker = () => navigator.storage.getDirectory())")
        for name in ("outbox", "outbox_2"):  # nothing that is there is replaced
            page.click("button[data-folder='/file/outbox.zip']")
            page.wait_for_selector(f"#state span:text('{name}')")
        sizes = tab.run("""(async () => {
          const folder = await (await navigator.storage.getDirectory()).getDirectoryHandle("outbox_2"), found = {};
          for await (const one of folder.values()) found[one.name] = (await one.getFile()).size;
          return found;
        })()""")
        assert sizes == {path.name: path.stat().st_size for path in (own / "outbox").iterdir()}
        mouse.go("board")
        tab.run("""(() => {
          const data = new DataTransfer();
          for (let n = 0; n < 10000; n++) data.items.add(new File(["x"], `${n}.xlsx`));
          document.getElementById("choose").files = data.files;
          document.getElementById("choose").dispatchEvent(new Event("change", { bubbles: true }));
        })()""")
        assert "5000" in page.wait_for_selector(".problem", timeout=60000).inner_text()
        assert not list(own.glob(".desk.*")), "none of them was sent"
        assert all("400" in one for one in tab.complaints())


@pytest.mark.prove
@pytest.mark.browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_screen_is_accessible(pair, chromium, scheme):  # noqa: F811
    """What axe calls serious or critical, contrast among it, is nowhere; nothing is wider than a small window."""
    axe = ROOT / "build" / "npm" / "node_modules" / "axe-core" / "axe.min.js"
    if not axe.exists():
        (pytest.fail if os.environ.get("CI") else pytest.skip)("axe-core is not installed (make validator)")
    own = pair[1]
    xltools(own, "receive", *sorted((SAMPLES / "problems").iterdir()))
    xltools(own, "merge", "--incomplete")
    xltools(own, "publish", "--starter")
    found = {}
    with desk_over(own) as service, opened(chromium, color_scheme=scheme) as tab:
        tab.open(service.way_in)
        tab.page.wait_for_selector("#board-table", timeout=60000)
        tab.run(axe.read_text(encoding="utf-8"))
        for screen in (
            *("agency/005", "agency/012", "agency/017", "rollup", "rollup?incomplete=1"),
            *("figure/applications.new.total?incomplete=1", "report", "preview", "year", "nowhere", "board"),
        ):
            tab.page.set_viewport_size({"width": 1366, "height": 768})
            tab.run(f"document.getElementById('main').replaceChildren(); void (location.hash = '#/{screen}')")
            tab.page.wait_for_selector("#main[aria-busy=false] > *", timeout=60000)
            results = tab.run("axe.run({ resultTypes: ['violations'] })")
            grave = [one for one in results["violations"] if one["impact"] in {"serious", "critical"}]
            places = {one["id"]: [node["html"][:160] for node in one["nodes"]][:3] for one in grave}
            tab.page.set_viewport_size({"width": 390, "height": 844})
            if tab.run("document.documentElement.scrollWidth") > 390:
                places["wide"] = [str(tab.run("document.documentElement.scrollWidth"))]
            if places:
                found[screen] = places
    assert found == {}


@pytest.mark.prove
@pytest.mark.browser
def test_a_year_by_mouse_gives_the_files_of_the_commands(tmp_path, chromium, monkeypatch):
    monkeypatch.setenv("LOGNAME", WHO)
    own = tmp_path / "desk"
    own.mkdir()
    with desk_over(own) as service, opened(chromium, accept_downloads=True) as tab:
        tab.open(service.way_in)
        found = by_mouse(Mouse(tab))
        assert "token" not in tab.page.url
        here = (f"http://127.0.0.1:{service.port}/", "file:", "blob:")
        assert [url for url in tab.requests() if not url.startswith(here)] == []
        assert tab.complaints() == []
    assert_equal(found, by_commands(tmp_path))
