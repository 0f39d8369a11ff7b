"""``make bench`` measures and writes what it found."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from bench import growth, report, serve

from explainer import ROOT


def rows(text: str) -> list[list[str]]:
    """The cells of all Markdown tables."""
    lines = re.findall(r"^\|(.+)\|$", text, re.MULTILINE)
    return [[cell.strip() for cell in line.split("|")] for line in lines]


def test_a_part_writes_its_own_section_and_leaves_the_others(tmp_path):
    file = tmp_path / "benchmark.md"
    for part, text in (("growth", "old\n"), ("pages", "first\n"), ("growth", "new\n")):
        report.update(file, part, text)
    written = file.read_text(encoding="utf-8")
    assert written.startswith(report.HEAD)
    assert written.index("first") < written.index("new")
    assert "old" not in written


def test_the_machine_is_named_without_its_name_or_places():
    line = report.setting()
    assert re.search(r"Python \d+\.\d+", line)
    assert str(Path.home()) not in line and str(ROOT) not in line


def test_a_copied_chapter_has_figures_of_its_own():
    page = ROOT / "chapters" / "2-the-trigger.md"
    text = page.read_text(encoding="utf-8")
    before = growth.figure_names(text)
    after = growth.figure_names(growth.with_new_figures(text, 2))
    assert before and after == {f"{name}-2" for name in before}


def test_the_networks_addresses_are_taken_apart():
    assert serve.parts_of("/jsdelivr/vega@6?noext") == ("jsdelivr", "vega@6", "")
    assert serve.parts_of("/unpkg/@a/b@1/c/d.js") == ("unpkg", "@a/b@1", "c/d.js")


@pytest.mark.slow
@pytest.mark.browser
def test_pages_are_measured_side_by_side(site, browser, tmp_path):
    file = tmp_path / "benchmark.md"
    done = subprocess.run(
        [sys.executable, "tools/bench.py", "pages", "--quick", "--output", str(file)],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    found = rows(file.read_text(encoding="utf-8"))
    assert {len(row) for row in found} == {9, 4}
    measured = {row[0]: row[1:] for row in found}
    own, other, ratio = measured["toolbox: first chart painted, s"]
    assert float(own) > 0
    assert measured["toolbox"][4].endswith("+ 0"), "this book asks no third party"
    assert other == ratio == "–" or float(other) / float(own) == pytest.approx(
        float(ratio), rel=0.2
    )
