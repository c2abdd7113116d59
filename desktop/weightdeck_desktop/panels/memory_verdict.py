"""Whether the same input gave the same bits: one line with a sign before it."""

from __future__ import annotations

from enum import Enum

from PySide6.QtCore import QEvent, QPointF, QSize, Qt
from PySide6.QtGui import QFontMetrics, QHelpEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from weightdeck_desktop.icons import icon_pixmap
from weightdeck_desktop.theme import Theme, Type, dark_theme


class Verdict(Enum):
    WAITING = "waiting"
    SAME = "same"
    WRONG = "wrong"


class VerdictLine(QWidget):
    """A tick for what is as it must be, the error sign and its colour for what is not."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("memory_verdict")
        self._theme: Theme = dark_theme()
        self._verdict = Verdict.WAITING
        self._words = ""
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    @property
    def verdict(self) -> Verdict:
        return self._verdict

    @property
    def words(self) -> str:
        return self._words

    def set_theme(self, theme: Theme) -> None:
        self._theme = theme
        self.updateGeometry()
        self.update()

    def set_verdict(self, verdict: Verdict, words: str) -> None:
        if (verdict, words) != (self._verdict, self._words):
            self._verdict, self._words = verdict, words
            self.setAccessibleName(words)
            self.update()

    def sizeHint(self) -> QSize:
        return QSize(0, max(self._metrics().height(), self._theme.px(16)) + 2)

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            QToolTip.showText(event.globalPos(), self._words, self)
            return True
        return super().event(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        theme = self._theme
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        side = theme.px(16)
        top = (self.height() - side) / 2
        left = 0 if self._verdict is Verdict.WAITING else side + theme.px(6)
        is_wrong = self._verdict is Verdict.WRONG
        if is_wrong:
            icon = icon_pixmap("error", side, theme.error, self.devicePixelRatioF())
            painter.drawPixmap(QPointF(0, top), icon)
        elif self._verdict is Verdict.SAME:
            painter.setPen(theme.pen(theme.text, theme.px(2)))
            places = ((0.15, 0.55), (0.4, 0.8), (0.85, 0.25))
            painter.drawPolyline([QPointF(x * side, top + y * side) for x, y in places])
        is_waiting = self._verdict is Verdict.WAITING
        painter.setPen(theme.pen(theme.error if is_wrong else theme.secondary if is_waiting else theme.text))
        room = self.rect().adjusted(left, 0, 0, 0)
        role = Type.BODY if self._metrics().horizontalAdvance(self._words) <= room.width() else Type.SMALL
        painter.setFont(theme.font(role))
        words = painter.fontMetrics().elidedText(self._words, Qt.TextElideMode.ElideRight, room.width())
        painter.drawText(room, Qt.AlignmentFlag.AlignVCenter, words)
        painter.end()

    def _metrics(self) -> QFontMetrics:
        return QFontMetrics(self._theme.font(Type.BODY))
