"""The desk on 127.0.0.1: who gets an answer, and the whole work by mouse in a browser."""

from __future__ import annotations

import contextlib
import http.client
import io
import re
import shutil
import signal
import stat
import zipfile
from urllib.parse import urlencode

import pytest

from browser import opened
from commands import xltools
from conftest import ROOT, unpacked
from desk_host import desk_over
from test_desk import events, pair, tree  # noqa: F401  a fixture

pytest.importorskip("starlette")
pytest.importorskip("uvicorn")

SAMPLES = ROOT / "samples"


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
        assert service.ask("GET", target) == (403, b""), target
    service.cookie = f"xltools-{service.port}=guessed"
    assert service.ask("GET", "/board")[0] == 403
    service.cookie = ""
    service.enter()
    assert "SameSite=strict" in service.headers.get("set-cookie", "SameSite=strict")
    status, body = service.ask("GET", "/board")
    assert status == 200
    assert "青禾区教育局" in body.decode()
    assert "default-src 'none'" in service.headers["content-security-policy"]
    assert "unsafe" not in service.headers["content-security-policy"]
    cookie, service.cookie = service.cookie, ""
    assert service.ask("GET", f"/open?token={service.entry}")[0] == 403, "the token is exchanged once"
    service.cookie = cookie
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
    connection.putrequest("POST", f"/arrive/{'0' * 16}?name=x.xlsx&token={service.token}", skip_host=True)
    for name, value in (("Host", f"127.0.0.1:{service.port}"), ("Cookie", service.cookie)):
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
    status, body = service.post("/receive", batch="0" * 16)
    assert status == 400
    assert "没有收到文件" in body.decode()
    assert service.ask("POST", "/text", b"x" * (5 << 20))[0] == 403
    for batch in ("..", "x", "0" * 15):
        assert service.ask("POST", f"/arrive/{batch}?name=x&token={service.token}", b"x")[0] in {403, 404}
    assert tree(pair[1]) == before


def test_a_killed_desk_loses_nothing(pair):  # noqa: F811
    commands, own = pair
    files = sorted((SAMPLES / "problems").iterdir())[:4]
    xltools(commands, "receive", *files)
    with desk_over(own) as service:
        service.enter()
        for path in files:
            body = path.read_bytes()
            query = urlencode({"name": path.name, "token": service.token})
            assert service.ask("POST", f"/arrive/{'a' * 16}?{query}", body)[0] == 200
        assert service.post("/receive", batch="a" * 16)[0] == 200
        service.ask("POST", f"/arrive/{'b' * 16}?name=y.xlsx&token={service.token}", b"half")
        service.stop(signal.SIGKILL)
    assert {name: body for name, body in tree(own).items() if not name.startswith(".desk.")} == tree(commands)
    assert events(own) == events(commands)
    with desk_over(own) as service:
        service.enter()
        assert "004_" in service.ask("GET", "/board")[1].decode()
        assert service.stop() == 0, "Ctrl-C is how it ends"
    assert not service.way_in.parent.exists()


# -- in a browser


class Mouse:
    """A tab of the desk, driven as a person does."""

    def __init__(self, tab):
        self.tab, self.page = tab, tab.page

    def go(self, name):
        self.page.click(f"nav a[href='#/{name}']")
        self.page.wait_for_selector(f"nav a[href='#/{name}'][aria-current]")

    def drop(self, paths):
        """Drag files from the desktop onto the page."""
        session = self.page.context.new_cdp_session(self.page)
        data = {"items": [], "files": [str(path) for path in paths], "dragOperationsMask": 1}
        for kind in ("dragEnter", "dragOver", "drop"):
            session.send("Input.dispatchDragEvent", {"type": kind, "x": 400, "y": 300, "data": data})

    def saved(self, target):
        with self.page.expect_download(timeout=60000) as waiting:
            self.page.click(f"a[data-file='{target}']")
        return waiting.value.suggested_filename, waiting.value.path().read_bytes()

    def press(self, action, seen=".told"):
        self.page.click(f"form[action='/{action}'] button")
        return self.page.wait_for_selector(seen, timeout=60000).inner_text()


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
def test_a_year_by_mouse_gives_the_files_of_the_commands(tmp_path, chromium):  # noqa: PLR0915  a year is long
    roster = SAMPLES / "roster.csv"
    xltools(tmp_path, "init", "commands", "--year", 2024, "--district", "青禾区", "--roster", roster)
    commands, own = tmp_path / "commands", tmp_path / "desk"
    own.mkdir()
    problems, clean = (sorted((SAMPLES / name).iterdir()) for name in ("problems", "clean"))
    xltools(commands, "generate")
    xltools(commands, "receive", *problems)
    xltools(commands, "verify", "--return-to", "returned")
    with desk_over(own) as service, opened(chromium, accept_downloads=True) as tab:
        tab.open(service.way_in)
        page, mouse = tab.page, Mouse(tab)
        page.wait_for_selector("form[action='/start']", timeout=20000)
        assert "token" not in page.url
        page.fill("[name=district]", "青禾区")
        page.fill("[name=year]", "2024")
        page.set_input_files("[name=roster]", roster)
        assert "19" in mouse.press("start")
        assert "19" in mouse.press("issue")
        mouse.go("board")
        mouse.drop(problems)
        page.wait_for_selector(".received", timeout=60000)
        mouse.press("return")
        _, content = mouse.saved("/file/returned.zip")
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            back = {f"returned/{one}": unpacked(archive.read(one)) for one in archive.namelist()}
        assert back == {name: body for name, body in tree(commands).items() if name.startswith("returned/")}
        texts = {"collection.toml", "waivers.csv"}  # their comments are in the language of each
        made, expected = ({k: v for k, v in tree(one).items() if k not in texts} for one in (own, commands))
        assert made == expected
        page.click("#board-table a:has-text('民政局')")
        page.wait_for_selector("#history-head")
        place = page.locator("table.findings a.place").nth(1)
        place.click()
        assert page.locator("table.form .target").count() == 1, "the cell on the drawing of the form"
        mouse.go("rollup")
        assert page.locator(".obstacles li").count() > 5
        for folder in (commands, own):  # the agencies correct what was wrong
            for path in (folder / "inbox").iterdir():
                path.unlink()
            shutil.rmtree(folder / "versions", ignore_errors=True)
        xltools(commands, "receive", *clean)
        xltools(commands, "merge")
        mouse.go("board")
        mouse.drop(clean)
        page.wait_for_selector(".received li:nth-child(19)", timeout=60000)
        mouse.go("rollup")
        assert "district.xlsx" in mouse.press("merge")
        _, content = mouse.saved("/file/district.xlsx")
        assert unpacked(content) == unpacked((commands / "district.xlsx").read_bytes())
        page.click("table.form td a:has-text('375')")
        page.wait_for_selector("meter", state="attached")
        shares = [
            int(text.replace(",", "")) for text in page.locator("tbody td:nth-child(2)").all_inner_texts()
        ]
        assert sum(shares) == 375
        assert shares == sorted(shares, reverse=True)
        mouse.go("report")
        mouse.press("starter")
        text = page.input_value("#text")
        assert "【" in text
        page.fill("#text", re.sub("【[^】]*】", "（这里由人来写。）", text))
        mouse.press("text")
        page.click("form[action='/publish']:has(input[value='html']) button")
        page.wait_for_selector("a[data-file='/file/report.html']")
        shutil.copy(own / "text.md", commands)
        xltools(commands, "publish", "-o", "report.html")
        assert (own / "report.html").read_bytes() == (commands / "report.html").read_bytes()
        assert mouse.saved("/file/report.html")[1] == (own / "report.html").read_bytes()
        others = [
            url
            for url in tab.requests()
            if not url.startswith((f"http://127.0.0.1:{service.port}/", "file:", "blob:"))
        ]
        assert others == []
        assert tab.complaints() == []
