"""A watermark behind the text of a page, drawn with VML as Word draws watermarks (ECMA-376 part 4, 19)."""

from __future__ import annotations

from docx.oxml import parse_xml

from xltools.document.markup import tag
from xltools.document.writer.word.elements import Element
from xltools.document.writer.word.look import HEI

_SPACES = {
    "xmlns:w": "http://schemas.openxmlformats.org/wordprocessingml/2006/main",
    "xmlns:v": "urn:schemas-microsoft-com:vml",
    "xmlns:o": "urn:schemas-microsoft-com:office:office",
}
_PLACE = (
    "position:absolute;margin-left:0;margin-top:0;width:360pt;height:180pt;rotation:315;z-index:-251658752;"
    "mso-position-horizontal:center;mso-position-horizontal-relative:margin;"
    "mso-position-vertical:center;mso-position-vertical-relative:margin"
)
_TYPE = "xltools-text"
# The formulas of the plain text path, as Word writes them.
_FORMULAS = (
    *("sum #0 0 10800", "prod #0 2 1", "sum 21600 0 @1", "sum 0 0 @2", "sum 21600 0 @3", "if @0 @3 0"),
    *("if @0 21600 @1", "if @0 0 @2", "if @0 @4 21600", "mid @5 @6", "mid @8 @5", "mid @7 @8"),
    *("mid @6 @7", "sum @6 0 @5"),
)


def watermark(text: str, number: int) -> Element:
    """Return a run that draws *text*; *number* makes its identifier unique among the headers."""
    kind = tag(
        "v:shapetype",
        tag("v:formulas", *(tag("v:f", eqn=formula) for formula in _FORMULAS)),
        tag("v:path", textpathok="t", **{"o:connecttype": "rect"}),
        tag("v:textpath", on="t", fitshape="t"),
        id=_TYPE,
        coordsize="21600,21600",
        adj="10800",
        path="m@7,l@8,m@5,21600l@6,21600e",
        **{"o:spt": "136"},
    )
    shape = tag(
        "v:shape",
        tag("v:fill", opacity="0.4"),
        tag("v:textpath", style=f"font-family:'{HEI}';font-size:1pt", string=text),
        id=f"PowerPlusWaterMarkObject{number}",
        type=f"#{_TYPE}",
        style=_PLACE,
        fillcolor="#d9d9d9",
        stroked="f",
        alt=text,
        **{"o:allowincell": "f"},
    )
    return parse_xml(tag("w:r", tag("w:pict", kind, shape), **_SPACES))
