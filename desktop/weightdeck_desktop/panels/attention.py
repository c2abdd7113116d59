"""The attention panel: which token looks at which, of every head small and of one head large."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from PySide6.QtCore import QEvent, QPoint, Signal
from PySide6.QtGui import QHelpEvent, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QToolTip, QVBoxLayout, QWidget

from weightdeck.run.audit import Mismatch
from weightdeck.run.heads import HeadScores, labels
from weightdeck.run.inside import Taps
from weightdeck.run.spec import ModelSpec
from weightdeck.run.strips import Mix, Strip
from weightdeck.run.subjects import Subject, TapCell, TapGradient
from weightdeck_desktop.panels.attention_controls import HEADS, LINES, MATRIX, AttentionControls
from weightdeck_desktop.panels.attention_details import details, facts, heads_table
from weightdeck_desktop.panels.attention_heads import Head, HeadGrid
from weightdeck_desktop.panels.attention_large import LargeHead
from weightdeck_desktop.panels.attention_menu import HeadMenu
from weightdeck_desktop.panels.attention_readings import (
    MASK,
    HeadReading,
    all_patterns,
    head_reading,
    head_table,
    pattern_tap,
    scores_tap,
)
from weightdeck_desktop.panels.attention_words import label_words, short_label_words
from weightdeck_desktop.panels.inspector_stage import magnitude
from weightdeck_desktop.panels.inspector_words import no_subject_words, source_words
from weightdeck_desktop.panels.mismatches import reference_words, wrong_numbers
from weightdeck_desktop.panels.panel import Panel
from weightdeck_desktop.panels.tap_source import ShownTaps, TapSource, shown_taps
from weightdeck_desktop.theme import Theme
from weightdeck_desktop.widgets.plain_tip import plain_tip
from weightdeck_desktop.widgets.snapped_limit import SnappedLimit
from weightdeck_desktop.widgets.text_line import TextLine

_WIDE = 620  # px at 100 %: all heads stand beside the one that is large


class AttentionPanel(Panel):
    """Told with `show_taps` what heads attend to on the prompt, with `show_heads` what they were measured to do."""

    interest_changed = Signal()  # `wanted_taps` are others
    cell_chosen = Signal(object)  # Subject
    mute_requested = Signal(object, bool)  # Strip of a head; mute it, or open it again

    key = "attention"

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.title = self.tr("Attention")
        self._model: ModelSpec | None = None
        self._taps: Taps | None = None
        self._step = 0
        self._source = TapSource.A
        self._shown: ShownTaps | None = None
        self._reading: HeadReading | None = None
        self._measured: HeadScores | None = None
        self._measured_step = 0
        self._mix = Mix()
        self._head: Head = (0, 0)
        self._chosen: Subject | None = None
        self._mismatches: tuple[Mismatch, ...] = ()
        self._wrong: dict[tuple[int, int], float] = {}  # cells of the matrix: what the reference says
        self._problem = ""
        self._pointed: tuple[int, int] | None = None  # of the matrix
        self._limit = SnappedLimit(1e-9)  # of patterns that are signed: all heads on one scale
        self._controls = AttentionControls()
        self._grid = HeadGrid()
        self._large = LargeHead()
        self._readout = TextLine()
        self._build()

    # What it is told

    def set_model(self, spec: ModelSpec) -> None:
        """How many heads there are; keeps the chosen one if the model has it."""
        self._model = spec
        self._controls.set_shape(spec.n_layer, spec.n_head)
        self._grid.heads.set_shape(spec.n_layer, spec.n_head, self._tip)
        self.set_head(*self._head)

    def show_taps(self, taps: Taps, step: int) -> None:
        """The newest readings and the step of their weights."""
        self._taps, self._step = taps, step
        self._show()

    def set_source(self, source: TapSource) -> None:
        """Of which pass, or of which difference."""
        if source is not self._source:
            self._source = source
            self._limit.reset()
            self._large.forget_scale()
            self._show()

    def show_heads(self, measured: HeadScores, step: int) -> None:
        """What heads were measured to look at over the validation data, with the weights of a step."""
        self._measured, self._measured_step = measured, step
        named = {
            (block, head): (label_words(names), short_label_words(names))
            for block, row in enumerate(labels(measured))
            for head, names in enumerate(row)
            if names
        }
        self._grid.heads.set_labels(named)
        self._show_readout()

    def show_mix(self, mix: Mix) -> None:
        """The strips as they stand: muted heads are struck out."""
        if mix != self._mix:
            self._mix = mix
            self._show_muted()

    def set_head(self, block: int, head: int) -> None:
        """Show a head large; one that the model does not have: the nearest."""
        if self._model is not None:
            self._head = (min(block, self._model.n_layer - 1), min(head, self._model.n_head - 1))
            self._controls.set_head(self._head)
            self._grid.heads.set_choice(self._head)
        else:
            self._head = (block, head)
        self._show_muted()
        self._show()

    def set_chosen(self, subject: Subject | None) -> None:
        """Outline the number that is explained while the matrix shows that very one; None for none."""
        self._chosen = subject
        self._show_chosen()

    def show_mismatches(self, mismatches: Sequence[Mismatch]) -> None:
        """Which numbers are wrong: while the matrix shows one of them it is marked."""
        self._mismatches = tuple(mismatches)
        self._show_wrong()
        self._show_readout()

    def clear(self) -> None:
        self._taps, self._measured, self._chosen, self._mismatches = None, None, None, ()
        self._grid.heads.set_labels({})
        self.set_aside("")
        self._show()

    def set_theme(self, theme: Theme) -> None:
        super().set_theme(theme)
        for part in (self._controls, self._grid, self._large):
            part.set_theme(theme)
        self._readout.set_theme(theme)
        self._place_parts()

    # What it says when asked

    @property
    def wanted_taps(self) -> frozenset[str]:
        """What it needs of the next readings: patterns of all blocks, scores of the chosen one."""
        if self._model is None:
            return frozenset()
        patterns = {pattern_tap(block) for block in range(self._model.n_layer)}
        return frozenset(patterns | {scores_tap(self._head[0])})

    @property
    def head(self) -> Head:
        """Block and head that are shown large."""
        return self._head

    def table(self) -> list[list[str]] | None:
        """All heads where they are looked at, else every pair of tokens of the one that is large."""
        if self._shown is None or self._reading is None or self._model is None:
            return None
        if self._controls.view == HEADS:
            patterns = all_patterns(self._shown, range(self._model.n_layer))
            return heads_table(self._measured, patterns, self._model)
        return head_table(self._reading)

    def state(self) -> dict[str, Any]:
        """What a restart should bring back, as JSON can hold it."""
        block, head = self._head
        return {"block": block, "head": head, "view": self._controls.view, "stage": self._controls.stage}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Take what `state` gave, perhaps of another model; nothing is emitted."""
        self._controls.set_view(state.get("view"))
        self._controls.set_stage(state.get("stage"))
        block, head = state.get("block"), state.get("head")
        if isinstance(block, int) and isinstance(head, int) and block >= 0 and head >= 0:
            self.set_head(block, head)
        self._place_parts()
        self._show()

    # Parts

    def _build(self) -> None:
        self._readout.setObjectName("attention_readout")
        self._readout.set_lines(2)
        row = QHBoxLayout()
        row.setSpacing(16)
        row.addWidget(self._grid, 2)
        row.addWidget(self._large, 3)
        column = QVBoxLayout()
        column.setSpacing(4)
        column.addLayout(row, 1)
        column.addWidget(self._readout)
        self.body.addWidget(self._controls)
        self.body.addLayout(column, 1)
        self._place_parts()
        self._controls.view_chosen.connect(self._on_view_chosen)
        self._controls.stage_chosen.connect(self._on_stage_chosen)
        self._controls.head_chosen.connect(self._choose_head)
        self._grid.heads.chosen.connect(self._choose_head)
        self._grid.heads.opened.connect(self._on_head_opened)
        self._grid.heads.menu_requested.connect(self._on_head_menu_requested)
        self._large.pointed.connect(self._on_cell_pointed)
        self._large.chosen.connect(self._on_cell_chosen)
        self._large.menu_requested.connect(self._on_cell_menu_requested)
        self._large.end_pointed.connect(self._show_readout)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._place_parts()

    def event(self, event: QEvent) -> bool:
        """The line below has no tip of its own: everything about the head is gathered when it is wanted."""
        if (
            isinstance(event, QHelpEvent)
            and event.type() == QEvent.Type.ToolTip
            and self._readout.geometry().contains(event.pos())
        ):
            QToolTip.showText(event.globalPos(), plain_tip(self._tip(self._head)), self)
            return True
        return super().event(event)

    def _place_parts(self) -> None:
        """Beside the large head stand all of them where there is room, else one or the other."""
        view = self._controls.view
        is_wide = self._theme is not None and self.width() >= self._theme.px(_WIDE)
        self._grid.setVisible(view == HEADS or is_wide)
        self._large.setVisible(view != HEADS)
        self._large.show_lines(view == LINES)
        self._readout.set_lines(1 if is_wide else 2)

    # From readings to pictures

    def _show(self) -> None:
        self._shown, self._reading, self._problem = None, None, ""
        if self._taps is not None and self._model is not None:
            try:
                self._shown = shown_taps(self._taps, self._source)
            except ValueError as problem:
                self._problem = str(problem)
        if self._shown is not None:
            self._reading = head_reading(self._shown, *self._head)
            self.set_aside(source_words(self._shown), self._step)
        else:
            self.set_aside("")
        self._show_grid()
        self._show_large()
        self._show_readout()

    def _message(self) -> str:
        if self._problem:
            return self._problem
        if self._model is None:
            return self.tr("No model yet: the engine is loading.")
        return self.tr("Waiting for this head's attention …")

    def _show_grid(self) -> None:
        self._grid.heads.set_message(self._message())
        if self._shown is None or self._model is None:
            self._grid.heads.set_patterns({}, 1.0, signed=False)
            return
        patterns = all_patterns(self._shown, range(self._model.n_layer))
        signed = self._shown.is_signed(pattern_tap(0))
        limit = 1.0
        if signed and patterns:
            limit = self._limit.fit(max(map(magnitude, patterns.values())))
        self._grid.heads.set_patterns(patterns, limit, signed=signed)

    def _show_large(self) -> None:
        reading = self._reading
        self._large.show_reading(reading, self._controls.stage, self._limit.value or 1.0, self._message())
        low, high, signed = self._large.ends
        self._controls.set_ends(low, high, signed=signed)
        if not high or (reading and self._pointed and max(self._pointed) >= len(reading.tokens)):
            self._pointed = None
        self._show_chosen()
        self._show_wrong()

    def _show_chosen(self) -> None:
        place, chosen = None, self._chosen
        if isinstance(chosen, TapCell | TapGradient) and len(chosen.index) == 3:
            _, query, key = chosen.index
            if chosen == self._subject((query, key)):
                place = (query, key)
        self._large.set_selected(place)

    def _show_wrong(self) -> None:
        self._wrong, shown, reading = {}, self._shown, self._reading
        tap = "" if reading is None else reading.tap(self._controls.stage)
        if shown is not None and reading is not None and tap in shown.values and self._controls.stage != MASK:
            found = wrong_numbers(self._mismatches, shown, tap).items()
            self._wrong = {(index[1], index[2]): value for index, value in found if index[0] == reading.head}
        self._large.set_wrong(frozenset(self._wrong))

    def _show_muted(self) -> None:
        if self._model is None:
            return
        heads = [(b, h) for b in range(self._model.n_layer) for h in range(self._model.n_head)]
        self._grid.heads.set_muted(frozenset(head for head in heads if self._mix.silences(Strip(*head))))
        self._show_readout()

    def _show_readout(self) -> None:
        reading, view = self._reading, self._controls.view
        if self._problem or reading is None:
            self._readout.set_text(self._problem, mark="!" if self._problem else "")
            return
        end = self._large.shown_end
        if view == MATRIX and self._pointed is not None:
            wrong = self._wrong.get(self._pointed)
            remark = "" if wrong is None else reference_words(wrong)
            words = reading.cell_words(self._controls.stage, *self._pointed, remark)
            self._large.describe(words)
        elif view == LINES and end is not None:
            words = reading.end_words(is_key=end.is_key, token=end.token)
            self._large.describe(words)
        elif view == LINES and not reading.is_share:
            words = self.tr("orange: above zero · blue: below · the widest: {0:g}").format(self._limit.value)
        else:
            words = facts(reading, self._measured, self._measured_step)
            if self._mix.silences(Strip(reading.block, reading.head)):
                words += self.tr(" · muted")
        self._readout.set_text(words)

    def _tip(self, head: Head) -> str:
        """All that was measured of a head, line by line."""
        reading = None if self._shown is None else head_reading(self._shown, *head)
        return details(head, reading, self._measured, self._measured_step)

    # What the user does

    def _on_view_chosen(self) -> None:
        self._place_parts()
        self._show_readout()

    def _on_stage_chosen(self) -> None:
        self._show_large()
        self._show_readout()

    def _choose_head(self, head: Head) -> None:
        if tuple(head) != self._head:
            before = self.wanted_taps
            self.set_head(*head)
            if self.wanted_taps != before:
                self.interest_changed.emit()

    def _on_head_opened(self) -> None:
        if self._controls.view == HEADS:
            self._controls.set_view(MATRIX)
            self._on_view_chosen()
        self._large.setFocus()

    def _on_head_menu_requested(self, head: Head, at: QPoint) -> None:
        self._menu(head).popup(at)

    def _on_cell_pointed(self, place: tuple[int, int] | None) -> None:
        self._pointed = place
        self._show_readout()

    def _on_cell_chosen(self, place: tuple[int, int]) -> None:
        subject = self._subject(place)
        if subject is not None:
            self.cell_chosen.emit(subject)
        elif self._shown is not None:
            self._readout.set_text(no_subject_words(self._shown), mark="!")

    def _on_cell_menu_requested(self, place: tuple[int, int], at: QPoint) -> None:
        menu = self._menu(self._head)
        subject = self._subject(place)
        if subject is not None:
            menu.add_explain(lambda: self.cell_chosen.emit(subject))
        menu.popup(at)

    def _menu(self, head: Head) -> HeadMenu:
        strip = Strip(*head)
        menu = HeadMenu(self, strip, muted=self._mix.of(strip).muted)
        menu.mute_requested.connect(self.mute_requested)
        return menu

    def _subject(self, place: tuple[int, int]) -> Subject | None:
        if self._shown is None or self._reading is None:
            return None
        tap = self._reading.tap(self._controls.stage)
        return self._shown.subject(tap, (self._reading.head, *place))
