"""Choosing a token or a place of the prompt, or none in particular: for the lens and for direct contributions."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QSize, QStringListModel, Qt, Signal
from PySide6.QtGui import QFontMetrics
from PySide6.QtWidgets import QHBoxLayout, QLabel, QListView, QWidget

from weightdeck_desktop.theme import Theme, Type
from weightdeck_desktop.widgets.choice_box import ChoiceBox

_WIDEST = 120  # px at 100 %: of an entry; a vocabulary may have a long word somewhere


class OpenChoice(ChoiceBox):
    """A first entry that leaves it open, then as many as there are names. Typing a name's beginning goes to it.

    Vocabularies may have 50,000 entries, so that none of them has an item of its own and none is measured twice.
    """

    picked = Signal()  # by the user: read `place`

    def __init__(self, open_words: str, parent: QWidget | None = None) -> None:
        """`open_words`: what the first entry is called."""
        super().__init__(parent)
        self._open_words = open_words
        self._names: tuple[str, ...] = ()
        self._entry_width = 0
        self._lines = QStringListModel([open_words], self)
        self.setModel(self._lines)
        view = self.view()
        assert isinstance(view, QListView)
        view.setUniformItemSizes(True)
        view.setTextElideMode(Qt.TextElideMode.ElideRight)
        self.activated.connect(lambda _place: self.picked.emit())

    @property
    def place(self) -> int | None:
        """Which of the names is chosen; None: left open."""
        return self.currentIndex() - 1 if self.currentIndex() > 0 else None

    def set_theme(self, theme: Theme) -> None:
        super().set_theme(theme)
        self._measure()

    def set_names(self, names: Sequence[str]) -> None:
        """What there is to choose; a choice that is not among them any more is left open."""
        if tuple(names) != self._names:
            place = self.place
            self._names = tuple(names)
            self._lines.setStringList([self._open_words, *self._names])
            self.set_place(place)
            self._measure()

    def set_place(self, place: int | None) -> None:
        """Choose one of the names; None, or one that there is not, leaves it open."""
        is_known = place is not None and 0 <= place < len(self._names)
        self.setCurrentIndex(0 if place is None or not is_known else place + 1)

    def sizeHint(self) -> QSize:
        return QSize(self._entry_width + self._theme.px(8 + 22), self._theme.px(22))

    def _measure(self) -> None:
        theme = self._theme
        metrics = QFontMetrics(theme.font(Type.SMALL))
        names = sorted({self._open_words, *self._names}, key=len)[-64:]  # the longest are the widest, nearly
        widest = max(metrics.horizontalAdvance(name) for name in names)
        self._entry_width = min(widest, theme.px(_WIDEST)) + 1
        self.view().setMinimumWidth(self.sizeHint().width())
        self.updateGeometry()


def known_place(place: object, count: int | None) -> int | None:
    """A choice, perhaps from a file: a number from 0 on, and below `count` where that is known; else None."""
    if not isinstance(place, int) or isinstance(place, bool) or place < 0:
        return None
    return place if count is None or place < count else None


class Captioned(QWidget):
    """A choice with the word for it before it."""

    def __init__(self, caption: str, box: OpenChoice, name: str, accessible: str, tip: str) -> None:
        """`name`: object name of the box."""
        super().__init__()
        self.box = box
        self._caption = QLabel(caption)
        self._caption.setTextFormat(Qt.TextFormat.PlainText)
        self._caption.setToolTip(tip)
        box.setObjectName(name)
        box.setAccessibleName(accessible)
        box.setToolTip(tip)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(4)
        row.addWidget(self._caption)
        row.addWidget(box)

    def set_theme(self, theme: Theme) -> None:
        self._caption.setFont(theme.font(Type.SMALL))
        self._caption.setStyleSheet(f"color: {theme.secondary.name()};")
        self.box.set_theme(theme)
