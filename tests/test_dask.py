"""Reading by others: any executor, and a real Dask cluster whose workers are killed, give what one process gives."""

from __future__ import annotations

import contextlib
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from concurrent.futures import BrokenExecutor, Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context

import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from conftest import ROOT, unpacked
from xltools import store
from xltools.cli import command_line
from xltools.errors import InputError
from xltools.excel.reader import read
from xltools.inbox import gather
from xltools.intake import Errand, Manner, gathered, read_files, take_in
from xltools.office.guard import Limits

sys.path.append(str(ROOT / "benchmarks"))
import making

MERGING = ("--year", str(making.YEAR), "--district", making.DISTRICT)
PROBLEMS = sorted((ROOT / "samples" / "problems").iterdir())
PATIENCE = 60  # seconds


# -- any executor


class Hostile(Executor):
    """Runs a task twice, in any order, and answers late ones first."""

    def __init__(self, seed=0, workers=3):
        self._max_workers, self._random, self._waiting = workers, random.Random(seed), []
        self.asked, self.ran = [], 0

    def submit(self, fn, /, *args):
        self.asked.append(args[0])
        self._waiting.append((answer := Late(self), fn, args))
        return answer

    def work(self):
        self._random.shuffle(self._waiting)
        answer, fn, args = self._waiting.pop()
        results = [fn(*args) for _ in range(self._random.choice((1, 2)))]
        self.ran += len(results)
        answer.set_result(results[-1])


class Late(Future):
    def __init__(self, executor):
        super().__init__()
        self.executor = executor

    def result(self, timeout=None):
        while not self.done():
            self.executor.work()
        return super().result(timeout)


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
    return list(take_in(gather([inbox]).files, Manner()))


@settings(max_examples=3)
@given(st.integers(0, 1000), st.integers(1, 5))
def test_it_makes_no_difference_who_reads_how_often_and_in_which_order(inbox, alone, seed, workers):
    files, executor = gather([inbox]).files, Hostile(seed, workers)
    assert list(take_in(files, Manner(), executor=executor)) == alone
    assert [file for errand in executor.asked for file in errand.files] == list(files)
    assert executor.ran >= len(executor.asked)


@pytest.mark.parametrize(
    "executor",
    [lambda: ThreadPoolExecutor(3), lambda: ProcessPoolExecutor(2, get_context("spawn"))],
    ids=["threads", "processes"],
)
def test_the_pools_of_the_standard_library_read_the_same(inbox, alone, executor):
    with executor() as pool:
        assert list(take_in(gather([inbox]).files, Manner(), executor=pool)) == alone


def test_paths_lead_from_the_folder_of_who_asks(inbox, alone, monkeypatch, tmp_path):
    monkeypatch.chdir(inbox)
    names = gather(["."]).files
    near = [one.packed for one in take_in(names, Manner())]
    errand = Errand(names, str(inbox), Manner().packed, store.tool())
    monkeypatch.chdir(tmp_path)
    assert [one.packed for one in read_files(errand)] == near
    large = Manner(limits=Limits(file=1000))
    one, _ = gathered(read_files(errand._replace(files=names[:2], manner=large.packed)), large, many=False)
    assert (one.findings[0].code, one.source.path) == ("too-large", names[0])
    assert one.source.size == (inbox / names[0]).stat().st_size


def test_a_worker_that_would_read_otherwise_does_not_read(inbox):
    errand = Errand((), str(inbox), Manner().packed, b"another")
    with pytest.raises(InputError, match="other-xltools"):
        read_files(errand)


def test_nobody_is_asked_who_came_of_this_installation(inbox, monkeypatch):
    names = tuple(gather([inbox]).files)
    monkeypatch.setattr(store, "tool", lambda: pytest.fail("asked"))
    with ThreadPoolExecutor(1) as pool:
        assert len(list(take_in(names, Manner(), executor=pool, is_far=False))) == len(names)


def test_what_an_extra_makes_of_old_formats_tells_tools_apart(monkeypatch):
    """What was kept or read without the library for .xls is not taken for what is read with it."""
    seen = set()
    for version in ("", "0.9", "1.0"):
        monkeypatch.setattr(store, "_version", lambda _, version=version: version)
        store.tool.cache_clear()
        seen.add(store.tool())
    store.tool.cache_clear()
    assert len(seen) == 3


class Deadly(Hostile):
    """One file ends whoever reads it, and with that all who wait for the same task."""

    deadly = ""

    def submit(self, fn, /, *args):
        if self.deadly not in args[0].files:
            return super().submit(fn, *args)
        self.asked.append(args[0])
        answer = Future()
        answer.set_exception(BrokenExecutor("ended"))
        return answer


def test_a_file_that_ends_whoever_reads_it_is_named(inbox):
    files, executor = gather([inbox]).files, Deadly()
    executor.deadly = files[20]
    with pytest.raises(InputError, match="ends-workers") as raised:
        list(take_in(files, Manner(), executor=executor))
    assert [problem.place for problem in raised.value.problems] == [files[20]]
    assert [len(errand.files) for errand in executor.asked if files[20] in errand.files] == [16, 1]


def test_a_task_that_lost_its_worker_is_given_again(inbox, alone):
    class Once(Deadly):
        def submit(self, fn, /, *args):
            answer = super().submit(fn, *args)
            self.deadly = "" if self.deadly in args[0].files else self.deadly
            return answer

    files, executor = gather([inbox]).files, Once()
    executor.deadly = files[20]
    assert list(take_in(files, Manner(), executor=executor)) == alone


def test_an_answer_for_fewer_files_than_asked_is_no_answer(inbox):
    class Short(Hostile):
        def submit(self, fn, /, *args):
            answer = Future()
            answer.set_result(fn(*args)[1:])
            return answer

    with pytest.raises(ValueError, match="shorter"):
        list(take_in(gather([inbox]).files, Manner(), executor=Short()))


# -- a cluster

DASK = pytest.importorskip("distributed", reason="the extra xltools[dask] is not installed")


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

    def workers(self, count, threads=1, **settings):
        here = ("--host", "127.0.0.1", "--local-directory", self.folder, "--scheduler-file", self.file)
        given = (*here, "--nworkers", count, "--nthreads", threads)
        started = self.start("worker", *given, **settings)
        with self.client() as client:
            client.wait_for_workers(count, timeout=PATIENCE)
        return started

    def client(self):
        return DASK.Client(scheduler_file=str(self.file), timeout=PATIENCE, set_as_default=False)

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
    made = Cluster(tmp_path)
    try:
        yield made
    finally:
        made.stop()


@pytest.fixture(scope="module")
def many(tmp_path_factory):
    """A folder of hundreds of returns with its roster, and the roll-up that one process makes of them."""
    folder = tmp_path_factory.mktemp("many")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(making, "_DISTINCT", 20)
        making.write(folder / "inbox", 320)
    (folder / "roster.csv").write_text(making.roster(320), encoding="utf-8")
    with merging(folder, "alone.xlsx", "--processes", "1") as process:
        assert process.wait() == 0
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


def test_workers_that_are_killed_change_not_one_byte(cluster, many):
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


def test_a_cluster_finds_what_is_wrong_under_paths_and_addresses(cluster, inbox, tmp_path, monkeypatch):
    cluster.workers(1, threads=2)
    monkeypatch.chdir(inbox.parent)
    for number, place in enumerate((inbox.name, f"file://{inbox}")):
        near, far = tmp_path / f"{number}-near.json", tmp_path / f"{number}-far.json"
        assert run("verify", place, "--format", "json", "-o", near) is None
        assert run("verify", place, "--format", "json", "-o", far, "--dask", cluster.address) is None
        assert far.read_bytes() == near.read_bytes()
        assert near.stat().st_size > 10_000


def test_a_task_that_kills_workers_has_no_answer_and_others_have(cluster):
    killed = cluster.workers(1)
    from xltools.cli.cluster import cluster as far

    with far(cluster.address) as executor:
        # On a slow machine the worker may not be back in time; then that is what is said.
        with pytest.raises((BrokenExecutor, InputError), match=r"workers died|cluster-deserted"):
            executor.submit(os.abort).result()
        cluster.workers(1)
        cluster.stop(killed)  # which may not come back for long
        assert executor.submit(pow, 2, 5).result() == 32
        drawn = [executor.submit(os.urandom, 8) for _ in range(2)]  # alike, and yet each is done
        assert drawn[0].result() != drawn[1].result()
        with pytest.raises(InputError, match=r"cluster-failed.*ZeroDivisionError"):
            executor.submit(divmod, 1, 0).result()


def test_a_worker_without_xltools_or_with_another_is_told(cluster, many, tmp_path):
    bare, other = tmp_path / "bare", tmp_path / "other"
    bare.mkdir()
    (bare / "xltools.py").write_text("raise ModuleNotFoundError(name='xltools')\n")
    shutil.copytree(ROOT / "src", other / "src")
    shutil.copytree(ROOT / "templates", other / "templates")
    with (other / "src" / "xltools" / "files.py").open("a") as file:
        file.write("# mended\n")
    for source, code in ((bare, "worker-without-xltools"), (other / "src", "other-xltools")):
        workers = cluster.workers(1, source=source)
        error = run("verify", many / "inbox", "--dask", cluster.address)
        assert isinstance(error, InputError), error
        assert [problem.code for problem in error.problems] == [code]
        cluster.stop(workers)
        with cluster.client() as client:
            until(lambda client=client: not client.nthreads())


def test_a_cluster_that_goes_away_ends_the_work_in_words(cluster, many, monkeypatch):
    monkeypatch.setattr("xltools.cli.cluster._DESERTED", 0.5)
    monkeypatch.setattr("xltools.cli.cluster._LOOK", 0.2)
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


@pytest.mark.parametrize("address", ["tcp://127.0.0.1:1", "nonsense://", "tls://127.0.0.1:1", ""])
def test_a_cluster_that_is_not_there_is_told(many, address, monkeypatch):
    monkeypatch.setattr("xltools.cli.cluster._CONNECTING", 0.3)
    error = run("verify", many / "inbox", "--dask", address)
    assert isinstance(error, InputError), error
    assert [problem.code for problem in error.problems] == ["no-cluster"]


def test_processes_are_the_clusters_own_affair(many):
    assert "processes-and-dask" in str(
        run("verify", many / "inbox", "--dask", "tcp://x:1", "--processes", "2")
    )


def test_without_the_library_the_extra_is_named(many, monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    assert "missing-extra {'how': 'dask'}" in str(run("verify", many / "inbox", "--dask", "tcp://x:1"))
