"""Generates filled returns with different figures, which other benchmarks read.

A hundred are written by xltools' writer with the prose of the samples and random figures; the others are copies with
other codes and fees, which are replaced in the parts of the package.
"""

from __future__ import annotations

import io
import random
import sys
import zipfile
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

from xltools.data.filing import Stamp
from xltools.data.period import Period
from xltools.data.record import Agency
from xltools.excel.reader import read
from xltools.excel.writer import write_return
from xltools.form.library import find
from xltools.form.model import Form

ROOT = Path(__file__).resolve().parent.parent
YEAR, DISTRICT = 2024, "青禾区"
_CODE, _NAME, _FEES = "CODE000000", "NAME000000", Decimal("246813.579")
_DISTINCT = 100
_BLANKS = 0.01  # of the cells are left blank
_ZEROS = 0.6  # of the cells that are filled in


def returns(count: int, seed: int = 7) -> Iterator[tuple[str, bytes]]:
    """Yield the name and content of *count* returns of one district, with blanks but without errors."""
    bases = [_parts(package) for package in _bases(min(count, _DISTINCT), seed)]
    for index in range(count):
        code, name = f"C{index:06}", f"单位{index:06}"
        changes = {_CODE: code, _NAME: name, str(_FEES): f"{index / 100:.2f}"}
        yield f"{code}_{name}_{YEAR}.xlsx", _packed(bases[index % len(bases)], changes)


def roster(count: int) -> str:
    """Return the roster of the same agencies as CSV."""
    kinds = ("政府部门", "街道镇", "直属单位")
    rows = (f"C{index:06},单位{index:06},{kinds[index % 3]}" for index in range(count))
    return "\n".join(("代码,名称,类别", *rows)) + "\n"


def write(folder: Path, count: int) -> None:
    """Write the returns into *folder*, unless they are there."""
    folder.mkdir(parents=True, exist_ok=True)
    if len(list(folder.iterdir())) == count:
        return
    for name, content in returns(count):
        (folder / name).write_bytes(content)


def _bases(count: int, seed: int) -> Iterator[bytes]:
    form, draw = find("xxgk-2021"), random.Random(seed)  # noqa: S311
    samples = [read(path) for path in sorted((ROOT / "samples" / "clean").glob("*.xlsx"))]
    stamp = Stamp(form.key, form.edition, Period(YEAR), Agency(DISTRICT, _CODE, _NAME))
    for index in range(count):
        prose = {
            key: text for key, text in samples[index % len(samples)].prose.items() if "overview" not in key
        }
        prose |= {key: "按规定办理，工作有序开展。" for key in form.texts if key.startswith("overview.")}
        yield write_return(form, stamp, _figures(form, draw), prose)


def _figures(form: Form, draw: random.Random) -> dict[str, Decimal]:
    """Return random figures that satisfy every rule, with some cells blank."""
    size = draw.choice((1, 2, 3))
    values = {
        cell.name: Decimal(0 if cell.only or draw.random() < _ZEROS else draw.randint(0, 9) * size)
        for cell in form.inputs
        if draw.random() > _BLANKS
    }
    values["disclosure.fees.amount"] = _FEES
    for column in ("natural", "commercial", "research", "welfare", "legal_service", "other_org"):
        done = form.complete(values).get(f"applications.total.{column}", Decimal(0))
        came, left = f"applications.carried_in.{column}", f"applications.carried_out.{column}"
        values[came] = Decimal(0)
        values[f"applications.new.{column}"] = done + values.get(left, Decimal(0))
    return values


def _parts(package: bytes) -> list[tuple[str, bytes]]:
    with zipfile.ZipFile(io.BytesIO(package)) as found:
        return [(name, found.read(name)) for name in found.namelist()]


def _packed(parts: list[tuple[str, bytes]], changes: dict[str, str]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as package:
        for name, content in parts:
            for token, text in changes.items():
                content = content.replace(token.encode(), text.encode())  # noqa: PLW2901
            package.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
    return out.getvalue()


if __name__ == "__main__":
    _, home, number = sys.argv
    write(Path(home) / "inbox", int(number))
    (Path(home) / "roster.csv").write_text(roster(int(number)), encoding="utf-8")
