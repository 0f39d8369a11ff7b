"""What pages tell search engines and messengers, and the files at the site's root."""

from __future__ import annotations

import re
import struct
from collections import Counter
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import urlsplit
from xml.etree import ElementTree

import jinja2
import pytest
from test_pages import Page, read

from explainer import build
from explainer.site import cards, head, root

ADDRESS = "https://example.org/book/"
THEME = Path(head.__file__).with_name("theme")


@pytest.fixture(scope="module")
def everything(site) -> list[Page]:
    """Every HTML file of the site, those that only lead elsewhere included."""
    return [read(path) for path in sorted(site.rglob("*.html"))]


@pytest.fixture(scope="module")
def pages(everything) -> list[Page]:
    """The pages of the editions: what leads elsewhere and 404.html left out."""
    found = [page for page in everything if told(page)]
    return [page for page in found if not page.all("meta", http_equiv="refresh")]


def told(page: Page) -> dict[str, str]:
    """The ``og:`` properties of a page."""
    return {
        meta["property"]: meta["content"]
        for meta in page.all("meta")
        if meta.get("property", "").startswith("og:")
    }


# --- descriptions ----------------------------------------------------------------


def test_every_page_describes_itself_in_one_or_two_sentences(everything):
    for page in everything:
        (description,) = page.meta("description")
        if page.only("html")["lang"] == "en":
            assert len(description) in head.LENGTH, f"{page.path}: {description!r}"


def test_no_two_pages_of_an_edition_describe_themselves_alike(pages):
    found = Counter(
        (page.only("html")["lang"], page.meta("description")[0]) for page in pages
    )
    assert [text for text, count in found.items() if count > 1] == []


@pytest.mark.parametrize(
    ("text", "short"),
    [
        ("A text that fits.", "A text that fits."),
        ("A" * 60 + ". " + "B" * 200, "A" * 60 + "."),
        ("word " * 50, "word " * 30 + "word…"),
        ("字" * 200, "字" * 159 + "…"),
    ],
)
def test_a_long_description_ends_after_a_sentence_or_a_word(text, short):
    assert head.shorten(text) == short
    assert len(short) < head.LENGTH.stop


def test_every_page_says_the_same_to_messengers(pages):
    for page in pages:
        properties = told(page)
        assert properties["og:description"] == page.meta("description")[0], page.path
        assert page.words["title"][0].startswith(properties["og:title"]), page.path
        assert properties["og:type"] in ("website", "article")
        assert properties["og:locale"][:2] == page.only("html")["lang"][:2]
        assert properties["og:site_name"]
        assert page.meta("twitter:card") in (["summary"], ["summary_large_image"])


def test_browsers_get_colours_for_both_schemes_and_an_icon(pages):
    for page in pages:
        schemes = [meta["media"] for meta in page.all("meta", name="theme-color")]
        assert len(schemes) == 2 and len(set(schemes)) == 2, page.path
        icon = page.path.parent / page.only("link", rel="apple-touch-icon")["href"]
        assert size(icon) == (180, 180), page.path


# --- cards -----------------------------------------------------------------------


def size(picture: Path) -> tuple[int, int]:
    """Width and height of a PNG."""
    start = picture.read_bytes()[:24]
    assert start[:8] == b"\x89PNG\r\n\x1a\n", picture
    return struct.unpack(">II", start[16:])


@pytest.mark.parametrize("edition", build.EDITIONS)
def test_every_page_has_a_card(site, edition):
    folder = site / edition / cards.FILES
    names = {f"{page.stem}.png" for page in build.chapters()}
    assert {file.name for file in folder.iterdir()} == names
    for name in names:
        assert size(folder / name) == cards.SIZE
        assert (folder / name).stat().st_size <= 60_000, name


def test_no_page_loads_its_card(everything):
    for page in everything:
        loaded = [one for one in page.loaded() if f"/{cards.FILES}/" in one]
        assert loaded == [], page.path


@pytest.mark.parametrize(
    "title",
    [
        "Short",
        "The explainer's price of a run at OpenAI matches the price of a whole cluster",
        "輝達在一天之內失去五千九百三十億美元的市值，是史上最大的單日損失。",
    ],
)
def test_the_title_of_a_card_fits_its_room(title):
    letter_size, lines = cards.set_title(title, 388, 320)
    assert all(cards.width(line, letter_size) <= 388 for line in lines)
    assert len(lines) * letter_size * cards.LINE <= 320
    assert "".join(lines).replace(" ", "") == title.replace(" ", "")
    assert not [line for line in lines if line[0] in "，。、；：！？"]


def test_a_card_is_the_same_at_every_drawing():
    svg = cards.draw("A finding", "A page", "The book", "en", None)
    assert ElementTree.fromstring(svg).get("width") == "1200"
    assert cards.vl_convert.svg_to_png(svg) == cards.vl_convert.svg_to_png(svg)


# --- addresses -------------------------------------------------------------------


def test_without_a_public_address_no_page_claims_one(everything, site):
    if head.site_address():
        pytest.skip("this site was built for a public address")
    for page in everything:
        assert not {"og:url", "og:image"} & told(page).keys(), page.path
        for link in page.all("link", rel="canonical"):
            assert not urlsplit(link["href"]).netloc, page.path
    assert not (site / "sitemap.xml").exists()
    assert not (site / "robots.txt").exists()


@pytest.mark.parametrize("given", [ADDRESS, ADDRESS.rstrip("/")])
def test_a_publishing_job_names_the_public_address(monkeypatch, given):
    monkeypatch.setenv("BOOK_ADDRESS", given)
    assert head.site_address("https://elsewhere.example/") == ADDRESS


@pytest.mark.parametrize("wrong", ["example.org", "ftp://example.org/", "/book/"])
def test_an_address_that_is_none_is_refused(monkeypatch, wrong):
    monkeypatch.setenv("BOOK_ADDRESS", wrong)
    with pytest.raises(ValueError, match=re.escape(repr(wrong))):
        head.site_address()


def test_an_edition_lies_in_its_folder_below_the_address(monkeypatch):
    config = SimpleNamespace(html_baseurl=ADDRESS)
    monkeypatch.delenv("BOOK_ADDRESS", raising=False)
    monkeypatch.setenv("BOOK_EDITION", "zh-tw")
    head.set_address(None, config)
    assert config.html_baseurl == f"{ADDRESS}zh-tw/"


@pytest.fixture
def written_head(tmp_path):
    """``head.html`` for one page of a book at some address, as Sphinx would fill it."""

    def written(base: str) -> Page:
        environment = jinja2.Environment(loader=jinja2.FileSystemLoader(THEME))
        facts = {
            "front": False,
            "locale": "en_US",
            "paper": ("#fff", "#000"),
            "address": f"{base}chapters/a.html" if base else "",
            "card": f"{base}cards/a.png" if base else "",
            "card_size": cards.SIZE,
            "card_text": "A picture",
        }
        file = tmp_path / "a.html"
        file.write_text(
            environment.get_template("head.html").render(
                head=facts,
                title="Profit &amp; loss",
                docstitle="The book",
                shorttitle="Book",
                description='What "it" is about',
                pathto=lambda name, _: name,
            )
        )
        return Page(file)

    return written


def test_with_a_public_address_a_page_names_itself_and_its_card(written_head):
    page = written_head(ADDRESS)
    properties = told(page)
    assert page.only("link", rel="canonical")["href"] == f"{ADDRESS}chapters/a.html"
    assert properties["og:url"] == f"{ADDRESS}chapters/a.html"
    assert properties["og:image"] == f"{ADDRESS}cards/a.png"
    assert properties["og:image:width"] == "1200"
    assert properties["og:title"] == "Profit & loss"
    assert page.meta("description") == ['What "it" is about']
    assert page.meta("twitter:card") == ["summary_large_image"]


def test_without_a_public_address_a_page_names_neither(written_head):
    page = written_head("")
    assert not page.all("link", rel="canonical")
    assert not {"og:url", "og:image"} & told(page).keys()
    assert page.meta("twitter:card") == ["summary"]


# --- the root --------------------------------------------------------------------


@pytest.fixture
def published(site, tmp_path):
    """The root's files for a book with a public address, around a copy of its front."""
    front = f"en/{build.chapters()[0].relative_to(build.ROOT).with_suffix('.html')}"
    (tmp_path / front).parent.mkdir(parents=True)
    shown = (site / front).read_text(encoding="utf-8")
    own = f'<meta property="og:url" content="{ADDRESS}{front}">'
    (tmp_path / front).write_text(shown.replace("</head>", f"{own}</head>"))
    listed = ["chapters/introduction.html", "chapters/b.html"]
    root.write(tmp_path, ["en"], listed, ADDRESS)
    return tmp_path


def test_search_engines_get_every_page_by_its_address(published):
    listing = ElementTree.parse(published / "sitemap.xml").getroot()
    assert [entry[0].text for entry in listing] == [
        f"{ADDRESS}en/chapters/introduction.html",
        f"{ADDRESS}en/chapters/b.html",
    ]
    robots = (published / "robots.txt").read_text()
    assert f"Sitemap: {ADDRESS}sitemap.xml" in robots


def test_the_root_says_what_the_front_page_says(published):
    page = read(published / "index.html")
    front = read(published / "en/chapters/introduction.html")
    assert page.meta("description") == front.meta("description")
    assert told(page) == told(front)
    canonical = page.only("link", rel="canonical")["href"]
    assert canonical == f"{ADDRESS}en/chapters/introduction.html"


def test_a_lost_reader_finds_the_way_from_any_depth(published):
    page = read(published / "404.html")
    ways = [link["href"] for link in page.all("a")] + [page.only("form")["action"]]
    assert ways == ["#main-content", "/book/en/", "/book/en/search.html"]
    assert not page.all("base") and not page.all("script")


def test_the_page_for_lost_readers_needs_no_other_file(site):
    page = read(site / "404.html")
    assert [one for one in page.loaded() if not one.startswith("data:")] == []


@pytest.mark.browser
def test_the_page_for_lost_readers_keeps_its_own_policy(browser, server):
    page = browser.new_page()
    complaints = []
    page.on("console", lambda message: complaints.append(message.text))
    page.goto(f"{server}/404.html")
    assert page.evaluate("getComputedStyle(document.body).maxWidth") == "608px"
    assert complaints == []
    page.close()
