"""Activations that are held at a value: a line for each, and one to hold another."""

from __future__ import annotations

import math

from PySide6.QtCore import QCoreApplication, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent, QMouseEvent, QStandardItem, QStandardItemModel
from PySide6.QtWidgets import QCompleter, QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from weightdeck.run.spec import ModelSpec
from weightdeck.run.strips import (
    CLAMPABLE_IN_BLOCK,
    CLAMPABLE_OUTSIDE,
    LARGEST_CLAMP,
    ClampTo,
    Mix,
    Neuron,
)
from weightdeck.run.words import number
from weightdeck_desktop.buttons import BarButton, Look
from weightdeck_desktop.theme import Theme, Type, dark_theme
from weightdeck_desktop.widgets.text_line import TextLine
from weightdeck_desktop.widgets.typed_value import read_value
from weightdeck_desktop.widgets.value_editor import Bubble

translate = QCoreApplication.translate
_LONGEST = 80  # characters of a name or a value


def clamp_text(to: ClampTo) -> str:
    """What an activation is held at, as it is shown and may be typed."""
    if isinstance(to, str):
        return translate("Clamps", "mean")
    return f"−{number(-to)}" if to < 0.0 else number(to)


def read_clamp(text: str, now: ClampTo | None) -> ClampTo:
    """The value that was typed, or "mean"; `now` is what ``*0.5`` is half of. Raises ``ValueError`` with a sentence."""
    if text.strip().casefold() in ("mean", translate("Clamps", "mean").casefold()):
        return "mean"
    if not text.strip():
        raise ValueError(translate("Clamps", "Say what to hold it at: a number such as 0.5, or mean."))
    value = read_value(text, None if isinstance(now, str) else now)
    if abs(value) > LARGEST_CLAMP:
        sentence = translate("Clamps", "{value} is too large: type a number up to {most}.")
        raise ValueError(sentence.format(value=f"{value:g}", most=f"{LARGEST_CLAMP:,.0f}"))
    return value


class Clamps(QWidget):
    """The list and the line below it. `show_clamps` never emits; `requested` comes of the user's acts only."""

    requested = Signal(object, object)  # Neuron; a number, "mean", or None to let it go

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("clamps")
        self._theme: Theme = dark_theme()
        self._model: ModelSpec | None = None
        self._lines: dict[Neuron, _ClampLine] = {}
        self._heading = TextLine()
        self._list = QVBoxLayout()
        self._list.setSpacing(2)
        self._name = _NameField()
        self._name.setObjectName("clamp_name")
        self._name.setAccessibleName(self.tr("Activation to hold"))
        self._name.returnPressed.connect(self._on_name_entered)
        self._value = _Field()
        self._value.setObjectName("clamp_value")
        self._value.setAccessibleName(self.tr("Value to hold it at"))
        self._value.setPlaceholderText(self.tr("0 or mean"))
        self._value.setToolTip(
            self.tr(
                "A number from −{most:,.0f} to {most:,.0f}, or “mean”: its mean over the validation data as it is now."
            ).format(most=LARGEST_CLAMP)
        )
        self._value.returnPressed.connect(self._add)
        self._button = BarButton("clamp_add")
        self._button.set_content(
            self.tr("Hold"), tip=self.tr("Hold this activation at this value, at every token")
        )
        self._button.clicked.connect(self._add)
        foot = QHBoxLayout()
        foot.setSpacing(6)
        foot.addWidget(self._name, 1)
        foot.addWidget(self._value)
        foot.addWidget(self._button)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addWidget(self._heading)
        column.addLayout(self._list)
        column.addLayout(foot)
        self._show_heading()

    # What it is told

    def set_theme(self, theme: Theme) -> None:
        self._theme = theme
        self._heading.set_theme(theme)
        for field in (self._name, self._value):
            field.set_theme(theme)
        self._value.setFixedWidth(theme.px(76))
        self._button.set_theme(theme, height=26)
        for line in self._lines.values():
            line.set_theme(theme)

    def set_model(self, model: ModelSpec) -> None:
        """The model whose activations can be held."""
        self._model = model
        self._name.set_taps(
            [*CLAMPABLE_OUTSIDE]
            + [f"blocks.{block}.{tap}" for block in range(model.n_layer) for tap in CLAMPABLE_IN_BLOCK]
        )
        self._name.setToolTip(
            self.tr(
                "One feature of one tap, such as blocks.0.mlp.post[17]: block 0 to {block}, feature 0 to {wide} "
                "of mlp.pre and mlp.post, 0 to {narrow} of the others. Down lists the taps."
            ).format(block=model.n_layer - 1, wide=4 * model.n_embd - 1, narrow=model.n_embd - 1)
        )

    def show_clamps(self, mix: Mix) -> None:
        """Show what is held; a line that the user is writing in keeps its text."""
        held = dict(mix.clamps)
        for neuron in [*self._lines]:
            if neuron not in held:
                self._drop(neuron)
        for neuron, to in held.items():
            if neuron not in self._lines:
                self._make(neuron)
            self._lines[neuron].show_value(to)
        self._show_heading()

    # Parts

    def _make(self, neuron: Neuron) -> None:
        line = _ClampLine(neuron, self)
        line.set_theme(self._theme)
        line.entered.connect(lambda to: self.requested.emit(neuron, to))
        line.let_go.connect(lambda: self.requested.emit(neuron, None))
        self._lines[neuron] = line
        self._list.addWidget(line)
        line.show()
        line.order_keyboard(_before(self._name))

    def _drop(self, neuron: Neuron) -> None:
        line = self._lines.pop(neuron)
        if line.isAncestorOf(self.focusWidget()):
            self._name.setFocus(Qt.FocusReason.OtherFocusReason)
        self._list.removeWidget(line)
        line.hide()
        line.deleteLater()

    def _show_heading(self) -> None:
        count = len(self._lines)
        self._heading.set_text(self.tr("held activations") if count else self.tr("held activations: none"))

    # The user's acts

    def _on_name_entered(self) -> None:
        if self._value.text().strip():
            self._add()
        elif self._neuron() is not None:
            self._value.setFocus(Qt.FocusReason.TabFocusReason)

    def _neuron(self) -> Neuron | None:
        """The activation that is written; None, with a sentence beside the field, when there is no such."""
        if self._model is None:
            return None
        try:
            neuron = Neuron.parse(self._name.text())
            neuron.check(self._model)
        except ValueError as problem:
            self._name.show_problem(str(problem))
            return None
        return neuron

    def _add(self) -> None:
        neuron = self._neuron()
        if neuron is None:
            return
        known = self._lines.get(neuron)
        try:
            to = read_clamp(self._value.text(), known.to if known is not None else None)
        except ValueError as problem:
            self._value.show_problem(str(problem))
            return
        self._name.clear()
        self._value.clear()
        self._name.setFocus(Qt.FocusReason.OtherFocusReason)
        self.requested.emit(neuron, to)


def _before(control: QWidget) -> QWidget:
    """The control from which Tab leads to this one."""
    found = control.previousInFocusChain()
    assert found is not None  # it is a ring
    return _before(found) if found.focusPolicy() is Qt.FocusPolicy.NoFocus else found


class _Field(QLineEdit):
    """A line to type in that can say what is wrong with what is typed."""

    left = Signal()  # the focus has gone to another control

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setMaxLength(_LONGEST)
        self._theme: Theme = dark_theme()
        self._bubble: Bubble | None = None
        self.textChanged.connect(self._hide_bubble)

    def set_theme(self, theme: Theme) -> None:
        self._theme = theme
        self.setFont(theme.font(Type.MONO_SMALL))
        self.setFixedHeight(theme.px(26))
        self.setStyleSheet(
            f"QLineEdit {{ background: {theme.raised.name()}; color: {theme.text.name()};"
            f" border: 1px solid {theme.line.name()}; border-radius: 4px; padding: 0 {theme.px(4)}px; }}"
            f"QLineEdit:focus {{ border: 2px solid {theme.hand_outline.name()}; }}"
            f"QLineEdit:disabled {{ color: {theme.line.name()}; }}"
        )

    def show_problem(self, sentence: str) -> None:
        """Say why the text cannot be taken; it stays to be mended."""
        self._hide_bubble()
        self.setFocus(Qt.FocusReason.OtherFocusReason)
        self.selectAll()
        self._bubble = Bubble(self.window())
        self._bubble.show_sentence(sentence, self, self._theme)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self._hide_bubble()
        if event.reason() not in (Qt.FocusReason.PopupFocusReason, Qt.FocusReason.ActiveWindowFocusReason):
            self.left.emit()

    def _hide_bubble(self) -> None:
        if self._bubble is not None:
            self._bubble.hide()
            self._bubble.deleteLater()
            self._bubble = None


class _NameField(_Field):
    """Takes the name of an activation and helps to write it: a click or Down lists all taps."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setPlaceholderText("blocks.0.mlp.post[17]")
        self._taps = QStandardItemModel(self)
        completer = QCompleter(self._taps, self)
        completer.setFilterMode(Qt.MatchFlag.MatchContains)
        completer.setMaxVisibleItems(12)
        completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        # Queued: the completer writes its text into the field after it has told of it.
        completer.activated.connect(self._on_chosen, Qt.ConnectionType.QueuedConnection)
        self.setCompleter(completer)

    def set_theme(self, theme: Theme) -> None:
        super().set_theme(theme)
        popup = self.completer().popup()
        assert popup is not None
        popup.setFont(theme.font(Type.MONO_SMALL))

    def set_taps(self, taps: list[str]) -> None:
        """The taps of the model, each offered with its feature 0."""
        self._taps.clear()
        self._taps.appendColumn([QStandardItem(f"{tap}[0]") for tap in taps])

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Down and not self.text():
            self._offer_all()
        else:
            super().keyPressEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        super().mousePressEvent(event)
        if not self.text():
            self._offer_all()

    def _offer_all(self) -> None:
        self.completer().setCompletionPrefix("")
        self.completer().complete()

    def _on_chosen(self, name: str) -> None:
        """The feature's number is left selected: it is what has to be typed still."""
        self.setText(name)
        self.setSelection(name.index("[") + 1, len(name) - name.index("[") - 2)


class _ClampLine(QWidget):
    """One held activation: its name, its value to be typed over, and a button that lets it go."""

    entered = Signal(object)  # a number or "mean"
    let_go = Signal()

    def __init__(self, neuron: Neuron, parent: QWidget) -> None:
        super().__init__(parent)
        self.to: ClampTo = math.nan
        key = f"clamp_{neuron}"
        self.setObjectName(key)
        self._name = TextLine(Type.MONO_SMALL, secondary=False)
        self._name.set_text(str(neuron))
        self._field = _Field()
        self._field.setObjectName(f"{key}_value")
        self._field.setAccessibleName(self.tr("value of {name}").format(name=neuron))
        self._field.setToolTip(
            self.tr(
                "{name} is held at this value at every token: −{most:,.0f} to {most:,.0f}, *0.5 for half of now, "
                "or mean. Enter sets, Esc keeps what it was."
            ).format(name=neuron, most=LARGEST_CLAMP)
        )
        self._field.returnPressed.connect(self._enter)
        self._field.left.connect(self._take_back)
        remove = BarButton(f"{key}_remove", Look.QUIET)
        remove.set_content(
            self.tr("let {name} go").format(name=neuron),
            "close",
            self.tr("Let {name} be what the model makes of it again").format(name=neuron),
        )
        remove.clicked.connect(self.let_go)
        self._remove = remove
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(6)
        row.addWidget(self._name, 1)
        row.addWidget(self._field)
        row.addWidget(remove)

    def set_theme(self, theme: Theme) -> None:
        self._name.set_theme(theme)
        self._field.set_theme(theme)
        self._field.setFixedWidth(theme.px(60))
        self._remove.set_theme(theme, height=26)

    def order_keyboard(self, before: QWidget) -> None:
        """Let Tab lead here from `before`, and not after all the rest of the window."""
        QWidget.setTabOrder(before, self._field)
        QWidget.setTabOrder(self._field, self._remove)

    def show_value(self, to: ClampTo) -> None:
        """Show what it is held at, unless the user is writing another value."""
        self.to = to
        if not (self._field.hasFocus() and self._field.isModified()):
            self._field.setText(clamp_text(to))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape and self._field.isModified():
            self._take_back()
        else:
            event.ignore()

    def _take_back(self) -> None:
        self._field.setText(clamp_text(self.to))

    def _enter(self) -> None:
        if not self._field.isModified():  # what is shown has fewer digits than what is held
            return
        try:
            to = read_clamp(self._field.text(), self.to)
        except ValueError as problem:
            self._field.show_problem(str(problem))
            return
        self._field.setText(clamp_text(to))  # unmodified: what the model says shows from here on
        self.entered.emit(to)
