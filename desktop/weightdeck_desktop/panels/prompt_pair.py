"""One prompt or two, to be typed in a line of controls."""

from __future__ import annotations

from PySide6.QtCore import QObject, QSize, Qt, Signal
from PySide6.QtGui import QFontMetrics
from PySide6.QtWidgets import QWidget

from weightdeck_desktop.buttons import BarButton, Look
from weightdeck_desktop.panels.prompt_edit import PromptEdit
from weightdeck_desktop.theme import Theme, Type

_HEIGHT = 24  # px at 100 %
_LETTERS = 12  # that a field has room for


class PromptPair(QObject):
    """Owns the two fields and the button between them; `parts` go where its owner has room. `set_*` never emit."""

    edited = Signal(str, object)  # prompt A, and prompt B or None when nothing is compared

    def __init__(self, name: str) -> None:
        """`name`: beginning of the object names."""
        super().__init__()
        self._a = _Field("A", f"{name}_prompt_a")
        self._b = _Field("B", f"{name}_prompt_b")
        self._compare = BarButton(f"{name}_compare", Look.LINK)
        self._is_comparing = False
        self._is_shown = True
        for edit in (self._a, self._b):
            edit.textEdited.connect(lambda _text: self._emit())
        self._compare.clicked.connect(self._on_compare_clicked)
        self._show()

    @property
    def parts(self) -> tuple[QWidget, ...]:
        """What is shown, in reading order."""
        return (self._a, self._b, self._compare)

    def set_prompts(self, a: str, b: str | None = None) -> None:
        """Show these; `b` None shows one only."""
        self._a.set_text(a)
        if b is not None:
            self._b.set_text(b)
        if self._is_comparing != (b is not None):
            self._is_comparing = b is not None
            self._show()

    def set_shown(self, shown: bool) -> None:
        """Whether there is anything to be typed."""
        if shown != self._is_shown:
            self._is_shown = shown
            self._show()

    def set_theme(self, theme: Theme) -> None:
        for edit in (self._a, self._b):
            edit.set_theme(theme, _HEIGHT, Type.MONO_BODY)
        self._compare.set_theme(theme, _HEIGHT)

    def _show(self) -> None:
        self._a.setVisible(self._is_shown)
        self._b.setVisible(self._is_shown and self._is_comparing)
        self._compare.setVisible(self._is_shown)
        for edit in (self._a, self._b):
            edit.set_lettered(self._is_comparing)
            edit.updateGeometry()
        if self._is_comparing:
            self._compare.set_content(self.tr("remove B"), "", self.tr("Remove the second prompt."))
        else:
            tip = self.tr("A second prompt: A − B everywhere, and activations of A put into B")
            self._compare.set_content(self.tr("+ compare"), "", tip)

    def _emit(self) -> None:
        self.edited.emit(self._a.text(), self._b.text() if self._is_comparing else None)

    def _on_compare_clicked(self) -> None:
        self._is_comparing = not self._is_comparing
        if self._is_comparing:
            self._b.set_text(self._a.text())
        self._show()
        (self._b if self._is_comparing else self._a).setFocus(Qt.FocusReason.OtherFocusReason)
        self._emit()


class _Field(PromptEdit):
    """As wide as some letters, and scrolls where there are more."""

    def sizeHint(self) -> QSize:
        letters = QFontMetrics(self.font()).horizontalAdvance("m" * _LETTERS)
        return QSize(letters + self.height() + self.letter_width, self.height())
