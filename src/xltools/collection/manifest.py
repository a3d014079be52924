"""The manifest of a roll-up: the hashes of its input files, and the settings that its content depends on."""

from __future__ import annotations

import contextlib
import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import xltools
from xltools.data.filing import FILE_STATUSES, Account, Source
from xltools.data.period import Period
from xltools.data.record import Agency
from xltools.data.rollup import Rollup
from xltools.errors import InputError, Problem
from xltools.files import read_bytes
from xltools.office.guard import Limits, ScanError
from xltools.office.parts import read_parts, written_parts

SCHEMA = 3  # version 1 had no output.parts_sha256, version 2 no settings.period


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
        period: Period = fields.pop("period")
        dated = {"year": period.year} | ({} if period.is_year else {"period": str(period)})
        return dated | fields | {"others": dict(self.others)}

    @classmethod
    def of(cls, found: Mapping[str, Any]) -> Settings:
        """Return the settings in a JSON object; raise :exc:`KeyError` or :exc:`TypeError` if they are not complete."""
        fields = dict(found)
        exclusions = tuple((str(what), str(reason)) for what, reason in fields.pop("exclusions"))
        year = Period(fields.pop("year"))
        period = Period.from_text(fields.pop("period")) if "period" in fields else year
        return cls(period or year, exclusions=exclusions, **fields)


def path_of(output: Path) -> Path:
    """Return the path of the manifest of a roll-up: beside it."""
    return output.with_suffix(".manifest.json")


def hash_of(content: bytes | Iterable[bytes]) -> str:
    """Return the SHA-256 of *content* in hexadecimal."""
    whole = hashlib.sha256()
    for part in (content,) if isinstance(content, bytes) else content:
        whole.update(part)
    return whole.hexdigest()


def hash_of_texts(texts: Mapping[str, str]) -> str:
    """Return the SHA-256 of *texts* by cell, whatever their order."""
    return hash_of(json.dumps(dict(texts), sort_keys=True).encode())


def text(
    rollup: Rollup,
    settings: Settings,
    path: Path,
    workbook: bytes,
    witness: Mapping[str, object] | None = None,
) -> str:
    """Return the text of the manifest of *workbook*: one line per input, in the order of the accounts.

    *witness* is the result of a second reader, if there was one.
    """
    output = {"file": path.name, "sha256": hash_of(workbook), "size": len(workbook)}
    head: dict[str, object] = {
        "schema": SCHEMA,
        "tool": f"xltools {xltools.__version__}",
        "form": {"name": rollup.form.name, "sha256": hash_of(rollup.form.text.encode())},
        "output": output | {"parts_sha256": written_parts(workbook).sha256},
        "settings": settings.as_object(),
    }
    if witness is not None:
        head["witness"] = dict(witness)
    inputs = ",\n".join(
        f"  {_json(_input_object(one))}" for one in rollup.accounts if one.status in FILE_STATUSES
    )
    return f'{_json(head)[:-1]}, "inputs": [\n{inputs}\n]}}\n'


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
    """A manifest that was read: the hashes of the workbook, the settings, and the accounts of the inputs.

    ``parts_sha256`` is empty in a manifest of schema 1.
    """

    sha256: str
    parts_sha256: str
    settings: Settings
    inputs: Sequence[Account]

    def is_of(self, workbook: bytes, limits: Limits) -> bool:
        """Return whether the manifest was written for *workbook*."""
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
        output, inputs = found["output"], tuple(map(_account, found["inputs"]))
        hashes = str(output["sha256"]), str(output.get("parts_sha256", ""))
        return Manifest(*hashes, Settings.of(found["settings"]), inputs)
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise InputError(Problem("not-a-manifest", str(path))) from error


def _account(one: Mapping[str, Any]) -> Account:
    agency = Agency(**one["agency"]) if one["agency"] else None
    return Account(agency, Source(one["file"], one["sha256"], one["size"]), one["status"])


def sources_beside(workbook: Source) -> list[Account]:
    """Return the inputs of a roll-up from the manifest beside it; none without a valid manifest of *workbook*."""
    with contextlib.suppress(InputError):
        path = Path(workbook.on_disk)
        found = read(path_of(path))
        if found and found.is_of(read_bytes(path), Limits()):
            return [one for one in found.inputs if one.status == "included"]
    return []
