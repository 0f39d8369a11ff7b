"""Measurements are named, documented, and fail loudly where they cannot be made."""

from __future__ import annotations

import inspect

import pytest

from explainer import claims, measures, tables
from explainer.measures import (
    REGISTRY,
    MeasurementError,
    UnknownMeasurement,
    measure,
    parse_arguments,
)
from explainer.values import UNITS, WRITTEN_AS


def number(name: str, text: str) -> float | str:
    return measure(name, parse_arguments(text)).number


def used() -> set[str]:
    """The measurements that statements and their reasons name."""
    names = set()
    for entry in claims.ledger():
        names.add(entry.claim.measurement)
        slots = claims.SLOT.finditer(entry.claim.reason_en)
        names.update(slot.group(1) for slot in slots if slot.group(2) is not None)
    return names - {None, "evidence"}


def test_every_measurement_says_what_it_measures_in_which_unit_from_which_tables():
    known = {*UNITS, *WRITTEN_AS, "date", "rank", None}
    for name, one in REGISTRY.items():
        assert one.meaning.endswith("."), name
        assert one.unit in known, name
        assert one.tables and set(one.tables) <= set(tables.names()), name
        parameters = inspect.signature(one.function).parameters
        assert all(p.annotation is not p.empty for p in parameters.values()), name


def test_every_measurement_is_used_and_every_name_used_is_one():
    assert used() == set(REGISTRY)


# What they answer, on figures known from elsewhere


def test_prices_answer_as_published():
    assert number("day_return", "ticker=NVDA; date=2025-01-27") == pytest.approx(
        -16.97, abs=0.005
    )
    assert number("day_return", "ticker=^GSPC; date=2025-01-27") == pytest.approx(
        -1.46, abs=0.005
    )
    assert number("volume", "ticker=NVDA; date=2025-01-27") == 818.8309
    assert number("last_larger_fall", "ticker=^IXIC; date=2025-01-27") == "2024-12-18"
    falls = "ticker=NVDA; date=2025-01-27; since=1999-01-01"
    assert number("fall_rank", falls) == 9


def test_a_rank_of_a_fall_does_not_know_the_days_after_it():
    falls = "ticker=^IXIC; date=2025-01-27; since=2025-01-01"
    assert number("fall_rank", falls) == 1  # April 2025 was worse


def test_the_mildest_and_the_deepest_fall_are_the_ends_of_a_group():
    group = "tickers=VRT+ANET; date=2025-01-27"
    low, high = (
        number("extreme_return", f"{group}; which={which}_fall")
        for which in ("largest", "smallest")
    )
    answer = measure("return_range", parse_arguments(group))
    assert (answer.number, answer.high) == (low, high)
    assert low < high < 0


def test_vistra_recovered_in_june_and_constellation_in_july_2025():
    fall = "date=2025-01-27"
    assert number("recovery_date", f"ticker=VST; {fall}") == "2025-06-27"
    assert number("recovery_date", f"ticker=CEG; {fall}") == "2025-07-31"


def test_65_percent_of_nvidias_fall_came_before_the_tariffs():
    days = "start=2025-02-20; split=2025-04-02; end=2025-04-04"
    share = number("share_of_fall", f"ticker=NVDA; {days}")
    assert share == pytest.approx(64.8, abs=0.05)


def test_nvidia_needed_92_sessions_and_was_cheaper_after_five():
    assert number("recovery_sessions", "ticker=NVDA; date=2025-01-27") == 92
    closes = [
        number("closing_level", f"ticker=NVDA; date={day}")
        for day in ("2025-01-27", "2025-02-03")
    ]
    assert closes == [118.42, 116.66]


def test_published_losses_follow_from_two_prices_and_three_counts():
    day = "ticker=NVDA; date=2025-01-27"
    diluted = "shares=average_shares_diluted_NVDA_2024-10-27"
    basic = "shares=average_shares_basic_NVDA_2024-10-27"
    early = "close=published_close_NVDA_cnbc"
    assert number("loss_with", f"{day}; {diluted}; {early}") == pytest.approx(
        595.6, abs=0.05
    )
    assert number("loss_with", f"{day}; {basic}") == pytest.approx(593.7, abs=0.05)
    spread = measure("published_loss_range", {"ticker": "NVDA"})
    assert (spread.number, spread.high) == (589, 596)


def test_periods_are_pairs_of_days():
    periods = "periods=2025-01-24/2025-01-27+2025-02-19/2025-04-08"
    assert number("fell_less", f"tickers=MSFT; benchmark=SPY; {periods}") == "partly"
    assert number("fell_less", f"tickers=GOOGL; benchmark=SPY; {periods}") == "no"
    assert number("rose", f"tickers=VRT; {periods}") == "no"
    with pytest.raises(MeasurementError, match="expected a date"):
        number("rose", "tickers=VRT; periods=2025-01-24")


def test_a_basket_of_one_is_its_stock():
    days = "start=2025-01-24; end=2025-01-27"
    alone = number("period_return", f"ticker=ARM; {days}")
    assert number("basket_return", f"tickers=ARM; {days}") == pytest.approx(alone)
    year = "start=2024-01-24; end=2025-01-24"
    pair = number("correlation", f"a=ROBO; b=QQQ; {year}")
    assert number("basket_correlation", f"a=ROBO; b=QQQ; {year}") == pytest.approx(pair)


def test_the_published_sum_in_yuan_and_hong_kong_dollars():
    text = "amount=595; unit=usd_bn; to=cny_bn; date=2025-01-27"
    assert number("convert", text) == pytest.approx(595 * 7.2431, rel=1e-3)
    text = "amount=5.6; unit=usd_m; to=hkd_m; date=2025-02-25"
    assert number("convert", text) == pytest.approx(5.6 * 7.1726 / 0.92245)


def test_events_are_ordered_and_counted_in_days():
    pair = "first=stargate_announced; second=crash"
    assert number("event_order", pair) == "before"
    assert number("event_order", "first=crash; second=crash") == "same day"
    assert number("days_between", pair) == 6
    age = "event=deepseek_founded; date=2025-01-27"
    assert number("age_at", f"{age}; unit=months") == pytest.approx(20.4, abs=0.1)


def test_events_that_overlap_cannot_be_ordered():
    with pytest.raises(MeasurementError, match="not dated exactly enough"):
        number("event_order", "first=taiwan_ban; second=crash")  # January 2025
    with pytest.raises(MeasurementError, match="expected a day"):
        number("days_between", "first=deepseek_founded; second=crash")


def test_some_of_several_are_partly():
    stargate = "group=stargate_initial_partners"
    assert number("member", f"{stargate}; name=OpenAI+Oracle") == "yes"
    assert number("member", f"{stargate}; name=OpenAI+ExxonMobil") == "partly"
    assert number("member", f"{stargate}; name=ExxonMobil") == "no"


def test_the_articles_own_figures_are_measured_like_any_other():
    assert number("stated", "claim=E065") == 320
    assert number("stated_ratio", "a=E065; b=E066") == 4
    assert claims.stated("E065").unit == "million_shares"
    assert claims.stated("E018").unit == "month"
    assert claims.stated("N003").unit == "rank"


# Units and decimals


def test_money_and_time_change_their_unit_and_nothing_else_does():
    bill = measure("training_bill", {"model": "DeepSeek-V3", "usd_per_gpu_hour": "2"})
    assert bill.in_unit("usd").number == pytest.approx(5_576_000)
    assert bill.in_unit("usd_bn").number == pytest.approx(0.005576)
    with pytest.raises(MeasurementError, match="answers in usd_m, expected days"):
        bill.in_unit("days")


def test_figures_are_shown_with_the_digits_that_carry_them():
    def shown(text: str) -> tuple[float, int]:
        value = measure("fact", {"id": text}).value()
        return value.number, value.digits

    assert shown("published_close_NVDA_cnbc") == (118.58, 2)
    assert shown("published_loss_NVDA_bloomberg") == (589, 0)
    assert shown("low_BTC_2025-01-27") == (97796, 0)


# What cannot be measured


def test_an_unknown_measurement_names_those_there_are():
    with pytest.raises(UnknownMeasurement, match="found nothing_such, expected one of"):
        measure("nothing_such", {})


def test_errors_name_the_table_and_what_it_has():
    for name, text, message in [
        ("fact", "id=x", "data/facts.csv, column fact_id: found x"),
        ("event_date", "event=x", "data/timeline.csv, column event: found x"),
        ("member", "group=x; name=y", "data/memberships.csv, column group: found x"),
        ("attribute", "subject=x; name=y", "data/attributes.csv, column subject"),
        ("training", "model=x; field=gpu_count", "data/training_runs.csv"),
        ("price_tag", "model=DeepSeek-V3; kind=purchase", "no purchase price"),
        ("stated", "claim=Z999", "data/claims.csv, column id: found Z999"),
        ("stated", "claim=N036", "states no figure"),
        ("vc_share", "source=CB Insights; year=2024", "covers 2024Q1"),
        ("volume", "ticker=NVDA; date=2025-01-26", "no volume on 2025-01-26"),
        (
            "app_rank",
            "date=2025-01-10; geography=United States; platform=App Store",
            "data/app_rankings.csv: no rank of DeepSeek in App Store",
        ),
    ]:
        with pytest.raises(MeasurementError) as caught:
            number(name, text)
        assert message in str(caught.value)


def test_an_argument_of_the_wrong_kind_is_named():
    for name, text, message in [
        ("usual_volume", "ticker=NVDA; date=2025-01-27; sessions=x", "a whole number"),
        ("training_bill", "model=DeepSeek-V3; usd_per_gpu_hour=x", "a number"),
        ("days_of_inventory", "quarter=FY2025Q4; averaged=x", "true or false"),
        ("price_tag", "model=GPT-4; kind=x", "rental, amortised, purchase"),
    ]:
        with pytest.raises(MeasurementError, match=message):
            number(name, text)
    assert measures.parse_arguments("") == {}
