"""The trainer thread obeys, and what it computes never depends on who watches or when."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tests.core.watcher import ALL_PARTS, DEADLINE_S, ONE, ROW, Watcher, headless
from weightdeck.run.commands import EditSlice, SetHyperparameter, Undo
from weightdeck.run.document import NewRun
from weightdeck.run.frame import Baseline, Interest, Pace, Part, Phase, Sampling
from weightdeck.run.layout import EMBEDDING, FINAL_NORM, layout
from weightdeck.run.queries import ReadSlice, SuggestKnobs
from weightdeck.run.scales import PinnedKnob
from weightdeck.run.slices import ParameterSlice
from weightdeck.run.spec import RunSpec
from weightdeck.session import TrainerSession


def test_a_run_begins_paused_at_step_0(ready: Watcher, names_spec: RunSpec) -> None:
    info = ready.runs[0]
    assert (info.number, info.spec, info.layout) == (1, names_spec, layout(names_spec.model))
    assert len(info.suggested_knobs) == 6
    ready.ask(ONE)
    assert (ready.status.phase, ready.status.step, ready.status.run) == (Phase.PAUSED, 0, 1)
    assert ready.phases in ([Phase.LOADING, Phase.PAUSED], [Phase.PAUSED])
    assert [record.step for record in ready.records] == [0]
    assert len(ready.rows) == 0
    assert ready.status.hyperparameters == names_spec.hyperparameters


def test_it_plays_to_max_iters_and_goes_on_when_asked(ready: Watcher, names_spec: RunSpec) -> None:
    ready.session.play()
    ready.until_phase(Phase.FINISHED)
    assert ready.status.step == names_spec.hyperparameters.max_iters == 40
    np.testing.assert_array_equal(ready.rows[:, 0], np.arange(40))
    assert [record.step for record in ready.records] == [0, 1, 2, 4, 8, 10, 20, 30, 40]
    assert ready.weights_sha256() == headless(names_spec, 40)
    ready.session.play()
    ready.until_step(45)
    ready.session.pause()
    ready.until_phase(Phase.PAUSED)
    assert ready.weights_sha256() == headless(names_spec, ready.status.step)


def test_it_plays_until_a_step(ready: Watcher) -> None:
    for step in (7, 50):
        ready.session.play(until_step=step)
        ready.until(lambda step=step: ready.status.phase is Phase.PAUSED and ready.status.step == step)
        assert len(ready.rows) == step


def test_one_step_at_a_time(ready: Watcher, names_spec: RunSpec) -> None:
    for step in (1, 2, 3):
        ready.session.step_once()
        ready.until_step(step)
        ready.ask(ONE)
        assert (ready.status.phase, ready.status.step) == (Phase.PAUSED, step)
    assert ready.weights_sha256() == headless(names_spec, 3)


def test_watching_never_changes_training(ready: Watcher, names_spec: RunSpec) -> None:
    """Somebody types, opens panels, turns knobs in view, asks, pauses and changes the pace: the same bits."""
    knobs = tuple(PinnedKnob(target, 0.2) for target in ready.runs[0].suggested_knobs)
    moods = [
        Interest(
            *(ALL_PARTS, ("chri", "ma"), "mlp.post", knobs, knobs[0], Sampling(count=3)),
            baseline=Baseline.PLAY,
            tensor=EMBEDDING,
        ),
        Interest(ALL_PARTS, ("",), "pattern", knobs[:2], knobs[5], Sampling(temperature=0.0)),
        Interest(frozenset({Part.SAMPLES}), ("x!y",), sampling=Sampling(top_k=3, from_prompt=True)),
        Interest(ALL_PARTS, ("a" * 40, "b"), "attn_out", knobs, None),
        Interest(),
    ]
    ready.session.play(until_step=60)
    turn = 0
    while ready.status.step < 60:
        ready.take()
        ready.session.watch(moods[turn % len(moods)])
        ready.session.ask(SuggestKnobs("ann"))
        ready.session.cancel(ready.session.ask(ReadSlice(ROW)))
        ready.session.set_pace(Pace(steps_per_s=1e4) if turn % 2 else Pace())
        if turn % 3 == 0:
            ready.session.pause()
            ready.session.step_once()
            ready.session.hold(True)
            ready.session.play(until_step=60)
            ready.session.hold(False)
        turn += 1
        ready.ask(ONE)
    steps = ready.status.step
    assert {
        part for frame in ready.frames for part in Part if getattr(frame, part.value) is not None
    } == ALL_PARTS
    assert ready.weights_sha256() == headless(names_spec, steps)
    np.testing.assert_array_equal(ready.rows[:, 0], np.arange(steps))


def test_training_waits_while_a_knob_is_held_and_commands_still_apply(ready: Watcher) -> None:
    ready.session.play(until_step=10**6)
    ready.until_step(5)
    ready.session.hold(True)
    ready.ask(ONE)
    assert ready.status.phase is Phase.HELD
    step = ready.status.step
    for value in (0.5, 0.6):
        ready.session.submit(EditSlice(ONE, "set", value, gesture=1))
        assert ready.ask(ONE).value == np.float32(value)
    assert (ready.status.phase, ready.status.step) == (Phase.HELD, step)
    assert {entry.step for entry in ready.journal} == {step}
    ready.session.hold(False)
    ready.until_step(step + 5)
    assert ready.status.phase is Phase.TRAINING


def test_play_while_held_waits_for_the_release(ready: Watcher) -> None:
    ready.session.hold(True)
    ready.session.play()
    ready.ask(ONE)
    assert (ready.status.phase, ready.status.step) == (Phase.HELD, 0)
    ready.session.pause()
    ready.session.hold(False)
    ready.ask(ONE)
    assert (ready.status.phase, ready.status.step) == (Phase.PAUSED, 0)


def test_slow_motion_answers_and_obeys_between_its_steps(ready: Watcher) -> None:
    ready.session.set_pace(Pace(steps_per_s=1e-3))
    ready.session.play()
    ready.until_step(1)
    ready.session.submit(EditSlice(ONE, "set", 0.25))
    assert ready.ask(ONE).value == np.float32(0.25)
    assert ready.status.step == 1
    assert ready.status.pace == Pace(steps_per_s=1e-3)
    ready.session.set_pace(Pace())
    ready.until_phase(Phase.FINISHED)


def test_reset_and_new_seed_begin_new_runs(ready: Watcher, names_spec: RunSpec) -> None:
    at_start = ready.weights_sha256()
    ready.session.play()
    ready.session.submit(SetHyperparameter("learning_rate", 0.01))
    ready.until_step(3)
    for number, seed in ((2, None), (3, 77), (4, None)):
        ready.session.reset(seed)
        ready.until(lambda number=number: len(ready.runs) == number)
        assert ready.runs[-1].number == number
        ready.until_phase(Phase.PAUSED)
        expected = names_spec if number == 2 else names_spec.with_seed(77)
        assert ready.runs[-1].spec == expected
        assert (ready.status.step, len(ready.rows), ready.journal) == (0, 0, [])
        assert ready.status.hyperparameters == names_spec.hyperparameters
        assert (ready.status.undo_title, ready.status.redo_title) == ("", "")
        assert (ready.weights_sha256() == at_start) is (number == 2)
    ready.session.step_once()
    ready.until_step(1)
    assert ready.weights_sha256() == headless(names_spec.with_seed(77), 1)


def test_another_run_can_be_opened(ready: Watcher, sort_spec: RunSpec) -> None:
    ready.session.open_run(NewRun(sort_spec))
    ready.session.play(until_step=3)
    ready.until(lambda: len(ready.runs) == 2 and ready.status.step == 3)
    assert ready.runs[1].vocabulary == ("A", "B", "C")
    assert ready.weights_sha256() == headless(sort_spec, 3)


def test_a_step_that_is_not_finite_stops_and_the_way_out_works(ready: Watcher, names_spec: RunSpec) -> None:
    ready.session.watch(Interest(ALL_PARTS, ("chri",), knobs=(PinnedKnob(ONE),), in_hand=PinnedKnob(ONE)))
    ready.session.play(until_step=3)
    ready.until(lambda: ready.status.step == 3 and ready.status.phase is Phase.PAUSED)
    before = ready.weights_sha256()
    blow_up = [
        EditSlice(ParameterSlice("transformer.h.1.ln_2.weight"), "set", 1e6),
        EditSlice(ParameterSlice("transformer.h.1.mlp.c_fc.weight"), "scale", 1e6),
        EditSlice(ParameterSlice("transformer.h.1.mlp.c_proj.weight"), "scale", 0.0),
        EditSlice(ParameterSlice(FINAL_NORM), "set", 1e6),
        EditSlice(ParameterSlice("lm_head.weight"), "scale", 1e6),
    ]
    for command in blow_up:
        ready.session.submit(command)
    broken = ready.weights_sha256()
    for _ in range(2):
        ready.session.play()
        ready.until_phase(Phase.STOPPED)
        assert "not kept" in ready.status.notice
        assert (ready.status.step, len(ready.rows)) == (3, 3)
        assert ready.weights_sha256() == broken
    for _ in blow_up:
        last = ready.session.submit(Undo())
    ready.until(lambda: ready.newest(Part.HISTOGRAMS).last_command == last)
    assert ready.weights_sha256() == before
    ready.session.play(until_step=8)
    ready.until_step(8)
    assert ready.status.notice == ""
    assert ready.weights_sha256() == headless(names_spec, 8)


@pytest.mark.parametrize(
    "when", ["at once", "paused", "training", "waiting for its pace", "asked a lot", "held"]
)
def test_it_closes_at_any_moment(names_spec: RunSpec, when: str) -> None:
    watcher = Watcher()
    session = watcher.session
    session.start(NewRun(names_spec))
    if when != "at once":
        watcher.until(lambda: bool(watcher.runs))
    if when == "waiting for its pace":
        session.set_pace(Pace(steps_per_s=1e-3))
    if when in ("training", "waiting for its pace", "held"):
        session.play(until_step=10**6)
        watcher.until_step(1)
    if when == "held":
        session.hold(True)
    if when == "asked a lot":
        for _ in range(500):
            session.ask(SuggestKnobs("chri"))
    session.close()
    assert session.join(DEADLINE_S)
    assert session.take().status.phase is Phase.CLOSED


def test_closing_before_the_start_and_twice_is_fine() -> None:
    session = TrainerSession()
    session.close()
    session.close()
    assert session.join(0.0)


def test_an_engine_that_cannot_start_says_so(names_spec: RunSpec, caplog: pytest.LogCaptureFixture) -> None:
    session = TrainerSession()
    session.start(NewRun(replace(names_spec, dataset="nonsense")))
    assert session.join(DEADLINE_S)
    status = session.take().status
    assert status.phase is Phase.FAILED
    assert "There is no data set called 'nonsense'" in status.notice
    assert "the trainer thread failed" in caplog.text
