"""A seal proves that a workbook was issued by whoever holds the key, for one agency, year and form.

It is an HMAC-SHA256 (RFC 2104) over the stamp. It says nothing about the figures, which the agency fills in.
"""

from __future__ import annotations

import hashlib
import hmac

from xltools.data.filing import Stamp


def seal(stamp: Stamp, key: bytes) -> str:
    """The seal of a stamp under *key*, as hexadecimal text."""
    agency = stamp.agency
    parts = (
        stamp.form,
        stamp.edition,
        str(stamp.year),
        agency.district,
        agency.code,
        agency.name,
        stamp.kind,
    )
    # Lengths in front, so that no two stamps are the same text.
    message = b"".join(b"%d:%s" % (len(part.encode()), part.encode()) for part in parts)
    return hmac.new(key, message, hashlib.sha256).hexdigest()


def is_sealed(stamp: Stamp, key: bytes, found: str) -> bool:
    """Whether *found* is the stamp's seal; compared in constant time, and as bytes, since it may be any text."""
    return hmac.compare_digest(seal(stamp, key).encode(), found.strip().casefold().encode())
