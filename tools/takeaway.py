"""The built site as a book to take away: its pages, without what needs a screen.

``pdf.py`` and ``epub.py`` stand on this. Both read ``_build/site``, so that what people
take away is what the site says: same words, same numbers, same charts. Code, controls
and the tables behind charts stay there; folded reasons and evidence come along, open.
"""

from __future__ import annotations

import argparse
import copy
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, time
from itertools import count
from pathlib import Path
from urllib.parse import urldefrag, urljoin

import yaml
from bs4 import BeautifulSoup, Tag

from explainer import ROOT

SITE = ROOT / "_build" / "site"
FILE_NAME = "the-deepseek-shock"
FRONT, LEDGER = "introduction", "ledger"  # pages

# What only a screen can use, or what stands on the site for those who run the book.
SCREEN_ONLY = ", ".join(
    [
        "script",
        "template",
        "form",
        "button",
        ".folded",
        ".chart-controls",
        ".chart-data",
        ".chart-readout",
        ".ledger-files",
        ".quiz-answers",
        ".quiz-score",
        ".screen",
        ".toctree-wrapper",
    ]
)
UNTOLD = ' aria-hidden="true" focusable="false"'  # a drawing that the page describes
# Folds whose headings only say that there is something to open.
PLAIN_FOLDS = ".statements-fold, .statement > details, .ledger td > details"

# Gives a link its new address from a page's name and a place in it ("" is its start),
# or None where the book at hand does not hold the page.
Address = Callable[[str, str], str | None]


class NoSite(Exception):
    """There is nothing to take away; the message says what to do."""


@dataclass
class Page:
    """One page of the site; ``name`` is its permanent address."""

    name: str
    title: str
    part: str
    description: str
    main: Tag
    drawings: list[str]
    places: set[str] = field(default_factory=set)

    @property
    def sections(self) -> list[tuple[str, str]]:
        """Headings of the second level with their places."""
        return [
            (section["id"], words(section.h2))
            for section in self.main.select("section[id]:has(> h2)")
        ]


@dataclass
class Book:
    title: str
    short_title: str
    author: str
    language: str
    contents: str  # what a table of contents is called in the book's language
    licence: Tag
    mark: str  # the wordmark's drawing
    address: str  # where the site is published, or ""
    folder: Path
    pages: list[Page]


def words(tag: Tag | None) -> str:
    """The text of an element on one line."""
    return " ".join(tag.get_text().split()) if tag is not None else ""


def edition_date() -> datetime:
    """The day of the edition: also what a file states as its own, so that the same book
    has the same bytes."""
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    return datetime.combine(citation["date-released"], time(), UTC)


def asked(description: str, kind: str) -> tuple[str, Path]:
    """The edition that a command line names, and where its files go."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("edition", nargs="?", default="en", help="en unless named")
    edition = parser.parse_args().edition
    return edition, ROOT / "_build" / (kind if edition == "en" else f"{kind}-{edition}")


# --- reading ---------------------------------------------------------------------


def read(edition: str = "en") -> Book:
    """All pages of an edition in reading order, ready for paper."""
    folder = SITE / edition
    if not (folder / "index.html").exists():
        raise NoSite(f"there is no site in {folder}; run `make book` first")
    settings = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))
    front, front_drawings = parse(folder / "chapters" / f"{FRONT}.html")
    pages = []
    for name, title, part in listed(front):
        soup, drawings = parse(folder / "chapters" / f"{name}.html")
        about = soup.select_one('meta[name="description"]')["content"]
        page = Page(name, title, part, about, soup.main.extract(), drawings)
        strip(page)
        pages.append(page)
    refer_back(pages)
    mark = front.select_one(".bar-title svg")["data-drawing"]
    canonical = front.select_one('link[rel="canonical"]')
    return Book(
        title=words(front.main.h1),
        short_title=words(front.select_one(".bar-title span")),
        author=settings["author"],
        language=front.html["lang"],
        contents=front.select_one("#contents")["aria-label"],
        licence=front.select_one(".foot p"),
        mark=front_drawings[int(mark)],
        address=canonical["href"].rpartition("chapters/")[0] if canonical else "",
        folder=folder,
        pages=pages,
    )


def parse(path: Path) -> tuple[BeautifulSoup, list[str]]:
    """A page and its drawings. In the page an empty ``<svg data-drawing="0">`` stands
    for each: they are most of a page, and an HTML parser spoils their attributes' case.
    """
    text = path.read_text(encoding="utf-8")
    text = re.sub(r'<script type="application/json".*?</script>', "", text, flags=re.S)
    drawings = re.findall(r"<svg.*?</svg>", text, re.S)
    numbers = count()
    text = re.sub(
        r"<svg.*?</svg>",
        lambda _: f'<svg data-drawing="{next(numbers)}"></svg>',
        text,
        flags=re.S,
    )
    return BeautifulSoup(text, "html.parser"), drawings


def redraw(text: str, page: Page) -> str:
    """Put a page's drawings back into its markup.

    A drawing takes the words of its place, where that has some. They have to stand in
    the drawing itself: of all else Chromium makes no alternative text in a PDF.
    """

    def drawn(match: re.Match[str]) -> str:
        told, drawing = match[1], page.drawings[int(match[2])]
        return drawing.replace(UNTOLD, f' role="img"{told}') if told else drawing

    return re.sub(r'<svg([^>]*) data-drawing="(\d+)"></svg>', drawn, text)


def listed(front: BeautifulSoup) -> Iterable[tuple[str, str, str]]:
    """Name, title and part of each page, from the front page's table of contents."""
    part = ""
    for tag in front.select("#contents .part, #contents li a"):
        if tag.name == "p":
            part = words(tag)
            continue
        name = FRONT if tag["href"] == "#" else Path(tag["href"]).stem
        yield name, words(tag), part


# --- from a screen to paper ------------------------------------------------------


def strip(page: Page) -> None:
    """Take out what paper cannot use, and open what is folded."""
    main = page.main
    for tag in main.select(SCREEN_ONLY):
        tag.decompose()
    for paragraph in main.select("p"):
        if not words(paragraph) and not paragraph.find(True):
            paragraph.decompose()  # all of it was for a screen
    for cell in main.select(".cell"):
        if not words(cell) and not cell.find(["img", "svg"]):
            cell.decompose()
    for chart in main.select(".chart-view"):
        # What a reader who cannot see the chart is told stands in the picture's name.
        description = chart.parent.select_one(".chart-description").extract()
        chart.attrs = {"class": "chart-view"}
        chart.select_one(".chart-wide svg")["aria-label"] = words(description)
    for quiz in main.select("ol.quiz"):
        answer_below(quiz)
    for fold in main.select(PLAIN_FOLDS):
        fold.summary.decompose()
    for fold in main.select("details"):
        fold.name = "div"
        for head in fold.find_all("summary", recursive=False):
            head.name, head["class"] = "p", "fold-head"
    for statement in main.select(".statement"):
        statement_to_ledger(statement)
    for value in main.select("a.value"):
        value.unwrap()
    gather_notes(main)
    page.places = {tag["id"] for tag in main.select("[id]")}


def answer_below(quiz: Tag) -> None:
    """Put the verdicts of a quiz behind its last question."""
    answers = BeautifulSoup(
        '<div class="quiz-verdicts"><p class="fold-head">Our verdicts</p><ol></ol>'
        "</div>",
        "html.parser",
    ).div
    for fold in quiz.select("details"):
        fold.summary.decompose()
        fold.name = "li"
        answers.ol.append(fold.extract())
    quiz.insert_after(answers)


def gather_notes(main: Tag) -> None:
    """Footnotes get a heading, and stand before a chapter's list of statements."""
    rule = main.select_one("hr.footnotes")
    if rule is None:
        return
    section = rule.find_parent("section")
    notes = BeautifulSoup(
        '<section class="notes"><h2>Notes</h2></section>', "html.parser"
    ).section
    notes.append(rule.find_next_sibling("aside").extract())
    rule.decompose()
    if section.select_one(".statements"):
        section.insert_before(notes)
    else:
        section.insert_after(notes)


def statement_to_ledger(statement: Tag) -> None:
    """A statement's id leads to its entry; the sentence that did so is not needed."""
    sentence = statement.select("a")[-1].parent
    link = sentence.a.extract()
    sentence.decompose()
    place = statement.select_one(".statement-id")
    link.string = words(place)
    place.clear()
    place.append(link)


def refer_back(pages: list[Page]) -> None:
    """From each entry of the ledger to the chapter that discusses the statement."""
    home = {
        statement["id"]: page.name
        for page in pages
        for statement in page.main.select(".statement")
    }
    for page in pages:
        for link in page.main.select(".ledger tbody th a"):
            place = link["href"].lstrip("#")
            if place in home:
                link["href"] = f"{home[place]}.html#{place}"


def bound(book: Book) -> Book:
    """The book as one document: its ledger has all that the chapters' lists say.

    A line stands for each list. A statement's mark leads to its entry in the ledger, and
    the entry to the first mark.
    """
    pages = [replace(page, main=copy.copy(page.main)) for page in book.pages]
    for page in pages:
        for fold in page.main.select(".statements-fold"):
            leave_to_ledger(fold, page)
    return replace(book, pages=pages)


def leave_to_ledger(fold: Tag, page: Page) -> None:
    listed = {statement["id"] for statement in fold.select(".statement")}
    line = (
        f"<p>All {len(listed)} stand, with verdicts, reasons and evidence, in "
        f'<a href="{LEDGER}.html">the ledger</a> towards the end of the book.</p>'
    )
    fold.replace_with(BeautifulSoup(line, "html.parser"))
    page.places = page.places - listed
    for link in page.main.select('a[href^="#"]'):
        place = link["href"].lstrip("#")
        if place not in listed:
            continue
        link["href"] = f"{LEDGER}.html#{place}"
        if place not in page.places:
            link["id"] = place
            page.places.add(place)


def readdress(page: Page, book: Book, address: Address) -> Tag:
    """A copy of a page's text whose links lead somewhere from where it will be.

    Links to other pages lead to the published site, where there is one, or become plain
    words: a file that is passed on has no neighbours.
    """
    main = copy.copy(page.main)
    if not book.address:
        for files in main.select("dl dd:has(a[download])"):
            files.parent.decompose()
    places = {other.name: other.places for other in book.pages}
    for link in main.select("a[href]"):
        target, place = urldefrag(link["href"])
        if re.match(r"[a-z]+:", target):
            continue
        name = target.removesuffix(".html") or page.name
        found = None
        if name in places and (target or place in places[name]):
            found = address(name, place if place in places[name] else "")
        if found is None and target and book.address:
            found = urljoin(book.address, f"chapters/{link['href']}")
        link.attrs.pop("download", None)
        if found is not None:
            link["href"] = found
        elif "claim" in link.get("class", []):
            del link["href"]  # the style sheet draws the mark from what is left
        else:
            link.unwrap()
    return main
