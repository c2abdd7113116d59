"""Carries the pending steps out, one after the other, and shows it."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from bootstrap.errors import SetupError
from bootstrap.stamps import Stamps

REFRESH_S = 0.25
CHILD_GRACE_S = 20.0  # what pip gets to tidy up after Ctrl-C before it is killed

# What a log line gives away about the cause, and what helps. The first that matches is told.
CAUSES = (
    ("No space left on device", "The disk is full: free about 3 GB (TMPDIR may point to a roomier folder)."),
    (
        "Temporary failure in name resolution",
        "The network does not answer: check the connection or the proxy.",
    ),
    (
        "Failed to establish a new connection",
        "The network does not answer: check the connection or the proxy.",
    ),
    ("Temporary failure resolving", "The network does not answer: check the connection or the proxy."),
    (
        "CERTIFICATE_VERIFY_FAILED",
        "A certificate was refused: tell pip your network's own (pip config: global.cert).",
    ),
    (
        "No matching distribution found",
        "pip's index lacks a locked version for this Python: try Python 3.12.",
    ),
    ("Could not get lock", "Another package manager is at work: wait for it to end."),
    ("dpkg --configure -a", "An earlier installation was interrupted: run 'dpkg --configure -a' as root."),
    ("Permission denied", "The folder belongs to somebody else: put the project where you may write."),
)


class Console:
    """Says how far the set-up is, on standard error: standard output belongs to the command that follows."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._live = stream.isatty()
        self._open_line = False

    def say(self, text: str) -> None:
        self._close_line()
        print(text, file=self._stream, flush=True)

    def live(self, text: str) -> None:
        """The newest line of the tool at work, over the last one; nothing where that cannot be done."""
        if not self._live:
            return
        width = shutil.get_terminal_size().columns - 1
        print("\r" + text[:width].ljust(width), end="", file=self._stream, flush=True)
        self._open_line = True

    def _close_line(self) -> None:
        if self._open_line:
            width = shutil.get_terminal_size().columns - 1
            print("\r" + " " * width + "\r", end="", file=self._stream)
            self._open_line = False


@dataclass(frozen=True)
class Work:
    """What a step is given: where to write, and how to run a tool."""

    console: Console
    log: TextIO
    again: bool  # an earlier try was cut off in this very step

    def run(
        self, command: Sequence[str | Path], *, env: Mapping[str, str] | None = None, ask: bool = False
    ) -> int:
        """Exit status of `command`. Its output goes to the log, its newest line to the console.

        With `ask` the tool keeps the terminal's input (sudo wants a password); else it gets none, so that it
        cannot wait for an answer that nobody was asked for.
        """
        self.log.write("\n$ " + " ".join(map(str, command)) + "\n")
        self.log.flush()
        started = time.monotonic()
        newest = [""]
        with subprocess.Popen(
            [str(part) for part in command],
            stdin=None if ask else subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            env={**os.environ, **(env or {})},
        ) as process:
            reader = threading.Thread(target=self._copy, args=(process.stdout, newest))
            reader.start()
            try:
                while reader.is_alive():
                    reader.join(REFRESH_S)
                    self.console.live(f"    {time.monotonic() - started:4.0f} s  {newest[0]}")
                return process.wait()
            except KeyboardInterrupt:
                _stop(process)
                raise
            finally:
                reader.join()

    def _copy(self, source: TextIO, newest: list[str]) -> None:
        for line in source:
            self.log.write(line)
            self.log.flush()
            if line.strip():
                newest[0] = line.strip()


@dataclass(frozen=True)
class Step:
    """One thing to be done. `key` names its inputs: done with another key counts as not done."""

    name: str
    title: str
    key: str
    advice: str  # what to do when it fails and the log gives nothing away
    act: Callable[[Work], int]  # the exit status


def run_steps(
    steps: Sequence[Step], *, done_before: int, stamps: Stamps, log_path: Path, console: Console
) -> None:
    """Carries out the steps that are pending. Raises ``SetupError`` naming the one that failed."""
    total = done_before + len(steps)
    if done_before and stamps.begun:
        console.say(f"Going on where the last set-up stopped: {done_before} of {total} steps are done.")
    with log_path.open("a", encoding="utf-8") as log:
        for number, step in enumerate(steps, start=done_before + 1):
            console.say(f"[{number}/{total}] {step.title} ...")
            log.write(f"\n== {time.strftime('%Y-%m-%d %H:%M:%S')} [{number}/{total}] {step.title}\n")
            start_of_step = log.tell()
            again = step.name in stamps.begun
            stamps.begin(step.name)
            started = time.monotonic()
            status = step.act(Work(console=console, log=log, again=again))
            if status != 0:
                what = f"Step {number} of {total} ({step.title})"
                raise SetupError(_failure(what, step.advice, log_path, start_of_step))
            stamps.finish(step.name, step.key)
            console.say(f"[{number}/{total}] {step.title}: done in {time.monotonic() - started:.0f} s")


def _failure(what: str, advice: str, log_path: Path, start: int) -> str:
    with log_path.open("rb") as file:
        file.seek(start)
        text = file.read().decode("utf-8", "replace")
    lines = [line for line in text.splitlines() if line.strip()]
    cause = next((help_ for sign, help_ in CAUSES if sign in text), advice)
    tail = "\n".join("    " + line for line in lines[-5:])
    return f"{what} failed. The last lines were:\n{tail}\n{cause}\nThen start again. The full log: {log_path}"


def _stop(process: subprocess.Popen[str]) -> None:
    """Ends the tool as Ctrl-C would, and waits for it: two installers in one folder would harm each other."""
    with contextlib.suppress(ProcessLookupError):
        if sys.platform == "win32":
            process.terminate()
        else:
            process.send_signal(signal.SIGINT)
    try:
        process.wait(CHILD_GRACE_S)
    except subprocess.TimeoutExpired:
        process.kill()


@contextlib.contextmanager
def only_one(folder: Path) -> Iterator[None]:
    """Keeps a second set-up out of `folder`. The lock falls when the process ends, however it ends."""
    folder.mkdir(exist_ok=True)
    with (folder / ".weightdeck-setup.lock").open("w") as file:
        try:
            if sys.platform == "win32":
                import msvcrt

                msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
            else:
                import fcntl

                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise SetupError(
                f"Another set-up is at work in {folder}. Wait for it to end, then start again."
            ) from None
        yield
