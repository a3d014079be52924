"""Where a collection is: a folder is one if it has the file ``collection.toml``.

Every command looks for it at its start, before the settings in it are read, which takes more imports.
"""

from __future__ import annotations

from pathlib import Path

FILE = "collection.toml"


def above(path: Path) -> Path | None:
    """Return the innermost folder of a collection that the absolute *path* is, or is in; ``None`` if there is none."""
    return next((folder for folder in (path, *path.parents) if (folder / FILE).is_file()), None)
