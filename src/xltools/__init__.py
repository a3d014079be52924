"""Collect numbers from many agencies in Excel: generate workbooks, read and verify what returns, merge, publish.

A collection from beginning to end, as the command line runs it:

* :func:`create_collection` creates the folder of a collection, :func:`load_collection` opens one;
* :func:`generate` writes one workbook per agency into its outbox;
* :func:`read_inputs` reads the files in its inbox, and :func:`verify_inputs` verifies them together;
* :func:`merge_files` reads, verifies and adds up returns as :class:`MergeOptions` say, and :func:`write_rollup_file`
  writes the roll-up and its manifest;
* :func:`publish` writes the report on a roll-up or a return as :class:`PublishOptions` say.

The same without a folder and without writing files:

* :func:`find_form` returns the form of a name or a TOML file, and :func:`load_roster` a roster;
* :func:`write_return` and :func:`write_rollup` return a workbook's bytes, and :func:`save_rollup` writes a large one;
* :func:`read` and :func:`read_document` return the ``Filing`` in a workbook or in a published report: a
  :class:`Return`, or a :class:`RefusedFile` if its figures cannot be used;
* :func:`verify` returns the findings on one filing, and :func:`examine` those on many together;
* :func:`past_of` returns last year's filings as the :class:`Past` that :func:`examine` and :func:`merge` compare with;
* :func:`merge` returns the :class:`Rollup` of filings, or the findings that prevent it.

Each name is imported when it is first used, so that ``import xltools`` costs next to nothing.
"""

from __future__ import annotations

from importlib import import_module

__version__ = "0.1.0"
# The public names: the module of each, and its name there if it is another.
_PUBLIC = {
    "Agency": "xltools.data.record",
    "Collection": "xltools.checking.collection",
    "Exclusion": "xltools.collection.merging",
    "Filing": "xltools.data.filing",
    "Finding": "xltools.data.finding",
    "Form": "xltools.form.model",
    "MergeOptions": "xltools.collection.rollup_file",
    "Past": "xltools.data.prior",
    "Period": "xltools.data.period",
    "PublishOptions": "xltools.collection.publishing",
    "ReadOptions": "xltools.collection.reading",
    "Record": "xltools.data.record",
    "RefusedFile": "xltools.data.filing",
    "Return": "xltools.data.filing",
    "Rollup": "xltools.data.rollup",
    "Roster": "xltools.data.roster",
    "Severity": "xltools.data.finding",
    "Stamp": "xltools.data.filing",
    "XltoolsError": "xltools.errors",
    "create_collection": "xltools.collection.settings:create",
    "examine": "xltools.checking.collection",
    "find_form": "xltools.form.library:find",
    "generate": "xltools.collection.issuing",
    "load_collection": "xltools.collection.settings:load",
    "load_roster": "xltools.collection.roster_files",
    "merge": "xltools.collection.merging",
    "merge_files": "xltools.collection.rollup_file",
    "past_of": "xltools.data.prior",
    "publish": "xltools.collection.publishing",
    "read": "xltools.excel.reader",
    "read_document": "xltools.document.reader",
    "read_inputs": "xltools.collection.reading",
    "save_rollup": "xltools.excel.writer",
    "verify": "xltools.checking.checks",
    "verify_inputs": "xltools.collection.verifying",
    "write_return": "xltools.excel.writer",
    "write_rollup": "xltools.excel.writer",
    "write_rollup_file": "xltools.collection.rollup_file",
}
__all__ = sorted(_PUBLIC)  # noqa: PLE0605  the table above is the list


def __getattr__(name: str) -> object:
    if name not in _PUBLIC:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module, _, own_name = _PUBLIC[name].partition(":")
    return getattr(import_module(module), own_name or name)
