"""Charts: one theme, one way to say what a chart shows.

Importing this package puts Altair into the book's dress; a chapter then writes
ordinary Altair and ends with :func:`figure`.
"""

import altair as alt

from explainer.charts.figure import BadFigure, Sentence, figure
from explainer.charts.renderer import rounded
from explainer.charts.theme import colour, scale

__all__ = ["BadFigure", "Sentence", "colour", "figure", "scale"]

alt.theme.enable("explainer")
alt.renderers.enable("explainer")
alt.data_transformers.register("explainer", rounded)
alt.data_transformers.enable("explainer")
