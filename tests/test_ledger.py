"""All 330 statements are there, complete, at one with each other and with the data."""

from __future__ import annotations

import re
import shutil
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from explainer import claims, market, measures, prose, tables
from explainer.claims import LedgerError
from explainer.tables import TableError, Tables
from explainer.values import LOCALES

NEWS = [f"N{number:03}" for number in range(1, 84)]
LONG = [f"E{number:03}" for number in range(1, 172)]
SHORT = [f"S{number:03}" for number in range(1, 77)]


def word(claim_id: str) -> str:
    return claims.entry(claim_id).verdict.word


# Complete


def test_all_330_statements_are_there_once_under_their_ids():
    ids = [entry.claim.id for entry in claims.ledger()]
    assert len(ids) == 330
    assert sorted(ids) == sorted(NEWS + LONG + SHORT)


def test_they_stand_in_reading_order_one_article_after_the_other():
    entries = [entry.claim for entry in claims.ledger()]
    assert [claim.order for claim in entries] == list(range(1, 331))
    articles = list(dict.fromkeys(claim.article for claim in entries))
    assert articles == ["news", "explainer", "short-version"]
    assert Counter(claim.article for claim in entries) == {
        "news": 83,
        "explainer": 171,
        "short-version": 76,
    }


def test_the_news_report_has_its_own_chapter_and_nothing_else_is_in_it():
    for entry in claims.ledger():
        news = entry.claim.article == "news"
        assert news == (entry.claim.chapter == "the-news-report"), entry.claim.id


def test_every_statement_has_a_verdict_and_a_reason_in_words():
    for entry in claims.ledger():
        assert entry.verdict.word in claims.LABELS, entry.claim.id
        assert entry.verdict.reason.endswith((".", "?")), entry.claim.id
        assert "{" not in entry.verdict.reason, entry.claim.id


def test_reasons_can_be_written_in_every_language():
    for entry in claims.ledger():
        for locale in LOCALES:
            assert "{" not in entry.reason(locale), entry.claim.id


def test_every_statement_reads_alone_in_english_and_chinese():
    for entry in claims.ledger():
        claim = entry.claim
        assert claim.statement_en.endswith("."), claim.id
        assert claim.statement_zh_hant.endswith(("。", "？")), claim.id
        dangling = r"(?!It (?:is|was) )(?:It|They|This|These|That|He|She)\b"
        assert not re.match(dangling, claim.statement_en), claim.id


def test_no_cell_spans_lines_so_that_rows_are_lines():
    for table in ("claims", "evidence", "sources"):
        text = (tables.DATA / f"{table}.csv").read_text(encoding="utf-8")
        assert text.count("\n") == len(tables.read(table)) + 1, table


ALLOWED = [
    r"\b(?:LLaMA |Llama 3\.1 )?\d{2,3}B\b",  # a model by its size
    r"\bUnit 1\b|\bFocus [12]\b",  # names
    r"\bS3\b",  # a data firm
    r"高功率|功率不足",
]


def test_no_reason_and_no_reading_has_a_typed_number():
    names = re.compile("|".join([*ALLOWED, *(pattern for pattern, _ in prose.ALLOWED)]))
    for entry in claims.ledger():
        for text in (entry.claim.reason_en, entry.claim.reading or ""):
            rest = names.sub(" ", claims.SLOT.sub(" ", text))
            typed = re.findall(r"\S*\d\S*", rest)
            assert not typed, (entry.claim.id, typed)


# Verdicts are computed where they can be


def test_no_computed_verdict_is_stored():
    rows = tables.read("claims")
    measured = rows["measurement"].notna()
    assert rows.loc[measured, "verdict"].isna().all()
    assert rows.loc[~measured, "verdict"].notna().all()


def test_a_computed_verdict_is_supported_imprecise_or_contradicted():
    computed = [entry for entry in claims.ledger() if entry.verdict.computed]
    assert len(computed) >= 130
    for entry in computed:
        assert entry.verdict.word in claims.WORSE, entry.claim.id
        assert entry.verdict.measured is not None, entry.claim.id
        assert entry.verdict.stated is not None, entry.claim.id


def test_what_computed_verdicts_compare_is_counted():
    kinds = Counter(claims.compared(entry) for entry in claims.ledger())
    computed = sum(entry.verdict.computed for entry in claims.ledger())
    assert kinds["number"] + kinds["order"] + kinds["word"] == computed
    assert claims.compared(claims.entry("N002")) == "number"
    assert claims.compared(claims.entry("N003")) == "order"  # a rank
    assert claims.compared(claims.entry("E160")) == "order"  # yes or no
    assert claims.compared(claims.entry("N031")) == "word"  # a name
    assert claims.compared(claims.entry("N006")) is None
    assert claims.entry("N002").compares_numbers
    assert not claims.entry("N003").compares_numbers


def test_stated_digits_are_those_of_the_text_unless_a_reading_says_more():
    for entry in claims.ledger():
        claim = entry.claim
        if claim.digits is None or claim.reading or claim.unit in ("rank", "usd"):
            continue
        assert claim.digits == claims.significant_digits(claim.stated), claim.id


def test_whatever_was_looked_for_in_vain_is_said():
    for entry in claims.ledger():
        if entry.verdict.word == "unverified":
            assert entry.claim.searched, entry.claim.id


# Sources


def test_every_reasoned_verdict_has_evidence_or_says_what_was_searched():
    for entry in claims.ledger():
        if not entry.verdict.computed and entry.verdict.word != "opinion":
            assert entry.evidence or entry.claim.searched, entry.claim.id


def test_a_supported_verdict_rests_on_more_than_one_weak_source():
    for entry in claims.ledger():
        if entry.verdict.word != "supported":
            continue
        arguments = measures.parse_arguments(entry.claim.arguments or "")
        tiers = {piece.source.tier for piece in entry.evidence}
        if entry.verdict.computed:
            tiers = measures.fact_tiers(arguments) or {"measured"}
        assert tiers != {"other"}, entry.claim.id


def test_what_a_figure_of_a_weak_source_says_is_at_best_imprecise(change):
    assert word("S046") == "imprecise"  # 22 stated, 21.94 found

    def better(rows: pd.DataFrame) -> pd.DataFrame:
        trendometric = rows["fact_id"] == "pe_forward_ten_years_NDX_trendometric"
        rows.loc[trendometric, "tier"] = "reputable"
        return rows

    change("facts", better)
    assert word("S046") == "supported"


def test_a_link_is_a_plain_address_and_whoever_has_none_says_why():
    for source in {p.source for entry in claims.ledger() for p in entry.evidence}:
        if source.address is None:
            assert source.address_note, source.source_id
        else:
            assert re.fullmatch(r"https?://[a-z0-9.-]+\.[a-z]{2,}/\S*", source.address)
            assert not re.match(r"https?://[\d.]+/", source.address), source.source_id


def test_one_document_is_one_source():
    rows = tables.read("sources")
    assert not rows["address"].dropna().duplicated().any()
    assert not rows.duplicated(["publisher", "title"]).any()


def test_every_figure_of_the_evidence_can_be_written():
    for entry in claims.ledger():
        for piece in entry.evidence:
            assert (piece.value is None) == (piece.unit is None), entry.claim.id
            piece.figure()


# At one with itself

SAME_FACT = [
    {"N002", "N016", "N022", "S026"},  # Nvidia by 17%
    {"N018", "S027"},  # about 600 billion
    {"N020", "S028"},  # the largest fall
    {"N074", "N075", "S052"},  # a cost that analysts put in its place
    {"N029", "E089", "S038"},  # all capital spending given to AI
    {"N062", "E076", "S036"},  # Constellation by 21%
    {"N063", "E081"},  # Vistra by 28%
    {"E010", "S003"},  # the Nasdaq by 3%
    {"N019", "N041", "N045"},  # conversions of a printed sum
    {"N007", "E012", "S006"},  # one year old
    {"E020", "S009"},  # Hangzhou
    {"E019", "S010"},  # Liang Wenfeng
    {"E024", "E118", "S018"},  # a name for the technique that DeepSeek does not use
    {"E035", "S020"},  # overtook ChatGPT in downloads
    {"E058", "E107"},  # H100, A100
    {"N011", "E092"},  # 5.6 million for V3
    {"S014", "S015"},  # V3's figures given to R1
    {"N061", "E077"},  # the restart for Microsoft
    {"S037", "E170"},  # why Constellation fell
    {"E083", "E171"},  # Vistra's orders
    {"E069", "E169"},  # Broadcom's rating
    {"E099", "E100"},  # an unconfirmed leak about GPT-4
    {"E130", "S061", "S059"},  # who pays for Stargate
    {"E135", "E136", "S060"},  # who takes part
    {"N059", "S034", "E073"},  # power shares as winners of AI
    {"N071", "S070"},  # Michael Block
    {"S045", "S046", "S075"},  # price to earnings, from weak sources
    {"E003", "S015", "S072"},  # V3's bill, told of something else
    {"E030", "S011"},  # open weights
    {"E089", "N012", "N029"},  # spending that is not all for training
    {"S022", "S023", "S024"},  # right in late January, not in early January
]


@pytest.mark.parametrize("ids", SAME_FACT, ids=lambda ids: "+".join(sorted(ids)))
def test_what_states_the_same_gets_the_same_verdict(ids: set[str]):
    assert len({word(claim_id) for claim_id in ids}) == 1


def test_statements_that_a_reason_names_exist():
    known = {entry.claim.id for entry in claims.ledger()}
    for entry in claims.ledger():
        named = set(re.findall(r"\b[NES]\d{3}\b", entry.claim.reason_en))
        assert named <= known, entry.claim.id


def test_contradictions_are_between_statements_that_exist():
    known = {entry.claim.id for entry in claims.ledger()}
    rows = tables.read("contradictions")
    assert len(rows) == 27
    for row in rows.itertuples():
        ids = row.claims.split("+")
        assert len(ids) >= 2 and set(ids) <= known, row.contradiction_id


# At one with the data


@pytest.fixture
def change(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Change a table in a copy of the data, which the package then reads."""
    folder = tmp_path / "data"
    shutil.copytree(tables.DATA, folder)

    def forget() -> None:
        for module in (claims, measures, market):
            for function in vars(module).values():
                if hasattr(function, "cache_clear"):
                    function.cache_clear()

    def edit(table: str, how: Callable[[pd.DataFrame], pd.DataFrame]) -> None:
        path = folder / f"{table}.csv"
        rows = pd.read_csv(path, dtype=str, keep_default_na=False)
        how(rows).to_csv(path, index=False, lineterminator="\n")
        Tables(folder).seal(table)
        monkeypatch.setattr(tables, "read", Tables(folder).read)
        forget()

    yield edit
    monkeypatch.undo()
    forget()


def said() -> dict[str, tuple]:
    """What the ledger says about each statement: verdict, figure, reason."""
    return {
        entry.claim.id: (
            entry.verdict.word,
            entry.verdict.measured,
            entry.verdict.measured_high,
            entry.verdict.reason,
        )
        for entry in claims.ledger()
    }


def test_one_changed_price_changes_what_rests_on_it_and_nothing_else(change):
    """Broadcom's close of 27 January, a tenth higher: it fell 9.1%, not 17.4%."""

    def dearer(rows: pd.DataFrame) -> pd.DataFrame:
        day = (rows["ticker"] == "AVGO") & (rows["date"] == "2025-01-27")
        assert day.sum() == 1
        for column in ("close", "adj_close"):
            price = float(rows.loc[day, column].iloc[0])
            rows.loc[day, column] = f"{1.1 * price:.4f}"
        return rows

    before = said()
    change("prices", dearer)
    after = said()
    differ = {claim_id for claim_id in before if before[claim_id] != after[claim_id]}
    assert differ == {
        "N020",  # how many stocks fell more than Nvidia: its reason says so
        "S028",
        "N039",  # Broadcom's fall
        "E070",
        "S030",
        "N040",  # and loss of market value
        "N041",
        "S002",
        "N042",  # and market value
    }
    verdicts = {
        claim_id: (before[claim_id][0], after[claim_id][0]) for claim_id in differ
    }
    assert verdicts["N039"] == ("supported", "contradicted")
    assert verdicts["N040"] == ("imprecise", "contradicted")
    assert verdicts["N042"] == ("supported", "imprecise")
    assert verdicts["S030"] == ("imprecise", "supported")
    unchanged = differ - {"N039", "N040", "N042", "S030"}
    assert all(len(set(verdicts[claim_id])) == 1 for claim_id in unchanged)


def test_one_changed_date_changes_what_rests_on_it(change):
    def later(rows: pd.DataFrame) -> pd.DataFrame:
        rows.loc[rows["event"] == "deepseek_r1_release", "date"] = "2024-12-20"
        return rows.sort_values(["date", "event"])

    change("timeline", later)
    assert (word("S013"), word("N008")) == ("supported", "contradicted")


def test_a_statement_told_twice_is_an_error(change):
    with pytest.raises(TableError, match="data/claims.csv, row .*N001"):
        change("claims", lambda rows: rows.replace({"id": {"N002": "N001"}}))


def test_a_reason_left_out_is_an_error(change):
    def silent(rows: pd.DataFrame) -> pd.DataFrame:
        rows.loc[rows["id"] == "N006", "reason_en"] = ""
        return rows

    with pytest.raises(TableError, match="data/claims.csv, row 7, column reason_en"):
        change("claims", silent)


def test_an_unknown_verdict_in_the_table_is_an_error(change):
    def doubtful(rows: pd.DataFrame) -> pd.DataFrame:
        rows.loc[rows["id"] == "N006", "verdict"] = "doubtful"
        return rows

    with pytest.raises(TableError, match="row 7, column verdict: found doubtful"):
        change("claims", doubtful)


def test_evidence_from_an_unknown_source_is_an_error(change):
    def unknown(rows: pd.DataFrame) -> pd.DataFrame:
        rows.loc[0, "source_id"] = "nobody"
        return rows

    with pytest.raises(TableError, match="row 2, column source_id: found nobody"):
        change("evidence", unknown)


def test_evidence_for_an_unknown_statement_is_an_error(change):
    def unknown(rows: pd.DataFrame) -> pd.DataFrame:
        rows.loc[0, "claim_id"] = "A000"
        return rows

    with pytest.raises(TableError, match="row 2, column claim_id: found A000"):
        change("evidence", unknown)


def test_a_source_that_nothing_uses_is_an_error(change):
    def superfluous(rows: pd.DataFrame) -> pd.DataFrame:
        extra = rows.tail(1).assign(source_id="zzz-nobody-cites-this")
        return pd.concat([rows, extra])

    change("sources", superfluous)
    with pytest.raises(LedgerError, match="column source_id: found zzz-nobody"):
        claims.ledger()


def test_a_missing_fact_names_the_statement_that_needs_it(change):
    change("facts", lambda rows: rows[rows["fact_id"] != "employees_deepseek_ft"])
    with pytest.raises(LedgerError, match="column arguments: statement E013"):
        claims.ledger()
