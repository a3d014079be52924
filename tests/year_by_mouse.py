"""The example year, once by commands and once by mouse: what came in first, what went back, what came then, and the report."""

from __future__ import annotations

import hashlib
import io
import re
import zipfile

from commands import xltools
from conftest import ROOT, unpacked
from xltools.files import RETURNED

SAMPLES = ROOT / "samples"
CLEAN = sorted((SAMPLES / "clean").iterdir())
# A browser runs no other program, by which these are opened elsewhere.
PROBLEMS = [
    path
    for path in sorted((SAMPLES / "problems").iterdir())
    if "加密" not in path.name and "旧格式" not in path.name
]
WHO = "张三"  # by the environment; a page asks for the name
ACCEPTED, REASON = "017", "电话核实"
CHOSEN = "inbox/008_青禾区自然资源局_2024_2.xlsx"


class Mouse:
    """A tab of the desk, driven as a person does."""

    def __init__(self, tab):
        self.tab, self.page = tab, tab.page

    def go(self, name):
        self.page.click(f"nav a[href='#/{name}']")
        self.page.wait_for_selector(f"nav a[href='#/{name}'][aria-current]")

    def agency(self, name):
        self.go("board")
        self.page.click(f"#board-table a:has-text('{name}')")
        self.page.wait_for_selector("#history-head")

    def begin(self, roster=SAMPLES / "roster.csv", count=19):
        """Begin a collection, by default that of the samples."""
        self.page.wait_for_selector("form[action='/start']", timeout=60000)
        self.page.fill("[name=district]", "青禾区")
        self.page.fill("[name=period]", "2024")
        self.page.set_input_files("[name=roster]", roster)
        assert str(count) in self.press("start")

    def drop(self, paths):
        """Drag files from the desktop onto the page."""
        session = self.page.context.new_cdp_session(self.page)
        data = {"items": [], "files": [str(path) for path in paths], "dragOperationsMask": 1}
        for kind in ("dragEnter", "dragOver", "drop"):
            session.send("Input.dispatchDragEvent", {"type": kind, "x": 400, "y": 300, "data": data})

    def take_in(self, paths):
        """Drop files on the board, and wait until each of them is there."""
        self.go("board")
        self.page.wait_for_selector("#choose", state="attached")
        self.drop(paths)
        self.page.wait_for_selector(f".received li:nth-child({len(paths)})", timeout=120000)

    def saved(self, target):
        with self.page.expect_download(timeout=60000) as waiting:
            self.page.click(f"a[data-file='{target}']")
        return waiting.value.suggested_filename, waiting.value.path().read_bytes()

    def press(self, action, seen=".told"):
        self.tab.run(
            "document.querySelectorAll('.told').forEach((one) => one.remove())"
        )  # of what was done before
        self.page.click(f"form[action='/{action}'] button")
        return self.page.wait_for_selector(seen, timeout=120000).inner_text()


def by_commands(folder):
    """The collection as the commands leave it; its text is the starter with every gap written."""

    def command(*arguments, status=(0, 1)):
        done = xltools(folder / "c", "--lang", "zh", *arguments)
        assert done.status in status, done.err

    about = ("--year", 2024, "--district", "青禾区", "--roster", SAMPLES / "roster.csv")
    assert xltools(folder, "--lang", "zh", "init", "c", *about).status == 0
    command("generate")
    command("receive", *PROBLEMS)
    command("verify", "--return-to", "returned")
    command("accept", ACCEPTED, "--reason", REASON)
    command("receive", *CLEAN)
    command("receive", "--keep", CHOSEN)
    command("merge")
    command("publish", "--starter")
    text = folder / "c" / "text.md"
    text.write_text(written(text.read_text(encoding="utf-8")), encoding="utf-8")
    command("publish", "-o", "report.html", status=(0,))
    return folder / "c"


def written(text):
    """The text of the report with every gap filled in by a person."""
    return re.sub("【[^】]*】", "（这里由人来写。）", text)


def by_mouse(mouse):
    """Do the same by mouse, and return what was downloaded, by name."""
    page, found = mouse.page, {}
    mouse.begin()
    assert "19" in mouse.press("issue")
    mouse.take_in(PROBLEMS)
    mouse.press("return")
    found["returned.zip"] = mouse.saved("/file/returned.zip")[1]
    mouse.agency("医疗保障局")
    page.fill("[name=reason]", REASON)
    if page.locator("[name=who]").count():
        page.fill("[name=who]", WHO)
    mouse.press("accept")
    mouse.agency("民政局")
    page.locator("table.findings a.place").nth(1).click()
    assert page.locator("table.form .target").count() == 1, "the cell on the drawing of the form"
    mouse.go("rollup")
    assert page.locator(".obstacles li").count() > 5
    mouse.take_in(CLEAN)
    mouse.agency("自然资源局")
    page.click(f"form[action='/choose']:has(input[value='{CHOSEN}']) button")
    page.wait_for_selector(".told")
    mouse.go("rollup")
    assert "district.xlsx" in mouse.press("merge")
    found["district.xlsx"] = mouse.saved("/file/district.xlsx")[1]
    page.click("table.form td a:has-text('375')")
    page.wait_for_selector("meter", state="attached")
    shares = [int(text.replace(",", "")) for text in page.locator("tbody td:nth-child(2)").all_inner_texts()]
    assert (sum(shares), sorted(shares, reverse=True)) == (375, shares)
    mouse.go("report")
    mouse.press("starter")
    text = page.input_value("#text")
    assert "【" in text
    page.fill("#text", written(text))
    mouse.press("text")
    page.click("a[href='#/preview']")
    page.wait_for_selector("article h1")
    assert "【" not in page.inner_text("article")
    mouse.go("report")
    page.click("form[action='/publish']:has(input[value='html']) button")
    page.wait_for_selector("a[data-file='/file/report.html']", timeout=60000)
    found["report.html"] = mouse.saved("/file/report.html")[1]
    mouse.go("year")
    page.wait_for_selector("a[data-file='/file/outbox.zip']")
    for name in ("outbox.zip", "collection.zip"):
        found[name] = mouse.saved(f"/file/{name}")[1]
    return found


def members(content):
    """The files of a zip by name."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def comparable(tree):
    """The files of a collection, unpacked, without what differs from run to run or from one compressor to another.

    In texts the hash of each file is its name, and sizes, times, persons and places of origin are left out.
    """
    names = {hashlib.sha256(content).hexdigest(): name for name, content in tree.items()}
    found = {}
    for name, content in tree.items():
        parts = unpacked(content)
        if parts is content and name.endswith((".json", ".jsonl", RETURNED)):
            text = re.sub(r"[0-9a-f]{64}", lambda hash_: names.get(hash_[0], hash_[0]), content.decode())
            text = re.sub(r'"(size|when|before|from|who)": ("[^"]*"|\d+)', "", text)
            parts = sorted(text.splitlines()) if name.endswith(RETURNED) else text
        found[name] = parts
    return found


def assert_equal(found, folder):
    """Every file that was downloaded is that of the commands, the whole collection among them."""
    whole = members(found["collection.zip"])
    paths = [path for path in folder.rglob("*") if path.is_file()]
    there = {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}
    made, expected = comparable(whole), comparable(there)
    assert made.keys() == expected.keys()
    for name, content in made.items():
        assert content == expected[name], name
    assert found["district.xlsx"] == whole["district.xlsx"]
    assert found["report.html"] == whole["report.html"]
    for name in ("returned", "outbox"):
        packed = {f"{name}/{one}": content for one, content in members(found[f"{name}.zip"]).items()}
        assert packed.items() <= whole.items()
