"""The window changes nothing: a run that is watched, typed at and browsed ends in the bits of a headless one."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest
from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit

from weightdeck.run.frame import Pace, Part, Phase
from weightdeck.run.presets import load_preset
from weightdeck.run.queries import Hashes, StateHashes
from weightdeck.run.spec import ModelSpec, RunSpec
from weightdeck.training.trainer import Trainer
from weightdeck_desktop.app import Parts
from weightdeck_desktop.offscreen import live, running_window, wait_until
from weightdeck_desktop.panels.weight_knob import WeightKnob
from weightdeck_desktop.settings import Preferences

STEPS = 120
DEADLINE_S = 60.0
TAPS = ("attn_out", "mlp.post", "mlp_out", "pattern", "resid_post")
LEFT, NO_BUTTON = Qt.MouseButton.LeftButton, Qt.MouseButton.NoButton


def small_names() -> RunSpec:
    """The default data with a model whose step takes a millisecond."""
    spec = load_preset()
    settings = replace(spec.hyperparameters, batch_size=8, dropout=0.1)
    return replace(spec, model=ModelSpec(2, 2, 16, 16, 27), hyperparameters=settings, record_interval=10)


@contextmanager
def window_on(spec: RunSpec) -> Iterator[Parts]:
    with running_window(spec, (1440, 900), Preferences(theme="dark", hints=False)) as parts:
        yield parts


def show_all_panels(parts: Parts) -> None:
    """Every dock beside the others, none behind a tab."""
    host = parts.window._host
    for dock in host.docks.values():
        host.removeDockWidget(dock)
    for number, dock in enumerate(host.docks.values()):
        areas = (Qt.DockWidgetArea.LeftDockWidgetArea, Qt.DockWidgetArea.RightDockWidgetArea)
        host.addDockWidget(areas[number % 2], dock)
        dock.show()
    wait_until(parts, lambda: len(parts.window.visible_panels()) == len(host.docks), DEADLINE_S)


def hashes_of(parts: Parts) -> Hashes:
    """Ask the run in the window what it is."""
    parts.deck.refresher.stop()
    number = parts.session.ask(StateHashes())
    end_s = time.monotonic() + DEADLINE_S
    while time.monotonic() < end_s:
        for answer in parts.session.take().answers:
            if answer.number == number:
                parts.deck.refresher.start()
                assert isinstance(answer.value, Hashes)
                return answer.value
        live(0.005)
    raise AssertionError("no answer came")


def headless(spec: RunSpec, steps: int) -> Hashes:
    trainer = Trainer(spec)
    for _ in range(steps):
        trainer.train_step()
    return Hashes(trainer.weights_sha256(), trainer.state_sha256())


def user_acts(parts: Parts) -> Iterator[Callable[[], object]]:
    """What a restless user does, one act after the other, for as long as it is asked for."""
    line = parts.panels.predictions.findChild(QLineEdit)
    assert line is not None
    registry, panels = parts.window.registry, parts.panels
    while True:
        for key in "annabel":
            yield lambda key=key: QTest.keyClicks(line, key)
        yield lambda: QTest.keyClick(line, Qt.Key.Key_Backspace)
        yield line.clear
        for tap in TAPS:
            yield lambda tap=tap: (panels.activations.restore({"tap": tap}), panels.activations.tap_chosen.emit(tap))
        yield lambda: panels.knobs.selected.emit(4)
        yield lambda: panels.knobs.suggest_requested.emit()
        yield registry["workspace.turn"].trigger
        yield registry["workspace.watch"].trigger
        yield lambda: show_all_panels(parts)


@pytest.mark.parametrize(
    ("spec", "pace"),
    [(small_names(), Pace(steps_per_s=80.0)), (load_preset("names"), Pace())],
    ids=["small", "names"],
)
def test_a_watched_run_ends_in_the_same_bits(spec: RunSpec, pace: Pace) -> None:
    with window_on(spec) as parts:
        show_all_panels(parts)
        wait_until(parts, lambda: parts.deck._interest.parts == frozenset(Part), DEADLINE_S)
        seen: set[str] = set()
        parts.session.set_pace(pace)
        parts.session.play(until_step=STEPS)
        acts = user_acts(parts)
        while parts.deck.status.step < STEPS or parts.deck.status.phase is not Phase.PAUSED:
            next(acts)()
            live(0.03)
            frame = parts.deck.frame
            if frame is not None and frame.predictions is not None and 0 < frame.step < STEPS:
                seen |= {prediction.prompt.text for prediction in frame.predictions}
        assert hashes_of(parts) == headless(spec, STEPS)
        assert len(seen) > 2, "prompts were answered while it trained"
        assert parts.deck.complete_refreshes > 0


# Edits by hand


def move(knob: WeightKnob, kind: QEvent.Type, y: float) -> None:
    """Send a mouse event `y` px below the middle of the ring."""
    place = QPointF(knob.width() / 2, 34.0 + y)
    button = NO_BUTTON if kind is QEvent.Type.MouseMove else LEFT
    held = NO_BUTTON if kind is QEvent.Type.MouseButtonRelease else LEFT
    there = QPointF(knob.mapToGlobal(place.toPoint()))
    event = QMouseEvent(kind, place, there, button, held, Qt.KeyboardModifier.NoModifier)
    QApplication.sendEvent(knob, event)


def edit_is_back(parts: Parts) -> None:
    """Wait until the newest edit has come back in a frame."""
    desk = parts.deck._knobs

    def is_back() -> bool:
        return parts.deck.frame is not None and parts.deck.frame.last_command >= desk.last_submitted

    wait_until(parts, is_back, DEADLINE_S)


def drag(parts: Parts, knob: WeightKnob, *ys: float) -> None:
    """Turn the knob through these places, letting the model follow at each."""
    move(knob, QEvent.Type.MouseButtonPress, 0.0)
    for y in ys:
        move(knob, QEvent.Type.MouseMove, y)
        edit_is_back(parts)
    move(knob, QEvent.Type.MouseButtonRelease, ys[-1])
    edit_is_back(parts)


@pytest.fixture
def trained() -> Iterator[Parts]:
    """The window, paused after ten steps, with its knobs read."""
    with window_on(small_names()) as parts:
        parts.session.play(until_step=10)
        wait_until(parts, lambda: parts.deck.status.step == 10, DEADLINE_S)
        wait_until(parts, lambda: parts.deck.status.phase is Phase.PAUSED, DEADLINE_S)
        wait_until(parts, lambda: all(k.number is not None for k in parts.panels.knobs._weights), DEADLINE_S)
        yield parts


@pytest.mark.parametrize("place", [0, 3, 5], ids=["one weight", "a row", "a gain"])
def test_undo_while_paused_gives_the_former_weights_back(trained: Parts, place: int) -> None:
    before = hashes_of(trained)
    knob = trained.panels.knobs._weights[place]
    drag(trained, knob, -20.0, 60.0, -35.0)
    turned = hashes_of(trained)
    assert turned != before
    wait_until(trained, lambda: trained.deck.status.undo_title != "", DEADLINE_S)
    trained.window.registry["undo"].trigger()
    wait_until(trained, lambda: trained.deck.status.redo_title != "", DEADLINE_S)
    assert trained.deck.status.undo_title == "", "the whole drag is one entry"
    assert hashes_of(trained) == before
    trained.window.registry["redo"].trigger()
    wait_until(trained, lambda: trained.deck.status.undo_title != "", DEADLINE_S)
    assert hashes_of(trained) == turned


@pytest.mark.parametrize("place", [0, 3, 5], ids=["one weight", "a row", "a gain"])
def test_the_weight_is_where_the_pointer_is(trained: Parts, place: int) -> None:
    knob = trained.panels.knobs._weights[place]
    pin = trained.deck._knobs._pins[place]
    for ys in ((-30.0, 50.0, -10.0), (300.0, -40.0), (300.0,), (-25.0,)):  # 300: all the way down, a group to zero
        drag(trained, knob, *ys)
        turned_to = knob.number
        edit_is_back(trained)
        assert pin.value == pytest.approx(turned_to, rel=1e-5, abs=1e-9)


def test_training_waits_for_the_hand(trained: Parts) -> None:
    trained.session.play()
    wait_until(trained, lambda: trained.deck.status.step > 12, DEADLINE_S)
    knob = trained.panels.knobs._weights[0]
    move(knob, QEvent.Type.MouseButtonPress, 0.0)
    wait_until(trained, lambda: trained.deck.status.phase is Phase.HELD, DEADLINE_S)
    step = trained.deck.status.step
    for y in (-10.0, -20.0, -30.0):
        move(knob, QEvent.Type.MouseMove, y)
        edit_is_back(trained)
    assert trained.deck.frame is not None
    assert trained.deck.frame.step == trained.deck.status.step == step
    move(knob, QEvent.Type.MouseButtonRelease, -30.0)
    wait_until(trained, lambda: trained.deck.status.step > step, DEADLINE_S)
