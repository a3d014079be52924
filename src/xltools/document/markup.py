"""XML elements written so that no text is taken for markup: a text is escaped unless it is markup already."""

from __future__ import annotations

from collections.abc import Iterable

from markupsafe import Markup, escape

from xltools.text import harmless

__all__ = ["Content", "Markup", "markup", "tag"]

Content = str | Iterable["Content"]  # a Markup is written as it is, another text is escaped


def markup(content: Content) -> Markup:
    """Return *content* escaped where it is not markup, without characters that control whatever displays it."""
    if isinstance(content, Markup):
        return content
    if isinstance(content, str):
        return escape(harmless(content))
    return Markup("").join(map(markup, content))


def tag(name: str, /, *content: Content, **attributes: str | int | bool | None) -> Markup:
    """Return an element. ``class_`` stands for ``class``, ``data_x`` for ``data-x``; false and None are left out."""
    written = "".join(
        f" {key.rstrip('_').replace('_', '-')}" + ("" if value is True else f'="{markup(str(value))}"')
        for key, value in attributes.items()
        if value is not None and value is not False
    )
    return Markup(f"<{name}{written}>{markup(content)}</{name}>")  # noqa: S704  both parts are escaped
