"""Taking files into a collection: where each goes, what it replaces, and that nothing is lost on the way."""

from __future__ import annotations

import io
import os
import re
import shutil
import zipfile
from concurrent.futures import ThreadPoolExecutor
from email.message import EmailMessage
from pathlib import Path

import pytest

from casefile import answered, package, typed_into
from conftest import by_day, run
from xltools.collection import receiving, settings
from xltools.collection.accepting import add_waivers
from xltools.collection.reading import ReadOptions, read_inputs
from xltools.collection.roster_files import load_roster
from xltools.data.finding import Waiver
from xltools.errors import InputError, OutputError
from xltools.excel.reader import read
from xltools.form.library import find
from xltools.office.guard import Limits

CELL = "disclosure.licensing.decisions"
NAME = "001_青禾区教育局_2024.xlsx"


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A collection of two agencies, in which the command runs; what came in lies beside it."""
    monkeypatch.chdir(tmp_path)
    Path("r.csv").write_text("代码,名称\n001,青禾区教育局\n002,青禾区科技局\n", encoding="utf-8")
    run("init", "c", "--year", "2024", "--district", "青禾区", "--roster", "r.csv")
    monkeypatch.chdir("c")
    return Path()


def came(name, content):
    path = Path("..", "came", name)
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(content)
    return path


def sound(**file):
    return package(file)


def held(name="inbox"):
    return sorted(path.name for path in Path(name).glob("*"))


def test_a_first_file_gets_the_standard_name_and_stays_where_it_was(folder):
    path = came("最终版（改）.xlsx", sound())
    out = run("receive", path)
    assert held() == [NAME]
    assert path.exists()
    assert "Next: xltools" in out
    assert "has the same content" in run("receive", path)
    assert (held(), held("versions")) == ([NAME], [])


def test_the_answer_to_a_marked_file_takes_its_place(folder):
    wrong = package({"type": {CELL: "若干"}})
    run("receive", came("a.xlsx", wrong), expect=1)
    out = run("receive", came("b.xlsx", answered(wrong, {CELL: 7}, "inbox/" + NAME)))
    assert "a newer version" in out
    assert (held(), held("versions")) == ([NAME], [NAME])
    assert Path("versions", NAME).read_bytes() == wrong


def test_what_comes_in_later_is_newer_unless_it_is_blank_somewhere(folder):
    run("receive", came("a.xlsx", sound()))
    run("receive", came("b.xlsx", sound(values={CELL: 9})))
    assert (held(), held("versions")) == ([NAME], [NAME])
    blank = typed_into(sound(values={CELL: 10}), {"type": {CELL: {"clear": True}}}, {})
    assert "two-versions" in run("receive", came("c.xlsx", blank), expect=1)
    assert held() == [NAME, NAME.replace(".xlsx", "_2.xlsx")]


def dated(content, moment):
    """The workbook, saved at that moment as its properties say."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(out, "w") as new:
        for part in old.infolist():
            text = old.read(part)
            if part.filename == "docProps/core.xml":
                text = re.sub(rb"(<dcterms:modified[^>]*>)[^<]*", rb"\g<1>" + moment.encode(), text)
            new.writestr(part, text)
    return out.getvalue()


def test_a_file_that_was_saved_before_the_other_one_is_not_newer(folder):
    run("receive", came("a.xlsx", dated(sound(), "2025-02-01T08:00:00Z")))
    old = dated(sound(values={CELL: 9}), "2025-01-10T08:00:00Z")
    assert "two-versions" in run("receive", came("old.xlsx", old), expect=1)
    assert len(held()) == 2


@pytest.mark.parametrize(
    ("saved", "sent", "is_newer"),
    by_day(
        [
            (
                "",
                "Fri, 10 Jan 2025 09:00:00 +0800",
                False,
            ),  # its workbook was saved by a program that keeps no date
            ("2025-02-03T08:00:00Z", "Fri, 10 Jan 2025 09:00:00 +0800", False),  # with a clock that was wrong
            ("", "Sat, 1 Feb 2025 15:59:00 +0800", False),  # 07:59 in UTC
            ("", "Sat, 1 Feb 2025 16:01:00 +0800", True),
            ("2025-02-03T08:00:00Z", "Sat, 1 Mar 2025 09:00:00 +0800", True),
            ("2025-02-01T15:59:00+08:00", "", False),
            ("", "some day in January", True),
            ("", "", True),
        ],
        4,
    ),
)
def test_an_old_mail_caught_up_with_in_march_replaces_nothing(folder, saved, sent, is_newer):
    run("receive", came("a.xlsx", dated(sound(), "2025-02-01T08:00:00Z")))
    attached = dated(sound(values={CELL: 9}), saved)
    out = run("receive", came("old.eml", mail(("a.xlsx", attached), sent=sent)), expect=int(not is_newer))
    assert ("two-versions" in out) is not is_newer
    assert ("(sent on 20" in out) is sent.endswith("+0800")
    assert (len(held()), len(held("versions"))) == ((1, 1) if is_newer else (2, 0))


def test_a_mail_that_was_forwarded_is_as_old_as_the_first_one(folder):
    run("receive", came("a.xlsx", dated(sound(), "2025-02-01T08:00:00Z")))
    inner = mail(("a.xlsx", dated(sound(values={CELL: 9}), "")), sent="Fri, 10 Jan 2025 09:00:00 +0800")
    outer = mail(("转发.eml", inner), sent="Sat, 1 Mar 2025 09:00:00 +0800")
    assert "two-versions" in run("receive", came("b.eml", outer), expect=1)
    assert len(held()) == 2


@pytest.mark.parametrize(("second", "is_newer"), [("Fri, 10 Jan 2025", False), ("Sat, 1 Mar 2025", True)])
def test_the_date_of_a_mail_is_known_when_the_next_one_comes(folder, second, is_newer):
    """The workbooks carry no date, and the mails come in whatever order."""
    for name, value, day in (("a", 8, "Sat, 1 Feb 2025"), ("b", 9, second)):
        attached = dated(sound(values={CELL: value}), "")
        arrived = came(f"{name}.eml", mail(("年报.xlsx", attached), sent=f"{day} 09:00:00 +0800"))
        out = run("receive", arrived, expect=int(name == "b" and not is_newer))
    assert ("two-versions" in out) is not is_newer
    assert (len(held()), len(held("versions"))) == ((1, 1) if is_newer else (2, 0))
    assert held("mails") == [NAME.replace(".xlsx", ".eml"), NAME.replace(".xlsx", "_2.eml")]


def mail(*attached, sent):
    """A mail with workbooks or other mails."""
    found = EmailMessage()
    found["From"], found["To"], found["Subject"] = "a@example.cn", "b@example.cn", "报送"
    found.set_content("请查收。")
    for name, content in attached:
        found.add_attachment(content, "application", "octet-stream", filename=name)
    date = f"Date: {sent}\n".encode() if sent else b""
    return date + found.as_bytes()


def test_several_files_of_one_agency_at_once_have_no_order(folder):
    came("1.xlsx", sound())
    came("2.xlsx", sound(values={CELL: 9}))
    assert run("receive", Path("..", "came"), expect=1).count("choose with xltools receive --keep") == 2
    second = NAME.replace(".xlsx", "_2.xlsx")
    assert held() == [NAME, second]
    kept = run("receive", "--keep", Path("inbox", second))
    assert f"inbox/{NAME} counts, as you chose; replaced: versions/{NAME} (1 change)" in kept
    assert (held(), held("versions")) == ([NAME], [NAME])
    # a version is taken back
    assert "replaced: versions/" in run("receive", "--keep", Path("versions", NAME))
    assert Path("inbox", NAME).read_bytes() == sound()


def test_a_copy_of_the_file_that_is_kept_is_that_file(folder):
    came("1.xlsx", sound())
    other = came("2.xlsx", sound(values={CELL: 9}))
    run("receive", Path("..", "came"), expect=1)
    run("receive", "--keep", other)
    assert (len(held()), len(held("versions"))) == (1, 1)


def test_members_of_archives_are_taken_in_as_files(folder):
    path = Path("..", "all.zip")
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("x/一.xlsx", sound())
        archive.writestr("二.xlsx", sound(code="002", name="青禾区科技局", turn=1))
    run("receive", path)
    assert held() == [NAME, "002_青禾区科技局_2024.xlsx"]


def test_what_was_replaced_before_does_not_come_back_with_the_same_mail(folder):
    """Alone, with others, or after a chain of slips that goes back to it; but it can be chosen."""
    old, new = came("a.xlsx", sound()), came("b.xlsx", sound(values={CELL: 9}))
    run("receive", old)
    run("receive", new)
    for again in ((old,), (Path("..", "came"),)):
        out = run("receive", *again)
        assert "replaced before" in out
        assert (held(), held("versions")) == ([NAME], [NAME])
        assert Path("inbox", NAME).read_bytes() == new.read_bytes()
    run("receive", "--keep", old)
    assert Path("inbox", NAME).read_bytes() == old.read_bytes()


def test_an_answer_that_comes_back_marked_and_unchanged_is_no_new_version(folder):
    """The file that is there has a slip, too."""
    wrong = package({"type": {CELL: "若干"}})
    Path("inbox", NAME).write_bytes(answered(wrong, {CELL: "约5"}, "inbox/" + NAME))
    run("verify", "--return-to", "returned", expect=1)
    (back,) = Path("returned").glob("*.xlsx")
    assert "has the same content" in run("receive", shutil.copy(back, "../a.xlsx"), expect=1)
    assert held() == [NAME]


def test_a_slip_outweighs_the_order_of_arrival(folder):
    """The answer came first, and the file that it answers only later."""
    wrong = package({"type": {CELL: "若干"}})
    run("receive", came("b.xlsx", answered(wrong, {CELL: 7}, "inbox/" + NAME)))
    assert "is older than" in run("receive", came("a.xlsx", wrong))
    assert (held(), held("versions")) == ([NAME], [NAME])


def test_a_file_without_figures_comes_back_neither_for_its_agency_nor_for_another(folder):
    run("receive", came("001_教育局.xlsx", b""), expect=1)
    run("receive", came("z.xlsx", sound()))
    assert "replaced before" in run("receive", came("001_教育局.xlsx", b""))
    run("receive", came("y.xlsx", sound(code="002", name="青禾区科技局", turn=1)))
    out = run("receive", came("002_科技局.xlsx", b""), expect=1)
    assert "beside another file" in out
    assert held() == [NAME, "002_青禾区科技局_2024.xlsx", "002_青禾区科技局_2024_2.xlsx"]


def test_the_one_that_is_kept_is_the_only_one_of_its_agency(folder):
    """Whatever the others are: of another year, unreadable, or in an archive with those of other agencies."""
    run("receive", came("a.xlsx", sound()))
    run("receive", came("b.xlsx", sound(year=2023)), expect=1)
    run("receive", came("001_教育局.xlsx", b""), expect=1)
    with zipfile.ZipFile(Path("inbox", "两家.zip"), "w") as archive:
        archive.writestr("x/一.xlsx", sound(values={CELL: 9}))
        archive.writestr("二.xlsx", sound(code="002", name="青禾区科技局", turn=1))
    wrong = run("receive", "--keep", Path("inbox", NAME.replace(".xlsx", "_2.xlsx")), expect=2)
    assert "keep-other-year" in wrong
    out = run("receive", "--keep", Path("inbox", NAME))
    assert "taken out of the archive" in out
    assert held() == [NAME, "002_青禾区科技局_2024.xlsx"]
    assert len(held("versions")) == 4
    assert "two-versions" not in run("verify")


def test_what_replaces_a_member_of_an_archive_replaces_it_for_every_command(folder):
    with zipfile.ZipFile(Path("inbox", "两家.zip"), "w") as archive:
        archive.writestr("一.xlsx", sound())
        archive.writestr("读我.xlsx", b"")
    out = run("receive", came("b.xlsx", sound(values={CELL: 9})))
    assert "a newer version" in out
    assert "two-versions" not in out
    assert held() == [NAME, "读我.xlsx"]
    assert held("versions") == ["一.xlsx", "两家.zip"]


def roster_from_excel():
    Path("roster.csv").write_text("代码,名称\n1,青禾区教育局\n2,青禾区科技局\n", encoding="utf-8")


def test_files_keep_their_names_when_the_roster_lost_its_zeros(folder):
    """By the code in the file, by that of the issued workbook for a file without a stamp; said once."""
    run("generate")
    roster_from_excel()
    came("一.xlsx", sound())
    came("002_科技局.xlsx", b"")
    out = run("receive", Path("..", "came"), expect=1)
    assert held() == ["001_青禾区教育局_2024.xlsx", "002_青禾区科技局_2024.xlsx"]
    assert out.count("the roster was probably saved by Excel") == 1
    run("receive", "--keep", came("改.xlsx", sound(values={CELL: 9})))
    assert held("versions") == [NAME]


def test_workbooks_are_issued_with_the_codes_of_the_ones_before(folder):
    run("generate")
    names = held("outbox")
    roster_from_excel()
    assert "1、2" in run("generate")
    Path("outbox", names[1]).unlink()
    run("generate")
    assert held("outbox") == names
    assert read(Path("outbox", names[1])).agency.code == "002"
    shutil.rmtree("outbox")
    run("generate")
    assert held("outbox") == ["1_青禾区教育局_2024.xlsx", "2_青禾区科技局_2024.xlsx"], "nothing shows another"


def test_last_years_codes_are_kept_too(folder):
    run("receive", came("a.xlsx", sound()))
    Path("..", "r.csv").write_text("代码,名称\n1,青禾区教育局\n02,新局\n", encoding="utf-8")
    run("init", "../d", "--year", "2025", "--district", "青禾区", "--roster", "../r.csv", "--prior", ".")
    os.chdir("../d")
    run("generate")
    assert held("outbox") == ["001_青禾区教育局_2025.xlsx", "02_新局_2025.xlsx"]


def test_a_file_whose_content_cannot_be_read_is_not_taken_in(folder):
    came("001_教育局.xlsx", sound())
    came("002_科技局.xlsx", sound(code="002", name="青禾区科技局", turn=1))
    out = run("receive", Path("..", "came"), "--limit", f"file={len(sound()) - 1}", expect=1)
    assert out.count("no return could be read") >= 1
    assert not Path("inbox", NAME).exists()


def test_what_is_nobodys_is_not_taken_in(folder):
    out = run("receive", came("x.xlsx", sound(code="009", name="别处")), expect=1)
    assert "from 别处（009）, which is not on the roster" in out
    out = run("receive", came("年报.xlsx", b""), expect=1)
    assert "no return could be read" in out
    assert held() == []
    assert "no-such-path" in run("receive", "nowhere.xlsx", expect=2)


def test_a_file_without_figures_makes_room_for_a_return(folder):
    run("receive", came("001_教育局.xlsx", b""), expect=1)
    run("receive", came("y.xlsx", sound(year=2023)), expect=1)
    assert len(held()) == 2
    run("receive", came("z.xlsx", sound()))
    assert held() == [NAME]
    assert len(held("versions")) == 2


def test_nothing_is_lost_if_it_stops_half_way(folder, monkeypatch):
    wrong = package({"type": {CELL: "若干"}})
    run("receive", came("a.xlsx", wrong), expect=1)
    right = answered(wrong, {CELL: 7}, "inbox/" + NAME)
    really = receiving.write_atomically

    def fails(path, content):
        if path.parent.name == "inbox":
            raise OutputError
        really(path, content)

    monkeypatch.setattr(receiving, "write_atomically", fails)
    run("receive", came("b.xlsx", right), expect=2)
    assert Path("inbox", NAME).read_bytes() == wrong
    monkeypatch.undo()
    monkeypatch.chdir(folder.resolve())


def test_outside_of_a_collection_there_is_nothing_to_take_in(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.xlsx").write_bytes(sound())
    assert "no-collection" in run("receive", "a.xlsx", expect=2)


def test_a_command_finds_its_collection_from_below_and_from_above(folder, monkeypatch):
    run("receive", came("a.xlsx", sound()))
    here = run("status", "--on", "2025-01-20", expect=1)
    for place, arguments in (("inbox", ()), ("..", ("c",)), ("..", ("c/inbox",))):
        with monkeypatch.context() as there:
            there.chdir(place)
            assert run("status", *arguments, "--on", "2025-01-20", expect=1) == here
    with monkeypatch.context() as there:
        there.chdir("inbox")
        run("verify", "--format", "json", "-o", "../../out.json", expect=1)
        assert '"inbox/001_' in Path("..", "..", "out.json").read_text(encoding="utf-8")


def test_who_accepts_at_the_same_time_loses_nothing(folder):
    own, count = settings.load(folder), 8

    def accept(number):
        add_waivers(own, [Waiver(f"{number:03}", "blank", "", "电话核实", "张三", "2025-02-01")], "zh")

    with ThreadPoolExecutor(count) as executor:
        list(executor.map(accept, range(count)))
    lines = Path("waivers.csv").read_text(encoding="utf-8-sig").splitlines()
    assert sorted(line[:3] for line in lines if line.endswith("2025-02-01,")) == [
        f"{n:03}" for n in range(count)
    ]
    assert not Path("waivers.lock").exists()


def test_a_file_that_came_in_meanwhile_is_not_replaced(folder):
    run("receive", came("a.xlsx", sound()))
    own = settings.load(folder)
    roster, options = load_roster(own.roster), ReadOptions(find(own.form))
    there, taken = (
        read_inputs([place], options, roster=roster, district=own.district)
        for place in (own.inbox, came("b.xlsx", sound(values={CELL: 9})))
    )
    Path("inbox", NAME).write_bytes(b"of another program")
    with pytest.raises(InputError, match="changed-meanwhile"):
        receiving.receive(own, taken, there, roster, Limits())
    assert Path("inbox", NAME).read_bytes() == b"of another program"


def packed(name, content):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr(name, content)
    return out.getvalue()


@pytest.mark.parametrize("is_by_hand", [False, True])
@pytest.mark.parametrize(("second", "is_newer"), [("Fri, 10 Jan 2025", False), ("Sat, 1 Mar 2025", True)])
def test_the_date_of_a_mail_in_an_archive_is_known_when_the_next_one_comes(
    folder, second, is_newer, is_by_hand
):
    """The workbooks hold what stands in place of a date when they are issued. By hand, the archive goes to the inbox."""
    others = [("二.xlsx", sound(code="002", name="青禾区科技局", turn=1))] if is_by_hand else []
    first = mail(("年报.xlsx", sound()), *others, sent="Sat, 1 Feb 2025 09:00:00 +0800")
    if is_by_hand:
        Path("inbox", "全部.zip").write_bytes(packed("局/报送.eml", first))
        run("receive", came("c.xlsx", sound(code="002", name="青禾区科技局", turn=2)))
    else:
        run("receive", came("全部.zip", packed("局/报送.eml", first)))
    attached = mail(("年报.xlsx", sound(values={CELL: 9})), sent=f"{second} 09:00:00 +0800")
    out = run("receive", came("b.eml", attached), expect=int(not is_newer))
    assert ("two-versions" in out) is not is_newer


def test_a_file_that_is_named_for_another_agency_keeps_its_name_until_somebody_has_asked(folder):
    for name in ("002_科技局（改）.xlsx", "002_科技局.xlsx"):
        assert "named for another agency" in run(
            "receive", came(name, sound(values={CELL: len(name)})), expect=1
        )
        (there,) = (name for name in held() if name.startswith("002"))
        assert "other-agency" in run("verify", expect=1)
        run("receive", "--keep", Path("inbox", there))
        assert held() == [NAME]
        assert "other-agency" not in run("verify", expect=1)


@pytest.mark.parametrize("name", ["a.xlsx.bak", "b.xlsx.", "c.xlsx.crdownload", "d.XLS", "e"])
def test_a_workbook_gets_the_ending_of_one(folder, name):
    run("receive", came(name, sound()))
    assert held() == [NAME]


def test_of_several_rollups_one_is_chosen(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("r.csv").write_text("代码,名称\n01,青禾区\n", encoding="utf-8")
    run("init", "c", "--year", "2024", "--district", "青州市", "--roster", "r.csv")
    monkeypatch.chdir("c")
    for name, sent in (("a.xlsx", ["001"]), ("b.xlsx", ["001", "002"])):
        rolled = package({"rollup": {"sent": sent, "expected": sent}})
        out = run("receive", came(name, rolled), expect=int(name == "b.xlsx"))
    assert "青禾区 has more than one file" in out
    run("receive", "--keep", Path("inbox", "01_青禾区_2024_2.xlsx"))
    assert (len(held()), len(held("versions"))) == (1, 1)
    assert "duplicate-return" not in run("verify")
