"""Labels as people print them: what two spellings of one label have in common. Both readers compare by it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache

from xltools.form.model import Form

LONGEST_LABEL = 200  # characters; a longer one is not looked for when a return is read
_COMPOSED = re.compile("[\u3300-\u33ff\ufb00-\ufdff]")  # one sign for a whole word; no label has any
_NUMBERED = r"^(\(?(?:[0-9]+|[一二三四五六七八九十]+)\)?)[.、,:．]?"
_ALIKE = str.maketrans({"“": '"', "”": '"', "‘": "'", "’": "'", "它": "他", "，": ",", "、": ","})
# A Chinese numeral alone may begin a word; in brackets or with a stroke behind it, it counts.
_NUMBER = r"^(?:\([0-9一二三四五六七八九十]+\)[.,:]?|[0-9]+[.,:]?|[一二三四五六七八九十]+[.,:])(?=.)"
_SIGNS = r"[\"'.,:;()<>《》〈〉「」·。*#_\-]"


@lru_cache(maxsize=4096)  # the same few hundred labels stand in every file
def plain(text: str) -> str:
    """What two spellings of a label have in common: width, spaces, brackets, quotes, and the stroke after a number."""
    if len(text) > LONGEST_LABEL or _COMPOSED.search(text):
        return text
    return re.sub(_NUMBERED, r"\1", _folded(text)).translate(_ALIKE)


@lru_cache(maxsize=4096)
def core(text: str) -> str:
    """The words of a label alone, without its number and without any sign: documents are numbered anew and retyped."""
    if len(text) > LONGEST_LABEL or _COMPOSED.search(text):
        return text
    folded = re.sub(_NUMBER, "", _folded(text).translate(_ALIKE))
    return re.sub(_SIGNS, "", folded) or folded


def _folded(text: str) -> str:
    return "".join(unicodedata.normalize("NFKC", text).split())


def former_word(form: Form, texts: Iterable[str]) -> str:
    """A word that only a superseded edition of *form* has, in any of these texts, which are :func:`plain`."""
    words = {word: plain(word) for old in form.superseded for word in old.words}
    return next((word for text in texts for word, wanted in words.items() if wanted in text), "")
