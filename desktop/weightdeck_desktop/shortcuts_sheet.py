"""All keys on one sheet."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import QCoreApplication, Qt
from PySide6.QtGui import QAction, QFont, QKeySequence
from PySide6.QtWidgets import (
    QDialog,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from weightdeck_desktop.theme import Theme, Type
from weightdeck_desktop.thin_scroll_bar import ThinScrollBar


def knob_keys() -> list[tuple[str, str]]:
    """(keys, what they do) of the knobs, which are not actions of the window."""

    def tr(text: str) -> str:
        return QCoreApplication.translate("ShortcutsSheet", text)

    return [
        (tr("Drag up or down"), tr("Turn")),
        (tr("Shift + drag"), tr("Turn finely")),
        (tr("Wheel, arrow keys"), tr("Turn a little")),
        (tr("Double click"), tr("Back to the default")),
        (tr("Enter, or a figure"), tr("Type a value")),
    ]


class ShortcutsSheet(QDialog):
    """Read-only; built anew each time it opens, so that it always tells the truth."""

    def __init__(self, groups: Iterable[tuple[str, list[QAction]]], theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("shortcuts_sheet")
        self.setWindowTitle(self.tr("Shortcuts"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._theme = theme
        content = QWidget(self)
        columns = QHBoxLayout(content)
        columns.setSpacing(theme.px(32))
        left, right = QVBoxLayout(), QVBoxLayout()
        columns.addLayout(left)
        columns.addLayout(right)
        blocks = []
        for title, actions in groups:
            rows = [
                (self._keys(action), action.text()) for action in actions if not action.shortcut().isEmpty()
            ]
            blocks.append((title, rows))
        blocks.append((self.tr("Knobs"), knob_keys()))
        half = sum(len(rows) + 2 for _, rows in blocks) / 2
        filled = 0
        for title, rows in blocks:
            (left if filled < half - len(rows) / 2 else right).addLayout(self._block(title, rows))
            filled += len(rows) + 2
        left.addStretch(1)
        right.addStretch(1)
        scroll = QScrollArea(self)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setWidgetResizable(True)
        bar = ThinScrollBar(Qt.Orientation.Vertical)
        bar.set_theme(theme)
        scroll.setVerticalScrollBar(bar)
        scroll.setWidget(content)
        column = QVBoxLayout(self)
        column.addWidget(scroll)
        wanted = content.sizeHint()
        self.resize(
            min(wanted.width() + theme.px(48), parent.width() - 40),
            min(wanted.height() + theme.px(40), parent.height() - 40),
        )

    def _block(self, title: str, rows: list[tuple[str, str]]) -> QGridLayout:
        grid = QGridLayout()
        grid.setHorizontalSpacing(self._theme.px(16))
        grid.setVerticalSpacing(self._theme.px(6))
        grid.setContentsMargins(0, 0, 0, self._theme.px(14))
        grid.setColumnStretch(1, 1)
        grid.addWidget(self._label(title, self._theme.font(Type.TITLE)), 0, 0, 1, 2)
        for row, (keys, words) in enumerate(rows, start=1):
            grid.addWidget(self._label(keys, self._theme.font(Type.MONO_SMALL)), row, 0)
            grid.addWidget(self._label(words, self._theme.font(Type.BODY)), row, 1)
        return grid

    def _label(self, text: str, font: QFont) -> QLabel:
        label = QLabel(text, self)
        label.setTextFormat(Qt.TextFormat.PlainText)
        label.setFont(font)
        return label

    @staticmethod
    def _keys(action: QAction) -> str:
        return QKeySequence.listToString(action.shortcuts(), QKeySequence.SequenceFormat.NativeText)
