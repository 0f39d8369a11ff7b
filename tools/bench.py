"""How the ledger page bears ten times as many statements. usage: make bench

Opens the built ledger in Chromium, with its own rows and with ten copies of them, and
times a filter, a search by words and a reset, side by side in one run: medians in
milliseconds, and the ratio.
"""

from __future__ import annotations

import platform
import shutil
import statistics
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

PAGE = Path(__file__).resolve().parents[1] / "_build/site/en/chapters/ledger.html"
RUNS = 7
COPY_ROWS = """times => {
  const body = document.querySelector('#ledger-table tbody');
  const rows = [...body.children];
  for (let copy = 1; copy < times; copy++)
    for (const row of rows) {
      const twin = row.cloneNode(true);
      twin.id = `${row.id}-${copy}`;
      body.append(twin);
    }
}"""
TIME = """async ([name, value]) => {
  const form = document.getElementById('ledger-filter');
  const start = performance.now();
  if (name === 'reset') form.reset();
  else {
    const input = form.querySelector(`[data-filter=${name}]`);
    input.value = value;
    input.dispatchEvent(new Event('input', { bubbles: true }));
  }
  await new Promise(done => requestAnimationFrame(() => setTimeout(done)));
  return performance.now() - start;
}"""
STEPS = {
    "filter by verdict": ["verdict", "contradicted"],
    "search for words": ["text", "nvidia market value"],
    "show all": ["reset", ""],
}


def measure(page, times: int) -> dict[str, float]:
    """Median milliseconds of each step, to the next frame."""
    found: dict[str, list[float]] = {step: [] for step in STEPS}
    for _ in range(RUNS):
        page.goto(PAGE.as_uri())
        if times > 1:
            # The page's script has to look at the table again.
            page.evaluate(COPY_ROWS, times)
            page.evaluate(
                "() => new Promise(done => { const script = document.createElement('script');"
                " script.src = document.querySelector('script[src*=\"book.js\"]').src;"
                " script.onload = done; document.head.append(script); })"
            )
        for step, change in STEPS.items():
            found[step].append(page.evaluate(TIME, change))
    return {step: statistics.median(taken) for step, taken in found.items()}


def main() -> int:
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None or not PAGE.exists():
        print("make bench needs Chromium and a built site (make book)", file=sys.stderr)
        return 1
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium, args=["--no-sandbox", "--disable-gpu"]
        )
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        one, ten = measure(page, 1), measure(page, 10)
        rows = page.evaluate("document.querySelectorAll('#ledger-table tbody tr').length")
        browser.close()
    print(f"{platform.processor() or platform.machine()}, medians of {RUNS} runs, ms")
    print(f"{'':<20}{rows // 10:>8} rows{rows:>8} rows   ratio")
    for step in STEPS:
        ratio = ten[step] / one[step]
        print(f"{step:<20}{one[step]:>13.1f}{ten[step]:>13.1f}{ratio:>8.1f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
