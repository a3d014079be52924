"""The work of people in a year of 临江区 with its mishaps: ``python samples/mishaps.py STEP``.

Twenty-five agencies send some thirty files in three rounds: by mail, in archives, twice, half filled in, corrected in the
marked file or in the clerk's own. In 2023 there were twenty-six: 粮食和物资储备局 has since become part of 发展和改革局. Each
step runs in the folder that holds the collections; ``samples/mishaps.sh`` runs them in order.
"""

from __future__ import annotations

import io
import re
import sys
import zipfile
from collections.abc import Callable
from decimal import Decimal
from email.message import EmailMessage
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

import clerk
import openpyxl
from fill import GAPS, Papers, filled, year_before
from make import FORM, Values, edit, figures, prose

YEAR, LAST_YEAR = 2024, 2023
MERGED, INTO = "026", "002"
NAMES = dict(
    zip(
        (f"{number:03}" for number in range(1, 27)),
        (
            f"临江区{name}"
            for name in [
                "人民政府办公室",
                "发展和改革局",
                "教育局",
                "科学技术局",
                "工业和信息化局",
                "公安分局",
                "民政局",
                "司法局",
                "财政局",
                "人力资源和社会保障局",
                "自然资源局",
                "生态环境局",
                "住房和城乡建设局",
                "交通运输局",
                "水利局",
                "农业农村局",
                "商务局",
                "文化和旅游局",
                "卫生健康局",
                "退役军人事务局",
                "应急管理局",
                "审计局",
                "市场监督管理局",
                "统计局",
                "信访局",
                "粮食和物资储备局",
            ]
        ),
        strict=True,
    )
)
NOW = [code for code in NAMES if code != MERGED]
MAIL = Path("收到")  # where a chat program and a mail program save what comes in
DECISIONS, REPEALED = "disclosure.licensing.decisions", "disclosure.normative_documents.repealed"


def truth(code: str, year: int = YEAR) -> Papers:
    """Return the figures and texts that an agency's records give for a year."""
    values = figures(code) | {REPEALED: Decimal(0), "disclosure.normative_documents.in_force": Decimal(5)}
    if year == LAST_YEAR:
        values = year_before(code, values)
    return Papers(values, prose(NAMES[code], code, values, year))


def issued(code: str, year: int = YEAR) -> bytes:
    """Return the workbook issued to the agency."""
    return Path(str(year), "outbox", f"{code}_{NAMES[code]}_{year}.xlsx").read_bytes()


def good(code: str, changes: Values | None = None) -> bytes:
    """Return the agency's right return, with some other figures."""
    papers = truth(code)
    return filled(issued(code), Papers(papers.values | (changes or {}), papers.prose))


def save(name: str, content: bytes) -> None:
    """Save a file that came in."""
    path = MAIL / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def marked(code: str) -> bytes:
    """Return the marked workbook that was sent back to the agency."""
    (path,) = Path(str(YEAR), "returned").glob(f"{code}_*.xlsx")
    return path.read_bytes()


# -- the steps


def rosters() -> None:
    """Write the rosters as an office keeps them: title, heads in the third row, a sum at the end."""
    for year, codes in ((LAST_YEAR, list(NAMES)), (YEAR, list(NAMES))):
        book = openpyxl.Workbook()
        page = book.active
        page.append([f"临江区{year}年度政府信息公开工作年度报告报送单位名单"])
        page.append([])
        page.append(["序号", "单位代码", "单位名称", "并入"])
        for number, code in enumerate(codes, 1):
            page.append([number, code, NAMES[code], INTO if (code, year) == (MERGED, YEAR) else None])
        page.append(["合计", None, f"{len(codes)}个", None])
        book.save(f"名单{year}（带合计）.xlsx")
        page.delete_rows(page.max_row)
        book.save(f"名单{year}.xlsx")


def last_year() -> None:
    """Every agency sends a sound return for 2023."""
    for code, name in NAMES.items():
        papers = truth(code, LAST_YEAR)
        path = Path(str(LAST_YEAR), "inbox", f"{code}_{name}_{LAST_YEAR}.xlsx")
        path.write_bytes(filled(issued(code, LAST_YEAR), papers))


def first_round() -> None:
    """January: what comes in, good and bad. 024 and 025 send nothing."""
    for code in NOW[:12]:
        save(f"{NAMES[code].removeprefix('临江区')}年报.xlsx", good(code))
    save("教育局年报.xlsx", edit(good("003"), {DECISIONS: "若干"}))
    save("公安分局年报.xlsx", edit(good("006"), {"disputes.review.total": Decimal(0)}))
    save("财政局年报.xlsx", edit(good("009"), {"disclosure.fees.amount": "约12万元"}))
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as together:
        for code in ("013", "014", "015"):
            name = zipfile.ZipInfo(f"{code}_{NAMES[code]}_{YEAR}.xlsx", (YEAR + 1, 1, 20, 9, 0, 0))
            together.writestr(name, good(code))
    save("三家.zip", archive.getvalue())
    save("来信.eml", mail("016", good("016")))
    # 017 filled in a copy of the sheet, the original is blank
    save("商务局.xlsx", copied_and_filled("017"))
    # two departments of 018 send a half each
    half = [cell.name for cell in FORM.inputs if cell.name.startswith("applications.")]
    other = [cell.name for cell in FORM.inputs if cell.name not in half]
    save("018_文旅局_办公室填.xlsx", edit(good("018"), dict.fromkeys(half)))
    save("018_文旅局_法规科填.xlsx", edit(good("018"), dict.fromkeys(other)))
    last = Path(str(LAST_YEAR), "inbox", f"019_{NAMES['019']}_{LAST_YEAR}.xlsx")
    save("卫健局.xlsx", last.read_bytes())
    save("020_退役军人事务局.xlsx", b"")
    save("021_应急管理局.jpg", bytes.fromhex("ffd8ffe000104a464946"))
    for code in ("022", "023"):
        save(f"{code}.xlsx", good(code))
    save("~$022.xlsx", b"\x05user")


def mail(code: str, content: bytes) -> bytes:
    """Return a mail with a return attached."""
    message = EmailMessage()
    message["From"], message["To"] = "clerk@example.org", "office@example.org"
    message["Subject"], message["Date"] = "年度报告", "Mon, 20 Jan 2025 09:00:00 +0800"
    message.set_content("请查收。")
    kind = ("application", "vnd.openxmlformats-officedocument.spreadsheetml.sheet")
    message.add_attachment(
        content, maintype=kind[0], subtype=kind[1], filename=f"{code}_{NAMES[code]}_{YEAR}.xlsx"
    )
    return message.as_bytes()


def copied_and_filled(code: str) -> bytes:
    """Return a workbook in which a sheet was copied, the copy filled in, and the original left blank."""
    copied = clerk.with_sheet_copied(good(code), "二、主动公开", "二、主动公开 (2)")
    cells = [cell.name for cell in FORM.inputs if cell.name.startswith("disclosure.")]
    return edit(copied, dict.fromkeys(cells))


def second_round() -> None:
    """February: corrections in the marked file, in the clerk's own, none at all; late returns; an old mail."""
    save("二次/教育局.xlsx", edit(marked("003"), {DECISIONS: truth("003").values[DECISIONS]}))
    save("二次/公安分局.xlsx", marked("006"))  # sent back as it was
    save("二次/财政局改好.xlsx", good("009"))  # in the clerk's own workbook
    save("二次/商务局.xlsx", good("017"))
    save("二次/文旅局合并.xlsx", good("018"))
    for code in ("019", "020", "021"):
        save(f"二次/{code}.xlsx", good(code))
    save("二次/024.xlsx", good("024"))


def third_round() -> None:
    """March: the last corrections and the last return; a roster that Excel saved without its zeros."""
    save("三次/公安分局.xlsx", good("006"))
    save("三次/025.xlsx", good("025"))
    path = Path(str(YEAR), "roster.csv")
    text = re.sub(r"(?m)^([0-9]+),0+([0-9]+),", r"\1,\2,", path.read_text(encoding="utf-8-sig"))
    path.write_text(text, encoding="utf-8-sig")


def old_mail() -> None:
    """A mail of January is found in March: it has the first return of 003."""
    save("旧邮件.eml", mail("003", edit(good("003"), {DECISIONS: "若干"})))


def late_correction() -> None:
    """After the text was written, 012 reports that it repealed three documents."""
    save("四次/012.xlsx", good("012", {REPEALED: Decimal(3)}))


def words() -> None:
    """The coordinator fills the gaps of the text."""
    path = Path(str(YEAR), "text.md")
    text = path.read_text(encoding="utf-8")
    for start, sentence in GAPS.items():
        head, found, rest = text.partition(f"【{start}")
        if found:
            text = head + sentence + rest.partition("】")[2]
    path.write_text(text, encoding="utf-8")


STEPS: dict[str, Callable[[], None]] = {
    step.__name__.replace("_", "-"): step
    for step in (rosters, last_year, first_round, second_round, third_round, old_mail, late_correction, words)
}

if __name__ == "__main__":
    STEPS[sys.argv[1]]()
