"""Collect numbers from many agencies in Excel: workbooks out, doubted returns in, totals verified, one roll-up.

The public names, which are what the command line uses:

* :func:`find_form` the form of a name or a TOML file;
* :func:`write_return`, :func:`write_rollup` a workbook's bytes, :func:`save_rollup` a large one to a file;
* :func:`read_document` a published report into a :class:`Filing`;
* :func:`read` a file into a :class:`Filing`; :func:`verify` a filing's findings; :func:`examine` many at once;
* :func:`past_of` last year's filings as the :class:`Past` that :func:`examine` and :func:`merge` compare with;
* :func:`merge` filings into a :class:`Rollup`, or the reasons why not.

They are loaded when first asked for, so that ``import xltools`` costs next to nothing.
"""

from __future__ import annotations

from importlib import import_module

__version__ = "0.1.0"
_HOME = {
    "Agency": "xltools.data.record",
    "Collection": "xltools.checking.collection",
    "Exclusion": "xltools.collection.merging",
    "Filing": "xltools.data.filing",
    "Finding": "xltools.data.finding",
    "Form": "xltools.form.model",
    "Past": "xltools.data.prior",
    "Record": "xltools.data.record",
    "Rollup": "xltools.data.rollup",
    "Roster": "xltools.data.roster",
    "Severity": "xltools.data.finding",
    "Stamp": "xltools.data.filing",
    "XltoolsError": "xltools.errors",
    "examine": "xltools.checking.collection",
    "find_form": "xltools.form.library",
    "load_roster": "xltools.collection.roster_files",
    "merge": "xltools.collection.merging",
    "past_of": "xltools.data.prior",
    "read": "xltools.excel.reader",
    "read_document": "xltools.document.reader",
    "save_rollup": "xltools.excel.writer",
    "verify": "xltools.checking.checks",
    "write_return": "xltools.excel.writer",
    "write_rollup": "xltools.excel.writer",
}
__all__ = sorted(_HOME)  # noqa: PLE0605  the table above is the list


def __getattr__(name: str) -> object:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOME[name]), "find" if name == "find_form" else name)
