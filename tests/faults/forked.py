"""Runs functions in processes forked from one that has the engine loaded and has never computed with it."""

from __future__ import annotations

import json
import os
import signal
import socket
import sys
import time
import traceback
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any


class Tell:
    """What a child tells with, one thing after another, and hears by when to go on."""

    def __init__(self, line: socket.socket) -> None:
        self._line = line

    def __call__(self, thing: dict[str, Any]) -> None:
        self._line.sendall(json.dumps(thing).encode() + b"\n")

    def wait(self) -> None:
        """Until the parent says `go`."""
        self._line.recv(1)


@dataclass(slots=True)
class Child:
    """A process that tells things."""

    process: int
    line: socket.socket
    told: list[dict[str, Any]] = field(default_factory=list)
    code: int | None = None  # as of `os.waitstatus_to_exitcode`
    _rest: bytes = b""

    def listen(self, until: Callable[[dict[str, Any]], bool] = lambda _: False) -> bool:
        """Take in what it tells until something is what is waited for; False when it ended before."""
        while self.code is None:
            while b"\n" in self._rest:
                line, self._rest = self._rest.split(b"\n", 1)
                self.told.append(json.loads(line))
                if until(self.told[-1]):
                    return True
            try:
                data = self.line.recv(1 << 16)
            except ConnectionResetError:
                data = b""  # it ended before it heard something
            if not data:
                self._end()
            self._rest += data
        return False

    def go(self) -> None:
        """Let it go on from where it waits; one that has ended does not mind."""
        if self.code is None:
            with suppress(BrokenPipeError):
                self.line.send(b"\n")

    def kill(self) -> float:
        """Kill it without a warning, and take in what it had told; when that was."""
        killed_s = time.monotonic()
        if self.code is None:
            os.kill(self.process, signal.SIGKILL)
        self.listen()
        return killed_s

    def stop(self) -> None:
        """Ask it to end, and take in what it tells until then."""
        if self.code is None:
            os.kill(self.process, signal.SIGTERM)
        self.listen()

    def _end(self) -> None:
        if self.code is None:
            self.line.close()
            self.code = os.waitstatus_to_exitcode(os.waitpid(self.process, 0)[1])


def run(act: Callable[[Tell], None]) -> Child:
    """Start `act` in a process of its own; it is given what it tells with. An exception in it ends it with code 1."""
    ours, theirs = socket.socketpair()
    sys.stdout.flush()
    process = os.fork()
    if process:
        theirs.close()
        return Child(process, ours)
    code = 1
    try:
        ours.close()
        act(Tell(theirs))
        code = 0
    except BaseException:  # noqa: BLE001  (whatever it was, the parent's code must not run on in the child)
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        os._exit(code)
