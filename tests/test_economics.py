"""What the book says about costs, chips, stock, prices and spending."""

import pandas as pd
import pytest

from explainer import economics, tables
from explainer.economics import EconomicsError

OUR_TABLES = (
    "timeline policy gpu_specs gpu_rental_prices nvidia_quarters capex training_runs"
    " api_prices benchmarks app_rankings power venture_capital"
).split()


# Training


def test_the_5_6_million_are_2_788_million_hours_at_two_dollars():
    hours = economics.training("DeepSeek-V3", "gpu_hours")
    assert hours == 2_788_000
    assert economics.training_bill_usd(hours, 2.0) == 5_576_000
    assert economics.training("DeepSeek-V3", "stated_cost_usd") == 5_576_000


def test_the_hours_of_v3_are_the_sum_of_its_three_stages():
    stages = ["pretraining_gpu_hours", "context_gpu_hours", "post_training_gpu_hours"]
    hours = [economics.training("DeepSeek-V3", stage) for stage in stages]
    assert hours == [2_664_000, 119_000, 5_000]
    assert sum(hours) == economics.training("DeepSeek-V3", "gpu_hours")


def test_the_bill_moves_in_proportion_to_the_rent():
    hours = economics.training("DeepSeek-V3", "gpu_hours")
    assert economics.training_bill_usd(hours, 1.0) == pytest.approx(2.788e6)
    assert economics.training_bill_usd(hours, 3.42) == pytest.approx(9.535e6, rel=1e-3)
    assert economics.training_bill_usd(hours, 10.0) == pytest.approx(27.88e6)


def test_the_cost_per_operation_was_not_lower_than_llamas():
    assert economics.usd_per_1e18_flop("DeepSeek-V3") == pytest.approx(1.622, abs=5e-4)
    llama = economics.usd_per_1e18_flop("Llama 3.1 405B")
    assert llama == pytest.approx(1.623, abs=5e-4)
    dear = economics.usd_per_1e18_flop("Llama 3.1 405B", usd_per_gpu_hour=4.0)
    assert dear == pytest.approx(2 * llama)


def test_a_chip_did_as_much_for_v3_as_for_llama_and_more_than_an_a100_can():
    v3 = economics.tflops_per_gpu("DeepSeek-V3")
    assert v3 == pytest.approx(342.6, abs=0.05)
    assert economics.tflops_per_gpu("Llama 3.1 405B") == pytest.approx(342.3, abs=0.05)
    assert v3 > economics.spec("A100", "bf16_dense_tflops") == 312
    assert v3 < economics.spec("H800", "bf16_dense_tflops")


def test_an_h800_did_more_for_v3_than_for_v2():
    assert economics.tflops_per_gpu("DeepSeek-V2") == pytest.approx(202.5, abs=0.1)


def test_the_eleven_fold_gap_in_hours_is_a_gap_in_arithmetic():
    pair = ("Llama 3.1 405B", "DeepSeek-V3")
    hours = economics.training_ratio(*pair, "pretraining_gpu_hours")
    flop = economics.training_ratio(*pair, "pretraining_flop")
    active_params = economics.training_ratio(*pair, "active_params")
    tokens = economics.training_ratio(*pair, "training_tokens")
    assert hours == pytest.approx(11.58, abs=0.005)
    assert flop == pytest.approx(11.57, abs=0.005)
    assert active_params == pytest.approx(10.95, abs=0.005)
    # The factors make the product, but for the two digits of Meta's 3.8e25.
    assert active_params * tokens == pytest.approx(flop, rel=0.005)
    whole = economics.training_ratio(*pair, "gpu_hours")
    assert whole == pytest.approx(11.06, abs=0.01)
    assert economics.training_ratio(*pair, "gpu_count") == 8


def test_pretraining_arithmetic_is_six_times_active_parameters_times_tokens():
    assert economics.training_flop_6nd(37e9, 14.8e12) == pytest.approx(3.2856e24)
    published = economics.training("Llama 3.1 405B", "pretraining_flop")
    assert economics.training_flop_6nd(405e9, 15.6e12) == pytest.approx(
        published, rel=0.01
    )
    rows = tables.read("training_runs")
    rows = rows[rows["flop_basis"] == "6nd"]
    by_formula = economics.training_flop_6nd(
        rows["active_params"], rows["training_tokens"]
    )
    assert (by_formula / rows["pretraining_flop"]).between(0.99, 1.01).all()


def test_v3_uses_five_and_a_half_percent_of_itself_for_a_token():
    assert economics.active_share("DeepSeek-V3") == pytest.approx(0.055, abs=0.0005)
    assert economics.compute_saving("DeepSeek-V3") == pytest.approx(18.1, abs=0.05)
    assert economics.active_share("Llama 3.1 405B") == 1


def test_v3_took_eight_weeks_and_llama_eleven():
    assert economics.training_days("DeepSeek-V3") == pytest.approx(56.7, abs=0.05)
    assert economics.training_days("Llama 3.1 405B") == pytest.approx(78.4, abs=0.05)
    assert economics.training_days("LLaMA 65B") == pytest.approx(20.8, abs=0.05)


def test_the_energy_of_v3s_chips_is_an_eleventh_of_llamas():
    v3 = economics.training_energy_gwh("DeepSeek-V3")
    llama = economics.training_energy_gwh("Llama 3.1 405B")
    assert v3 == pytest.approx(1.95, abs=0.005)
    assert llama == pytest.approx(21.6, abs=0.05)


def test_gpt_4_has_three_price_tags():
    tags = economics.price_tags("GPT-4")
    assert round(tags.amortised_usd / 1e6) == 41
    assert round(tags.rental_usd / 1e6, 1) == 78.6
    assert round(tags.purchase_usd / 1e6) == 778
    assert economics.training("GPT-4", "stated_cost_comparator") == ">"


def test_llama_and_v3_have_the_price_tags_that_are_known():
    llama = economics.price_tags("Llama 3.1 405B")
    in_millions = (llama.rental_usd, llama.amortised_usd, llama.purchase_usd)
    assert [round(usd / 1e6) for usd in in_millions] == [170, 51, 896]
    v3 = economics.price_tags("DeepSeek-V3")
    assert v3.rental_usd == 5_576_000
    assert v3.amortised_usd is None and v3.purchase_usd is None


def test_renting_is_dearer_than_using_up_and_buying_dearer_than_renting():
    rows = tables.read("training_runs")
    known = rows.dropna(subset=["rental_cost_usd", "amortised_cost_usd"])
    assert (known["rental_cost_usd"] > known["amortised_cost_usd"]).all()
    known = rows.dropna(subset=["rental_cost_usd", "purchase_cost_usd"])
    assert (known["purchase_cost_usd"] > known["rental_cost_usd"]).all()


def test_the_294_000_of_r1_do_not_fit_512_chips_for_80_hours():
    stated = economics.training("DeepSeek-R1", "stated_cost_usd")
    assert economics.training_bill_usd(512 * 80, 2.0) == 81_920
    full = economics.training_bill_usd(512 * 198 + 512 * 80 + 5_000, 2.0)
    assert full == pytest.approx(stated, rel=0.003)
    facts = tables.read("facts").set_index("fact_id")["value"]
    runs = facts["r1_zero_run_hours"], facts["r1_run_hours"]
    hours = 512 * sum(runs) + facts["r1_data_gpu_hours"]
    assert economics.training_bill_usd(hours, 2.0) == full


def test_a_day_of_serving_is_1814_chips_at_two_dollars():
    facts = tables.read("facts").set_index("fact_id")["value"]
    hours = 24 * facts["deepseek_service_gpus_average"]
    cost = facts["serving_cost_DeepSeek_day"]
    assert economics.training_bill_usd(hours, 2.0) == pytest.approx(cost, rel=0.001)


# Chips


def test_an_a100_has_a_third_of_an_h100_and_not_83_percent():
    field = "bf16_dense_tflops"
    assert economics.gpu_ratio("A100", "H100", field) == pytest.approx(0.315, abs=0.001)
    assert economics.gpu_ratio("A100 PCIe", "H100 PCIe", field) == pytest.approx(
        0.413, abs=0.001
    )


def test_the_h800_lost_its_link_and_not_its_arithmetic():
    assert economics.gpu_ratio("H800", "H100", "bf16_dense_tflops") > 0.999
    assert economics.spec("H800", "link_gb_s") == 400
    assert economics.spec("H100", "link_gb_s") == 900


def test_ten_to_the_twentieth_is_about_a_hundred_thousand_h100():
    assert economics.gpus_for(1e20) == pytest.approx(101_071, abs=1)


def test_the_h800_was_legal_in_china_for_seven_months():
    row = tables.read("gpu_specs").set_index("gpu").loc["H800"]
    start = pd.Timestamp(row["china_allowed_from"])
    end = pd.Timestamp(row["china_banned_from"])
    assert (end - start).days == 210
    dates = tables.read("timeline").set_index("event")["date"]
    assert dates["h800_announced"] == row["china_allowed_from"]
    assert dates["export_rule_2023"] == row["china_banned_from"]
    in_force = pd.Timestamp(row["china_in_force_from"])
    assert (in_force - start).days == 216


def test_two_dollars_are_below_every_quote_for_an_h800_or_h100():
    assert economics.rent("H800").low == 3.42
    assert economics.rent("H100").low == 2.45
    assert economics.rent("H100").high == 12.29


# Nvidia's stock


@pytest.mark.parametrize(
    ("quarter", "days"),
    [
        ("FY2023Q4", 211),
        ("FY2025Q2", 81),
        ("FY2025Q3", 78),
        ("FY2025Q4", 86),
        ("FY2026Q1", 59),
        ("FY2026Q2", 106),
        ("FY2026Q3", 119),
        ("FY2027Q2", 119),
    ],
)
def test_days_of_inventory(quarter, days):
    assert round(economics.days_of_inventory(quarter)) == days


def test_the_most_days_of_inventory_were_in_january_2023():
    quarter, days = economics.inventory_maximum()
    assert quarter == "FY2023Q4"
    assert 211 <= days <= 212
    assert economics.inventory_maximum(since="FY2024Q2")[0] == "FY2027Q2"


def test_no_two_quarters_give_45_and_68_days():
    assert not economics.inventory_change_exists(45, 68)
    assert not economics.inventory_change_exists(45, 68, averaged=True)
    assert economics.inventory_change_exists(78, 86)
    assert not economics.inventory_change_exists(86, 78)


def test_the_averaged_variant_gives_76_days_for_the_quarter_of_the_crash():
    days = economics.days_of_inventory("FY2025Q4", averaged=True)
    assert days == pytest.approx((7.654 + 10.08) / 2 / 10.61 * 91)
    assert round(days) == 76


def test_the_quarter_of_the_crash_was_reported_a_month_later():
    rows = economics.inventory_table()
    assert rows.at["FY2025Q4", "report_date"] == pd.Timestamp("2025-02-26")
    assert rows.at["FY2025Q4", "period_end"] < pd.Timestamp("2025-01-27")
    assert (rows["report_date"] > rows["period_end"]).all()


def test_quarters_follow_each_other_without_a_gap():
    rows = tables.read("nvidia_quarters")
    steps = rows["period_end"].diff().dropna().dt.days
    assert (steps.to_numpy() == rows["days_in_quarter"].to_numpy()[1:]).all()


def test_margins_agree_with_the_published_ones():
    rows = tables.read("nvidia_quarters").dropna(subset=["gross_margin_percent"])
    margin = 100 * (1 - rows["cost_of_revenue_usd_bn"] / rows["revenue_usd_bn"])
    assert (margin - rows["gross_margin_percent"]).abs().max() < 0.1


def test_data_centre_revenue_grew_by_two_thirds_in_the_year_after():
    field = "data_center_revenue_usd_bn"
    growth = economics.nvidia_year(2026, field) / economics.nvidia_year(2025, field) - 1
    assert growth == pytest.approx(0.68, abs=0.005)


# Prices


def test_o1_cost_27_times_as_much_as_r1():
    pair = ("o1", "DeepSeek-R1", "2025-01-27")
    assert economics.api_price_ratio(*pair, "input") == pytest.approx(27.3, abs=0.05)
    assert economics.api_price_ratio(*pair, "output") == pytest.approx(27.4, abs=0.05)


def test_four_days_later_o3_mini_cost_twice_as_much_as_r1():
    for kind in ("input", "output"):
        ratio = economics.api_price_ratio("o3-mini", "DeepSeek-R1", "2025-01-31", kind)
        assert ratio == pytest.approx(2.0, abs=0.01)


def test_the_price_of_a_day_is_the_last_one_listed():
    assert economics.api_price("o1-mini", "2025-01-30") == 12
    assert economics.api_price("o1-mini", "2025-01-31") == 4.4
    assert economics.api_price("o3", "2025-06-09", "input") == 10
    assert economics.api_price("o3", "2025-06-10", "input") == 2
    assert economics.api_price("DeepSeek-V3", "2025-01-27") == 0.28
    assert economics.api_price("DeepSeek-V3", "2025-02-09") == 1.1


# Benchmarks


def test_r1_leads_o1_in_mathematics_and_trails_in_facts():
    assert economics.benchmark("AIME 2024", "DeepSeek-R1") == 79.8
    assert economics.benchmark_gap(
        "AIME 2024", "DeepSeek-R1", "o1-1217"
    ) == pytest.approx(0.6)
    gap = economics.benchmark_gap("SimpleQA", "DeepSeek-R1", "o1-1217")
    assert gap == pytest.approx(-16.9)
    assert gap / economics.benchmark("SimpleQA", "o1-1217") == pytest.approx(
        -0.36, abs=0.005
    )


def test_the_two_papers_disagree_about_v3_on_codeforces():
    of_v3 = {
        paper: economics.benchmark("Codeforces", "DeepSeek-V3", paper, "Percentile")
        for paper in ("DeepSeek-V3", "DeepSeek-R1")
    }
    assert of_v3 == {"DeepSeek-V3": 51.6, "DeepSeek-R1": 58.7}


# Spending


def test_spending_rose_after_the_shock():
    totals = economics.capex_by_year()["total"]
    assert round(totals[2024]) == 250
    assert round(totals[2025]) == 413
    assert totals[2026] == 732.5
    assert totals[2025] / totals[2024] - 1 == pytest.approx(0.65, abs=0.005)


def test_only_2026_is_a_plan():
    kinds = economics.capex_by_year()["kind"]
    assert kinds.to_dict() == {
        2022: "actual",
        2023: "actual",
        2024: "actual",
        2025: "actual",
        2026: "guidance",
    }


def test_a_total_never_mixes_the_bases_of_one_firm():
    basis = economics.capex_basis()
    for year in range(2022, 2026):
        rows = economics.capex_rows(year)
        assert (rows["basis"] == rows["company"].map(basis)).all()
    assert basis["Microsoft"] == "with_finance_leases"


def test_microsofts_basis_changes_its_last_quarter_of_2024_by_7_billion():
    rows = tables.read("capex")
    rows = rows[(rows["company"] == "Microsoft") & (rows["period"] == "2024Q4")]
    by_basis = rows.set_index("basis")["capex_usd_bn_low"]
    assert by_basis.to_dict() == {"cash": 15.804, "with_finance_leases": 22.6}


def test_the_plan_for_2026_was_lower_when_first_announced():
    early = economics.capex_rows(2026, day="2026-04-30")["usd_bn"].sum()
    assert early == 200 + 185 + 135 + 190
    assert early < economics.capex_by_year().at[2026, "total"]


def test_a_years_quarters_add_up_to_the_year():
    rows = tables.read("capex")
    rows = rows[rows["kind"] == "actual"]
    rows["year"] = rows["period"].str[:4]
    of_type = {
        kind: part.groupby(["company", "year", "basis"])["capex_usd_bn_low"]
        for kind, part in rows.groupby("period_type")
    }
    quarters = of_type["quarter"].sum()[of_type["quarter"].count() == 4]
    gap = (quarters - of_type["year"].sum()).dropna()
    assert len(gap) >= 8
    assert gap.abs().max() < 0.25


# Venture capital


def test_the_us_share_of_ai_venture_money_is_66_to_74_percent():
    shares = economics.venture_shares()["us_share"]
    assert shares.min() == 0.66
    assert economics.venture_share("Dealroom") == pytest.approx(0.734, abs=0.001)
    assert economics.venture_share("CB Insights") == pytest.approx(0.710, abs=0.001)


# Errors


@pytest.mark.parametrize(
    ("ask", "says"),
    [
        (
            lambda: economics.training("GPT-9", "gpu_hours"),
            r"data/training_runs.csv, column model: found 'GPT-9',"
            r" expected one of: .*DeepSeek-V3",
        ),
        (
            lambda: economics.training("GPT-4", "hours"),
            r"data/training_runs.csv: no column 'hours', expected one of: .*gpu_hours",
        ),
        (
            lambda: economics.training("GPT-4", "total_params"),
            r"model GPT-4, column total_params: blank, the figure is not known",
        ),
        (
            lambda: economics.spec("H900", "link_gb_s"),
            r"data/gpu_specs.csv, column gpu: found 'H900', expected one of: .*H800",
        ),
        (
            lambda: economics.days_of_inventory("FY2019Q1"),
            r"data/nvidia_quarters.csv, column fiscal_quarter: found 'FY2019Q1'",
        ),
        (
            lambda: economics.nvidia_year(2026, "inventory_usd_bn"),
            r"column inventory_usd_bn: is no flow",
        ),
        (
            lambda: economics.api_price("o1", "2024-01-01"),
            r"data/api_prices.csv, model o1: no price on 2024-01-01",
        ),
        (
            lambda: economics.api_price("o1", "2025-01-27", "batch"),
            r"found 'batch', expected one of: input, cached_input, output",
        ),
        (
            lambda: economics.benchmark("Codeforces", "DeepSeek-R1"),
            r"name one metric of Percentile, Rating",
        ),
        (
            lambda: economics.capex("Oracle", 2025),
            r"data/capex.csv, column company: found 'Oracle', expected one of:",
        ),
        (
            lambda: economics.capex_rows(2031),
            r"data/capex.csv, company Alphabet: neither a year, four quarters nor",
        ),
        (
            lambda: economics.venture_share("Crunchbase"),
            r"column provider: found 'Crunchbase', expected one of: .*Dealroom",
        ),
        (
            lambda: economics.rent("H100", "2020-01-01", "2020-12-31"),
            r"no quote of H100 from 2020-01-01 to 2020-12-31",
        ),
    ],
)
def test_an_unknown_name_says_where_and_what_there_is(ask, says):
    with pytest.raises(EconomicsError, match=says):
        ask()


# Tables


@pytest.mark.parametrize("name", OUR_TABLES)
def test_every_source_is_named_and_every_link_is_an_address(name):
    rows = tables.read(name)
    if "publisher" in rows:
        assert rows["publisher"].notna().all()
        assert rows["tier"].notna().all()
        links = rows["address"].dropna()
        assert links.str.startswith(("https://", "http://")).all()
    for source in tables.manifest(name)["sources"]:
        assert source["publisher"] and source["title"]


@pytest.mark.parametrize("name", OUR_TABLES)
def test_what_has_neither_address_nor_standing_is_marked_as_background(name):
    rows = tables.read(name)
    if "tier" in rows:
        weak = rows[(rows["tier"] == "other") & rows["address"].isna()]
        assert weak["note"].str.contains("Background only").all()


def test_every_policy_event_of_the_timeline_has_its_terms():
    events = tables.read("timeline").query("category == 'policy'")["event"]
    chips_announced = {"a800_announced", "h800_announced"}
    assert set(events) - chips_announced == set(tables.read("policy")["event"])


def test_stargate_was_announced_six_days_before_the_crash():
    dates = tables.read("timeline").set_index("event")["date"]
    days = pd.Timestamp(dates["crash"]) - pd.Timestamp(dates["stargate_announced"])
    assert days.days == 6


def test_the_chips_of_deepseek_and_meta_are_in_the_table_of_chips():
    rows = tables.read("training_runs")
    ours = rows[rows["developer"].isin(["DeepSeek", "Meta"])]["gpu"].dropna()
    assert set(ours) <= set(tables.read("gpu_specs")["gpu"])
