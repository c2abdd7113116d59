"""What of attention is shown: all heads or one, which one, and which of its stages."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from weightdeck_desktop.panels.attention_heads import Head
from weightdeck_desktop.panels.attention_readings import SOFTMAX
from weightdeck_desktop.theme import Theme
from weightdeck_desktop.widgets.choice_box import ChoiceBox
from weightdeck_desktop.widgets.colour_scale import ColourScale
from weightdeck_desktop.widgets.flow_row import FlowRow
from weightdeck_desktop.widgets.switch import Switch

HEADS, MATRIX, LINES = range(3)  # views, by place in the switch


class AttentionControls(FlowRow):
    """The stages, and their scale, are there for the matrix alone. `set_*` never emit."""

    view_chosen = Signal()
    stage_chosen = Signal()
    head_chosen = Signal(object)  # Head

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(gap=8, parent=parent)
        self._heads = 1  # of a block
        self._view = Switch(
            [
                (self.tr("all heads"), self.tr("The pattern of every head, small.")),
                (self.tr("matrix"), self.tr("One head: rows are the tokens that look, columns at which.")),
                (self.tr("lines"), self.tr("One head: a line from token to token, as wide as its share.")),
            ]
        )
        self._view.set_names("attention_view")
        self._choice = ChoiceBox()
        self._choice.setObjectName("attention_head")
        self._choice.setAccessibleName(self.tr("Which head"))
        self._choice.setToolTip(
            self.tr("Which head is shown large: its block, then its number; both from 0.")
        )
        self._stage = Switch(
            [
                (
                    self.tr("scores"),
                    self.tr("How well query and key fit: their product, before the softmax."),
                ),
                (self.tr("mask"), self.tr("Where a token may look: at itself and at what came before.")),
                (self.tr("softmax"), self.tr("Shares of attention: what the softmax makes of the scores.")),
            ]
        )
        self._stage.set_names("attention_stage")
        self._scale = ColourScale()
        for part in (self._view, self._choice, self._stage, self._scale):
            self.add(part)
        self.set_view(MATRIX)
        self.set_stage(SOFTMAX)
        self._view.chosen.connect(self._on_view_chosen)
        self._stage.chosen.connect(lambda _: self.stage_chosen.emit())
        self._choice.activated.connect(lambda place: self.head_chosen.emit(divmod(place, self._heads)))

    @property
    def view(self) -> int:
        return self._view.choice

    @property
    def stage(self) -> int:
        return self._stage.choice

    def set_theme(self, theme: Theme) -> None:
        for part in (self._view, self._choice, self._stage, self._scale):
            part.set_theme(theme)

    def set_view(self, view: object) -> None:
        """Whatever is no view is left alone: it may come of an old file."""
        self._view.restore(view)
        self._show_stages()

    def set_stage(self, stage: object) -> None:
        """As `set_view`."""
        self._stage.restore(stage)

    def set_shape(self, blocks: int, heads: int) -> None:
        """How many blocks there are, and heads in each."""
        self._heads = heads
        self._choice.clear()
        for block in range(blocks):
            for head in range(heads):
                self._choice.addItem(self.tr("head {0}.{1}").format(block, head))

    def set_head(self, head: Head) -> None:
        self._choice.setCurrentIndex(head[0] * self._heads + head[1])

    def set_ends(self, low: str, high: str, *, signed: bool) -> None:
        """What the matrix's outermost colours stand for."""
        self._scale.set_ends(low, high, signed=signed)

    def _on_view_chosen(self) -> None:
        self._show_stages()
        self.view_chosen.emit()

    def _show_stages(self) -> None:
        self._stage.setVisible(self.view == MATRIX)
        self._scale.setVisible(self.view == MATRIX)
