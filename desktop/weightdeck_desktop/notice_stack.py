"""Where notices lie: cards in the gap below the panels and over a little of them, so that nothing moves when one comes
or goes.
"""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QObject, QPoint
from PySide6.QtWidgets import QAbstractSpinBox, QLineEdit, QPlainTextEdit, QVBoxLayout, QWidget

from weightdeck_desktop.notice_bar import NoticeBar
from weightdeck_desktop.theme import Theme

_GAP = 10  # px below the panels that nothing fills
_WIDEST = 820  # px at 100 %: a longer line is hard to read
_TYPED_IN = (QLineEdit, QAbstractSpinBox, QPlainTextEdit)
_OF_BARS = (QEvent.Type.ShowToParent, QEvent.Type.HideToParent, QEvent.Type.LayoutRequest)


class NoticeStack(QWidget):
    """The bars one above the other, at the right of the foot of `under`, a sibling that was made earlier, down to the
    end of the gap below it. Takes no clicks but on its bars; gone while none of them is shown.
    """

    def __init__(self, bars: Sequence[NoticeBar], under: QWidget, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("notices")
        self._theme: Theme | None = None
        self._over, self._under = parent, under
        self._bars = list(bars)  # the one with the newest notice last
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        for bar in bars:
            self._column.addWidget(bar)
            bar.installEventFilter(self)
            bar.came.connect(lambda bar=bar: self._on_came(bar))
        under.installEventFilter(self)
        self.hide()

    def set_theme(self, theme: Theme) -> None:
        """Sizes; the bars are told the theme by their owners."""
        self._theme = theme
        self._column.setSpacing(theme.px(8))
        self._place()

    def on_escape(self, focus: QWidget | None) -> None:
        """Take the newest notice away, but for a key that leaves a field."""
        shown = [bar for bar in self._bars if not bar.isHidden()]
        if shown and not isinstance(focus, _TYPED_IN):
            shown[-1].dismiss()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        kinds = (QEvent.Type.Resize, QEvent.Type.Move) if watched is self._under else _OF_BARS
        if event.type() in kinds:
            self._place()
        return False

    def _on_came(self, bar: NoticeBar) -> None:
        self._bars.remove(bar)
        self._bars.append(bar)

    def _place(self) -> None:
        self.setVisible(any(not bar.isHidden() for bar in self._bars))
        theme = self._theme
        if theme is None or self.isHidden():
            return
        under = self._under
        corner = under.mapTo(self._over, QPoint(0, 0))
        wanted = max(bar.width_in_one_line for bar in self._bars if not bar.isHidden())
        width = min(wanted, theme.px(_WIDEST), under.width() - 2 * theme.px(12))
        self._column.invalidate()  # else it keeps the height of the sentence before
        height = self._column.totalHeightForWidth(width)
        left = corner.x() + under.width() - width
        self.setGeometry(left, corner.y() + under.height() + _GAP - height, width, height)
