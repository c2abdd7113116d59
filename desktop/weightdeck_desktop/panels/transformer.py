"""The transformer panel: the whole model as pictures of its numbers, from the tokens to the probabilities."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from PySide6.QtCore import QPoint, Signal
from PySide6.QtWidgets import QWidget

from weightdeck.run.audit import Mismatch
from weightdeck.run.half_step import HalfStep, Stage
from weightdeck.run.inside import Patch, Taps
from weightdeck.run.spec import ModelSpec
from weightdeck.run.strips import Mix
from weightdeck.run.subjects import Subject
from weightdeck_desktop.panels.inspector_words import no_subject_words, tap_block
from weightdeck_desktop.panels.panel import Panel
from weightdeck_desktop.panels.tap_source import OF_PROMPTS, ShownTaps, TapSource, shown_taps
from weightdeck_desktop.panels.transformer_flow import ModelFlow
from weightdeck_desktop.panels.transformer_line import BottomLine
from weightdeck_desktop.panels.transformer_menu import StageMenu
from weightdeck_desktop.panels.transformer_parts import part_of
from weightdeck_desktop.panels.transformer_patching import Prompts, fitting_patches, with_patch
from weightdeck_desktop.panels.transformer_sources import MOST_ROWS, SourceBar
from weightdeck_desktop.panels.transformer_stages import block_of_key, is_by_head, is_tap, shown_tap
from weightdeck_desktop.panels.transformer_values import seen_table, subject_of
from weightdeck_desktop.panels.transformer_words import model_words, patch_words
from weightdeck_desktop.theme import Theme
from weightdeck_desktop.widgets.flow_parts import FlowCell, Stop, StopKind
from weightdeck_desktop.widgets.text_line import TextLine

_OF_BATCH = frozenset(TapSource) - OF_PROMPTS
_WITH_PATCHES = (TapSource.PATCHED, TapSource.EFFECT)


class TransformerPanel(Panel):
    """Told with `show_taps` what was computed, with `show_half` how far the step in hand is."""

    interest_changed = Signal()  # `wanted_taps`, `source`, `batch_row` or `patches` are others
    source_chosen = Signal(object)  # TapSource
    prompts_edited = Signal(str, object)  # prompt A, and prompt B or None when nothing is compared
    tap_chosen = Signal(str)
    head_chosen = Signal(int, int)  # block, head
    cell_chosen = Signal(object)  # Subject
    followed = Signal(object)  # position of a token, or None
    mute_requested = Signal(object, bool)  # Strip; mute it, or open it again

    key = "transformer"

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.title = self.tr("Transformer")
        self._model: ModelSpec | None = None
        self._taps: Taps | None = None
        self._step = 0
        self._shown: ShownTaps | None = None
        self._problem = ""
        self._source = TapSource.A
        self._row = 0
        self._prompts = Prompts()
        self._patches: tuple[Patch, ...] = ()
        self._mix = Mix()
        self._has_batch = False  # the step in hand has one
        self._has_gradients = False  # they are the newest part of it
        self._bar = SourceBar()
        self._remark = TextLine()
        self._view = ModelFlow()
        self._line = BottomLine()
        self._build()

    # What it is told

    def set_model(self, spec: ModelSpec) -> None:
        """What is drawn; of another model no reading, patch or open block is kept that it does not have."""
        if spec == self._model:
            return
        self._model = spec
        self._patches, self._taps = (), None
        self._view.set_model(spec)
        self._show_patches()
        self._show()

    def set_vocabulary(self, vocabulary: tuple[str, ...]) -> None:
        """What the next tokens are called; without it they are numbered."""
        self._view.set_vocabulary(vocabulary)
        self._show_readout()

    def set_prompts(self, a: str, b: str | None = None) -> None:
        """What is typed; `b` None for one prompt alone."""
        self._bar.prompts.set_prompts(a, b)

    def show_taps(self, taps: Taps, step: int) -> None:
        """The newest readings and the step of their weights."""
        self._taps, self._step = taps, step
        prompts = self._prompts.after(taps)
        if prompts != self._prompts:
            self._prompts = prompts
            self._show_patches()
        self._show()

    def show_half(self, half: HalfStep, update_made: bool, step: int | None = None) -> None:
        """The step in hand; `update_made`: its update was just made. What is not involved is dimmed. `step`: updates
        made so far; without it an update is taken to be that of the gradients that were told last.
        """
        self._has_batch = half.stage is not Stage.NOTHING or update_made
        self._view.show_half(half, update_made=update_made)
        self._line.show_half(half, update_made=update_made, step=step)
        self._show_missing()
        has_gradients = half.stage is Stage.BACKWARD and not update_made
        if has_gradients != self._has_gradients:
            self._has_gradients = has_gradients
            self._show_readout()

    def show_mix(self, mix: Mix) -> None:
        """The strips as they stand: muted heads and MLPs are struck out."""
        self._mix = mix
        self._view.show_mix(mix)

    def set_source(self, source: TapSource) -> None:
        """Of which pass, or of which difference."""
        if source is not self._source:
            self._source = source
            self._bar.set_source(source)
            self._show()

    def set_batch_row(self, row: int) -> None:
        """Which sequence of the batch."""
        self._row = row
        self._bar.set_row(row)

    def set_chosen(self, subject: Subject | None) -> None:
        """Outline the number that is explained, where it is seen."""
        self._view.set_subject(subject)

    def show_mismatches(self, mismatches: Sequence[Mismatch]) -> None:
        """Which numbers are wrong: while one of them is shown it is marked."""
        self._view.show_mismatches(mismatches)
        self._show_readout()

    def set_tap(self, tap: str) -> None:
        """Outline the stage that is inspected."""
        self._view.set_tap(tap or None)

    def set_followed(self, token: int | None) -> None:
        """Soften all rows but this token's."""
        self._view.set_followed(token)

    def clear(self) -> None:
        self._taps, self._step, self._prompts = None, 0, Prompts()
        self._view.set_subject(None)
        self._view.show_mismatches(())
        self._view.forget_scales()
        self.show_half(HalfStep(), update_made=False)
        self._show_patches()
        self._show()

    def set_theme(self, theme: Theme) -> None:
        super().set_theme(theme)
        for part in (self._bar, self._remark, self._view, self._line):
            part.set_theme(theme)

    def set_past(self, step: int | None) -> None:
        super().set_past(step)
        self._show_aside()

    # What it says when asked

    @property
    def wanted_taps(self) -> frozenset[str]:
        """What it needs of the next readings: that which is drawn."""
        return self._view.wanted_taps

    @property
    def source(self) -> TapSource:
        return self._source

    @property
    def batch_row(self) -> int | None:
        """The sequence of the batch that is shown; None while prompts are."""
        return self._row if self._source in _OF_BATCH else None

    @property
    def patches(self) -> tuple[Patch, ...]:
        """What of A stands in B."""
        return self._patches

    def table(self) -> list[list[str]] | None:
        return None if self._shown is None else seen_table(self._shown, self.wanted_taps) or None

    def state(self) -> dict[str, Any]:
        """What a restart should bring back, as JSON can hold it."""
        return {
            "open": sorted(self._view.open_blocks),
            "source": self._source.value,
            "row": self._row,
            "zoom": round(self._view.zoom, 3),
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Take what `state` gave, perhaps of another model; nothing is emitted."""
        opened, row, zoom = state.get("open"), state.get("row"), state.get("zoom")
        if isinstance(opened, list):
            blocks = frozenset(block for block in opened if type(block) is int and block >= 0)
            self._view.set_open_blocks(blocks)
        if type(row) is int and 0 <= row < MOST_ROWS:
            self.set_batch_row(row)
        source = next((each for each in TapSource if each.value == state.get("source")), None)
        if source is not None and source not in _WITH_PATCHES:  # patches are not kept
            self.set_source(source)
        if isinstance(zoom, int | float) and math.isfinite(zoom):
            self._view.set_zoom(float(zoom))

    # Parts

    def _build(self) -> None:
        self.body.setSpacing(6)
        self._remark.setObjectName("transformer_remark")
        self.body.addWidget(self._bar)
        self.body.addWidget(self._remark)
        self.body.addWidget(self._view, 1)
        self.body.addWidget(self._line)
        self._bar.source_chosen.connect(self._choose_source)
        self._bar.prompts.edited.connect(self.prompts_edited)
        self._bar.row_chosen.connect(self._on_row_chosen)
        self._bar.patch_removed.connect(
            lambda patch: self._patch(tuple(each for each in self._patches if each != patch))
        )
        self._bar.patches_cleared.connect(lambda: self._patch(()))
        self._bar.zoom_requested.connect(self._on_zoom_requested)
        self._view.band_turned.connect(self._on_band_turned)
        self._view.stage_clicked.connect(self._on_stage_clicked)
        self._view.cell_opened.connect(self._on_cell_opened)
        self._view.chip_clicked.connect(self._on_chip_clicked)
        self._view.pointed.connect(lambda _cell: self._show_readout())
        self._view.menu_requested.connect(self._on_menu_requested)
        self._view.seen_changed.connect(lambda: self._bar.set_can_fit(self._view.can_fit))
        self._line.gradient_requested.connect(lambda: self._choose_source(TapSource.GRADIENT))
        self._show()

    # From readings to pictures

    def _show(self) -> None:
        self._shown, self._problem = None, ""
        if self._taps is not None and self._model is not None:
            try:
                self._shown = shown_taps(self._taps, self._source)
            except ValueError as problem:
                self._problem = str(problem)
        self._view.show_shown(self._shown)
        self._view.set_message(self._message())
        remark = self._prompts.remark if self._source in OF_PROMPTS else ""
        self._remark.set_text(remark, mark="!")
        self._remark.setVisible(bool(remark))
        self._show_missing()
        self._show_readout()
        self._show_aside()

    def _message(self) -> str:
        if self._problem:
            return self._problem
        if self._model is None:
            return self.tr("No model yet: the engine is loading.")
        return "" if self._shown is not None else self.tr("Waiting for the first numbers …")

    def _show_missing(self) -> None:
        missing = self._prompts.missing(has_patches=bool(self._patches))
        if not self._step and not self._has_batch:
            why = self.tr("There is no batch yet: make a step, or its forward part.")
            missing |= dict.fromkeys(_OF_BATCH, why)
        self._bar.set_missing(missing)

    def _show_patches(self) -> None:
        tokens = self._prompts.a or ()
        why_not = [self._prompts.why_not(patch) for patch in self._patches]
        other = self.tr("Another one does not fit, so none is.") if any(why_not) else ""
        self._bar.set_patches(
            [
                (patch, patch_words(patch, tokens), why or other)
                for patch, why in zip(self._patches, why_not, strict=True)
            ]
        )

    def _show_readout(self) -> None:
        words = self._view.pointed_words
        offers_gradient = self._has_gradients and self._source is not TapSource.GRADIENT
        self._line.offer_gradient(offers_gradient)
        problem = self._taps.problem if self._taps is not None and self._patches else ""
        if words:
            self._line.say(words)
        elif offers_gradient:
            of_prompt = self.tr("the pictures are the prompt’s, of a forward pass")
            of_batch = self.tr("the pictures are the batch’s forward pass")
            self._line.say(of_prompt if self._source in OF_PROMPTS else of_batch)
        elif problem:
            self._line.say(problem, mark="!")
        else:
            hint = self.tr("click a picture to inspect it · double click a number to have it explained")
            self._line.say(hint, is_hint=True)

    def _show_aside(self) -> None:
        """The step stands first: what follows is cut where there is no room."""
        words = [] if self._model is None else [model_words(self._model)]
        if self._model is not None and self._shown is not None and self._step != self._past:
            words.insert(0, self.tr("step {0:,}").format(self._step))
        self.set_aside(" · ".join(words))

    # What the user does

    def _choose_source(self, source: TapSource) -> None:
        if source is not self._source:
            self.set_source(source)
            self.source_chosen.emit(source)
            self.interest_changed.emit()

    def _on_row_chosen(self, row: int) -> None:
        self._row = row
        self.interest_changed.emit()

    def _on_zoom_requested(self, notches: int) -> None:
        if notches:
            self._view.zoom_by_notches(notches)
        else:
            self._view.fit()

    def _on_band_turned(self, key: str) -> None:
        block = block_of_key(key)
        if block is not None:
            self._view.set_open_blocks(self._view.open_blocks ^ {block})
            self._show_readout()
            self.interest_changed.emit()

    def _on_stage_clicked(self, stage: str, picture: int) -> None:
        tap, block = shown_tap(stage), tap_block(stage)
        self.set_tap(tap)
        self.tap_chosen.emit(tap)
        if is_by_head(stage) and picture >= 0 and block is not None:
            self.head_chosen.emit(block, picture)

    def _on_cell_opened(self, cell: FlowCell) -> None:
        if self._shown is None or not is_tap(cell.stage):
            return
        subject = subject_of(self._shown, cell)
        if subject is None:
            self._line.say(no_subject_words(self._shown), mark="!")
        else:
            self.cell_chosen.emit(subject)

    def _on_chip_clicked(self, token: int) -> None:
        self.set_followed(None if token == self._view.followed else token)
        self.followed.emit(self._view.followed)

    def _patch(self, patches: tuple[Patch, ...]) -> None:
        """Other patches by the user; what they make of B is shown, and without any B itself."""
        self._patches = patches
        self._show_patches()
        source = self._source
        if patches and source not in _WITH_PATCHES:
            source = TapSource.PATCHED
        elif not patches and source in _WITH_PATCHES:
            source = TapSource.B
        if source is not self._source:
            self.set_source(source)
            self.source_chosen.emit(source)
        self._show_missing()
        self.interest_changed.emit()

    def _on_menu_requested(self, stop: Stop, cell: FlowCell | None, at: QPoint) -> None:
        if self._model is None or stop.kind is StopKind.BAND:
            return
        menu = StageMenu(self)
        if stop.kind is StopKind.STAGE:
            self._add_stage_acts(menu, stop.key, cell)
        patches, why_not = fitting_patches(self._model, self._prompts, stop, cell, self._view.followed)
        if patches:
            tokens = self._prompts.a or ()
            menu.add_patches([(patch, patch_words(patch, tokens)) for patch in patches], why_not)
        menu.patch_requested.connect(lambda patch: self._patch(with_patch(self._patches, patch)))
        menu.mute_requested.connect(self.mute_requested)
        menu.popup(at)

    def _add_stage_acts(self, menu: StageMenu, stage: str, cell: FlowCell | None) -> None:
        menu.add_act(
            "stage_inspect",
            self.tr("Inspect this stage"),
            self.tr("Show {0} in the inspector").format(shown_tap(stage)),
            lambda: self._on_stage_clicked(stage, -1 if cell is None else cell.picture),
        )
        if cell is not None and is_tap(stage) and self._shown is not None:
            why_not = "" if subject_of(self._shown, cell) is not None else no_subject_words(self._shown)
            menu.add_explain(lambda: self._on_cell_opened(cell), why_not)
        part = part_of(stage, cell)
        if part is not None:
            menu.add_part(part, muted=self._mix.of(part).muted)
