"""What a model costs to train, what chips can do, what firms stock and spend.

Every function reads a table of ``data/`` and says in its docstring which one, by
which formula, and in which unit. A name that a table does not have raises
EconomicsError with the table, the column and the names that it does have; so does a
cell that is blank because nobody knows the figure.
"""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from explainer import tables

HOURS_PER_DAY = 24
SECONDS_PER_HOUR = 3600

# The firms do not report the same quantity. A total takes each at the basis on which
# the firm itself reports, and says so (capex_basis).
CAPEX_BASIS = {
    "Alphabet": "cash",
    "Amazon": "cash",
    "Meta": "with_finance_leases",
    "Microsoft": "with_finance_leases",
}


class EconomicsError(ValueError):
    """A name that a table does not have, or a figure that is unknown."""


@dataclass(frozen=True)
class PriceTags:
    """Three prices of one training run, in USD; None where unknown.

    ``rental_usd`` is what the chip-hours cost at cloud rents, ``amortised_usd`` the
    used-up share of hardware and energy, ``purchase_usd`` the price of the cluster.
    """

    model: str
    rental_usd: float | None
    amortised_usd: float | None
    purchase_usd: float | None
    source: str


@dataclass(frozen=True)
class Rent:
    """List rents of one chip over a period, in USD per chip and hour."""

    gpu: str
    low: float
    median: float
    high: float
    quotes: int


# Looking things up


def _one_of(table: str, column: str, value: object, known: pd.Series | list) -> None:
    known = list(dict.fromkeys(known))
    if value not in known:
        names = ", ".join(str(name) for name in known)
        raise EconomicsError(
            f"data/{table}.csv, column {column}:"
            f" found {value!r}, expected one of: {names}"
        )


def _cell(table: str, key: str, name: str, field: str) -> object:
    """One cell, by the value of a key column; raises if it is not there or blank."""
    rows = tables.read(table)
    _one_of(table, key, name, rows[key])
    if field not in rows.columns:
        raise EconomicsError(
            f"data/{table}.csv: no column {field!r},"
            f" expected one of: {', '.join(rows.columns)}"
        )
    value = rows.set_index(key, drop=False).at[name, field]
    if pd.isna(value):
        raise EconomicsError(
            f"data/{table}.csv, {key} {name}, column {field}:"
            " blank, the figure is not known"
        )
    return value


# Training runs


def training(model: str, field: str) -> float | str:
    """One cell of training_runs.csv, in the unit of its column.

    Raises EconomicsError if the model or the column is unknown or the cell blank.
    """
    return _cell("training_runs", "model", model, field)


def training_ratio(model_a: str, model_b: str, field: str) -> float:
    """How many times model_b's figure model_a's is (training_runs.csv)."""
    return float(training(model_a, field)) / float(training(model_b, field))


def training_bill_usd(gpu_hours: float, usd_per_gpu_hour: float) -> float:
    """Rental cost of a run in USD: chip-hours x rent per chip and hour.

    It holds neither research nor failed runs, staff or data.
    """
    return gpu_hours * usd_per_gpu_hour


def training_days(model: str) -> float:
    """Days that the run takes if all chips run throughout (training_runs.csv).

    Chip-hours / chips / 24; a lower bound of the time on the calendar.
    """
    hours = float(training(model, "gpu_hours"))
    return hours / int(training(model, "gpu_count")) / HOURS_PER_DAY


def training_flop_6nd(active_params: float, tokens: float) -> float:
    """Arithmetic of pretraining in FLOP: 6 x active parameters x tokens.

    The usual estimate: two operations per parameter and token forwards, four
    backwards. It leaves out attention.
    """
    return 6 * active_params * tokens


def usd_per_1e18_flop(model: str, usd_per_gpu_hour: float = 2.0) -> float:
    """USD per 10^18 operations of pretraining at a given rent.

    Pretraining chip-hours x rent / pretraining FLOP x 10^18, from training_runs.csv:
    hours and arithmetic of the same stage. Comparable only between models whose hours
    and arithmetic are both published or computed, not estimated.
    """
    hours = float(training(model, "pretraining_gpu_hours"))
    bill = training_bill_usd(hours, usd_per_gpu_hour)
    return bill / float(training(model, "pretraining_flop")) * 1e18


def tflops_per_gpu(model: str) -> float:
    """Arithmetic that one chip did per second in pretraining, in TFLOP/s.

    Pretraining FLOP / pretraining chip-hours / 3600 (training_runs.csv).
    """
    seconds = float(training(model, "pretraining_gpu_hours")) * SECONDS_PER_HOUR
    return float(training(model, "pretraining_flop")) / seconds / 1e12


def active_share(model: str) -> float:
    """Share of the parameters that each token uses, 0 to 1 (training_runs.csv)."""
    total = float(training(model, "total_params"))
    return float(training(model, "active_params")) / total


def compute_saving(model: str) -> float:
    """Times less arithmetic per token than a dense model of the same size."""
    return 1 / active_share(model)


def training_energy_gwh(model: str) -> float:
    """Energy of the chips alone in GWh: chip-hours x design power.

    From training_runs.csv and gpu_specs.csv; servers and cooling are left out.
    """
    watts = spec(str(training(model, "gpu")), "power_w")
    return float(training(model, "gpu_hours")) * watts / 1e9


def price_tags(model: str) -> PriceTags:
    """The rental, amortised and purchase cost of a run (training_runs.csv).

    Raises EconomicsError if the model is unknown or has no price at all.
    """
    source = str(training(model, "cost_source"))
    row = tables.read("training_runs").set_index("model").loc[model]
    prices = row[["rental_cost_usd", "amortised_cost_usd", "purchase_cost_usd"]]
    known = (None if pd.isna(price) else float(price) for price in prices)
    return PriceTags(model, *known, source)


# Chips


def spec(gpu: str, field: str) -> float:
    """One figure of a chip, in the unit of its column (gpu_specs.csv)."""
    value = _cell("gpu_specs", "gpu", gpu, field)
    if isinstance(value, str):
        raise EconomicsError(f"data/gpu_specs.csv, column {field}: holds no numbers")
    return float(value)


def gpu_ratio(gpu_a: str, gpu_b: str, field: str) -> float:
    """How many times gpu_b's figure gpu_a's is (gpu_specs.csv)."""
    return spec(gpu_a, field) / spec(gpu_b, field)


def gpus_for(flop_per_s: float, gpu: str = "H100") -> float:
    """Chips whose peak of 16-bit arithmetic adds up to flop_per_s operations."""
    return flop_per_s / (spec(gpu, "bf16_dense_tflops") * 1e12)


def rent(gpu: str, start: str = "2024-09-01", end: str = "2025-03-31") -> Rent:
    """List rents of a chip without commitment between two days (both included).

    From gpu_rental_prices.csv; the default period surrounds the crash.
    """
    rows = tables.read("gpu_rental_prices")
    _one_of("gpu_rental_prices", "gpu", gpu, rows["gpu"])
    quotes = rows.loc[
        (rows["gpu"] == gpu) & rows["quote_date"].between(start, end),
        "on_demand_usd_per_hour",
    ]
    if quotes.empty:
        raise EconomicsError(
            f"data/gpu_rental_prices.csv: no quote of {gpu} from {start} to {end}"
        )
    low, median, high = quotes.min(), quotes.median(), quotes.max()
    return Rent(gpu, float(low), float(median), float(high), len(quotes))


# Nvidia's quarters


def nvidia_quarter(fiscal_quarter: str, field: str) -> float:
    """One figure of a quarter, in the unit of its column (nvidia_quarters.csv)."""
    value = _cell("nvidia_quarters", "fiscal_quarter", fiscal_quarter, field)
    if isinstance(value, (str, pd.Timestamp)):
        raise EconomicsError(
            f"data/nvidia_quarters.csv, column {field}: holds no numbers"
        )
    return float(value)


def nvidia_year(fiscal_year: int, field: str) -> float:
    """Sum of a flow over the four quarters of a fiscal year (nvidia_quarters.csv).

    Only for flows: revenue and cost. Raises EconomicsError if a quarter is missing.
    """
    flows = [
        "revenue_usd_bn",
        "data_center_revenue_usd_bn",
        "cost_of_revenue_usd_bn",
    ]
    if field not in flows:
        raise EconomicsError(
            f"data/nvidia_quarters.csv, column {field}: is no flow that adds up over"
            f" a year, expected one of: {', '.join(flows)}"
        )
    quarters = [f"FY{fiscal_year}Q{number}" for number in range(1, 5)]
    return sum(nvidia_quarter(quarter, field) for quarter in quarters)


def inventory_table() -> pd.DataFrame:
    """Days of inventory by quarter, oldest first (nvidia_quarters.csv).

    Index fiscal_quarter; period_end, report_date, inventory_usd_bn,
    cost_of_revenue_usd_bn, days_of_inventory (ending inventory / cost of revenue x
    days in the quarter) and days_of_inventory_averaged (the same with the mean of
    this and the previous quarter's inventory; missing in the first quarter).
    """
    rows = tables.read("nvidia_quarters").set_index("fiscal_quarter")
    stock, cost = rows["inventory_usd_bn"], rows["cost_of_revenue_usd_bn"]
    days = rows["days_in_quarter"]
    columns = [
        "period_end",
        "report_date",
        "inventory_usd_bn",
        "cost_of_revenue_usd_bn",
    ]
    return rows[columns].assign(
        days_of_inventory=stock / cost * days,
        days_of_inventory_averaged=(stock + stock.shift()) / 2 / cost * days,
    )


def _days_column(averaged: bool) -> pd.Series:
    name = "days_of_inventory_averaged" if averaged else "days_of_inventory"
    return inventory_table()[name].dropna()


def days_of_inventory(fiscal_quarter: str, averaged: bool = False) -> float:
    """Days for which the stock lasts at the quarter's cost of revenue.

    Ending inventory / cost of revenue x days in the quarter; with averaged, the mean
    of opening and ending inventory. Whole company: Nvidia gives no figure for data
    centres alone. From nvidia_quarters.csv.
    """
    days = _days_column(averaged)
    _one_of("nvidia_quarters", "fiscal_quarter", fiscal_quarter, days.index)
    return float(days[fiscal_quarter])


def inventory_maximum(since: str = "FY2023Q1") -> tuple[str, float]:
    """The quarter with the most days of inventory from ``since`` on, and the days."""
    days = _days_column(averaged=False)
    _one_of("nvidia_quarters", "fiscal_quarter", since, days.index)
    later = days.loc[since:]
    return str(later.idxmax()), float(later.max())


def inventory_change_exists(low: float, high: float, averaged: bool = False) -> bool:
    """Whether days of inventory went from ``low`` to ``high`` in any two quarters.

    True if an earlier quarter rounds to low and a later one, next or not, to high.
    """
    days = _days_column(averaged).round()
    starts, ends = days[days == low], days[days == high]
    if starts.empty or ends.empty:
        return False
    order = list(days.index)
    return order.index(starts.index[0]) < order.index(ends.index[-1])


# Prices of models


def api_price(model: str, day: str, kind: str = "output") -> float:
    """List price on a day in USD per million tokens (api_prices.csv).

    ``kind`` is input, cached_input or output. Raises EconomicsError if the model is
    unknown, was not yet listed on that day, or lists no such price.
    """
    rows = tables.read("api_prices")
    _one_of("api_prices", "model", model, rows["model"])
    _one_of("api_prices", "kind", kind, ["input", "cached_input", "output"])
    listed = rows[(rows["model"] == model) & (rows["valid_from"] <= day)]
    if listed.empty:
        first = rows.loc[rows["model"] == model, "valid_from"].min()
        raise EconomicsError(
            f"data/api_prices.csv, model {model}: no price on {day},"
            f" the first is of {first}"
        )
    price = listed[f"{kind}_usd_per_m_tokens"].iloc[-1]
    if pd.isna(price):
        raise EconomicsError(
            f"data/api_prices.csv, model {model}: no {kind} price on {day}"
        )
    return float(price)


def api_price_ratio(
    model_a: str, model_b: str, day: str, kind: str = "output"
) -> float:
    """How many times model_b's list price model_a's is on a day (api_prices.csv)."""
    return api_price(model_a, day, kind) / api_price(model_b, day, kind)


# Benchmarks


def benchmark(
    name: str, model: str, paper: str = "DeepSeek-R1", metric: str | None = None
) -> float:
    """A score as one of DeepSeek's papers prints it (benchmarks.csv).

    ``metric`` is needed where a test is scored in more than one way.
    """
    rows = tables.read("benchmarks")
    _one_of("benchmarks", "benchmark", name, rows["benchmark"])
    _one_of("benchmarks", "paper", paper, rows["paper"])
    rows = rows[(rows["benchmark"] == name) & (rows["paper"] == paper)]
    _one_of("benchmarks", "model", model, rows["model"])
    rows = rows[rows["model"] == model]
    if metric is not None:
        _one_of("benchmarks", "metric", metric, rows["metric"])
        rows = rows[rows["metric"] == metric]
    if len(rows) > 1:
        known = ", ".join(rows["metric"])
        raise EconomicsError(
            f"data/benchmarks.csv, {name} of {model}: name one metric of {known}"
        )
    return float(rows["score"].iloc[0])


def benchmark_gap(
    name: str,
    model_a: str,
    model_b: str,
    paper: str = "DeepSeek-R1",
    metric: str | None = None,
) -> float:
    """Score of model_a less that of model_b, within one paper (benchmarks.csv)."""
    score_a = benchmark(name, model_a, paper, metric)
    return score_a - benchmark(name, model_b, paper, metric)


# Capital spending


def capex_basis() -> dict[str, str]:
    """Which basis of capex.csv a total takes for each firm."""
    return dict(CAPEX_BASIS)


def capex_rows(year: int, day: str | None = None) -> pd.DataFrame:
    """The rows of capex.csv from which a calendar year's total is formed.

    Per firm, on the basis of capex_basis: the year itself if it was reported, else
    its four quarters, else the last guidance for it (given by ``day``, if one is
    named). All columns of the table and usd_bn, the middle of low and high.
    """
    rows = tables.read("capex")
    rows["usd_bn"] = (rows["capex_usd_bn_low"] + rows["capex_usd_bn_high"]) / 2
    chosen = [
        _capex_rows_of(rows[rows["company"] == firm], firm, year, day)
        for firm in CAPEX_BASIS
    ]
    return pd.concat(chosen, ignore_index=True)


def _capex_rows_of(
    rows: pd.DataFrame, firm: str, year: int, day: str | None
) -> pd.DataFrame:
    spent = rows[rows["basis"] == CAPEX_BASIS[firm]]
    whole = spent[spent["period"] == str(year)]
    if len(whole):
        return whole
    quarters = spent[spent["period"].str.startswith(f"{year}Q")]
    if len(quarters) == 4:
        return quarters
    guided = rows[(rows["kind"] == "guidance") & (rows["period"] == str(year))]
    if day is not None:
        guided = guided[guided["announced"] <= day]
    if guided.empty:
        raise EconomicsError(
            f"data/capex.csv, company {firm}: neither a year, four quarters nor"
            f" guidance for {year}"
        )
    return guided.sort_values("announced").tail(1)


def capex(company: str, year: int) -> float:
    """What a firm spent in a calendar year, or last said it would, in billion USD."""
    _one_of("capex", "company", company, list(CAPEX_BASIS))
    rows = capex_rows(year)
    return float(rows.loc[rows["company"] == company, "usd_bn"].sum())


def capex_by_year() -> pd.DataFrame:
    """Capital spending of the four firms by calendar year in billion USD.

    Index year, 2022 to 2026; one column per firm, total, and kind: actual, or
    guidance where a firm's figure is the middle of what it last announced. Alphabet
    and Amazon at cash payments, Meta and Microsoft with finance leases: the total is
    of what the firms report, not of one uniform quantity. From capex.csv.
    """
    years = range(2022, 2027)
    rows = {year: capex_rows(year) for year in years}
    firms = pd.DataFrame(
        {year: rows[year].groupby("company")["usd_bn"].sum() for year in years}
    ).T.rename_axis("year")
    guided = [(rows[year]["kind"] == "guidance").any() for year in years]
    return firms.assign(
        total=firms.sum(axis=1),
        kind=["guidance" if one else "actual" for one in guided],
    )


# Venture capital


def venture_shares() -> pd.DataFrame:
    """Share of the United States in AI venture capital, by data firm.

    Index provider; period and us_share (0 to 1): US / world of the same firm, or the
    share that the source itself states. From venture_capital.csv.
    """
    rows = tables.read("venture_capital")
    rows = rows[rows["measure"] == "ai_venture_capital"].set_index("provider")
    stated = rows[rows["unit"] == "percent of world"]
    money = rows[rows["unit"] == "USD bn"]
    us = money.loc[money["region"] == "United States"]
    world = money.loc[money["region"] == "World", "value"]
    computed = us.assign(us_share=us["value"] / world)
    stated = stated.assign(us_share=stated["value"] / 100)
    shares = pd.concat([computed, stated])[["period", "us_share"]]
    return shares.sort_values("us_share")


def venture_share(provider: str) -> float:
    """US share of AI venture capital by one data firm, 0 to 1 (venture_capital.csv)."""
    shares = venture_shares()["us_share"]
    _one_of("venture_capital", "provider", provider, shares.index)
    return float(shares[provider])
