"""The search: its index holds the book's text and nothing else, its page finds it."""

from __future__ import annotations

import functools
import gzip
import http.server
import json
import threading
from pathlib import Path

import pytest
from conftest import _Quiet

from explainer import build, claims
from explainer.site import search

EDITIONS = list(build.EDITIONS)


def contents(files: dict[str, bytes]) -> list[dict]:
    """What the index says of each entry: address, text, facts, headings."""
    return [
        json.loads(gzip.decompress(content).removeprefix(b"pagefind_dcd"))
        for name, content in files.items()
        if name.startswith("fragment/")
    ]


@pytest.fixture(scope="module", params=EDITIONS)
def index(request, site) -> list[dict]:
    folder = site / request.param / search.FILES
    return contents(
        {
            path.relative_to(folder).as_posix(): path.read_bytes()
            for path in folder.rglob("*")
            if path.is_file()
        }
    )


# --- the index -------------------------------------------------------------------


def test_every_page_and_every_statement_is_an_entry(index):
    pages = {f"chapters/{page.stem}.html" for page in build.chapters()}
    statements = {
        f"chapters/ledger.html#{entry.claim.id}" for entry in claims.ledger()
    }
    assert {entry["url"].lstrip("/") for entry in index} == pages | statements


def test_a_statement_brings_its_verdict_and_its_words(index):
    for entry in index:
        if "#" in entry["url"]:
            facts = entry["meta"]
            assert facts["title"] == entry["url"].partition("#")[2]
            assert facts["verdict"] in claims.LABELS and facts["label"]
            assert facts["statement"].strip()


def test_code_drawings_and_controls_are_not_searched(index):
    for entry in index:
        for stranger in ("import pandas", "alt.Chart(", "charts.figure(", "Show the code"):
            assert stranger not in entry["content"], f"{entry['url']}: {stranger}"
        assert "Show all" not in entry["content"], entry["url"]


def test_a_section_is_a_place_that_a_result_leads_to(index):
    for entry in index:
        if entry["url"].endswith("2-the-trigger.html"):
            headings = [one for one in entry["anchors"] if one["element"] == "h3"]
            assert len(headings) > 5 and all(one["id"] for one in headings)


def test_the_marks_of_statements_cut_no_sentence_in_two():
    mark = '<a class="claim" href="#E129" data-claim="E129">contradicted</a>'
    [read] = contents(search.index([page(f"After the crash, {mark} it calls the plan.")]))
    expected = "Title. After the crash, it calls the plan. E129."
    assert read["content"].split() == expected.split()


def page(words: str, language: str = "en") -> search.Entry:
    body = f'<section id="top">\n<h1>Title</h1>\n<p>{words}</p></section>'
    html = f'<html lang="{language}"><body><main id="m">{body}</main></body></html>'
    return search.page_entry("page.html", html)


def test_the_same_entries_give_the_same_bytes():
    entries = [page(f"word{number} shared") for number in range(20)]
    assert search.index(entries) == search.index(entries)


def test_chinese_is_cut_into_words():
    files = search.index([page("輝達的市值在一天之內蒸發，資料中心需要冷氣。", "zh-TW")])
    assert "zh-tw" in json.loads(files["pagefind-entry.json"])["languages"]
    # Pagefind marks the words it sees with a space of no width.
    assert contents(files)[0]["content"].count("\u200b") > 5


# --- what is left of Sphinx's own ------------------------------------------------


@pytest.mark.parametrize("edition", EDITIONS)
def test_every_static_file_is_used(site, edition):
    folder = site / edition
    pages = [path.read_text(encoding="utf-8") for path in folder.rglob("*.html")]
    used = "".join(pages)
    later = {"charts.js"}  # book.js asks for it
    unused = [
        file.name
        for file in (folder / "_static").iterdir()
        if file.name not in used and file.name not in later and file.suffix != ".txt"
    ]
    assert unused == []
    assert not (folder / "searchindex.js").exists()


def test_only_the_search_page_may_run_web_assembly(site):
    for path in site.rglob("*.html"):
        html = path.read_text(encoding="utf-8")
        rules = html.partition("Content-Security-Policy")[2].partition(">")[0]
        searches = path.name == "search.html"
        assert ("'wasm-unsafe-eval'" in rules) == searches, path
        assert "'unsafe-eval'" not in rules, path


# --- the page --------------------------------------------------------------------


@pytest.fixture(scope="module")
def below(site):
    """The site in a folder of a server, as on project pages."""
    handler = functools.partial(_Quiet, directory=str(site.parent))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as httpd:
        threading.Thread(target=httpd.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{httpd.server_port}/{site.name}"
        httpd.shutdown()


@pytest.fixture
def visit(browser, below):
    """Opens the search page with all strangers blocked; notes every complaint."""
    contexts = []

    def opened(words="", size=(1280, 900), scheme="light", scripts=True, root=below):
        context = browser.new_context(
            viewport={"width": size[0], "height": size[1]},
            color_scheme=scheme,
            java_script_enabled=scripts,
        )
        contexts.append(context)
        page = context.new_page()
        page.complaints = []

        def guard(route):
            if route.request.url.startswith(root):
                return route.continue_()
            page.complaints.append(f"asked for {route.request.url}")
            return route.abort()

        if not root.startswith("file:"):
            page.route("**/*", guard)
        page.on("pageerror", lambda error: page.complaints.append(str(error)))
        page.on("console", lambda message: page.complaints.append(message.text))
        query = f"?q={words}" if words else ""
        page.goto(f"{root}/en/search.html{query}")
        if words:
            page.locator("#search-count:not(:empty)").wait_for()
        return page

    yield opened
    for context in contexts:
        context.close()


def results(page, section: str) -> list[str]:
    links = page.locator(f"#{section} .found > li > h3 a").all()
    return [link.get_attribute("href").rpartition("/en/")[2] for link in links]


@pytest.mark.browser
def test_words_are_found_in_pages_and_in_statements(visit):
    page = visit("inventory days")
    assert "chapters/2-the-trigger.html" in results(page, "search-pages")
    assert "chapters/ledger.html#E062" in results(page, "search-statements")
    assert page.locator("#search-pages .found mark").count()
    place = page.locator("#search-pages .found ul a").first.get_attribute("href")
    assert "#" in place
    assert page.complaints == []


@pytest.mark.browser
@pytest.mark.parametrize("words", ["E065", "e065"])
def test_a_statement_is_found_by_its_id(visit, words):
    page = visit(words)
    assert results(page, "search-statements") == ["chapters/ledger.html#E065"]
    assert "chapters/2-the-trigger.html" in results(page, "search-pages")
    assert page.locator("#search-statements .verdict-contradicted").count() == 1
    page.click("#search-statements h3 a")
    page.wait_for_url("**/ledger.html#E065")
    assert page.complaints == []


@pytest.mark.browser
@pytest.mark.parametrize("size", [(1280, 900), (390, 844)], ids=["desk", "phone"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_results_fit_and_nothing_complains(visit, size, scheme):
    page = visit("DeepSeek", size, scheme)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert page.complaints == []


@pytest.mark.browser
def test_what_is_not_there_is_said(visit):
    page = visit("qqqqzzzz")
    assert "qqqqzzzz" in page.inner_text("#search-count")
    assert not page.locator("#search-pages").is_visible()
    assert not page.locator("#search-statements").is_visible()
    assert page.complaints == []


@pytest.mark.browser
def test_the_search_works_by_keyboard_and_the_address_follows(visit):
    page = visit()
    assert page.evaluate("document.activeElement.name") == "q"
    assert "every statement of its ledger" in page.inner_text("main")
    page.keyboard.type("Stargate")
    page.locator("#search-count:not(:empty)").wait_for()
    page.keyboard.press("ArrowDown")
    first = page.locator(".found a").first
    assert first.evaluate("link => link === document.activeElement")
    page.keyboard.press("Escape")
    assert page.evaluate("document.activeElement.name") == "q"
    assert page.url.endswith("?q=Stargate")
    assert page.complaints == []


@pytest.mark.browser
def test_more_results_come_on_request_and_take_the_focus(visit):
    page = visit("Nvidia")
    before = len(results(page, "search-statements"))
    page.click("#search-statements .found-more")
    page.locator(f"#search-statements .found > li:nth-child({before + 1})").wait_for()
    assert len(results(page, "search-statements")) > before
    assert page.evaluate(
        "[...document.querySelectorAll('#search-statements h3 a')]"
        ".indexOf(document.activeElement)"
    ) == before
    assert page.complaints == []


@pytest.mark.browser
def test_the_header_of_a_chapter_leads_to_the_results(visit):
    page = visit()
    root = page.url.rpartition("/search.html")[0]
    page.goto(f"{root}/chapters/2-the-trigger.html")
    page.fill(".bar-search input", "Vistra")
    page.keyboard.press("Enter")
    page.locator("#search-count:not(:empty)").wait_for()
    assert results(page, "search-pages")
    assert page.complaints == []


@pytest.mark.browser
def test_a_page_opened_from_a_file_says_that_the_search_needs_a_server(visit, site):
    page = visit("Nvidia", root=site.as_uri())
    assert "server" in page.inner_text("#search-count")
    assert not page.locator("#search, .search-what >> visible=true").count()
    assert page.complaints == []


@pytest.mark.browser
def test_without_scripts_the_page_says_what_works(visit):
    page = visit(scripts=False)
    assert page.locator("noscript .notice").is_visible()
    assert not page.locator("#search").is_visible()
