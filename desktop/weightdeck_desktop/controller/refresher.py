"""The window's clock: pulls news when the last are shown, and lets one panel show its share a tick."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterable

from PySide6.QtCore import QObject, Qt, QTimer

TICK_MS = 16

Show = Callable[[], None]


class Refresher(QObject):
    """Calls `pull` for a round of showings and carries out one each tick.

    All panels in one tick would stall the event loop for as long as all take together; painting also holds the
    interpreter lock, which the trainer needs.
    """

    def __init__(
        self, pull: Callable[[], Iterable[Show]], interval_s: Callable[[], float], parent: QObject
    ) -> None:
        super().__init__(parent)
        self._pull = pull
        self._interval_s = interval_s
        self._round: deque[Show] = deque()
        self._pulled_s = 0.0
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.setInterval(TICK_MS)
        self._timer.timeout.connect(self._on_tick)

    def start(self) -> None:
        self._timer.start()

    def stop(self) -> None:
        self._timer.stop()
        self._round.clear()

    def hurry(self) -> None:
        """Pull as soon as what is left of this round is shown: something new is waited for."""
        self._pulled_s = 0.0

    def _on_tick(self) -> None:
        now_s = time.monotonic()
        if not self._round and now_s - self._pulled_s >= self._interval_s():
            self._pulled_s = now_s
            self._round.extend(self._pull())
        if self._round:
            self._round.popleft()()
