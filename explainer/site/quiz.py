"""Test yourself: statements of the ledger for the reader to judge first.

``{quiz}`` lists ids; the statements, verdicts and reasons are the ledger's own. Each is
a plain fold, and the browser adds the buttons and the score (``web/src/quiz.js``).
"""

from __future__ import annotations

import html
import json
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective
from sphinx.util.logging import getLogger

from explainer.claims import ARTICLES, Entry
from explainer.site import ledger
from explainer.site.typography import text_html

logger = getLogger(__name__)

# What a reader may answer, and the verdict that agrees with it.
ANSWERS = {"supported": "It holds", "imprecise": "Nearly", "contradicted": "It is wrong"}
BUTTONS = "".join(
    f'<button type="button" value="{verdict}" aria-pressed="false">{text}</button>'
    for verdict, text in ANSWERS.items()
)
TEXTS = {
    "agree": "Right: so says our verdict.",
    "differ": "Our verdict is another.",
    "score": "{right} of {answered} as the ledger judges; {left} to go.",
    "end": "{right} of {answered} as the ledger judges.",
    "again": "Start again",
}


class quiz_block(nodes.General, nodes.Element):  # noqa: N801 (docutils names nodes so)
    """Statements to judge; ``claims`` are their ids."""


class QuizDirective(SphinxDirective):
    has_content = True

    def run(self) -> list[nodes.Node]:
        wanted = " ".join(self.content).split()
        for name in wanted:
            entry = ledger.entries().get(name)
            if entry is None:
                found = "no such statement in data/claims.csv"
            elif entry.verdict.word not in ANSWERS:
                found = f"its verdict is {entry.verdict.word}"
            else:
                continue
            logger.warning(
                "quiz: %s: %s; expected one that is %s",
                name, found, ", ".join(ANSWERS), location=self.get_location(),
            )  # fmt: skip
            return []
        return [quiz_block(claims=wanted)]


def item_html(entry: Entry, page: str) -> str:
    """One statement, its verdict folded away."""
    claim = entry.claim
    return (
        f'<li class="quiz-item" data-verdict="{entry.verdict.word}">'
        f'<p class="quiz-statement" id="quiz-{claim.id}">{text_html(claim.statement_en)}'
        f' <span class="quiz-from">{ARTICLES[claim.article]}</span></p>'
        f'<div class="quiz-answers" role="group" aria-labelledby="quiz-{claim.id}">'
        f'{BUTTONS}<span class="quiz-result"></span></div>'
        '<details><summary>Show the verdict</summary>'
        f"<p>{ledger.verdict_html(entry.verdict.word)} "
        f'<span class="statement-measured">{ledger.measured_html(entry)}</span></p>'
        f"<p>{text_html(entry.verdict.reason)} "
        f'<a href="{page}#{claim.id}">{claim.id} in the ledger</a></p></details></li>'
    )


def visit_quiz(self: Any, node: quiz_block) -> None:
    page = self.builder.get_relative_uri(self.builder.current_docname, ledger.LEDGER_PAGE)
    items = "".join(item_html(ledger.entries()[name], page) for name in node["claims"])
    words = html.escape(json.dumps(TEXTS), quote=True)
    self.body.append(
        f'<ol class="quiz" data-words="{words}">{items}</ol>'
        '<p class="quiz-score" role="status"></p>'
    )
    raise nodes.SkipNode


def setup(app: Sphinx) -> None:
    skip = (ledger.skip, None)
    app.add_directive("quiz", QuizDirective)
    app.add_node(quiz_block, html=(visit_quiz, None), text=skip, latex=skip)
