"""Make everything in this folder again, with the same bytes: ``python samples/make.py``.

* ``roster.csv``: a made-up district, 青禾区, with 19 agencies.
* ``clean/``: a sound return of each.
* ``problems/``: the same agencies with each ordinary mistake at least once (see ``MISTAKES``).
* ``published/``: three reports that were published, as returns without their prose; 洪泽区 2023 with its two wrong
  totals.
* ``forms/``: three returns of each form that is there, one of them wrong (see ``form_returns``).

The figures of 青禾区 are invented, and so is every sentence.
"""

from __future__ import annotations

import random
import sys
import tomllib
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

import clerk  # noqa: E402
import form_returns  # noqa: E402

from xltools.data.filing import Stamp  # noqa: E402
from xltools.data.period import Period  # noqa: E402
from xltools.data.record import Agency  # noqa: E402
from xltools.excel.writer import write_return  # noqa: E402
from xltools.form.layout import layout  # noqa: E402
from xltools.form.library import find  # noqa: E402

FORM = find("xxgk-2021")
PLACE = layout(FORM)
DISTRICT, YEAR = "青禾区", 2024
AGENCIES = {
    "001": "青禾区人民政府办公室",
    "002": "青禾区发展和改革局",
    "003": "青禾区教育局",
    "004": "青禾区公安分局",
    "005": "青禾区民政局",
    "006": "青禾区司法局",
    "007": "青禾区财政局",
    "008": "青禾区自然资源局",
    "009": "青禾区住房和城乡建设局",
    "010": "青禾区农业农村局",
    "011": "青禾区卫生健康委员会",
    "012": "青禾区市场监督管理局",
    "013": "青禾区柳河镇人民政府",
    "014": "青禾区桥东街道办事处",
    "015": "青禾区统计局",
    "016": "青禾区文化和旅游局",
    "017": "青禾区医疗保障局",
    "018": "青禾区应急管理局",
    "019": "青禾区信访局",
}
COLUMNS = ("natural", "commercial", "research", "welfare", "legal_service", "other_org")
# What applications to an ordinary bureau come to, by how often.
RESULTS = {
    "granted": 40,
    "partial": 12,
    "refused_third_party": 3,
    "refused_process_info": 4,
    "refused_enforcement_file": 3,
    "refused_admin_query": 2,
    "unavailable_not_held": 24,
    "unavailable_needs_creation": 3,
    "unavailable_unclear": 2,
    "declined_petition": 3,
    "declined_repeat": 1,
    "other_overdue_correction": 1,
    "other_rest": 2,
}

Values = dict[str, Decimal]
Edits = dict[str, clerk.Content]


class Dice:
    """Random numbers that are the same everywhere: only ``random()`` is the same in every version of Python."""

    def __init__(self, seed: str) -> None:
        self._random = random.Random(seed)

    def upto(self, limit: int) -> int:
        return int(self._random.random() * (limit + 1))

    def pick(self, weights: dict[str, int]) -> str:
        left = self._random.random() * sum(weights.values())
        for name, weight in weights.items():
            left -= weight
            if left < 0:
                return name
        return next(iter(weights))


def figures(code: str) -> Values:
    """Return consistent figures of one agency for a year."""
    dice = Dice(f"{DISTRICT} {YEAR} {code}")
    values = {cell.name: 0 for cell in FORM.inputs}
    busy = code in {"004", "008", "009", "012"}
    made = dice.upto(4)
    values["disclosure.normative_documents.made"] = made
    values["disclosure.normative_documents.repealed"] = dice.upto(2)
    values["disclosure.normative_documents.in_force"] = made + dice.upto(15)
    for kind, most in (("licensing", 9000), ("penalty", 2500), ("coercion", 120)):
        values[f"disclosure.{kind}.decisions"] = dice.upto(most if busy else most // 60)
    for column, most in zip(COLUMNS, (60 if busy else 14, 6, 1, 1, 3, 2), strict=True):
        new, carried = dice.upto(most), dice.upto(most // 10)
        left = min(new, dice.upto(most // 8))
        values[f"applications.new.{column}"] = new
        values[f"applications.carried_in.{column}"] = carried
        values[f"applications.carried_out.{column}"] = left
        for _ in range(new + carried - left):
            values[f"applications.{dice.pick(RESULTS)}.{column}"] += 1
    for block in ("review", "direct", "after_review"):
        for outcome, most in (("upheld", 3), ("corrected", 1), ("other", 1), ("pending", 1)):
            values[f"disputes.{block}.{outcome}"] = dice.upto(most if busy else most // 2)
    exact = {name: Decimal(value) for name, value in values.items()}
    exact["disclosure.fees.amount"] = Decimal(dice.upto(90_000_000 if busy else 400_000)) / 10_000
    return exact


def prose(name: str, code: str, values: Values, year: int) -> dict[str, str]:
    """Return the texts of an agency, with the figures of its tables, in one of four styles."""
    style = int(code) % len(_STYLES)
    problems, remedies = _SHORTCOMINGS[int(code) % len(_SHORTCOMINGS)]
    return _STYLES[style](name, FORM.complete(values), year) | {
        "overview.supervision": f"明确一名负责人分管，开展业务培训{1 + style}次，未发生责任追究情形。",
        "problems.text": f"存在的问题：{problems}。改进措施：{remedies}。",
        "others.text": "本年度没有收取信息公开处理费，没有其他需要报告的事项。",
        "cover.head": "（签字）",
        "cover.preparer": "办公室",
        "cover.date": f"{year + 1}年1月15日",
    }


_SHORTCOMINGS = (
    ("个别信息更新不及时，答复文书不够规范", "建立更新提醒制度，组织答复文书交叉检查"),
    ("政策解读形式单一，图文解读偏少", "解读材料与文件同步起草、同步审核、同步发布"),
    ("经办人员变动较多，业务不够熟悉", "编印办理手册，新任人员先培训后上岗"),
    ("重点领域信息公开的深度还不够", "对照目录逐项自查，补齐短缺内容"),
    ("与申请人的事前沟通还不充分", "受理后先联系申请人，弄清所需信息再办理"),
)


def _plain(name: str, total: Values, year: int) -> dict[str, str]:
    return {
        "overview.proactive": f"{year}年，{name}通过门户网站公开政策文件、办事指南和财政预决算等信息，重点领域信息按时更新。",
        "overview.on_request": f"本年新收政府信息公开申请{_row_total(total, 'new')}件，结转下年度继续办理{_row_total(total, 'carried_out')}件。",
        "overview.management": "严格执行信息发布审核制度，先审后发，定期清理失效信息。",
        "overview.platform": "门户网站专栏和政务新媒体运行正常，服务大厅设有查阅点。",
    }


def _flowing(name: str, total: Values, year: int) -> dict[str, str]:
    made, in_force = (total[f"disclosure.normative_documents.{k}"] for k in ("made", "in_force"))
    return {
        "overview.proactive": f"{name}坚持以公开为常态、不公开为例外，{year}年在政府网站公开信息{300 + in_force}条，发布政策解读{made + 2}篇。",
        "overview.on_request": f"全年共收到政府信息公开申请{_row_total(total, 'new')}件，上年结转{_row_total(total, 'carried_in')}件；"
        f"已办结{_row_total(total, 'total')}件，其中予以公开{_row_total(total, 'granted')}件、部分公开{_row_total(total, 'partial')}件；"
        f"结转至{year + 1}年办理{_row_total(total, 'carried_out')}件。",
        "overview.management": f"本年制发行政规范性文件{made}件，现行有效{in_force}件，均在网站集中公开。",
        "overview.platform": "网站改版后栏目更清楚，政务公开专区配备自助查询设备。",
    }


def _counting(name: str, total: Values, year: int) -> dict[str, str]:
    both = total["applications.new.total"] + total["applications.carried_in.total"]
    licences, penalties = (total[f"disclosure.{k}.decisions"] for k in ("licensing", "penalty"))
    return {
        "overview.proactive": f"{year}年，{name}作出行政许可决定{licences}件、行政处罚决定{penalties}件，按规定公示。",
        "overview.on_request": f"受理政府信息公开申请{both}件（含上年结转{_row_total(total, 'carried_in')}件），"
        f"办结{_row_total(total, 'total')}件，结转下年{_row_total(total, 'carried_out')}件。"
        f"因政府信息公开被申请行政复议{total['disputes.review.total']}件。",
        "overview.management": "落实公文公开属性源头认定，信息发布实行三审三校。",
        "overview.platform": "政务新媒体每周更新，全年推送信息百余篇。",
    }


def _dividing(name: str, total: Values, year: int) -> dict[str, str]:
    new, natural = total["applications.new.total"], total["applications.new.natural"]
    return {
        "overview.proactive": f"围绕群众关心的事项，{name}及时公开工作动态、办事指南和财政资金等信息，听取意见{year % 7 + 2}次。",
        "overview.on_request": f"{year}年新收申请{new}件，其中自然人{natural}件，法人或其他组织{new - natural}件。"
        f"不予公开{sum(v for n, v in total.items() if n.startswith('applications.refused') and n.endswith('.total'))}件，"
        f"本机关不掌握相关政府信息{_row_total(total, 'unavailable_not_held')}件。",
        "overview.management": "指定专人管理信息目录，每季度核对一次。",
        "overview.platform": "网站无障碍阅读功能正常，办事大厅公开栏按月更换。",
    }


_STYLES = (_plain, _flowing, _counting, _dividing)


def _row_total(total: Values, row: str) -> Decimal:
    return total[f"applications.{row}.total"]


def workbook(
    code: str,
    values: Values,
    year: int = YEAR,
    name: str = "",
    form: str = FORM.key,
    edition: str = FORM.edition,
) -> bytes:
    """Return the filled workbook of an agency."""
    name = name or AGENCIES[code]
    stamp = Stamp(form, edition, Period(year), Agency(DISTRICT, code, name))
    return write_return(FORM, stamp, values, prose(name, code, values, year))


def edit(package: bytes, edits: Edits) -> bytes:
    """Return the workbook with contents typed into cells by name."""
    sheets: dict[str, dict[str, clerk.Content]] = {}
    for name, content in edits.items():
        sheet, address = PLACE.address(name)
        sheets.setdefault(sheet, {})[address] = content
    for sheet, contents in sheets.items():
        package = clerk.edited(package, sheet, contents)
    return package


def spoiled(package: bytes, *inputs: str) -> bytes:
    """Return the workbook with the error values of totals over inputs that are texts."""
    names = [cell.name for cell in FORM.totals if FORM.reach[cell.name] & set(inputs)]
    return edit(package, {name: clerk.Result("#VALUE!") for name in names})


# -- the mistakes, each done to one agency's good return


def total_typed_over(package: bytes, values: Values) -> bytes:
    """002: the total of 行政复议 typed as 0, the office's own mistake of 洪泽 2023; and one total typed right."""
    right = FORM.complete(values)["applications.new.total"]
    return edit(package, {"disputes.review.total": Decimal(0), "applications.new.total": right})


def text_for_numbers(package: bytes, _: Values) -> bytes:
    """003: words, units, strokes, changes, remarks and guesses where numbers belong."""
    edits: Edits = {
        "applications.declined_massive.natural": "无",
        "applications.partial.welfare": "/",
        "disclosure.licensing.decisions": "１２件",
        "disclosure.penalty.decisions": "约100",
        "disclosure.coercion.decisions": "减4",
        "disclosure.fees.amount": "2000万",
        "disclosure.normative_documents.in_force": "22（其中修订16件）",
        "disclosure.normative_documents.made": "见附件",
    }
    return spoiled(edit(package, edits), *edits)


def blanks(package: bytes, values: Values) -> bytes:
    """004: the zeros of three columns were left out, in one cell as an ideographic space."""
    empty = [
        n
        for n in values
        if n.startswith("applications.")
        and n.endswith((".research", ".welfare", ".legal_service"))
        and not values[n]
    ]
    return edit(package, dict.fromkeys(empty) | {empty[0]: "\u3000"})


def wrong_applicant(package: bytes, values: Values) -> bytes:
    """005: one application's result under another kind of applicant: two columns fail, the total column holds."""
    row = next(r for r in RESULTS if values[f"applications.{r}.natural"])
    return edited_and_added(
        package, values, {f"applications.{row}.natural": -1, f"applications.{row}.other_org": +1}
    )


def impossible_numbers(package: bytes, _: Values) -> bytes:
    """006: a negative and a fractional count of decisions."""
    return edit(
        package,
        {"disclosure.penalty.decisions": Decimal(-3), "disclosure.licensing.decisions": Decimal("10.5")},
    )


def last_years_file(_: bytes, values: Values) -> bytes:
    """007: the workbook of the year before."""
    return workbook("007", values, YEAR - 1)


def row_inserted(package: bytes, _: Values) -> bytes:
    """009: protection was lifted and a row put in for a note."""
    return clerk.with_row_inserted(package, "三、依申请公开", 12)


def renamed_and_unlocked(package: bytes, values: Values) -> bytes:
    """018: protection lifted, a sheet renamed, a row hidden, a formula rewritten."""
    package = clerk.with_part_changed(package, "四、复议诉讼", ("<sheetProtection[^>]*/>", ""))
    package = clerk.with_part_changed(package, "三、依申请公开", ('<row r="12"', '<row r="12" hidden="1"'))
    right = FORM.complete(values)["disputes.review.total"]
    package = edit(package, {"disputes.review.total": clerk.Formula("SUM(A6:D6)", right)})
    return clerk.with_sheet_renamed(package, "四、复议诉讼", "复议")


def stale(package: bytes, values: Values) -> bytes:
    """010: a program saved a new figure and the old total, and two totals without any result."""
    old = FORM.complete(values)["disputes.direct.total"] + 2
    return edit(
        package,
        {
            "disputes.direct.total": clerk.Result(old),
            "disputes.review.total": clerk.Result(None),
            "disputes.after_review.total": clerk.Result(None),
        },
    )


def sheet_deleted(package: bytes, _: Values) -> bytes:
    """011: a sheet the agency thought it did not need."""
    return clerk.without_sheet(package, "四、复议诉讼")


def formula_for_number(package: bytes, values: Values) -> bytes:
    """013: a sum typed into an input, and a label rewritten."""
    value = values["disclosure.penalty.decisions"]
    package = edit(package, {"disclosure.penalty.decisions": clerk.Formula(f"{value}-0", value)})
    return clerk.edited(package, "四、复议诉讼", {"A3": "行政复议（含调解）"})


def cover_changed(package: bytes, _: Values) -> bytes:
    """014: another name written over the one on the cover."""
    sheet, area = "封面", PLACE.cover.stamp["name"]
    return clerk.edited(package, sheet, {f"B{area.row + 1}": "青禾区桥西街道办事处"})


def old_edition(_: bytes, values: Values) -> bytes:
    """015: the workbook of the trial edition of 2019, kept from years ago."""
    return workbook("015", values, edition="2019")


def other_form(_: bytes, values: Values) -> bytes:
    """016: the workbook of another collection."""
    return workbook("016", values, form="zwgk")


def short_name(_: bytes, values: Values) -> bytes:
    """017: issued under another name than the roster has now."""
    return workbook("017", values, name="青禾区医保局")


def edited_and_added(package: bytes, values: Values, changes: dict[str, int]) -> bytes:
    """Return the workbook with inputs changed and totals recalculated, as a spreadsheet does."""
    after = values | {name: values[name] + change for name, change in changes.items()}
    before, now = FORM.complete(values), FORM.complete(after)
    edits: Edits = {name: after[name] for name in changes}
    return edit(
        package,
        edits | {c.name: clerk.Result(now[c.name]) for c in FORM.totals if before[c.name] != now[c.name]},
    )


MISTAKES: dict[str, Callable[[bytes, Values], bytes]] = {
    "002": total_typed_over,
    "003": text_for_numbers,
    "004": blanks,
    "005": wrong_applicant,
    "006": impossible_numbers,
    "007": last_years_file,
    "009": row_inserted,
    "010": stale,
    "011": sheet_deleted,
    "013": formula_for_number,
    "014": cover_changed,
    "015": old_edition,
    "016": other_form,
    "017": short_name,
    "018": renamed_and_unlocked,
}


def problems() -> dict[str, bytes]:
    """Return the files of an ordinary January. 001 is right; 008 sent two files; 012 none that can be read; 019 none."""
    files: dict[str, bytes] = {}
    for code, name in AGENCIES.items():
        values = figures(code)
        package = workbook(code, values)
        if code in MISTAKES:
            package = MISTAKES[code](package, values)
        if code not in {"012", "019"}:
            files[f"{code}_{name}_{YEAR}.xlsx"] = package
    values = figures("008")
    corrected = values | {"disclosure.licensing.decisions": values["disclosure.licensing.decisions"] + 1}
    files[f"008_{AGENCIES['008']}_{YEAR}（修改）.xlsx"] = workbook("008", corrected)
    files["099_青禾区气象局_2024.xlsx"] = workbook("099", figures("099"), name="青禾区气象局")
    files["012_市场监管局_加密.xlsx"] = clerk.ole("EncryptionInfo", "EncryptedPackage")
    files["012_市场监管局_旧格式.xls"] = clerk.ole("Workbook")
    files["012_市场监管局_网页.xlsx"] = (
        "<html><body><table><tr><td>总计</td><td>0</td></tr></table></body></html>".encode("gb18030")
    )
    files["012_市场监管局_没传完.xlsx"] = workbook("012", figures("012"))[:9000]
    files["012_市场监管局_空.xlsx"] = b""
    files["012_市场监管局_自制表.xlsx"] = self_made()
    return files


def self_made() -> bytes:
    """Return a workbook that was never issued: the issued one without its stamp."""
    package = clerk.with_property(workbook("012", figures("012")), "xltools.code", "")
    return clerk.edited(package, "封面", {f"B{PLACE.cover.stamp['code'].row + 1}": None})


def published() -> dict[str, bytes]:
    """Return the reports of ``published.toml``; a total that is printed wrong is typed."""
    document = tomllib.loads((HERE / "published.toml").read_text(encoding="utf-8"), parse_float=Decimal)
    files = {}
    for report in document["report"]:
        given = {name: Decimal(value) for name, value in report["figures"].items()}
        values = {cell.name: given.get(cell.name, Decimal(0)) for cell in FORM.inputs}
        stamp = Stamp(
            FORM.key,
            FORM.edition,
            Period(report["year"]),
            Agency(report["district"], report["code"], report["agency"]),
        )
        package = edit(
            write_return(
                FORM, stamp, values, dict.fromkeys(FORM.prose.required, "（原报告的文字部分没有收入本例。）")
            ),
            {name: Decimal(v) for name, v in report["wrong_totals"].items()},
        )
        files[f"{report['code']}_{report['agency']}_{report['year']}.xlsx"] = package
    return files


def everything() -> dict[str, bytes]:
    """Return the content of each generated file by its path from this folder."""
    clean = {f"{code}_{name}_{YEAR}.xlsx": workbook(code, figures(code)) for code, name in AGENCIES.items()}
    folders = {"clean": clean, "problems": problems(), "published": published()}
    files = {
        f"{folder}/{name}": content for folder, made in folders.items() for name, content in made.items()
    }
    roster = "".join(f"{code},{name}\r\n" for code, name in AGENCIES.items())
    files["roster.csv"] = ("代码,名称\r\n" + roster).encode("gb18030")
    return files | form_returns.everything()


if __name__ == "__main__":
    files = everything()
    for folder in {(HERE / path).parent for path in files} - {HERE}:
        folder.mkdir(exist_ok=True)
        for old in folder.iterdir():
            old.unlink()
    for path, content in files.items():
        (HERE / path).write_bytes(content)
    print(f"{len(files)} files made")
