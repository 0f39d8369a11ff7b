"""A drawing as it comes from Vega, made small enough to stand in a page.

Vega writes for a program that will change the picture later: a group around every mark,
backgrounds that nobody sees, one line for every tick. A drawing in a page is only looked
at, so what is invisible goes, and lines of one kind become one path.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

SVG = "http://www.w3.org/2000/svg"
# Said anew in the page, or meant for scripts and for readers of the live chart.
UNUSED = re.compile("class|pointer-events|role|font-family|focusable|aria-.*")
PLACES = {"d", "dy", "transform", "x", "x2", "y", "y2"}
SHIFT = re.compile(r"translate\((-?[\d.]+),(-?[\d.]+)\)")


class NoSize(ValueError):
    """A drawing that does not say how large it is."""


def tidy(svg: str, prefix: str) -> tuple[str, float]:
    """Make an SVG small, stable and unique in its page.

    ``prefix`` goes in front of the names inside it. Returns the SVG and its width in
    pixels.
    """
    root = ElementTree.fromstring(svg)
    try:
        width, height = float(root.attrib["width"]), float(root.attrib["height"])
    except KeyError:
        raise NoSize("it was drawn without a size") from None
    drop_unseen(root)
    merge_lines(root)
    while unwrap_groups(root):
        pass
    round_places(root)
    inner = "".join(ElementTree.tostring(child, "unicode") for child in root)
    inner = inner.replace(f' xmlns:ns0="{SVG}"', "").replace("ns0:", "")
    inner = re.sub(r'(id="|url\(#)((?:clip|gradient)\w+)', rf"\g<1>{prefix}-\g<2>", inner)
    head = (
        f'<svg xmlns="{SVG}" viewBox="0 0 {width:g} {height:g}" '
        f'width="{width:g}" height="{height:g}" aria-hidden="true" focusable="false">'
    )
    return f"{head}{inner}</svg>", width


def tag(element: Element) -> str:
    return element.tag.rpartition("}")[2]


def parents(root: Element) -> Iterator[tuple[Element, Element]]:
    """Each element with its parent, as they stood at the start."""
    return iter([(parent, child) for parent in root.iter() for child in parent])


def unseen(element: Element) -> bool:
    """Whether an element draws nothing."""
    given = element.attrib
    if given.get("display") == "none" or given.get("opacity") == "0":
        return True
    if tag(element) == "path" and given.get("class") in ("background", "foreground"):
        painted = {given.get("fill", "none"), given.get("stroke", "none")}
        return painted <= {"none", "transparent"}
    return tag(element) == "text" and not "".join(element.itertext()).strip()


def drop_unseen(root: Element) -> None:
    for parent, child in parents(root):
        if unseen(child):
            parent.remove(child)
    for element in root.iter():
        for name in filter(UNUSED.fullmatch, list(element.attrib)):
            del element.attrib[name]
        if element.get("opacity") == "1":
            del element.attrib["opacity"]
        if element.get("transform") == "translate(0,0)":
            del element.attrib["transform"]


def merge_lines(root: Element) -> None:
    """Put neighbouring lines of the same kind into one path: ticks, grids, rules."""
    for parent in list(root.iter()):
        kind, path = None, None
        for line in list(parent):
            segment = line_segment(line)
            if segment is None:
                kind = None
                continue
            rest = {
                name: value
                for name, value in line.attrib.items()
                if name not in ("transform", "x2", "y2")
            }
            # Where they cross, lines that let light through would look different.
            if kind == rest and path is not None and "opacity" not in rest:
                path.set("d", path.get("d", "") + segment)
                parent.remove(line)
            else:
                kind, path = rest, line
                line.tag = f"{{{SVG}}}path"
                line.attrib.clear()
                line.attrib.update({"d": segment, **rest})


def line_segment(line: Element) -> str | None:
    """A line as a path's move and stroke, or None if it is something else."""
    shift = SHIFT.fullmatch(line.get("transform", "translate(0,0)"))
    if tag(line) != "line" or shift is None or len(line):
        return None
    return f"M{shift[1]},{shift[2]}l{line.get('x2', '0')},{line.get('y2', '0')}"


def unwrap_groups(root: Element) -> bool:
    """Take away groups that hold nothing or say nothing; returns whether any went."""
    changed = False
    for parent, child in parents(root):
        if tag(child) != "g" or (child.attrib and len(child)):
            continue
        place = list(parent).index(child)
        parent.remove(child)
        for offset, grandchild in enumerate(list(child)):
            parent.insert(place + offset, grandchild)
        changed = True
    return changed


def round_places(root: Element) -> None:
    """A tenth of a pixel is as fine as anybody sees."""
    for element in root.iter():
        for name in PLACES & element.attrib.keys():
            element.attrib[name] = re.sub(
                r"-?\d+\.\d+",
                lambda number: f"{round(float(number[0]), 1):g}",
                element.attrib[name],
            )


def standalone(svg: str, title: str, description: str) -> str:
    """An SVG file of its own: real colours, a title, a font."""
    head = (
        f"<title>{html.escape(title)}</title><desc>{html.escape(description)}</desc>"
        "<style>text{font-family:system-ui,sans-serif}</style>"
    )
    svg = svg.replace(' aria-hidden="true" focusable="false"', ' role="img"')
    return re.sub(r"(<svg [^>]*>)", lambda match: match.group(1) + head, svg, count=1)
