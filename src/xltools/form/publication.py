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
    """A part of a list of figures."""

    text: Wording
    """The part, with figures in braces; it is left out if the first figure in it is 0."""
    alone: Wording | None = None
    """Its wording if all other parts are left out."""


@dataclass(frozen=True, slots=True)
class Listing:
    """A list of figures, named by its key in braces: ``其中自然人申请3件、商业企业申请1件``; empty if all are 0."""

    key: str
    """Its name in braces; neither one of the words that texts may use (`year`, `last_year`, `next_year`,
    `agency`, `district`) nor the key of a meaning."""
    items: tuple[ListItem, ...]
    """The parts."""
    opening: str = ""
    """What stands before two parts or more."""
    every: str = ""
    """What stands before the only part, if its figure is more than 1."""


@dataclass(frozen=True, slots=True)
class DraftSentence:
    """A sentence of a draft. Without a condition it appears whenever its figures of last year are known."""

    text: Wording
    """The sentence, with [figures in braces](reports.md#figures-in-the-text)."""
    when: Condition | None = None
    """It appears only while this [condition](#relations-and-conditions) holds; where last year's figures are
    needed and not known it is skipped."""

    @property
    def wording(self) -> Wording:
        """The text, conditional if there is a condition."""
        return Wording((Conditional(self.when, self.text),)) if self.when else self.text


@dataclass(frozen=True, slots=True)
class Draft:
    """The sentences for a blank prose cell."""

    box: str
    """The full name of the box."""
    say: tuple[DraftSentence, ...]
    """The sentences, joined to one paragraph."""


@dataclass(frozen=True)
class Publication:
    """The form's own sentences for the published report."""

    opening: tuple[DraftSentence, ...] = ()
    """The text above the first section, each sentence a paragraph."""
    lists: tuple[Listing, ...] = field(default=(), metadata={"key": "list"})
    """Lists of figures for use in sentences."""
    drafts: tuple[Draft, ...] = field(default=(), metadata={"key": "draft"})
    """The sentences for each box without a text."""

    @cached_property
    def by_key(self) -> dict[str, Listing]:
        """The lists by their keys."""
        return {one.key: one for one in self.lists}

    @cached_property
    def by_box(self) -> dict[str, Draft]:
        """The drafts by their prose cells."""
        return {draft.box: draft for draft in self.drafts}
