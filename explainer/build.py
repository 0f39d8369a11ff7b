"""Build the book: check the tables, run the chapters, render the site.

``python -m explainer build`` does all of it and says what it does. A build that fails
leaves the last good site in place.
"""

from __future__ import annotations

import gc
import hashlib
import json
import os
import pickle
import re
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import yaml

from explainer import ROOT

if TYPE_CHECKING:
    from jupyter_cache.cache.main import JupyterCacheBase
    from nbformat import NotebookNode

BUILD = ROOT / "_build"
SITE = BUILD / "site"
PUBLISHED = BUILD / "published.json"
DRAWINGS = BUILD / ".drawings"
WHERE = (
    f"The book is at\n  {SITE / 'index.html'}\n"
    "Open that file in a browser, or run `make serve`."
)


class BuildFailed(Exception):
    """One clear message for the person at the keyboard."""


def sha256(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


# --- what is up to date ----------------------------------------------------------


def environment() -> str:
    """The Python and the packages that run, whatever the lock says."""
    packages = (
        found.name for folder in sys.path for found in Path(folder).glob("*.dist-info")
    )
    return "\n".join([sys.version, *sorted(packages)])


@cache
def dependencies_digest() -> str:
    """A hash of all that a chapter's outputs rest on besides its own cells.

    The execution cache compares code cells only; without this, a changed table or a
    changed function would leave yesterday's numbers on the page.
    """
    digest = hashlib.sha256(environment().encode())
    package = [
        path
        for path in sorted((ROOT / "explainer").rglob("*.py"))
        if "site" not in path.relative_to(ROOT / "explainer").parts
    ]
    data = sorted((ROOT / "data").glob("*.csv")) + sorted((ROOT / "data").glob("*.yml"))
    for path in [*data, *package, ROOT / "requirements.lock"]:
        digest.update(path.relative_to(ROOT).as_posix().encode() + b"\0")
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def dependencies_stamp() -> Path:
    """A file that changes exactly when :func:`dependencies_digest` does."""
    stamp = BUILD / ".executed" / "dependencies"
    if not stamp.exists() or stamp.read_text() != dependencies_digest():
        stamp.parent.mkdir(parents=True, exist_ok=True)
        stamp.write_text(dependencies_digest())
    return stamp


@cache
def site_digest() -> str:
    """A hash of what turns outputs into pages: the extension, its theme, the bundle."""
    digest = hashlib.sha256()
    for folder in ("explainer/site", "web/dist"):
        for path in sorted((ROOT / folder).rglob("*")):
            if path.is_file() and path.suffix != ".pyc":
                digest.update(path.relative_to(ROOT).as_posix().encode() + b"\0")
                digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def project_files() -> Iterator[Path]:
    """Every file of the project: a list of those that matter could forget one.

    Left out: what is hidden, built, installed or written by Python itself.
    """
    for folder, subfolders, names in os.walk(ROOT):
        subfolders[:] = [
            name
            for name in subfolders
            if not name.startswith(".")
            and name not in ("_build", "node_modules", "__pycache__")
            and not Path(folder, name, "pyvenv.cfg").exists()
        ]
        yield from filter(Path.is_file, (Path(folder, name) for name in names))


def inputs_digest() -> str:
    """A hash of everything that the site can depend on."""
    settings = (
        f"{name}={value}"
        for name, value in sorted(os.environ.items())
        if name.startswith(("BOOK_", "EXPLAINER_"))
    )
    files = (f"{path.relative_to(ROOT)} {sha256(path)}" for path in project_files())
    everything = "\n".join([environment(), *settings, *sorted(files)])
    return hashlib.sha256(everything.encode()).hexdigest()


def hashes(folder: Path) -> dict[str, str]:
    """SHA-256 of every file below a folder."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): sha256(path) for path in files}


def published() -> dict:
    """What the last good build left: its inputs, the site's and the work's files."""
    known = {"inputs": "", "files": {}, "work": {}}
    with suppress(OSError, ValueError):
        known |= json.loads(PUBLISHED.read_text(encoding="utf-8"))
    return known


def is_current(inputs: str) -> bool:
    """Whether the site is the one that these inputs make, to the last byte."""
    last = published()
    return last["inputs"] == inputs and last["files"] == hashes(SITE)


def remember(inputs: str, editions: dict[str, Path]) -> None:
    """Store what :func:`published` gives back."""
    work = {name: hashes(rendered) for name, rendered in editions.items()}
    known = {"inputs": inputs, "files": hashes(SITE), "work": work}
    PUBLISHED.write_text(json.dumps(known, indent=1), encoding="utf-8")


# --- the data --------------------------------------------------------------------


def check_data() -> bool:
    """Check the tables and judge the statements; False if that was done before.

    Once for the same data, package and environment: the verdicts are stored.
    """
    from explainer import claims, tables

    stored = execution_cache() / "verdicts.pickle"
    if stored.exists():
        claims.take_over(pickle.loads(stored.read_bytes()))
        return False
    for name in tables.names():
        tables.read(name)
    stored.parent.mkdir(parents=True, exist_ok=True)
    temporary = stored.with_suffix(".tmp")
    temporary.write_bytes(pickle.dumps(claims.ledger()))
    temporary.replace(stored)
    return True


# --- the chapters ----------------------------------------------------------------


def execution_cache() -> Path:
    """Where the outputs of chapters are kept for the present data and package."""
    return BUILD / ".executed" / dependencies_digest()


@contextmanager
def stored_outputs() -> Iterator[JupyterCacheBase]:
    """The store of chapters' outputs; its database is closed at the end."""
    from jupyter_cache import get_cache

    store = get_cache(str(execution_cache()))
    try:
        yield store
    finally:
        store.db.dispose()


def chapters() -> list[Path]:
    """The book's pages in reading order, from ``_toc.yml``."""
    toc = yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf-8"))
    names = [toc["root"]]
    parts = toc.get("parts") or [toc]
    for part in parts:
        names += [entry["file"] for entry in part.get("chapters", [])]
    return [ROOT / f"{name}.md" for name in names]


def is_notebook(page: Path) -> bool:
    """Whether a page has cells to run."""
    return page.read_text(encoding="utf-8").startswith("---\njupytext:")


def execute(
    say: Callable[[str], None] = print,
    then: Callable[[NotebookNode], None] | None = None,
) -> int:
    """Run every chapter whose outputs are not stored yet; returns how many ran.

    ``then`` is for work beside: see :func:`explainer.kernels.run_all`.
    """
    folder = execution_cache()
    for old in folder.parent.glob("*/") if folder.parent.exists() else []:
        if old != folder and time.time() - old.stat().st_mtime > 7 * 86400:
            shutil.rmtree(old)
    known = {page: folder / "pages" / sha256(page) for page in chapters()}
    unknown = [page for page in known if is_notebook(page) and not known[page].exists()]
    if not unknown:
        return 0
    stale = without_outputs(unknown)
    if stale:
        run(stale, say, then)
    (folder / "pages").mkdir(exist_ok=True)
    for page in unknown:
        known[page].touch()
    return len(stale)


def without_outputs(pages: list[Path]) -> list[tuple[Path, NotebookNode]]:
    """Those of the chapters that were not run yet with the cells that they have."""
    found = []
    with stored_outputs() as store:
        for page in pages:
            notebook = read_page(page)
            try:
                store.match_cache_notebook(notebook)
            except KeyError:
                found.append((page, notebook))
    return found


def run(
    notebooks: list[tuple[Path, NotebookNode]],
    say: Callable[[str], None],
    then: Callable[[NotebookNode], None] | None,
) -> None:
    """Run chapters and store their outputs; BuildFailed lists all that fail."""
    from jupyter_cache.base import CacheBundleIn

    from explainer import kernels

    failures = []
    prepare_kernels()
    with stored_outputs() as store:
        for page, notebook, seconds, error in kernels.run_all(notebooks, then):
            if error:
                failures.append(failure(page, error))
                continue
            store.cache_notebook_bundle(
                CacheBundleIn(notebook, str(page), data={"execution_seconds": seconds}),
                check_validity=False,
                overwrite=True,
            )
            say(f"  ran {page.relative_to(ROOT)} in {seconds:.1f} s")
    if failures:
        raise BuildFailed("\n".join(failures))


def failure(page: Path, error: str) -> str:
    """What failed and where, from the words of the notebook runner."""
    plain = re.sub(r"\x1b\[[0-9;]*m", "", error)
    _, _, rest = plain.partition("------------------\n")
    source, _, trace = rest.partition("\n------------------")
    if not source:  # the kernel itself ended
        return f"{page.relative_to(ROOT)}: {plain}"
    text = page.read_text(encoding="utf-8")
    line = text[: max(0, text.find(source))].count("\n") + 1
    # A cell that took too long leaves no traceback; the first line says so.
    told = [words for words in trace.splitlines() if words.strip("- ")]
    last = told[-1] if told else plain.partition("\n")[0]
    code = "\n".join(f"    {words}" for words in source.splitlines())
    place = f"{page.relative_to(ROOT)}, line {line}"
    return f"{place}: this cell failed\n{code}\n  {last}"


def read_page(page: Path):
    """A chapter as myst-nb reads it, so that the cache recognises it."""
    from myst_nb.core.read import myst_nb_reader_plugin

    return myst_nb_reader_plugin(str(page))


def prepare_kernels() -> None:
    """What every kernel of a build inherits: how charts leave a cell, and no habits.

    A profile of its own keeps the start-up files of whoever builds out of the book, and
    a notice about local sockets out of its log.
    """
    from explainer.charts.renderer import OUTPUT

    profile = BUILD / ".ipython" / "profile_default"
    profile.mkdir(parents=True, exist_ok=True)
    settings = 'get_config().IPKernelApp.log_level = "ERROR"\n'
    (profile / "ipython_kernel_config.py").write_text(settings)
    os.environ["IPYTHONDIR"] = str(profile.parent)
    os.environ[OUTPUT] = "book"
    os.environ.setdefault("PYDEVD_DISABLE_FILE_VALIDATION", "1")


# --- rendering -------------------------------------------------------------------

EDITIONS = {"en": "en"}


def draw_charts(notebook: NotebookNode) -> None:
    """Draw a chapter's charts ahead, so that rendering finds them drawn."""
    from explainer.charts.renderer import MIME
    from explainer.site.charts import BadChart, read_figure

    outputs = (one for cell in notebook.cells for one in cell.get("outputs", []))
    for spec in (one.data[MIME] for one in outputs if MIME in one.get("data", {})):
        for language in EDITIONS.values():
            with suppress(BadChart):  # rendering says where
                read_figure(spec, language, DRAWINGS)


def render(folder: str, language: str) -> Path:
    """Render one edition into its work folder, warnings as errors."""
    from sphinx.cmd.build import build_main

    work, doctrees = BUILD / "work" / folder, BUILD / "work" / "doctrees" / folder
    forget_what_is_gone(work, doctrees)
    os.environ["BOOK_LANGUAGE"], os.environ["BOOK_EDITION"] = language, folder
    arguments = ["-n", "-W", "--keep-going", "-q", "-b", "html"]
    if build_main([*arguments, "-d", str(doctrees), str(ROOT), str(work)]):
        # Sphinx warns about a page once, when it reads it: read all of them again.
        shutil.rmtree(doctrees, ignore_errors=True)
        raise BuildFailed(
            f"the {folder} edition did not build; the messages above name file and line"
        )
    return work


def forget_what_is_gone(work: Path, doctrees: Path) -> None:
    """A page or a file that the book no longer has must not live on in the site.

    Nor must a file that is not as the last good build left it.
    """
    listing = work.with_suffix(".pages")
    pages = "\n".join([site_digest(), *(page.stem for page in chapters())])
    as_it_was = hashes(work) == published()["work"].get(work.name)
    if not as_it_was or not listing.exists() or listing.read_text() != pages:
        for folder in (work, doctrees):
            shutil.rmtree(folder, ignore_errors=True)
        work.mkdir(parents=True, exist_ok=True)
        listing.write_text(pages)


def publish(editions: dict[str, Path]) -> None:
    """Put the rendered editions in place of the last site, all or nothing."""
    from explainer.site import head, root

    new, old = BUILD / "site.new", BUILD / "site.old"
    for folder in (new, old):
        shutil.rmtree(folder, ignore_errors=True)
    unwanted = shutil.ignore_patterns(".buildinfo")
    for name, rendered in editions.items():
        shutil.copytree(rendered, new / name, ignore=unwanted)
    shutil.copytree(new / "en" / "ledger", new / "ledger")
    pages = [page.relative_to(ROOT).with_suffix(".html").as_posix() for page in chapters()]
    root.write(new, list(editions), pages, head.site_address())
    if SITE.exists():
        SITE.rename(old)
    new.rename(SITE)
    shutil.rmtree(old, ignore_errors=True)


def build() -> None:
    """Everything, with a line for each step; nothing, if nothing has changed."""
    started = time.perf_counter()
    inputs = inputs_digest()  # of now: what changes during the build counts as changed
    if is_current(inputs):
        print(f"Nothing has changed since the last build. {WHERE}")
        return
    gc.disable()  # a build is short, and looking for garbage takes a seventh of it
    from explainer import prose, tables

    def step(number: int, text: str) -> None:
        print(f"[{number}/4] {text}", flush=True)

    step(1, f"checking {len(tables.names())} tables, and the text for typed numbers")
    if not check_data():
        print("  tables unchanged")
    typed = [str(found) for page in chapters() for found in prose.bare_numbers(page)]
    if typed:
        raise BuildFailed("\n".join(typed))
    pages = [page for page in chapters() if is_notebook(page)]
    step(2, f"running {len(pages)} chapters (stored outputs are reused)")
    ran = execute(lambda line: print(line, flush=True), then=draw_charts)
    if ran < len(pages):
        print(f"  {len(pages) - ran} unchanged")
    editions = {}
    for folder, language in EDITIONS.items():
        step(3, f"rendering the {folder} edition")
        editions[folder] = render(folder, language)
    step(4, "putting the site in place")
    publish(editions)
    remember(inputs, editions)
    print(f"Done in {time.perf_counter() - started:.1f} s. {WHERE}")


def write_notebooks() -> None:
    """Run what has changed and write the executed notebooks."""
    from explainer import notebooks

    execute(lambda line: print(line, flush=True))
    for path in notebooks.write():
        print(f"  wrote {path.relative_to(ROOT)}")


COMMANDS = {"build": build, "notebooks": write_notebooks}


def main(arguments: list[str]) -> int:
    if len(arguments) != 1 or arguments[0] not in COMMANDS:
        print(f"usage: python -m explainer {'|'.join(COMMANDS)}", file=sys.stderr)
        return 2
    try:
        COMMANDS[arguments[0]]()
    except (BuildFailed, ValueError) as error:
        print(f"Nothing was written. {error}", file=sys.stderr)
        return 1
    return 0
