"""Builds what a page needs to run Python inside of a browser: src/xltools/desk/runtime. Run by `make page`.

Pyodide comes from npm at the version and hash below; the libraries are those of the environment that runs this script,
which was installed from hashed requirements; the package itself goes in unchanged, without its command line. All of it
is byte code, made by the very Python that will run it, because a page with sources needs twice as long to start. The same
inputs give the same bytes.
"""

from __future__ import annotations

import base64
import fnmatch
import gzip
import hashlib
import importlib.metadata
import io
import json
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CACHE = ROOT / "build" / "page"
RUNTIME = ROOT / "src" / "xltools" / "desk" / "runtime"
sys.path.insert(0, str(ROOT / "src"))

from xltools.desk.standalone import PARTS, sources_digest  # noqa: E402

PYODIDE = "314.0.7"
INTEGRITY = (
    "0YvXxEhfEdpLfb/XkM2BFAeMROq0iMUX2bzzH9pOttyMcWkwq+HbE5uyuGD82LN7y2q+SNvi/6V5JEsOlD2R1A=="  # SHA-512
)
MEMBERS = ("pyodide.mjs", "pyodide.asm.mjs", "pyodide.asm.wasm", "python_stdlib.zip", "pyodide-lock.json")
LIBRARIES = (
    "attrs",
    "cattrs",
    "et_xmlfile",
    "jinja2",
    "markupsafe",
    "openpyxl",
    "typing_extensions",
    "xlsxwriter",
)
# Of the standard library, what neither the package nor its libraries import; tests/test_desk_page.py checks that.
UNUSED = (
    "_pyrepl/*", "unittest/*", "pdb.py", "bdb.py", "cmd.py", "pydoc*", "doctest.py", "mailbox.py", "imaplib.py",
    "smtplib.py", "poplib.py", "ftplib.py", "xmlrpc/*", "wsgiref/*", "http/server.py", "http/cookie*",
    "asyncio/windows*", "pickletools.py", "sqlite3/*", "dbm/*", "curses/*", "ctypes/*",
    "configparser.py", "logging/config.py", "logging/handlers.py", "cProfile.py", "profile.py", "pstats.py", "trace.py",
    "timeit.py", "plistlib.py", "netrc.py", "antigravity.py", "this.py",
    "_aix*", "_osx*", "_android*", "_apple*", "_ios*", "profiling/*",
    "multiprocessing/*", "optparse.py", "socketserver.py", "webbrowser.py", "xml/dom/*", "xml/sax/*", "_pydatetime.py",
    "_pydecimal.py", "_pyio.py", "asyncio/proactor*", "modulefinder.py", "tracemalloc.py", "wave.py", "compileall.py",
    "fileinput.py", "pyclbr.py", "tabnanny.py", "filecmp.py", "zipapp.py", "shelve.py", "pty.py", "tty.py", "sched.py",
    "json/tool.py", "colorsys.py",
)  # fmt: skip
NOT_IN_A_PAGE = (
    "xltools/cli/*",
    "xltools/desk/server.py",
    "xltools/desk/runtime/*",
    "xltools/text/locale/*",
    "xltools/text/click*",
)


def main() -> None:
    """Build the runtime, unless it is there and was made from the same sources."""
    about = RUNTIME / "about.json"
    digest = sources_digest()
    versions = {name: importlib.metadata.version(name) for name in LIBRARIES}
    script = b"".join((ROOT / "page" / name).read_bytes() for name in ("build.py", "compile.mjs"))
    build = hashlib.sha256(script).hexdigest()
    wanted = {"pyodide": PYODIDE, "sources": digest, "build": build, "libraries": versions}
    if about.is_file() and {k: json.loads(about.read_text("utf-8")).get(k) for k in wanted} == wanted:
        return
    CACHE.mkdir(parents=True, exist_ok=True)
    package = fetched()
    info = json.loads(package["pyodide-lock.json"])["info"]
    library, tool = compiled(package, [standard_library(package), site()])
    parts = {
        "wasm": package["pyodide.asm.wasm"],
        "core": package["pyodide.asm.mjs"],
        "api": package["pyodide.mjs"],
        "stdlib": stored(library),
        "site": stored(tool),
    }
    shutil.rmtree(RUNTIME, ignore_errors=True)
    RUNTIME.mkdir()
    for name in PARTS:
        (RUNTIME / f"{name}.gz").write_bytes(gzip.compress(parts[name], 9, mtime=0))
    (RUNTIME / "licenses.txt").write_text(licenses(), encoding="utf-8")
    found = wanted | {"abi": info["abi_version"], "python": info["python"]}
    about.write_text(json.dumps(found, indent=1, sort_keys=True), encoding="utf-8")


def fetched() -> dict[str, bytes]:
    """Return the files of Pyodide; refuse a package that is not the one named above."""
    file = CACHE / f"pyodide-{PYODIDE}.tgz"
    if not file.exists():
        pack = ["npm", "pack", "--silent", f"pyodide@{PYODIDE}"]
        try:
            done = subprocess.run(pack, cwd=CACHE, check=False, stdout=subprocess.DEVNULL)
        except FileNotFoundError:
            raise SystemExit("npm is not installed") from None
        if done.returncode:
            raise SystemExit("npm does not answer")
    found = base64.b64encode(hashlib.sha512(file.read_bytes()).digest()).decode()
    if found != INTEGRITY:
        raise SystemExit(f"{file.name} is not what it was: {found}")
    with tarfile.open(file) as package:
        return {name: package.extractfile(f"package/{name}").read() for name in MEMBERS}


def standard_library(package: dict[str, bytes]) -> dict[str, bytes]:
    """Return the modules of the standard library that a page has."""
    with zipfile.ZipFile(io.BytesIO(package["python_stdlib.zip"])) as archive:
        names = [name for name in archive.namelist() if name[-1] != "/" and not is_one(name, UNUSED)]
        return {name: archive.read(name) for name in names}


def site() -> dict[str, bytes]:
    """Return the libraries, without what is compiled for another machine, and the package with its forms."""
    files = {}
    for name in LIBRARIES:
        for path in importlib.metadata.files(name) or ():
            kept = path.suffix == ".py" or path.name == "py.typed"
            if kept and "__pycache__" not in path.parts and ".." not in path.parts:
                files[path.as_posix()] = path.locate().read_bytes()
    for root, prefix in ((ROOT / "src", ""), (ROOT / "templates", "xltools/templates/")):
        for path in sorted(root.rglob("*")):
            name = prefix + path.relative_to(root).as_posix()
            if path.is_file() and "__pycache__" not in path.parts and not is_one(name, NOT_IN_A_PAGE):
                files[name] = path.read_bytes()
    return files


def is_one(name: str, patterns: tuple[str, ...]) -> bool:
    """Return whether a name is one of those meant by *patterns*."""
    return any(fnmatch.fnmatchcase(name, pattern) for pattern in patterns)


def stored(files: dict[str, bytes]) -> bytes:
    """Return a zip that does not compress: gzip does that better over all of it."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        for name in sorted(files, key=lambda name: (name.rpartition(".")[2], name)):
            archive.writestr(zipfile.ZipInfo(name), files[name])
    return out.getvalue()


def compiled(package: dict[str, bytes], trees: list[dict[str, bytes]]) -> list[dict[str, bytes]]:
    """Return the trees with byte code in place of sources."""
    work = CACHE / "compile"
    work.mkdir(exist_ok=True)
    for name, content in package.items():
        (work / name).write_bytes(content)
    sources = {f"{place}/{name}": data for place, tree in enumerate(trees) for name, data in tree.items()}
    (work / "in.zip").write_bytes(stored(sources))
    shutil.copy(ROOT / "page" / "compile.mjs", work)
    subprocess.run(["node", "compile.mjs"], cwd=work, check=True)
    made: list[dict[str, bytes]] = [{} for _ in trees]
    with zipfile.ZipFile(work / "out.zip") as archive:
        for name in archive.namelist():
            place, _, rest = name.partition("/")
            made[int(place)][rest] = archive.read(name)
    return made


def licenses() -> str:
    """Return which libraries are in a page, with the texts of their licences."""
    parts = [
        f"xltools\n\n{(ROOT / 'LICENSE').read_text(encoding='utf-8')}",
        f"Pyodide {PYODIDE}: MPL-2.0, https://mozilla.org/MPL/2.0/; its source: https://github.com/pyodide/pyodide",
        "CPython: PSF-2.0, the text of which is that of typing_extensions",
    ]
    for name in LIBRARIES:
        texts = [path for path in importlib.metadata.files(name) or () if is_one(path.name, ("LICEN[CS]E*",))]
        if not texts:
            raise SystemExit(f"{name} has no text of a licence")
        about = f"{name} {importlib.metadata.version(name)}"
        parts += [f"{about}\n\n{path.locate().read_text(encoding='utf-8')}" for path in sorted(texts)]
    return "\n\n".join(part.strip() for part in parts) + "\n"


if __name__ == "__main__":
    main()
