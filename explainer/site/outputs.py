"""What a cell leaves on the page: charts and named values."""

from __future__ import annotations

import html
from pathlib import Path
from typing import Any

from docutils import nodes
from myst_nb.core.render import MimeData, MimeRenderPlugin, NbElementRenderer
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.errors import ExtensionError
from sphinx.util.osutil import relative_uri

from explainer import ROOT, tables, usage
from explainer.charts.renderer import MIME as CHART_MIME
from explainer.site.charts import (
    BadChart,
    Figure,
    figure_html,
    live_script,
    read_figure,
    table_csv,
)
from explainer.site.drawings import standalone
from explainer.site.typography import curly, text_html
from explainer.values import MIME as VALUES_MIME
from explainer.values import Value, format_value, from_json

DRAWINGS = ROOT / "_build" / ".drawings"
CHART_FILES = "charts"
TABLE_FILES = "data"


class chart_node(nodes.General, nodes.Element):  # noqa: N801 (docutils names nodes so)
    """A figure; ``figure`` is its :class:`~explainer.site.charts.Figure`."""


class values_node(nodes.General, nodes.Element):  # noqa: N801
    """The values that a cell told, each the target of the sentences that use it.

    ``code`` is the cell's.
    """


def page_values(env: BuildEnvironment) -> dict[str, dict[str, Value]]:
    """Per page, the values its cells told."""
    return env.__dict__.setdefault("explainer_values", {})


def page_figures(env: BuildEnvironment) -> dict[str, dict[str, Figure]]:
    """Per page, its figures by name."""
    return env.__dict__.setdefault("explainer_figures", {})


class ValuesOutput(MimeRenderPlugin):
    mime_priority_overrides = [("*", VALUES_MIME, 1)]

    @staticmethod
    def handle_mime(
        renderer: NbElementRenderer, data: MimeData, inline: bool
    ) -> list[nodes.Element] | None:
        if data.mime_type != VALUES_MIME or inline:
            return None
        env = renderer.renderer.sphinx_env
        values = from_json(data.content)
        known = page_values(env).setdefault(env.docname, {})
        for name, value in values.items():
            if name in known:
                raise ExtensionError(f"{env.docname}: the value {name!r} is told twice")
            known[name] = value
        return [values_node(values=values)]


class ChartOutput(MimeRenderPlugin):
    mime_priority_overrides = [("*", CHART_MIME, 1)]

    @staticmethod
    def handle_mime(
        renderer: NbElementRenderer, data: MimeData, inline: bool
    ) -> list[nodes.Element] | None:
        if data.mime_type != CHART_MIME or inline:
            return None
        env = renderer.renderer.sphinx_env
        try:
            figure = read_figure(data.content, env.config.language or "en", DRAWINGS)
        except BadChart as error:
            raise ExtensionError(f"{env.docname}: {error}") from error
        for page, figures in page_figures(env).items():
            if figure.name in figures and (page != env.docname):
                raise ExtensionError(
                    f"{env.docname}: a figure named {figure.name!r} stands in {page}"
                )
        figures = page_figures(env).setdefault(env.docname, {})
        if figure.name in figures:
            raise ExtensionError(f"{env.docname}: two figures named {figure.name!r}")
        figures[figure.name] = figure
        return [chart_node(figure=figure)]


def visit_chart(self: Any, node: chart_node) -> None:
    figure: Figure = node["figure"]
    here = self.builder.get_target_uri(self.builder.current_docname)
    sources = "; ".join(
        f'<a href="{relative_uri(here, f"{TABLE_FILES}/{name}.csv")}">'
        f"{text_html(tables.manifest(name)['title'])}</a>"
        for name in figure.sources
    )
    self.body.append(
        figure_html(figure, f"Data: {sources}", relative_uri(here, CHART_FILES))
    )
    raise nodes.SkipNode


def remember_code(app: Sphinx, doctree: nodes.document) -> None:
    """Note a cell's code with its values, before cells are joined into folds."""
    for node in doctree.findall(values_node):
        cell = node.parent
        while cell.get("nb_element") != "cell_code":
            cell = cell.parent
        node["code"] = next(cell.findall(nodes.literal_block)).astext()


def visit_values(self: Any, node: values_node) -> None:
    language = self.builder.config.language or "en"
    page = Path(self.builder.env.doc2path(self.builder.current_docname))
    behind = usage.tables_of_values(page, node["code"])
    rows = "".join(
        f'<li id="value-{name}"{data_attribute(behind.get(name, behind.get(None, [])))}>'
        f"<code>{name}</code> "
        f"{html.escape(format_value(value, language))}</li>"
        for name, value in node["values"].items()
    )
    self.body.append(f'<ul class="cell-values">{rows}</ul>')
    raise nodes.SkipNode


def data_attribute(names: list[str]) -> str:
    """The titles of the tables behind a value, for the style sheet to show."""
    # Prices cannot be had without looking up which column an instrument has.
    shown = [name for name in names if name != "instruments" or "prices" not in names]
    titles = curly("; ".join(tables.manifest(name)["title"] for name in shown))
    return f' data-from="Data: {html.escape(titles, quote=True)}"' if titles else ""


def visit_text_chart(self: Any, node: chart_node) -> None:
    raise nodes.SkipNode


def purge(app: Sphinx, env: BuildEnvironment, docname: str) -> None:
    page_values(env).pop(docname, None)
    page_figures(env).pop(docname, None)


def write_files(app: Sphinx, error: Exception | None) -> None:
    """At the end of a good build: each chart's files, and the tables themselves."""
    if error or app.builder.format != "html":
        return
    charts = Path(app.outdir, CHART_FILES)
    charts.mkdir(exist_ok=True)
    wanted = set()
    for figures in page_figures(app.env).values():
        for figure in figures.values():
            picture = standalone(figure.drawing.svg["wide"], figure.title, figure.description)
            for kind, text in (
                ("csv", table_csv(figure)),
                ("svg", picture),
                ("js", live_script(figure)),
            ):
                file = charts / f"{figure.name}.{kind}"
                file.write_text(text, encoding="utf-8")
                wanted.add(file)
    for stale in set(charts.iterdir()) - wanted:
        stale.unlink()
    folder = Path(app.outdir, TABLE_FILES)
    folder.mkdir(exist_ok=True)
    for name in tables.names():
        for file in (f"{name}.csv", f"{name}.csv.yml"):
            (folder / file).write_bytes((ROOT / "data" / file).read_bytes())


def setup(app: Sphinx) -> None:
    skip = (visit_text_chart, None)
    app.add_node(chart_node, html=(visit_chart, None), text=skip, latex=skip)
    app.add_node(values_node, html=(visit_values, None), text=skip, latex=skip)
    app.connect("env-purge-doc", purge)
    app.connect("doctree-read", remember_code, priority=400)
    app.connect("build-finished", write_files)
