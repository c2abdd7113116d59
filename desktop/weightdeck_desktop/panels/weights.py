"""The weights panel: one tensor's histogram over the steps, and all tensors small, to choose from."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QWidget

from weightdeck.run.bins import GRADIENT_BINS, WEIGHT_BINS, AsinhBins
from weightdeck.run.frame import Histograms, Record
from weightdeck.run.history import History
from weightdeck.run.layout import EMBEDDING, POSITIONS, Layout, TensorInfo
from weightdeck.run.slices import ParameterSlice
from weightdeck.run.words import tensor_title
from weightdeck_desktop.panels.panel import Panel
from weightdeck_desktop.panels.slice_menu import Describe, SliceMenu
from weightdeck_desktop.panels.tensor_cells import tensor_cells
from weightdeck_desktop.panels.weight_bins import (
    ScreenBins,
    central_ranges,
    core_width,
    gradient_bins,
    thumbnail_heights,
    weight_bins,
)
from weightdeck_desktop.theme import Theme
from weightdeck_desktop.widgets.flow_row import FlowRow
from weightdeck_desktop.widgets.ridge import Ridge
from weightdeck_desktop.widgets.switch import Switch
from weightdeck_desktop.widgets.thumbnails import COLUMNS, Thumbnails

Counts = NDArray[np.int32]

WEIGHTS, GRADIENTS = "weights", "gradients"
_KINDS = (WEIGHTS, GRADIENTS)
_ROWS = 10  # recorded moments, and "now" as the last


class WeightsPanel(Panel):
    """One tensor's weights, or its gradient, over the steps; told with `show_now` and `show_history`."""

    tensor_chosen = Signal(str)  # a parameter's name
    kind_chosen = Signal(str)  # "weights" or "gradients"
    slice_act = Signal(object, object)  # ParameterSlice, SliceAct
    browse_requested = Signal(object)  # ParameterSlice

    key = "weights"

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.title = self.tr("Weights")
        self._layout: Layout | None = None
        self._describe: Describe | None = None
        self._tensor = ""
        self._kind = WEIGHTS
        self._is_loading = False
        self._now: Histograms | None = None
        self._now_step = 0
        self._until: int | None = None  # the step of the past that is shown
        self._records: tuple[Record, ...] = ()
        self._shown: list[tuple[int, Counts] | None] = [None] * _ROWS  # step and counts of every row
        self._bins: ScreenBins | None = None
        # Widest so far of this tensor, so that the axis does not breathe: what is shown, and the core of it.
        self._range: tuple[float, float] | None = None
        self._core = 0.0
        self._hovered: tuple[int, int] | None = None  # row and bin

        self._switch = Switch(
            (
                (self.tr("weights"), self.tr("The numbers that training changes, of one tensor")),
                (
                    self.tr("gradients"),
                    self.tr(
                        "What the last batch asks of each weight (gradient of the loss, before clipping)"
                    ),
                ),
            )
        )
        self._switch.set_names("weights_kind")
        self._switch.setAccessibleName(self.tr("Weights or gradients"))
        self._switch.chosen.connect(self._on_kind_chosen)
        self._ridge = Ridge(_ROWS)
        self._ridge.setObjectName("weights_ridge")
        self._ridge.setAccessibleName(self.tr("Histograms over steps"))
        self._ridge.hovered.connect(self._on_ridge_hovered)
        self._ridge.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self._ridge.customContextMenuRequested.connect(self._on_ridge_menu_requested)
        self._thumbnails = Thumbnails()
        self._thumbnails.setObjectName("weights_tensors")
        self._thumbnails.setAccessibleName(self.tr("All tensors: choose one with the arrow keys"))
        self._thumbnails.chosen.connect(self._on_thumbnail_chosen)
        self._thumbnails.menu_requested.connect(self._on_thumbnail_menu_requested)
        header = FlowRow()
        header.add(self._switch)
        self.body.addWidget(header)
        self.body.addWidget(self._ridge, 1)
        self.body.addWidget(self._thumbnails)

    # Told

    def set_theme(self, theme: Theme) -> None:
        super().set_theme(theme)
        self._switch.set_theme(theme)
        self._ridge.set_theme(theme)
        self._thumbnails.set_theme(theme)
        self._show_colours()

    def set_layout(self, layout: Layout) -> None:
        """The tensors of the run; keeps the chosen one if the model has it."""
        self._layout = layout
        self._thumbnails.set_cells(*tensor_cells(layout), self._tip)
        if self._tensor not in layout.by_name:
            middle = f"transformer.h.{layout.model.n_layer // 2}.attn.c_attn.weight"
            self._tensor = middle if middle in layout.by_name else layout.tensors[0].name
        self._thumbnails.set_choice(layout.index_of(self._tensor))
        self._show_colours()
        self._show_all()

    def set_slice_states(self, describe: Describe) -> None:
        """Where a tensor's menu asks what can be done with it."""
        self._describe = describe

    def set_loading(self, loading: bool) -> None:
        """Whether the engine is still loading: the plot says so."""
        self._is_loading = loading
        self._show_rows()

    def set_tensor(self, name: str) -> None:
        """Show another tensor. Raises ``ValueError`` for one that the model does not have."""
        if self._layout is not None:
            self._thumbnails.set_choice(self._layout.index_of(name))
        if name != self._tensor:
            self._tensor = name
            self._range, self._core = None, 0.0
            self._show_colours()
            self._show_all()

    def show_now(self, histograms: Histograms, step: int) -> None:
        """The newest moment: the last row and the thumbnails."""
        self._now = histograms
        self._now_step = step
        self._show_thumbnails()
        self._show_rows()

    def show_history(self, history: History, until: int | None = None) -> None:
        """The recorded moments, up to step `until` if one is given; draws only when they are others than before.
        What was shown of another moment goes; the newest record stands for it until `show_now`.
        """
        records = history.records_until(until)
        is_other = (until is None) != (self._until is None) or (until is not None and self._now_step > until)
        self._until = until
        if is_other:
            self._now, self._now_step = None, 0
        if is_other or (until is not None and self._now is None):
            self._records = records
            self._show_thumbnails()
            self._show_rows()
        elif len(records) != len(self._records) or (records and records[-1] is not self._records[-1]):
            self._records = records
            self._show_rows()

    def clear(self) -> None:
        """Forget the run; the chosen tensor and kind stay."""
        self._now = None
        self._now_step = 0
        self._until = None
        self._records = ()
        self._range, self._core = None, 0.0
        self._thumbnails.set_heights(None)
        self._show_rows()

    def table(self) -> list[list[str]] | None:
        rows = [row for row in self._shown if row is not None]
        if not rows:
            return None
        edges = self._source.edges.tolist()
        header = [f"{self._tensor} {self._kind}: from", "to", *(f"count at step {step}" for step, _ in rows)]
        columns = [counts.tolist() for _, counts in rows]
        bins = zip(edges, edges[1:], *columns, strict=False)
        return [header, *([repr(low), repr(high), *map(str, counts)] for low, high, *counts in bins)]

    def state(self) -> dict[str, object]:
        """Settings that survive a restart."""
        return {"tensor": self._tensor, "kind": self._kind}

    def restore(self, state: dict[str, object]) -> None:
        """Take settings that `state` gave, perhaps those of another model."""
        tensor, kind = state.get("tensor"), state.get("kind")
        if kind in _KINDS:
            self._kind = str(kind)
            self._switch.set_choice(_KINDS.index(self._kind))
        if isinstance(tensor, str) and (self._layout is None or tensor in self._layout.by_name):
            self._tensor = tensor
        self._range, self._core = None, 0.0
        if self._layout is not None:
            self.set_layout(self._layout)

    # Drawing

    def _show_all(self) -> None:
        if self._now is not None:
            self.show_now(self._now, self._now_step)
        else:
            self._show_rows()

    def _show_thumbnails(self) -> None:
        counts = self._counts_now()
        heights = None if counts is None else thumbnail_heights(counts, self._source, COLUMNS)
        self._thumbnails.set_heights(heights)

    def _show_rows(self) -> None:
        """Choose the moments, the axis that holds them, and draw what has changed."""
        if self._layout is None:
            return
        self._shown = self._moments()
        present = {place: row[1] for place, row in enumerate(self._shown) if row is not None}
        counts = np.array(list(present.values())) if present else np.zeros((0, self._source.count), np.int32)
        if present:
            lows, highs = central_ranges(counts, self._source)
            low, high = self._range or (lows[0], highs[0])
            self._range = (min(low, float(lows.min())), max(high, float(highs.max())))
            self._core = max(self._core, core_width(counts, self._source))
        low, high = self._range or (-self._source.linear, self._source.linear)
        if self._kind == WEIGHTS:
            self._bins = weight_bins(low, high, self._info.size)
        else:
            self._bins = gradient_bins(max(-low, high), self._core or self._source.linear, self._info.size)
        tip = self._axis_tip()
        if tip != self._ridge.toolTip():
            self._ridge.setToolTip(tip)
        self._ridge.set_axis(len(self._bins.edges) - 1, self._bins.ticks, self._axis_titles())
        self._ridge.set_message("" if present else self._empty_hint())
        heights = dict(zip(present, self._bins.heights(counts), strict=True))
        for place in range(_ROWS):
            self._ridge.set_row(place, heights.get(place), self._row_label(place))
        self._ridge.set_ghost(heights.get(0))
        self._show_aside()
        self._show_readout()

    def _moments(self) -> list[tuple[int, Counts] | None]:
        """Step and counts of every row: records evenly from step 0 to the newest, each once, and now."""
        if self._layout is None:
            return [None] * _ROWS
        tensor = self._layout.index_of(self._tensor)
        rows: list[tuple[int, Counts] | None] = [None] * _ROWS
        steps = np.array([record.step for record in self._records])
        if len(steps):
            targets = np.linspace(0.0, max(steps[-1], self._now_step), _ROWS)[:-1]
            nearest = np.abs(steps[None, :] - targets[:, None]).argmin(axis=1)
            for row, place in enumerate(nearest.tolist()):
                if row == 0 or place != nearest[row - 1]:
                    record = self._records[place]
                    rows[row] = (record.step, self._counts_of(record)[tensor])
        now = self._counts_now()
        if now is not None:
            rows[-1] = (self._records[-1].step if self._now is None else self._now_step, now[tensor])
        return rows

    def _counts_now(self) -> Counts | None:
        if self._now is None:
            has_record = self._until is not None and bool(self._records)
            return self._counts_of(self._records[-1]) if has_record else None
        return self._now.weights if self._kind == WEIGHTS else self._now.gradients

    def _counts_of(self, record: Record) -> Counts:
        return record.weight_counts if self._kind == WEIGHTS else record.gradient_counts

    def _row_label(self, place: int) -> str:
        row = self._shown[place]
        if place == _ROWS - 1 and self._until is None:
            return self.tr("now")
        if row is None:
            return ""
        return self.tr("step {step:,}").format(step=row[0]) if place == 0 else f"{row[0]:,}"

    def _axis_titles(self) -> tuple[str, ...]:
        """What the axis measures, the longest wording first."""
        if self._kind == WEIGHTS:
            return (self.tr("weight value · dashed: step 0"), self.tr("weight value"))
        return (
            self.tr("gradient before clipping, stretched near 0 · dashed: step 0"),
            self.tr("gradient before clipping, stretched near 0"),
            self.tr("gradient, stretched near 0"),
        )

    def _axis_tip(self) -> str:
        own = self.tr("Every row is drawn to its own height. The axis holds the central 99 % of the values.")
        if self._kind == WEIGHTS:
            return own
        stretch = self.tr(
            "Gradients are drawn on an asinh axis: even up to about ±{core:.1g}, logarithmic beyond."
        )
        return f"{own}\n{stretch.format(core=self._core)}"

    def _empty_hint(self) -> str:
        if self._is_loading:
            return self.tr("loading engine")
        if self._now is None:
            return self.tr("the weights appear with the first frame")
        return self.tr("gradients come with the first step")

    def _show_aside(self) -> None:
        what = self.tr("over steps") if self._kind == WEIGHTS else self.tr("gradient over steps")
        self.set_aside(f"{tensor_title(self._tensor)} · {what}")

    def _show_colours(self) -> None:
        if self._layout is None or self._theme is None:
            return
        self._thumbnails.set_colours([self._colour(info) for info in self._layout.tensors])
        self._ridge.set_colour(self._colour(self._info))

    def _colour(self, info: TensorInfo) -> QColor:
        """Its block's colour; what comes before the blocks has the first's, what comes after the last's."""
        assert self._layout is not None
        assert self._theme is not None
        last = self._layout.model.n_layer - 1
        block = info.block if info.block is not None else 0 if info.name in (EMBEDDING, POSITIONS) else last
        return self._theme.layer_colour(block, last + 1)

    def _tip(self, place: int) -> str:
        """Plain words, technical name, shape and spread of a tensor."""
        assert self._layout is not None
        info = self._layout.tensors[place]
        shape = " × ".join(map(str, info.shape))
        text = self.tr("{title}\n{name}\n{shape} = {size:,} weights").format(
            title=tensor_title(info.name), name=info.name, shape=shape, size=info.size
        )
        if self._now is not None:
            text += self.tr("\nstandard deviation of the weights {std:.3g}").format(
                std=self._now.weight_std[place]
            )
            if self._now.gradient_std is not None:
                text += self.tr(", of the gradient {std:.3g}").format(std=self._now.gradient_std[place])
        return text

    @property
    def _info(self) -> TensorInfo:
        assert self._layout is not None
        return self._layout.by_name[self._tensor]

    @property
    def _source(self) -> AsinhBins:
        return WEIGHT_BINS if self._kind == WEIGHTS else GRADIENT_BINS

    # The user's acts

    def _on_kind_chosen(self, place: int) -> None:
        self._kind = _KINDS[place]
        self._range, self._core = None, 0.0
        self._show_all()
        self.kind_chosen.emit(self._kind)

    def _on_thumbnail_chosen(self, place: int) -> None:
        assert self._layout is not None
        self.set_tensor(self._layout.tensors[place].name)
        self.tensor_chosen.emit(self._tensor)

    def _on_thumbnail_menu_requested(self, place: int, at: QPoint) -> None:
        assert self._layout is not None
        self._show_menu(self._layout.tensors[place].name, at)

    def _on_ridge_menu_requested(self, at: QPoint) -> None:
        if self._layout is not None:
            self._show_menu(self._tensor, self._ridge.mapToGlobal(at))

    def _show_menu(self, tensor: str, at: QPoint) -> None:
        if self._describe is None:
            return
        target = ParameterSlice(tensor)
        menu = SliceMenu(self, self._describe)
        menu.slice_act.connect(self.slice_act)
        tip = self.tr("All numbers of this tensor as a map, to choose a row, a column or one of them")
        menu.add_act("browse", self.tr("Show in Browse"), tip, lambda: self.browse_requested.emit(target))
        menu.add_slice(target)
        menu.popup(at)

    def _on_ridge_hovered(self, place: tuple[int, int] | None) -> None:
        self._hovered = place
        self._show_readout()

    def _show_readout(self) -> None:
        place = self._hovered
        row = self._shown[place[0]] if place is not None else None
        if place is None or row is None or self._bins is None or place[1] >= len(self._bins.edges) - 1:
            self._ridge.hide_readout()
            return
        step, counts = row
        low, high = (_signed(value) for value in self._bins.edges[place[1] : place[1] + 2].tolist())
        share = float(self._bins.shares(counts[None])[0, place[1]])
        what = self.tr("weights") if self._kind == WEIGHTS else self.tr("gradients")
        text = self.tr("step {step:,}\n{low} to {high}\n{share:.1%} of {size:,} {what}")
        text = text.format(step=step, low=low, high=high, share=share, size=self._info.size, what=what)
        self._ridge.show_readout(*place, text)


def _signed(value: float) -> str:
    text = f"{abs(value):.3g}"
    return f"−{text}" if value < 0.0 else text
