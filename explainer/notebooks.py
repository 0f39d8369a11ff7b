"""The executed notebook of every chapter: ``notebooks/<chapter>.ipynb``.

They are generated and committed: GitHub and Colab show them without running anything,
readers download them, and nbval runs them against their stored outputs. Their text is
finished: each slot holds its number, links lead to the neighbouring notebook, and each
chart carries a picture beside its specification.
"""

from __future__ import annotations

import base64
import json
import re
from collections import Counter
from collections.abc import Callable
from itertools import zip_longest
from pathlib import Path
from typing import Any

import nbformat
import vl_convert

from explainer import build, claims, tables, usage
from explainer.charts.renderer import MIME as CHART_MIME
from explainer.values import MIME as VALUES_MIME
from explainer.values import Value, format_value, from_json

FOLDER = build.ROOT / "notebooks"
GENERATED = ("tally", "statements", "ledger", "catalogue", "quiz")
ROLE = re.compile(r"\{([a-z]+)\}`([^`]+)`")
DIRECTIVE = re.compile(r"^(:{3,}|`{3,})\{([a-z-]+)\}[ ]*(.*)$")
SPAN = re.compile(r"\[([^\]]+)\]\{\.[^}]*\}")  # words that the site alone dresses
FOOTNOTE = re.compile(r"\[\^([\w-]+)\](?!:)")
FOOTNOTE_TEXT = re.compile(r"^\[\^([\w-]+)\]:[ ]*")


class NotebookError(ValueError):
    """A chapter that cannot become a notebook; names file and place."""


def write(picture: bool = True) -> list[Path]:
    """Write all notebooks from the stored outputs; returns the files written."""
    FOLDER.mkdir(exist_ok=True)
    written = []
    for page in filter(build.is_notebook, build.chapters()):
        target = FOLDER / f"{page.stem}.ipynb"
        target.write_text(as_text(finished(page, picture)), encoding="utf-8")
        written.append(target)
    for old in set(FOLDER.glob("*.ipynb")) - set(written):
        old.unlink()
    return written


def stale() -> list[str]:
    """What differs between the committed notebooks and the chapters, one line a file.

    Pictures are left out: their bytes depend on the machine's fonts.
    """
    found = []
    pages = [page for page in build.chapters() if build.is_notebook(page)]
    names = {f"{page.stem}.ipynb" for page in pages}
    for extra in sorted({path.name for path in FOLDER.glob("*.ipynb")} - names):
        found.append(f"notebooks/{extra}: belongs to no chapter")
    for page in pages:
        target = FOLDER / f"{page.stem}.ipynb"
        if not target.exists():
            found.append(f"notebooks/{target.name}: missing")
            continue
        stored = nbformat.read(target, as_version=4)
        pictures = [
            output["data"].pop("image/png", None)
            for cell in stored.cells
            for output in cell.get("outputs", [])
            if CHART_MIME in output.get("data", {})
        ]
        if not all(pictures):
            found.append(f"notebooks/{target.name}: a chart has no picture")
        fresh = finished(page, picture=False)
        for number, (old, new) in enumerate(
            zip_longest(stored.cells, fresh.cells, fillvalue=None)
        ):
            if old != new:
                found.append(
                    f"notebooks/{target.name}, cell {number}: differs from {page.name}"
                )
                break
    return found


def as_text(notebook: nbformat.NotebookNode) -> str:
    return nbformat.writes(notebook, indent=1, sort_keys=True) + "\n"


def finished(page: Path, picture: bool = True) -> nbformat.NotebookNode:
    """One chapter with its outputs and finished text."""
    notebook = build.read_page(page)
    with build.stored_outputs() as store:
        _, notebook = store.merge_match_into_notebook(notebook)
    values: dict[str, Value] = {}
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            values |= from_json(output.get("data", {}).get(VALUES_MIME, {}))
    text = _text_of(page, values)
    for number, cell in enumerate(notebook.cells):
        cell["id"] = f"cell-{number:03d}"
        tags = cell.get("metadata", {}).get("tags", [])
        cell["metadata"] = {"tags": tags} if tags else {}
        if cell["cell_type"] == "markdown":
            cell["source"] = text(cell["source"])
        for output in cell.get("outputs", []):
            if picture and CHART_MIME in output.get("data", {}):
                output["data"]["image/png"] = draw(output["data"][CHART_MIME])
        if "hide-input" in tags:
            cell["metadata"]["jupyter"] = {"source_hidden": True}
    notebook.metadata = {
        "kernelspec": {
            "display_name": "Python 3",
            "language": "python",
            "name": "python3",
        },
        "language_info": {"name": "python"},
    }
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    nbformat.validate(notebook)
    return notebook


def draw(spec: dict[str, Any]) -> str:
    """The chart as PNG, base64, on white: notebooks are shown in light and dark."""
    spec = json.loads(json.dumps(spec))
    spec.setdefault("config", {})["background"] = "#ffffff"
    return base64.b64encode(
        vl_convert.vegalite_to_png(spec, vl_version="6.4", scale=1.25)
    ).decode()


def _text_of(page: Path, values: dict[str, Value]) -> Callable[[str], str]:
    """A function that finishes the page's Markdown; footnotes are numbered in order."""
    name = page.name
    chapter = claims.chapter_of(page.stem)
    notes: list[str] = []

    def role(match: re.Match[str]) -> str:
        kind, content = match.groups()
        key, *modifiers = content.replace(r"\|", "|").split("|")  # as tables write it
        if kind == "v":
            if key not in values:
                raise NotebookError(f"{name}: no cell tells the value {key!r}")
            return format_value(values[key], "en", tuple(modifiers))
        if kind == "stated":
            return format_value(claims.stated(key), "en", tuple(modifiers))
        if kind == "claim":
            return f"**[{key}: {claims.entry(key).verdict.word}]**"
        if kind == "term":  # the glossary is no notebook: its words stay
            return content.partition("<")[0].strip()
        if kind == "doc":
            title, _, target = content.rpartition("<")
            target = target.rstrip(">")
            return f"[{title.strip() or target}]({Path(target).stem}.ipynb)"
        raise NotebookError(f"{name}: the role {kind!r} has no form in a notebook")

    def number(label: str) -> int:
        if label not in notes:
            notes.append(label)
        return notes.index(label) + 1

    def footnote(match: re.Match[str]) -> str:
        return f"<sup>[{number(match.group(1))}]</sup>"

    def line_by_line(source: str) -> str:
        lines, closing, quoted, generated, content = [], "", "", "", []
        for line in source.splitlines():
            opened = DIRECTIVE.match(line)
            if opened and opened.group(2) in ("note", "tip", "warning", "important"):
                closing, quoted = opened.group(1), "> "
                heading = opened.group(3) or opened.group(2).capitalize()
                lines += [f"> **{heading}**", ">"]
            elif opened and opened.group(2) in GENERATED:
                closing, generated, content = opened.group(1), opened.group(2), []
            elif opened and opened.group(2) == "container":
                closing = opened.group(1)
            elif opened:
                raise NotebookError(
                    f"{name}: the directive {opened.group(2)!r} has no form in a notebook"
                )
            elif closing and line.strip() == closing:
                if generated:
                    lines += _generated(generated, content, chapter)
                closing, quoted, generated = "", "", ""
            elif generated:
                content.append(line)
            elif re.fullmatch(r"\([\w-]+\)=", line.strip()):
                continue
            else:
                lines.append(f"{quoted}{line}".rstrip() if quoted else line)
        return "\n".join(lines)

    def finish(source: str) -> str:
        source = ROLE.sub(role, source)
        source = re.sub(r"\]\(([\w-]+)\.md(#[\w-]*)?\)", r"](\1.ipynb\2)", source)
        source = SPAN.sub(r"\1", source)
        source = FOOTNOTE.sub(footnote, source)
        source = "\n".join(
            # No numbered list: notebooks count such a list anew from its first number.
            FOOTNOTE_TEXT.sub(lambda match: f"- [{number(match.group(1))}] ", line)
            for line in source.splitlines()
        )
        return line_by_line(source)

    return finish


def _generated(kind: str, content: list[str], chapter: str) -> list[str]:
    """What a directive leaves in a notebook: a count, or one line a statement or table."""
    if kind == "catalogue":
        return _catalogue()
    if kind == "quiz":
        return _quiz(" ".join(content).split())
    every = kind == "ledger" or ":all:" in content
    listed = [
        entry for entry in claims.ledger() if every or entry.claim.chapter == chapter
    ]
    if kind == "tally":
        counts = Counter(entry.verdict.word for entry in listed)
        words = ", ".join(f"{counts[w]} {w}" for w in claims.LABELS if counts[w])
        return [f"Of {len(listed)} statements: {words}."]
    return [
        f"- **{entry.claim.id}** {entry.claim.statement_en} **{entry.verdict.word}**"
        for entry in listed
    ]


def _quiz(wanted: list[str]) -> list[str]:
    """Statements to judge, and the verdicts below them."""
    entries = [claims.entry(name) for name in wanted]
    questions = [
        f"{number}. {entry.claim.statement_en}" for number, entry in enumerate(entries, 1)
    ]
    verdicts = ", ".join(
        f"{number} {entry.verdict.word}" for number, entry in enumerate(entries, 1)
    )
    return [*questions, "", f"The ledger's verdicts: {verdicts}."]


def _catalogue() -> list[str]:
    """The catalogue in a notebook: one line a table."""
    lines = []
    for table, pages in usage.pages_by_table().items():
        manifest = tables.manifest(table)
        names = "; ".join(map(usage.title_of, pages)) or "none"
        lines.append(
            f"- **{table}**: {manifest['title']}, {manifest['rows']:,} rows,"
            f" {manifest['class']}. Pages that rest on it: {names}."
        )
    return lines
