"""The strips and clamps of the desk: what the hand does with them, and what the session says of them."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import QObject

from weightdeck.run.commands import (
    HoldSlices,
    ResetStrips,
    SetClamp,
    SetMuteTo,
    SetScope,
    SetStrip,
)
from weightdeck.run.frame import RunInfo, Status, StripLevels
from weightdeck.run.named_slices import strip_slices, written_by
from weightdeck.run.slices import ParameterSlice, are_held
from weightdeck.run.strips import ClampTo, Mix, MuteTo, Neuron, Scope, Strip, StripSetting, all_strips
from weightdeck_desktop.controller.hand import Hand
from weightdeck_desktop.controller.slice_acts import SliceActs
from weightdeck_desktop.panels.slice_acts import SliceAct
from weightdeck_desktop.panels.strips import StripsPanel


class StripDesk(QObject):
    """Turns acts on strips into commands. Lives on the GUI thread."""

    def __init__(self, panel: StripsPanel, hand: Hand, acts: SliceActs, parent: QObject) -> None:
        super().__init__(parent)
        self._panel = panel
        self._hand = hand
        self._acts = acts
        self._info: RunInfo | None = None
        self._mix = Mix()  # as the session has it, with what is on its way
        self._held: frozenset[Strip] = frozenset()  # parts of which every weight is held
        self._moved: Strip | None = None  # what the newest command of a strip changed
        self._connect()

    def begin(self, info: RunInfo) -> None:
        """A new run: every strip is open, and nothing is held."""
        self._info = info
        self._mix = Mix()
        self._held = frozenset()
        self._moved = None
        self._panel.clear()
        self._panel.set_model(info.spec.model)
        self._panel.set_enabled_engine(True)

    def read(self, status: Status, last_command: int) -> None:
        """Take what the session says; while a command is on its way the hand knows better."""
        if last_command >= self._hand.last_submitted:
            self._mix = status.mix
            self._moved = None
        self._held = self._held_parts(status.held)

    def show(self, levels: StripLevels | None, step: int) -> None:
        """Show the mix, and new levels if there are any."""
        self._panel.show_mix(self._mix)
        self._panel.show_held(self._held)
        if levels is not None:
            self._panel.show_levels(levels, step)

    def show_pending(self, pending: bool) -> None:
        """Whether the newest change is still on its way."""
        self._panel.show_pending(self._moved if pending else None)

    def mute(self, strip: Strip, *, muted: bool) -> None:
        """Mute a part, or open it again."""
        self._set(strip, replace(self._mix.of(strip), muted=muted))

    def clamp(self, neuron: Neuron, to: ClampTo | None) -> None:
        """Hold an activation, or let it go."""
        if self._hand.submit(SetClamp(neuron, to)):
            self._take(self._mix.with_clamp(neuron, to))

    def _connect(self) -> None:
        panel = self._panel
        panel.fader_grabbed.connect(lambda _strip: self._hand.grab())
        panel.fader_turned.connect(self._on_view_fader_turned)
        panel.fader_released.connect(lambda _strip: self._hand.release())
        panel.gain_typed.connect(
            lambda strip, gain: self._set(strip, replace(self._mix.of(strip), gain=gain))
        )
        panel.mute_toggled.connect(lambda strip, muted: self.mute(strip, muted=muted))
        panel.solo_toggled.connect(
            lambda strip, solo: self._set(strip, replace(self._mix.of(strip), solo=solo))
        )
        panel.scope_chosen.connect(self._on_view_scope_chosen)
        panel.mute_to_chosen.connect(self._on_view_mute_to_chosen)
        panel.reset_requested.connect(self._on_view_reset_requested)
        panel.clamp_requested.connect(self.clamp)
        panel.strip_menu_act.connect(self._on_view_menu_act)

    def _on_view_fader_turned(self, strip: Strip, gain: float) -> None:
        self._set(strip, replace(self._mix.of(strip), gain=gain), self._hand.gesture)

    def _on_view_scope_chosen(self, scope: Scope) -> None:
        if scope != self._mix.scope and self._hand.submit(SetScope(scope)):
            self._take(replace(self._mix, scope=scope))

    def _on_view_mute_to_chosen(self, mute_to: MuteTo) -> None:
        if mute_to != self._mix.mute_to and self._hand.submit(SetMuteTo(mute_to)):
            self._take(replace(self._mix, mute_to=mute_to))

    def _on_view_reset_requested(self) -> None:
        if self._hand.submit(ResetStrips()):
            self._take(replace(self._mix, strips=(), clamps=()))

    def _on_view_menu_act(self, strip: Strip, act: str) -> None:
        if self._info is None:
            return
        model = self._info.spec.model
        if act == "knob":
            self._acts.act(written_by(strip, model), SliceAct.KNOB)
        else:
            self._hand.submit(HoldSlices(strip_slices(strip, model), held=act == "hold"))

    def _set(self, strip: Strip, setting: StripSetting, gesture: int | None = None) -> None:
        if gesture is None and setting == self._mix.of(strip):
            return  # nothing to undo later
        if self._hand.submit(SetStrip(strip, setting, gesture)):
            self._moved = strip
            self._take(self._mix.with_strip(strip, setting))

    def _held_parts(self, held: tuple[ParameterSlice, ...]) -> frozenset[Strip]:
        if self._info is None or not held:
            return frozenset()
        layout = self._info.layout
        strips = all_strips(layout.model)
        return frozenset(
            strip for strip in strips if are_held(strip_slices(strip, layout.model), layout, held)
        )

    def _take(self, mix: Mix) -> None:
        self._mix = mix
        self._panel.show_mix(mix)
