"""The trainer thread, used as the window uses it: commands in, deliveries out, and results that never depend on it."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterator
from dataclasses import fields, is_dataclass, replace

import numpy as np
import pytest

from weightdeck.run.commands import EditSlice, Redo, SetHyperparameter, Undo
from weightdeck.run.frame import Delivery, Frame, Interest, Pace, Part, Phase, Record, RunInfo, Sampling
from weightdeck.run.journal import JournalEntry
from weightdeck.run.layout import EMBEDDING, FINAL_NORM, layout
from weightdeck.run.queries import Answer, ReadSlice, SuggestKnobs
from weightdeck.run.scales import PinnedKnob
from weightdeck.run.slices import ParameterSlice
from weightdeck.run.spec import RunSpec
from weightdeck.session import TrainerSession
from weightdeck.session.messages import Pause, Submit, coalesced
from weightdeck.training.trainer import Trainer, replay

DEADLINE_S = 60.0
ONE = ParameterSlice(EMBEDDING, (3, 2))
ROW = ParameterSlice(EMBEDDING, (3,))
ALL_PARTS = frozenset(Part)


class Watcher:
    """The window's part: takes deliveries and keeps what came of the present run."""

    def __init__(self) -> None:
        self.session = TrainerSession()
        self.runs: list[RunInfo] = []
        self.phases: list[Phase] = []
        self.frames: list[Frame] = []
        self.answers: dict[int, Answer] = {}
        self._begin()

    def _begin(self) -> None:
        self.rows = np.empty((0, 5))
        self.records: list[Record] = []
        self.journal: list[JournalEntry] = []
        self.frames.clear()

    def take(self) -> Delivery:
        delivery = self.session.take()
        self.status = delivery.status
        if not self.phases or self.phases[-1] is not delivery.status.phase:
            self.phases.append(delivery.status.phase)
        if delivery.run is not None:
            self._begin()
            self.runs.append(delivery.run)
        if delivery.metrics is not None:
            self.rows = np.concatenate([self.rows, delivery.metrics])
        self.records += delivery.records
        self.journal += [entry for entry, _ in delivery.journal]
        if delivery.frame is not None:
            self.frames.append(delivery.frame)
        for answer in delivery.answers:
            assert answer.number not in self.answers
            self.answers[answer.number] = answer
        return delivery

    def until(self, holds: Callable[[], bool]) -> None:
        end_s = time.monotonic() + DEADLINE_S
        while True:
            self.take()
            if holds():
                return
            assert self.status.phase is not Phase.FAILED, self.status.notice
            assert time.monotonic() < end_s, f"still {self.status}"
            time.sleep(0.001)

    def until_phase(self, phase: Phase) -> None:
        self.until(lambda: self.status.phase is phase)

    def until_step(self, step: int) -> None:
        self.until(lambda: self.status.step >= step and len(self.rows) >= step)

    def ask(self, target: ParameterSlice) -> Answer:
        """Ask and wait: everything that was sent before has been dealt with then."""
        number = self.session.ask(ReadSlice(target))
        self.until(lambda: number in self.answers)
        return self.answers[number]

    def weights_sha256(self) -> str:
        digest = hashlib.sha256()
        for info in self.runs[-1].layout.tensors:
            value = self.ask(ParameterSlice(info.name)).value
            assert isinstance(value, np.ndarray)
            digest.update(value.astype("<f4").tobytes())
        return digest.hexdigest()

    def newest(self, part: Part) -> Frame:
        """The newest frame with this part."""
        return next(frame for frame in reversed(self.frames) if getattr(frame, part.value) is not None)


@pytest.fixture
def watcher() -> Iterator[Watcher]:
    watcher = Watcher()
    yield watcher
    watcher.session.close()
    assert watcher.session.join(DEADLINE_S)


@pytest.fixture
def ready(watcher: Watcher, names_spec: RunSpec) -> Watcher:
    watcher.session.start(names_spec)
    watcher.until(lambda: bool(watcher.runs))
    return watcher


def headless(spec: RunSpec, steps: int) -> str:
    trainer = Trainer(spec)
    for _ in range(steps):
        trainer.train_step()
    return trainer.weights_sha256()


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
        Interest(ALL_PARTS, ("chri", "ma"), "mlp.post", knobs, knobs[0], Sampling(count=3)),
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
    ready.session.open_run(sort_spec)
    ready.session.play(until_step=3)
    ready.until(lambda: len(ready.runs) == 2 and ready.status.step == 3)
    assert ready.runs[1].vocabulary == ("A", "B", "C")
    assert ready.weights_sha256() == headless(sort_spec, 3)


def test_a_frame_shows_every_command_at_once_while_paused(ready: Watcher) -> None:
    ready.session.watch(
        Interest(frozenset({Part.PREDICTIONS, Part.KNOBS}), ("chri",), knobs=(PinnedKnob(ONE),))
    )
    ready.until(lambda: bool(ready.frames))
    assert ready.frames[-1].last_command == 0
    for value in (-1.0, 0.0, 2.5):
        number = ready.session.submit(EditSlice(ONE, "set", value))
        ready.until(lambda number=number: ready.frames[-1].last_command == number)
        assert ready.frames[-1].knobs is not None
        assert ready.frames[-1].knobs[0].value == value
        assert ready.frames[-1].predictions is not None
        assert ready.status.undo_title.startswith("set embed")
    number = ready.session.submit(Undo())
    ready.until(lambda: ready.frames[-1].last_command == number)
    assert ready.frames[-1].knobs[0].value == 0.0
    assert ready.status.redo_title.startswith("set embed")


def test_frames_do_not_pile_up_and_the_newest_wins(ready: Watcher) -> None:
    ready.session.watch(Interest(ALL_PARTS, ("chri",), knobs=(PinnedKnob(ONE),), in_hand=PinnedKnob(ONE)))
    numbers = [ready.session.submit(EditSlice(ONE, "set", value)) for value in (0.1, 0.2, 0.3)]
    ready.session.play(until_step=20)
    while ready.session.status.step < 20:
        time.sleep(0.001)  # nobody takes
    first = ready.session.take()
    assert first.frame is not None
    assert first.frame.last_command == numbers[-1]
    assert first.metrics is not None
    assert len(first.metrics) == 20
    ready.until(lambda: any(frame.step == 20 for frame in ready.frames))
    assert ready.newest(Part.PREDICTIONS).step == 20


def test_what_a_hurried_frame_replaced_comes_again(ready: Watcher) -> None:
    """Commands publish at once; the parts of a frame that nobody had taken yet must not get lost with it."""
    ready.session.watch(Interest(ALL_PARTS, ("chri",), knobs=(PinnedKnob(ONE),), in_hand=PinnedKnob(ONE)))
    ready.session.submit(EditSlice(ONE, "set", 0.1))
    with pytest.raises(ValueError, match="too large"):
        ready.session.submit(EditSlice(ROW, "scale", 1e7))
    ready.session.submit(EditSlice(ONE, "scale", 1e6))
    refused = ready.session.submit(EditSlice(ONE, "scale", 1e6))
    ready.until(lambda: all(any(getattr(f, part.value) is not None for f in ready.frames) for part in Part))
    ready.until(lambda: ready.frames[-1].last_command == refused)
    assert "larger than" in ready.status.notice
    assert len(ready.journal) == 2


def test_a_command_that_does_not_fit_is_refused_at_once(ready: Watcher) -> None:
    for command in (EditSlice(ParameterSlice("lm_head.bias"), "set", 1.0), SetHyperparameter("dropout", 2.0)):
        with pytest.raises(ValueError, match=r"\.$"):
            ready.session.submit(command)
    ready.ask(ONE)
    assert ready.journal == []


def test_the_journal_of_a_session_replays_to_the_same_bits(ready: Watcher, names_spec: RunSpec) -> None:
    ready.session.play(until_step=10**6)
    for number in range(40):
        gesture = number // 5
        ready.session.submit(EditSlice(ROW, "add", 0.01 * number, gesture))
        if number % 7 == 3:
            ready.session.submit(SetHyperparameter("learning_rate", 1e-3 * (1 + number)))
        if number % 9 == 5:
            ready.session.submit(Undo())
        if number % 11 == 7:
            ready.session.submit(Redo())
        ready.take()
    ready.session.pause()
    ready.session.submit(EditSlice(ParameterSlice(FINAL_NORM), "scale", 1.1))
    sha = ready.weights_sha256()
    numbers = [entry.number for entry in ready.journal]
    assert numbers == sorted(numbers)
    assert replay(names_spec, ready.journal, ready.status.step).weights_sha256() == sha


def test_a_drag_faster_than_the_steps_is_thinned_out(watcher: Watcher, names_spec: RunSpec) -> None:
    watcher.session.start(names_spec)
    for value in range(100):  # all of them while the engine loads
        watcher.session.submit(EditSlice(ONE, "set", value / 100.0, gesture=1))
    last = watcher.session.submit(EditSlice(ONE, "set", 1.5, gesture=1))
    watcher.until(lambda: bool(watcher.runs))
    assert watcher.ask(ONE).value == np.float32(1.5)
    assert len(watcher.journal) <= 2
    assert watcher.journal[-1].number == last


def test_only_what_the_same_drag_replaces_is_left_out() -> None:
    def drag(number: int, value: float, gesture: int | None = 1, target: ParameterSlice = ONE) -> Submit:
        return Submit(number, EditSlice(target, "set", value, gesture))

    def numbers(*messages: Submit | Pause) -> list[int]:
        return [message.number if isinstance(message, Submit) else 0 for message in coalesced(list(messages))]

    assert numbers(drag(1, 0.1), drag(2, 0.2), drag(3, 0.2)) == [3]
    assert numbers(drag(1, 0.1), drag(2, 0.2, gesture=2)) == [1, 2]
    assert numbers(drag(1, 0.1, None), drag(2, 0.2, None)) == [1, 2]
    assert numbers(drag(1, 0.1), drag(2, 0.1, target=ROW)) == [1, 2]
    assert numbers(drag(1, 0.1), Pause(), drag(2, 0.2)) == [1, 0, 2]
    assert numbers(
        Submit(1, SetHyperparameter("dropout", 0.1, 1)), Submit(2, SetHyperparameter("dropout", 0.2, 1))
    ) == [2]
    assert numbers(Submit(1, Undo()), Submit(2, Undo())) == [1, 2]


def test_every_question_has_its_answer(ready: Watcher) -> None:
    ready.session.play(until_step=10**6)
    targets = [ONE, ROW, ParameterSlice(FINAL_NORM), ParameterSlice(EMBEDDING, ((0, 4), 1))]
    numbers = {ready.session.ask(ReadSlice(target)): target for target in targets * 5}
    suggestion = ready.session.ask(SuggestKnobs("ma"))
    wrong = ready.session.ask(ReadSlice(ParameterSlice(EMBEDDING, (99,))))
    ready.until(lambda: {*numbers, suggestion, wrong} <= set(ready.answers))
    for number, target in numbers.items():
        answer = ready.answers[number]
        assert answer.query == ReadSlice(target)
        assert np.shape(answer.value) == target.shape(ready.runs[0].layout)
    assert len(ready.answers[suggestion].value) == 6
    assert ready.answers[wrong].value is None
    assert ready.answers[wrong].problem.endswith(".")


def test_a_cancelled_question_has_none(watcher: Watcher, names_spec: RunSpec) -> None:
    watcher.session.start(names_spec)
    first, second, third = (watcher.session.ask(ReadSlice(target)) for target in (ONE, ROW, ONE))
    watcher.session.cancel(second)
    watcher.until(lambda: third in watcher.answers)
    watcher.ask(ONE)
    assert first in watcher.answers
    assert second not in watcher.answers


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


def arrays_of(value: object) -> Iterator[np.ndarray]:
    if isinstance(value, np.ndarray):
        yield value
    elif isinstance(value, tuple):
        for item in value:
            yield from arrays_of(item)
    elif is_dataclass(value) and not isinstance(value, type):
        for field in fields(value):
            yield from arrays_of(getattr(value, field.name))


def test_what_is_delivered_owns_its_memory_and_cannot_be_written(ready: Watcher) -> None:
    ready.session.watch(Interest(ALL_PARTS, ("chri",), knobs=(PinnedKnob(ONE),), in_hand=PinnedKnob(ONE)))
    ready.session.play(until_step=2)
    ready.until(
        lambda: (
            len(ready.records) == 3
            and {part for f in ready.frames for part in Part if getattr(f, part.value)} == ALL_PARTS
        )
    )
    delivered = (*ready.records, *ready.frames, ready.ask(ROW))
    arrays = list(arrays_of(delivered))
    assert len(arrays) > 30
    assert not any(array.flags.writeable for array in arrays)
    before = [array.copy() for array in arrays]
    ready.session.submit(EditSlice(ParameterSlice(EMBEDDING), "set", 3.0))
    ready.session.play(until_step=6)
    ready.until_step(6)
    assert all(np.array_equal(old, new, equal_nan=True) for old, new in zip(before, arrays, strict=True))


def test_a_part_that_nobody_asked_for_is_never_built(ready: Watcher) -> None:
    ready.session.watch(Interest(frozenset({Part.PREDICTIONS}), ("chri",)))
    ready.session.play()
    ready.until_phase(Phase.FINISHED)
    ready.until(lambda: ready.frames[-1].step == 40)
    for frame in ready.frames:
        assert {part for part in Part if getattr(frame, part.value) is not None} <= {Part.PREDICTIONS}


@pytest.mark.parametrize(
    "when", ["at once", "paused", "training", "waiting for its pace", "asked a lot", "held"]
)
def test_it_closes_at_any_moment(names_spec: RunSpec, when: str) -> None:
    watcher = Watcher()
    session = watcher.session
    session.start(names_spec)
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
    session.start(replace(names_spec, dataset="nonsense"))
    assert session.join(DEADLINE_S)
    status = session.take().status
    assert status.phase is Phase.FAILED
    assert "There is no data set called 'nonsense'" in status.notice
    assert "the trainer thread failed" in caplog.text
