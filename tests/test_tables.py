"""A table is what its manifest says, or reading it stops with the place and reason."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pandas as pd
import pytest
import yaml

from explainer import calendars, tables
from explainer.tables import TableError, Tables

INSTRUMENTS = """\
ticker,kind,calendar
AAA,stock,NYSE
BBB,crypto,daily
"""

PRICES = """\
date,ticker,close,volume,period,checked,note
2025-01-24,AAA,142.62,100,2025,true,"before
the fall"
2025-01-27,AAA,118.42,,2025-01,false,
2025-01-28,AAA,128.99,300,2025-01-28,true,
2025-01-25,BBB,104000.5,5,,true,a Saturday
2025-01-26,BBB,102000,6,,true,
"""


def column(name: str, kind: str, **rules: object) -> dict:
    return {"name": name, "type": kind, "meaning": f"the {name}", **rules}


def manifest_of(columns: list[dict], **rules: object) -> dict:
    return {
        "title": "Made up for a test",
        "description": "Made up for a test",
        "class": "compiled",
        "columns": columns,
        "sources": [],
        "retrieved": "unknown",
        "alterations": "none",
        "licence": "none",
        "cross_check": "none",
        "gaps": "none",
        **rules,
    }


MANIFESTS = {
    "instruments": manifest_of(
        [
            column("ticker", "string", required=True),
            column("kind", "category", values=["stock", "crypto"]),
            column("calendar", "category", values=["NYSE", "daily"], required=True),
        ],
        key=["ticker"],
        sort=["ticker"],
    ),
    "prices": manifest_of(
        [
            column("date", "date", required=True),
            column("ticker", "string", required=True),
            column("close", "number", unit="USD", above=0, at_most=1e6),
            column("volume", "integer", at_least=5),
            column("period", "partial_date"),
            column("checked", "boolean", required=True),
            column("note", "string"),
        ],
        key=["ticker", "date"],
        sort=["ticker", "date"],
        references=[{"column": "ticker", "table": "instruments", "to": "ticker"}],
        calendar={"column": "date", "instrument": "ticker"},
    ),
}


def write_manifest(folder: Path, name: str, manifest: dict) -> None:
    (folder / f"{name}.csv.yml").write_text(yaml.safe_dump(manifest, sort_keys=False))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with two small sound tables, sealed."""
    folder = tmp_path / "data"
    folder.mkdir()
    for name, text in (("instruments", INSTRUMENTS), ("prices", PRICES)):
        (folder / f"{name}.csv").write_text(text, newline="\n")
        write_manifest(folder, name, MANIFESTS[name])
        Tables(folder).seal(name)
    return folder


def message_of(folder: Path, name: str = "prices") -> str:
    with pytest.raises(TableError) as caught:
        Tables(folder).read(name)
    return str(caught.value)


def change(folder: Path, old: str, new: str, file: str = "prices.csv") -> None:
    path = folder / file
    text = path.read_text()
    assert text.count(old) == 1, f"{old!r} is there {text.count(old)} times"
    path.write_bytes(text.replace(old, new).encode())


# Sound tables


@pytest.mark.parametrize("name", tables.names())
def test_every_table_of_the_book_keeps_its_manifest(name):
    assert len(tables.read(name)) == tables.manifest(name)["rows"]


def test_columns_have_the_types_of_the_manifest(folder):
    prices = Tables(folder).read("prices")
    assert prices["date"].tolist()[0] == pd.Timestamp("2025-01-24")
    assert prices["close"].dtype == "float64"
    assert prices["volume"].dtype == "Int64"
    assert prices["checked"].dtype == "bool"
    assert prices["period"].dtype == "str"


def test_whole_numbers_without_blanks_are_plain_integers(folder):
    change(folder, "118.42,,", "118.42,200,")
    Tables(folder).seal("prices")
    assert Tables(folder).read("prices")["volume"].dtype == "int64"


def test_a_blank_cell_is_a_missing_value(folder):
    second = Tables(folder).read("prices").iloc[1]
    assert second["volume"] is pd.NA
    assert pd.isna(second["note"])


def test_a_table_is_checked_once_and_handed_out_as_a_copy(folder):
    own = Tables(folder)
    prices = own.read("prices")
    prices.loc[0, "close"] = -1
    (folder / "prices.csv").unlink()
    assert own.read("prices").loc[0, "close"] == 142.62


def test_names_lists_all_tables(folder):
    assert Tables(folder).names() == ["instruments", "prices"]


# Broken tables: old text, new text, what the message has to say. Line 2 and 3 are one
# row, so that a row's number is seen to be its line in the file.

BROKEN = {
    "bad number": (
        "118.42",
        "118,42x",
        "data/prices.csv, row 4: found 8 cells, expected 7",
    ),
    "price of zero": (
        "118.42",
        "0",
        "data/prices.csv, row 4, column close: found 0, expected a number above 0",
    ),
    "negative price": (
        "118.42",
        "-1",
        "data/prices.csv, row 4, column close: found -1, expected a number above 0",
    ),
    "price out of bounds": (
        "104000.5",
        "10400050",
        "row 6, column close: found 10400050, expected a number of at most 1000000.0",
    ),
    "volume out of bounds": (
        "104000.5,5",
        "104000.5,4",
        "row 6, column volume: found 4, expected a number of at least 5",
    ),
    "text for a number": (
        "118.42",
        "n/a",
        "row 4, column close: found n/a, expected a number",
    ),
    "not a number": ("118.42", "nan", "column close: found nan, expected a number"),
    "infinite": ("118.42", "inf", "column close: found inf, expected a number"),
    "thousands separator": ("118.42", '"1,118"', "found 1,118, expected a number"),
    "space in a number": ("118.42", " 118.42", "row 4, column close: found  118.42"),
    "fraction for a whole number": (
        ",300,",
        ",300.5,",
        "row 5, column volume: found 300.5, expected a whole number",
    ),
    "American date": (
        "2025-01-27,AAA",
        "01/27/2025,AAA",
        "row 4, column date: found 01/27/2025, expected a date as YYYY-MM-DD",
    ),
    "short date": ("2025-01-27,AAA", "2025-1-27,AAA", "column date: found 2025-1-27"),
    "date that does not exist": (
        "2025-01-27,AAA",
        "2025-02-30,AAA",
        "row 4, column date: found 2025-02-30, expected a date",
    ),
    "bad partial date": (
        ",2025-01,",
        ",2025-13,",
        "row 4, column period: found 2025-13, expected a date as YYYY, YYYY-MM or",
    ),
    "required cell blank": (
        "2025-01-27,AAA",
        ",AAA",
        "row 4, column date: found nothing, expected a date",
    ),
    "capital boolean": (
        "false",
        "False",
        "row 4, column checked: found False, expected true or false",
    ),
    "duplicate key": (
        "2025-01-28,AAA,128.99",
        "2025-01-27,AAA,128.99",
        "row 5, column ticker, date: found AAA, 2025-01-27,"
        " expected a key that no other row has (row 4 has it)",
    ),
    "Saturday": (
        "2025-01-24,AAA",
        "2025-01-18,AAA",
        "row 2, column date: found 2025-01-18 (a Saturday),"
        " expected a day of AAA's calendar, NYSE",
    ),
    "stock exchange holiday": (
        "2025-01-24,AAA",
        "2025-01-09,AAA",
        "row 2, column date: found 2025-01-09 (mourning for Jimmy Carter),"
        " expected a day of AAA's calendar, NYSE",
    ),
    "reordered rows": (
        "2025-01-24,AAA",
        "2025-01-29,AAA",
        "row 4, column date: found 2025-01-27, expected nothing below 2025-01-29"
        " of the row before: rows are sorted by ticker, date",
    ),
    "broken reference": (
        "2025-01-26,BBB",
        "2025-01-26,CCC",
        "row 7, column ticker: found CCC,"
        " expected a value that column ticker of data/instruments.csv has",
    ),
    "missing column": (
        "volume,period,checked",
        "volume,checked",
        "data/prices.csv, row 1, column period: found no such column",
    ),
    "extra column": (
        "volume,period",
        "volume,open,period",
        "data/prices.csv, row 1, column open: found a column"
        " that the manifest does not have",
    ),
    "columns in another order": (
        "close,volume",
        "volume,close",
        "row 1: found the columns date, ticker, volume, close",
    ),
    "row too short": (
        "2025-01-28,AAA,128.99,300,2025-01-28,true,",
        "2025-01-28,AAA,128.99",
        "row 5, column volume: found 3 cells, expected 7",
    ),
    "blank line": (
        "2025-01-27,AAA",
        "\n2025-01-27,AAA",
        "row 4, column date: found 0 cells, expected 7",
    ),
    "last row missing": (
        "2025-01-26,BBB,102000,6,,true,\n",
        "",
        "row 6: found the end of the table after 4 rows, expected 5",
    ),
    "cut within a row": (
        "2000,6,,true,\n",
        "2",
        "row 7: found the end of the file within a line",
    ),
    "cut within a quoted cell": (
        'the fall"\n',
        "the fall\n",
        "data/prices.csv, row",
    ),
    "Windows line end": (
        "2025-01-28,true,\n",
        "2025-01-28,true,\r\n",
        "row 5: found a carriage return",
    ),
}


@pytest.mark.parametrize("fault", BROKEN)
def test_a_broken_row_is_named(folder, fault):
    old, new, expected = BROKEN[fault]
    change(folder, old, new)
    message = message_of(folder)
    assert expected in message
    assert message.startswith("data/prices.csv, row ")


def test_an_unknown_category_is_named_with_the_known_ones(folder):
    change(folder, "BBB,crypto", "BBB,coin", file="instruments.csv")
    assert message_of(folder, "instruments") == (
        "data/instruments.csv, row 3, column kind: found coin,"
        " expected one of stock, crypto"
    )


def test_a_broken_table_breaks_those_that_refer_to_it(folder):
    change(folder, "BBB,crypto", "BBB,coin", file="instruments.csv")
    assert "data/instruments.csv, row 3" in message_of(folder, "prices")


def test_a_plausible_change_is_caught_by_the_hash(folder):
    change(folder, "118.42", "118.58")
    message = message_of(folder)
    assert message.startswith("data/prices.csv: found sha256 ")
    assert "python -m explainer.tables seal prices" in message


TUESDAY = "2025-01-28,AAA,128.99,300,2025-01-28,true,\n"
SUNDAY = "2025-01-26,BBB,102000,6,,true,\n"
MONDAY = "2025-01-27,BBB,98000,7,,true,\n"


@pytest.mark.parametrize(
    ("old", "new", "row", "found", "expected"),
    [
        (SUNDAY, MONDAY, 7, MONDAY, SUNDAY),
        (TUESDAY, "", 5, "no such row", TUESDAY),
        (SUNDAY, SUNDAY + MONDAY, 8, MONDAY, "no such row"),
    ],
)
def test_git_knows_what_has_changed_since_the_seal(
    folder, old, new, row, found, expected
):
    def git(*arguments):
        subprocess.run(["git", "-C", str(folder), *arguments], check=True)

    git("init", "--quiet")
    git("add", ".")
    author = ("-c", "user.name=Test", "-c", "user.email=test@example.org")
    git(*author, "commit", "--quiet", "--message", "Sealed")
    change(folder, old, new)
    said = f"row {row}: found {found.strip()}, expected {expected.strip()}"
    assert said in message_of(folder)
    git(*author, "commit", "--quiet", "--all", "--message", "Changed, but not sealed")
    assert said in message_of(folder)


def test_bytes_that_are_not_utf8_are_named(folder):
    path = folder / "prices.csv"
    path.write_bytes(path.read_bytes().replace(b"a Saturday", b"a S\xe4turday"))
    assert message_of(folder) == (
        "data/prices.csv, row 6: found bytes that are not UTF-8"
    )


def test_a_missing_table_is_named(folder):
    (folder / "prices.csv").unlink()
    assert message_of(folder) == "data/prices.csv: there is no such table"


def test_a_changed_price_of_the_book_is_caught(tmp_path):
    folder = shutil.copytree(tables.DATA, tmp_path / "data")
    line = next(
        text
        for text in (folder / "prices.csv").read_text().splitlines()
        if text.startswith("2025-01-27,NVDA,")
    )
    change(folder, line, line.replace("118.42", "999.99"))
    assert message_of(folder).startswith("data/prices.csv: found sha256")


# Broken manifests


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        ({"licence": None}, "data/prices.csv.yml: lacks licence"),
        ({"licence": "x", "lisence": "x"}, "unknown field lisence"),
        ({"class": "guessed"}, "class: found guessed, expected one of verbatim"),
        ({"key": ["ticker", "day"]}, "data/prices.csv.yml, key: no column day"),
        ({"sort": ["ticker", "ticker"]}, "sort: ticker is there twice"),
        ({"calendar": {"column": "date"}}, "calendar: expected column, instrument"),
        (
            {"references": [{"column": "ticker", "table": "instruments", "to": "x"}]},
            "references: no column x in data/instruments.csv",
        ),
        ({"columns": [column("date", "day")]}, "column date: found type day"),
        ({"columns": [{"name": "date", "type": "date"}]}, "column date: lacks meaning"),
        ({"columns": [column("a", "category")]}, "a category, and only one, lists"),
        ({"columns": [column("a", "date", requird=True)]}, "unknown field requird"),
    ],
)
def test_a_malformed_manifest_is_named(folder, fault, expected):
    manifest = {**MANIFESTS["prices"], **fault}
    kept = {field: value for field, value in manifest.items() if value is not None}
    write_manifest(folder, "prices", kept)
    assert expected in message_of(folder)


def test_a_table_without_a_manifest_is_named(folder):
    (folder / "prices.csv.yml").unlink()
    assert message_of(folder) == "data/prices.csv.yml: there is no such manifest"


# Sealing


def test_a_deliberate_change_can_be_sealed(folder):
    change(folder, "118.42", "118.58")
    rows, sha256 = Tables(folder).seal("prices")
    assert rows == 5
    manifest = Tables(folder).manifest("prices")
    assert (manifest["rows"], manifest["sha256"]) == (5, sha256)
    assert Tables(folder).read("prices").loc[1, "close"] == 118.58


def test_sealing_changes_nothing_else_in_the_manifest(folder):
    path = folder / "prices.csv.yml"
    path.write_text("# a remark\n" + path.read_text())
    before = path.read_text()
    Tables(folder).seal("prices")
    assert path.read_text() == before


def test_a_broken_table_cannot_be_sealed(folder):
    change(folder, "118.42", "-1")
    before = (folder / "prices.csv.yml").read_text()
    with pytest.raises(TableError, match="row 4, column close"):
        Tables(folder).seal("prices")
    assert (folder / "prices.csv.yml").read_text() == before


def test_a_table_that_was_never_sealed_cannot_be_read(folder):
    write_manifest(folder, "prices", MANIFESTS["prices"])
    assert "run python -m explainer.tables seal prices" in message_of(folder)


# Calendars


def test_the_new_york_calendar_is_that_of_nvidia_since_1999():
    """The rule and the downloaded days know nothing of each other."""
    prices = tables.read("prices")
    days = pd.DatetimeIndex(prices.loc[prices["ticker"] == "NVDA", "date"])
    assert list(days) == list(calendars.sessions("NYSE", days.min(), days.max()))


@pytest.mark.parametrize("ticker", tables.read("instruments")["ticker"])
def test_no_instrument_lacks_a_day_of_its_calendar(ticker):
    instrument = tables.read("instruments").set_index("ticker").loc[ticker]
    prices = tables.read("prices")
    days = pd.DatetimeIndex(prices.loc[prices["ticker"] == ticker, "date"])
    assert days.min() == instrument["first_date"]
    assert days.max() == instrument["last_date"]
    due = calendars.sessions(instrument["calendar"], days.min(), days.max())
    missing = due.difference(days)
    if ticker == "^VIX":  # not computed on every US holiday
        missing = missing[calendars.is_session("NYSE", missing)]
    if ticker == "USDCNY":
        assert list(missing) == [pd.Timestamp("2025-01-01")]
    else:
        assert missing.empty


def test_days_before_1999_have_no_new_york_calendar():
    with pytest.raises(ValueError, match="starts in 1999"):
        calendars.sessions("NYSE", "1998-12-01", "1998-12-31")


def test_an_unknown_calendar_is_refused():
    with pytest.raises(ValueError, match="unknown calendar 'LSE'"):
        calendars.sessions("LSE", "2025-01-01", "2025-01-31")


# What the tables say


def test_facts_link_only_to_addresses_of_publishers():
    addresses = tables.read("facts")["address"].dropna()
    assert addresses.str.match(r"https?://[a-z0-9.-]+/").all()
    copies = r"blogspot|//\d+\.\d+\.\d+\.\d+|web-origin|arcpublishing"
    assert not addresses.str.contains(copies).any()


def test_a_fact_without_an_address_says_how_it_was_read():
    facts = tables.read("facts").set_index("fact_id")
    silent = facts[facts["address"].isna() & facts["note"].isna()]
    assert silent.empty


def test_instruments_have_names_short_enough_for_charts():
    assert tables.read("instruments")["display_name"].str.len().max() <= 27
