"""The workspace Inside of the real window over the real engine: what is pointed at is what the model computed."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from tests.desktop.running import hashes_of, small_names, train_until, until, window_on
from tests.desktop.test_app_same_bits import headless
from weightdeck.run.half_step import Stage
from weightdeck.run.inside import Patch
from weightdeck.run.subjects import InPrompt, TapCell, TapGradient, TokenLoss, WeightCell
from weightdeck_desktop.app import Parts
from weightdeck_desktop.panels.inspector import OVER_STEPS
from weightdeck_desktop.panels.tap_source import TapSource

NEURON = "blocks.1.mlp.post"


@pytest.fixture
def parts() -> Iterator[Parts]:
    """The window in Inside, paused after ten steps, with the numbers of that step."""
    with window_on(small_names()) as parts:
        train_until(parts, 10)
        parts.window.registry["workspace.inside"].trigger()
        until(parts, lambda: shown_step(parts) == 10)
        yield parts


def shown_step(parts: Parts) -> int | None:
    """The step of the newest taps that were shown."""
    taps = parts.panels.transformer._taps
    return None if taps is None else taps.step


def is_explained(parts: Parts, subject: object) -> bool:
    shown = parts.panels.explain.shown_subjects
    return bool(shown) and shown[0] == subject


def test_a_number_that_is_pointed_at_is_the_one_that_is_explained(parts: Parts) -> None:
    parts.panels.inspector._on_stage_chosen()
    parts.panels.transformer.tap_chosen.emit(NEURON)
    until(parts, lambda: NEURON in parts.panels.transformer._taps.readings[0].values)
    value = parts.panels.transformer._taps.readings[0].values[NEURON][2, 7]
    cell = TapCell(InPrompt("chri"), NEURON, (2, 7))
    parts.panels.inspector.cell_chosen.emit(cell)
    until(parts, lambda: is_explained(parts, cell))
    shown = parts.panels.explain._way.shown
    assert shown is not None
    assert (shown.step, np.float32(shown.value)) == (10, value)
    expression = parts.panels.expression
    until(parts, lambda: expression._expression is not None)
    assert expression._expression.post is not None
    assert np.float32(expression._expression.post.value) == value


def test_what_is_explained_follows_the_model(parts: Parts) -> None:
    cell = WeightCell("lm_head.weight", (5, 1))
    parts.deck._explaining.explain(cell)
    until(parts, lambda: is_explained(parts, cell))
    for _ in range(3):
        parts.session.step_once()
    until(parts, lambda: parts.panels.explain._way.shown.step == 13)


def test_gradients_are_seen_before_the_update_and_three_moves_are_a_step(parts: Parts) -> None:
    part = parts.window.registry["next_part"]
    part.trigger()
    until(parts, lambda: parts.deck.status.half.stage is Stage.FORWARD)
    part.trigger()
    until(parts, lambda: parts.deck.status.half.stage is Stage.BACKWARD)
    parts.panels.transformer._choose_source(TapSource.GRADIENT)
    until(parts, lambda: bool(parts.panels.transformer._taps.readings[0].gradients))
    assert shown_step(parts) == 10
    gradient = TapGradient(0, "blocks.0.resid_post", (0, 3))
    parts.panels.inspector.cell_chosen.emit(gradient)
    until(parts, lambda: is_explained(parts, gradient))
    part.trigger()
    until(parts, lambda: parts.deck.status.step == 11)
    assert parts.deck.status.half.stage is Stage.NOTHING
    assert hashes_of(parts) == headless(small_names(), 11)


def test_a_sequence_of_the_batch_is_looked_into(parts: Parts) -> None:
    parts.window.show_panel("batch")
    until(parts, lambda: parts.panels.batch.table() is not None)
    parts.panels.batch.row_chosen.emit(3)
    until(parts, lambda: parts.panels.transformer._shown is not None)
    assert parts.panels.transformer.batch_row == 3
    until(parts, lambda: parts.panels.transformer._shown.source is TapSource.BATCH)
    loss = TokenLoss(3, 0)
    parts.panels.batch.cell_chosen.emit(loss)
    until(parts, lambda: is_explained(parts, loss))


def test_a_patch_moves_the_prediction_of_b_and_of_nothing_else(parts: Parts) -> None:
    panel = parts.panels.transformer
    before = hashes_of(parts)
    panel.prompts_edited.emit("chri", "anna")
    until(parts, lambda: len(panel._taps.readings) == 2)
    panel._patch((Patch("blocks.1.resid_post"),))
    until(parts, lambda: len(panel._taps.readings) == 3)
    a, b, patched = (reading.values["probs"] for reading in panel._taps.readings)
    assert np.array_equal(patched, a)
    assert not np.array_equal(patched, b)
    assert hashes_of(parts) == before


def test_neurons_memory_and_history_are_answered(parts: Parts) -> None:
    panels = parts.panels
    parts.window.show_panel("neurons")
    until(parts, lambda: panels.neurons.table() is not None and not panels.neurons.wants_study)
    parts.window.show_panel("memory")
    panels.memory.again_requested.emit(1)
    until(parts, lambda: panels.memory.table() is not None)
    panels.inspector._on_view_chosen(OVER_STEPS)
    until(parts, lambda: panels.inspector._history._keyframes > 1)


def test_displayed_numbers_are_checked(parts: Parts) -> None:
    """By a process of its own, which begins a moment after the start."""
    line = parts.window._line
    until(parts, lambda: line._audit.checked > 0)
    assert line._audit.step == 10
    assert line._audit.worst < 1e-5
    assert not parts.panels.explain._mismatches
