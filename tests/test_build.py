"""What a build leaves out because it is done already, and how chapters are run."""

from __future__ import annotations

import os
import subprocess
import sys

import nbformat
import pytest

from explainer import build, claims, kernels

CHAPTER = "chapters/a.md"
IN_A_SITE = "_build/site/en/a.html"


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A small project whose site was built; gives its folder."""
    for file in (CHAPTER, "data/t.csv", "explainer/x.py", "_toc.yml", IN_A_SITE):
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / file).write_text("as it was\n")
    for name, folder in (("ROOT", ""), ("BUILD", "_build"), ("SITE", "_build/site")):
        monkeypatch.setattr(build, name, tmp_path / folder)
    monkeypatch.setattr(build, "PUBLISHED", tmp_path / "_build/published.json")
    build.remember(build.inputs_digest(), {})
    return tmp_path


def test_a_site_is_current_while_nothing_changes(project):
    assert build.is_current(build.inputs_digest())


@pytest.mark.parametrize(
    "file", [CHAPTER, "data/t.csv", "explainer/x.py", "_toc.yml", IN_A_SITE]
)
def test_whatever_changes_or_goes_a_site_is_no_longer_current(project, file):
    (project / file).write_text("as it is\n")
    assert not build.is_current(build.inputs_digest())
    (project / file).unlink()
    assert not build.is_current(build.inputs_digest())


@pytest.mark.parametrize("file", ["locale/new.po", "new.yml", "_build/site/new.html"])
def test_nor_is_it_where_a_file_was_added(project, file):
    (project / file).parent.mkdir(exist_ok=True)
    (project / file).touch()
    assert not build.is_current(build.inputs_digest())


@pytest.mark.parametrize(
    "file", ["_build/work/a.html", ".git/index", "web/node_modules/a.js", "venv/a.py"]
)
def test_what_is_built_hidden_or_installed_is_no_part_of_the_project(project, file):
    (project / "venv").mkdir()
    (project / "venv/pyvenv.cfg").touch()
    before = build.inputs_digest()
    (project / file).parent.mkdir(parents=True, exist_ok=True)
    (project / file).touch()
    assert build.inputs_digest() == before


def test_another_package_is_a_reason_to_run_all_again(project, monkeypatch):
    before = build.inputs_digest(), build.environment()
    (project / "altair-99.dist-info").mkdir()
    monkeypatch.setattr(sys, "path", [*sys.path, str(project)])
    assert build.inputs_digest() != before[0]
    assert build.environment() != before[1]


def test_without_a_record_or_with_a_broken_one_the_site_is_built(project):
    for content in ("", "{}", "{"):
        (project / "_build/published.json").write_text(content)
        assert not build.is_current(build.inputs_digest())


def test_pages_are_rendered_anew_where_their_folder_was_touched(project, monkeypatch):
    monkeypatch.setattr(build, "chapters", list)
    work, doctrees = project / "_build/work/en", project / "_build/work/doctrees/en"
    build.forget_what_is_gone(work, doctrees)
    (work / "a.html").write_text("as rendered\n")
    build.remember("", {"en": work})
    build.forget_what_is_gone(work, doctrees)
    assert (work / "a.html").exists()
    (work / "a.html").write_text("as tampered with\n")
    build.forget_what_is_gone(work, doctrees)
    assert not (work / "a.html").exists()


def test_verdicts_are_reached_once_and_then_taken_from_the_store(tmp_path, monkeypatch):
    monkeypatch.setattr(build, "execution_cache", lambda: tmp_path)
    monkeypatch.setattr(claims, "_entries", claims._entries)  # put back in the end
    reached = claims.ledger()
    assert build.check_data()
    assert not build.check_data()
    assert claims.ledger() == reached
    assert claims.ledger()[0] is not reached[0]


# How chapters are run. In a process of its own: tests have threads, which do not fork.

RUN = '''
import sys
from pathlib import Path
import nbformat
from explainer import kernels

sys.platform = sys.argv[1]
chapters = [
    (Path(path).resolve(), nbformat.v4.new_notebook(cells=[
        nbformat.v4.new_code_cell(cell)
        for cell in Path(path).read_text().split("---\\n")
    ]))
    for path in sys.argv[2:]
]
for page, notebook, _, error in kernels.run_all(chapters):
    outputs = [out for cell in notebook.cells for out in cell.outputs]
    shown = [out.data["text/plain"] for out in outputs if "data" in out]
    print(page.stem, shown, error, *[out.text for out in outputs if "text" in out])
'''
FIRST = """\
import os
from explainer import tables
tables.DATA = "gone"
x = 1
---
x, os.path.basename(os.getcwd())
"""
SECOND = """\
from explainer import tables
"x" in globals(), "pd" in globals(), "kernels" in globals(), str(tables.DATA) == "gone"
---
import re
import pandas as pd
options = pd.describe_option("", _print_desc=False).lower()
print(re.findall(r"currently: (.*)]", options))
"""


def run(folder, system, *cells):
    paths = []
    for name, cell in zip(("first", "second"), cells, strict=False):
        (folder / name).mkdir(parents=True)
        paths.append(folder / name / f"{name}.md")
        paths[-1].write_text(cell)
    done = subprocess.run(
        [sys.executable, "-c", RUN, system, *map(str, paths)],
        env=os.environ | {"PYTHONPATH": str(build.ROOT)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


@pytest.mark.skipif(sys.platform != "linux", reason="kernels are forked on Linux only")
def test_a_forked_kernel_is_like_one_that_starts_anew(tmp_path):
    """Empty, alone, in its chapter's folder, and with the same settings of pandas."""
    forked = run(tmp_path / "forked", "linux", FIRST, SECOND)
    anew = run(tmp_path / "anew", "darwin", FIRST, SECOND)
    assert forked == anew
    assert forked[0].startswith("""first ["(1, 'first')"] None""")
    assert forked[1].startswith("second ['(False, False, False, False)'] None")


@pytest.mark.skipif(sys.platform != "linux", reason="kernels are forked on Linux only")
def test_a_kernel_that_dies_and_a_cell_that_raises_are_reported(tmp_path):
    said = "\n".join(run(tmp_path, "linux", "import os; os._exit(1)", "1 / 0"))
    assert "first [] Kernel died" in said
    assert "second [] An error occurred" in said
    assert "division by zero" in said


# What a failure says


def test_a_failure_names_the_page_the_line_and_the_error(tmp_path, monkeypatch):
    monkeypatch.setattr(build, "ROOT", tmp_path)
    page = tmp_path / "page.md"
    page.write_text("# A page\n\n```{code-cell}\n1 / 0\n```\n")
    error = (
        "An error occurred while executing the following cell:\n------------------\n"
        "1 / 0\n------------------\n\n"
        "\x1b[31mZeroDivisionError\x1b[39m: division by zero\n"
    )
    assert build.failure(page, error) == (
        "page.md, line 4: this cell failed\n    1 / 0\n"
        "  ZeroDivisionError: division by zero"
    )


def test_a_cell_that_takes_too_long_and_a_kernel_that_died_are_told_apart(
    tmp_path, monkeypatch
):
    monkeypatch.setattr(build, "ROOT", tmp_path)
    page = tmp_path / "page.md"
    page.write_text("# A page\n\n```{code-cell}\nwhile True: pass\n```\n")
    cell = nbformat.v4.new_code_cell("while True: pass")
    late = kernels.CellTimeoutError.error_from_timeout_and_cell("late", 120, cell)
    said = build.failure(page, str(late))
    assert said.startswith("page.md, line 4: this cell failed\n    while True: pass\n")
    assert "after 120 seconds" in said
    assert build.failure(page, "Kernel died") == "page.md: Kernel died"
