"""Named measurements: how the tables answer what a statement says.

``data/claims.csv`` names for each statement that can be measured one function of this
module and its arguments, as ``key=value; key=value``; a reason calls them as
``{name(key=value, key=value)}``. Every measurement reads ``data/`` alone and says in
which unit it answers and from which tables (REGISTRY). It measures and does not judge:
the rule that compares its answer with a statement stands in ``claims.py``.

What cannot be measured (an unknown name, an argument that does not fit, a day or a row
that the data do not have) raises MeasurementError and is never a verdict.
"""

from __future__ import annotations

import datetime as dt
import inspect
import math
import typing
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

import pandas as pd

from explainer import economics, market, tables
from explainer.values import UNITS, WRITTEN_AS, Value, make_value

DAYS_PER_MONTH = 30.4375
DAYS_PER_YEAR = 365.25
SAME_DIMENSION = (
    {"usd": 1, "usd_m": 1e6, "usd_bn": 1e9},
    {"days": 1, "months": DAYS_PER_MONTH, "years": DAYS_PER_YEAR},
    {"count": 1, "people": 1},
)


class MeasurementError(ValueError):
    """A measurement that cannot be made; says what was found and what expected."""

    column = "arguments"


class UnknownMeasurement(MeasurementError):
    """A name that no measurement has."""

    column = "measurement"


# What a measurement answers


@dataclass(frozen=True)
class Measured:
    """An exact answer: a number, an ISO date or a word, in ``unit``.

    Where the answer is a range, ``number`` is its lower and ``high`` its upper end.
    ``decimals`` is how many to show; the verdict is reached from the exact number.
    """

    number: float | str
    unit: str
    decimals: int | None = None
    high: float | None = None

    def value(self) -> Value:
        """The answer (or its lower end) as it is shown."""
        return shown(self.number, self.unit, self.decimals)

    def high_value(self) -> Value | None:
        """The upper end as it is shown; None if the answer is no range."""
        return (
            None if self.high is None else shown(self.high, self.unit, self.decimals)
        )

    def in_unit(self, unit: str) -> Measured:
        """The same in another unit; MeasurementError if that is another quantity."""
        if WRITTEN_AS.get(unit, unit) == WRITTEN_AS.get(self.unit, self.unit):
            return self
        for size in SAME_DIMENSION:
            if unit in size and self.unit in size:
                factor = size[self.unit] / size[unit]
                high = None if self.high is None else self.high * factor
                decimals = self.decimals if factor == 1 else None
                return Measured(self.number * factor, unit, decimals, high)
        raise MeasurementError(f"answers in {self.unit}, expected {unit}")


def shown(number: float | str, unit: str, decimals: int | None = None) -> Value:
    """A figure as a Value; a date in the precision it has (day, month or year)."""
    if unit == "date":
        precision = {4: "year", 7: "month", 10: "date"}[len(str(number))]
        return make_value(number, precision)
    return make_value(number, unit, decimals)


def _decimals(number: float, significant: int) -> int:
    """Decimals that show so many significant digits, without zeros at the end."""
    if number == 0:
        return 0
    digits = f"{abs(number):.{significant - 1}e}"
    mantissa, exponent = digits.split("e")
    return max(0, len(mantissa.rstrip("0").replace(".", "")) - 1 - int(exponent))


def _figure(number: float, unit: str, significant: int = 5) -> Measured:
    return Measured(number, unit, _decimals(number, significant))


# The registry


class Ticker(str):
    """A symbol of ``data/instruments.csv``."""


class Tickers(tuple):
    """Several of them, joined by +."""


class Names(tuple):
    """Several names, joined by +."""


class Periods(tuple):
    """Several pairs of days, each as start/end, joined by +."""


@dataclass(frozen=True)
class Measurement:
    """One entry of the registry; ``unit`` is None where the arguments decide it."""

    name: str
    unit: str | None
    tables: tuple[str, ...]
    function: Callable[..., Any]
    decimals: int | None

    @property
    def meaning(self) -> str:
        """The docstring: what is measured, and how."""
        return inspect.getdoc(self.function) or ""

    def __call__(self, arguments: Mapping[str, str]) -> Measured:
        """The answer for arguments given as texts."""
        answer = self.function(**self._converted(arguments))
        if isinstance(answer, Measured):
            return answer
        if isinstance(answer, tuple):
            low, high = answer
            return Measured(low, self.unit, self.decimals, high)
        return Measured(answer, self.unit, self.decimals)

    def _converted(self, arguments: Mapping[str, str]) -> dict[str, Any]:
        parameters = inspect.signature(self.function).parameters
        for name in arguments:
            if name not in parameters:
                raise MeasurementError(
                    f"{self.name}: found an argument {name},"
                    f" expected one of {', '.join(parameters)}"
                )
        for name, parameter in parameters.items():
            if name not in arguments and parameter.default is parameter.empty:
                raise MeasurementError(f"{self.name}: found no {name}, expected one")
        hints = _hints(self.function)
        return {
            name: _convert(text, hints[name], f"{self.name}, {name}")
            for name, text in arguments.items()
        }


REGISTRY: dict[str, Measurement] = {}


def measurement(
    unit: str | None, *sources: str, decimals: int | None = None
) -> Callable[[Callable], Callable]:
    """Enter a function into the registry, with its unit and source tables."""

    def enter(function: Callable) -> Callable:
        name = function.__name__
        REGISTRY[name] = Measurement(name, unit, sources, function, decimals)
        return function

    return enter


@cache
def _hints(function: Callable) -> dict[str, Any]:
    return typing.get_type_hints(function)


def _convert(text: str, kind: Any, where: str) -> Any:
    """An argument in the type that the function's signature asks for."""
    if typing.get_origin(kind) is Literal:
        return _one_of(text, typing.get_args(kind), where)
    if kind is Ticker:
        return _one_of(text, _tickers(), where)
    if kind is Tickers:
        return Tickers(_one_of(one, _tickers(), where) for one in text.split("+"))
    if kind is Names:
        return Names(text.split("+"))
    if kind is Periods:
        ends = [period.partition("/") for period in text.split("+")]
        return Periods(
            tuple(_convert(day, dt.date, where) for day in (start, end))
            for start, _, end in ends
        )
    expected, read = {
        str: ("text", str),
        int: ("a whole number", int),
        float: ("a number", float),
        bool: ("true or false", {"true": True, "false": False}.__getitem__),
        dt.date: ("a date as YYYY-MM-DD", dt.date.fromisoformat),
    }[kind]
    try:
        return read(text)
    except (ValueError, KeyError):
        raise MeasurementError(f"{where}: found {text}, expected {expected}") from None


@cache
def _tickers() -> tuple[str, ...]:
    return tuple(tables.read("instruments")["ticker"])


def _one_of(text: str, known: Iterable[str], where: str) -> str:
    known = list(dict.fromkeys(known))
    if text not in known:
        raise MeasurementError(
            f"{where}: found {text}, expected one of {', '.join(known)}"
        )
    return text


def parse_arguments(text: str, separator: str = ";") -> dict[str, str]:
    """The arguments of ``key=value; key=value`` (in a slot: separated by commas)."""
    arguments: dict[str, str] = {}
    for part in filter(None, (part.strip() for part in text.split(separator))):
        key, equals, value = (piece.strip() for piece in part.partition("="))
        if not (key and equals and value):
            raise MeasurementError(f"found {part!r}, expected key=value")
        if key in arguments:
            raise MeasurementError(f"found {key} twice, expected it once")
        arguments[key] = value
    return arguments


def measure(name: str, arguments: Mapping[str, str]) -> Measured:
    """Make a measurement by its name; MeasurementError if that is not possible."""
    return _measure(name, tuple(arguments.items()))


@cache
def _measure(name: str, arguments: tuple[tuple[str, str], ...]) -> Measured:
    if name not in REGISTRY:
        known = ", ".join(sorted(REGISTRY))
        raise UnknownMeasurement(f"found {name}, expected one of {known}")
    try:
        answer = REGISTRY[name](dict(arguments))
    except (MeasurementError, tables.TableError):
        raise
    except ValueError as error:
        call = ", ".join(f"{key}={value}" for key, value in arguments)
        raise MeasurementError(f"found {name}({call}): {error}") from error
    if isinstance(answer.number, float) and not math.isfinite(answer.number):
        raise MeasurementError(f"{name}: found no finite number, expected one")
    return answer


def _row(table: str, key: str, name: str) -> pd.Series:
    """One row of a table, by the value of its key column."""
    rows = tables.read(table)
    _known(table, key, name, rows[key])
    return rows.set_index(key).loc[name]


def _known(table: str, column: str, name: str, known: Iterable[str]) -> None:
    _one_of(name, sorted(set(known)), f"data/{table}.csv, column {column}")


def _partly(results: Iterable[bool]) -> str:
    """yes if all are true, no if none is, partly otherwise."""
    results = list(results)
    return "yes" if all(results) else "partly" if any(results) else "no"


# Prices


def _at(date: dt.date) -> pd.Timestamp:
    return pd.Timestamp(date)


@measurement("percent", "prices", "instruments", decimals=2)
def day_return(ticker: Ticker, date: dt.date) -> float:
    """Simple return of one day, from the close before to the day's close."""
    return 100 * market.day_return(ticker, _at(date))


@measurement("percent", "prices", "instruments")
def period_return(ticker: Ticker, start: dt.date, end: dt.date) -> float:
    """Simple return from the close of start to the close of end."""
    return 100 * market.period_return(ticker, _at(start), _at(end))


@measurement("percent", "prices", "instruments", decimals=2)
def return_range(tickers: Tickers, date: dt.date) -> tuple[float, float]:
    """Lowest and highest simple return of a day within a group."""
    returns = [day_return(ticker, date) for ticker in tickers]
    return min(returns), max(returns)


@measurement("percent_share", "prices", "instruments", decimals=1)
def tail_share(tickers: Tickers, date: dt.date) -> float:
    """Of the 250 sessions before, those that fell as far; of a group, the most."""
    return max(100 * market.tail_share(ticker, _at(date)) for ticker in tickers)


@measurement("percent", "prices", "instruments", decimals=2)
def extreme_return(
    tickers: Tickers, date: dt.date, which: Literal["largest_fall", "smallest_fall"]
) -> float:
    """The largest, or the smallest, fall of a day within a group."""
    low, high = return_range(tickers, date)
    return low if which == "largest_fall" else high


@measurement("rank", "prices", "instruments")
def fall_rank(ticker: Ticker, date: dt.date, since: dt.date) -> int:
    """Rank of the day's fall in percent among all days from ``since`` to the day."""
    return market.rank_of_fall(ticker, _at(date), _at(since), _at(date))[0]


@measurement("word", "prices", "instruments", "facts")
def record_fall(date: dt.date, ticker: Ticker = Ticker("NVDA")) -> str:
    """Whether the day's fall was a record: no stock's was larger, in percent or dollars.

    ``partly`` if it was by one of the two; in percent against the same day's falls.
    """
    return _partly([larger_percent_falls(date, ticker) == 0, record_loss_rank(date) == 1])


@measurement("date", "prices", "instruments")
def last_larger_fall(ticker: Ticker, date: dt.date) -> str:
    """The last day before on which it fell more in percent."""
    day = market.last_larger_fall(ticker, _at(date))
    if day is None:
        raise MeasurementError(f"{ticker} never fell more in data/prices.csv")
    return f"{day:%Y-%m-%d}"


@measurement("count", "prices", "instruments")
def larger_percent_falls(date: dt.date, ticker: Ticker = Ticker("NVDA")) -> int:
    """Stocks of the price table that fell more in percent that day than ``ticker``."""
    instruments = tables.read("instruments")
    stocks = instruments.loc[instruments["kind"] == "stock", "ticker"]
    own = day_return(ticker, date)
    return sum(day_return(stock, date) < own for stock in stocks)


@measurement("date", "prices", "instruments")
def recovery_date(ticker: Ticker, date: dt.date) -> str:
    """First day whose close lies above the close before the fall of ``date``."""
    closes = market.prices(ticker, "close", end=_at(date))
    day_return(ticker, date)
    found = market.first_close_above(ticker, float(closes.iloc[-2]), _at(date))
    if found is None:
        raise MeasurementError(f"{ticker} did not recover within data/prices.csv")
    return f"{found[0]:%Y-%m-%d}"


@measurement("sessions", "prices", "instruments")
def recovery_sessions(ticker: Ticker, date: dt.date) -> int:
    """Sessions from the fall of ``date`` to the first close above the one before it."""
    back = pd.Timestamp(recovery_date(ticker, date))
    return len(market.prices(ticker, start=_at(date), end=back)) - 1


@measurement(None, "prices", "instruments")
def closing_level(ticker: Ticker, date: dt.date) -> Measured:
    """The close of a day as it was printed: dollars, or points of an index."""
    series = market.prices(ticker, "close", _at(date), _at(date))
    if series.empty:
        raise MeasurementError(f"{ticker} has no close on {date}")
    return Measured(float(series.iloc[0]), _price_unit(ticker), 2)


@measurement(None, "prices", "instruments")
def mean_level(ticker: Ticker, start: dt.date, end: dt.date) -> Measured:
    """Mean of the closes between two days."""
    _within(ticker, start, end)
    series = market.prices(ticker, "close", _at(start), _at(end))
    return Measured(float(series.mean()), _price_unit(ticker), 1)


def _price_unit(ticker: str) -> str:
    points = _row("instruments", "ticker", ticker)["kind"] == "index"
    return "ratio" if points else "usd"


@measurement("percent_share", "prices", "instruments", decimals=0)
def share_of_fall(
    ticker: Ticker, start: dt.date, split: dt.date, end: dt.date
) -> float:
    """Share of the fall between two closes that had come by a close in between."""
    closes = [closing_level(ticker, day).number for day in (start, split, end)]
    return 100 * (closes[0] - closes[1]) / (closes[0] - closes[2])


@measurement("word", "prices", "instruments")
def rose(tickers: Tickers, periods: Periods) -> str:
    """Whether all of a group rose in all of some periods: yes, partly or no."""
    return _partly(
        period_return(one, *period) > 0 for one in tickers for period in periods
    )


@measurement("word", "prices", "instruments")
def fell_less(tickers: Tickers, benchmark: Ticker, periods: Periods) -> str:
    """Whether all of a group did better than a benchmark in all of some periods."""
    return _partly(
        period_return(one, *period) > period_return(benchmark, *period)
        for one in tickers
        for period in periods
    )


@measurement("points", "prices", decimals=1)
def cumulative_abnormal(ticker: Ticker, sessions: int) -> float:
    """Abnormal returns of the sessions before 27 January 2025, summed."""
    return 100 * market.cumulative_abnormal(ticker, -sessions, -1).value


@measurement("ratio", "prices", decimals=1)
def cumulative_abnormal_t(ticker: Ticker, sessions: int) -> float:
    """The same in units of its standard error."""
    return market.cumulative_abnormal(ticker, -sessions, -1).t_statistic


@measurement("percent", "prices", "instruments")
def max_drawdown(ticker: Ticker, start: dt.date, end: dt.date) -> float:
    """The worst fall from an earlier high between two days."""
    _within(ticker, start, end)
    return 100 * market.max_drawdown(ticker, _at(start), _at(end))


@measurement("ratio", "prices", "instruments")
def correlation(a: Ticker, b: Ticker, start: dt.date, end: dt.date) -> float:
    """Pearson correlation of the daily simple returns between two days."""
    _within(a, start, end)
    _within(b, start, end)
    return float(market.correlation([a, b], _at(start), _at(end)).loc[a, b])


@measurement("ratio", "prices", "instruments")
def basket_correlation(
    a: Tickers, b: Tickers, start: dt.date, end: dt.date
) -> float:
    """Correlation of the mean daily simple returns of two groups."""
    means = [_daily_returns(group, start, end).mean(axis=1) for group in (a, b)]
    return float(means[0].corr(means[1]))


@measurement("percent", "prices", "instruments")
def basket_return(tickers: Tickers, start: dt.date, end: dt.date) -> float:
    """Return of a group bought in equal parts at the close of start, then held."""
    return 100 * (float(_basket(tickers, start, end).iloc[-1]) - 1)


@measurement("multiple", "prices", "instruments", decimals=2)
def drawdown_ratio(
    tickers: Tickers, benchmark: Ticker, start: dt.date, end: dt.date
) -> float:
    """Worst fall of a group bought in equal parts, in units of the benchmark's."""
    worst = float(market.drawdown(_basket(tickers, start, end)).min())
    _within(benchmark, start, end)
    return worst / market.max_drawdown(benchmark, _at(start), _at(end))


def _within(ticker: str, start: dt.date, end: dt.date) -> None:
    """Both days must have a price, or a period would silently be another one."""
    market.period_return(ticker, _at(start), _at(end))


def _prices_of(tickers: Tickers, start: dt.date, end: dt.date) -> pd.DataFrame:
    for ticker in tickers:
        _within(ticker, start, end)
    columns = [market.prices(ticker) for ticker in tickers]
    return pd.concat(columns, axis=1, join="inner")


def _daily_returns(tickers: Tickers, start: dt.date, end: dt.date) -> pd.DataFrame:
    returns = _prices_of(tickers, start, end).pct_change().dropna()
    return returns.loc[_at(start) : _at(end)]


def _basket(tickers: Tickers, start: dt.date, end: dt.date) -> pd.Series:
    prices = _prices_of(tickers, start, end).loc[_at(start) : _at(end)]
    return (prices / prices.iloc[0]).mean(axis=1)


@measurement("million_shares", "prices", decimals=1)
def volume(ticker: Ticker, date: dt.date) -> float:
    """Shares traded that day on all US venues."""
    return market.volume(ticker, _at(date))


@measurement("million_shares", "prices", decimals=1)
def usual_volume(ticker: Ticker, date: dt.date, sessions: int) -> float:
    """Mean daily volume of the sessions before the day."""
    return market.usual_volume(ticker, _at(date), sessions)


@measurement("multiple", "prices")
def volume_multiple(ticker: Ticker, date: dt.date, sessions: int) -> float:
    """The day's volume in units of the usual one."""
    return volume(ticker, date) / usual_volume(ticker, date, sessions)


# Market values


@measurement("usd_bn", "prices", "facts", decimals=1)
def market_value(ticker: Ticker, date: dt.date) -> float:
    """Close times the last known share count."""
    return market.market_value_usd_bn(ticker, _at(date))


@measurement("usd_bn", "prices", "facts", decimals=1)
def market_value_lost(ticker: Ticker, date: dt.date) -> float:
    """Fall of the close times the last known share count; positive for a loss."""
    return market.market_value_lost_usd_bn(ticker, _at(date))


@measurement("usd_bn", "facts", decimals=0)
def published_loss_range(ticker: Ticker) -> tuple[float, float]:
    """Lowest and highest loss of 27 January 2025 that publishers print."""
    facts = tables.read("facts").set_index("fact_id")
    of_ticker = facts.index.str.startswith(f"published_loss_{ticker}_")
    losses = facts.loc[of_ticker & (facts["as_of"] == "2025-01-27"), "value"]
    if losses.empty:
        raise MeasurementError(f"data/facts.csv: no published loss of {ticker}")
    return float(losses.min()), float(losses.max())


@measurement("usd_bn", "prices", "facts", decimals=1)
def loss_with(ticker: Ticker, date: dt.date, shares: str, close: str = "") -> float:
    """The day's loss with another share count and, if named, another close (facts)."""
    closes = market.prices(ticker, "close", end=_at(date))
    last = _fact(close)[0] if close else float(closes.iloc[-1])
    return (float(closes.iloc[-2]) - last) * _fact(shares)[0] / 1e3


@measurement("cny_bn", "prices", "facts", decimals=0)
def market_value_lost_in(
    ticker: Ticker, date: dt.date, currency: Literal["CNY"]
) -> float:
    """The same loss at the day's exchange rate."""
    return market_value_lost(ticker, date) * market.exchange_rate(currency, _at(date))


@measurement("multiple", "prices", "facts")
def loss_in_companies(ticker: Ticker, date: dt.date, yardstick: Ticker) -> float:
    """The day's loss of market value in units of another company's whole value."""
    return market_value_lost(ticker, date) / market_value(yardstick, date)


@measurement("rank", "prices", "facts")
def record_loss_rank(date: dt.date, ticker: Ticker = Ticker("NVDA")) -> int:
    """Rank of the day's loss in dollars among all known one-day losses up to it."""
    own = market_value_lost(ticker, date)
    losses = market.known_losses_usd_bn(at_least=own)
    earlier = losses[losses["date"] <= _at(date)]
    return 1 + int((earlier["loss_usd_bn"] > own).sum())


@measurement(None, "prices", "facts")
def convert(
    amount: float,
    unit: Literal["usd_m", "usd_bn"],
    to: Literal["cny_bn", "hkd_m"],
    date: dt.date,
) -> Measured:
    """A sum of US dollars in another currency, at the rate of the time."""
    currency = {"cny_bn": "CNY", "hkd_m": "HKD"}[to]
    size = {"usd_m": 1e6, "usd_bn": 1e9, "hkd_m": 1e6, "cny_bn": 1e9}
    rate = market.exchange_rate(currency, _at(date))
    return _figure(amount * size[unit] / size[to] * rate, to, significant=4)


# Single facts


def _fact(fact_id: str) -> tuple[float, str]:
    row = _row("facts", "fact_id", fact_id)
    return float(row["value"]), str(row["unit"])


@measurement(None, "facts")
def fact(id: str) -> Measured:
    """One sourced figure, in its own unit."""
    return _figure(*_fact(id))


@measurement("ratio", "facts")
def fact_ratio(a: str, b: str) -> float:
    """The first of two facts of one unit in units of the second."""
    (first, unit), (second, other) = _fact(a), _fact(b)
    if unit != other:
        raise MeasurementError(f"{b} is in {other}, expected {unit} like {a}")
    return first / second


@measurement("percent", "facts")
def fact_change(a: str, b: str) -> float:
    """Change from the first to the second of two facts."""
    return 100 * (1 / fact_ratio(a, b) - 1)


@measurement(None, "facts")
def fact_product(a: str, b: str) -> Measured:
    """A fact times a share, in the unit of the fact."""
    (amount, unit), (share, other) = _fact(a), _fact(b)
    if other != "percent_share":
        raise MeasurementError(f"{b} is in {other}, expected percent_share")
    return _figure(amount * share / 100, unit)


@measurement(None, "facts")
def fact_range(ids: Names) -> Measured:
    """Smallest and largest of some facts of one unit."""
    facts = [_fact(one) for one in ids]
    units = {unit for _, unit in facts}
    if len(units) > 1:
        raise MeasurementError(f"found {', '.join(sorted(units))}, expected one unit")
    numbers = [number for number, _ in facts]
    return Measured(min(numbers), units.pop(), 0, max(numbers))


@measurement(None, "facts", "prices")
def fact_moved(id: str, ticker: Ticker, start: dt.date, end: dt.date) -> Measured:
    """A fact moved on by an index's return between two days."""
    amount, unit = _fact(id)
    return Measured(amount * (1 + period_return(ticker, start, end) / 100), unit, 1)


def fact_tiers(arguments: Mapping[str, str]) -> set[str]:
    """Tiers of the facts that a measurement's arguments name; empty if none."""
    tiers = tables.read("facts").set_index("fact_id")["tier"]
    named = "+".join(arguments.values()).split("+")
    return set(tiers[tiers.index.intersection(named)])


@measurement("rank", "facts")
def fact_rank(id: str, among: Names) -> int:
    """Rank of a fact (1 = the largest) among itself and the others."""
    return 1 + sum(fact_ratio(other, id) > 1 for other in among)


@measurement("million_downloads", "facts")
def app_downloads(date: dt.date) -> float:
    """Downloads of DeepSeek's app worldwide since its release, by Appfigures."""
    return _fact(f"app_downloads_appfigures_{date.isoformat()}")[0]


# The order and distance of events


def _event(event: str) -> str:
    return str(_row("timeline", "event", event)["date"])


def first_and_last_day(date: str) -> tuple[dt.date, dt.date]:
    """The days that a date as YYYY, YYYY-MM or YYYY-MM-DD can mean."""
    period = pd.Period(date)
    return period.start_time.date(), period.end_time.date()


def _middle(date: str) -> dt.date:
    first, last = first_and_last_day(date)
    return first + (last - first) / 2


@measurement("date", "timeline")
def event_date(event: str) -> str:
    """When an event happened, as exactly as its source says."""
    return _event(event)


@measurement("days", "timeline")
def days_between(first: str, second: str) -> int:
    """Days from the first event to the second; both must be known to the day."""
    days = [_event(event) for event in (first, second)]
    for event, day in zip((first, second), days, strict=True):
        if len(day) < 10:
            raise MeasurementError(f"{event} is dated {day}, expected a day")
    return (dt.date.fromisoformat(days[1]) - dt.date.fromisoformat(days[0])).days


@measurement("word", "timeline")
def event_order(first: str, second: str) -> str:
    """Where the first event lies: before or after the second, or on the same day."""
    one, other = (first_and_last_day(_event(event)) for event in (first, second))
    if one[1] < other[0]:
        return "before"
    if one[0] > other[1]:
        return "after"
    if one == other and one[0] == one[1]:
        return "same day"
    raise MeasurementError(f"{first} and {second} are not dated exactly enough")


@measurement(None, "timeline")
def age_at(event: str, date: dt.date, unit: Literal["years", "months"]) -> Measured:
    """Time from an event to a day; from the middle of a month if only that is known."""
    days = (date - _middle(_event(event))).days
    if unit == "years":
        return Measured(days / DAYS_PER_YEAR, "years", 1)
    return Measured(days / DAYS_PER_MONTH, "months", 0)


@measurement("years", "attributes", "timeline")
def age_of(person: str, event: str) -> float:
    """A person's age at an event; a year of birth counts from its middle."""
    born = _values(person, "born")
    return (_middle(_event(event)) - _middle(born[0])).days / DAYS_PER_YEAR


# Training, chips and prices of models


@measurement(None, "training_runs")
def training(
    model: str,
    field: Literal[
        "total_params",
        "active_params",
        "gpu_count",
        "training_days",
        "training_months",
        "stated_cost_usd",
    ],
) -> Measured:
    """One published figure of a training run.

    training_days and training_months are chip-hours / chips / 24, as if all chips ran
    throughout.
    """
    if field in ("training_days", "training_months"):
        days = economics.training_days(model)
        if field == "training_days":
            return Measured(days, "days", 0)
        return Measured(days / DAYS_PER_MONTH, "months", 1)
    number = float(economics.training(model, field))
    if field in ("total_params", "active_params"):
        return _figure(number / 1e9, "params_bn", 4)
    return Measured(number, {"gpu_count": "count"}.get(field, "usd"), 0)


@measurement(None, "training_runs")
def training_sum(
    models: Names, field: Literal["training_months", "stated_cost_usd"]
) -> Measured:
    """A figure of a model together with those of the models that it was made from."""
    steps = [training(model, field) for model in models]
    total = sum(float(step.number) for step in steps)
    return Measured(total, steps[0].unit, steps[0].decimals)


@measurement(None, "training_runs")
def training_ratio(
    a: str,
    b: str,
    field: Literal[
        "gpu_count", "gpu_hours", "pretraining_gpu_hours", "pretraining_flop"
    ],
    unit: Literal["multiple", "percent_share"] = "multiple",
) -> Measured:
    """A figure of one run in units of another run's."""
    ratio = economics.training_ratio(a, b, field)
    return Measured(ratio if unit == "multiple" else 100 * ratio, unit, 1)


@measurement("percent_share", "training_runs")
def training_saving(a: str, b: str, field: Literal["gpu_hours"]) -> float:
    """By how much less the first run took than the second."""
    return 100 * (1 - economics.training_ratio(a, b, field))


@measurement("word", "training_runs")
def training_gpu(model: str) -> str:
    """The chip on which a model was trained."""
    return str(economics.training(model, "gpu"))


@measurement(None, "training_runs")
def training_bill(model: str, usd_per_gpu_hour: float) -> Measured:
    """Published chip-hours times a rent."""
    hours = float(economics.training(model, "gpu_hours"))
    bill = economics.training_bill_usd(hours, usd_per_gpu_hour)
    return _figure(bill / 1e6, "usd_m", significant=4)


@measurement(None, "training_runs")
def price_tag(
    model: str, kind: Literal["rental", "amortised", "purchase"]
) -> Measured:
    """One of the three prices of a run: rented, hardware used up, cluster bought."""
    return _figure(_price_tag_usd(model, kind) / 1e6, "usd_m", significant=3)


def _price_tag_usd(model: str, kind: str) -> float:
    price = getattr(economics.price_tags(model), f"{kind}_usd")
    if price is None:
        raise MeasurementError(
            f"data/training_runs.csv, model {model}: no {kind} price, expected one"
        )
    return price


@measurement("multiple", "training_runs")
def price_tag_ratio(
    a: str, b: str, kind: Literal["rental", "amortised", "purchase"]
) -> float:
    """A price of one run in units of the same price of another."""
    return _price_tag_usd(a, kind) / _price_tag_usd(b, kind)


@measurement("word", "training_runs")
def dearer_than(
    models: Names, than: str, kind: Literal["rental", "amortised", "purchase"]
) -> str:
    """Whether all runs cost more than another, at one kind of price."""
    return _partly(price_tag_ratio(model, than, kind) > 1 for model in models)


@measurement("count", "training_runs", decimals=0)
def params_per_usd(model: str, usd_per_gpu_hour: float) -> float:
    """Parameters per dollar: published chip-hours at one rent for all models."""
    params = float(economics.training(model, "total_params"))
    hours = float(economics.training(model, "gpu_hours"))
    return params / economics.training_bill_usd(hours, usd_per_gpu_hour)


@measurement("percent_share", "training_runs")
def active_share(model: str) -> float:
    """Share of the parameters that a token uses."""
    return 100 * economics.active_share(model)


@measurement("percent_share", "training_runs")
def active_share_range(model: str) -> tuple[float, float]:
    """Smallest and largest share of the parameters that a token uses.

    Both are the same: the design fixes how many experts work on every token.
    """
    share = active_share(model)
    return share, share


@measurement("multiple", "training_runs")
def compute_saving(model: str) -> float:
    """Arithmetic per token of a dense model of the same size, in units of its own."""
    return economics.compute_saving(model)


@measurement("tflops", "training_runs", decimals=1)
def tflops_per_gpu(model: str) -> float:
    """Arithmetic that one chip did per second in pretraining."""
    return economics.tflops_per_gpu(model)


@measurement(None, "gpu_specs")
def gpu_spec(gpu: str, field: Literal["bf16_dense_tflops", "link_gb_s"]) -> Measured:
    """One figure of a chip's data sheet."""
    unit = "tflops" if field == "bf16_dense_tflops" else "gb_per_s"
    return _figure(economics.spec(gpu, field), unit, 4)


@measurement(None, "gpu_specs")
def gpu_ratio(
    a: str,
    b: str,
    field: Literal["bf16_dense_tflops", "link_gb_s"],
    unit: Literal["ratio", "percent_share"] = "ratio",
) -> Measured:
    """A figure of one chip in units of another chip's."""
    ratio = economics.gpu_ratio(a, b, field)
    if unit == "ratio":
        return Measured(ratio, unit, 2)
    return Measured(100 * ratio, unit, 1)


@measurement("count", "gpu_specs", decimals=0)
def gpus_for(flop_per_s: float, gpu: str) -> float:
    """Chips whose peak adds up to so many operations a second, to two digits."""
    chips = economics.gpus_for(flop_per_s, gpu)
    return round(chips, 1 - math.floor(math.log10(chips)))


@measurement("usd_per_m_tokens", "api_prices")
def api_price(
    model: str, date: dt.date, kind: Literal["input", "cached_input", "output"]
) -> float:
    """List price of a model on a day."""
    return economics.api_price(model, date.isoformat(), kind)


@measurement("multiple", "api_prices")
def api_price_ratio(
    a: str, b: str, date: dt.date, kind: Literal["input", "cached_input", "output"]
) -> float:
    """List price of one model in units of another's."""
    return economics.api_price_ratio(a, b, date.isoformat(), kind)


@measurement("word", "api_prices")
def cheaper_than(
    model: str,
    others: Names,
    date: dt.date,
    kind: Literal["input", "cached_input", "output"],
) -> str:
    """Whether a model's list price was below all others': yes, partly or no."""
    return _partly(api_price_ratio(model, one, date, kind) < 1 for one in others)


@measurement("word", "api_prices")
def open_weights(models: Names) -> str:
    """Whether anyone may download the weights of all these models: yes, partly, no."""
    rows = tables.read("api_prices")
    for model in models:
        _known("api_prices", "model", model, rows["model"])
    return _partly(
        bool(rows.loc[rows["model"] == model, "open_weights"].all())
        for model in models
    )


@measurement("percent", "benchmarks")
def benchmark(
    name: str,
    model: str,
    paper: Literal["DeepSeek-V3", "DeepSeek-R1"] = "DeepSeek-R1",
) -> float:
    """A test score as one of DeepSeek's papers prints it."""
    return economics.benchmark(name, model, paper)


@measurement("points", "benchmarks")
def benchmark_gap(name: str, a: str, b: str) -> float:
    """Score of the first model less that of the second."""
    return economics.benchmark_gap(name, a, b)


# Nvidia's accounts, capital spending, venture capital


@measurement("usd_bn", "nvidia_quarters", decimals=1)
def nvidia_quarter(quarter: str, field: Literal["data_center_revenue_usd_bn"]) -> float:
    """One figure of a quarter of Nvidia."""
    return economics.nvidia_quarter(quarter, field)


@measurement("percent", "nvidia_quarters", decimals=0)
def revenue_growth(
    field: Literal["data_center_revenue_usd_bn"], first: str, second: str
) -> float:
    """Change of Nvidia's revenue from one fiscal year (FY2025) to another."""
    years = [
        economics.nvidia_year(int(year.removeprefix("FY")), field)
        for year in (first, second)
    ]
    return 100 * (years[1] / years[0] - 1)


@measurement("days", "nvidia_quarters", decimals=1)
def days_of_inventory(quarter: str, averaged: bool = False) -> float:
    """Days for which Nvidia's stock lasted at the quarter's cost of revenue."""
    return economics.days_of_inventory(quarter, averaged)


@measurement("days", "nvidia_quarters", decimals=1)
def inventory_maximum(since: str) -> float:
    """The most days of inventory in any quarter from ``since`` on."""
    return economics.inventory_maximum(since)[1]


@measurement("usd_bn", "capex", decimals=1)
def capex(company: str, year: int) -> float:
    """Capital spending in a calendar year, on the basis of economics.capex_basis."""
    return economics.capex(company, year)


@measurement("usd_bn", "capex")
def capex_guidance(
    company: str, year: int, date: dt.date, end: Literal["low", "high"]
) -> float:
    """One end of the spending for a year that a company had last announced."""
    rows = tables.read("capex")
    _known("capex", "company", company, rows["company"])
    told = rows[
        (rows["company"] == company)
        & (rows["kind"] == "guidance")
        & (rows["period"] == str(year))
        & (rows["announced"] <= date.isoformat())
    ].sort_values("announced")
    if told.empty:
        raise MeasurementError(
            f"data/capex.csv: no guidance of {company} for {year} by {date}"
        )
    return float(told[f"capex_usd_bn_{end}"].iloc[-1])


@measurement("percent_share", "venture_capital")
def vc_share(source: str, year: int) -> float:
    """Share of the United States in AI venture capital, by one data firm."""
    shares = economics.venture_shares()
    _known("venture_capital", "provider", source, shares.index)
    period = shares.loc[source, "period"]
    if period != str(year):
        raise MeasurementError(f"{source} covers {period}, expected {year}")
    return 100 * economics.venture_share(source)


# The app, power contracts


@measurement("rank", "app_rankings")
def app_rank(
    date: dt.date,
    geography: str,
    platform: Literal["App Store", "Google Play"],
    app: str = "DeepSeek",
) -> int:
    """Rank of an app among the free apps of a store on a day."""
    rows = _ranks(geography, platform, app)
    rows = rows[rows["date"] == _at(date)]
    if rows.empty:
        raise MeasurementError(
            f"data/app_rankings.csv: no rank of {app} in {platform},"
            f" {geography}, on {date}"
        )
    return int(rows["value"].iloc[0])


@measurement("word", "app_rankings")
def ranked_first(app: str, geography: str, platforms: Names, by: dt.date) -> str:
    """Whether an app led the charts of all these stores: yes, partly or no.

    By its last known rank up to a day, in each of them.
    """
    return _partly(_last_rank(geography, one, app, by) == 1 for one in platforms)


def _ranks(geography: str, platform: str, app: str) -> pd.DataFrame:
    rows = tables.read("app_rankings")
    wanted = {"geography": geography, "platform": platform, "app": app}
    for column, name in wanted.items():
        _known("app_rankings", column, name, rows[column])
        rows = rows[rows[column] == name]
    return rows[rows["metric"] == "rank"]


def _last_rank(geography: str, platform: str, app: str, by: dt.date) -> int:
    rows = _ranks(geography, platform, app)
    rows = rows[rows["date"] <= _at(by)].sort_values("date")
    if rows.empty:
        raise MeasurementError(
            f"data/app_rankings.csv: no rank of {app} in {platform} by {by}"
        )
    return int(rows["value"].iloc[-1])


@measurement("count", "power")
def data_center_contracts(id: str) -> float:
    """Data-centre contracts that a power producer had signed by a day."""
    row = _row("power", "id", id)
    if row["unit"] != "contracts":
        raise MeasurementError(f"{id} is in {row['unit']}, expected contracts")
    return float(row["value"])


@measurement("word", "power")
def contract_partner(id: str) -> str:
    """The other side of a power contract."""
    partner = _row("power", "id", id)["counterparty"]
    if pd.isna(partner):
        raise MeasurementError(f"data/power.csv, row {id}: no counterparty")
    return str(partner)


# Who belongs where, and what is what


@measurement("word", "memberships")
def member(group: str, name: Names) -> str:
    """Whether all of these stand on a sourced list: yes, partly or no.

    For lists that are complete (the companies a release names, say): a name that does
    not stand there is no member.
    """
    members = set(_members(group))
    return _partly(one in members for one in name)


@measurement("count", "memberships")
def member_count(group: str) -> int:
    """How many stand on a sourced list."""
    return len(_members(group))


def _members(group: str) -> list[str]:
    rows = tables.read("memberships")
    _known("memberships", "group", group, rows["group"])
    return list(rows.loc[rows["group"] == group, "member"])


def _values(subject: str, attribute: str) -> list[str]:
    rows = tables.read("attributes")
    _known("attributes", "subject", subject, rows["subject"])
    rows = rows[rows["subject"] == subject]
    _known("attributes", "attribute", attribute, rows["attribute"])
    return list(rows.loc[rows["attribute"] == attribute, "value"])


@measurement("word", "attributes")
def attribute(subject: str, name: str) -> str:
    """What a sourced row says about somebody or something."""
    values = _values(subject, name)
    if len(values) > 1:
        raise MeasurementError(f"{subject} has {len(values)} of {name}, expected one")
    return values[0]


@measurement("word", "attributes")
def have_attribute(subjects: Names, name: str, values: Names) -> str:
    """Whether all subjects have all these values of an attribute: yes, partly or no."""
    return _partly(
        value in _values(subject, name) for subject in subjects for value in values
    )


# The articles' own figures


@cache
def _statement(claim: str) -> pd.Series:
    return _row("claims", "id", claim)


@measurement(None, "claims")
def stated(claim: str) -> Measured:
    """The figure that a statement names, as it names it."""
    row = _statement(claim)
    if pd.isna(row["stated"]) or pd.isna(row["unit"]):
        raise MeasurementError(f"statement {claim} states no figure, expected one")
    return as_stated(str(row["stated"]), str(row["unit"]))


def as_stated(text: str, unit: str) -> Measured:
    """A stated text in its unit, with the decimals that it has."""
    if WRITTEN_AS.get(unit, unit) not in UNITS and unit != "rank":
        return Measured(text, unit)
    decimals = len(text.partition(".")[2])
    return Measured(float(text), unit, decimals)


@measurement(None, "claims")
def stated_ratio(
    a: str, b: str, unit: Literal["multiple", "ratio"] = "multiple"
) -> Measured:
    """The figure of one statement in units of another's."""
    first, second = stated(a), stated(b)
    ratio = first.number / second.in_unit(first.unit).number
    return Measured(ratio, unit, None if unit == "ratio" else _decimals(ratio, 2))
