"""Sphinx settings, read from ``_config.yml`` so that nothing is said twice.

``jupyter-book build .`` reads that file itself; this is for ``sphinx-build`` and adds
the edition's language.
"""

import os
from pathlib import Path

from jupyter_book.config import get_final_config

_settings, _ = get_final_config(
    user_yaml=Path(__file__).parent / "_config.yml",
    sourcedir=Path(__file__).parent,
    cli_config={
        "external_toc_path": "_toc.yml",
        "external_toc_exclude_missing": True,
        "latex_individualpages": False,
    },
)
globals().update(_settings)
language = os.environ.get("BOOK_LANGUAGE", "en")
