"""White space, invisible characters and strokes in texts of files: labels, names of sheets, figures and stored values."""

from __future__ import annotations

import re

# The format characters of Unicode (category Cf), the other characters that Unicode lets programs ignore, such as
# variation selectors, and controls that are not white space. None of them is seen, but pasting brings them along.
_INVISIBLE = re.compile(
    "[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\u00ad\u034f\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2\u115f\u1160"
    "\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb"
    "\U000110bd\U000110cd\U00013430-\U0001343f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)


STROKE = "\u0336"  # behind a character that is struck out


def visible(text: str) -> str:
    """Return *text* without invisible characters; white space is kept."""
    return _INVISIBLE.sub("", text)


def trimmed(text: str) -> str:
    """Return *text* without invisible characters, and without white space at its ends."""
    return visible(text).strip()


def is_blank(text: str) -> bool:
    """Return whether *text* has only white space and invisible characters."""
    first = text[:1]
    if first.isdecimal() or "\u4e00" <= first <= "\u9fff":
        return False  # as in most cells
    return not trimmed(text)


def compact(text: str) -> str:
    """Return *text* without invisible characters and white space."""
    return "".join(visible(text).split())


def joined(text: str) -> str:
    """Return *text* on one line: without invisible characters, with a single space for each run of white space."""
    return " ".join(visible(text).split())


def struck_out(text: str) -> str:
    """Return *text* with a stroke through each digit, or through each character if it has none."""
    return re.sub(r"\d" if re.search(r"\d", text) else r"\S", rf"\g<0>{STROKE}", text)


def without_strokes(text: str) -> str:
    """Return *text* without the strokes of :func:`struck_out`."""
    return text.replace(STROKE, "")
