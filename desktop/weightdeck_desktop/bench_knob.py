"""How long a turn of the knob in hand takes, from the mouse's move to the painted new predictions."""

from __future__ import annotations

import itertools
import json
import statistics
import sys
import time
from collections.abc import Callable

import numpy as np
from PySide6.QtCore import QEvent, QEventLoop, QObject, QPointF, Qt, QTimer
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QApplication, QWidget

from weightdeck.run.layout import layout
from weightdeck.run.presets import load_preset
from weightdeck_desktop.app import Parts
from weightdeck_desktop.offscreen import live, running_window
from weightdeck_desktop.settings import Preferences
from weightdeck_desktop.widgets.response_plot import ResponsePlot

MOVES = 200
BETWEEN_S = 0.033  # a hand's moves come at about the screen's pace
CURVES = 12
SETTLING_S = 2.0
LONGEST_S = 5.0
SIZE = (1440, 900)


def run_bench(as_json: bool) -> int:
    """Milliseconds from a mouse move on the knob in hand until its predictions have been painted, paused and beside
    full training (training does not wait for the hand then), and from taking a knob in hand to its response curve.
    """
    spec = load_preset("names")
    preferences = Preferences(theme="dark", hints=False, hold_while_turning=False)
    with running_window(spec, SIZE, preferences, "turn") as parts:
        live(SETTLING_S)
        paused = _turns(parts)
        curves = _curves(parts)
        parts.session.play(until_step=10**9)
        live(SETTLING_S)
        training = _turns(parts)
    result = {
        "bench": "knob",
        "p50_paused_ms": _quantile(paused, 0.5),
        "p95_paused_ms": _quantile(paused, 0.95),
        "p50_training_ms": _quantile(training, 0.5),
        "p95_training_ms": _quantile(training, 0.95),
        "response_ms": round(1000.0 * statistics.median(curves), 2),
        "moves": MOVES,
        "parameters": layout(spec.model).num_parameters,
        "threads": spec.threads,
    }
    sys.stdout.write(f"{json.dumps(result) if as_json else _words(result)}\n")
    return 0


class _Painted(QObject):
    """Ends an event loop once a widget has been painted while `holds()`."""

    def __init__(self, widget: QWidget, holds: Callable[[], bool]) -> None:
        super().__init__()
        self._widget = widget
        self._holds = holds
        self._loop = QEventLoop()
        self._at_s = 0.0
        widget.installEventFilter(self)

    def wait_s(self) -> float:
        """When it has been painted. Raises ``RuntimeError`` when it takes far too long."""
        QTimer.singleShot(round(1000 * LONGEST_S), self._loop.quit)
        self._loop.exec()
        self._widget.removeEventFilter(self)
        if not self._at_s:
            raise RuntimeError(f"The window did not answer a turn within {LONGEST_S:.0f} seconds.")
        return self._at_s

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Paint and self._holds():
            QTimer.singleShot(0, self._done)  # comes when the painting, which begins now, is over
        return super().eventFilter(watched, event)

    def _done(self) -> None:
        self._at_s = self._at_s or time.perf_counter()
        self._loop.quit()


def _turns(parts: Parts) -> list[float]:
    """Seconds of each move of one long drag up and down."""
    knob = parts.window.findChild(QWidget, "in_hand_knob")
    bars = parts.window.findChild(QWidget, "prediction_bars")
    assert knob is not None
    assert bars is not None
    centre = QPointF(knob.rect().center())
    _mouse(knob, QEvent.Type.MouseButtonPress, centre)
    taken: list[float] = []
    for move in range(MOVES):
        live(BETWEEN_S)
        height = 3.0 * abs(move % 20 - 10)  # up and down: never at an end of the turn
        started_s = time.perf_counter()
        _mouse(knob, QEvent.Type.MouseMove, centre - QPointF(0.0, height + 1.0))
        number = parts.deck.last_submitted
        painted = _Painted(bars, lambda number=number: parts.deck.shown_command >= number)  # type: ignore[misc]
        taken.append(painted.wait_s() - started_s)
    _mouse(knob, QEvent.Type.MouseButtonRelease, centre)
    return taken


def _curves(parts: Parts) -> list[float]:
    """Seconds from taking another knob in hand until its response curve has been painted."""
    plot = parts.window.findChild(ResponsePlot, "response_plot")
    assert isinstance(plot, ResponsePlot)
    taken: list[float] = []
    for index in itertools.islice(itertools.cycle((1, 2, 3, 4, 5, 0)), CURVES):
        live(0.5)
        started_s = time.perf_counter()
        parts.panels.knobs.selected.emit(index)
        painted = _Painted(plot.viewport(), lambda: parts.deck.shows_response() and bool(plot.names))
        taken.append(painted.wait_s() - started_s)
    return taken


def _mouse(widget: QWidget, kind: QEvent.Type, place: QPointF) -> None:
    button = Qt.MouseButton.NoButton if kind == QEvent.Type.MouseMove else Qt.MouseButton.LeftButton
    buttons = Qt.MouseButton.NoButton if kind == QEvent.Type.MouseButtonRelease else Qt.MouseButton.LeftButton
    event = QMouseEvent(
        kind, place, widget.mapToGlobal(place), button, buttons, Qt.KeyboardModifier.NoModifier
    )
    QApplication.sendEvent(widget, event)


def _quantile(seconds: list[float], share: float) -> float:
    return round(1000.0 * float(np.quantile(seconds, share)), 2)


def _words(result: dict[str, object]) -> str:
    return (
        f"From a move of the knob to the painted predictions: paused {result['p50_paused_ms']} ms (95 %: "
        f"{result['p95_paused_ms']}), training {result['p50_training_ms']} ms (95 %: {result['p95_training_ms']}). "
        f"A response curve of 65 points: {result['response_ms']} ms."
    )
