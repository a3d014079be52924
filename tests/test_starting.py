"""What a command loads that does little. Times are too noisy to be asserted; what they are made of is not."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from conftest import ROOT

SAMPLE = min((ROOT / "samples" / "clean").glob("*.xlsx"))

# Libraries that are slow to import, and our modules that import them: no command loads one before it needs it.
HEAVY = {
    *("concurrent", "distributed", "docx", "lxml", "msoffcrypto", "multiprocessing", "openpyxl", "pyarrow"),
    *("python_calamine", "rich", "sqlite3", "subprocess", "xlsxwriter"),
    *("xltools.collection.second_reader", "xltools.excel.decrypt"),
    *("xltools.excel.legacy", "xltools.excel.writer", "xltools.report.workbook", "xltools.witness"),
}
# What the list of commands has no use for either.
NOT_FOR_HELP = {
    *("csv", "email", "fractions", "hashlib", "hmac", "importlib.metadata", "json", "random", "statistics"),
    *("tempfile", "zipfile"),
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


def test_verify_of_one_file_loads_no_heavy_library():
    found = loaded("verify", SAMPLE)
    assert {"xltools.excel.scan", "xltools.checking.checks"} <= found
    assert not found & HEAVY
    assert not found & {"xltools.cli.diff", "xltools.cli.merge", "xltools.cli.status"}


COMPLETING = {"_XLTOOLS_COMPLETE": "bash_complete", "COMP_WORDS": "xltools ver", "COMP_CWORD": "1"}


@pytest.mark.parametrize(
    ("arguments", "environment"), [(["verify", "--help"], {}), ([], COMPLETING)], ids=["help", "completion"]
)
def test_help_of_a_command_and_completion_load_no_heavy_library(arguments, environment):
    assert not loaded(*arguments, **environment) & HEAVY


@pytest.mark.parametrize("argument", ["--help", "--version"])
def test_help_and_version_know_no_form_and_no_finding(argument):
    found = loaded(argument)
    assert not found & (HEAVY | NOT_FOR_HELP)
    units = {name.split(".")[1] for name in found if name.startswith("xltools.")}
    assert units <= {"cli", "text", "errors", "files"}
