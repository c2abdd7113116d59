"""The model's numbers in a flow: what of a reading is drawn where, and what is said of it."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtWidgets import QWidget

from weightdeck.run.audit import Mismatch
from weightdeck.run.half_step import HalfStep, Stage
from weightdeck.run.spec import ModelSpec
from weightdeck.run.strips import Mix
from weightdeck.run.subjects import Subject
from weightdeck_desktop.panels.tap_source import ShownTaps
from weightdeck_desktop.panels.token_words import given_tokens, next_tokens
from weightdeck_desktop.panels.transformer_parts import muted_pictures, part_of
from weightdeck_desktop.panels.transformer_stages import (
    NEXT,
    bands_of,
    has_gradient,
    has_parameters,
    taps_of,
)
from weightdeck_desktop.panels.transformer_values import Limits, cell_of, next_bars, stage_values, wrong_cells
from weightdeck_desktop.panels.transformer_words import number_words, stage_tip
from weightdeck_desktop.widgets.flow_layout import MOST_CHIPS
from weightdeck_desktop.widgets.flow_parts import FlowBand, FlowBar, Stop, StopKind
from weightdeck_desktop.widgets.flow_view import FlowView


class ModelFlow(FlowView):
    """Bands for tokens, blocks and prediction. Its `set_*` and `show_*` never emit."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model: ModelSpec | None = None
        self._open: frozenset[int] = frozenset()
        self._model_bands: tuple[FlowBand, ...] = ()
        self._vocabulary: tuple[str, ...] = ()
        self._shown: ShownTaps | None = None
        self._mix = Mix()
        self._subject: Subject | None = None
        self._mismatches: tuple[Mismatch, ...] = ()
        self._limits = Limits()
        self._half = HalfStep()
        self._is_update_made = False
        self.setObjectName("transformer_view")
        self.setAccessibleName(self.tr("The model"))
        self.setAccessibleDescription(
            self.tr(
                "Arrow keys walk through it, Enter opens a block, looks at a stage or follows a token; "
                "Shift with arrow keys walks over numbers, Shift+Enter explains one"
            )
        )
        self.set_tips(self._tip)

    # What it is told

    def set_model(self, spec: ModelSpec) -> None:
        """What is drawn; blocks that this model does not have are open no more."""
        self._model = spec
        self._subject = None
        self._limits.reset()
        self.set_open_blocks(self._open)

    def set_vocabulary(self, vocabulary: tuple[str, ...]) -> None:
        """What the next tokens are called."""
        self._vocabulary = next_tokens(vocabulary)
        self._show_next()

    def set_open_blocks(self, blocks: frozenset[int]) -> None:
        """Of which blocks all stages are shown."""
        most = max(blocks, default=-1) + 1 if self._model is None else self._model.n_layer
        self._open = frozenset(block for block in blocks if block < most)
        self.show_shown(self._shown)

    def show_shown(self, shown: ShownTaps | None) -> None:
        """The newest numbers; None when there are none."""
        self._shown = shown
        closed: tuple[FlowBand, ...] = ()
        if self._model is not None:
            many = self.tr("{0:,} tokens").format(len(self.tokens)) if len(self.tokens) > MOST_CHIPS else ""
            closed = bands_of(self._model, frozenset(), many)
            self._model_bands = bands_of(self._model, self._open, many) if self._open else closed
        self.set_bands(self._model_bands, self.tokens, closed)
        self._show_values()
        self._show_dim()
        self._show_struck()
        self._show_chosen()
        self._show_wrong()

    def forget_scales(self) -> None:
        """Fit the next numbers' colours freely."""
        self._limits.reset()

    def show_half(self, half: HalfStep, *, update_made: bool) -> None:
        """The step in hand: what is not involved is dimmed."""
        self._half, self._is_update_made = half, update_made
        self._show_dim()

    def show_mix(self, mix: Mix) -> None:
        """The strips: muted heads and MLPs are struck out."""
        if mix != self._mix:
            self._mix = mix
            self._show_struck()

    def set_subject(self, subject: Subject | None) -> None:
        """Outline the number that is explained, where it is seen."""
        self._subject = subject
        self._show_chosen()

    def show_mismatches(self, mismatches: Sequence[Mismatch]) -> None:
        """Which numbers are wrong: outlined while they are seen."""
        self._mismatches = tuple(mismatches)
        self._show_wrong()
        self._show_next()

    def set_followed(self, chip: int | None) -> None:
        super().set_followed(chip)
        self._show_next()

    # What it says when asked

    @property
    def open_blocks(self) -> frozenset[int]:
        return self._open

    @property
    def wanted_taps(self) -> frozenset[str]:
        """What is drawn."""
        return taps_of(self._model_bands)

    @property
    def tokens(self) -> tuple[str, ...]:
        """As a person meets them; () while nothing is shown."""
        return () if self._shown is None else given_tokens(self._shown.tokens)

    @property
    def pointed_words(self) -> str:
        """The number under the pointer or the cursor, in words."""
        if self.cell is None or self._shown is None:
            return ""
        return number_words(self._shown, self.cell, self._vocabulary, self._mismatches)

    # From readings to pictures

    def _show_values(self) -> None:
        shown = self._shown
        if shown is not None:
            self._limits.fit(shown, self.wanted_taps)
        for stage in (stage for band in self._model_bands for stage in band.stages):
            if stage.bars or stage.sketch:
                continue
            seen = None if shown is None else stage_values(shown, stage.key, self._limits)
            if seen is None:
                self.set_values(stage.key, None, 1.0, signed=True, scale="")
            else:
                self.set_values(stage.key, seen.values, seen.limit, signed=seen.signed, scale=seen.scale)
        self.refresh()
        self._show_next()

    def _show_next(self) -> None:
        bars: tuple[FlowBar, ...] = ()
        caption = self.tr("next token")
        if self._shown is not None:
            row = self._bars_row()
            bars = next_bars(self._shown, row, self._vocabulary, self._mismatches)
            caption = self.tr("next token after “{0}”").format(self.tokens[row])
        self.set_bars(NEXT, bars, caption)

    def _bars_row(self) -> int:
        """After which token the next ones are named: the followed one, or the last."""
        count, followed = len(self.tokens), self.followed
        return followed if followed is not None and followed < count else count - 1

    def _show_dim(self) -> None:
        stages = [stage.key for band in self._model_bands for stage in band.stages]
        is_backward = self._half.stage is Stage.BACKWARD and not self._is_update_made
        dim: frozenset[str] = frozenset()
        if self._is_update_made:
            dim = frozenset(stage for stage in stages if not has_parameters(stage))
        elif is_backward:
            dim = frozenset(stage for stage in stages if not has_gradient(stage))
        self.set_dim(dim, chips=self._is_update_made or is_backward)
        self.set_backward(is_backward)

    def _show_struck(self) -> None:
        if self._model is not None:
            stages = [stage.key for band in self._model_bands for stage in band.stages]
            self.set_struck(muted_pictures(self._mix, self._model, stages))

    def _show_chosen(self) -> None:
        self.set_chosen(None if self._shown is None else cell_of(self._shown, self._subject))

    def _show_wrong(self) -> None:
        shown = self._shown
        self.set_wrong(frozenset() if shown is None else wrong_cells(shown, self._mismatches))

    def _tip(self, stop: Stop) -> str:
        """All that is to be said of a place."""
        if stop.kind is StopKind.BAND:
            return next((band.tip for band in self._model_bands if band.key == stop.key), "")
        tokens = self.tokens
        if stop.kind is StopKind.CHIP:
            place = int(stop.key)
            words = self.tr("Let token {0} “{1}” go: all rows again")
            if place != self.followed:
                words = self.tr("Follow token {0} “{1}” through the model: other rows are softened")
            return words.format(place, tokens[place])
        seen = None if self._shown is None else stage_values(self._shown, stop.key, self._limits)
        after = tokens[self._bars_row()] if tokens else ""
        part = part_of(stop.key, None)
        is_muted = part is not None and self._mix.silences(part)
        return stage_tip(stop.key, seen, self._shown, after, muted=self.tr("muted") if is_muted else "")
