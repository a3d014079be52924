"""Relations, by which the parts of an Office file refer to one another."""

from __future__ import annotations

import posixpath

from xltools.office.guard import XmlPart
from xltools.office.parsing import parse

Relations = tuple[tuple[str, str, str], ...]


def relations(part: XmlPart, owner: str) -> Relations:
    """Return kind, target and id of each relation in *part*; *owner* is the part that has them, "" the package."""
    found: list[tuple[str, str, str]] = []

    def start(tag: str, attributes: dict[str, str]) -> None:
        if tag == "Relationship" and attributes.get("TargetMode") != "External":
            target = target_of(owner, attributes["Target"])
            found.append((attributes["Type"].rpartition("/")[2], target, attributes["Id"]))

    parse(part, start)
    return tuple(found)


def relations_of(part: str) -> str:
    """Return the name of the part with the relations of *part*."""
    folder, slash, file = part.rpartition("/")
    return f"{folder.rstrip('/')}{slash}_rels/{file}.rels"


def target_of(part: str, target: str) -> str:
    """Return the name of the part that a relation of *part* refers to; "" is the package itself."""
    target = target.replace("\\", "/")
    if target.startswith("/"):
        return target.lstrip("/")
    return posixpath.normpath(posixpath.join(posixpath.dirname(part), target))
