"""The studies of neurons over the validation data, block by block, and when a new one is needed."""

from __future__ import annotations

import math
import time
from collections.abc import Callable

from PySide6.QtCore import QObject, QTimer, Signal

from weightdeck.run.inside import NeuronStudy

_REST_S = 0.4  # without another step: training rests
_APART_S = 10.0  # from study to study while training goes on


class Studies(QObject):
    """Keeps what came, and asks for what is seen and is missing or of another step: as soon as the steps rest, and
    while they go on not more often than every 10 s. For one block at one step it asks once. Lives on the GUI thread.
    """

    needed = Signal(int)  # block

    def __init__(
        self, is_seen: Callable[[], bool], parent: QObject, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """`is_seen` says whether anybody looks; `clock` counts seconds."""
        super().__init__(parent)
        self.is_running = False
        self.problem = ""  # why there is none
        self._by_block: dict[int, NeuronStudy] = {}
        self._is_seen, self._clock = is_seen, clock
        self._block: int | None = None  # that is looked at; None without a model
        self._step: int | None = None  # of what is shown
        self._moved_s = self._asked_s = -math.inf
        self._asked: tuple[int, int | None] | None = None  # block and step
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self.ask)

    def of(self, block: int) -> NeuronStudy | None:
        return self._by_block.get(block)

    def take(self, study: NeuronStudy) -> None:
        """One has come."""
        self._by_block[study.block] = study
        if study.block == self._block:
            self.is_running, self.problem = False, ""

    def forget(self) -> None:
        """Of another model or run there is nothing yet."""
        self._by_block, self._asked = {}, None
        self.is_running, self.problem = False, ""

    def look_at(self, block: int | None, step: int | None) -> None:
        """What is shown now; call it whenever it may be another, or may have come to sight."""
        now_s = self._clock()
        if step != self._step:
            self._step, self._moved_s = step, now_s
        self._block = block
        due_s = self.due_s
        if due_s is None:
            self._timer.stop()
        else:
            self._timer.start(math.ceil(1000 * max(0.0, due_s - now_s)))

    @property
    def due_s(self) -> float | None:
        """When it will ask, by its clock; None where nothing is missing."""
        if not self._is_needed():
            return None
        if self._block not in self._by_block:
            return -math.inf
        return min(self._moved_s + _REST_S, self._asked_s + _APART_S)

    def ask(self) -> None:
        """Ask now, where something is missing still."""
        if self._block is not None and self._is_needed():
            self._asked, self._asked_s = (self._block, self._step), self._clock()
            self.needed.emit(self._block)

    def _is_needed(self) -> bool:
        if self._block is None or self.is_running or self.problem or not self._is_seen():
            return False
        study = self._by_block.get(self._block)
        is_missing = study is None or (self._step is not None and study.step != self._step)
        return is_missing and (self._block, self._step) != self._asked
