"""What the tests share: the built site and a browser."""

from __future__ import annotations

import functools
import http.server
import os
import sys
import threading
from pathlib import Path

import pytest

from explainer import ROOT

sys.path.insert(0, str(ROOT / "tools"))
import chromium  # noqa: E402


@pytest.fixture(scope="session")
def site() -> Path:
    """The site that ``make book`` built."""
    built = ROOT / "_build" / "site"
    if not (built / "index.html").exists():
        pytest.fail("there is no built site; run `make book` first", pytrace=False)
    return built


@pytest.fixture(scope="session")
def browser():
    """Headless Chromium; skipped where there is none, required where CI says so."""
    path = chromium.path()
    if path is None:
        message = "no Chromium on this machine: browser tests need one"
        if os.environ.get("CI"):
            pytest.fail(message, pytrace=False)
        pytest.skip(message)
    with chromium.launched(path) as started:
        yield started


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="session")
def server(site: Path):
    """The built site on a port of its own; yields the address of its root."""
    handler = functools.partial(_Quiet, directory=str(site))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as httpd:
        threading.Thread(target=httpd.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{httpd.server_port}"
        httpd.shutdown()
