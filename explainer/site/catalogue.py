"""``{catalogue}``: every table of the book, as its manifest describes it.

An overview, then one entry a table with its sources, terms, checks and gaps, the pages
that rest on it and the verdicts that are measured from it. Plain HTML.
"""

from __future__ import annotations

import html
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective
from sphinx.util.osutil import relative_uri

from explainer import build, tables, usage
from explainer.site.outputs import TABLE_FILES
from explainer.site.typography import text_html

HASH_DIGITS = 12  # of SHA-256: enough to tell two versions of a table apart
CLASSES = {
    "verbatim": "verbatim: figures as one source prints them",
    "compiled": "compiled: put together from several sources",
    "computed": "computed from other tables",
}


class catalogue_block(nodes.General, nodes.Element):  # noqa: N801
    """The catalogue of all tables."""


class Catalogue(SphinxDirective):
    has_content = False

    def run(self) -> list[nodes.Node]:
        # Which pages rest on a table stands in the pages: read anew when one changes.
        for path in [build.ROOT / "_toc.yml", *build.chapters()]:
            self.env.note_dependency(str(path))
        return [catalogue_block()]


def visit_block(self: Any, node: catalogue_block) -> None:
    here = self.builder.get_target_uri(self.builder.current_docname)

    def address(path: str) -> str:
        return relative_uri(here, path)

    def page_link(page: Path) -> str:
        name = page.relative_to(build.ROOT).with_suffix("").as_posix()
        target = address(self.builder.get_target_uri(name))
        return f'<a href="{target}">{text_html(usage.title_of(page))}</a>'

    pages = usage.pages_by_table()
    links = {name: [page_link(page) for page in pages[name]] for name in pages}
    rows = "".join(overview_row(name, len(links[name])) for name in tables.names())
    entries = "".join(
        entry_html(
            name,
            links[name],
            address(f"{TABLE_FILES}/{name}.csv"),
            address(self.builder.get_target_uri("chapters/ledger")),
        )
        for name in tables.names()
    )
    self.body.append(
        '<div class="table-box"><table><caption>All tables; a name leads to its entry'
        '</caption><thead><tr><th scope="col">Table</th>'
        '<th scope="col" class="number">Rows</th>'
        '<th scope="col" class="number">Pages</th>'
        '<th scope="col" class="number">Verdicts</th>'
        '<th scope="col">Kind</th><th scope="col">Retrieved</th></tr></thead>'
        f"<tbody>{rows}</tbody></table></div>{entries}"
    )
    raise nodes.SkipNode


def overview_row(name: str, pages: int) -> str:
    manifest = tables.manifest(name)
    numbers = [manifest["rows"], pages, len(usage.verdicts_on(name))]
    texts = [manifest["class"], str(manifest["retrieved"])]
    return (
        f'<tr><th scope="row"><a href="#table-{name}">{name}</a></th>'
        + "".join(f'<td class="number">{number:,}</td>' for number in numbers)
        + "".join(f"<td>{text_html(text)}</td>" for text in texts)
        + "</tr>"
    )


def source_html(source: dict) -> str:
    title = text_html(str(source["title"]))
    if source["address"]:
        address = html.escape(source["address"], quote=True)
        title = f'<a href="{address}" rel="noreferrer">{title}</a>'
    parts = [text_html(source["publisher"]), title, source["date"]]
    return ", ".join(str(part) for part in parts if part)


def entry_html(name: str, pages: list[str], csv: str, ledger: str) -> str:
    """One table; the link to it opens the entry, as the target is inside."""
    manifest = tables.manifest(name)
    verdicts, digest = usage.verdicts_on(name), manifest["sha256"]
    measured = ", ".join(f'<a href="{ledger}#{one}">{one}</a>' for one in verdicts)
    parts = {
        "What it is": text(manifest["description"]),
        "Kind": text(CLASSES[manifest["class"]]),
        "Sources": list_of(map(source_html, manifest["sources"])),
        "Retrieved": text(manifest["retrieved"]),
        "Changed on the way in": text(manifest["alterations"]),
        "Terms of use": text(manifest["licence"]),
        "Second source, largest difference": text(manifest["cross_check"]),
        "What it does not know": text(manifest["gaps"]),
        "Pages that rest on it": list_of(pages),
        "Verdicts measured from it": f"<p>{measured or 'none'}</p>",
        "Columns": list_of(map(column_html, manifest["columns"])),
        "SHA-256 begins with": f"<p><code>{digest[:HASH_DIGITS]}</code></p>",
        "Files": f'<p><a href="{csv}" download>Table (CSV)</a>, '
        f'<a href="{csv}.yml" download>manifest (YAML)</a></p>',
    }
    body = "".join(
        f"<div><dt>{label}</dt><dd>{part}</dd></div>" for label, part in parts.items()
    )
    return (
        f"<details><summary><code>{name}</code> {text_html(manifest['title'])}: "
        f'{manifest["rows"]:,} rows</summary>'
        f'<dl id="table-{name}">{body}</dl></details>'
    )


def list_of(items: Iterable[str]) -> str:
    rows = "".join(f"<li>{item}</li>" for item in items)
    return f"<ul>{rows}</ul>" if rows else "<p>none</p>"


def text(paragraph: object) -> str:
    return f"<p>{text_html(str(paragraph).strip())}</p>"


def column_html(column: dict) -> str:
    unit = f" ({text_html(column['unit'])})" if "unit" in column else ""
    meaning = text_html(str(column["meaning"]).strip())
    return f"<code>{column['name']}</code>{unit}: {meaning}"


def skip(self: Any, node: nodes.Node) -> None:
    raise nodes.SkipNode


def setup(app: Sphinx) -> None:
    none = (skip, None)
    app.add_directive("catalogue", Catalogue)
    app.add_node(catalogue_block, html=(visit_block, None), text=none, latex=none)
