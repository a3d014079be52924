"""Addresses of mail in a list of agencies, as people type them."""

from __future__ import annotations

import re
from typing import NamedTuple

from xltools.data.roster import FULL_WIDTH, Entry
from xltools.white_space import visible

_SEPARATORS = r"[\s;,:、/|<>()\[\]\"]+"  # full-width ones are made narrow before
_WORD, _LABEL = r"[A-Za-z0-9_%+&=-]+", r"[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?"
_ADDRESS = re.compile(rf"(?=.{{3,254}}\Z){_WORD}(?:\.{_WORD})*@{_LABEL}(?:\.{_LABEL})+")


class MailAddresses(NamedTuple):
    """The addresses of an agency, and what stands in their place without being one."""

    usable: tuple[str, ...] = ()
    unusable: tuple[str, ...] = ()


def mail_addresses(entry: Entry) -> MailAddresses:
    """Return the addresses on the line of a roster; names and numbers beside them are left out."""
    text = visible(entry.mail).translate(FULL_WIDTH)
    parts = [part for part in re.split(_SEPARATORS, text) if "@" in part]
    usable = dict.fromkeys(part for part in parts if _ADDRESS.fullmatch(part))
    unusable = dict.fromkeys(part for part in parts if part not in usable)
    return MailAddresses(tuple(usable), tuple(unusable))
