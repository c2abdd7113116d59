"""Real knobs over a real run: what the hand does, the model does, and undo takes it back to the bit."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QEvent
from PySide6.QtWidgets import QLineEdit

from tests.desktop.running import (
    drag,
    edit_is_back,
    hashes_of,
    move,
    small_names,
    train_until,
    until,
    window_on,
)
from weightdeck.run.frame import Phase
from weightdeck.run.slices import ParameterSlice
from weightdeck_desktop.app import Parts
from weightdeck_desktop.panels.pin_dialog import PinDialog

ONE_WEIGHT, ROW, GAIN = 0, 3, 5  # places of the desk
PLACES = pytest.mark.parametrize("place", [ONE_WEIGHT, ROW, GAIN], ids=["one weight", "a row", "a gain"])


@pytest.fixture
def paused() -> Iterator[Parts]:
    """The window, paused after ten steps."""
    with window_on(small_names()) as parts:
        train_until(parts, 10)
        yield parts


@PLACES
def test_undo_while_paused_gives_the_former_weights_back(paused: Parts, place: int) -> None:
    undo, redo = (paused.window.registry[key] for key in ("undo", "redo"))
    before = hashes_of(paused)
    drag(paused, paused.panels.knobs._weights[place], -20.0, 60.0, -35.0)
    turned = hashes_of(paused)
    assert turned != before
    until(paused, undo.isEnabled)
    undo.trigger()
    until(paused, redo.isEnabled)
    assert not undo.isEnabled(), "the whole drag is one entry"
    assert hashes_of(paused) == before
    redo.trigger()
    until(paused, undo.isEnabled)
    assert hashes_of(paused) == turned


@PLACES
def test_the_weight_is_where_the_pointer_is(paused: Parts, place: int) -> None:
    knob = paused.panels.knobs._weights[place]
    pin = paused.deck._knobs._pins[place]
    all_the_way_down = 300.0  # for a group, zero
    for ys in ((-30.0, 50.0, -10.0), (all_the_way_down, -40.0), (all_the_way_down,), (-25.0,)):
        drag(paused, knob, *ys)
        assert pin.value == pytest.approx(knob.number, rel=1e-5, abs=1e-9)


def test_training_waits_for_the_hand(paused: Parts) -> None:
    paused.session.play()
    until(paused, lambda: paused.deck.status.step > 12)
    knob = paused.panels.knobs._weights[ONE_WEIGHT]
    move(knob, QEvent.Type.MouseButtonPress, 0.0)
    until(paused, lambda: paused.deck.status.phase is Phase.HELD)
    step = paused.deck.status.step
    for y in (-10.0, -20.0, -30.0):
        move(knob, QEvent.Type.MouseMove, y)
        edit_is_back(paused)
    assert paused.deck.frame is not None
    assert paused.deck.frame.step == paused.deck.status.step == step
    move(knob, QEvent.Type.MouseButtonRelease, -30.0)
    until(paused, lambda: paused.deck.status.step > step)


def test_a_parameter_chosen_in_the_dialog_is_on_the_knob(paused: Parts) -> None:
    paused.panels.knobs.repin_requested.emit(2)
    dialog = paused.window.findChild(PinDialog)
    assert dialog is not None
    written = ParameterSlice("transformer.h.1.mlp.c_fc.weight", (7,))
    line = next(each for each in dialog.findChildren(QLineEdit) if each.text() == str(dialog.target))
    line.setText(str(written))
    line.textEdited.emit(str(written))
    dialog.accept()
    knob = paused.panels.knobs._weights[2]
    until(paused, lambda: knob.view is not None and knob.view.technical == str(written))
    until(paused, lambda: knob.number == 1.0)
    drag(paused, knob, -40.0)
    assert paused.deck._knobs._pins[2].value == pytest.approx(knob.number, rel=1e-5)
