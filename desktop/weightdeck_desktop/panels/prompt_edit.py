"""The line in which a prompt is typed, wherever one can be."""

from __future__ import annotations

from PySide6.QtWidgets import QLineEdit, QWidget

from weightdeck_desktop.theme import Theme, Type

LONGEST_PROMPT = 10_000  # characters; a line edit with a megabyte in it freezes the window


class PromptEdit(QLineEdit):
    """Its text changes by the user's hand where `textEdited` says so."""

    def __init__(self, name: str, object_name: str, parent: QWidget | None = None) -> None:
        """`name`: "A" or "B"."""
        super().__init__(parent)
        self.setObjectName(object_name)
        self.setMaxLength(LONGEST_PROMPT)
        self.setAcceptDrops(False)  # else the name of a file that is dropped here would become the prompt
        self.setPlaceholderText(self.tr("type a beginning"))
        self.setAccessibleName(self.tr("Prompt {name}").format(name=name))
        tip = self.tr("The text whose next letter the model predicts; at most {limit:,} characters.")
        self.setToolTip(tip.format(limit=LONGEST_PROMPT))
        self.returnPressed.connect(self.clearFocus)  # done: Space pauses again

    def set_text(self, text: str) -> None:
        """Show another text; the cursor stays where the text is the same."""
        if text != self.text():
            self.setText(text)

    def set_theme(self, theme: Theme, height: int, role: Type) -> None:
        """`height` in px at 100 %."""
        self.setFont(theme.font(role))
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
