"""Text that may change many times a second without laying out the window again."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QRect, QSize, Qt
from PySide6.QtGui import QFontMetrics, QHelpEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from weightdeck_desktop.theme import Theme, Type, dark_theme


class TextLine(QWidget):
    """Plain text of a fixed number of lines, cut with an ellipsis; the whole text is the tooltip then.

    A QLabel asks its layout, and so the whole window, for a new size whenever its text changes. A `mark`, one
    character, stands in a ring before the text: the icon of a remark.
    """

    def __init__(
        self,
        role: Type = Type.SMALL,
        *,
        alignment: Qt.AlignmentFlag = Qt.AlignmentFlag.AlignLeft,
        secondary: bool = True,
        elide: Qt.TextElideMode = Qt.TextElideMode.ElideRight,
        parent: QWidget | None = None,
    ) -> None:
        """`elide`: where a text gives way that is longer than the line."""
        super().__init__(parent)
        self._elide = elide
        self._theme: Theme = dark_theme()
        self._role = role
        self._alignment = alignment
        self._secondary = secondary
        self._mark = ""
        self._lines = 1
        self._text = ""
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    @property
    def text(self) -> str:
        return self._text

    def set_theme(self, theme: Theme) -> None:
        self._theme = theme
        self.updateGeometry()
        self.update()

    def set_text(self, text: str, *, mark: str = "") -> None:
        if (text, mark) != (self._text, self._mark):
            self._text, self._mark = text, mark
            self.setAccessibleName(text)
            self.update()

    def set_lines(self, lines: int) -> None:
        """Room for so many lines, whether the text needs them or not."""
        if lines != self._lines:
            self._lines = lines
            self.updateGeometry()
            self.update()

    def set_alignment(self, alignment: Qt.AlignmentFlag) -> None:
        if alignment != self._alignment:
            self._alignment = alignment
            self.update()

    def natural_width(self, text: str) -> int:
        """Width that `text` without a mark would need on one line."""
        return self._metrics().horizontalAdvance(text)

    def sizeHint(self) -> QSize:
        return QSize(0, self._lines * self._metrics().height())

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def event(self, event: QEvent) -> bool:
        if (
            isinstance(event, QHelpEvent)
            and event.type() == QEvent.Type.ToolTip
            and self._shown() != self._text
        ):
            QToolTip.showText(event.globalPos(), self._text, self)
            return True
        return super().event(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        if not self._text:
            return
        theme = self._theme
        painter = QPainter(self)
        painter.setFont(theme.font(self._role))
        painter.setPen(theme.pen(theme.secondary if self._secondary else theme.text))
        indent = self._indent()
        if self._mark:
            side = self._metrics().height() - 2
            ring = QRect(0, 1, side, side)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.drawEllipse(ring.adjusted(1, 1, -1, -1))
            painter.drawText(ring, Qt.AlignmentFlag.AlignCenter, self._mark)
        flags = self._alignment | Qt.AlignmentFlag.AlignTop
        if self._lines > 1:
            flags |= int(Qt.TextFlag.TextWordWrap)
        painter.drawText(self.rect().adjusted(indent, 0, 0, 0), flags, self._shown())

    def _metrics(self) -> QFontMetrics:
        return QFontMetrics(self._theme.font(self._role))

    def _indent(self) -> int:
        return self._metrics().height() + self._theme.px(4) if self._mark else 0

    def _shown(self) -> str:
        room = self.width() - self._indent()
        if self._lines > 1:
            room = int(room * self._lines * 0.9)  # words do not fill their lines to the end
        return self._metrics().elidedText(self._text, self._elide, room)
