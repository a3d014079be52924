"""HTML written so that nothing can be taken for markup by mistake: every text is escaped unless it is markup already."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

from xltools.text import harmless

_EMPTY = frozenset({"col", "hr", "input", "link", "meta"})  # elements that have no end tag


class Markup(str):
    """A text that is HTML already."""

    __slots__ = ()


Content = str | Iterable["Content"]  # a Markup as it is, another text escaped


def markup(content: Content) -> Markup:
    """The content, escaped where it is not markup already, without characters that command whoever shows them."""
    if isinstance(content, Markup):
        return content
    if isinstance(content, str):
        return Markup(escape(harmless(content)))
    return Markup("".join(map(markup, content)))


def tag(name: str, /, *content: Content, **attributes: str | int | bool | None) -> Markup:
    """An element. ``class_`` stands for ``class``, ``data_x`` for ``data-x``; what is false or none is left out."""
    written = "".join(
        f" {key.rstrip('_').replace('_', '-')}" + ("" if value is True else f'="{markup(str(value))}"')
        for key, value in attributes.items()
        if value is not None and value is not False
    )
    start = f"<{name}{written}>"
    return Markup(start if name in _EMPTY else f"{start}{markup(content)}</{name}>")
