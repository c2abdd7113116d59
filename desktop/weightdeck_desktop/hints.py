"""Hints of the first minute: one at a time, and none ever twice."""

from __future__ import annotations

from typing import NamedTuple

from PySide6.QtCore import QObject, QTimer, Signal

from weightdeck_desktop.settings import Settings

SHOWN_FOR_MS = 15_000  # four hints fill the first minute of each workspace
_WITH_KNOBS = ("watch", "turn")
_EVERYWHERE = (*_WITH_KNOBS, "inside")


class _Hint(NamedTuple):
    text: str
    workspaces: tuple[str, ...]  # keys of those where it can be followed


class Hints(QObject):
    """Shows hints in turn through `changed`, those that fit the workspace. One that was read, obeyed or dismissed
    never returns.
    """

    changed = Signal(str)  # the hint to show now; "" for none

    def __init__(self, settings: Settings, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._settings = settings
        self._hints = {
            "pause": _Hint(self.tr("Space pauses training, and goes on."), _EVERYWHERE),
            "knob": _Hint(
                self.tr("Drag a knob: the bars answer at once. Ctrl+Z takes it back."), _WITH_KNOBS
            ),
            "prompt": _Hint(self.tr("Type other letters into the prediction: the bars follow."), _WITH_KNOBS),
            "explain": _Hint(self.tr("Double-click a number to be told where it comes from."), ("inside",)),
            "block": _Hint(self.tr("Click a block's arrow to open it."), ("inside",)),
            "search": _Hint(self.tr("Ctrl+K finds every action; ? lists the keys."), _EVERYWHERE),
        }
        self._workspace = ""
        self._is_wanted = False
        self._current = ""
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(SHOWN_FOR_MS)
        self._timer.timeout.connect(self.dismiss)

    @property
    def text(self) -> str:
        """The hint that is shown; "" for none."""
        return self._hints[self._current].text if self._current else ""

    def start(self) -> None:
        """Show the first hint that was never seen, if hints are wanted at all."""
        self._is_wanted = self._settings.preferences.hints
        if self._is_wanted:
            self._show_next()

    def stop(self) -> None:
        """Show no more hints in this session; the present one may return in the next."""
        self._is_wanted = False
        self._timer.stop()
        self._show("")

    def show_workspace(self, key: str) -> None:
        """Another workspace is shown: a hint that does not fit it makes room for one that does, and may return."""
        self._workspace = key
        if self._is_wanted and not (self._current and self._fits(self._current)):
            self._show_next()

    def dismiss(self) -> None:
        """The user has seen the present hint: the next one."""
        if self._current:
            self._settings.set_hint_seen(self._current)
            self._show_next()

    def did(self, key: str) -> None:
        """The user has just done what the hint `key` ("pause", "knob", "prompt", "explain", "block", "search") says."""
        assert key in self._hints
        if key == self._current:
            self.dismiss()
        else:
            self._settings.set_hint_seen(key)

    def _show_next(self) -> None:
        unseen = [key for key in self._hints if self._fits(key) and not self._settings.hint_was_seen(key)]
        if unseen:
            self._timer.start()
        else:
            self._timer.stop()
        self._show(unseen[0] if unseen else "")

    def _fits(self, key: str) -> bool:
        return self._workspace in self._hints[key].workspaces

    def _show(self, key: str) -> None:
        if key != self._current:
            self._current = key
            self.changed.emit(self.text)
