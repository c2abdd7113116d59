"""A keyframe is the whole state: what goes on from it goes on as the run did, to the bit."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tests.core.desk_hand import DeskRun
from weightdeck.run.commands import AddNoise, EditSlice, SetHyperparameter, Undo
from weightdeck.run.half_step import Stage
from weightdeck.run.journal import Journal
from weightdeck.run.layout import EMBEDDING
from weightdeck.run.slices import ParameterSlice
from weightdeck.run.spec import RunSpec
from weightdeck.store.plain_codec import COMMAND_KINDS
from weightdeck.training.edits import SliceEntry
from weightdeck.training.replay import replay, replaying
from weightdeck.training.trainer import Trainer, numerics_id


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("preset", ["names_spec", "sort_spec"])
def test_a_run_goes_on_from_a_keyframe_as_it_did(
    request: pytest.FixtureRequest, preset: str, seed: int
) -> None:
    run = DeskRun(request.getfixturevalue(preset))
    journal = run.go(seed)
    assert len(run.keyframes) > 8
    used = Trainer(run.spec)
    initial = used.initial.numpy().copy()
    for position, keyframe in sorted(run.keyframes.items(), key=lambda item: item[0] % 7):
        used.restore(keyframe, journal)
        assert len(used.journal) == keyframe.entries
        run.assert_goes_on(used, position, acts=25)
        used.forward()  # the next one finds a step in hand
    newest = max(run.keyframes)
    for position in (min(run.keyframes), newest):
        fresh = Trainer(run.spec, used.corpus)
        fresh.restore(run.keyframes[position], journal)
        run.assert_goes_on(fresh, position, acts=len(run.acts))
        assert list(fresh.journal) == list(journal)
        assert fresh.edits.undoable is None, "everything was undone at the end"
        np.testing.assert_array_equal(fresh.initial, initial)


def test_the_hand_does_everything(names_spec: RunSpec, sort_spec: RunSpec) -> None:
    """What the test above goes through, so that it stays worth something."""
    runs = [DeskRun(spec) for spec in (names_spec, sort_spec) for _ in range(3)]
    journal = [entry for number, run in enumerate(runs) for entry in run.go(number % 3)]
    assert {type(entry.command) for entry in journal} == set(COMMAND_KINDS.values())
    keyframes = [keyframe for run in runs for keyframe in run.keyframes.values()]
    assert any(keyframe.controls.means for keyframe in keyframes)
    assert any(keyframe.controls.held for keyframe in keyframes)
    assert any(keyframe.controls.hyperparameters.dropout == 0.2 for keyframe in keyframes)
    assert any(keyframe.edits.zeroed for keyframe in keyframes)
    assert any(keyframe.edits.done and keyframe.edits.undone for keyframe in keyframes)
    entries = [entry for keyframe in keyframes for entry in keyframe.edits.done]
    assert any(isinstance(entry, SliceEntry) and entry.before is None for entry in entries)


def test_a_restored_trainer_has_its_own_journal_and_no_gradient(names_spec: RunSpec) -> None:
    trainer = Trainer(names_spec)
    edit = EditSlice(ParameterSlice(EMBEDDING, (2,)), "add", 0.5)
    trainer.apply(edit, 1)
    trainer.train_step()
    keyframe = trainer.keyframe()
    trainer.apply(edit, 2)
    trainer.forward()
    trainer.backward()
    journal = trainer.journal
    trainer.restore(keyframe, journal)
    assert [entry.number for entry in trainer.journal] == [1]
    assert len(journal) == 2
    assert trainer.stage is Stage.NOTHING
    assert trainer.gradient_step is None
    assert not trainer.parameters.gradient.any()
    assert keyframe.weights_sha256 == trainer.weights_sha256()


@pytest.mark.parametrize("drag", ["set", "add", "scale"])
@pytest.mark.parametrize("steps", [0, 2])
def test_a_drag_goes_on_across_a_keyframe(names_spec: RunSpec, drag: str, steps: int) -> None:
    def move(trainer: Trainer, values: tuple[float, ...]) -> None:
        for value in values:
            trainer.apply(EditSlice(ParameterSlice(EMBEDDING, (2,)), drag, value, gesture=4))  # type: ignore[arg-type]
            for _ in range(steps):
                trainer.train_step()

    whole = Trainer(names_spec)
    move(whole, (0.5, 0.0))
    keyframe, journal = whole.keyframe(), Journal()
    for entry in whole.journal:
        journal.append(entry)
    move(whole, (0.25, 1.5))
    other = Trainer(names_spec)
    other.apply(SetHyperparameter("dropout", 0.3))
    other.restore(keyframe, journal)
    move(other, (0.25, 1.5))
    for trainer in (whole, other):
        trainer.apply(Undo())
        assert trainer.edits.undoable is None, "one entry for the whole drag"
    assert other.state_sha256() == whole.state_sha256()


def test_what_happens_later_leaves_a_keyframe_as_it_was(names_spec: RunSpec) -> None:
    """Keyframes share the entries of the undo stack with the run."""
    target = ParameterSlice(EMBEDDING, (2,))
    trainer = Trainer(names_spec)
    trainer.apply(AddNoise(target, 0.5))
    trainer.apply(EditSlice(target, "scale", 0.0, gesture=1))
    keyframe = trainer.keyframe()
    arrays = [
        array
        for entry in keyframe.edits.done
        for array in (entry.base, entry.added, entry.after)  # type: ignore[union-attr]
    ]
    before = [array.copy() for array in (*arrays, keyframe.state)]
    trainer.apply(EditSlice(target, "scale", 2.0, gesture=1))
    trainer.train_step()
    trainer.apply(EditSlice(target, "scale", 3.0, gesture=1))
    trainer.apply(Undo(2))
    for array, was in zip((*arrays, keyframe.state), before, strict=True):
        np.testing.assert_array_equal(array, was)


def test_a_replay_can_be_left_off_after_every_step_and_command(sort_spec: RunSpec) -> None:
    run = DeskRun(sort_spec)
    journal = run.go(7)
    trainer = Trainer(sort_spec)
    pieces = replaying(trainer, journal, 20)
    for _ in pieces:
        assert trainer.state_sha256() in {seen[0] for seen in run.seen}
    whole = replay(sort_spec, journal, 20)
    assert whole.state_sha256() == trainer.state_sha256()
    position = next(place for place in sorted(run.keyframes) if run.keyframes[place].step > 5)
    keyframe = run.keyframes[position]
    trainer.restore(keyframe, journal)
    for _ in replaying(trainer, journal.since(keyframe.entries), 20):
        pass
    assert trainer.state_sha256() == whole.state_sha256()
    assert list(trainer.journal) == list(whole.journal)


def test_a_model_that_does_not_fit_its_data_is_refused(names_spec: RunSpec, sort_spec: RunSpec) -> None:
    odd = replace(names_spec, model=sort_spec.model)
    with pytest.raises(ValueError, match="tokens"):
        Trainer(odd)


def test_the_numerics_id_names_the_threads(names_spec: RunSpec) -> None:
    assert numerics_id(names_spec.threads) == Trainer(names_spec).numerics
    assert numerics_id(2) != numerics_id(1)
