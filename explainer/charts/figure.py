"""A chart with everything a reader needs beside it.

:func:`figure` takes a plain Altair chart and adds the finding as its title, a subtitle,
a description for readers who cannot see it, its source tables and the numbers behind
it. In Jupyter the result is an ordinary Altair chart; the site reads what was added
from the specification's ``usermeta`` and builds the page's figure from it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt
import pandas as pd

from explainer import tables
from explainer.values import BadValue, Value, fill, make_value, slots, told

Column = str | tuple[str, str] | tuple[str, str, int]


class BadFigure(ValueError):
    """A figure that lacks something a reader needs."""


class Sentence:
    """A sentence for each row of a table: a template and its columns' units.

    >>> Sentence("{fall|abs} on {day}", fall=("share", 2), day="date")
    """

    def __init__(self, template: str, **units: str | tuple[str, int]) -> None:
        self.template = template
        self.units = {
            name: [unit, None] if isinstance(unit, str) else list(unit)
            for name, unit in units.items()
        }

    def write(self, rows: pd.DataFrame, locale: str = "en") -> list[str]:
        """The sentence of every row of ``rows``."""
        return [
            write_sentence(self.template, self.units, record, locale)
            for record in rows[list(self.units)].to_dict("records")
        ]


def write_sentence(
    template: str,
    units: Mapping[str, Sequence[Any]],
    record: Mapping[str, Any],
    locale: str = "en",
) -> str:
    """Fill one row's sentence; ``units`` gives ``[unit, digits]`` of each slot."""
    where, values = f"sentence {template!r}", {}
    for name, (unit, digits) in units.items():
        try:
            values[name] = make_value(record[name], unit, digits)
        except BadValue as error:
            raise BadValue(f"{where}, column {name}: {error}") from error
    return fill(template, values, locale, where)


def figure(
    chart: alt.TopLevelMixin,
    *,
    name: str,
    title: str,
    subtitle: str,
    description: str,
    source: str | Sequence[str],
    table: pd.DataFrame,
    columns: Mapping[str, Column],
    note: str = "",
    controls: Mapping[str, Mapping[str, Any]] | None = None,
    sentences: Mapping[str, Sentence] | None = None,
    narrow: alt.TopLevelMixin | None = None,
) -> alt.TopLevelMixin:
    """Dress ``chart`` for Jupyter and for the book.

    Parameters
    ----------
    name
        The figure's permanent name (lower case, hyphens), unique in the book.
    title, subtitle, description, note
        Templates; slots such as ``{nvda_loss}`` take the values told so far. The
        title is the finding, the description says it to a reader who cannot see.
    source
        Names of the tables in ``data/`` that the chart rests on.
    table, columns
        The numbers behind the chart: one row each, and for each shown column its
        heading, or ``(heading, unit)`` or ``(heading, unit, digits)``.
    controls
        For each parameter with an input: ``label`` and, for a slider, the ``unit``
        (and ``digits``) its position is read out in, or ``labels``, one a position.
    sentences
        The :class:`Sentence` behind each column of text that a mark shows, so that
        the site can write it anew in another language.
    narrow
        The chart drawn anew for phones, where the wide one would be crowded.
    """
    where = f"figure {name!r}"
    sources = [source] if isinstance(source, str) else list(source)
    for table_name in sources:
        if table_name not in tables.names():
            raise BadFigure(f"{where}: no table named {table_name!r} in data/")
    missing = [column for column in columns if column not in table.columns]
    if missing:
        raise BadFigure(f"{where}: the table has no column {missing[0]!r}")
    texts = {
        "title": title,
        "subtitle": subtitle,
        "description": description,
        "note": note,
    }
    for key in ("title", "subtitle", "description"):
        if not texts[key].strip():
            raise BadFigure(f"{where}: {key} is empty; expected a sentence")
    filled = {
        key: fill(text, told, where=f"{where}, {key}") for key, text in texts.items()
    }
    used = {n: told[n].as_json() for text in texts.values() for n in slots(text)}
    meta = {
        "name": name,
        "templates": texts,
        "values": used,
        "source": sources,
        "columns": [_heading(key, column) for key, column in columns.items()],
        "rows": _rows(table, columns, where),
        "controls": [{"name": key, **value} for key, value in (controls or {}).items()],
        "sentences": {
            field: {"template": sentence.template, "units": sentence.units}
            for field, sentence in (sentences or {}).items()
        },
    }
    _label_inputs(chart, controls or {})
    if narrow is not None:
        meta["narrow"] = _dress(narrow, filled, None).to_dict()
    return _dress(chart, filled, meta)


def _dress(
    chart: alt.TopLevelMixin, filled: Mapping[str, str], meta: dict[str, Any] | None
) -> alt.TopLevelMixin:
    chart = chart.properties(
        title=alt.TitleParams(
            text=wrap(filled["title"], 78), subtitle=wrap(filled["subtitle"], 100)
        ),
        description=filled["description"],
    )
    if meta is not None:
        chart.usermeta = {"explainer": meta}
    return chart


def _label_inputs(chart: Any, controls: Mapping[str, Mapping[str, Any]]) -> None:
    """Jupyter draws the inputs itself: give them the page's labels."""
    for parameter in _parts(chart, "params"):
        control = controls.get(str(getattr(parameter, "name", "")))
        bind = getattr(parameter, "bind", alt.Undefined)
        if control and bind is not alt.Undefined:
            bind.name = control["label"] + " "
    for part in ("layer", "hconcat", "vconcat", "concat"):
        for child in _parts(chart, part):
            _label_inputs(child, controls)


def _parts(chart: Any, name: str) -> list[Any]:
    found = getattr(chart, name, None)
    return found if isinstance(found, list) else []


def wrap(text: str, width: int) -> list[str]:
    """Break a title into lines of about ``width`` characters, at spaces."""
    lines: list[str] = [""]
    for word in text.split():
        if lines[-1] and len(lines[-1]) + 1 + len(word) > width:
            lines.append(word)
        else:
            lines[-1] = f"{lines[-1]} {word}".strip()
    return lines


def _heading(key: str, column: Column) -> dict[str, Any]:
    if isinstance(column, str):
        return {"field": key, "heading": column, "unit": "text"}
    heading, unit, *digits = column
    return {"field": key, "heading": heading, "unit": unit, "digits": (digits or [None])[0]}


def _rows(
    table: pd.DataFrame, columns: Mapping[str, Column], where: str
) -> list[list[Any]]:
    headings = [_heading(key, column) for key, column in columns.items()]
    rows = []
    for record in table[list(columns)].itertuples(index=False):
        row: list[Any] = []
        for cell, heading in zip(record, headings, strict=True):
            row.append(_cell(cell, heading, where))
        rows.append(row)
    return rows


def _cell(cell: Any, heading: Mapping[str, Any], where: str) -> float | str | None:
    if cell is None or cell is pd.NA or cell is pd.NaT:
        return None
    if isinstance(cell, float) and math.isnan(cell):
        return None
    try:
        return make_value(cell, heading["unit"], heading.get("digits")).number
    except (BadValue, ValueError, TypeError) as error:
        raise BadFigure(
            f"{where}, column {heading['field']!r}: {cell!r} is no {heading['unit']} ({error})"
        ) from error


def cell_value(cell: float | str, heading: Mapping[str, Any]) -> Value:
    """The stored cell of a figure's table as a value that can be formatted."""
    return make_value(cell, heading["unit"], heading.get("digits"))
