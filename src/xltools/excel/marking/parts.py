"""The parts of a workbook as they are being changed: found through relations, declared by type, written at the end."""

from __future__ import annotations

import io
import posixpath
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass

from xltools.excel.marking.markup import Element, Index, Markup, Skip
from xltools.excel.package import with_parts
from xltools.office.guard import Limits, beyond, folded, unpacked
from xltools.office.relations import relations_of, target_of

_TYPES = "[Content_Types].xml"
_RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"
HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'


@dataclass(frozen=True, slots=True)
class Relation:
    """One part's reference to another: its kind is the end of its type, ``target`` the name of the other part."""

    identity: str
    kind: str
    target: str
    element: Element


class Parts:
    """The parts of one package. Names are those of its directory; they are found without regard to case."""

    def __init__(self, package: bytes, limits: Limits) -> None:
        self._package, self._limits = package, limits
        self._zip = zipfile.ZipFile(io.BytesIO(package))
        self._names = {folded(name): name for name in self._zip.namelist()}
        self._changed: dict[str, bytes | None] = {}
        self._read: dict[str, bytes] = {}
        self._indexes: dict[tuple[str, Skip | None], Index] = {}

    @property
    def is_changed(self) -> bool:
        """Whether any part is no longer as it was."""
        return bool(self._changed)

    def package(self) -> bytes:
        """The package as it is now; the same bytes when nothing was changed."""
        return with_parts(self._package, self._changed) if self._changed else self._package

    # -- parts

    def has(self, name: str) -> bool:
        """Whether there is such a part."""
        return folded(name) in self._names

    def read(self, name: str) -> bytes:
        """Its content; raises ``KeyError`` when there is none, :class:`ScanError` when it is beyond the limit."""
        name = self._names[folded(name)]
        changed = self._changed.get(name)
        if changed is not None:
            return changed
        entry = self._zip.getinfo(name)
        if entry.file_size > self._limits.xml:
            raise beyond("xml", self._limits)
        if name not in self._read:
            self._read[name] = unpacked(self._zip, entry)
        return self._read[name]

    def root(self, name: str, skip: Skip | None = None) -> Element:
        """The elements of a part, to be looked at."""
        return self._index(name, skip).root

    def open(self, name: str, skip: Skip | None = None) -> Markup:
        """The part to be edited; what becomes of it is handed back with :meth:`put`."""
        return Markup(self._index(name, skip))

    def _index(self, name: str, skip: Skip | None) -> Index:
        """Made once as long as the part stays the same."""
        key, content = (folded(name), skip), self.read(name)
        found = self._indexes.get(key)
        if found is None or found.part is not content:
            found = self._indexes[key] = Index(content, skip)
        return found

    def put(self, name: str, content: bytes | Markup) -> None:
        """Give the part this content; a part that is not there yet is added."""
        if isinstance(content, Markup):
            if not content.is_changed:
                return
            content = content.content()
        self._changed[self._names.setdefault(folded(name), name)] = content

    def drop(self, name: str) -> None:
        """Take a part away, with its relations and the declaration of its type."""
        for gone in (name, relations_of(name)):
            if actual := self._names.pop(folded(gone), None):
                self._changed[actual] = None
        types = self.open(_TYPES)
        for element in types.root.children:
            if self._is_void(element.attributes, name):
                types.remove(element)
        self.put(_TYPES, types)

    def _is_void(self, declared: Mapping[str, str], name: str) -> bool:
        """Whether a declaration of a type is of no use any more now that the part *name* is gone."""
        if folded(declared.get("PartName", "").lstrip("/")) == folded(name):
            return True
        is_drawing = declared.get("Extension", "").casefold() == "vml" and folded(name).endswith(".vml")
        return is_drawing and not any(other.endswith(".vml") for other in self._names)

    def new(self, name: str) -> str:
        """A name nobody has: *name* with the first number that is free in place of its ``#``."""
        number = 1
        while self.has(name.replace("#", str(number))):
            number += 1
        return name.replace("#", str(number))

    def add(self, name: str, content: str, content_type: str) -> None:
        """Add a part of that type."""
        self.put(name, content.encode())
        types = self.open(_TYPES)
        ending = posixpath.splitext(name)[1].lstrip(".")
        defaults = {e.attributes.get("Extension", "").casefold() for e in types.root.all("Default")}
        if ending == "vml" and ending not in defaults:  # as every program declares it
            first = types.root.children[0].start if types.root.children else types.root.inner
            types.insert(first, types.make("Default", {"Extension": ending, "ContentType": content_type}))
        else:
            types.append(
                types.root, types.make("Override", {"PartName": f"/{name}", "ContentType": content_type})
            )
        self.put(_TYPES, types)

    # -- relations

    def relations(self, part: str) -> list[Relation]:
        """What *part* ("" for the package) refers to within the package."""
        name = relations_of(part)
        if not self.has(name):
            return []
        return [
            Relation(
                element.attributes["Id"],
                element.attributes["Type"].rpartition("/")[2],
                target_of(part, element.attributes["Target"]),
                element,
            )
            for element in self.root(name).all("Relationship")
            if element.attributes.get("TargetMode") != "External"
        ]

    def related(self, part: str, kind: str) -> str:
        """The first part of that kind that *part* refers to and that is there; "" when there is none."""
        targets = (r.target for r in self.relations(part) if r.kind == kind)
        return next((self._names[folded(target)] for target in targets if self.has(target)), "")

    def relate(self, part: str, base: str, kind: str, target: str, identity: str) -> None:
        """Let *part* refer to *target* under *identity*; the relation's type is *base* and *kind*."""
        name = relations_of(part)
        if not self.has(name):
            self.put(name, f'{HEAD}<Relationships xmlns="{_RELATIONS}"/>'.encode())
        markup = self.open(name)
        path = posixpath.relpath(target, posixpath.dirname(part) or ".")
        attributes = {"Id": identity, "Type": f"{base}/{kind}", "Target": path}
        markup.append(markup.root, markup.make("Relationship", attributes))
        self.put(name, markup)

    def free_identity(self, part: str, wish: str) -> str:
        """*wish*, or with a number behind it where *part* has such a relation already."""
        name = relations_of(part)
        taken = {e.attributes["Id"] for e in self.root(name).all("Relationship")} if self.has(name) else set()
        found, number = wish, 1
        while found in taken:
            number += 1
            found = f"{wish}{number}"
        return found

    def unrelate(self, part: str, target: str) -> None:
        """Take away whatever relation *part* has to *target*; relations of which none is left go altogether."""
        name = self._names[folded(relations_of(part))]
        markup = self.open(name)
        gone = [r.element.start for r in self.relations(part) if folded(r.target) == folded(target)]
        for element in markup.root.all("Relationship"):
            if element.start in gone:
                markup.remove(element)
        if len(gone) == len(markup.root.all("Relationship")):
            self._changed[name] = None
            del self._names[folded(name)]
        else:
            self.put(name, markup)
