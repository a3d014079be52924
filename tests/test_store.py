"""What was read before: nothing is read twice, and whatever became of the store, what is read is what a full run reads."""

from __future__ import annotations

import os
import random
import shutil
import sqlite3
import subprocess
import sys
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from casefile import without
from conftest import HERE, ROOT
from xltools.form import library
from xltools.intake import Manner, gathered, take_in
from xltools.office.guard import Limits
from xltools.store import Store, tool

OFFICIAL = library.find("xxgk-2021")
SAMPLES = ROOT / "samples"


@pytest.fixture
def inbox(tmp_path):
    """Six files, one of them an archive of two and of one that is passed over."""
    folder = tmp_path / "inbox"
    folder.mkdir()
    paths = sorted((SAMPLES / "clean").glob("*.xlsx"))
    for path in paths[:5]:
        shutil.copy(path, folder / path.name)
    with zipfile.ZipFile(folder / "来件.zip", "w") as archive:
        for path in paths[5:7]:
            archive.write(path, path.name)
        archive.writestr("~$x.xlsx", b"x")
    return folder


@pytest.fixture
def kept(tmp_path):
    return tmp_path / ".xltools" / "read.sqlite"


@pytest.fixture
def read(monkeypatch):
    """The names of the workbooks that are really read, as they are."""
    from xltools import intake

    names, really = [], intake.read_package

    def watched(data, name, *rest, **how):
        names.append(Path(name).name)
        return really(data, name, *rest, **how)

    monkeypatch.setattr(intake, "read_package", watched)
    return names


def taken(inbox, path=None, manner=None):
    """What a run takes in, whole: with a store at that path, or reading everything."""
    manner = manner or Manner(OFFICIAL)
    files = sorted(map(str, inbox.iterdir()))
    if path is None:
        return [(one.packed, one.passed_over) for one in take_in(files, manner)]
    with Store(path) as store:
        return [(one.packed, one.passed_over) for one in take_in(files, manner, store=store)]


def rows(path, question="select count(*) from kept"):
    base = sqlite3.connect(path)
    try:
        return base.execute(question).fetchone()[0]
    finally:
        base.close()


# -- nothing is read twice


def test_a_second_run_reads_nothing_and_gives_the_same(inbox, kept, read):
    first = taken(inbox, kept)
    assert len(read) == 7
    assert sum(passed_over for _, passed_over in first) == 1
    read.clear()
    assert taken(inbox, kept) == first
    assert read == []
    assert taken(inbox) == first


def test_only_what_changed_is_read(inbox, kept, read):
    taken(inbox, kept)
    read.clear()
    names = sorted(path.name for path in inbox.iterdir())
    shutil.copy(inbox / names[0], inbox / names[1])  # a correction
    (inbox / names[2]).rename(inbox / "009_新名.xlsx")
    (inbox / names[3]).unlink()
    os.utime(inbox / names[4], (1, 1))  # the same content at another time
    again = taken(inbox, kept)
    assert sorted(read) == sorted([names[1], "009_新名.xlsx"])
    read.clear()
    assert again == taken(inbox)
    assert len(read) == 6


def test_a_corrected_archive_is_read_whole_and_alone(inbox, kept, read):
    taken(inbox, kept)
    read.clear()
    with zipfile.ZipFile(inbox / "来件.zip", "a") as archive:
        archive.write(min((SAMPLES / "clean").glob("01*.xlsx")), "新.xlsx")
        archive.writestr(".hidden", b"")
    again = taken(inbox, kept)
    assert len(read) == 3
    assert (again, again[-1][1]) == (taken(inbox), 2)


def test_many_files_are_read_once(tmp_path, kept, read):
    """However little there is to read in each."""
    (tmp_path / "many").mkdir()
    for index in range(210):
        (tmp_path / "many" / f"{index:03}.xlsx").write_bytes(b"no workbook %d" % index)
    first = taken(tmp_path / "many", kept)
    assert len(read) == 210
    read.clear()
    assert taken(tmp_path / "many", kept) == first
    assert read == []


@pytest.mark.parametrize(
    "other",
    [
        {"form": None},
        {"by_labels": True},
        {"key": b"k" * 16},
        {"limits": Limits(cells=1000)},
        {"verifying": False},
    ],
    ids=lambda other: next(iter(other)),
)
def test_what_is_read_in_another_manner_is_read_again(inbox, kept, read, other):
    taken(inbox, kept)
    read.clear()
    manner = replace(Manner(OFFICIAL), **other)
    assert taken(inbox, kept, manner) == taken(inbox, None, manner)
    assert len(read) == 14


def test_another_version_of_the_tool_reads_again(inbox, kept, read, monkeypatch):
    taken(inbox, kept)
    read.clear()
    monkeypatch.setattr("xltools.store.tool", lambda: tool() + b"x")
    taken(inbox, kept)
    assert len(read) == 7


@pytest.mark.parametrize("seed", ["0", "1", "random"])
def test_two_processes_know_a_manner_by_the_same_key(seed):
    program = (
        "from xltools.form import library; from xltools.intake import Manner;"
        f"print(Manner(library.find({str(HERE / 'forms' / 'fwzx-2025.toml')!r})).digest.hex())"
    )
    environment = os.environ | {"PYTHONHASHSEED": seed}
    done = subprocess.run(
        [sys.executable, "-c", program], env=environment, capture_output=True, check=True, text=True
    )
    form = library.find(str(HERE / "forms" / "fwzx-2025.toml"))
    assert (form.reach, form.followers) != (None, None)  # what was worked out of a form is no part of it
    assert done.stdout.strip() == Manner(form).digest.hex()


# -- what is not kept


def test_what_another_reading_may_read_is_read_again(inbox, kept):
    """A library that is installed now; time or memory that there is now."""
    pytest.importorskip("python_calamine")
    shutil.copy(HERE / "data" / "return.xls", inbox / "001_旧.xls")
    with without(["python_calamine"]):
        before = taken(inbox, kept)
    assert b'"old-format"' in before[0][0][0]
    after = taken(inbox, kept)
    assert after == taken(inbox)
    assert b'"old-format-read"' in after[0][0][0]
    assert rows(kept) == 7


def test_a_file_beyond_the_limit_is_not_known_by_its_beginning(inbox, kept):
    manner = Manner(OFFICIAL, limits=Limits(file=100_000))
    large = inbox / "大.xlsx"
    large.write_bytes(b"PK\x03\x04" + bytes(200_000))
    taken(inbox, kept, manner)
    large.write_bytes(b"PK\x03\x04" + bytes(300_000))
    assert taken(inbox, kept, manner) == taken(inbox, None, manner)


def test_what_nobody_asks_for_is_dropped(tmp_path, kept):
    for run in range(60):
        with Store(kept) as store:
            assert store.get(b"always") == (b"x" if run else None)
            store.put(b"always", b"x")
            store.put(b"%d" % run, bytes(1000))
    assert rows(kept) <= 21
    assert rows(kept, "select count(*) from run") == 1
    size = kept.stat().st_size
    for run in range(60, 120):
        with Store(kept) as store:
            store.put(b"%d" % run, bytes(1000))
    assert kept.stat().st_size <= size + 8192
    with Store(kept) as store:
        assert store.get(b"always") is None


def test_what_is_only_asked_for_stays(kept):
    with Store(kept) as store:
        store.put(b"a", b"x")
    for _ in range(60):
        with Store(kept) as store:
            assert store.get(b"a") == b"x"


# -- whatever became of it


def flipped(path, chance):
    content = bytearray(path.read_bytes())
    for _ in range(chance.choice([1, 1, 8, 200])):
        place = chance.randrange(len(content))
        content[place] ^= 1 << chance.randrange(8)
    path.write_bytes(content)


def cut(path, chance):
    path.write_bytes(path.read_bytes()[: chance.randrange(path.stat().st_size)])


def crossed(path, _):
    """As a damaged index does: what is found under a key was kept of another file, whole and unharmed."""
    base = sqlite3.connect(path)
    (one, *_), (other, *_) = base.execute("select key from kept limit 2").fetchall()
    content = "select {} from kept where key = ?"
    sums, contents = (
        [base.execute(content.format(c), (k,)).fetchone()[0] for k in (one, other)]
        for c in ("sum", "content")
    )
    base.execute("update kept set sum = ?, content = ? where key = ?", (sums[1], contents[1], one))
    base.execute("update kept set sum = ?, content = ? where key = ?", (sums[0], contents[0], other))
    base.commit()
    base.close()


def changed(statement):
    def change(path, _):
        base = sqlite3.connect(path)
        base.executescript(statement)
        base.close()

    return change


DAMAGES = {
    "flipped": flipped,
    "cut": cut,
    "crossed": crossed,
    "empty": lambda path, _: path.write_bytes(b""),
    "text": lambda path, _: path.write_text("nothing of the sort" * 100),
    "folder": lambda path, _: (path.unlink(), path.mkdir()),
    "content": changed("update kept set content = cast('x' as blob) where rowid = 2"),
    "kinds": changed("update kept set content = 'text', sum = 7 where rowid < 3; update kept set run = 'x'"),
    "numbers": changed("update kept set content = 5 where rowid = 3"),
    "columns": changed("drop table kept; create table kept (key blob primary key, other blob)"),
    "runs": changed("drop table run; create table run (number text)"),
    "future": changed("insert into run values (9223372036854775806)"),
}
HEALED = sorted(DAMAGES.keys() - {"folder", "flipped", "cut", "future"})  # others where the damage allows it


@pytest.mark.parametrize("how", [*DAMAGES, *["flipped", "cut"] * 6])
def test_a_damaged_store_gives_what_a_full_run_gives(inbox, kept, how, request):
    wanted = taken(inbox, kept)
    DAMAGES[how](kept, random.Random(request.node.name))
    for _ in range(3):
        assert taken(inbox, kept) == wanted


@pytest.mark.parametrize("how", HEALED)
def test_a_damaged_store_keeps_again_two_runs_later(inbox, kept, read, how):
    taken(inbox, kept)
    DAMAGES[how](kept, random.Random(1))
    taken(inbox, kept)
    taken(inbox, kept)
    read.clear()
    taken(inbox, kept)
    assert read == []


def test_a_locked_store_is_done_without(inbox, kept, monkeypatch):
    wanted = taken(inbox, kept)
    monkeypatch.setattr("xltools.store._PATIENCE", 0.05)
    base = sqlite3.connect(kept)
    base.execute("begin exclusive")
    assert taken(inbox, kept) == wanted
    base.close()
    assert taken(inbox, kept) == wanted


def test_a_store_that_is_locked_meanwhile_is_done_without(inbox, kept, monkeypatch):
    wanted = taken(inbox)
    monkeypatch.setattr("xltools.store._PATIENCE", 0.05)
    monkeypatch.setattr("xltools.store._TOGETHER", 1)
    with Store(kept) as store:
        running = take_in(sorted(map(str, inbox.iterdir())), Manner(OFFICIAL), store=store)
        found = [next(running)]
        base = sqlite3.connect(kept)
        base.execute("begin exclusive")
        found += running
        base.close()
    assert [(one.packed, one.passed_over) for one in found] == wanted


@pytest.mark.parametrize("what", ["folder", "base"])
def test_where_nothing_can_be_written_nothing_is_kept(inbox, kept, monkeypatch, what):
    wanted = taken(inbox)
    if what == "folder":
        kept.parent.write_text("a file where the folder belongs")
    else:
        taken(inbox, kept)
        really = sqlite3.connect
        monkeypatch.setattr(
            "xltools.store.sqlite3.connect",
            lambda path, **how: really(f"file:{path}?mode=ro", uri=True, **how),
        )
    before = kept.read_bytes() if kept.is_file() else None
    assert taken(inbox, kept) == wanted
    assert (kept.read_bytes() if kept.is_file() else None) == before


def test_two_runs_at_once_give_the_same_and_neither_waits_for_the_other(inbox, kept, read, monkeypatch):
    """One begins, the other goes all the way, and the first goes on."""
    wanted = taken(inbox)
    monkeypatch.setattr("xltools.store._PATIENCE", 0)
    monkeypatch.setattr("xltools.store._TOGETHER", 2)
    files = sorted(map(str, inbox.iterdir()))
    monkeypatch.setattr("xltools.intake._BATCH", 1)
    with Store(kept) as store:
        first = take_in(files, Manner(OFFICIAL), store=store)
        found = [next(first) for _ in range(3)]
        read.clear()
        assert taken(inbox, kept) == wanted
        assert len(read) < 7  # it had use for what the first had read
        found += first
    assert [(one.packed, one.passed_over) for one in found] == wanted
    read.clear()
    taken(inbox, kept)
    assert read == []


def test_a_run_that_is_broken_off_keeps_what_it_had_read(inbox, kept, read):
    files = sorted(map(str, inbox.iterdir()))

    def broken_off():
        with Store(kept) as store:
            for one in take_in(files, Manner(OFFICIAL), store=store):
                yield one
                raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        list(broken_off())
    read.clear()
    len(gathered(take_in(files, Manner(OFFICIAL), store=Store(kept)), Manner(OFFICIAL), many=True))
    assert len(read) < 7
