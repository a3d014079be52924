"""The result of a second reader."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

from xltools.data.finding import Finding

if TYPE_CHECKING:
    from xltools.witness.agreement import Verdict

Recalculation = Literal["agrees", "differs", "failed", "not-installed"]


class SecondReading(NamedTuple):
    """The verdict of the second reader, whether LibreOffice computes the same, and the findings."""

    verdict: Verdict
    recalculation: Recalculation
    findings: tuple[Finding, ...] = ()
    is_workbook_only: bool = False  # a document was compared with a roll-up whose files are not all there
    sources_missing: int = 0

    def facts(self) -> dict[str, object]:
        """Return what the manifest records."""
        v = self.verdict
        undecided = [one._asdict() for one in v.undecided]
        counts = {"agreed": v.agreed, "figures": v.figures, "read": v.read, "files": v.files, "of": v.of}
        return counts | {"undecided": undecided, "recalculation": self.recalculation}
