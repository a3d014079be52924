"""The journal of a collection: its chain, what is noticed of damage, and writing by several programs at once."""

from __future__ import annotations

import codecs
import datetime as dt
import multiprocessing
import os
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conftest import examples
from xltools.collection import journal, locking
from xltools.collection.journal import append, read
from xltools.data.journal import Event, Journal
from xltools.errors import OutputError

NOON = dt.datetime(2026, 1, 5, 12, tzinfo=dt.timezone(dt.timedelta(hours=8)))


def events(count, start=0):
    return [
        Event("received", f"{n:03}", f"inbox/{n}.xlsx", "ab" * 32, {"from": "邮件"})
        for n in range(start, start + count)
    ]


@pytest.fixture
def folder(tmp_path):
    append(tmp_path, events(3), "张三", NOON)
    append(tmp_path, events(2, 3), "李四", NOON)
    return tmp_path


def lines(folder):
    return (folder / journal.FILE).read_bytes().split(b"\n")[:-1]


def faults(folder, changed):
    (folder / journal.FILE).write_bytes(b"".join(line + b"\n" for line in changed))
    return [(fault.code, fault.line) for fault in read(folder).faults]


def test_what_was_appended_is_read(folder):
    found = read(folder)
    assert [event.agency for event in found.events] == ["000", "001", "002", "003", "004"]
    assert {event.who for event in found.events} == {"张三", "李四"}
    assert {event.when for event in found.events} == {"2026-01-05T12:00:00+08:00"}
    assert found.events[0].facts == {"from": "邮件"}
    assert found.faults == ()
    assert not (folder / "journal.lock").exists()


def test_without_a_journal_there_is_nothing(tmp_path):
    assert read(tmp_path) == Journal()


def test_a_line_that_was_changed_moved_or_removed_is_found_and_placed(folder):
    whole = lines(folder)
    assert faults(folder, whole) == []
    assert faults(folder, [*whole[:1], whole[1].replace(b"001", b"002"), *whole[2:]]) == [("broken", 3)]
    assert faults(folder, [*whole[:1], *whole[2:]])[0] == ("broken", 2)
    assert faults(folder, [whole[0], whole[2], whole[1], *whole[3:]])[0] == ("broken", 2)
    assert faults(folder, [*whole[:2], b"{]", *whole[2:]])[0] == ("unreadable", 3)
    assert faults(folder, whole[:-1]) == []  # its end has no key


def test_a_fork_is_told(folder, tmp_path_factory):
    """A synchronizer appended what another machine had written after the same line."""
    other = tmp_path_factory.mktemp("other")
    (other / journal.FILE).write_bytes((folder / journal.FILE).read_bytes())
    append(folder, events(1, 10), "张三", NOON)
    append(other, events(1, 20), "李四", NOON)
    forked = [*lines(folder), lines(other)[-1]]
    assert faults(folder, forked) == [("forked", 7)]
    assert read(folder).events[-1].agency == "020"


def test_a_torn_last_line_is_told_and_read_on(folder):
    path = folder / journal.FILE
    path.write_bytes(path.read_bytes()[:-20])
    assert [(fault.code, fault.line) for fault in read(folder).faults] == [("torn", 5)]
    append(folder, events(1, 7), "张三", NOON)
    found = read(folder)
    assert [event.agency for event in found.events] == ["000", "001", "002", "003", "007"]
    assert [(fault.code, fault.line) for fault in found.faults] == [("unreadable", 5)]
    append(folder, events(1, 8), "张三", NOON)
    assert len(read(folder).faults) == 1


def test_copies_of_a_synchronizer_are_named(folder):
    (folder / "journal (PC-2 的冲突副本).jsonl").write_bytes(b"")
    assert [path.name for path in read(folder).copies] == ["journal (PC-2 的冲突副本).jsonl"]


def test_a_journal_that_cannot_be_written_says_so(tmp_path):
    with pytest.raises(OutputError):
        append(tmp_path / "gone", events(1))


def test_a_lock_is_waited_for_and_an_old_one_is_taken_over(folder, monkeypatch):
    monkeypatch.setattr(locking, "_PATIENCE", 0.1)
    lock = folder / "journal.lock"
    lock.touch()
    with pytest.raises(OutputError):
        append(folder, events(1))
    os.utime(lock, (time.time() - 100, time.time() - 100))
    append(folder, events(1, 9), "张三", NOON)
    assert len(read(folder).events) == 6


def _many(folder, start):
    for n in range(10):
        append(folder, events(1, start + n), str(start), NOON)


def test_several_programs_write_one_chain(tmp_path):
    context = multiprocessing.get_context("spawn")
    others = [context.Process(target=_many, args=(tmp_path, start)) for start in (100, 200)]
    for one in others:
        one.start()
    for one in others:
        one.join()
    found = read(tmp_path)
    assert len(found.events) == 20
    assert found.faults == ()


@settings(max_examples=examples(50))
@given(st.data())
def test_any_single_change_before_the_end_is_noticed(tmp_path_factory, data):
    folder = tmp_path_factory.mktemp("j")
    append(folder, events(4), "张三", NOON)
    whole = b"".join(line + b"\n" for line in lines(folder)[:3])
    place = data.draw(st.integers(0, len(whole) - 2))
    byte = data.draw(st.integers(32, 126).filter(lambda b: b != whole[place]))
    changed = whole[:place] + bytes([byte]) + whole[place + 1 :] + lines(folder)[3] + b"\n"
    (folder / journal.FILE).write_bytes(changed)
    assert read(folder).faults


def test_an_editor_of_windows_changes_no_line(folder):
    path = folder / journal.FILE
    path.write_bytes(codecs.BOM_UTF8 + path.read_bytes().replace(b"\n", b"\r\n"))
    assert (len(read(folder).events), read(folder).faults) == (5, ())
    append(folder, events(1, 9), "张三", NOON)
    assert read(folder).faults == ()
