"""The other side of :mod:`xltools.excel.sandbox`: a script that reads one doubtful file and may die of it.

It is run by its path and imports nothing of xltools, so that it starts in hundredths of a second. A library that
loops, swallows memory or aborts takes only this process along. The job comes on the command line, the file on
standard input; one word of outcome and a line feed go to standard output, then the answer.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import io
import os
import sys
import threading
import time
from collections.abc import Iterator
from typing import Any

_EXACT = 10**15  # whole numbers below it are the same as a double and as text
_ESCAPES = str.maketrans({"\\": r"\\", "\t": r"\t", "\n": r"\n", "\r": r"\r"})
_MOST_SPINS = 1_000_000  # Office itself asks for 100,000


class RefusalError(Exception):
    """The one word that says why there is no answer."""


def main(job: str, memory: int, seconds: float, cells: int) -> None:
    """Do one job and say how it went; the word ``ok`` goes before an answer."""
    _limit(memory, seconds)
    with open(0, "rb", closefd=False) as source:
        secrets = source.readline()
        data = source.read()
    try:
        answer = _decrypted(data, secrets) if job == "decrypt" else _cells_of(data, cells)
        outcome = b"ok"
    except RefusalError as refusal:
        outcome, answer = str(refusal).encode(), b""
    except BaseException as error:  # noqa: BLE001  a panic of the library is not an Exception
        outcome, answer = b"unreadable", f"{type(error).__name__}: {error}"[:200].encode("utf-8", "replace")
    with open(1, "wb", closefd=False) as target:
        target.write(outcome + b"\n" + answer)


def _limit(memory: int, seconds: float) -> None:
    """Bound memory and processor time where the system can do so, and the time that passes everywhere."""

    def stop() -> None:
        time.sleep(seconds)
        os._exit(3)

    threading.Thread(target=stop, daemon=True).start()
    with contextlib.suppress(ImportError, ValueError, OSError):
        import resource  # noqa: PLC0415  not on Windows

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        resource.setrlimit(resource.RLIMIT_CPU, (int(seconds) + 1, int(seconds) + 1))
        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))


# -- reading an old format


def _cells_of(data: bytes, most: int) -> bytes:
    """A line for each sheet and each cell that is not empty, its fields escaped and parted by tabs."""
    try:
        import python_calamine as calamine  # noqa: PLC0415  an extra
    except ImportError:
        raise RefusalError("missing") from None
    book = calamine.CalamineWorkbook.from_filelike(io.BytesIO(data))
    lines: list[bytes] = []
    for about in book.sheets_metadata:
        if about.typ == calamine.SheetTypeEnum.WorkSheet:
            lines.append(
                _line("sheet", about.name.translate(_ESCAPES), str(about.visible).rpartition(".")[2])
            )
            for row, column, value in _values(book.get_sheet_by_name(about.name)):
                if len(lines) >= most:
                    raise RefusalError("too-large")
                lines.append(_line(str(row), str(column), *_told(value)))
    return b"".join([*lines, b"end\n"])


def _values(sheet: Any) -> Iterator[tuple[int, int, Any]]:
    """Row, column and value of each cell that holds something.

    The library's row iterator leaves out empty columns before the first but not empty rows; so the area is asked for and placed by its start.
    """
    first_row, first_column = sheet.start or (0, 0)
    for row, values in enumerate(sheet.to_python(skip_empty_area=True), first_row):
        for column, value in enumerate(values, first_column):
            if value != "":
                yield row, column, value


def _told(value: Any) -> tuple[str, str]:
    """The type of a value, as the scanner names types, and its text."""
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


# -- taking off a password


def _decrypted(data: bytes, secrets: bytes) -> bytes:
    """The file inside, by the first of the passwords that opens it."""
    try:
        import msoffcrypto  # noqa: PLC0415  an extra
        from msoffcrypto.exceptions import InvalidKeyError  # noqa: PLC0415
    except ImportError:
        raise RefusalError("missing") from None
    locked = msoffcrypto.OfficeFile(io.BytesIO(data))
    if getattr(locked, "info", {}).get("spinValue", 0) > _MOST_SPINS:
        raise RefusalError("spins")
    for secret in secrets.split():
        with contextlib.suppress(InvalidKeyError):
            _try(locked, bytes.fromhex(secret.decode("ascii")).decode("utf-8"))
            opened = io.BytesIO()
            locked.decrypt(opened)
            return opened.getvalue()
    raise RefusalError("wrong-password")


def _try(locked: Any, password: str) -> None:
    """Use a password; the library raises when it is wrong."""
    if locked.format == "ooxml":
        locked.load_key(password=password, verify_password=True)  # otherwise it would not be verified
    else:
        locked.load_key(password=password)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), float(sys.argv[3]), int(sys.argv[4]))
