"""From every panel that shows weights or activations to a knob, to the Browse panel and to the strips."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from tests.desktop.desk_bench import DeskBench
from tests.desktop.fakes import (
    ATTENTION,
    ENTRY,
    HEAD_S,
    OTHER,
    ROW,
    SIX,
    FakeWindow,
    direction,
    frame_of_knobs,
    reading,
    run_info,
)
from weightdeck.run.commands import EditSlice, HoldSlices, SetClamp, SetStrip
from weightdeck.run.frame import Phase, Status
from weightdeck.run.layout import HEAD
from weightdeck.run.queries import Answer
from weightdeck.run.scales import PinnedKnob
from weightdeck.run.slices import ParameterSlice
from weightdeck.run.strips import Mix, Neuron, Strip, StripSetting
from weightdeck_desktop.controller.finding import Finding
from weightdeck_desktop.controller.slice_acts import SliceActs
from weightdeck_desktop.controller.strips import StripDesk
from weightdeck_desktop.panels.knobs import MOST_WEIGHT_KNOBS
from weightdeck_desktop.panels.slice_acts import SliceAct, SliceState

NEURON = Neuron("blocks.0.mlp.post", 17)


class Bench(DeskBench):
    """The desk with everything that leads to it, its run begun."""

    def __init__(self) -> None:
        super().__init__()
        self.window = FakeWindow()
        self.acts = SliceActs(self.session, self.hand, self.parent)
        self.strips = StripDesk(self.panels.strips, self.hand, self.acts, self.parent)
        self.finding = Finding(self.window, self.panels, self.desk, self.strips, self.acts)
        self.finding.interest_changed.connect(lambda: self.heard.append("interest"))
        info = run_info()
        self.acts.begin(info)
        self.strips.begin(info)
        self.finding.begin(info)
        self.heard.clear()

    def come(self, value: Any) -> None:
        """The answer to the newest question."""
        self.acts.answer(Answer(self.session.newest_number, self.session.queries[-1], 7, value))

    def order(self, *acts: Any) -> list[int]:
        """The order in which these were done to the window and the Browse panel."""
        done: list[int] = []
        for place, act in enumerate(acts):
            act.side_effect = lambda *_, place=place: done.append(place)
        return done

    @property
    def messages(self) -> list[str]:
        return [call.args[0] for call in self.window.mock.show_message.call_args_list]


@pytest.fixture
def bench() -> Bench:
    return Bench()


# To a knob


@pytest.mark.parametrize("key", ["knobs", "in_hand", "browse", "predictions", "weights", "activations"])
def test_every_panel_that_shows_weights_can_ask_for_an_act(bench: Bench, key: str) -> None:
    getattr(bench.panels, key).slice_act.emit(ROW, SliceAct.HOLD)
    assert bench.session.commands == [HoldSlices((ROW,))]


def test_a_knob_that_was_asked_for_is_in_the_hand_and_the_user_told_so(bench: Bench) -> None:
    bench.panels.weights.slice_act.emit(OTHER, SliceAct.KNOB)
    assert bench.desk.in_hand == PinnedKnob(OTHER)
    assert len(bench.messages) == 1
    bench.panels.browse.slice_act.emit(ROW, SliceAct.KNOB_OWN)
    assert bench.desk.in_hand == PinnedKnob(OTHER)
    bench.come(direction(ROW))
    assert bench.desk.in_hand == PinnedKnob(ROW, None, direction(ROW))
    assert len(bench.messages) == 2


def test_a_full_desk_says_so_and_not_that_there_is_a_knob(bench: Bench) -> None:
    for column in range(MOST_WEIGHT_KNOBS - len(SIX)):
        bench.desk.add(ParameterSlice(HEAD, divmod(column, 16)))
    bench.panels.browse.slice_act.emit(OTHER, SliceAct.KNOB)
    assert OTHER not in bench.targets
    assert len(bench.problems) == 1
    assert bench.messages == []


def test_six_that_matter_are_pinned(bench: Bench) -> None:
    bench.panels.browse.pin_six_requested.emit(SIX[::-1])
    assert bench.targets == SIX[::-1]


def test_the_window_holds_what_is_in_the_hand(bench: Bench) -> None:
    bench.panels.knobs.selected.emit(3)
    bench.window.hold_requested.emit()
    assert bench.session.commands == [HoldSlices((ROW,))]


def test_an_act_on_a_slice_tells_the_knobs_on_it(bench: Bench) -> None:
    bench.panels.browse.slice_act.emit(ATTENTION, SliceAct.ZERO)
    assert bench.session.commands == [EditSlice(ATTENTION, "scale", 0.0)]
    bench.read_only(reading(ATTENTION, 0.0))
    trace = bench.desk.pins[4].trace
    assert trace is not None
    assert (trace.before, trace.after) == (1.0, 0.0)


def test_a_refused_act_tells_the_knobs_nothing(bench: Bench) -> None:
    bench.session.refusal = "That does not fit."
    bench.panels.browse.slice_act.emit(ATTENTION, SliceAct.NOISE)
    bench.desk.read(frame_of_knobs(reading(ATTENTION, 0.5)))
    assert bench.desk.pins[4].trace is None
    assert bench.problems == ["That does not fit."]


# Copies


def test_what_was_copied_is_told_to_whoever_can_paste(bench: Bench) -> None:
    bench.panels.browse.slice_act.emit(ROW, SliceAct.COPY)
    bench.come(np.zeros(16, np.float32))
    for panel in (bench.panels.knobs, bench.panels.in_hand, bench.panels.browse):
        panel.show_can_paste.assert_called_once_with(16)
    (message,) = bench.messages
    assert "16" in message
    assert "embed row i" in message


# To the Browse panel


SHOWS: list[tuple[Callable[[Bench], object], ParameterSlice]] = [
    (lambda bench: bench.panels.weights.browse_requested.emit(ATTENTION), ATTENTION),
    (lambda bench: bench.panels.knobs.browse_requested.emit(2), ENTRY),
    (lambda bench: bench.panels.in_hand.browse_requested.emit(), HEAD_S),
]


@pytest.mark.parametrize(("ask", "target"), SHOWS, ids=["weights", "knobs", "in hand"])
def test_a_slice_is_shown_in_browse(
    bench: Bench, ask: Callable[[Bench], object], target: ParameterSlice
) -> None:
    done = bench.order(bench.window.mock.show_panel, bench.panels.browse.show_target)
    ask(bench)
    bench.window.mock.show_panel.assert_called_once_with("browse")
    bench.panels.browse.show_target.assert_called_once_with(target)
    assert done == [0, 1]
    assert bench.heard == ["interest"], "another tensor is needed now"


def test_an_empty_hand_has_nothing_to_browse(bench: Bench) -> None:
    for _ in SIX:
        bench.desk.remove(0)
    bench.panels.in_hand.browse_requested.emit()
    bench.panels.browse.show_target.assert_not_called()


@pytest.mark.parametrize("source", ["window", "knobs"])
def test_a_search_opens_in_browse(bench: Bench, source: str) -> None:
    done = bench.order(bench.window.mock.show_panel, bench.panels.browse.open_search)
    if source == "window":
        bench.window.find_knob_requested.emit()
    else:
        bench.panels.knobs.add_requested.emit()
    bench.window.mock.show_panel.assert_called_once_with("browse")
    assert done == [0, 1], "a field that cannot be seen takes no keyboard"


def test_what_matters_for_a_token_is_shown_in_browse(bench: Bench) -> None:
    bench.panels.predictions.matter_requested.emit(19)
    bench.window.mock.show_panel.assert_called_once_with("browse")
    bench.panels.browse.show_what_matters.assert_called_once_with(19)
    assert bench.heard == ["interest"]


# To the strips


def test_an_activation_is_clamped_and_a_head_muted_from_where_they_are_shown(bench: Bench) -> None:
    bench.panels.activations.clamp_requested.emit(NEURON, "mean")
    bench.panels.activations.mute_requested.emit(Strip(0, 1), True)
    bench.panels.activations.mute_requested.emit(Strip(0, 1), False)
    assert bench.session.commands == [
        SetClamp(NEURON, "mean"),
        SetStrip(Strip(0, 1), StripSetting(muted=True)),
        SetStrip(Strip(0, 1), StripSetting()),
    ]


# What menus offer


def state_of(bench: Bench, target: ParameterSlice) -> SliceState:
    """What the menu of a panel is told of a slice."""
    describe = bench.panels.weights.set_slice_states.call_args.args[0]
    for other in (bench.panels.predictions, bench.panels.activations):
        assert other.set_slice_states.call_args.args[0](target) == describe(target)
    state = describe(target)
    assert isinstance(state, SliceState)
    return state


def test_menus_know_what_is_held_and_what_could_be_pasted(bench: Bench) -> None:
    assert state_of(bench, ENTRY) == SliceState("embed [i, 3]", is_single=True, reads=False)
    assert state_of(bench, ATTENTION).reads
    assert (state_of(bench, ROW).held, state_of(bench, ROW).can_paste) == (0.0, False)
    bench.finding.read(Status(Phase.PAUSED, held=(ENTRY, ATTENTION)))
    assert state_of(bench, ENTRY).held == 1.0
    assert state_of(bench, ROW).held == pytest.approx(1 / 16)
    bench.panels.browse.slice_act.emit(ROW, SliceAct.COPY)
    bench.come(np.zeros(16, np.float32))
    assert state_of(bench, ParameterSlice(HEAD, (3,))).can_paste
    assert not state_of(bench, ENTRY).can_paste
    bench.finding.begin(run_info(2))
    assert state_of(bench, ENTRY).held == 0.0


def test_the_activations_know_what_is_muted_and_clamped(bench: Bench) -> None:
    mix = Mix().with_clamp(NEURON, 0.5)
    bench.finding.read(Status(Phase.PAUSED, mix=mix))
    bench.panels.activations.show_mix.assert_called_with(mix)


def test_before_a_run_no_menu_can_be_opened() -> None:
    bench = DeskBench()
    acts = SliceActs(bench.session, bench.hand, bench.parent)
    strips = StripDesk(bench.panels.strips, bench.hand, acts, bench.parent)
    Finding(FakeWindow(), bench.panels, bench.desk, strips, acts)
    for panel in (bench.panels.weights, bench.panels.predictions, bench.panels.activations):
        panel.set_slice_states.assert_not_called()


def test_a_new_run_is_there_to_be_browsed(bench: Bench) -> None:
    for panel in bench.panels:
        panel.reset_mock()
    info = run_info(2)
    bench.finding.begin(info)
    browse = bench.panels.browse
    browse.clear.assert_called_once_with()
    browse.set_layout.assert_called_once_with(info.layout, info.vocabulary)
    browse.set_enabled_engine.assert_called_once_with(True)
    bench.panels.predictions.set_layout.assert_called_once_with(info.layout)
