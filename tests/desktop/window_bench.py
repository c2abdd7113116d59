"""What the tests of the window listen with."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication, QObject, SignalInstance

from weightdeck.run.frame import Phase, Status
from weightdeck_desktop.buttons import BarButton
from weightdeck_desktop.window import Window


class Heard(QObject):
    """Counts what signals said."""

    def __init__(self, **signals: SignalInstance) -> None:
        super().__init__()
        self.said: list[tuple[object, ...]] = []
        for name, signal in signals.items():
            signal.connect(lambda *values, name=name: self.said.append((name, *values)))


def run_signals(window: Window) -> Heard:
    return Heard(
        play=window.play_requested,
        pause=window.pause_requested,
        step=window.step_requested,
        reset=window.reset_requested,
        pace=window.pace_changed,
        undo=window.undo_requested,
        redo=window.redo_requested,
        preset=window.preset_requested,
        close=window.close_requested,
    )


def tell(window: Window, phase: Phase, **fields: object) -> None:
    window.show_status(Status(phase, 1, 12, **fields), 2.5, 2.6)  # type: ignore[arg-type]
    QCoreApplication.processEvents()


def button(window: Window, name: str) -> BarButton:
    found = window._bar.findChild(BarButton, name)
    assert found is not None
    return found
