"""Every page's frame: the theme, its assets and policy, navigation, the way in.

The templates in ``theme/`` inherit from Sphinx's ``basic`` alone. What they need beyond
Sphinx's own context is prepared here, so that they hold no logic.
"""

from __future__ import annotations

import hashlib
import html
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from docutils import nodes
from markupsafe import Markup
from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.environment.adapters.toctree import global_toctree_for_doc

from explainer.charts import theme
from explainer.site import markup

ROOT = Path(__file__).resolve().parents[2]
WEB = ROOT / "web" / "dist"
THEME = Path(__file__).with_name("theme")
ASSETS = ROOT / "_build" / ".assets"
NOTEBOOKS = "notebooks"

# What a page may load and run: its own site's files and nothing else. ``'self'`` means
# nothing to some browsers on a page opened from a file, hence ``file:``; no page on a
# server may load files anyway. WebAssembly is for the search.
POLICY = "; ".join(
    f"{directive} {sources}"
    for directive, sources in {
        "default-src": "'none'",
        "script-src": "'self' file: 'wasm-unsafe-eval'",
        "style-src": "'self' file:",
        "img-src": "'self' file: data:",
        "connect-src": "'self'",
        "font-src": "'self'",
        "base-uri": "'none'",
        "form-action": "'self' file:",
    }.items()
)
# A page that only leads elsewhere loads nothing at all.
REDIRECT_POLICY = "default-src 'none'; base-uri 'none'; form-action 'none'"
SCRIPTS = ("theme.js", "book.js")
STYLES = ("book.css",)
DESCRIPTION_LENGTH = 200


def redirect(target: str) -> str:
    """A page that leads to ``target``, with and without scripts, from a file too."""
    safe = html.escape(target, quote=True)
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{REDIRECT_POLICY}">\n'
        f'<meta http-equiv="refresh" content="0; url={safe}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n'
        f'<link rel="canonical" href="{safe}">\n'
        "<title>The DeepSeek Shock, checked number by number</title>\n</head>\n"
        f'<body><p><a href="{safe}">The DeepSeek Shock, checked number by number</a></p>'
        "</body>\n</html>\n"
    )


# --- what the templates are given ------------------------------------------------


def plain(app: Sphinx, node: nodes.Element) -> str:
    """The words a reader sees in a node, computed values included."""
    words = nodes.inline("", "", *(child.deepcopy() for child in node.children))
    shown = app.builder.render_partial(words)["fragment"]
    return " ".join(Markup(shown).striptags().split())


def navigation(app: Sphinx, page: str) -> list[dict[str, Any]]:
    """The book's parts and their pages, as addresses seen from ``page``."""
    root = app.config.root_doc
    front = {
        "title": plain(app, app.env.titles[root]),
        "address": app.builder.get_relative_uri(page, root) or "#",
        "here": page == root,
    }
    parts: list[dict[str, Any]] = [{"caption": "", "pages": [front]}]
    tree = global_toctree_for_doc(
        app.env, page, app.builder, maxdepth=1, titles_only=True, includehidden=True
    )
    for child in tree.children if tree is not None else []:
        if isinstance(child, nodes.title):
            parts.append({"caption": child.astext(), "pages": []})
        elif isinstance(child, nodes.bullet_list):
            parts[-1]["pages"] += [
                {
                    "title": link.astext(),
                    "address": link["refuri"] or "#",
                    "here": not link["refuri"],
                }
                for link in child.findall(nodes.reference)
            ]
    return parts


def sections(app: Sphinx, parent: nodes.Element, depth: int) -> list[dict[str, Any]]:
    """The sections below ``parent`` with their anchors, ``depth`` levels deep."""
    return [
        {
            "title": plain(app, title),
            "anchor": child["ids"][0],
            "parts": sections(app, child, depth - 1),
        }
        for child in (parent.children if depth else [])
        if isinstance(child, nodes.section)
        for title in child.children[:1]
    ]


def described(doctree: nodes.document) -> bool:
    """Whether the page's front matter brings its own description."""
    return any(meta.get("name") == "description" for meta in doctree.findall(nodes.meta))


def first_words(app: Sphinx, doctree: nodes.document) -> str:
    """The first paragraph of a page, cut after a sentence if it is long."""
    paragraph = next(running_text(doctree), None)
    text = plain(app, paragraph) if paragraph is not None else ""
    if len(text) <= DESCRIPTION_LENGTH:
        return text
    start = text[:DESCRIPTION_LENGTH]
    ends = [match.end() for match in re.finditer(r"[.!?](?= )|[。！？]", start)]
    return start[: ends[-1]] if ends else start[:-1].rstrip() + "…"


def running_text(doctree: nodes.document) -> Iterator[nodes.paragraph]:
    """Paragraphs of the text itself: not of notes, cells, lists or tables."""
    for paragraph in doctree.findall(nodes.paragraph):
        if isinstance(paragraph.parent, nodes.section | nodes.document):
            yield paragraph


def fill_context(
    app: Sphinx,
    page: str,
    template: str,
    context: dict[str, Any],
    doctree: nodes.document | None,
) -> None:
    """Give the templates what they show, and take away what others would load."""
    if app.builder.format != "html":
        return
    context["policy"] = POLICY
    context["navigation"] = navigation(app, page)
    context["css_files"] = own_files(context["css_files"], STYLES)
    context["script_files"] = own_files(context["script_files"], SCRIPTS)
    context["on_page"], context["description"] = [], ""
    if doctree is None:
        return
    top = next(iter(doctree.findall(nodes.section)), doctree)
    listed = sections(app, top, depth=2)
    context["on_page"] = listed if len(listed) > 1 else []
    if not described(doctree):
        context["description"] = first_words(app, doctree)


def own_files(files: list[Any], names: tuple[str, ...]) -> list[Any]:
    """Of the files registered for a page, those that the theme loads, in its order.

    Sphinx and its extensions register theirs for every page; none is needed here.
    """
    found = {Path(str(file.filename)).name: file for file in files if file.filename}
    return [found[name] for name in names]


# --- the notebook behind a page --------------------------------------------------


def add_notebook_link(app: Sphinx, doctree: nodes.document) -> None:
    """Under a chapter's title: where its program is."""
    name = Path(app.env.docname).name
    notebook = ROOT / NOTEBOOKS / f"{name}.ipynb"
    if "kernelspec" not in app.env.metadata.get(app.env.docname, {}):
        return
    if not notebook.exists():
        return
    title = next(iter(doctree.findall(nodes.title)), None)
    if title is None:
        return
    up = "../" * app.env.docname.count("/")
    link = (
        '<p class="page-run" data-show-all="Show all code" data-hide-all="Hide all code">'
        f'This page is a program: <a href="{up}{NOTEBOOKS}/{name}.ipynb" '
        "download>download it as a notebook</a>.</p>"
    )
    section = title.parent
    section.insert(section.index(title) + 1, nodes.raw("", link, format="html"))


# --- files beside the pages ------------------------------------------------------


def add_assets(app: Sphinx, config: Config) -> None:
    """The browser bundle; the chart theme's colours go in front of its style sheet."""
    ASSETS.mkdir(parents=True, exist_ok=True)
    style = theme.css() + (WEB / "book.css").read_text(encoding="utf-8")
    contents = {
        "book.css": style.encode(),
        **{name: (WEB / name).read_bytes() for name in (*SCRIPTS, "charts.js")},
    }
    digest = hashlib.sha256()
    for name, content in sorted(contents.items()):
        (ASSETS / name).write_bytes(content)
        digest.update(content)
    config.html_static_path.append(str(ASSETS))
    # Pages name their assets with a checksum: a new style sheet means new pages.
    config.explainer_assets = digest.hexdigest()


def finish(app: Sphinx, error: Exception | None) -> None:
    """At the end of a good build: notebooks, and an index that opens the front page."""
    if error or app.builder.format != "html":
        return
    folder = Path(app.outdir, NOTEBOOKS)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    for notebook in sorted((ROOT / NOTEBOOKS).glob("*.ipynb")):
        shutil.copyfile(notebook, folder / notebook.name)
    index = Path(app.outdir, "index.html")
    root = app.builder.get_target_uri(app.config.root_doc)
    if root != "index.html":
        index.write_text(redirect(root), encoding="utf-8")


def setup(app: Sphinx) -> None:
    markup.setup(app)
    app.add_config_value("explainer_assets", "", "html")
    # Jupyter Book sets it for an extension that this book leaves out (`_config.yml`).
    app.add_config_value("comments_config", {}, "")
    app.add_html_theme("explainer", str(THEME))
    app.add_js_file("theme.js")  # blocking: it runs before anything is painted
    app.add_js_file("book.js", loading_method="defer")
    app.connect("config-inited", add_assets)
    app.connect("doctree-read", add_notebook_link)
    app.connect("html-page-context", fill_context, priority=900)
    app.connect("build-finished", finish)
