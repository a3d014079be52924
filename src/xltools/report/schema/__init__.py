"""The JSON Schemas of the output of ``verify`` and ``read``: draft 2020-12, ASCII only."""

from __future__ import annotations

from pathlib import Path

_FOLDER = Path(__file__).resolve().parent


def schema_text(name: str) -> str:
    """Return a schema as JSON text: ``verify`` for the whole output, ``read`` for each line of it."""
    return (_FOLDER / f"{name}.json").read_text(encoding="utf-8")
