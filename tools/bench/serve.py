"""Local servers that compress as real hosts do and note what they were asked for.

One serves a book. The other stands in for the public network: it serves packages by
the addresses under which a delivery network has them, under a host name of its own, so
that the browser counts its requests as third-party ones.
"""

from __future__ import annotations

import gzip
import http.server
import json
import mimetypes
import subprocess
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from urllib.parse import unquote, urlsplit

from bench.report import ROOT

TEXT = {".html", ".css", ".js", ".mjs", ".svg", ".json", ".csv", ".txt", ".xml", ".map"}
PACKAGES = ROOT / "_build" / "bench" / "packages"
# Where a page asks for packages, and under which path the stand-in has them.
NETWORKS = {
    "https://cdn.jsdelivr.net/npm/": "/jsdelivr/",
    "https://unpkg.com/": "/unpkg/",
}


@dataclass
class Site:
    """A server: where it is, what it was asked for (path, bytes), what it has sent."""

    address: str = ""
    asked: list[tuple[str, int]] = field(default_factory=list)
    sent: set[str] = field(default_factory=set)
    missing: set[str] = field(default_factory=set)

    def loaded(self) -> tuple[int, float]:
        """How many requests there were since the last call, and their kB."""
        asked, self.asked[:] = list(self.asked), []
        return len(asked), sum(size for _, size in asked) / 1000


Find = Callable[[str], Path | None]
Change = Callable[[bytes], bytes]


@contextmanager
def serve(
    find: Find, change: Change = lambda page: page, host: str = "127.0.0.1"
) -> Iterator[Site]:
    """Serve the files that ``find`` names; ``change`` is applied to HTML pages."""
    site = Site()
    ready: dict[str, tuple[bytes, str, bool]] = {}

    def load(address: str) -> tuple[bytes, str, bool] | None:
        """What to send, its type, and whether it is compressed; None if unknown."""
        if address not in ready:
            path = find(address)
            if path is None or not path.is_file():
                return None
            body, text = path.read_bytes(), path.suffix in TEXT
            kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
            if path.suffix == ".html":
                body = change(body)
            body = gzip.compress(body, 9) if text else body
            ready[address] = (body, kind, text)
        return ready[address]

    class Handler(http.server.SimpleHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            found = load(self.path)
            body, kind, compressed = found or (b"", "text/plain", False)
            site.asked.append((self.path, len(body)))
            (site.missing if found is None else site.sent).add(self.path)
            self.send_response(200 if found else 404)
            self.send_header("Content-Type", kind)
            if compressed:
                self.send_header("Content-Encoding", "gzip")
            self.send_header("Access-Control-Allow-Origin", "*")
            self.send_header("Cache-Control", "max-age=600")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    class Server(http.server.ThreadingHTTPServer):
        def handle_error(self, *_: object) -> None:
            """A browser that closes while it loads is no error."""

    with Server(("127.0.0.1", 0), Handler) as server:
        site.address = f"http://{host}:{server.server_port}"
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield site
        server.shutdown()


def file_in(folder: Path, address: str) -> Path | None:
    """The file of a folder that an address names."""
    path = folder / unquote(urlsplit(address).path).lstrip("/")
    path = path / "index.html" if path.is_dir() else path
    return path if path.resolve().is_relative_to(folder.resolve()) else None


def packaged(address: str) -> Path | None:
    """The file that ``/jsdelivr/vega@6/build/vega.js``, say, stands for.

    Packages come from npm, once; None where npm is missing or knows no such package.
    """
    network, named, inside = parts_of(address)
    folder = package(named)
    if folder is None:
        return None
    about = json.loads((folder / "package.json").read_text(encoding="utf-8"))
    inside = inside or about.get(network) or about.get("main") or "index.js"
    return file_in(folder, inside)


def parts_of(address: str) -> tuple[str, str, str]:
    """Network, package and file of such an address."""
    _, network, *parts = urlsplit(address).path.split("/")
    length = 2 if parts and parts[0].startswith("@") else 1
    return network, "/".join(parts[:length]), "/".join(parts[length:])


def package(named: str) -> Path | None:
    """The unpacked folder of a package such as ``vega@6``."""
    folder = PACKAGES / named.replace("/", "+")
    if not (folder / "package" / "package.json").exists():
        folder.mkdir(parents=True, exist_ok=True)
        try:
            packed = subprocess.run(
                ["npm", "pack", named, "--json", "--pack-destination", str(folder)],
                capture_output=True, text=True, timeout=120, check=True,
            )  # fmt: skip
            archive = json.loads(packed.stdout)[0]["filename"]
            subprocess.run(["tar", "-xzf", archive], cwd=folder, check=True)
        except (OSError, subprocess.SubprocessError, ValueError):
            return None
    return folder / "package"


def packages(addresses: Iterable[str]) -> list[str]:
    """Name and exact version of the packages behind addresses that were sent."""
    found = set()
    for _, named, _ in map(parts_of, addresses):
        about = PACKAGES / named.replace("/", "+") / "package" / "package.json"
        version = json.loads(about.read_text(encoding="utf-8"))["version"]
        found.add(f"{named.rpartition('@')[0] or named} {version}")
    return sorted(found)


def to_stand_in(address: str, page: bytes) -> bytes:
    """The page with the stand-in's address in place of the networks'."""
    for network, path in NETWORKS.items():
        page = page.replace(network.encode(), f"{address}{path}".encode())
    return page


@dataclass(frozen=True)
class Book:
    """A book on its server: this one or stock, and where its chapters are."""

    is_stock: bool
    site: Site
    folder: str

    def page(self, name: str) -> str:
        """The address of a chapter."""
        return f"{self.site.address}/{self.folder}/{name}.html"


@contextmanager
def both(own: Path, stock: Path) -> Iterator[tuple[Book, Book, Site]]:
    """This book, stock, and the stand-in for the network that stock's pages ask."""
    with (
        serve(packaged, host="network.localhost") as network,
        serve(partial(file_in, own)) as own_site,
        serve(partial(file_in, stock), partial(to_stand_in, network.address)) as stock_site,
    ):
        yield (
            Book(False, own_site, "en/chapters"),
            Book(True, stock_site, "chapters"),
            network,
        )
