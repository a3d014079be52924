"""Words for people: one catalogue per language for coordinators, and one in Chinese for the clerks who fill in workbooks."""

from __future__ import annotations

import errno
import locale
import os
import re
import tomllib
from collections.abc import Mapping
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NamedTuple, Protocol

from xltools.errors import Word as Word  # part of this module too: a fact of a sentence
from xltools.text.findings import FindingText, finding_code

if TYPE_CHECKING:
    from xltools.errors import Problem, XltoolsError

Lang = Literal["zh", "en"]
_FOLDER = Path(__file__).resolve().parent
LANGS: tuple[Lang, ...] = ("zh", "en")
LOCALES = _FOLDER / "locale"  # click's own messages, compiled for gettext


# Not characters: UTF-8 cannot encode surrogates, and XML allows none of these.
_NO_CHARACTERS = r"\ud800-\udfff\ufffe\uffff"
# Control characters, which a terminal obeys, and those that change the direction of a line or end it.
_COMMANDS = rf"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069{_NO_CHARACTERS}]"


_JOINT = "\x00"  # between two facts that follow each other


class Sum(NamedTuple):
    """The terms of a sum: the factor, the name and the figure of each."""

    terms: tuple[tuple[int | Decimal, str, Decimal], ...]


class Side(NamedTuple):
    """One side of a relation: a sum and its value."""

    sum: Sum
    value: Decimal


class Phrases(NamedTuple):
    """Phrases of the section ``finding-part``, each with its facts, joined by the phrase ``separator``."""

    parts: tuple[tuple[str, Mapping[str, object]], ...]
    separator: str = "separator"


def phrase(key: str, /, **facts: object) -> Phrases:
    """Return one phrase with its facts."""
    return Phrases(((key, facts),))


class Catalog:
    """The sentences of one TOML file. A key is ``section.name``."""

    def __init__(self, name: str) -> None:
        text = (_FOLDER / f"{name}.toml").read_text(encoding="utf-8")
        self._sections: dict[str, dict[str, str]] = tomllib.loads(text)

    def __call__(self, key: str, /, **facts: object) -> str:
        """Return the sentence *key* with *facts* filled in; raise :exc:`KeyError` for an unknown key or a missing fact."""
        section, _, name = key.partition(".")
        return self.fill(self._sections[section][name], facts)

    def about(self, kind: str, key: str, /, **facts: object) -> str:
        """Return the sentence *key* for reports on periods of a *kind*; some have another wording where it is not a year."""
        section, _, name = key.partition(".")
        other = f"{name}-part" if kind != "year" and f"{name}-part" in self._sections[section] else name
        return self.fill(self._sections[section][other], facts)

    def fill(self, sentence: str, facts: Mapping[str, object]) -> str:
        """Return *sentence* with *facts* in place of its ``{names}``; a space parts Chinese from a Latin word after it."""
        readable = _readable(facts, self._sections.get("finding-part", {}))
        if "}{" not in sentence:
            return sentence.format_map(readable)
        filled = sentence.replace("}{", f"}}{_JOINT}{{").format_map(readable)
        return re.sub(rf"(?<=[\u4e00-\u9fff]){_JOINT}(?=[A-Za-z])", " ", filled).replace(_JOINT, "")

    def keys(self, section: str) -> list[str]:
        """Return the names in *section*, in the order of the file."""
        return list(self._sections[section])


@cache
def catalog(lang: Lang) -> Catalog:
    """Return the catalogue of what coordinators read."""
    return Catalog(lang)


@cache
def clerk() -> Catalog:
    """Return the catalogue of what workbooks contain: always Chinese."""
    return Catalog("clerk")


def in_chinese(words: str | Phrases) -> str:
    """Return phrases as workbooks and clerks have them."""
    return catalog("zh").fill("{words}", {"words": words})


def finding_text(code: str, lang: Lang) -> FindingText:
    """Return the messages and the page for the code of a finding."""
    return finding_code(code).texts[lang]


_SPOKEN = ("LC_ALL", "LC_MESSAGES", "LANG", "LC_CTYPE")


def default_lang(environment: Mapping[str, str] = os.environ) -> Lang:
    """Return the language of ``XLTOOLS_LANG`` if it is set, else ``"zh"`` on a Chinese system and ``"en"`` elsewhere."""
    chosen = environment.get("XLTOOLS_LANG", "").casefold()
    if chosen[:2] in LANGS:
        return "zh" if chosen.startswith("zh") else "en"
    named = next((environment[key] for key in _SPOKEN if environment.get(key)), None)
    spoken = named or _system_locale()
    return "zh" if spoken.casefold().startswith(("zh", "chinese")) else "en"


def _system_locale() -> str:
    if found := locale.getlocale()[0]:
        return found
    try:  # Windows
        locale.setlocale(locale.LC_CTYPE, "")
    except locale.Error:
        return ""
    return locale.getlocale()[0] or ""


class _CodeWithFacts(Protocol):
    """What a sentence needs of a :class:`~xltools.data.finding.Cause`."""

    @property
    def code(self) -> str: ...
    @property
    def facts(self) -> Mapping[str, object]: ...


class _FindingLike(_CodeWithFacts, Protocol):
    """What a sentence needs of a :class:`~xltools.data.finding.Finding`."""

    @property
    def found(self) -> object: ...
    @property
    def expected(self) -> object: ...
    @property
    def agency(self) -> str: ...
    @property
    def member(self) -> str: ...


def message(finding: _FindingLike, lang: Lang) -> str:
    """Return the sentence for a finding, for coordinators: what was found, what was expected, and what to do.

    If the finding is about one agency in a roll-up, both names precede the sentence.
    """
    words = finding_text(finding.code, lang)
    return _sentence(finding, _message(finding, lang) + words.advice, lang)


def plain_message(finding: _FindingLike, lang: Lang) -> str:
    """Return the sentence of :func:`message` without advice about commands."""
    return _sentence(finding, _message(finding, lang), lang)


def clerk_message(finding: _FindingLike, *, in_doubt: bool = False) -> str:
    """Return the sentence of :func:`message` in Chinese as agencies read it, without advice about commands.

    *in_doubt* says that another figure may be the wrong one.
    """
    words = finding_text(finding.code, "zh")
    return _sentence(finding, words.message_in_doubt if in_doubt else _message(finding, "zh"), "zh")


def _message(finding: _CodeWithFacts, lang: Lang) -> str:
    words = finding_text(finding.code, lang)
    return (
        words.message_of_part if kind_of(finding.facts) != "year" and words.message_of_part else words.message
    )


def kind_of(facts: Mapping[str, object]) -> str:
    """Return the kind of the period that facts are about: the fact ``period``, or else a year."""
    return str(getattr(facts.get("period"), "kind", "year"))


def _sentence(finding: _FindingLike, words: str, lang: Lang) -> str:
    t = catalog(lang)
    facts = {**finding.facts, "found": finding.found, "expected": finding.expected}
    blanks = {key: t("finding-part.empty") for key, fact in facts.items() if fact == ""}
    sentence = t.fill(words, facts | blanks)
    if not finding.member:
        return sentence
    return t("finding-part.inside", agency=finding.agency, member=finding.member, sentence=sentence)


def group_text(code: str, count: int, lang: Lang) -> str:
    """Return the sentence for *count* findings of one code on one sheet."""
    return catalog(lang).fill(finding_text(code, lang).message_for_many, {"count": count})


def cause_text(cause: _CodeWithFacts, lang: Lang) -> str:
    """Return the sentence for a possible cause of a finding."""
    return catalog(lang).about(kind_of(cause.facts), f"cause.{cause.code}", **cause.facts)


def problem_text(problem: Problem, lang: Lang) -> str:
    """Return the sentence for a problem that stops the work, preceded by its place."""
    sentence = catalog(lang)(f"problem.{problem.code}", **problem.facts)
    return f"{harmless_line(problem.place)}: {sentence}" if problem.place else sentence


def error_text(error: XltoolsError, lang: Lang) -> str:
    """Return one line per problem, without control characters."""
    return harmless("\n".join(problem_text(problem, lang) for problem in error.problems))


class _Count(int):
    """A number that a sentence can show with its noun: ``{count:file|files}`` gives "1 file" or "2 files"."""

    def __format__(self, spec: str) -> str:
        if "|" not in spec:
            return super().__format__(spec)
        one, many = spec.split("|")
        return f"{self:d} {one if self == 1 else many}"


def number(value: Decimal) -> str:
    """Return *value* with all its digits and with thousands separators: 59,237.2449."""
    return f"{value:,f}"


_SYSTEM = {  # what the system says of an error -> its words in the catalogue
    os.strerror(getattr(errno, name)): f"system-{name.lower()}"
    for name in (
        "EACCES", "EBUSY", "EEXIST", "EFBIG", "EINVAL", "EIO", "EISDIR", "ELOOP", "EMFILE", "ENAMETOOLONG", "ENOENT",
        "ENOSPC", "ENOTDIR", "ENOTEMPTY", "EPERM", "EROFS", "ETIMEDOUT",
    )
}  # fmt: skip


def _readable(facts: Mapping[str, object], words: Mapping[str, str]) -> dict[str, object]:
    """Return *facts* as sentences show them.

    Figures have thousands separators. The sum ``terms`` also becomes ``terms_words``, with the name of each term; of a
    :class:`Side` only the words are shown, with its value if that is not the only term. A :class:`Word` and :class:`Phrases`
    are looked up in *words*, and so is what the system says of an error. A count can be shown with its noun.
    """
    ready: dict[str, object] = {}
    for key, fact in facts.items():
        if isinstance(fact, Sum):
            ready[key], ready[f"{key}_words"] = _terms(fact), _named_terms(fact)
        elif isinstance(fact, Side):
            named = _named_terms(fact.sum)
            terms = fact.sum.terms
            is_plain = len(terms) < 2 and not any(_multiple(factor) for factor, _, _ in terms)  # noqa: PLR2004
            ready[f"{key}_words"] = named if is_plain else f"{named} = {number(fact.value)}"
        elif isinstance(fact, Word):
            ready[key] = words[fact.key]
        elif isinstance(fact, Phrases):
            parts = (words[part].format_map(_readable(own, words)) for part, own in fact.parts)
            ready[key] = words[fact.separator].join(parts)
        elif isinstance(fact, Decimal):
            ready[key] = number(fact)
        elif type(fact) is int:
            ready[key] = _Count(fact)
        elif isinstance(fact, str) and fact in _SYSTEM:
            ready[key] = words.get(_SYSTEM[fact], fact)
        else:
            ready[key] = fact
    return ready


def _terms(total: Sum) -> str:
    """Return ``1,180 + 31``: the terms other than 0, or ``0`` if there are none."""
    return _joined([(factor, number(value)) for factor, _, value in total.terms if value]) or "0"


def _named_terms(total: Sum) -> str:
    """Return all terms, each figure preceded by its name if it has one."""
    return _joined([(f, f"{name} {number(value)}".lstrip()) for f, name, value in total.terms]) or "0"


def _joined(terms: list[tuple[int | Decimal, str]]) -> str:
    text = "".join(f" {'-' if factor < 0 else '+'} {_multiple(factor)}{term}" for factor, term in terms)
    return text.removeprefix(" + ").removeprefix(" ")


def _multiple(factor: int | Decimal) -> str:
    digits = f"{Decimal(factor).copy_abs():f}"
    return "" if digits == "1" else f"{digits} × "


def harmless(text: str) -> str:
    """Return *text* with U+FFFD in place of control characters, which names and cells of files may contain."""
    return re.sub(_COMMANDS, "\ufffd", text)


def harmless_line(text: str) -> str:
    """Return a name as :func:`harmless` does, and in one line."""
    return re.sub(r"[\t\n]", "\ufffd", harmless(text))


def characters(text: str) -> str:
    """Return *text* with U+FFFD in place of every surrogate, U+FFFE and U+FFFF.

    Readers apply it to what they decode, so that any writer can write what was read.
    """
    return re.sub(f"[{_NO_CHARACTERS}]", "\ufffd", text)
