"""The picture that a messenger shows for a link: a page's first chart and its finding.

Pages name their card and never load it. A card is an SVG of fixed size, drawn with a
font that comes with vl-convert, so that it needs nothing of the machine (but Chinese
titles need a font that has them).
"""

from __future__ import annotations

import hashlib
import html
import io
import re
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import vl_convert
from PIL import Image
from sphinx.application import Sphinx

from explainer import ROOT
from explainer.charts.theme import DARK, LIGHT
from explainer.site.charts import Figure
from explainer.site.outputs import page_figures

STORE = ROOT / "_build" / ".cards"
FILES = "cards"
SIZE = (1200, 630)
MARGIN = 56
# The dark panel with the words, left; the chart has the rest.
PANEL = 500
LARGEST_SCALE = 1.8
FONTS = "'Liberation Sans', 'Noto Sans CJK TC'"
CHINESE_FONTS = {"zh_CN": "'Liberation Sans', 'Noto Sans CJK SC'"}
TITLE_SIZES = (56, 52, 48, 44, 40, 36, 32)
LINE = 1.18
SMALL = 24
# The line of the book's mark, in a box of 36 × 18.
MARK = "M0 1h12v6h6v11h6v-5h12"

# Widths of letters in bold Liberation Sans, in parts of the font's size: enough to
# break a title into lines that fit.
WIDTHS = (
    ("ijl.,:;'’|!", 0.28),
    ("ftr()[]-/ ", 0.34),
    ("mw%@", 0.89),
    ("MW", 0.94),
    ("ABCDEFGHKNOPQRSTUVXYZ&", 0.72),
)
OTHER_WIDTH, WIDE_WIDTH = 0.59, 1.0
WIDE = re.compile("[\u2e80-\u9fff\uf900-\ufaff\uff00-\uff60]")
# Where a line may end: after a space, or after a Chinese character (which may be
# followed by punctuation that must not start a line).
BREAK = re.compile(rf"[^\s\u2e80-\u9fff]+\s*|{WIDE.pattern}[，。、；：！？」』）]*\s*|\s+")


@dataclass(frozen=True)
class Card:
    """A page's card: where it lies in the edition, and what it says in words."""

    file: str
    text: str


# --- words -----------------------------------------------------------------------


def width(text: str, size: float) -> float:
    """About how many pixels a text takes in bold type."""
    return size * sum(map(letter_width, text))


def letter_width(letter: str) -> float:
    if WIDE.match(letter):
        return WIDE_WIDTH
    return next((width for some, width in WIDTHS if letter in some), OTHER_WIDTH)


def wrap(text: str, size: float, room: float) -> list[str]:
    """Break a text into lines of at most ``room`` pixels."""
    lines = [""]
    for piece in BREAK.findall(text):
        if lines[-1] and width((lines[-1] + piece).rstrip(), size) > room:
            lines.append("")
        lines[-1] += piece
    return [line.strip() for line in lines]


def set_title(text: str, room: float, height: float) -> tuple[int, list[str]]:
    """The largest type in which a title fits, and its lines, about equally long."""
    for size in TITLE_SIZES:
        lines = wrap(text, size, room)
        fits = all(width(line, size) <= room for line in lines)
        if fits and len(lines) * size * LINE <= height:
            break
    for narrower in range(int(room), 0, -10):
        shorter = wrap(text, size, narrower)
        if len(shorter) > len(lines):
            break
        lines = shorter
    return size, lines


def text_lines(
    lines: list[str], size: float, x: float, y: float, colour: str, weight: str = "400"
) -> str:
    """Lines of text below each other, the first one's baseline at ``y``."""
    return "".join(
        f'<text x="{x:g}" y="{y + index * size * LINE:g}" font-size="{size:g}" '
        f'font-weight="{weight}" fill="{colour}">'
        f"{html.escape(line, quote=False)}</text>"
        for index, line in enumerate(lines)
    )


# --- the picture -----------------------------------------------------------------


def mark(x: float, y: float, scale: float, colour: str, stroke: float = 3.2) -> str:
    return (
        f'<path d="{MARK}" transform="translate({x:g},{y:g}) scale({scale:g})" '
        f'fill="none" stroke="{colour}" stroke-width="{stroke:g}"/>'
    )


def fitted(
    figure: Figure, room: float, height: float
) -> tuple[str, float, float, float]:
    """The drawing that suits its room: SVG, scale, and its own width and height.

    Letters as large as can be; where both drawings' are about as large, the wide one.
    """
    found = []
    for svg in figure.drawing.svg.values():
        across, down = map(float, re.search(r'viewBox="0 0 (\S+) (\S+)"', svg).groups())
        scale = min(room / across, height / down, LARGEST_SCALE)
        found.append((svg, scale, across, down))
    legible = 0.85 * max(scale for _, scale, _, _ in found)
    return max((drawn for drawn in found if drawn[1] >= legible), key=lambda d: d[2])


def chart(figure: Figure) -> str:
    """The chart on the card's right side, in the middle of its room."""
    left, gap = PANEL, 34
    room, height = SIZE[0] - left - 2 * gap, SIZE[1] - 2 * gap
    svg, scale, across, down = fitted(figure, room, height)
    x = left + gap + (room - across * scale) / 2
    y = (SIZE[1] - down * scale) / 2
    inner = re.sub(r"^<svg [^>]*>|</svg>$", "", svg)
    return (
        f'<g transform="translate({x:.2f},{y:.2f}) scale({scale:.4f})" '
        f'font-weight="400">{inner}</g>'
    )


def draw(title: str, page: str, book: str, language: str, figure: Figure | None) -> str:
    """A card as SVG: the book, the finding and its page; the chart beside them."""
    wide, high = SIZE
    panel = PANEL if figure else wide
    room = panel - 2 * MARGIN
    if figure:
        below = wrap(page, SMALL, room)
        picture = chart(figure)
    else:  # the title is the page's own, and the mark of the book is the picture
        below = []
        picture = mark(640, 300, 15.6, DARK["subject"], 0.9)
    size, lines = set_title(title, room, (350 if figure else 150) - 28 * len(below))
    foot = high - 54 - 28 * (len(below) - 1)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{wide}" height="{high}" '
        f'viewBox="0 0 {wide} {high}" '
        f'font-family="{CHINESE_FONTS.get(language, FONTS)}">',
        f'<rect width="{wide}" height="{high}" fill="{LIGHT["paper"]}"/>',
        f'<rect width="{panel}" height="{high}" fill="{DARK["paper"]}"/>',
        mark(MARGIN, 62, 1.25, DARK["subject"]),
        text_lines([book], 25, MARGIN + 62, 84, DARK["ink"], "700"),
        text_lines(lines, size, MARGIN, 200 + size / 2, "#ffffff", "700"),
        picture,
        text_lines(below, SMALL, MARGIN, foot, DARK["soft"]),
        "</svg>",
    ]
    return "".join(parts)


def stored_png(svg: str) -> Path:
    """The picture of a card, drawn once."""
    key = "\0".join([svg, version("vl-convert-python"), version("pillow")])
    file = STORE / f"{hashlib.sha256(key.encode()).hexdigest()[:20]}.png"
    if not file.exists():
        STORE.mkdir(parents=True, exist_ok=True)
        temporary = file.with_suffix(".tmp")
        temporary.write_bytes(small(vl_convert.svg_to_png(svg)))
        temporary.replace(file)
    return file


def small(png: bytes) -> bytes:
    """The same picture with a palette, a sixth as large.

    A card has few more than 256 colours; of Pillow's methods this one keeps rare ones.
    """
    picture = Image.open(io.BytesIO(png)).convert("RGB")
    written = io.BytesIO()
    few = picture.quantize(256, method=Image.Quantize.MAXCOVERAGE, dither=0)
    few.save(written, "PNG", optimize=True)
    return written.getvalue()


# --- pages -----------------------------------------------------------------------


def first_figure(app: Sphinx, page: str) -> Figure | None:
    return next(iter(page_figures(app.env).get(page, {}).values()), None)


def of_page(app: Sphinx, page: str) -> Card:
    """Where the card of a page lies, and a text for those who do not see it."""
    figure = first_figure(app, page)
    name = page.rpartition("/")[2]
    if figure:
        return Card(f"{FILES}/{name}.png", f"{figure.title}. {figure.description}")
    return Card(f"{FILES}/{name}.png", app.env.titles[page].astext())


def page_svg(app: Sphinx, page: str) -> str:
    figure = first_figure(app, page)
    title = app.env.titles[page].astext()
    return draw(
        figure.title if figure else title,
        title,
        app.config.html_short_title,
        app.config.language or "en",
        figure,
    )


def write(app: Sphinx, error: Exception | None) -> None:
    """At the end of a good build: a card for every page, and no others."""
    if error or app.builder.format != "html":
        return
    folder = Path(app.outdir, FILES)
    folder.mkdir(exist_ok=True)
    wanted = {}
    for page in sorted(app.env.found_docs):
        wanted[Path(app.outdir, of_page(app, page).file)] = page_svg(app, page)
    for file in set(folder.iterdir()) - wanted.keys():
        file.unlink()
    for file, svg in wanted.items():
        file.write_bytes(stored_png(svg).read_bytes())


def setup(app: Sphinx) -> None:
    app.connect("build-finished", write)
