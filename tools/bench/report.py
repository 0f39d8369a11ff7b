"""The written result: docs/benchmark.md, one section a part, and the machine's name."""

from __future__ import annotations

import os
import platform
import re
import subprocess
import sys
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import chromium as browsers
import psutil

from explainer import ROOT

FILE = ROOT / "docs" / "benchmark.md"
ORDER = ("pages", "lighthouse", "builds", "growth")
HEAD = """\
# Benchmark

`make bench` writes this file.
It measures this book side by side with *stock*: the same chapters, with their text and charts, as Jupyter Book 1 builds them as installed, and charts as Altair shows them as installed.
Stock carries less: a chapter's statements are one line each without their evidence, the ledger is a list without filters, and charts have no description, table or picture of their own.

- **kB** counts what a first visit with an empty cache loads: text compressed with gzip -9, fonts and images as they are, every request.
- **Third-party requests** are those to a host other than the book's own. Here such files come from copies, so that no measurement waits for a distant server.
- **Slow 4G phone** means 1.6 Mbit/s, 150 ms, a processor slowed down four times, and a screen 390 px wide.
- **Ratio** is stock divided by this book: above one, this book is the lighter or faster.
"""


class CannotMeasure(Exception):
    """Something that the measurement needs is missing; says what."""


def chromium() -> str:
    """The path of Chromium; CannotMeasure if this machine has none."""
    path = browsers.path()
    if path is None:
        raise CannotMeasure("found no Chromium, expected one on the search path")
    return path


def said_by(*command: str) -> str:
    """The first line that a program prints; nothing where it is missing or fails."""
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, cwd=ROOT, timeout=60, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    return next(iter(done.stdout.strip().splitlines()), "")


def processor() -> str:
    """The processor's model as the system names it."""
    info = Path("/proc/cpuinfo")
    text = info.read_text() if info.exists() else ""
    found = re.search(r"^model name\s*: (.+)$", text, re.MULTILINE)
    model = found.group(1) if found else said_by("sysctl", "-n", "machdep.cpu.brand_string")
    return model or platform.processor() or platform.machine()


def system() -> str:
    """The operating system's name and version."""
    try:
        return platform.freedesktop_os_release()["PRETTY_NAME"]
    except (OSError, KeyError):
        return f"{platform.system()} {platform.release()}"


def setting() -> str:
    """One line: the state of the book, the machine, and how busy it was before."""
    committed = said_by("git", "log", "-1", "--format=%cs")
    if committed:
        day = date.fromisoformat(committed)
        state = f"the commit of {day.day} {day:%B %Y}"
        if said_by("git", "status", "--porcelain", "--", ".", ":!docs"):
            state += " with later changes"
    else:
        state = "a copy without history"
    cores = psutil.cpu_count() or 1
    memory = psutil.virtual_memory().total / 1e9
    python = ".".join(map(str, sys.version_info[:3]))
    browser = re.search(r"Chrom\w+ \d+", said_by(chromium(), "--version"))
    return (
        f"Measured at {state}, on {processor()} ({cores} cores, {memory:.0f} GB), "
        f"{system()}, Python {python}, {browser.group(0) if browser else 'Chromium'}; "
        f"{os.getloadavg()[0]:.1f} processes were busy before the start.\n"
    )


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table: the first column to the left, numbers to the right."""
    lines = [head, ["---"] + ["--:"] * (len(head) - 1), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def number(value: float | None, digits: int = 0) -> str:
    """A number as the tables show it; a dash where nothing could be measured."""
    return "–" if value is None else f"{value:,.{digits}f}"


def ratio(stock: float | None, own: float | None) -> str:
    """How many times stock's value is this book's; a dash where that says nothing."""
    return "–" if not stock or not own else f"{stock / own:.1f}"


def update(path: Path, part: str, text: str) -> None:
    """Put ``text`` in place of a part's section; the other sections stay as they are."""
    old = path.read_text(encoding="utf-8") if path.exists() else ""
    sections = dict(re.findall(r"<!-- (\w+) -->\n(.*?)<!-- end -->\n", old, re.DOTALL))
    sections[part] = text
    written = "\n".join(
        f"<!-- {name} -->\n{sections[name]}<!-- end -->\n"
        for name in ORDER
        if name in sections
    )
    path.write_text(f"{HEAD}\n{written}", encoding="utf-8")
