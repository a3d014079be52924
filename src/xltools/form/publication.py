"""The draft of the published report that a form defines.

A sentence appears if its condition holds; a list omits figures that are 0. Facts that are not in the figures are gaps in
【】, which the coordinator fills in before the report is final.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

from xltools.form.relation import Condition
from xltools.form.wording import Conditional, Wording


@dataclass(frozen=True, slots=True)
class ListItem:
    """A part of a list, omitted if its figures are 0; ``alone`` is its text if all other parts are omitted."""

    text: Wording
    alone: Wording | None = None


@dataclass(frozen=True, slots=True)
class Listing:
    """A list of figures, named by its key in braces: ``其中自然人申请3件、商业企业申请1件``; empty if all are 0."""

    key: str
    items: tuple[ListItem, ...]
    opening: str = ""  # text before two or more parts
    every: str = ""  # text before the only part, if its figure is more than 1


@dataclass(frozen=True, slots=True)
class DraftSentence:
    """A sentence of a draft. Without a condition it appears whenever its figures of last year are known."""

    text: Wording
    when: Condition | None = None

    @property
    def wording(self) -> Wording:
        """The text, conditional if there is a condition."""
        return Wording((Conditional(self.when, self.text),)) if self.when else self.text


@dataclass(frozen=True, slots=True)
class Draft:
    """The sentences for a blank prose cell."""

    box: str
    say: tuple[DraftSentence, ...]


@dataclass(frozen=True)
class Publication:
    """The ``[publication]`` table of a form. ``opening`` is the text above the first section."""

    opening: tuple[DraftSentence, ...] = ()
    lists: tuple[Listing, ...] = field(default=(), metadata={"key": "list"})
    drafts: tuple[Draft, ...] = field(default=(), metadata={"key": "draft"})

    @cached_property
    def by_key(self) -> dict[str, Listing]:
        """The lists by their keys."""
        return {one.key: one for one in self.lists}

    @cached_property
    def by_box(self) -> dict[str, Draft]:
        """The drafts by their prose cells."""
        return {draft.box: draft for draft in self.drafts}
