"""The manifest of a roll-up: every file that went into it, with its hash, and everything else that its bytes depend on."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import xltools
from xltools.classes import NamedTuple
from xltools.data.filing import Account
from xltools.data.policy import Policy
from xltools.data.rollup import Rollup
from xltools.errors import InputError, Problem
from xltools.files import read_bytes
from xltools.form.model import Form
from xltools.office.guard import Limits, ScanError
from xltools.office.parts import read_parts, written_parts

SCHEMA = 2  # 1 had no output.parts_sha256
_STATUSES = {"included", "excluded"}  # of the account of a file; the others are of agencies


class Settings(NamedTuple):
    """What a roll-up was made with besides the files; ``others`` are the hashes of what else was read, by what it is."""

    year: int
    district: str
    code: str
    form: str
    incomplete: bool
    by_kind: bool
    exclusions: tuple[tuple[str, str], ...]
    others: Mapping[str, str]


def path_of(output: Path) -> Path:
    """Where the manifest of a roll-up lies: beside it."""
    return output.with_suffix(".manifest.json")


def hash_of(content: bytes | Iterable[bytes]) -> str:
    """SHA-256, as everywhere in the project's files."""
    whole = hashlib.sha256()
    for part in (content,) if isinstance(content, bytes) else content:
        whole.update(part)
    return whole.hexdigest()


def policy_hash(policy: Policy | None) -> str:
    """Of everything that a coordinator decided about findings."""
    return hash_of(repr(policy or Policy()).encode())


def form_hash(form: Form) -> str:
    """Of the form's definition."""
    return hash_of(form.text.encode())


class Output(NamedTuple):
    """The workbook that was written: the hash of the file, its size in bytes, and the hash of its unpacked parts."""

    sha256: str
    size: int
    parts_sha256: str

    @classmethod
    def of(cls, path: Path) -> Output:
        """Return what the manifest says of the workbook at *path*."""
        with path.open("rb") as file:
            sha256, size = hash_of(iter(lambda: file.read(1 << 20), b"")), file.tell()
            return cls(sha256, size, written_parts(file).sha256)


def lines(rollup: Rollup, settings: Settings, path: Path, output: Output) -> Iterator[str]:
    """The manifest's text line by line, one line an input, in the order of the account."""
    head = {
        "schema": SCHEMA,
        "tool": f"xltools {xltools.__version__}",
        "form": {"name": rollup.form.name, "sha256": form_hash(rollup.form)},
        "output": {"file": path.name, **output._asdict()},
        "settings": settings._asdict() | {"others": dict(settings.others)},
    }
    yield _text(head)[:-1] + ', "inputs": [\n'
    between = ""
    for account in rollup.accounts:
        if account.status in _STATUSES:
            yield f"{between}  {_text(_input(account))}"
            between = ",\n"
    yield "\n]}\n"


def _input(account: Account) -> dict[str, object]:
    source, agency = account.source, account.agency
    return {
        "file": source.path,
        "sha256": source.sha256,
        "size": source.size,
        "agency": {"district": agency.district, "code": agency.code, "name": agency.name} if agency else None,
        "status": account.status,
    }


def _text(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


class Manifest(NamedTuple):
    """A manifest as read: the hashes of the workbook, the settings, and the hash of each file by its path.

    ``parts_sha256`` is empty in a manifest of schema 1.
    """

    sha256: str
    parts_sha256: str
    settings: Settings
    inputs: Mapping[str, str]

    def is_of(self, workbook: bytes, limits: Limits) -> bool:
        """Return whether *workbook* is the one that was written."""
        if not self.parts_sha256:
            return hash_of(workbook) == self.sha256
        try:
            parts = read_parts(workbook, limits)
        except ScanError:
            return False
        return parts.sha256 == self.parts_sha256 and not parts.has_more


def read(path: Path) -> Manifest | None:
    """The manifest in that file; none when there is no such file. Raises :class:`InputError` when it is not one."""
    if not path.is_file():
        return None
    try:
        found: dict[str, Any] = json.loads(read_bytes(path))
        settings = Settings(**found["settings"])
        exclusions = tuple((str(what), str(reason)) for what, reason in settings.exclusions)
        inputs = {str(one["file"]): str(one["sha256"]) for one in found["inputs"]}
        output = found["output"]
        hashes = str(output["sha256"]), str(output.get("parts_sha256", ""))
        return Manifest(*hashes, settings._replace(exclusions=exclusions), inputs)
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise InputError(Problem("not-a-manifest", str(path))) from error
