"""What goes into the trainer thread and what comes out: commands, questions, frames."""

from __future__ import annotations

import queue
import time
from collections.abc import Iterator
from dataclasses import fields, is_dataclass

import numpy as np
import pytest

from tests.core.watcher import ALL_PARTS, ONE, ROW, Watcher
from weightdeck.run.commands import EditSlice, Redo, SetHyperparameter, Undo
from weightdeck.run.document import NameBranch, NewRun, Place
from weightdeck.run.frame import Interest, Part, Phase
from weightdeck.run.layout import EMBEDDING, FINAL_NORM
from weightdeck.run.queries import ReadSlice, SuggestKnobs
from weightdeck.run.scales import PinnedKnob
from weightdeck.run.slices import ParameterSlice
from weightdeck.run.spec import RunSpec
from weightdeck.session.mailbox import Mailbox
from weightdeck.session.messages import (
    Annotate,
    Close,
    Message,
    OpenRun,
    Pause,
    Play,
    Seek,
    Submit,
    coalesced,
)
from weightdeck.session.worker import Worker
from weightdeck.training.replay import replay
from weightdeck.training.trainer import Trainer


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
        assert ready.status.undo_title
    number = ready.session.submit(Undo())
    ready.until(lambda: ready.frames[-1].last_command == number)
    assert ready.frames[-1].knobs[0].value == 0.0
    assert ready.status.redo_title.startswith("set embed")


def test_frames_do_not_pile_up_and_the_newest_wins(ready: Watcher) -> None:
    ready.session.watch(
        Interest(ALL_PARTS, ("chri",), knobs=(PinnedKnob(ONE),), in_hand=PinnedKnob(ONE), tensor=EMBEDDING)
    )
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
    ready.session.watch(
        Interest(ALL_PARTS, ("chri",), knobs=(PinnedKnob(ONE),), in_hand=PinnedKnob(ONE), tensor=EMBEDDING)
    )
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
    watcher.session.start(NewRun(names_spec))
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


def test_of_what_comes_before_the_end_nothing_is_lost_that_is_to_be_saved() -> None:
    turned, named = Submit(1, EditSlice(ONE, "set", 0.1)), Annotate(NameBranch(0, "one"))
    assert coalesced([Play(None), turned, Close(), named]) == [turned, named, Close()]
    assert coalesced([Seek(Place(0, 3)), Seek(Place(0, 4)), Play(None)]) == [Seek(Place(0, 4)), Play(None)]


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
    watcher.session.start(NewRun(names_spec))
    first, second, third = (watcher.session.ask(ReadSlice(target)) for target in (ONE, ROW, ONE))
    watcher.session.cancel(second)
    watcher.until(lambda: third in watcher.answers)
    watcher.ask(ONE)
    assert first in watcher.answers
    assert second not in watcher.answers


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
    ready.session.watch(
        Interest(ALL_PARTS, ("chri",), knobs=(PinnedKnob(ONE),), in_hand=PinnedKnob(ONE), tensor=EMBEDDING)
    )
    ready.session.submit(EditSlice(ONE, "set", 0.1))
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


class Insistent(queue.SimpleQueue[Message]):
    """A hand that has turned a knob again whenever the trainer looks, until training is `until_step` steps on."""

    def __init__(self, mailbox: Mailbox, until_step: int) -> None:
        super().__init__()
        self._mailbox = mailbox
        self._until_step = until_step
        self.turns = 0

    def empty(self) -> bool:
        if self._mailbox.status.step < self._until_step and self.turns < 100 * self._until_step:
            self.turns += 1
            self.put(Submit(self.turns, EditSlice(ONE, "set", 1e-4 * self.turns, gesture=1)))
        else:
            self.put(Close())
        return False


def test_training_goes_on_however_many_commands_come(names_spec: RunSpec) -> None:
    """A command between any two parts of a step: a half step that was thrown away is made to its end next."""
    mailbox = Mailbox()
    inbox = Insistent(mailbox, until_step=40)
    inbox.put(OpenRun(NewRun(names_spec)))
    inbox.put(Play(until_step=10**6))
    Worker(inbox, mailbox).run()
    delivery = mailbox.take()
    assert delivery.metrics is not None
    assert len(delivery.metrics) >= 40
    entries = [entry for entry, _ in delivery.journal]
    assert len(entries) == inbox.turns
    again = Trainer(names_spec)
    for row in delivery.metrics:
        for entry in entries:
            if entry.step == again.step:
                again.apply(entry.command)
        assert again.train_step() == tuple(row)
