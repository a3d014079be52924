"""Golden files: what a sheet holds, what the commands say, as text that a review can read.

``make golden`` renews them; look at the difference before committing it.
"""

from __future__ import annotations

import io
import os
import struct
import tomllib

import openpyxl
import pytest
from click.testing import CliRunner

from conftest import HERE, ROOT
from xltools.cli import command_line
from xltools.collection.merging import merge
from xltools.data.filing import Stamp
from xltools.data.period import Period
from xltools.data.record import Agency
from xltools.excel.reader import read
from xltools.excel.writer import write_return, write_rollup
from xltools.form.library import find

GOLDEN = HERE / "golden"


def check(name, text, folder=GOLDEN):
    path = folder / name
    if os.environ.get("GOLDEN") == "renew":
        path.write_text(text, encoding="utf-8")
    assert path.read_text(encoding="utf-8") == text, f"{name} differs: look at it, then make golden"


def compiled(catalogue):
    """A catalogue of click's words as gettext reads it: https://www.gnu.org/software/gettext/manual (MO files)."""
    about = "Content-Type: text/plain; charset=UTF-8\nPlural-Forms: nplurals=2; plural=n != 1;\n"
    pairs = {"": about} | catalogue["words"]
    for one, (many, *translated) in catalogue["counted"].items():
        pairs[f"{one}\0{many}"] = "\0".join(translated)
    texts = sorted((one.encode(), other.encode()) for one, other in pairs.items())
    first = 28 + 16 * len(texts)  # of the bytes behind the head and the two tables
    tables, content = [b"", b""], b""
    for side in (0, 1):
        for pair in texts:
            tables[side] += struct.pack("<2I", len(pair[side]), first + len(content))
            content += pair[side] + b"\0"
    head = struct.pack("<7I", 0x950412DE, 0, len(texts), 28, 28 + 8 * len(texts), 0, 0)
    return head + b"".join(tables) + content


def test_the_words_of_click_are_compiled():
    text = ROOT / "src" / "xltools" / "text"
    made = compiled(tomllib.loads((text / "click.zh.toml").read_text(encoding="utf-8")))
    path = text / "locale" / "zh" / "LC_MESSAGES" / "click.mo"
    if os.environ.get("GOLDEN") == "renew":
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(made)
    assert path.read_bytes() == made, "click.zh.toml was changed: make golden"


def told(package):
    """A workbook as text: each cell with its content, its result, and an ``o`` where it is open."""
    formulas = openpyxl.load_workbook(io.BytesIO(package))
    results = openpyxl.load_workbook(io.BytesIO(package), data_only=True)
    lines = []
    for sheet in formulas:
        lines += ["", f"== {sheet.title} ({sheet.print_area}, frozen at {sheet.freeze_panes})"]
        lines += [f"merged {area}" for area in sorted(map(str, sheet.merged_cells.ranges))]
        for cell in (cell for row in sheet.iter_rows() for cell in row):
            is_open = cell.protection.locked is False
            if cell.value is None and not is_open:
                continue
            result = results[sheet.title][cell.coordinate].value
            value = "" if cell.value is None else str(cell.value).replace("\n", "\\n")
            lines.append(
                f"{cell.coordinate}{' o' if is_open else ''} {value}{f' -> {result}' if cell.data_type == 'f' else ''}"
            )
    lines += [
        "",
        "== names",
        *sorted(f"{name} {defined.attr_text}" for name, defined in formulas.defined_names.items()),
    ]
    return "\n".join(lines).lstrip() + "\n"


@pytest.mark.parametrize("name", ["xxgk-2021", "fwzx-2025"])
def test_the_blank_workbook(name):
    form = find(name if name == "xxgk-2021" else str(HERE / "forms" / f"{name}.toml"))
    stamp = Stamp(form.key, form.edition, Period(2024), Agency("青禾区", "003", "青禾区教育局"))
    check(f"{name}.txt", told(write_return(form, stamp)))


def test_the_rollup_of_three():
    form = find("xxgk-2021")
    paths = sorted((ROOT / "samples" / "clean").iterdir())[:3]
    check(
        "rollup.txt",
        told(write_rollup(merge([read(path) for path in paths], form, Period(2024), "青禾区").rollup)),
    )


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize(
    "command",
    [
        "--help",
        "generate --help",
        "read --help",
        "verify --help",
        "merge --help",
        "publish --help",
        "gather --help",
        "export --help",
        "form --help",
        "form cells --help",
        "form blank --help",
        "form notes --help",
        "explain --help",
        "schema --help",
    ],
)
def test_help(command, lang):
    result = CliRunner().invoke(command_line(lang), command.split(), "xltools")
    check(f"help-{command.replace(' --help', '').strip('-').replace(' ', '-')}-{lang}.txt", result.output)


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_what_verify_says_of_the_problems(lang, monkeypatch):
    monkeypatch.chdir(ROOT)
    arguments = ["verify", "samples/problems", "--roster", "samples/roster.csv", "--year", "2024"]
    check(f"problems-{lang}.txt", CliRunner().invoke(command_line(lang), arguments).output)


def test_what_merge_says_of_the_clean_set(monkeypatch, tmp_path):
    monkeypatch.chdir(ROOT)
    out = str(tmp_path / "d.xlsx")
    arguments = [
        "merge",
        "samples/clean",
        "--roster",
        "samples/roster.csv",
        "--year",
        "2024",
        "--district",
        "青禾区",
        "-o",
        out,
    ]
    result = CliRunner().invoke(command_line("zh"), arguments)
    assert result.exit_code == 0
    check("merge-zh.txt", result.output.replace(out, "青禾区.xlsx"))
