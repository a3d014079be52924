"""Seals: proof that a holder of the key issued a workbook for one agency, period and form.

A seal is an HMAC-SHA256 (RFC 2104) of the stamp. It does not cover the figures, which the agency fills in.
"""

from __future__ import annotations

import hashlib
import hmac

from xltools.data.filing import Stamp, flags_text, given_text


def seal(stamp: Stamp, key: bytes) -> str:
    """Return the seal of *stamp* with *key*, as hexadecimal text."""
    agency = stamp.agency
    parts = (
        stamp.form,
        stamp.edition,
        str(stamp.period),
        agency.district,
        agency.code,
        agency.name,
        stamp.kind,
        *(() if stamp.flags is None else (flags_text(stamp.flags),)),
        *((given_text(stamp.given),) if any(value is not None for value in stamp.given) else ()),
    )
    # The lengths make the encoding of a stamp unique.
    message = b"".join(b"%d:%s" % (len(part.encode()), part.encode()) for part in parts)
    return hmac.new(key, message, hashlib.sha256).hexdigest()


def is_sealed(stamp: Stamp, key: bytes, found: str) -> bool:
    """Return whether *found*, which may be any text, is the seal of *stamp*; compares in constant time."""
    return hmac.compare_digest(seal(stamp, key).encode(), found.strip().casefold().encode())
