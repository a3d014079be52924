"""The draft of the published report that a form supplies, as sentences a coordinator can start from.

A sentence appears if its condition holds; a list names only figures that are not 0. What only the coordinator knows is
a gap in 【】, which has to be filled in before the report is final.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

from xltools.form.wording import Condition, Wording


@dataclass(frozen=True, slots=True)
class ListItem:
    """A part of a whole, omitted where its figures are 0; *alone* is the text where it is the only part left."""

    text: Wording
    alone: Wording | None = None


@dataclass(frozen=True, slots=True)
class Listing:
    """Parts of a whole under a key for braces: ``其中自然人申请3件、商业企业申请1件``; empty if all parts are 0."""

    key: str
    items: tuple[ListItem, ...]
    opening: str = ""  # in front of two or more parts
    every: str = ""  # in front of the only part, if its figure is above 1


@dataclass(frozen=True, slots=True)
class DraftSentence:
    """A sentence. Without a condition it always appears, provided that the figures of last year in it are known."""

    text: Wording
    when: Condition | None = None


@dataclass(frozen=True, slots=True)
class Draft:
    """The text of a prose cell that was left blank."""

    box: str
    say: tuple[DraftSentence, ...]


@dataclass(frozen=True)
class Publication:
    """The ``[publication]`` table of a form. ``opening`` stands above the first section."""

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
