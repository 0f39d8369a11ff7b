"""The rule by which a verdict is reached, each part of it on a real statement."""

from __future__ import annotations

import dataclasses
import re

import pytest

from explainer import ROOT, claims
from explainer.claims import Claim, LedgerError, judge, verdict
from explainer.measures import Measured


def word(claim_id: str) -> str:
    return claims.entry(claim_id).verdict.word


def changed(claim_id: str, **cells: object) -> Claim:
    return dataclasses.replace(claims.entry(claim_id).claim, **cells)


def judged(claim_id: str, number: float | str, high: float | None = None) -> str:
    """The verdict if the measurement answered this."""
    claim = claims.entry(claim_id).claim
    return judge(claim, Measured(number, str(claim.unit), high=high))


# Numbers


def test_a_fall_of_16_97_percent_supports_17():
    assert word("N002") == word("S026") == "supported"


def test_half_a_unit_of_the_last_stated_digit_is_enough_and_a_hair_more_is_not():
    assert judged("N064", -21.5) == judged("N064", -22.5) == "supported"
    assert judged("N064", -21.49) == judged("N064", -22.51) == "imprecise"


def test_595_billion_states_three_digits_so_592_7_alone_would_be_imprecise():
    entry = claims.entry("E007")
    assert entry.verdict.measured.number == 592.7
    plain = changed("E007", comparator="=", stated="595", digits=3)
    assert verdict(plain).word == "imprecise"
    assert verdict(changed("E007", comparator="=", stated="593", digits=3)).word == (
        "supported"
    )


def test_inside_what_publishers_print_for_one_day_a_figure_is_supported():
    entry = claims.entry("N017")
    assert entry.claim.comparator == "within"
    ends = entry.verdict.measured.number, entry.verdict.measured_high.number
    assert ends == (589, 596)
    assert entry.verdict.word == "supported"
    assert judged("N017", 596.0, 600.0) == judged("N017", 580.0, 594.0) == "imprecise"
    assert judged("N017", 100.0, 200.0) == "contradicted"


def test_zeros_at_the_end_are_unstated_so_2048_chips_support_2000():
    assert claims.entry("E057").verdict.measured.number == 2048
    assert word("E057") == "supported"
    assert verdict(changed("E057", digits=4)).word == "imprecise"


def test_about_600_billion_is_supported_by_593_and_no_wider_than_a_plain_figure():
    assert word("N018") == word("S027") == "supported"
    assert verdict(changed("N018", comparator="=")).word == "supported"
    assert judged("N018", 549.0) == "imprecise"


def test_ten_percent_are_of_the_measured_value_not_of_the_stated_one():
    entry = claims.entry("N040")
    stated, measured = 180, entry.verdict.measured.number
    assert measured - stated > 0.10 * stated
    assert measured - stated < 0.10 * measured
    assert entry.verdict.word == "imprecise"
    assert judged("N040", 200.1) == "contradicted"


def test_beyond_ten_percent_a_number_is_contradicted():
    assert word("E008") == "contradicted"  # one Starbucks, and it was five
    assert word("E065") == word("E066") == "contradicted"
    assert word("E070") == "contradicted"  # Broadcom by 14%, and it was 17%


def test_a_fall_that_is_a_record_in_dollars_only_is_imprecise():
    for claim_id in ("N020", "S028"):
        entry = claims.entry(claim_id)
        assert entry.verdict.measured.number == "partly"
        assert entry.verdict.word == "imprecise"
    assert judged("N020", "no") == "contradicted"


def test_a_strong_word_for_a_fall_asks_for_one_of_the_years_worst_days():
    for claim_id in ("N005", "N014", "N060", "E006"):
        assert claims.entry(claim_id).claim.measurement == "tail_share"
        assert word(claim_id) == "supported"
    assert judged("N005", 6.0) == "contradicted"


# Inequalities


def test_more_than_600_billion_is_not_supported_by_593():
    entry = claims.entry("E007")
    assert entry.claim.comparator == ">"
    assert entry.verdict.measured.number == 592.7
    assert entry.verdict.word == "imprecise"
    assert judged("E007", 600.0) == "imprecise"
    assert judged("E007", 600.1) == "supported"


def test_an_inequality_that_fails_by_more_than_a_tenth_is_contradicted():
    assert judged("E007", 540.0) == "contradicted"
    assert word("S017") == "contradicted"  # less than 1%, and it is 9%


def test_a_wrong_sign_is_contradicted_however_small_the_number():
    assert word("E068") == "contradicted"  # a rise, and it was a fall
    assert word("E153") == "contradicted"  # a hedge, and both rose and fell together
    assert judged("E068", -0.01) == judged("E153", 0.01) == "contradicted"


def test_a_trillion_not_quite_reached_supports_below_a_trillion():
    assert word("N046") == "supported"
    assert claims.entry("N046").verdict.measured.number == 997.4


def test_a_defence_that_held_once_for_one_of_two_is_half_a_defence():
    assert claims.entry("E160").verdict.measured.number == "partly"
    assert word("E160") == "imprecise"


# Ranges


def test_between_holds_if_all_who_are_named_lie_inside():
    entry = claims.entry("S049")
    ends = entry.verdict.measured.number, entry.verdict.measured_high.number
    assert ends == (-29.88, -22.35)
    assert entry.verdict.word == "supported"


def test_between_fails_with_the_one_that_lies_outside():
    entry = claims.entry("S030")
    assert entry.verdict.measured_high.number == -11.71  # Micron, inside
    assert entry.verdict.measured.number == -17.40  # Broadcom, outside
    assert entry.verdict.word == "imprecise"  # it holds for one of the two
    assert judged("S030", -17.4, -17.0) == "contradicted"  # for neither
    assert judged("S030", -16.0, -7.5) == "imprecise"


def test_a_share_that_never_varies_does_not_span_a_range_it_lies_in():
    entry = claims.entry("E027")
    assert entry.claim.comparator == "spans"
    assert 0.1 < entry.verdict.measured.number < 10
    assert entry.verdict.word == "contradicted"
    assert judged("E027", 0.12, 9.9) == "supported"
    assert judged("E027", 0.12, 4.9) == judged("E027", 5.5, 9.9) == "contradicted"
    plain = changed("E027", comparator="between")
    assert verdict(plain).word == "supported"


# Dates, ranks, words


def test_a_date_is_exact_at_the_precision_stated():
    assert claims.entry("S008").verdict.measured.number == "2023-05"
    assert word("S008") == "supported"  # 2023
    assert word("E018") == "contradicted"  # March 2023
    assert word("E129") == "contradicted"


def test_a_date_known_to_the_month_cannot_answer_for_a_day():
    with pytest.raises(LedgerError, match=r"E018.*2023-05.*as exact as 2023-05-17"):
        verdict(changed("E018", stated="2023-05-17"))


def test_a_date_within_a_range_of_days_is_supported():
    assert word("N008") == word("N052") == "supported"
    assert word("S021") == "contradicted"


def test_a_report_that_came_out_after_the_crash_was_not_before_it():
    assert claims.entry("E061").claim.comparator == "before"
    assert word("E061") == "contradicted"
    assert judged("E061", "2025-01-26") == "supported"
    assert judged("E061", "2025-01-27") == "contradicted"


def test_a_rank_is_exact_or_contradicted():
    assert word("N003") == "supported"
    assert claims.entry("E011").verdict.measured.number == 5
    assert word("E011") == word("E143") == "contradicted"
    assert judged("E011", 2) == "contradicted"


def test_a_word_is_exact_or_contradicted():
    assert word("N031") == word("E077") == "supported"
    assert word("E058") == word("E107") == "contradicted"
    assert word("E128") == "contradicted"  # Stargate came before the shock
    assert judged("N031", "SAM ALTMAN") == "supported"


def test_what_holds_for_some_of_several_is_imprecise():
    assert word("N065") == word("S029") == word("S048") == "imprecise"
    assert word("E156") == "imprecise"  # not on the day, but over the time since
    assert judged("N065", "yes") == "supported"
    assert judged("N065", "no") == "contradicted"


# Tolerances


def test_a_written_tolerance_takes_the_place_of_the_rule():
    assert word("E036") == "contradicted"  # 16 days from Christmas, 3 allowed
    wider = changed("E036", tolerance="16 days")
    assert verdict(wider).word == "supported"


def test_exact_leaves_no_half_unit():
    exact = changed("N002", tolerance="exact", tolerance_reason="to test it")
    assert verdict(exact).word == "imprecise"


def test_a_tolerance_of_a_number_has_the_unit_of_the_figure():
    reason = "to test it"
    wide = changed("E070", tolerance="4 percent", tolerance_reason=reason)
    assert verdict(wide).word == "supported"
    with pytest.raises(LedgerError, match="column tolerance.*4 days"):
        verdict(changed("E070", tolerance="4 days", tolerance_reason=reason))


def test_significant_digits_are_those_a_number_states():
    texts = ["17", "595", "600", "2000", "5.6", "16000", "1.5", "0.1", "0.86", "1e20"]
    digits = [claims.significant_digits(text) for text in texts]
    assert digits == [2, 3, 1, 1, 2, 2, 2, 1, 2, 1]


# Reasons


def test_reasons_are_filled_in_with_measured_stated_and_evidence_figures():
    entry = claims.entry("E007")
    assert "{" not in entry.verdict.reason
    for figure in ("$592.7 billion", "$589 billion", "$600 billion"):
        assert figure in entry.verdict.reason


def test_a_reason_can_be_filled_in_any_language():
    entry = claims.entry("E007")
    assert entry.reason("zh_TW", "跌掉 {measured}，不到 {stated}。") == (
        "跌掉 5,927 億美元，不到 6,000 億美元。"
    )
    assert entry.reason("zh_CN", "{measured}") == "5927 亿美元"


def test_a_translation_cannot_bring_a_slot_that_the_reason_has_not():
    with pytest.raises(LedgerError, match="translation has {volume"):
        claims.entry("E007").reason("zh_TW", "{volume(ticker=NVDA, date=2025-01-27)}")


def test_a_range_in_a_reason_shows_both_ends_and_one_if_they_are_equal():
    claim = changed("S049", reason_en="{measured} of {stated}.")
    assert verdict(claim).reason == "−29.88% to −22.35% of −30% to −20%."
    assert "uses 5.5% of" in claims.entry("E027").verdict.reason


def test_the_style_sheet_has_the_same_signs():
    css = (ROOT / "web/src/ledger.css").read_text(encoding="utf-8")
    signs = dict(re.findall(r'^\.verdict-(\w+),.*--sign: "(.)"', css, re.MULTILINE))
    assert signs == {word: label["sign"] for word, label in claims.LABELS.items()}


def test_every_verdict_has_a_name_and_a_meaning_in_both_languages():
    for label in claims.LABELS.values():
        assert set(label) == {"en", "zh_hant", "sign", "meaning_en", "meaning_zh_hant"}
        assert all(label.values())


# Bad input: one message that names table, row and column


def bad(claim_id: str, **cells: object) -> str:
    """The message for a statement with these cells; its place is checked here."""
    claim = changed(claim_id, **cells)
    with pytest.raises(LedgerError) as caught:
        verdict(claim)
    message = str(caught.value)
    assert message.startswith(f"data/claims.csv, row {claim.row}, column ")
    assert claim_id in message
    return message


def test_an_unknown_measurement_is_no_verdict():
    message = bad("N002", measurement="day_retrun")
    assert "column measurement" in message
    assert "found day_retrun, expected one of" in message


def test_a_date_outside_the_data_is_no_verdict():
    message = bad("N002", arguments="ticker=NVDA; date=1990-01-29")
    assert "column arguments" in message
    assert "NVDA has no return on 1990-01-29" in message


def test_an_unknown_ticker_is_no_verdict():
    assert "found NVDX, expected one of" in bad(
        "N002", arguments="ticker=NVDX; date=2025-01-27"
    )


def test_an_argument_that_does_not_fit_is_no_verdict():
    assert "expected a date" in bad("N002", arguments="ticker=NVDA; date=27 January")
    assert "found an argument day" in bad("N002", arguments="ticker=NVDA; day=x")
    assert "found no date" in bad("N002", arguments="ticker=NVDA")
    assert "expected key=value" in bad("N002", arguments="ticker=NVDA; 2025-01-27")
    assert "found ticker twice" in bad("N002", arguments="ticker=NVDA; ticker=NVDA")


def test_a_row_that_a_table_does_not_have_is_no_verdict():
    assert "column fact_id" in bad("E013", arguments="id=employees_nobody")
    assert "column event" in bad("E129", arguments="event=stargate_dreamt_of")


def test_a_measurement_in_another_unit_is_no_verdict():
    assert "answers in percent, expected usd_bn" in bad("N002", unit="usd_bn")


def test_an_unknown_unit_is_named():
    message = bad("N002", unit="furlongs")
    assert "column unit" in message and "found furlongs" in message


def test_an_unknown_verdict_is_named():
    message = bad("N006", verdict="true")
    assert "column verdict" in message and "found true, expected one of" in message


def test_a_statement_without_measurement_or_verdict_is_named():
    assert "column verdict: statement N006: found nothing" in bad("N006", verdict=None)


def test_a_computed_verdict_is_never_stored():
    assert "column verdict" in bad("N002", verdict="supported")


def test_an_unverified_statement_says_what_was_searched():
    assert "column searched" in bad("N050", searched=None)


def test_a_statement_needs_evidence_a_measurement_or_a_search():
    assert "found no evidence, measurement or search" in bad("N006", evidence=())
    assert verdict(changed("N036", evidence=())).word == "opinion"


def test_a_tolerance_needs_its_reason():
    assert "column tolerance_reason" in bad("N002", tolerance="exact")


def test_a_comparison_needs_what_it_compares():
    assert "column stated" in bad("N002", stated=None)
    assert "column stated" in bad("N002", stated="seventeen")
    assert "column digits" in bad("N002", digits=None)
    assert "column comparator" in bad("N002", comparator="is")
    assert "column comparator" in bad("N031", comparator="=")
    assert "column stated_high" in bad("S049", stated_high=None)
    assert "column stated_high" in bad("S049", stated_high="-40")


def test_a_slot_that_cannot_be_filled_is_named():
    assert "column reason_en" in bad("N002", reason_en="It was {mesured}.")
    assert "column reason_en" in bad("N006", reason_en="It was {measured}.")
    assert "day_return" in bad("N002", reason_en="{day_return(ticker=NVDA)}")
    unknown = bad("N006", reason_en="It was {evidence(reuters-2030)}.")
    assert "found 0 figures of reuters-2030" in unknown


def test_a_statement_that_is_not_there_is_an_error():
    with pytest.raises(LedgerError, match="Z999"):
        claims.entry("Z999")
    with pytest.raises(LedgerError, match="Z999"):
        claims.stated("Z999")
