"""The ledger: what the articles state, and whether it holds.

Three tables make it up: ``claims`` (one row a statement), ``evidence`` and ``sources``.
Where a table of ``data/`` can answer a statement, its row names a measurement
(``measures.py``) and holds no verdict: :func:`judge` reaches it anew each time. All
other verdicts are an editor's, stored with their reason.

The rule, in full:

- A number is **supported** if it lies within half a unit of the last stated digit of
  the measured value (``digits`` of them count; zeros at the end count as unstated:
  "2,000" is 2,000 give or take 500). Otherwise it is **imprecise** within 10% of the
  measured value, and **contradicted** beyond. "About" is no wider than a plain figure.
- An inequality (more than, at least, less than, at most) is supported if the measured
  value fulfils it, to the letter; one that fails is imprecise within 10% of the
  measured value, else contradicted: "more than 600" is not supported by 593.
- A range: ``between`` says that a value lies in it. It is supported if the measured
  value does, both ends included; outside, the distance to the nearer end counts as in
  an inequality. ``spans`` says that a value reaches from one end to the other; each end
  is compared like a plain number with that end of the measured range.
- A measured range (a group's lowest and highest) must fulfil a statement at both of
  its ends. If it does at one only, the statement is imprecise; if at neither, the worse
  end decides.
- ``within``: publishers print different values of the same day or year. What is stated
  is supported inside their spread, because the quantity is only known so well; outside,
  the distance to the nearer end counts as in an inequality.
- A date is exact at the precision stated ("2023" holds for May 2023), ranks are exact
  and words are: else contradicted. A statement about several that holds for some of
  them only (measured: partly) is imprecise.
- A written tolerance, in the unit of the stated value (days for a date), takes the
  place of the half unit ("exact" is none at all). It needs its reason.
- A strong word for a fall ("sharply") is read as a day among the worst twentieth of the
  year before. A sentence with two readings that holds in one is imprecise; if it holds
  in neither it gets the milder verdict.
- Weak sources alone (tier other) give at best imprecise: a computed verdict that rests
  on such facts only is no more than that, and no editor's is.
- What was looked for and not found is unverified. Absence contradicts only where the
  record that would hold the thing is complete (a company's products, an index's
  members, a rating held throughout).

Whatever cannot be measured or is not complete raises LedgerError with table, row and
column: it is never a verdict.
"""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

import pandas as pd

from explainer import measures, tables
from explainer.measures import Measured, MeasurementError
from explainer.values import (
    UNITS,
    WORD_UNITS,
    WRITTEN_AS,
    BadValue,
    Value,
    format_value,
)

IMPRECISE_WITHIN = 0.10
INEQUALITIES = (">", ">=", "<", "<=")
PARTLY = "partly"
WORSE = ("supported", "imprecise", "contradicted")
ORDERED = ("yes", "no", "before", "after", "same day")
SLOT = re.compile(r"\{([a-z_]+)(?:\(([^)]*)\))?((?:\|[a-z0-9_]+)*)\}")
RANGE = {"en": "{} to {}", "zh_TW": "{} 至 {}", "zh_CN": "{} 至 {}"}


class LedgerError(ValueError):
    """A statement that cannot be read or judged; names table, row and column."""


# The texts, in reading order.
ARTICLES = {
    "news": "News report",
    "explainer": "Explainer",
    "short-version": "Short version",
}
# What a statement states: the kinds of data/claims.csv in readers' words.
KINDS = {
    "numeric": "a figure",
    "date": "a date",
    "record": "a record or rank",
    "event": "what happened",
    "attribution": "what someone has, does or thinks",
    "quote": "a quotation",
    "causal": "cause and effect",
    "forecast": "a forecast",
    "advice": "advice",
    "opinion": "an opinion",
}
# How a verdict is called, its sign and what it means, in English and 繁體中文.
LABELS = {
    "supported": {
        "en": "supported",
        "sign": "✓",
        "zh_hant": "屬實",
        "meaning_en": "The measured value rounds to the stated one, or a primary or two"
        " reputable sources say so.",
        "meaning_zh_hant": "量到的數值四捨五入後與所述相符，"
        "或有一個第一手來源、兩個可信來源證實。",
    },
    "imprecise": {
        "en": "imprecise",
        "sign": "≈",
        "zh_hant": "不精確",
        "meaning_en": "The right order of magnitude, but rounded too far, ambiguous,"
        " outdated or joined to the wrong thing; or true only in part, or told by weak"
        " sources alone. The reason says how.",
        "meaning_zh_hant": "大致沒錯，但取整過頭、含糊、過時或張冠李戴，"
        "或只對一部分，或只有薄弱來源佐證；理由會說明差在哪裡。",
    },
    "contradicted": {
        "en": "contradicted",
        "sign": "✗",
        "zh_hant": "不實",
        "meaning_en": "The evidence says otherwise.",
        "meaning_zh_hant": "證據與所述不符。",
    },
    "unverified": {
        "en": "unverified",
        "sign": "?",
        "zh_hant": "查無實據",
        "meaning_en": "Searched, and nothing found that decides it; the entry says what"
        " was searched.",
        "meaning_zh_hant": "查過，但找不到足以判定的依據；條目寫明查了什麼。",
    },
    "forecast": {
        "en": "forecast",
        "sign": "→",
        "zh_hant": "預測",
        "meaning_en": "About the future; the entry says how it turned out.",
        "meaning_zh_hant": "談的是未來；條目寫明後來如何。",
    },
    "opinion": {
        "en": "opinion",
        "sign": "“",
        "zh_hant": "看法",
        "meaning_en": "Not a matter of fact.",
        "meaning_zh_hant": "不是事實問題。",
    },
}


# What the tables hold


@dataclass(frozen=True)
class Source:
    """One document; ``address`` is None where no lasting one is known."""

    source_id: str
    publisher: str
    title: str
    published: str | None
    tier: str
    address: str | None
    address_note: str | None
    syndicated_by: str | None


@dataclass(frozen=True)
class Evidence:
    """What one source says about a statement, and the figure it gives."""

    position: int
    source: Source
    says: str
    value: str | None
    unit: str | None
    note: str | None

    def figure(self) -> Value | None:
        """The figure as it is shown; None if the source gives none."""
        if self.value is None or self.unit is None:
            return None
        return measures.as_stated(self.value, self.unit).value()


@dataclass(frozen=True)
class Claim:
    """One statement, as its row has it; ``row`` is its line in the file."""

    id: str
    article: str
    chapter: str
    section: str
    kind: str
    statement_en: str
    statement_zh_hant: str
    comparator: str | None
    stated: str | None
    stated_high: str | None
    unit: str | None
    digits: int | None
    as_of: str | None
    measurement: str | None
    arguments: str | None
    reading: str | None
    tolerance: str | None
    tolerance_reason: str | None
    verdict: str | None
    reason_en: str
    searched: str | None
    order: int
    row: int
    evidence: tuple[Evidence, ...]

    def error(self, column: str, message: str) -> LedgerError:
        """An error at a cell of this statement's row."""
        place = f"data/claims.csv, row {self.row}, column {column}"
        return LedgerError(f"{place}: statement {self.id}: {message}")


@dataclass(frozen=True)
class Verdict:
    """The verdict on a statement; ``computed`` if a measurement reached it.

    Where what is measured or stated is a range, the upper ends are in ``_high``.
    ``reason`` is filled in, in English; ``Entry.reason`` writes it in any language.
    """

    word: str
    computed: bool
    measured: Value | None
    measured_high: Value | None
    stated: Value | None
    stated_high: Value | None
    reason: str


@dataclass(frozen=True)
class Entry:
    """A statement and its verdict."""

    claim: Claim
    verdict: Verdict

    @property
    def evidence(self) -> tuple[Evidence, ...]:
        return self.claim.evidence

    def reason(self, locale: str = "en", template: str | None = None) -> str:
        """The reason with its slots filled; ``template`` is a translation of it."""
        return _fill(self.claim, template or self.claim.reason_en, locale)

    @property
    def compares_numbers(self) -> bool:
        """Whether the verdict compares a stated number with a measured one."""
        return compared(self) == "number"


# Reading


def _cells(row: Mapping[str, object]) -> dict:
    return {key: None if pd.isna(cell) else cell for key, cell in row.items()}


@cache
def _claims() -> dict[str, Claim]:
    """All statements by id, in reading order, each checked."""
    sources = {
        row["source_id"]: Source(**_cells(row))
        for row in tables.read("sources").to_dict("records")
    }
    evidence: dict[str, list[Evidence]] = {}
    for record in tables.read("evidence").to_dict("records"):
        cells = _cells(record)
        piece = Evidence(
            source=sources[cells.pop("source_id")],
            **{key: cell for key, cell in cells.items() if key != "claim_id"},
        )
        evidence.setdefault(cells["claim_id"], []).append(piece)
    # Line 1 is the header; no cell of this table spans lines (a test holds that).
    rows = [
        Claim(row=line, evidence=tuple(evidence.get(row["id"], ())), **_cells(row))
        for line, row in enumerate(tables.read("claims").to_dict("records"), start=2)
    ]
    for claim in rows:
        check(claim)
    _check_sources(sources, evidence)
    return {claim.id: claim for claim in rows}


def _check_sources(
    sources: Mapping[str, Source], evidence: Mapping[str, list[Evidence]]
) -> None:
    used = {piece.source.source_id for pieces in evidence.values() for piece in pieces}
    for table in ("memberships", "attributes"):
        used.update(tables.read(table)["source_id"])
    for line, source_id in enumerate(sources, start=2):
        if source_id not in used:
            raise LedgerError(
                f"data/sources.csv, row {line}, column source_id: found {source_id},"
                " which nothing uses, expected a source of some evidence"
            )


def check(claim: Claim) -> None:
    """LedgerError if a statement's row is not complete or contradicts itself."""
    if claim.unit is not None and not _is_unit(claim.unit):
        known = ", ".join(sorted([*UNITS, *WRITTEN_AS, "date", "rank"]))
        raise claim.error("unit", f"found {claim.unit}, expected one of {known}")
    if claim.measurement is not None:
        _check_computed(claim)
    else:
        _check_reasoned(claim)
    if (claim.tolerance is None) != (claim.tolerance_reason is None):
        raise claim.error(
            "tolerance_reason", "expected a tolerance and its reason, or neither"
        )
    if not (claim.evidence or claim.measurement or claim.searched):
        if claim.verdict != "opinion":
            raise claim.error(
                "id", "found no evidence, measurement or search, expected one of them"
            )


def _is_unit(unit: str) -> bool:
    return WRITTEN_AS.get(unit, unit) in {*UNITS, *WORD_UNITS}


def _check_computed(claim: Claim) -> None:
    if claim.verdict is not None:
        raise claim.error(
            "verdict", f"found {claim.verdict}, expected none: it is computed"
        )
    for column in ("comparator", "stated", "unit"):
        if getattr(claim, column) is None:
            raise claim.error(column, "found nothing to compare a measurement with")
    if (claim.comparator in ("between", "spans")) != (claim.stated_high is not None):
        raise claim.error("stated_high", "expected one for a range and only there")


def _check_reasoned(claim: Claim) -> None:
    if claim.arguments is not None:
        raise claim.error("measurement", "found arguments but no measurement")
    if claim.verdict not in LABELS:
        found = claim.verdict or "nothing"
        raise claim.error(
            "verdict", f"found {found}, expected one of {', '.join(LABELS)}"
        )
    if claim.verdict == "unverified" and claim.searched is None:
        raise claim.error("searched", "found nothing, expected what was searched")


def stated(claim: str) -> Value:
    """The figure that statement ``claim`` names, in the unit in which it names it."""
    try:
        return measures.measure("stated", {"claim": claim}).value()
    except MeasurementError as error:
        raise LedgerError(str(error)) from error


# The rule


def judge(claim: Claim, measured: Measured) -> str:
    """supported, imprecise or contradicted, by the rule at the head of this module."""
    ends = [measured.number]
    if measured.high is not None:
        ends.append(measured.high)
    if claim.comparator == "spans":
        pairs = zip((claim.stated, claim.stated_high), (ends[0], ends[-1]), strict=True)
        words = [_judge_number(claim, "=", text, end) for text, end in pairs]
        return max(words, key=WORSE.index)
    if claim.comparator == "within":
        return _judge_within(claim, float(ends[0]), float(ends[-1]))
    words = [_judge_one(claim, end) for end in ends]
    if len(set(words)) > 1 and "supported" in words:
        return "imprecise"
    return max(words, key=WORSE.index)


def _judge_one(claim: Claim, measured: float | str) -> str:
    match claim.unit:
        case "date":
            return _exact(_date_holds(claim, str(measured)))
        case "word":
            if claim.comparator != "is":
                raise claim.error(
                    "comparator", f"found {claim.comparator}, expected is for a word"
                )
            if measured == PARTLY:
                return "imprecise"
            return _exact(str(measured).casefold() == str(claim.stated).casefold())
        case "rank" if claim.comparator == "=":
            return _exact(measured == _number(claim, str(claim.stated)))
    if claim.comparator == "between":
        return _judge_between(claim, float(measured))
    return _judge_number(claim, str(claim.comparator), str(claim.stated), measured)


def _exact(holds: bool) -> str:
    return "supported" if holds else "contradicted"


def _judge_number(claim: Claim, comparator: str, text: str, measured: float) -> str:
    stated = _number(claim, text)
    if comparator in INEQUALITIES:
        holds = {
            ">": measured > stated,
            ">=": measured >= stated,
            "<": measured < stated,
            "<=": measured <= stated,
        }[comparator]
    elif comparator in ("=", "about"):
        # Half a unit and no hair more; the hair is what binary fractions lose.
        holds = abs(measured - stated) <= allowed(claim, text) + 1e-9 * max(1, abs(stated))
    else:
        raise claim.error(
            "comparator", f"found {comparator}, which does not compare numbers"
        )
    return "supported" if holds else _near(stated, measured)


def _judge_between(claim: Claim, measured: float) -> str:
    low, high = (_number(claim, str(end)) for end in (claim.stated, claim.stated_high))
    if low > high:
        raise claim.error("stated_high", f"found {high}, expected more than {low}")
    if low <= measured <= high:
        return "supported"
    return _near(low if measured < low else high, measured)


def _judge_within(claim: Claim, low: float, high: float) -> str:
    stated = _number(claim, str(claim.stated))
    if low <= stated <= high:
        return "supported"
    return _near(stated, low if stated < low else high)


def _near(stated: float, measured: float) -> str:
    """The verdict on a number that misses."""
    close = abs(measured - stated) <= IMPRECISE_WITHIN * abs(measured)
    return "imprecise" if close else "contradicted"


def allowed(claim: Claim, text: str | None = None) -> float:
    """How far a measured value may lie from a stated one that holds, in its unit.

    ``text`` is the number as stated; without it, the claim's own.
    """
    text = text or str(claim.stated)
    if claim.tolerance is not None:
        return _tolerance(claim)
    if claim.digits is None:
        raise claim.error("digits", "found nothing, expected how many are stated")
    # At the upper end of a range as many zeros are unstated as the text shows.
    digits = claim.digits if text == claim.stated else significant_digits(text)
    stated = abs(float(text))
    exponent = math.floor(math.log10(stated)) if stated else 0
    return 0.5 * 10.0 ** (exponent - digits + 1)


def significant_digits(text: str) -> int:
    """Digits that a number states; zeros at its end count as unstated."""
    digits = re.sub(r"[^0-9.]", "", text.lower().partition("e")[0])
    digits = digits.lstrip("0.") if float(digits) < 1 else digits
    if "." not in digits:
        digits = digits.rstrip("0")
    return max(1, len(digits.replace(".", "")))


def _tolerance(claim: Claim) -> float:
    """The number of a written tolerance, such as 3 days or exact."""
    text = str(claim.tolerance)
    if text == "exact":
        return 0.0
    number, _, unit = text.partition(" ")
    expected = "days" if claim.unit == "date" else claim.unit
    if unit != expected:
        raise claim.error(
            "tolerance", f"found {text}, expected exact or a number of {expected}"
        )
    return _number(claim, number, "tolerance")


def _number(claim: Claim, text: str, column: str = "stated") -> float:
    try:
        return float(text)
    except ValueError:
        raise claim.error(column, f"found {text}, expected a number") from None


def _date_holds(claim: Claim, measured: str) -> bool:
    first, last = _days(claim, measured, "measurement")
    low, high = _days(claim, str(claim.stated), "stated")
    match claim.comparator:
        case "=" if claim.tolerance is not None:
            slack = dt.timedelta(days=_tolerance(claim))
            return low - slack <= first and last <= high + slack
        case "=":
            if last - first > high - low:
                raise claim.error(
                    "measurement",
                    f"found {measured}, expected a date as exact as {claim.stated}",
                )
            return low <= first and last <= high
        case "between":
            _, high = _days(claim, str(claim.stated_high), "stated_high")
            return low <= first and last <= high
        case "before" | "<":
            return last < low
        case "after" | ">":
            return first > high
    raise claim.error(
        "comparator", f"found {claim.comparator}, which does not compare dates"
    )


def _days(claim: Claim, text: str, column: str) -> tuple[dt.date, dt.date]:
    try:
        return measures.first_and_last_day(text)
    except ValueError:
        raise claim.error(column, f"found {text}, expected a date") from None


# Reasons


def _measured(claim: Claim) -> Measured:
    """What the statement's measurement answers, in the statement's unit."""
    try:
        arguments = measures.parse_arguments(claim.arguments or "")
        answer = measures.measure(str(claim.measurement), arguments)
        return answer.in_unit(str(claim.unit))
    except MeasurementError as error:
        raise claim.error(error.column, str(error)) from error


def slots(claim: Claim) -> dict[str, tuple[Value, Value | None]]:
    """What the slots of a reason stand for: a value, or both ends of a range."""
    texts = {match.group(0): match for match in SLOT.finditer(claim.reason_en)}
    return {text: _slot(claim, match) for text, match in texts.items()}


def _slot(claim: Claim, match: re.Match[str]) -> tuple[Value, Value | None]:
    name, arguments, _ = match.groups()
    try:
        if arguments is not None and name == "evidence":
            return _evidence_figure(claim, arguments), None
        if arguments is not None:
            parsed = measures.parse_arguments(arguments, separator=",")
            answer = measures.measure(name, parsed)
        elif name == "measured" and claim.measurement is not None:
            answer = _measured(claim)
        elif name == "stated" and claim.stated is not None:
            return _stated_values(claim)
        else:
            raise MeasurementError(f"found {match.group(0)}, expected a known slot")
        return answer.value(), answer.high_value()
    except (MeasurementError, BadValue) as error:
        raise claim.error("reason_en", str(error)) from error


def _evidence_figure(claim: Claim, source_id: str) -> Value:
    """The figure of the statement's one row of that source that has one."""
    figures = [
        figure
        for piece in claim.evidence
        if piece.source.source_id == source_id and (figure := piece.figure())
    ]
    if len(figures) != 1:
        raise MeasurementError(
            f"found {len(figures)} figures of {source_id} in the evidence, expected one"
        )
    return figures[0]


def _stated_values(claim: Claim) -> tuple[Value, Value | None]:
    try:
        ends = [
            measures.as_stated(text, str(claim.unit)).value()
            for text in (claim.stated, claim.stated_high)
            if text is not None
        ]
    except ValueError as error:
        raise claim.error("stated", str(error)) from error
    return ends[0], ends[1] if len(ends) > 1 else None


def _fill(claim: Claim, template: str, locale: str) -> str:
    values = slots(claim)

    def write(match: re.Match[str]) -> str:
        if match.group(0) not in values:
            raise claim.error(
                "reason_en", f"its translation has {match.group(0)}, which it has not"
            )
        low, high = values[match.group(0)]
        modifiers = tuple(filter(None, match.group(3).split("|")))
        text = format_value(low, locale, modifiers)
        if high is None or high == low:
            return text
        return RANGE[locale].format(text, format_value(high, locale, modifiers))

    return SLOT.sub(write, template)


# Verdicts


def verdict(claim: Claim) -> Verdict:
    """The verdict on a statement: computed where it names a measurement."""
    check(claim)
    measured = measured_high = None
    word = claim.verdict
    if claim.measurement is not None:
        answer = _measured(claim)
        word = judge(claim, answer)
        if word == "supported" and _rests_on_weak_facts(claim):
            word = "imprecise"
        measured, measured_high = answer.value(), answer.high_value()
    low, high = (None, None) if claim.stated is None else _stated_values(claim)
    return Verdict(
        word=str(word),
        computed=claim.measurement is not None,
        measured=measured,
        measured_high=measured_high,
        stated=low,
        stated_high=high,
        reason=_fill(claim, claim.reason_en, "en"),
    )


def _rests_on_weak_facts(claim: Claim) -> bool:
    arguments = measures.parse_arguments(claim.arguments or "")
    return measures.fact_tiers(arguments) == {"other"}


@cache
def _entries() -> tuple[Entry, ...]:
    return tuple(Entry(claim, verdict(claim)) for claim in _claims().values())


def take_over(entries: list[Entry]) -> None:
    """Hold these verdicts, which were reached from the same tables, for the ledger's."""
    global _entries
    _entries = cache(lambda: tuple(entries))


def ledger() -> list[Entry]:
    """All statements with their verdicts, in reading order."""
    return list(_entries())


def entry(claim: str) -> Entry:
    """One statement with its verdict; LedgerError if there is none of that id."""
    for one in _entries():
        if one.claim.id == claim:
            return one
    raise LedgerError(f"data/claims.csv, column id: no statement {claim}")


def chapter_of(page: str) -> str:
    """The ledger's name of a page: ``2-the-trigger`` is chapter ``2``."""
    number = page.partition("-")[0]
    return number if number.isdigit() else page


def compared(entry: Entry) -> str | None:
    """What a computed verdict compares: number, order or word; None if none is.

    Order is a date, a rank, before or after, yes or no; a word is any other: a name, a
    title, a kind of thing found in a sourced table.
    """
    claim = entry.claim
    if claim.measurement is None:
        return None
    if claim.unit in ("date", "rank"):
        return "order"
    if claim.unit == "word":
        return "order" if str(claim.stated).casefold() in ORDERED else "word"
    return "number"


def relative_gap(entry: Entry) -> float | None:
    """How far a stated number lies from the measured one, as a share of the latter.

    None where the verdict does not compare two single numbers other than nought.
    """
    claim = entry.claim
    if claim.measurement is None or claim.unit in ("date", "word", "rank"):
        return None
    if claim.comparator not in ("=", "about", *INEQUALITIES):
        return None
    measured = _measured(claim)
    if measured.high is not None:
        return None
    number, stated = float(measured.number), _number(claim, str(claim.stated))
    return abs(number - stated) / abs(number) if number and stated else None
