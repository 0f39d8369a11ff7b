"""What the page on data and methods says about the project is so."""

from __future__ import annotations

import re

import yaml

from explainer import build

PAGE = build.ROOT / "chapters" / "data-and-methods.md"


def test_the_book_is_cited_as_the_citation_file_has_it():
    citation = yaml.safe_load((build.ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    expected = (
        f"“{citation['authors'][0]['name']}: {citation['title']},"
        f" version {citation['version']}, "
    )
    assert expected in PAGE.read_text(encoding="utf-8")


def test_every_command_that_the_page_names_is_there():
    makefile = (build.ROOT / "Makefile").read_text(encoding="utf-8")
    commands = re.findall(r"`make (\w+)`", PAGE.read_text(encoding="utf-8"))
    assert commands
    for command in commands:
        assert re.search(rf"(?m)^{command}:", makefile), command
