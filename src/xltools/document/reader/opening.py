"""Read a document of any kind into a flow; kind and encoding are decided by its content."""

from __future__ import annotations

import re
from itertools import chain

from xltools.document.reader.flow import CellGrid, Flow, FlowItem, TextLine
from xltools.document.reader.plain_text import read_text
from xltools.document.reader.web import read_page
from xltools.document.reader.word import read_word
from xltools.files import ZIP
from xltools.office.guard import Budget, ScanError
from xltools.office.kinds import OTHER, kind_of
from xltools.text import characters
from xltools.white_space import compact, is_blank

_HEAD = 4096
_SHORTEST_HEAD = 6  # characters of the head of a page beside its number
# The number of a page, as text out of paged documents has it: -3-, — 3 —, 第3页 共12页, 3/12, Page 3.
_PAGE_NUMBER = re.compile(
    r"(?:\A|(?<=\s))\s*(?:[-—–―－─·~～]+\s*[0-9０-９]{1,4}\s*[-—–―－─·~～]+|第\s*[0-9０-９]{1,4}\s*页(?:\W*共\s*[0-9０-９]{1,4}\s*页)?"
    r"|[0-9]{1,4}\s*[/／]\s*[0-9]{1,4}|(?i:page)\s*[0-9]{1,4}(?:\s*(?i:of|/)\s*[0-9]{1,4})?)\s*(?:\Z|(?=\s))"
)
_PAGE = re.compile(
    r"\s*(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*)*<(?:!doctype\s+html|html|head|body|meta|table|div|p|h1|style|title|section|article)\b",
    re.IGNORECASE | re.DOTALL,
)
_TABLE = re.compile(r"(<table\b.*?</table\s*>)", re.IGNORECASE | re.DOTALL)
_CHARSET = re.compile(rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?\s*([A-Za-z0-9_.:-]{2,30})", re.IGNORECASE)
# The kinds of file in which a text is looked for. UTF-16 without a byte order mark is of no known kind.
_TEXTS = {"page", "text", "xml", OTHER.name}
# The encodings that a page may declare, by their labels in the WHATWG Encoding Standard, with Python's names. No other
# label is passed to Python, some of whose codecs are not text encodings. UTF-8 and GB18030 (which includes GBK and
# GB2312) are always tried.
_ENCODINGS = {
    **dict.fromkeys(("big5", "big5-hkscs", "cn-big5", "csbig5", "x-x-big5"), "big5hkscs"),
    **dict.fromkeys(("shift_jis", "shift-jis", "sjis", "x-sjis", "ms_kanji", "windows-31j"), "cp932"),
    **dict.fromkeys(("euc-jp", "x-euc-jp"), "euc_jp"),
    "iso-2022-jp": "iso2022_jp",
    **dict.fromkeys(("euc-kr", "korean", "ks_c_5601-1987", "ksc5601", "windows-949"), "cp949"),
    **dict.fromkeys(("iso-8859-1", "iso8859-1", "latin1", "l1", "ascii", "us-ascii", "x-cp1252"), "cp1252"),
    **{f"iso-8859-{part}": f"iso8859_{part}" for part in (2, 3, 4, 5, 6, 7, 8, 10, 13, 14, 15, 16)},
    **{f"{name}{page}": f"cp{page}" for name in ("windows-", "cp") for page in range(1250, 1259)},
    **dict.fromkeys(("windows-874", "tis-620", "iso-8859-11", "dos-874"), "cp874"),
    "iso-8859-9": "cp1254",
    **dict.fromkeys(("koi8-r", "koi8_r", "koi8"), "koi8_r"),
    **dict.fromkeys(("koi8-u", "koi8-ru"), "koi8_u"),
    **dict.fromkeys(("ibm866", "cp866", "866"), "cp866"),
    **dict.fromkeys(("macintosh", "mac", "x-mac-roman"), "mac_roman"),
    **dict.fromkeys(("x-mac-cyrillic", "x-mac-ukrainian"), "mac_cyrillic"),
}


def flow_of(data: bytes, budget: Budget) -> Flow:
    """Return the content of the document in *data*; raises only :class:`ScanError`, if it cannot be read."""
    if not data:
        raise ScanError("empty-file")
    if data.startswith(ZIP):
        return read_word(data, budget)
    kind = kind_of(data)
    if kind.name == "pdf":
        from xltools.document.reader.pdf import read_pdf  # noqa: PLC0415  starts a child process, as only PDFs need

        return _without_page_numbers(read_pdf(data, budget))
    if kind.name not in _TEXTS:
        # Among documents, an OLE file of an unknown kind is taken for one of an old version of Word.
        code = "word-document" if kind.name == "old-workbook" else kind.code
        raise ScanError(code, kind=kind.name)
    budget.reserve("text", len(data))
    text = _decoded(data)
    if _is_page(text):
        return _without_page_numbers(read_page(text, budget))
    # Programs that write Markdown write tables with merged cells as HTML.
    parts = [
        read_page(part, budget) if n % 2 else read_text(part) for n, part in enumerate(_TABLE.split(text))
    ]
    return _without_page_numbers(tuple(chain.from_iterable(parts)))


def _without_page_numbers(flow: Flow) -> Flow:
    """Return the flow without the lines that are numbers of pages, alone or beside a line of the document: its title."""
    texts = {compact(item.text) for item in flow if isinstance(item, TextLine)}

    def is_number(item: FlowItem) -> bool:
        if isinstance(item, CellGrid):
            return False
        text = item.text if isinstance(item, TextLine) else " ".join(item.cells)
        head = _PAGE_NUMBER.sub("", text)
        return head != text and (
            is_blank(head) or (len(compact(head)) >= _SHORTEST_HEAD and compact(head) in texts)
        )

    return tuple(item for item in flow if not is_number(item))


def is_pdf(data: bytes) -> bool:
    """Return whether *data* is a PDF."""
    return kind_of(data).name == "pdf"


def unrelated_code(data: bytes) -> str:
    """Return the code of the finding on a readable document that contains no table of any form."""
    if data.startswith(ZIP):
        return "word-document"
    if is_pdf(data):
        return "not-a-workbook"
    return "html-file" if _is_page(_decoded(data)) else "csv-file"


def _is_page(text: str) -> bool:
    return bool(_PAGE.match(text[:_HEAD])) or "<html" in text[:_HEAD].lower()


def _decoded(data: bytes) -> str:
    """Return the text: by its byte order mark, else as UTF-8, in the declared encoding, or as GB18030.

    Declarations are often wrong. UTF-8 comes before them because other encodings are hardly ever valid UTF-8.
    """
    for mark, encoding in ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16")):
        if data.startswith(mark):
            return _printable(data.decode(encoding, "replace"))
    if utf_16 := _utf_16_order(data[:_HEAD]):
        return _printable(data.decode(utf_16, "replace"))
    if re.search(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]", data[:_HEAD]):
        raise ScanError("not-a-workbook")
    charset = _CHARSET.search(data[:_HEAD])
    declared = _ENCODINGS.get(charset[1].decode("ascii").lower()) if charset else None
    for encoding in filter(None, ("utf-8", declared, "gb18030")):
        try:
            return _printable(data.decode(encoding))
        except UnicodeDecodeError:
            continue
    return _printable(data.decode("gb18030", "replace"))


def _utf_16_order(head: bytes) -> str:
    """Return the codec of UTF-16 text without a byte order mark: the byte order that gives readable text, or ""."""
    if b"\0" not in head:
        return ""
    for encoding in ("utf-16-le", "utf-16-be"):
        text = head[: len(head) // 2 * 2].decode(encoding, "replace")
        if len(re.findall(r"[\t\r\n -~\u3000-\u303f\u4e00-\u9fff\uff00-\uffef]", text)) * 10 >= len(text) * 9:
            return encoding
    return ""


def _printable(text: str) -> str:
    """Return *text* without invisible characters, which would make labels differ, and with characters only."""
    return characters(re.sub("[\x00\u200b-\u200f\u2060\ufeff]", "", text))
