"""Static-first charts: from a cell's Vega-Lite to a figure that works without scripts.

A chart is drawn as SVG at two widths when the book is built. The page carries those
pictures, the description and the numbers. The compiled Vega specification stands in a
script of its own, which the browser fetches, with the chart runtime, when a reader
points at the chart (``web/src``).
"""

from __future__ import annotations

import copy
import csv
import hashlib
import html
import io
import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

import vl_convert

from explainer import ROOT
from explainer.charts.figure import cell_value, write_sentence
from explainer.charts.renderer import DIGITS, shortened
from explainer.charts.theme import css_variables
from explainer.site import drawings
from explainer.site.typography import bind, curly
from explainer.values import WORD_UNITS, fill, format_value, from_json, make_value

WIDE, NARROW = 680, 350
MAX_ROWS = 500
MAX_TABLE_ROWS = 200
VEGA_LITE = "6.4"


class BadChart(ValueError):
    """A chart that cannot be published; the message says what to change."""


@dataclass(frozen=True)
class Drawing:
    """A chart drawn for one language: SVG and Vega at both widths."""

    svg: dict[str, str]
    vega: dict[str, dict[str, Any]]


# --- what may be published -------------------------------------------------------


@cache
def bundled_transforms() -> frozenset[str]:
    """The Vega transforms that the committed browser bundle knows."""
    return frozenset(json.loads((ROOT / "web/dist/transforms.json").read_text()))


def walk(node: Any) -> Iterator[dict[str, Any]]:
    """Every mapping inside a specification, depth first, leaving the data alone."""
    if isinstance(node, dict):
        yield node
        for key, child in node.items():
            if key not in ("datasets", "values", "usermeta"):
                yield from walk(child)
    elif isinstance(node, list):
        for child in node:
            yield from walk(child)


def numbers(value: Any) -> list[float]:
    """The fractional numbers of a property: itself, or those in its list."""
    values = value if isinstance(value, list) else [value]
    return [number for number in values if isinstance(number, float)]


def check_spec(spec: Mapping[str, Any]) -> None:
    """Raise :class:`BadChart` unless the chart keeps the book's rules."""
    description = spec.get("description", "")
    if len(description) < 40:
        raise BadChart(
            f"its description is {description!r}; expected a sentence for readers "
            "who cannot see the chart"
        )
    rows = sum(len(rows) for rows in spec.get("datasets", {}).values())
    if rows > MAX_ROWS:
        raise BadChart(f"it carries {rows} rows; expected at most {MAX_ROWS}")
    for part in walk(spec):
        for key, value in part.items():
            long = [number for number in numbers(value) if number != shortened(number)]
            if long:
                raise BadChart(
                    f"its {key} holds {long[0]!r}, whose last digits depend on the "
                    f"processor; round it to at most {DIGITS} significant digits"
                )
        if "url" in part and isinstance(part["url"], str):
            raise BadChart(f"it fetches {part['url']}; expected data inside the page")
        if isinstance(part.get("select"), dict | str) and "bind" in part:
            raise BadChart(
                f"the selection {part.get('name')!r} has an input; bind a variable "
                "parameter instead, so that the page can draw the control"
            )
        if part.get("select") == "interval" or (
            isinstance(part.get("select"), dict)
            and part["select"].get("type") == "interval"
        ):
            raise BadChart("it brushes with the pointer only; use a slider")
        for channel in ("color", "fill", "stroke", "shape"):
            encoding = part.get(channel)
            if not isinstance(encoding, dict) or encoding.get("type") != "nominal":
                continue
            if "field" not in encoding:
                continue
            given = encoding.get("scale")
            if given is None and "scale" in encoding:
                continue
            if not (given and "domain" in given and "range" in given):
                raise BadChart(
                    f"the {channel} of {encoding['field']!r} has no explicit domain and "
                    "range; a translation would change its colours"
                )


def check_vega(vega: Mapping[str, Any]) -> None:
    """Raise :class:`BadChart` if the browser bundle could not run the chart."""
    used = {
        part["type"]
        for scope in walk(vega)
        for part in scope.get("transform", [])
        if isinstance(part, dict)
    }
    unknown = sorted(used - bundled_transforms())
    if unknown:
        raise BadChart(
            f"it needs the Vega transform {unknown[0]!r}, which the browser bundle "
            "lacks; add its module to web/src/runtime.js or aggregate in pandas"
        )


# --- drawing ---------------------------------------------------------------------


def prepare(spec: Mapping[str, Any], width: int, locale: str) -> dict[str, Any]:
    """The specification as drawn: title and inputs go to the page around it."""
    meta = spec.get("usermeta", {}).get("explainer", {})
    drawn = copy.deepcopy({k: v for k, v in spec.items() if k != "usermeta"})
    drawn.pop("title", None)
    drawn.pop("description", None)
    for part in walk(drawn):
        for parameter in part.get("params", []):
            parameter.pop("bind", None)
    for field, sentence in meta.get("sentences", {}).items():
        for rows in drawn.get("datasets", {}).values():
            for row in rows:
                if all(name in row for name in sentence["units"]):
                    row[field] = write_sentence(
                        sentence["template"], sentence["units"], row, locale
                    )
    if not {"hconcat", "vconcat", "concat", "facet"} & drawn.keys():
        drawn["width"] = width
        drawn["autosize"] = {"type": "fit-x", "contains": "padding"}
    drawn.setdefault("padding", 2)
    # The page describes its charts; a description of every mark would be written anew at
    # each move of a slider, for nobody.
    config = drawn.setdefault("config", {})
    config["aria"] = False
    config["mark"] = {**config.get("mark", {}), "aria": False}
    return drawn


def draw(spec: Mapping[str, Any], locale: str, cache_folder: Path) -> Drawing:
    """Draw a chart at both widths, or take it from the cache."""
    meta = spec.get("usermeta", {}).get("explainer", {})
    key_text = json.dumps(
        [spec, locale, version("vl-convert-python"), WIDE, NARROW], sort_keys=True
    )
    code = "".join(Path(file).read_text() for file in (__file__, drawings.__file__))
    key = hashlib.sha256((key_text + code).encode()).hexdigest()
    stored = cache_folder / f"{key[:20]}.json"
    if stored.exists():
        return Drawing(**json.loads(stored.read_text(encoding="utf-8")))
    svg, vega = {}, {}
    wide = {k: v for k, v in spec.items()}
    narrow = {**meta["narrow"], "usermeta": spec["usermeta"]} if "narrow" in meta else wide
    check_spec(wide)
    if narrow is not wide:
        check_spec(narrow)
    for name, source, width in (("wide", wide, WIDE), ("narrow", narrow, NARROW)):
        drawn = prepare(source, width, locale)
        compiled = vl_convert.vegalite_to_vega(drawn, vl_version=VEGA_LITE)
        picture = vl_convert.vega_to_svg(compiled)
        check_vega(compiled)
        svg[name], found_width = drawings.tidy(
            picture, f"{meta.get('name', key[:8])}-{name}"
        )
        if found_width > width * 1.02:
            raise BadChart(
                f"drawn for {width} px it is {found_width:.0f} px wide; give its parts "
                "a width, and pass narrow= for phones"
            )
        vega[name] = compiled
    # The page carries the wide chart and, where it can, only what the narrow one changes.
    if vega["wide"].keys() <= vega["narrow"].keys():
        narrow = vega.pop("narrow")
        vega["change"] = {k: v for k, v in narrow.items() if vega["wide"].get(k) != v}
    text = json.dumps({"svg": svg, "vega": vega}, sort_keys=True)
    cache_folder.mkdir(parents=True, exist_ok=True)
    temporary = stored.with_suffix(".tmp")
    temporary.write_text(text, encoding="utf-8")
    temporary.replace(stored)
    return Drawing(**json.loads(text))  # its keys in the order that a stored one has


# --- the figure in the page ------------------------------------------------------


@dataclass(frozen=True)
class Figure:
    """All that one figure puts into a page, in one language."""

    name: str
    title: str
    subtitle: str
    description: str
    note: str
    sources: list[str]
    headings: list[dict[str, Any]]
    rows: list[list[Any]]
    controls: list[dict[str, Any]]
    drawing: Drawing


def read_figure(spec: Mapping[str, Any], locale: str, cache_folder: Path) -> Figure:
    """Fill a figure's texts for one language and draw it."""
    meta = spec.get("usermeta", {}).get("explainer")
    if not meta:
        raise BadChart("it did not pass through charts.figure(); a reader needs its texts")
    values = from_json(meta["values"])
    where = f"figure {meta['name']!r}"
    texts = {
        key: bind(curly(fill(template, values, locale, where)))
        for key, template in meta["templates"].items()
    }
    spec = {**spec, "description": texts["description"]}
    try:
        drawing = draw(spec, locale, cache_folder)
    except BadChart as error:
        raise BadChart(f"{where}: {error}") from error
    return Figure(
        name=meta["name"],
        sources=meta["source"],
        headings=meta["columns"],
        rows=meta["rows"],
        controls=list(controls(spec, meta["controls"], locale, where)),
        drawing=drawing,
        **texts,
    )


def controls(
    spec: Mapping[str, Any], wanted: list[Mapping[str, Any]], locale: str, where: str
) -> Iterator[dict[str, Any]]:
    """The page's inputs for a chart's bound parameters, positions read out in words."""
    bound = {
        parameter["name"]: parameter
        for part in walk(spec)
        for parameter in part.get("params", [])
        if isinstance(parameter, dict) and "bind" in parameter
    }
    described = sorted(control["name"] for control in wanted)
    if sorted(bound) != described:
        raise BadChart(
            f"{where}: inputs are bound to {sorted(bound)}, but controls= describes "
            f"{described}"
        )
    for control in wanted:
        name = control["name"]
        bind, start = bound[name]["bind"], bound[name].get("value")
        if bind["input"] == "select":
            labels = bind.get("labels", bind["options"])
            options = list(zip(bind["options"], labels, strict=True))
            yield {
                "name": name,
                "label": control["label"],
                "options": options,
                "start": start,
            }
        elif bind["input"] == "range":
            steps = round((bind["max"] - bind["min"]) / bind["step"])
            positions = [
                round(bind["min"] + bind["step"] * index, 10) for index in range(steps + 1)
            ]
            labels = control.get("labels") or [
                format_value(
                    make_value(position, control["unit"], control.get("digits")), locale
                )
                for position in positions
            ]
            if len(labels) != len(positions) or start not in positions:
                raise BadChart(
                    f"{where}: the slider {name!r} has {len(positions)} positions and "
                    f"{len(labels)} labels, and starts at {start}"
                )
            yield {
                "name": name,
                "label": control["label"],
                "positions": positions,
                "labels": labels,
                "start": positions.index(start),
            }
        else:
            raise BadChart(f"{where}: no control for the input {bind['input']!r}")


def figure_html(figure: Figure, source_lines: str, files: str) -> str:
    """The ``<figure>``; ``files`` is the relative address of the charts' folder."""
    name, text = f"chart-{figure.name}", html.escape
    live = f"{files}/{figure.name}.js?v={version_of(figure)}"
    parts = [
        f'<figure class="chart" id="{name}" aria-labelledby="{name}-title" '
        f'data-live="{live}">',
        f'<figcaption class="chart-head"><p class="chart-title" id="{name}-title">'
        f"{text(figure.title)}</p>"
        f'<p class="chart-subtitle">{text(figure.subtitle)}</p></figcaption>',
        controls_html(figure),
        # What a reader who cannot see the drawing is told is its name, heard once.
        f'<div class="chart-view" role="img" tabindex="-1" '
        f'aria-labelledby="{name}-description">',
    ]
    for width in ("wide", "narrow"):
        svg = css_variables(figure.drawing.svg[width])
        parts.append(f'<div class="chart-{width}">{svg}</div>')
    parts += [
        "</div>",
        '<p class="chart-readout" aria-live="polite"></p>' if figure.controls else "",
        f'<p class="chart-description" id="{name}-description" hidden>'
        f"{text(figure.description)}</p>",
        f'<div class="chart-foot"><p class="chart-source">{source_lines}</p>',
        f'<p class="chart-note">{text(figure.note)}</p>' if figure.note else "",
        table_html(figure, files),
        "</div>",
        "</figure>",
    ]
    return "".join(parts)


def live_script(figure: Figure) -> str:
    """The script that gives the page a chart's Vega specification.

    A script, as a page that was opened as a file may not fetch JSON.
    """
    vega = json.dumps(
        figure.drawing.vega, separators=(",", ":"), ensure_ascii=False, sort_keys=True
    )
    return f'(window.bookSpecs??={{}})["{figure.name}"]={css_variables(vega)};\n'


def version_of(figure: Figure) -> str:
    """Part of a chart's address, so that no browser keeps an older one."""
    return hashlib.sha256(live_script(figure).encode()).hexdigest()[:8]


def controls_html(figure: Figure) -> str:
    inputs = "".join(control_html(f"chart-{figure.name}", control) for control in figure.controls)
    return f'<div class="chart-controls">{inputs}</div>' if inputs else ""


def control_html(figure: str, control: Mapping[str, Any]) -> str:
    identity = f"{figure}-{control['name']}"
    label = f'<label for="{identity}">{html.escape(control["label"])}</label>'
    # A browser that puts old positions back when a reader returns would do so beside a
    # drawing that does not follow.
    data = f'id="{identity}" data-parameter="{control["name"]}" autocomplete="off"'
    if "options" in control:
        options = "".join(
            f'<option value="{html.escape(str(value), quote=True)}"'
            f"{' selected' if value == control['start'] else ''}>{html.escape(str(shown))}"
            "</option>"
            for value, shown in control["options"]
        )
        return f'<p class="chart-control">{label}<select {data}>{options}</select></p>'
    start = control["start"]
    positions = json.dumps(control["positions"], separators=(",", ":"))
    labels = html.escape(json.dumps(control["labels"], ensure_ascii=False), quote=True)
    shown = html.escape(control["labels"][start], quote=True)
    return (
        f'<p class="chart-control">{label}<input type="range" {data} min="0" '
        f'max="{len(control["positions"]) - 1}" step="1" value="{start}" '
        f'aria-valuetext="{shown}" data-positions="{positions}" data-labels="{labels}">'
        f'<output for="{identity}">{shown}</output></p>'
    )


def table_html(figure: Figure, files: str) -> str:
    links = (
        f'<p class="chart-files"><a href="{files}/{figure.name}.csv" download>CSV</a> '
        f'<a href="{files}/{figure.name}.svg" download>SVG</a></p>'
    )
    if len(figure.rows) > MAX_TABLE_ROWS:
        body = (
            f"<p>The {len(figure.rows):,} rows behind this chart are in the CSV file.</p>"
        )
    else:
        head = "".join(
            f'<th scope="col"{class_of(h)}>{html.escape(h["heading"])}</th>'
            for h in figure.headings
        )
        lines = []
        for row in figure.rows:
            cells = []
            for index, (cell, heading) in enumerate(
                zip(row, figure.headings, strict=True)
            ):
                shown = (
                    "–" if cell is None else html.escape(cell_text(cell, heading))
                )
                cells.append(
                    f'<th scope="row">{shown}</th>'
                    if index == 0
                    else f"<td{class_of(heading)}>{shown}</td>"
                )
            lines.append(f"<tr>{''.join(cells)}</tr>")
        body = (
            f'<div class="table-scroll" tabindex="0" role="region" '
            f'aria-labelledby="chart-{figure.name}-title"><table><thead><tr>{head}</tr></thead>'
            f"<tbody>{''.join(lines)}</tbody></table></div>"
        )
    return (
        '<details class="chart-data"><summary>The numbers behind this chart</summary>'
        f"{body}{links}</details>"
    )


def class_of(heading: Mapping[str, Any]) -> str:
    """Figures stand under each other; words and dates at the left, a date in one line."""
    if heading["unit"] == "date":
        return ' class="date"'
    return "" if heading["unit"] in WORD_UNITS else ' class="number"'


def cell_text(cell: Any, heading: Mapping[str, Any], locale: str = "en") -> str:
    return format_value(cell_value(cell, heading), locale)


def table_csv(figure: Figure) -> str:
    """The numbers behind a chart as CSV, plain figures, units in the headings."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    plain = ("text", "date", "count", "number", "rank", "year", "month")
    writer.writerow(
        heading["heading"] + ("" if heading["unit"] in plain else f" [{heading['unit']}]")
        for heading in figure.headings
    )
    for row in figure.rows:
        writer.writerow("" if cell is None else _plain(cell) for cell in row)
    return out.getvalue()


def _plain(cell: Any) -> Any:
    if isinstance(cell, float) and cell.is_integer() and math.fabs(cell) < 1e15:
        return int(cell)
    return cell
