"""Which pages rest on which tables: derived from the pages, stored nowhere."""

from __future__ import annotations

import ast

import pytest
import yaml

from explainer import build, prose, tables, usage
from explainer.measures import REGISTRY

PAGES = build.chapters()
PAGES_ON = usage.pages_by_table()


def page_with(tmp_path, body):
    page = tmp_path / "page.md"
    page.write_text(f"# 2 A page\n\n{body}\n", encoding="utf-8")
    return page


def cell(code):
    return f"```{{code-cell}}\n{code}\n```"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_the_tables_that_a_chart_names_are_there(page):
    for start, code in prose.code_cells(page.read_text(encoding="utf-8")):
        unknown = set(usage.chart_sources(ast.parse(code))) - set(tables.names())
        assert not unknown, f"{page.name}, cell at line {start}: no table {unknown}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_page_names_no_table_that_the_book_has_not(page):
    assert set(usage.tables_of(page)) <= set(tables.names())


@pytest.mark.parametrize("table", tables.names())
def test_no_table_is_kept_that_nothing_rests_on(table):
    assert PAGES_ON[table] or usage.verdicts_on(table)


@pytest.mark.parametrize("table", tables.names())
def test_no_manifest_says_which_pages_use_its_table(table):
    path = tables.DATA / f"{table}.csv.yml"
    assert "used_by" not in yaml.safe_load(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", REGISTRY)
def test_a_measurement_declares_the_tables_that_its_code_reads(name):
    """Declared by hand and derived from the source: two ways to the same answer."""
    declared, read = set(REGISTRY[name].tables), usage.read_by("measures", name)
    assert declared <= read
    # Prices cannot be had without looking up which column an instrument has.
    assert read - declared <= {"instruments"}


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (cell('policy = tables.read("policy")'), ["policy"]),
        (cell('charts.figure(chart, source=["power", "capex"])'), ["capex", "power"]),
        (cell('market.event_study("NVDA")'), ["instruments", "prices"]),
        (cell('economics.tflops_per_gpu("DeepSeek-V3")'), ["training_runs"]),
        ("Its {stated}`E065` are wrong.", ["claims"]),
        ("It is wrong. {claim}`E065`", ["claims", "evidence", "sources"]),
        ("```{statements}\n```", ["claims", "evidence", "sources"]),
        ("No table is needed to say this.", []),
    ],
)
def test_what_a_page_rests_on_is_read_from_its_text_and_cells(tmp_path, body, expected):
    assert usage.tables_of(page_with(tmp_path, body)) == expected


def test_the_tables_behind_a_value_are_followed_through_its_names(tmp_path):
    page = page_with(
        tmp_path,
        "\n\n".join(
            [
                cell('rows = tables.read("capex")\nrows["half"] = rows["usd"] / 2'),
                cell('def fall(ticker):\n    return market.day_return(ticker)'),
                cell("both = rows.half.sum() + fall(\"NVDA\")\nlimit = 5"),
                cell('days = {x: 2 * x for x in [limit]}'),
                cell('chips = []\nfor x in tables.read("gpu_specs").gpu:\n    chips.append(x)'),
                cell('facts = [tables.read("facts")[x] for x in ("a", "b")]'),
                cell('rows["rent"] = tables.read("gpu_rental_prices")["usd"]'),
                cell(
                    'tell(sum=(both, "usd_bn"), limit=(limit, "count"))\n'
                    'tell(days=(days[5], "count"), chips=(len(chips), "count"))\n'
                    'tell(said=(claims.stated("E065").number, "million"))\n'
                    'tell(**{f"{x}_fact": (x, "usd") for x in facts})'
                ),
            ]
        ),
    )
    *_, (_, last) = prose.code_cells(page.read_text(encoding="utf-8"))
    assert usage.tables_of_values(page, last) == {
        "sum": ["capex", "gpu_rental_prices", "instruments", "prices"],
        "limit": [],
        "days": [],
        "chips": ["gpu_specs"],
        "said": ["claims"],
        None: ["facts"],
    }


def test_a_page_is_called_by_its_heading(tmp_path):
    page = page_with(tmp_path, "Text.")
    assert usage.title_of(page) == "2 A page"
    page.write_text(f"---\nshort_title: Second\n---\n{page.read_text()}")
    assert usage.title_of(page) == "Second", "or as the page itself wants it"
