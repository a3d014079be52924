"""Make the blank workbooks of many agencies from one workbook with placeholders for name and code."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal

from xltools.data.filing import Stamp
from xltools.data.record import Agency, Lists
from xltools.data.seal import seal
from xltools.excel.package import parts_of, with_parts
from xltools.excel.writer import write_return
from xltools.excel.writer.canvas import header_text
from xltools.excel.writer.cover import is_one_line
from xltools.form.model import Form

_NAME, _CODE = "\ue000name\ue001", "\ue000code\ue001"  # no form contains these private characters
# XlsxWriter writes these in a way of its own: control characters, their escape _x0041_, spaces at the ends, and <r>.
_SPECIAL = re.compile(rf"{_NAME}|{_CODE}|[\x00-\x1f\ufffe\uffff\ud800-\udfff]|_x|\A\s|\s\Z|\A<r>")


@dataclass
class IssueWriter:
    """Writes the workbooks of one issue, each byte for byte as :func:`write_return` writes it.

    A workbook is built as a whole if it shows last year's figures or has some of the issuer, if the agency's name or code
    makes a row of the cover higher, if XlsxWriter writes them in a way of its own, or if another cell contains the same
    text, because XlsxWriter stores equal texts once.
    """

    form: Form
    password: str = ""
    key: bytes = b""
    show_last: bool = False
    _patterns: dict[Stamp, bytes] = field(default_factory=dict, repr=False)

    def workbook(
        self, stamp: Stamp, last: Mapping[str, Decimal] | None = None, lists: Lists | None = None
    ) -> bytes:
        """Return the workbook of one agency; *last* are its figures of last year, if known, *lists* lines of the issuer."""
        agency = stamp.agency
        own = {_NAME: agency.name, _CODE: agency.code}
        is_usual = agency.name != agency.code and all(map(_is_plain, own.values()))
        if last or stamp.given or not is_usual:
            return self._built(stamp, last, lists)
        blank = replace(stamp, agency=Agency(agency.district, _CODE, _NAME))
        if blank not in self._patterns:
            self._patterns[blank] = self._built(blank)
        parts = parts_of(self._patterns[blank])
        if any(b">%s<" % _xml_escaped(text) in parts["xl/sharedStrings.xml"] for text in own.values()):
            return self._built(stamp)
        own[seal(blank, self.key)] = seal(stamp, self.key)
        for part, content in parts.items():
            in_header = part.startswith("xl/worksheets/")
            for placeholder, text in own.items():
                shown = _xml_escaped(header_text(text) if in_header else text)
                content = content.replace(placeholder.encode(), shown)  # noqa: PLW2901
            parts[part] = content
        return with_parts(self._patterns[blank], parts)

    def _built(
        self, stamp: Stamp, last: Mapping[str, Decimal] | None = None, lists: Lists | None = None
    ) -> bytes:
        return write_return(
            self.form,
            stamp,
            password=self.password,
            key=self.key,
            last=last,
            show_last=self.show_last,
            lists=lists,
        )


def _is_plain(text: str) -> bool:
    return bool(text) and is_one_line(text) and not _SPECIAL.search(text)


def _xml_escaped(text: str) -> bytes:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").encode()
