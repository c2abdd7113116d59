"""Block, neuron and token as three small numbers: a way to a neuron without clicking in another panel."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QFontMetrics
from PySide6.QtWidgets import QAbstractSpinBox, QHBoxLayout, QLabel, QSpinBox, QWidget

from weightdeck.run.spec import ModelSpec
from weightdeck_desktop.theme import Theme, Type
from weightdeck_desktop.widgets.flow_row import FlowRow


class NeuronChooser(FlowRow):
    """Counts from 0. Typed, or changed with the arrow keys and the wheel."""

    chosen = Signal(str, int, int)  # by the user: tap, token, feature

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(gap=8, parent=parent)
        self._tokens: tuple[str, ...] = ()
        self._block = self._add("block", self.tr("block"), digits=3)
        self._neuron = self._add("neuron", self.tr("neuron"), digits=4)
        self._token = self._add("token", self.tr("token"), digits=3, widest=self.tr("“start”"))
        self.set_model(None)

    def set_theme(self, theme: Theme) -> None:
        for field in (self._block, self._token, self._neuron):
            field.set_theme(theme)

    def set_model(self, model: ModelSpec | None) -> None:
        """The model whose neurons can be chosen; None for none."""
        self.setEnabled(model is not None)
        self._block.set_count(1 if model is None else model.n_layer)
        self._neuron.set_count(1 if model is None else 4 * model.n_embd)

    def set_tokens(self, tokens: Sequence[str]) -> None:
        """What the model sees of the prompt."""
        self._tokens = tuple(tokens)
        self._token.set_count(max(1, len(tokens)))
        self._name_token()

    def show_neuron(self, block: int, token: int, neuron: int) -> None:
        """Where the neuron is that is shown."""
        for field, value in ((self._block, block), (self._token, token), (self._neuron, neuron)):
            field.set_value(value)
        self._name_token()

    def _add(self, key: str, words: str, *, digits: int, widest: str = "") -> _Field:
        field = _Field(f"expression_{key}", words, digits, widest)
        field.changed.connect(self._on_changed)
        self.add(field)
        return field

    def _name_token(self) -> None:
        place = self._token.value
        self._token.set_aside(f"“{self._tokens[place]}”" if place < len(self._tokens) else "")

    def _on_changed(self) -> None:
        self._name_token()
        self.chosen.emit(f"blocks.{self._block.value}.mlp.pre", self._token.value, self._neuron.value)


class _Field(QWidget):
    """A caption, a number, and what the number means."""

    changed = Signal()  # by the user

    def __init__(self, name: str, words: str, digits: int, widest: str) -> None:
        """Room for `digits`, and for `widest` behind them."""
        super().__init__()
        self._words = words
        self._widest = widest
        self._caption, self._aside = QLabel(words), QLabel()
        self._aside.setVisible(bool(widest))
        for label in (self._caption, self._aside):
            label.setTextFormat(Qt.TextFormat.PlainText)
        self._box = _Number(digits)
        self._box.setObjectName(name)
        self._box.setAccessibleName(words)
        self._box.valueChanged.connect(lambda _value: self.changed.emit())
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(4)
        for part in (self._caption, self._box, self._aside):
            row.addWidget(part)

    @property
    def value(self) -> int:
        return self._box.value()

    def set_theme(self, theme: Theme) -> None:
        for label in (self._caption, self._aside):
            label.setFont(theme.font(Type.SMALL))
            label.setStyleSheet(f"color: {theme.secondary.name()};")
        self._aside.setFixedWidth(QFontMetrics(theme.font(Type.SMALL)).horizontalAdvance(self._widest) + 2)
        self._box.set_theme(theme)

    def set_count(self, count: int) -> None:
        """There are so many, from 0."""
        self._box.blockSignals(True)
        self._box.setRange(0, count - 1)
        self._box.blockSignals(False)
        self._box.setToolTip(
            self.tr("{0}: 0 to {1:,}. Type it, or use the arrow keys").format(self._words, count - 1)
        )

    def set_value(self, value: int) -> None:
        self._box.blockSignals(True)
        self._box.setValue(value)
        self._box.blockSignals(False)

    def set_aside(self, text: str) -> None:
        self._aside.setText(text)


class _Number(QSpinBox):
    """A whole number, told when it is entered."""

    def __init__(self, digits: int) -> None:
        super().__init__()
        self._digits = digits
        self._room = QSize(40, 22)
        self.setKeyboardTracking(False)
        self.setButtonSymbols(QAbstractSpinBox.ButtonSymbols.NoButtons)

    def set_theme(self, theme: Theme) -> None:
        font = theme.font(Type.MONO_SMALL)
        self._room = QSize(
            QFontMetrics(font).horizontalAdvance("0" * self._digits) + theme.px(14), theme.px(24)
        )
        self.setFont(font)
        self.setStyleSheet(
            f"QAbstractSpinBox {{ background: {theme.raised.name()}; color: {theme.text.name()};"
            f" border: 1px solid {theme.line.name()}; border-radius: 4px; padding: 0 {theme.px(4)}px; }}"
            f"QAbstractSpinBox:focus {{ border-color: {theme.hand_outline.name()}; }}"
            f"QAbstractSpinBox:disabled {{ color: {theme.line.name()}; }}"
        )
        self.updateGeometry()

    def sizeHint(self) -> QSize:
        return self._room

    def minimumSizeHint(self) -> QSize:
        return self._room
