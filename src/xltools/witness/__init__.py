"""A second reader, which computes the figures of a roll-up again and shares no code with the rest of the package.

Two programs that share no code cannot make the same mistake. This package imports the standard library and openpyxl,
and nothing else of xltools. It reads the form's TOML, opens the returns with openpyxl, finds each figure by its defined
name and its printed labels, adds fractions, and compares the sums with every figure of the roll-up and of the published
document. A figure that it cannot read with certainty is reported as undecided, never as agreement.

* :mod:`~xltools.witness.form` derives the figures from the TOML.
* :mod:`~xltools.witness.labels` finds them by their labels.
* :mod:`~xltools.witness.workbook` and :mod:`~xltools.witness.document` open files.
* :mod:`~xltools.witness.agreement` adds up and compares.
* :mod:`~xltools.witness.issued` checks blank workbooks before they are sent.
"""
