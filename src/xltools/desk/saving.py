"""A collection as one zip, which the desk gives out and opens again, and which the commands read once it is unpacked.

What the settings name outside of the folder goes along, and the settings in the zip name it there: the form, with its
lists of codes, and the files with the figures before.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from xltools.collection import location, settings
from xltools.collection.inbox import gather
from xltools.collection.last_year import last_year_files
from xltools.collection.settings import Folder
from xltools.desk.work import RETURNED, Arrivals
from xltools.errors import InputError, OutputError, Problem
from xltools.files import read_bytes, walk
from xltools.form.code_files import files_of
from xltools.form.library import find, names
from xltools.office.guard import DAMAGE
from xltools.toml_tables import read_text

_MOST_FILES = 10_000  # of a collection that is opened again
_EARLIEST = (1980, 1, 1, 0, 0, 0)  # the time of each member of a zip: the same content gives the same bytes


def packed(files: Mapping[str, Path | bytes]) -> bytes:
    """Return a zip of files, or contents, by their names."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in sorted(files):
            about = zipfile.ZipInfo(name, _EARLIEST)
            about.compress_type = zipfile.ZIP_DEFLATED
            content = files[name]
            archive.writestr(about, content if isinstance(content, bytes) else read_bytes(content))
    return out.getvalue()


def within(folder: Path, above: str = "") -> dict[str, Path | bytes]:
    """Return the files of a folder by their names, *above* in front, without those that are in folders."""
    return {above + path.name: path for path in folder.iterdir() if path.is_file()}


def saved(folder: Folder) -> dict[str, Path | bytes]:
    """Return the files of a collection, with what is ready to go back and what the settings name elsewhere."""
    paths = (Path(name) for name, why in walk(folder.path) if not why)
    files: dict[str, Path | bytes] = {path.relative_to(folder.path).as_posix(): path for path in paths}
    if RETURNED.is_dir():
        files |= within(RETURNED, f"{RETURNED}/")
    changed, form = {}, Path(folder.form)
    if folder.form not in names() and not _are_in(folder, [form, *files_of(form)]):
        changed["form"] = _free(form.name, files)
        files[changed["form"]] = find(folder.form).text.encode()
    if folder.prior and folder.prior.exists() and not _are_in(folder, [folder.prior]):
        changed["prior"] = _free("prior", files)
        files |= {f"{changed['prior']}/{name}": path for name, path in _before(folder, folder.prior)}
    if changed:
        text = read_text(folder.path / location.FILE, InputError)
        files[location.FILE] = settings.with_values(text, changed).encode()
    return files


def _are_in(folder: Folder, paths: list[Path]) -> bool:
    home = folder.path.resolve()
    return all(path.resolve().is_relative_to(home) for path in paths)


def _free(name: str, taken: Mapping[str, object]) -> str:
    """Return *name*, or a like one if the collection has a file or a folder of that name."""
    tops = {path.partition("/")[0] for path in taken}
    while name in tops:
        name = f"_{name}"
    return name


def _before(folder: Folder, prior: Path) -> Iterator[tuple[str, Path]]:
    """Yield the files with the figures before that *prior* has, which is outside of the collection."""
    for place in last_year_files([prior], find(folder.form), folder.period):
        for path in gather([place]).paths:
            yield (place.resolve().name / path.relative_to(place)).as_posix(), path


def unpack(arrived: Arrivals) -> Folder:
    """Make the working folder the collection in a zip of :func:`saved`; nothing that is there is replaced.

    Raises :class:`InputError` for a file that is none, and :class:`OutputError` if the folder is a collection already.
    """
    path = next(path for path in sorted(arrived.folder.rglob("*")) if path.is_file())
    if Path(location.FILE).exists():
        raise OutputError(Problem("collection-exists", location.FILE))
    target = arrived.folder / "unpacked"
    try:
        with zipfile.ZipFile(path) as archive:
            members = [one for one in archive.infolist() if not one.is_dir()]
            if not all(_is_inside(one.filename) for one in members):
                raise InputError(Problem("desk-not-saved", path.name))
            if len(members) >= _MOST_FILES or sum(one.file_size for one in members) > Arrivals.MOST_BYTES:
                about = {"most": _MOST_FILES, "total": Arrivals.MOST_BYTES >> 20}
                raise InputError(Problem("desk-saved-large", path.name, about))
            archive.extractall(target)
    except (*DAMAGE, OSError) as error:
        raise InputError(Problem("desk-not-saved", path.name)) from error
    # Who zips the folder itself has it inside of the zip.
    root = min(target.rglob(location.FILE), key=lambda file: len(file.parts), default=target).parent
    if root == arrived.folder:
        raise InputError(Problem("desk-not-saved", path.name))
    settings.load(root)
    files = [one.relative_to(root) for one in sorted(root.rglob("*")) if one.is_file()]
    above = {one for name in files for one in name.parents}
    for name in sorted({*files, *filter(Path.is_file, above)}):
        if name.exists():
            raise OutputError(Problem("desk-in-the-way", str(name)))
    for name in files:
        name.parent.mkdir(parents=True, exist_ok=True)
        (root / name).replace(name)
    folder = settings.load(Path())
    for place in (folder.inbox, folder.outbox):  # a zip has no empty folders
        place.mkdir(parents=True, exist_ok=True)
    return folder


def _is_inside(name: str) -> bool:
    """Return whether a member of a zip is a file inside of the folder to which it is unpacked."""
    return not re.search(r"(^|/)\.\.(/|$)|^/|[\\:\x00]", name)
