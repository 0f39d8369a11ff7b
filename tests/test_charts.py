"""What a chart must have before it is published, and what its figure carries."""

from __future__ import annotations

import json
import re
from pathlib import Path

import altair as alt
import pandas as pd
import pytest

from explainer import charts
from explainer.charts import theme
from explainer.site import charts as site
from explainer.values import tell

ROOT = Path(__file__).resolve().parents[1]
ROWS = pd.DataFrame({"day": ["2025-01-24", "2025-01-27"], "close": [142.62, 118.42]})
TEXTS = {
    "name": "test-chart",
    "title": "Nvidia fell {test_fall|abs}",
    "subtitle": "Close, US dollars",
    "description": "Two closes of Nvidia; the second is {test_fall|abs} below the first.",
    "source": "prices",
    "table": ROWS,
    "columns": {"day": ("Day", "date"), "close": ("Close", "usd")},
}


@pytest.fixture(autouse=True)
def told():
    tell(test_fall=(-0.1697, "share"))


def line(**encoding):
    return alt.Chart(ROWS).mark_line().encode(x="day:O", y="close:Q", **encoding)


def published(chart, folder, **texts):
    made = charts.figure(chart, **{**TEXTS, **texts})
    return site.read_figure(made.to_dict(), "en", folder)


def refused(chart, folder, **texts):
    with pytest.raises(site.BadChart) as error:
        published(chart, folder, **texts)
    return str(error.value)


def test_a_figure_has_its_finding_its_description_and_its_numbers(tmp_path):
    figure = published(line(), tmp_path)
    page = site.figure_html(figure, "Data: prices", "../charts")
    assert "Nvidia fell 17.0%</p>" in page
    assert 'role="img"' in page and page.count("below the first.") == 1
    assert '<th scope="row">27 January 2025</th><td class="number">$118.42</td>' in page
    assert page.count("<svg") == 2
    live = re.fullmatch(r"(\S+)\[\"(.+)\"\]=(.+);\n", site.live_script(figure))
    assert f'data-live="../charts/{live[2]}.js?v=' in page
    assert json.loads(live[3])["wide"]


def test_the_same_chart_is_drawn_to_the_same_bytes(tmp_path):
    first = published(line(), tmp_path / "a")
    assert first == published(line(), tmp_path / "b")
    assert first == published(line(), tmp_path / "a"), "and the cache gives it back"


def test_the_last_bits_of_a_figure_do_not_reach_the_chart(tmp_path):
    # Two processors may disagree there, and a stored notebook would be stale on one.
    fall = 118.42 / 142.62 - 1
    one, other = (ROWS.assign(move=number) for number in (fall, fall + 5.6e-17))
    assert one.move[0] != other.move[0]
    first, second = (
        alt.Chart(rows).mark_point().encode(y="move:Q").to_dict() for rows in (one, other)
    )
    assert first == second
    [rows] = first["datasets"].values()
    assert rows[0]["move"] == -0.169681672
    assert rows[0]["close"] == 142.62

    unrounded = alt.Y("close:Q").scale(domain=[0, 1000 / 7])
    assert refused(line().encode(y=unrounded), tmp_path) == (
        "figure 'test-chart': its domain holds 142.85714285714286, whose last digits "
        "depend on the processor; round it to at most 9 significant digits"
    )


def test_colours_are_variables_on_the_page_and_unique_in_the_theme(tmp_path):
    assert len(set(theme.LIGHT.values())) == len(theme.LIGHT)
    drawn = line().mark_line(color=charts.colour("subject"))
    figure = published(drawn, tmp_path)
    for text in (site.figure_html(figure, "", ""), site.live_script(figure)):
        assert "var(--chart-subject)" in text
        assert theme.LIGHT["subject"] not in text


def luminance(value):
    parts = [int(value[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
        for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("scheme", ["LIGHT", "DARK"])
def test_colours_stand_out_from_their_paper(scheme):
    """Contrast as WCAG 2.2 defines it: 4.5 for words, 3 for marks."""
    values = getattr(theme, scheme)
    paper = luminance(values["paper"])
    for token in values.keys() - {"paper", "grid", "band"}:
        low, high = sorted((luminance(values[token]), paper))
        assert (high + 0.05) / (low + 0.05) >= (3 if token == "context" else 4.5), token


def test_a_verdicts_colour_means_that_verdict():
    with pytest.raises(ValueError, match="'Power' has the colour of the verdict 'imprecise'"):
        charts.scale({"Power": "imprecise"})
    assert charts.scale({"imprecise": "imprecise"}).domain == ["imprecise"]


def test_the_numbers_go_into_a_file_with_units(tmp_path):
    assert site.table_csv(published(line(), tmp_path)) == (
        "Day,Close [usd]\n2025-01-24,142.62\n2025-01-27,118.42\n"
    )


def test_a_chart_without_a_description_is_refused(tmp_path):
    assert "expected a sentence" in refused(line(), tmp_path, description="A line chart.")


def test_an_empty_title_is_refused():
    with pytest.raises(charts.BadFigure, match="figure 'test-chart': title is empty"):
        charts.figure(line(), **{**TEXTS, "title": " "})


def test_a_table_that_is_not_there_is_refused():
    with pytest.raises(charts.BadFigure, match="no table named 'rumours' in data/"):
        charts.figure(line(), **{**TEXTS, "source": "rumours"})


def test_colours_without_a_fixed_meaning_are_refused(tmp_path):
    assert "no explicit domain and range" in refused(line(color="day:N"), tmp_path)
    fixed = alt.Color("day:N", scale=charts.scale({day: "subject" for day in ROWS.day}))
    published(line(color=fixed), tmp_path)


def test_a_chart_that_fetches_its_data_is_refused(tmp_path):
    chart = alt.Chart("https://example.org/data.csv").mark_line().encode(y="close:Q")
    assert "it fetches https://example.org/data.csv" in refused(chart, tmp_path)


def test_a_transform_that_the_bundle_lacks_is_refused(tmp_path):
    smoothed = line().transform_loess("day", "close")
    assert "the Vega transform 'loess'" in refused(smoothed, tmp_path)


def test_too_many_rows_are_refused(tmp_path):
    rows = pd.DataFrame({"day": range(501), "close": range(501)})
    chart = alt.Chart(rows).mark_line().encode(x="day:Q", y="close:Q")
    assert "it carries 501 rows" in refused(chart, tmp_path)


def test_an_input_without_a_label_is_refused(tmp_path):
    level = alt.param("level", value=1, bind=alt.binding_range(min=0, max=2, step=1))
    assert "controls= describes []" in refused(line().add_params(level), tmp_path)


def test_a_sliders_positions_are_read_out_in_words(tmp_path):
    rent = alt.param("rent", value=2, bind=alt.binding_range(min=1, max=3, step=0.5))
    controls = {"rent": {"label": "Rent", "unit": "usd_per_hour"}}
    made = published(line().add_params(rent), tmp_path, controls=controls)
    page = site.figure_html(made, "", "")
    assert 'aria-valuetext="$2.00 an hour"' in page
    assert 'max="4"' in page and 'value="2"' in page
    assert "[1.0,1.5,2.0,2.5,3.0]" in page.replace("&quot;", '"')


def test_a_sentence_is_written_for_each_row():
    sentence = charts.Sentence("{fall|abs} on {day}", fall=("share", 0), day="date")
    rows = pd.DataFrame({"fall": [-0.17], "day": ["2025-01-27"]})
    assert sentence.write(rows) == ["17% on 27 January 2025"]


def test_altair_and_the_browser_bundle_speak_the_same_vega():
    schema = line().to_dict()["$schema"]
    assert "/v6." in schema, schema
    versions = json.loads((ROOT / "web/dist/versions.json").read_text())
    assert versions == json.loads((ROOT / "web/package.json").read_text())["dependencies"]
    assert versions["vega-parser"].startswith("7."), "vega-parser 7 belongs to Vega 6"
