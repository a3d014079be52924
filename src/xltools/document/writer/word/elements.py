"""Elements of WordprocessingML, and paragraphs of them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from docx.oxml import OxmlElement
from docx.oxml.ns import qn

from xltools.text import harmless

Element = Any  # of lxml, which has no types of its own


def w(name: str, /, *children: Element, **attributes: object) -> Element:
    """An element of the main vocabulary; what is false or none is left out."""
    element = OxmlElement(f"w:{name}")
    for key, value in attributes.items():
        if value is not None and value is not False:
            element.set(qn(f"w:{key}"), sound(str(value)))
    element.extend(children)
    return element


def paragraph(text: str, style: str, *properties: Element) -> Element:
    """One paragraph in a style; *properties* stand behind it in the order of the schema."""
    return w("p", w("pPr", w("pStyle", val=style), *properties), *runs(text))


def runs(text: str, *properties: Element) -> list[Element]:
    """A text as runs: one a line, with a break between."""
    found: list[Element] = []
    for index, line in enumerate(sound(text).split("\n")):
        if index:
            found.append(run(w("br")))
        if line:
            found.append(run(_text(line), *properties))
    return found


def run(content: Element, *properties: Element) -> Element:
    """A run whose quotation marks and dashes, which Latin has too, are taken for Chinese ones."""
    return w("r", w("rPr", w("rFonts", hint="eastAsia"), *properties), content)


def field(instruction: str, shown: str) -> Element:
    """What the program that shows the document works out, such as the number of the page."""
    return w("fldSimple", run(_text(shown)), instr=instruction)


def _text(text: str) -> Element:
    element = w("t")
    element.text = text
    if text != text.strip():
        element.set(qn("xml:space"), "preserve")
    return element


def sound(text: str) -> str:
    """The text without what XML cannot hold."""
    return harmless(text.replace("\r\n", "\n").replace("\t", " "))


def twips(millimetres: float) -> int:
    """Twentieths of a point."""
    return round(millimetres * 1440 / 25.4)


def all_of(elements: Iterable[Element]) -> list[Element]:
    """The elements that are there."""
    return [element for element in elements if element is not None]
