"""The window's clock: pulls news when the last are shown, and lets one panel show its share a tick."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping

from PySide6.QtCore import QObject, Qt, QTimer

TICK_MS = 16
AWAITING_TICK_MS = 1  # while the answer to the user's hand is waited for
BETWEEN_SHOWS_S = 0.012
SHORTEST_WAIT_S = 0.1  # so long the panels that are not urgent wait for those that are
LONGEST_WAIT_S = 0.5  # and so long while the hand waits for its answer, or has just got it

Show = Callable[[], None]


class Refresher(QObject):
    """Calls `pull` for a round of showings by name, the most wanted first, and carries out one each tick.

    All panels in one tick would stall the event loop for as long as all take together; painting also holds the
    interpreter lock, which the trainer needs. While `is_awaited` says that the user's hand waits for an answer, it
    looks for that all the time and shows the `urgent` as soon as they come; the rest keeps its pace.
    Of a name whose turn has not come yet only the newest showing is carried out.
    """

    def __init__(
        self,
        pull: Callable[[], Mapping[str, Show]],
        interval_s: Callable[[], float],
        is_awaited: Callable[[], bool],
        urgent: frozenset[str],
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._pull = pull
        self._interval_s = interval_s
        self._is_awaited = is_awaited
        self._urgent = urgent
        self._round: dict[str, Show] = {}
        self._pulled_s = 0.0
        self._shown_s = 0.0
        self._last = ""  # who was shown last
        self._served_s = 0.0  # when one that is not urgent was shown last, or none was waiting
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
        self._set_pace()

    def _on_tick(self) -> None:
        now_s = time.monotonic()
        if self._round.keys() <= self._urgent:
            self._served_s = now_s
        was_awaited = self._is_awaited()
        if was_awaited or (not self._round and now_s - self._pulled_s >= self._interval_s()):
            self._pulled_s = now_s
            new = self._pull()
            # What is new of the urgent goes first, in its order; what waits already keeps its place before the rest.
            first = {name: show for name, show in new.items() if name in self._urgent}
            self._round = (
                first | {name: new.get(name, show) for name, show in self._round.items()} | dict(new)
            )
        key = self._next(now_s, LONGEST_WAIT_S if was_awaited else SHORTEST_WAIT_S)
        if key is not None:
            self._shown_s = now_s
            self._last = key
            self._round.pop(key)()
        self._set_pace()

    def _next(self, now_s: float, longest_s: float) -> str | None:
        """Whose turn it is; None while it is nobody's. What is not urgent waits for `longest_s` at most."""
        hurried = [key for key in self._round if key in self._urgent]
        # None of them twice running while another waits, however fast its news come.
        urgent = next((key for key in hurried if key != self._last), hurried[0] if hurried else None)
        other = next((key for key in self._round if key not in self._urgent), None)
        if urgent is not None and (other is None or now_s - self._served_s < longest_s):
            return urgent
        if other is None or (urgent is None and now_s - self._shown_s < BETWEEN_SHOWS_S):
            return None
        self._served_s = now_s
        return other

    def _set_pace(self) -> None:
        interval_ms = AWAITING_TICK_MS if self._is_awaited() else TICK_MS
        if self._timer.isActive() and self._timer.interval() != interval_ms:
            self._timer.setInterval(interval_ms)
