"""The names in texts and sums, looked up in a form."""

from __future__ import annotations

from collections.abc import Iterator

from xltools.form.linear import Linear, Term
from xltools.form.model import Form
from xltools.form.wording import Wording, own_name, time_of


def spelled_out(linear: Linear, form: Form) -> Linear:
    """Return a sum of cells and meanings as a sum of cells; raises :class:`KeyError` for a name that is neither."""
    terms: list[Term] = []
    for factor, name in linear.terms:
        figure = form.figures[own_name(name)].times(factor)
        terms += [(inner, time_of(name) + cell) for inner, cell in figure.terms]
    return linear._replace(terms=tuple(terms))


def unknown_names(wording: Wording, form: Form) -> Iterator[str]:
    """Yield the names in the braces of a text that are neither words, lists nor figures."""
    for brace in wording.braces:
        if brace.word not in form.words and brace.word not in form.publication.by_key:
            yield from unknown_figures(brace.sum, form)


def unknown_figures(linear: Linear, form: Form) -> Iterator[str]:
    """Yield the names in a sum that are not figures."""
    yield from (name for name in linear.names if own_name(name) not in form.figures)


def units_of(linear: Linear, form: Form) -> list[str]:
    """Return the units of the cells in a sum; a sum over more than one unit is meaningless."""
    cells = {name for own in linear.names for name in form.figures[own_name(own)].names}
    return sorted({form.cells[name].unit for name in cells if name in form.cells})
