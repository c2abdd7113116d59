"""Choose the parameter that a knob turns."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtGui import QIcon, QPalette
from PySide6.QtWidgets import QComboBox, QDialog, QDialogButtonBox, QFormLayout, QLabel, QLineEdit, QWidget

from weightdeck.run.layout import EMBEDDING, HEAD, POSITIONS, Layout
from weightdeck.run.slices import Index, ParameterSlice
from weightdeck.run.words import slice_title, tensor_title

_TOKEN_TENSORS = (EMBEDDING, HEAD)


class PinDialog(QDialog):
    """Asks for a slice of the parameters: by tensor, row and column, or as written. `target` is the answer.

    Each way of saying it follows the other; a sentence always says what is chosen or what is wrong with it.
    """

    def __init__(
        self,
        layout: Layout,
        vocabulary: Sequence[str],
        current: ParameterSlice,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setObjectName("pin_dialog")
        self.setWindowTitle(self.tr("Pin another parameter"))
        self._layout = layout
        self._vocabulary = vocabulary
        self._target: ParameterSlice | None = None
        self._tensor = QComboBox()
        self._tensor.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        for info in layout.tensors:
            size = " × ".join(str(length) for length in info.shape)
            self._tensor.addItem(f"{tensor_title(info.name)} · {info.name} · {size}", info.name)
        self._row, self._column, self._written = QLineEdit(), QLineEdit(), QLineEdit()
        self._row_label, self._column_label = QLabel(), QLabel()
        self._sentence = QLabel()
        self._sentence.setTextFormat(Qt.TextFormat.PlainText)
        self._sentence.setWordWrap(True)
        self._sentence.setObjectName("pin_sentence")
        self._sentence.setMinimumHeight(
            3 * self.fontMetrics().height()
        )  # no jump when a problem needs more lines
        self.setMinimumWidth(56 * self.fontMetrics().horizontalAdvance("n"))
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        self._pin = buttons.addButton(self.tr("Pin"), QDialogButtonBox.ButtonRole.AcceptRole)
        self._pin.setObjectName("pin_accept")
        self._pin.setToolTip(self.tr("Let the knob turn this parameter"))
        cancel = buttons.button(QDialogButtonBox.StandardButton.Cancel)
        cancel.setToolTip(self.tr("Leave the knob as it is"))
        cancel.setIcon(QIcon())  # the style's red cross belongs to no theme of ours
        form = QFormLayout(self)
        self._name(
            self._tensor, "pin_tensor", self.tr("Tensor"), self.tr("The tensor to take the parameter from")
        )
        self._name(
            self._written, "pin_written", self.tr("As written"), self.tr("For example lm_head.weight[5, 31]")
        )
        form.addRow(self.tr("Tensor"), self._tensor)
        form.addRow(self._row_label, self._row)
        form.addRow(self._column_label, self._column)
        form.addRow(self.tr("As written"), self._written)
        form.addRow(self._sentence)
        form.addRow(buttons)
        self._show_parts(current)
        self._take(current)
        self._written.setText(str(current))
        self._tensor.activated.connect(self._on_tensor_chosen)
        self._row.textEdited.connect(self._on_part_edited)
        self._column.textEdited.connect(self._on_part_edited)
        self._written.textEdited.connect(self._on_written_edited)
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)

    @property
    def target(self) -> ParameterSlice | None:
        """The slice that is chosen now; None while what is written is none."""
        return self._target

    # From what is typed to a slice

    def _take(self, target: ParameterSlice) -> None:
        """Choose `target`, or raise ``ValueError`` where it does not fit the model."""
        size = target.size(self._layout)
        self._target = target
        title = slice_title(target, self._vocabulary, self._layout)
        what = (
            self.tr("{title}: one weight, set by the knob.")
            if size == 1
            else self.tr("{title}: {size:,} weights, scaled together by the knob.")
        )
        self._show_sentence(what.format(title=title, size=size), is_problem=False)

    def _refuse(self, problem: ValueError) -> None:
        self._target = None
        self._show_sentence(str(problem), is_problem=True)

    def _show_sentence(self, sentence: str, *, is_problem: bool) -> None:
        """Problems come with a sign and in the colour of errors."""
        sign = "\N{WARNING SIGN}\N{VARIATION SELECTOR-15} "
        bare = sentence.removeprefix(sign)
        self._sentence.setText(sign + bare if is_problem else bare)
        role = QPalette.ColorRole
        self._sentence.setForegroundRole(role.BrightText if is_problem else role.WindowText)
        self._sentence.setAccessibleName(bare)
        self._pin.setEnabled(not is_problem)

    def _from_parts(self) -> ParameterSlice:
        """What the fields say. Raises ``ValueError`` with a sentence."""
        name = str(self._tensor.currentData())
        shape = self._layout.by_name[name].shape
        fields = [self._row, self._column][: len(shape)]
        index = [self._index(name, place, field.text()) for place, field in enumerate(fields)]
        while index and index[-1] is None:
            index.pop()
        return ParameterSlice(
            name, tuple((0, shape[place]) if part is None else part for place, part in enumerate(index))
        )

    def _index(self, name: str, dimension: int, text: str) -> Index | None:
        """A number, a range, or a token's name where the tensor has a row for each token; None for all."""
        text = text.strip()
        if not text:
            return None
        if dimension == 0 and name in _TOKEN_TENSORS and text in self._vocabulary and not text.isdigit():
            return self._vocabulary.index(text)
        try:
            (index,) = ParameterSlice.parse(f"{name}[{text}]").index
            return index
        except ValueError:
            last = self._layout.by_name[name].shape[dimension] - 1
            raise ValueError(
                self.tr(
                    "“{text}” is no place here: type a number from 0 to {last}, or a range like 0:4."
                ).format(text=text, last=last)
            ) from None

    # Showing

    def _show_parts(self, target: ParameterSlice) -> None:
        """Let the fields say `target`."""
        self._tensor.setCurrentIndex(self._layout.index_of(target.tensor))
        self._label_fields()
        texts = [str(part) if isinstance(part, int) else f"{part[0]}:{part[1]}" for part in target.index]
        if texts and target.tensor in _TOKEN_TENSORS and isinstance(target.index[0], int):
            token = self._vocabulary[target.index[0]]
            texts[0] = texts[0] if token.isdigit() else token
        for field, text in zip((self._row, self._column), [*texts, "", ""], strict=False):
            field.setText(text)

    def _label_fields(self) -> None:
        name = str(self._tensor.currentData())
        shape = self._layout.by_name[name].shape
        if name in _TOKEN_TENSORS:
            names = [self.tr("Token"), self.tr("Feature")]
        elif name == POSITIONS:
            names = [self.tr("Position"), self.tr("Feature")]
        else:
            names = [self.tr("Output"), self.tr("Input")] if len(shape) == 2 else [self.tr("Feature")]
        fields = ((self._row_label, self._row, "pin_row"), (self._column_label, self._column, "pin_column"))
        for place, (label, field, object_name) in enumerate(fields):
            exists = place < len(shape)
            for part in (label, field):
                part.setVisible(exists)
            if not exists:
                continue
            label.setText(names[place])
            last = shape[place] - 1
            tip = self.tr(
                "0 to {last}, a range like 0:4, a token's name where rows are tokens; empty for all"
            )
            self._name(field, object_name, label.text(), tip.format(last=last))
            field.setPlaceholderText(self.tr("all, 0 to {last}").format(last=last))

    @staticmethod
    def _name(widget: QWidget, object_name: str, name: str, tip: str) -> None:
        widget.setObjectName(object_name)
        widget.setAccessibleName(name)
        widget.setToolTip(tip)

    # The user's acts

    def _on_tensor_chosen(self) -> None:
        self._row.clear()
        self._column.clear()
        self._label_fields()
        self._on_part_edited()

    def _on_part_edited(self) -> None:
        try:
            target = self._from_parts()
            self._take(target)
            self._written.setText(str(target))
        except ValueError as problem:
            self._refuse(problem)

    def _on_written_edited(self, text: str) -> None:
        try:
            target = ParameterSlice.parse(text)
            self._take(target)
            self._show_parts(target)
        except ValueError as problem:
            self._refuse(problem)
