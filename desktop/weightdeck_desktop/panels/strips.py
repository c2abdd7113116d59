"""Channel strips: how much every head and MLP may write, and activations held at a value."""

from __future__ import annotations

import math

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QScrollArea, QWidget

from weightdeck.run.frame import StripLevels
from weightdeck.run.spec import ModelSpec
from weightdeck.run.strips import MUTES, SCOPES, Mix, Strip, all_strips
from weightdeck_desktop.buttons import BarButton, Look
from weightdeck_desktop.panels.clamps import Clamps
from weightdeck_desktop.panels.knob_words import gain_text
from weightdeck_desktop.panels.lockable import LockablePanel
from weightdeck_desktop.panels.strip_column import StripColumn, strip_title
from weightdeck_desktop.panels.strip_rack import StripRack
from weightdeck_desktop.theme import Theme, Type
from weightdeck_desktop.thin_scroll_bar import ThinScrollBar
from weightdeck_desktop.widgets.choice_box import ChoiceBox
from weightdeck_desktop.widgets.flow_row import FlowRow
from weightdeck_desktop.widgets.text_line import TextLine


class StripsPanel(LockablePanel):
    """A fader, mute and solo for every part of the model, and the held activations below. Emits what the user does."""

    key = "strips"

    fader_grabbed = Signal(object)  # Strip
    fader_turned = Signal(object, float)
    fader_released = Signal(object)
    gain_typed = Signal(object, float)
    mute_toggled = Signal(object, bool)
    solo_toggled = Signal(object, bool)
    scope_chosen = Signal(str)  # "everything" or "prediction"
    mute_to_chosen = Signal(str)  # "zero" or "mean"
    reset_requested = Signal()
    clamp_requested = Signal(object, object)  # Neuron; a number, "mean", or None to let it go
    strip_menu_act = Signal(object, str)  # Strip; "knob", "hold" or "let_go"

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.title = self.tr("Strips")
        self._model: ModelSpec | None = None
        self._mix = Mix()
        self._levels: StripLevels | None = None
        self._step = 0
        self._scope, self._scope_word = self._make_scope()
        self._mute_to, self._mute_to_word = self._make_mute_to()
        self._open_all = BarButton("strips_reset", Look.LINK)
        self._open_all.set_content(
            self.tr("Open all"), tip=self.tr("Set every strip to ×1, unmuted, and let every activation go")
        )
        self._open_all.clicked.connect(self.reset_requested)
        self._words = TextLine()
        self._words.setObjectName("strips_words")
        self._rack = StripRack()
        self._scroll = QScrollArea()
        self._scroll_bar = ThinScrollBar(Qt.Orientation.Horizontal)
        self._clamps = Clamps()
        header = FlowRow()
        header.add(_pair(self._scope_word, self._scope))
        header.add(_pair(self._mute_to_word, self._mute_to))
        line = QHBoxLayout()
        line.addWidget(self._words, 1)
        line.addWidget(self._open_all)
        self._prepare_scroll()
        self.body.addWidget(header)
        self.body.addLayout(line)
        self.body.addWidget(self._scroll, 1)
        self.body.addWidget(self._clamps)
        self._connect()
        self._show_words()

    # What it is told

    def set_theme(self, theme: Theme) -> None:
        super().set_theme(theme)
        for label in (self._scope_word, self._mute_to_word):
            label.setFont(theme.font(Type.SMALL))
        for part in (self._scope, self._mute_to, self._words, self._rack, self._scroll_bar, self._clamps):
            part.set_theme(theme)
        self._open_all.set_theme(theme, height=20)
        self._fit_scroll()

    def set_model(self, model: ModelSpec) -> None:
        """The model whose parts have strips."""
        known, self._model = self._model, model
        if known is None or (known.n_layer, known.n_head) != (model.n_layer, model.n_head):
            self._rack.set_strips(all_strips(model), self._open_all)
            self._fit_scroll()
        self._clamps.set_model(model)
        self._show_words()

    def show_mix(self, mix: Mix) -> None:
        """Where every control stands."""
        self._mix = mix
        self._rack.show_mix(mix)
        self._clamps.show_clamps(mix)
        self._scope.setCurrentIndex(SCOPES.index(mix.scope))
        self._mute_to.setCurrentIndex(MUTES.index(mix.mute_to))
        self._show_reset()
        self._show_words()

    def show_held(self, held: frozenset[Strip]) -> None:
        """The parts whose weights are all kept from training."""
        self._rack.show_held(held)
        self._show_words()

    def show_levels(self, levels: StripLevels, step: int) -> None:
        """How much every part writes after `step` updates. Needs `set_model` and `show_mix` before."""
        self._levels, self._step = levels, step
        self._rack.show_levels(levels)
        self.set_aside("", step)
        self._show_words()

    def show_pending(self, strip: Strip | None) -> None:
        """The strip whose last change is still on its way to the model; None for none."""
        self._rack.show_pending(strip)

    def clear(self) -> None:
        self._rack.take_hands_off()
        self._levels = None
        self._rack.clear_levels()
        self._rack.show_pending(None)
        self.show_mix(Mix())
        self.set_aside("")

    def table(self) -> list[list[str]] | None:
        if self._levels is None:
            return None
        heading = [
            self.tr("part"),
            self.tr("gain"),
            self.tr("muted"),
            self.tr("solo"),
            self.tr("silent"),
            self.tr("writes (RMS) at step {step}").format(step=self._step),
            self.tr("would write, open"),
        ]
        rows = [
            [
                str(column.strip),
                repr(column.setting.gain),
                str(column.setting.muted),
                str(column.setting.solo),
                str(column.is_silenced),
                repr(column.written),
                repr(column.if_open),
            ]
            for column in self._rack.columns
        ]
        return [heading, *rows]

    # Parts

    def _make_scope(self) -> tuple[ChoiceBox, QLabel]:
        tip = self.tr(
            "Training and prediction: the model learns with its strips as they stand.\n"
            "Prediction only: they change what prompts show, never training, losses or what is saved."
        )
        words = (self.tr("training and prediction"), self.tr("prediction only"))
        return self._make_choice("strips_scope", self.tr("act in"), self.tr("Where strips act"), words, tip)

    def _make_mute_to(self) -> tuple[ChoiceBox, QLabel]:
        tip = self.tr(
            "What a muted part writes: nothing (zero), or what it writes on average over the validation data "
            "(mean), measured when it is muted."
        )
        words = (self.tr("zero"), self.tr("mean"))
        return self._make_choice("strips_mute_to", self.tr("mute to"), self.tr("Mute to"), words, tip)

    def _make_choice(
        self, name: str, label: str, spoken: str, words: tuple[str, str], tip: str
    ) -> tuple[ChoiceBox, QLabel]:
        box = ChoiceBox()
        box.setObjectName(name)
        box.setAccessibleName(spoken)
        box.setAccessibleDescription(tip)
        box.setToolTip(tip)
        box.addItems(words)
        word = QLabel(label)
        word.setForegroundRole(QPalette.ColorRole.PlaceholderText)
        word.setToolTip(tip)
        word.setBuddy(box)
        return box, word

    def _prepare_scroll(self) -> None:
        scroll = self._scroll
        scroll.setObjectName("strips_desk_scroll")
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        scroll.setWidgetResizable(True)
        scroll.setHorizontalScrollBar(self._scroll_bar)
        scroll.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.viewport().setBackgroundRole(QPalette.ColorRole.Base)
        self._rack.setBackgroundRole(QPalette.ColorRole.Base)
        scroll.setWidget(self._rack)

    def _fit_scroll(self) -> None:
        """The page scrolls up and down, the desk within it only sideways."""
        self._scroll.setMinimumHeight(self._rack.minimumHeight() + self._scroll_bar.sizeHint().height())

    def _connect(self) -> None:
        rack = self._rack
        rack.grabbed.connect(self.fader_grabbed)
        rack.turned.connect(self.fader_turned)
        rack.released.connect(self.fader_released)
        rack.typed.connect(self.gain_typed)
        rack.mute_toggled.connect(self.mute_toggled)
        rack.solo_toggled.connect(self.solo_toggled)
        rack.act_chosen.connect(self.strip_menu_act)
        rack.stepped_to.connect(self._scroll.ensureWidgetVisible)
        for signal in (rack.looked_at, rack.grabbed, rack.turned, rack.typed):
            signal.connect(self._show_words)
        self._clamps.requested.connect(self.clamp_requested)
        self._scope.activated.connect(lambda place: self.scope_chosen.emit(SCOPES[place]))
        self._mute_to.activated.connect(lambda place: self.mute_to_chosen.emit(MUTES[place]))

    # Words

    def _show_enabled(self) -> None:
        for part in (self._scope, self._mute_to, self._open_all, self._rack, self._clamps):
            part.setEnabled(self.can_turn)
        self._show_reset()

    def _show_reset(self) -> None:
        self._open_all.setEnabled(self._rack.isEnabled() and not self._mix.is_neutral)

    def _show_words(self) -> None:
        """One line: of the strip that is looked at, or else what the meters measure."""
        column = self._rack.looked_at_column
        if self._model is None:
            words = self.tr("a fader for each head and MLP: turn it down, mute it")
        elif column is not None:
            words = self._column_words(column)
        elif self._levels is None:
            words = self.tr("×0 … ×2: a factor on what each part writes")
        else:
            words = self.tr("meters 0 … {full:g} RMS: what each part writes").format(full=self._rack.full)
        self._words.set_text(words)

    def _column_words(self, column: StripColumn) -> str:
        parts = [strip_title(column.strip)]
        gain = column.fader.number
        if gain is not None:
            parts.append(gain_text(gain))
        if column.is_silenced:
            parts.append(self.tr("muted") if column.setting.muted else self.tr("muted by a solo"))
        if column.is_held:
            parts.append(self.tr("held"))
        if self._levels is not None and math.isfinite(column.written):
            stream = float(self._levels.stream[column.strip.block])
            parts.append(
                self.tr("writes {written:.3g} into {stream:.3g}").format(
                    written=column.written, stream=stream
                )
            )
        return " · ".join(parts)


def _pair(word: QLabel, box: ChoiceBox) -> QWidget:
    """A choice with its word before it."""
    pair = QWidget()
    row = QHBoxLayout(pair)
    row.setContentsMargins(0, 0, 0, 0)
    row.setSpacing(6)
    row.addWidget(word)
    row.addWidget(box)
    return pair
