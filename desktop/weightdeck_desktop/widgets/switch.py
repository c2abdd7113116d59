"""A row of buttons of which exactly one is down: A | B | A − B."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QPushButton, QSizePolicy, QWidget

from weightdeck_desktop.theme import Theme, Type


class Switch(QWidget):
    """Exclusive choice among a few short words; arrow keys move within it."""

    chosen = Signal(int)  # the user's choice: position in the row

    def __init__(self, choices: Sequence[tuple[str, str]], parent: QWidget | None = None) -> None:
        """`choices`: label and tooltip of every button."""
        super().__init__(parent)
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        self._group = QButtonGroup(self)
        for place, (label, tip) in enumerate(choices):
            button = QPushButton(label)
            button.setCheckable(True)
            button.setToolTip(tip)
            button.setAccessibleName(label)
            button.setAccessibleDescription(tip)
            button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
            self._group.addButton(button, place)
            row.addWidget(button)
        self._group.idClicked.connect(self.chosen)
        self._group.idToggled.connect(self._on_toggled)
        self.set_choice(0)

    @property
    def choice(self) -> int:
        return self._group.checkedId()

    def set_choice(self, place: int) -> None:
        self._group.button(place).setChecked(True)

    def restore(self, place: object) -> None:
        """As `set_choice`; whatever is no place in the row is left alone: it may come of an old file."""
        if isinstance(place, int) and 0 <= place < len(self._group.buttons()):
            self.set_choice(place)

    def set_names(self, prefix: str) -> None:
        """Stable object names: `prefix` for the row, `prefix`_0 ... for its buttons."""
        self.setObjectName(prefix)
        for place, button in enumerate(self._group.buttons()):
            button.setObjectName(f"{prefix}_{place}")

    def set_theme(self, theme: Theme) -> None:
        font = theme.font(Type.SMALL)
        for button in self._group.buttons():
            button.setFont(font)
        last = len(self._group.buttons()) - 1
        for place, button in enumerate(self._group.buttons()):
            left, right = (4 if place == 0 else 0), (4 if place == last else 0)
            button.setStyleSheet(
                f"QPushButton {{ background: {theme.panel.name()}; color: {theme.secondary.name()};"
                f" border: 1px solid {theme.line.name()}; padding: {theme.px(3)}px {theme.px(8)}px;"
                f" border-top-left-radius: {left}px; border-bottom-left-radius: {left}px;"
                f" border-top-right-radius: {right}px; border-bottom-right-radius: {right}px; }}"
                f"QPushButton:checked {{ background: {theme.raised.name()}; color: {theme.text.name()};"
                f" border-color: {theme.secondary.name()}; }}"
                f"QPushButton:focus {{ border-color: {theme.hand_outline.name()}; }}"
            )

    def _on_toggled(self, place: int, checked: bool) -> None:
        """Tab comes to the one that is down, the arrow keys to the others.

        None is for clicks: after one Space still means play and pause.
        """
        policy = Qt.FocusPolicy.TabFocus if checked else Qt.FocusPolicy.NoFocus
        self._group.button(place).setFocusPolicy(policy)
