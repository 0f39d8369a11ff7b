"""The ledger on the page: every statement in its place, filters that can be shared."""

from __future__ import annotations

import re
from collections import Counter

import pytest
from playwright.sync_api import expect

from explainer import build, claims
from explainer.site import ledger as ledger_on_page

PAGES = [page.stem for page in build.chapters()]


# Pages that discuss no statement of their own may have no mark.
WITHOUT_MARKS = ("ledger", "glossary", "data-and-methods")


def html(site, name):
    return (site / "en" / "chapters" / f"{name}.html").read_text(encoding="utf-8")


def listed(text):
    """The ids in a chapter's list of statements."""
    return re.findall(r'<li class="statement" id="([NES]\d{3})">', text)


def test_every_statement_stands_in_exactly_one_chapters_list(site):
    found = Counter(claim for name in PAGES for claim in listed(html(site, name)))
    assert found == Counter(entry.claim.id for entry in claims.ledger())


@pytest.mark.parametrize("name", PAGES)
def test_a_chapter_lists_its_own_statements_in_reading_order(site, name):
    own = [e.claim.id for e in claims.ledger() if e.claim.chapter == claims.chapter_of(name)]
    assert listed(html(site, name)) == own


@pytest.mark.parametrize("name", PAGES)
def test_a_mark_says_the_verdict_in_words_and_leads_to_the_entry(site, name):
    marks = re.findall(
        r'<a class="claim claim-(\w+)(?: claim-again)?" href="([^"]*)" data-claim="(\w+)"'
        r' aria-label="([^"]*)">([^<]*)</a>',
        html(site, name),
    )
    assert marks or claims.chapter_of(name) in WITHOUT_MARKS
    for word, address, claim, spoken, label in marks:
        entry = claims.entry(claim)
        assert label == word == entry.verdict.word and spoken == f"{label}, {claim}"
        own = entry.claim.chapter == claims.chapter_of(name)
        assert address == (f"#{claim}" if own else f"ledger.html#{claim}")


@pytest.mark.parametrize("name", PAGES)
def test_every_mark_finds_the_words_of_its_card_on_the_page(site, name):
    text = html(site, name)
    marked = set(re.findall(r'data-claim="(\w+)"', text))
    template = re.search(r"<template.*?</template>", text)
    elsewhere = re.findall(r'<li id="(\w+)">', template[0]) if template else []
    assert set(elsewhere) == marked - set(listed(text))
    assert len(elsewhere) == len(set(elsewhere))


def test_the_table_holds_every_statement_at_its_address(site):
    rows = re.findall(r'<tr id="([NES]\d{3})" data-article="([\w-]+)"', html(site, "ledger"))
    assert rows == [(e.claim.id, e.claim.article) for e in claims.ledger()]


def measured(name):
    text = ledger_on_page.measured_html(claims.entry(name))
    return re.sub("<[^>]+>", "", text)


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("S064", "not a matter of fact"),
        ("S065", "about the future"),
        ("N007", "judged from the evidence"),
        ("E128", "stated “after”, found “before”"),
        ("E011", "stated first place, found fifth place"),
        ("N003", "found as stated"),
        ("E139", "computed from the tables: it holds in part"),
    ],
)
def test_what_decided_reads_as_words(name, told):
    assert measured(name) == told


def test_evidence_has_its_date_and_its_tier_in_words(site):
    row = html(site, "ledger").partition('<tr id="N007"')[2].partition("</tr>")[0]
    row = re.sub(r' href="[^"]*"', "", row)
    tiers = "primary|reputable|other"
    dated = re.findall(rf", (?:\d+\s)?\w+\s\d{{4}} \((?:{tiers}) source\): ", row)
    assert len(dated) == row.count("<li>") > 0
    assert not re.search(r"\d{4}-\d{2}", row)


def test_the_chapters_of_the_filter_are_those_of_the_contents_in_their_order(site):
    text = html(site, "ledger")
    choices = text.partition('<select id="filter-chapter"')[2].partition("</select>")[0]
    offered = re.findall(r'<option value="[^"]+">([^<]+)', choices)
    contents = text.partition('<nav id="contents"')[2].partition("</nav>")[0]
    pages = re.findall(r"<a [^>]+>([^<]+)", contents)
    assert offered[0] == pages[0] == "Introduction"
    plain = [page.replace("\N{NO-BREAK SPACE}", " ") for page in pages]
    places = [plain.index(one.replace("\N{NO-BREAK SPACE}", " ")) for one in offered]
    assert places == sorted(places)


def test_a_table_of_statements_leads_to_their_entries(site):
    text = html(site, "data-and-methods")
    linked = re.findall(
        r'<th scope="row"><a href="ledger.html#(\w+)">\1</a></th>\s*<td>'
        r'<span class="verdict verdict-(\w+)">\2</span>',
        text,
    )
    assert len(linked) > 20
    assert all(claims.entry(name).verdict.word == word for name, word in linked)


def test_the_ledgers_files_lie_beside_it(site):
    for name in re.findall(r'href="\.\./(ledger/[\w.]+)"', html(site, "ledger")):
        assert (site / "en" / name).stat().st_size > 10_000
        assert (site / name).read_bytes() == (site / "en" / name).read_bytes()


@pytest.fixture
def ledger(browser, server):
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()

    def opened(fragment=""):
        page.goto(f"{server}/en/chapters/ledger.html{fragment}")
        return page

    yield opened
    context.close()


def shown(page):
    return page.evaluate(
        "[...document.querySelectorAll('#ledger-table tbody tr')]"
        ".filter(row => !row.hidden).map(row => row.id)"
    )


@pytest.mark.browser
def test_filters_work_together_and_the_count_follows(ledger):
    page = ledger()
    page.select_option("#filter-article", "news")
    page.select_option("#filter-verdict", "contradicted")
    wanted = [
        e.claim.id
        for e in claims.ledger()
        if e.claim.article == "news" and e.verdict.word == "contradicted"
    ]
    assert shown(page) == wanted
    told = f"{len(wanted)} of" if wanted else "None of"
    assert page.inner_text(".ledger-count").startswith(f"{told} 330 statements")
    page.click("button[type=reset]")
    page.wait_for_function("document.querySelector('.ledger-count').textContent[0] === '3'")
    assert len(shown(page)) == 330


@pytest.mark.browser
def test_words_are_searched_everywhere_in_an_entry(ledger):
    page = ledger()
    page.fill("#filter-text", "starbucks")
    assert "E008" in shown(page) and len(shown(page)) < 10


@pytest.mark.browser
def test_each_fold_of_the_ledger_has_a_name_of_its_own(ledger):
    page = ledger()
    fold = page.locator("#N007 summary")
    expect(fold).to_have_accessible_name("Why: N007, imprecise")


@pytest.mark.browser
def test_a_filtered_ledger_has_an_address(ledger):
    page = ledger()
    page.select_option("#filter-kind", "record")
    page.fill("#filter-text", "nvidia")
    address, first = page.evaluate("location.hash"), shown(page)
    page.goto("about:blank")
    shared = ledger(address)
    assert shown(shared) == first and first
    expect(shared.locator("#ledger-filter")).to_be_in_viewport()


@pytest.mark.browser
def test_one_statement_has_an_address_and_opens(ledger):
    page = ledger("#E008")
    assert page.url.endswith("#E008"), "the address can be shared"
    assert page.is_visible("#E008 details ul, #E008 details p")
    assert len(shown(page)) == 330


@pytest.mark.browser
@pytest.mark.parametrize("name", ["2-the-trigger", "data-and-methods"])
def test_a_mark_opens_a_card_by_keyboard_and_escape_closes_it(browser, server, name):
    context = browser.new_context(viewport={"width": 390, "height": 800})
    page = context.new_page()
    page.goto(f"{server}/en/chapters/{name}.html")
    mark = page.query_selector('a.claim[data-claim="E065"]')
    mark.focus()
    page.keyboard.press("Enter")
    card = page.wait_for_selector(".card")
    text = card.inner_text().replace("\N{NO-BREAK SPACE}", " ")
    assert "320 million shares" in text and "contradicted" in text
    assert card.get_attribute("aria-label") == "E065, contradicted"
    box = card.bounding_box()
    assert box["x"] >= 0 and box["x"] + box["width"] <= 390
    page.keyboard.press("Escape")
    page.wait_for_selector(".card", state="hidden")
    assert page.evaluate("document.activeElement.dataset.claim") == "E065"
    context.close()


def test_statements_are_set_with_curly_quotation_marks(site):
    table = html(site, "ledger").partition('<table class="ledger"')[2]
    text = re.sub(r"<[^>]+>", "", table.partition("</table>")[0])
    assert re.findall(r".{0,30}(?:\w'|'\w|&#x27;|&quot;).{0,30}", text) == []
    assert "Nvidia’s" in text
