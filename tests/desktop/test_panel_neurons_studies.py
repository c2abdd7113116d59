"""When the neurons panel asks for a study by itself: for what is seen and is missing, or of another step."""

from __future__ import annotations

from itertools import pairwise

import pytest
from PySide6.QtCore import QObject
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QToolButton, QWidget
from pytestqt.qtbot import QtBot

from tests.desktop.neuron_panels import heard, neurons_panel, part, study, words
from tests.desktop.tap_readings import MODEL, reading, taps
from weightdeck_desktop.panels.neurons import NeuronsPanel
from weightdeck_desktop.panels.neurons_studies import Studies


@pytest.fixture
def panel(qtbot: QtBot) -> NeuronsPanel:
    return neurons_panel(qtbot)


def test_a_study_is_asked_for_when_it_is_seen_without_one(qtbot: QtBot) -> None:
    panel = NeuronsPanel()
    qtbot.addWidget(panel)
    said = heard(panel)
    panel.show()
    assert said == []  # no model yet
    panel.set_model(MODEL)
    assert panel.wants_study
    panel.hide()
    assert not panel.wants_study
    panel.show()
    qtbot.waitUntil(lambda: said == [("study_requested", (0,))])
    panel.show_study(study(0))
    panel.hide()
    panel.show()
    QTest.qWait(0)
    assert len(said) == 1


def test_a_tab_that_comes_to_the_front_asks_for_a_study(qtbot: QtBot) -> None:
    """Qt hides no tab that stands behind another: it moves it out of the window."""
    window, panel = QWidget(), NeuronsPanel()
    qtbot.addWidget(window)
    window.resize(500, 300)
    panel.setParent(window)
    panel.setGeometry(-900, 0, 420, 300)
    said = heard(panel)
    panel.set_model(MODEL)
    window.show()
    qtbot.waitExposed(window)
    QTest.qWait(0)
    assert not panel.wants_study
    assert said == []
    panel.move(0, 0)
    qtbot.waitUntil(lambda: said == [("study_requested", (0,))])


def test_a_study_of_another_step_is_made_anew(qtbot: QtBot) -> None:
    """When the steps rest; while they go on not more often than every 10 s; of one moment once."""
    now, asked = 100.0, []
    parent = QObject()
    studies = Studies(lambda: True, parent, lambda: now)
    studies.needed.connect(lambda block: asked.append((now, block)))

    def pass_time(seconds: float, step: int) -> None:
        """The deadlines go by the clock: Qt's own timer is sent off as soon as one has come."""
        nonlocal now
        now = round(now + seconds, 3)
        due = studies.due_s
        if due is not None and due <= now:
            studies.ask()
        studies.look_at(1, step)

    studies.look_at(1, 40)
    pass_time(0.0, 40)
    assert asked == [(100.0, 1)]  # there was none at all
    studies.take(study(1, 40))
    pass_time(60.0, 40)
    assert len(asked) == 1
    for step in range(41, 341):  # training: ten looks a second
        before = len(asked)
        pass_time(0.1, step)
        if len(asked) > before:
            studies.take(study(1, step))
    times = [at for at, _ in asked[1:]]
    assert len(times) in (3, 4)
    assert min(later - earlier for earlier, later in pairwise(times)) >= 10.0
    count = len(asked)
    for _ in range(10):
        pass_time(0.1, 340)
    assert len(asked) == count + 1  # it rests
    studies.take(study(1, 7))  # what came is of another moment all the same: not for ever again
    for _ in range(50):
        pass_time(1.0, 340)
    assert len(asked) == count + 1


def test_the_newest_study_is_asked_for_at_rest(panel: NeuronsPanel, qtbot: QtBot) -> None:
    panel.show_study(study(1, 6))
    said = heard(panel)
    panel.show_taps(taps(reading()), 1000)
    assert said == []
    assert words(panel, "facts").startswith(
        f"active at {100 * study().active[0]:.0f} % of 1,500 tokens at step 6 ·"
    )
    assert part(panel, QToolButton, "neurons_study").isVisible()
    qtbot.waitUntil(lambda: said == [("study_requested", (1,))], timeout=3000)
