"""The ledger for machines: JSON, CSV and schema.org ClaimReview.

``_build/site/ledger/`` holds ``claims.json`` (all statements, documented by
``claims.schema.json``), ``claims.csv`` (the same, flat) and ``claimreview.jsonld``
(one review for every statement with a checkable verdict).
"""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

from explainer import claims
from explainer.claims import Entry

TITLE = "The DeepSeek Shock, checked number by number"
LEDGER_PAGE = "en/chapters/ledger.html"
# ClaimReview wants a scale; opinions and forecasts are no matter of fact and get none.
RATINGS = {"contradicted": 1, "unverified": 2, "imprecise": 3, "supported": 4}
FLAT = (
    "id", "article", "chapter", "section", "kind", "paraphrase_en", "paraphrase_zh_hant",
    "comparator", "stated", "stated_high", "unit", "as_of", "measured",
    "measured_high", "verdict", "computed", "measurement", "reading", "reason",
    "searched",
)  # fmt: skip

_TEXT = {"type": "string"}
_NUMBER_OR_TEXT = {"type": ["number", "string", "null"]}
SCHEMA: dict[str, Any] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "title": f"{TITLE}: the ledger",
    "description": "Every statement of both articles with its verdict and evidence.",
    "type": "object",
    "required": ["title", "licence", "verdicts", "claims"],
    "properties": {
        "title": _TEXT,
        "licence": _TEXT,
        "verdicts": {"type": "object", "additionalProperties": _TEXT},
        "claims": {"type": "array", "items": {"$ref": "#/$defs/claim"}},
    },
    "$defs": {
        "claim": {
            "type": "object",
            "additionalProperties": False,
            "required": [*FLAT, "evidence"],
            "properties": {
                "id": {"type": "string", "pattern": "^[NES][0-9]{3}$"},
                "article": {"enum": ["news", "explainer", "short-version"]},
                "chapter": _TEXT,
                "section": _TEXT,
                "kind": _TEXT,
                "paraphrase_en": _TEXT,
                "paraphrase_zh_hant": _TEXT,
                "comparator": {
                    "type": ["string", "null"],
                    "description": "How stated and measured are compared.",
                },
                "stated": {
                    **_NUMBER_OR_TEXT,
                    "description": "The figure, date or word that the article states.",
                },
                "stated_high": {
                    **_NUMBER_OR_TEXT,
                    "description": "Upper end of a stated range.",
                },
                "unit": {"type": ["string", "null"]},
                "as_of": {"type": ["string", "null"]},
                "measured": {
                    **_NUMBER_OR_TEXT,
                    "description": "What the tables answer, in the unit of stated.",
                },
                "measured_high": {
                    **_NUMBER_OR_TEXT,
                    "description": "Upper end, where the measured answer is a range.",
                },
                "verdict": {"enum": list(claims.LABELS)},
                "computed": {
                    "type": "boolean",
                    "description": "True if code decided, false if an editor did.",
                },
                "measurement": {"type": ["string", "null"]},
                "reading": {
                    "type": ["string", "null"],
                    "description": "How a statement without a figure is made measurable.",
                },
                "reason": _TEXT,
                "searched": {"type": ["string", "null"]},
                "evidence": {"type": "array", "items": {"$ref": "#/$defs/evidence"}},
            },
        },
        "evidence": {
            "type": "object",
            "additionalProperties": False,
            "required": ["source", "publisher", "title", "published", "tier", "address", "says"],
            "properties": {
                "source": _TEXT,
                "publisher": _TEXT,
                "title": _TEXT,
                "published": {"type": ["string", "null"]},
                "tier": {"enum": ["primary", "reputable", "other"]},
                "address": {"type": ["string", "null"], "format": "uri"},
                "says": _TEXT,
            },
        },
    },
}


def as_record(entry: Entry) -> dict[str, Any]:
    """One statement as it stands in ``claims.json``."""
    claim, verdict = entry.claim, entry.verdict
    return {
        "id": claim.id,
        "article": claim.article,
        "chapter": claim.chapter,
        "section": claim.section,
        "kind": claim.kind,
        "paraphrase_en": claim.statement_en,
        "paraphrase_zh_hant": claim.statement_zh_hant,
        "comparator": claim.comparator or None,
        "stated": _plain(claim.stated),
        "stated_high": _plain(claim.stated_high),
        "unit": claim.unit or None,
        "as_of": claim.as_of or None,
        "measured": verdict.measured.number if verdict.measured else None,
        "measured_high": verdict.measured_high.number if verdict.measured_high else None,
        "verdict": verdict.word,
        "computed": verdict.computed,
        "measurement": _measurement(entry),
        "reading": claim.reading or None,
        "reason": verdict.reason,
        "searched": claim.searched or None,
        "evidence": [
            {
                "source": item.source.source_id,
                "publisher": item.source.publisher,
                "title": item.source.title,
                "published": item.source.published or None,
                "tier": item.source.tier,
                "address": item.source.address or None,
                "says": item.says,
            }
            for item in entry.evidence
        ],
    }


def _plain(text: str | None) -> float | int | str | None:
    if not text:
        return None
    try:
        number = float(text)
    except ValueError:
        return text
    return int(number) if number.is_integer() else number


def _measurement(entry: Entry) -> str | None:
    claim = entry.claim
    return f"{claim.measurement}({claim.arguments})" if claim.measurement else None


def claims_json() -> str:
    document = {
        "title": f"{TITLE}: the ledger",
        "licence": "CC BY 4.0",
        "verdicts": {word: label["meaning_en"] for word, label in claims.LABELS.items()},
        "claims": [as_record(entry) for entry in claims.ledger()],
    }
    return json.dumps(document, ensure_ascii=False, indent=1) + "\n"


def claims_csv() -> str:
    out = io.StringIO()
    writer = csv.DictWriter(out, FLAT, extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    for entry in claims.ledger():
        writer.writerow(as_record(entry))
    return out.getvalue()


def claim_review(entry: Entry, public_address: str = "") -> dict[str, Any]:
    """One ClaimReview; its address is absolute only if the book's own one is known."""
    claim, verdict = entry.claim, entry.verdict
    articles = {
        "news": "a Chinese news report of 28 January 2025",
        "explainer": "a Chinese explainer, long version",
        "short-version": "a Chinese explainer, short version",
    }
    return {
        "@type": "ClaimReview",
        "@id": f"{public_address}{LEDGER_PAGE}#{claim.id}",
        "url": f"{public_address}{LEDGER_PAGE}#{claim.id}",
        "claimReviewed": claim.statement_en,
        "inLanguage": "en",
        "reviewBody": verdict.reason,
        "author": {"@type": "Organization", "name": "The DeepSeek Shock project"},
        "itemReviewed": {
            "@type": "Claim",
            "identifier": claim.id,
            "text": claim.statement_en,
            "appearance": {"@type": "CreativeWork", "name": articles[claim.article]},
        },
        "reviewRating": {
            "@type": "Rating",
            "ratingValue": RATINGS[verdict.word],
            "worstRating": min(RATINGS.values()),
            "bestRating": max(RATINGS.values()),
            "alternateName": verdict.word,
        },
    }


def claim_reviews(public_address: str = "") -> str:
    document = {
        "@context": "https://schema.org",
        "@graph": [
            claim_review(entry, public_address)
            for entry in claims.ledger()
            if entry.verdict.word in RATINGS
        ],
    }
    return json.dumps(document, ensure_ascii=False, indent=1) + "\n"


def write(folder: Path) -> None:
    """Write all files into ``folder``."""
    folder.mkdir(parents=True, exist_ok=True)
    files = {
        "claims.json": claims_json(),
        "claims.schema.json": json.dumps(SCHEMA, ensure_ascii=False, indent=1) + "\n",
        "claims.csv": claims_csv(),
        "claimreview.jsonld": claim_reviews(),
    }
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
