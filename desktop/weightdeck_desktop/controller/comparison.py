"""Before and after: what the present prediction is compared with, and the keys that show it."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from weightdeck.run.session import Session
from weightdeck_desktop.controller.hand import Hand
from weightdeck_desktop.panels.in_hand import InHandPanel
from weightdeck_desktop.panels.predictions import PredictionsPanel
from weightdeck_desktop.window import Window


class Comparison(QObject):
    """Passes on marks and the press-and-keep "before". Lives on the GUI thread."""

    changed = Signal()  # the baseline is another

    def __init__(
        self,
        session: Session,
        window: Window,
        hand: Hand,
        predictions: PredictionsPanel,
        in_hand: InHandPanel,
    ) -> None:
        super().__init__(window)
        self._session = session
        self._window = window
        self._hand = hand
        self._predictions = predictions
        for asking in (window, predictions):
            asking.mark_requested.connect(self._on_view_mark_requested)
        for pressing in (window, predictions, in_hand):
            pressing.before_pressed.connect(lambda: predictions.show_before(True))
            pressing.before_released.connect(lambda: predictions.show_before(False))
        predictions.baseline_chosen.connect(lambda _baseline: self.changed.emit())

    def _on_view_mark_requested(self) -> None:
        if self._hand.refuses():
            return
        self._session.mark()
        self._window.show_message(self.tr("This moment is marked: choose it as what to compare with."))
        self.changed.emit()
