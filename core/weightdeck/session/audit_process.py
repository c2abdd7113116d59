"""The process that checks displayed numbers, from both sides: NumPy only, one thread, low priority.

Run with ``python -m weightdeck.session.audit_process`` it reads tasks from its standard input and writes what it found
to its standard output, until the input ends: when the other side closes it or is gone.
"""

from __future__ import annotations

import os
import pickle
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from weightdeck.session.audit_check import check
from weightdeck.session.audit_task import AuditTask, Findings

NICENESS = 10
_THREADS = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")
_ROOT = Path(__file__).parents[2]  # where the package is, whatever told the parent


class AuditProcess:
    """The parent's side. Made and used by one thread; `kill` may be called from any."""

    def __init__(self) -> None:
        """Start it. Raises ``OSError`` when that cannot be."""
        path = os.pathsep.join(filter(None, (str(_ROOT), os.environ.get("PYTHONPATH", ""))))
        self._process = subprocess.Popen(
            # -P: no file that lies in the working folder can pass for a module.
            [sys.executable, "-P", "-m", __name__],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**os.environ, **dict.fromkeys(_THREADS, "1"), "PYTHONPATH": path},
            creationflags=_windows_flags(),
        )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._to: BinaryIO = self._process.stdin  # type: ignore[assignment]
        self._from: BinaryIO = self._process.stdout  # type: ignore[assignment]

    @property
    def number(self) -> int:
        """The system's number of the process."""
        return self._process.pid

    def check(self, task: AuditTask) -> tuple[Findings, float]:
        """What it found, and the seconds of computing that took. Waits for it. Raises ``OSError`` or ``EOFError`` when
        the process is gone.
        """
        pickle.dump(task, self._to, pickle.HIGHEST_PROTOCOL)
        self._to.flush()
        findings, seconds = pickle.load(self._from)  # noqa: S301  # from our own process
        return findings, seconds

    def kill(self) -> None:
        """End it at once, whatever it does."""
        self._process.kill()

    def end(self) -> None:
        """End it and leave nothing of it behind."""
        self.kill()
        with suppress(OSError):  # what was being written will not arrive
            self._to.close()
        self._from.close()
        self._process.wait()


def _windows_flags() -> int:
    """No console of its own, and below what the user works with; elsewhere the process sees to that itself."""
    if sys.platform == "win32":
        return subprocess.CREATE_NO_WINDOW | subprocess.BELOW_NORMAL_PRIORITY_CLASS
    return 0


def serve(tasks: BinaryIO, findings: BinaryIO) -> None:
    """The process's side: answer until there is nothing more to read."""
    with suppress(EOFError, BrokenPipeError):
        while True:
            task: AuditTask = pickle.load(tasks)  # noqa: S301  # from the process that started this one
            before_s = time.process_time()
            found = check(task)
            pickle.dump((found, time.process_time() - before_s), findings, pickle.HIGHEST_PROTOCOL)
            findings.flush()


def main() -> None:
    """Become the process."""
    signal.signal(
        signal.SIGINT, signal.SIG_IGN
    )  # Ctrl+C in a terminal is for the window, which then ends this
    if hasattr(os, "nice"):
        os.nice(NICENESS)
    answers, sys.stdout = sys.stdout.buffer, sys.stderr  # nothing else may come between the answers
    serve(sys.stdin.buffer, answers)


if __name__ == "__main__":
    main()
