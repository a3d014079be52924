"""The script that :mod:`xltools.office.sandbox` runs as a child process to read, decrypt or unpack one untrusted file.

It imports nothing of xltools, so it starts in hundredths of a second. The job and its limits are arguments. Standard
input holds a line with passwords or the name of the file, then the file. Standard output gets a line with the outcome,
then the result.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import io
import os
import runpy
import sys
import threading
import time
from collections.abc import Iterator
from typing import Any

_EXACT = 10**15  # a double holds every whole number below this exactly
_ESCAPES = str.maketrans({"\\": r"\\", "\t": r"\t", "\n": r"\n", "\r": r"\r"})
_FOLDER = os.path.dirname(__file__)  # noqa: PTH120  pathlib is slow to import
_UNPACKING, _PDF = (os.path.join(_FOLDER, name) for name in ("sandbox_unpacking.py", "sandbox_pdf.py"))  # noqa: PTH118
_MOST_SPINS = 1_000_000  # rounds of hashing; Office uses 100,000


class RefusalError(Exception):
    """There is no result; the message is the outcome."""


def main(job: str, memory: int, seconds: float, cells: int, most: int) -> None:
    """Do one job, with at most *memory* bytes, *seconds*, *cells* and *most* bytes in a file; success is ``ok``."""
    _limit(memory, seconds)
    with open(0, "rb", closefd=False) as source:
        words = [bytes.fromhex(word.decode("ascii")).decode("utf-8") for word in source.readline().split()]
        data = source.read()
    try:
        if job == "cells":
            result = _cells_of(data, cells)
        elif job == "decrypt":
            result = _decrypted(data, words)
        elif job == "pdf":
            result = runpy.run_path(_PDF)["items_of"](data, cells, RefusalError)
        else:
            result = runpy.run_path(_UNPACKING)["as_zip"](job, data, words[0], most)
        outcome = b"ok"
    except RefusalError as refusal:
        outcome, result = str(refusal).encode(), b""
    except MemoryError:
        outcome, result = b"memory", b""
    except BaseException as error:  # noqa: BLE001  a panic of the library is not an Exception
        outcome, result = b"unreadable", f"{type(error).__name__}: {error}"[:200].encode("utf-8", "replace")
    with open(1, "wb", closefd=False) as target:
        target.write(outcome + b"\n")
        target.write(result)


def _limit(memory: int, seconds: float) -> None:
    """Limit elapsed time, and memory and processor time where the system supports it."""

    def stop() -> None:
        time.sleep(seconds)
        os._exit(3)

    threading.Thread(target=stop, daemon=True).start()
    with contextlib.suppress(ImportError, ValueError, OSError):
        import resource  # noqa: PLC0415  not on Windows

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        resource.setrlimit(resource.RLIMIT_CPU, (int(seconds) + 1, int(seconds) + 1))
        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))


# -- reading the cells of an old format


def _cells_of(data: bytes, most: int) -> bytes:
    """Return one line per sheet and per cell that is not empty, with escaped fields separated by tabs."""
    try:
        import python_calamine as calamine  # noqa: PLC0415  an extra
    except ImportError:
        raise RefusalError("missing") from None
    book = calamine.CalamineWorkbook.from_filelike(io.BytesIO(data))
    lines: list[bytes] = []
    for sheet in book.sheets_metadata:
        if sheet.typ == calamine.SheetTypeEnum.WorkSheet:
            visibility = str(sheet.visible).rpartition(".")[2]
            lines.append(_line("sheet", sheet.name.translate(_ESCAPES), visibility))
            for row, column, value in _values(book.get_sheet_by_name(sheet.name)):
                if len(lines) >= most:
                    raise RefusalError("too-large")
                lines.append(_line(str(row), str(column), *_typed_text(value)))
    return b"".join([*lines, b"end\n"])


def _values(sheet: Any) -> Iterator[tuple[int, int, Any]]:
    """Yield row, column and value of each cell that is not empty.

    The library's row iterator skips leading empty columns but not leading empty rows. This uses the area of the sheet
    and its first cell instead.
    """
    first_row, first_column = sheet.start or (0, 0)
    for row, values in enumerate(sheet.to_python(skip_empty_area=True), first_row):
        for column, value in enumerate(values, first_column):
            if value != "":
                yield row, column, value


def _typed_text(value: Any) -> tuple[str, str]:
    """Return the type of a value, as the scanner names types, and its text."""
    if isinstance(value, bool):
        return "b", str(int(value))
    if isinstance(value, int | float):
        exact = value == int(value) if abs(value) < _EXACT else False
        return "n", str(int(value)) if exact else repr(value)
    if isinstance(value, str):
        return "s", value.translate(_ESCAPES)
    if isinstance(value, dt.datetime) and value.time() == dt.time():
        value = value.date()
    return "d", str(value)


def _line(*fields: str) -> bytes:
    return "\t".join(fields).encode("utf-8", "replace") + b"\n"


# -- decrypting


def _decrypted(data: bytes, passwords: list[str]) -> bytes:
    """Return the decrypted file; the first of *passwords* that fits is used."""
    try:
        import msoffcrypto  # noqa: PLC0415  an extra
        from msoffcrypto.exceptions import InvalidKeyError  # noqa: PLC0415
    except ImportError:
        raise RefusalError("missing") from None
    encrypted = msoffcrypto.OfficeFile(io.BytesIO(data))
    if getattr(encrypted, "info", {}).get("spinValue", 0) > _MOST_SPINS:
        raise RefusalError("spins")
    verify = {"verify_password": True} if encrypted.format == "ooxml" else {}
    for password in passwords:
        with contextlib.suppress(InvalidKeyError):
            encrypted.load_key(password=password, **verify)
            opened = io.BytesIO()
            encrypted.decrypt(opened)
            return opened.getvalue()
    raise RefusalError("wrong-password")


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), float(sys.argv[3]), *map(int, sys.argv[4:]))
