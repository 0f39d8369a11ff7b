"""A drawing in a page is Vega's picture without what nobody sees."""

import re

import pytest
import vl_convert

from explainer.site import drawings

SPEC = {
    "data": {"values": [{"day": d, "move": d * 1.234567} for d in range(30)]},
    "mark": "point",
    "encoding": {
        "x": {"field": "day", "type": "quantitative"},
        "y": {"field": "move", "type": "quantitative"},
    },
    "width": 400,
}


@pytest.fixture(scope="module")
def vega() -> str:
    return vl_convert.vegalite_to_svg(SPEC)


@pytest.fixture(scope="module")
def tidied(vega: str) -> str:
    return drawings.tidy(vega, "sample-wide")[0]


def elements(svg: str) -> int:
    return len(re.findall(r"<\w", svg))


def test_a_drawing_loses_half_its_elements(vega: str, tidied: str) -> None:
    assert elements(tidied) < elements(vega) / 2


def test_a_drawing_keeps_every_word_and_every_mark(vega: str, tidied: str) -> None:
    words = re.compile(r"<text[^>]*>([^<]+)<")
    assert words.findall(tidied) == words.findall(vega)
    symbol = re.compile(r'd="M-?\d[^"]*A')
    assert len(symbol.findall(tidied)) == len(symbol.findall(vega)) == 30


def test_a_drawing_looks_the_same(vega: str, tidied: str) -> None:
    def pixels(svg: str) -> bytes:
        return vl_convert.svg_to_png(svg, scale=2)

    before = vega.replace(' font-family="sans-serif"', "")
    assert len(pixels(tidied)) == pytest.approx(len(pixels(before)), rel=0.01)


def test_rounding_leaves_the_words_alone() -> None:
    source = (
        '<svg xmlns="http://www.w3.org/2000/svg" width="90" height="40">'
        '<g><text transform="translate(10.04,2.96)">−17.0%</text></g></svg>'
    )
    assert '<text transform="translate(10,3)">−17.0%</text>' in drawings.tidy(source, "a")[0]


def test_names_inside_a_drawing_are_its_own() -> None:
    source = (
        '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><defs>'
        '<clipPath id="clip1"><path d="M0,0h1"/></clipPath></defs>'
        '<g clip-path="url(#clip1)"><path d="M0,0h9"/></g></svg>'
    )
    tidied = drawings.tidy(source, "fall-narrow")[0]
    assert 'id="fall-narrow-clip1"' in tidied and "url(#fall-narrow-clip1)" in tidied


def test_a_drawing_without_a_size_is_refused() -> None:
    with pytest.raises(drawings.NoSize):
        drawings.tidy('<svg xmlns="http://www.w3.org/2000/svg"></svg>', "a")
