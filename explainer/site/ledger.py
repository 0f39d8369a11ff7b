"""The ledger on the page: marks in the text, a chapter's list, the whole table.

``{claim}`E065``` marks a statement where it is discussed. ``{tally}`` counts a chapter's
verdicts (with ``:all:``, the book's), ``{statements}`` lists them, ``{ledger}`` is the
table of all. Everything is plain HTML; the browser adds a card to the marks and filters
to the table.
"""

from __future__ import annotations

import html
from collections import Counter
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective, SphinxRole
from sphinx.util.logging import getLogger

from explainer import build, claims, exports, usage
from explainer.claims import ARTICLES, INEQUALITIES, KINDS, Claim, Entry
from explainer.measures import as_stated
from explainer.site.typography import text_html
from explainer.values import WORD_UNITS, Value, format_value

logger = getLogger(__name__)

LEDGER_PAGE = "chapters/ledger"
TIERS = ("primary", "reputable", "other")
# How the filter names what data/sources.csv calls by one word.
EVIDENCE = {
    "data": "computed from data",
    "primary": "the party itself (primary)",
    "reputable": "known press, data firms (reputable)",
    "other": "others",
    "none": "none found",
}
# How a stated figure is compared, where that is not plain from the figure.
RELATIONS = {
    ">": "more than ",
    ">=": "at least ",
    "<": "less than ",
    "<=": "at most ",
    "about": "about ",
    "before": "before ",
}
YES = "yes"
HOLDS = {"yes": "it holds", "partly": "it holds in part", "no": "it does not hold"}
# Instead of what was measured, where no verdict was reached.
NOT_JUDGED = {"opinion": "not a matter of fact", "forecast": "about the future"}
# How a word stands beside "stated" and "found", so that it is not read as part of them.
AS_WORD = {"text": "“{}”", "rank": "{} place"}
# Of a tally: from one square to the next, room above, room between verdicts; in pixels.
SQUARE, HEAD, GAP = 13, 15, 7


class claim_mark(nodes.Inline, nodes.TextElement):  # noqa: N801
    """The label of a statement in a sentence; ``claim`` is its id."""


class ledger_block(nodes.General, nodes.Element):  # noqa: N801
    """A generated block; ``kind`` is tally, statements, elsewhere or ledger."""


@cache
def entries() -> dict[str, Entry]:
    """All statements by id, in reading order, judged."""
    return {entry.claim.id: entry for entry in claims.ledger()}


def of_chapter(page: str) -> list[Entry]:
    """The statements that a page lists."""
    chapter = claims.chapter_of(Path(page).name)
    return [entry for entry in entries().values() if entry.claim.chapter == chapter]


# --- HTML ------------------------------------------------------------------------


def verdict_html(word: str) -> str:
    return f'<span class="verdict verdict-{word}">{claims.LABELS[word]["en"]}</span>'


def measured_html(entry: Entry) -> str:
    """What decided: stated against measured or found; else how it was judged."""
    claim, verdict = entry.claim, entry.verdict
    if not verdict.computed or verdict.measured is None or verdict.stated is None:
        return NOT_JUDGED.get(verdict.word, "judged from the evidence")
    found = shown(verdict.measured, verdict.measured_high)
    if verdict.stated.unit == "text" and verdict.stated.number == YES:
        return f"computed from the tables: {HOLDS[str(verdict.measured.number)]}"
    if verdict.stated.unit in ("text", "rank") and verdict.stated == verdict.measured:
        return "found as stated"
    if claim.comparator in INEQUALITIES and claim.reading:
        # The sentence has no figure: what is compared with is the reading's. The reason
        # says what was measured.
        return "computed from the tables"
    if verdict.stated.number == 0:
        return "computed from the tables"
    relation = RELATIONS.get(str(claim.comparator), "")
    if verdict.stated.unit in ("count", "people"):
        relation = relation.replace("less", "fewer")
    stated = relation + shown(verdict.stated, verdict.stated_high)
    verb = "found" if verdict.stated.unit in WORD_UNITS else "measured"
    return against(stated, verb, found)


def against(stated: str, verb: str, found: str) -> str:
    """The two sides of a comparison, each of which may have a line of its own."""
    return f'<span class="stated-side">stated {stated},</span> <span>{verb} {found}</span>'


def shown(low: Value, high: Value | None) -> str:
    """A figure, or both ends of a range; a word as a word."""
    text = html.escape(format_value(low))
    text = AS_WORD.get(low.unit, "{}").format(text)
    if high is None or high == low:
        return text
    return claims.RANGE["en"].format(text, html.escape(format_value(high)))


def source_html(evidence: Any) -> str:
    source = evidence.source
    title = text_html(source.title)
    if source.address:
        address = html.escape(source.address, quote=True)
        title = f'<a href="{address}" rel="noreferrer">{title}</a>'
    parts = [text_html(source.publisher), title]
    if source.published:
        parts.append(format_value(as_stated(source.published, "date").value()))
    return f"{', '.join(parts)} ({source.tier} source)"


def decided_html(entry: Entry) -> str:
    return (
        f'<p class="statement-verdict">{verdict_html(entry.verdict.word)} '
        f'<span class="statement-measured">{measured_html(entry)}</span></p>'
    )


def told_html(entry: Entry) -> str:
    claim = entry.claim
    return (
        f'<p class="statement-text"><span class="statement-id">{claim.id}</span> '
        f"{text_html(claim.statement_en)}</p>"
    )


def reason_html(entry: Entry) -> str:
    return f'<p class="statement-reason">{text_html(entry.verdict.reason)}</p>'


def entry_html(entry: Entry, ledger: str) -> str:
    """One statement in a chapter's list."""
    claim = entry.claim
    sources = "".join(f"<li>{source_html(item)}</li>" for item in entry.evidence)
    more = f'<a href="{ledger}#{claim.id}">{claim.id} in the ledger</a>'
    listed = f'<ul class="statement-sources">{sources}</ul>' if sources else ""
    return (
        f'<li class="statement" id="{claim.id}">{told_html(entry)}{decided_html(entry)}'
        f"<details><summary>Why, and on which evidence</summary>"
        f"{reason_html(entry)}{listed}<p>{more}</p></details></li>"
    )


def elsewhere_html(listed: Iterable[Entry]) -> str:
    """What the cards of statements show that another page lists: nothing on the page."""
    items = "".join(
        f'<li id="{entry.claim.id}">{told_html(entry)}{decided_html(entry)}'
        f"{reason_html(entry)}</li>"
        for entry in listed
    )
    return (
        '<template class="statements-elsewhere" data-pagefind-ignore>'
        f'<ol data-more="To the entry in the ledger">{items}</ol></template>'
    )


def squares_html(counts: Counter[str]) -> str:
    """One square for each statement, by verdict: the share of each at a glance.

    Each verdict's squares stand apart under its sign: in grey print colours are alike.
    """
    total = counts.total()
    rows = 3 if total <= 60 else 4 if total <= 180 else 7
    paths, signs, places, left = "", "", [], 0
    for word, label in claims.LABELS.items():
        corners = [divmod(index, rows) for index in range(counts[word])]
        if not corners:
            continue
        drawn = "".join(
            f"M{left + SQUARE * x},{HEAD + SQUARE * y}h10v10h-10z" for x, y in corners
        )
        paths += f'<path class="tally-{word}" d="{drawn}"/>'
        signs += label["sign"]
        places.append(str(left))
        left += SQUARE * (corners[-1][0] + 1) + GAP
    width, height = left - GAP - 3, HEAD + SQUARE * rows - 3
    return (
        f'<svg class="squares" viewBox="0 0 {width} {height}" width="{width}" '
        f'height="{height}" aria-hidden="true" focusable="false">'
        f'<text x="{" ".join(places)}" y="{HEAD - 4}">{signs}</text>{paths}</svg>'
    )


def tally_html(listed: list[Entry], opening: str = "This chapter tests") -> str:
    """How many statements hold: a square for each, and the counts in words."""
    counts = Counter(entry.verdict.word for entry in listed)
    computed = sum(entry.verdict.computed for entry in listed)
    parts = "".join(
        f'<li class="tally-{word}"><strong>{counts[word]}</strong> '
        f"{claims.LABELS[word]['en']}</li>"
        for word in claims.LABELS
        if counts[word]
    )
    are = "verdict is" if computed == 1 else "verdicts are"
    return (
        f'<div class="tally">{squares_html(counts)}<p>{opening} {len(listed)} statements '
        f"of the articles; {computed} {are} computed from data.</p><ul>{parts}</ul></div>"
    )


def statements_html(listed: list[Entry], ledger: str) -> str:
    items = "".join(entry_html(entry, ledger) for entry in listed)
    return (
        '<details class="statements-fold"><summary>'
        f"The {len(listed)} statements with verdicts and evidence</summary>"
        f'<ol class="statements" data-more="To the entry and its evidence">{items}</ol>'
        "</details>"
    )


def best_tier(entry: Entry) -> str:
    """The strongest kind of evidence behind a statement; ``data`` if it is measured."""
    if entry.verdict.computed:
        return "data"
    tiers = {item.source.tier for item in entry.evidence}
    return next((tier for tier in TIERS if tier in tiers), "none")


def allowed(claim: Claim) -> str:
    """A written tolerance and its reason, where a statement has one."""
    if not claim.tolerance:
        return ""
    return f"{claim.tolerance}. {claim.tolerance_reason}"


def row_html(entry: Entry) -> str:
    """One statement as a row of the whole table."""
    claim, verdict = entry.claim, entry.verdict
    data = {
        "article": claim.article,
        "chapter": claim.chapter,
        "kind": claim.kind,
        "verdict": verdict.word,
        "tier": best_tier(entry),
    }
    attributes = "".join(f' data-{key}="{value}"' for key, value in data.items())
    evidence = "".join(
        f"<li>{source_html(item)}: {text_html(item.says)}</li>" for item in entry.evidence
    )
    notes = "".join(
        f"<p>{label}: {text_html(text)}</p>"
        for label, text in (
            ("Tested as", claim.reading),
            ("Allowed instead of the rule", allowed(claim)),
            ("Searched", claim.searched),
        )
        if text
    )
    return (
        f'<tr id="{claim.id}"{attributes}><th scope="row"><a href="#{claim.id}">'
        f"{claim.id}</a></th><td>{text_html(claim.statement_en)}<details><summary>Why"
        f"</summary><p>{text_html(verdict.reason)}</p>{notes}"
        f"{f'<ul>{evidence}</ul>' if evidence else ''}</details></td>"
        f"<td>{measured_html(entry)}</td><td>{verdict_html(entry.verdict.word)}</td></tr>"
    )


def choices(name: str, label: str, pairs: Iterable[tuple[str, str]]) -> str:
    options = "".join(
        f'<option value="{value}">{html.escape(text, quote=False)}</option>'
        for value, text in pairs
    )
    return (
        f'<p><label for="filter-{name}">{label}</label> '
        f'<select id="filter-{name}" data-filter="{name}"><option value="">all</option>'
        f"{options}</select></p>"
    )


def ledger_html() -> str:
    """The table of all statements with its filters (which need JavaScript)."""
    listed = list(entries().values())

    titles = {
        claims.chapter_of(page.stem): usage.title_of(page) for page in build.chapters()
    }
    held = {entry.claim.chapter for entry in listed}
    chapters = ((name, title) for name, title in titles.items() if name in held)

    filters = "".join(
        [
            choices("article", "Article", ARTICLES.items()),
            choices("chapter", "Chapter", chapters),
            choices("kind", "What is stated", KINDS.items()),
            choices(
                "verdict",
                "Verdict",
                ((word, label["en"]) for word, label in claims.LABELS.items()),
            ),
            choices("tier", "Best evidence", EVIDENCE.items()),
        ]
    )
    rows = "".join(map(row_html, listed))
    return (
        '<form class="ledger-filter" id="ledger-filter" role="search">'
        f'{filters}<p><label for="filter-text">Words</label> <input type="search" '
        'id="filter-text" data-filter="text" autocomplete="off"></p>'
        '<p class="ledger-count" role="status" aria-live="polite" '
        'data-none="None of {all} statements: take a filter away." '
        f'data-some="{{shown}} of {{all}} statements">{len(listed)} of '
        f"{len(listed)} statements</p>"
        '<p><button type="reset">Show all</button></p></form>'
        '<p class="ledger-files"><a href="../ledger/claims.csv" download>CSV</a> '
        '<a href="../ledger/claims.json" download>JSON</a> '
        '<a href="../ledger/claimreview.jsonld" download>ClaimReview, for search engines '
        "(JSON-LD)</a></p>"
        '<table class="ledger" id="ledger-table"><caption>All statements of both articles, '
        "in reading order</caption><thead><tr>"
        '<th scope="col">Id</th><th scope="col">Statement</th>'
        '<th scope="col">Stated and measured</th><th scope="col">Verdict</th></tr></thead>'
        f"<tbody>{rows}</tbody></table>"
    )


# --- Sphinx ----------------------------------------------------------------------


class ClaimRole(SphinxRole):
    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        if self.text not in entries():
            logger.warning(
                "data/claims.csv: no statement %r", self.text, location=self.get_location()
            )
            return [nodes.problematic(self.rawtext, self.rawtext)], []
        node = claim_mark(claim=self.text)
        self.set_source_info(node)
        return [node], []


class LedgerDirective(SphinxDirective):
    has_content = False
    option_spec = {"all": directives.flag}

    def run(self) -> list[nodes.Node]:
        return [ledger_block(kind=self.name, all="all" in self.options)]


def follows_its_like(node: claim_mark) -> bool:
    """Whether the mark before, with nothing between, says the same: one word serves."""
    before = node.parent[: node.parent.index(node)]
    while before and isinstance(before[-1], nodes.Text) and not before[-1].strip():
        before = before[:-1]
    if not before or not isinstance(before[-1], claim_mark):
        return False
    same = entries()[before[-1]["claim"]].verdict.word
    return same == entries()[node["claim"]].verdict.word


def add_elsewhere(app: Sphinx, doctree: nodes.document, page: str) -> None:
    """At a page's end, the statements that it speaks of and another page lists."""
    marked = dict.fromkeys(node["claim"] for node in doctree.findall(claim_mark))
    own = {entry.claim.id for entry in of_chapter(page)}
    others = [claim for claim in marked if claim not in own]
    if others:
        doctree.append(ledger_block(kind="elsewhere", claims=others))


def visit_mark(self: Any, node: claim_mark) -> None:
    entry = entries()[node["claim"]]
    claim, word = entry.claim, entry.verdict.word
    here = self.builder.current_docname
    own = claim.chapter == claims.chapter_of(Path(here).name)
    page = "" if own else self.builder.get_relative_uri(here, LEDGER_PAGE)
    label = claims.LABELS[word]["en"]
    again = " claim-again" if follows_its_like(node) else ""
    # In the text a mark stays with the word before it; a table's cell has no room.
    in_cell = isinstance(node.parent.parent, nodes.entry)
    if not in_cell and self.body and self.body[-1].endswith(" "):
        self.body[-1] = self.body[-1][:-1] + "\N{NO-BREAK SPACE}"
    self.body.append(
        f'<a class="claim claim-{word}{again}" href="{page}#{claim.id}" '
        f'data-claim="{claim.id}" aria-label="{label}, {claim.id}">{label}</a>'
    )
    raise nodes.SkipNode


def visit_block(self: Any, node: ledger_block) -> None:
    here = self.builder.current_docname
    if node["kind"] == "ledger":
        self.body.append(ledger_html())
    elif node["kind"] == "tally":
        self.body.append(
            tally_html(list(entries().values()), "This book tests")
            if node["all"]
            else tally_html(of_chapter(here))
        )
    elif node["kind"] == "elsewhere":
        self.body.append(elsewhere_html(entries()[claim] for claim in node["claims"]))
    else:
        ledger = self.builder.get_relative_uri(here, LEDGER_PAGE)
        self.body.append(statements_html(of_chapter(here), ledger))
    raise nodes.SkipNode


def skip(self: Any, node: nodes.Node) -> None:
    raise nodes.SkipNode


def check_places(app: Sphinx, env: Any) -> None:
    """Each chapter that the ledger names and the book holds lists its statements."""
    for page in env.found_docs:
        listed = of_chapter(page)
        if not listed:
            continue
        kinds = [node["kind"] for node in env.get_doctree(page).findall(ledger_block)]
        if kinds.count("statements") != 1:
            logger.warning(
                "%s lists its %d statements %d times; expected one {statements}",
                page, len(listed), kinds.count("statements"),
            )  # fmt: skip


def write_exports(app: Sphinx, error: Exception | None) -> None:
    if not error and app.builder.format == "html":
        exports.write(Path(app.outdir, "ledger"))


def setup(app: Sphinx) -> None:
    none = (skip, None)
    app.add_role("claim", ClaimRole())
    for name in ("tally", "statements", "ledger"):
        app.add_directive(name, LedgerDirective)
    app.add_node(claim_mark, html=(visit_mark, None), text=none, latex=none)
    app.add_node(ledger_block, html=(visit_block, None), text=none, latex=none)
    app.connect("env-check-consistency", check_places)
    app.connect("doctree-resolved", add_elsewhere)
    app.connect("build-finished", write_exports)
