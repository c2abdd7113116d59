"""The tokens of a prompt as chips, of which one can be left out."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFont, QFontMetrics, QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QAbstractButton, QWidget

from weightdeck_desktop.theme import Theme, Type, dark_theme
from weightdeck_desktop.widgets.flow_row import FlowRow
from weightdeck_desktop.widgets.plain_tip import plain_tip

_STEPS = {
    Qt.Key.Key_Left: -1,
    Qt.Key.Key_Up: -1,
    Qt.Key.Key_Right: 1,
    Qt.Key.Key_Down: 1,
}


class TokenChips(FlowRow):
    """Tab comes to one chip, the arrow keys go to the others; Space or Enter leaves a token out or puts it back."""

    pressed = Signal(int)  # position, by the user

    def __init__(self, after: QWidget, parent: QWidget | None = None) -> None:
        """`after`: the control from which Tab leads here."""
        super().__init__(gap=3, line_gap=3, parent=parent)
        self._after = after
        self.setObjectName("memory_tokens")
        self.setAccessibleName(self.tr("Tokens of the prompt"))
        self._theme: Theme = dark_theme()
        self._chips: list[_Chip] = []

    def set_theme(self, theme: Theme) -> None:
        self._theme = theme
        for chip in self._chips:
            chip.set_theme(theme)

    def set_tokens(self, tokens: Sequence[str]) -> None:
        """What the model sees, as a person meets it. A single token cannot be left out."""
        for place in range(len(self._chips), len(tokens)):
            chip = _Chip(place, self)
            chip.set_theme(self._theme)
            chip.clicked.connect(lambda _checked=False, place=place: self.pressed.emit(place))
            chip.stepped.connect(self._on_stepped)
            chip.setFocusPolicy(Qt.FocusPolicy.NoFocus)
            self._chips.append(chip)
            self.add(chip)
        for place, chip in enumerate(self._chips):
            chip.setVisible(place < len(tokens))
            if place < len(tokens):
                chip.set_token(tokens[place], only=len(tokens) == 1)
        if not any(chip.focusPolicy() & Qt.FocusPolicy.TabFocus for chip in self._chips[: len(tokens)]):
            self._let_tab_reach(0)
        self.updateGeometry()

    def set_dropped(self, position: int | None) -> None:
        """Which token is left out; None for none."""
        for place, chip in enumerate(self._chips):
            chip.set_dropped(place == position)

    def _on_stepped(self, place: int) -> None:
        seen = [chip for chip in self._chips if not chip.isHidden()]
        target = seen[min(max(place, 0), len(seen) - 1)]
        self._let_tab_reach(self._chips.index(target))
        target.setFocus(Qt.FocusReason.OtherFocusReason)

    def _let_tab_reach(self, place: int) -> None:
        for each, chip in enumerate(self._chips):
            chip.setFocusPolicy(Qt.FocusPolicy.TabFocus if each == place else Qt.FocusPolicy.NoFocus)
        if self._chips:
            self.setTabOrder(self._after, self._chips[place])  # made late, it would come after all panels


class _Chip(QAbstractButton):
    """A token; struck out while it is left out."""

    stepped = Signal(int)  # to which place the keyboard wants to go

    def __init__(self, place: int, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName(f"memory_token_{place}")
        self.setCheckable(False)  # what is left out is what the model answered to, not what was pressed
        self._place = place
        self._is_dropped = False
        self._theme: Theme = dark_theme()

    def set_theme(self, theme: Theme) -> None:
        self._theme = theme
        self.updateGeometry()
        self.update()

    def set_token(self, token: str, *, only: bool) -> None:
        if token != self.text():
            self.setText(token)
            self.updateGeometry()
        self.setEnabled(not only)
        self._describe()

    def set_dropped(self, dropped: bool) -> None:
        if dropped != self._is_dropped:
            self._is_dropped = dropped
            self._describe()
            self.update()

    def sizeHint(self) -> QSize:
        width = QFontMetrics(self._font()).horizontalAdvance(self.text())
        return QSize(width + 2 * self._theme.px(7), self._theme.px(24))

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = Qt.Key(event.key())
        if key in _STEPS:
            self.stepped.emit(self._place + _STEPS[key])
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.click()
        else:
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        theme = self._theme
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        border = theme.hand_outline if self.hasFocus() or self._is_dropped else theme.line
        painter.setPen(theme.pen(border, 2 if self.hasFocus() else 1))
        painter.setBrush(theme.panel if self._is_dropped else theme.raised)
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), theme.px(4), theme.px(4))
        ink = theme.secondary if self._is_dropped or not self.isEnabled() else theme.text
        painter.setFont(self._font())
        painter.setPen(theme.pen(ink))
        painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, self.text())
        painter.end()

    def _font(self) -> QFont:
        font = QFont(self._theme.font(Type.SMALL if len(self.text()) > 1 else Type.MONO_BODY))
        font.setStrikeOut(self._is_dropped)
        return font

    def _describe(self) -> None:
        words = self.tr("token {0} “{1}”").format(self._place, self.text())
        if not self.isEnabled():
            tip = self.tr("Without its only token there is nothing to predict from.")
        elif self._is_dropped:
            words += self.tr(", left out")
            tip = self.tr("Put “{0}” back").format(self.text())
        else:
            tip = self.tr("Run once more without “{0}” and see what changes").format(self.text())
        self.setAccessibleName(words)
        self.setAccessibleDescription(tip)
        self.setToolTip(plain_tip(tip))
