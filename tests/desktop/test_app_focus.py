"""Every control of the desk says what it is, and the keyboard comes to it and away from it again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import groupby

import pytest
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtWidgets import QTabBar, QWidget

from tests.desktop.keyboard import NO, SHIFT, Key, Person
from tests.desktop.running import small_names, train_until, until, window_on
from weightdeck.run.commands import EditSlice, SetClamp, Undo
from weightdeck.run.slices import ParameterSlice
from weightdeck.run.strips import Neuron
from weightdeck.run.subjects import InPrompt, TapCell
from weightdeck_desktop.app import Parts
from weightdeck_desktop.panels.panel import Panel

DESK = ("predictions", "knobs", "strips", "browse", "in_hand", "response", "edits")
_MOST = 200  # controls in the window


ARRANGEMENTS = ("watch", "knobs", "strips", "values", "what matters")


@pytest.fixture
def person() -> Iterator[Person]:
    """Before a window in which every control has something to do."""
    with window_on(small_names()) as parts:
        train_until(parts, 10)
        person = Person(parts)
        person.tab_to("prompt_compare")
        person.press(Key.Key_Space)  # a second prompt, and the switch between the two
        parts.deck._hand.submit(SetClamp(Neuron("blocks.0.mlp.post", 3), 0.5))
        for row in (5, 6):
            parts.deck._hand.submit(EditSlice(ParameterSlice("lm_head.weight", (row,)), "scale", 2.0))
        parts.deck._hand.submit(Undo())
        person.done()
        yield person


def test_every_control_says_what_it_is_and_the_keyboard_comes_to_it(person: Person) -> None:
    for arrangement in ARRANGEMENTS:
        panels = arranged(person, arrangement)
        for panel in panels:
            if panel.key in DESK:
                says_what_it_is(panel)
        for key in (Key.Key_Tab, Key.Key_Backtab):
            passes_through_all(walk(person, key), panels)
        names_differ(person)


INSIDE = (
    *("transformer", "lens", "contributions", "neurons", "embeddings", "batch", "memory", "cost"),
    *("explain", "expression", "inspector", "attention"),
)


def test_so_does_every_control_of_inside(person: Person) -> None:
    parts = person.parts
    parts.window.show_workspace("inside")
    parts.panels.transformer.cell_chosen.emit(TapCell(InPrompt("chri"), "blocks.1.mlp.post", (2, 7)))
    until(parts, lambda: bool(parts.panels.explain.shown_subjects))
    for key in INSIDE:
        parts.window.show_panel(key)
        person.done()
        until(parts, lambda: titles_seen(parts) == parts.window.visible_panels())
        shown = parts.window.visible_panels()
        panels = [panel for panel in parts.panels if panel.key in shown]
        says_what_it_is(getattr(parts.panels, key), may_describe=True)
        for tab in (Key.Key_Tab, Key.Key_Backtab):
            passes_through_all(walk(person, tab), panels)
        names_differ(person)


def titles_seen(parts: Parts) -> set[str]:
    """The panels whose title line is there: not of those behind another tab, once the docks have settled."""
    docks = parts.window._host.docks
    return {key for key, dock in docks.items() if dock._bar.isVisible()}


def arranged(person: Person, arrangement: str) -> list[Panel]:
    """The panels that are on screen in one of the window's arrangements, once all that they show has come."""
    parts = person.parts
    browse = parts.panels.browse
    parts.window.show_workspace("watch" if arrangement == "watch" else "turn")
    if arrangement != "watch":
        parts.window.show_panel(arrangement if arrangement in DESK else "browse")
    if arrangement == "what matters":
        browse.show_what_matters(None)
        browse.interest_changed.emit()
        until(parts, lambda: browse._matters._found is not None)
    if arrangement == "values":
        until(parts, lambda: browse._map._map.values is not None)
    if arrangement != "watch":
        person.in_hand()
        until(parts, parts.deck.shows_response)
    person.done()
    shown = parts.window.visible_panels()
    return [panel for panel in parts.panels if panel.key in shown]


def says_what_it_is(panel: Panel, *, may_describe: bool = False) -> None:
    """Every control has a name, a tip and a stable object name. `may_describe`: a picture that tells of what is under
    the pointer by itself has a description instead of a tip, which would lie over it.
    """
    controls = focusable(panel)
    assert controls
    for control in controls:
        assert control.objectName(), (panel.key, control)
        assert control.accessibleName(), control.objectName()
        tip = control.toolTip() or (may_describe and control.accessibleDescription())
        assert tip, control.objectName()


def passes_through_all(round_trip: list[QWidget], panels: list[Panel]) -> None:
    """None is passed by, and a panel is left only when all of it has been seen."""
    for panel in panels:
        missed = [each.objectName() for each in offered(panel) if each not in round_trip]
        assert not missed, panel.key
    keys = [next((panel.key for panel in panels if panel.isAncestorOf(each)), "") for each in round_trip]
    runs = [key for key, _ in groupby(keys) if key]
    assert sorted(runs) == sorted(panel.key for panel in panels)


def names_differ(person: Person) -> None:
    """No two things in the window share an object name, but for what Qt makes."""
    things = person.parts.window.findChildren(QWidget)
    names = Counter(each.objectName() for each in things if not isinstance(each.parent(), QTabBar))
    assert [name for name, count in names.items() if count > 1 and name and not name.startswith("qt_")] == []


def walk(person: Person, key: Key) -> list[QWidget]:
    """Press `key` from the window itself until a control comes for the second time; those that came, in order."""
    window = person.parts.window
    window.setFocus()
    seen: list[QWidget] = []
    for _ in range(_MOST):
        person.press(key, SHIFT if key == Key.Key_Backtab else NO)
        here = window.focusWidget()
        place = QRect(here.mapTo(window, QPoint(0, 0)), here.size())
        assert window.rect().intersects(place), f"{here.objectName()} cannot be seen"
        if here in seen:
            assert here is seen[0], f"{here.objectName()} comes again before the round is complete"
            return seen
        seen.append(here)
    raise AssertionError("the round never ends")


def focusable(panel: Panel) -> list[QWidget]:
    """The controls of a panel: what can have the keyboard, but for Qt's own parts of controls."""
    return [
        each
        for each in panel.findChildren(QWidget)
        if each.focusPolicy() is not Qt.FocusPolicy.NoFocus
        and each.focusProxy() is None
        and each.window() is panel.window()  # the list of a drop-down is a window of its own
    ]


def offered(panel: Panel) -> list[QWidget]:
    """Those that Tab must come to now. Of a row of buttons of which one is down it comes to one: arrows lead on."""
    return [
        each
        for each in focusable(panel)
        if each.isVisible() and each.isEnabled() and each.focusPolicy() & Qt.FocusPolicy.TabFocus
    ]
