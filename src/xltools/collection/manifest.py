"""The manifest of a roll-up: its input files with their hashes, and everything else that its bytes depend on."""

from __future__ import annotations

import contextlib
import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import xltools
from xltools.data.filing import Account, Source
from xltools.data.period import Period
from xltools.data.policy import Policy
from xltools.data.record import Agency
from xltools.data.rollup import Rollup
from xltools.errors import InputError, Problem
from xltools.files import read_bytes
from xltools.form.model import Form
from xltools.office.guard import Limits, ScanError
from xltools.office.parts import read_parts, written_parts

SCHEMA = 2  # version 1 had no output.parts_sha256
_STATUSES = {"included", "excluded"}  # the statuses of files; the others are of agencies


class Settings(NamedTuple):
    """The options of a merge; ``others`` has the hashes of the other files that were read, by their purpose."""

    period: Period
    district: str
    code: str
    form: str
    incomplete: bool
    by_kind: bool
    exclusions: tuple[tuple[str, str], ...]
    others: Mapping[str, str]
    witness: bool = False

    def as_object(self) -> dict[str, object]:
        """Return the settings as a JSON object."""
        fields = self._asdict()
        return {"year": fields.pop("period").year} | fields | {"others": dict(self.others)}

    @classmethod
    def of(cls, found: Mapping[str, Any]) -> Settings:
        """Return the settings in a JSON object; raise :exc:`KeyError` or :exc:`TypeError` if they are not complete."""
        fields = dict(found)
        exclusions = tuple((str(what), str(reason)) for what, reason in fields.pop("exclusions"))
        return cls(Period(fields.pop("year")), exclusions=exclusions, **fields)


def path_of(output: Path) -> Path:
    """Return the path of the manifest of a roll-up: beside it."""
    return output.with_suffix(".manifest.json")


def hash_of(content: bytes | Iterable[bytes]) -> str:
    """Return the SHA-256 of *content* in hexadecimal."""
    whole = hashlib.sha256()
    for part in (content,) if isinstance(content, bytes) else content:
        whole.update(part)
    return whole.hexdigest()


def policy_hash(policy: Policy | None) -> str:
    """Return the hash of everything that a coordinator decided about findings."""
    return hash_of(repr(policy or Policy()).encode())


def form_hash(form: Form) -> str:
    """Return the hash of the form's definition."""
    return hash_of(form.text.encode())


class Output(NamedTuple):
    """The workbook that was written: the hash of the file, its size in bytes, and the hash of its unpacked parts."""

    sha256: str
    size: int
    parts_sha256: str

    @classmethod
    def of(cls, workbook: bytes) -> Output:
        """Return the entry for a workbook that this program wrote."""
        return cls(hash_of(workbook), len(workbook), written_parts(workbook).sha256)


def lines(
    rollup: Rollup,
    settings: Settings,
    path: Path,
    output: Output,
    witness: Mapping[str, object] | None = None,
) -> Iterator[str]:
    """Yield the text of the manifest: one line per input, in the order of the accounts.

    *witness* is the result of a second reader, if there was one.
    """
    head: dict[str, object] = {
        "schema": SCHEMA,
        "tool": f"xltools {xltools.__version__}",
        "form": {"name": rollup.form.name, "sha256": form_hash(rollup.form)},
        "output": {"file": path.name, **output._asdict()},
        "settings": settings.as_object(),
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
    """A manifest that was read: the hashes of the workbook, the settings, and the hash of each input by its path.

    ``parts_sha256`` is empty in a manifest of schema 1.
    """

    sha256: str
    parts_sha256: str
    settings: Settings
    inputs: Mapping[str, str]

    def is_of(self, workbook: bytes, limits: Limits) -> bool:
        """Return whether *workbook* is the one that the manifest is about."""
        if not self.parts_sha256:
            return hash_of(workbook) == self.sha256
        try:
            parts = read_parts(workbook, limits)
        except ScanError:
            return False
        return parts.sha256 == self.parts_sha256 and not parts.has_more


def read(path: Path) -> Manifest | None:
    """Return the manifest in a file, or None if there is no file; raises :class:`InputError` if it is not a manifest."""
    if not path.is_file():
        return None
    try:
        found: dict[str, Any] = json.loads(read_bytes(path))
        inputs = {str(one["file"]): str(one["sha256"]) for one in found["inputs"]}
        output = found["output"]
        hashes = str(output["sha256"]), str(output.get("parts_sha256", ""))
        return Manifest(*hashes, Settings.of(found["settings"]), inputs)
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise InputError(Problem("not-a-manifest", str(path))) from error


def sources_beside(workbook: Source) -> list[Account]:
    """Return the inputs of a roll-up from the manifest beside it; none if no manifest is valid and about *workbook*."""
    path, sha256 = path_of(Path(workbook.on_disk)), workbook.sha256
    with contextlib.suppress(InputError, KeyError, ValueError, TypeError):
        found: dict[str, Any] = json.loads(read_bytes(path)) if path.is_file() else {}
        if found and found["output"]["sha256"] == sha256:
            return [_account(one) for one in found["inputs"] if one["status"] == "included"]
    return []


def _account(one: Mapping[str, Any]) -> Account:
    agency = Agency(**one["agency"]) if one["agency"] else None
    return Account(agency, Source(one["file"], one["sha256"], one["size"]), "included")
