"""The search index of one edition, made by Pagefind from the written pages.

Pagefind numbers pages in the order in which it is given them, and its command takes
them as the file system lists them: the same book would give other bytes on another
machine. So its service is asked, page after page in a fixed order, through the pipe
that its own Python and Node packages use. (It also shuffles the values of a filter;
there is one filter with one value.)

Two kinds of entries: a page with its headings as places, and each statement of the
ledger by itself. Code, drawings, tables of charts and controls are no text.
"""

from __future__ import annotations

import base64
import hashlib
import html
import json
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any, NamedTuple

from pagefind_bin_extended import get_executable
from sphinx.application import Sphinx
from sphinx.errors import ExtensionError

from explainer.site.ledger import LEDGER_PAGE

PACKAGE = "pagefind-bin-extended"
FILES = "pagefind"
SETTINGS = {
    "root_selector": "main",
    "exclude_selectors": [
        "details.folded",  # code, and the values it told
        ".highlight",
        ".chart-view",
        ".chart-controls",
        ".chart-readout",
        ".chart-foot",  # sources, and the numbers behind a chart
        "a.claim",
        ".footnote-reference",
        "aside.footnote > .label",
        ".tally",
        ".quiz",
        "ol.statements",  # each of them is an entry of its own
        ".ledger-filter",
        ".ledger-files",
        "summary",
        "table.ledger",
    ],
}
# Sphinx gives a section its name, Pagefind looks for it at the heading.
SECTION = re.compile(
    r'<section([^>]*?) id="([^"]+)"([^>]*)>\s*'
    r'((?:<span id="[^"]*"></span>\s*)*)<h([1-6])'
)
MARK = re.compile(r'data-claim="([NES]\d{3})"')
TERM = re.compile(r'<dt id="([^"]+)">(.*?)</dt>', re.DOTALL)
ROW = re.compile(r'<tr id="([NES]\d{3})"([^>]*)>(.*?)</tr>', re.DOTALL)
VERDICT = re.compile(r'<span class="verdict verdict-(\w+)">(.*?)</span>')


class Entry(NamedTuple):
    """What Pagefind is given: an address seen from the edition's root, and HTML."""

    address: str
    content: str


# --- entries ---------------------------------------------------------------------


def page_entry(address: str, written: str) -> Entry:
    """A page as it was written, with the names of its sections at their headings.

    A term of the glossary is a place of its own, so it is a heading here. The marks of
    statements would cut sentences in two; who searches for one's id finds it at the end.
    """
    content = SECTION.sub(r'<section\1\3>\4<h\5 id="\2"', written)
    marked = " ".join(dict.fromkeys(MARK.findall(written)))
    content = content.replace("</main>", f"<p>{marked}</p></main>")
    return Entry(address, TERM.sub(r'<h3 id="\1">\2</h3>', content))


def statement_entries(address: str, written: str) -> Iterator[Entry]:
    """The rows of the ledger page, one entry each."""
    language = re.search(r'<html lang="([^"]+)"', written).group(1)
    for name, _, row in ROW.findall(written):
        word, label = VERDICT.search(row).groups()
        row = row.replace("<td>", '<td><span data-pagefind-meta="statement">', 1)
        row = row.replace("<details>", "</span><details>", 1)
        facts = {"title": name, "verdict": word, "label": html.unescape(label)}
        told = "".join(
            f'<i data-pagefind-meta="{html.escape(f"{key}:{fact}")}"></i>'
            for key, fact in facts.items()
        )
        yield Entry(
            f"{address}#{name}",
            f'<html lang="{language}"><body>'
            f'<main data-pagefind-filter="kind:statement">{told}<table>{row}</table>'
            "</main></body></html>",
        )


def entries(app: Sphinx) -> Iterator[Entry]:
    """All entries of an edition in a fixed order."""
    for page in sorted(app.env.found_docs):
        address = app.builder.get_target_uri(page)
        written = Path(app.builder.get_outfilename(page)).read_text(encoding="utf-8")
        yield page_entry(address, written)
        if page == LEDGER_PAGE:
            yield from statement_entries(address, written)


# --- Pagefind --------------------------------------------------------------------


class Service:
    """Pagefind's service: one question and one answer at a time, base64 and commas."""

    def __enter__(self) -> Service:
        self._process = subprocess.Popen(
            [get_executable(), "--service"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        self._asked = 0
        return self

    def __exit__(self, *_: object) -> None:
        self._process.stdin.close()
        self._process.stdout.close()
        self._process.wait()

    def ask(self, kind: str, **payload: Any) -> Mapping[str, Any]:
        self._asked += 1
        question = {"message_id": self._asked, "payload": {"type": kind, **payload}}
        pipe_in, pipe_out = self._process.stdin, self._process.stdout
        pipe_in.write(base64.b64encode(json.dumps(question).encode()) + b",")
        pipe_in.flush()
        parts = [b""]
        while not parts[-1].endswith(b","):
            parts.append(pipe_out.read1())
            if not parts[-1]:
                raise ExtensionError("Pagefind stopped before it had answered")
        answer = json.loads(base64.b64decode(b"".join(parts)[:-1]))["payload"]
        if answer["type"] == "Error":
            raise ExtensionError(f"Pagefind: {answer['message']}")
        return answer


def index(listed: list[Entry]) -> dict[str, bytes]:
    """The files of the index: its program for browsers and its data, no interface."""
    with Service() as pagefind:
        number = pagefind.ask("NewIndex", config=SETTINGS)["index_id"]
        for entry in listed:
            pagefind.ask(
                "AddFile",
                index_id=number,
                url=entry.address,
                file_path=None,
                file_contents=entry.content,
            )
        files = pagefind.ask("GetFiles", index_id=number)["files"]
    return {
        file["path"]: base64.b64decode(file["content"])
        for file in files
        if Path(file["path"]).suffix not in (".js", ".css")
        or file["path"] == "pagefind.js"
    }


# --- Sphinx ----------------------------------------------------------------------


def write(app: Sphinx, error: Exception | None) -> None:
    """At the end of a good build: the index, if what it is made of has changed."""
    if error or app.builder.format != "html":
        return
    listed = list(entries(app))
    folder = Path(app.outdir, FILES)
    stamp = Path(app.doctreedir, "search.stamp")
    made_of = json.dumps([version(PACKAGE), SETTINGS, listed])
    digest = hashlib.sha256(made_of.encode()).hexdigest()
    if stamp.exists() and stamp.read_text() == digest and folder.exists():
        return
    shutil.rmtree(folder, ignore_errors=True)
    for name, content in sorted(index(listed).items()):
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
    stamp.write_text(digest)


def leave_out_sphinx_search(app: Sphinx) -> None:
    """Sphinx builds no index of its own and no page for it."""
    app.builder.search = False


def search_page(app: Sphinx) -> Iterator[tuple[str, dict[str, Any], str]]:
    yield "search", {}, "search.html"


def setup(app: Sphinx) -> None:
    app.connect("builder-inited", leave_out_sphinx_search)
    app.connect("html-collect-pages", search_page)
    # After the pages are in place, and after whatever else ends a build.
    app.connect("build-finished", write, priority=900)
