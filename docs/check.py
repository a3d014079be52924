"""Run every command the documents show and compare its output: ``.venv/bin/python docs/check.py [DOCUMENT...]``.

* A block marked ``console`` is run line by line: ``$ `` begins a command, what follows is its output. ``…`` stands
  for any text within a line and, alone on a line, for any lines.
* A block whose mark has a file name behind it (``toml small.toml``) is saved under that name beforehand.
* Each document has a copy of the repository of its own to work in, and one language: Chinese for ``*.zh-CN.md``.
  A change of folder holds from one block to the next, as it does for a reader.
* Every relative link must lead somewhere, to a heading too.
"""
# ruff: noqa: INP001, S603, T201  a script beside the documents; it runs bash and reports on the terminal

from __future__ import annotations

import difflib
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
FENCE = re.compile(r"^```(\w*) ?([^\n`]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"(?<!`)\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)


_LAST = ".last-folder"


def documents() -> list[Path]:
    """Every document of the project."""
    return [*sorted(ROOT.glob("*.md")), *sorted(ROOT.glob("docs/**/*.md"))]


def faults(document: Path) -> Iterator[str]:
    """What is not as the document says."""
    text = document.read_text(encoding="utf-8")
    yield from _links(document, FENCE.sub("", text))
    if "```console" in text:
        with tempfile.TemporaryDirectory() as name:
            yield from _commands(document, text, Path(name) / "xltools")


def _links(document: Path, text: str) -> Iterator[str]:
    for target in LINK.findall(text):
        if "://" in target:
            continue
        name, _, anchor = target.partition("#")
        path = document.parent / name if name else document
        if not path.exists():
            yield f"no such file: {target}"
        elif anchor and anchor not in map(_slug, HEADING.findall(path.read_text(encoding="utf-8"))):
            yield f"no such heading: {target}"


def _slug(heading: str) -> str:
    """A heading's anchor, as GitHub makes it."""
    return re.sub(r"[^\w\- ]", "", heading.casefold()).strip().replace(" ", "-")


def _commands(document: Path, text: str, folder: Path) -> Iterator[str]:
    _copy_to(folder)
    here = folder  # a reader stays in the folder that the last command led to
    for language, name, content in FENCE.findall(text):
        if name:
            (folder / name).write_text(content, encoding="utf-8")
        elif language == "console":
            yield from _console(content, here, folder, "zh" if ".zh" in document.name else "en")
            here = Path((folder / _LAST).read_text(encoding="utf-8").strip())


def _copy_to(folder: Path) -> None:
    git = [shutil.which("git") or "git", "ls-files", "-coz", "--exclude-standard"]
    listed = subprocess.run(git, cwd=ROOT, capture_output=True, check=True, text=True).stdout
    for name in filter(None, listed.split("\0")):
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / name, folder / name)
    (folder / ".venv").symlink_to(ROOT / ".venv")


def _console(content: str, here: Path, folder: Path, language: str) -> Iterator[str]:
    shown = [step.partition("\n") for step in re.split(r"^\$ ", content, flags=re.MULTILINE) if step.strip()]
    mark = "--- the next command ---"
    script = "".join(f"{command}\nstatus=$?; echo '{mark}'; (exit $status)\n" for command, _, _ in shown)
    script += f"pwd > '{folder / _LAST}'\n"
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    settings = {"PATH": path, "XLTOOLS_LANG": language, "PYTHONPATH": str(ROOT / "src")}
    bash = [shutil.which("bash") or "bash", "-c", script]
    # Whoever runs this by make has no part in a make that a document shows.
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith("MAKE")
    } | settings
    done = subprocess.run(
        bash,
        cwd=here,
        env=environment,
        text=True,
        check=False,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    for (command, _, expected), real in zip(shown, done.stdout.split(f"{mark}\n"), strict=False):
        if found := "\n".join(differences(expected, real)):
            yield f"$ {command}\n{found}"


def differences(shown: str, real: str) -> Iterator[str]:
    """Yield the lines in which a real output is not as shown, as a unified diff; none if it is."""
    if not _is_alike(shown, real):
        yield from difflib.unified_diff(_lines(shown), _lines(real), "shown", "real", lineterm="", n=1)


def _lines(text: str) -> list[str]:
    return [line.rstrip() for line in text.strip("\n").splitlines()]


def _is_alike(expected: str, real: str) -> bool:
    pattern = ""
    for line in _lines(expected):
        pattern += "(?:.*\n)*?" if line.strip() == "…" else re.escape(line).replace("…", ".*") + "\n"
    return re.fullmatch(pattern, "".join(f"{line}\n" for line in _lines(real))) is not None


if __name__ == "__main__":
    bad = 0
    for document in [Path(name).resolve() for name in sys.argv[1:]] or documents():
        for fault in faults(document):
            print(f"{document.relative_to(ROOT)}: {fault}\n")
            bad += 1
    print(f"{bad} faults" if bad else "the documents say what is so")
    sys.exit(bool(bad))
