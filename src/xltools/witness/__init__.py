"""A second reader: it adds up the same returns without sharing a line with the rest of the package.

Whoever signs a published figure wants it computed twice, by programs that cannot share a mistake. This package imports
the standard library and openpyxl and nothing else of xltools. It reads the form's TOML, opens the files that were added
with openpyxl, finds each figure by its defined name and by its printed labels, adds with fractions, and compares every
figure of the roll-up, and of the published document, with its own. Clarity comes before speed and before tolerance: what
it cannot decide for certain it reports as undecided, never as agreement.

:mod:`~xltools.witness.form` derives the figures from the TOML; :mod:`~xltools.witness.labels` finds them by what is
printed; :mod:`~xltools.witness.workbook` and :mod:`~xltools.witness.document` open files;
:mod:`~xltools.witness.agreement` adds up and compares; :mod:`~xltools.witness.issued` checks blank workbooks before they
are sent.
"""
