"""Building blocks of WordprocessingML: elements, runs, paragraphs."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from docx.oxml import OxmlElement
from docx.oxml.ns import qn

from xltools.text import harmless

Element = Any  # an lxml element; lxml has no type hints


def w(name: str, /, *children: Element, **attributes: object) -> Element:
    """Return an element of the main namespace; attributes that are false or None are left out."""
    element = OxmlElement(f"w:{name}")
    for key, value in attributes.items():
        if value is not None and value is not False:
            element.set(qn(f"w:{key}"), sound(str(value)))
    element.extend(children)
    return element


def paragraph(text: str, style: str, *properties: Element) -> Element:
    """Return a paragraph in a style; *properties* are further paragraph properties in the order of the schema."""
    return w("p", w("pPr", w("pStyle", val=style), *properties), *runs(text))


def runs(text: str, *properties: Element) -> list[Element]:
    """Return a text as one run per line, each with copies of the *properties*, and breaks between them."""
    found: list[Element] = []
    for index, line in enumerate(sound(text).split("\n")):
        if index:
            found.append(run(w("br")))
        if line:
            # An element has one parent, so the next line would take the properties from this one.
            found.append(run(_text_element(line), *map(deepcopy, properties)))
    return found


def run(content: Element, *properties: Element) -> Element:
    """Return a run that displays quotation marks and dashes, which Latin also has, in the Chinese font."""
    return w("r", w("rPr", w("rFonts", hint="eastAsia"), *properties), content)


def field(instruction: str, shown: str) -> Element:
    """Return a field that the displaying program computes, such as the page number."""
    return w("fldSimple", run(_text_element(shown)), instr=instruction)


def _text_element(text: str) -> Element:
    element = w("t")
    element.text = text
    if text != text.strip():
        element.set(qn("xml:space"), "preserve")
    return element


def sound(text: str) -> str:
    """Return the text without characters that XML does not allow."""
    return harmless(text.replace("\r\n", "\n").replace("\t", " "))


def twips(millimetres: float) -> int:
    """Convert millimetres to twentieths of a point."""
    return round(millimetres * 1440 / 25.4)


def present(*elements: Element) -> list[Element]:
    """Return the elements that are not None."""
    return [element for element in elements if element is not None]
