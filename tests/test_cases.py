"""Each finding code has a case that raises it and nothing else, and words in both languages."""

from __future__ import annotations

import functools

import pytest

import casefile
from casefile import also, cases, causes_of, code_of
from conftest import by_day
from test_schema import VERIFY, plain
from xltools.checking.collection import Collection, Examined
from xltools.data.filing import RefusedFile, Source
from xltools.data.finding import SEVERITY
from xltools.report.data import collection_object
from xltools.text import LANGS, cause_text, message

findings = functools.cache(casefile.findings)
FIRST = {code_of(path): path for path in reversed(cases())}.values()
CASES = [*FIRST, *by_day((path for path in cases() if path not in FIRST), 20)]


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_a_case_raises_its_code_and_no_other(path):
    found = findings(path)
    causes = {cause.code for finding in found for cause in finding.causes}
    # The guilty cell is a code that is told as the cause of other findings.
    raised = {finding.code for finding in found} | (causes & set(SEVERITY)) - causes_of(path)
    assert raised == {code_of(path), *also(path)}
    assert causes - {code_of(path)} == causes_of(path)
    for finding in found:
        for lang in LANGS:
            sentences = [message(finding, lang), *(cause_text(cause, lang) for cause in finding.causes)]
            assert all(sentences)
            assert not any("{" in sentence for sentence in sentences)


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_every_case_is_as_the_schema_says(path):
    whole = Collection((Examined(RefusedFile(Source("1.xlsx")), findings(path)),))
    VERIFY.validate(plain(collection_object(whole, "zh")))


def test_every_code_has_a_case():
    assert {code_of(path) for path in cases()} == set(SEVERITY)


def test_a_text_never_counts():
    """What is not a number has no value, rather than the value 0."""
    import tomllib

    from casefile import FOLDER, package
    from xltools.excel.reader import read_package

    for path in FOLDER.glob("not-a-number--*.toml"):
        (file,) = tomllib.loads(path.read_text(encoding="utf-8"))["file"]
        filing = read_package(package(file), "x.xlsx")
        (name,) = [finding.cell for finding in filing.findings]
        assert name not in filing.record.values
        assert name in filing.unread
