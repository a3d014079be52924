"""Drafts of mails: to whom, with what, and what they do not say; nothing that a name or an address holds gets into a header."""

from __future__ import annotations

import email
import email.header
import email.policy
import re
import shutil

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conftest import ROOT, examples, run
from test_folder import folder  # noqa: F401  a fixture
from xltools.data.period import Period
from xltools.data.roster import MAIL_HEADS, Entry
from xltools.report.drafts import Attachment, Letters, mail_addresses

PROBLEMS = ROOT / "samples" / "problems"
LETTERS = Letters("年度报告", Period(2024), "青禾区")
HEADERS = {"X-Unsent", "To", "Subject", "MIME-Version", "Content-Type"}


def addressed(home, **columns):
    """Give the agencies of the roster addresses, by code."""
    path = home / "roster.csv"
    lines = path.read_text(encoding="utf-8-sig").splitlines()
    rows = [f'{line},"{columns.get("a" + line[:3], "")}"' for line in lines[1:]]
    path.write_text("\n".join([f"{lines[0]},电子邮箱", *rows]) + "\n", encoding="utf-8")


def opened(path):
    """A draft as a mail program reads it."""
    content = path.read_bytes()
    assert b"\n" not in content.replace(b"\r\n", b"")
    return email.message_from_bytes(content, policy=email.policy.default)


def recipients(mail):
    return [one.addr_spec for one in mail["To"].addresses] if mail["To"] else []


def said(mail):
    return mail.get_body().get_content()


# -- addresses


@pytest.mark.parametrize(
    ("text", "usable", "unusable"),
    [
        ("a@b.cn", ["a@b.cn"], []),
        ("a@b.cn;c.d@e-f.gov.cn", ["a@b.cn", "c.d@e-f.gov.cn"], []),
        (
            "ａ＠ｂ．ｃｎ；c@d.cn，e@f.cn、g@h.cn i@j.cn",
            ["a@b.cn", "c@d.cn", "e@f.cn", "g@h.cn", "i@j.cn"],
            [],
        ),
        ("张三 <a@b.cn>\n李四（c@d.cn）/a@b.cn", ["a@b.cn", "c@d.cn"], []),
        ("mailto:a@b.cn", ["a@b.cn"], []),
        ("\u200ba@b.cn\ufeff\u202e", ["a@b.cn"], []),
        ("foo@, a@b.cn", ["a@b.cn"], ["foo@"]),
        ("张三a@b.cn", [], ["张三a@b.cn"]),
        ("a@b", [], ["a@b"]),
        (".a@b.cn a@b..cn a@@b.cn a@-b.cn", [], [".a@b.cn", "a@b..cn", "a@@b.cn", "a@-b.cn"]),
        (f"{'a' * 250}@b.cn", [], [f"{'a' * 250}@b.cn"]),
        ("张三 13800000000", [], []),
        ("", [], []),
    ],
)
def test_addresses_as_people_type_them(text, usable, unusable):
    for head in (MAIL_HEADS[0], "E-mail", "电子邮箱（必填）", "联系人"):
        found = mail_addresses(Entry("001", "局", {head: text}))
        assert (list(found.usable), list(found.unusable)) == (usable, unusable)
    assert mail_addresses(Entry("001", "局", {"电话": text})) == ((), ())


WORDS = st.text(max_size=60) | st.text('ab@.;<>\r\n\0: 局\u202e\ud800,"', max_size=60)


@settings(max_examples=examples(40))
@given(WORDS, WORDS, WORDS, st.lists(st.binary(max_size=200), max_size=2))
def test_a_mail_program_reads_what_was_meant_and_no_header_more(name, address, title, contents):
    entry = Entry("001", name, {"email": address})
    files = [Attachment(f"{name}{place}.xlsx", content) for place, content in enumerate(contents)]
    letters = Letters(title, Period(2024), address)
    draft = letters.returned(entry, [title], files)
    assert draft == letters.returned(entry, [title], files)
    lines = draft.content.split(b"\r\n")
    assert b"\n" not in draft.content.replace(b"\r\n", b"")
    assert max(map(len, lines)) <= 76
    assert all(len(word) <= 75 for word in re.findall(rb"=\?\S+\?=", draft.content))
    mail = email.message_from_bytes(draft.content, policy=email.policy.default)
    assert set(mail.keys()) - {"Content-Transfer-Encoding"} <= HEADERS
    assert recipients(mail) == list(mail_addresses(entry).usable)
    assert not any(part.defects for part in mail.walk())
    assert [part.get_content() for part in mail.iter_attachments()] == contents
    assert all(part.get_filename().endswith(".xlsx") for part in mail.iter_attachments())


def test_names_are_read_back():
    entry = Entry("001", "青禾区人民政府办公室（区外事办、区港澳办）, 一科", {"email": "a@b.cn c@d.cn"})
    draft = LETTERS.issued(
        entry, Attachment("001_青禾区人民政府办公室（区外事办、区港澳办）_2024.xlsx", b"PK")
    )
    old = email.message_from_bytes(
        draft.content
    )  # the library's new parser puts a space where an encoded name is folded
    parts = email.header.decode_header(old["To"])
    to = "".join(text.decode(charset or "ascii") for text, charset in parts)
    assert to == f"{entry.name} <a@b.cn>, {entry.name} <c@d.cn>"
    mail = email.message_from_bytes(draft.content, policy=email.policy.default)
    assert entry.name in mail["Subject"]
    (part,) = mail.iter_attachments()
    assert part.get_filename() == "001_青禾区人民政府办公室（区外事办、区港澳办）_2024.xlsx"
    assert part.get_param("name") is not None


# -- the commands


def test_each_agency_gets_its_workbook(folder):  # noqa: F811
    addressed(folder, a001="a@b.gov.cn；张三 <c@d.cn>", a002="foo@")
    out = run("generate", "--mail", "mails")
    assert "19 drafts" in out
    assert "Nothing was sent" in out
    assert "青禾区发展和改革局 foo@" in out
    mails = {path.name[:3]: opened(path) for path in (folder / "mails").glob("*.eml")}
    assert len(mails) == 19
    for code, mail in mails.items():
        (book,) = mail.iter_attachments()
        assert book.get_content() == (folder / "outbox" / book.get_filename()).read_bytes()
        assert book.get_filename().startswith(code)
        assert (mail["X-Unsent"], mail["From"], mail["Date"], mail["Message-ID"]) == ("1", None, None, None)
        assert "2025年1月31日" in said(mail)
        assert "xltools" not in said(mail)
    assert recipients(mails["001"]) == ["a@b.gov.cn", "c@d.cn"]
    assert recipients(mails["002"]) == []
    before = {path.name: path.read_bytes() for path in (folder / "mails").iterdir()}
    run("generate", "--agency", "001", "--mail", "mails")
    assert {path.name: path.read_bytes() for path in (folder / "mails").iterdir()} == before
    assert [e for e in (folder / "journal.jsonl").read_text("utf-8").splitlines() if "mails" in e] == []


def test_no_day_is_invented(folder, tmp_path, monkeypatch):  # noqa: F811
    monkeypatch.chdir(tmp_path)
    about = ("--year", 2024, "--district", "青禾区", "--roster", "r.csv")
    (tmp_path / "r.csv").write_text("代码,名称\n001,某局\n", encoding="utf-8")
    run("generate", *about, "-o", "out", "--mail", "mails")
    run(
        "status",
        "--year",
        2024,
        "--roster",
        "r.csv",
        "out",
        "--remind",
        "--mail",
        "due",
        "--due",
        "2025-02-03",
        expect=1,
    )
    (mail,) = map(opened, (tmp_path / "mails").glob("*.eml"))
    assert not re.search("[0-9]日", said(mail))


def test_what_goes_back_is_ready_to_be_sent(folder):  # noqa: F811
    addressed(folder, a005="mz@q.cn", a008="zy@q.cn")
    for name in ("005*", "008*", "099*", "012*加密*"):
        for path in PROBLEMS.glob(name):
            shutil.copy(path, folder / "inbox")
    assert "needs-option" in run("verify", "--mail", expect=2)
    out = run("verify", "--return-to", "returned", "--mail", expect=1)
    assert "099_" in out.partition("which agency of the roster")[2]
    mails = {path.name[:3]: opened(path) for path in (folder / "returned").glob("*.eml")}
    assert set(mails) == {"005", "008", "012"}
    for mail in mails.values():
        for book in mail.iter_attachments():
            assert book.get_content() == (folder / "returned" / book.get_filename()).read_bytes()
    counts = {code: len(list(mail.iter_attachments())) for code, mail in mails.items()}
    assert counts == {"005": 1, "008": 2, "012": 0}
    assert "见附件" not in said(mails["012"])
    assert recipients(mails["005"]) == ["mz@q.cn"]
    text = (folder / "returned" / "005_青禾区民政局_2024_需修改.txt").read_text("utf-8-sig")
    assert text.strip() in said(mails["005"]).replace("\r\n", "\n")
    (folder / "inbox" / "005_青禾区民政局_2024.xlsx").unlink()
    run("verify", "--return-to", "returned", "--mail", expect=1)
    assert {path.name[:3] for path in (folder / "returned").glob("*.eml")} == {"008", "012"}


def test_a_reminder_says_what_the_agency_owes(folder):  # noqa: F811
    addressed(folder, a019="xf@q.cn")
    for path in (*PROBLEMS.glob("005*"), *(ROOT / "samples" / "clean").glob("001*")):
        shutil.copy(path, folder / "inbox")
    assert "needs-option" in run("status", "--mail", "mails", expect=2)
    assert "returns-among-inputs" in run("status", "--remind", "--mail", "inbox/x", expect=2)
    run("status", "--remind", "--mail", "mails", "--on", "2025-01-20", expect=1)
    first = {path.name: path.read_bytes() for path in (folder / "mails").iterdir()}
    mails = {path.name[:3]: opened(path) for path in (folder / "mails").glob("*.eml")}
    assert "001" not in mails
    assert len(mails) == 18
    assert "还没有收到" in said(mails["019"])
    assert recipients(mails["019"]) == ["xf@q.cn"]
    assert "D6" in said(mails["005"])
    assert "退回" not in said(mails["005"])
    for mail in mails.values():
        assert re.findall("[0-9]+年[0-9]+月[0-9]+日", said(mail)) == ["2025年1月31日"]
    run("status", "--remind", "--mail", "mails", "--on", "2025-02-20", expect=1)
    assert {path.name: path.read_bytes() for path in (folder / "mails").iterdir()} == first
