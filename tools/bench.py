"""Measure this book, side by side with the same book as stock Jupyter Book builds it.

usage: python tools/bench.py [pages | builds | growth | lighthouse ...]
                             [--quick] [--output FILE]

Without a name all parts run. Each part writes its own section of docs/benchmark.md and
leaves the others as they are. ``--quick`` measures a small sample once, to try the tool.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

from bench import builds, growth, lighthouse, pages, report
from bench.report import CannotMeasure

PARTS = {
    "pages": pages.section,
    "lighthouse": lighthouse.section,
    "builds": builds.section,
    "growth": growth.section,
}


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("part", nargs="*", help=f"any of {', '.join(PARTS)}")
    parser.add_argument("--quick", action="store_true", help="a small sample, once")
    parser.add_argument("--output", type=Path, default=report.FILE)
    given = parser.parse_args(arguments)
    unknown = set(given.part) - set(PARTS)
    if unknown:
        parser.error(f"no part is called {sorted(unknown)[0]}")
    for name in given.part or PARTS:
        started = time.perf_counter()
        print(f"{name}:", flush=True)
        try:
            setting = report.setting()
            text = PARTS[name](given.quick)
        except CannotMeasure as error:
            print(f"  {error}", file=sys.stderr)
            return 1
        report.update(given.output, name, f"{text}\n{setting}")
        print(text)
        print(f"  {name} took {time.perf_counter() - started:.0f} s", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
