"""Pages side by side: weight, requests, elements, a slow phone, a slider."""

from __future__ import annotations

import statistics
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from bench import serve, stock
from bench.report import chromium, number, ratio, table
from bench.serve import Book, Site
from chromium import launched
from playwright.sync_api import Browser, Page
from playwright.sync_api import TimeoutError as TooLong

from explainer import build

TIMED = ("introduction", "2-the-trigger", "conclusion")
SAMPLE = ("toolbox",)
RUNS, MOVES = 7, 15
PHONE = {"width": 390, "height": 844}
SLOW_4G = {
    "offline": False,
    "latency": 150,
    "downloadThroughput": 1_600_000 / 8,
    "uploadThroughput": 750_000 / 8,
}
SLOWER = 4
QUIET = 2000  # ms after which a loaded page counts as settled

# Runs before the page's own scripts, in both books. A chart counts as painted once the
# frame after its drawing stands in the document is done; Altair's embedding adds its menu
# when the chart is drawn.
WATCH = """(() => {
  const seen = (window.__seen = { chart: null, shift: 0, long: [] });
  const observe = (type, note) =>
    new PerformanceObserver((list) => list.getEntries().forEach(note))
      .observe({ type, buffered: true });
  observe('layout-shift', (e) => { if (!e.hadRecentInput) seen.shift += e.value; });
  observe('longtask', (e) => seen.long.push([e.startTime, e.duration]));
  window.__afterFrame = (then) => requestAnimationFrame(() => {
    const channel = new MessageChannel();
    channel.port1.onmessage = () => then(performance.now());
    channel.port2.postMessage(0);
  });
  const drawn = () => document.querySelector('.vega-embed details')
    || document.querySelector('figure.chart .chart-view')?.nextElementSibling;
  const look = () => drawn()
    ? __afterFrame((time) => { seen.chart = time; })
    : requestAnimationFrame(look);
  requestAnimationFrame(look);
})()"""
SEEN = """() => {
  const first = performance.getEntriesByName('first-contentful-paint')[0]?.startTime;
  const long = __seen.long.filter(([start]) => start >= (first ?? 0));
  return {
    first: first ?? null,
    chart: __seen.chart && Math.max(__seen.chart, first ?? 0),
    shift: __seen.shift,
    tasks: long.length,
    blocked: long.reduce((sum, [, time]) => sum + time - 50, 0),
  };
}"""
# Wakes all charts of this book, one after the other; gives the time of the first, ms.
WAKE = """async () => {
  const charts = [...document.querySelectorAll('figure.chart')]
    .filter((chart) => chart.getClientRects().length);
  const frame = () => new Promise(__afterFrame);
  let first = null;
  for (const chart of charts) {
    const start = performance.now();
    chart.querySelector('.chart-view').focus({ preventScroll: true });
    while (chart.dataset.state !== 'live') await frame();
    first ??= (await frame()) - start;
  }
  return first;
}"""
ALL_DRAWN = """() => document.querySelectorAll('.vega-embed details').length
  === document.querySelectorAll('div[id^=altair-viz]').length"""
SCROLL = """async () => {
  const frame = () => new Promise(__afterFrame);
  for (let at = 0; at < document.documentElement.scrollHeight; at += innerHeight / 2) {
    scrollTo(0, at);
    await frame();
    await frame();
  }
}"""
ELEMENTS = "document.querySelectorAll('*').length"
# Notes the time from each move of a slider to the end of the frame with the new chart.
FOLLOW = """(which) => {
  const own = [...document.querySelectorAll('figure.chart')];
  const all = own.length ? own : [...document.querySelectorAll('div[id^=altair-viz]')];
  const slider = all[which].querySelector('input[type=range]');
  window.__moves = [];
  let start = null;
  const changed = () => {
    if (start === null) return;
    const began = start;
    start = null;
    __afterFrame((time) => __moves.push(time - began));
  };
  addEventListener('input', (event) => { start = event.timeStamp; }, true);
  const view = all[which].querySelector('.chart-view');
  if (view) new MutationObserver(changed).observe(
    view, { subtree: true, childList: true, attributes: true, characterData: true });
  const clear = CanvasRenderingContext2D.prototype.clearRect;
  CanvasRenderingContext2D.prototype.clearRect = function (...box) {
    changed();
    return clear.apply(this, box);
  };
  slider.focus();
  return Number(slider.value) < Number(slider.max);
}"""
SLIDERS = """() => [...document.querySelectorAll('figure.chart')]
  .findIndex((chart) => chart.querySelector('.chart-control input[type=range]'))"""


@dataclass(frozen=True)
class Weight:
    """What one visit loads: requests, kB and elements before and with live charts."""

    own: int
    others: int
    kb: float
    kb_alive: float
    elements: int


@contextmanager
def browser() -> Iterator[Browser]:
    with launched(chromium()) as started:
        yield started


@contextmanager
def phone(started: Browser, slow_network: bool, slow_processor: bool) -> Iterator[Page]:
    """A new visitor's page on a phone, slowed down as asked."""
    context = started.new_context(
        viewport=PHONE, device_scale_factor=2, is_mobile=True, has_touch=True
    )
    page = context.new_page()
    page.add_init_script(WATCH)
    session = context.new_cdp_session(page)
    if slow_network:
        session.send("Network.enable")
        session.send("Network.emulateNetworkConditions", SLOW_4G)
    if slow_processor:
        session.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
    yield page
    context.close()


def bring_alive(page: Page, book: Book) -> float | None:
    """Wait until all charts can be used; gives ms from first touch to a live chart."""
    if not book.is_stock:
        return page.evaluate(WAKE)
    wait(page, ALL_DRAWN)
    return None


def wait(page: Page, condition: str) -> bool:
    """Whether a condition came true within a minute."""
    try:
        page.wait_for_function(condition, timeout=60_000)
    except TooLong:
        return False
    return True


def settle(page: Page, *sites: Site) -> None:
    """Wait until a page has asked for nothing during a second."""
    before = None
    while before != (now := [len(site.asked) for site in sites]):
        before = now
        page.wait_for_timeout(1000)


def weigh(started: Browser, book: Book, name: str, network: Site) -> Weight:
    """One visit at full speed: what it loads, before and with all charts alive."""

    def loaded() -> tuple[int, int, float]:
        (here, kb), (there, more) = book.site.loaded(), network.loaded()
        return here, there, kb + more

    with phone(started, slow_network=False, slow_processor=False) as page:
        loaded()
        page.goto(book.page(name), wait_until="load", timeout=120_000)
        settle(page, book.site, network)
        if book.is_stock:
            bring_alive(page, book)
        here, there, kb = loaded()
        elements = page.evaluate(ELEMENTS)
        bring_alive(page, book)
        page.evaluate(SCROLL)
        settle(page, book.site, network)
        more_here, more_there, more_kb = loaded()
    return Weight(here + more_here, there + more_there, kb, kb + more_kb, elements)


Measures = dict[str, float | None]


def on_slow_phone(started: Browser, book: Book, name: str) -> Measures:
    """One visit on the slow phone; times in ms."""
    with phone(started, slow_network=True, slow_processor=True) as page:
        page.goto(book.page(name), wait_until="load", timeout=120_000)
        wait(page, "() => __seen.chart !== null")
        page.wait_for_timeout(QUIET)
        loading = page.evaluate(SEEN)
        touch = bring_alive(page, book)
        page.evaluate(SCROLL)
        later = page.evaluate(SEEN)
    return {
        **loading,
        "touch": touch,
        "blocked alive": later["blocked"],
        "shift": later["shift"],
    }


def slider(
    started: Browser, book: Book, name: str, which: int, moves: int
) -> float | None:
    """Median ms from a move of the slider of chart ``which`` to its new picture."""
    with phone(started, slow_network=False, slow_processor=True) as page:
        page.goto(book.page(name), wait_until="load")
        bring_alive(page, book)
        page.wait_for_timeout(QUIET)
        forth = page.evaluate(FOLLOW, which)
        for move in range(moves):
            page.keyboard.press("ArrowRight" if (move % 2 == 0) == forth else "ArrowLeft")
            if not wait(page, f"() => __moves.length > {move}"):
                return None
        return statistics.median(page.evaluate("__moves"))


def first_slider(started: Browser, book: Book, name: str) -> int | None:
    """Which chart of a page is the first with a slider; None if none has."""
    with phone(started, slow_network=False, slow_processor=False) as page:
        page.goto(book.page(name))
        which = page.evaluate(SLIDERS)
    return None if which < 0 else which


def medians(runs: list[Measures]) -> Measures:
    """The median of each measure; None where a run has none."""
    found: Measures = {}
    for key in runs[0]:
        values = [run[key] for run in runs]
        known = [value for value in values if value is not None]
        found[key] = statistics.median(known) if len(known) == len(values) else None
    return found


# --- what is written ------------------------------------------------------------


def weights_table(weights: dict[str, tuple[Weight, Weight]]) -> str:
    head = [
        "page", "kB at first", "kB, charts alive", "stock: kB", "ratio",
        "requests, own + third-party", "stock: requests", "elements", "stock: elements",
    ]  # fmt: skip
    rows = [
        [
            name,
            number(own.kb),
            number(own.kb_alive),
            number(other.kb_alive),
            ratio(other.kb_alive, own.kb_alive),
            f"{own.own} + {own.others}",
            f"{other.own} + {other.others}",
            number(own.elements),
            number(other.elements),
        ]
        for name, (own, other) in weights.items()
    ]
    return table(head, rows)


# Label, name of the measure, decimals shown, units in one shown.
MEASURES = (
    ("first text painted, s", "first", 1, 1000),
    ("first chart painted, s", "chart", 1, 1000),
    ("long tasks while loading", "tasks", 0, 1),
    ("time blocked while loading, ms", "blocked", 0, 1),
    ("time blocked until all charts are alive, ms", "blocked alive", 0, 1),
    ("layout shift, from loading to the end of the page", "shift", 3, 1),
    ("first touch of a chart until it is alive, s", "touch", 1, 1000),
    ("slider, from a move to the new picture, ms", "slider", 0, 1),
)


def timed_table(found: dict[str, tuple[Measures, Measures]]) -> str:
    rows = []
    for name, (own, other) in found.items():
        for label, key, digits, unit in MEASURES:
            mine, theirs = (scaled(measures.get(key), unit) for measures in (own, other))
            if mine is not None or theirs is not None:
                rows.append(
                    [
                        f"{name}: {label}",
                        number(mine, digits),
                        number(theirs, digits),
                        ratio(theirs, mine),
                    ]
                )
    return table(["page: measure", "this book", "stock", "ratio"], rows)


def scaled(value: float | None, unit: float) -> float | None:
    return None if value is None else value / unit


def section(quick: bool) -> str:
    """Measure all pages' weight, and some pages on a slow phone, in both books."""
    own_folder = stock.own_site()
    names = SAMPLE if quick else tuple(page.stem for page in build.chapters())
    timed, runs, moves = (SAMPLE, 1, 3) if quick else (TIMED, RUNS, MOVES)
    stock_folder = stock.site(names if quick else ())
    weights = {}
    found = {}
    with serve.both(own_folder, stock_folder) as (*books, network), browser() as started:
        own = books[0]
        for name in names:
            # The first visit only makes the servers fetch and compress what they send.
            for book in books:
                weigh(started, book, name, network)
            weights[name] = tuple(weigh(started, book, name, network) for book in books)
        for name in timed:
            print(f"  {name} on a slow phone", flush=True)
            runs_of = [
                [on_slow_phone(started, book, name) for book in books] for _ in range(runs)
            ]
            measured = tuple(map(medians, map(list, zip(*runs_of, strict=True))))
            which = first_slider(started, own, name)
            for book, measures in zip(books, measured, strict=True):
                if which is not None:
                    measures["slider"] = slider(started, book, name, which, moves)
            found[name] = measured
    return "\n".join(
        [
            "## Pages\n",
            f"A first visit to each page, {PHONE['width']} px wide.\n",
            weights_table(weights),
            f"Medians of {counted(runs)} on a slow 4G phone, and of {moves} moves of the "
            "page's first slider there, without the slow network.\n",
            timed_table(found),
            fetched(network),
        ]
    )


def counted(runs: int) -> str:
    return "one visit" if runs == 1 else f"{runs} visits"


def fetched(network: Site) -> str:
    """What stock's pages asked of the network, and what could not be had."""
    text = f"Stock's pages fetched {', '.join(serve.packages(network.sent)) or 'nothing'}."
    if network.missing:
        lacking = ", ".join(sorted(network.missing))
        text += f"\nNot to be had, and so missing from stock's figures: {lacking}."
    return f"{text}\n"
