"""Executors that read files, as tests need them: here, in threads, and processes in which a defect was planted."""

from __future__ import annotations

import os
import pickle
import random
import signal
from concurrent.futures import BrokenExecutor, Executor, Future, ThreadPoolExecutor
from pathlib import Path

from xltools.collection.reading import Workers, prepare_worker


class OddError(Exception):
    """Nobody foresees it."""


class Hostile(Executor):
    """Pickles all that comes and goes, runs a task twice, in any order, and answers late ones first."""

    def __init__(self, seed=0):
        self._random, self._waiting = random.Random(seed), []
        self.asked, self.ran = [], 0

    def submit(self, fn, /, *args):
        self.asked.append(args[0])
        self._waiting.append((answer := Late(self), pickle.dumps((fn, args))))
        return answer

    def work(self):
        self._random.shuffle(self._waiting)
        answer, sent = self._waiting.pop()
        for _ in range(self._random.choice((1, 2))):
            fn, args = pickle.loads(sent)
            result = pickle.loads(pickle.dumps(fn(*args)))
            self.ran += 1
        answer.set_result(result)


class Late(Future):
    def __init__(self, executor):
        super().__init__()
        self.executor = executor

    def result(self, timeout=None):
        while not self.done():
            self.executor.work()
        return super().result(timeout)


def hostile(seed=0):
    executor = Hostile(seed)
    return Workers(lambda _: executor, 1, (BrokenExecutor,)), executor


def threads(count=2):
    return Workers(ThreadPoolExecutor, count, (BrokenExecutor,))


# -- in place of prepare_worker, in each process


def killed(*_):
    """A process that dies over the return of agency 003, as of want of memory."""
    prepare_worker()
    from xltools.collection import reading as intake

    really = intake.read_package

    def read(data, name, *rest, **how):
        if Path(name).name.startswith("003_"):
            os.kill(os.getpid(), signal.SIGKILL)
        return really(data, name, *rest, **how)

    intake.read_package = read


def stumbling(*_):
    """A process with a defect in its reader that only the return of agency 003 meets."""
    prepare_worker()
    from xltools.excel import reader

    really = reader.read_sheets

    def read(reading):
        if reading.facts.properties.get("xltools.code") == "003":
            raise OddError("odd")
        return really(reading)

    reader.read_sheets = read


def stumbling_checks(*_):
    """The same with a defect in a check of a single return."""
    prepare_worker()
    from xltools.checking import checks

    def check(filing):
        if filing.stamp and filing.stamp.agency.code == "003":
            raise OddError("odd")
        yield from ()

    checks.CHECKS = (check,)
