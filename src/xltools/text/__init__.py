"""Text for people, kept apart from logic: for each language its sentences and its pages about the findings; for clerks one."""

from __future__ import annotations

import locale
import os
import re
import tomllib
from collections.abc import Mapping
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any, Literal

from attrs import frozen

from xltools.data.finding import Cause, Finding, Sum, Word
from xltools.errors import Problem, XltoolsError

Lang = Literal["zh", "en"]
_FOLDER = Path(__file__).resolve().parent
LANGS: tuple[Lang, ...] = ("zh", "en")
LOCALES = _FOLDER / "locale"  # what other libraries say, compiled for gettext


def _loaded(name: str) -> dict[str, Any]:
    return tomllib.loads((_FOLDER / f"{name}.toml").read_text(encoding="utf-8"))


# Whatever commands a terminal or turns the direction of a line, and halves of characters that no file can hold.
_COMMANDS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


class Catalog:
    """The sentences of one file, by dotted key, with their facts filled in."""

    def __init__(self, name: str) -> None:
        self._sentences = _loaded(name)

    def __call__(self, key: str, /, **facts: object) -> str:
        """The sentence *key* with *facts* in it; an unknown key or a missing fact is a defect and raises KeyError."""
        found: Any = self._sentences
        for step in key.split(".", 1):
            found = found[step]
        return str(found).format_map(_readable(facts))

    def keys(self, section: str) -> list[str]:
        """The keys there are below *section*, as the file orders them."""
        return list(self._sentences[section])


@cache
def catalog(lang: Lang) -> Catalog:
    """What a coordinator reads, in that language."""
    return Catalog(lang)


@cache
def clerk() -> Catalog:
    """What stands in a workbook: always Chinese."""
    return Catalog("clerk")


@frozen
class Explanation:
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
    pages = _loaded(f"explain.{lang}")
    return {code: Explanation(**page | {"mend": tuple(page["mend"])}) for code, page in pages.items()}


def default_lang(environment: Mapping[str, str] = os.environ) -> Lang:
    """Chinese on a Chinese machine, English elsewhere; ``XLTOOLS_LANG`` decides when it is set."""
    chosen = environment.get("XLTOOLS_LANG", "").casefold()
    if chosen[:2] in LANGS:
        return "zh" if chosen.startswith("zh") else "en"
    named = next(
        (environment[key] for key in ("LC_ALL", "LC_MESSAGES", "LANG") if environment.get(key)), None
    )
    spoken = named or locale.getlocale()[0] or _windows_locale()
    return "zh" if spoken.casefold().startswith(("zh", "chinese")) else "en"


def _windows_locale() -> str:
    try:
        locale.setlocale(locale.LC_CTYPE, "")
    except locale.Error:
        return ""
    return locale.getlocale()[0] or ""


def message(finding: Finding, lang: Lang) -> str:
    """The sentence for a finding: what is there, what should be, and what to do; inside a roll-up, with whom it is about."""
    t = catalog(lang)
    facts = finding.facts | {"found": finding.found, "expected": finding.expected}
    words = {key: t(f"finding-part.{fact.key}") for key, fact in facts.items() if isinstance(fact, Word)}
    blanks = {key: t("finding-part.empty") for key, fact in facts.items() if fact == ""}
    sentence = t(f"finding.{finding.code}", **(facts | words | blanks))
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
    """One line for each problem."""
    return "\n".join(problem_text(problem, lang) for problem in error.problems)


def number(value: Decimal) -> str:
    """1,204 or 59,237.2449: every digit, with separators."""
    return f"{value:,f}"


def harmless(text: str) -> str:
    """The text without the characters that command whoever shows it: names and words out of files are in it."""
    return _COMMANDS.sub("\ufffd", text)


def _readable(facts: Mapping[str, object]) -> dict[str, object]:
    ready: dict[str, object] = {}
    for key, fact in facts.items():
        if isinstance(fact, Sum):
            ready[key], ready[f"{key}_words"] = _figures(fact), _words(fact)
        elif isinstance(fact, Decimal):
            ready[key] = number(fact)
        else:
            ready[key] = fact
    return ready


def _figures(total: Sum) -> str:
    """``1,180 + 31``: only what is not zero, and ``0`` when everything is."""
    return _joined([(sign, number(value)) for sign, _, value in total.terms if value]) or "0"


def _words(total: Sum) -> str:
    """The same with the name of each part before its figure."""
    return _joined([(sign, f"{name} {number(value)}") for sign, name, value in total.terms])


def _joined(terms: list[tuple[int, str]]) -> str:
    text = "".join(f" {'-' if sign < 0 else '+'} {term}" for sign, term in terms)
    return text.removeprefix(" + ").removeprefix(" ")
