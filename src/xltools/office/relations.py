"""How the parts of an Office file find one another: by relations, which stand in parts of their own."""

from __future__ import annotations

import posixpath

from xltools.office.guard import Part
from xltools.office.parsing import parse

Relations = tuple[tuple[str, str, str], ...]


def relations(part: Part, owner: str) -> Relations:
    """Kind, target and id of each relation of the part called *owner* ("" for the package)."""
    found: list[tuple[str, str, str]] = []

    def start(tag: str, attributes: dict[str, str]) -> None:
        if tag == "Relationship" and attributes.get("TargetMode") != "External":
            target = target_of(owner, attributes["Target"])
            found.append((attributes["Type"].rpartition("/")[2], target, attributes["Id"]))

    parse(part, start)
    return tuple(found)


def relations_of(part: str) -> str:
    """The part that holds the relations of *part*."""
    folder, slash, file = part.rpartition("/")
    return f"{folder.rstrip('/')}{slash}_rels/{file}.rels"


def target_of(part: str, target: str) -> str:
    """The part that a relation of *part* points to; "" is the package itself."""
    target = target.replace("\\", "/")
    if target.startswith("/"):
        return target.lstrip("/")
    return posixpath.normpath(posixpath.join(posixpath.dirname(part), target))
