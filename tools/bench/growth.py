"""How the book bears more: three and ten times the statements, instruments, chapters.

Copies are synthetic: the same rows and chapters again under new names, in a temporary
folder. Only one of the three grows at a time.
"""

from __future__ import annotations

import ast
import gzip
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
from bench import builds
from bench.pages import browser
from bench.report import CannotMeasure, number, table
from playwright.sync_api import Page

from explainer import prose
from explainer.site import charts

FACTORS = (3, 10)
FILTER_RUNS = 7
LEDGER = "ledger"
# Pages that hold one thing of the whole book each; a bigger book has them once.
ONCE = (LEDGER, "data-and-methods", "glossary")
# Times a change of the ledger's filter to the end of the next frame.
FILTER = """async ([name, value]) => {
  const form = document.getElementById('ledger-filter');
  const start = performance.now();
  if (name === 'reset') form.reset();
  else {
    const input = form.querySelector(`[data-filter=${name}]`);
    input.value = value;
    input.dispatchEvent(new Event('input', { bubbles: true }));
  }
  await new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
  return performance.now() - start;
}"""
STEPS = {
    "filter by verdict": ["verdict", "contradicted"],
    "search for words": ["text", "nvidia market value"],
    "show all": ["reset", ""],
}


@dataclass(frozen=True)
class Grown:
    """What a bigger book costs: its build, its largest pages, its ledger's filter."""

    cold: builds.Run
    unchanged: float
    ledger_kb: float
    chapter_kb: float
    filter_ms: dict[str, float]


# --- copies ---------------------------------------------------------------------


def more_rows(
    book: Path, name: str, change: Callable[[pd.DataFrame, int], pd.DataFrame], times: int
) -> None:
    """Add ``times - 1`` changed copies of a table's rows, in the table's order."""
    path = book / "data" / f"{name}.csv"
    rows = pd.read_csv(path, dtype=str, keep_default_na=False)
    copies = [change(rows.copy(), copy) for copy in range(1, times)]
    everything = pd.concat([rows, *copies])
    numeric = [column for column in ("order", "position") if column in everything]
    everything[numeric] = everything[numeric].astype(int)
    by = {
        "claims": ["order"],
        "evidence": ["claim_id", "position"],
        "instruments": ["ticker"],
        "prices": ["ticker", "date"],
    }[name]
    everything.sort_values(by).to_csv(path, index=False, lineterminator="\n")


def more_statements(book: Path, times: int) -> None:
    """N001 comes again as N1001, N2001 …, with its evidence."""

    def renamed(ids: pd.Series, copy: int) -> pd.Series:
        return ids.str[0] + str(copy) + ids.str[1:]

    def claims(rows: pd.DataFrame, copy: int) -> pd.DataFrame:
        # The last chapter scores each forecast by hand: a copy counts as an event.
        kind = rows.kind.replace("forecast", "event")
        order = rows.order.astype(int) + copy * len(rows)
        return rows.assign(
            id=renamed(rows.id, copy), kind=kind, order=order.astype(str)
        )

    def evidence(rows: pd.DataFrame, copy: int) -> pd.DataFrame:
        return rows.assign(claim_id=renamed(rows.claim_id, copy))

    more_rows(book, "claims", claims, times)
    more_rows(book, "evidence", evidence, times)
    seal(book, "claims", "evidence")


def more_instruments(book: Path, times: int) -> None:
    """NVDA comes again as NVDA.1, NVDA.2 …, with all its prices.

    So do all but the VIX and the dollar in yuan. Nobody owns those for a gain, and
    charts of moves leave them out by ticker: a copy would come through.
    """
    listed = pd.read_csv(book / "data" / "instruments.csv")
    copied = set(listed.ticker[~listed.group.isin(["volatility", "currency"])])

    def instruments(rows: pd.DataFrame, copy: int) -> pd.DataFrame:
        rows = rows[rows.ticker.isin(copied)]
        # No longer than the name before: charts have measured the room for it.
        names = {c: rows[c].str[:-3] + f" {copy}" for c in ("name", "display_name")}
        return rows.assign(ticker=rows.ticker + f".{copy}", **names)

    def prices(rows: pd.DataFrame, copy: int) -> pd.DataFrame:
        rows = rows[rows.ticker.isin(copied)]
        return rows.assign(ticker=rows.ticker + f".{copy}")

    more_rows(book, "instruments", instruments, times)
    more_rows(book, "prices", prices, times)
    seal(book, "instruments", "prices")
    lift_the_limit(book)


def lift_the_limit(book: Path) -> None:
    """Let a chart carry any number of rows: some show every instrument."""
    code = book / "explainer" / "site" / "charts.py"
    text = code.read_text(encoding="utf-8")
    lifted, found = re.subn(r"(?m)^MAX_ROWS = \d+$", "MAX_ROWS = 100_000", text)
    if not found:
        raise CannotMeasure("explainer/site/charts.py: found no MAX_ROWS to lift")
    code.write_text(lifted, encoding="utf-8")


def seal(book: Path, *names: str) -> None:
    """Write the new row counts and hashes into the tables' manifests."""
    done = subprocess.run(
        [sys.executable, "-m", "explainer.tables", "seal", *names],
        cwd=book,
        env={**os.environ, "PYTHONPATH": str(book)},
        capture_output=True,
        text=True,
    )
    if done.returncode:
        raise CannotMeasure(f"a bigger table is not sound: {done.stderr}")


def more_chapters(book: Path, times: int) -> None:
    """Each chapter comes again under a new name, its figures under new names too."""
    listed = ""
    for page in sorted((book / "chapters").glob("*.md")):
        if page.stem in ONCE:
            continue
        text = page.read_text(encoding="utf-8")
        # The number in front says whose statements a chapter lists.
        lacks_one = "{statements}" in text and not page.stem[0].isdigit()
        stem = f"1-{page.stem}" if lacks_one else page.stem
        for copy in range(1, times):
            name = f"{stem}-{copy}"
            copied = page.with_name(f"{name}.md")
            copied.write_text(with_new_figures(text, copy), encoding="utf-8")
            notebook = book / "notebooks" / f"{page.stem}.ipynb"
            shutil.copy(notebook, notebook.with_name(f"{name}.ipynb"))
            listed += f"      - file: chapters/{name}\n"
    toc = book / "_toc.yml"
    part = f"  - caption: Copies\n    chapters:\n{listed}"
    toc.write_text(f"{toc.read_text(encoding='utf-8').rstrip()}\n{part}", encoding="utf-8")


def with_new_figures(text: str, copy: int) -> str:
    """A chapter's text whose figures carry ``copy`` in their names."""
    for name in figure_names(text):
        text = re.sub(rf'(\bname=)"{re.escape(name)}"', rf'\1"{name}-{copy}"', text)
    return text


def figure_names(text: str) -> set[str]:
    """The names that a chapter's calls of ``charts.figure`` give."""
    return {
        keyword.value.value
        for _, code in prose.code_cells(text)
        for node in ast.walk(ast.parse(code))
        if isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "figure"
        for keyword in node.keywords
        if keyword.arg == "name" and isinstance(keyword.value, ast.Constant)
    }


# --- measurements ---------------------------------------------------------------


def filter_times(page: Page, ledger: Path) -> dict[str, float]:
    """Median milliseconds of each step on a ledger page."""
    found: dict[str, list[float]] = {step: [] for step in STEPS}
    for _ in range(FILTER_RUNS):
        page.goto(ledger.as_uri())
        for step, change in STEPS.items():
            found[step].append(page.evaluate(FILTER, change))
    return {step: statistics.median(taken) for step, taken in found.items()}


def measure(grow: Callable[[Path], None]) -> Grown:
    """Make a bigger book, build it twice, and look at its pages."""
    with tempfile.TemporaryDirectory() as temporary:
        book = Path(temporary, "book")
        builds.copy_book(book)
        grow(book)
        cold, unchanged = builds.build_own(book), builds.build_own(book)
        pages = book / "_build" / "site" / "en" / "chapters"
        ledger = pages / f"{LEDGER}.html"
        with browser() as started:
            page = started.new_page(viewport={"width": 1280, "height": 900})
            filters = filter_times(page, ledger)
        return Grown(
            cold=cold,
            unchanged=unchanged.seconds,
            ledger_kb=kb(ledger),
            chapter_kb=max(kb(path) for path in pages.glob("*.html") if path != ledger),
            filter_ms=filters,
        )


def kb(page: Path) -> float:
    return len(gzip.compress(page.read_bytes(), 9)) / 1000


DIMENSIONS = {
    "statements": more_statements,
    "instruments": more_instruments,
    "chapters": more_chapters,
}


def section(quick: bool) -> str:
    """Build the book as it is, and grown in each direction."""
    factors = FACTORS[:1] if quick else FACTORS
    names = ("statements",) if quick else tuple(DIMENSIONS)
    grown: dict[str, Grown | str] = {}

    def add(label: str, grow: Callable[[Path], None]) -> None:
        print(f"  {label}", flush=True)
        try:
            grown[label] = measure(grow)
        except CannotMeasure as error:
            grown[label] = str(error)

    add("as it is", lambda book: None)
    for name in names:
        for times in factors:
            add(f"{name} ×{times}", lambda book: DIMENSIONS[name](book, times))
    found = {label: one for label, one in grown.items() if isinstance(one, Grown)}
    refused = [
        f"{label}: the build refuses. {' '.join(why.split())[-300:]}\n"
        for label, why in grown.items()
        if isinstance(why, str)
    ]
    if "as it is" not in found:
        raise CannotMeasure(str(grown["as it is"]))
    return "\n".join(
        [
            "## Growth\n",
            "Synthetic copies of rows and chapters under new names; one build from "
            "nothing and one with nothing changed for each. "
            "With more instruments, the rule that a chart carries at most "
            f"{charts.MAX_ROWS} rows is lifted: as it is, the build refuses charts that "
            "show ten times as many. Pages are weighed without the files that all pages share.\n",
            sizes_table(found),
            *refused,
            f"The ledger page's filter at 1,280 px, medians of {FILTER_RUNS}, to the end "
            "of the next frame.\n",
            filters_table(found),
        ]
    )


def sizes_table(found: dict[str, Grown]) -> str:
    base = found["as it is"]
    head = [
        "book", "from nothing, s", "times", "nothing changed, s", "times",
        "most memory, MB", "times", "ledger page, kB", "largest chapter, kB",
    ]  # fmt: skip
    rows = [
        [
            label,
            number(one.cold.seconds, 1),
            number(one.cold.seconds / base.cold.seconds, 1),
            number(one.unchanged, 1),
            number(one.unchanged / base.unchanged, 1),
            number(one.cold.memory_mb),
            number(one.cold.memory_mb / base.cold.memory_mb, 1),
            number(one.ledger_kb),
            number(one.chapter_kb),
        ]
        for label, one in found.items()
    ]
    return table(head, rows)


def filters_table(found: dict[str, Grown]) -> str:
    shown = {
        label: one
        for label, one in found.items()
        if label == "as it is" or label.startswith("statements")
    }
    rows = [
        [step, *(number(one.filter_ms[step], 1) for one in shown.values())]
        for step in STEPS
    ]
    return table(["step, ms", *shown], rows)
