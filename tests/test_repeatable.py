"""Same inputs, same options, same bytes; and whatever ends a run, what was there before stays whole."""

from __future__ import annotations

import contextlib
import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import time
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from conftest import HERE, ROOT, by_day, unpacked
from xltools.cli import command_line
from xltools.collection.reading import processes_of_this_machine

SAMPLES = ROOT / "samples"
LONGEST = 60  # seconds for any one run; what takes longer hangs
_NAMES = (
    "001_青禾区人民政府办公室_2024.xlsx",
    "003_青禾区教育局_2024.xlsx",
    "008_青禾区自然资源局_2024.xlsx",
    "008_青禾区自然资源局_2024（修改）.xlsx",
    "011_青禾区卫生健康委员会_2024.xlsx",
    "012_市场监管局_空.xlsx",
    "012_市场监管局_自制表.xlsx",
    "099_青禾区气象局_2024.xlsx",
)


def invoke(*arguments):
    """Exit status and everything printed, of a command in this process."""
    result = CliRunner().invoke(command_line("en"), [str(a) for a in arguments], standalone_mode=False)
    if result.exception is not None:
        return type(result.exception).__name__, str(result.exception), result.output
    return result.return_value or 0, result.output


@pytest.fixture
def collection(tmp_path, monkeypatch):
    """A folder with returns of every sort, an archive among them, waivers and last year's returns."""
    home = tmp_path / "年报"
    roster = SAMPLES / "roster.csv"
    status, out = invoke("init", home, "--year", "2024", "--district", "青禾区", "--roster", roster)
    assert status == 0, out
    for name in _NAMES:
        shutil.copy(SAMPLES / "problems" / name, home / "inbox" / name)
    shutil.copy(min((SAMPLES / "clean").glob("013*")), home / "inbox" / "急！013!.xlsx")
    with zipfile.ZipFile(home / "inbox" / "来件.zip", "w") as archive:
        for path in sorted((SAMPLES / "clean").glob("01[456]*")):
            archive.write(path, path.name)
        archive.writestr("~$x.xlsx", b"x")
    waivers = "\ufeff单位代码,问题代码,单元格,理由,批准人,日期\n013,blank,,核对过,张三,2025-01-02\n"
    (home / "waivers.csv").write_text(waivers, encoding="utf-8")
    monkeypatch.chdir(home)
    return home


def outputs(home):
    """What lies in the folder, but for what was handed in and the journal, which says when each command ran."""
    found = {}
    for path in sorted(home.rglob("*")):
        place = path.relative_to(home).as_posix()
        if path.is_file() and not place.startswith(("inbox", "journal")):
            found[place] = unpacked(path.read_bytes())
    return found


COMMANDS = {
    "verify": ["verify"],
    "verify json": ["verify", "--format", "json"],
    "verify html": ["verify", "--format", "html", "-o", "out.html", "--force"],
    "verify xlsx": ["verify", "--format", "xlsx", "-o", "out.xlsx", "--force"],
    "verify back": ["verify", "--return-to", "back", "--mail"],
    "verify prior": ["verify", "--prior", str(SAMPLES / "published" / "HZ01_洪泽区人民政府_2023.xlsx")],
    "status": ["status", "--on", "2025-01-20"],
    "status json": ["status", "--on", "2025-01-20", "--format", "json"],
    "status html": ["status", "--on", "2025-01-20", "--format", "html", "-o", "board.html", "--force"],
    "status xlsx": ["status", "--on", "2025-01-20", "--format", "xlsx", "-o", "board.xlsx", "--force"],
    "status remind": ["status", "--on", "2025-01-20", "--remind", "--mail", "out"],
    "merge": ["merge", "--incomplete"],
    "merge refused": ["merge"],
    "merge excluded": ["merge", "--incomplete", "--exclude", "008", "--reason", "两份", "--receipts", "out"],
    "read": ["read"],
    "read csv": ["read", "--format", "csv"],
    "export": ["export", "-o", "out.csv", "--force"],
    "export jsonl": ["export", "-o", "out.jsonl", "--force"],
    "export sqlite": ["export", "-o", "out.sqlite", "--force"],
    "diff": ["diff", f"inbox/{_NAMES[2]}", f"inbox/{_NAMES[3]}"],
    "diff archive": ["diff", f"inbox/{_NAMES[2]}", "inbox/来件.zip"],
}


@pytest.fixture(scope="module")
def two_processes():
    """Two processes that read for one command after another; to start them for each takes longer than the commands."""
    workers = processes_of_this_machine(2)
    with workers.start(2) as executor:
        yield replace(workers, start=lambda _: contextlib.nullcontext(executor))


@pytest.mark.parametrize("name", by_day(COMMANDS, 3))
def test_every_command_says_the_same_by_one_process_and_by_several(
    collection, name, two_processes, monkeypatch
):
    monkeypatch.setattr("xltools.collection.reading.processes_of_this_machine", lambda _: two_processes)
    found = []
    for processes in ("1", "2"):
        for folder in ("back", "out"):
            shutil.rmtree(collection / folder, ignore_errors=True)
        found.append((invoke(*COMMANDS[name], "--processes", processes), outputs(collection)))
    (one, written), (two, also) = found
    assert one[0] in {0, 1} or name == "diff archive", one
    assert two == one
    assert also == written


def test_every_run_reads_everything(collection, monkeypatch):
    from xltools.collection import reading as intake

    names, really = [], intake.read_package
    monkeypatch.setattr(
        intake, "read_package", lambda data, name, *a, **k: names.append(name) or really(data, name, *a, **k)
    )
    for _ in range(2):
        names.clear()
        invoke("verify")
        assert len(names) == 12
    assert not (collection / ".xltools").exists()


# -- whatever the machine


def environment(**changes):
    path = os.pathsep.join([str(HERE / "hook"), str(ROOT / "src")])  # wherever the command runs
    return os.environ | {"PYTHONPATH": path, "XLTOOLS_LANG": "en", "PYTHONIOENCODING": "utf-8"} | changes


def run(*arguments, cwd=None, before=None, **changes):
    """The command in a process of its own: exit status, output, errors. It has to end by itself."""
    command = [sys.executable, "-m", "xltools", *map(str, arguments)]
    done = subprocess.run(
        command,
        cwd=cwd,
        env=environment(**changes),
        capture_output=True,
        timeout=LONGEST,
        check=False,
        preexec_fn=before,
    )
    out, err = done.stdout.decode(), done.stderr.decode()
    assert "Traceback" not in err, err
    return done.returncode, out, err


ANYWHERE = {
    "one process": {},
    "seed 1, two processes": {"PYTHONHASHSEED": "1", "processes": 2},
    "seed 2, three processes": {"PYTHONHASHSEED": "2", "processes": 3},
    "C and Kiritimati": {"LC_ALL": "C", "TZ": "Pacific/Kiritimati", "PYTHONHASHSEED": "0"},
    "Turkish and twenty years on": {
        "LC_ALL": "tr_TR.UTF-8",
        "TZ": "Asia/Kathmandu",
        "SHIFT": str(20 * 365.25 * 86400),
    },
    "years ago": {"SHIFT": str(-9 * 365.25 * 86400), "LANG": "zh_CN.UTF-8"},
}


def test_the_clock_of_a_test_is_shifted():
    program = "import datetime, time; print(datetime.datetime.now().year, time.localtime().tm_year)"
    years = [
        subprocess.check_output([sys.executable, "-c", program], env=environment(SHIFT=shift)).split()
        for shift in ("0", str(20 * 365.25 * 86400))
    ]
    assert [int(later) - int(now) for now, later in zip(*years, strict=True)] == [20, 20]


@pytest.fixture(scope="module")
def anywhere(tmp_path_factory):
    """Exit status, words and roll-up of a run of so many processes in that surrounding, each over other paths' order."""
    home = tmp_path_factory.mktemp("anywhere")
    inbox = home / "inbox"
    shutil.copytree(SAMPLES / "problems", inbox)
    for path in (SAMPLES / "clean").glob("01*"):
        shutil.copy(path, inbox / f"更正_{path.name}")
    with zipfile.ZipFile(inbox / "来件.zip", "w") as archive:
        archive.write(min((SAMPLES / "clean").glob("019*")), "x/019.xlsx")
        archive.writestr("x/~$019.xlsx", b"x")
    made = {}

    def make(name):
        if name not in made:
            changes = dict(ANYWHERE[name])
            processes = changes.pop("processes", 1)
            output = home / f"rollup-{len(made)}.xlsx"
            arguments = ["--roster", SAMPLES / "roster.csv", "--year", "2024", "--district", "青禾区"]
            how = ["--incomplete", "--processes", processes, "-o", output]
            status, out, err = run("merge", "inbox", *arguments, *how, cwd=home, **changes)
            made[name] = (
                status,
                out.replace(output.name, "X"),
                err.replace(output.name, "X"),
                unpacked(output.read_bytes()),
            )
        return made[name]

    make.home = home
    return make


@pytest.mark.parametrize("name", by_day(list(ANYWHERE)[1:], 2))
def test_a_rollup_is_the_same_anywhere(anywhere, name):
    first, other = anywhere("one process"), anywhere(name)
    assert first[0] == 1
    assert "skipped" in first[2] or "1" in first[2]
    assert first[:3] == other[:3]
    assert first[3] == other[3]


def test_a_rollup_is_the_same_in_any_order_of_paths(anywhere, monkeypatch):
    monkeypatch.chdir(anywhere.home)
    paths = sorted((anywhere.home / "inbox").iterdir())
    random.Random(3).shuffle(paths)
    paths = [f"inbox/{path.name}" for path in paths]
    arguments = ["--roster", SAMPLES / "roster.csv", "--year", "2024", "--district", "青禾区"]
    said = invoke("merge", *paths, *arguments, "--incomplete", "-o", "shuffled.xlsx")
    assert said[0] == 1
    assert unpacked((anywhere.home / "shuffled.xlsx").read_bytes()) == anywhere("one process")[3]


# -- whatever ends a run


OLD = b"what was published last week"


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """A collection of three, and its roll-up as an undisturbed run writes it."""
    home = tmp_path_factory.mktemp("small")
    (home / "inbox").mkdir()
    for path in sorted((SAMPLES / "clean").glob("*.xlsx"))[:3]:
        shutil.copy(path, home / "inbox" / path.name)
    lines = (SAMPLES / "roster.csv").read_text(encoding="gb18030").splitlines()[:4]
    (home / "roster.csv").write_text("\n".join(lines), encoding="utf-8")
    (home / "collection.toml").write_text(
        'form = "xxgk-2021"\nyear = 2024\ndistrict = "青禾区"\ndue = 2025-01-31\n', encoding="utf-8"
    )
    status, _, err = run("merge", cwd=home)
    assert status == 0, err
    return home, (home / "district.xlsx").read_bytes()


def reset(home):
    for path in home.iterdir():
        if path.name.endswith(".tmp"):
            shutil.rmtree(path)
    (home / "district.xlsx").write_bytes(OLD)


def assert_next_run_is_undisturbed(home, new):
    status, out, err = run("merge", cwd=home)
    assert status == 0, (out, err)
    assert unpacked((home / "district.xlsx").read_bytes()) == unpacked(new)


@pytest.mark.prove
def test_killed_before_anything_it_does_to_its_output_it_leaves_it_whole(small):
    """Before the first thing, the second…, until a run is through."""
    home, new = small
    reset(home)
    ends = []
    for moment in range(1, 40):
        (home / "district.xlsx").write_bytes(OLD)
        status, _, _ = run("merge", cwd=home, KILL_AT="district.xlsx", KILL_ON=str(moment))
        ends.append((home / "district.xlsx").read_bytes())
        assert ends[-1] in {OLD, new}
        if status != -signal.SIGKILL:
            break
    assert status == 0
    assert len(ends) > 5
    assert (OLD in ends[:-1], ends[-1]) == (True, new)
    assert_next_run_is_undisturbed(home, new)


@pytest.mark.prove
def test_killed_at_any_time_it_leaves_the_former_output_whole(small):
    home, new = small
    reset(home)
    started = time.monotonic()
    assert run("merge", cwd=home)[0] == 0
    long, chance = time.monotonic() - started, random.Random(5)
    for _ in range(8):
        (home / "district.xlsx").write_bytes(OLD)
        process = subprocess.Popen(
            [sys.executable, "-m", "xltools", "merge"], cwd=home, env=environment(), stdout=subprocess.DEVNULL
        )
        time.sleep(chance.uniform(0.3, 1.1) * long)
        process.kill()
        process.wait()
        assert (home / "district.xlsx").read_bytes() in {OLD, new}
    assert_next_run_is_undisturbed(home, new)


def file_size(most):
    return lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))


@pytest.mark.prove
def test_a_full_disk_leaves_the_former_output_whole(small):
    home, new = small
    reset(home)
    assert len(new) > 20_000
    status, _, err = run("merge", cwd=home, before=file_size(20_000))
    assert (status, (home / "district.xlsx").read_bytes()) == (2, OLD)
    assert "cannot write" in err
    assert not list(home.glob("*.tmp")) + list(home.glob(".*.tmp"))
    assert_next_run_is_undisturbed(home, new)


def test_a_full_disk_is_full_even_where_it_is_one(small, tmp_path):
    home, _ = small
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=40k", "tmpfs", disk]
    try:
        mounted = subprocess.run(mount, capture_output=True, check=False).returncode == 0
    except OSError:
        mounted = False
    if not mounted:
        pytest.skip("nothing can be mounted here")
    try:
        output = disk / "district.xlsx"
        output.write_bytes(OLD)
        status, _, err = run("merge", "-o", output, "--force", cwd=home)
        assert (status, output.read_bytes(), "cannot write" in err) == (2, OLD, True)
        assert set(disk.iterdir()) <= {output, disk / "former"}
    finally:
        subprocess.run(["umount", disk], check=True)


@pytest.mark.prove
def test_a_worker_that_is_killed_is_a_finding_on_its_file(small):
    home, new = small
    reset(home)
    name = min((home / "inbox").iterdir()).name
    arguments = ("merge", "--processes", "2")
    status, out, err = run(*arguments, cwd=home, KILL_AT=name, KILL_ON="1", KILL_WORKER="1", XLTOOLS_DEBUG="")
    assert status == 1, err
    assert out.count("reader-failed") == 1
    assert name in out
    assert (home / "district.xlsx").read_bytes() == OLD
    assert_next_run_is_undisturbed(home, new)


def test_workers_end_with_the_run_that_is_killed(small):
    home, _ = small
    reset(home)
    process = subprocess.Popen(
        [sys.executable, "-m", "xltools", "merge", "--processes", "2"],
        cwd=home,
        env=environment(KILL_AT="district.xlsx", KILL_ON="1"),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    assert process.wait(LONGEST) == -signal.SIGKILL
    deadline = time.monotonic() + LONGEST / 4
    while left := _alive(process.pid):
        if time.monotonic() > deadline:
            os.killpg(process.pid, signal.SIGKILL)
            pytest.fail(f"{left} processes are left")
        time.sleep(0.1)


def _alive(group):
    """How many processes of a group still run; what is dead and was not buried does not count."""
    found = 0
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, _, own = stat.read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()[:3]
        except OSError:
            continue
        found += own == str(group) and state != "Z"
    return found
