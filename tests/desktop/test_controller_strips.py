"""Strips and clamps: what the hand does becomes commands, and it sees at once what it did."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests.desktop.desk_bench import HandBench
from tests.desktop.fakes import fake_panels, run_info, small_spec
from weightdeck.run.commands import Command, HoldSlices, ResetStrips, SetClamp, SetMuteTo, SetScope, SetStrip
from weightdeck.run.frame import Phase, Status, StripLevels
from weightdeck.run.layout import layout
from weightdeck.run.slices import ParameterSlice
from weightdeck.run.strips import Mix, Neuron, Strip, StripSetting
from weightdeck_desktop.controller.slice_acts import SliceActs
from weightdeck_desktop.controller.strips import StripDesk

HEAD_0, HEAD_1, MLP = Strip(0, 0), Strip(0, 1), Strip(0)
NEURON = Neuron("blocks.0.mlp.post", 17)
ATTENTION_OUT = "transformer.h.0.attn.c_proj.weight"
LEVELS = StripLevels(np.ones((1, 3), np.float32), np.ones((1, 3), np.float32), np.ones(2, np.float32))


class Bench(HandBench):
    """A strip desk in a hand, its run begun."""

    def __init__(self) -> None:
        super().__init__()
        self.panel: Any = fake_panels().strips
        self.acts = SliceActs(self.session, self.hand, self.parent)
        self.knobs: list[object] = []
        self.acts.knob_wanted.connect(lambda target, _along: self.knobs.append(target))
        self.desk = StripDesk(self.panel, self.hand, self.acts, self.parent)
        self.desk.begin(run_info())

    def read(self, mix: Mix, last_command: int | None = None, held: tuple[ParameterSlice, ...] = ()) -> None:
        """What the session says of the strips, with everything that was submitted unless an older command is named."""
        number = self.session.newest_number if last_command is None else last_command
        self.desk.read(Status(Phase.PAUSED, mix=mix, held=held), number)

    @property
    def shown(self) -> Mix:
        """The mix that was shown last."""
        (mix,) = self.panel.show_mix.call_args.args
        assert isinstance(mix, Mix)
        return mix


@pytest.fixture
def bench() -> Bench:
    return Bench()


# What the hand does


def test_a_fader_is_one_gesture_under_which_training_waits(bench: Bench) -> None:
    bench.panel.fader_grabbed.emit(HEAD_0)
    for gain in (0.8, 0.5, 0.2):
        bench.panel.fader_turned.emit(HEAD_0, gain)
    bench.panel.fader_released.emit(HEAD_0)
    gesture = bench.session.commands[0].gesture
    assert gesture is not None
    assert bench.session.commands == [
        SetStrip(HEAD_0, StripSetting(gain), gesture) for gain in (0.8, 0.5, 0.2)
    ]
    assert bench.session.calls == [("hold", True), ("hold", False)]
    bench.panel.fader_grabbed.emit(HEAD_0)
    bench.panel.fader_turned.emit(HEAD_0, 1.5)
    assert bench.session.commands[-1].gesture not in (None, gesture)


@pytest.mark.parametrize(
    ("signal", "arguments", "command", "mix"),
    [
        (
            "gain_typed",
            (MLP, 1.5),
            SetStrip(MLP, StripSetting(1.5)),
            Mix().with_strip(MLP, StripSetting(1.5)),
        ),
        (
            "mute_toggled",
            (HEAD_1, True),
            SetStrip(HEAD_1, StripSetting(muted=True)),
            Mix().with_strip(HEAD_1, StripSetting(muted=True)),
        ),
        (
            "solo_toggled",
            (HEAD_1, True),
            SetStrip(HEAD_1, StripSetting(solo=True)),
            Mix().with_strip(HEAD_1, StripSetting(solo=True)),
        ),
        ("scope_chosen", ("prediction",), SetScope("prediction"), Mix(scope="prediction")),
        ("mute_to_chosen", ("mean",), SetMuteTo("mean"), Mix(mute_to="mean")),
        ("clamp_requested", (NEURON, 0.5), SetClamp(NEURON, 0.5), Mix().with_clamp(NEURON, 0.5)),
        ("clamp_requested", (NEURON, "mean"), SetClamp(NEURON, "mean"), Mix().with_clamp(NEURON, "mean")),
    ],
)
def test_an_act_is_a_command_and_shows_at_once(
    bench: Bench, signal: str, arguments: tuple[object, ...], command: Command, mix: Mix
) -> None:
    getattr(bench.panel, signal).emit(*arguments)
    assert bench.session.commands == [command]
    assert bench.shown == mix
    assert bench.session.calls == [], "training waits for a fader only"


def test_the_controls_of_a_strip_leave_each_other_alone(bench: Bench) -> None:
    panel = bench.panel
    panel.gain_typed.emit(HEAD_0, 0.5)
    panel.mute_toggled.emit(HEAD_0, True)
    panel.solo_toggled.emit(HEAD_0, True)
    panel.mute_toggled.emit(HEAD_0, False)
    panel.solo_toggled.emit(HEAD_1, True)
    assert [command.setting for command in bench.session.commands] == [
        StripSetting(0.5),
        StripSetting(0.5, muted=True),
        StripSetting(0.5, muted=True, solo=True),
        StripSetting(0.5, solo=True),
        StripSetting(solo=True),
    ]
    assert bench.shown.of(HEAD_0) == StripSetting(0.5, solo=True)
    panel.solo_toggled.emit(HEAD_0, False)
    panel.gain_typed.emit(HEAD_0, 1.0)
    assert dict(bench.shown.strips) == {HEAD_1: StripSetting(solo=True)}


def test_a_clamp_is_let_go(bench: Bench) -> None:
    other = Neuron("blocks.0.mlp.post", 18)
    bench.desk.clamp(NEURON, 0.5)
    bench.desk.clamp(other, 1.0)
    bench.panel.clamp_requested.emit(NEURON, None)
    assert bench.session.commands[-1] == SetClamp(NEURON, None)
    assert bench.shown.clamps == ((other, 1.0),)


def test_to_open_all_leaves_where_strips_act_and_what_mutes_mean(bench: Bench) -> None:
    bench.panel.mute_toggled.emit(HEAD_0, True)
    bench.panel.clamp_requested.emit(NEURON, 0.5)
    bench.panel.scope_chosen.emit("prediction")
    bench.panel.mute_to_chosen.emit("mean")
    bench.panel.reset_requested.emit()
    assert bench.session.commands[-1] == ResetStrips()
    assert bench.shown == Mix(mute_to="mean", scope="prediction")


def test_another_panel_can_mute_a_part(bench: Bench) -> None:
    bench.panel.gain_typed.emit(HEAD_0, 0.5)
    bench.desk.mute(HEAD_0, muted=True)
    assert bench.session.commands[-1] == SetStrip(HEAD_0, StripSetting(0.5, muted=True))
    bench.desk.mute(HEAD_0, muted=False)
    assert bench.shown == Mix().with_strip(HEAD_0, StripSetting(0.5))


def test_what_is_refused_is_said_and_does_not_show(bench: Bench) -> None:
    bench.session.refusal = "A fader goes from 0 to 2."
    bench.panel.show_mix.reset_mock()
    bench.panel.gain_typed.emit(HEAD_0, 7.0)
    bench.panel.mute_toggled.emit(HEAD_0, True)
    bench.panel.scope_chosen.emit("prediction")
    bench.panel.mute_to_chosen.emit("mean")
    bench.panel.clamp_requested.emit(NEURON, 1e9)
    bench.panel.reset_requested.emit()
    assert bench.problems == ["A fader goes from 0 to 2."] * 6
    bench.panel.show_mix.assert_not_called()
    bench.desk.show(None, 0)
    assert bench.shown == Mix()


# The menu of a strip


@pytest.mark.parametrize(
    ("strip", "target"),
    [
        (HEAD_1, ParameterSlice(ATTENTION_OUT, ((0, 16), (8, 16)))),
        (MLP, ParameterSlice("transformer.h.0.mlp.c_proj.weight")),
    ],
)
def test_what_a_part_writes_can_be_a_knob(bench: Bench, strip: Strip, target: ParameterSlice) -> None:
    bench.panel.strip_menu_act.emit(strip, "knob")
    assert bench.knobs == [target]
    assert bench.session.commands == []


@pytest.mark.parametrize(("act", "held"), [("hold", True), ("let_go", False)])
def test_every_weight_of_a_part_can_be_held(bench: Bench, act: str, held: bool) -> None:
    bench.panel.strip_menu_act.emit(HEAD_1, act)
    (command,) = bench.session.commands
    assert isinstance(command, HoldSlices)
    assert command.held is held
    model_layout = layout(small_spec().model)
    sizes = {str(target): target.size(model_layout) for target in command.targets}
    assert len(sizes) == 7, "weights and biases of queries, keys and values, and the output"
    assert sum(sizes.values()) == 3 * (8 * 16 + 8) + 16 * 8


# What comes back


def test_the_hand_knows_better_until_the_session_has_caught_up(bench: Bench) -> None:
    old = Mix().with_strip(MLP, StripSetting(1.5))
    bench.read(old)
    bench.panel.mute_toggled.emit(HEAD_0, True)
    first = bench.session.newest_number
    bench.panel.gain_typed.emit(HEAD_1, 0.25)
    wanted = old.with_strip(HEAD_0, StripSetting(muted=True)).with_strip(HEAD_1, StripSetting(0.25))
    for stale in (old, old.with_strip(HEAD_0, StripSetting(muted=True))):
        bench.read(stale, last_command=first)
        bench.desk.show(None, 7)
        assert bench.shown == wanted
    bench.read(Mix())  # all of it was undone meanwhile
    bench.desk.show(None, 7)
    assert bench.shown == Mix()


def test_the_next_act_counts_from_what_the_session_says(bench: Bench) -> None:
    bench.read(Mix().with_strip(HEAD_0, StripSetting(0.5)))
    bench.panel.mute_toggled.emit(HEAD_0, True)
    assert bench.session.commands == [SetStrip(HEAD_0, StripSetting(0.5, muted=True))]


def test_levels_are_shown_after_the_mix_and_only_when_they_are_new(bench: Bench) -> None:
    bench.panel.reset_mock()
    bench.desk.show(LEVELS, 7)
    assert [call[0] for call in bench.panel.method_calls if call[0] in ("show_mix", "show_levels")] == [
        "show_mix",
        "show_levels",
    ]
    bench.panel.show_levels.assert_called_once_with(LEVELS, 7)
    bench.desk.show(None, 8)
    bench.panel.show_levels.assert_called_once()


def test_a_part_is_shown_as_held_when_all_of_it_is(bench: Bench) -> None:
    bench.panel.strip_menu_act.emit(HEAD_1, "hold")
    (command,) = bench.session.commands
    for held, parts in (
        (command.targets, {HEAD_1}),
        (command.targets[1:], set()),
        ((ParameterSlice("transformer.h.0.attn.c_attn.weight"),), set()),
    ):
        bench.read(Mix(), held=held)
        bench.desk.show(None, 7)
        bench.panel.show_held.assert_called_with(parts)
    everything = tuple(ParameterSlice(info.name) for info in layout(small_spec().model).tensors)
    bench.read(Mix(), held=everything)
    bench.desk.show(None, 7)
    bench.panel.show_held.assert_called_with({HEAD_0, HEAD_1, MLP})


def test_only_the_strip_that_is_on_its_way_is_pending(bench: Bench) -> None:
    bench.desk.show_pending(True)
    bench.panel.show_pending.assert_called_with(None)
    bench.panel.mute_toggled.emit(HEAD_1, True)
    number = bench.session.newest_number
    for pending, strip in ((False, None), (True, HEAD_1)):
        bench.desk.show_pending(pending)
        bench.panel.show_pending.assert_called_with(strip)
    bench.read(Mix(), last_command=number)
    bench.desk.show_pending(True)  # something else is
    bench.panel.show_pending.assert_called_with(None)


# Runs


def test_a_new_run_begins_with_every_strip_open(bench: Bench) -> None:
    bench.panel.mute_toggled.emit(HEAD_1, True)
    bench.read(
        Mix().with_strip(HEAD_1, StripSetting(muted=True)),
        last_command=0,
        held=(ParameterSlice("transformer.h.0.mlp.c_fc.weight"),),
    )
    bench.panel.reset_mock()
    bench.hand.begin()
    bench.desk.begin(run_info(2, small_spec("sort")))
    bench.panel.clear.assert_called_once_with()
    bench.panel.set_model.assert_called_once_with(small_spec("sort").model)
    bench.panel.set_enabled_engine.assert_called_once_with(True)
    bench.desk.show(None, 0)
    bench.desk.show_pending(True)
    assert bench.shown == Mix()
    bench.panel.show_held.assert_called_with(frozenset())
    bench.panel.show_pending.assert_called_with(None)


def test_what_was_held_in_the_last_run_is_not_held_in_the_next(bench: Bench) -> None:
    everything = tuple(ParameterSlice(info.name) for info in layout(small_spec().model).tensors)
    bench.read(Mix(), held=everything)
    bench.desk.begin(run_info(2))
    bench.desk.show(None, 0)
    bench.panel.show_held.assert_called_with(frozenset())


def test_before_a_run_a_menu_does_nothing() -> None:
    bench = HandBench()
    panel: Any = fake_panels().strips
    StripDesk(panel, bench.hand, SliceActs(bench.session, bench.hand, bench.parent), bench.parent)
    for act in ("hold", "knob"):
        panel.strip_menu_act.emit(HEAD_1, act)
    assert bench.session.commands == []
