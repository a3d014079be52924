"""Writing drafts of mails for a command, and the messages about agencies without an address."""

from __future__ import annotations

from collections.abc import Iterable

from xltools.cli.output import inform
from xltools.collection.outgoing import OutgoingFiles
from xltools.data.mail_address import mail_addresses
from xltools.report.drafts import MailDraft
from xltools.text import Lang, catalog, harmless


def write_drafts(folder: OutgoingFiles, drafts: Iterable[MailDraft], lang: Lang) -> None:
    """Write *drafts* into *folder*, and print how many, which have no address, and what is no address."""
    t, without, wrong, count = catalog(lang), list[str](), list[str](), 0
    for entry, name, content in drafts:
        folder.write(name, content)
        count += 1
        found = mail_addresses(entry)
        if not found.usable:
            without.append(entry.name)
        wrong += [f"{entry.name} {text}" for text in found.unusable]
    inform(t("mail.written", count=count, folder=folder.folder))
    if without:
        inform(t("mail.no-address", count=len(without), agencies="、".join(without)))
    if wrong:
        inform(harmless(t("mail.bad-address", found="、".join(wrong))))
