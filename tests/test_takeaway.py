"""The book to take away: a PDF of each chapter and of the whole, and an EPUB."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote, urldefrag
from xml.etree import ElementTree
from zipfile import ZIP_STORED, ZipFile

import epub
import pdf
import pytest
import takeaway
from pypdf import PageObject, PdfReader
from test_charts import luminance

from explainer import ROOT, claims
from explainer.build import chapters

pytestmark = pytest.mark.slow

NAMES = [page.stem for page in chapters()]
XHTML = "{http://www.w3.org/1999/xhtml}"
OPF = "{http://www.idpf.org/2007/opf}"
TITLE_SIZE = 24  # points, of a chapter's title: see web/src/print.css
FEWEST_WORDS = 15  # on a page of paper: less is a page that nobody meant
LARGEST_PAGE = 300_000  # bytes of a page that an e-reader opens without a wait
# What only makes sense beside a control. On paper there is none.
CONTROLS = re.compile(
    r"\b(tap it|sliders?|Try (it|other|your)|Pick an?|Move (the|it)|you choose|your mix"
    r"|Choose another|you can try|can be clicked|changed: none|yardstick below)\b"
)


@pytest.fixture(scope="module")
def book(site: Path) -> takeaway.Book:
    return takeaway.read()


@pytest.fixture(scope="module")
def folder(site: Path, browser, tmp_path_factory) -> Path:
    """All PDFs, printed once."""
    made = tmp_path_factory.mktemp("pdf")
    pdf.make(made, "en", browser)
    return made


@pytest.fixture(scope="module")
def whole(folder: Path) -> PdfReader:
    return PdfReader(folder / f"{takeaway.FILE_NAME}.pdf")


@pytest.fixture(scope="module")
def words_of_pages(whole: PdfReader) -> list[str]:
    return [page.extract_text() for page in whole.pages]


@pytest.fixture(scope="module")
def packed(site: Path, tmp_path_factory) -> ZipFile:
    return ZipFile(epub.make(tmp_path_factory.mktemp("epub"), "en"))


def titles(outline: list) -> list[str]:
    """All bookmarks, deepest last."""
    return [
        title
        for entry in outline
        for title in (titles(entry) if isinstance(entry, list) else [entry.title])
    ]


def links(reader: PdfReader) -> Iterator[object]:
    for page in reader.pages:
        for note in page.get("/Annots", []):
            note = note.get_object()
            if note["/Subtype"] == "/Link":
                yield note.get("/Dest") or note["/A"].get("/URI") or note["/A"]["/D"]


def fonts(reader: PdfReader) -> Iterator[dict]:
    for page in reader.pages:
        for font in page["/Resources"].get("/Font", {}).values():
            font = font.get_object()
            yield font.get("/DescendantFonts", [font])[0].get_object()


def alternative_texts(reader: PdfReader) -> set[str]:
    """What screen readers say instead of pictures."""
    found, left = set(), [reader.trailer["/Root"]["/StructTreeRoot"]]
    while left:
        node = left.pop().get_object()
        if isinstance(node, dict):
            found.add(str(node.get("/Alt", "")))
            below = node.get("/K", [])
            left += below if isinstance(below, list) else [below]
    return found


def largest_letters(page: PageObject) -> float:
    """In points, as they come out on paper."""
    sizes = []

    def see(_: str, place: list, text: list, font: object, size: float) -> None:
        sizes.append(size * abs(text[3] * place[3]))

    page.extract_text(visitor_text=see)
    return max(sizes)


def described(page: takeaway.Page) -> set[str]:
    """The descriptions of a page's charts."""
    return {chart["aria-label"] for chart in page.main.select(".chart-wide svg")}


# --- PDF -------------------------------------------------------------------------


def test_every_chapter_and_the_book_are_there(folder: Path) -> None:
    assert {path.stem for path in folder.iterdir()} == {*NAMES, takeaway.FILE_NAME}


def test_no_page_of_the_book_is_blank_and_each_has_its_number(
    folder: Path, words_of_pages: list[str], book: takeaway.Book
) -> None:
    numbers = pdf.page_numbers(folder / f"{takeaway.FILE_NAME}.pdf")
    for number, text in enumerate(words_of_pages, 1):
        assert len(text.split()) >= FEWEST_WORDS, f"page {number}: {text!r}"
        assert "Show the code" not in text
        if number >= numbers[book.pages[0].name]:  # title and contents have none
            assert text.startswith(str(number)), f"page {number}: {text!r}"


@pytest.mark.parametrize("name", NAMES)
def test_a_chapter_begins_with_its_title_and_ends_with_words(
    folder: Path, book: takeaway.Book, name: str
) -> None:
    pages = PdfReader(folder / f"{name}.pdf").pages
    title = next(page.title for page in book.pages if page.name == name)
    assert title in " ".join(pages[0].extract_text().split())
    assert len(pages[-1].extract_text().split()) >= FEWEST_WORDS


def test_no_page_was_shrunk(folder: Path, whole: PdfReader) -> None:
    """Chromium does that to all pages if anything is wider than the paper."""
    numbers = pdf.page_numbers(folder / f"{takeaway.FILE_NAME}.pdf")
    for name in NAMES:
        alone = PdfReader(folder / f"{name}.pdf").pages[0]
        for page in (alone, whole.pages[numbers[name] - 1]):
            assert largest_letters(page) == pytest.approx(TITLE_SIZE, abs=0.1), name


@pytest.mark.parametrize("name", [*NAMES, takeaway.FILE_NAME])
def test_letters_travel_with_the_file(folder: Path, name: str) -> None:
    for font in fonts(PdfReader(folder / f"{name}.pdf")):
        described = font.get("/FontDescriptor", {})
        inside = any(key.startswith("/FontFile") for key in described)
        assert inside or font["/Subtype"] == "/Type3", font


def test_bookmarks_name_every_page_and_section(whole, book: takeaway.Book) -> None:
    found = titles(whole.outline)
    assert found[0] == "Cover"
    for page in book.pages:
        assert page.title in found
        assert {title for _, title in page.sections} <= set(found)


def test_screen_readers_are_told_language_and_structure(whole: PdfReader) -> None:
    root = whole.trailer["/Root"]
    assert root["/Lang"] == "en"
    assert root["/MarkInfo"]["/Marked"]
    assert "/StructTreeRoot" in root


def test_every_chart_has_its_description(
    folder: Path, whole: PdfReader, book: takeaway.Book
) -> None:
    told = alternative_texts(whole)
    for page in book.pages:
        assert described(page) <= told, page.name
    toolbox = next(page for page in book.pages if page.name == "toolbox")
    assert described(toolbox)
    assert described(toolbox) <= alternative_texts(PdfReader(folder / "toolbox.pdf"))


def test_nothing_speaks_of_controls(words_of_pages: list[str], packed: ZipFile) -> None:
    texts = {f"page {page}": text for page, text in enumerate(words_of_pages, 1)}
    for name, root in documents(packed).items():
        texts[name] = " ".join(root.itertext())
    for place, text in texts.items():
        found = CONTROLS.search(" ".join(text.split()))
        assert found is None, f"{place}: {found[0]}"


def test_a_chapter_on_its_own_explains_its_marks(folder: Path, book) -> None:
    for page in book.pages:
        last = PdfReader(folder / f"{page.name}.pdf").pages[-2:]
        text = " ".join(" ".join(sheet.extract_text() for sheet in last).split())
        assert "Edition of" in text, page.name
        if page.main.select(".claim") and page.name != takeaway.FRONT:
            assert "Not a matter of fact" in text, page.name


def test_no_two_files_have_the_same_title(folder: Path) -> None:
    readers = [PdfReader(path) for path in folder.iterdir()]
    assert len({reader.metadata.title for reader in readers}) == len(readers)
    assert all(reader.pdf_header == "%PDF-1.7" for reader in readers)  # tags need it


def test_links_stay_in_the_file_or_lead_to_the_public(folder: Path) -> None:
    for path in folder.iterdir():
        reader = PdfReader(path)
        inside = set(reader.named_destinations)
        for target in links(reader):
            assert target in inside or re.match("https?://|mailto:", str(target)), (
                f"{path.name}: a link to {target}"
            )


def test_the_book_says_a_reason_once(words_of_pages: list[str]) -> None:
    """Its ledger has it, to which marks lead; chapters have lists on their own."""
    text = " ".join(" ".join(words_of_pages).split())
    for name in ("E008", "S004"):
        assert text.count(claims.entry(name).verdict.reason[:40]) == 1, name


def test_marks_and_the_ledger_lead_to_each_other_in_the_book(book) -> None:
    bound = takeaway.bound(book)
    *_, ledger = (page for page in bound.pages if page.name == takeaway.LEDGER)
    for page in bound.pages:
        assert not page.main.select(".statements-fold")
        for mark in page.main.select("a.claim"):
            name = mark["data-claim"]
            assert mark["href"] == f"ledger.html#{name}" and name in ledger.places
    marked = {f"{p.name}.html#{place}" for p in bound.pages for place in p.places}
    rows = [row["href"] for row in ledger.main.select(".ledger tbody th a")]
    assert sum(row in marked for row in rows) > len(rows) / 2
    assert any(page.main.select(".statements-fold") for page in book.pages)


def test_the_cover_has_one_date(words_of_pages: list[str], book) -> None:
    cover = " ".join(words_of_pages[0].split())
    assert re.findall(r"\d+ \w+ 20\d\d(?=;)", cover) == [pdf.edition(book)]
    assert cover.count(pdf.edition(book)) == 1


def test_contents_list_says_where_a_chapter_begins(
    folder: Path, words_of_pages: list[str], book: takeaway.Book
) -> None:
    numbers = pdf.page_numbers(folder / f"{takeaway.FILE_NAME}.pdf")
    listed = " ".join(words_of_pages[1].split())
    for page in book.pages:
        start = numbers[page.name]
        assert f"{page.title} {start}" in listed
        assert page.title in " ".join(words_of_pages[start - 1].split())


def test_a_second_print_has_the_same_bytes(
    folder: Path, book: takeaway.Book, browser, tmp_path: Path
) -> None:
    toolbox = next(page for page in book.pages if page.name == "toolbox")
    pdf.print_chapter(browser, book, toolbox, tmp_path / "toolbox.pdf")
    name = f"{takeaway.FILE_NAME}.pdf"
    pdf.print_book(browser, book, tmp_path / name, pdf.page_numbers(folder / name))
    for again in tmp_path.iterdir():
        assert again.read_bytes() == (folder / again.name).read_bytes(), again.name


# --- EPUB ------------------------------------------------------------------------


def documents(packed: ZipFile) -> dict[str, ElementTree.Element]:
    """All pages, parsed as XML: whatever is not well-formed fails here."""
    return {
        name: ElementTree.fromstring(packed.read(name))
        for name in packed.namelist()
        if name.endswith((".xhtml", ".svg", ".opf", ".xml"))
    }


def test_readers_recognise_the_epub(packed: ZipFile) -> None:
    first = packed.infolist()[0]
    assert (first.filename, first.compress_type) == ("mimetype", ZIP_STORED)
    assert packed.read("mimetype") == b"application/epub+zip"


def test_manifest_and_zip_hold_the_same_files(packed: ZipFile) -> None:
    listed = documents(packed)["book/package.opf"].iter(f"{OPF}item")
    assert sorted(f"book/{item.get('href')}" for item in listed) == sorted(
        name
        for name in packed.namelist()
        if name.startswith("book/") and name != "book/package.opf"
    )


def test_every_page_of_the_book_is_in_the_epub(packed: ZipFile) -> None:
    assert {f"book/{name}.xhtml" for name in NAMES} <= set(packed.namelist())


def test_links_of_the_epub_resolve(packed: ZipFile) -> None:
    pages = documents(packed)
    places = {
        name: {tag.get("id") for tag in root.iter()} - {None}
        for name, root in pages.items()
    }
    for name, root in pages.items():
        if not name.endswith(".xhtml"):
            continue
        ids = [tag.get("id") for tag in root.iter() if tag.get("id")]
        assert len(ids) == len(set(ids)), f"{name}: an id stands twice"
        for tag in root.iter():
            for target in filter(None, (tag.get("href"), tag.get("src"))):
                if tag.tag == f"{XHTML}a" and re.match("https?://|mailto:", target):
                    continue
                file, place = urldefrag(unquote(target))
                file = f"book/{file}" if file else name
                assert file in packed.namelist(), f"{name}: {target}"
                assert not place or place in places[file], f"{name}: {target}"


def test_the_epub_loads_nothing_and_runs_nothing(packed: ZipFile) -> None:
    for name, root in documents(packed).items():
        for tag in root.iter():
            kind = tag.tag.rpartition("}")[2]
            assert kind not in ("script", "form", "input", "button", "iframe"), name
            assert not any(key.startswith("on") for key in tag.attrib), name
    assert "http" not in packed.read("book/style.css").decode()


def test_charts_have_real_colours_and_words(packed: ZipFile) -> None:
    for name in packed.namelist():
        assert b"var(--" not in packed.read(name), name
    for name, root in documents(packed).items():
        if name.endswith(".xhtml"):
            assert all(image.get("alt") for image in root.iter(f"{XHTML}img")), name


def test_a_second_epub_has_the_same_bytes(packed: ZipFile, tmp_path: Path) -> None:
    again = epub.make(tmp_path, "en")
    assert again.read_bytes() == Path(packed.filename).read_bytes()


def test_a_verdict_has_its_sign(packed: ZipFile) -> None:
    """The site's style sheet adds it, which an e-reader does not have."""
    style = (ROOT / "web" / "src" / "ledger.css").read_text(encoding="utf-8")
    signs = {word: label["sign"] for word, label in claims.LABELS.items()}
    assert dict(re.findall(r'\.claim-(\w+), .*?--sign: "(.)"', style)) == signs
    for name, root in documents(packed).items():
        for tag in root.iter():
            if {"claim", "verdict"} & set(tag.get("class", "").split()):
                assert "".join(tag.itertext()).startswith(tuple(signs.values())), name


def test_words_of_the_epub_keep_the_colour_of_their_page(packed: ZipFile) -> None:
    """Nobody knows it: words have no colour, lines one for light and for dark."""
    style = packed.read("book/style.css").decode()
    assert set(re.findall(r"[{;\s]color: ([^;}]+)", style)) == {"inherit"}
    lines = set(re.findall(r"border-color: (#\w{6})", style))
    assert len(lines) == len(claims.LABELS)
    for line in lines:
        assert (luminance("#ffffff") + 0.05) / (luminance(line) + 0.05) >= 3, line
        assert (luminance(line) + 0.05) / (luminance("#1c1c1e") + 0.05) >= 3, line


def test_an_epub_of_old_has_its_contents_and_its_cover(packed: ZipFile) -> None:
    package = documents(packed)["book/package.opf"]
    files = {item.get("id"): item.get("href") for item in package.iter(f"{OPF}item")}
    assert files[next(package.iter(f"{OPF}spine")).get("toc")] == "toc.ncx"
    metas = {tag.get("name"): tag.get("content") for tag in package.iter(f"{OPF}meta")}
    assert files[metas["cover"]] == "cover.png"
    navigation = ElementTree.fromstring(packed.read("book/toc.ncx"))
    for place in navigation.iter("{http://www.daisy.org/z3986/2005/ncx/}content"):
        assert f"book/{urldefrag(place.get('src')).url}" in packed.namelist()


def test_no_page_of_the_epub_is_large(packed: ZipFile) -> None:
    for file in packed.infolist():
        if file.filename.endswith(".xhtml"):
            assert file.file_size < LARGEST_PAGE, file.filename
