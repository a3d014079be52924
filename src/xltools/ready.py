"""The TOML files that come with the package, parsed beforehand: a short command would spend more on that than on its work.

Beside ``zh.toml`` stands ``zh.json``, which holds the same and says of which text. Of another text it says nothing, so
that whoever changes the TOML sees the change at once; ``make golden`` renews what stands beside it.
"""

from __future__ import annotations

import binascii
import json
from pathlib import Path
from typing import Any


def parsed(path: Path, text: str) -> dict[str, Any] | None:
    """What the file *path* holds, whose text is *text*; ``None`` where that was not parsed beforehand."""
    try:
        kept = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return kept["holds"] if kept["of"] == mark(text) else None


def mark(text: str) -> str:
    """What tells one text from the next: nobody is kept from making another of the same mark."""
    content = text.encode()
    return f"{len(content)} bytes, crc32 {binascii.crc32(content):08x}"


def made(text: str, holds: dict[str, Any]) -> str:
    """What is to stand beside a file of that *text*."""
    return json.dumps({"of": mark(text), "holds": holds}, ensure_ascii=False, indent=1) + "\n"
