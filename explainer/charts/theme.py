"""One look for every chart: colours with fixed meanings, type, axes, marks.

A colour is a *token*: a name here, one hexadecimal value in Jupyter and in stored
pictures, and a CSS variable on the site, where light, dark and print each set it.
Each token's hexadecimal value is unique, so that the site can put the variable back.
"""

from __future__ import annotations

from typing import Any

import altair as alt

# token: (light, dark). On its paper ``context`` has a contrast of 3:1, what may be a word
# or a mark 4.5:1; hues of one chart stay apart for the common kinds of colour blindness.
VERDICTS: dict[str, tuple[str, str]] = {
    "supported": ("#147a5c", "#4fc79c"),
    "imprecise": ("#9a6a00", "#e0b04a"),
    "contradicted": ("#c8361d", "#ff7a5c"),
    "unverified": ("#6b7682", "#98a3ae"),
    "forecast": ("#5d56a8", "#aaa5ee"),
    "opinion": ("#8a3fb0", "#cf9aec"),
}
COLOURS: dict[str, tuple[str, str]] = {
    # Neutral: words and yardsticks, remarks, grid, the rest, paper, areas behind.
    "ink": ("#1d2733", "#e7ebef"),
    "soft": ("#5b6672", "#a3adb8"),
    "grid": ("#e2e6ea", "#343c45"),
    "context": ("#8a95a1", "#76818d"),
    "paper": ("#fefefe", "#14191f"),
    "band": ("#d5dbe1", "#3d4650"),
    # What the chart is about, as the data have it; and what an article says of it.
    "subject": ("#1f6fb5", "#6db3f2"),
    "stated": ("#a3195b", "#ff8cc0"),
    # Verdicts, and nothing else.
    **VERDICTS,
}
LIGHT = {name: pair[0] for name, pair in COLOURS.items()}
DARK = {name: pair[1] for name, pair in COLOURS.items()}

FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', sans-serif"


def colour(token: str) -> str:
    """The hexadecimal value of a colour token; unknown tokens are an error."""
    if token not in LIGHT:
        raise KeyError(f"no colour named {token!r}; known: {', '.join(LIGHT)}")
    return LIGHT[token]


def scale(meanings: dict[str, str]) -> alt.Scale:
    """A categorical scale with its explicit domain: ``{"Measured": "subject", ...}``.

    Raises :class:`ValueError` if a verdict's colour is given to anything else.
    """
    for name, token in meanings.items():
        if token in VERDICTS and name != token:
            raise ValueError(f"{name!r} has the colour of the verdict {token!r}")
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
                "columnPadding": 24,
                "columns": {"expr": "width < 420 ? 2 : 0"},
            },
            "text": {"color": LIGHT["ink"], "fontSize": 12},
            "rule": {"color": LIGHT["soft"]},
            "line": {"strokeWidth": 2, "color": LIGHT["subject"]},
            "bar": {"color": LIGHT["subject"]},
            "point": {"color": LIGHT["subject"], "filled": True, "size": 60},
            "header": {
                "labelColor": LIGHT["ink"],
                "labelFontSize": 12,
                "labelFontWeight": "bold",
                "labelAnchor": "start",
                "title": None,
            },
        }
    }
