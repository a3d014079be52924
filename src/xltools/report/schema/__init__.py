"""The JSON Schemas of what ``verify`` and ``read`` write as JSON; draft 2020-12, ASCII only."""

from __future__ import annotations

from pathlib import Path

_FOLDER = Path(__file__).resolve().parent


def schema_text(name: str) -> str:
    """The schema of that command's JSON, as text: ``verify`` of the whole, ``read`` of each line."""
    return (_FOLDER / f"{name}.json").read_text(encoding="utf-8")
