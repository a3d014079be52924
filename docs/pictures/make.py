"""Make the pictures in this folder again: ``.venv/bin/python docs/pictures/make.py``.

Needs LibreOffice (``soffice``, with Writer), poppler (``pdftoppm``) and Noto's Chinese fonts. Each picture is one sheet
of a sample, turned into a page without margins and then into pixels; LibreOffice works out every formula anew first.
The report is that of the example year; its pictures are whole pages.
"""
# ruff: noqa: INP001, S603  a script beside the documents; it runs the two programs named above

from __future__ import annotations

import html
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path.insert(0, str(ROOT / "samples"))

import clerk  # noqa: E402

from xltools import examine, find_form, load_roster, merge, read, write_rollup  # noqa: E402
from xltools.data.period import Period  # noqa: E402
from xltools.excel.package import patched  # noqa: E402
from xltools.report.slip import returned  # noqa: E402

SAMPLES = ROOT / "samples"
WIDEST = 2000  # pixels; a page ends before
EMPTY = "$ZZ$1"  # a page without anything on it is not printed

# Recalculate on loading; and the fonts of Windows as Noto's, digits included, where fontconfig would fall back.
PROFILE = """<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry">
<item oor:path="/org.openoffice.Office.Calc/Formula/Load">
<prop oor:name="OOXMLRecalcMode" oor:op="fuse"><value>0</value></prop></item>
</oor:items>
"""
SERIF, SANS = "Noto Serif CJK SC", "Noto Sans CJK SC"
LOOKS_LIKE = {
    "宋体": SERIF,
    "仿宋_GB2312": SERIF,
    "仿宋": SERIF,
    "楷体_GB2312": SERIF,
    "方正小标宋_GBK": SERIF,
    "黑体": SANS,
}
LIKE = """<match target="pattern"><test name="family"><string>{font}</string></test>
<edit name="family" mode="assign" binding="strong"><string>{instead}</string></edit></match>
"""
FONTS = f"""<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
<include ignore_missing="yes">/etc/fonts/fonts.conf</include>
{"".join(LIKE.format(font=font, instead=instead) for font, instead in LOOKS_LIKE.items())}</fontconfig>
"""
REPORT = {"report.png": 1, "report-table.png": 4}  # pages of the report, from 1
DOTS = 66  # an inch of those


class Picture(NamedTuple):
    """Some cells of a sheet, as wide as a page of A4; at how many dots an inch, and how many pixels of its height."""

    workbook: bytes
    sheet: str
    area: str
    orientation: str
    dots: int
    height: int


def district() -> bytes:
    """The roll-up of the clean samples."""
    form, roster = find_form("xxgk-2021"), load_roster(SAMPLES / "roster.csv")
    filings = [read(path, form) for path in sorted((SAMPLES / "clean").iterdir())]
    rollup = merge(filings, form, Period(2024), "青禾区", roster=roster).rollup
    if rollup is None:
        raise SystemExit("the clean samples do not add up")
    return write_rollup(rollup)


def returned_one() -> bytes:
    """A return with faults, as it goes back to its agency."""
    path = next((SAMPLES / "problems").glob("003_*"))
    found = returned(examine([read(path)]).examined[0])
    if found is None:
        raise SystemExit("the sample has no faults")
    return found.workbook(path.read_bytes())


def pictures() -> dict[str, Picture]:
    """Each picture by the name of its file."""
    wrong = next((SAMPLES / "problems").glob("005_*")).read_bytes()
    whole = district()
    clean = next((SAMPLES / "clean").glob("005_*")).read_bytes()
    return {
        "table.png": Picture(wrong, "三、依申请公开", "$A$1:$L$33", "portrait", 140, 1034),
        "cover.png": Picture(clean, "封面", "$A$1:$D$31", "portrait", 105, 880),
        "notes.png": Picture(clean, "填报说明", "$A$1:$F$34", "portrait", 90, 860),
        "returned.png": Picture(returned_one(), "需要修改的地方", "$A$1:$I$10", "landscape", 118, 560),
        "overview.png": Picture(whole, "主要指标一览表", "$A$1:$H$23", "landscape", 90, 560),
        "district.png": Picture(whole, "各单位数据", "$B$2:$BD$25", "landscape", 112, 560),
    }


def alone(picture: Picture) -> bytes:
    """The workbook with nothing to print but the wanted area, with letters and numbers around it as on the screen."""

    def book(part: bytes) -> bytes:
        text = part.decode()
        names = [html.unescape(name) for name in re.findall(r'<sheet name="([^"]+)"', text)]

        def area(match: re.Match[str]) -> str:
            name = names[int(match[2])]
            return f"{match[1]}'{name}'!{picture.area if name == picture.sheet else EMPTY}"

        return re.sub(r'(name="_xlnm.Print_Area" localSheetId="(\d+)">)[^<]*', area, text).encode()

    def sheet(part: bytes) -> bytes:
        text = re.sub(r"<headerFooter>.*?</headerFooter>", "", part.decode())
        text = re.sub(r"<printOptions[^>]*/>", '<printOptions headings="1"/>', text)
        text = re.sub(r"<pageMargins[^>]*/>", _margins(), text)
        text = re.sub(r"<pageSetUpPr[^>]*/>", '<pageSetUpPr fitToPage="1"/>', text)
        setup = f'<pageSetup paperSize="9" orientation="{picture.orientation}" fitToHeight="0"/>'
        return re.sub(r"<pageSetup [^>]*/>", setup, text).encode()

    own = clerk.part_of(picture.workbook, picture.sheet)
    return patched(picture.workbook, {"xl/workbook.xml": book, own: sheet})


def _margins() -> str:
    sides = " ".join(f'{side}="0.1"' for side in ("left", "right", "top", "bottom", "header", "footer"))
    return f"<pageMargins {sides}/>"


def make(name: str, picture: Picture, folder: Path) -> None:
    """Page, then pixels."""
    book = folder / "book.xlsx"
    book.write_bytes(alone(picture))
    crop = ["-x", "0", "-y", "0", "-W", str(WIDEST), "-H", str(picture.height)]
    draw(printed(book, folder), name, "-r", str(picture.dots), *crop)


def make_report(folder: Path) -> None:
    """The example year, its report as pages, and those into pixels."""
    year = os.environ | {"BIN": str(Path(sys.executable).parent), "OUT": str(folder / "year")}
    subprocess.run([_program("sh"), "samples/year.sh"], cwd=ROOT, check=True, capture_output=True, env=year)
    pages = printed(folder / "year" / "2024" / "report.docx", folder)
    for name, page in REPORT.items():
        draw(pages, name, "-r", str(DOTS), "-f", str(page), "-l", str(page))


def printed(document: Path, folder: Path) -> Path:
    """As LibreOffice prints it, to a PDF."""
    user, fonts = folder / "profile" / "user", folder / "fonts.conf"
    user.mkdir(parents=True)
    (user / "registrymodifications.xcu").write_text(PROFILE, encoding="utf-8")
    fonts.write_text(FONTS, encoding="utf-8")
    office = [_program("soffice"), f"-env:UserInstallation={user.parent.as_uri()}", "--headless"]
    office += ["--convert-to", "pdf", "--outdir", str(folder), str(document)]
    subprocess.run(office, check=True, capture_output=True, env=os.environ | {"FONTCONFIG_FILE": str(fonts)})
    return folder / document.with_suffix(".pdf").name


def draw(pages: Path, name: str, *how: str) -> None:
    """One page into pixels."""
    program = [_program("pdftoppm"), "-png", "-singlefile", *how]
    subprocess.run([*program, str(pages), str(HERE / name.removesuffix(".png"))], check=True)


def _program(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        raise SystemExit(f"{name} is not installed")
    return found


if __name__ == "__main__":
    for name, picture in pictures().items():
        with tempfile.TemporaryDirectory() as folder:
            make(name, picture, Path(folder))
    with tempfile.TemporaryDirectory() as folder:
        make_report(Path(folder))
