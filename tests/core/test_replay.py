"""A run is its spec plus its journal: replaying gives the same bits."""

from __future__ import annotations

import random

import pytest

from weightdeck.run.commands import Command, EditSlice, Redo, SetHyperparameter, Undo
from weightdeck.run.journal import Journal, JournalEntry
from weightdeck.run.layout import EMBEDDING, FINAL_NORM
from weightdeck.run.slices import ParameterSlice
from weightdeck.run.spec import RunSpec
from weightdeck.training.replay import replay
from weightdeck.training.trainer import NotFiniteError, Trainer

TARGETS = (
    ParameterSlice(EMBEDDING, (1, 3)),
    ParameterSlice(EMBEDDING, (2,)),
    ParameterSlice("transformer.h.0.attn.c_proj.weight"),
    ParameterSlice(FINAL_NORM),
)


def hand(rng: random.Random, number: int) -> Command:
    """What somebody at the desk might do next."""
    kind = rng.random()
    if kind < 0.25:
        return Undo()
    if kind < 0.4:
        return Redo()
    if kind < 0.55:
        name, value = rng.choice(
            [("learning_rate", 3e-3), ("dropout", 0.2), ("batch_size", 4), ("grad_clip", 0.5)]
        )
        return SetHyperparameter(name, value, gesture=rng.choice([None, number // 5]))
    op = rng.choice(["set", "add", "scale"])
    return EditSlice(
        rng.choice(TARGETS), op, rng.choice([0.0, 0.5, -0.3, 1.1]), rng.choice([None, number // 4])
    )


@pytest.mark.parametrize("seed", range(3))
def test_replay_is_the_live_run(sort_spec: RunSpec, seed: int) -> None:
    rng = random.Random(seed)
    live = Trainer(sort_spec)
    hashes: dict[int, str] = {}
    number = 0
    while live.step < 30:
        if rng.random() < 0.3:
            live.forward()  # a command now discards half a step
        for _ in range(rng.choice([0, 0, 1, 3])):
            number += 1
            live.apply(hand(rng, number), number)
        hashes[live.step] = live.state_sha256()
        live.train_step()
    for _ in range(4):
        number += 1
        live.apply(hand(rng, number), number)
    hashes[live.step] = live.state_sha256()
    again = replay(sort_spec, live.journal, live.step)
    assert again.state_sha256() == hashes[30]
    assert again.hyperparameters == live.hyperparameters
    assert list(again.journal) == list(live.journal)
    assert replay(sort_spec, live.journal, 13).state_sha256() == hashes[13]
    again.train_step()
    live.train_step()
    assert again.state_sha256() == live.state_sha256()
    assert again.edits.undoable == live.edits.undoable


def test_a_step_that_was_not_kept_leaves_no_trace_in_the_replay(names_spec: RunSpec) -> None:
    """Commands can make a gradient overflow; the way out is a command too."""
    live = Trainer(names_spec)
    for _ in range(3):
        live.train_step()
    for name, op, value in (
        ("transformer.h.1.ln_2.weight", "set", 1e6),
        ("transformer.h.1.mlp.c_fc.weight", "scale", 1e6),
        ("transformer.h.1.mlp.c_proj.weight", "scale", 0.0),
        (FINAL_NORM, "set", 1e6),
        ("lm_head.weight", "scale", 1e6),
    ):
        live.apply(EditSlice(ParameterSlice(name), op, value))
    with pytest.raises(NotFiniteError):
        live.train_step()
    for _ in range(5):
        live.apply(Undo())
    live.train_step()
    assert replay(names_spec, live.journal, 4).state_sha256() == live.state_sha256()
    plain = replay(names_spec, Journal(), 4)
    assert plain.weights_sha256() == live.weights_sha256(), "undone without a step between: exactly"


def test_the_journal_runs_forward() -> None:
    journal = Journal()
    journal.append(JournalEntry(1, 5, Undo()))
    journal.append(JournalEntry(2, 5, Redo()))
    with pytest.raises(AssertionError):
        journal.append(JournalEntry(3, 4, Undo()))
    assert len(journal) == 2
    assert [entry.number for entry in journal.since(1)] == [2]
