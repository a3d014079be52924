"""What a form says of its published report: the sentences that a coordinator can start from.

Everything here is data of the form. A sentence is said when its condition holds; a list names only what is not 0. What
nobody but the coordinator knows is a gap in 【】, which has to be filled in before the report is final.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

from xltools.form.wording import Condition, Wording


@dataclass(frozen=True, slots=True)
class Item:
    """A part of a whole: left out where its figures are 0; *alone* is said where it is all there is."""

    text: Wording
    alone: Wording | None = None


@dataclass(frozen=True, slots=True)
class Listing:
    """Parts of a whole under a key for braces: ``其中自然人申请3件、商业企业申请1件``. Of nothing it says nothing."""

    key: str
    items: tuple[Item, ...]
    opening: str = ""  # before two parts or more
    every: str = ""  # before a part that is alone and more than one


@dataclass(frozen=True, slots=True)
class Said:
    """A sentence; without a condition it is always said, where its figures of last year are known."""

    text: Wording
    when: Condition | None = None


@dataclass(frozen=True, slots=True)
class Draft:
    """What a prose cell says where nobody wrote anything."""

    box: str
    say: tuple[Said, ...]


@dataclass(frozen=True)
class Publication:
    """The ``[publication]`` table of a form. ``opening`` stands above the first section."""

    opening: tuple[Said, ...] = ()
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
