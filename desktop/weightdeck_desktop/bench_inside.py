"""How long the window's event loop is kept busy at a stretch while every panel of Inside is visible and it trains."""

from __future__ import annotations

import json
import sys
import time

import numpy as np
from PySide6.QtCore import QObject, Qt, QTimer
from PySide6.QtWidgets import QDockWidget

from weightdeck.run.presets import load_preset
from weightdeck.run.subjects import InPrompt, TapCell
from weightdeck_desktop.app import Parts
from weightdeck_desktop.offscreen import live, running_window, wait_until
from weightdeck_desktop.settings import Preferences
from weightdeck_desktop.workspaces import Workspace, all_workspaces

WARM_UP_S = 6.0  # all panels have been shown something by then
STRETCH_S = 30.0
BETWEEN_S = 0.1  # two moves of docks, which settle when the event loop turns
SIZE = (1440, 900)
CELL = TapCell(InPrompt("chri"), "blocks.1.mlp.post", (3, 71))  # explained, and explained anew as it trains


def run_bench(as_json: bool) -> int:
    """Gaps between two turns of the event loop, milliseconds, training at full speed. Panels that are tabs by default
    are taken out of the window, so that each can be seen.
    """
    spec = load_preset("names")
    inside = next(workspace for workspace in all_workspaces() if workspace.key == "inside")
    with running_window(spec, SIZE, Preferences(theme="dark", hints=False), inside.key) as parts:
        live(1.0)
        _show_all(parts, inside)
        parts.session.play(until_step=10**9)
        parts.panels.transformer.cell_chosen.emit(CELL)
        live(WARM_UP_S)
        wait_until(parts, lambda: set(inside.panels) <= parts.window.visible_panels(), WARM_UP_S)
        step, begun_s = parts.session.status.step, time.monotonic()
        gaps = _Gaps()
        live(STRETCH_S)
        gaps.stop()
        speed = (parts.session.status.step - step) / (time.monotonic() - begun_s)
    result = {
        "bench": "inside",
        "p50_ms": _quantile(gaps, 0.5),
        "p99_ms": _quantile(gaps, 0.99),
        "max_ms": _quantile(gaps, 1.0),
        "turns": len(gaps.seconds),
        "steps_per_s": round(speed, 1),
        "panels": len(inside.panels),
        "threads": spec.threads,
    }
    sys.stdout.write(f"{json.dumps(result) if as_json else _words(result)}\n")
    return 0


class _Gaps(QObject):
    """Notes how long each turn of the event loop took: the time between two ticks of a timer that is always due."""

    def __init__(self) -> None:
        super().__init__()
        self.seconds: list[float] = []
        self._last_s = time.perf_counter()
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.setInterval(1)
        self._timer.timeout.connect(self._on_tick)
        self._timer.start()

    def stop(self) -> None:
        self._timer.stop()

    def _on_tick(self) -> None:
        now_s = time.perf_counter()
        self.seconds.append(now_s - self._last_s)
        self._last_s = now_s


def _show_all(parts: Parts, workspace: Workspace) -> None:
    """Take every panel that is a tab behind another out of the window."""
    for group in (group for column in workspace.columns for row in column.rows for group in row.groups):
        for key in group[1:]:
            dock = parts.window.findChild(QDockWidget, f"{key}_dock")
            assert isinstance(dock, QDockWidget)
            parts.window.show_panel(key)
            live(BETWEEN_S)
            dock.setFloating(True)
            dock.resize(640, 360)
            live(BETWEEN_S)
        parts.window.show_panel(group[0])
        live(BETWEEN_S)


def _quantile(gaps: _Gaps, share: float) -> float:
    return round(1000.0 * float(np.quantile(gaps.seconds, share)), 2)


def _words(result: dict[str, object]) -> str:
    return (
        f"With the {result['panels']} panels of Inside visible and {result['steps_per_s']} steps/s, the event loop "
        f"turns within {result['p50_ms']} ms (99 %: {result['p99_ms']} ms, longest: {result['max_ms']} ms; "
        f"{result['turns']:,} turns, {result['threads']} thread)."
    )
