"""Build times side by side: from nothing, with nothing changed, with one text changed."""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import nbformat
import psutil
from bench import stock
from bench.report import ROOT, CannotMeasure, number, ratio, table

from explainer.site.pages import SOURCE_FILES

CHANGED = "2-the-trigger"
RUNS = 3
BOOK = (*sorted(SOURCE_FILES), "notebooks")
OWN_COMMAND = [sys.executable, "-m", "explainer", "build"]
MEMORY_EVERY = 1.0  # seconds between two looks at a build's memory


@dataclass(frozen=True)
class Run:
    """One build: its seconds, and the most memory that all its processes had, in MB."""

    seconds: float
    memory_mb: float


def copy_book(target: Path) -> None:
    """A copy of what the book is built from, without anything that was built."""
    for name in BOOK:
        source, copied = ROOT / name, target / name
        copied.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, copied, ignore=shutil.ignore_patterns("__pycache__", "node_modules"))
        else:
            shutil.copy(source, copied)


def run(command: list[str], folder: Path, variables: Mapping[str, str]) -> Run:
    """Build, and watch the memory of all processes; CannotMeasure if it fails."""
    with tempfile.TemporaryFile("w+", encoding="utf-8") as said:
        started = time.perf_counter()
        process = subprocess.Popen(
            command, cwd=folder, env=dict(variables), stdout=said, stderr=subprocess.STDOUT
        )
        most = 0.0
        while process.poll() is None:
            most = max(most, memory_of(process.pid))
            try:
                process.wait(MEMORY_EVERY)
            except subprocess.TimeoutExpired:
                pass
        seconds = time.perf_counter() - started
        said.seek(0)
        if process.returncode:
            raise CannotMeasure(f"a build failed:\n{said.read()[-3000:]}")
    return Run(seconds, most / 1e6)


def memory_of(process: int) -> float:
    """Bytes that a process and those it started have; shared ones are counted once."""
    total = 0.0
    try:
        family = psutil.Process(process)
        for one in [family, *family.children(recursive=True)]:
            try:
                memory = one.memory_full_info()
                total += getattr(memory, "pss", memory.uss)
            except psutil.Error:
                continue  # it ended meanwhile
    except psutil.Error:
        pass
    return total


def build_own(book: Path) -> Run:
    """Build a copy of this book."""
    return run(OWN_COMMAND, book, {**os.environ, "PYTHONPATH": str(book)})


def build_stock(folder: Path, book: Path) -> Run:
    """Build a stock book on the package of ``book``."""
    return run(stock.command(), folder, stock.environment(folder, book))


def change_own(book: Path, turn: int) -> None:
    """Add a sentence to one chapter."""
    page = book / "chapters" / f"{CHANGED}.md"
    with page.open("a", encoding="utf-8") as text:
        text.write(f"\nA sentence was added {'once more ' * turn}here.\n")


def change_stock(folder: Path, turn: int) -> None:
    """Add the same sentence to the same chapter."""
    path = folder / "chapters" / f"{CHANGED}.ipynb"
    notebook = nbformat.read(path, as_version=4)
    text = next(cell for cell in reversed(notebook.cells) if cell.cell_type == "markdown")
    text.source += f"\n\nA sentence was added {'once more ' * turn}here.\n"
    nbformat.write(notebook, path)


def times(
    build: Callable[[], Run], change: Callable[[int], None], runs: int
) -> tuple[Run, float, float]:
    """A build from nothing, then the median seconds unchanged and after changes."""
    cold = build()
    build()  # the first build after a cold one may still write what it found
    unchanged = [build().seconds for _ in range(runs)]
    changed = []
    for turn in range(runs):
        change(turn)
        changed.append(build().seconds)
    return cold, statistics.median(unchanged), statistics.median(changed)


def section(quick: bool) -> str:
    """Build both books in a temporary folder."""
    runs = 1 if quick else RUNS
    with tempfile.TemporaryDirectory() as temporary:
        book, folder = Path(temporary, "book"), Path(temporary, "stock")
        copy_book(book)
        stock.write_sources(folder, stored=False, book=book)
        print("  building this book", flush=True)
        own = times(lambda: build_own(book), lambda turn: change_own(book, turn), runs)
        print("  building the stock book", flush=True)
        other = times(
            lambda: build_stock(folder, book),
            lambda turn: change_stock(folder, turn),
            runs,
        )
    rows = [
        ["from nothing, s", own[0].seconds, other[0].seconds],
        ["nothing changed, s", own[1], other[1]],
        ["one chapter's text changed, s", own[2], other[2]],
    ]
    written = [
        [label, number(mine, 1), number(theirs, 1), ratio(theirs, mine)]
        for label, mine, theirs in rows
    ]
    memory = [run_[0].memory_mb for run_ in (own, other)]
    written.append(
        ["most memory, from nothing, MB", *map(number, memory), ratio(memory[1], memory[0])]
    )
    how = "once" if runs == 1 else f"medians of {runs}"
    return (
        "## Build\n\n"
        "The environment is there; from nothing means that nothing was run or rendered.\n"
        "Stock keeps the outputs of cells too (`execute_notebooks: cache`). "
        "This book also checks its tables and its text, draws each chart twice, and "
        "writes the ledger's files.\n"
        f"From nothing: once; the others: {how}.\n\n"
        + table(["build", "this book", "stock", "ratio"], written)
    )
