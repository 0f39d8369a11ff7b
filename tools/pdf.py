"""The book and each of its chapters as PDF. usage: make pdf

Prints the built site by its own print style in Chromium: A4, page numbers, bookmarks,
tags for screen readers, working links. The same site gives the same bytes.
"""

from __future__ import annotations

import html
import shutil
import sys
import time
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import chromium
from bs4 import BeautifulSoup, Tag
from playwright.sync_api import Browser, Error
from pypdf import PdfReader, PdfWriter
from pypdf.generic import DictionaryObject, NameObject, TextStringObject
from takeaway import (
    FILE_NAME,
    FRONT,
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
from explainer.site.pages import style_sheet
from explainer.values import format_value, make_value

STYLE = Path(__file__).with_suffix(".css")
MANY = 100  # pages
# Charts that miss the page before by little are drawn a little smaller, so that it does
# not stay half blank. Columns break as pages do and can be asked; theirs is the size that
# the style sheet's @page leaves of A4.
FIT = """() => {
  const sheet = new CSSStyleSheet()
  sheet.replaceSync(`.chapter { width: 162mm; height: 253mm; column-fill: auto;
    columns: 1; column-gap: 0 }`)
  document.adoptedStyleSheets = [sheet]
  const left = (element) => Math.round(element.getBoundingClientRect().left)
  for (const svg of document.querySelectorAll(".chart-wide svg")) {
    const place = left(svg.closest(".chart"))
    if (place === left(svg.closest(".chapter"))) continue
    const height = svg.getBoundingClientRect().height
    for (const share of [0.85, 0.9, 0.95]) {
      const before = svg.style.maxHeight
      svg.style.maxHeight = `${share * height}px`
      if (left(svg.closest(".chart")) < place) continue
      svg.style.maxHeight = before
      break
    }
  }
  document.adoptedStyleSheets = []
}"""


class NoPdf(Exception):
    """A PDF that cannot be made or is not as it should be."""


# --- one document ----------------------------------------------------------------


def place_in(pages: list[Page], name: str, place: str) -> str | None:
    """Ids are a page's own; in one document they take its name in front."""
    if all(page.name != name for page in pages):
        return None
    return f"#{name}--{place}" if place else f"#{name}"


def chapter_html(page: Page, pages: list[Page], book: Book) -> str:
    main = readdress(page, book, partial(place_in, pages))
    for tag in main.select("[id]"):
        tag["id"] = f"{page.name}--{tag['id']}"
    if page.part and len(pages) > 1:
        part = Tag(name="p", attrs={"class": "chapter-part"})
        part.string = page.part
        main.h1.insert_before(part)
    if len(pages) == 1:
        main.insert(0, fragment(opening_html(page, book)))
        main.append(fragment(closing_html(page, book)))
    main.name = "article"
    main.attrs = {"id": page.name, "class": "chapter"}
    return redraw(str(main), page)


def fragment(text: str) -> BeautifulSoup:
    return BeautifulSoup(text, "html.parser")


def footers(pages: list[Page], book: Book) -> str:
    """Each chapter's title at the foot of its pages (CSS strings are not there yet)."""
    rules = []
    for index, page in enumerate(pages):
        foot = page.title if len(pages) > 1 else f"{book.short_title} · {page.title}"
        quoted = foot.replace("\\", "\\\\").replace('"', '\\"')
        rules.append(
            f'@page chapter-{index} {{ @bottom-left {{ content: "{quoted}" }} }} '
            f"[id='{page.name}'] {{ page: chapter-{index} }}"
        )
    return "\n".join(rules)


def edition(book: Book) -> str:
    """The day of the edition, in its language."""
    day = make_value(f"{edition_date():%Y-%m-%d}", "date")
    return html.escape(format_value(day, book.language))


def front_html(book: Book, numbers: dict[str, int]) -> str:
    """Title page and contents; ``numbers`` has the page of each place."""
    text = html.escape
    rows, part = [], ""
    for page in book.pages:
        if page.part != part:
            part = page.part
            rows.append(f'<p class="list-part">{text(part)}</p>')
        rows.append(list_row("list-page", page.name, page.title, numbers))
        for place, title in page.sections:
            place = f"{page.name}--{place}"
            rows.append(list_row("list-section", place, title, numbers))
    return (
        f'<section class="cover">{book.mark}'
        f'<h1 class="cover-title">{text(book.title)}</h1>'
        f'<p class="cover-words">{text(book.pages[0].description)}</p>'
        f'<p class="cover-author">{text(book.author)}</p>'
        f'<div class="cover-licence">{book.licence}</div></section>'
        f'<nav class="list"><h1>{text(book.contents)}</h1>'
        f'<div class="list-rows">{"".join(rows)}</div></nav>'
    )


def opening_html(page: Page, book: Book) -> str:
    """Whose a chapter is that goes about on its own."""
    if page.name == FRONT:  # its title says it
        return ""
    key = " What its coloured marks mean stands at the end." if marked(page) else ""
    return (
        f'<p class="chapter-part">From <cite>{html.escape(book.title)}</cite>, '
        f"{html.escape(book.author)}, {edition(book)}.{key}</p>"
    )


def closing_html(page: Page, book: Book) -> str:
    """What the marks of a chapter say, its edition and its licence."""
    key = ""
    if marked(page):
        key = '<p class="fold-head">What the marks mean</p>' + "".join(
            f'<p><span class="verdict verdict-{word}">{label["en"]}</span> '
            f"{html.escape(label['meaning_en'])}</p>"
            for word, label in claims.LABELS.items()
        )
        key += (
            "<p>A number after the word names a statement and its text: N for the news "
            "report, E for the explainer, S for the explainer’s short version.</p>"
        )
    licence = f"{html.escape(book.author)}. {book.licence.decode_contents()}"
    return f'<aside class="colophon">{key}<p>{licence}</p></aside>'


def marked(page: Page) -> bool:
    """Whether a chapter has verdicts; the first one explains them itself."""
    return page.name != FRONT and page.main.select_one(".claim, .verdict") is not None


def list_row(kind: str, place: str, title: str, numbers: dict[str, int]) -> str:
    return (
        f'<p class="{kind}"><a href="#{place}"><span>{html.escape(title)}</span> '
        f"<span>{numbers.get(place, 0) or ''}</span></a></p>"
    )


def document(book: Book, pages: list[Page], front: str = "") -> str:
    title = book.title if len(pages) > 1 else f"{pages[0].title} – {book.title}"
    style = style_sheet() + STYLE.read_text(encoding="utf-8") + footers(pages, book)
    text = "".join(chapter_html(page, pages, book) for page in pages)
    kind = "several" if len(pages) > 1 else "single"
    return (
        f'<!DOCTYPE html><html lang="{book.language}"><head><meta charset="utf-8">'
        f"<title>{html.escape(title)}</title>"
        f'<style>{style}</style></head><body class="{kind}"><main>{front}{text}'
        "</main></body></html>"
    )


# --- printing --------------------------------------------------------------------


def print_html(browser: Browser, text: str, out: Path) -> None:
    """Write ``text`` beside nothing, print it, and see that nothing failed to load."""
    with TemporaryDirectory() as folder:
        source = Path(folder, "book.html")
        source.write_text(text, encoding="utf-8")
        page = browser.new_page()
        missing: list[str] = []
        page.on("requestfailed", lambda request: missing.append(request.url))
        page.emulate_media(media="print")
        page.goto(source.as_uri())
        page.evaluate("document.fonts.load('600 20px Newsreader')")
        page.evaluate(FIT)
        page.pdf(path=out, outline=True, tagged=True, prefer_css_page_size=True)
        page.close()
    if missing:
        raise NoPdf(f"{out.name}: {missing[0]} did not load")


def page_numbers(path: Path) -> dict[str, int]:
    """On which page each place that a link leads to has come to stand."""
    reader = PdfReader(path)
    return {
        name.lstrip("/"): reader.get_destination_page_number(place) + 1
        for name, place in reader.named_destinations.items()
    }


def mend_bookmarks(entry: DictionaryObject, titles: dict[str, str]) -> None:
    """Bookmarks as the contents have them, by the letters of their headings.

    Chromium leaves out the space where a heading breaks into a second line.
    """
    child = entry.get("/First")
    while child is not None:
        child = child.get_object()
        title = titles.get("".join(child["/Title"].split()))
        if title:
            child[NameObject("/Title")] = TextStringObject(title)
        mend_bookmarks(child, titles)
        child = child.get("/Next")


def finish(path: Path, book: Book, pages: list[Page], subject: str) -> int:
    """Say whose the document is, and when: not the clock's time, but the book's."""
    writer = PdfWriter(clone_from=path)
    titles = {
        "".join(words(heading).split()): words(heading)
        for page in pages
        for heading in page.main.select("h2, h3, h4")
    }
    titles |= {"".join(words(page.main.h1).split()): page.title for page in pages}
    mend_bookmarks(writer.root_object["/Outlines"], titles)
    if len(pages) > 1:
        cover = writer.root_object["/Outlines"]["/First"]
        cover[NameObject("/Title")] = TextStringObject("Cover")
    writer.pdf_header = "%PDF-1.7"  # pypdf's own is older than tags are
    written = edition_date().strftime("D:%Y%m%d%H%M%S+00'00'")
    writer.add_metadata(
        {
            "/Author": book.author,
            "/Subject": subject,
            "/Creator": book.short_title,
            "/CreationDate": written,
            "/ModDate": written,
        }
    )
    if len(writer.pages) > MANY:
        writer.page_mode = "/UseOutlines"  # open with the bookmarks beside the page
    writer.write(path)
    return len(writer.pages)


def print_chapter(browser: Browser, book: Book, page: Page, out: Path) -> int:
    print_html(browser, document(book, [page]), out)
    return finish(out, book, [page], page.description)


def print_book(
    browser: Browser, book: Book, out: Path, numbers: dict[str, int] | None = None
) -> int:
    """The whole book; printed again until its contents list has the right pages.

    ``numbers`` is where they are thought to be, from an earlier print.
    """
    book, numbers = bound(book), numbers or {}
    for _ in range(3):
        print_html(browser, document(book, book.pages, front_html(book, numbers)), out)
        found = page_numbers(out)
        if found == numbers:
            return finish(out, book, book.pages, book.pages[0].description)
        numbers = found
    raise NoPdf(f"{out.name}: the pages of its contents list do not come to rest")


def make(folder: Path, edition: str, browser: Browser) -> None:
    """All PDFs of an edition, with a line for each."""
    book = read(edition)
    folder.mkdir(parents=True, exist_ok=True)

    def say(out: Path, count: int) -> None:
        size = out.stat().st_size / 1e3
        print(f"  {out.name}: {count} pages, {size:,.0f} kB", flush=True)

    for page in book.pages:
        out = folder / f"{page.name}.pdf"
        say(out, print_chapter(browser, book, page, out))
    out = folder / f"{FILE_NAME}.pdf"
    say(out, print_book(browser, book, out))


def main() -> int:
    started = time.perf_counter()
    edition, folder = asked("The book and each of its chapters as PDF", "pdf")
    new = folder.with_name(f"{folder.name}.new")
    shutil.rmtree(new, ignore_errors=True)
    try:
        program = chromium.path()
        if program is None:
            raise NoPdf("there is no Chromium on this machine, which prints the pages")
        with chromium.launched(program) as browser:
            make(new, edition, browser)
    except (NoPdf, NoSite, Error) as error:
        print(f"No PDF was made: {error}", file=sys.stderr)
        return 1
    # All or nothing: a run that fails leaves the last files where they were.
    shutil.rmtree(folder, ignore_errors=True)
    new.rename(folder)
    print(f"Done in {time.perf_counter() - started:.0f} s. They are in\n  {folder}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
