"""Knobs by the keyboard alone, over a real run: what every key did to the model, and all of it undone."""

from __future__ import annotations

import numpy as np
import pytest

from tests.desktop.keyboard import CTRL, NO, SHIFT, Key, Person, at_the_desk
from tests.desktop.running import until
from weightdeck.run.commands import AddNoise, EditSlice, HoldSlices, Paste, Redo, Reinitialise, Undo
from weightdeck.run.frame import Baseline
from weightdeck.run.queries import Hashes
from weightdeck.run.scales import knob_scale
from weightdeck.run.slices import ParameterSlice
from weightdeck_desktop.panels.edit_lines import Standing

QUERY_BIAS = ParameterSlice("transformer.h.0.attn.c_attn.bias", ((8, 16),))  # 8 features of head 1
WEIGHT = ParameterSlice("lm_head.weight", (5, 3))
ROW, OTHER_ROW = (ParameterSlice("lm_head.weight", (row,)) for row in (5, 6))


def test_knobs_by_the_keyboard_alone() -> None:
    with at_the_desk() as person:
        start = person.hashes()
        find_a_knob(person)
        turn_it(person)
        type_values(person)
        use_its_buttons_and_menu(person)
        follow_the_response_curve(person)
        copy_and_paste(person)
        hold_and_let_go(person)
        undo_and_redo(person)
        go_back_in_the_history(person, start)
        compare(person)


def find_a_knob(person: Person) -> None:
    """By what a person calls it: Enter shows it, a second Enter or Ctrl+Enter makes it a knob."""
    person.press(Key.Key_F, CTRL)
    assert person.place == "browse_search"
    person.type("block 0 head 1 query bias")
    person.press(Key.Key_Return, CTRL)
    assert person.in_hand() == QUERY_BIAS
    person.press(Key.Key_F, CTRL)
    person.enter("lm_head.weight[5, 3]")
    assert person.place == "browse_map"
    person.press(Key.Key_Return)
    assert person.in_hand() == WEIGHT
    assert person.news() == [], "to make a knob changes nothing"


def turn_it(person: Person) -> None:
    """Arrows, page keys, and finely with Shift: the weight is where the pointer is, one line of history a turn."""
    parts = person.parts
    assert parts.deck.info is not None
    scale = knob_scale(parts.deck._knobs.pins[-1].knob, parts.deck.info.layout)
    person.tab_to("in_hand_knob")
    lines = len(parts.deck._state.log.lines)
    for key, modifiers, turned in (
        (Key.Key_Up, NO, 0.01),
        (Key.Key_PageUp, NO, 0.1),
        (Key.Key_Left, SHIFT, -0.001),
        (Key.Key_End, NO, None),
    ):
        before = scale.to_position(person.number(WEIGHT))
        person.press(key, modifiers)
        [command] = person.news()
        assert isinstance(command, EditSlice)
        assert (command.target, command.op) == (WEIGHT, "set")
        assert person.number(WEIGHT) == np.float32(command.value)
        if turned is not None:
            assert scale.to_position(person.number(WEIGHT)) - before == pytest.approx(turned, rel=1e-2)
        lines += 1
        assert len(parts.deck._state.log.lines) == lines
    assert person.number(WEIGHT) == 4.0, "End leads to the end of the turn"


def type_values(person: Person) -> None:
    """A value with its unit; what is none gets a sentence, and changes nothing."""
    person.enter("1e-3")
    assert person.news() == [EditSlice(WEIGHT, "set", 0.001)]
    person.enter("0.5x")
    person.done()
    assert person.number(WEIGHT) == pytest.approx(0.0005, rel=1e-6)
    person.news()
    for typed in ("4q", "nan", "inf", "1e9"):
        person.press(Key.Key_Return)
        person.enter(typed)
        assert person.sentence(), typed
        person.press(Key.Key_Escape)
        assert person.sentence() == ""
        assert person.place == "in_hand_knob"
    assert person.news() == []
    assert person.number(WEIGHT) == pytest.approx(0.0005, rel=1e-6)
    assert person.parts.panels.in_hand._knob.number == person.number(WEIGHT), "the knob shows what is"


def use_its_buttons_and_menu(person: Person) -> None:
    default = person.parts.deck._knobs.pins[-1].default
    for button in ("default", "zero"):
        person.tab_to(f"in_hand_{button}")
        person.press(Key.Key_Space)
        assert person.news() == [EditSlice(WEIGHT, "set", default if button == "default" else 0.0)]
    person.tab_to("in_hand_reinitialise")
    person.press(Key.Key_Space)
    assert person.news() == [Reinitialise(WEIGHT, 1)]
    before = person.number(WEIGHT)
    person.tab_to("in_hand_acts")
    person.press(Key.Key_Space)
    person.choose("slice_act_noise")
    assert isinstance(person.news()[0], AddNoise)
    assert person.number(WEIGHT) != before
    person.tab_to("in_hand_knob", back=True)
    person.menu_key()
    person.choose("slice_act_initial")
    assert person.news() == [Reinitialise(WEIGHT)]


def follow_the_response_curve(person: Person) -> None:
    """Arrows walk along it, Enter sets the knob to the place."""
    until(person.parts, person.parts.deck.shows_response)
    person.tab_to("response_plot")
    person.press(Key.Key_Right, times=5)
    said = person.parts.panels.response._plot.readout
    person.press(Key.Key_Return)
    [command] = person.news()
    assert isinstance(command, EditSlice)
    assert command.target == WEIGHT
    assert person.number(WEIGHT) == np.float32(command.value)
    assert f"{command.value:+.3f}".replace("-", "−") in said


def copy_and_paste(person: Person) -> None:
    person.press(Key.Key_F, CTRL)
    person.type(str(ROW))
    person.press(Key.Key_Return, CTRL)
    assert person.in_hand() == ROW
    person.tab_to("in_hand_knob")
    person.menu_key()
    person.choose("slice_act_copy")
    until(person.parts, lambda: person.parts.deck._acts.copied_size == 16)
    person.press(Key.Key_F, CTRL)
    person.enter(str(OTHER_ROW))
    person.tab_to("browse_acts")
    person.press(Key.Key_Space)
    person.choose("slice_act_paste")
    [command] = person.news()
    assert isinstance(command, Paste)
    assert command.target == OTHER_ROW
    assert np.array_equal(person.read(OTHER_ROW), person.read(ROW))


def hold_and_let_go(person: Person) -> None:
    """By its key and by its button."""
    person.tab_to("in_hand_knob")
    person.press(Key.Key_H)
    assert person.news() == [HoldSlices((ROW,))]
    assert person.parts.deck.status.held == (ROW,)
    person.tab_to("in_hand_hold")
    person.press(Key.Key_Space)
    assert person.news() == [HoldSlices((ROW,), held=False)]
    assert person.parts.deck.status.held == ()


def undo_and_redo(person: Person) -> None:
    turned = person.hashes()
    for _ in ("let go", "hold", "paste"):
        person.press(Key.Key_Z, CTRL)
        assert person.news() == [Undo()]
    assert not np.array_equal(person.read(OTHER_ROW), person.read(ROW))
    for _ in ("paste", "hold", "let go"):
        person.press(Key.Key_Z, CTRL | SHIFT)
        assert person.news() == [Redo()]
    assert person.hashes() == turned
    assert person.parts.deck.status.held == ()


def go_back_in_the_history(person: Person, start: Hashes) -> None:
    """End is the beginning of the run, Home the newest change; Enter goes there."""
    turned, log = person.hashes(), person.parts.deck._state.log
    count = len(log.lines)
    person.tab_to("edits_list")
    for key, commands in (
        (Key.Key_End, [Undo(count)]),
        (Key.Key_Home, [Redo(count)]),
        (Key.Key_Down, [Undo(1)]),
        (Key.Key_Up, [Redo(1)]),
    ):
        person.press(key)
        person.press(Key.Key_Return)
        assert person.news() == commands
        if key == Key.Key_End:
            assert person.hashes() == start
            assert {line.standing for line in log.lines} == {Standing.UNDONE}
    assert person.hashes() == turned


def compare(person: Person) -> None:
    """B, or a button kept down, shows before; Ctrl+M marks a moment to compare with."""
    parts = person.parts

    def shown() -> list[float]:
        return [row.value for row in parts.panels.predictions._bars._rows]

    now = shown()
    person.keep(Key.Key_B)
    before = shown()
    assert before != now
    person.let_go(Key.Key_B)
    assert shown() == now
    for button, key in (("prediction_before", Key.Key_Space), ("in_hand_before", Key.Key_Return)):
        person.tab_to(button)
        person.keep(key)
        assert shown() == before
        person.let_go(key)
        assert shown() == now
    person.press(Key.Key_M, CTRL)
    person.tab_to("prediction_baseline")
    for key, baseline, step in (
        (Key.Key_End, Baseline.MARK, 10),
        (Key.Key_Up, Baseline.PLAY, 0),
        (Key.Key_Home, Baseline.LAST, 10),
    ):
        person.press(key)
        until(parts, lambda wanted=(baseline, step): person.compared_with() == wanted)
    assert person.news() == []
