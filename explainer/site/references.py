"""Roles by which a sentence shows a number: computed (``v``) and stated (``stated``)."""

from __future__ import annotations

import html
import re
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxRole
from sphinx.util.logging import getLogger

from explainer import claims
from explainer.site.outputs import page_values
from explainer.values import BadValue, format_value

logger = getLogger(__name__)

CUT_ROLE = re.compile(r"\{[a-z]+\}`[^`]*")


class value_reference(nodes.Inline, nodes.TextElement):  # noqa: N801
    """A computed value in a sentence; resolved once all cells of the page are read."""


class ValueRole(SphinxRole):
    """``{v}`nvda_loss``` or, with modifiers, ``{v}`nvda_fall|abs|0```."""

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        name, *modifiers = self.text.split("|")
        node = value_reference(name=name, modifiers=tuple(modifiers))
        self.set_source_info(node)
        return [node], []


WHOLE = 16  # characters that stay on one line, on a phone with large letters too


def look(kind: str, text: str) -> list[str]:
    """The classes of a figure in the text: a long one may break like other words."""
    return [kind, "long"] if len(text) > WHOLE else [kind]


class StatedRole(SphinxRole):
    """``{stated}`E065```: the figure that a statement of the articles names."""

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        name, *modifiers = self.text.split("|")
        try:
            text = format_value(
                claims.stated(name), self.config.language or "en", tuple(modifiers)
            )
        except (claims.LedgerError, BadValue) as error:
            logger.warning(str(error), location=self.get_location())
            return [nodes.problematic(self.rawtext, self.rawtext)], []
        node = nodes.inline(self.rawtext, text, classes=look("stated", text))
        self.set_source_info(node)
        return [node], []


def resolve_values(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    values = page_values(app.env).get(docname, {})
    for node in list(doctree.findall(value_reference)):
        name = node["name"]
        if name not in values:
            known = ", ".join(sorted(values)) or "none"
            logger.warning(
                "no cell of this page tells %r; told: %s", name, known, location=node
            )
            continue
        try:
            node["text"] = format_value(
                values[name], app.config.language or "en", node["modifiers"]
            )
        except BadValue as error:
            logger.warning("%s: %s", name, error, location=node)


def refuse_cut_roles(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """A role that was not read as one: cut by the | of a table, or without its end."""
    for text in doctree.findall(nodes.Text):
        if isinstance(text.parent, nodes.literal | nodes.literal_block):
            continue
        if found := CUT_ROLE.search(text):
            place = text.parent
            while not place.line and place.parent is not None:
                place = place.parent  # cells of a table have line 0
            logger.warning(
                "%r stands in the text as it was typed; expected a whole role "
                "(in a table, write \\| for |)", found.group(), location=place,
            )  # fmt: skip


def visit_value(self: Any, node: value_reference) -> None:
    text = node.get("text", "?")
    classes = " ".join(look("value", text))
    self.body.append(
        f'<a class="{classes}" href="#value-{node["name"]}">{html.escape(text)}</a>'
    )
    raise nodes.SkipNode


def visit_plain_value(self: Any, node: value_reference) -> None:
    self.add_text(node.get("text", "?"))
    raise nodes.SkipNode


def setup(app: Sphinx) -> None:
    app.add_role("v", ValueRole())
    app.add_role("stated", StatedRole())
    app.add_node(
        value_reference, html=(visit_value, None), text=(visit_plain_value, None)
    )
    app.connect("doctree-resolved", resolve_values)
    app.connect("doctree-resolved", refuse_cut_roles)
