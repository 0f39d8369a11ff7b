"""How a chart leaves a cell, and its rows with it.

Altair finds :func:`render` under the name ``explainer`` (an entry point). Where the
book is built or its notebooks are checked, ``EXPLAINER_OUTPUT`` says ``book`` (the
specification) or ``notebook`` (the specification and a picture). Anywhere else the
reader gets Altair's own live chart, in JupyterLab and VS Code without a network.
"""

from __future__ import annotations

import base64
import importlib.util
import os
import sys
from typing import Any

import altair as alt
import pandas as pd
from altair.vegalite.v6 import display

MIME = "application/vnd.vegalite.v6+json"
OUTPUT = "EXPLAINER_OUTPUT"
DIGITS = 9  # significant ones; the last bits of a computed figure depend on the processor


def shortened(number: float) -> float:
    """``number`` to :data:`DIGITS` significant digits."""
    return float(f"{number:.{DIGITS}g}")


def rounded(data: Any) -> Any:
    """A chart's rows, each computed figure to :data:`DIGITS` significant digits.

    However many rows there are: the site's own limit is stricter than Altair's.
    """
    if isinstance(data, pd.DataFrame):
        computed = data.select_dtypes("float")
        data = data.assign(**computed.map(shortened))
    return alt.default_data_transformer(data, max_rows=None)


def render(spec: dict[str, Any], **options: Any) -> Any:
    output = os.environ.get(OUTPUT, "")
    if output in ("book", "notebook"):
        return _stored(spec, picture=output == "notebook")
    if "google.colab" in sys.modules or importlib.util.find_spec("anywidget") is None:
        return display.html_renderer(spec, **options)
    return display.jupyter_renderer(spec, offline=True, **options)


def _stored(spec: dict[str, Any], picture: bool) -> dict[str, Any]:
    title = spec.get("title") or {}
    text = title.get("text", "") if isinstance(title, dict) else title
    text = " ".join(text) if isinstance(text, list) else text
    bundle: dict[str, Any] = {MIME: spec, "text/plain": f"Chart: {text}"}
    if picture:
        import vl_convert

        png = vl_convert.vegalite_to_png(spec, vl_version="6.4", scale=1.5)
        bundle["image/png"] = base64.b64encode(png).decode()
    return bundle
