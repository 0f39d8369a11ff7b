"""Named values: what a cell computes and a sentence shows.

A chapter hands a number over once, under a name and with its unit::

    tell(nvda_loss=(592.7, "usd_bn"), nvda_fall=(0.1697, "share", 1))

Prose, chart titles and descriptions are templates with slots, ``{nvda_loss}``.
A slot may carry modifiers: ``{nvda_fall|abs}`` drops the sign, ``{x|signed}`` always
shows it, ``{x|0}`` rounds to fewer digits, ``{x|word}`` writes one to ten as a word,
``{x|bare}`` leaves the unit out. The same template serves every language:
only :func:`format_value` knows how a unit is written in each.
"""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from babel.dates import format_date
from babel.numbers import format_decimal

MIME = "application/vnd.explainer.values+json"
LOCALES = ("en", "zh_TW", "zh_CN")
MINUS = "\N{MINUS SIGN}"


@dataclass(frozen=True)
class Unit:
    """How one unit is written.

    ``scale`` is applied before formatting; in Chinese, large numbers count in
    units of ten thousand (萬) and a hundred million (億), hence its own scale.
    """

    digits: int
    en: str
    zh: str
    scale: float = 1
    zh_scale: float | None = None
    en_one: str | None = None


UNITS: dict[str, Unit] = {
    "share": Unit(1, "{n}%", "{n}%", scale=100),
    "percent": Unit(1, "{n}%", "{n}%"),
    "points": Unit(1, "{n} percentage points", "{n} 個百分點"),
    "usd": Unit(2, "${n}", "{n} 美元"),
    "usd_m": Unit(1, "${n} million", "{n} 萬美元", zh_scale=100),
    "usd_bn": Unit(0, "${n} billion", "{n} 億美元", zh_scale=10),
    "usd_tn": Unit(2, "${n} trillion", "{n} 兆美元"),
    "cny_bn": Unit(0, "{n} billion yuan", "{n} 億元人民幣", zh_scale=10),
    "cny_tn": Unit(2, "{n} trillion yuan", "{n} 兆元人民幣"),
    "hkd_m": Unit(1, "HK${n} million", "{n} 萬港元", zh_scale=100),
    "usd_per_hour": Unit(2, "${n} an hour", "每小時 {n} 美元"),
    "usd_per_m_tokens": Unit(2, "${n} per million tokens", "每百萬 token {n} 美元"),
    "usd_per_mwh": Unit(0, "${n} per MWh", "每百萬瓦時 {n} 美元"),
    "count": Unit(0, "{n}", "{n}"),
    "number": Unit(2, "{n}", "{n}"),
    "million": Unit(1, "{n} million", "{n} 萬", zh_scale=100),
    "billion": Unit(0, "{n} billion", "{n} 億", zh_scale=10),
    "trillion": Unit(1, "{n} trillion", "{n} 兆"),
    "million_shares": Unit(0, "{n} million shares", "{n} 萬股", zh_scale=100),
    "billion_shares": Unit(2, "{n} billion shares", "{n} 億股", zh_scale=10),
    "million_hours": Unit(2, "{n} million GPU-hours", "{n} 萬 GPU 小時", zh_scale=100),
    "times": Unit(1, "{n} times", "{n} 倍", en_one="once"),
    "days": Unit(0, "{n} days", "{n} 天", en_one="{n} day"),
    "sessions": Unit(
        0, "{n} trading days", "{n} 個交易日", en_one="{n} trading day"
    ),
    "hours": Unit(0, "{n} hours", "{n} 小時", en_one="{n} hour"),
    "months": Unit(0, "{n} months", "{n} 個月", en_one="{n} month"),
    "years": Unit(0, "{n} years", "{n} 年", en_one="{n} year"),
    "people": Unit(0, "{n} people", "{n} 人"),
    "mw": Unit(0, "{n} MW", "{n} 百萬瓦"),
    "gwh": Unit(1, "{n} GWh", "{n} 百萬度"),
    "tflops": Unit(0, "{n} TFLOP/s", "{n} TFLOP/s"),
    "gb_per_s": Unit(0, "{n} GB/s", "{n} GB/s"),
    "cents": Unit(0, "{n} cents", "{n} 美分", en_one="{n} cent"),
    "minutes": Unit(0, "{n} minutes", "{n} 分鐘", en_one="{n} minute"),
    "nm": Unit(0, "{n} nanometres", "{n} 奈米"),
    "eur_bn": Unit(0, "€{n} billion", "{n} 億歐元", zh_scale=10),
    "million_downloads": Unit(1, "{n} million downloads", "{n} 萬次下載", zh_scale=100),
    "gpu_hours": Unit(0, "{n} GPU-hours", "{n} GPU 小時"),
    "flop_per_s": Unit(0, "{n} exaFLOP/s", "{n} exaFLOP/s", scale=1e-18),
    "cny_per_usd": Unit(4, "{n} yuan per US dollar", "1 美元兌 {n} 元人民幣"),
    "cny_per_hkd": Unit(4, "{n} yuan per Hong Kong dollar", "1 港元兌 {n} 元人民幣"),
    "hkd_per_usd": Unit(4, "{n} Hong Kong dollars per US dollar", "1 美元兌 {n} 港元"),
    "per_year": Unit(1, "{n} a year", "每年 {n}"),
}
# What the ledger and the facts name more exactly than a reader needs it written.
WRITTEN_AS = {
    "percent_share": "percent",
    "multiple": "times",
    "ratio": "number",
    "params_bn": "billion",
    "unstated": "count",
    "word": "text",
}
# The words by which measurements answer; names and terms are not translated here.
WORDS = {
    "yes": "是",
    "no": "否",
    "partly": "部分如此",
    "before": "之前",
    "after": "之後",
    "same day": "同一天",
}
WORD_UNITS = ("text", "date", "month", "year", "rank")

ENGLISH_NUMBERS = "zero one two three four five six seven eight nine ten".split()
ENGLISH_ORDINALS = (
    "zeroth first second third fourth fifth sixth seventh eighth ninth tenth".split()
)
CHINESE_NUMBERS = "零一兩三四五六七八九十"
CHINESE_ORDINALS = "零一二三四五六七八九十"

SLOT = re.compile(r"\{([a-z][a-z0-9_]*)((?:\|[a-z0-9_]+)*)\}")


class BadValue(ValueError):
    """A value, a unit or a slot that cannot be written."""


@dataclass(frozen=True)
class Value:
    """One computed value: ``number`` in ``unit``, rounded to ``digits`` decimals.

    ``number`` is a float, a string (unit ``text``) or an ISO date (units ``date``,
    ``month``, ``year``).
    """

    number: float | str
    unit: str
    digits: int

    def as_json(self) -> dict[str, Any]:
        return {"value": self.number, "unit": self.unit, "digits": self.digits}


def make_value(number: Any, unit: str, digits: int | None = None) -> Value:
    """Round ``number`` to what will be shown, so that it is stable everywhere."""
    unit = WRITTEN_AS.get(unit, unit)
    if unit in WORD_UNITS:
        if unit == "rank":
            return Value(int(number), unit, 0)
        if hasattr(number, "isoformat"):
            number = number.isoformat()[:10]
        return Value(str(number), unit, 0)
    if unit not in UNITS:
        known = ", ".join(sorted([*UNITS, *WORD_UNITS, *WRITTEN_AS]))
        raise BadValue(f"unknown unit {unit!r}; expected one of: {known}")
    if digits is None:
        digits = UNITS[unit].digits
    try:
        number = float(number)
    except (TypeError, ValueError):
        raise BadValue(f"{number!r} is not a number; expected one in {unit}") from None
    if not math.isfinite(number):
        raise BadValue(f"{number} {unit} is not a finite number")
    stored = digits + 2 if unit == "share" else digits
    return Value(round(number, stored) + 0.0, unit, digits)


def format_value(value: Value, locale: str = "en", modifiers: tuple[str, ...] = ()) -> str:
    """Write a value in a reader's language: ``$593 billion``, ``5,930 億美元``."""
    if locale not in LOCALES:
        raise BadValue(f"unknown locale {locale!r}; expected one of {LOCALES}")
    text = _format(value, "en" if locale == "en" else "zh_TW", modifiers)
    return _simplified(text) if locale == "zh_CN" else text


def _simplified(text: str) -> str:
    """Mainland usage: 5930亿美元, without spaces between figures and characters."""
    pairs = zip("億萬個點時內號兩幣兆後", "亿万个点时内号两币兆后", strict=True)
    text = text.translate({ord(a): b for a, b in pairs})
    text = re.sub(r"(?<=\d),(?=\d{3})", "", text)
    text = text.replace("兆", "万亿").replace("百万瓦时", "兆瓦时")
    return text


def _format(value: Value, locale: str, modifiers: tuple[str, ...]) -> str:
    english = locale == "en"
    if value.unit in WORD_UNITS:
        return _format_word(value, english, modifiers)
    unit = UNITS[value.unit]
    number = float(value.number)
    scale, digits = unit.scale, value.digits
    signed = bare = word = False
    for modifier in modifiers:
        if modifier == "abs":
            number = abs(number)
        elif modifier == "signed":
            signed = True
        elif modifier == "bare":
            bare = True
        elif modifier == "word":
            word = True
        elif modifier.isdigit():
            if int(modifier) > digits:
                raise BadValue(
                    f"asked for {modifier} decimals of a value told with {digits}"
                )
            digits = int(modifier)
        else:
            raise BadValue(f"unknown modifier {modifier!r}")
    shown = round(number * scale, digits)
    if not english and unit.zh_scale:
        shown *= unit.zh_scale
        digits = max(0, digits - round(math.log10(unit.zh_scale)))
    plural = shown != 1 or digits > 0
    pattern = unit.en if english else unit.zh
    trim = ""
    if english and not bare and abs(shown) >= 1000:
        for small, large in (("billion", "trillion"), ("million", "billion")):
            if small in pattern:
                # $4.293 trillion, not $4,293 billion
                pattern, shown, trim = pattern.replace(small, large), shown / 1000, "###"
                break
    if word and float(shown).is_integer() and 0 <= shown <= 10:
        text = (ENGLISH_NUMBERS if english else CHINESE_NUMBERS)[int(shown)]
    else:
        decimals = trim or "0" * digits
        text = format_decimal(abs(shown), f"#,##0.{decimals}".rstrip("."), "en")
    if english and not plural and unit.en_one:
        pattern = unit.en_one
    if bare:
        pattern = "{n}%" if pattern == "{n}%" else "{n}"
    text = pattern.format(n=text)
    if shown < 0:
        return MINUS + text
    return "+" + text if signed and shown > 0 else text


def _format_word(value: Value, english: bool, modifiers: tuple[str, ...]) -> str:
    if value.unit == "text":
        return str(value.number) if english else WORDS.get(value.number, value.number)
    if value.unit == "rank":
        rank = int(value.number)
        if rank <= 10:
            return ENGLISH_ORDINALS[rank] if english else f"第{CHINESE_ORDINALS[rank]}"
        if not english:
            return f"第 {rank:,}"
        ending = {1: "st", 2: "nd", 3: "rd"}.get(rank % 10, "th")
        return f"{rank:,}{'th' if 10 < rank % 100 < 14 else ending}"
    day = dt.date.fromisoformat((str(value.number) + "-01-01")[:10])
    patterns = {
        "date": ("d MMMM y", "y 年 M 月 d 日"),
        "month": ("MMMM y", "y 年 M 月"),
        "year": ("y", "y 年"),
    }
    if "short" in modifiers:
        patterns["date"] = ("d MMMM", "M 月 d 日")
    return format_date(day, patterns[value.unit][not english], locale="en_GB")


def fill(
    template: str, values: Mapping[str, Value], locale: str = "en", where: str = "template"
) -> str:
    """Replace every slot of ``template``; an unknown name is an error that says where."""

    def replace(match: re.Match[str]) -> str:
        name = match.group(1)
        modifiers = tuple(m for m in match.group(2).split("|") if m)
        if name not in values:
            known = ", ".join(sorted(values)) or "none"
            raise BadValue(f"{where}: no value named {name!r}; told so far: {known}")
        return format_value(values[name], locale, modifiers)

    return SLOT.sub(replace, template)


def slots(template: str) -> list[str]:
    """The names a template uses, in order of first use."""
    return list(dict.fromkeys(match.group(1) for match in SLOT.finditer(template)))


def from_json(data: Mapping[str, Mapping[str, Any]]) -> dict[str, Value]:
    """The inverse of :meth:`Value.as_json` for a whole output."""
    return {
        name: Value(item["value"], item["unit"], item["digits"])
        for name, item in data.items()
    }


@dataclass(frozen=True)
class Told:
    """The values of one cell; Jupyter lists them, the book's build reads them."""

    values: dict[str, Value]

    def __repr__(self) -> str:
        return "\n".join(
            f"{name} = {format_value(value)}" for name, value in self.values.items()
        )

    def _repr_mimebundle_(self, **_: Any) -> dict[str, Any]:
        return {
            MIME: {name: value.as_json() for name, value in self.values.items()},
            "text/plain": repr(self),
        }


told: dict[str, Value] = {}


def tell(**values: tuple[Any, ...]) -> Told:
    """Hand computed values over to the text under their names.

    Each value is ``(number, unit)`` or ``(number, unit, digits)``; units are the keys
    of ``UNITS`` (a ``share`` is a ratio shown as a percentage) or ``text``, ``date``,
    ``month``, ``year``, ``rank``. In a book's page each name is told by one cell only.
    """
    made = {name: make_value(*item) for name, item in values.items()}
    for name in made:
        if not SLOT.fullmatch("{" + name + "}"):
            raise BadValue(f"{name!r} is no name for a value: lower case, digits, _")
    told.update(made)
    return Told(made)
