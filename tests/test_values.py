"""Numbers as a reader sees them."""

import math

import pandas as pd
import pytest

from explainer.values import BadValue, Value, fill, format_value, make_value, slots, tell


def written(number, unit, digits=None, *modifiers, locale="en"):
    return format_value(make_value(number, unit, digits), locale, modifiers)


def test_money_is_written_in_the_readers_language():
    assert written(592.66, "usd_bn") == "$593 billion"
    assert written(592.66, "usd_bn", 1) == "$592.7 billion"
    assert written(593, "usd_bn", locale="zh_TW") == "5,930 億美元"
    assert written(593, "usd_bn", locale="zh_CN") == "5930 亿美元"


def test_a_thousand_billions_are_a_trillion():
    assert written(4293, "cny_bn") == "4.293 trillion yuan"
    assert written(24490, "million_shares") == "24.49 billion shares"
    assert written(999.6, "usd_bn", 1) == "$999.6 billion"


def test_a_fall_has_a_proper_minus_and_can_lose_it():
    assert written(-0.16968, "share") == "−17.0%"
    assert written(-0.16968, "share", 2, "abs") == "16.97%"
    assert written(0.0893, "share", 1, "signed") == "+8.9%"


def test_small_counts_can_be_words_and_ranks_are_ordinals():
    assert written(5.2, "times", 0, "word") == "five times"
    assert written(9, "rank") == "ninth"
    assert [written(n, "rank") for n in (11, 12, 21, 102, 111, 1003)] == [
        "11th", "12th", "21st", "102nd", "111th", "1,003rd",
    ]  # fmt: skip


def test_one_day_is_not_one_days():
    assert written(1, "days") == "1 day"
    assert written(2, "days") == "2 days"


def test_dates_are_written_out():
    assert written("2025-01-27", "date") == "27 January 2025"
    assert written("2025-01-27", "date", None, "short") == "27 January"
    assert written("2023-07", "month") == "July 2023"
    assert written("2025-01-27", "date", locale="zh_TW") == "2025 年 1 月 27 日"


def test_rounding_to_nothing_leaves_no_minus_zero():
    assert written(-0.0001, "share") == "0.0%"


def test_a_value_is_rounded_once_to_what_is_shown():
    assert make_value(592.651, "usd_bn", 1) == Value(592.7, "usd_bn", 1)
    with pytest.raises(BadValue, match="asked for 2 decimals of a value told with 1"):
        written(592.651, "usd_bn", 1, "2")


def test_a_template_keeps_its_slots_in_order_and_names_what_is_missing():
    assert slots("{b} and {a|abs} and {b}") == ["b", "a"]
    values = tell(loss=(593, "usd_bn")).values
    assert fill("Lost {loss|bare}", values) == "Lost 593"
    with pytest.raises(BadValue, match="figure 'x': no value named 'gain'; told so far: loss"):
        fill("{gain}", values, where="figure 'x'")


@pytest.mark.parametrize("number", [math.nan, math.inf, None, pd.NA, "many"])
def test_a_missing_number_is_never_shown(number):
    with pytest.raises(BadValue, match="not a (finite )?number"):
        make_value(number, "usd_bn")


def test_an_unknown_unit_or_modifier_is_refused():
    with pytest.raises(BadValue, match="unknown unit 'furlongs'"):
        make_value(1, "furlongs")
    with pytest.raises(BadValue, match="unknown modifier 'loud'"):
        written(1, "count", None, "loud")


def test_jupyter_lists_what_a_cell_told():
    told = tell(nvda_loss=(592.66, "usd_bn"), nvda_fall=(-0.1697, "share"))
    assert repr(told) == "nvda_loss = $593 billion\nnvda_fall = −17.0%"
