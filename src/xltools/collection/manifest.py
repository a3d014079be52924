"""The manifest of a roll-up: every file that went into it, with its hash, and everything else that its bytes depend on."""

from __future__ import annotations

import contextlib
import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import xltools
from xltools.data.filing import Account, Source
from xltools.data.policy import Policy
from xltools.data.record import Agency
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
    witness: bool = False


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
    def of(cls, workbook: bytes) -> Output:
        """Return what the manifest says of a workbook that this program wrote."""
        return cls(hash_of(workbook), len(workbook), written_parts(workbook).sha256)


def lines(
    rollup: Rollup,
    settings: Settings,
    path: Path,
    output: Output,
    witness: Mapping[str, object] | None = None,
) -> Iterator[str]:
    """The manifest's text line by line, one line per input, in the order of the account.

    *witness* is what a second reader found, where there was one.
    """
    head: dict[str, object] = {
        "schema": SCHEMA,
        "tool": f"xltools {xltools.__version__}",
        "form": {"name": rollup.form.name, "sha256": form_hash(rollup.form)},
        "output": {"file": path.name, **output._asdict()},
        "settings": settings._asdict() | {"others": dict(settings.others)},
    }
    if witness is not None:
        head["witness"] = dict(witness)
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


def sources_beside(workbook: Source) -> list[Account]:
    """The files that were added up in a workbook, from the manifest beside it; none where there is no manifest of it.

    A manifest that cannot be used counts as none.
    """
    path, sha256 = path_of(Path(workbook.on_disk)), workbook.sha256
    with contextlib.suppress(InputError, KeyError, ValueError, TypeError):
        found: dict[str, Any] = json.loads(read_bytes(path)) if path.is_file() else {}
        if found and found["output"]["sha256"] == sha256:
            return [_source(one) for one in found["inputs"] if one["status"] == "included"]
    return []


def _source(one: Mapping[str, Any]) -> Account:
    agency = Agency(**one["agency"]) if one["agency"] else None
    return Account(agency, Source(one["file"], one["sha256"], one["size"]), "included")
