"""The work of people in the example year of 青禾区: ``python samples/fill.py STEP``.

Clerks type figures and prose into the workbooks that were issued, some with the ordinary mistakes; they correct what a
returned list (需要修改的地方) names, and nothing else; the coordinator writes the words of the report. Each step runs in
the folder of a collection; ``samples/year.sh`` runs them in order.
"""

from __future__ import annotations

import io
import re
import sys
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cache
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

import clerk
import openpyxl
from make import AGENCIES, COLUMNS, DISTRICT, FORM, PLACE, YEAR, Dice, Values, edit, figures, prose

LAST_YEAR = YEAR - 1
NIL = "019"  # nothing happened there, in either year
SLIP = "需要修改的地方"
EXPLANATION = "H"  # the last column of that sheet that is shown
INPUTS = {PLACE.address(cell.name): cell.name for cell in FORM.inputs}
TOTALS = {PLACE.address(cell.name): cell.name for cell in FORM.totals}
TEXTS = {PLACE.address(box): box for box in FORM.texts}


@dataclass(frozen=True)
class Papers:
    """The records of an agency, from which it fills in its return and answers questions."""

    values: Values
    prose: dict[str, str]
    reasons: dict[str, str] = field(default_factory=dict)  # why a figure is so, by the name of its cell


@cache
def papers(code: str, year: int) -> Papers:
    """Return the true figures and texts of an agency and a year."""
    values = {name: Decimal(0) for name in figures(code)} if code == NIL else figures(code)
    reasons = {}
    if year == LAST_YEAR:
        values = year_before(code, values)
    elif code == "006":
        values |= {"disclosure.coercion.decisions": Decimal(45)}
        reasons["disclosure.coercion.decisions"] = (
            "今年开展法律服务市场专项整治，作出查封、扣押决定45件，已与台账核对。"
        )
    nil = {"cover.nil": "是"} if code == NIL else {}
    return Papers(values, prose(AGENCIES[code], code, values, year) | nil, reasons)


def year_before(code: str, now: Values) -> Values:
    """Return figures of the year before that agree with *now*: applications carried over, documents in force."""
    dice = Dice(f"{DISTRICT} {LAST_YEAR} {code}")
    last = dict(now)

    def around(value: Decimal) -> Decimal:
        return max(value + dice.upto(2) - 1, Decimal(0)) if value else value

    last |= {name: around(value) for name, value in now.items() if name.startswith("disputes.")}
    documents = "disclosure.normative_documents"
    last[f"{documents}.in_force"] = (
        now[f"{documents}.in_force"] - now[f"{documents}.made"] + now[f"{documents}.repealed"]
    )
    last[f"{documents}.made"] = min(last[f"{documents}.in_force"], now[f"{documents}.repealed"])
    for name in ("licensing.decisions", "penalty.decisions", "coercion.decisions", "fees.amount"):
        share = Decimal(80 + dice.upto(30)) / 100
        last[f"disclosure.{name}"] = (now[f"disclosure.{name}"] * share).quantize(now[f"disclosure.{name}"])
    for column in COLUMNS:
        done = [
            n
            for n in now
            if n.endswith(f".{column}") and n.split(".")[1] not in {"new", "carried_in", "carried_out"}
        ]
        last |= {name: around(now[name]) for name in done}
        last[f"applications.carried_out.{column}"] = now[f"applications.carried_in.{column}"]
        last[f"applications.carried_in.{column}"] = Decimal(0)
        left = last[f"applications.carried_out.{column}"]
        last[f"applications.new.{column}"] = sum((last[n] for n in done), left)
    return last


# -- filling in


def filled(package: bytes, truth: Papers) -> bytes:
    """Return the issued workbook filled in, with the totals that a spreadsheet computes."""
    totals = FORM.complete(truth.values)
    typed: dict[str, clerk.Content] = {**truth.values, **truth.prose}
    return edit(package, typed | {cell.name: clerk.Result(totals[cell.name]) for cell in FORM.totals})


def issued(code: str, year: int = YEAR) -> Path:
    """Return the path of the workbook issued to the agency."""
    return Path("outbox") / f"{code}_{AGENCIES[code]}_{year}.xlsx"


def sent(code: str, year: int = YEAR) -> Path:
    """Return the path of its return, under the name of the issued workbook."""
    return Path("inbox") / issued(code, year).name


def last_year() -> None:
    """Every agency sends a sound return."""
    for code in AGENCIES:
        sent(code, LAST_YEAR).write_bytes(
            filled(issued(code, LAST_YEAR).read_bytes(), papers(code, LAST_YEAR))
        )


# -- January: the first returns


def total_typed_over(_: Papers, package: bytes) -> bytes:
    """A total is typed as 0 over its formula."""
    return edit(package, {"disputes.review.total": Decimal(0)})


def words_for_numbers(truth: Papers, package: bytes) -> bytes:
    """A figure is a guess in words, another a slash for nothing."""
    return edit(package, {
        "disclosure.penalty.decisions": f"约{truth.values['disclosure.penalty.decisions']}",
        "applications.declined_massive.natural": "/",
    })  # fmt: skip


def wrong_column(truth: Papers, package: bytes) -> bytes:
    """An application is under the wrong kind of applicant: the total of the row is right, two columns are not."""
    one, other = "applications.unavailable_not_held.natural", "applications.unavailable_not_held.other_org"
    return retyped(package, truth, {one: truth.values[one] - 1, other: truth.values[other] + 1})


def yuan(truth: Papers, package: bytes) -> bytes:
    """An amount is in yuan instead of ten thousand yuan."""
    return retyped(
        package, truth, {"disclosure.fees.amount": truth.values["disclosure.fees.amount"] * 10_000}
    )


def other_number(truth: Papers, package: bytes) -> bytes:
    """A number in the text differs from the table."""
    right = FORM.complete(truth.values)["applications.new.total"]
    text = truth.prose["overview.on_request"].replace(f"{right}件", f"{right + 4}件", 1)
    return edit(package, {"overview.on_request": text})


def left_blank(truth: Papers, package: bytes) -> bytes:
    """The zeros of a column are left blank."""
    zeros = [n for n, value in truth.values.items() if n.endswith(".welfare") and not value]
    return edit(package, dict.fromkeys(zeros))


def retyped(package: bytes, truth: Papers, changes: Values) -> bytes:
    """Return the workbook with some figures typed again; the totals follow."""
    totals = FORM.complete(truth.values | changes)
    return edit(package, {**changes, **{cell.name: clerk.Result(totals[cell.name]) for cell in FORM.totals}})


MISTAKES: dict[str, Callable[[Papers, bytes], bytes]] = {
    "002": total_typed_over,
    "003": words_for_numbers,
    "005": wrong_column,
    "010": other_number,
    "011": yuan,
    "013": left_blank,
}
IN_WORD, WRONG_YEAR, TWICE, EMPTY, LATE = "004", "007", "008", "012", "015"
TOGETHER = ("016", "017", "018")  # sent in one archive


def january() -> None:
    """Write the returns of January. 004 publishes from its own workbook and sends a document; 015 sends nothing yet."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as together:
        for code in AGENCIES:
            truth, mistake = papers(code, YEAR), MISTAKES.get(code, lambda _, package: package)
            package = mistake(truth, filled(issued(code).read_bytes(), truth))
            if code in TOGETHER:
                together.writestr(zipfile.ZipInfo(issued(code).name, (YEAR + 1, 1, 20, 9, 0, 0)), package)
            elif code == IN_WORD:
                Path("004.xlsx").write_bytes(package)
            elif code == WRONG_YEAR:
                sent(code).write_bytes(Path(f"../{LAST_YEAR}", sent(code, LAST_YEAR)).read_bytes())
            elif code == EMPTY:
                sent(code).write_bytes(b"")
            elif code != LATE:
                sent(code).write_bytes(package)
    Path("inbox/三家单位.zip").write_bytes(archive.getvalue())
    wrong = papers(TWICE, YEAR).values
    earlier = {"disclosure.licensing.decisions": wrong["disclosure.licensing.decisions"] - 1}
    package = filled(issued(TWICE).read_bytes(), papers(TWICE, YEAR))
    sent(TWICE).rename(sent(TWICE).with_stem(f"{sent(TWICE).stem}（以此为准）"))
    sent(TWICE).write_bytes(retyped(package, papers(TWICE, YEAR), earlier))


def late() -> None:
    """015 sends its return after a reminder."""
    sent(LATE).write_bytes(filled(issued(LATE).read_bytes(), papers(LATE, YEAR)))


# -- corrections


def corrected() -> None:
    """Each agency corrects the file that was returned to it, and sends it in place of the former one."""
    for message in sorted(Path("returned").glob("*.txt")):
        code = message.name.partition("_")[0]
        marked = message.with_suffix(".xlsx")
        name = sent(code).name if code in AGENCIES else message.name
        if code == TWICE:  # which of the two counts was asked on the telephone
            sent(code).unlink(missing_ok=True)
            continue
        package = corrected_workbook(code, marked) if marked.exists() else None
        if package is None:
            package = filled(issued(code).read_bytes(), papers(code, YEAR))
        (Path("inbox") / name).write_bytes(package)


def corrected_workbook(code: str, marked: Path) -> bytes | None:
    """Return the marked workbook with each of its lines corrected; ``None`` if another workbook is to be sent."""
    truth, blank = papers(code, YEAR), issued(code).read_bytes()
    package = marked.read_bytes()
    book = openpyxl.load_workbook(io.BytesIO(package))
    for row, places in _lines(book):
        if not places:
            return None
        edits = {
            place: content
            for place in _to_compare(places)
            for content in _differing(book, place, truth, blank)
        }
        for (sheet, address), content in edits.items():
            package = clerk.edited(package, sheet, {address: content})
        reasons = [truth.reasons[INPUTS[place]] for place in places if INPUTS.get(place) in truth.reasons]
        if not edits and reasons:
            package = clerk.edited(package, SLIP, {f"{EXPLANATION}{row}": reasons[0]})
    totals = FORM.complete(truth.values)
    kept = {place: name for place, name in TOTALS.items() if _is_formula(book[place[0]][place[1]].value)}
    return edit(package, {name: clerk.Result(totals[name]) for name in kept.values()})


def _lines(book: openpyxl.Workbook) -> Iterator[tuple[int, list[tuple[str, str]]]]:
    """Yield the row of each line of the list and the cells it names; no cells if it is about the whole file."""
    for cells in book[SLIP].iter_rows(min_row=4, max_col=2):
        if cells[0].value:
            # A place with a link is a formula with its text; each sheet has a line of its own.
            text = re.sub(r'^="(.*)"$', r"\1", str(cells[1].value), flags=re.DOTALL)
            text = text.replace('"&"', "")
            named = [line.rpartition("!") for line in text.splitlines()]
            found = [
                _cells(book, sheet, area) for sheet, _, areas in named if sheet for area in areas.split("、")
            ]
            yield cells[0].row, [place for places in found for place in places]


def _cells(book: openpyxl.Workbook, sheet: str, area: str) -> list[tuple[str, str]]:
    rows = book[sheet][area]
    flat = [cell for row in rows for cell in row] if isinstance(rows, tuple) else [rows]
    return [(sheet, cell.coordinate) for cell in flat]


def _to_compare(places: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Return the cells named; if several are in a column, the whole column, as the list demands."""
    columns = [(sheet, re.sub(r"\d", "", address)) for sheet, address in places]
    whole = {column for column in columns if columns.count(column) > 1}
    more = [place for place in INPUTS if (place[0], re.sub(r"\d", "", place[1])) in whole]
    return list(dict.fromkeys([*places, *more]))


def _differing(
    book: openpyxl.Workbook, place: tuple[str, str], truth: Papers, blank: bytes
) -> Iterator[clerk.Content]:
    """Yield the right content of a cell if it has another one."""
    there = book[place[0]][place[1]].value
    if place in INPUTS and (
        there is None or isinstance(there, str) or Decimal(str(there)) != truth.values[INPUTS[place]]
    ):
        yield truth.values[INPUTS[place]]
    elif place in TOTALS and not _is_formula(there):
        original = openpyxl.load_workbook(io.BytesIO(blank))[place[0]][place[1]].value
        yield clerk.Formula(original.removeprefix("="), FORM.complete(truth.values)[TOTALS[place]])
    elif place in TEXTS and there != truth.prose.get(TEXTS[place]):
        yield truth.prose[TEXTS[place]]


def _is_formula(content: object) -> bool:
    return str(content).startswith("=")


def afterwards() -> None:
    """In March, 009 adds an application that it forgot."""
    truth = papers("009", YEAR)
    more = {
        name: truth.values[name] + 1 for name in ("applications.new.natural", "applications.granted.natural")
    }
    texts = prose(AGENCIES["009"], "009", truth.values | more, YEAR)
    sent("009").write_bytes(filled(issued("009").read_bytes(), Papers(truth.values | more, texts)))


# -- the words of the report

GAPS = {
    "发布渠道": "区政府门户网站、政务新媒体和政府公报",
    "数量": "1260",
    "重点领域": "财政预决算、重大项目、就业和社会保险等领域的信息，政策文件与解读材料同步发布",
    "制作、审核": "落实公文公开属性源头认定，信息发布先审后发，定期清理失效文件",
    "政府网站信息公开专栏": "区政府门户网站统一的政府信息公开专栏，各单位政务新媒体，以及设在区政务服务中心、档案馆和图书馆的查阅点",
    "平台建设": "对门户网站信息公开专栏作了改版，各平台运行正常",
    "负责机构": "区政府办公室",
    "人数": "42",
    "次数": "2",
    "工作考核": "将政府信息公开纳入年度考核，并请市民代表开展社会评议",
    "责任追究": "没有发生责任追究",
    "改进情况": "已建立信息更新提醒制度，逾期未更新的栏目明显减少",
    "主要问题": "个别单位政策解读形式偏少，申请答复文书不够规范",
    "改进措施": "丰富解读形式，统一答复文书式样，加强业务指导",
    "信息处理费": "未收取信息处理费",
    "其他需要报告的事项": "没有其他需要报告的事项",
}


def words(*, compared: bool = True) -> None:
    """Fill every gap in the text file, keep the figures in braces, and add a comparison."""
    file = Path("text.md")
    text = file.read_text(encoding="utf-8")
    for start, sentence in GAPS.items():
        text, times = re.subn(f"【{start}[^【】]*】", sentence, text)
        if times != 1:
            raise LookupError(start)
    if compared:
        penalties = "disclosure.penalty.decisions"
        text = text.replace(
            "{decisions}。", f"{{decisions}}，其中行政处罚决定比上年{{change: {penalties}}}。", 1
        )
    file.write_text(text, encoding="utf-8")


STEPS: dict[str, Callable[[], None]] = {
    "last-year": last_year,
    "january": january,
    "late": late,
    "corrected": corrected,
    "afterwards": afterwards,
    "words": words,
    "words-of-last-year": lambda: words(compared=False),
}

if __name__ == "__main__":
    STEPS[sys.argv[1]]()
