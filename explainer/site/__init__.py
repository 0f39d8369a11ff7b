"""The Sphinx extension of the book: values, static-first charts, ledger, theme.

``_config.yml`` names it under ``sphinx.extra_extensions``, so ``jupyter-book build .``
and ``python -m explainer build`` render the same pages.
"""

from __future__ import annotations

from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.config import Config

from explainer import build
from explainer.site import catalogue, ledger, outputs, pages, quiz, references


def setup(app: Sphinx) -> dict[str, Any]:
    build.prepare_kernels()
    # All pages are read again when the site's own code or templates change.
    app.add_config_value("explainer_code", build.site_digest(), "env")
    app.connect("config-inited", use_execution_cache)
    app.connect("doctree-read", depend_on_data)
    outputs.setup(app)
    references.setup(app)
    ledger.setup(app)
    quiz.setup(app)
    catalogue.setup(app)
    pages.setup(app)
    return {"version": "1", "parallel_read_safe": False, "parallel_write_safe": True}


def use_execution_cache(app: Sphinx, config: Config) -> None:
    """Key stored outputs by all they depend on, not by their code cells alone."""
    config.nb_execution_cache_path = str(build.execution_cache())


def depend_on_data(app: Sphinx, doctree: nodes.document) -> None:
    """A page whose text is unchanged is read again when data or package change."""
    app.env.note_dependency(str(build.dependencies_stamp()))
