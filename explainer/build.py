"""Build the book: check the tables, run the chapters, render the site.

``python -m explainer build`` does all of it and says what it does. A build that fails
leaves the last good site in place.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import sys
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from functools import cache
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[1]
BUILD = ROOT / "_build"
SITE = BUILD / "site"


class BuildFailed(Exception):
    """One clear message for the person at the keyboard."""


@cache
def dependencies_digest() -> str:
    """A hash of all that a chapter's outputs rest on besides its own cells.

    The execution cache compares code cells only; without this, a changed table or a
    changed function would leave yesterday's numbers on the page.
    """
    digest = hashlib.sha256(sys.version.encode())
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


def execution_cache() -> Path:
    """Where the outputs of chapters are kept for the present data and package."""
    return BUILD / ".executed" / dependencies_digest()


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


# --- running chapters ------------------------------------------------------------


def execute(say: Callable[[str], None] = print) -> int:
    """Run every chapter whose outputs are not stored yet; returns how many ran."""
    from jupyter_cache import get_cache
    from jupyter_cache.base import CacheBundleIn

    folder = execution_cache()
    for old in folder.parent.glob("*/") if folder.parent.exists() else []:
        if old != folder and time.time() - old.stat().st_mtime > 7 * 86400:
            shutil.rmtree(old)
    folder.mkdir(parents=True, exist_ok=True)
    store = get_cache(str(folder))
    stale = []
    for page in filter(is_notebook, chapters()):
        try:
            store.match_cache_notebook(read_page(page))
        except KeyError:
            stale.append(page)
    workers = min(len(stale), os.cpu_count() or 1)
    if not stale:
        return 0
    failures = []
    with ProcessPoolExecutor(workers) as pool:
        for page, (notebook, seconds, error) in zip(
            stale, pool.map(run_page, stale), strict=True
        ):
            name = page.relative_to(ROOT)
            if error:
                failures.append(failure(page, error))
                continue
            store.cache_notebook_bundle(
                CacheBundleIn(notebook, str(page), data={"execution_seconds": seconds}),
                check_validity=False,
                overwrite=True,
            )
            say(f"  ran {name} in {seconds:.1f} s")
    if failures:
        raise BuildFailed("\n".join(failures))
    return len(stale)


def failure(page: Path, error: str) -> str:
    """What failed and where, from the words of the notebook runner."""
    plain = re.sub(r"\x1b\[[0-9;]*m", "", error)
    _, _, rest = plain.partition("------------------\n")
    source, _, trace = rest.partition("\n------------------")
    text = page.read_text(encoding="utf-8")
    line = text[: max(0, text.find(source))].count("\n") + 1
    last = [words for words in trace.splitlines() if words.strip()][-1:]
    code = "\n".join(f"    {words}" for words in source.splitlines())
    place = f"{page.relative_to(ROOT)}, line {line}"
    return f"{place}: this cell failed\n{code}\n  {''.join(last)}"


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


def run_page(page: Path):
    """Run one chapter in a fresh kernel; returns (notebook, seconds, error or None)."""
    from jupyter_cache.executors.utils import single_nb_execution

    prepare_kernels()
    notebook = read_page(page)
    started = time.perf_counter()
    result = single_nb_execution(
        notebook, cwd=str(page.parent), allow_errors=False, timeout=120, meta_override=True
    )
    return notebook, time.perf_counter() - started, result.exc_string if result.err else None


# --- rendering -------------------------------------------------------------------

EDITIONS = {"en": "en"}


def render(folder: str, language: str) -> Path:
    """Render one edition into its work folder, warnings as errors."""
    from sphinx.cmd.build import build_main

    work, doctrees = BUILD / "work" / folder, BUILD / "work" / "doctrees" / folder
    forget_what_is_gone(work, doctrees)
    os.environ["BOOK_LANGUAGE"] = language
    arguments = ["-n", "-W", "--keep-going", "-q", "-b", "html"]
    if build_main([*arguments, "-d", str(doctrees), str(ROOT), str(work)]):
        # Sphinx warns about a page once, when it reads it: read all of them again.
        shutil.rmtree(doctrees, ignore_errors=True)
        raise BuildFailed(
            f"the {folder} edition did not build; the messages above name file and line"
        )
    return work


def forget_what_is_gone(work: Path, doctrees: Path) -> None:
    """A page or a file that the book no longer has must not live on in the site."""
    listing = work.with_suffix(".pages")
    pages = "\n".join([site_digest(), *(page.stem for page in chapters())])
    if not listing.exists() or listing.read_text() != pages:
        for folder in (work, doctrees):
            shutil.rmtree(folder, ignore_errors=True)
        work.mkdir(parents=True, exist_ok=True)
        listing.write_text(pages)


def publish(editions: dict[str, Path]) -> None:
    """Put the rendered editions in place of the last site, all or nothing."""
    from explainer.site.pages import redirect

    new, old = BUILD / "site.new", BUILD / "site.old"
    for folder in (new, old):
        shutil.rmtree(folder, ignore_errors=True)
    for name, rendered in editions.items():
        shutil.copytree(rendered, new / name, ignore=shutil.ignore_patterns(".buildinfo"))
    shutil.copytree(new / "en" / "ledger", new / "ledger")
    (new / "index.html").write_text(redirect("en/index.html"), encoding="utf-8")
    (new / ".nojekyll").touch()
    if SITE.exists():
        SITE.rename(old)
    new.rename(SITE)
    shutil.rmtree(old, ignore_errors=True)


def build() -> None:
    """Everything, with a line for each step."""
    from explainer import prose, tables

    started = time.perf_counter()

    def step(number: int, text: str) -> None:
        print(f"[{number}/4] {text}", flush=True)

    step(1, f"checking {len(tables.names())} tables, and the text for typed numbers")
    for name in tables.names():
        tables.read(name)
    typed = [str(found) for page in chapters() for found in prose.bare_numbers(page)]
    if typed:
        raise BuildFailed("\n".join(typed))
    pages = [page for page in chapters() if is_notebook(page)]
    step(2, f"running {len(pages)} chapters (stored outputs are reused)")
    ran = execute(lambda line: print(line, flush=True))
    if ran < len(pages):
        print(f"  {len(pages) - ran} unchanged")
    editions = {}
    for folder, language in EDITIONS.items():
        step(3, f"rendering the {folder} edition")
        editions[folder] = render(folder, language)
    step(4, "putting the site in place")
    publish(editions)
    print(
        f"Done in {time.perf_counter() - started:.1f} s. The book is at\n"
        f"  {SITE / 'index.html'}\n"
        "Open that file in a browser, or run `make serve`."
    )


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
