"""Lighthouse's scores for a phone: every page of this book, some of stock."""

from __future__ import annotations

import json
import os
import shutil
import statistics
import subprocess
from typing import Any

from bench import serve, stock
from bench.pages import SAMPLE, TIMED
from bench.report import CannotMeasure, chromium, number, table
from bench.serve import Book

from explainer import build

LIGHTHOUSE = "lighthouse@12.8.2"
FLAGS = "--headless=new --no-sandbox --disable-gpu"
# Between visits the time blocked differs by a factor of two.
RUNS = 3
SCORES = ("performance", "accessibility", "best-practices", "seo")
AUDITS = {
    "first-contentful-paint": ("first paint, s", 1000, 1),
    "largest-contentful-paint": ("largest paint, s", 1000, 1),
    "total-blocking-time": ("blocked, ms", 1, 0),
    "cumulative-layout-shift": ("shift", 1, 3),
}


def audit(address: str) -> dict[str, Any]:
    """Lighthouse's report on a page, as it writes it."""
    done = subprocess.run(
        [
            "npx", "--yes", LIGHTHOUSE, address, "--quiet", f"--chrome-flags={FLAGS}",
            f"--only-categories={','.join(SCORES)}", "--output=json",
            "--output-path=stdout",
        ],
        env={**os.environ, "CHROME_PATH": chromium()},
        capture_output=True,
        text=True,
        timeout=300,
    )  # fmt: skip
    try:
        return json.loads(done.stdout)
    except ValueError:
        raise CannotMeasure(f"Lighthouse did not answer:\n{done.stderr[-2000:]}") from None


def row(label: str, visits: list[dict[str, Any]]) -> list[str]:
    """A page's scores and timings, each the median of its visits."""

    def median(values: list[float | None], scale: float) -> float | None:
        return None if None in values else statistics.median(values) * scale

    return [
        label,
        *(
            number(median([a["categories"][name]["score"] for a in visits], 100))
            for name in SCORES
        ),
        *(
            number(
                median([a["audits"][name].get("numericValue") for a in visits], 1 / unit),
                digits,
            )
            for name, (_, unit, digits) in AUDITS.items()
        ),
    ]


def section(quick: bool) -> str:
    """Audit both books; one clear line where Node is missing."""
    heading = "## Lighthouse\n\n"
    if shutil.which("npx") is None:
        return f"{heading}Not measured: this machine has no Node, which Lighthouse needs.\n"
    own_folder = stock.own_site()
    names = SAMPLE if quick else tuple(page.stem for page in build.chapters())
    compared = SAMPLE if quick else TIMED
    runs = 1 if quick else RUNS
    found: dict[str, list[dict[str, Any]]] = {}
    with serve.both(own_folder, stock.site(names if quick else ())) as (own, other, _):
        # In turns, so that a busy minute hits every page alike; stock differs enough in one.
        visits: list[tuple[str, Book, str]] = [(name, own, name) for name in names] * runs
        visits += [(f"stock: {name}", other, name) for name in compared]
        for label, book, name in visits:
            print(f"  {label}", flush=True)
            found.setdefault(label, []).append(audit(book.page(name)))
    rows = [row(label, audits) for label, audits in found.items()]
    head = ["page", *SCORES, *(label for label, _, _ in AUDITS.values())]
    return (
        f"{heading}Medians of {runs} visits by {LIGHTHOUSE.replace('@', ' ')} (stock: one), "
        f"as a phone, with its own slow network and processor.\n\n{table(head, rows)}"
    )
