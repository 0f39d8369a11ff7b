"""Read a table of ``data/``, checked against the manifest beside it.

Each ``data/<name>.csv`` has a manifest ``data/<name>.csv.yml`` that says what the
table is, what every column means, and which rules its rows keep. A table is checked
in full the first time a process reads it; the first broken rule raises TableError
with the file, the row (the line in the file, the header is line 1), the column, what
was found and what was expected::

    data/prices.csv, row 123, column close: found -1, expected a number above 0

After a deliberate change of a table, ``python -m explainer.tables seal [name ...]``
writes its number of rows and its SHA-256 into the manifest. A table that breaks a
rule cannot be sealed.
"""

from __future__ import annotations

import argparse
import copy
import csv
import hashlib
import io
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import yaml

from explainer import ROOT, calendars

DATA = ROOT / "data"

CLASSES = ("verbatim", "compiled", "computed")
REQUIRED_FIELDS = frozenset(
    "title description class columns key sort sources retrieved alterations licence"
    " cross_check gaps".split()
)
SEAL_FIELDS = frozenset({"sha256", "rows"})
OPTIONAL_FIELDS = frozenset({"references", "calendar"})
COLUMN_FIELDS = frozenset(
    "name type meaning unit required values above at_least at_most".split()
)

PLAIN = {
    "integer": re.compile(r"-?[0-9]{1,18}"),  # what int64 holds
    "number": re.compile(r"-?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?"),
}
DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
PARTIAL_DATE = re.compile(r"[0-9]{4}(-[0-9]{2}(-[0-9]{2})?)?")

EXPECTED = {
    "date": "a date as YYYY-MM-DD",
    "partial_date": "a date as YYYY, YYYY-MM or YYYY-MM-DD",
    "string": "text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "category": "one of a list",
}


class TableError(ValueError):
    """A table or its manifest is not what it should be; the message says where."""


@dataclass(frozen=True)
class _Text:
    """A CSV file as read: per column its texts, per record its line in the file."""

    columns: dict[str, np.ndarray]
    lines: np.ndarray
    sha256: str


@dataclass(frozen=True)
class _Content:
    """The typed rows of a table, their lines in the file, and the file's SHA-256."""

    rows: pd.DataFrame
    lines: np.ndarray
    sha256: str


Load = Callable[[str], pd.DataFrame]


class Tables:
    """All tables of one folder. The functions of this module stand on ``data/``."""

    def __init__(self, folder: str | Path) -> None:
        self.folder = Path(folder)
        self._manifests: dict[str, dict] = {}
        self._contents: dict[str, _Content] = {}
        self._sound: set[str] = set()

    def names(self) -> list[str]:
        """The names of all tables, sorted."""
        return sorted(p.name[: -len(".csv")] for p in self.folder.glob("*.csv"))

    def manifest(self, name: str) -> dict:
        """What the manifest of a table says; raises TableError if it is malformed."""
        if name not in self._manifests:
            self._manifests[name] = self._read_manifest(name)
        return copy.deepcopy(self._manifests[name])

    def read(self, name: str) -> pd.DataFrame:
        """A table as a DataFrame, one row per record in the order of the file.

        Types: date → datetime64, integer → int64 (Int64 where cells are blank),
        number → float64, boolean → bool (boolean where cells are blank); string,
        category and partial_date → str. A blank cell is a missing value.
        Raises TableError at the first broken rule.
        """
        if name not in self._sound:
            self._check_relations(name, self._sealed_rows)
            self._check_seal(name)
            self._sound.add(name)
        return self._content(name).rows.copy(deep=False)  # copied when written to

    def seal(self, name: str) -> tuple[int, str]:
        """Write rows and SHA-256 of a sound table into its manifest; return both."""
        self._check_relations(name, lambda other: self._content(other).rows)
        content = self._content(name)
        count = len(content.rows)
        path = self._manifest_path(name)
        text = path.read_text(encoding="utf-8")
        for field, value in (("sha256", content.sha256), ("rows", count)):
            line = f"{field}: {value}"
            text, found = re.subn(rf"(?m)^{field}:.*$", line, text)
            if not found:
                text = f"{text.rstrip()}\n{line}\n"
        path.write_text(text, encoding="utf-8", newline="\n")
        self._manifests.pop(name)
        return count, content.sha256

    # Where a problem is

    def _label(self, name: str) -> str:
        return f"{self.folder.name}/{name}.csv"

    def _manifest_path(self, name: str) -> Path:
        return self.folder / f"{name}.csv.yml"

    def _cell_error(
        self, name: str, line: int, column: str, found: object, expected: str
    ) -> TableError:
        return TableError(
            f"{self._label(name)}, row {line}, column {column}:"
            f" found {'nothing' if found == '' else found}, expected {expected}"
        )

    # The manifest

    def _read_manifest(self, name: str) -> dict:
        label = f"{self._label(name)}.yml"
        path = self._manifest_path(name)
        if not path.exists():
            raise TableError(f"{label}: there is no such manifest")
        loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
        try:
            manifest = yaml.load(path.read_text(encoding="utf-8"), Loader=loader)
        except yaml.YAMLError as error:
            raise TableError(f"{label}: is not valid YAML: {error}") from error
        if not isinstance(manifest, dict):
            raise TableError(f"{label}: found no fields, expected a manifest")
        if missing := REQUIRED_FIELDS - manifest.keys():
            raise TableError(f"{label}: lacks {', '.join(sorted(missing))}")
        allowed = REQUIRED_FIELDS | SEAL_FIELDS | OPTIONAL_FIELDS
        if unknown := manifest.keys() - allowed:
            raise TableError(f"{label}: unknown field {', '.join(sorted(unknown))}")
        if manifest["class"] not in CLASSES:
            raise TableError(
                f"{label}, class: found {manifest['class']},"
                f" expected one of {', '.join(CLASSES)}"
            )
        for column in manifest["columns"]:
            self._check_column_rules(label, column)
        self._check_names(label, manifest)
        return manifest

    @staticmethod
    def _check_column_rules(label: str, column: dict) -> None:
        place = f"{label}, column {column.get('name', '?')}"
        if missing := {"name", "type", "meaning"} - column.keys():
            raise TableError(f"{place}: lacks {', '.join(sorted(missing))}")
        if unknown := column.keys() - COLUMN_FIELDS:
            raise TableError(f"{place}: unknown field {', '.join(sorted(unknown))}")
        if column["type"] not in EXPECTED:
            raise TableError(
                f"{place}: found type {column['type']},"
                f" expected one of {', '.join(EXPECTED)}"
            )
        if (column["type"] == "category") != ("values" in column):
            raise TableError(f"{place}: a category, and only one, lists its values")

    @staticmethod
    def _check_names(label: str, manifest: dict) -> None:
        for field, rules, keys in (
            ("references", manifest.get("references", []), {"column", "table", "to"}),
            ("calendar", [manifest.get("calendar")], {"column", "instrument"}),
        ):
            if any(rule is not None and rule.keys() != keys for rule in rules):
                expected = ", ".join(sorted(keys))
                raise TableError(f"{label}, {field}: expected {expected}")
        columns = [column["name"] for column in manifest["columns"]]
        used = {
            "columns": columns,
            "key": manifest["key"],
            "sort": manifest["sort"],
            "references": [r["column"] for r in manifest.get("references", [])],
            "calendar": list(manifest.get("calendar", {}).values()),
        }
        for field, names in used.items():
            if unknown := [name for name in names if name not in columns]:
                raise TableError(f"{label}, {field}: no column {unknown[0]}")
            twice = [name for name in names if names.count(name) > 1]
            if twice and field != "references":
                raise TableError(f"{label}, {field}: {twice[0]} is there twice")

    # The file

    def _content(self, name: str) -> _Content:
        """The table, sound in itself; not yet checked against seal and other tables."""
        if name not in self._contents:
            manifest = self.manifest(name)
            text = self._read_text(name, manifest)
            rows = self._typed(name, manifest, text)
            self._check_rows(name, manifest, text, rows)
            self._contents[name] = _Content(rows, text.lines, text.sha256)
        return self._contents[name]

    def _sealed_rows(self, name: str) -> pd.DataFrame:
        self._check_seal(name)
        return self._content(name).rows

    def _read_text(self, name: str, manifest: dict) -> _Text:
        label = self._label(name)
        path = self.folder / f"{name}.csv"
        if not path.exists():
            raise TableError(f"{label}: there is no such table")
        raw = path.read_bytes()
        try:
            content = raw.decode("utf-8")
        except UnicodeDecodeError as error:
            line = raw.count(b"\n", 0, error.start) + 1
            raise TableError(
                f"{label}, row {line}: found bytes that are not UTF-8"
            ) from error
        if "\r" in content:
            line = content[: content.index("\r")].count("\n") + 1
            raise TableError(
                f"{label}, row {line}: found a carriage return,"
                " expected lines that end with a line feed alone"
            )
        if not content.endswith("\n"):
            raise TableError(
                f"{label}, row {content.count(chr(10)) + 1}: found the end of the file"
                " within a line, expected a line feed after the last row"
            )
        records, lines = self._records(label, content)
        header, records = records[0], records[1:]
        self._check_header(label, header, [c["name"] for c in manifest["columns"]])
        self._check_widths(label, header, records, lines[1:])
        columns = {
            column: np.array(texts, dtype=object)
            for column, texts in zip(
                header, zip(*records) if records else ([] for _ in header), strict=True
            )
        }
        digest = hashlib.sha256(raw).hexdigest()
        return _Text(columns, lines[1:], digest)

    @staticmethod
    def _records(label: str, content: str) -> tuple[list[list[str]], np.ndarray]:
        """All records and the line on which each of them starts."""
        reader = csv.reader(io.StringIO(content, newline=""), strict=True)
        try:
            records = list(reader)
        except csv.Error as error:
            raise TableError(f"{label}, row {reader.line_num}: {error}") from error
        if len(records) == content.count("\n"):
            return records, np.arange(1, len(records) + 1)
        # Some quoted cell spans several lines.
        heights = [1 + sum(cell.count("\n") for cell in record) for record in records]
        return records, 1 + np.cumsum([0, *heights[:-1]])

    @staticmethod
    def _check_header(label: str, found: list[str], expected: list[str]) -> None:
        if found == expected:
            return
        for column in expected:
            if column not in found:
                raise TableError(
                    f"{label}, row 1, column {column}: found no such column,"
                    " expected it by the manifest"
                )
        for column in found:
            if column not in expected or found.count(column) > 1:
                raise TableError(
                    f"{label}, row 1, column {column}: found a column"
                    " that the manifest does not have"
                )
        raise TableError(
            f"{label}, row 1: found the columns {', '.join(found)},"
            f" expected the order {', '.join(expected)}"
        )

    @staticmethod
    def _check_widths(
        label: str, header: list[str], records: list[list[str]], lines: np.ndarray
    ) -> None:
        widths = np.array([len(record) for record in records], dtype=int)
        broken = np.flatnonzero(widths != len(header))
        if len(broken) == 0:
            return
        line, width = lines[broken[0]], widths[broken[0]]
        place = f"{label}, row {line}"
        if width < len(header):
            place += f", column {header[width]}"
        raise TableError(f"{place}: found {width} cells, expected {len(header)}")

    # The cells

    def _typed(self, name: str, manifest: dict, text: _Text) -> pd.DataFrame:
        return pd.DataFrame(
            {
                column["name"]: self._typed_column(name, column, text)
                for column in manifest["columns"]
            }
        )

    def _typed_column(self, name: str, column: dict, text: _Text) -> pd.Series:
        cells = text.columns[column["name"]]
        if column["type"] in PLAIN:
            numbers = _numbers(cells, column)
            if numbers is not None:
                return numbers
        # Otherwise once per distinct value: few of a long column's are distinct.
        codes, distinct = pd.factorize(cells)
        problems = np.array(
            [_problem(value, column) or "" for value in distinct], dtype=object
        )
        if broken := [code for code, problem in enumerate(problems) if problem]:
            at = int(np.flatnonzero(np.isin(codes, broken))[0])
            expected = problems[codes[at]]
            raise self._cell_error(
                name, text.lines[at], column["name"], cells[at], expected
            )
        return _values(distinct, column["type"]).take(codes).reset_index(drop=True)

    # The rows

    def _check_rows(
        self, name: str, manifest: dict, text: _Text, rows: pd.DataFrame
    ) -> None:
        key = manifest["key"]
        if (again := rows.duplicated(key).to_numpy()).any():
            at = int(np.flatnonzero(again)[0])
            group = rows.groupby(key, dropna=False).ngroup().to_numpy()
            first = int(np.flatnonzero(group == group[at])[0])
            raise self._cell_error(
                name,
                text.lines[at],
                ", ".join(key),
                ", ".join(text.columns[column][at] for column in key),
                f"a key that no other row has (row {text.lines[first]} has it)",
            )
        self._check_order(name, manifest, text, rows)

    def _check_order(
        self, name: str, manifest: dict, text: _Text, rows: pd.DataFrame
    ) -> None:
        """Rows ascend by the sort columns; text by code point, blanks first."""
        undecided = np.full(max(len(rows) - 1, 0), True)
        for column in manifest["sort"]:
            rank = pd.factorize(rows[column], sort=True)[0]
            step = np.diff(rank)
            falls = undecided & (step < 0)
            if falls.any():
                at = int(np.flatnonzero(falls)[0]) + 1
                cells = text.columns[column]
                raise self._cell_error(
                    name,
                    text.lines[at],
                    column,
                    cells[at],
                    f"nothing below {cells[at - 1]} of the row before:"
                    f" rows are sorted by {', '.join(manifest['sort'])}",
                )
            undecided &= step == 0

    def _check_seal(self, name: str) -> None:
        """As many rows and the same bytes as when the table was sealed."""
        label, manifest = self._label(name), self.manifest(name)
        content = self._content(name)
        if missing := SEAL_FIELDS - manifest.keys():
            raise TableError(
                f"{label}.yml: lacks {', '.join(sorted(missing))};"
                f" run python -m explainer.tables seal {name}"
            )
        count, expected = len(content.rows), manifest["rows"]
        if count != expected:
            last = content.lines[-1] if count else 1
            raise TableError(
                f"{label}, row {last}: found the end of the table after {count} rows,"
                f" expected {expected}{self._first_change(name)}"
            )
        if content.sha256 != manifest["sha256"]:
            raise TableError(
                f"{label}: found sha256 {content.sha256},"
                f" expected {manifest['sha256']};"
                " some cell has changed since the table was sealed"
                f"{self._first_change(name)}. After a deliberate"
                f" change run python -m explainer.tables seal {name}"
            )

    def _first_change(self, name: str) -> str:
        """Where the table first differs from the one sealed; "" if git cannot tell."""

        def git(*arguments: str) -> str:
            command = ["git", "-C", str(self.folder), *arguments]
            run = subprocess.run(command, capture_output=True, check=False)
            return run.stdout.decode(errors="replace")

        try:
            manifest = self._manifest_path(name).name
            sealed = git("log", "-1", "--format=%H", "--", manifest).strip()
            unadorned = ("--unified=0", "--no-color", "--no-ext-diff")
            change = git("diff", *unadorned, sealed, "--", f"{name}.csv")
        except FileNotFoundError:  # there is no git
            return ""
        hunk = r"(?m)^@@ -([0-9]+)\S* \+([0-9]+).*\n((?:[-+].*\n)+)"
        if not (found := re.search(hunk, change)):
            return ""
        before, after, lines = found.groups()
        rows = {line[0]: line[1:] for line in reversed(lines.split("\n")[:-1])}
        new, old = (rows.get(sign, "no such row") for sign in "+-")
        row = after if "+" in rows else before
        return f"; row {row}: found {new}, expected {old}"

    # What a table says about others

    def _check_relations(self, name: str, load: Load) -> None:
        """References and calendar; ``load`` hands over the rows of other tables."""
        manifest = self.manifest(name)
        for rule in manifest.get("references", []):
            known = load(rule["table"])
            if rule["to"] not in known:
                raise TableError(
                    f"{self._label(name)}.yml, references: no column {rule['to']}"
                    f" in {self._label(rule['table'])}"
                )
            self._check_reference(name, rule, known[rule["to"]])
        if rule := manifest.get("calendar"):
            instruments = load("instruments").set_index("ticker")
            self._check_calendar(name, rule, instruments["calendar"])

    def _check_reference(self, name: str, rule: dict, known: pd.Series) -> None:
        content = self._content(name)
        cells = content.rows[rule["column"]]
        broken = np.flatnonzero(cells.notna() & ~cells.isin(known))
        if len(broken):
            raise self._cell_error(
                name,
                content.lines[broken[0]],
                rule["column"],
                cells.iloc[broken[0]],
                f"a value that column {rule['to']} of {self._label(rule['table'])} has",
            )

    def _check_calendar(self, name: str, rule: dict, calendar_of: pd.Series) -> None:
        """Every date is a day on which the row's instrument can have a price."""
        content = self._content(name)
        dates, tickers = content.rows[rule["column"]], content.rows[rule["instrument"]]
        row_calendars = tickers.map(calendar_of)
        for calendar in row_calendars.dropna().unique():
            days = dates[row_calendars == calendar].dropna()
            closed = days[~calendars.is_session(calendar, pd.DatetimeIndex(days))]
            if len(closed):
                at, day = closed.index[0], closed.iloc[0]
                raise self._cell_error(
                    name,
                    content.lines[at],
                    rule["column"],
                    f"{day:%Y-%m-%d} ({calendars.why_closed(calendar, day)})",
                    f"a day of {tickers[at]}'s calendar, {calendar}",
                )


def _problem(cell: str, column: dict) -> str | None:
    """What was expected instead of this cell; None if the cell keeps the rules."""
    kind = column["type"]
    if cell == "":
        return EXPECTED[kind] if column.get("required") else None
    if kind == "category":
        values = [str(value) for value in column["values"]]
        return None if cell in values else f"one of {', '.join(values)}"
    if not _has_type(cell, kind):
        return EXPECTED[kind]
    if kind in ("integer", "number"):
        return _outside(float(cell), column)
    return None


def _numbers(cells: np.ndarray, column: dict) -> pd.Series | None:
    """The cells of a column of numbers in their type; None if one breaks a rule.

    Looks at the column as a whole: one cell at a time would take most of the time of
    reading a long table.
    """
    blank = cells == ""
    known = cells[~blank]
    if len(known) == 0 or column.get("required") and blank.any():
        return None
    pattern = PLAIN[column["type"]].pattern
    if not re.fullmatch(rf"(?:{pattern}\n)*", "\n".join(known) + "\n"):
        return None
    values = known.astype("float64" if column["type"] == "number" else "int64")
    if _outside(values.min(), column) or _outside(values.max(), column):
        return None
    if not blank.any():
        return pd.Series(values)
    if column["type"] == "number":
        numbers = np.full(len(cells), np.nan)
        numbers[~blank] = values
        return pd.Series(numbers)
    numbers = np.zeros(len(cells), dtype="int64")
    numbers[~blank] = values
    return pd.Series(pd.arrays.IntegerArray(numbers, blank))


def _has_type(cell: str, kind: str) -> bool:
    match kind:
        case "date":
            return DATE.fullmatch(cell) is not None and _is_day(cell)
        case "partial_date":
            full = cell + "0000-01-01"[len(cell) :]
            return PARTIAL_DATE.fullmatch(cell) is not None and _is_day(full)
        case "integer" | "number":
            return PLAIN[kind].fullmatch(cell) is not None
        case "boolean":
            return cell in ("true", "false")
    return True


def _is_day(text: str) -> bool:
    try:
        np.datetime64(text, "D")
    except ValueError:
        return False
    return True


def _outside(value: float, column: dict) -> str | None:
    if "above" in column and not value > column["above"]:
        return f"a number above {column['above']}"
    if "at_least" in column and not value >= column["at_least"]:
        return f"a number of at least {column['at_least']}"
    if "at_most" in column and not value <= column["at_most"]:
        return f"a number of at most {column['at_most']}"
    return None


def _values(cells: np.ndarray, kind: str) -> pd.Series:
    """Checked cells in their type; a blank cell becomes a missing value."""
    known = pd.Series(cells, dtype=object).where(cells != "", None)
    match kind:
        case "date":
            return pd.to_datetime(known, format="%Y-%m-%d")
        case "number":
            return known.astype("float64")
        case "integer":
            return known.astype("Int64")
        case "boolean":
            known = known.map({"true": True, "false": False}, na_action="ignore")
            return known.astype("boolean" if known.isna().any() else "bool")
    return known.astype("str")


_tables = Tables(DATA)
names = _tables.names
manifest = _tables.manifest
read = _tables.read


def main(arguments: list[str] | None = None) -> int:
    """Seal the named tables, or all of them."""
    parser = argparse.ArgumentParser(
        prog="python -m explainer.tables", description="Tables and their manifests."
    )
    commands = parser.add_subparsers(dest="command", required=True)
    seal = commands.add_parser("seal", help="write rows and sha256 into manifests")
    seal.add_argument("names", nargs="*", metavar="name", help="default: all tables")
    try:
        for name in parser.parse_args(arguments).names or names():
            rows, sha256 = _tables.seal(name)
            print(f"{name}: {rows:,} rows, sha256 {sha256}")
    except TableError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
