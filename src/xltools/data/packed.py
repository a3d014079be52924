"""A filing as bytes: to travel between processes, to wait on a disk, to be kept until its file changes.

Three lines of JSON: whose it is and which file, its figures, and everything else, so that who only adds up unpacks only
that. Figures are texts, and so exact. The form travels by its name; who unpacks has it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from functools import lru_cache
from typing import Any

from xltools.data.filing import Accepted, Account, Filing, Member, Origin, Shown, Source, Stamp
from xltools.data.finding import Cause, Finding, Place, Severity, Waiver
from xltools.data.record import Agency, Record
from xltools.form.model import Form
from xltools.text import Sum, Word

Forms = Callable[[str], Form]  # a form by its name

_ORIGINS = {origin.value: origin for origin in Origin}
_SEVERITIES = {severity.value: severity for severity in Severity}
_figure = lru_cache(maxsize=4096)(Decimal)  # most figures are 0, and most others small


def pack(filing: Filing) -> bytes:
    """The whole filing. What it holds beyond the known kinds of facts raises :class:`TypeError`: nothing is dropped."""
    origin = [_source(filing.source), _stamp(filing.stamp), _plain_form(filing)]
    record = _record(filing)
    rest = {
        "form": filing.form.name if filing.form else None,
        "findings": [_finding(one) for one in filing.findings],
        "shown": {name: _shown(one) for name, one in filing.shown.items()},
        "prose": dict(filing.prose),
        "members": [_member(filing, one) for one in filing.members],
        "accounts": [_account(one) for one in filing.accounts],
        "waived": [list(one) for one in filing.waived],
        "earlier": [[year, _figures(figures)] for year, figures in filing.earlier.items()],
        "flags": [filing.is_complete, filing.is_verified],
        "unread": sorted(filing.unread),
        "clouded": sorted(filing.clouded),
        "moved": {name: list(place) for name, place in filing.moved.items()},
        "explanations": [[*key, text] for key, text in filing.explanations.items()],
    }
    return b"\n".join(
        json.dumps(part, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass")
        for part in (origin, record, rest)  # a line each: who needs less reads less
    )


def unpack(data: bytes, forms: Forms) -> Filing:
    """The filing that was packed."""
    (source, stamp, _), record, rest = map(_loaded, data.split(b"\n"))
    form = forms(rest["form"]) if rest["form"] else None
    accounts = tuple(_read_account(one) for one in rest["accounts"])
    complete, verified = rest["flags"]
    return Filing(
        source=Source(*source),
        findings=tuple(_read_finding(one) for one in rest["findings"]),
        form=form,
        stamp=_read_stamp(stamp),
        record=_read_record(record, form) if form else None,
        shown={name: _read_shown(one) for name, one in rest["shown"].items()},
        prose=rest["prose"],
        members=tuple(_read_member(one, form) for one in rest["members"]) if form else (),
        accounts=accounts,
        waived=tuple(Accepted(*one) for one in rest["waived"]),
        earlier={
            year: {name: Decimal(value) for name, value in figures} for year, figures in rest["earlier"]
        },
        is_complete=complete,
        is_verified=verified,
        unread=frozenset(rest["unread"]),
        clouded=frozenset(rest["clouded"]),
        moved={name: (sheet, address) for name, (sheet, address) in rest["moved"].items()},
        explanations={(code, cell): text for code, cell, text in rest["explanations"]},
    )


def member_part(data: bytes) -> bytes:
    """As much of a packed filing as :func:`unpack_member` asks for."""
    return data[: data.rindex(b"\n")]


def unpack_member(data: bytes, form: Form) -> Member:
    """What a filing with a stamp and a record brings into a sum, without the rest of it."""
    origin, record, *_ = data.split(b"\n", 2)
    source, stamp, _ = _loaded(origin)
    return Member(_read_agency(stamp[3]), Source(*source), _read_values(_loaded(record)[2], form))


def unpack_sketch(data: bytes, forms: Forms) -> Filing:
    """The filing as far as one is asked for it who looks at all of them: whose it is, of which form, and its figures.

    That is all that is filled in, unless it is more than a return with figures each of which is known.
    """
    origin, record, _ = data.split(b"\n", 2)
    source, stamp, name = _loaded(origin)
    if name is None:
        return unpack(data, forms)
    form = forms(name)
    return Filing(
        Source(*source), form=form, stamp=_read_stamp(stamp), record=_read_record(_loaded(record), form)
    )


def _plain_form(filing: Filing) -> str | None:
    """The name of the form of a return with figures of its own each of which is known; of anything else none."""
    form, record = filing.form, filing.record
    if form is None or record is None or filing.stamp is None:
        return None
    if filing.is_rollup or filing.members or filing.unread:
        return None
    return form.name if record.values.keys() - form.copied.keys() else None


def origin_part(data: bytes) -> bytes:
    """As much of a packed filing as :func:`origin_of` asks for."""
    return data[: data.index(b"\n")]


def origin_of(data: bytes) -> tuple[Agency | None, Source]:
    """Whose the filing is, and the file, without unpacking the rest of it."""
    source, stamp, _ = _loaded(data.partition(b"\n")[0])
    return stamp and _read_agency(stamp[3]), Source(*source)


def _loaded(part: bytes) -> Any:
    return json.loads(part.decode("utf-8", "surrogatepass"))


def _source(source: Source) -> list[object]:
    return [source.path, source.sha256, source.size]


def _agency(agency: Agency) -> list[str]:
    return [agency.district, agency.code, agency.name]


def _read_agency(texts: Iterable[str]) -> Agency:
    return Agency(*texts)


def _stamp(stamp: Stamp | None) -> list[object] | None:
    if stamp is None:
        return None
    return [stamp.form, stamp.edition, stamp.year, _agency(stamp.agency), stamp.kind]


def _read_stamp(stamp: Any) -> Stamp | None:
    return stamp and Stamp(stamp[0], stamp[1], stamp[2], _read_agency(stamp[3]), stamp[4])


def _record(filing: Filing) -> list[object] | None:
    record, form = filing.record, filing.form
    if form is None and (record or filing.members):
        raise TypeError("a filing holds figures of no form")
    if record is None or form is None:
        return None
    agencies = [_agency(one) for one in sorted(record.agencies)]
    return [record.year, agencies, _values(record.values, form)]


def _read_record(record: Any, form: Form) -> Record | None:
    if record is None:
        return None
    year, agencies, values = record
    return Record(form, year, frozenset(_read_agency(one) for one in agencies), _read_values(values, form))


def _figures(figures: Mapping[str, Decimal]) -> list[list[str]]:
    return [[name, str(value)] for name, value in figures.items()]


def _values(values: Mapping[str, Decimal], form: Form) -> list[str | None]:
    """In the order of the form's inputs, a blank as null."""
    found = [None if (value := values.get(name)) is None else str(value) for name in form.input_names]
    if len(found) - found.count(None) != len(values):
        raise TypeError("a record holds inputs of its form and nothing else")
    return found


def _read_values(values: Iterable[str | None], form: Form) -> dict[str, Decimal]:
    pairs = zip(form.input_names, values, strict=True)
    return {name: _figure(value) for name, value in pairs if value is not None}


def _member(filing: Filing, member: Member) -> list[object]:
    assert filing.form is not None  # noqa: S101  a filing with members was read by a form
    values = _values(member.values, filing.form)
    return [_agency(member.agency), _source(member.source), values, member.kind]


def _read_member(member: Any, form: Form) -> Member:
    agency, source, values, kind = member
    return Member(_read_agency(agency), Source(*source), _read_values(values, form), kind)


def _account(account: Account) -> list[object]:
    agency = _agency(account.agency) if account.agency else None
    return [agency, _source(account.source), account.status, account.note, account.via]


def _read_account(account: Any) -> Account:
    agency, source, status, note, via = account
    return Account(_read_agency(agency) if agency else None, Source(*source), status, note, via)


def _shown(shown: Shown) -> object:
    """Most totals are a formula with its result, which then stands alone; of the others all is told."""
    value = None if shown.value is None else str(shown.value)
    if value == shown.text and shown == _result(value):
        return value
    return [value, shown.text, shown.origin.value, shown.formula, shown.issued]


@lru_cache(maxsize=4096)  # most results are 0, and most others small
def _result(text: str) -> Shown:
    return Shown(Decimal(text), text, Origin.FORMULA)


def _read_shown(shown: Any) -> Shown:
    if isinstance(shown, str):
        return _result(shown)
    value, text, origin, formula, issued = shown
    return Shown(None if value is None else Decimal(value), text, _ORIGINS[origin], formula, issued)


# -- findings


def _finding(finding: Finding) -> list[object]:
    return [
        [finding.code, finding.file, finding.agency, finding.sheet, finding.address, finding.cell],
        _fact(finding.found),
        _fact(finding.expected),
        _facts(finding.facts),
        [list(place) for place in finding.others],
        finding.member,
        [[cause.code, _facts(cause.facts)] for cause in finding.causes],
        finding.level.value if finding.level else None,
        finding.waiver and [getattr(finding.waiver, key) for key in _WAIVER],
        finding.explanation,
    ]


_WAIVER = ("agency", "code", "cell", "reason", "who", "date")


def _read_finding(finding: Any) -> Finding:
    (code, file, agency, sheet, address, cell), found, expected, facts, *rest = finding
    others, member, causes, level, waiver, explanation = rest
    return Finding(
        code,
        file,
        agency,
        sheet,
        address,
        cell,
        _read_fact(found),
        _read_fact(expected),
        _read_facts(facts),
        tuple(Place(*place) for place in others),
        member,
        tuple(Cause(code, _read_facts(inner)) for code, inner in causes),
        _SEVERITIES[level] if level else None,
        Waiver(*waiver) if waiver else None,
        explanation,
    )


def _facts(facts: Mapping[str, object]) -> dict[str, object]:
    return {key: _fact(fact) for key, fact in facts.items()}


def _read_facts(facts: Mapping[str, Any]) -> dict[str, object]:
    return {key: _read_fact(fact) for key, fact in facts.items()}


def _fact(fact: object) -> object:
    """A text or a whole number as it is; anything else as a list that begins with its kind."""
    if isinstance(fact, str) or type(fact) in {int, bool}:
        return fact
    if isinstance(fact, Decimal):
        return ["figure", str(fact)]
    if isinstance(fact, Sum):
        return ["sum", [[sign, name, str(value)] for sign, name, value in fact.terms]]
    if isinstance(fact, Word):
        return ["word", fact.key]
    raise TypeError(f"a fact of a finding is a {type(fact).__name__}")


def _read_fact(fact: Any) -> Any:
    if not isinstance(fact, list):
        return fact
    kind, content = fact
    if kind == "figure":
        return Decimal(content)
    if kind == "sum":
        return Sum(tuple((sign, name, Decimal(value)) for sign, name, value in content))
    return Word(content)
