"""What a command loads that does little. Times are too noisy to be asserted; what they are made of is not."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from conftest import ROOT

SAMPLE = min((ROOT / "samples" / "clean").glob("*.xlsx"))

# Of the standard library and of others, what takes milliseconds and one sound file has no use for.
HEAVY = {
    *(
        "csv",
        "email",
        "fractions",
        "hashlib",
        "hmac",
        "importlib.metadata",
        "json",
    ),
    *("msoffcrypto", "openpyxl", "python_calamine", "random", "rich", "statistics", "subprocess", "tempfile"),
    *("xlsxwriter", "zipfile"),
}
NEEDED_FOR_HELP = {"tomllib"}
NEEDED_TO_READ = {"hashlib", "hmac", "json", "tomllib", "zipfile"}
# Rooms of ours that it has no use for either.
OURS = {
    *(
        "xltools.cli.diff",
        "xltools.cli.merge",
        "xltools.cli.status",
        "xltools.collection.settings",
        "xltools.collection.issuing",
    ),
    *(
        "xltools.collection.merging",
        "xltools.collection.roster_files",
        "xltools.checking.causes",
        "xltools.checking.gaps",
    ),
    *(
        "xltools.checking.grouping",
        "xltools.document",
        "xltools.filling",
    ),
    *("xltools.excel.apart", "xltools.excel.decrypt", "xltools.excel.legacy", "xltools.excel.marking"),
    *("xltools.excel.writer", "xltools.report.data", "xltools.report.html", "xltools.report.workbook"),
}
CODE = """
import sys
import click
before = set(sys.modules)
from xltools.cli import main
try:
    main(sys.argv[1:])
finally:
    print("\\n".join(sorted(set(sys.modules) - before)), file=sys.stderr)
"""


def loaded(*arguments, **environment):
    """The modules that a command loads besides click and what the interpreter itself does."""
    done = subprocess.run(
        [sys.executable, "-c", CODE, *map(str, arguments)],
        capture_output=True,
        text=True,
        check=True,
        env=os.environ | {"XLTOOLS_LANG": "en"} | environment,
    )
    found = set(done.stderr.split())
    assert "xltools.text" in found
    return found


def test_verify_of_one_file_loads_nothing_it_has_no_use_for():
    found = loaded("verify", SAMPLE)
    assert {"xltools.excel.scan", "xltools.checking.checks"} <= found
    assert not found & (HEAVY - NEEDED_TO_READ)
    assert not found & OURS


COMPLETING = {"_XLTOOLS_COMPLETE": "bash_complete", "COMP_WORDS": "xltools ver", "COMP_CWORD": "1"}


@pytest.mark.parametrize(
    ("arguments", "environment"),
    [(["--help"], {}), (["--version"], {}), (["verify", "--help"], {}), ([], COMPLETING)],
    ids=["help", "version", "help of a command", "completion"],
)
def test_help_version_and_completion_know_no_form_and_no_finding(arguments, environment):
    found = loaded(*arguments, **environment)
    assert not found & (HEAVY - NEEDED_FOR_HELP)
    rooms = {name.split(".")[1] for name in found if name.startswith("xltools.")}
    assert rooms <= {"cli", "text", "data", "errors"}
