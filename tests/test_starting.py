"""What a command loads that does little. Times are too noisy to be asserted; what they are made of is not."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from conftest import ROOT

SAMPLE = min((ROOT / "samples" / "clean").glob("*.xlsx"))

# Libraries that take long to import, and that a command which does not need them must not load.
HEAVY = {
    *("asyncio", "distributed", "docx", "jinja2", "msoffcrypto", "multiprocessing", "openpyxl", "pyarrow"),
    *("python_calamine", "rich", "sqlite3", "subprocess", "xlsxwriter"),
}
READING = {"cattrs", "xml.parsers.expat", "zipfile"}  # what only the reading of files and forms needs
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


def test_verify_of_one_file_loads_no_heavy_library():
    found = loaded("verify", SAMPLE)
    assert {"xltools.excel.scan", "xltools.checking.checks"} <= found
    assert not found & HEAVY
    assert not {name for name in found if name.startswith("xltools.excel.writer")}


COMPLETING = {"_XLTOOLS_COMPLETE": "bash_complete", "COMP_WORDS": "xltools ver", "COMP_CWORD": "1"}


@pytest.mark.parametrize(
    ("arguments", "environment"),
    [(["--help"], {}), (["--version"], {})],
    ids=["help", "version"],
)
def test_help_and_version_know_no_form_and_no_finding(arguments, environment):
    found = loaded(*arguments, **environment)
    assert not found & (HEAVY | READING)
    units = {name.split(".")[1] for name in found if name.startswith("xltools.")}
    assert units <= {"cli", "text", "files", "errors", "collection"}
    inside = {name for name in found if name.startswith("xltools.collection.")}
    assert inside <= {"xltools.collection.location"}  # which only looks for a file


def test_the_help_of_a_command_loads_no_heavy_library():
    assert not loaded("verify", "--help") & HEAVY
    assert not loaded(**COMPLETING) & HEAVY
