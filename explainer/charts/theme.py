"""One look for every chart: colours with fixed meanings, type, axes, marks.

A colour is a *token*: a name here, one hexadecimal value in Jupyter and in stored
pictures, and a CSS variable on the site, where light, dark and print each set it.
Each token's hexadecimal value is unique, so that the site can put the variable back.
"""

from __future__ import annotations

from typing import Any

import altair as alt

# token: (light, dark). Both pass 3:1 against their background, text tokens 4.5:1, and
# the six categorical ones stay apart for the common kinds of colour blindness.
COLOURS: dict[str, tuple[str, str]] = {
    "ink": ("#1d2733", "#e7ebef"),
    "soft": ("#5b6672", "#a3adb8"),
    "grid": ("#e2e6ea", "#343c45"),
    "context": ("#9aa4af", "#76818d"),
    "accent": ("#c8361d", "#ff7a5c"),
    "chips": ("#c8371d", "#ff7b5c"),
    "power": ("#9a6a00", "#e0b04a"),
    "infrastructure": ("#8a3fb0", "#cf9aec"),
    "tech": ("#1f6fb5", "#6db3f2"),
    "shelter": ("#147a5c", "#4fc79c"),
    "other": ("#6b7682", "#98a3ae"),
    "stated": ("#a3195b", "#ff8cc0"),
    "paper": ("#fefefe", "#14191f"),
    "band": ("#d5dbe1", "#3d4650"),
}
LIGHT = {name: pair[0] for name, pair in COLOURS.items()}
DARK = {name: pair[1] for name, pair in COLOURS.items()}

# What colour a verdict has in charts, as on the page (``web/src/ledger.css``).
VERDICTS = {
    "supported": "shelter",
    "imprecise": "power",
    "contradicted": "accent",
    "unverified": "other",
    "forecast": "tech",
    "opinion": "infrastructure",
}

FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', sans-serif"


def colour(token: str) -> str:
    """The hexadecimal value of a colour token; unknown tokens are an error."""
    if token not in LIGHT:
        raise KeyError(f"no colour named {token!r}; known: {', '.join(LIGHT)}")
    return LIGHT[token]


def scale(meanings: dict[str, str]) -> alt.Scale:
    """A categorical scale with its explicit domain: ``{"Chips": "chips", ...}``."""
    return alt.Scale(
        domain=list(meanings), range=[colour(token) for token in meanings.values()]
    )


def css_variables(text: str) -> str:
    """Replace each token's value by its CSS variable, ``var(--chart-ink)``."""
    for token, value in LIGHT.items():
        text = text.replace(value, f"var(--chart-{token})")
    return text


def css() -> str:
    """The style sheet's part that gives every token its value in each theme.

    A screen is dark if the reader chose so (``data-theme``) or, without a choice, if
    the system is. Paper is always light.
    """

    def block(values: dict[str, str]) -> str:
        return "".join(f"--chart-{name}:{value};" for name, value in values.items())

    return (
        f":root{{{block(LIGHT)}}}\n"
        "@media screen and (prefers-color-scheme: dark)"
        f'{{html:not([data-theme="light"]){{{block(DARK)}}}}}\n'
        f'@media screen{{html[data-theme="dark"]{{{block(DARK)}}}}}\n'
    )


@alt.theme.register("explainer", enable=False)
def config() -> alt.theme.ThemeConfig:
    axis: dict[str, Any] = {
        "labelColor": LIGHT["soft"],
        "titleColor": LIGHT["soft"],
        "domainColor": LIGHT["context"],
        "tickColor": LIGHT["context"],
        "gridColor": LIGHT["grid"],
        "labelFontSize": 12,
        "titleFontSize": 12,
        "titleFontWeight": "normal",
        "labelOverlap": True,
        "labelPadding": 4,
        "tickSize": 4,
    }
    return {
        "config": {
            "background": "transparent",
            "font": "sans-serif",
            "view": {"stroke": None, "continuousWidth": 620, "continuousHeight": 300},
            "title": {
                "anchor": "start",
                "frame": "group",
                "color": LIGHT["ink"],
                "fontSize": 16,
                "subtitleColor": LIGHT["soft"],
                "subtitleFontSize": 12.5,
                "subtitlePadding": 4,
                "offset": 12,
            },
            "axis": axis,
            "axisX": {"grid": False},
            "axisY": {"domain": False, "ticks": False},
            "legend": {
                "orient": "top",
                "direction": "horizontal",
                "title": None,
                "labelColor": LIGHT["ink"],
                "labelFontSize": 12,
                "symbolSize": 90,
                "labelLimit": 260,
                "columnPadding": 16,
                "columns": {"expr": "width < 420 ? 2 : 0"},
            },
            "text": {"color": LIGHT["ink"], "fontSize": 12},
            "rule": {"color": LIGHT["soft"]},
            "line": {"strokeWidth": 2, "color": LIGHT["accent"]},
            "bar": {"color": LIGHT["accent"]},
            "point": {"color": LIGHT["accent"], "filled": True, "size": 60},
            "header": {
                "labelColor": LIGHT["ink"],
                "labelFontSize": 12,
                "labelFontWeight": "bold",
                "labelAnchor": "start",
                "title": None,
            },
        }
    }
