"""HTML pages from jinja2 templates, which are files of the package.

Every text that a template prints is escaped, and characters that control a terminal or turn the direction of a line are
replaced. A name that a template does not know is an error.
"""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from xltools.data.document import Box, Table
from xltools.document.markup import Markup
from xltools.text import harmless

if TYPE_CHECKING:
    from jinja2 import Environment


def page(template: str, **context: Any) -> str:
    """Return the page that *template* makes of *context*; the template is named by its path in the package.

    Raises :class:`jinja2.UndefinedError` when the template uses a name that is not in *context*.
    """
    return _environment().get_template(template).render(context)


def _printed(value: object) -> object:
    """Markup as it is; anything else as text, which jinja2 then escapes."""
    return value if isinstance(value, Markup) else harmless(str(value))


def _sha256(text: str) -> str:
    """The hash by which a content security policy names a style or a script."""
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


def _bands(table: Table) -> list[tuple[str, list[list[Box]]]]:
    """The rows of a table by their element: its head, then a body for each band that has a caption of its own."""
    captions = {box.area.row for box in table.boxes if box.role == "caption" and box.area.row >= table.head}
    starts = sorted({0, table.head, *captions, table.height})
    return [
        ("tbody" if start >= table.head else "thead", [_row(table, row) for row in range(start, end)])
        for start, end in pairwise(starts)
    ]


def _row(table: Table, row: int) -> list[Box]:
    """The boxes that begin in a row, from left to right."""
    places = ((row, column) for column in range(len(table.widths)))
    return [table.places[place] for place in places if table.places[place].area.anchor == place]


@cache
def _environment() -> Environment:
    from jinja2 import Environment, PackageLoader, StrictUndefined  # noqa: PLC0415  slow to import

    found = Environment(
        loader=PackageLoader("xltools", ""),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_printed,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    found.filters |= {"bands": _bands, "sha256": _sha256}
    return found
