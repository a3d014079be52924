"""Text for people, kept apart from logic: for each language its sentences and its pages about the findings; for clerks one."""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any, Literal, NamedTuple

from xltools.data.finding import Cause, Finding, Sum, Word
from xltools.errors import Problem, XltoolsError

Lang = Literal["zh", "en"]
_FOLDER = Path(__file__).resolve().parent
LANGS: tuple[Lang, ...] = ("zh", "en")
LOCALES = _FOLDER / "locale"  # what other libraries say, compiled for gettext


def _held(name: str) -> dict[str, Any]:
    return tomllib.loads((_FOLDER / f"{name}.toml").read_text(encoding="utf-8"))


# Code points that are no characters: UTF-8 cannot encode halves of surrogate pairs, XML allows none of these.
_NO_CHARACTERS = r"\ud800-\udfff\ufffe\uffff"
# Characters that command a terminal or turn the direction of a line, and what is no character.
_COMMANDS = rf"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069{_NO_CHARACTERS}]"


class Catalog:
    """The sentences of one file, by dotted key, with their facts filled in."""

    def __init__(self, name: str) -> None:
        self._sections: dict[str, dict[str, str]] = _held(name)

    def __call__(self, key: str, /, **facts: object) -> str:
        """The sentence *key* with *facts* in it; an unknown key or a missing fact is a defect and raises KeyError."""
        section, _, name = key.partition(".")
        return self._sections[section][name].format_map(self._readable(facts))

    def keys(self, section: str) -> list[str]:
        """The keys there are below *section*, as the file orders them."""
        return list(self._sections[section])

    def _readable(self, facts: dict[str, object]) -> dict[str, object]:
        """Return *facts* as text: a sum in figures, and under ``key_words`` with the names of its terms."""
        readable: dict[str, object] = {}
        for key, fact in facts.items():
            if isinstance(fact, Sum):
                figures = [(sign, number(value)) for sign, _, value in fact.terms if value]
                words = [(sign, f"{name} {number(value)}") for sign, name, value in fact.terms]
                readable[key], readable[f"{key}_words"] = _joined(figures) or "0", _joined(words)
            elif isinstance(fact, Word):
                readable[key] = self(f"finding-part.{fact.key}")
            else:
                readable[key] = number(fact) if isinstance(fact, Decimal) else fact
        return readable


def _joined(terms: list[tuple[int, str]]) -> str:
    """Return signed terms as a sum: ``1,180 + 31``."""
    text = "".join(f" {'-' if sign < 0 else '+'} {term}" for sign, term in terms)
    return text.removeprefix(" + ").removeprefix(" ")


@cache
def catalog(lang: Lang) -> Catalog:
    """What a coordinator reads, in that language."""
    return Catalog(lang)


@cache
def clerk() -> Catalog:
    """What stands in a workbook: always Chinese."""
    return Catalog("clerk")


class Explanation(NamedTuple):
    """The page about one code of a finding; ``mend`` holds the agency's steps, ``why`` ends with the ground."""

    title: str
    what: str
    why: str
    mend: tuple[str, ...]
    coordinator: str
    example: str = ""


@cache
def explanations(lang: Lang) -> dict[str, Explanation]:
    """The pages about all codes in that language, from ``explain.zh.toml`` or ``explain.en.toml``."""
    pages = _held(f"explain.{lang}")
    return {code: Explanation(**page | {"mend": tuple(page["mend"])}) for code, page in pages.items()}


_SPOKEN = ("LC_ALL", "LC_MESSAGES", "LANG", "LC_CTYPE")


def default_lang(environment: Mapping[str, str] = os.environ) -> Lang:
    """Chinese on a Chinese machine, English elsewhere; ``XLTOOLS_LANG`` decides when it is set."""
    chosen = environment.get("XLTOOLS_LANG", "").casefold()
    if chosen[:2] in LANGS:
        return "zh" if chosen.startswith("zh") else "en"
    named = next((environment[key] for key in _SPOKEN if environment.get(key)), None)
    spoken = named or _system_locale()
    return "zh" if spoken.casefold().startswith(("zh", "chinese")) else "en"


def _system_locale() -> str:
    import locale  # noqa: PLC0415  the environment tells nearly everywhere

    if found := locale.getlocale()[0]:
        return found
    try:  # Windows
        locale.setlocale(locale.LC_CTYPE, "")
    except locale.Error:
        return ""
    return locale.getlocale()[0] or ""


def message(finding: Finding, lang: Lang) -> str:
    """The sentence for a finding: what is there, what should be, and what to do; inside a roll-up, with whom it is about."""
    t = catalog(lang)
    facts = finding.facts | {"found": finding.found, "expected": finding.expected}
    blanks = {key: t("finding-part.empty") for key, fact in facts.items() if fact == ""}
    sentence = t(f"finding.{finding.code}", **(facts | blanks))
    if not finding.member:
        return sentence
    return t("finding-part.inside", agency=finding.agency, member=finding.member, sentence=sentence)


def group_text(code: str, count: int, lang: Lang) -> str:
    """The sentence for *count* findings of one code on one sheet."""
    return catalog(lang)(f"group.{code}", count=count)


def cause_text(cause: Cause, lang: Lang) -> str:
    """The sentence for what may lie behind a finding."""
    return catalog(lang)(f"cause.{cause.code}", **cause.facts)


def problem_text(problem: Problem, lang: Lang) -> str:
    """The sentence for what stops the work, with its place in front."""
    sentence = catalog(lang)(f"problem.{problem.code}", **problem.facts)
    return f"{problem.place}: {sentence}" if problem.place else sentence


def error_text(error: XltoolsError, lang: Lang) -> str:
    """One line for each problem; names of files and words out of them are made harmless."""
    return harmless("\n".join(problem_text(problem, lang) for problem in error.problems))


def number(value: Decimal) -> str:
    """1,204 or 59,237.2449: every digit, with separators."""
    return f"{value:,f}"


def harmless(text: str) -> str:
    """The text without the characters that command whoever shows it: names and words out of files are in it."""
    return re.sub(_COMMANDS, "\ufffd", text)


def characters(text: str) -> str:
    """Return *text* with U+FFFD in place of every surrogate, U+FFFE and U+FFFF.

    Readers apply it to what they decode, so that any writer can write what was read.
    """
    return re.sub(f"[{_NO_CHARACTERS}]", "\ufffd", text)
