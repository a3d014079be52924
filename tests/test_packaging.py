"""Wheel and sdist build, and what is installed from them works in an environment that has nothing else of ours."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import venv
import zipfile
from pathlib import Path

import pytest

from conftest import ROOT

NEEDED = (
    "src",
    "templates",
    "tests",
    "samples",
    "benchmarks",
    "docs",
    "pyproject.toml",
    "README.md",
    "README.zh-CN.md",
    "LICENSE",
    "Makefile",
    "requirements.txt",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
)


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """Wheel and sdist, built from a copy of the project, so that nothing is left behind in it."""
    source, out = tmp_path_factory.mktemp("source") / "xltools", tmp_path_factory.mktemp("dist")
    source.mkdir()
    for name in NEEDED:
        path = ROOT / name
        if path.is_dir():
            shutil.copytree(path, source / name, ignore=shutil.ignore_patterns("__pycache__"))
        elif path.exists():
            shutil.copy(path, source / name)
    run(sys.executable, "-m", "build", "--no-isolation", "--outdir", out, source)
    (wheel,) = out.glob("*.whl")
    (sdist,) = out.glob("*.tar.gz")
    return wheel, sdist


def run(*command, **settings):
    clean = {key: value for key, value in os.environ.items() if not key.startswith(("PYTHON", "COV"))}
    done = subprocess.run(
        [*map(str, command)],
        capture_output=True,
        text=True,
        check=False,
        env=clean | {"XLTOOLS_LANG": "en", "PYTHONUTF8": "1"},
        **settings,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def installed(package, folder):
    """An environment with *package* and, by a path, only the libraries it depends on."""
    venv.create(folder)
    python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    run(sys.executable, "-m", "pip", "--python", python, "install", "-q", "--no-deps", "--no-index", package)
    libraries = sysconfig.get_path("purelib")
    site = run(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))").strip()
    # A line of a .pth file is not searched for .pth files of its own, so our editable install stays out of sight.
    Path(site, "libraries.pth").write_text(libraries, encoding="utf-8")
    return python


def works(python, folder):
    where = run(python, "-c", "import xltools; print(xltools.__file__)", cwd=folder).strip()
    assert not where.startswith(str(ROOT))
    assert "xxgk-2021 (default)" in run(python, "-m", "xltools", "form", "list", cwd=folder)
    run(
        python,
        "-m",
        "xltools",
        "generate",
        "--year",
        "2024",
        "--district",
        "区",
        "--agency",
        "局",
        "--code",
        "1",
        "-o",
        "o",
        cwd=folder,
    )
    assert (folder / "o" / "1_局_2024.xlsx").exists()
    filled = ROOT / "samples" / "clean" / "001_青禾区人民政府办公室_2024.xlsx"
    assert "1 file checked: no errors" in run(python, "-m", "xltools", "verify", filled, cwd=folder)
    run(python, "-m", "xltools", "verify", filled, "--format", "html", "-o", "page.html", cwd=folder)
    assert "<style>" in (folder / "page.html").read_text(encoding="utf-8")
    assert '"$schema"' in run(python, "-m", "xltools", "schema", "verify", cwd=folder)
    merge = [
        python,
        "-m",
        "xltools",
        "merge",
        filled,
        "--year",
        "2024",
        "--district",
        "青禾区",
        "-o",
        "d.xlsx",
    ]
    run(*merge, cwd=folder)
    assert (folder / "d.xlsx").stat().st_size > 10_000
    a_year_as_the_readme_has_it(python, folder)


def a_year_as_the_readme_has_it(python, folder):
    """The steps of the README in a collection of its own, with the extra that Word needs."""
    xltools = (python, "-m", "xltools")
    samples = ROOT / "samples"
    roster = ("--roster", samples / "roster.csv")
    run(*xltools, "init", "2024", "--year", "2024", "--district", "青禾区", *roster, cwd=folder)
    home = folder / "2024"
    run(*xltools, "generate", "--check", cwd=home)
    for path in sorted((samples / "clean").iterdir()):
        shutil.copy(path, home / "inbox")
    assert "19" in run(*xltools, "status", cwd=home)
    run(*xltools, "verify", "--return-to", "returned", cwd=home)
    assert "200 of 200 figures" in run(*xltools, "merge", "--witness", cwd=home)
    run(*xltools, "publish", "--starter", cwd=home)
    text = (home / "text.md").read_text(encoding="utf-8")
    (home / "text.md").write_text(re.sub("【[^】]*】", "（略）", text), encoding="utf-8")
    run(*xltools, "publish", "--witness", cwd=home)
    assert (home / "report.docx").stat().st_size > 10_000


@pytest.mark.prove
def test_the_wheel_works_in_an_empty_environment(built, tmp_path):
    works(installed(built[0], tmp_path / "env"), tmp_path)


@pytest.mark.prove
def test_the_sdist_builds_the_same_wheel(built, tmp_path):
    wheel, sdist = built
    with tarfile.open(sdist) as file:
        file.extractall(tmp_path, filter="data")
    (source,) = (path for path in tmp_path.iterdir() if path.is_dir())
    for name in NEEDED:
        assert (source / name).exists(), name
    run(sys.executable, "-m", "build", "--no-isolation", "--wheel", "--outdir", tmp_path / "dist", source)
    (again,) = (tmp_path / "dist").glob("*.whl")
    assert contents(again) == contents(wheel)
    works(installed(again, tmp_path / "env"), tmp_path)


def contents(wheel):
    with zipfile.ZipFile(wheel) as file:
        return {name: file.read(name) for name in file.namelist() if not name.endswith("RECORD")}


@pytest.mark.prove
def test_the_wheel_holds_forms_and_words_and_no_tests(built):
    names = set(contents(built[0]))
    assert {
        "xltools/templates/xxgk-2021.toml",
        "xltools/text/zh.toml",
        "xltools/text/findings/blank.toml",
        "xltools/text/en.toml",
        "xltools/text/clerk.toml",
        "xltools/document/table.html",
        "xltools/document/writer/page.css",
        "xltools/document/writer/page.html",
        "xltools/report/html/board.html",
        "xltools/report/html/page.html",
        "xltools/report/html/page.css",
        "xltools/report/html/page.js",
        "xltools/report/schema/verify.json",
        "xltools/report/schema/read.json",
    } <= names
    assert not [name for name in names if "test" in name or "samples" in name]
