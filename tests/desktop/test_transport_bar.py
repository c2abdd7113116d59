"""A step by its parts in the bar above: what comes next, how far it is, what is known of it, and that it fits."""

from __future__ import annotations

from typing import Any

import pytest
from PySide6.QtCore import QCoreApplication, QPoint, QRect, Qt
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from tests.desktop.window_bench import Heard, button, tell
from weightdeck.run.document import Past, Place
from weightdeck.run.frame import Pace, Phase, Status
from weightdeck.run.half_step import Breakpoint, HalfStep, Stage, Watched
from weightdeck_desktop.theme import dark_theme, light_theme
from weightdeck_desktop.transport_bar import TransportBar
from weightdeck_desktop.window import Window
from weightdeck_desktop.workspaces import Workspace

NOTHING = HalfStep()
FORWARD = HalfStep(Stage.FORWARD, 2.13412, learning_rate=2.87e-3)
BACKWARD = HalfStep(Stage.BACKWARD, 2.13412, 1.5203, 0.65776, 2.87e-3)
WORKSPACES = tuple(
    Workspace(key, key.capitalize(), f"{key} the model", ()) for key in ("watch", "turn", "inside")
)


@pytest.fixture
def bar(qtbot: QtBot) -> TransportBar:
    """A bar for three workspaces, with an engine that waits."""
    bar = TransportBar(WORKSPACES)
    qtbot.addWidget(bar)
    bar.set_theme(dark_theme())
    bar.set_enabled_engine(True)
    bar.resize(1440, bar.height())
    bar.show()
    show(bar)
    return bar


def show(bar: TransportBar, half: HalfStep = NOTHING, phase: Phase = Phase.PAUSED, **fields: object) -> None:
    fields = {"run": 1, "step": 1240} | fields
    bar.show_status(Status(phase, half=half, **fields), 2.5, 2.6)  # type: ignore[arg-type]
    QCoreApplication.processEvents()


def readouts(bar: TransportBar) -> dict[str, str]:
    """What the numbers say that have a place, by their labels."""
    return {each.label: each.value for each in bar._readouts._readouts if each.place is not None}


def test_the_button_says_what_comes_next_and_how_far_it_is(bar: TransportBar) -> None:
    part = bar._part
    said = []
    for half in (NOTHING, FORWARD, BACKWARD, NOTHING):
        show(bar, half)
        said.append((part.text(), part.accessibleName(), part._icon_name))
    assert said == [
        ("Forward", "Forward", "part-0"),
        ("Backward", "Backward", "part-1"),
        ("Update", "Update", "part-2"),
        ("Forward", "Forward", "part-0"),
    ]


def test_the_tooltip_has_the_numbers_of_the_step_in_hand(bar: TransportBar) -> None:
    assert "step in hand" not in bar._part.toolTip()
    show(bar, FORWARD)
    assert "loss of its batch 2.134 nats" in bar._part.toolTip()
    assert "gradient norm" not in bar._part.toolTip()
    assert "left of this step" in bar._step.toolTip()
    show(bar, BACKWARD)
    for words in ("2.134", "gradient norm 1.52", "×0.658", "rate 2.87e-3"):
        assert words in bar._part.toolTip()
    show(bar)
    assert bar._step.toolTip() == "Make one training step and pause (.)"


def test_the_readouts_show_what_is_known_and_nothing_that_is_not(bar: TransportBar) -> None:
    usual = readouts(bar)
    assert list(usual) == ["step", "speed", "loss", "validation", "as unsure as among", "left"]
    show(bar, FORWARD)
    known = {"step": "1,240", "batch loss": "2.134", "loss": "2.500", "rate": "2.87e-3"}
    assert readouts(bar) == known | {"gradient": "–", "clip": "–"}
    assert "gradient –" in bar._readouts.accessibleDescription()
    show(bar, BACKWARD)
    assert readouts(bar) == known | {"gradient": "1.520", "clip": "×0.658"}
    show(bar)
    assert readouts(bar) == usual


MADE = {"step": "1,241", "batch loss": "2.134", "loss": "2.500", "gradient": "1.520", "clip": "×0.658"}


def test_what_is_known_of_a_step_stays_after_its_update(bar: TransportBar) -> None:
    usual = readouts(bar)
    show(bar, BACKWARD)
    show(bar, step=1241)
    assert readouts(bar) == MADE | {"rate": "2.87e-3"}
    assert bar._part.text() == "Forward"
    show(bar, step=1241, past=Past(Place(0, 5), 5, is_exact=True))
    assert "batch loss" not in readouts(bar)
    show(bar, step=1241)
    assert readouts(bar)["gradient"] == "1.520", "back from the past"
    show(bar, HalfStep(Stage.FORWARD, 1.9), step=1241)
    assert (readouts(bar)["batch loss"], readouts(bar)["gradient"]) == ("1.900", "–"), "the next step"
    show(bar, step=1241)
    assert list(readouts(bar)) == list(usual), "an edit threw the half away"


@pytest.mark.parametrize(
    "after",
    [
        {"phase": Phase.TRAINING, "step": 1241},
        {"step": 1242},  # a whole step
        {"step": 1240},  # the half was thrown away
        {"step": 1241, "run": 2},
    ],
)
def test_it_goes_with_whatever_is_not_that_update(bar: TransportBar, after: dict[str, Any]) -> None:
    show(bar, BACKWARD)
    show(bar, **after)
    assert "batch loss" not in readouts(bar)


def test_in_slow_motion_the_numbers_stay_between_two_steps(bar: TransportBar) -> None:
    slow = {"phase": Phase.TRAINING, "pace": Pace(0.5, by_parts=True)}
    show(bar, BACKWARD, **slow)
    show(bar, step=1241, **slow)
    assert readouts(bar)["gradient"] == "1.520"
    show(bar, HalfStep(Stage.FORWARD, 1.9), step=1241, **slow)
    assert readouts(bar)["gradient"] == "–"


def test_in_slow_motion_the_readouts_stay_and_the_pace_says_so(bar: TransportBar) -> None:
    slow = Pace(0.5, by_parts=True)
    for half in (NOTHING, FORWARD, BACKWARD, NOTHING):
        show(bar, half, Phase.TRAINING, pace=slow)
        assert "batch loss" in readouts(bar)
        assert (bar._pace_label.text(), bar._full.text(), bar._slider.value()) == ("slow motion", "0.5 /s", 0)
    show(bar, pace=Pace(0.5))
    assert (bar._pace_label.text(), bar._full.text()) == ("pace", "0.5 /s")


def test_a_press_asks_for_the_next_part(bar: TransportBar, qtbot: QtBot) -> None:
    heard = Heard(part=bar.next_part_requested, step=bar.step_requested, play=bar.play_requested)
    for half in (NOTHING, FORWARD, BACKWARD):
        show(bar, half)
    assert heard.said == []
    qtbot.mouseClick(bar._part, Qt.MouseButton.LeftButton)
    qtbot.keyClick(bar._part, Qt.Key.Key_Space)
    assert heard.said == [("part",), ("part",)]


@pytest.mark.parametrize("phase", [Phase.PAUSED, Phase.TRAINING, Phase.HELD, Phase.FINISHED, Phase.STOPPED])
def test_a_part_can_be_made_where_a_step_can(bar: TransportBar, phase: Phase) -> None:
    show(bar, phase=phase)
    assert bar._part.isEnabled()
    assert bar._step.isEnabled()


@pytest.mark.parametrize("phase", [Phase.LOADING, Phase.FAILED, Phase.CLOSED])
def test_without_an_engine_nothing_of_it_can_be_pressed(bar: TransportBar, phase: Phase) -> None:
    show(bar, phase=phase)
    assert not any(each.isEnabled() for each in (bar._part, bar._step, bar._breakpoints))


def test_the_past_makes_no_parts(bar: TransportBar) -> None:
    show(bar, BACKWARD, past=Past(Place(0, 5), 5, is_exact=True))
    assert not bar._part.isEnabled()
    assert "back to now" in bar._part.toolTip()
    assert "batch loss" not in readouts(bar), "that is a step of now"
    show(bar, BACKWARD)
    assert bar._part.isEnabled()
    assert "gradient norm 1.52" in bar._part.toolTip()


def test_a_mark_shows_that_some_breakpoints_are_on(bar: TransportBar, qtbot: QtBot) -> None:
    mark = bar._breakpoints
    low = Breakpoint(Watched.LOSS, 1.5, above=False)
    bar.show_breakpoints((Breakpoint(Watched.STEP, 1000, is_on=False),))
    assert mark._icon_name == "breakpoint"
    bar.show_breakpoints((Breakpoint(Watched.STEP, 1000, is_on=False), low))
    assert mark._icon_name == "breakpoint-on"
    assert "when the loss of the batch is below 1.5" in mark.toolTip()
    assert "1,000" not in mark.toolTip()
    bar.show_breakpoints((low, *(Breakpoint(Watched.STEP, step) for step in range(1, 6))))
    assert "3 more" in mark.toolTip()
    heard = Heard(list=bar.breakpoints_requested)
    qtbot.mouseClick(mark, Qt.MouseButton.LeftButton)
    assert heard.said == [("list",)]


@pytest.mark.parametrize("scale", [1.0, 1.5, 2.0])
@pytest.mark.parametrize("width", [1280, 1440, 1920])
def test_it_fits_with_three_workspaces_whatever_is_shown(bar: TransportBar, width: int, scale: float) -> None:
    bar.set_theme(light_theme(scale))
    bar.resize(width, bar.height())
    shed = set()
    for half in (NOTHING, FORWARD, BACKWARD):
        show(bar, half)
        parts = [
            part for part in bar.findChildren(QWidget) if part.isVisible() and not part.findChildren(QWidget)
        ]
        places = [QRect(part.mapTo(bar, QPoint()), part.size()) for part in parts]
        for number, (part, place) in enumerate(zip(parts, places, strict=True)):
            assert bar.rect().contains(place), part.objectName()
            assert part is bar._readouts or part.width() >= part.sizeHint().width(), part.objectName()
            assert not any(place.intersects(other) for other in places[number + 1 :]), part.objectName()
        assert {"step"} < set(readouts(bar))
        assert half.loss is None or "batch loss" in readouts(bar)
        assert scale > 1.0 or len(readouts(bar)) == 6
        assert bar._pace_block.isVisible() or scale == 2.0
        shed.add(tuple(part.objectName() for part in parts))
    assert len(shed) == 1, "nothing comes or goes as the step is made"
    assert scale > 1.0 or bar._part.width() > bar._part.height() * 2, "there is room for its words"


def test_the_keys_ask_for_a_part_and_for_slow_motion(window: Window, qtbot: QtBot) -> None:
    heard = Heard(part=window.next_part_requested, slow=window.slow_motion_requested)
    tell(window, Phase.PAUSED)
    qtbot.keyClick(window, ",")
    qtbot.keyClick(window, "m")
    window.show_slow_motion(True)
    qtbot.keyClick(window, "m")
    assert heard.said == [("part",), ("slow", True), ("slow", False)]
    window.show_slow_motion(True)
    assert window.registry["slow_motion"].isChecked()
    assert len(heard.said) == 3, "to be told is no wish"
    qtbot.mouseClick(button(window, "next_part"), Qt.MouseButton.LeftButton)
    assert heard.said[3:] == [("part",)]
    window.set_enabled_engine(False)
    for key in (",", "m"):
        qtbot.keyClick(window, key)
    assert len(heard.said) == 4
