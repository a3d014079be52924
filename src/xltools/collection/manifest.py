"""The manifest of a roll-up: the hash of each file in it, and everything else that its bytes depend on."""

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
_STATUSES = {"included", "excluded"}  # of accounts of files; the other statuses are of agencies


class Settings(NamedTuple):
    """The options of a roll-up; ``others`` are the hashes of other files that were read: the roster, last year's files."""

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
    """Return the path of the manifest of a roll-up, beside it."""
    return output.with_suffix(".manifest.json")


def hash_of(content: bytes | Iterable[bytes]) -> str:
    """Return the SHA-256 of *content* in hexadecimal."""
    whole = hashlib.sha256()
    for part in (content,) if isinstance(content, bytes) else content:
        whole.update(part)
    return whole.hexdigest()


def policy_hash(policy: Policy | None) -> str:
    """Return the hash of the coordinator's decisions on findings."""
    return hash_of(repr(policy or Policy()).encode())


def form_hash(form: Form) -> str:
    """Return the hash of the definition of a form."""
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
    """Yield the text of the manifest line by line, one line per file, in the order of the accounts.

    *witness* is what a second reader found, if there was one.
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
    yield _json(head)[:-1] + ', "inputs": [\n'
    between = ""
    for account in rollup.accounts:
        if account.status in _STATUSES:
            yield f"{between}  {_json(_input_object(account))}"
            between = ",\n"
    yield "\n]}\n"


def _input_object(account: Account) -> dict[str, object]:
    source, agency = account.source, account.agency
    return {
        "file": source.path,
        "sha256": source.sha256,
        "size": source.size,
        "agency": {"district": agency.district, "code": agency.code, "name": agency.name} if agency else None,
        "status": account.status,
    }


def _json(value: object) -> str:
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
    """Return the manifest in that file; ``None`` without a file. Raises :class:`InputError` if it is no manifest."""
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
    """Return the files that were added up in a workbook, from its manifest; empty if there is none that can be used."""
    path, sha256 = path_of(Path(workbook.on_disk)), workbook.sha256
    with contextlib.suppress(InputError, KeyError, ValueError, TypeError):
        found: dict[str, Any] = json.loads(read_bytes(path)) if path.is_file() else {}
        if found and found["output"]["sha256"] == sha256:
            return [_included_account(one) for one in found["inputs"] if one["status"] == "included"]
    return []


def _included_account(one: Mapping[str, Any]) -> Account:
    agency = Agency(**one["agency"]) if one["agency"] else None
    return Account(agency, Source(one["file"], one["sha256"], one["size"]), "included")
