"""Which block's neurons are shown, by which number, at which token and in which order."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QSignalBlocker, Signal
from PySide6.QtWidgets import QWidget

from weightdeck_desktop.buttons import BarButton, Look
from weightdeck_desktop.panels.neurons_readings import BY_NUMBER, BY_VALUE, ON_PROMPT
from weightdeck_desktop.theme import Theme
from weightdeck_desktop.widgets.choice_box import ChoiceBox
from weightdeck_desktop.widgets.flow_row import FlowRow
from weightdeck_desktop.widgets.switch import Switch


class NeuronsControls(FlowRow):
    """`set_*` and `show_*` never emit. The token is there for the numbers on the prompt alone."""

    block_chosen = Signal(int)
    measure_chosen = Signal()
    token_chosen = Signal(int)
    order_chosen = Signal()  # also when the one that is chosen is chosen again
    study_pressed = Signal()
    help_pressed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(gap=8, parent=parent)
        self._block = _box(
            "neurons_block", self.tr("Which block"), self.tr("Whose neurons are shown; blocks count from 0.")
        )
        self._measure = Switch(
            [
                (
                    self.tr("on the prompt"),
                    self.tr("How strongly every neuron fires at one token of prompt A now (mlp.post)."),
                ),
                (
                    self.tr("time active"),
                    self.tr("At which share of all tokens of the validation data it is above 0: 0 to 100 %."),
                ),
                (self.tr("largest"), self.tr("Its largest value anywhere in the validation data.")),
            ]
        )
        self._measure.set_names("neurons_measure")
        self._measure.setAccessibleName(self.tr("What the colours show"))
        self._token = _box(
            "neurons_token",
            self.tr("At which token"),
            self.tr("At which token of prompt A the colours are read; tokens count from 0."),
        )
        self._order = _box(
            "neurons_order",
            self.tr("Order of the neurons"),
            self.tr(
                "By number, by the share of the time that they are active, or by what the colours show. "
                "The order stays while the numbers move: choose it again to sort again."
            ),
        )
        for words in (self.tr("by number"), self.tr("by time active"), self.tr("by value")):
            self._order.addItem(words)
        self._study = BarButton("neurons_study")
        self._help = BarButton("neurons_help", Look.QUIET)
        self._help.set_content(
            self.tr("What is firing?"), "info", self.tr("Show or hide what “firing” means here")
        )
        for part in (self._block, self._measure, self._token, self._order, self._study, self._help):
            self.add(part)
        self._block.hide()  # until there is something to choose from
        self._token.hide()
        self._block.activated.connect(self.block_chosen)
        self._token.activated.connect(self.token_chosen)
        self._order.activated.connect(lambda _: self.order_chosen.emit())
        self._measure.chosen.connect(self._on_measure_chosen)
        self._study.clicked.connect(self.study_pressed)
        self._help.clicked.connect(self.help_pressed)
        self.show_study_act(None)

    @property
    def measure(self) -> int:
        return self._measure.choice

    @property
    def order(self) -> int:
        return self._order.currentIndex()

    def set_theme(self, theme: Theme) -> None:
        for part in (self._block, self._measure, self._token, self._order):
            part.set_theme(theme)
        self._study.set_theme(theme, 22)
        self._help.set_theme(theme, 22)

    def set_blocks(self, blocks: int) -> None:
        """How many blocks there are."""
        with QSignalBlocker(self._block):
            self._block.clear()
            self._block.addItems([self.tr("block {0}").format(block) for block in range(blocks)])
        self._block.setVisible(blocks > 0)

    def set_block(self, block: int) -> None:
        self._block.setCurrentIndex(block)

    def set_tokens(self, tokens: Sequence[str], choice: int) -> None:
        """What the model sees of the prompt; none: nothing to choose from."""
        words = [self.tr("at {0} “{1}”").format(place, token) for place, token in enumerate(tokens)]
        if words != [self._token.itemText(place) for place in range(self._token.count())]:
            self._token.clear()
            self._token.addItems(words)
            self._token.updateGeometry()
        self._token.setCurrentIndex(choice)
        self._show_token()

    def set_measure(self, measure: object) -> None:
        """Whatever is none is left alone: it may come of an old file."""
        self._measure.restore(measure)
        self._show_token()

    def set_order(self, order: object) -> None:
        """As `set_measure`."""
        if isinstance(order, int) and BY_NUMBER <= order <= BY_VALUE:
            self._order.setCurrentIndex(order)

    def show_study_act(
        self, studied: int | None, now: int | None = None, *, is_running: bool = False
    ) -> None:
        """Offer to look at the data: the step of the study that there is, and the step of now. Of this very step
        there is nothing more to learn.
        """
        words = self.tr("Study the data") if studied is None else self.tr("Study again")
        if is_running:
            words = self.tr("studying …")
        self._study.set_content(
            words,
            "",
            self.tr(
                "Run the whole validation data through this block as it is now: how often every neuron is active, "
                "and where it is strongest. Training goes on meanwhile."
            ),
        )
        self._study.setEnabled(not is_running and self._block.count() > 0)
        self._study.setVisible(is_running or studied is None or studied != now)

    def _on_measure_chosen(self) -> None:
        self._show_token()
        self.measure_chosen.emit()

    def _show_token(self) -> None:
        self._token.setVisible(self.measure == ON_PROMPT and self._token.count() > 0)


def _box(name: str, title: str, tip: str) -> ChoiceBox:
    box = ChoiceBox()
    box.setObjectName(name)
    box.setAccessibleName(title)
    box.setToolTip(tip)
    return box
