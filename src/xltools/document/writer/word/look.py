"""The look of a government document: page, fonts, paragraph styles.

The measures are those of 《党政机关公文格式》 GB/T 9704—2012: A4, a type area of 156 by 225 mm, 37 mm from the top and 28 mm
from the left, 22 lines per page, FangSong of size three (16 points), headings in 黑体 and 楷体, the title in 小标宋 of size
two (22 points), page numbers of size four (14 points) between two dashes at the outer edge.
"""

from __future__ import annotations

from typing import NamedTuple

from xltools.document.writer.word.elements import Element, present, twips, w

MARGIN_TOP, MARGIN_BOTTOM, MARGIN_LEFT, MARGIN_RIGHT = 37.0, 35.0, 28.0, 26.0  # mm
PAGE_WIDTH, PAGE_HEIGHT = 210.0, 297.0
TEXT_WIDTH = PAGE_WIDTH - MARGIN_LEFT - MARGIN_RIGHT
FOOTER = 24.5  # mm from the edge: its line is 7 mm below the type area
HEADER = 20.0
CELL_UPRIGHT, CELL_ACROSS, WORDS_ACROSS = 0.5, 0.8, 1.2  # mm between the frame of a cell and its text

XIAOBIAO, FANGSONG, KAI, HEI, SONG = "方正小标宋_GBK", "仿宋_GB2312", "楷体_GB2312", "黑体", "宋体"


class Font(NamedTuple):
    """A font, its substitute where it is not installed, and its classification for choosing another."""

    name: str
    other: str
    family: str
    panose: str
    pitch: str = "default"


# The fonts that offices install for documents; the substitute comes with Windows, or from the same maker.
FONTS = (
    Font(XIAOBIAO, "方正小标宋简体", "script", "03000509000000000000"),
    Font(FANGSONG, "仿宋", "modern", "02010609030101010101", "fixed"),
    Font(KAI, "楷体", "modern", "02010609030101010101", "fixed"),
    Font(HEI, "SimHei", "modern", "02010609060101010101", "fixed"),
    Font(SONG, "SimSun", "auto", "02010600030101010101"),
)

_COMPATIBLE = "http://schemas.microsoft.com/office/word"
_LINE = 579  # twips: 22 lines in 225 mm
_TITLE_LINE = 700


class ParagraphStyle(NamedTuple):
    """A paragraph style. ``key`` is its ID; ``name`` is its name in Word, in English for built-in styles."""

    key: str
    name: str
    font: str
    points: float
    align: str = "both"
    indent: bool = False  # two characters in the first line
    level: int | None = None  # of the outline, from 0
    line: int | None = _LINE
    after: int = 0
    bold: bool = False
    next: str = ""
    colour: str = ""
    is_prose: bool = True  # whether its text is wrapped as prose


BODY, TITLE, NOTE, CENTRE, RIGHT, CELL, LABEL, SPACE, FOOT, DRAFT = (
    *("BodyText", "Title", "Note", "Centred", "Signed", "TableText", "TableHead", "Space"),
    *("Footer", "Header"),
)
STYLES = (
    ParagraphStyle("Normal", "Normal", FANGSONG, 16, is_prose=False),
    ParagraphStyle(TITLE, "Title", XIAOBIAO, 22, "center", line=_TITLE_LINE, after=_LINE, next=BODY),
    ParagraphStyle("Heading1", "heading 1", HEI, 16, indent=True, level=0, next=BODY),
    ParagraphStyle("Heading2", "heading 2", KAI, 16, indent=True, level=1, next=BODY),
    ParagraphStyle("Heading3", "heading 3", FANGSONG, 16, indent=True, level=2, next=BODY, bold=True),
    ParagraphStyle("Heading4", "heading 4", FANGSONG, 16, indent=True, level=3, next=BODY),
    ParagraphStyle(BODY, "Body Text", FANGSONG, 16, indent=True),
    ParagraphStyle(NOTE, "注", FANGSONG, 12, line=None),
    ParagraphStyle(CENTRE, "居中", FANGSONG, 16, "center"),
    ParagraphStyle(RIGHT, "落款", FANGSONG, 16, "right"),
    ParagraphStyle(CELL, "表内文字", SONG, 10.5, "left", line=None),
    ParagraphStyle(LABEL, "表头和数字", SONG, 10.5, "center", line=None, is_prose=False),
    ParagraphStyle(SPACE, "间隔", SONG, 5, line=None),
    ParagraphStyle(FOOT, "footer", SONG, 14, "left", line=None, is_prose=False),
    ParagraphStyle(DRAFT, "header", HEI, 16, "right", line=None, colour="C00000"),
)
LEVELS = sum(style.level is not None for style in STYLES)


def defaults() -> Element:
    """Return the defaults of all styles."""
    run = w(
        "rPr", _fonts(FANGSONG), w("sz", val=32), w("szCs", val=32), w("lang", val="zh-CN", eastAsia="zh-CN")
    )
    return w("docDefaults", w("rPrDefault", run), w("pPrDefault"))


def styles() -> list[Element]:
    """Return the paragraph styles and the table style."""
    sides = ("top", "left", "bottom", "right", "insideH", "insideV")
    borders = w("tblBorders", *(w(side, val="single", sz=4, space=0, color="000000") for side in sides))
    upright, across = ({"w": twips(size), "type": "dxa"} for size in (CELL_UPRIGHT, CELL_ACROSS))
    margins = w(
        "tblCellMar", w("top", **upright), w("left", **across), w("bottom", **upright), w("right", **across)
    )
    table = w("tblPr", w("tblInd", w=0, type="dxa"), borders, margins)
    grid = w("style", w("name", val="Table Grid"), table, type="table", styleId="TableGrid")
    return [*map(_style_element, STYLES), grid]


def _style_element(style: ParagraphStyle) -> Element:
    normal = style.key == "Normal"
    return w(
        "style",
        *present(
            w("name", val=style.name),
            None if normal else w("basedOn", val="Normal"),
            w("next", val=style.next) if style.next else None,
            w("qFormat"),
            _paragraph_properties(style),
            _run_properties(style),
        ),
        type="paragraph",
        default="1" if normal else None,
        customStyle="1" if not style.name.isascii() else None,
        styleId=style.key,
    )


def _paragraph_properties(style: ParagraphStyle) -> Element:
    keeps = style.level is not None
    spacing = {"line": style.line, "lineRule": "exact"} if style.line else {"line": 240, "lineRule": "auto"}
    indent = {"firstLineChars": 200, "firstLine": round(style.points * 40)} if style.indent else {}
    return w(
        "pPr",
        *present(
            w("keepNext") if keeps else None,
            w("keepLines") if keeps else None,
            w("widowControl", val="0"),
            w("snapToGrid", val="0"),
            w("spacing", before=0, after=style.after, **spacing),
            w("ind", **indent) if indent else None,
            w("jc", val=style.align),
            w("outlineLvl", val=style.level) if keeps else None,
        ),
    )


def _run_properties(style: ParagraphStyle) -> Element:
    size = round(style.points * 2)
    return w(
        "rPr",
        *present(
            _fonts(style.font),
            w("b") if style.bold else None,
            w("bCs") if style.bold else None,
            w("color", val=style.colour) if style.colour else None,
            w("sz", val=size),
            w("szCs", val=size),
            # English rules for line breaks: by Chinese rules, a line could break between any two digits.
            w("lang", val="en-US", eastAsia="zh-CN") if style.is_prose else None,
        ),
    )


def _fonts(name: str) -> Element:
    return w("rFonts", ascii=name, hAnsi=name, eastAsia=name, cs=name)


def settings() -> list[Element]:
    """Return the document settings: the layout of current versions of Word, with compressed punctuation."""
    modes = {
        "compatibilityMode": 15,
        "overrideTableStyleFontSizeAndJustification": 1,
        "enableOpenTypeFeatures": 1,
    }
    compatible = (w("compatSetting", name=name, uri=_COMPATIBLE, val=value) for name, value in modes.items())
    return [
        w("zoom", percent=100),
        w("defaultTabStop", val=420),
        w("evenAndOddHeaders"),
        w("characterSpacingControl", val="compressPunctuation"),
        w("compat", w("useFELayout"), *compatible),
        w("themeFontLang", val="en-US", eastAsia="zh-CN"),
        w("decimalSymbol", val="."),
        w("listSeparator", val=","),
    ]


def font_table() -> Element:
    """Return the fonts with their substitutes and their classification."""
    fonts = (
        w(
            "font",
            w("altName", val=font.other),
            w("panose1", val=font.panose),
            w("charset", val="86"),
            w("family", val=font.family),
            w("pitch", val=font.pitch),
            name=font.name,
        )
        for font in FONTS
    )
    return w("fonts", *fonts)
