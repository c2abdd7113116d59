"""The controls of the model that a run is compared with: a known one by name, or any sizes."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent
from PySide6.QtWidgets import QLabel, QLineEdit, QSizePolicy, QVBoxLayout, QWidget

from weightdeck.run.costs import REFERENCES, Shape
from weightdeck_desktop.panels.cost_sizes import RANGES, read_size, size_name, size_tip, stepped, with_size
from weightdeck_desktop.theme import Theme, Type
from weightdeck_desktop.widgets.check import Check
from weightdeck_desktop.widgets.choice_box import ChoiceBox
from weightdeck_desktop.widgets.flow_row import FlowRow
from weightdeck_desktop.widgets.text_line import TextLine

THIS_RUN = "this_run"  # keys of the choice, beside the names of REFERENCES
OWN = "own"
_START = "GPT-2 small"


class WhatIf(QWidget):
    """Holds the other model's shape. What cannot be is told below the controls; the shape stays as it was."""

    changed = Signal()  # the user has made it another shape

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._shapes = {reference.name: reference.shape for reference in REFERENCES}
        self._run: Shape | None = None
        self._key = _START
        self._shape = self._shapes[_START]
        self._choice = self._make_choice()
        self._fields = {name: self._make_field(name) for name in RANGES}
        self._tied = Check(self.tr("tied"))
        self._tied.setObjectName("cost_tied")
        self._tied.setAccessibleName(self.tr("Tied head"))
        self._tied.setToolTip(
            self.tr(
                "The output head is the token embedding itself, as in GPT-2: it has no parameters of its own"
            )
        )
        self._tied.clicked.connect(self._on_tied_clicked)
        self._problem = TextLine(secondary=False)
        self._problem.setObjectName("cost_problem")
        self._problem.hide()
        controls = FlowRow(gap=8)
        self._captioned = (
            _Captioned(self.tr("compare with"), self._choice),
            *(_Captioned(size_name(name), field) for name, field in self._fields.items()),
            _Captioned(self.tr("head"), self._tied),
        )
        for part in self._captioned:
            controls.add(part)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addWidget(controls)
        column.addWidget(self._problem)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._show_shape()

    @property
    def shape(self) -> Shape:
        return self._shape

    @property
    def name(self) -> str:
        """The chosen model's name as the choice shows it."""
        return self._choice.currentText()

    def set_theme(self, theme: Theme) -> None:
        for part in self._captioned:
            part.set_theme(theme)
        self._choice.set_theme(theme)
        self._tied.set_theme(theme)
        self._problem.set_theme(theme)
        for field in self._fields.values():
            field.set_theme(theme)

    def show_run(self, shape: Shape | None) -> None:
        """The shape that "this run" stands for; None while there is no run, when the last one's stays."""
        self._run = shape
        if self._key == THIS_RUN and shape is not None:
            self._take(THIS_RUN, shape)

    def state(self) -> dict[str, object]:
        """The choice and its sizes, to survive a restart."""
        sizes: dict[str, object] = {name: getattr(self._shape, name) for name in RANGES}
        return {"model": self._key, "tied": self._shape.tied, **sizes}

    def restore(self, state: dict[str, object]) -> None:
        """Take what `state` gave; what cannot be is left as it is."""
        key = state.get("model")
        if isinstance(key, str) and key in self._shapes:
            self._take(key, self._shapes[key])
            return
        sizes = {name: size for name in RANGES if type(size := state.get(name)) is int}
        fits = all(low <= sizes.get(name, 0) <= high for name, (low, high) in RANGES.items())
        if key not in (THIS_RUN, OWN) or not fits or sizes["n_embd"] % sizes["n_head"]:
            return
        own = Shape(**sizes, tied=bool(state.get("tied")))
        self._take(key, self._run if key == THIS_RUN and self._run is not None else own)

    def _make_choice(self) -> ChoiceBox:
        choice = ChoiceBox()
        choice.setObjectName("cost_model")
        choice.setAccessibleName(self.tr("The other model"))
        choice.setToolTip(self.tr("A known model to compare this run with, or sizes of your own"))
        choice.addItem(self.tr("this run"), THIS_RUN)
        for reference in REFERENCES:
            choice.addItem(reference.name, reference.name)
            choice.setItemData(choice.count() - 1, reference.source, Qt.ItemDataRole.ToolTipRole)
        choice.addItem(self.tr("own sizes"), OWN)
        choice.activated.connect(self._on_model_chosen)
        return choice

    def _make_field(self, name: str) -> _SizeField:
        field = _SizeField()
        field.setObjectName(f"cost_{name}")
        field.setAccessibleName(size_name(name))
        field.setToolTip(size_tip(name))
        field.typed.connect(lambda text: self._on_field_typed(name, text))
        field.turned.connect(lambda up: self._on_field_turned(name, up))
        field.cancelled.connect(self._on_field_cancelled)
        return field

    def _take(self, key: str, shape: Shape) -> None:
        self._key, self._shape = key, shape
        self._tell("")
        self._show_shape()

    def _show_shape(self) -> None:
        self._choice.setCurrentIndex(self._choice.findData(self._key))
        self._tied.setChecked(self._shape.tied)
        for name, field in self._fields.items():
            field.show_size(getattr(self._shape, name))

    def _tell(self, problem: str) -> None:
        """What cannot be; the line takes no room while there is nothing to tell."""
        self._problem.set_text(problem, mark="!" if problem else "")
        self._problem.setVisible(bool(problem))

    def _set(self, shape: Shape) -> None:
        if shape != self._shape:
            self._take(OWN, shape)
            self.changed.emit()
        else:
            self._take(self._key, shape)

    def _on_model_chosen(self, place: int) -> None:
        key = self._choice.itemData(place)
        known = self._run if key == THIS_RUN else self._shapes.get(key)
        self._take(key, known or self._shape)
        self.changed.emit()

    def _on_tied_clicked(self, tied: bool) -> None:
        self._set(replace(self._shape, tied=tied))

    def _on_field_typed(self, name: str, text: str) -> None:
        try:
            shape = with_size(self._shape, name, read_size(text))
        except ValueError as problem:
            self._tell(str(problem))
            return
        self._set(shape)

    def _on_field_turned(self, name: str, up: bool) -> None:
        self._set(stepped(self._shape, name, up=up))

    def _on_field_cancelled(self) -> None:
        self._take(self._key, self._shape)


class _Captioned(QWidget):
    """A caption above a control."""

    def __init__(self, caption: str, control: QWidget) -> None:
        super().__init__()
        self._caption = QLabel(caption)
        self._caption.setTextFormat(Qt.TextFormat.PlainText)
        self._caption.setBuddy(control)
        self._control = control
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(1)
        column.addWidget(self._caption)
        column.addWidget(control)

    def set_theme(self, theme: Theme) -> None:
        self._caption.setFont(theme.font(Type.SMALL))
        self._caption.setStyleSheet(f"color: {theme.secondary.name()};")
        self._control.setFixedHeight(theme.px(24))


class _SizeField(QLineEdit):
    """Tells once what was typed: on Enter, or when the focus leaves it. Esc asks for what holds."""

    typed = Signal(str)
    turned = Signal(bool)  # by the arrow keys: upwards
    cancelled = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setMaxLength(24)
        self._holds = ""  # what its owner has shown
        self._told = ""
        self.editingFinished.connect(self._tell)

    def set_theme(self, theme: Theme) -> None:
        self.setFont(theme.font(Type.MONO_SMALL))
        self.setFixedWidth(theme.px(78))
        self.setStyleSheet(
            f"QLineEdit {{ background: {theme.raised.name()}; color: {theme.text.name()};"
            f" border: 1px solid {theme.line.name()}; border-radius: 4px; padding: 0 {theme.px(4)}px; }}"
            f"QLineEdit:focus {{ border-color: {theme.hand_outline.name()}; }}"
        )

    def show_size(self, size: int) -> None:
        self._holds = self._told = f"{size:,}"
        self.setText(self._holds)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = event.key()
        if key in (Qt.Key.Key_Up, Qt.Key.Key_Down):
            self._tell()
            self.turned.emit(key == Qt.Key.Key_Up)
            self.selectAll()
        elif key == Qt.Key.Key_Escape and self.text() != self._holds:
            self.cancelled.emit()
            self.selectAll()
        else:
            super().keyPressEvent(event)
            return
        event.accept()

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.selectAll()

    def _tell(self) -> None:
        if self.text() != self._told:
            self._told = self.text()
            self.typed.emit(self._told)
