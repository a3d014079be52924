"""Rules that a roll-up does not keep because returns inside were accepted that break them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from xltools.data.filing import Accepted, Member
from xltools.form.layout import layout
from xltools.form.model import Form
from xltools.form.relation import Constraint

BROKEN = "rule-broken"  # the code of a rule that keeps a return out of the roll-up


def accepted_agencies(
    constraint: Constraint, form: Form, members: Sequence[Member], waived: Iterable[Accepted]
) -> int:
    """Return the number of *members* that break the constraint if all of them were accepted, as *waived* lists; else 0.

    In a line of totals a rule is accepted where it was accepted in one of their parts. Where no members are known, all
    whom the list names are counted. In roll-ups of forms of the first version each district accepts again.
    """
    if form.schema == 1:
        return 0
    first = constraint.relation.left.names[0]
    places = {"!".join(layout(form).address(name)) for name in (first, *form.reach[first])}
    accepted = {one.agency for one in waived if one.finding == BROKEN and one.place in places}
    if not members:
        return len(accepted)
    breaking = [str(m.agency) for m in members if form.is_broken(constraint, form.complete(m.values))]
    are_accepted = all(any(agency in names for names in accepted) for agency in breaking)
    return len(breaking) if are_accepted else 0
