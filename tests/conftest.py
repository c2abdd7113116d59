"""What every test answers for: the threads that it started have ended when it ends."""

from __future__ import annotations

import os
import sys
import threading
import traceback
from collections.abc import Iterator

import pytest

os.environ["QT_QPA_PLATFORM"] = "offscreen"  # before anything imports Qt
_LAST_JOIN_S = 5.0


@pytest.fixture(autouse=True)
def _runs_of_no_one(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Untitled runs go to a temporary folder, those of processes that a test starts too."""
    monkeypatch.setenv("WEIGHTDECK_RUNS", str(tmp_path_factory.mktemp("runs")))


@pytest.fixture(autouse=True)
def _no_thread_is_left(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Fail a test that leaves a thread running, and name the line that started it."""
    before = set(threading.enumerate())
    origins: dict[threading.Thread, str] = {}
    start = threading.Thread.start

    def noting_start(thread: threading.Thread) -> None:
        origins[thread] = "".join(traceback.format_stack(limit=4)[:-1])
        start(thread)

    monkeypatch.setattr(threading.Thread, "start", noting_start)
    yield
    left = [thread for thread in threading.enumerate() if thread not in before]
    if left:
        for thread in left:
            thread.join(_LAST_JOIN_S)  # so that the tests after this one start clean
        names = "\n".join(f"{thread.name}, started at\n{origins.get(thread, '(unknown)')}" for thread in left)
        pytest.fail(f"{len(left)} threads were left running:\n{names}", pytrace=False)


def pytest_unconfigure(config: pytest.Config) -> None:
    """A thread that a failed test left would keep the process alive for ever; the failure has been told by now."""
    left = [t.name for t in threading.enumerate() if t is not threading.main_thread() and not t.daemon]
    if left:
        sys.stdout.write(f"\nStill running, so the process is ended by force: {', '.join(left)}\n")
        sys.stdout.flush()
        os._exit(1)
