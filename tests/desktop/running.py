"""The real window over the real engine, on runs small enough for tests, and a hand for its knobs."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from unittest.mock import patch

from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QApplication

from weightdeck.run.frame import Phase
from weightdeck.run.presets import load_preset
from weightdeck.run.queries import Hashes, StateHashes
from weightdeck.run.spec import ModelSpec, RunSpec
from weightdeck_desktop.app import Parts
from weightdeck_desktop.offscreen import running_window, wait_until
from weightdeck_desktop.settings import Preferences
from weightdeck_desktop.widgets.knob import Knob

DEADLINE_S = 60.0
_NO_BUTTON = Qt.MouseButton.NoButton


def small_names() -> RunSpec:
    """The default data with dropout and a model whose step takes a millisecond."""
    spec = load_preset()
    settings = replace(spec.hyperparameters, batch_size=8, dropout=0.1)
    return replace(spec, model=ModelSpec(2, 2, 16, 16, 27), hyperparameters=settings, record_interval=10)


@contextmanager
def window_on(spec: RunSpec) -> Iterator[Parts]:
    """A shown window whose run is paused at step 0."""
    preferences = Preferences(theme="dark", hints=False)
    with patch.dict(os.environ), running_window(spec, (1440, 900), preferences) as parts:
        yield parts


def until(parts: Parts, holds: Callable[[], bool]) -> None:
    """Let the window live until `holds()`."""
    wait_until(parts, holds, DEADLINE_S)


def train_until(parts: Parts, step: int) -> None:
    """Train up to `step` and wait until the knobs show where it left them."""
    parts.session.play(until_step=step)
    until(parts, lambda: parts.deck.status.step == step and parts.deck.status.phase is Phase.PAUSED)
    until(parts, lambda: parts.deck.frame is not None and parts.deck.frame.step == step)
    knobs = parts.panels.knobs
    until(parts, lambda: bool(knobs._weights) and all(knob.number is not None for knob in knobs._weights))


def show_all_panels(parts: Parts) -> None:
    """Every dock beside the others, none behind a tab."""
    host = parts.window._host
    for dock in host.docks.values():
        host.removeDockWidget(dock)
    areas = (Qt.DockWidgetArea.LeftDockWidgetArea, Qt.DockWidgetArea.RightDockWidgetArea)
    for number, dock in enumerate(host.docks.values()):
        host.addDockWidget(areas[number % 2], dock)
        dock.show()
    until(parts, lambda: len(parts.window.visible_panels()) == len(host.docks))


def hashes_of(parts: Parts) -> Hashes:
    """Ask the run in the window what it is. What else is delivered meanwhile is lost: for a run at rest."""
    parts.deck.refresher.stop()
    number = parts.session.ask(StateHashes())
    found: list[Hashes] = []

    def came() -> bool:
        for answer in parts.session.take().answers:
            if answer.number == number:
                assert isinstance(answer.value, Hashes)
                found.append(answer.value)
        return bool(found)

    until(parts, came)
    parts.deck.refresher.start()
    return found[0]


# The hand


def move(knob: Knob, kind: QEvent.Type, y: float) -> None:
    """Send a mouse event `y` px below the middle of the ring."""
    place = QPointF(knob.width() / 2, 34.0 + y)
    button = _NO_BUTTON if kind is QEvent.Type.MouseMove else Qt.MouseButton.LeftButton
    held = _NO_BUTTON if kind is QEvent.Type.MouseButtonRelease else Qt.MouseButton.LeftButton
    there = QPointF(knob.mapToGlobal(place.toPoint()))
    event = QMouseEvent(kind, place, there, button, held, Qt.KeyboardModifier.NoModifier)
    QApplication.sendEvent(knob, event)


def edit_is_back(parts: Parts) -> None:
    """Wait until the newest edit has come back in a frame."""
    deck = parts.deck
    until(parts, lambda: deck.frame is not None and deck.frame.last_command >= deck.last_submitted)


def drag(parts: Parts, knob: Knob, *ys: float) -> None:
    """Turn the knob through these places, letting the model follow at each."""
    move(knob, QEvent.Type.MouseButtonPress, 0.0)
    for y in ys:
        move(knob, QEvent.Type.MouseMove, y)
        edit_is_back(parts)
    move(knob, QEvent.Type.MouseButtonRelease, ys[-1])
