"""The library does the main job without the command line, and without what a browser does not have."""

from __future__ import annotations

import subprocess
import sys

from conftest import ROOT

# Threads, processes, databases and the libraries of the command line: nothing outside cli/ needs them for the main job.
FORBIDDEN = ("subprocess", "multiprocessing", "sqlite3", "lxml", "click", "rich")

PRELUDE = f"""
import sys
import threading

class Refusing:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {FORBIDDEN!r}:
            raise ImportError(name + " is not there")

def refuse(thread):
    raise RuntimeError("threads are not there")

assert not set(sys.modules) & set({FORBIDDEN!r})
sys.meta_path.insert(0, Refusing())
threading.Thread.start = refuse
for name in ("rich", "sqlite3"):
    try:
        __import__(name)
    except ImportError:
        continue
    raise AssertionError(name)
"""

MAIN_JOB = """
import os
from pathlib import Path

import fill
import xltools
from make import AGENCIES, DISTRICT, YEAR
from xltools.collection.publishing import read_report_source, write_starter

collection = xltools.create_collection(Path("2024"), xltools.Period(YEAR), DISTRICT, ROSTER)
issued = xltools.generate(collection)
assert len(issued) == len(AGENCIES) == 19
assert xltools.generate(collection) == [], "what is there already is left alone"

for path, code in zip(issued, AGENCIES, strict=True):
    content = fill.filled(path.read_bytes(), fill.papers(code, YEAR))
    (collection.inbox / path.name).write_bytes(content)

read = xltools.read_inputs([collection.inbox], xltools.ReadOptions())
assert not any(xltools.verify(filing) for filing in read.filings)
verified = xltools.verify_inputs(
    read.filings, xltools.load_roster(collection.roster), collection.period, DISTRICT, policy=collection.policy
)
assert not verified.has_errors, verified.findings

merged = xltools.merge_files([collection.inbox], xltools.MergeOptions.of(collection), xltools.ReadOptions())
rollup = merged.outcome.rollup
assert rollup is not None
assert rollup.coverage == "complete"
assert xltools.write_rollup_file(merged, rollup, collection.rollup) is None
assert xltools.read(collection.rollup).record.values == rollup.record.values

report = collection.report.with_suffix(".html")
options = xltools.PublishOptions.of(xltools.load_collection(collection.path))
refused = xltools.publish(collection.rollup, report, options)
assert refused.prepared.report.gaps
assert not refused.is_written
assert not report.exists(), "a report with gaps is not written"

write_starter(read_report_source(collection.rollup, options, xltools.ReadOptions()), collection.template)
os.chdir(collection.path)
fill.words(compared=False)
os.chdir("..")
published = xltools.publish(collection.rollup, report, options)
assert published.is_written, published.prepared.collection.findings
assert published.prepared.template == collection.template
page = report.read_text(encoding="utf-8")
assert rollup.form.title in page
assert f"{rollup.values['disclosure.licensing.decisions']:f}" in page
"""


def test_the_main_job_needs_no_command_line_no_thread_and_no_process(tmp_path):
    samples = ROOT / "samples"
    paths = f"sys.path[:0] = [{str(samples)!r}]\nROSTER = __import__('pathlib').Path({str(samples / 'roster.csv')!r})\n"
    done = subprocess.run(
        [sys.executable, "-c", PRELUDE + paths + MAIN_JOB],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "2024" / "report.html").is_file()
