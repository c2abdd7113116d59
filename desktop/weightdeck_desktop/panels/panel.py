"""What all panels share: a title line, a body, a theme, and a way to be copied as a picture or a table."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication, Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from weightdeck_desktop.theme import Theme
from weightdeck_desktop.widgets.past_frame import PastFrame


class Panel(QWidget):
    """Base of the panels, which live in docks on the GUI thread.

    A panel is told what to show (``show_*``, ``set_*``: these never emit) and asks for changes with signals that only
    a user's act emits. It knows nothing of the session.
    """

    aside_changed = Signal(str)  # the small text at the right of the title bar, e.g. "step 1,240"

    key = ""  # stable: object name, layout and settings
    title = ""  # set by the subclass through tr()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(self.key)
        self._theme: Theme | None = None
        self.body = QVBoxLayout(self)
        self.body.setContentsMargins(12, 4, 12, 12)
        self.body.setSpacing(8)
        self._aside = ""
        self._aside_step: int | None = None  # of what is shown, as the aside names it
        self._past: int | None = None  # the step of the past that is shown; None for now
        self._past_frame: PastFrame | None = None  # only while the past is shown

    def set_theme(self, theme: Theme) -> None:
        """Take colours and fonts; subclasses pass it on to their parts."""
        self._theme = theme
        if self._past_frame is not None:
            self._past_frame.set_theme(theme)

    def set_aside(self, text: str, step: int | None = None) -> None:
        """Show a short text at the right of the panel's title, and the `step` that is shown behind it. In the past it
        stands behind the words for that, which name the step already.
        """
        if (text, step) != (self._aside, self._aside_step):
            before = self.aside
            self._aside, self._aside_step = text, step
            self._tell_aside(before)

    def set_past(self, step: int | None) -> None:
        """Mark what is shown as past, with words such as "STEP 840 (PAST)" in the title; None for now."""
        if step == self._past:
            return
        before, self._past = self.aside, step
        self._tell_aside(before)
        if step is not None and self._past_frame is None:
            self._past_frame = PastFrame(self)
            if self._theme is not None:
                self._past_frame.set_theme(self._theme)
        elif step is None and self._past_frame is not None:
            self._past_frame.hide()
            self._past_frame.deleteLater()
            self._past_frame = None

    @property
    def aside(self) -> str:
        """The text at the right of the panel's title."""
        past = "" if self._past is None else _tr("STEP {0:,} (PAST)").format(self._past)
        is_named = self._aside_step is None or self._aside_step == self._past
        step = "" if is_named else _tr("step {0:,}").format(self._aside_step)
        return " · ".join(part for part in (past, self._aside, step) if part)

    def _tell_aside(self, before: str) -> None:
        if self.aside != before:
            self.aside_changed.emit(self.aside)

    def clear(self) -> None:
        """Forget the run that was shown: a new one begins."""

    def table(self) -> list[list[str]] | None:
        """What the panel shows as rows of a CSV file, the first row naming columns and units; None if nothing."""
        return None


def _tr(text: str) -> str:
    return QCoreApplication.translate("Panel", text)
