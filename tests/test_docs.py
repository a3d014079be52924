"""The documents say what is so: every command they show is run, and gives what they show."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
from dataclasses import dataclass, field
from typing import Literal

import pytest

from conftest import ROOT
from xltools.form.places import CODES, RESERVED_SHEETS


def _script(name):
    spec = importlib.util.spec_from_file_location(name, ROOT / "docs" / f"{name}.py")
    assert spec is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


LONG = ("year.md", ".zh-CN.md", "reports.md", "rollup.md", "export.md", "collection.md", "forms.md")

CHECK, FORM_KEYS = _script("check"), _script("form_keys")


@pytest.mark.skipif(os.name != "posix", reason="the documents show commands of a POSIX shell")
@pytest.mark.skipif(not shutil.which("bash"), reason="no bash is installed")
@pytest.mark.skipif(not (ROOT / ".git").exists(), reason="not a clone: git tells what belongs to the project")
@pytest.mark.parametrize(
    "document",
    [
        # These run many commands, or those of the same documents in English again, or those of samples/year.sh.
        pytest.param(path, marks=[pytest.mark.prove] * path.name.endswith(LONG), id=path.name)
        for path in CHECK.documents()
    ],
)
def test_a_document_says_what_is_so(document):
    assert list(CHECK.faults(document)) == []


@pytest.mark.parametrize(
    ("shown", "real", "alike"),
    [
        ("one\n", "one\n", True),
        ("one\n", "two\n", False),
        ("one … three\n", "one two three\n", True),
        ("one\n…\nlast\n", "one\ntwo\nthree\nlast\n", True),
        ("one\n…\nlast\n", "one\ntwo\n", False),
        ("", "one\n", False),
    ],
)
def test_what_is_shown_is_held_against_what_is_so(shown, real, alike):
    assert CHECK._is_alike(shown, real) == alike


def test_a_link_that_leads_nowhere_is_a_fault(tmp_path):
    document = tmp_path / "page.md"
    document.write_text(
        "# One\n\n[a](#one) [b](#two) [c](gone.md) [d](https://example.org)\n", encoding="utf-8"
    )
    assert list(CHECK.faults(document)) == ["no such heading: #two", "no such file: gone.md"]


def test_the_tables_of_keys_are_what_the_classes_say():
    """``make reference`` writes them."""
    page = FORM_KEYS.PAGE.read_text(encoding="utf-8")
    assert FORM_KEYS.written(page) == page


def test_the_names_of_sheets_that_are_taken_are_told():
    told = next(line for line in FORM_KEYS.reference().splitlines() if line.startswith("| **`sheet`**"))
    assert all(name in told for name in (*RESERVED_SHEETS, CODES))


def test_every_key_has_a_whole_sentence():
    rows = re.findall(r"(?m)^\| (\**`.*?) \| (.*?) \| (.*?) \| (.*?) \|$", FORM_KEYS.reference())
    assert len(rows) > 150
    for key, sentence, values, _ in rows:
        assert re.fullmatch(r"[^a-z].*[.]", sentence), key
        assert values, key


@dataclass
class Inner:
    """A table."""

    name: str
    """Its name."""


@dataclass
class Outer(Inner):
    """A table with others."""

    kinds: tuple[Literal["a", "b"], ...] = ("a",)
    """What it is."""
    inner_: tuple[Inner, ...] = field(default=(), metadata={"key": "inner", "since": 2})
    """Tables in
    it."""


def test_a_table_is_made_from_a_class():
    assert list(FORM_KEYS._table(Outer, {"outer": 1, "list.outer": 2}))[2:] == [
        "In `outer`, `list.outer` ².\n",
        "| key | what it is | values | default |",
        "|---|---|---|---|",
        "| **`name`** | Its name. | text | required |",
        '| `kinds` | What it is. | list of `"a"`, `"b"` | `["a"]` |',
        "| `inner` ² | Tables in it. | list of [Inner](#inner) |  |",
        "",
    ]
