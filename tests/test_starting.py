"""What a command loads that does little. Times are too noisy to be asserted; what they are made of is not."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib

import pytest

from conftest import ROOT
from xltools import ready
from xltools.errors import FormError
from xltools.form import library
from xltools.form.load import parse, shipped
from xltools.text import LANGS, Catalog

SAMPLE = min((ROOT / "samples" / "clean").glob("*.xlsx"))

# Of the standard library and of others, what takes milliseconds and one sound file has no use for.
HEAVY = {
    *(
        "attr",
        "cattrs",
        "csv",
        "difflib",
        "email",
        "fractions",
        "hashlib",
        "hmac",
        "importlib.metadata",
        "json",
    ),
    *("msoffcrypto", "openpyxl", "python_calamine", "random", "rich", "statistics", "subprocess", "tempfile"),
    *("tomllib", "typing_extensions", "xlsxwriter", "zipfile"),
}
NEEDED_FOR_HELP = {"json"}
NEEDED_TO_READ = {"hashlib", "json", "zipfile"}
# Rooms of ours that it has no use for either.
OURS = {
    *("xltools.cli.diff", "xltools.cli.merge", "xltools.cli.status", "xltools.folder", "xltools.issue"),
    *("xltools.merging", "xltools.rosters", "xltools.checking.causes", "xltools.checking.gaps"),
    *(
        "xltools.checking.grouping",
        "xltools.data.rollup",
        "xltools.data.seal",
        "xltools.document",
        "xltools.filling",
    ),
    *(
        "xltools.excel.reader.account",
        "xltools.excel.reader.rollup",
        "xltools.form.lint",
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
    assert rooms <= {"classes", "cli", "text", "errors", "ready"}


TEXTS = ROOT / "src" / "xltools" / "text"


@pytest.mark.parametrize("name", [*LANGS, "clerk"])
def test_a_catalogue_is_its_file(name):
    whole = tomllib.loads((TEXTS / f"{name}.toml").read_text(encoding="utf-8"))
    read = Catalog(name)
    for section, sentences in whole.items():
        assert read.keys(section) == list(sentences)
        for key, sentence in sentences.items():
            names = dict.fromkeys(re.findall(r"\{(\w+)\}", sentence), "x")
            assert read(f"{section}.{key}", **names) == sentence.format_map(names)


def test_what_was_parsed_beforehand_says_nothing_of_another_text(tmp_path):
    file, text = tmp_path / "zh.toml", 'a = "好"\n'
    assert ready.parsed(file, text) is None
    file.with_suffix(".json").write_text(ready.made(text, {"a": "好"}), encoding="utf-8")
    assert ready.parsed(file, text) == {"a": "好"}
    assert ready.parsed(file, 'a = "坏"\n') is None
    file.with_suffix(".json").write_text("{", encoding="utf-8")
    assert ready.parsed(file, text) is None


def test_a_form_that_was_changed_is_the_changed_one_and_linted(tmp_path):
    for path in library.files():
        for each in (path, path.with_suffix(".json")):
            (tmp_path / each.name).write_bytes(each.read_bytes())
    file = tmp_path / path.name
    text = file.read_text(encoding="utf-8")
    assert shipped(file).publication == parse(text, "x").publication
    file.write_text(text.replace('title = "政府信息公开工作年度报告"', 'title = "年报"'), encoding="utf-8")
    assert shipped(file).title == "年报"
    file.write_text(text.replace('edition = "2021"', 'edition = ""', 1), encoding="utf-8")
    with pytest.raises(FormError):
        shipped(file)
