"""Recognises threads of comments by the note that Excel writes beside each thread, for programs that know only notes.

The author of the note is ``tc=`` and an identifier. Its text is a notice in the language of the program, which says that
changes of the note will be lost, and the words of the thread, indented below lines such as ``Comment:`` and ``Reply:``.
"""

from __future__ import annotations

_LINK = "go.microsoft.com/fwlink/?linkid=870924"  # ends the notice in every language


def is_thread(author: str, text: str) -> bool:
    """Return whether a note belongs to a thread, so that what is added to it is lost."""
    return author.startswith("tc=") or _LINK in text


def words_of(text: str) -> str:
    """Return the text of a note; of one that belongs to a thread, only the words of the thread."""
    if _LINK not in text:
        return text
    lines = text.partition(_LINK)[2].splitlines()
    words = (line for line in lines if line[:1].isspace() or not line.rstrip().endswith((":", "：")))
    return "\n".join(line.strip() for line in words if line.strip())
