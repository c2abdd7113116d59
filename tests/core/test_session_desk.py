"""What the desk needs of the trainer thread: baselines, strips, sensitivity, holds, and undo by the handful."""

from __future__ import annotations

import numpy as np
import pytest

from tests.core.watcher import ONE, ROW, Watcher
from weightdeck.probes.predictions import next_token_probs
from weightdeck.run.commands import (
    Command,
    EditSlice,
    HoldSlices,
    Redo,
    Reinitialise,
    SetClamp,
    SetHyperparameter,
    SetScope,
    SetStrip,
    Undo,
)
from weightdeck.run.frame import Baseline, Frame, Interest, Part, Phase
from weightdeck.run.layout import EMBEDDING
from weightdeck.run.queries import FindDirection
from weightdeck.run.scales import PinnedKnob
from weightdeck.run.slices import Direction, ParameterSlice
from weightdeck.run.spec import RunSpec
from weightdeck.run.strips import Neuron, Strip, StripSetting
from weightdeck.training.trainer import Trainer

MUTED = StripSetting(muted=True)
HEAD = Strip(0, 1)


def frame_with(watcher: Watcher, part: Part, command: int = 0) -> Frame:
    """The next frame that holds a part and includes a command."""
    watcher.frames.clear()
    watcher.until(
        lambda: any(
            frame.last_command >= command and getattr(frame, part.value) is not None
            for frame in watcher.frames
        )
    )
    return watcher.newest(part)


def see(watcher: Watcher, *parts: Part, baseline: Baseline = Baseline.LAST, tensor: str = "") -> None:
    watcher.session.watch(Interest(frozenset(parts), prompts=("chri",), baseline=baseline, tensor=tensor))


def test_the_last_change_of_predictions_is_the_baseline_whatever_else_was_done(ready: Watcher) -> None:
    see(ready, Part.PREDICTIONS)
    number = ready.session.submit(EditSlice(ROW, "scale", 5.0))
    frame = frame_with(ready, Part.PREDICTIONS, number)
    assert frame.predictions is not None
    assert frame.predictions[0].before is not None
    assert frame.baseline_step == 0
    ghost = frame.predictions[0].before
    for command in (HoldSlices((ROW,)), SetHyperparameter("dropout", 0.1), SetScope("prediction")):
        number = ready.session.submit(command)
        frame = frame_with(ready, Part.PREDICTIONS, number)
        assert frame.predictions is not None
        np.testing.assert_array_equal(frame.predictions[0].before, ghost)
    number = ready.session.submit(Undo(4))
    frame = frame_with(ready, Part.PREDICTIONS, number)
    assert frame.predictions is not None
    assert (frame.predictions[0].before, frame.baseline_step) == (None, None)


def test_a_marked_moment_and_the_last_play_are_baselines(ready: Watcher, names_spec: RunSpec) -> None:
    see(ready, Part.PREDICTIONS, baseline=Baseline.MARK)
    frame = frame_with(ready, Part.PREDICTIONS)
    assert frame.baseline_step is None, "nothing is marked yet"
    ready.session.play(until_step=5)
    ready.until_step(5)
    ready.until_phase(Phase.PAUSED)
    ready.session.mark()
    ready.session.play(until_step=9)
    ready.until_step(9)
    ready.until_phase(Phase.PAUSED)
    ready.session.step_once()
    ready.until_step(10)
    steps = {}
    for baseline in (Baseline.MARK, Baseline.PLAY):
        see(ready, Part.PREDICTIONS, baseline=baseline)
        ready.ask(ONE)  # the interest is known by now
        ready.frames.clear()
        ready.session.submit(SetScope("everything"))  # a change, so that a frame comes
        frame = frame_with(ready, Part.PREDICTIONS)
        steps[baseline] = frame.baseline_step
    assert steps == {Baseline.MARK: 5, Baseline.PLAY: 5}, "play was pressed at step 5"

    at_five = Trainer(names_spec)
    for _ in range(5):
        at_five.train_step()
    prompt = at_five.corpus.prompt("chri")
    assert frame.predictions is not None
    np.testing.assert_array_equal(frame.predictions[0].before, next_token_probs(at_five.now, prompt.ids))


def test_the_cost_on_the_data_follows_the_baseline(ready: Watcher) -> None:
    see(ready, Part.COST, Part.PREDICTIONS)
    number = ready.session.submit(EditSlice(ParameterSlice(EMBEDDING), "scale", 30.0))
    cost = frame_with(ready, Part.COST, number).cost
    assert cost is not None
    assert cost.nats != 0.0
    assert cost.error > 0.0


def test_strips_and_clamps_show_in_the_frame_and_the_status(ready: Watcher) -> None:
    see(ready, Part.STRIPS, Part.PREDICTIONS)
    number = ready.session.submit(SetStrip(HEAD, MUTED))
    levels = frame_with(ready, Part.STRIPS, number).strips
    assert levels is not None
    assert levels.written[0, 1] == 0.0
    assert levels.open[0, 1] > 0.0
    assert (levels.written[0, [0, 2]] > 0.0).all()
    ready.session.submit(SetClamp(Neuron("blocks.0.mlp.post", 3), 0.5))
    ready.session.submit(SetScope("prediction"))
    ready.ask(ONE)
    mix = ready.status.mix
    assert (mix.of(HEAD), mix.clamps, mix.scope) == (
        MUTED,
        ((Neuron("blocks.0.mlp.post", 3), 0.5),),
        "prediction",
    )
    assert ready.status.undo_title


def test_the_tensor_that_is_browsed_shows_what_is_held(ready: Watcher) -> None:
    see(ready, Part.TENSOR, tensor=EMBEDDING)
    found = frame_with(ready, Part.TENSOR).tensor
    assert found is not None
    assert (found.name, found.values.shape, found.held) == (EMBEDDING, (27, 16), None)
    number = ready.session.submit(HoldSlices((ROW,)))
    found = frame_with(ready, Part.TENSOR, number).tensor
    assert found is not None
    assert found.held is not None
    assert found.held[3].all()
    assert found.held.sum() == 16
    assert ready.status.held == (ROW,)


def test_sensitivity_is_of_the_token_that_was_asked_for(ready: Watcher) -> None:
    ready.session.watch(Interest(frozenset({Part.SENSITIVITY}), prompts=("chri",), sensitive_token=19))
    found = frame_with(ready, Part.SENSITIVITY).sensitivity
    assert found is not None
    assert found.token == 19
    assert len(found.nats) == len(ready.runs[0].layout.tensors)
    ready.session.watch(Interest(frozenset({Part.SENSITIVITY}), prompts=("chri",)))
    found = frame_with(ready, Part.SENSITIVITY).sensitivity
    assert found is not None
    assert found.log_prob == pytest.approx(np.log(1 / 27), abs=0.5), "the likeliest of a fresh model"


def test_a_direction_is_found_and_a_knob_follows_it(ready: Watcher) -> None:
    number = ready.session.ask(FindDirection(ROW, "own"))
    ready.until(lambda: number in ready.answers)
    along = ready.answers[number].value
    assert isinstance(along, Direction)
    knob = PinnedKnob(ROW, along=along)
    ready.session.watch(
        Interest(frozenset({Part.KNOBS, Part.RESPONSE}), ("chri",), knobs=(knob,), in_hand=knob)
    )
    command = ready.session.submit(EditSlice(ROW, "set", 0.5, along=along))
    frame = frame_with(ready, Part.KNOBS, command)
    assert frame.knobs is not None
    assert frame.knobs[0].value == pytest.approx(0.5, abs=1e-6)
    assert frame.knobs[0].along == along
    nothing = ready.session.ask(FindDirection(ParameterSlice("transformer.h.0.mlp.c_fc.bias"), "own"))
    ready.until(lambda: nothing in ready.answers)
    assert ready.answers[nothing].value is None
    assert ready.answers[nothing].problem.endswith(".")


def test_several_changes_are_taken_back_at_once_and_done_again(ready: Watcher) -> None:
    before = ready.weights_sha256()
    commands: list[Command] = [
        EditSlice(ONE, "set", 1.0),
        Reinitialise(ROW, 4),
        SetStrip(HEAD, MUTED),
        EditSlice(ROW, "scale", 2.0),
    ]
    for command in commands:
        ready.session.submit(command)
    after = ready.weights_sha256()
    ready.session.submit(Undo(4))
    assert ready.weights_sha256() == before
    assert (ready.status.undo_title, ready.status.mix.strips) == ("", ())
    ready.session.submit(Redo(9))
    assert ready.weights_sha256() == after
    assert ready.status.mix.of(HEAD) == MUTED


def test_what_is_watched_changes_nothing(ready: Watcher, names_spec: RunSpec) -> None:
    """All parts, a baseline of each kind and a muted strip for prompts only: the weights of a plain run."""
    knob = PinnedKnob(ROW, 0.02)
    ready.session.submit(SetScope("prediction"))
    ready.session.submit(SetStrip(HEAD, MUTED))
    ready.session.watch(
        Interest(frozenset(Part), ("chri", "a"), knobs=(knob,), in_hand=knob, tensor=EMBEDDING)
    )
    ready.session.mark()
    ready.session.play(until_step=30)
    ready.until_step(30)
    plain = Trainer(names_spec)
    for _ in range(30):
        plain.train_step()
    assert ready.weights_sha256() == plain.weights_sha256()
