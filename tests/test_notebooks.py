"""The committed notebooks are what the chapters make, finished and complete."""

from __future__ import annotations

import re

import nbformat
import pytest

from explainer import build, notebooks
from explainer.charts.renderer import MIME as CHART_MIME

PAGES = [page for page in build.chapters() if build.is_notebook(page)]


def stored(page):
    return nbformat.read(notebooks.FOLDER / f"{page.stem}.ipynb", as_version=4)


def test_no_notebook_is_stale():
    build.execute(lambda line: None)
    assert notebooks.stale() == [], "run `make notebooks` and commit what it wrote"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_cell_that_shows_something_has_its_output_stored(page):
    cells = [cell for cell in stored(page).cells if cell.cell_type == "code"]
    assert cells
    for cell in cells:
        assert cell.execution_count, f"{page.stem}, {cell.id}: was never run"
        if "charts.figure(" in cell.source or re.search(r"^tell\(", cell.source, re.M):
            assert cell.outputs, f"{page.stem}, {cell.id}: shows nothing"
        for output in cell.outputs:
            assert output.output_type in ("execute_result", "display_data")
            if CHART_MIME in output.data:
                assert output.data["image/png"].startswith("iVBOR")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_notebooks_text_is_finished(page):
    for cell in stored(page).cells:
        if cell.cell_type == "markdown":
            assert not re.search(r"\{[a-z]+\}`", cell.source), cell.source
            links = re.findall(r"\]\(([^)]*)\)", cell.source)
            own = [link for link in links if "://" not in link]
            assert not [link for link in own if re.search(r"\.md(#|$)", link)]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_writing_a_notebook_twice_gives_the_same_bytes(page):
    build.execute(lambda line: None)
    first, second = (notebooks.as_text(notebooks.finished(page)) for _ in range(2))
    assert first == second


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_note_stands_under_the_number_that_refers_to_it(page):
    cells = [cell for cell in stored(page).cells if cell.cell_type == "markdown"]
    text = "\n".join(cell.source for cell in cells)
    referred = {int(number) for number in re.findall(r"<sup>\[(\d+)\]</sup>", text)}
    given = [int(number) for number in re.findall(r"^- \[(\d+)\] ", text, re.M)]
    assert sorted(given) == sorted(referred)
