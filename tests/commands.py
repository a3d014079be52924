"""The command line as another program meets it: arguments, a folder, what is printed and the exit status."""

from __future__ import annotations

import contextlib
import gc
import io
import json
from pathlib import Path
from typing import NamedTuple

from xltools.cli import main


class Done(NamedTuple):
    """How a command ended and what it printed."""

    status: int
    out: str
    err: str


def xltools(folder, *arguments, encoding="utf-8"):
    """Run the command line in this process, with *folder* as the working directory and a console of this encoding."""
    out, err = (io.TextIOWrapper(io.BytesIO(), encoding, newline="\n") for _ in range(2))
    status = None
    with contextlib.chdir(folder), contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            main([str(argument) for argument in arguments])
        except SystemExit as end:
            status = end.code
    gc.unfreeze()  # what the command left is garbage here, though not in a process that ends
    return Done(status, *(_text(stream) for stream in (out, err)))


def _text(stream):
    stream.flush()
    return shown(stream.buffer.getvalue(), stream.encoding)


def shown(printed, encoding):
    """What a console of this encoding shows; click takes ASCII for a misconfigured UTF-8."""
    return printed.decode("utf-8" if encoding == "ascii" else encoding)


def read_objects(folder, *arguments):
    """What ``read`` prints as JSON, one object per file, with its path relative to *folder*."""
    done = xltools(folder, "read", *arguments)
    assert done.status in {0, 1}, done.err
    return [json.loads(line) for line in done.out.splitlines()]


def verified(folder, *arguments):
    """What ``verify`` says as JSON, reduced to what a later version has to say as well."""
    done = xltools(folder, "verify", *arguments, "--format", "json")
    assert done.status in {0, 1}, done.err
    said = json.loads(done.out)
    files = [[one["file"], (one["agency"] or {}).get("name"), one["year"]] for one in said["files"]]
    return {"status": done.status, "files": files, "findings": reduced(said["findings"])}


def reduced(findings):
    """For each file, the cells of each finding, or their addresses: ``{file: {severity code …: [cell, …]}}``."""
    found = {}
    for one in findings:
        about = {key: one[key] for key in ("agency", "member", "explanation") if one[key]}
        about |= {"waiver": one["waiver"]["who"]} if one["waiver"] else {}
        more = f" {json.dumps(about, ensure_ascii=False)}" if about else ""
        cells = found.setdefault(one["file"], {}).setdefault(f"{one['severity']} {one['code']}{more}", [])
        cells.append(one["cell"] or "!".join(filter(None, (one["sheet"], one["address"]))))
    return found


def copied(source: Path, target: Path):
    """Copy a tree of files; the sources may be read-only, the copies are not."""
    for path in sorted(source.rglob("*")):
        if path.is_file():
            place = target / path.relative_to(source)
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(path.read_bytes())
    return target
