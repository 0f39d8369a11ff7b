"""Text of the tables as a printer sets it; prose gets the same from Sphinx."""

from __future__ import annotations

import html
import re

from docutils.utils.smartquotes import smartyPants


def curly(text: str) -> str:
    """Straight quotation marks and apostrophes become curly ones."""
    return smartyPants(text, "q")


# A number and the word that says of what, which stay on one line.
AMOUNT = re.compile(r"(?<=\d) (?=(?:[mbt]r?illion|times|trading days|days|months|an hour)\b)")


def bind(text: str) -> str:
    """No line of a title breaks between a number and its English unit."""
    return AMOUNT.sub("\N{NO-BREAK SPACE}", text)


def text_html(text: str) -> str:
    """Plain text with curly quotation marks, safe between tags."""
    return html.escape(curly(text), quote=False)
