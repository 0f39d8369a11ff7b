"""Text of the tables as a printer sets it; prose gets the same from Sphinx."""

from __future__ import annotations

import html

from docutils.utils.smartquotes import smartyPants


def curly(text: str) -> str:
    """Straight quotation marks and apostrophes become curly ones."""
    return smartyPants(text, "q")


def text_html(text: str) -> str:
    """Plain text with curly quotation marks, safe between tags."""
    return html.escape(curly(text), quote=False)
