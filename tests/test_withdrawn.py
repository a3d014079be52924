"""What was withdrawn is answered for one release with what to do instead; tried with entries that are planted here."""

from __future__ import annotations

import pytest

from commands import copied, xltools
from conftest import ROOT
from xltools.cli import withdrawn
from xltools.cli.withdrawn import Withdrawn
from xltools.text import LANGS, catalog

INSTEAD = {"en": "was withdrawn: do this instead", "zh": "已经取消：请改用别的办法"}
CODE = "withdrawn-planted"


@pytest.fixture
def plant(monkeypatch):
    """Withdraw something, with its sentence in both languages."""

    def planted(kind, name, **more):
        monkeypatch.setattr(withdrawn, "TABLE", (Withdrawn(kind, name, CODE, **more),))

    for lang in LANGS:
        monkeypatch.setitem(catalog(lang)._sections["problem"], CODE, INSTEAD[lang])
    return planted


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    return copied(ROOT / "tests" / "old" / "files" / "form", tmp_path_factory.mktemp("form"))


def answered(done, place, lang="en"):
    assert done.status == 2
    assert done.out == ""
    assert done.err == f"{place}: {INSTEAD[lang]}\n"


READ = ("read", "returns", "--form", "fwzx-2025.toml")


def test_an_option_is_refused(plant, home):
    plant("option", "--old")
    answered(xltools(home, *READ, "--old"), "--old")
    answered(xltools(home, "--lang", "zh", *READ, "--old"), "--old", "zh")
    answered(xltools(home, "generate", "--old"), "--old")
    assert xltools(home, *READ).status == 0


def test_an_option_with_a_value_is_refused(plant, home):
    plant("option", "--old", takes_value=True)
    answered(xltools(home, *READ, "--old", "value"), "--old")
    answered(xltools(home, *READ, "--old=value"), "--old")


def test_an_option_is_answered_before_another_complaint(plant, home):
    plant("option", "--old")
    answered(xltools(home, "export", "returns", "--old"), "--old")


def test_an_option_can_be_ignored_with_a_note(plant, home):
    plain = xltools(home, *READ)
    plant("option", "--old", is_ignored=True)
    done = xltools(home, *READ, "--old")
    assert (done.status, done.out) == (plain.status, plain.out)
    assert done.err == f"{plain.err}--old: {INSTEAD['en']}\n"


def test_an_option_of_one_command_is_unknown_to_the_others(plant, home):
    plant("option", "--old", commands=("form cells",))
    answered(xltools(home, "form", "cells", "fwzx-2025.toml", "--old"), "--old")
    assert "No such option" in xltools(home, *READ, "--old").err


def test_a_command_is_refused_whatever_follows(plant, home):
    plant("command", "convert")
    answered(xltools(home, "convert"), "convert")
    answered(xltools(home, "convert", "a.xlsx", "--to", "b", "--help"), "convert")
    assert "No such command" in xltools(home, "other").err


def test_a_command_below_another_is_refused(plant, home):
    plant("command", "form draw")
    answered(xltools(home, "form", "draw", "--all"), "form draw")


def test_a_format_is_refused_by_its_name_and_by_the_ending(plant, home):
    plant("format", "ods", commands=("export",))
    export = ("export", "returns", "--form", "fwzx-2025.toml", "-o")
    answered(xltools(home, *export, "figures.csv", "--format", "ods"), "ods")
    answered(xltools(home, *export, "figures.ODS"), "figures.ODS")
    assert "is not one of" in xltools(home, "verify", "returns", "--format", "ods").err
    assert xltools(home, *export, "named.ods", "--format", "csv").status == 0


def test_a_format_of_documents_is_refused(plant, home):
    plant("format", "rtf")
    answered(xltools(home, "form", "blank", "--format", "rtf"), "rtf")
    answered(xltools(home, "verify", "returns", "--format", "rtf"), "rtf")


def test_an_address_is_refused(plant, home):
    plant("scheme", "s3")
    for address in ("s3://bucket/inbox", "S3://bucket/inbox", "s3::https://bucket"):
        answered(xltools(home, "verify", address), address)
    answered(xltools(home, "diff", "returns", "s3://bucket/a.xlsx"), "s3://bucket/a.xlsx")
    assert xltools(home, "verify", "s3").err == "s3: no such file or folder\n"


def test_fresh_is_ignored_with_a_note(home):
    plain, fresh = xltools(home, *READ), xltools(home, *READ, "--fresh")
    assert (fresh.status, fresh.out) == (plain.status, plain.out)
    assert fresh.err == f"--fresh: {catalog('en')('problem.withdrawn-fresh')}\n{plain.err}"
    assert xltools(home, *READ, "--fresh", "--lang", "zh").err.startswith("--fresh: 两次运行之间不再保留")
    assert "No such option" in xltools(home, "generate", "--fresh").err


def test_an_export_to_duckdb_says_what_reads_it(home):
    export = ("export", "returns", "--form", "fwzx-2025.toml", "-o")
    for arguments in (("figures.duckdb",), ("figures.db", "--format", "duckdb")):
        done = xltools(home, *export, *arguments)
        assert (done.status, done.out) == (2, "")
        assert "export to .parquet, which DuckDB reads" in done.err
        assert not (home / arguments[0]).exists()


@pytest.mark.parametrize(
    "address", ["s3://bucket/inbox", "zip://::s3://bucket/all.zip", "file:///share/inbox"]
)
def test_an_address_says_what_to_do_instead(home, address):
    for arguments in (("verify", address), ("verify", "returns", "--prior", address), ("publish", address)):
        done = xltools(home, *arguments)
        assert (done.status, done.out) == (2, "")
        assert done.err == f"{address}: {catalog('en')('problem.withdrawn-address')}\n"


def test_what_was_withdrawn_is_in_no_help(plant, home):
    for kind, name in (("option", "--old"), ("command", "convert"), ("command", "form draw")):
        plant(kind, name)
        for command in ((), ("form",), ("read",)):
            assert name.rpartition(" ")[2] not in xltools(home, *command, "--help").out


def test_each_entry_has_a_name_of_its_own_and_a_sentence():
    for one in withdrawn.TABLE:
        found = [other for other in withdrawn.TABLE if (other.kind, other.name) == (one.kind, one.name)]
        assert found == [one]
        assert one.problem in catalog("en").keys("problem")
