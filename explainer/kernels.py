"""Kernels that run the chapters of a build.

Each chapter has a kernel of its own, which takes seconds to import pandas and Altair
and to read the tables. Where the system can (Linux), the kernels of a build are forks
of the build itself, which has done all that once: ordinary kernels with an empty
namespace, each in its own process, that are ready at once. Elsewhere, and for everybody
who opens a notebook, kernels start in the ordinary way.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from ipykernel.kernelapp import IPKernelApp
from jupyter_client.manager import AsyncKernelManager
from jupyter_client.provisioning import KernelProvisionerBase
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from nbformat import NotebookNode

TIMEOUT_SECONDS = 120  # for one cell


class Fork(KernelProvisionerBase):
    """Jupyter's handle on a kernel's process, here a fork of this one."""

    def __init__(self, connection_file: str, cwd: Path) -> None:
        super().__init__()
        context = multiprocessing.get_context("fork")
        self.process = context.Process(target=serve, args=(connection_file, cwd))
        self.process.daemon = True
        self.process.start()

    @property
    def has_process(self) -> bool:
        return True

    async def poll(self) -> int | None:
        return self.process.exitcode

    async def wait(self) -> int | None:
        self.process.join()
        return self.process.exitcode

    async def send_signal(self, signum: int) -> None:
        os.kill(self.process.pid, signum)

    async def kill(self, restart: bool = False) -> None:
        self.process.kill()

    async def terminate(self, restart: bool = False) -> None:
        self.process.terminate()

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> dict[str, Any]:
        raise NotImplementedError("it runs already")

    async def cleanup(self, restart: bool = False) -> None:
        pass


def forked_kernel(place: Path, cwd: Path) -> AsyncKernelManager:
    """A kernel in folder ``cwd``; its sockets' names begin with ``place``."""
    kernel = AsyncKernelManager(
        transport="ipc", ip=str(place), connection_file=f"{place}.json"
    )
    kernel.write_connection_file()
    kernel.provisioner = Fork(kernel.connection_file, cwd)
    return kernel


def serve(connection_file: str, cwd: Path) -> None:
    """Be a kernel: all that a forked process does."""
    os.setsid()  # Ctrl-C is for the build alone, which then stops its kernels
    os.chdir(cwd)
    IPKernelApp.launch_instance(["-f", connection_file], parent_handle=os.getppid())


def warm_up() -> None:
    """Import and compute what most chapters need, so that their kernels inherit it."""
    import pandas as pd

    from explainer import charts, claims, tables  # noqa: F401

    # What pandas chooses when it is imported in a notebook and not, as here, outside.
    pd.set_option("display.max_columns", 20)
    for name in tables.names():
        tables.read(name)
    claims.ledger()


def forked_helpers(workers: int) -> ProcessPoolExecutor:
    """Processes for work beside; they leave Ctrl-C to the build."""
    helpers = ProcessPoolExecutor(
        workers,
        mp_context=multiprocessing.get_context("fork"),
        initializer=signal.signal,
        initargs=(signal.SIGINT, signal.SIG_IGN),
    )
    helpers.submit(int)  # the first task forks all of them, now
    return helpers


def run_all(
    notebooks: list[tuple[Path, NotebookNode]],
    then: Callable[[NotebookNode], None] | None = None,
) -> Iterator[tuple[Path, NotebookNode, float, str | None]]:
    """Run chapters side by side; yields (page, notebook with outputs, seconds, error).

    ``then`` is called with each notebook that ran without an error, in another process,
    where the system can fork; its result and its exceptions are lost.
    """
    workers = os.cpu_count() or 1
    kernels: list[AsyncKernelManager | None] = [None] * len(notebooks)
    with ExitStack() as stack:
        threads = stack.enter_context(ThreadPoolExecutor(workers))
        stack.callback(threads.shutdown, wait=False, cancel_futures=True)
        if sys.platform == "linux":
            warm_up()
            folder = stack.enter_context(TemporaryDirectory())
            # All before the first is talked to: that takes threads, and a process with
            # threads cannot be forked safely.
            for number, (page, _) in enumerate(notebooks):
                kernel = forked_kernel(Path(folder, str(number)), page.parent)
                stack.callback(kernel.provisioner.process.kill)
                kernels[number] = kernel
        helpers = None
        if then and sys.platform == "linux":
            helpers = stack.enter_context(forked_helpers(workers))
        results = threads.map(run, notebooks, kernels)
        for (page, notebook), (seconds, error) in zip(notebooks, results, strict=True):
            if helpers and not error:
                helpers.submit(then, notebook)
            yield page, notebook, seconds, error


def run(
    chapter: tuple[Path, NotebookNode], kernel: AsyncKernelManager | None
) -> tuple[float, str | None]:
    """Run one chapter and store its outputs in it; returns (seconds, error or None)."""
    page, notebook = chapter
    started = time.perf_counter()
    client = NotebookClient(
        notebook, km=kernel, timeout=TIMEOUT_SECONDS, record_timing=False
    )
    error = None
    try:
        client.execute(cwd=str(page.parent))
    except (CellExecutionError, CellTimeoutError, DeadKernelError) as problem:
        error = str(problem)
    if kernel is not None:
        kernel.provisioner.process.kill()
    return time.perf_counter() - started, error
