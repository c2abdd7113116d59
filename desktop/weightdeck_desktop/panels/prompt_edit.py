"""The line in which a prompt is typed, wherever one can be."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QLabel, QLineEdit, QWidget

from weightdeck_desktop.theme import Theme, Type

_MARGIN = 8  # px before the letter
LONGEST_PROMPT = 10_000  # characters; a line edit with a megabyte in it freezes the window


class PromptEdit(QLineEdit):
    """Its text changes by the user's hand where `textEdited` says so. Where two prompts are compared a letter at its
    left says which it is.
    """

    def __init__(self, name: str, object_name: str, parent: QWidget | None = None) -> None:
        """`name`: "A" or "B"."""
        super().__init__(parent)
        self.setObjectName(object_name)
        self.setMaxLength(LONGEST_PROMPT)
        self.setAcceptDrops(False)  # else the name of a file that is dropped here would become the prompt
        self.setPlaceholderText(self.tr("type a beginning"))
        self.setAccessibleName(self.tr("Prompt {name}").format(name=name))
        tip = self.tr(
            "Prompt {name}: the text whose next letter the model predicts; at most {limit:,} characters."
        )
        self.setToolTip(tip.format(name=name, limit=LONGEST_PROMPT))
        self._letter = QLabel(name, self)
        self._letter.setTextFormat(Qt.TextFormat.PlainText)
        self._letter.hide()
        self.returnPressed.connect(self.clearFocus)  # done: Space pauses again

    def set_text(self, text: str) -> None:
        """Show another text; the cursor stays where the text is the same."""
        if text != self.text():
            self.setText(text)

    def set_lettered(self, lettered: bool) -> None:
        """Whether the letter is shown."""
        self._letter.setVisible(lettered)
        self._place_letter()

    @property
    def letter_width(self) -> int:
        """Room that the letter takes at the left, px; 0 without one."""
        return 0 if self._letter.isHidden() else self._letter.sizeHint().width() + _MARGIN

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._place_letter()

    def _place_letter(self) -> None:
        self._letter.setGeometry(_MARGIN, 0, self._letter.sizeHint().width(), self.height())
        margins = self.textMargins()
        margins.setLeft(self.letter_width)
        self.setTextMargins(margins)

    def set_theme(self, theme: Theme, height: int, role: Type) -> None:
        """`height` in px at 100 %."""
        self.setFont(theme.font(role))
        self._letter.setFont(theme.font(Type.SMALL))
        self.setFixedHeight(theme.px(height))
        self.setStyleSheet(
            f"QLineEdit {{ background: {theme.raised.name()}; color: {theme.text.name()};"
            f" border: 1px solid {theme.line.name()}; border-radius: 5px; padding: 0 {theme.px(8)}px; }}"
            f"QLineEdit:focus {{ border-color: {theme.hand_outline.name()}; }}"
            f"QPushButton {{ background: transparent; color: {theme.secondary.name()};"
            f" border: 1px solid transparent; border-radius: 4px; padding: 0 {theme.px(4)}px; }}"
            f"QPushButton:hover {{ color: {theme.text.name()}; }}"
            f"QPushButton:focus {{ border-color: {theme.hand_outline.name()}; }}"
            f"QLabel {{ color: {theme.secondary.name()}; background: transparent; border: none; }}"
        )
        self._place_letter()
