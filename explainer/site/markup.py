"""Markup of cells, tables and glossary that keeps the page's policy and reads well aloud.

Three things are replaced before a page is written: pandas' HTML tables (which carry
style attributes), tables wider than a phone, and code cells: those that follow each
other become one fold below what they show, so that who reads is not stopped by code and
who learns has it one touch away. Code is coloured sparingly. A glossary gets its letters.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import Any

from docutils import nodes
from pygments.formatters import HtmlFormatter
from pygments.token import Comment, Keyword, Operator, String, Text, _TokenType
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.highlighting import PygmentsBridge

from explainer.claims import LABELS
from explainer.site import ledger
from explainer.site.outputs import values_node
from explainer.site.typography import text_html

# Numbers as pandas or a chapter prints them: 1,234.5  −3.2%  $593  1e-05  NaN
NUMBER = re.compile(
    r"[-+−]?[$€£¥]?[\d,]*\.?\d+(e[-+]?\d+)?\s?%?|nan|<NA>|–", re.IGNORECASE
)


@dataclass
class Cell:
    """One cell of a table: its tag, its words, and the columns and rows it spans."""

    tag: str
    text: str
    spans: dict[str, int]

    def written(self, numeric: bool, in_head: bool, ledger_page: str) -> str:
        spans = "".join(f' {name}="{count}"' for name, count in self.spans.items())
        kind = ' class="number"' if numeric else ""
        text = text_html(self.text)
        if self.text in ledger.entries():
            text = f'<a href="{ledger_page}#{text}">{text}</a>'
        elif self.text in LABELS and not in_head:
            text = ledger.verdict_html(self.text)
        if self.tag == "td" or not self.text:  # pandas leaves corners empty: no heading
            return f"<td{kind}{spans}>{text}</td>"
        return f'<th scope="{"col" if in_head else "row"}"{kind}{spans}>{text}</th>'


class DataFrameTable(HTMLParser):
    """Reads the table that ``DataFrame._repr_html_`` writes."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.head: list[list[Cell]] = []
        self.body: list[list[Cell]] = []
        self.size = ""
        self._part = self.head
        self._spans: dict[str, int] = {}
        self._words: list[str] = []
        self.feed(source)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in ("thead", "tbody"):
            self._part = self.head if tag == "thead" else self.body
        elif tag == "tr":
            self._part.append([])
        elif tag in ("th", "td", "p"):
            self._words = []
            self._spans = {
                name: int(count or 1)
                for name, count in attrs
                if name in ("colspan", "rowspan")
            }

    def handle_data(self, data: str) -> None:
        self._words.append(data)

    def handle_endtag(self, tag: str) -> None:
        words = " ".join("".join(self._words).split())
        if tag in ("th", "td"):
            self._part[-1].append(Cell(tag, words, self._spans))
        elif tag == "p":
            self.size = words


def data_frame_html(source: str, ledger_page: str) -> str:
    """A pandas table without its style attributes, with scopes, in a box that scrolls.

    A statement's id leads to its entry in the ledger, a verdict looks like one.
    """
    table = DataFrameTable(source)
    plain = not any(cell.spans for row in table.head + table.body for cell in row)
    columns = zip(*table.body, strict=True) if plain else ()
    numeric = [
        all(cell.tag == "td" and NUMBER.fullmatch(cell.text) for cell in column)
        for column in columns
    ]

    def rows(part: list[list[Cell]], in_head: bool) -> str:
        return "".join(
            "<tr>"
            + "".join(
                cell.written(
                    index < len(numeric) and numeric[index], in_head, ledger_page
                )
                for index, cell in enumerate(row)
            )
            + "</tr>"
            for row in part
        )

    size = f'<p class="table-size">{html.escape(table.size)}</p>' if table.size else ""
    return (
        '<div class="table-box"><table class="dataframe">'
        f"<thead>{rows(table.head, True)}</thead>"
        f"<tbody>{rows(table.body, False)}</tbody></table></div>{size}"
    )


def clean_data_frames(app: Sphinx, doctree: nodes.document) -> None:
    ledger_page = app.builder.get_relative_uri(app.env.docname, ledger.LEDGER_PAGE)
    for raw in list(doctree.findall(nodes.raw)):
        source = raw.astext()
        if raw.get("format") == "html" and '<table border="1" class="dataframe"' in source:
            raw.children = []
            raw += nodes.Text(data_frame_html(source, ledger_page))


def box_tables(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Put each table into a box that may scroll; widths are the style sheet's matter."""
    for table in list(doctree.findall(nodes.table)):
        table["classes"] = [name for name in table["classes"] if name != "colwidths-given"]
        box = nodes.container(classes=["table-box"])
        table.parent.replace(table, box)
        box += table


def add_letters(app: Sphinx, doctree: nodes.document) -> None:
    """In front of a glossary, a letter for each first term that begins with it."""
    for glossary in list(doctree.findall(addnodes.glossary)):
        first: dict[str, str] = {}
        for term in glossary.findall(nodes.term):
            first.setdefault(term.astext()[0].upper(), term["ids"][0])
        strip = nodes.paragraph(classes=["letters"])
        for letter, place in sorted(first.items()):
            strip += [nodes.reference("", letter, refid=place, internal=True)]
            strip += nodes.Text(" ")
        glossary.parent.insert(glossary.parent.index(glossary), strip)


class code_fold(nodes.General, nodes.Element):  # noqa: N801 (docutils names nodes so)
    """The code of one or more cells and the values they told, folded."""


def is_cell(node: nodes.Node) -> bool:
    return isinstance(node, nodes.container) and node.get("nb_element") == "cell_code"


def fold_cells(app: Sphinx, doctree: nodes.document) -> None:
    """Replace each run of cells by what they show, and one fold with their code."""
    parents = {cell.parent for cell in doctree.findall(is_cell)}
    for parent in parents:
        children: list[nodes.Node] = []
        run: list[nodes.Element] = []
        for child in [*parent.children, None]:
            if child is not None and is_cell(child):
                run.append(child)
                continue
            if run:
                children += folded(app, run)
                run = []
            if child is not None:
                children.append(child)
        parent.children = []
        parent.extend(children)


def folded(app: Sphinx, run: list[nodes.Element]) -> list[nodes.Node]:
    fold = code_fold(
        show=app.config.nb_code_prompt_show, hide=app.config.nb_code_prompt_hide
    )
    shown = nodes.container(classes=["cell_output"])
    for cell in run:
        for part in cell.children:
            if part.get("nb_element") == "cell_code_source":
                fold += part
                continue
            for output in list(part.children):
                told = next(iter(output.findall(values_node)), None)
                (shown if told is None else fold).append(output)
    if shown.children:
        return [nodes.container("", shown, fold, classes=["cell"])]
    return [nodes.container("", fold, classes=["cell", "silent"])]


# --- code ------------------------------------------------------------------------


def few_kinds(
    tokens: Iterable[tuple[_TokenType, str]],
) -> Iterator[tuple[_TokenType, str]]:
    """Keep apart what the style sheet colours: comments, words of the language, strings.

    Pygments wraps every name, dot and bracket in an element of its own, which would be
    half of all elements of a chapter.
    """
    for kind, text in tokens:
        if kind in Keyword or kind in Operator.Word:
            yield Keyword, text
        else:
            yield next((plain for plain in (Comment, String) if kind in plain), Text), text


class SparseHtmlFormatter(HtmlFormatter):
    """Pygments' own formatter, given few kinds of tokens."""

    def format(self, tokensource: Any, outfile: Any) -> None:
        super().format(few_kinds(tokensource), outfile)


def visit_fold(self: Any, node: code_fold) -> None:
    show, hide = (html.escape(node[key]) for key in ("show", "hide"))
    self.body.append(
        '<details class="folded"><summary>'
        f'<span class="when-closed">{show}</span><span class="when-open">{hide}</span>'
        "</summary>\n"
    )


def depart_fold(self: Any, node: code_fold) -> None:
    self.body.append("</details>\n")


def pass_by(self: Any, node: nodes.Node) -> None:
    pass


def setup(app: Sphinx) -> None:
    PygmentsBridge.html_formatter = SparseHtmlFormatter
    plain = (pass_by, pass_by)
    app.add_node(code_fold, html=(visit_fold, depart_fold), text=plain, latex=plain)
    app.connect("doctree-read", clean_data_frames)
    app.connect("doctree-read", fold_cells)
    app.connect("doctree-read", add_letters)
    app.connect("doctree-resolved", box_tables)
