"""Every page's frame: the theme, its assets and policy, navigation, the way in.

The templates in ``theme/`` inherit from no other theme. What they need beyond Sphinx's
own context is prepared here and in :mod:`explainer.site.head`, so that they hold no
logic.
"""

from __future__ import annotations

import base64
import hashlib
import os
import shutil
from functools import cache
from pathlib import Path
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

import yaml
from docutils import nodes
from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.environment.adapters.toctree import global_toctree_for_doc

from explainer import ROOT, build, tables
from explainer.charts import theme
from explainer.site import cards, head, markup, search
from explainer.site.head import plain
from explainer.site.root import hash_source, redirect
from explainer.site.typography import keep_together, mark_chinese
from explainer.values import format_value, make_value

WEB = ROOT / "web" / "dist"
THEME = Path(__file__).with_name("theme")
ASSETS = ROOT / "_build" / ".assets"
NOTEBOOKS = "notebooks"
# What a reader needs to run and change the book. Named one by one: nothing else that lies
# in somebody's folder shall be published by accident.
SOURCE = "the-deepseek-shock.zip"
SOURCE_FILES = frozenset(
    "CITATION.cff CONTRIBUTING.md LICENSE Makefile README.md _config.yml _toc.yml conf.py"
    " pyproject.toml requirements.in requirements.lock requirements.txt"
    " chapters data docs explainer tests tools web".split()
)

# What a page may load and run: its own site's files and nothing else. ``'self'`` means
# nothing to some browsers on a page opened from a file, hence ``file:``; no page on a
# server may load files anyway. What stands in the page itself is named by its hash.
RULES = {
    "default-src": "'none'",
    "script-src": "'self' file: {script}",
    "style-src": "{style}",
    "img-src": "'self' file: data:",
    "font-src": "data:",
    "connect-src": "'self'",  # no script here asks, but auditors read robots.txt this way
    "base-uri": "'none'",
    "form-action": "'self' file:",
}
# The search runs WebAssembly; no other page does.
SEARCH_RULES = RULES | {"script-src": "'self' file: {script} 'wasm-unsafe-eval'"}
# The style sheet and the script that sets the colours stand in the page: with them in
# files, a first visit on a slow line waits for another answer before it shows anything.
STYLE, THEME_SCRIPT = "book.css", "theme.js"
# So does the headlines' font: one that comes later would change the lines of a page that
# is being read, or, if it may not, be there from the second page only.
FONT = THEME / "newsreader-600.woff2"
SCRIPTS = ("book.js",)
SEARCH_SCRIPTS = (*SCRIPTS, "search.js")
LATER = ("charts.js",)  # fetched by book.js when a reader points at a chart


# --- what the templates are given ------------------------------------------------


def short_title(app: Sphinx) -> str:
    """What the front page is called in lists: its own title is the whole book's."""
    root = app.config.root_doc
    return app.env.metadata[root].get("short_title") or plain(app, app.env.titles[root])


def navigation(app: Sphinx, page: str) -> list[dict[str, Any]]:
    """The book's parts and their pages, as addresses seen from ``page``."""
    root = app.config.root_doc
    front = {
        "title": short_title(app),
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
    searches = page == "search"
    rules = "; ".join(map(" ".join, (SEARCH_RULES if searches else RULES).items()))
    style, script = style_sheet(), theme_script()
    context["policy"] = rules.format(style=hash_source(style), script=hash_source(script))
    context |= edition(app.config.language or "en")
    context["style"], context["theme_script"] = style, script
    context["navigation"] = navigation(app, page)
    front = app.builder.get_relative_uri(page, app.config.root_doc)
    for side in ("prev", "next"):
        if context.get(side) and context[side]["link"] == front:
            context[side] = {**context[side], "title": short_title(app)}
    context["script_files"] = own_files(
        context["script_files"], SEARCH_SCRIPTS if searches else SCRIPTS
    )
    head.fill_context(app, page, context, doctree)
    context["on_page"], context["program"] = [], {}
    if doctree is None:
        return
    language = app.config.language or "en"
    context["body"] = mark_chinese(keep_together(context["body"], language), language)
    top = next(iter(doctree.findall(nodes.section)), doctree)
    listed = sections(app, top, depth=2)
    context["on_page"] = listed if len(listed) > 1 else []
    context["program"] = program(app, page)


@cache
def edition(language: str) -> dict[str, str]:
    """When this edition was made, and how far its prices go."""
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    days = {
        "edition": citation["date-released"].isoformat(),
        "prices_to": tables.read("instruments")["last_date"].max(),
    }
    return {
        name: format_value(make_value(day, "date"), language) for name, day in days.items()
    }


@cache
def style_sheet() -> str:
    """The book's style sheet with its font, the chart theme's colours in front of it."""
    rules = (WEB / STYLE).read_text(encoding="utf-8").strip()
    return theme.css() + rules.replace(FONT.name, data_address(FONT))


def data_address(font: Path) -> str:
    """A font as an address that needs no request."""
    return f"data:font/woff2;base64,{base64.b64encode(font.read_bytes()).decode()}"


@cache
def theme_script() -> str:
    """The script that runs before anything is painted."""
    return (WEB / THEME_SCRIPT).read_text(encoding="utf-8").strip()


def own_files(files: list[Any], names: tuple[str, ...]) -> list[Any]:
    """Of the files registered for a page, those that the theme loads, in its order.

    Sphinx and its extensions register theirs for every page; none is needed here.
    """
    found = {Path(str(file.filename)).name: file for file in files if file.filename}
    return [found[name] for name in names]


# --- the notebook behind a page --------------------------------------------------


def program(app: Sphinx, page: str) -> dict[str, str]:
    """Where a chapter's notebook and the book's source are, as seen from the page."""
    name = f"{Path(page).name}.ipynb"
    runs = "kernelspec" in app.env.metadata.get(page, {})
    if not runs or not (ROOT / NOTEBOOKS / name).exists():
        return {}
    up = "../" * page.count("/")
    return {"notebook": f"{up}{NOTEBOOKS}/{name}", "source": f"{up}{SOURCE}"}


# --- files beside the pages ------------------------------------------------------


def add_assets(app: Sphinx, config: Config) -> None:
    """The browser bundle: what pages load, and a checksum with what they hold."""
    shutil.rmtree(ASSETS, ignore_errors=True)
    ASSETS.mkdir(parents=True)
    texts = (style_sheet(), theme_script(), *edition(config.language or "en").values())
    digest = hashlib.sha256("".join(texts).encode())
    for name in (*SEARCH_SCRIPTS, *LATER):
        content = (WEB / name).read_bytes()
        (ASSETS / name).write_bytes(content)
        digest.update(content)
    config.html_static_path.append(str(ASSETS))
    # What is new there means new pages.
    config.explainer_assets = digest.hexdigest()


def finish(app: Sphinx, error: Exception | None) -> None:
    """At the end of a good build: notebooks, source, an index that opens the front page."""
    if error or app.builder.format != "html":
        return
    folder = Path(app.outdir, NOTEBOOKS)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    for notebook in sorted((ROOT / NOTEBOOKS).glob("*.ipynb")):
        shutil.copyfile(notebook, folder / notebook.name)
    write_source(Path(app.outdir, SOURCE))
    remove_unused(Path(app.outdir, "_static"))
    index = Path(app.outdir, "index.html")
    front = app.builder.get_target_uri(app.config.root_doc)
    if front != index.name:
        shown = Path(app.outdir, front).read_text(encoding="utf-8")
        index.write_text(redirect(front, shown), encoding="utf-8")


def write_source(archive: Path) -> None:
    """The book's own source as a zip, for readers who want to run a page.

    Without the executed notebooks, which each page offers one by one. The same files
    give the same bytes.
    """
    files = sorted(path.relative_to(ROOT) for path in build.project_files())
    with ZipFile(archive, "w", ZIP_DEFLATED) as packed:
        for file in files:
            if file.parts[0] not in SOURCE_FILES:
                continue
            entry = ZipInfo(f"{archive.stem}/{file.as_posix()}")  # dated 1980
            runs = os.access(ROOT / file, os.X_OK)
            entry.external_attr = (0o100755 if runs else 0o100644) << 16
            entry.compress_type = ZIP_DEFLATED
            packed.writestr(entry, (ROOT / file).read_bytes())


def remove_unused(static: Path) -> None:
    """Sphinx and myst-nb put style sheets there that the theme does without."""
    used = {*SEARCH_SCRIPTS, *LATER}
    used |= {file.name for file in (THEME / "static").iterdir()}
    for file in static.iterdir():
        if file.name not in used:
            file.unlink()


def setup(app: Sphinx) -> None:
    markup.setup(app)
    head.setup(app)
    cards.setup(app)
    search.setup(app)
    app.add_config_value("explainer_assets", "", "html")
    # Jupyter Book sets it for an extension that this book leaves out (`_config.yml`).
    app.add_config_value("comments_config", {}, "")
    app.add_html_theme("explainer", str(THEME))
    app.add_js_file("book.js", loading_method="defer")
    app.add_js_file("search.js", loading_method="defer")
    app.connect("config-inited", add_assets)
    app.connect("html-page-context", fill_context, priority=900)
    app.connect("build-finished", finish)
