"""What the prices say: returns, ranks, market values, market model, drawdowns.

Everything is computed from the tables ``prices``, ``instruments`` and ``facts``.
Returns are simple returns, as fractions (-0.17 is a fall of 17%), because published
figures are simple. They are taken from ``adj_close`` where an instrument has it, so
that dividends do not count as losses; levels, recoveries and market values are taken
from ``close``, the price printed on the day. Days may be given as ISO texts.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
import pandas as pd

from explainer import tables

Day = str | pd.Timestamp

EVENT_DAY = pd.Timestamp("2025-01-27")
LAST_COMMON_DAY = pd.Timestamp("2026-07-31")
FEWEST_SESSIONS = 30


# Prices and returns


@cache
def _instrument(ticker: str) -> pd.Series:
    instruments = tables.read("instruments").set_index("ticker")
    if ticker not in instruments.index:
        raise ValueError(
            f"unknown ticker {ticker}, expected one of {', '.join(instruments.index)}"
        )
    return instruments.loc[ticker]


@cache
def _rows_by_ticker() -> dict[str, pd.DataFrame]:
    """The price table cut once: looking for each ticker in all of it takes longer."""
    rows = tables.read("prices").set_index("date")
    return dict(iter(rows.groupby("ticker")))


@cache
def _rows(ticker: str) -> pd.DataFrame:
    _instrument(ticker)
    return _rows_by_ticker()[ticker]


def _value_on(series: pd.Series, day: Day, what: str) -> float:
    day = pd.Timestamp(day)
    if day not in series.index:
        raise ValueError(f"{series.name} has no {what} on {day:%Y-%m-%d}")
    return float(series.loc[day])


def prices(
    ticker: str,
    field: str | None = None,
    start: Day | None = None,
    end: Day | None = None,
) -> pd.Series:
    """Prices by day, from start to end, both included; days without one are left out.

    ``field`` is close, adj_close or volume; by default the one that returns are taken
    from (adj_close, or close for indices, crypto and currency).
    """
    column = _rows(ticker)[field or _instrument(ticker)["return_field"]]
    return column.dropna().astype(float).rename(ticker).loc[start:end]


def simple_returns(
    ticker: str, start: Day | None = None, end: Day | None = None
) -> pd.Series:
    """R(t) = P(t) / P(t-1) - 1 by day, over the days of the instrument's calendar."""
    return prices(ticker).pct_change().dropna().loc[start:end]


def day_return(ticker: str, day: Day = EVENT_DAY) -> float:
    """The simple return of one day. ValueError if there is none."""
    return _value_on(simple_returns(ticker), day, "return")


def period_return(ticker: str, start: Day, end: Day) -> float:
    """From the close of start to the close of end; ValueError if a price is missing."""
    series = prices(ticker)
    return _value_on(series, end, "price") / _value_on(series, start, "price") - 1


def correlation(tickers: list[str], start: Day, end: Day) -> pd.DataFrame:
    """Pearson correlations of simple returns from start to end, ticker by ticker.

    Over the days on which all instruments have a price, so that the crypto weekend,
    say, counts into Monday for all.
    """
    common = pd.concat([prices(ticker) for ticker in tickers], axis=1, join="inner")
    return common.pct_change().dropna().loc[start:end].corr()


def drawdown(series: pd.Series) -> pd.Series:
    """How far each value lies below the highest one up to it, as a fraction <= 0."""
    return series / series.cummax() - 1


def max_drawdown(ticker: str, start: Day, end: Day) -> float:
    """The deepest drawdown from start to end, of peaks within that time; <= 0."""
    return float(drawdown(prices(ticker, start=start, end=end)).min())


def first_close_above(
    ticker: str, level: float, after: Day
) -> tuple[pd.Timestamp, float] | None:
    """First day after ``after`` with a close above level, and the close; None if none.

    Days whose close is blank (a few beside ex-dividend days) cannot be the first.
    """
    closes = prices(ticker, "close")
    above = closes[(closes.index > pd.Timestamp(after)) & (closes > level)]
    return None if above.empty else (above.index[0], float(above.iloc[0]))


# Volume


def volume(ticker: str, day: Day = EVENT_DAY) -> float:
    """Million shares traded that day on all US venues. ValueError if not known."""
    return _value_on(prices(ticker, "volume"), day, "volume") / 1e6


def usual_volume(ticker: str, day: Day = EVENT_DAY, sessions: int = 20) -> float:
    """Mean volume of the sessions before the day, in million shares.

    ValueError if one of them is not known.
    """
    volumes = _rows(ticker)["volume"]
    known = volumes[volumes.index < pd.Timestamp(day)].iloc[-sessions:].dropna()
    if len(known) < sessions:
        raise ValueError(
            f"{ticker} has {len(known)} volumes in the {sessions} sessions before {day}"
        )
    return float(known.mean()) / 1e6


# Ranks


def larger_falls(
    ticker: str,
    day: Day = EVENT_DAY,
    since: Day | None = None,
    until: Day | None = None,
) -> pd.Series:
    """Returns of all days that fell more than ``day``, the largest fall first."""
    returns = simple_returns(ticker, since, until)
    return returns[returns < day_return(ticker, day)].sort_values()


def rank_of_fall(
    ticker: str,
    day: Day = EVENT_DAY,
    since: Day | None = None,
    until: Day | None = None,
) -> tuple[int, int]:
    """Rank of the day's fall in percent (1 = the largest), and the number of returns.

    Among the days from since to until; by default all the price table has.
    """
    rank = len(larger_falls(ticker, day, since, until)) + 1
    return rank, len(simple_returns(ticker, since, until))


def tail_share(ticker: str, day: Day = EVENT_DAY, sessions: int = 250) -> float:
    """Share of the sessions before the day with a return as low as its own, or lower.

    Of as many sessions as there are, where the price table has fewer.
    """
    returns = simple_returns(ticker)
    before = returns[returns.index < pd.Timestamp(day)].iloc[-sessions:]
    return float((before <= day_return(ticker, day)).mean())


def last_larger_fall(ticker: str, day: Day = EVENT_DAY) -> pd.Timestamp | None:
    """The last day before ``day`` that fell more; None if there is none."""
    earlier = larger_falls(ticker, day, until=day)
    return None if earlier.empty else earlier.index.max()


# Market values


@cache
def _facts() -> pd.DataFrame:
    return tables.read("facts").set_index("fact_id")


@cache
def _share_counts(ticker: str) -> pd.Series:
    """Known share counts in millions by day, depositary shares where they trade."""
    facts = _facts()
    counts = facts[facts.index.str.startswith(f"shares_{ticker}_")]
    if counts.empty:
        raise ValueError(f"the table facts has no share count of {ticker}")
    ratio = f"ads_ratio_{ticker}"
    per_share = facts.loc[ratio, "value"] if ratio in facts.index else 1
    days = pd.DatetimeIndex(counts["as_of"])
    return pd.Series(counts["value"].to_numpy() / per_share, days).sort_index()


def shares_outstanding(ticker: str, day: Day = EVENT_DAY) -> float:
    """Million shares: the last count of that day or before, else the first after.

    From the facts ``shares_<ticker>_<day>``. TSMC's common shares are converted into
    depositary shares, which is what the price is of. ValueError if none is known.
    """
    return float(_shares_by_day(ticker, pd.DatetimeIndex([day])).iloc[0])


def _shares_by_day(ticker: str, days: pd.DatetimeIndex) -> pd.Series:
    counts = _share_counts(ticker)
    return counts.reindex(days, method="ffill").fillna(counts.iloc[0])


def _value_lost(ticker: str) -> pd.Series:
    """Billion US dollars by day; days beside a blank close are left out."""
    fall = -_rows(ticker)["close"].diff().dropna()
    return (fall * _shares_by_day(ticker, fall.index) / 1e3).rename(ticker)


def market_value_usd_bn(ticker: str, day: Day = EVENT_DAY) -> float:
    """Close times shares outstanding, in billion US dollars."""
    close = _value_on(prices(ticker, "close"), day, "close")
    return close * shares_outstanding(ticker, day) / 1e3


def market_value_lost_usd_bn(ticker: str, day: Day = EVENT_DAY) -> float:
    """(Close of the session before - close) times shares; positive for a loss.

    Both closes are valued at the day's share count, as in published figures.
    """
    return _value_on(_value_lost(ticker), day, "pair of closes")


def known_losses_usd_bn(at_least: float = 150) -> pd.DataFrame:
    """The largest one-day losses of market value the tables know, largest first.

    Computed where a close and a share count are at hand, otherwise as published
    (``published_loss_<ticker>_<day>`` in the facts). Columns: date, ticker,
    loss_usd_bn, basis (computed or published). Companies outside the tables are
    missing: it can disprove a record, but proves one only among those it holds.
    """
    computed = [
        (day, ticker, loss, "computed")
        for ticker in _tickers_with_share_counts()
        for day, loss in _value_lost(ticker).items()
        if loss >= at_least
    ]
    parts = _facts().index.to_series().str.extract(
        r"^published_loss_(?P<ticker>[A-Z]+)_(?P<date>\d{4}-\d{2}-\d{2})$"
    )
    published = [
        (pd.Timestamp(fact.date), fact.ticker, fact.value, "published")
        for fact in parts.dropna().join(_facts()["value"]).itertuples()
        if fact.value >= at_least
        and pd.Timestamp(fact.date) not in _value_lost(fact.ticker).index
    ]
    losses = pd.DataFrame(
        computed + published, columns=["date", "ticker", "loss_usd_bn", "basis"]
    )
    return losses.sort_values("loss_usd_bn", ascending=False, ignore_index=True)


def _tickers_with_share_counts() -> list[str]:
    found = _facts().index.to_series().str.extract(r"^shares_([A-Z]+)_")[0]
    return sorted(found.dropna().unique())


def exchange_rate(currency: str, day: Day = EVENT_DAY) -> float:
    """Units of CNY or HKD for one US dollar.

    CNY: the row of the day in the price table (winter 2024/25 only), which may hold the
    close of the session before; around 27 January 2025 that matters less than 0.1%.
    HKD: the cross of the official yuan midpoints of 25 February 2025; the peg keeps the
    rate within 0.7% of it on any day. ValueError for other currencies or days.
    """
    if currency == "CNY":
        return _value_on(prices("USDCNY"), day, "rate")
    if currency == "HKD":
        yuan_per = _facts()["value"]
        usd = yuan_per.loc["cny_per_usd_midpoint_2025-02-25"]
        return float(usd / yuan_per.loc["cny_per_hkd_midpoint_2025-02-25"])
    raise ValueError(f"no exchange rate for {currency}, expected CNY or HKD")


# Market model and event study


@dataclass(frozen=True)
class MarketModel:
    """R = alpha + beta * R_market + e, estimated by ordinary least squares.

    alpha and sigma (the residual standard deviation, n - 2 degrees of freedom) are
    fractions a day; n sessions from first to last; x_mean and x_ss are the mean of the
    market's returns and the sum of squared deviations from it.
    """

    ticker: str
    market: str
    alpha: float
    beta: float
    sigma: float
    n: int
    x_mean: float
    x_ss: float
    first: pd.Timestamp
    last: pd.Timestamp

    def expected(self, market_return: pd.Series) -> pd.Series:
        """The return to expect, given the market's."""
        return self.alpha + self.beta * market_return

    def standard_error(self, market_return: pd.Series) -> pd.Series:
        """sigma * sqrt(1 + 1/n + (R_market - x_mean)^2 / x_ss).

        Of a return's deviation from what is expected: its own scatter and the error of
        the estimates, larger where the market's move is unlike those estimated from.
        """
        distance = (market_return - self.x_mean) ** 2 / self.x_ss
        return self.sigma * np.sqrt(1 + 1 / self.n + distance)

    def cumulative_standard_error(self, market_return: pd.Series) -> float:
        """sigma * sqrt(m + m^2 / n + (sum of (R_market - x_mean))^2 / x_ss).

        Of the sum of the abnormal returns of m days. They share one alpha and one beta,
        whose errors add up from day to day instead of averaging out: the squares of
        standard_error must not simply be added.
        """
        days = len(market_return)
        distance = float((market_return - self.x_mean).sum()) ** 2 / self.x_ss
        return self.sigma * float(np.sqrt(days + days**2 / self.n + distance))


def _paired_returns(ticker: str, market: str) -> pd.DataFrame:
    """Returns of both over the days on which both have a price; columns own, market."""
    both = pd.concat(
        {"own": prices(ticker), "market": prices(market)}, axis=1, join="inner"
    )
    return both.pct_change().dropna()


def _position(returns: pd.DataFrame, ticker: str, day: Day) -> int:
    day = pd.Timestamp(day)
    if day not in returns.index:
        raise ValueError(f"{ticker} has no return on {day:%Y-%m-%d}")
    return int(returns.index.get_loc(day))


def market_model(
    ticker: str,
    event_day: Day = EVENT_DAY,
    market: str = "^GSPC",
    sessions: int = 120,
    gap: int = 11,
) -> MarketModel:
    """The market model, estimated before an event.

    The estimation window is the ``sessions`` returns that end ``gap`` sessions before
    the event day. Where the history is shorter, n says how many there were; ValueError
    if fewer than 30.
    """
    returns = _paired_returns(ticker, market)
    end = _position(returns, ticker, event_day) - gap + 1
    window = returns.iloc[max(end - sessions, 0) : max(end, 0)]
    n = len(window)
    if n < FEWEST_SESSIONS:
        raise ValueError(
            f"{ticker} has {n} returns before {pd.Timestamp(event_day):%Y-%m-%d},"
            f" expected at least {FEWEST_SESSIONS}"
        )
    x, y = window["market"], window["own"]
    x_mean = float(x.mean())
    x_ss = float(((x - x_mean) ** 2).sum())
    beta = float(((x - x_mean) * y).sum()) / x_ss
    alpha = float(y.mean()) - beta * x_mean
    residuals = y - alpha - beta * x
    sigma = float(np.sqrt((residuals**2).sum() / (n - 2)))
    return MarketModel(
        ticker=ticker,
        market=market,
        alpha=alpha,
        beta=beta,
        sigma=sigma,
        n=n,
        x_mean=x_mean,
        x_ss=x_ss,
        first=window.index[0],
        last=window.index[-1],
    )


def event_study(
    ticker: str,
    event_day: Day = EVENT_DAY,
    before: int = 10,
    after: int = 10,
    market: str = "^GSPC",
) -> pd.DataFrame:
    """Actual and expected returns around an event, by relative_day (0 = the event).

    Columns: date; actual; expected, by the market model; abnormal = actual - expected;
    standard_error, forecast error included; t_statistic = abnormal / standard_error;
    cumulative_abnormal, the sum of abnormal returns from the window's first day on.
    Both returns run between days on which both have a price: a crypto asset's Monday
    holds its weekend. ValueError if the window leaves the price table.
    """
    model = market_model(ticker, event_day, market)
    returns = _paired_returns(ticker, market)
    position = _position(returns, ticker, event_day)
    if position < before or position + after >= len(returns):
        raise ValueError(f"{ticker} has no {before} days before and {after} after")
    window = returns.iloc[position - before : position + after + 1]
    study = pd.DataFrame({"date": window.index, "actual": window["own"].to_numpy()})
    study.index = pd.RangeIndex(-before, after + 1, name="relative_day")
    market_return = window["market"].set_axis(study.index)
    study["expected"] = model.expected(market_return)
    study["abnormal"] = study["actual"] - study["expected"]
    study["standard_error"] = model.standard_error(market_return)
    study["t_statistic"] = study["abnormal"] / study["standard_error"]
    study["cumulative_abnormal"] = study["abnormal"].cumsum()
    return study


@dataclass(frozen=True)
class CumulativeAbnormal:
    """Sum of abnormal returns over some days, as a fraction, with its error."""

    value: float
    standard_error: float

    @property
    def t_statistic(self) -> float:
        """value / standard_error."""
        return self.value / self.standard_error


def cumulative_abnormal(
    ticker: str,
    first: int,
    last: int,
    event_day: Day = EVENT_DAY,
    market: str = "^GSPC",
) -> CumulativeAbnormal:
    """Abnormal returns summed from one relative day to another (-10 to -1, say).

    With the error of MarketModel.cumulative_standard_error. ValueError if a day lies
    outside the price table.
    """
    model = market_model(ticker, event_day, market)
    returns = _paired_returns(ticker, market)
    position = _position(returns, ticker, event_day)
    if not 0 <= position + first <= position + last < len(returns):
        raise ValueError(f"{ticker} has no days {first} to {last} around the event")
    window = returns.iloc[position + first : position + last + 1]
    abnormal = window["own"] - model.expected(window["market"])
    return CumulativeAbnormal(
        value=float(abnormal.sum()),
        standard_error=model.cumulative_standard_error(window["market"]),
    )
