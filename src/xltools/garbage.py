"""How often Python looks for cycles among objects: seldom, because what is read stays and hardly ever has any."""

from __future__ import annotations

import gc

# After every 700 objects, Python's default, it takes a tenth of the time of a short command, and a third of that of reading
# long lists.
_THRESHOLD = 50_000


def collect_seldom() -> None:
    """Let this process look for cycles as seldom as the commands do."""
    gc.set_threshold(_THRESHOLD)
