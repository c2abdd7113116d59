"""The menu of a cell of the inspector, and the line in which a value is typed."""

from __future__ import annotations

from PySide6.QtCore import QObject, QPoint, QRect, Signal

from weightdeck.run.spec import ModelSpec
from weightdeck.run.strips import Mix, Neuron, Strip
from weightdeck_desktop.panels.activation_menu import ActivationMenu, read_hold
from weightdeck_desktop.panels.clamps import clamp_text
from weightdeck_desktop.panels.inspector_stage import Stage
from weightdeck_desktop.panels.inspector_weights import clampable, made_by
from weightdeck_desktop.panels.inspector_words import stage_words, tap_block
from weightdeck_desktop.panels.panel import Panel
from weightdeck_desktop.panels.slice_menu import Describe
from weightdeck_desktop.theme import Theme, Type, dark_theme
from weightdeck_desktop.widgets.value_editor import ValueEditor


class CellMenus(QObject):
    """Opens menus over `panel`. What it offers follows from the tap: hold the feature, mute the head, turn weights."""

    explain_requested = Signal(object)  # (row, column)
    clamp_requested = Signal(object, object)  # Neuron; a number, "mean", or None
    mute_requested = Signal(object, bool)  # Strip; mute it, or open it again
    slice_act = Signal(object, object)  # ParameterSlice, SliceAct

    def __init__(self, panel: Panel) -> None:
        super().__init__(panel)
        self.mix = Mix()
        self.describe: Describe | None = None
        self._panel = panel
        self._theme: Theme = dark_theme()
        self._model: ModelSpec | None = None
        self._asked: Neuron | None = None  # that the typed value is for
        self._editor = ValueEditor(panel)
        self._editor.setObjectName(f"{panel.key}_value")
        self._editor.accepted.connect(self._on_value_typed)

    def set_model(self, model: ModelSpec) -> None:
        self._model = model
        self._editor.close_line()

    def set_theme(self, theme: Theme) -> None:
        self._theme = theme

    def state_words(self, stage: Stage, column: int) -> str:
        """What a hand has done to a cell's feature or head: " · held at 0.5", " · muted", or nothing."""
        block, neuron = tap_block(stage.tap), clampable(stage.tap, column)
        if stage.head is not None and block is not None:
            return self.tr(" · muted") if self.mix.silences(Strip(block, stage.head)) else ""
        held = None if neuron is None else dict(self.mix.clamps).get(neuron)
        return "" if held is None else self.tr(" · held at {0}").format(clamp_text(held))

    def popup(self, stage: Stage, place: tuple[int, int], at: QPoint) -> None:
        """Open the menu of a cell at a place on the screen."""
        if self.describe is None or self._model is None:
            return
        row, column = place
        menu = ActivationMenu(self._panel, self.describe)
        menu.clamp_requested.connect(self.clamp_requested)
        menu.mute_requested.connect(self.mute_requested)
        menu.slice_act.connect(self.slice_act)
        explain = menu.add_explain(lambda: self.explain_requested.emit(place))
        explain.setEnabled(stage.explainable)
        block, neuron = tap_block(stage.tap), clampable(stage.tap, column)
        if stage.head is not None and block is not None:
            head = Strip(block, stage.head)
            menu.add_head(head, muted=self.mix.of(head).muted)
        if neuron is not None:
            title = self.tr("{0} · feature {1}").format(stage_words(stage.tap), column)
            menu.add_neuron(title, neuron, dict(self.mix.clamps).get(neuron))
            now = float(stage.values[place])
            menu.value_wanted.connect(lambda neuron: self._ask_value(neuron, now, at))
        if stage.tap.endswith("mlp.post") and block is not None:
            menu.add_neuron_weights(block, column, self._model.n_embd)
        made = made_by(self._model, stage, row, column)
        if made is not None:
            menu.add_slice_menu(*made)
        menu.popup(at)

    def _ask_value(self, neuron: Neuron, now: float, at: QPoint) -> None:
        theme, panel = self._theme, self._panel
        self._asked = neuron
        line = QRect(0, 0, theme.px(104), theme.px(26))
        line.moveCenter(panel.mapFromGlobal(at))
        line.moveLeft(max(0, min(line.left(), panel.width() - line.width())))
        line.moveTop(max(0, min(line.top(), panel.height() - line.height())))
        self._editor.setFont(theme.font(Type.MONO_BODY))
        self._editor.setGeometry(line)
        self._editor.raise_()
        self._editor.open_with(f"{now:.3g}", lambda text: read_hold(text, now), theme, selected=True)

    def _on_value_typed(self, value: float) -> None:
        self.clamp_requested.emit(self._asked, value)
