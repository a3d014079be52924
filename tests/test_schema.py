"""The published schemas: sound, strict, and true of everything that verify and read write as JSON."""

from __future__ import annotations

import json
from dataclasses import replace

import jsonschema
import pytest
from click.testing import CliRunner

from conftest import ROOT
from xltools.checking.collection import Collection, Examined, examine
from xltools.cli import command_line
from xltools.collection.roster_files import load_roster
from xltools.data.filing import Kind, RefusedFile, Skipped, Source
from xltools.data.finding import SEVERITY, Cause, Finding, Severity, Waiver
from xltools.data.period import Period
from xltools.data.policy import Policy
from xltools.excel.reader import read
from xltools.report import data
from xltools.report.schema import schema_text


def validator(which):
    schema = json.loads(schema_text(which))
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


VERIFY, READ = validator("verify"), validator("read")


def plain(value):
    """As a program gets it."""
    return json.loads(data.json_text(value, "utf-8"))


def filings(folder):
    return [read(path) for path in sorted((ROOT / "samples" / folder).iterdir())]


@pytest.mark.parametrize("folder", ["clean", "problems", "published"])
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_samples_are_as_the_schemas_say(folder, lang):
    roster = load_roster(ROOT / "samples" / "roster.csv")
    read_all = filings(folder)
    skipped = [Skipped("~$a.xlsx", "lock")]
    VERIFY.validate(plain(data.collection_object(examine(read_all, roster, Period(2024)), lang, skipped)))
    for filing in read_all:
        READ.validate(plain(data.filing_object(filing, filing.findings, lang)))


def test_what_people_decided_and_what_may_lie_behind_is_in_it(monkeypatch):
    monkeypatch.setattr(data, "cause_text", lambda *_: "a cause")
    waiver = Waiver("003", "rule-broken", "", "why", "who", "2025-01-20")
    whole = examine(
        filings("problems"),
        policy=Policy({"blank": Severity.QUESTION}, (replace(waiver, agency="005"),)),
    )
    told = data.collection_object(whole, "en")
    assert any(finding["waiver"] for finding in told["findings"])
    assert any(finding["severity"] == "question" for finding in told["findings"])
    VERIFY.validate(plain(told))
    finding = Finding("wrong-year", causes=(Cause("last-year"),), explanation="so")
    VERIFY.validate(
        plain(
            data.collection_object(Collection((Examined(RefusedFile(Source("1.xlsx")), (finding,)),)), "en")
        )
    )


def test_a_key_that_is_not_described_is_refused():
    told = plain(data.collection_object(Collection(()), "en"))
    VERIFY.validate(told)
    for wrong in (told | {"more": 1}, told | {"summary": told["summary"] | {"errors": -1}}, {}):
        with pytest.raises(jsonschema.ValidationError):
            VERIFY.validate(wrong)


def test_the_schemas_know_what_the_code_knows():
    for which in ("verify", "read"):
        schema = json.loads(schema_text(which))
        severities = schema["$defs"]["finding"]["properties"]["severity"]["enum"]
        assert severities == [severity.value for severity in Severity]
    assert json.loads(schema_text("read"))["properties"]["kind"]["enum"] == [*Kind.__args__, None]
    one, other = (json.loads(schema_text(which))["$defs"] for which in ("verify", "read"))
    assert {key: one[key] for key in other} == other
    code = jsonschema.Draft202012Validator(one["code"])
    assert all(code.is_valid(name) for name in SEVERITY)


@pytest.mark.parametrize("which", ["verify", "read"])
def test_the_command_prints_them(which):
    result = CliRunner().invoke(command_line("en"), ["schema", which])
    assert result.exit_code == 0
    assert json.loads(result.output) == json.loads(schema_text(which))
    assert schema_text(which).isascii()  # whatever the console's encoding is
