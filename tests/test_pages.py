"""What holds for every built page, without a browser."""

from __future__ import annotations

import base64
import gzip
import hashlib
import re
from collections import Counter
from dataclasses import dataclass, field
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit
from zipfile import ZipFile

import pytest
from conftest import ROOT

from explainer.site import pages as theme
from explainer.site.typography import keep_together, mark_chinese

Attributes = dict[str, str]
# Script elements of these types are data: a browser never runs them.
DATA = ("application/json", "application/ld+json")
LAX = {"'unsafe-inline'", "'unsafe-eval'", "*", "http:", "https:"}
HEADINGS = {f"h{level}": level for level in range(1, 7)}
LOADING_RELATIONS = {"stylesheet", "icon", "preload", "modulepreload", "prefetch"}


@dataclass
class Page(HTMLParser):
    """A written page: its elements in order, and the words inside some of them."""

    path: Path
    elements: list[tuple[str, Attributes]] = field(default_factory=list)
    words: dict[str, list[str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        super().__init__()
        self._open: list[str] = []
        self.feed(self.path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))
        if tag in ("title", "script", "h1", "style"):
            self._open.append(tag)
            self.words.setdefault(tag, []).append("")

    def handle_endtag(self, tag: str) -> None:
        if self._open and self._open[-1] == tag:
            self._open.pop()

    def handle_data(self, data: str) -> None:
        for tag in self._open:
            self.words[tag][-1] += data

    def all(self, tag: str, **wanted: str) -> list[Attributes]:
        return [
            attributes
            for name, attributes in self.elements
            if name == tag
            and all(
                attributes.get(key.replace("_", "-")) == value
                for key, value in wanted.items()
            )
        ]

    def only(self, tag: str, **wanted: str) -> Attributes:
        found = self.all(tag, **wanted)
        assert len(found) == 1, f"{self.path} has {len(found)} of <{tag}> {wanted or ''}"
        return found[0]

    def meta(self, name: str) -> list[str]:
        return [attributes.get("content", "") for attributes in self.all("meta", name=name)]

    def loaded(self) -> list[str]:
        """The addresses that a browser fetches on its own."""
        links = [
            link["href"]
            for link in self.all("link")
            if LOADING_RELATIONS & set(link.get("rel", "").split())
        ]
        sources = [a["src"] for _, a in self.elements if "src" in a]
        sets = [
            part.split()[0]
            for _, a in self.elements
            for part in a.get("srcset", "").split(",")
            if part.strip()
        ]
        return links + sources + sets


@cache
def read(path: Path) -> Page:
    return Page(path)


@pytest.fixture(scope="module")
def everything(site: Path) -> list[Page]:
    """Every HTML file of the site, those that only lead elsewhere included."""
    return [read(path) for path in sorted(site.rglob("*.html"))]


@pytest.fixture(scope="module")
def pages(everything: list[Page]) -> list[Page]:
    """The pages with something to read."""
    found = [page for page in everything if not page.all("meta", http_equiv="refresh")]
    assert found
    return found


def failing(pages: list[Page], keeps_rule) -> list[str]:
    return [page.path.as_posix() for page in pages if not keeps_rule(page)]


# --- what may run and load -------------------------------------------------------


def test_every_page_starts_with_a_strict_policy(everything):
    for page in everything:
        where = page.path
        policy = page.only("meta", http_equiv="Content-Security-Policy")
        rules = {
            name: sources
            for name, *sources in map(str.split, policy["content"].split(";"))
        }
        assert rules["default-src"] == ["'none'"], where
        assert rules["base-uri"] == ["'none'"], where
        assert rules.get("connect-src", ["'self'"]) == ["'self'"], where
        for sources in rules.values():
            assert not LAX & set(sources), where
        tags = [tag for tag, _ in page.elements]
        first = min(tags.index(tag) for tag in ("script", "link") if tag in tags)
        assert ("meta", policy) in page.elements[:first], where


def source_hash(text: str) -> str:
    digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
    return f"'sha256-{digest}'"


def test_no_page_carries_a_handler_or_an_unnamed_script_or_style(everything):
    for page in everything:
        policy = page.only("meta", http_equiv="Content-Security-Policy")["content"]
        texts = page.words.get("script", [])
        for script, text in zip(page.all("script"), texts, strict=True):
            if "src" not in script and script.get("type") not in DATA:
                assert source_hash(text) in policy, page.path
                assert len(text) < 500, page.path
        for style in page.words.get("style", []):
            assert source_hash(style) in policy, page.path
        for tag, attributes in page.elements:
            own = [name for name in attributes if name == "style" or name.startswith("on")]
            assert not own, f"{page.path}: <{tag}> has {own}"


def test_no_page_loads_anything_from_elsewhere(everything):
    for page in everything:
        strangers = [
            address
            for address in page.loaded()
            if (urlsplit(address).scheme or urlsplit(address).netloc)
            and not address.startswith("data:")
        ]
        assert strangers == [], page.path


def test_every_file_that_a_page_loads_is_there(everything):
    for page in everything:
        for address in page.loaded():
            if not address.startswith("data:"):
                file = page.path.parent / unquote(urlsplit(address).path)
                assert file.resolve().is_file(), f"{page.path}: {address}"


def test_a_chapter_loads_one_small_script_and_its_icon(pages):
    for page in pages:
        if page.path.name not in ("search.html", "404.html"):
            names = {Path(urlsplit(address).path).name for address in page.loaded()}
            images = {name for name in names if name.endswith((".png", ".webp", ".jpg"))}
            assert names - images == {"book.js", "favicon.svg"}


def test_what_every_page_needs_weighs_under_twelve_kilobytes_and_a_font(pages):
    page = next(page for page in pages if page.path.parent.name == "chapters")
    needs = {
        address: (page.path.parent / urlsplit(address).path).resolve().read_bytes()
        for address in page.loaded()
    }
    font = theme.data_address(theme.FONT)
    needs["style sheet"] = "".join(page.words["style"]).replace(font, "").encode()
    sizes = {name: len(gzip.compress(content, 9)) for name, content in needs.items()}
    assert sum(sizes.values()) < 12_000, sizes
    assert theme.FONT.stat().st_size < 12_000


def first_visit_kb(page: Page) -> float:
    """What a browser fetches to show a page: text compressed, the rest as it is."""
    files = {
        (page.path.parent / unquote(urlsplit(address).path)).resolve()
        for address in page.loaded()
        if not address.startswith("data:")
    }
    texts = (".html", ".css", ".js", ".svg", ".json")
    return sum(
        len(gzip.compress(file.read_bytes(), 9))
        if file.suffix in texts
        else file.stat().st_size
        for file in {page.path, *files}
    ) / 1000


def test_no_page_is_heavier_than_its_budget(pages):
    for page in pages:
        weight = first_visit_kb(page)
        charts = [figure["data-live"] for figure in page.all("figure") if "data-live" in figure]
        budget = 250 if page.path.name == "ledger.html" else 130 if charts else 100
        assert weight <= budget, f"{page.path} weighs {weight:.0f} kB"
        later = [page.path.parent / address.partition("?")[0] for address in charts]
        for file in [ROOT / "web/dist/charts.js", *later] if charts else []:
            weight += len(gzip.compress(file.read_bytes(), 9)) / 1000
        assert weight <= 300, f"{page.path} weighs {weight:.0f} kB with its charts alive"


def test_no_page_has_more_elements_than_its_budget(pages):
    for page in pages:
        if page.path.name != "ledger.html":
            assert len(page.elements) <= 5000, f"{page.path}: {len(page.elements)}"


# --- what a reader and her tools are told ----------------------------------------


def test_every_page_names_its_language(everything, site):
    languages = {"en": "en", "zh-tw": "zh-TW", "zh-cn": "zh-CN"}
    for page in everything:
        edition = page.path.relative_to(site).parts[0]
        assert page.only("html")["lang"] == languages.get(edition, "en"), page.path


def test_every_page_has_a_title_of_its_own_and_the_books(pages):
    titles = Counter()
    for page in pages:
        title = page.words["title"][0]
        own, _, book = title.partition(" – ")
        front = page.path.name == "introduction.html"
        assert own.strip() and bool(book.strip()) != front, f"{page.path}: {title!r}"
        titles[page.path.parts[-3], title] += 1
    assert [title for title, count in titles.items() if count > 1] == []


def test_every_page_is_described_once(pages):
    for page in pages:
        descriptions = page.meta("description")
        assert len(descriptions) == 1 and descriptions[0].strip(), page.path


def test_every_page_fits_phones_and_both_colour_schemes(pages):
    assert failing(pages, lambda page: len(page.meta("viewport")) == 1) == []
    assert failing(pages, lambda page: page.meta("color-scheme") == ["light dark"]) == []


def test_every_page_has_one_main_heading_and_no_gap_below_it(pages):
    for page in pages:
        levels = [HEADINGS[tag] for tag, _ in page.elements if tag in HEADINGS]
        assert levels[0] == 1 and levels.count(1) == 1, f"{page.path}: {levels}"
        for above, below in zip(levels, levels[1:], strict=False):
            assert below <= above + 1, f"{page.path}: h{above} is followed by h{below}"


def test_the_first_link_skips_to_the_text(pages):
    for page in pages:
        first = page.all("a")[0]
        assert first["href"] == f"#{page.only('main')['id']}", page.path


def test_every_page_has_its_landmarks_and_navigation_is_named(pages):
    for page in pages:
        for landmark in ("header", "main", "footer"):
            page.only(landmark)
        names = [
            nav.get("aria-label") or nav.get("aria-labelledby") for nav in page.all("nav")
        ]
        assert all(names) and len(set(names)) == len(names), f"{page.path}: {names}"


def test_a_chapter_is_marked_in_the_contents(pages):
    for page in pages:
        marked = len(page.all("a", aria_current="page"))
        assert marked == (page.path.parent.name == "chapters"), page.path


def test_no_identifier_is_given_twice(pages):
    for page in pages:
        given = Counter(a["id"] for _, a in page.elements if "id" in a)
        assert [name for name, count in given.items() if count > 1] == [], page.path


def test_a_link_within_a_page_has_its_target(pages):
    for page in pages:
        known = {a["id"] for _, a in page.elements if "id" in a}
        for link in page.all("a"):
            target = link.get("href", "")
            if target.startswith("#") and target != "#":
                assert unquote(target[1:]) in known, f"{page.path}: {target}"


def test_a_picture_or_drawing_is_described_or_hidden(pages):
    for page in pages:
        for image in page.all("img"):
            assert image.get("alt"), f"{page.path}: {image.get('src')}"
        for drawing in page.all("svg"):
            assert drawing.get("aria-hidden") == "true" or drawing.get("role") == "img"


# --- the book's own source -------------------------------------------------------


def test_the_book_can_be_taken_home_and_run(site):
    name = Path(theme.SOURCE).stem
    with ZipFile(site / "en" / theme.SOURCE) as archive:
        held = {entry.filename: entry for entry in archive.infolist()}
        assert archive.read(f"{name}/Makefile") == (ROOT / "Makefile").read_bytes()
    assert held[f"{name}/tools/setup.sh"].external_attr >> 16 & 0o111, "it does not run"
    for folder in ("chapters", "data", "explainer", "tests", "tools", "web/src"):
        for file in (ROOT / folder).iterdir():
            assert file.is_dir() or f"{name}/{folder}/{file.name}" in held
    assert {entry.date_time for entry in held.values()} == {(1980, 1, 1, 0, 0, 0)}


def test_no_table_has_an_empty_head(pages):
    for page in pages:
        html = page.path.read_text(encoding="utf-8")
        empty = re.findall(r"<th\b[^>]*>(?:\s|<p>|</p>)*</th>", html)
        assert not empty, f"{page.path}: {len(empty)} table heads without a word"


@pytest.mark.parametrize(
    ("written", "language", "marked"),
    [
        ("a fall (跌幅), which", "en", 'a fall (<span lang="zh" class="whole">跌幅</span>), which'),
        ("<em>财联社</em>", "en", '<em><span lang="zh-Hans" class="whole">财联社</span></em>'),
        ("財聯社, 2025", "en", '<span lang="zh-Hant" class="whole">財聯社</span>, 2025'),
        ("财联社", "zh_TW", '<span lang="zh-Hans" class="whole">财联社</span>'),
        ("財聯社的文章", "zh_TW", "財聯社的文章"),
        ("財聯社", "zh_CN", '<span lang="zh-Hant" class="whole">財聯社</span>'),
        ('<a title="財聯社">A</a><option>財聯社</option>', "en", None),
        (
            "“2025年1月推出R1後 ... 不再引發, DeepSeek令 震顫5900億” more",
            "en",
            '“<span lang="zh-Hant">2025年1月推出R1後 ... 不再引發</span>, '
            '<span lang="zh-Hant">DeepSeek令 震顫5900億</span>” more',
        ),
    ],
)
def test_chinese_words_are_named_as_such(written, language, marked):
    assert mark_chinese(written, language) == (marked or written)


@pytest.mark.parametrize(
    ("written", "bound"),
    [
        ("on 27 January 2025 it", "on 27~January 2025 it"),
        ("<b>on 27 January 2025.</b>", "<b>on 27~January~2025.</b>"),
        ("<output>January 2025</output>", None),
        ("$4.3 trillion, 13 rows", "$4.3~trillion, 13~rows"),
        ("the S&amp;P 500 rose", "the S&amp;P~500 rose"),
        ("chapter 3, <em>7 May</em>", "chapter~3, <em>7~May</em>"),
        ("a t-statistic", 'a <span class="whole">t-statistic</span>'),
        ("o1-mini", '<span class="whole">o1-mini</span>'),
        ("<code>27 January</code><a title='27 January'>", None),
    ],
)
def test_no_line_breaks_within_an_amount_a_date_or_a_name(written, bound):
    expected = (bound or written).replace("~", "\N{NO-BREAK SPACE}")
    assert keep_together(written, "en") == expected
    assert keep_together(written, "zh_TW") == written


def test_chinese_on_english_pages_is_named_for_voices(pages):
    chinese = re.compile("[\u4e00-\u9fff]")
    for page in pages:
        body = page.path.read_text(encoding="utf-8").partition("<main")[2]
        body = re.sub(r"<(script|svg|option)\b.*?</\1>", "", body, flags=re.DOTALL)
        rest = re.sub(r'<span lang="zh[^>]*>[^<]*</span>', "", body)
        unnamed = [text for text in re.findall(r">([^<]+)<", rest) if chinese.search(text)]
        assert not unnamed, f"{page.path.name}: {unnamed[0]!r}"


def test_the_glossary_has_a_way_to_every_letter(pages):
    page = next(page for page in pages if page.path.stem == "glossary").path
    text = page.read_text(encoding="utf-8")
    terms = re.findall(r'<dt id="(term-[^"]+)">\s*([^<])', text)
    ways = re.search(r'<p class="letters">(.*?)</p>', text, re.DOTALL)[1]
    found = dict(re.findall(r'href="#(term-[^"]+)">([^<]+)<', ways))
    assert len(terms) > 100
    assert {initial.upper() for _, initial in terms} == set(found.values())
    assert all(dict(terms)[place].upper() == letter for place, letter in found.items())
