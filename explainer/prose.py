"""No sentence carries a number that a cell did not produce.

Measured numbers in prose, chart titles and descriptions are slots. :func:`bare_numbers`
finds the digits that were typed; what may stand as it is matches one of ``ALLOWED``.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

MONTH = (
    "(?:January|February|March|April|May|June|July|August|September|October|November"
    "|December)"
)

# (pattern, why it may be typed)
ALLOWED: list[tuple[str, str]] = [
    (rf"\b\d{{1,2}}(?: (?:to|and|or|–) \d{{1,2}})? {MONTH}(?: (?:19|20)\d\d)?\b", "a date"),
    (rf"\b{MONTH} (?:19|20)\d\d\b", "a month"),
    (r"\b(?:19|20)\d\d(?:[–-](?:19|20)?\d\d)?s?\b", "a year"),
    (r"\b[A-Z]?\d{1,2}:\d\d\b", "a time of day"),
    (r"\bS&P 500\b|\bNasdaq[- ]100\b", "the name of an index"),
    (r"\b(?:10-[KQ]|20-F|8-K|6-K)\b", "the name of a filing"),
    (r"\b[HAVB]\d{2,3}s?\b|\bGB200\b|\bBF16\b|\bFP8\b", "the name of a chip or format"),
    (r"\b[VR]\d(?:\.\d)?(?:-[A-Z]\w+)?\b", "the name of a model"),
    (r"\bGPT-\d(?:\.\d|o)?(?:[- ]mini)?\b|\bo[134](?:-mini|-\d{4})?\b", "the name of a model"),
    (r"\bL[Ll]a[Mm][Aa](?:[- ]\d(?:\.\d)?\b)?(?:[- ]\d+B)?\b", "the name of a model"),
    (r"\b(?:Qwen|Kimi K|Grok|Claude|Gemini|Sonnet)[- ]?\d(?:\.\d)?\b", "the name of a model"),
    (r"\b[NES]\d{3}\b", "the number of a statement"),
    (r"\bNo\. 1\b", "the usual name of first place on a chart"),
    (r"\b[Cc]hapters? \d\b|\b[Ss]ection \d\.\d\b", "the number of a chapter"),
    (r"“[^”]*”", "a marked quotation"),
    (r"\bPython 3\.\d\d\b", "the name of a language version"),
    (r"\b(?:CC BY 4\.0)\b", "the name of a licence"),
]
_ALLOWED = re.compile("|".join(f"(?:{pattern})" for pattern, _ in ALLOWED))
_DIGIT = re.compile(r"\S*\d\S*")

ROLE = re.compile(r"\{[a-z]+\}`[^`]*`")
CODE = re.compile(r"`[^`]*`")
LINK_TARGET = re.compile(r"\]\([^)]*\)|<https?://[^>]*>|\[\^[\w-]+\]:?")
HEADING = re.compile(r"^#{1,6}\s+(?:\d(?:\.\d)?\s+)?")
SLOT = re.compile(r"\{[a-z][\w|]*\}")
TEXT_ARGUMENTS = {"title", "subtitle", "description", "note"}


@dataclass(frozen=True)
class BareNumber:
    """A typed number: where it stands and what it is."""

    file: str
    line: int
    text: str

    def __str__(self) -> str:
        return (
            f"{self.file}, line {self.line}: the number {self.text!r} is typed; expected "
            "a value told by a cell, such as {v}`name`"
        )


def bare_numbers(page: Path) -> list[BareNumber]:
    """The typed numbers of one page: its prose, and the texts of its charts."""
    source = page.read_text(encoding="utf-8")
    found = [
        BareNumber(page.name, line, number)
        for line, text in prose_lines(source)
        for number in _numbers(text)
    ]
    for start, code in code_cells(source):
        for line, text in chart_texts(code):
            found += [
                BareNumber(page.name, start + line, number)
                for number in _numbers(SLOT.sub(" ", text))
            ]
    return found


def _numbers(text: str) -> list[str]:
    return [match.group(0) for match in _DIGIT.finditer(_ALLOWED.sub(" ", text))]


def prose_lines(source: str) -> Iterator[tuple[int, str]]:
    """The lines of prose with roles, code and addresses taken out; (line, text)."""
    front_matter = source.startswith("---\n")
    fence = ""
    for number, line in enumerate(source.splitlines(), start=1):
        if front_matter:
            front_matter = not (number > 1 and line == "---")
            continue
        opened = re.match(r"^(`{3,}|:{3,})(\{[\w-]+\})?(.*)$", line)
        if opened and not fence and opened.group(2) == "{code-cell}":
            fence = opened.group(1)
            continue
        if fence:
            fence = "" if line.strip() == fence else fence
            continue
        if opened:
            line = opened.group(3)
        for pattern in (ROLE, CODE, LINK_TARGET, HEADING):
            line = pattern.sub(" ", line)
        yield number, re.sub(r"^\d+\. ", "", line)


def code_cells(source: str) -> Iterator[tuple[int, str]]:
    """Each code cell with the line number of its fence."""
    lines = source.splitlines()
    start = None
    for number, line in enumerate(lines, start=1):
        if start is None and line.startswith("```{code-cell}"):
            start = number
        elif start is not None and line == "```":
            body = lines[start : number - 1]
            yield start, "\n".join("" if text.startswith(":tags:") else text for text in body)
            start = None


def chart_texts(code: str) -> Iterator[tuple[int, str]]:
    """The texts that a cell gives to ``charts.figure`` and ``charts.Sentence``."""
    for node in ast.walk(ast.parse(code)):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
            continue
        if node.func.attr == "figure":
            wanted = [k.value for k in node.keywords if k.arg in TEXT_ARGUMENTS]
        elif node.func.attr == "Sentence":
            wanted = node.args[:1]
        else:
            continue
        for value in wanted:
            for part in ast.walk(value):
                if isinstance(part, ast.Constant) and isinstance(part.value, str):
                    yield part.lineno, part.value
