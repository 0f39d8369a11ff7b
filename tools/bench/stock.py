"""The same book as stock Jupyter Book makes it, with Altair's own display of charts."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

import nbformat
from altair.vegalite.v6.display import html_renderer
from bench.report import ROOT, CannotMeasure

from explainer import build
from explainer.charts.renderer import MIME as CHART
from explainer.values import MIME as VALUES

FOLDER = ROOT / "_build" / "bench" / "stock"
SETTINGS = """\
title: The DeepSeek Shock, checked number by number
author: The DeepSeek Shock project
execute:
  execute_notebooks: "{mode}"
"""
# In a kernel of the stock book, charts leave a cell as Altair has it, and values that a
# chapter hands over to this book's own extension are plain text.
START = """\
import altair
from altair.vegalite.v6.display import html_renderer

from explainer.values import Told


def as_installed(spec, **options):
    spec.pop("usermeta", None)
    return html_renderer(spec, **options)


altair.renderers.register("explainer", as_installed)
del Told._repr_mimebundle_
"""


def write_sources(folder: Path, stored: bool, book: Path = ROOT) -> None:
    """Write the stock book's sources from the executed notebooks of ``book``.

    ``stored`` keeps the outputs, charts turned into Altair's own; without them Jupyter
    Book runs the notebooks itself, and keeps what they give.
    """
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "_config.yml").write_text(
        SETTINGS.format(mode="off" if stored else "cache"), encoding="utf-8"
    )
    shutil.copy(book / "_toc.yml", folder)
    (folder / "chapters").mkdir(exist_ok=True)
    for page in (book / "chapters").glob("*.md"):
        notebook = book / "notebooks" / f"{page.stem}.ipynb"
        if notebook.exists():
            made = as_stock(nbformat.read(notebook, as_version=4), stored)
            nbformat.write(made, folder / "chapters" / notebook.name)
        else:
            text = page.read_text(encoding="utf-8")
            text = re.sub(r"\]\(([\w-]+)\.md", r"](\1.ipynb", text)
            (folder / "chapters" / page.name).write_text(text, encoding="utf-8")
    startup = folder / ".ipython" / "profile_default" / "startup"
    startup.mkdir(parents=True, exist_ok=True)
    (startup / "charts.py").write_text(START, encoding="utf-8")


def as_stock(notebook: nbformat.NotebookNode, stored: bool) -> nbformat.NotebookNode:
    """A notebook without what this book adds to outputs and text."""
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            # As installed, Jupyter Book takes two dollar signs for a formula.
            cell.source = re.sub(r"(?<!\\)\$", r"\\$", cell.source)
        elif stored:
            outputs = [o for o in cell.outputs if VALUES not in o.get("data", {})]
            cell.outputs = [as_installed(output) for output in outputs]
        else:
            cell.outputs = []
    return notebook


def as_installed(output: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """An output with Altair's own HTML where it has a chart."""
    data = output.get("data", {})
    if CHART in data:
        spec = {key: part for key, part in data[CHART].items() if key != "usermeta"}
        output.data = {**html_renderer(spec), "text/plain": data["text/plain"]}
    return output


def command() -> list[str]:
    """What builds a stock book, from inside its folder."""
    return [str(Path(sys.executable).with_name("jupyter-book")), "build", "."]


def environment(folder: Path, book: Path = ROOT) -> dict[str, str]:
    """The variables with which a stock book is built on the package of ``book``."""
    return {
        **os.environ,
        "PYTHONPATH": str(book),
        "IPYTHONDIR": str(folder / ".ipython"),
        "PYDEVD_DISABLE_FILE_VALIDATION": "1",
    }


@cache
def site(names: tuple[str, ...] = ()) -> Path:
    """The built stock book (of the pages ``names``, or all); returns its folder."""
    shutil.rmtree(FOLDER, ignore_errors=True)
    write_sources(FOLDER, stored=True)
    if names:
        for source in (FOLDER / "chapters").iterdir():
            if source.stem not in names:
                source.unlink()
        listed = "".join(f"- file: chapters/{name}\n" for name in names[1:])
        listed = f"chapters:\n{listed}" if listed else ""
        toc = f"format: jb-book\nroot: chapters/{names[0]}\n{listed}"
        (FOLDER / "_toc.yml").write_text(toc, encoding="utf-8")
    print("  building the stock book", flush=True)
    done = subprocess.run(
        command(), cwd=FOLDER, env=environment(FOLDER), capture_output=True, text=True
    )
    built = FOLDER / "_build" / "html"
    if done.returncode or not (built / "index.html").exists():
        raise CannotMeasure(f"stock Jupyter Book did not build:\n{done.stderr[-2000:]}")
    return built


def own_site() -> Path:
    """This book as built; CannotMeasure if it is not."""
    if not (build.SITE / "index.html").exists():
        raise CannotMeasure("there is no built site; run `make book` first")
    return build.SITE
