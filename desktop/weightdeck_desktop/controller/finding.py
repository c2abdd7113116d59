"""From everywhere to a knob: what the panels ask to be done with slices, and the way to the Browse panel."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import QObject, Signal

from weightdeck.run.frame import RunInfo, Status
from weightdeck.run.slices import ParameterSlice
from weightdeck_desktop.controller.all_panels import AllPanels
from weightdeck_desktop.controller.knobs import KnobDesk
from weightdeck_desktop.controller.slice_acts import SliceActs
from weightdeck_desktop.controller.strips import StripDesk
from weightdeck_desktop.panels.slice_acts import SliceAct, SliceState
from weightdeck_desktop.panels.slice_menu import slice_state
from weightdeck_desktop.window import Window


class Finding(QObject):
    """Connects every panel that shows weights or activations. Lives on the GUI thread."""

    interest_changed = Signal()  # Browse shows something else now

    def __init__(
        self, window: Window, panels: AllPanels, knobs: KnobDesk, strips: StripDesk, acts: SliceActs
    ) -> None:
        super().__init__(window)
        self._window = window
        self._panels = panels
        self._knobs = knobs
        self._acts = acts
        self._info: RunInfo | None = None
        self._held: tuple[ParameterSlice, ...] = ()
        for panel in (
            *(panels.knobs, panels.in_hand, panels.browse, panels.predictions, panels.weights),
            *(panels.activations, panels.inspector, panels.neurons, panels.embeddings),
        ):
            panel.slice_act.connect(acts.act)
        for clamping in (panels.activations, panels.inspector, panels.neurons):
            clamping.clamp_requested.connect(strips.clamp)
        for muting in (
            *(panels.activations, panels.inspector, panels.attention, panels.transformer),
            panels.contributions,
        ):
            muting.mute_requested.connect(lambda strip, muted: strips.mute(strip, muted=muted))
        panels.explain.knob_requested.connect(lambda target: acts.act(target, SliceAct.KNOB))
        panels.weights.browse_requested.connect(self._browse)
        panels.knobs.browse_requested.connect(lambda index: self._browse(knobs.pins[index].target))
        panels.in_hand.browse_requested.connect(self._browse_in_hand)
        panels.knobs.add_requested.connect(self._search)
        panels.predictions.matter_requested.connect(self._on_view_matter_requested)
        panels.browse.pin_six_requested.connect(knobs.pin_six)
        panels.browse.hold_requested.connect(acts.hold)
        window.find_knob_requested.connect(self._search)
        window.hold_requested.connect(knobs.toggle_hold)
        acts.knob_wanted.connect(self._on_knob_wanted)
        acts.acting_on.connect(knobs.acting_on)
        acts.copied.connect(self._on_copied)

    def begin(self, info: RunInfo) -> None:
        """A new run."""
        self._info = info
        self._held = ()
        panels = self._panels
        panels.browse.clear()
        panels.browse.set_layout(info.layout, info.vocabulary)
        panels.browse.set_enabled_engine(True)
        panels.predictions.set_layout(info.layout)
        for offering in (
            *(panels.predictions, panels.weights, panels.activations),
            *(panels.inspector, panels.neurons, panels.embeddings),
        ):
            offering.set_slice_states(self._slice_state)  # before a run they offer nothing

    def read(self, status: Status) -> None:
        """Take what the session says is held and muted: menus offer what fits."""
        self._held = status.held
        panels = self._panels
        for mixed in (
            *(panels.activations, panels.transformer, panels.inspector, panels.attention, panels.neurons),
            panels.contributions,
        ):
            mixed.show_mix(status.mix)
        self._panels.browse.show_held(status.held)

    def _slice_state(self, target: ParameterSlice) -> SliceState:
        info = self._info
        assert info is not None
        state = slice_state(target, info.layout, info.vocabulary, self._held, self._acts.copied_size)
        return replace(state, locked=self._acts.locked)

    def _browse(self, target: ParameterSlice) -> None:
        self._window.show_panel("browse")
        self._panels.browse.show_target(target)
        self.interest_changed.emit()

    def _browse_in_hand(self) -> None:
        in_hand = self._knobs.in_hand
        if in_hand is not None:
            self._browse(in_hand.target)

    def _search(self) -> None:
        self._window.show_panel("browse")
        self._panels.browse.open_search()

    def _on_view_matter_requested(self, token: int) -> None:
        self._window.show_panel("browse")
        self._panels.browse.show_what_matters(token)
        self.interest_changed.emit()

    def _on_knob_wanted(self, target: ParameterSlice, along: object) -> None:
        # A Direction or None; Qt's signal says object.
        if self._knobs.add(target, along):  # type: ignore[arg-type]
            self._window.show_message(self.tr("A knob for it is in your hand."))

    def _on_copied(self, count: int, title: str) -> None:
        for panel in (self._panels.knobs, self._panels.in_hand, self._panels.browse):
            panel.show_can_paste(count)
        self._window.show_message(
            self.tr("Copied {count:,} numbers of {title}.").format(count=count, title=title)
        )
