"""What became of a file that was taken in, in words."""

from __future__ import annotations

from collections.abc import Callable

from xltools.data.finding import Finding
from xltools.data.reception import Received, Reception
from xltools.text import Lang, catalog


def received_line(one: Received, lang: Lang, message: Callable[[Finding, Lang], str], words: str = "") -> str:
    """Return what became of a file, in one line; *words* are the key of other words for it, *message* tells a finding."""
    t, filing = catalog(lang), one.filing
    file = filing.source.path
    facts = {
        "file": t("receive.sent", file=file, date=filing.sent[:10]) if filing.sent else file,
        "agency": one.entry.name if one.entry else "",
        "path": one.path or "",
        "why": message(filing.findings[0], lang) if filing.findings else "",
    }
    is_kept = one.reception is Reception.SAME and one.path is not None
    kept = t("receive.kept", **facts) if is_kept else ""
    return (
        t(words or f"receive.{one.reception.value}", **facts)
        + kept
        + "".join(
            t("receive.moved-unread" if moved.changes is None else "receive.moved", **moved._asdict())
            for moved in one.moved
        )
    )
