"""A prompt to type in, and underneath what the model makes of it."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QPushButton, QVBoxLayout, QWidget

from weightdeck_desktop.panels.prompt_edit import LONGEST_PROMPT, PromptEdit
from weightdeck_desktop.theme import Theme, Type
from weightdeck_desktop.widgets.token_strip import TokenStrip


class PromptLine(QWidget):
    """Line edit with a button at its right end and, when two prompts are compared, a letter at its left."""

    edited = Signal()  # the user changed the text
    button_clicked = Signal()

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        """`name`: "A" or "B"."""
        super().__init__(parent)
        self._name = name
        self._edit = PromptEdit(name, f"prompt_{name.lower()}")
        self._edit.textEdited.connect(lambda _: self.edited.emit())
        self._button = QPushButton(self._edit)
        self._button.setCursor(Qt.CursorShape.PointingHandCursor)
        self._button.clicked.connect(lambda _checked: self.button_clicked.emit())
        self._strip = TokenStrip()
        self._strip.setAccessibleName(self.tr("Tokens of prompt {name}").format(name=name))
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addWidget(self._edit)
        column.addWidget(self._strip)

    @property
    def text(self) -> str:
        return self._edit.text()

    @property
    def full(self) -> bool:
        """Whether no more characters are taken: what was typed or pasted beyond is lost."""
        return len(self._edit.text()) == LONGEST_PROMPT

    def set_text(self, text: str) -> None:
        self._edit.set_text(text)

    def set_button(self, label: str, tip: str, object_name: str) -> None:
        """What the button at the right end says; an empty label hides it."""
        self._button.setText(label)
        self._button.setToolTip(tip)
        self._button.setAccessibleName(tip)
        self._button.setObjectName(object_name)
        self._button.setVisible(bool(label))
        self._place()

    def set_lettered(self, lettered: bool) -> None:
        """Whether the line says which of two prompts it is."""
        self._edit.set_lettered(lettered)

    def show_tokens(self, cut: str, tokens: Sequence[str]) -> None:
        """Show what the model saw, and the letters before it that were cut off."""
        self._strip.set_tokens(cut, tokens)

    def take_focus(self) -> None:
        self._edit.setFocus(Qt.FocusReason.OtherFocusReason)

    def set_theme(self, theme: Theme) -> None:
        self._edit.set_theme(theme, 34, Type.VALUE)
        self._button.setFont(theme.font(Type.SMALL))
        self._strip.set_theme(theme)
        self._place()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._place()

    def _place(self) -> None:
        """Put the button within the line edit, and keep its text out of the way."""
        height = self._edit.height()
        button = self._button.sizeHint()
        button_size = QSize(button.width(), height - 8)
        self._button.setGeometry(
            self._edit.width() - button.width() - 4, 4, button_size.width(), button_size.height()
        )
        margins = self._edit.textMargins()
        margins.setRight(0 if self._button.isHidden() else button.width())
        self._edit.setTextMargins(margins)
