"""What a page tells search engines, messengers and browsers about itself.

Absolute addresses (canonical, card pictures) are written only where the public address
of the book is known: ``html_baseurl`` in ``_config.yml``, or ``BOOK_ADDRESS`` in the
environment of a publishing job. The same address gives the same bytes.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import yaml
from docutils import nodes
from markupsafe import Markup
from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.util.logging import getLogger

from explainer import ROOT
from explainer.charts.theme import COLOURS
from explainer.site import cards

logger = getLogger(__name__)


# Shorter says nothing, longer is cut by whoever shows it.
LENGTH = range(50, 161)
LOCALES = {"en": "en_US", "zh_TW": "zh_TW", "zh_CN": "zh_CN"}
SENTENCE_END = re.compile(r"[.!?](?= |$)|[。！？]")


# --- addresses -------------------------------------------------------------------


def site_address(configured: str | None = None) -> str:
    """The public address of the site's root with a slash at its end, or nothing.

    ``configured`` is Sphinx's ``html_baseurl``, by default what ``_config.yml`` says. A
    publishing job's ``BOOK_ADDRESS`` goes first.
    """
    if configured is None:
        settings = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))
        configured = settings["sphinx"]["config"].get("html_baseurl") or ""
    address = os.environ.get("BOOK_ADDRESS", "").strip() or configured
    if address and not re.fullmatch(r"https?://[^/\s]+(/\S*)?", address):
        raise ValueError(
            f"the book's public address is {address!r}; expected one like "
            "https://example.org/book/"
        )
    return address.rstrip("/") + "/" if address else ""


def set_address(app: Sphinx, config: Config) -> None:
    """The address of this edition: ``BOOK_EDITION`` is its folder below the root."""
    root = site_address(config.html_baseurl)
    edition = os.environ.get("BOOK_EDITION", "")
    config.html_baseurl = urljoin(root, f"{edition}/") if root and edition else root


# --- descriptions ----------------------------------------------------------------


def plain(app: Sphinx, node: nodes.Element) -> str:
    """The words a reader sees in a node, computed values included."""
    words = nodes.inline("", "", *(child.deepcopy() for child in node.children))
    shown = app.builder.render_partial(words)["fragment"]
    return " ".join(Markup(shown).striptags().split())


def keep_description(app: Sphinx, doctree: nodes.document) -> None:
    """Take a description in a page's front matter out of its text, for its head."""
    for meta in list(doctree.findall(nodes.meta)):
        if meta.get("name") == "description":
            app.env.metadata[app.env.docname]["description"] = meta["content"]
            meta.parent.remove(meta)


def description(app: Sphinx, page: str, doctree: nodes.document) -> str:
    """What a page is about in one or two sentences; a bad length is a warning."""
    written = app.env.metadata[page].get("description")
    text = written or shorten(opening(app, doctree))
    if len(text) not in LENGTH and app.config.language == "en":
        logger.warning(
            "%s describes itself in %d characters, expected %d to %d: %r; set "
            "myst: html_meta: description in its front matter",
            page, len(text), LENGTH.start, LENGTH.stop - 1, text,
        )  # fmt: skip
    return text


def opening(app: Sphinx, doctree: nodes.document) -> str:
    """The questions that a page says it answers, or else its first paragraphs."""
    top = next(iter(doctree.findall(nodes.section)), doctree)
    lists = [child for child in top.children if isinstance(child, nodes.bullet_list)]
    for listed in lists[:1]:
        items = [question(app, item) for item in listed.children]
        if all(item.endswith(("?", "？")) for item in items):
            return " ".join(items)
    text = ""
    for paragraph in running_text(top):
        text = f"{text} {plain(app, paragraph)}".strip()
        if len(text) >= LENGTH.start:
            break
    return text


def question(app: Sphinx, item: nodes.list_item) -> str:
    """What a line of the opening's list asks; its answer may follow the bold question."""
    paragraph = item.children[0]
    first = paragraph.children[0] if paragraph.children else None
    return plain(app, first if isinstance(first, nodes.strong) else paragraph)


def running_text(section: nodes.Element) -> Iterator[nodes.paragraph]:
    """Paragraphs of the text itself: not of notes, cells, lists or tables."""
    for paragraph in section.findall(nodes.paragraph):
        if isinstance(paragraph.parent, nodes.section | nodes.document):
            yield paragraph


def shorten(text: str) -> str:
    """Cut a text that is too long after a sentence, or else after a word."""
    longest = LENGTH.stop - 1
    if len(text) <= longest:
        return text
    ends = [match.end() for match in SENTENCE_END.finditer(text[: longest + 1])]
    if ends and LENGTH.start <= ends[-1] <= longest:
        return text[: ends[-1]]
    cut = text[: longest - 1]
    return (cut.rpartition(" ")[0] or cut).rstrip(" ,;:") + "…"


# --- the head --------------------------------------------------------------------


def fill_context(app: Sphinx, page: str, context: dict[str, Any], doctree: Any) -> None:
    """Give ``head.html`` what it shows."""
    config = app.config
    context["head"] = {
        "front": page == config.root_doc,
        "locale": LOCALES.get(config.language, "en_US"),
        "paper": COLOURS["paper"],
        "address": address(app, page),
        "card": "",
        "card_size": cards.SIZE,
    }
    context["description"] = ""
    if doctree is None:
        return
    context["description"] = description(app, page, doctree)
    if config.html_baseurl:
        card = cards.of_page(app, page)
        context["head"]["card"] = urljoin(config.html_baseurl, card.file)
        context["head"]["card_text"] = card.text


def address(app: Sphinx, page: str) -> str:
    """The absolute address of a page, or nothing where the book's is not known."""
    base = app.config.html_baseurl
    return urljoin(base, app.builder.get_target_uri(page)) if base else ""


def setup(app: Sphinx) -> None:
    app.connect("config-inited", set_address)
    app.connect("doctree-read", keep_description)
