"""Find a knob: by searching, by browsing the values of a tensor, or by what matters for a prediction."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QSizePolicy, QStackedWidget, QWidget

from weightdeck.run.frame import Sensitivity, TensorValues
from weightdeck.run.layout import Layout
from weightdeck.run.named_slices import reads_activation
from weightdeck.run.slices import ParameterSlice
from weightdeck.run.words import slice_title
from weightdeck_desktop.panels.context_menu import ContextMenu
from weightdeck_desktop.panels.knob_words import weight_text
from weightdeck_desktop.panels.matters import MattersPage, nats_text
from weightdeck_desktop.panels.panel import Panel
from weightdeck_desktop.panels.search_field import SearchField
from weightdeck_desktop.panels.selection import Extent, widened
from weightdeck_desktop.panels.slice_acts import SliceAct, SliceState, add_slice_acts
from weightdeck_desktop.panels.slice_bar import SliceBar
from weightdeck_desktop.panels.tensor_map import TensorMap
from weightdeck_desktop.theme import Theme
from weightdeck_desktop.widgets.flow_row import FlowRow
from weightdeck_desktop.widgets.switch import Switch

VALUES, MATTERS = 0, 1  # places of the mode switch
_RESULTS = 2  # the page that shows while something is searched
_LEAST_SEARCH = 200  # px at 100 % that the search field needs beside the mode


class BrowsePanel(Panel):
    """One slice is chosen at a time, whichever way it was found; the bar below says what it is and what can be done.

    While something is typed into the search field, what was found takes the place of the mode's page.
    """

    key = "browse"

    interest_changed = (
        Signal()
    )  # the user changed what is needed: read `tensor`, `wants_sensitivity`, `token`
    slice_act = Signal(object, object)  # ParameterSlice, SliceAct
    pin_six_requested = Signal(object)  # tuple of ParameterSlice
    hold_requested = Signal(object, bool)  # tuple of ParameterSlice: hold them, or let them go

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.title = self.tr("Browse")
        self._layout: Layout | None = None
        self._vocabulary: tuple[str, ...] = ()
        self._selected: ParameterSlice | None = None
        self._wanted_tensor = ""  # of a restored state, until the layout is known
        self._values: TensorValues | None = None
        self._steps: dict[int, int] = {}  # of what each mode shows
        self._can_paste: int | None = None
        self._search = SearchField()
        self._mode = Switch(
            (
                (self.tr("Values"), self.tr("The numbers of one tensor as a map to choose from")),
                (
                    self.tr("What matters"),
                    self.tr("Which parameters would move the prediction most, over the whole model"),
                ),
            )
        )
        self._map = TensorMap()
        self._matters = MattersPage()
        self._pages = QStackedWidget()
        self._bar = SliceBar()
        self._ways = QBoxLayout(QBoxLayout.Direction.TopToBottom)  # search and mode
        self._header = FlowRow(gap=6)
        self._build()
        self._show_mode()
        self.set_enabled_engine(False)

    # Asked

    @property
    def tensor(self) -> str:
        """The tensor whose values are needed now: that of the slice in the bar, whose words need them in each mode."""
        target = self._target or self._selected
        return "" if target is None else target.tensor

    @property
    def wants_sensitivity(self) -> bool:
        """Whether what matters is shown."""
        return self._mode.choice == MATTERS

    @property
    def token(self) -> int | None:
        """The next token that the sensitivity is to be about; None: the likeliest."""
        return self._matters.token

    def table(self) -> list[list[str]] | None:
        if self._mode.choice == MATTERS:
            return self._matters.table()
        if self._values is None:
            return None
        rows = [["parameter", "value"]]
        for index, value in np.ndenumerate(self._values.values):
            rows.append([str(ParameterSlice(self._values.name, index)), f"{value:.9g}"])
        return rows

    def state(self) -> dict[str, Any]:
        """What a restart should bring back, as JSON can hold it."""
        return {"mode": self._mode.choice, "tensor": self.tensor or self._wanted_tensor}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Take what `state` gave, perhaps that of another model; nothing is emitted."""
        if state.get("mode") in (VALUES, MATTERS):
            self._mode.set_choice(state["mode"])
            self._show_mode()
        tensor = state.get("tensor")
        if isinstance(tensor, str):
            self._wanted_tensor = tensor
            if self._layout is not None:
                self._select(self._begin_with(self._layout))

    # Told

    def set_theme(self, theme: Theme) -> None:
        super().set_theme(theme)
        for part in (self._search, self._mode, self._map, self._matters, self._bar):
            part.set_theme(theme)
        self._arrange()

    def set_layout(self, layout: Layout, vocabulary: tuple[str, ...]) -> None:
        """The model to browse in; the chosen slice stays chosen if the model has it."""
        if self._selected is not None:
            self._wanted_tensor = self._selected.tensor
        kept = self._selected if layout == self._layout else None
        self._selected = None
        self._layout, self._vocabulary = layout, vocabulary
        self._search.set_layout(layout, vocabulary)
        self._map.set_layout(layout, vocabulary)
        self._matters.set_layout(layout, vocabulary)
        self.clear()
        self._select(kept or self._begin_with(layout))
        self._show_mode()

    def set_enabled_engine(self, enabled: bool) -> None:
        """Whether there is an engine to browse in."""
        for part in (self._search, self._header, self._pages, self._bar):
            part.setEnabled(enabled)
        waiting = self.tr("waiting for the first numbers") if enabled else self.tr("loading engine")
        self._map.show_message(waiting)
        self._matters.show_waiting(self.tr("not measured yet") if enabled else waiting)

    def set_locked(self, why: str) -> None:
        """Why nothing can be changed now; "" where it can. To look about is always free."""
        self._bar.set_locked(why)

    def show_tensor(self, found: TensorValues, step: int) -> None:
        """The newest values of a tensor at a step."""
        self._values = found
        self._map.show_values(found)
        self._show_step(VALUES, step)
        self._show_words()

    def show_held(self, held: tuple[ParameterSlice, ...]) -> None:
        """The slices that are held in the whole model."""
        self._matters.show_held(held)

    def show_sensitivity(self, found: Sensitivity | None, step: int) -> None:
        """What matters at a step; None where there is no prompt to measure at."""
        self._matters.show_sensitivity(found)
        self._show_step(MATTERS, step)
        self._show_words()

    def show_can_paste(self, size: int | None) -> None:
        """How many numbers have been copied; None for none."""
        self._can_paste = size

    def show_target(self, target: ParameterSlice) -> None:
        """Bring this slice up among the values. Raises ``ValueError`` when the model has none such."""
        assert self._layout is not None
        target.info(self._layout)
        self._search.clear()
        self._mode.set_choice(VALUES)
        self._show_mode()
        self._select(target)

    def show_what_matters(self, token: int | None) -> None:
        """Bring up what matters for this next token; None: for the likeliest."""
        self._search.clear()
        self._matters.set_token(token)
        self._mode.set_choice(MATTERS)
        self._show_mode()

    def open_search(self) -> None:
        """Put the keyboard into the search field."""
        self._search.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self._search.selectAll()

    def clear(self) -> None:
        """Forget the run's numbers; what is chosen stays."""
        self._values = None
        self._steps.clear()
        self._map.clear()
        self._matters.clear()
        self.set_aside("")
        self._show_words()

    # Parts

    def _build(self) -> None:
        self._mode.set_names("browse_mode")
        self._mode.setAccessibleName(self.tr("Values or what matters"))
        for part in (*self._map.controls, *self._matters.controls):
            self._header.add(part)
        self._ways.setSpacing(6)
        self._ways.addWidget(self._search, 1)
        self._ways.addWidget(self._mode)
        for page in (self._map, self._matters, self._search.results):
            self._pages.addWidget(page)
        self.body.setSpacing(6)
        self.body.addLayout(self._ways)
        self.body.addWidget(self._header)
        self.body.addWidget(self._pages, 1)
        self.body.addWidget(self._bar)
        self._mode.chosen.connect(self._on_mode_chosen)
        self._search.typed.connect(self._on_search_typed)
        self._search.marked.connect(self._on_search_marked)
        self._search.found.connect(self._on_search_found)
        self._search.knob_requested.connect(self._on_search_knob_requested)
        self._search.results.list.menu_requested.connect(self._open_menu)
        self._map.chosen.connect(self._on_slice_chosen)
        self._map.menu_requested.connect(self._on_menu_requested)
        self._map.knob_requested.connect(lambda: self._on_act_requested(SliceAct.KNOB))
        self._matters.chosen.connect(self._on_slice_chosen)
        self._matters.opened.connect(lambda target: self.slice_act.emit(target, SliceAct.KNOB))
        self._matters.menu_requested.connect(self._open_menu)
        self._matters.token_chosen.connect(self.interest_changed)
        self._matters.pin_six_requested.connect(self.pin_six_requested)
        self._matters.hold_requested.connect(self.hold_requested)
        self._bar.act_requested.connect(self._on_act_requested)
        self._bar.more_requested.connect(self._on_menu_requested)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange()

    def _arrange(self) -> None:
        """The field and the mode side by side where that leaves the field enough."""
        if self._theme is None:
            return
        is_wide = self.width() - self._mode.sizeHint().width() >= self._theme.px(_LEAST_SEARCH)
        self._ways.setDirection(
            QBoxLayout.Direction.LeftToRight if is_wide else QBoxLayout.Direction.TopToBottom
        )

    def _show_mode(self) -> None:
        """The page of the mode, or what was found; a hidden page must not make the visible one scroll."""
        shown = _RESULTS if self._search.is_searching else self._mode.choice
        for place, page in enumerate((self._map, self._matters, self._search.results)):
            policy = QSizePolicy.Policy.Preferred if place == shown else QSizePolicy.Policy.Ignored
            page.setSizePolicy(policy, policy)
        self._pages.setCurrentIndex(shown)
        for mode, controls in ((VALUES, self._map.controls), (MATTERS, self._matters.controls)):
            for part in controls:
                part.setVisible(mode == self._mode.choice and self._layout is not None)
        self._show_step_of_mode()
        self._show_words()

    def _begin_with(self, layout: Layout) -> ParameterSlice:
        """The first element of the tensor that was shown before, or of the head, whose rows are tokens."""
        known = self._wanted_tensor in layout.by_name
        return widened(self._wanted_tensor if known else layout.head_name, 0, 0, Extent.ELEMENT, layout)

    def _select(self, target: ParameterSlice) -> None:
        self._selected = target
        self._map.show_chosen(target)
        self._matters.show_chosen(target)
        self._show_words()

    def _show_step(self, mode: int, step: int) -> None:
        self._steps[mode] = step
        self._show_step_of_mode()

    def _show_step_of_mode(self) -> None:
        step = self._steps.get(self._mode.choice)
        self.set_aside("", step)

    # The slice that the bar is about, in words

    @property
    def _target(self) -> ParameterSlice | None:
        """The chosen slice, or while something is searched the marked one of what was found."""
        return self._search.results.list.current if self._search.is_searching else self._selected

    def _show_words(self) -> None:
        target, layout = self._target, self._layout
        if target is None or layout is None:
            self._bar.show_slice(self.tr("Nothing is chosen"), "", "", 0.0)
            return
        details = []
        size = target.size(layout)
        values = self._current_values(target)
        if size > 1:
            details.append(self.tr("{size:,} weights").format(size=size))
        if values is not None:
            numbers = values.values[target.numpy_index()].astype(np.float64)
            if size == 1:
                details.append(weight_text(float(numbers.sum())))
            else:
                rms = float(np.sqrt(np.mean(np.square(numbers))))
                details.append(self.tr("root mean square {rms:.3g}").format(rms=rms))
        nats = self._matters.nats(target) if self.wants_sensitivity else None
        if nats is not None:
            details.append(self.tr("{nats} nats per spread").format(nats=nats_text(nats)))
        held = self._held(target)
        if held > 0.0:
            details.append(self.tr("held") if held == 1.0 else self.tr("{held:.0%} held").format(held=held))
        title = slice_title(target, self._vocabulary, layout)
        self._bar.show_slice(title, " · ".join(details), str(target), held)

    def _held(self, target: ParameterSlice) -> float:
        """The share of a slice that is held, as far as its tensor's values are known."""
        found = self._current_values(target)
        if found is None or found.held is None:
            return 0.0
        return float(np.mean(found.held[target.numpy_index()]))

    def _current_values(self, target: ParameterSlice) -> TensorValues | None:
        """The values of its tensor, unless the sensitivity beside which they would stand is of a later step."""
        found = self._values
        if found is None or found.name != target.tensor:
            return None
        is_old = self.wants_sensitivity and self._steps[VALUES] < self._steps.get(MATTERS, 0)
        return None if is_old else found

    def _open_menu(self, target: ParameterSlice, place: QPoint) -> None:
        assert self._layout is not None
        menu = ContextMenu(self)
        size = target.size(self._layout)
        state = SliceState(
            title=slice_title(target, self._vocabulary, self._layout),
            is_single=size == 1,
            reads=reads_activation(target, self._layout),
            held=self._held(target),
            can_paste=size == self._can_paste,
        )
        add_slice_acts(menu, target, state, self.slice_act.emit)
        menu.popup(place)

    # The user's acts

    def _on_mode_chosen(self) -> None:
        self._search.clear()
        self._show_mode()
        self.interest_changed.emit()

    def _on_slice_chosen(self, target: ParameterSlice) -> None:
        before = self.tensor
        self._select(target)
        if self.tensor != before:
            self.interest_changed.emit()

    def _on_search_typed(self) -> None:
        self._show_mode()
        self.interest_changed.emit()

    def _on_search_marked(self) -> None:
        self._show_words()
        self.interest_changed.emit()

    def _on_search_found(self, target: ParameterSlice) -> None:
        self.show_target(target)
        self._map.take_focus()
        self.interest_changed.emit()

    def _on_search_knob_requested(self, target: ParameterSlice) -> None:
        self._on_search_found(target)
        self.slice_act.emit(target, SliceAct.KNOB)

    def _on_act_requested(self, act: SliceAct) -> None:
        if self._target is not None:
            self.slice_act.emit(self._target, act)

    def _on_menu_requested(self, place: QPoint) -> None:
        if self._target is not None:
            self._open_menu(self._target, place)
