"""The parts of a workbook while they are changed: found through relations, declared by type, written at the end."""

from __future__ import annotations

import io
import posixpath
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass

from xltools.excel.marking.xml_editor import Element, Skip, XmlEditor
from xltools.excel.package import with_parts
from xltools.office.guard import Limits, beyond, folded, unpacked
from xltools.office.relations import relations_of, target_of

_TYPES = "[Content_Types].xml"
_RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"
HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'


@dataclass(frozen=True, slots=True)
class PartRelation:
    """A reference from one part to another: ``kind`` is the end of its type, ``target`` the name of the other part."""

    identity: str
    kind: str
    target: str
    element: Element


class EditableParts:
    """The parts of one package by name; case does not matter."""

    def __init__(self, package: bytes, limits: Limits) -> None:
        self._package, self._limits = package, limits
        self._zip = zipfile.ZipFile(io.BytesIO(package))
        self._names = {folded(name): name for name in self._zip.namelist()}
        self._changed: dict[str, bytes | None] = {}  # None for a part that was removed

    @property
    def is_changed(self) -> bool:
        """Whether any part was changed."""
        return bool(self._changed)

    def package(self) -> bytes:
        """Return the package with its changes; without any, the same bytes."""
        return with_parts(self._package, self._changed) if self._changed else self._package

    # -- parts

    def has(self, name: str) -> bool:
        """Return whether the part exists."""
        return folded(name) in self._names

    def read(self, name: str) -> bytes:
        """Return the content of a part.

        Raises ``KeyError`` if it does not exist and :class:`ScanError` if it exceeds the limit.
        """
        name = self._names[folded(name)]
        changed = self._changed.get(name)
        if changed is not None:
            return changed
        entry = self._zip.getinfo(name)
        if entry.file_size > self._limits.xml:
            raise beyond("xml", self._limits)
        return unpacked(self._zip, entry)

    def root(self, name: str, skip: Skip | None = None) -> Element:
        """Return the root element of a part, for reading."""
        return self.open(name, skip).root

    def open(self, name: str, skip: Skip | None = None) -> XmlEditor:
        """Return an editor of a part; :meth:`put` takes its changes."""
        return XmlEditor(self.read(name), skip)

    def put(self, name: str, content: bytes | XmlEditor) -> None:
        """Set the content of a part, which is created if it does not exist."""
        if isinstance(content, XmlEditor):
            if not content.is_changed:
                return
            content = content.content()
        self._changed[self._names.setdefault(folded(name), name)] = content

    def remove(self, name: str) -> None:
        """Remove a part with its relations and the declaration of its type."""
        for removed in (name, relations_of(name)):
            if actual := self._names.pop(folded(removed), None):
                self._changed[actual] = None
        has_vml = any(other.endswith(".vml") for other in self._names)
        types = self.open(_TYPES)
        for element in types.root.children:
            declared = element.attributes
            is_own = folded(declared.get("PartName", "").lstrip("/")) == folded(name)
            is_vml = declared.get("Extension", "").casefold() == "vml" and folded(name).endswith(".vml")
            if is_own or (is_vml and not has_vml):
                types.remove(element)
        self.put(_TYPES, types)

    def unused_name(self, pattern: str) -> str:
        """Return the first name that no part has, with a number from 1 in place of the ``#`` in *pattern*."""
        number = 1
        while self.has(pattern.replace("#", str(number))):
            number += 1
        return pattern.replace("#", str(number))

    def add(self, name: str, content: str, content_type: str) -> None:
        """Add a part and declare its type."""
        self.put(name, content.encode())
        types = self.open(_TYPES)
        extension = posixpath.splitext(name)[1].lstrip(".")
        defaults = {e.attributes.get("Extension", "").casefold() for e in types.root.findall("Default")}
        if extension == "vml" and extension not in defaults:  # every program declares it by extension
            first = types.root.children[0].start if types.root.children else types.root.content_start
            attributes = {"Extension": extension, "ContentType": content_type}
            types.insert(first, types.element("Default", attributes))
        else:
            attributes = {"PartName": f"/{name}", "ContentType": content_type}
            types.append(types.root, types.element("Override", attributes))
        self.put(_TYPES, types)

    # -- relations

    def relations(self, part: str) -> list[PartRelation]:
        """Return the relations of *part*, or of the package for "", to other parts."""
        name = relations_of(part)
        if not self.has(name):
            return []
        return [
            PartRelation(
                element.attributes["Id"],
                element.attributes["Type"].rpartition("/")[2],
                target_of(part, element.attributes["Target"]),
                element,
            )
            for element in self.root(name).findall("Relationship")
            if element.attributes.get("TargetMode") != "External"
        ]

    def related(self, part: str, kind: str) -> str:
        """Return the first existing part that *part* has a relation of that kind to, or ""."""
        targets = (r.target for r in self.relations(part) if r.kind == kind)
        return next((self._names[folded(target)] for target in targets if self.has(target)), "")

    def relate(self, part: str, base: str, kind: str, target: str, identity: str) -> None:
        """Add a relation from *part* to *target*; its type is *base*, a slash and *kind*."""
        name = relations_of(part)
        if not self.has(name):
            self.put(name, f'{HEAD}<Relationships xmlns="{_RELATIONS}"/>'.encode())
        relations = self.open(name)
        path = posixpath.relpath(target, posixpath.dirname(part) or ".")
        attributes = {"Id": identity, "Type": f"{base}/{kind}", "Target": path}
        relations.append(relations.root, relations.element("Relationship", attributes))
        self.put(name, relations)

    def unused_identity(self, part: str, wish: str, referred: Iterable[str] = ()) -> str:
        """Return *wish*, followed by a number from 2 if *part* has a relation of that identity.

        The identities that *part* has *referred* to are used too, even if their relations are lost.
        """
        name = relations_of(part)
        used = set(referred)
        if self.has(name):
            used |= {e.attributes["Id"] for e in self.root(name).findall("Relationship")}
        found, number = wish, 1
        while found in used:
            number += 1
            found = f"{wish}{number}"
        return found

    def unrelate(self, part: str, target: str) -> None:
        """Remove all relations from *part* to *target*, and the part that holds them if none is left."""
        name = self._names[folded(relations_of(part))]
        editor = self.open(name)
        removed = {r.element.start for r in self.relations(part) if folded(r.target) == folded(target)}
        elements = editor.root.findall("Relationship")
        for element in elements:
            if element.start in removed:
                editor.remove(element)
        if len(removed) == len(elements):
            self._changed[name] = None
            del self._names[folded(name)]
        else:
            self.put(name, editor)
