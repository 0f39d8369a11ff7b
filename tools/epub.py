"""The book as EPUB 3. usage: make epub

Packs the built site's pages for e-readers: no scripts, nothing from elsewhere, charts
as SVG files in their light colours, one for wide pages and one for phones. The same
site gives the same bytes.
"""

from __future__ import annotations

import html
import re
import sys
import time
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial
from itertools import count
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

import vl_convert
from bs4 import BeautifulSoup, Tag
from takeaway import (
    FILE_NAME,
    LEDGER,
    Book,
    NoSite,
    Page,
    asked,
    bound,
    edition_date,
    read,
    readdress,
    redraw,
    words,
)

from explainer import claims
from explainer.charts.theme import DARK, LIGHT
from explainer.site.drawings import SVG, standalone
from explainer.site.pages import FONT

STYLE = Path(__file__).with_suffix(".css")
FIRST_DAY = (1980, 1, 1, 0, 0, 0)  # the earliest that a zip can state
TYPES = {
    ".xhtml": "application/xhtml+xml",
    ".svg": "image/svg+xml",
    ".css": "text/css",
    ".woff2": "font/woff2",
    ".png": "image/png",
    ".ncx": "application/x-dtbncx+xml",
}
DAY = re.compile(r"\d{4}-\d\d-\d\d")
# Room beside a chart, in its pixels, and the face by which charts were laid out.
SIDE = 12
MEASURED_FACE = "Arial,Helvetica,"
COVER_WIDTH, COVER_HEIGHT = 1200, 1800
COVER_FACE = "'Liberation Sans', sans-serif"  # comes with vl-convert
CONTAINER = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    '<container version="1.0" xmlns="urn:oasis:names:tc:opendocument:xmlns:container">'
    '<rootfiles><rootfile full-path="book/package.opf" '
    'media-type="application/oebps-package+xml"/></rootfiles></container>\n'
)


@dataclass
class Item:
    """One file of the publication; ``kind`` is the manifest's property, if any."""

    path: str
    content: bytes
    kind: str = ""

    @property
    def id(self) -> str:
        return "f-" + re.sub(r"[^a-z0-9]+", "-", self.path.lower())


# --- pages -----------------------------------------------------------------------


def file_of(pages: list[Page], name: str, place: str) -> str | None:
    """Where a place of the book is in the publication."""
    if all(page.name != name for page in pages):
        return None
    if name == LEDGER and re.fullmatch(r"[A-Z]\d+", place):
        name = ledger_part(place)
    return f"{name}.xhtml" + (f"#{place}" if place else "")


def ledger_part(text: str) -> str:
    """The file of a text's statements, or of one of them: all in one would be slow."""
    return f"{LEDGER}-{text[0].lower()}"


def xhtml(book: Book, title: str, body: str, kind: str = "") -> bytes:
    about = f' epub:type="{kind}"' if kind else ""
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE html>\n'
        '<html xmlns="http://www.w3.org/1999/xhtml" '
        f'xmlns:epub="http://www.idpf.org/2007/ops" lang="{book.language}" '
        f'xml:lang="{book.language}">\n<head>\n<meta charset="utf-8"/>\n'
        f"<title>{html.escape(title)}</title>\n"
        '<link rel="stylesheet" type="text/css" href="style.css"/>\n</head>\n'
        f"<body{about}>\n{body}\n</body>\n</html>\n"
    ).encode()


def chapter(page: Page, book: Book) -> tuple[list[Item], list[Item]]:
    """A page of the site as a chapter (the ledger as several), and its charts."""
    main = readdress(page, book, partial(file_of, book.pages))
    charts = [item for view in main.select(".chart-view") for item in chart(view, page)]
    parts = {page.name: (page.title, main)}
    for table in main.select("table.ledger"):
        parts |= ledger_parts(table)
        links = list_html(ledger_list())
        table.replace_with(BeautifulSoup(links, "html.parser"))
    files = []
    for name, (title, part) in parts.items():
        dress(part)
        body = redraw(part.decode_contents(formatter="minimal"), page)
        body = re.sub(r"<svg (?!xmlns)", f'<svg xmlns="{SVG}" ', body)
        text = xhtml(book, title, real_colours(body))
        files.append(Item(f"{name}.xhtml", text))
    return files, charts


def dress(main: Tag) -> None:
    """Write into the text what the site's style sheet adds, and make it XHTML."""
    for mark in main.select("a.claim"):
        # The word stands in the sentence, the id says which statement is meant.
        mark.append(f" {mark['data-claim']}")
    for mark in main.select(".claim, .verdict, .tally li"):
        word = next(name for name in mark["class"] if "-" in name).partition("-")[2]
        mark.insert(0, f"{claims.LABELS[word]['sign']} ")
    for note in main.select("aside.footnote"):
        note.name, note["epub:type"] = "div", "footnote"  # some readers hide an aside
    for back in main.select(".footnote > .backrefs"):
        back.decompose()
    for reference in main.select(".footnote-reference"):
        reference["epub:type"] = "noteref"
    for cell in main.select("td, th"):
        if DAY.fullmatch(words(cell)):
            cell["class"] = [*cell.get("class", []), "day"]
    for tag in main.find_all(True):
        clean(tag)


def chart(view: Tag, page: Page) -> Iterable[Item]:
    """Put files in place of a chart's drawings: phones take the narrow one."""
    figure = view.find_parent("figure")
    name = figure["id"].removeprefix("chart-")
    title, description = words(figure.select_one(".chart-title")), ""
    for width, suffix in (("wide", ""), ("narrow", "-narrow")):
        place = view.select_one(f".chart-{width} svg")
        description = description or place["aria-label"]
        drawing = widened(real_colours(page.drawings[int(place["data-drawing"])]))
        picture = standalone(drawing, title, description)
        picture = picture.replace("system-ui,", MEASURED_FACE)
        yield Item(f"charts/{name}{suffix}.svg", picture.encode())
    picture = BeautifulSoup(
        '<picture class="chart-view"><source type="image/svg+xml" '
        f'media="(max-width: 520px)" srcset="charts/{name}-narrow.svg"/>'
        f'<img src="charts/{name}.svg"/></picture>',
        "html.parser",
    ).picture
    picture.img["alt"] = description
    view.replace_with(picture)


def widened(svg: str) -> str:
    """A drawing with room at its sides, in case a reader's letters are wider."""

    def moved(match: re.Match[str]) -> str:
        width, height = float(match[1]), match[2]
        return f'viewBox="{-SIDE} 0 {width + 2 * SIDE:g} {height}"'

    svg = re.sub(r'viewBox="0 0 ([\d.]+) ([\d.]+)"', moved, svg, count=1)
    return re.sub(r' width="[\d.]+" height="[\d.]+"', "", svg, count=1)


def ledger_title(article: str) -> str:
    return f"Ledger: {claims.ARTICLES[article].lower()}"


def ledger_parts(table: Tag) -> dict[str, tuple[str, Tag]]:
    """Title and entries of each text's part of the ledger, by the name of its file."""
    rows, parts = table.select("tbody tr"), {}
    for article in claims.ARTICLES:
        title = ledger_title(article)
        part = BeautifulSoup(f"<section><h1>{title}</h1></section>", "html.parser")
        own = [row for row in rows if row["data-article"] == article]
        part.section.append(entries(own))
        parts[ledger_part(article)] = title, part
    return parts


def entries(rows: list[Tag]) -> Tag:
    """The ledger's rows one below the other: an e-reader has no room for columns."""
    soup = BeautifulSoup('<ol class="statements"></ol>', "html.parser")
    for row in rows:
        cells = row.find_all(["th", "td"], recursive=False)
        number, statement, measured, verdict = cells
        entry = soup.new_tag("li", attrs={"class": "statement", "id": row["id"]})
        first = soup.new_tag("p", attrs={"class": "statement-text"})
        second = soup.new_tag("p", attrs={"class": "statement-verdict"})
        reason = statement.find("div", recursive=False).extract()
        first.extend([*list(number.contents), " ", *list(statement.contents)])
        figures = soup.new_tag("span", attrs={"class": "statement-measured"})
        figures.extend(list(measured.contents))
        second.extend([*list(verdict.contents), " ", figures])
        entry.extend([first, second, reason])
        soup.ol.append(entry)
    return soup.ol


def clean(tag: Tag) -> None:
    """Drop what the site's scripts and styles read, and what XHTML does not know."""
    for name in list(tag.attrs):
        if name.startswith("data-") and tag.name != "svg" or name == "tabindex":
            del tag[name]


def real_colours(text: str, colours: Mapping[str, str] = LIGHT) -> str:
    """Colours by value: style variables do not reach into pictures, nor all readers."""
    return re.sub(r"var\(--chart-(\w+)\)", lambda match: colours[match[1]], text)


def between(token: str) -> str:
    """A colour that stands out from light and from dark paper; nearer to the first's."""
    light, dark = (bytes.fromhex(theme[token][1:]) for theme in (LIGHT, DARK))
    pairs = zip(light, dark, strict=True)
    return "#" + bytes(round((2 * light + dark) / 3) for light, dark in pairs).hex()


# --- the whole -------------------------------------------------------------------


@dataclass
class Entry:
    """A line of the table of contents; without an address it is a part's heading."""

    title: str
    address: str
    below: list[Entry] = field(default_factory=list)


def ledger_list() -> list[Entry]:
    """The ledger's files."""
    return [
        Entry(ledger_title(article), f"{ledger_part(article)}.xhtml")
        for article in claims.ARTICLES
    ]


def contents(book: Book) -> list[Entry]:
    """Parts, pages and sections; a page outside parts stands beside them."""
    top: list[Entry] = []
    listed, part = top, ""
    for page in book.pages:
        if page.part != part:
            part = page.part
            top.append(Entry(part, ""))
            listed = top[-1].below
        below = [
            Entry(title, f"{page.name}.xhtml#{place}") for place, title in page.sections
        ]
        below += ledger_list() if page.name == LEDGER else []
        listed.append(Entry(page.title, f"{page.name}.xhtml", below))
    return top


def list_html(entries: list[Entry]) -> str:
    rows = "".join(
        "<li>"
        + (f'<a href="{entry.address}">' if entry.address else "<span>")
        + html.escape(entry.title)
        + ("</a>" if entry.address else "</span>")
        + (list_html(entry.below) if entry.below else "")
        + "</li>"
        for entry in entries
    )
    return f"<ol>{rows}</ol>"


def navigation(book: Book) -> Item:
    title, first = html.escape(book.contents), book.pages[0].name
    body = (
        f'<nav epub:type="toc" id="toc"><h1>{title}</h1>'
        f"{list_html(contents(book))}</nav>"
        '<nav epub:type="landmarks" hidden="hidden"><ol>'
        f'<li><a epub:type="toc" href="#toc">{title}</a></li>'
        f'<li><a epub:type="bodymatter" href="{first}.xhtml">'
        f"{html.escape(book.title)}</a></li></ol></nav>"
    )
    return Item("nav.xhtml", xhtml(book, book.contents, body), "nav")


def old_navigation(book: Book) -> Item:
    """The contents as EPUB 2 has them, for readers that know no other."""
    numbers = count(1)
    order: dict[str, int] = {}  # a part begins where its first page does

    def points(entries: list[Entry]) -> str:
        return "".join(map(point, entries))

    def point(entry: Entry) -> str:
        address = entry.address or entry.below[0].address
        place = order.setdefault(address, len(order) + 1)
        return (
            f'<navPoint id="p{next(numbers)}" playOrder="{place}"><navLabel>'
            f"<text>{html.escape(entry.title)}</text></navLabel>"
            f'<content src="{address}"/>{points(entry.below)}</navPoint>\n'
        )

    text = (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<ncx xmlns="http://www.daisy.org/z3986/2005/ncx/" version="2005-1">\n<head>'
        f'<meta name="dtb:uid" content="{identity(book)}"/></head>\n'
        f"<docTitle><text>{html.escape(book.title)}</text></docTitle>\n"
        f"<navMap>{points(contents(book))}</navMap>\n</ncx>\n"
    )
    return Item("toc.ncx", text.encode())


def title_page(book: Book) -> Item:
    body = (
        f'<section class="title-page"><h1>{html.escape(book.title)}</h1>'
        f"<p>{html.escape(book.pages[0].description)}</p>"
        f"<p>{html.escape(book.author)}, {edition_date():%Y}</p>"
        f"{book.licence}</section>"
    )
    return Item("title.xhtml", xhtml(book, book.title, body, "titlepage"))


def cover_page(book: Book) -> Item:
    alt = html.escape(book.title)
    body = f'<p class="cover"><img src="cover.png" alt="{alt}"/></p>'
    return Item("cover.xhtml", xhtml(book, book.title, body, "cover"))


def cover(book: Book) -> Item:
    """The title above the first chart of the book: one picture of that day."""
    first = book.pages[0]
    place = first.main.select_one(".chart-wide svg")
    chart = first.drawings[int(place["data-drawing"])]
    _, _, width, height = map(float, re.search(r'viewBox="([^"]+)"', chart)[1].split())
    text, lines = html.escape, wrap(book.title, 16)
    title = "".join(
        f'<text x="100" y="{310 + 128 * row}" font-size="116">{text(line)}</text>'
        for row, line in enumerate(lines)
    )
    top = 300 + 128 * len(lines)
    scale = min((COVER_WIDTH - 200) / width, (COVER_HEIGHT - 160 - top) / height)
    svg = (
        f'<svg xmlns="{SVG}" width="{COVER_WIDTH}" height="{COVER_HEIGHT}">'
        f'<rect width="100%" height="100%" fill="{LIGHT["paper"]}"/>'
        f'<g color="{LIGHT["subject"]}" transform="translate(97,80) scale(3.4)">'
        f"{inner(book.mark)}</g>"
        f'<g font-family="{COVER_FACE}"><g font-weight="700" fill="{LIGHT["ink"]}">'
        f"{title}</g>"
        f'<g transform="translate(100,{top}) '
        f'scale({scale:.3f})">{inner(real_colours(chart))}</g>'
        f'<text x="100" y="{COVER_HEIGHT - 60}" font-size="34" fill="{LIGHT["soft"]}">'
        f"{text(book.author)}</text></g></svg>"
    )
    return Item("cover.png", vl_convert.svg_to_png(svg), "cover-image")


def inner(svg: str) -> str:
    """What stands in a drawing, without its frame."""
    return re.sub(r"^<svg [^>]*>|</svg>$", "", svg)


def wrap(text: str, width: int) -> list[str]:
    """Lines of about ``width`` letters."""
    lines = [""]
    for word in text.split():
        if lines[-1] and len(lines[-1]) + len(word) >= width:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    return lines


def identity(book: Book) -> str:
    """The publication's lasting name."""
    address = book.address or f"{FILE_NAME}/{book.language}"
    return f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, address)}"


def package(book: Book, items: list[Item]) -> bytes:
    """The list of all files with what a library needs to know of the book."""
    text = partial(html.escape, quote=True)
    date = edition_date()
    manifest = "".join(
        f'<item id="{item.id}" href="{text(item.path)}" '
        f'media-type="{TYPES[Path(item.path).suffix]}"'
        + (f' properties="{kind}"' if (kind := properties(item)) else "")
        + "/>\n"
        for item in items
    )
    spine = "".join(
        f'<itemref idref="{item.id}"/>\n'
        for item in items
        if item.path.endswith(".xhtml")
    )
    toc = next(item.id for item in items if item.path.endswith(".ncx"))
    cover = next(item.id for item in items if item.kind == "cover-image")
    access = "".join(
        f'<meta property="schema:{name}">{value}</meta>\n'
        for name, value in (
            ("accessMode", "textual"),
            ("accessMode", "visual"),
            ("accessModeSufficient", "textual"),
            ("accessibilityFeature", "alternativeText"),
            ("accessibilityFeature", "structuralNavigation"),
            ("accessibilityFeature", "tableOfContents"),
            ("accessibilityFeature", "readingOrder"),
            ("accessibilityHazard", "none"),
        )
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<package xmlns="http://www.idpf.org/2007/opf" version="3.0" '
        f'unique-identifier="id" xml:lang="{book.language}">\n'
        '<metadata xmlns:dc="http://purl.org/dc/elements/1.1/">\n'
        f'<dc:identifier id="id">{identity(book)}</dc:identifier>\n'
        f"<dc:title>{text(book.title)}</dc:title>\n"
        f"<dc:language>{book.language}</dc:language>\n"
        f"<dc:creator>{text(book.author)}</dc:creator>\n"
        f"<dc:description>{text(book.pages[0].description)}</dc:description>\n"
        f"<dc:rights>{text(words(book.licence))}</dc:rights>\n"
        f"<dc:date>{date:%Y-%m-%d}</dc:date>\n"
        f'<meta property="dcterms:modified">{date:%Y-%m-%dT%H:%M:%SZ}</meta>\n'
        f'<meta name="cover" content="{cover}"/>\n'
        f"{access}</metadata>\n<manifest>\n{manifest}</manifest>\n"
        f'<spine toc="{toc}">\n{spine}</spine>\n</package>\n'
    ).encode()


def properties(item: Item) -> str:
    """What the manifest has to say of a file before it is opened."""
    kinds = [item.kind] if item.kind else []
    if item.path.endswith(".xhtml"):
        kinds += ["svg"] * (b"<svg" in item.content)
        kinds += ["mathml"] * (b"<math" in item.content)
    return " ".join(kinds)


def write(path: Path, items: list[Item], opf: bytes) -> None:
    """A zip without clocks: the same files give the same bytes."""
    files = [("META-INF/container.xml", CONTAINER.encode()), ("book/package.opf", opf)]
    files += [(f"book/{item.path}", item.content) for item in items]
    path.parent.mkdir(parents=True, exist_ok=True)
    with ZipFile(path, "w") as pack:
        # Readers recognise an EPUB by its first, uncompressed file.
        first = ZipInfo("mimetype", FIRST_DAY)
        pack.writestr(first, "application/epub+zip", ZIP_STORED)
        for name, content in files:
            info = ZipInfo(name, FIRST_DAY)
            info.external_attr = 0o644 << 16
            pack.writestr(info, content, ZIP_DEFLATED, 9)


def make(folder: Path, edition: str) -> Path:
    book = bound(read(edition))
    pages, charts = [], []
    for page in book.pages:
        text, drawn = chapter(page, book)
        pages += text
        charts += drawn
    colours = {token: between(token) for token in LIGHT}
    style = real_colours(STYLE.read_text(encoding="utf-8"), colours).encode()
    items = [
        cover_page(book),
        title_page(book),
        navigation(book),
        old_navigation(book),
        *pages,
        cover(book),
        Item("style.css", style),
        Item(FONT.name, FONT.read_bytes()),
        *charts,
    ]
    path = folder / f"{FILE_NAME}.epub"
    write(path, items, package(book, items))
    return path


def main() -> int:
    started = time.perf_counter()
    edition, folder = asked("The book as EPUB 3", "epub")
    try:
        path = make(folder, edition)
    except NoSite as error:
        print(f"No EPUB was made: {error}", file=sys.stderr)
        return 1
    taken = time.perf_counter() - started
    size = path.stat().st_size / 1e3
    print(f"Done in {taken:.0f} s. The book has {size:,.0f} kB and is at\n  {path}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
