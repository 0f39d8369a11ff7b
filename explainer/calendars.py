"""Which days an instrument can have a price on.

Four calendars are known: ``NYSE`` (New York trading days), ``Cboe`` (days on which
the VIX is computed: New York's, plus the US holidays on which index options trade
in extended hours), ``daily`` (crypto, seven days a week) and ``weekdays``
(currencies). The New York rule holds from 1999, where the price table starts.
"""

from __future__ import annotations

from datetime import date, timedelta
from functools import cache

import numpy as np
import pandas as pd
from dateutil.easter import easter

NAMES = ("NYSE", "Cboe", "daily", "weekdays")
FIRST_YEAR = 1999
MONDAY, THURSDAY, SATURDAY, SUNDAY = 0, 3, 5, 6

# Closings that no rule foretells, with their reason.
SPECIAL_CLOSINGS = {
    date(2001, 9, 11): "attacks of 11 September",
    date(2001, 9, 12): "attacks of 11 September",
    date(2001, 9, 13): "attacks of 11 September",
    date(2001, 9, 14): "attacks of 11 September",
    date(2004, 6, 11): "mourning for Ronald Reagan",
    date(2007, 1, 2): "mourning for Gerald Ford",
    date(2012, 10, 29): "Hurricane Sandy",
    date(2012, 10, 30): "Hurricane Sandy",
    date(2018, 12, 5): "mourning for George H. W. Bush",
    date(2025, 1, 9): "mourning for Jimmy Carter",
}


def _nth_weekday(year: int, month: int, weekday: int, n: int) -> date:
    """The n-th given weekday of a month; n = -1 is the last one."""
    if n > 0:
        first = date(year, month, 1)
        return first + timedelta((weekday - first.weekday()) % 7 + 7 * (n - 1))
    last = date(year + month // 12, month % 12 + 1, 1) - timedelta(1)
    return last - timedelta((last.weekday() - weekday) % 7)


def _observed(day: date) -> date:
    """A holiday on Saturday is kept on Friday, one on Sunday on Monday."""
    return day + timedelta({SATURDAY: -1, SUNDAY: 1}.get(day.weekday(), 0))


@cache
def _closings(year: int) -> dict[date, str]:
    """Weekdays of a year on which the New York Stock Exchange is closed, and why."""
    if year < FIRST_YEAR:
        raise ValueError(f"the calendar starts in {FIRST_YEAR}, asked for {year}")
    new_year = date(year, 1, 1)
    closings = {
        _nth_weekday(year, 1, MONDAY, 3): "Martin Luther King Jr. Day",
        _nth_weekday(year, 2, MONDAY, 3): "Presidents' Day",
        easter(year) - timedelta(2): "Good Friday",
        _nth_weekday(year, 5, MONDAY, -1): "Memorial Day",
        _observed(date(year, 7, 4)): "Independence Day",
        _nth_weekday(year, 9, MONDAY, 1): "Labor Day",
        _nth_weekday(year, 11, THURSDAY, 4): "Thanksgiving",
        _observed(date(year, 12, 25)): "Christmas",
    }
    # The last trading day of a year is never given up for New Year's Day.
    if new_year.weekday() != SATURDAY:
        closings[_observed(new_year)] = "New Year's Day"
    if year >= 2022:
        closings[_observed(date(year, 6, 19))] = "Juneteenth"
    return closings | {d: why for d, why in SPECIAL_CLOSINGS.items() if d.year == year}


def _closed_days(calendar: str, first_year: int, last_year: int) -> dict[date, str]:
    """The weekdays without a price, and why."""
    if calendar not in ("NYSE", "Cboe"):
        return {}
    days = {
        day: why
        for year in range(first_year, last_year + 1)
        for day, why in _closings(year).items()
    }
    if calendar == "NYSE":
        return days
    closed_everywhere = ("New Year's Day", "Good Friday", "Christmas")
    return {day: why for day, why in days.items() if why in closed_everywhere}


def is_session(calendar: str, days: pd.DatetimeIndex) -> np.ndarray:
    """Whether each day can have a price (booleans, in the order of ``days``).

    Raises ValueError for an unknown calendar, or NYSE and Cboe days before 1999.
    """
    if calendar not in NAMES:
        raise ValueError(f"unknown calendar {calendar!r}, expected one of {NAMES}")
    if calendar == "daily" or len(days) == 0:
        return np.full(len(days), True)
    closed = _closed_days(calendar, days.min().year, days.max().year)
    numbers = days.to_numpy().astype("datetime64[D]")
    return np.is_busday(numbers, holidays=np.array(list(closed), "datetime64[D]"))


def sessions(calendar: str, start: str | date, end: str | date) -> pd.DatetimeIndex:
    """All days from start to end, both included, that can have a price."""
    days = pd.date_range(start, end, freq="D")
    return days[is_session(calendar, days)]


def why_closed(calendar: str, day: pd.Timestamp) -> str:
    """In a few words why a day has no price, for messages."""
    if day.weekday() >= SATURDAY:
        return f"a {day.day_name()}"
    return _closed_days(calendar, day.year, day.year)[day.date()]
