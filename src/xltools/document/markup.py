"""XML elements written so that no text is taken for markup: a text is escaped unless it is markup already."""

from __future__ import annotations

from collections.abc import Iterable

from markupsafe import Markup, escape

from xltools.text import harmless

__all__ = ["Content", "Markup", "markup", "tag"]

Content = str | Iterable["Content"]  # a Markup is written as it is, another text is escaped


def markup(content: Content) -> Markup:
    """Return *content* as markup: texts are escaped and lose their control characters, sequences are joined."""
    if isinstance(content, Markup):
        return content
    if isinstance(content, str):
        return escape(harmless(content))
    return Markup("").join(map(markup, content))


def tag(name: str, /, *content: Content, **attributes: str | int | bool | None) -> Markup:
    """Return the element *name* around *content*.

    The attribute ``class_`` is written as ``class``, ``data_x`` as ``data-x``; False and None are left out.
    """
    written = "".join(
        f" {key.rstrip('_').replace('_', '-')}" + ("" if value is True else f'="{markup(str(value))}"')
        for key, value in attributes.items()
        if value is not None and value is not False
    )
    return Markup(f"<{name}{written}>{markup(content)}</{name}>")  # noqa: S704  both parts are escaped
