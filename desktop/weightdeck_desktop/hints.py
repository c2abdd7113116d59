"""Hints of the first minute: one at a time, and none ever twice."""

from __future__ import annotations

from PySide6.QtCore import QObject, QTimer, Signal

from weightdeck_desktop.settings import Settings

SHOWN_FOR_MS = 15_000  # four hints fill the first minute


class Hints(QObject):
    """Shows hints in turn through `changed`. One that was read, obeyed or dismissed never returns."""

    changed = Signal(str)  # the hint to show now; "" for none

    def __init__(self, settings: Settings, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._settings = settings
        self._texts = {
            "pause": self.tr("Space pauses training, and goes on."),
            "knob": self.tr("Drag a knob: the bars answer at once. Ctrl+Z takes it back."),
            "prompt": self.tr("Type other letters into the prediction: the bars follow."),
            "search": self.tr("Ctrl+K finds every action; ? lists the keys."),
        }
        self._current = ""
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(SHOWN_FOR_MS)
        self._timer.timeout.connect(self.dismiss)

    @property
    def text(self) -> str:
        """The hint that is shown; "" for none."""
        return self._texts.get(self._current, "")

    def start(self) -> None:
        """Show the first hint that was never seen, if hints are wanted at all."""
        if self._settings.preferences.hints:
            self._show_next()

    def stop(self) -> None:
        """Show no more hints in this session; the present one may return in the next."""
        self._timer.stop()
        self._show("")

    def dismiss(self) -> None:
        """The user has seen the present hint: the next one."""
        if self._current:
            self._settings.set_hint_seen(self._current)
            self._show_next()

    def did(self, key: str) -> None:
        """The user has just done what the hint `key` ("pause", "knob", "prompt", "search") says."""
        assert key in self._texts
        if key == self._current:
            self.dismiss()
        else:
            self._settings.set_hint_seen(key)

    def _show_next(self) -> None:
        unseen = [key for key in self._texts if not self._settings.hint_was_seen(key)]
        if unseen:
            self._timer.start()
        else:
            self._timer.stop()
        self._show(unseen[0] if unseen else "")

    def _show(self, key: str) -> None:
        if key != self._current:
            self._current = key
            self.changed.emit(self.text)
