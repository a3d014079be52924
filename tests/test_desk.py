"""The desk does what the commands do: the same files, the same journal, the same findings."""

from __future__ import annotations

import contextlib
import io
import json
import re
import shutil
import tomllib
import zipfile
from pathlib import Path

import fill
import pytest

from commands import xltools
from conftest import HERE, ROOT, by_day, unpacked
from test_balanced import AMOUNTS
from test_page import Page
from xltools.collection import reading
from xltools.data.filing import Stamp
from xltools.data.period import Period
from xltools.data.reception import Reception
from xltools.data.record import Agency
from xltools.desk import work
from xltools.desk.answering import Request, answer
from xltools.errors import InputError
from xltools.excel.writer import write_return
from xltools.form.load import load

SAMPLES = ROOT / "samples"
UNITS = HERE / "forms" / "jsgk-2026.toml"


@pytest.fixture
def pair(tmp_path):
    """Two empty collections, one for the commands and one for the desk."""
    for name in ("commands", "desk"):
        done = xltools(
            tmp_path, "init", name, "--year", 2024, "--district", "青禾区", "--roster", SAMPLES / "roster.csv"
        )
        assert done.status == 0, done.err
    return tmp_path / "commands", tmp_path / "desk"


def tree(folder):
    """Every file of a folder, unpacked, without the journal."""
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path.name != "journal.jsonl")
    return {path.relative_to(folder).as_posix(): unpacked(path.read_bytes()) for path in files}


def events(folder):
    """The journal without what differs from run to run: times, hashes of lines, and from where a file came."""
    lines = (folder / "journal.jsonl").read_text(encoding="utf-8").splitlines()
    return [
        {k: v for k, v in json.loads(line).items() if k not in {"when", "before", "from"}} for line in lines
    ]


@contextlib.contextmanager
def at(folder, lang="en"):
    with contextlib.chdir(folder):
        yield work.Desk(lang)


def drop(desk, *files):
    """Let files arrive, and take them in."""
    with work.arrivals() as arrived:
        for path in files:
            arrived.place(path.name).write_bytes(path.read_bytes())
        return work.take_in(desk, arrived)


def test_receiving_returning_and_a_draft_are_those_of_the_commands(pair):
    commands, own = pair
    problems = sorted((SAMPLES / "problems").iterdir())[::3]
    xltools(commands, "receive", *problems)
    xltools(commands, "status")
    xltools(commands, "verify", "--return-to", "returned")
    xltools(commands, "merge", "--incomplete")
    with at(own) as desk:
        drop(desk, *problems)
        work.look(desk)
        work.send_back(desk)
        assert work.merge(desk, incomplete=False).path is None
        assert work.merge(desk, incomplete=True).path
        assert desk.faults == []
    assert tree(own) == tree(commands)
    assert events(own) == events(commands)


def test_a_year_is_that_of_the_commands(pair):
    commands, own = pair
    clean = sorted((SAMPLES / "clean").iterdir())
    xltools(commands, "generate")
    xltools(commands, "receive", *clean)
    xltools(commands, "merge")
    xltools(commands, "publish", "--starter")
    with at(own) as desk:
        assert len(work.issue(desk)) == 19
        drop(desk, *clean)
        assert work.merge(desk, incomplete=False).path
        work.starter(desk)
        assert work.publish(desk, "html").path is None, "gaps are left"
        assert work.publish(desk, "html", is_draft=True).rendered is not None
        assert not (own / "report.html").exists(), "a draft is shown and not written"
    for folder in pair:
        with contextlib.chdir(folder):
            fill.words(compared=False)
    xltools(commands, "publish", "-o", "report.html")
    with at(own) as desk:
        assert work.publish(desk, "html").path
    assert tree(own) == tree(commands)
    assert events(own) == events(commands)


def test_a_report_in_another_unit_is_that_of_the_command(tmp_path):
    (tmp_path / "r.csv").write_text("code,name\n001,财政局\n", encoding="utf-8")
    for name in ("commands", "desk"):
        about = ("--year", 2026, "--district", "青禾区", "--roster", "r.csv", "--form", UNITS)
        assert xltools(tmp_path, "init", name, *about).status == 0
        (tmp_path / name / "inbox").mkdir(exist_ok=True)
        (tmp_path / name / "inbox" / "001_财政局_2026.xlsx").write_bytes(amounts())
        assert xltools(tmp_path / name, "merge").status == 0
    commands, own = tmp_path / "commands", tmp_path / "desk"
    done = xltools(commands, "publish", "--unit", "亿元", "--decimals", "1", "-o", "report.html", "--force")
    assert done.status == 0, done.err
    screen = screen_of(own, "/report")
    assert Page(screen)
    assert "亿元" in screen
    about = {"token": "", "how": "html", "unit": "亿元", "decimals": "1"}
    with at(own) as desk:
        assert answer(desk, Request("POST", "/publish", about)).status == 200
        assert answer(desk, Request("POST", "/publish", about | {"decimals": "many"})).status == 400
        assert answer(desk, Request("POST", "/publish", about | {"unit": "公斤"})).status == 400
    assert (own / "report.html").read_bytes() == (commands / "report.html").read_bytes()
    assert "单位：亿元" in (own / "report.html").read_text(encoding="utf-8")


def amounts():
    """The return of an agency whose figures are in 万元."""
    form = load(UNITS)
    stamp = Stamp(form.key, form.edition, Period(2026), Agency("青禾区", "001", "财政局"))
    return write_return(form, stamp, AMOUNTS, {"cover.preparer": "张三"})


def screen_of(folder, target):
    with at(folder) as desk:
        return answer(desk, Request("GET", target)).body.decode()


@pytest.mark.prove
def test_accepting_and_choosing_are_those_of_the_commands(pair):
    commands, own = pair
    for folder in pair:
        for path in (SAMPLES / "problems").iterdir():
            shutil.copy(path, folder / "inbox")
        shutil.copy(SAMPLES / "clean" / "005_青禾区民政局_2024.xlsx", folder / "inbox" / "005_b.xlsx")
    xltools(commands, "status")
    xltools(commands, "receive", "--keep", "inbox/005_b.xlsx")
    with at(own) as desk:
        view = work.agency(desk, "005")
        with pytest.raises(InputError, match="desk-changed"):
            work.choose(desk, "005", "inbox/005_b.xlsx", "another version")
        with pytest.raises(InputError, match="desk-changed"):
            work.choose(desk, "005", "roster.csv", view.version)
        (chosen,) = work.choose(desk, "005", "inbox/005_b.xlsx", view.version)
        assert chosen.reception is Reception.CHOSEN
        every = {row.entry.code: work.agency(desk, row.entry.code) for row in work.look(desk).board.rows}
    assert tree(own) == tree(commands)
    code, about = next((code, about) for code, about in every.items() if about.open)
    done = xltools(commands, "accept", code, "--reason", "电话核实")
    assert done.status == 0, done.err
    with at(own) as desk:
        with pytest.raises(InputError, match="desk-blank"):
            work.accept(desk, code, "  ", about.version)
        assert len(work.accept(desk, code, "电话核实", about.version)) == len(about.open)
    assert tree(own) == tree(commands)
    assert events(own) == events(commands)


def test_what_is_read_is_kept_until_the_file_changes(pair, monkeypatch):
    _, own = pair
    clean = sorted((SAMPLES / "clean").iterdir())[:3]
    for path in clean:
        shutil.copy(path, own / "inbox")
    read = []
    plain = reading.read_file
    monkeypatch.setattr(reading, "read_file", lambda file, *more: read.append(file) or plain(file, *more))
    with at(own) as desk:
        first = work.look(desk)
        assert len(read) == 3
        second = work.look(desk)
        assert len(read) == 3
        assert first.seen.collection == second.seen.collection
        (own / "inbox" / clean[0].name).write_bytes(clean[1].read_bytes())
        third = work.look(desk)
        assert len(read) == 4
        assert third.seen.collection == work.look(work.Desk("en")).seen.collection


def test_what_was_read_when_it_came_is_what_reading_it_anew_gives(pair):
    _, own = pair
    with at(own) as desk:
        drop(desk, *(SAMPLES / "problems").iterdir())
        moved = [
            (file, kept)
            for (file, _, _), (*_, kept) in desk.memory.known.items()
            if file.startswith("inbox/")
        ]
        assert len(moved) > 15
        form = work.look(desk).seen.form
        for file, kept in moved:
            assert kept == reading.read_file(file, work.ReadOptions(form))


def test_figures_of_a_roll_up_are_the_sums_of_what_is_behind_them(pair):
    _, own = pair
    for path in (SAMPLES / "clean").iterdir():
        shutil.copy(path, own / "inbox")
    with at(own) as desk:
        merged = work.draft(desk, incomplete=False)
        for name, value in merged.outcome.rollup.values.items():
            shares = work.behind(merged.outcome.rollup, name)
            assert sum(share.value for share in shares) == value
            assert shares == sorted(shares, key=lambda share: -share.value)


def test_a_collection_begins_at_the_desk(tmp_path):
    with at(tmp_path, "zh") as desk:
        assert not desk.has_collection
        with pytest.raises(InputError, match="desk-no-collection"):
            work.look(desk)
        work.start(desk, Period(2024), "青禾区", SAMPLES / "roster.csv")
        assert len(work.look(desk).board.rows) == 19
    done = xltools(
        tmp_path, "init", "other", "--year", 2024, "--district", "青禾区", "--roster", SAMPLES / "roster.csv"
    )
    assert done.status == 0
    made = {name: content for name, content in tree(tmp_path).items() if not name.startswith("other/")}
    assert made.keys() == tree(tmp_path / "other").keys()


@pytest.mark.parametrize(
    "name",
    [
        "../../x.xlsx", "..\\..\\x.xlsx", "/etc/x.xlsx", "C:\\x.xlsx", "..", ".", "", "a\x00b", "CON.xlsx", "nul", "com1.a.b",
        "</script>.xlsx", "a\u202excod.xlsx", "长" * 200 + ".xlsx", "a." + "b" * 300,
    ],
)  # fmt: skip
def test_no_name_leads_out_of_the_folder_of_what_arrives(tmp_path, name):
    with contextlib.chdir(tmp_path), work.arrivals() as arrived:
        for _ in range(2):
            place = arrived.place(name)
            place.write_bytes(b"")
            assert place.resolve().parent.parent == arrived.folder.resolve()
            assert not re.match(r"(?i)(con|nul|com1)(\.|$)", place.name), "a device of Windows"
            assert place.name.endswith(".xlsx") == name.endswith(".xlsx")
    assert list(tmp_path.iterdir()) == []


def test_without_any_file_the_roll_up_says_what_to_do(pair):
    with at(pair[1]) as desk:
        assert 'href="#/board"' in asked(desk, "/rollup")
        assert answer(desk, Request("GET", "/figure/applications.new.total")).status == 404


# -- requests


def asked(desk, target, **form):
    """The body of the answer to GET, or with fields to POST; the answer must be a good one."""
    request = Request("POST" if form else "GET", target, {k: v for k, v in form.items() if k != "post"})
    found = answer(desk, request)
    assert found.status == 200, found.body.decode()
    return found.body if found.name else found.body.decode()


@pytest.fixture(params=["zh", "en"])
def full(request, pair):
    """A desk over the problems of the samples."""
    for path in (SAMPLES / "problems").iterdir():
        shutil.copy(path, pair[1] / "inbox")
    with at(pair[1], request.param) as desk:
        yield desk


@pytest.mark.prove
def test_every_screen_is_sound_and_names_no_command(full):
    for target in (
        "/shell",
        "/board",
        "/agency/005",
        "/agency/012",
        "/rollup",
        "/rollup?incomplete=1",
        "/report",
        "/year",
    ):
        text = asked(full, target)
        Page(text)
        assert "xltools" not in text.replace("xltools-", ""), (target, re.findall(r".{30}xltools.{30}", text))
    assert asked(full, "/return", post=1)
    Page(asked(full, "/merge", incomplete="1"))
    for target in (
        "/board",
        "/rollup?incomplete=1",
        "/report",
        "/figure/applications.new.total?incomplete=1",
    ):
        Page(asked(full, target))


FORMS = SAMPLES / "forms"


def begun(desk, *files, **about):
    """The answer to beginning a collection with these files, the roster first."""
    with work.arrivals() as arrived:
        for path in files:
            arrived.place(path.name).write_bytes(path.read_bytes())
        return answer(
            desk, Request("POST", "/start", {"token": "", "district": "Northfield"} | about, arrived)
        )


@pytest.mark.parametrize(
    ("name", "period", "seen"),
    by_day(
        [
            ("federal-awards", "2023", "CHILDREN&#39;S HEALTH INSURANCE PROGRAM"),
            ("pathfinders", "2024H1", "Northshire"),
            ("nutrition", "2026-03", "Child weighed"),
        ],
        1,
    ),
)
def test_a_collection_of_any_form_begins_and_every_screen_has_its_lists(tmp_path, name, period, seen):
    """With a form of lists: each line is on the drawing, and each message about a line leads to its cell."""
    returns = sorted((FORMS / name).iterdir())
    roster = tmp_path / "roster.csv"
    names = (path.stem.split("_")[:2] for path in returns)
    roster.write_text(
        "code,name\n" + "".join(f"{code},{agency}\n" for code, agency in names), encoding="utf-8"
    )
    home = tmp_path / "c"
    home.mkdir()
    with at(home) as desk:
        assert begun(desk, roster, FORMS / f"{name}.toml", period="1999-13").status == 400
        assert list(home.iterdir()) == [], "a form without a collection does not stay"
        assert begun(desk, roster, FORMS / f"{name}.toml", period=period).status == 200
        drop(desk, *returns)
        for target in ("/board", "/rollup?incomplete=1", "/year", "/report"):
            Page(asked(desk, target))
        assert seen in asked(desk, "/rollup?incomplete=1")
        for row in work.look(desk).board.rows:
            text = asked(desk, f"/agency/{row.entry.code}")
            page = Page(text)
            within = {link[1:] for link in page.links if re.match("#[^/]", link)}
            assert within <= set(page.ids), "every link leads to a place that is there"
            for one in row.examined:
                for finding in one.findings:
                    if "[" in finding.cell:
                        assert f'class="place">{finding.address}</a>' in text, finding
                        assert re.search(r'<td id="file-1-\d+-\d+-\d+" class="\w+ hit', text)


def test_a_form_finds_its_lists_of_codes_beside_it(tmp_path):
    form = tmp_path / "form of ours.toml"
    text = (FORMS / "federal-awards.toml").read_text(encoding="utf-8")
    listed = re.search(r"items = \[\n  \{ key = \"unmodified\".*?\n\]", text, re.DOTALL)
    form.write_text(text.replace(listed[0], 'file = "opinions.csv"'), encoding="utf-8")
    codes = tmp_path / "opinions.csv"
    codes.write_text("key,code,label\nunmodified,U,Unmodified\nqualified,Q,Qualified\n", encoding="utf-8")
    roster = tmp_path / "roster.csv"
    roster.write_text("code,name\n001,North County\n", encoding="utf-8")
    home = tmp_path / "c"
    home.mkdir()
    with at(home) as desk:
        refused = begun(desk, roster, form, period="2023")
        assert refused.status == 400, "without the list"
        assert b"opinions.csv" in refused.body
        assert b".desk." not in refused.body, "files are named as they came"
        assert begun(desk, roster, codes, period="2023").status == 400, "without the form"
        assert list(home.iterdir()) == []
        assert begun(desk, roster, codes, form, period="2023").status == 200
        assert "qualified" in (home / "form.toml").read_text(encoding="utf-8")
        Page(asked(desk, "/board"))


def test_nothing_is_examined_twice_and_whatever_changes_is_seen(pair, monkeypatch):
    _, own = pair
    for path in sorted((SAMPLES / "problems").iterdir())[:6]:
        shutil.copy(path, own / "inbox")
    times = []
    plain = reading.examine
    monkeypatch.setattr(reading, "examine", lambda *given, **about: times.append(1) or plain(*given, **about))
    waivers, settings_ = own / "waivers.csv", own / "collection.toml"
    with at(own) as desk:
        work.look(desk)
        work.agency(desk, "003")
        work.draft(desk, incomplete=True)
        assert len(times) == 1
        for count, change in enumerate(
            (
                next((own / "inbox").iterdir()).unlink,
                lambda: waivers.write_text(
                    waivers.read_text(encoding="utf-8") + "004,blank,,理由,某人,2025-01-01\n",
                    encoding="utf-8",
                ),
                lambda: settings_.write_text(
                    settings_.read_text(encoding="utf-8").replace(
                        "[levels]", '[levels]\nunprotected = "error"'
                    ),
                    encoding="utf-8",
                ),
                lambda: (own / "roster.csv").write_text(
                    (own / "roster.csv").read_text(encoding="utf-8") + "020,新单位\n", encoding="utf-8"
                ),
            ),
            2,
        ):
            change()
            seen = work.look(desk).seen.collection
            assert len(times) == count
            assert seen == work.look(work.Desk("zh")).seen.collection
            times.pop()


def packed(*members):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, content in members:
            archive.writestr(name, content)
    return out.getvalue()


def opened(folder, content):
    folder.mkdir(exist_ok=True)
    with at(folder, "zh") as desk, work.arrivals("/unpack") as arrived:
        arrived.place("saved.zip").write_bytes(content)
        return answer(desk, Request("POST", "/unpack", {"token": ""}, arrived)).status


def test_a_saved_collection_is_opened_again(full, tmp_path):
    asked(full, "/return", post=1)
    saved = asked(full, "/file/collection.zip")
    assert opened(tmp_path / "again", saved) == 200
    here = {name: body for name, body in tree(Path()).items() if not name.startswith(".desk.")}
    assert tree(tmp_path / "again") == here
    members = [(f"2024/{name}", body) for name, body in _members(saved)]
    assert opened(tmp_path / "folder", packed(*members)) == 200
    assert tree(tmp_path / "folder") == here
    settings = (tmp_path / "again" / "collection.toml").read_bytes()
    for place, bad in enumerate(
        (
            b"no zip",
            packed(("x", b"")),
            packed(("collection.toml", b"year = 'x'")),
            packed(("collection.toml", settings), ("../out", b"")),
            packed(("collection.toml", settings), ("/tmp/out", b"")),
            packed(("collection.toml", settings), ("a\\..\\out", b"")),
        )
    ):
        folder = tmp_path / f"bad{place}"
        assert opened(folder, bad) == 400
        assert not any(path.is_file() for path in folder.rglob("*"))
        assert not (tmp_path / "out").exists()


@pytest.mark.prove
def test_a_saved_collection_has_what_its_settings_name_elsewhere(tmp_path):
    """The form with its list of codes, and last year's figures; where it is opened, none of their places is there."""
    home = tmp_path / "here"
    returns, about = (
        _with_codes_beside(home / "forms"),
        ("--district", "Northfield", "--form", home / "forms" / "ours.toml"),
    )
    for year, more in (2022, ()), (2023, ("--prior", "2022")):
        made = xltools(home, "init", year, "--year", year, "--roster", home / "roster.csv", *about, *more)
        assert made.status == 0, made.err
    assert xltools(home / "2022", "generate").status == 0
    for path in (home / "2022" / "outbox").glob("*.xlsx"):
        shutil.copy(path, home / "2022" / "inbox")
    for path in returns:
        shutil.copy(path, home / "2023" / "inbox")
    (home / "2023" / "prior").write_text("a file of this name", encoding="utf-8")
    with at(home / "2023") as desk:
        before = work.look(desk).seen
        saved = asked(desk, "/file/collection.zip")
    assert before.last_year.files == 3
    home.rename(tmp_path / "moved")
    assert opened(tmp_path / "again", saved) == 200
    with at(tmp_path / "again") as desk:
        after = work.look(desk).seen
        assert {"ours.toml", "_prior", "prior", "inbox", "outbox"} <= {path.name for path in Path().iterdir()}
    assert after.form.text == before.form.text
    for one, other in zip(after.collection.examined, before.collection.examined, strict=True):
        assert one.findings == other.findings
        assert one.filing.record.lists == other.filing.record.lists


def _with_codes_beside(folder):
    """Write a form that names a list of codes beside it, and a roster above; return the returns of the form."""
    folder.mkdir(parents=True)
    text = (FORMS / "federal-awards.toml").read_text(encoding="utf-8")
    items = re.search(r"items = \[\n  \{ key = \"unmodified\".*?\n\]", text, re.DOTALL)[0]
    heads = ("key", "code", "label", "under")
    codes = [[one.get(head, "") for head in heads] for one in tomllib.loads(items)["items"]]
    (folder / "ours.toml").write_text(text.replace(items, 'file = "opinions.csv"'), encoding="utf-8")
    (folder / "opinions.csv").write_text("\n".join(map(",".join, [heads, *codes])), encoding="utf-8")
    returns = sorted((FORMS / "federal-awards").iterdir())
    names = (",".join(path.stem.split("_")[:2]) for path in returns)
    (folder.parent / "roster.csv").write_text("\n".join(["code,name", *names]), encoding="utf-8")
    return returns


@pytest.mark.parametrize("name", ["roster.csv", "inbox", "inbox/005_青禾区民政局_2024.xlsx"])
def test_what_is_opened_replaces_nothing(full, tmp_path, name):
    saved, own = asked(full, "/file/collection.zip"), tmp_path / "there" / name
    own.parent.mkdir(parents=True)
    own.write_text("mine", encoding="utf-8")
    before = tree(tmp_path / "there")
    assert opened(tmp_path / "there", saved) == 400
    assert tree(tmp_path / "there") == before


def test_a_saved_collection_beyond_the_limits_is_not_opened(tmp_path, monkeypatch):
    many = packed(("collection.toml", b""), *((f"{number}", b"") for number in range(10_000)))
    large = packed(("collection.toml", b""), ("x", b"\0" * 2000))
    monkeypatch.setattr(work.Arrivals, "MOST_BYTES", 1000)
    for name, content in ("many", many), ("large", large):
        assert opened(tmp_path / name, content) == 400
        assert not any(path.is_file() for path in (tmp_path / name).rglob("*"))


def _members(content):
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return [(name, archive.read(name)) for name in archive.namelist()]


def test_a_defect_is_a_screen_too(full, monkeypatch):
    monkeypatch.delenv("XLTOOLS_DEBUG")
    monkeypatch.setattr(work, "look", lambda _: 1 / 0)
    found = answer(full, Request("GET", "/board"))
    assert found.status == 500
    assert "ZeroDivisionError" in found.body.decode()
    Page(found.body.decode())


def test_files_beyond_the_limits_are_refused_while_they_arrive(tmp_path, monkeypatch):
    monkeypatch.setattr(work.Arrivals, "MOST_FILES", 3)
    monkeypatch.setattr(work.Arrivals, "MOST_BYTES", 100)
    with contextlib.chdir(tmp_path):
        with work.arrivals() as arrived:
            for _ in range(3):
                arrived.place("x")
            with pytest.raises(InputError, match="desk-too-many"):
                arrived.place("x")
        with work.arrivals() as arrived, arrived.file("x") as add:
            add(b"x" * 60)
            with pytest.raises(InputError, match="desk-too-many"):
                add(b"x" * 60)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "form",
    [
        {"period": "x"},
        {"period": "2024-13"},
        {"period": "2024H1"},  # the form is for years
        {"period": "2024", "due": "2024-99-01"},
        {"period": "2024", "district": " "},
    ],
)
def test_a_collection_is_not_begun_by_a_faulty_form(tmp_path, form):
    with at(tmp_path) as desk:
        for with_roster in (True, False):
            with work.arrivals() as arrived:
                if with_roster:
                    arrived.place("roster.csv").write_bytes((SAMPLES / "roster.csv").read_bytes())
                about = {"token": "", "district": "青禾区"} | form
                assert answer(desk, Request("POST", "/start", about, arrived)).status == 400
    assert list(tmp_path.iterdir()) == []


def test_what_is_damaged_has_no_marked_copy_and_what_is_named_for_another_can_be_chosen(pair):
    """The page of an agency says in words what is wrong, and offers only what there is."""
    first = next(SAMPLES.glob("clean/005*")).read_bytes()
    (pair[1] / "inbox" / "004_坏.xlsx").write_bytes(first[:5000])
    (pair[1] / "inbox" / "006_青禾区司法局_2024.xlsx").write_bytes(first)
    damaged, other = (screen_of(pair[1], f"/agency/{code}") for code in ("004", "005"))
    assert "its end is missing" in damaged
    assert "BadZipFile" not in damaged
    assert "/file/marked/" not in damaged
    assert "/file/marked/" in other
    assert "Ask whose figures these are" in other


def test_the_report_says_when_others_came_in_meanwhile(pair):
    for path in (SAMPLES / "clean").iterdir():
        shutil.copy(path, pair[1] / "inbox")
    with at(pair[1]) as desk:
        work.merge(desk, incomplete=False)
        assert "merge again first" not in asked(desk, "/report")
        shutil.copy(next(SAMPLES.glob("problems/005*")), pair[1] / "inbox" / "005.xlsx")
        assert "merge again first" in asked(desk, "/report")
    done = xltools(pair[1], "publish", "--starter")
    assert "was not made from the files that the inbox has now" in done.err
