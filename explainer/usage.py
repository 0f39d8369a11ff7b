"""Which pages rest on which tables, read from the chapters themselves.

No manifest says which chapters use its table: that would be a second place to keep
right. A page rests on a table if a cell reads it (``tables.read("prices")``) or calls a
function of the package that does, if a chart names it as its source, or if the text
shows figures or verdicts of the ledger.
"""

from __future__ import annotations

import ast
import html
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from explainer import build, claims, prose, tables
from explainer.measures import REGISTRY

PACKAGE = Path(__file__).resolve().parent
MODULES = ("market", "economics", "measures")
LEDGER = frozenset({"claims", "evidence", "sources"})
STATED = re.compile(r"\{stated\}`|\bclaims\.stated\b")
JUDGED = re.compile(
    r"\{claim\}`|^[`:]{3,}\{(?:tally|statements|ledger)\}|\bclaims\.(?:entry|ledger)\b",
    re.MULTILINE,
)


def tables_of(page: Path) -> list[str]:
    """The tables that a page rests on, sorted."""
    source = page.read_text(encoding="utf-8")
    found = set(LEDGER) if JUDGED.search(source) else set()
    if STATED.search(source):
        found.add("claims")
    for _, code in prose.code_cells(source):
        tree = ast.parse(code)
        found |= set(_named(tree)) | set(chart_sources(tree))
        for module, function in _calls_abroad(tree):
            found |= read_by(module, function)
    return sorted(found)


def tables_of_values(page: Path, cell: str) -> dict[str | None, list[str]]:
    """For each value that a page's cell tells, the tables that it rests on, sorted.

    Followed through the names of the page's cells: what a value's expression uses, what
    those names were made from, and so on. Under ``None``: the tables behind all values
    whose names the cell computes (``tell(**...)``).
    """
    makers = _makers(page)
    return {
        value.arg: sorted(_rests_on(value.value, makers))
        for call in _nodes(ast.parse(cell))
        if isinstance(call, ast.Call) and getattr(call.func, "id", "") == "tell"
        for value in call.keywords
    }


@cache
def _makers(page: Path) -> dict[str, list[ast.stmt]]:
    """The statements of a page's cells behind each name."""
    makers: dict[str, list[ast.stmt]] = {}
    for _, code in prose.code_cells(page.read_text(encoding="utf-8")):
        for statement in ast.parse(code).body:
            for name in _made(statement):
                makers.setdefault(name, []).append(statement)
    return makers


def _rests_on(expression: ast.AST, makers: dict[str, list[ast.stmt]]) -> set[str]:
    """The tables behind an expression; ``makers`` are the statements behind a name."""
    found: set[str] = set()
    open_, seen = [expression], set()
    while open_:
        here = open_.pop()
        if here in seen:
            continue
        seen.add(here)
        found |= set(_named(here))
        for module, function in _calls_abroad(here):
            found |= read_by(module, function)
        if "claims" in _names(here):
            found.add("claims")
        open_ += [maker for name in _names(here) for maker in makers.get(name, [])]
    return found


def _made(statement: ast.stmt) -> set[str]:
    """The names that a statement makes or changes.

    x = …, x["column"] = …, x.append(…), def x.
    """
    if isinstance(statement, ast.FunctionDef):
        return {statement.name}
    made = set()
    own = set(_counters(statement))
    for node in _nodes(statement):
        if isinstance(node, ast.Attribute) and node.attr == "append":
            node = node.value
        elif node in own or not isinstance(getattr(node, "ctx", None), ast.Store):
            continue
        while isinstance(node, ast.Subscript | ast.Attribute):
            node = node.value  # x["column"] and x.loc[0, "column"] change x
        if isinstance(node, ast.Name):
            made.add(node.id)
    return made


def pages_by_table() -> dict[str, list[Path]]:
    """For each table the pages that rest on it, in reading order."""
    rests_on = {page: tables_of(page) for page in build.chapters()}
    return {
        table: [page for page in rests_on if table in rests_on[page]]
        for table in tables.names()
    }


def verdicts_on(table: str) -> list[str]:
    """The statements whose verdict is measured from a table, in reading order."""
    return [
        entry.claim.id
        for entry in claims.ledger()
        if entry.claim.measurement and table in REGISTRY[entry.claim.measurement].tables
    ]


def title_of(page: Path) -> str:
    """What lists call a page: its short title, else its first heading."""
    title = re.search(
        r"^(?:short_title:|#) (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE
    )
    if title is None:
        raise ValueError(f"{page.name}: found no heading, expected one")
    return html.unescape(title.group(1).strip())


def chart_sources(tree: ast.AST) -> Iterator[str]:
    """The tables that the charts of a cell name as their sources."""
    for node in _nodes(tree):
        if isinstance(node, ast.keyword) and node.arg == "source":
            for part in _nodes(node.value):
                if isinstance(part, ast.Constant) and isinstance(part.value, str):
                    yield part.value


@cache
def read_by(module: str, function: str) -> frozenset[str]:
    """The tables that a function of the package reads, itself or through others."""
    found: set[str] = set()
    open_, seen = [(module, function)], set()
    while open_:
        here = open_.pop()
        node = _definitions(here[0]).get(here[1])
        if here in seen or node is None:
            continue
        seen.add(here)
        found |= set(_named(node))
        open_ += _calls_abroad(node)
        open_ += [(here[0], name) for name in _names(node)]
    return frozenset(found)


@cache
def _definitions(module: str) -> dict[str, ast.AST]:
    tree = ast.parse((PACKAGE / f"{module}.py").read_text(encoding="utf-8"))
    found = {}
    for node in tree.body:
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            node.decorator_list = []  # enters a function somewhere, reads nothing
            found[node.name] = node
    return found


def _counters(tree: ast.AST) -> Iterator[ast.AST]:
    """Every x of [… for x in …]: no other statement knows it by that name."""
    for node in _nodes(tree):
        if isinstance(node, ast.comprehension):
            yield from _nodes(node.target)


def _names(tree: ast.AST) -> set[str]:
    """The names that a definition uses, its own arguments and counters left out."""
    nodes = _nodes(tree)
    own = {node.arg for node in nodes if isinstance(node, ast.arg)}
    own |= {node.id for node in _counters(tree) if isinstance(node, ast.Name)}
    return {node.id for node in nodes if isinstance(node, ast.Name)} - own


def _named(tree: ast.AST) -> Iterator[str]:
    """The tables by whose name something is called: read("prices"), say."""
    for node in _nodes(tree):
        if isinstance(node, ast.Call) and node.args:
            first = node.args[0]
            if isinstance(first, ast.Constant) and first.value in _table_names():
                yield first.value


@cache
def _nodes(tree: ast.AST) -> list[ast.AST]:
    """All nodes of a tree; three questions are asked of each of them."""
    return list(ast.walk(tree))


@cache
def _table_names() -> frozenset[str]:
    return frozenset(tables.names())


def _calls_abroad(tree: ast.AST) -> Iterator[tuple[str, str]]:
    """The functions of market, economics and measures that are named."""
    for node in _nodes(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            if node.value.id in MODULES:
                yield node.value.id, node.attr
