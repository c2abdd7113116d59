"""The time machine in the real window over the real engine: every panel shows the very moment, and nothing is lost."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
from PySide6.QtCore import QEvent, QPoint, Qt
from PySide6.QtTest import QTest

from tests.desktop.running import hashes_of, move, show_all_panels, small_names, train_until, until, window_on
from weightdeck.probes.predictions import next_token_probs
from weightdeck.run.frame import Phase
from weightdeck.training.trainer import Trainer
from weightdeck_desktop.app import Parts
from weightdeck_desktop.widgets.timeline_strip import TimelineStrip

EDITED_AT, SOUGHT, TRAINED = 10, 20, 60


@contextmanager
def trained() -> Iterator[Parts]:
    """Sixty steps with a knob turned at the tenth; every panel can be seen."""
    with window_on(small_names()) as parts:
        show_all_panels(parts)
        train_until(parts, EDITED_AT)
        parts.panels.knobs.weight_typed.emit(0, 0.9)
        train_until(parts, TRAINED)
        until(parts, lambda: len(parts.deck._state.history.records_until(SOUGHT)) > 1)
        yield parts


def headless(parts: Parts, step: int) -> Trainer:
    """The window's run, computed again up to `step` without it."""
    trainer = Trainer(small_names())
    entries = [entry for entry, _ in parts.deck._state._journal]
    while trainer.step <= step:
        for entry in entries:
            if entry.step == trainer.step:
                trainer.apply(entry.command)
        if trainer.step == step:
            break
        trainer.train_step()
    return trainer


def drag_to(parts: Parts, step: int) -> None:
    """Drag the timeline with the mouse, in some moves."""
    strip = parts.window.timeline.findChild(TimelineStrip)
    assert strip is not None
    places = [
        QPoint(round(strip._axis.x(each)), strip.height() - 6) for each in (TRAINED - 10, step + 9, step)
    ]
    QTest.mousePress(strip, Qt.MouseButton.LeftButton, pos=places[0])
    for place in places:
        QTest.mouseMove(strip, place)
    QTest.mouseRelease(strip, Qt.MouseButton.LeftButton, pos=places[-1])


def seek(parts: Parts, step: int) -> None:
    drag_to(parts, step)
    deck = parts.deck
    until(parts, lambda: deck.status.past is not None and deck.status.past.is_exact)
    until(parts, lambda: deck.frame is not None and deck.frame.is_past and deck.frame.step == step)
    until(parts, lambda: parts.panels.predictions.aside.startswith(f"STEP {step} (PAST)"))


def comes_back(parts: Parts, run: int) -> None:
    deck = parts.deck
    until(parts, lambda: deck.status.past is None and deck.info is not None and deck.info.number == run)
    until(parts, lambda: deck.frame is not None and not deck.frame.is_past)
    until(parts, lambda: all(not panel.aside.startswith("STEP") for panel in parts.panels))


def shown_probabilities(parts: Parts) -> np.ndarray:
    table = parts.panels.predictions.table()
    assert table is not None
    return np.array([float(row[1]) for row in table[1:]], dtype=np.float32)


def test_every_panel_shows_the_past_exactly_and_now_is_as_it_was() -> None:
    with trained() as parts:
        head = hashes_of(parts)
        before = shown_probabilities(parts)
        seek(parts, SOUGHT)
        until(parts, lambda: all(panel.aside.startswith("STEP 20 (PAST)") for panel in showing(parts)))
        trainer = headless(parts, SOUGHT)
        assert hashes_of(parts).state_sha256 == trainer.state_sha256()
        ids = trainer.corpus.prompt("chri").ids
        assert np.array_equal(shown_probabilities(parts), next_token_probs(trainer.now, ids))
        assert not np.array_equal(shown_probabilities(parts), before)
        pin = parts.deck._knobs.pins[0]
        assert pin.reading is not None
        assert pin.reading.value == trainer.parameters.part(pin.target).item()
        prompt = parts.panels.predictions.prompts[0]
        parts.panels.predictions.prompts_edited.emit("anna", None)
        ids = trainer.corpus.prompt("anna").ids
        until(parts, lambda: np.array_equal(shown_probabilities(parts), next_token_probs(trainer.now, ids)))
        parts.panels.predictions.prompts_edited.emit(prompt, None)
        QTest.keyClick(parts.window, Qt.Key.Key_Escape)
        comes_back(parts, 1)
        assert hashes_of(parts) == head
        until(parts, lambda: np.array_equal(shown_probabilities(parts), before))


def showing(parts: Parts) -> list[object]:
    """The panels that show a moment; comparing has its own two, notes and costs are about all of the run, and what is
    explained is of the moment at which it was.
    """
    others = ("compare", "notes", "cost", "explain", "expression", "memory")
    return [panel for panel in parts.panels if panel.key not in others]


def test_nothing_can_be_turned_in_the_past() -> None:
    with trained() as parts:
        seek(parts, SOUGHT)
        entries = len(parts.deck._state._journal)
        past = hashes_of(parts)
        for knob in parts.panels.knobs._weights:
            assert not knob.isEnabled()
            move(knob, QEvent.Type.MouseButtonPress, 0.0)
            move(knob, QEvent.Type.MouseMove, -40.0)
            move(knob, QEvent.Type.MouseButtonRelease, -40.0)
        for key in ("hold", "undo", "mark", "step"):
            parts.window.registry[key].trigger()
        assert hashes_of(parts) == past
        assert len(parts.deck._state._journal) == entries
        assert parts.deck.status.past is not None
        parts.window.registry["workspace.watch"].trigger()
        parts.window.timeline.now_requested.emit()
        comes_back(parts, 1)
        assert all(knob.isEnabled() for knob in parts.panels.knobs._weights)


def test_a_branch_from_the_past_and_the_way_back() -> None:
    with trained() as parts:
        head = hashes_of(parts)
        targets = [pin.target for pin in parts.deck._knobs.pins]
        seek(parts, SOUGHT)
        past = hashes_of(parts)
        parts.window.timeline.play_from_here_requested.emit()
        comes_back(parts, 2)
        assert hashes_of(parts) == past, "untouched"
        assert [pin.target for pin in parts.deck._knobs.pins] == targets
        document = parts.deck.status.document
        assert (document.branch, document.heads) == (1, (TRAINED, SOUGHT))
        assert len(parts.deck._state.history) == SOUGHT
        assert len(parts.deck._state.log.lines) == 1
        train_until(parts, TRAINED)
        assert hashes_of(parts) == head, "the same spec, the same commands"
        parts.panels.knobs.weight_typed.emit(0, -0.9)
        until(parts, lambda: len(parts.deck._state.log.lines) == 2)
        parts.window.timeline.branch_chosen.emit(0)
        comes_back(parts, 3)
        assert hashes_of(parts) == head
        assert len(parts.deck._state.history) == TRAINED
        assert len(parts.deck._state.log.lines) == 1


def test_space_in_the_past_plays_from_there() -> None:
    with trained() as parts:
        seek(parts, SOUGHT)
        parts.window.setFocus()
        QTest.keyClick(parts.window, Qt.Key.Key_Space)
        comes_back(parts, 2)
        until(parts, lambda: parts.deck.status.step > SOUGHT)
        parts.session.pause()
        until(parts, lambda: parts.deck.status.phase is Phase.PAUSED)
