"""Chapters as readers meet them in the source: short cells, no typed numbers."""

from __future__ import annotations

import re
import statistics
import textwrap

import pytest
from bs4 import BeautifulSoup

from explainer import build, claims, prose

PAGES = build.chapters()
NOTEBOOKS = [page for page in PAGES if build.is_notebook(page)]


def ids(page):
    return page.stem


@pytest.mark.parametrize("page", PAGES, ids=ids)
def test_every_page_of_the_contents_exists(page):
    assert page.is_file()


@pytest.mark.parametrize("page", PAGES, ids=ids)
def test_the_text_discusses_every_statement_of_its_chapter(page):
    chapter = claims.chapter_of(page.stem)
    own = {e.claim.id for e in claims.ledger() if e.claim.chapter == chapter}
    marked = re.findall(r"\{claim\}`([NES]\d{3})`", page.read_text(encoding="utf-8"))
    assert own <= set(marked), f"{page.name} passes over {sorted(own - set(marked))}"


# Pages to look things up in; all others are read from beginning to end.
REFERENCE = ("ledger", "data-and-methods", "glossary")
NOT_READ = (
    "figure, table, .cell, .claim, .statements-fold, .quiz, .tally,"
    " .footnote-reference, aside.footnote"
)


@pytest.mark.parametrize("page", [p for p in PAGES if p.stem not in REFERENCE], ids=ids)
def test_a_chapter_is_read_in_one_sitting(page, site):
    html = (site / "en/chapters" / f"{page.stem}.html").read_text(encoding="utf-8")
    text = BeautifulSoup(html, "html.parser").select_one("main")
    for part in text.select(NOT_READ):
        part.extract()
    assert 900 <= len(text.get_text(" ").split()) <= 2500


@pytest.mark.parametrize("page", PAGES, ids=ids)
def test_no_sentence_carries_a_typed_number(page):
    assert [str(found) for found in prose.bare_numbers(page)] == []


@pytest.mark.parametrize("page", NOTEBOOKS, ids=ids)
def test_a_chapter_says_how_it_is_read_and_stores_no_output(page):
    head = page.read_text(encoding="utf-8").split("---")[1]
    for wanted in ("jupytext:", "format_name: myst", "kernelspec:", "name: python3"):
        assert wanted in head, f"{page.name}: the front matter lacks {wanted!r}"


@pytest.mark.parametrize("page", NOTEBOOKS, ids=ids)
def test_cells_are_short_and_fit_the_column(page):
    lengths = []
    for start, code in prose.code_cells(page.read_text(encoding="utf-8")):
        lines = code.strip("\n").splitlines()
        lengths.append(len([line for line in lines if line.strip()]))
        for offset, line in enumerate(code.splitlines(), start=1):
            assert len(line) <= 79, f"{page.name}, line {start + offset}: {len(line)} wide"
        assert lengths[-1] <= 25, f"{page.name}, line {start}: a cell of {lengths[-1]} lines"
    visible = [
        len([line for line in code.splitlines() if line.strip()])
        for start, code in prose.code_cells(page.read_text(encoding="utf-8"))
        if "hide-input" not in page.read_text(encoding="utf-8").splitlines()[start]
    ]
    assert statistics.median(visible or [0]) <= 6


@pytest.mark.parametrize("page", NOTEBOOKS, ids=ids)
def test_chapters_print_nothing_and_read_only_through_the_package(page):
    for start, code in prose.code_cells(page.read_text(encoding="utf-8")):
        for word in ("print(", "read_csv(", "read_json(", "open(", "requests", "urllib"):
            assert word not in code, f"{page.name}, cell at line {start}: {word}"


def page_with(tmp_path, body):
    page = tmp_path / "page.md"
    page.write_text("---\njupytext: 1\n---\n\n" + textwrap.dedent(body), encoding="utf-8")
    return page


def test_a_typed_number_is_found_with_its_line(tmp_path):
    page = page_with(tmp_path, "# 2 The day\n\nNvidia lost 593 billion dollars.\n")
    assert [str(found) for found in prose.bare_numbers(page)] == [
        "page.md, line 7: the number '593' is typed; expected a value told by a cell, "
        "such as {v}`name`"
    ]


def test_a_typed_number_in_a_chart_title_is_found_with_its_line(tmp_path):
    body = """\
    ```{code-cell}
    :tags: [hide-input]

    charts.figure(
        chart,
        title="Nvidia fell 17%",
        subtitle="{share|0} on 27 January 2025",
    )
    ```
    """
    found = prose.bare_numbers(page_with(tmp_path, body))
    assert [(number.line, number.text) for number in found] == [(10, "17%")]


@pytest.mark.parametrize(
    "sentence",
    [
        "It happened on 27 January 2025, after R1 of 20 January.",
        "The S&P 500 and the Nasdaq-100 fell; a 10-Q says so; H800 is a chip.",
        "Statement E008 counts {v}`starbucks|word` of them, as ``GPT-4`` and GPT-4o do.",
        "The note called it “a 100% fall”.",
        "LLaMA 65B, LLaMA-65B, Llama 2 70B and Llama 3.1 405B are models.",
        "See [the file](https://example.org/2025/01/27/17.html) and chapter 3.",
    ],
)
def test_names_dates_and_quotations_may_hold_digits(tmp_path, sentence):
    assert prose.bare_numbers(page_with(tmp_path, sentence + "\n")) == []


@pytest.mark.parametrize("page", build.chapters(), ids=lambda page: page.stem)
def test_every_note_is_referred_to_and_every_reference_has_its_note(page):
    text = page.read_text(encoding="utf-8")
    notes = re.findall(r"^\[\^([\w-]+)\]:", text, re.M)
    assert sorted(notes) == sorted(set(re.findall(r"\[\^([\w-]+)\](?!:)", text)))
