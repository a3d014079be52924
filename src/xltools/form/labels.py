"""Normalizes labels, so that different spellings of a label in workbooks and documents are equal."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache

from xltools.form.model import Form
from xltools.white_space import compact, without_strokes

LONGEST_LABEL = 200  # characters; longer labels are not recognized
_COMPOSED = re.compile(
    "[\u3300-\u33ff\ufb00-\ufdff]"
)  # one character for a whole word; labels do not contain any
_NUMBERED = r"^(\(?(?:[0-9]+|[一二三四五六七八九十]+)\)?)[.、,:．]?"
_ALIKE = str.maketrans({"“": '"', "”": '"', "‘": "'", "’": "'", "它": "他", "，": ",", "、": ","})
# A Chinese numeral alone may belong to a word; in brackets or with punctuation it is a number.
_NUMBER = r"^(?:\([0-9一二三四五六七八九十]+\)[.,:]?|[0-9]+[.,:]?|[一二三四五六七八九十]+[.,:])(?=.)"
_SIGNS = r"[\"'.,:;()<>《》〈〉「」·。*#_\-]"


@lru_cache(maxsize=4096)  # every file has the same labels
def plain(text: str) -> str:
    """Return a label with normalized width, brackets and quotes, compact, without punctuation after a number."""
    if len(text) > LONGEST_LABEL or _COMPOSED.search(text):
        return text
    return re.sub(_NUMBERED, r"\1", _folded(text)).translate(_ALIKE)


@lru_cache(maxsize=4096)
def core(text: str) -> str:
    """Return the words of a label without number and punctuation, which often differ in documents."""
    if len(text) > LONGEST_LABEL or _COMPOSED.search(text):
        return text
    folded = re.sub(_NUMBER, "", _folded(text).translate(_ALIKE))
    return re.sub(_SIGNS, "", folded) or folded


def _folded(text: str) -> str:
    return without_strokes(compact(unicodedata.normalize("NFKC", text)))


def former_word(form: Form, texts: Iterable[str]) -> str:
    """Return a word of a superseded edition of *form* that occurs in these texts, which are :func:`plain`, or ""."""
    words = {word: plain(word) for old in form.superseded for word in old.words}
    return next((word for text in texts for word, wanted in words.items() if wanted in text), "")
