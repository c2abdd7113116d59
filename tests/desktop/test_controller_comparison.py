"""Before and after: a mark is set by whoever asks, and "before" shows only while it is pressed."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.desktop.fakes import FakeSession, FakeWindow, fake_panels
from weightdeck.run.frame import Baseline, Phase, Status
from weightdeck_desktop.controller.comparison import Comparison
from weightdeck_desktop.controller.hand import Hand


class Bench:
    def __init__(self) -> None:
        self.session = FakeSession()
        self.session.status = Status(Phase.TRAINING, step=1240)
        self.window = FakeWindow()
        self.panels = fake_panels()
        self.changes: list[str] = []
        panels = self.panels
        self.hand = Hand(self.session, self.window.mock.show_notice, self.window)
        self.comparison = Comparison(self.session, self.window, self.hand, panels.predictions, panels.in_hand)
        self.comparison.changed.connect(lambda: self.changes.append("changed"))


Asking = Callable[[Bench], object]
WINDOW: Asking = lambda bench: bench.window  # noqa: E731
PREDICTIONS: Asking = lambda bench: bench.panels.predictions  # noqa: E731
IN_HAND: Asking = lambda bench: bench.panels.in_hand  # noqa: E731


@pytest.fixture
def bench() -> Bench:
    return Bench()


@pytest.mark.parametrize("asking", [WINDOW, PREDICTIONS], ids=["window", "predictions"])
def test_a_moment_is_marked_and_the_user_told(bench: Bench, asking: Asking) -> None:
    asking(bench).mark_requested.emit()
    assert bench.session.calls == [("mark",)]
    assert bench.session.commands == [], "it is nothing that happens to the model"
    (message,) = bench.window.mock.show_message.call_args.args
    assert "marked" in message
    assert bench.changes == ["changed"]


@pytest.mark.parametrize("pressing", [WINDOW, PREDICTIONS, IN_HAND], ids=["window", "predictions", "in hand"])
def test_before_shows_while_it_is_pressed(bench: Bench, pressing: Asking) -> None:
    shown = bench.panels.predictions.show_before
    pressing(bench).before_pressed.emit()
    shown.assert_called_once_with(True)
    pressing(bench).before_released.emit()
    shown.assert_called_with(False)
    assert bench.session.calls == bench.session.commands == bench.changes == []


def test_another_baseline_is_told(bench: Bench) -> None:
    bench.panels.predictions.baseline_chosen.emit(Baseline.MARK)
    assert bench.changes == ["changed"]
