"""What ``xltools verify --return-to`` writes: for each file with something to mend, the file marked, and a text."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import click

from xltools.cli.shared import Handed, progress
from xltools.text import Lang, catalog

if TYPE_CHECKING:
    from xltools.checking.collection import Collection
    from xltools.excel.guard import Limits


def return_to(folder: Path, collection: Collection, handed: Handed, limits: Limits, lang: Lang) -> None:
    """Write them; a file that cannot be marked goes back as text alone, and that is said.

    Raises :class:`OutputError` when the folder is among what was read: what goes back would be taken for a return.
    """
    from xltools.errors import MarkingError  # noqa: PLC0415
    from xltools.files import refuse_within, write_atomically  # noqa: PLC0415
    from xltools.report.slip import returned  # noqa: PLC0415

    refuse_within(folder, handed.inbox.files)
    back = [found for one in collection.examined if (found := returned(one))]
    stems = Counter(found.stem for found in back)
    unmarked = 0
    for found in progress(back, catalog(lang)("report.returning")):
        source = found.one.filing.source
        # Two files of one name, from two folders, keep apart by the beginning of their hashes.
        stem = found.stem if stems[found.stem] == 1 else f"{found.stem}_{source.sha256[:8]}"
        write_atomically(folder / f"{stem}.txt", found.text().encode("utf-8-sig"))
        try:
            content = found.workbook(handed.inbox.content(source.path, source.sha256, limits))
        except MarkingError:
            unmarked += 1
        else:
            write_atomically(folder / f"{stem}.xlsx", content)
    click.echo(catalog(lang)("report.returned", count=len(back), folder=folder, unmarked=unmarked), err=True)
