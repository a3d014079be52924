"""Reading by others: any executor, and a real Dask cluster whose workers are killed, give what one process gives."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
from concurrent.futures import BrokenExecutor

import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

import workers
from conftest import ROOT, by_day, examples, unpacked
from xltools.cli import command_line
from xltools.collection.inbox import gather
from xltools.collection.reading import ReadOptions, Workers, processes_of_this_machine, read_file, read_files
from xltools.errors import InputError
from xltools.excel.reader import read
from xltools.office.guard import Limits

sys.path.append(str(ROOT / "benchmarks"))
import making

MERGING = ("--year", str(making.YEAR), "--district", making.DISTRICT)
PROBLEMS = sorted((ROOT / "samples" / "problems").iterdir())
PATIENCE = 60  # seconds


# -- any executor


@pytest.fixture(scope="module")
def inbox(tmp_path_factory):
    """Sound returns, bad ones and an archive."""
    folder = tmp_path_factory.mktemp("inbox")
    making.write(folder, 24)
    for path in PROBLEMS:
        shutil.copy(path, folder / path.name)
    shutil.make_archive(str(folder / "zz"), "zip", ROOT / "samples" / "clean")
    return folder


@pytest.fixture(scope="module")
def alone(inbox):
    """What one process reads."""
    return list(read_files(gather([inbox]).files, ReadOptions()))


@pytest.mark.prove
@settings(max_examples=examples(3))
@given(st.integers(0, 1000))
def test_it_makes_no_difference_who_reads_how_often_and_in_which_order(inbox, alone, seed):
    files = gather([inbox]).files
    others, executor = workers.hostile(seed)
    assert list(read_files(files, ReadOptions(), others)) == alone
    assert executor.asked == list(files)
    assert executor.ran >= len(executor.asked)


@pytest.mark.parametrize(
    "others", [workers.threads(3), processes_of_this_machine(2)], ids=["threads", "processes"]
)
def test_the_pools_of_the_standard_library_read_the_same(inbox, alone, others):
    assert list(read_files(gather([inbox]).files, ReadOptions(), others)) == alone


@pytest.mark.prove
def test_paths_lead_from_the_folder_of_who_asks(inbox, monkeypatch, tmp_path):
    monkeypatch.chdir(inbox)
    names = gather(["."]).files
    near = list(read_files(names, ReadOptions()))
    monkeypatch.chdir(tmp_path)
    assert [read_file(name, ReadOptions(), str(inbox)) for name in names] == near
    (one,) = read_file(names[0], ReadOptions(limits=Limits(file=1000)), str(inbox))
    assert (one.findings[0].code, one.source.path) == ("too-large", names[0])
    assert one.source.size == (inbox / names[0]).stat().st_size


@pytest.mark.prove
def test_a_worker_of_another_version_does_not_read(inbox):
    with pytest.raises(InputError, match="other-xltools"):
        read_file(gather([inbox]).files[0], ReadOptions(), version="0.0.1")


class Deadly(workers.Hostile):
    """One file ends whoever reads it; the first *lives* who do go on."""

    def __init__(self, deadly, lives):
        super().__init__()
        self.deadly, self.lives = deadly, lives

    def submit(self, fn, /, *args):
        self.lives -= 1
        if args[0] != self.deadly and self.lives >= 0:
            return super().submit(fn, *args)
        raise BrokenExecutor("ended")


@pytest.mark.prove
def test_a_file_that_ends_whoever_reads_it_has_the_finding_and_the_others_are_read(inbox, alone, monkeypatch):
    """Whoever read others meanwhile was ended too."""
    monkeypatch.delenv("XLTOOLS_DEBUG")
    files = gather([inbox]).files
    for lives in (0, 20, 1000):
        made = [Deadly(files[20], 1) for _ in files] + [Deadly(files[20], lives)]
        found = list(
            read_files(files, ReadOptions(), Workers(lambda _, made=made: made.pop(), 2, (BrokenExecutor,)))
        )
        (guilty,) = found.pop(20)
        assert [finding.code for finding in guilty.findings] == ["reader-failed"]
        assert guilty.source.path == alone[20][0].source.path
        assert found == alone[:20] + alone[21:]


def test_with_debugging_a_death_is_raised(inbox):
    files = gather([inbox]).files
    others = Workers(lambda _: Deadly(files[3], 10), 2, (BrokenExecutor,))
    with pytest.raises(BrokenExecutor):
        list(read_files(files, ReadOptions(), others))


# -- a cluster


class Cluster:
    """A scheduler and workers in processes of their own; workers that end are started again by their nannies."""

    def __init__(self, folder):
        self.folder, self.started = folder, []
        self.file = folder / "scheduler.json"
        self.scheduler = self.start(
            "scheduler", "--host", "127.0.0.1", "--port", "0", "--scheduler-file", self.file
        )
        until(self.file.exists)
        with self.client() as client:
            self.address = client.scheduler.address

    def start(self, what, *arguments, source=ROOT / "src"):
        command = [
            sys.executable,
            "-m",
            f"distributed.cli.dask_{what}",
            "--no-dashboard",
            *map(str, arguments),
        ]
        environment = os.environ | {"PYTHONPATH": str(source)}
        with (self.folder / f"{len(self.started)}-{what}.log").open("wb") as log:
            process = subprocess.Popen(
                command, cwd=self.folder, env=environment, stdout=log, stderr=log, start_new_session=True
            )
        self.started.append(process)
        return process

    def workers(self, count, threads=1, preload=None, **settings):
        here = ("--host", "127.0.0.1", "--local-directory", self.folder, "--scheduler-file", self.file)
        given = (
            *here,
            "--nworkers",
            count,
            "--nthreads",
            threads,
            *(("--preload", preload) if preload else ()),
        )
        started = self.start("worker", *given, **settings)
        with self.client() as client:
            client.wait_for_workers(count, timeout=PATIENCE)
        return started

    def client(self):
        from distributed import Client  # here, because it is slow to load

        return Client(scheduler_file=str(self.file), timeout=PATIENCE, set_as_default=False)

    def stop(self, *processes):
        for process in processes or self.started:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def until(happens):
    end = time.monotonic() + PATIENCE
    while not happens():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.02)


@pytest.fixture
def cluster(tmp_path):
    pytest.importorskip("distributed", reason="the extra dask is not installed")
    made = Cluster(tmp_path)
    try:
        yield made
    finally:
        made.stop()


@pytest.fixture(scope="module")
def many(tmp_path_factory):
    """A folder of hundreds of returns with its roster."""
    folder = tmp_path_factory.mktemp("many")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(making, "_DISTINCT", 20)
        making.write(folder / "inbox", 320)
    (folder / "roster.csv").write_text(making.roster(320), encoding="utf-8")
    return folder


def merging(folder, output, *options):
    command = [
        sys.executable,
        "-m",
        "xltools",
        "merge",
        "inbox",
        *MERGING,
        "--roster",
        "roster.csv",
        "-o",
        output,
    ]
    environment = os.environ | {"PYTHONPATH": str(ROOT / "src")}
    with (folder / f"{output}.said").open("wb") as said:
        return subprocess.Popen([*command, *options], cwd=folder, env=environment, stdout=said, stderr=said)


def run(*arguments):
    done = CliRunner().invoke(
        command_line("en"), [str(a) for a in arguments], "xltools", standalone_mode=False
    )
    return done.exception


@pytest.mark.prove
def test_workers_that_are_killed_change_not_one_byte(cluster, many):
    with merging(many, "alone.xlsx", "--processes", "1") as process:
        assert process.wait() == 0
    cluster.workers(2)
    cluster.workers(1)
    killed = []
    with cluster.client() as client, merging(many, "far.xlsx", "--dask", cluster.address) as process:
        while process.poll() is None and len(killed) < 3:
            busy = [worker for worker, tasks in client.processing().items() if tasks]
            pids = client.run(os.getpid, on_error="ignore") if busy else {}
            if (victim := next((worker for worker in busy if worker in pids), None)) is None:
                continue
            os.kill(pids[victim], signal.SIGKILL)
            assert process.poll() is None, "the run was over"
            killed.append(victim)
            until(lambda victim=victim: victim not in client.nthreads())
        assert process.wait() == 0, (many / "far.xlsx.said").read_text()
    assert len(set(killed)) == 3
    far, alone = (unpacked((many / f"{name}.xlsx").read_bytes()) for name in ("far", "alone"))
    assert far == alone
    said = [(many / f"{name}.xlsx.said").read_text(encoding="utf-8") for name in ("alone", "far")]
    assert said[1].replace("far.xlsx", "alone.xlsx") == said[0]
    agencies = [agency.code for agency in read(many / "far.xlsx").record.agencies]
    assert sorted(agencies) == [f"C{index:06}" for index in range(320)]


@pytest.mark.prove
def test_a_cluster_finds_what_is_wrong(cluster, inbox, tmp_path, monkeypatch):
    cluster.workers(1, threads=2)
    monkeypatch.chdir(inbox.parent)
    near, far = tmp_path / "near.json", tmp_path / "far.json"
    assert run("verify", inbox.name, "--format", "json", "-o", near) is None
    assert run("verify", inbox.name, "--format", "json", "-o", far, "--dask", cluster.address) is None
    assert far.read_bytes() == near.read_bytes()
    assert near.stat().st_size > 10_000


@pytest.mark.prove
def test_a_file_that_kills_every_worker_has_the_finding(cluster, inbox, alone, monkeypatch):
    from xltools.cli.cluster import cluster_workers

    monkeypatch.delenv("XLTOOLS_DEBUG")
    cluster.workers(2, preload=ROOT / "tests" / "hook" / "deadly.py")
    files = [file for file in gather([inbox]).files if not file.endswith(".zip")]
    others = cluster_workers(cluster.address)
    found = [one for one, *_ in read_files(files, ReadOptions(), others)]
    expected = {one.source.path: one.findings for one, *_ in alone}
    for one in found:
        if one.source.name.startswith("003_"):
            assert [(f.code, "KilledWorker" in f.found) for f in one.findings] == [("reader-failed", True)]
        else:
            assert one.findings == expected[one.source.path]
    assert "reader-failed" in {finding.code for one in found for finding in one.findings}


def test_a_worker_of_another_version_is_told(cluster, inbox, tmp_path):
    other = tmp_path / "other"
    shutil.copytree(ROOT / "src", other / "src")
    shutil.copytree(ROOT / "templates", other / "templates")
    file = other / "src" / "xltools" / "__init__.py"
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace('__version__ = "', '__version__ = "9'), encoding="utf-8")
    cluster.workers(1, source=other / "src")
    error = run("verify", inbox, "--dask", cluster.address)
    assert isinstance(error, InputError), error
    assert [problem.code for problem in error.problems] == ["other-xltools"]


@pytest.mark.prove
def test_a_cluster_that_goes_away_ends_the_work_in_words(cluster, many, monkeypatch):
    monkeypatch.setattr("xltools.cli.cluster._DESERTED", 0.5)
    assert "cluster-deserted" in str(run("verify", many / "inbox", "--dask", cluster.address))
    cluster.workers(1)
    with merging(many, "lost.xlsx", "--dask", cluster.address) as process:
        with cluster.client() as client:
            until(lambda: any(client.processing().values()))
        cluster.stop(cluster.scheduler)
        assert process.wait() == 2
    said = (many / "lost.xlsx.said").read_text(encoding="utf-8").splitlines()
    assert len(said) == 1, said
    assert "connection to the Dask scheduler was lost" in said[0]
    assert not (many / "lost.xlsx").exists()


@pytest.mark.parametrize("address", by_day(["tcp://127.0.0.1:1", "nonsense://", "tls://127.0.0.1:1", ""], 1))
def test_a_cluster_that_is_not_there_is_told(inbox, address, monkeypatch):
    pytest.importorskip("distributed", reason="the extra dask is not installed")
    monkeypatch.setattr("xltools.cli.cluster._CONNECTING", 0.3)
    error = run("verify", inbox, "--dask", address)
    assert isinstance(error, InputError), error
    assert [problem.code for problem in error.problems] == ["no-cluster"]


def test_processes_are_the_clusters_own_affair(inbox):
    assert "processes-and-dask" in str(run("verify", inbox, "--dask", "tcp://x:1", "--processes", "2"))


def test_without_the_library_the_extra_is_named(inbox, monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    assert "missing-extra {'how': 'dask', 'install': 'pip install" in str(
        run("verify", inbox, "--dask", "tcp://x:1")
    )
