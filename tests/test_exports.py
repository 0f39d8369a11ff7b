"""The ledger for machines: complete, documented, and valid by schema.org's definitions."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import jsonschema
import pytest

from explainer import claims, exports

VOCABULARY = json.loads(Path(__file__).with_name("schema_org.json").read_text())["types"]
LITERALS = {"Text": str, "URL": str, "Number": (int, float), "Date": str, "DateTime": str}


@pytest.fixture(scope="module")
def document():
    return json.loads(exports.claims_json())


@pytest.fixture(scope="module")
def reviews():
    return json.loads(exports.claim_reviews())["@graph"]


def test_the_json_holds_every_statement_and_keeps_its_schema(document):
    jsonschema.Draft202012Validator.check_schema(exports.SCHEMA)
    jsonschema.Draft202012Validator(exports.SCHEMA).validate(document)
    assert [c["id"] for c in document["claims"]] == [e.claim.id for e in claims.ledger()]
    assert len(document["claims"]) == 330


def test_a_broken_record_would_not_pass_the_schema(document):
    broken = {**document, "claims": [{**document["claims"][0], "verdict": "true"}]}
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.Draft202012Validator(exports.SCHEMA).validate(broken)


def test_the_csv_says_the_same_as_the_json(document):
    rows = list(csv.DictReader(io.StringIO(exports.claims_csv())))
    assert [(r["id"], r["verdict"], r["reason"]) for r in rows] == [
        (c["id"], c["verdict"], c["reason"]) for c in document["claims"]
    ]


def test_each_checkable_verdict_is_one_review(reviews):
    checkable = [e.claim.id for e in claims.ledger() if e.verdict.word in exports.RATINGS]
    assert [review["itemReviewed"]["identifier"] for review in reviews] == checkable
    assert {review["reviewRating"]["alternateName"] for review in reviews} == set(
        exports.RATINGS
    )


def problems(node, expected=None):
    """What schema.org does not allow in a node of JSON-LD."""
    kind = node["@type"]
    if kind not in VOCABULARY:
        return [f"unknown type {kind}"]
    if expected and not set(VOCABULARY[kind]["is"]) & set(expected):
        return [f"a {kind} where one of {expected} belongs"]
    found = []
    for name, value in node.items():
        if name.startswith("@"):
            continue
        wanted = VOCABULARY[kind]["properties"].get(name)
        if wanted is None:
            found.append(f"{kind} has no property {name}")
        elif isinstance(value, dict):
            found += problems(value, wanted)
        elif not any(isinstance(value, LITERALS[w]) for w in wanted if w in LITERALS):
            found.append(f"{kind}.{name} is {value!r}, expected one of {wanted}")
    return found


def test_every_review_is_valid_by_schema_orgs_definitions(reviews):
    assert [problem for review in reviews for problem in problems(review)] == []


def test_an_invalid_review_is_noticed(reviews):
    assert problems({**reviews[0], "verdict": "false"}) == ["ClaimReview has no property verdict"]
    assert problems({**reviews[0], "claimReviewed": 5})
    assert problems({**reviews[0], "reviewRating": {"@type": "Organization", "name": "x"}})


def test_addresses_are_absolute_only_where_the_books_own_is_known(reviews):
    assert reviews[0]["url"] == "en/chapters/ledger.html#N001"
    entry = claims.ledger()[0]
    absolute = exports.claim_review(entry, "https://example.org/book/")
    assert absolute["url"] == "https://example.org/book/en/chapters/ledger.html#N001"
