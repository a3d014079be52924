"""Drafts of mails to agencies, in Chinese, as files that mail programs open ready to be looked at and sent.

Nothing is sent here. A draft says neither when it was written nor that anything was done, and names a day only if the
collection does.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from typing import NamedTuple

from xltools.checking.board import AgencyState, BoardRow
from xltools.data.period import Period
from xltools.data.roster import FULL_WIDTH, Entry, Roster
from xltools.report.board import TO_CORRECT
from xltools.report.slip import returned
from xltools.text import clerk, harmless, harmless_line
from xltools.white_space import visible

_POLICY = SMTP.clone(max_line_length=76)  # of a line with encoded words (RFC 2047)
_BOUNDARY = 40  # characters; it has to fit into a line
_SEPARATORS = r"[\s;,:、/|<>()\[\]\"]+"  # full-width ones are made narrow before
_WORD, _LABEL = r"[A-Za-z0-9_%+&=-]+", r"[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?"
_ADDRESS = re.compile(rf"(?=.{{3,254}}\Z){_WORD}(?:\.{_WORD})*@{_LABEL}(?:\.{_LABEL})+")


class Attachment(NamedTuple):
    """A workbook that goes with a draft."""

    name: str
    content: bytes


class MailDraft(NamedTuple):
    """A draft to one agency: the name of its file, and its content."""

    entry: Entry
    name: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Letters:
    """What the drafts of one collection have in common; ``due`` is None where no day was set."""

    title: str
    period: Period
    district: str
    due: dt.date | None = None

    def issued(self, entry: Entry, workbook: Attachment) -> MailDraft:
        """Return the draft with which an agency gets its blank workbook."""
        return self._draft("issued", entry, [self._say("issued-text"), self._due()], [workbook])

    def returned(self, entry: Entry, texts: Sequence[str], workbooks: Sequence[Attachment]) -> MailDraft:
        """Return the draft with which an agency gets back what it has to correct, marked where that was possible."""
        marked = clerk()("mail.marked") if workbooks else ""
        return self._draft("returned", entry, [self._say("returned-text") + marked, *texts], workbooks)

    def reminder(self, row: BoardRow) -> MailDraft | None:
        """Return the draft that tells an agency what it owes, or None if it owes nothing."""
        if row.state is AgencyState.NOT_SENT:
            owed = [self._say("missing-text")]
        elif row.state in TO_CORRECT or row.state is AgencyState.QUESTIONS:
            known = Roster((row.entry,))
            files = [slip for one in row.examined if (slip := returned(one, known))]
            lists = [
                f"{clerk()('mail.file', file=one.examined.filing.source.name)}\n{one.listed(is_marked=False)}"
                for one in files
            ]
            owed = [self._say("wrong-text"), *lists, clerk()("returned.foot-text")] if files else []
        else:
            owed = []
        return self._draft("reminder", row.entry, [*owed, self._due()]) if owed else None

    def _say(self, key: str) -> str:
        return clerk()(f"mail.{key}", title=self.title, period=self.period)

    def _due(self) -> str:
        day = self.due
        return clerk()("mail.due", year=day.year, month=day.month, day=day.day) if day else ""

    def _draft(
        self, kind: str, entry: Entry, parts: Iterable[str], attachments: Sequence[Attachment] = ()
    ) -> MailDraft:
        greeting = clerk()("mail.greeting", name=entry.name)
        text = "\n\n".join(filter(None, (greeting, *(part.strip() for part in parts), self.district)))
        subject = clerk()(f"mail.{kind}-subject", title=self.title, period=self.period, name=entry.name)
        name = clerk()(f"mail.{kind}-file", name=f"{entry.code}_{entry.name}_{self.period}")
        return MailDraft(entry, f"{name}.eml", _message(entry, subject, text, attachments))


def _message(entry: Entry, subject: str, text: str, attachments: Sequence[Attachment]) -> bytes:
    """Return a mail without a sender and a date, which a mail program opens as a draft."""
    message = EmailMessage(_POLICY)
    message["X-Unsent"] = "1"
    if usable := mail_addresses(entry).usable:
        message["To"] = [Address(harmless_line(entry.name), addr_spec=address) for address in usable]
    message["Subject"] = harmless_line(subject)
    message.set_content(f"{harmless(text)}\n", cte="base64")
    for name, content in attachments:
        safe = harmless_line(name)
        # The type of a workbook is longer than a line, and the library breaks it.
        message.add_attachment(content, "application", "octet-stream", filename=safe, params={"name": safe})
    if attachments:  # the library would choose a random boundary; no line of base64 begins with two dashes
        whole = hashlib.sha256(b"".join(one.content for one in attachments))
        message.set_boundary(whole.hexdigest()[:_BOUNDARY])
    return bytes(message)


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
