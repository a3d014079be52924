"""Files that lie elsewhere: what is read by an address is what is read by a path, whatever store answers."""

from __future__ import annotations

import re
import shutil
import sys
import zipfile
from pathlib import Path

import pytest
from click.testing import CliRunner

from conftest import ROOT
from xltools.cli import command_line
from xltools.data.filing import Source
from xltools.errors import InputError, XltoolsError
from xltools.files import is_address
from xltools.inbox import Inbox, content_of, gather
from xltools.inbox import items as opened
from xltools.office.guard import Limits
from xltools.remote import walk_remote

fsspec = pytest.importorskip("fsspec")
from fsspec.spec import AbstractFileSystem  # noqa: E402

SAMPLES = sorted((ROOT / "samples" / "clean").iterdir())[:4]
ROSTER = "代码,名称\n" + "".join(f"{p.name.split('_')[0]},{p.name.split('_')[1]}\n" for p in SAMPLES)
MERGING = ("--year", "2024", "--district", "青禾区")


class Bucket(AbstractFileSystem):
    """A store of the kind that is addressed as ``bucket://folder/key``: names without a slash in front."""

    protocol = "bucket"
    root = Path()

    def info(self, path, **_):
        place = self.root / self._strip_protocol(path)
        kind = "directory" if place.is_dir() else "file"
        return {"name": place.relative_to(self.root).as_posix(), "size": place.stat().st_size, "type": kind}

    def ls(self, path, detail=True, **_):
        inside = [self.info(p.relative_to(self.root).as_posix()) for p in self.inside(path)]
        return inside if detail else [one["name"] for one in inside]

    def inside(self, path):
        place = self.root / self._strip_protocol(path)
        return sorted(place.iterdir(), reverse=True) if place.is_dir() else [place]

    def _open(self, path, mode="rb", **_):
        return (self.root / path).open(mode)


@pytest.fixture
def inbox(tmp_path):
    folder = tmp_path / "in box"
    for sample in SAMPLES:
        (folder / "一").mkdir(parents=True, exist_ok=True)
        shutil.copy(sample, folder / "一" / sample.name)
    (folder / "~$001.xlsx").write_bytes(b"x")
    (folder / ".git").mkdir()
    (folder / ".git" / "x.xlsx").write_bytes(b"x")
    return folder


@pytest.fixture
def bucket(tmp_path, monkeypatch):
    monkeypatch.setattr(Bucket, "root", tmp_path)
    fsspec.register_implementation("bucket", Bucket, clobber=True)


def run(*arguments):
    done = CliRunner().invoke(
        command_line("en"), [str(a) for a in arguments], "xltools", standalone_mode=False
    )
    assert done.exception is None or isinstance(done.exception, XltoolsError), done.exception
    return done


def zipped(folder, path):
    with zipfile.ZipFile(path, "w") as file:
        for one in sorted(folder.rglob("*")):
            file.write(one, one.relative_to(folder).as_posix())


def addresses(inbox):
    """The same folder under several addresses."""
    archive = inbox.parent / "all.zip"
    zipped(inbox, archive)
    yield f"file://{inbox}"
    yield f"file://{inbox}/"
    yield f"local://{inbox}"
    yield "bucket://in box"
    yield f"zip://::file://{archive}"
    yield f"zip://::bucket://{archive.name}"


def test_a_folder_is_the_same_whatever_its_address(inbox, bucket):
    by_path = gather([inbox])
    names = [Path(file).name for file in by_path.files]
    assert names == [sample.name for sample in SAMPLES]
    for address in addresses(inbox):
        found = gather([address])
        assert all(map(is_address, found.files)), address
        assert [file.partition("::")[0].rpartition("/")[2] for file in found.files] == names, found.files
        assert found.passed_over == by_path.passed_over == 2, address
        assert [content_of(f, Limits()) for f in found.files] == [p.read_bytes() for p in SAMPLES], address
        for file in found.files:  # each is the address of itself
            assert gather([file]).files == (file,)


def parts(path):
    """What a workbook is made of, but for the links from its rows to files, which only paths have."""
    with zipfile.ZipFile(path) as file:
        found = {name: file.read(name) for name in file.namelist() if not name.endswith(".rels")}
    return {name: re.sub(rb"</?hyperlink.*?>", b"", data) for name, data in found.items()}


def test_a_roll_up_of_addresses_is_that_of_paths(inbox, bucket, tmp_path):
    roster = tmp_path / "roster.csv"
    roster.write_text(ROSTER, encoding="utf-8")
    made = []
    for place in (inbox, *addresses(inbox)):
        out = tmp_path / f"{len(made)}.xlsx"
        done = run("merge", place, *MERGING, "--roster", roster, "-o", out)
        assert done.exit_code == 0, done.output
        made.append(parts(out))
        assert made[-1] == made[0], place
    assert run("merge", place, *MERGING, "--roster", roster, "--check", out).return_value == 0


def test_findings_name_the_address(inbox, bucket):
    (inbox / "bad.xlsx").write_bytes(b"PK\x03\x04 and no more")
    done = run("verify", "bucket://in box", "--format", "json")
    assert '"bucket://in box/bad.xlsx"' in done.stdout
    assert done.return_value == 1


def test_addresses_stay_as_they_were_typed_in_every_place(inbox, bucket, tmp_path):
    one, other = (f"bucket://in box/一/{p.name}" for p in SAMPLES[:2])
    assert "differences" in run("diff", one, other).stdout
    done = run("export", one, "-o", tmp_path / "a.csv")
    assert done.exception is None
    assert one in (tmp_path / "a.csv").read_text(encoding="utf-8-sig")
    roster = tmp_path / "roster.csv"
    roster.write_text(ROSTER, encoding="utf-8")
    with pytest.raises(InputError, match="prior-year"):  # it was read: these are of the year itself
        raise run("verify", inbox, "--prior", "bucket://in box", "--year", "2024").exception


def test_what_goes_back_is_marked_in_what_the_address_holds(inbox, bucket, tmp_path):
    shutil.copy(next(iter(sorted((ROOT / "samples" / "problems").glob("*.xlsx")))), inbox / "009_x_2024.xlsx")
    run("verify", "bucket://in box", "--return-to", tmp_path / "back")
    by_path = run("verify", inbox, "--return-to", tmp_path / "back2")
    assert by_path.exception is None
    names = sorted(p.name for p in (tmp_path / "back").iterdir())
    assert names == sorted(p.name for p in (tmp_path / "back2").iterdir())
    assert names


def test_a_large_file_is_read_to_the_limit_and_its_size_is_asked(inbox, bucket):
    with (inbox / "large.xlsx").open("wb") as file:
        file.truncate(1 << 40)
    address, limits = "bucket://in box/large.xlsx", Limits(file=1000)
    content = content_of(address, limits)
    assert len(content) == 1001
    (item,) = opened(address, content, limits)
    assert (item.fault.code, item.size) == ("too-large", 1 << 40)


def test_what_is_not_there_or_answers_nothing_is_told(tmp_path):
    for address, code in [
        (f"file://{tmp_path}/none", "no-such-path"),
        ("nostore://x", "unreadable-file"),
        (f"zip://::file://{tmp_path}/none.zip", "unreadable-file"),
    ]:
        with pytest.raises(InputError, match=code):
            gather([address])
    with pytest.raises(InputError, match="unreadable-file"):
        content_of(f"file://{tmp_path}/none.xlsx", Limits())


def test_without_the_library_the_extra_is_named(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "fsspec.core", None)
    with pytest.raises(InputError, match=r"missing-extra \{'how': 'remote'\}"):
        list(walk_remote(f"file://{tmp_path}"))


def test_nothing_is_written_over_what_an_address_reads(inbox, tmp_path):
    archive = tmp_path / "all.zip"
    zipped(inbox, archive)
    paths = Inbox(
        (f"file://{inbox}/a.xlsx", f"zip://a.xlsx::file://{archive}", "s3://b/c.xlsx", "d.xlsx")
    ).paths
    assert list(paths) == [inbox / "a.xlsx", archive, Path("d.xlsx")]
    sample = inbox / "一" / SAMPLES[0].name
    before = sample.read_bytes()
    done = run("merge", f"file://{inbox}", *MERGING, "--force", "-o", sample)
    assert "output-is-input" in str(done.exception)
    assert sample.read_bytes() == before


@pytest.mark.parametrize(
    "path",
    [
        "s3://bucket/in/003_局.xlsx",
        "simplecache::s3://bucket/in/003_局.xlsx",
        "zip://in/003_局.xlsx::simplecache::s3://bucket/all.zip",
        "zip://003_局.xlsx::file:///in/all.zip",
        "zip://all.zip::file:///in/all.zip!一/003_局.xlsx",
        "in/a::b/003_局.xlsx",
    ],
)
def test_a_file_is_called_by_its_own_name_in_every_chain(path):
    assert Source(path).name == "003_局.xlsx"


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        ("s3://bucket/in", True),
        ("zip://::s3://b/a.zip", True),
        ("simplecache::s3://b", True),
        ("http://127.0.0.1:8000/a.xlsx", True),
        ("C:\\in\\a.xlsx", False),
        ("C://in", False),
        ("/in//a", False),
        ("in/a::b", False),
        ("", False),
    ],
)
def test_an_address_has_a_scheme(text, is_one):
    assert is_address(text) is is_one
