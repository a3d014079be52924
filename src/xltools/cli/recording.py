"""Recording in the journal what a command did, where there is a collection."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

import click

from xltools.cli.options import collection_folder
from xltools.cli.output import inform
from xltools.collection import location, recording
from xltools.collection.journal import FILE
from xltools.collection.settings import Folder
from xltools.data.journal import Event
from xltools.errors import Problem, XltoolsError
from xltools.text import Lang, error_text

_FAILED = "xltools.journal-failed"  # in the meta data of the context


def record(events: Callable[[Folder], Iterable[Event]], lang: Lang) -> None:
    """Add *events* of the collection in the current folder to its journal; do nothing if there is no collection.

    A journal that cannot be read or written is reported in one line on stderr and changes nothing else; the same command
    does not try again.
    """
    meta = click.get_current_context().meta
    if _FAILED in meta or not Path(location.FILE).is_file():
        return
    try:
        folder = collection_folder()
        recording.record(folder, events(folder))
    except XltoolsError as error:
        meta[_FAILED] = True
        inform(error_text(error, lang).partition("\n")[0])
    except OSError as error:
        meta[_FAILED] = True
        reason = error.strerror or str(error)
        inform(error_text(XltoolsError(Problem("journal-not-written", FILE, {"reason": reason})), lang))
