"""What every test may use: the two forms, a return that adds up, and the clerk who spoils it."""

from __future__ import annotations

import io
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterable
from copy import copy
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from click.testing import CliRunner
from hypothesis import HealthCheck, settings
from openpyxl.worksheet.merge import MergedCellRange

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
sys.path[:0] = [str(HERE), str(ROOT / "samples")]
# A command in a process of its own loads byte code, as it does for users; compiling doubles the time of a short one.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

from browser import chromium, tab  # noqa: E402, F401  fixtures for every module
from xltools.cli import command_line  # noqa: E402
from xltools.data.filing import Return  # noqa: E402
from xltools.data.finding import Finding  # noqa: E402
from xltools.errors import FormError, XltoolsError  # noqa: E402
from xltools.form.library import find  # noqa: E402
from xltools.form.load import parse  # noqa: E402
from xltools.prose import checks as prose_checks  # noqa: E402

IS_PROVING = bool(os.environ.get("PROVE"))  # set by `make prove`


def examples(count: int) -> int:
    """How many examples a law is tried on: all of them in the longer proofs, an eighth day by day."""
    return count if IS_PROVING else max(count // 8, 3)


def by_day(cases: Iterable[Any], count: int) -> list[Any]:
    """The cases for ``parametrize``: about *count* of them, evenly spread, for every day; the others for the longer proofs.

    A tuple holds the values of several arguments.
    """
    every = list(cases)
    step = -(-len(every) // count)
    return [
        pytest.param(
            *case if isinstance(case, tuple) else (case,), marks=[pytest.mark.prove] * (place % step > 0)
        )
        for place, case in enumerate(every)
    ]


def locked_as_its_first(merged: MergedCellRange) -> None:
    """Lock the cells of a merged one as openpyxl does, but draw no borders: no test looks at them, and they take half the time."""
    protection = copy(merged.start_cell.protection)
    for row, column in merged.cells:
        merged.ws._cells[row, column].protection = protection


if not IS_PROVING:
    MergedCellRange.format = locked_as_its_first

settings.register_profile(
    "default", deadline=None, max_examples=examples(100), suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile("ci", parent=settings.get_profile("default"), derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") else "default")


@pytest.fixture(autouse=True)
def _english(monkeypatch):
    """Tests read one language unless they ask for the other, and a defect fails them instead of becoming a finding."""
    monkeypatch.setenv("XLTOOLS_LANG", "en")
    monkeypatch.setenv("XLTOOLS_DEBUG", "1")


@pytest.fixture(scope="session")
def form():
    return find("xxgk-2021")


@pytest.fixture(scope="session")
def other_form():
    return find(str(HERE / "forms" / "fwzx-2025.toml"))


@pytest.fixture(scope="session")
def sound():
    """Inputs of the official form in which everything adds up and no two neighbours are alike."""
    return sound_values()


def sound_values(turn: int = 0) -> dict[str, Decimal]:
    """Other figures with each *turn*, up to seven; an ordinary agency makes no rules and has 0 there."""
    form = find("xxgk-2021")
    values = {
        cell.name: Decimal(0 if cell.only else (index + turn) % 7)
        for index, cell in enumerate(form.inputs, 1)
    }
    values["disclosure.fees.amount"] = Decimal("96171.6")
    for column in ("natural", "commercial", "research", "welfare", "legal_service", "other_org"):
        done = form.complete(values)[f"applications.total.{column}"]
        new, carried_out = f"applications.new.{column}", f"applications.carried_out.{column}"
        values[new] = done + values[carried_out] - values[f"applications.carried_in.{column}"]
    return values


def year_before(values: dict[str, Decimal]) -> dict[str, Decimal]:
    """Figures of the official form from which those of a year follow; nothing else is different."""
    last = dict(values)
    for column in ("natural", "commercial", "research", "welfare", "legal_service", "other_org"):
        new, carried_out = f"applications.new.{column}", f"applications.carried_out.{column}"
        carried_in = values[f"applications.carried_in.{column}"]
        last[new] += carried_in - values[carried_out]
        last[carried_out] = carried_in
    for row in ("regulations", "normative_documents"):
        stock = f"disclosure.{row}.in_force"
        last[stock] += values[f"disclosure.{row}.repealed"] - values[f"disclosure.{row}.made"]
    return last


def prose(filing: Return) -> list[Finding]:
    """The findings of the checks on prose alone."""
    return list(prose_checks.prose(prose_checks.read_prose(filing)))


def sound_prose() -> dict[str, str]:
    """Something in each box of the official form, without a figure: it agrees with any table."""
    return {
        "overview.proactive": "按照条例规定的范围和时限公开信息，重点领域信息及时更新。",
        "overview.on_request": "申请渠道畅通，登记、审核、办理、答复、归档各环节按规定进行。",
        "overview.management": "严格信息发布审核，先审后发，定期清理失效信息。",
        "overview.platform": "门户网站专栏和政务新媒体运行正常。",
        "overview.supervision": "有负责人分管，有专人办理，开展业务培训和日常检查。",
        "problems.text": "存在的问题：信息更新还不够及时。改进措施：建立更新提醒制度，加强检查。",
        "others.text": "本年度未收取信息处理费，没有其他需要报告的事项。",
    }


def prose_for(form) -> dict[str, str]:
    """Something in each box of any form."""
    words = "按照要求办理，情况正常；不足之处是更新不够及时，已制定改进措施。"
    return {name: sound_prose().get(name, words) for name in form.texts if not name.startswith("cover.")}


def unpacked(content):
    """The parts of a zip in their order, each with its content; anything else as it is.

    Files are compared by this, because builds of zlib compress the same content differently.
    """
    if not zipfile.is_zipfile(io.BytesIO(content)):
        return content
    with zipfile.ZipFile(io.BytesIO(content)) as package:
        return tuple((entry.filename, package.read(entry)) for entry in package.infolist())


def resaved(content, edit):
    """A workbook as openpyxl saves it after *edit* of its book."""
    book = openpyxl.load_workbook(io.BytesIO(content))
    edit(book)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


@pytest.fixture(scope="session")
def script(tmp_path_factory):
    """Runs a script of ``samples`` and returns the folder that it made, and what it printed."""

    def started(name, **environment):
        if not shutil.which("sh"):
            pytest.skip("the examples are shell scripts")
        out = tmp_path_factory.mktemp("script") / "year"
        about = {"BIN": str(Path(sys.executable).parent), "OUT": str(out), "PYTHONPATH": str(ROOT / "src")}
        done = subprocess.run(
            ["sh", f"samples/{name}.sh"],
            cwd=ROOT,
            env=os.environ | about | environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout[-3000:] + done.stderr
        return out, done.stdout

    return started


def form_problems(text):
    """The problems for which the form in *text* is refused."""
    with pytest.raises(FormError) as caught:
        parse(text, "form.toml")
    return caught.value.problems


def run(*arguments, expect=0):
    """What a command prints, or the problems that stop it; it must end with the status that is expected."""
    result = CliRunner().invoke(command_line("en"), [str(a) for a in arguments], standalone_mode=False)
    if isinstance(result.exception, XltoolsError):
        assert expect == 2, result.exception
        return "\n".join(f"{p.code} {p.place} {p.facts}" for p in result.exception.problems)
    assert result.exception is None, result.exception
    assert (result.return_value or 0) == expect, result.output
    return result.output
