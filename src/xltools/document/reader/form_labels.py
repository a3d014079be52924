"""The labels of a form by their role, and the labels of a document that can only be one of them with a slip."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from functools import cached_property
from heapq import nlargest
from typing import NamedTuple

from xltools.form.labels import LONGEST_LABEL, core
from xltools.form.model import Form
from xltools.form.sections import Block, Line, Section, leaves, walk
from xltools.text import clerk

ALIKE = 0.6  # the least similarity of a damaged label to the form's label
_CLEAR = 0.15  # by how much it must be less similar to every other label
# Characters that turn the meaning of a label: 上年 is no slip of 本年.
_TURNING = re.compile("[上下本前后去今不未无非已]")
_FIGURE_BEHIND = re.compile(r"\s\d[\d,.]*\s*\Z")  # a label with the figures of its row is no slip
_LEVELS = re.compile("[/／]")
_UNIT = re.compile(r"[(（][^()（）]{1,8}[)）]$")


class NearLabel(NamedTuple):
    """A damaged label that was accepted as a label of the form."""

    found: str
    expected: str


@dataclass(frozen=True)
class FormLabels:
    """The labels of a form by their role, reduced to their words; ``slips`` has the damaged labels of a document by theirs."""

    form: Form
    slips: Mapping[str, NearLabel] = field(default_factory=dict)

    def core(self, text: str) -> str:
        """Return a label as :func:`~xltools.form.labels.core` reduces it; for a damaged one, that of the form."""
        reduced = core(text)
        return core(self.slips[reduced].expected) if reduced in self.slips else reduced

    @cached_property
    def heads(self) -> frozenset[str]:
        """The labels of columns that are not also labels of rows."""
        return self.above - self.stubs

    @cached_property
    def above(self) -> frozenset[str]:
        """The labels of columns."""
        found = {core(text) for b in self._blocks for text in (b.corner, b.heading) if text}
        for block in self._blocks:
            found.update(name for line, _ in walk(block.heads) for name in label_names(line))
        return frozenset(found)

    @cached_property
    def stubs(self) -> frozenset[str]:
        """The labels of rows."""
        rows = (line for b in self._blocks if b.arrange == "grid" for line, _ in walk(b.rows))
        return frozenset(name for line in rows for name in label_names(line))

    @cached_property
    def groups(self) -> frozenset[str]:
        """The labels that span several rows."""
        rows = (line for b in self._blocks if b.arrange == "grid" for line, _ in walk(b.rows))
        return frozenset(name for line in rows if line.lines for name in label_names(line))

    @cached_property
    def asides(self) -> frozenset[str]:
        """The heads of columns, and the label of a row, that hold codes and units and no figures."""
        t = clerk()
        columns = any(len(block.stub) > 1 for block in self._blocks)
        row = any(line.code for block in self._blocks for line in leaves(block.columns))
        words = (*(("code", "number", "unit") if columns else ()), *(("columns",) if row else ()))
        return frozenset(core(t(f"sheet.aside-{word}")) for word in words)

    @cached_property
    def captions(self) -> frozenset[str]:
        """The titles of tables and sections."""
        captions = {core(b.caption) for b in self._blocks if b.caption}
        return frozenset(captions | {core(t) for s in self.form.sections for t in (s.title, *s.also)})

    @cached_property
    def known(self) -> frozenset[str]:
        """Every label of the form."""
        return frozenset(
            self.heads | self.stubs | self.captions | {core(t) for b in self._blocks for t in b.extra}
        )

    def path(self, text: str) -> tuple[str, ...]:
        """Split a text that contains the labels above its own: 三、本年度办理结果/（一）予以公开 gives two."""
        parts = tuple(_LEVELS.split(text))
        return parts if len(parts) > 1 and all(self.core(p) in self.known for p in parts[:-1]) else (text,)

    def with_slips(self, texts: Iterable[str], section: Section) -> FormLabels:
        """Return the same labels with those of *texts* that can be only one of *section*, with a slip.

        Such a text is no label of the form, is similar to one of the section, and clearly less similar to every other.
        """
        wordings = _wordings(section)
        slips = dict[str, NearLabel]()
        others = {core(part.label) for section in self.form.sections for part in section.parts}
        for text in dict.fromkeys(part for whole in texts for part in (whole, *_LEVELS.split(whole))):
            name = core(text)
            if name in self.known | others or len(text) > LONGEST_LABEL or _FIGURE_BEHIND.search(text):
                continue
            likeness = dict[str, float]()
            for wording, label in wordings.items():
                if 2 * min(len(name), len(wording)) >= (ALIKE - _CLEAR) * (len(name) + len(wording)):
                    likeness[label] = max(likeness.get(label, 0), similarity(name, wording))
            (best, label), (second, _) = (
                *nlargest(2, ((v, k) for k, v in likeness.items())),
                (0.0, ""),
                (0.0, ""),
            )[:2]
            if best >= ALIKE and best - second >= _CLEAR and not _means_other(text, label):
                slips[name] = NearLabel(text, label)
        return FormLabels(self.form, slips)

    @property
    def _blocks(self) -> Iterator[Block]:
        return (block for section in self.form.sections for block in section.blocks)


def label_names(line: Line) -> tuple[str, ...]:
    """Return the label of a line and its other wordings, as :func:`~xltools.form.labels.core` reduces them."""
    return tuple(core(text) for text in (line.label, *line.also))


def _wordings(section: Section) -> dict[str, str]:
    """Return the labels of rows and columns as the form prints them, by each of their wordings."""
    lines = [line for b in section.blocks for line, _ in (*walk(b.heads), *walk(b.rows))]
    found = {name: line.label for line in lines for name in label_names(line)}
    return found | {core(b.heading): b.heading for b in section.blocks if b.heading}


def similarity(text: str, name: str) -> float:
    """Return how similar a label is to *name*, which is reduced: 1 if its words are the same."""
    return SequenceMatcher(None, core(text), name, autojunk=False).ratio()


def _means_other(text: str, label: str) -> bool:
    """Return whether the difference between two labels turns the meaning or names another unit."""
    return sorted(_TURNING.findall(text)) != sorted(_TURNING.findall(label)) or (
        core("".join(_UNIT.findall(text))) != core("".join(_UNIT.findall(label)))
    )
