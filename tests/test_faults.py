"""Break one thing in a copy of the book: the build must object, and say where."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow
ROOT = Path(__file__).resolve().parents[1]
PAGE = '''\
---
jupytext:
  text_representation:
    extension: .md
    format_name: myst
kernelspec:
  display_name: Python 3
  language: python
  name: python3
---

# A page

Nvidia fell {v}`fall|abs`, and the explainer counts {stated}`E065`. {claim}`E065`

```{code-cell}
import altair as alt

from explainer import charts, market
from explainer.values import tell

tell(fall=(market.day_return("NVDA"), "share"))
```

```{code-cell}
rows = market.prices("NVDA").tail(20).round(2).rename("price").reset_index()
rows["day"] = rows["date"].dt.strftime("%Y-%m-%d")
chart = alt.Chart(rows).mark_line().encode(x="day:O", y="price:Q")
charts.figure(
    chart,
    name="a-chart",
    title="Nvidia fell {fall|abs}",
    subtitle="US dollars",
    description="A line that ends below where it was before the crash of January.",
    source="prices",
    table=rows,
    columns={"day": ("Day", "date"), "price": ("Price", "usd")},
)
```
'''


@pytest.fixture(scope="module")
def book(tmp_path_factory):
    """A copy of the book with a single short page."""
    copy = tmp_path_factory.mktemp("faults") / "book"
    copy.mkdir()
    for name in ("data", "explainer", "web/dist", "notebooks"):
        shutil.copytree(
            ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__")
        )
    for name in ("CITATION.cff", "_config.yml", "conf.py", "requirements.lock"):
        shutil.copy(ROOT / name, copy / name)
    (copy / "_toc.yml").write_text("format: jb-book\nroot: chapters/page\n")
    (copy / "chapters").mkdir()
    return copy


@pytest.fixture
def built(book):
    """Builds the copy with one page changed; gives back exit code and messages."""
    (book / "chapters" / "page.md").write_text(PAGE, encoding="utf-8")
    kept: dict[Path, bytes] = {}

    def change(file, old, new):
        path = book / file
        kept.setdefault(path, path.read_bytes())
        text = path.read_text(encoding="utf-8")
        assert old in text, f"{file} has no {old!r} to break"
        path.write_text(text.replace(old, new, 1), encoding="utf-8")

    def build(*changes):
        for file, old, new in changes:
            change(file, old, new)
        done = subprocess.run(
            [sys.executable, "-m", "explainer", "build"],
            cwd=book,
            env={**os.environ, "PYTHONPATH": str(book)},
            capture_output=True,
            text=True,
        )
        return done.returncode, done.stdout + done.stderr

    yield build
    for path, content in kept.items():
        path.write_bytes(content)


def test_the_unbroken_copy_builds(built, book):
    code, said = built()
    assert code == 0, said
    assert (book / "_build/site/en/chapters/page.html").exists()


page = "chapters/page.md"
FAULTS = {
    "a typed number": (
        (page, "and the explainer", "not 12 percent, and the explainer"),
        ["page.md, line 14", "the number '12' is typed"],
    ),
    "a cell that raises": (
        (page, 'tell(fall=(market.day_return("NVDA")', 'tell(fall=(market.day_return("NVDAX")'),
        ["chapters/page.md, line 17: this cell failed", "NVDAX", "expected"],
    ),
    "a cell that ends its kernel": (
        (page, "import altair as alt", "import os; os._exit(1)"),
        ["chapters/page.md: Kernel died"],
    ),
    "a value that no cell tells": (
        (page, "{v}`fall|abs`", "{v}`rise`"),
        ["chapters/page.md:14", "no cell of this page tells 'rise'; told: fall"],
    ),
    "a role that the bar of a table cuts": (
        (page, "# A page\n", "# A page\n\n| fell |\n| --- |\n| {v}`fall|abs` |\n"),
        ["chapters/page.md:14", "'{v}`fall' stands in the text as it was typed"],
    ),
    "a statement that is not there": (
        (page, "{claim}`E065`", "{claim}`E999`"),
        ["chapters/page.md:14", "data/claims.csv: no statement 'E999'"],
    ),
    "a missing description": (
        (page, "A line that ends below where it was before the crash of January.", "A line."),
        ["chapters/page", "figure 'a-chart'", "expected a sentence for readers"],
    ),
    "a source table that is not there": (
        (page, 'source="prices"', 'source="gossip"'),
        ["chapters/page.md", "no table named 'gossip' in data/"],
    ),
    "a chart that fetches its data": (
        (page, "alt.Chart(rows)", 'alt.Chart("https://example.org/rows.csv")'),
        ["figure 'a-chart'", "it fetches https://example.org/rows.csv"],
    ),
    "a warning in a cell": (
        (page, "rows = market", "import warnings; warnings.warn('old')\nrows = market"),
        ["chapters/page.md", "stderr was found in the cell outputs"],
    ),
    "a dead link": (
        (page, "# A page\n", "# A page\n\nSee [there](nowhere.md).\n"),
        ["chapters/page.md:14", "nowhere.md"],
    ),
    "a tampered price": (
        ("data/prices.csv", "2025-01-27,NVDA,118.42", "2025-01-27,NVDA,128.42"),
        ["data/prices.csv", "sha256"],
    ),
    "a price below zero": (
        ("data/prices.csv", "2025-01-27,NVDA,118.42", "2025-01-27,NVDA,-118.42"),
        ["data/prices.csv, row ", "column close: found -118.42"],
    ),
    "an unknown verdict": (
        ("data/claims.csv", ",opinion,", ",hearsay,"),
        ["data/claims.csv, row ", "column ", "found hearsay"],
    ),
    "a source that is not there": (
        ("data/evidence.csv", ",cnn-", ",cnm-"),
        ["data/evidence.csv, row ", "column source_id: found cnm-"],
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_caught_with_its_place_and_the_last_good_site_stays(built, book, fault):
    change, expected = FAULTS[fault]
    site = book / "_build/site/en/chapters/page.html"
    before = site.read_bytes() if site.exists() else None
    code, said = built(change)
    assert code != 0, f"{fault} was not caught"
    for words in expected:
        assert words in said, f"{fault}: expected {words!r} in\n{said[-1500:]}"
    assert (site.read_bytes() if site.exists() else None) == before
