"""Strips, finding and the desk by the keyboard alone, over a real run: what every key did, and all of it undone."""

from __future__ import annotations

from tests.desktop.keyboard import CTRL, NO, SHIFT, Key, Person, at_the_desk
from tests.desktop.running import small_names, until
from weightdeck.run.commands import (
    AddNoise,
    EditSlice,
    HoldSlices,
    ResetStrips,
    SetClamp,
    SetHyperparameter,
    SetMuteTo,
    SetScope,
)
from weightdeck.run.named_slices import strip_slices, written_by
from weightdeck.run.slices import ParameterSlice
from weightdeck.run.strips import Neuron, Strip, StripSetting
from weightdeck_desktop.controller.pins import Origin

EMBEDDINGS = (ParameterSlice("transformer.wte.weight"), ParameterSlice("transformer.wpe.weight"))
NEURON = Neuron("blocks.0.mlp.post", 3)


def test_strips_finding_and_the_desk_by_the_keyboard_alone() -> None:
    with at_the_desk() as person:
        use_the_strips(person)
        use_the_switches_of_the_strips(person)
        hold_activations(person)
        browse_values(person)
        find_what_matters(person)
        tidy_the_desk(person)
        use_a_letters_menu(person)
        use_the_menus_of_watch(person)


def use_the_strips(person: Person) -> None:
    """Arrows move a fader, M mutes, S solos, left and right lead to the next; all act on the mix of the run."""
    strip, mlp = Strip(0, 1), Strip(0)
    person.tab_to("knobs_title")
    person.press(Key.Key_Right)
    assert person.place == "strips_title"
    person.tab_to("strip_0_1_fader")
    for key, modifiers, gain in (
        (Key.Key_Down, NO, 0.98),
        (Key.Key_PageDown, NO, 0.78),
        (Key.Key_Up, SHIFT, 0.782),
        (Key.Key_Home, NO, 0.0),
    ):
        person.press(key, modifiers)
        assert person.set_to(strip) == StripSetting(gain)
    person.enter("0.5")
    assert person.set_to(strip) == StripSetting(0.5)
    person.enter("3")
    assert "from 0 to 2" in person.sentence()
    person.press(Key.Key_Escape)
    assert person.place == "strip_0_1_fader"
    person.press(Key.Key_M)
    assert person.set_to(strip) == StripSetting(0.5, muted=True)
    person.press(Key.Key_Right)
    assert person.place == "strip_0_mlp_fader"
    person.press(Key.Key_S)
    assert person.set_to(mlp) == StripSetting(solo=True)
    for button, setting in (
        ("mute", StripSetting(solo=True, muted=True)),
        ("solo", StripSetting(muted=True)),
    ):
        person.tab_to(f"strip_0_mlp_{button}")
        person.press(Key.Key_Space)
        assert person.set_to(mlp) == setting
    person.tab_to("strip_0_mlp_fader", back=True)
    for act, held in (("strip_act_hold", True), ("strip_act_let_go", False)):
        person.menu_key()
        person.choose(act)
        assert person.news() == [HoldSlices(strip_slices(mlp, small_names().model), held)]
    person.menu_key()
    person.choose("strip_act_knob")
    assert person.in_hand() == written_by(mlp, small_names().model)


def use_the_switches_of_the_strips(person: Person) -> None:
    """What a mute is, where strips act, and all open again."""
    for switch, command, back in (
        ("strips_mute_to", SetMuteTo("mean"), SetMuteTo("zero")),
        ("strips_scope", SetScope("prediction"), SetScope("everything")),
    ):
        person.tab_to(switch, back=True)
        person.press(Key.Key_Down)
        assert person.news() == [command]
        person.press(Key.Key_Up)
        assert person.news() == [back]
    person.tab_to("strips_reset")
    person.press(Key.Key_Space)
    assert person.news() == [ResetStrips()]
    assert person.parts.deck.status.mix.is_neutral


def hold_activations(person: Person) -> None:
    """Typed: a name, a value; then another value, and let go."""
    person.tab_to("clamp_name")
    person.enter("blocks.7.mlp.post[3]")
    assert "no activation" in person.sentence()
    person.press(Key.Key_A, CTRL)
    person.enter(str(NEURON))
    assert person.place == "clamp_value"
    person.enter("0.5")
    assert person.news() == [SetClamp(NEURON, 0.5)]
    person.tab_to(f"clamp_{NEURON}_value", back=True)
    person.press(Key.Key_A, CTRL)
    person.enter("mean")
    assert person.news() == [SetClamp(NEURON, "mean")]
    assert person.parts.deck.status.mix.clamps == ((NEURON, "mean"),)
    person.tab_to(f"clamp_{NEURON}_remove")
    person.press(Key.Key_Space)
    assert person.news() == [SetClamp(NEURON, None)]
    assert person.place == "clamp_name", "the keyboard is not lost with the line"


# Finding


def browse_values(person: Person) -> None:
    """Arrows walk, a letter widens what is chosen; it can be held, and made a knob."""
    panel = person.parts.panels.browse
    person.press(Key.Key_F, CTRL)
    person.enter("transformer.h.1.attn.c_attn.weight[9, 3]")
    until(person.parts, lambda: panel._map._map.values is not None)
    name = "transformer.h.1.attn.c_attn.weight"
    for key, index in (
        (Key.Key_Right, (9, 4)),
        (Key.Key_Down, (10, 4)),
        (Key.Key_R, (10,)),
        (Key.Key_Up, (9,)),
        (Key.Key_C, ((0, 48), 4)),
        (Key.Key_T, ()),
        (Key.Key_E, (9, 4)),
        (Key.Key_H, ((8, 16),)),
    ):
        person.press(key)
        assert panel._selected == ParameterSlice(name, index), key
    head = ParameterSlice(name, ((8, 16),))
    person.tab_to("browse_hold")
    for held in (True, False):
        person.press(Key.Key_Space)
        assert person.news() == [HoldSlices((head,), held)]
        until(person.parts, lambda wanted=held: panel._bar._held == float(wanted))
    person.tab_to("browse_knob", back=True)
    person.press(Key.Key_Space)
    assert person.in_hand() == head
    person.tab_to("browse_extent", back=True)
    person.press(Key.Key_End)
    assert panel._selected == ParameterSlice(name)
    person.tab_to("browse_tensor", back=True)
    person.press(Key.Key_Down)
    assert panel._selected is not None
    assert panel._selected.tensor == "transformer.h.1.attn.c_attn.bias"


def find_what_matters(person: Person) -> None:
    """For a letter, in a part; a knob of one of the list, and six at once."""
    desk, page = person.parts.deck._knobs, person.parts.panels.browse._matters
    person.tab_to("browse_mode_0", back=True)
    person.press(Key.Key_Right)
    until(person.parts, lambda: page._found is not None)
    person.tab_to("browse_token")
    person.press(Key.Key_Down, times=2)
    until(person.parts, lambda: page._found is not None and page._found.token == 1)
    person.tab_to("browse_part")
    person.press(Key.Key_Down)
    assert {row.target.tensor for row in page._list.rows} == {
        "transformer.wte.weight",
        "transformer.wpe.weight",
    }
    person.tab_to("browse_model_map")
    person.press(Key.Key_Right)
    person.press(Key.Key_Return)
    assert page._map.choice is not None
    assert person.in_hand() == page._target(page._map.choice)
    person.tab_to("browse_ranking")
    person.press(Key.Key_Home)
    person.press(Key.Key_Down)
    person.press(Key.Key_Return)
    assert person.in_hand() == page._list.rows[1].target
    person.tab_to("browse_hold_part", back=True)
    for held in (True, False):
        person.press(Key.Key_Space)
        assert person.news() == [HoldSlices(EMBEDDINGS, held)]
    person.tab_to("browse_part", back=True)
    person.press(Key.Key_Home)
    person.tab_to("browse_pin_six")
    person.press(Key.Key_Space)
    six = [pin.target.tensor for pin in desk.pins if pin.origin is Origin.SIX]
    assert len(set(six)) == 6


# The desk, and menus of what shows


def tidy_the_desk(person: Person) -> None:
    """Knobs go and come: Delete, the menu key, the dialog, the buttons below."""
    desk = person.parts.deck._knobs
    person.tab_to("browse_title", back=True)
    person.press(Key.Key_Right)
    assert person.place == "knobs_title"
    person.tab_to("training_knob_learning_rate")
    person.enter("0.02")
    assert person.news() == [SetHyperparameter("learning_rate", 0.02)]
    person.tab_to("weight_knob_1")
    _, second, third, *_ = [pin.target for pin in desk.pins]
    assert person.in_hand() == second
    person.press(Key.Key_Delete)
    assert second not in [pin.target for pin in desk.pins]
    assert person.in_hand() == third
    person.done()
    assert person.place == "weight_knob_1"
    person.menu_key()
    person.choose("Pin another parameter")
    person.tab_to("pin_written")
    person.press(Key.Key_A, CTRL)
    person.type("transformer.ln_f.weight[2]")
    person.leave_the_dialog(Key.Key_Return)
    assert person.place == "weight_knob_1"
    assert person.in_hand() == ParameterSlice("transformer.ln_f.weight", (2,))
    person.tab_to("knobs_suggest")
    person.press(Key.Key_Space)
    until(person.parts, lambda: desk.pins[0].origin is Origin.DESK)
    assert person.in_hand() == desk.pins[0].target
    person.tab_to("knobs_add")
    person.press(Key.Key_Space)
    assert person.place == "browse_search"
    assert person.news() == []


def use_a_letters_menu(person: Person) -> None:
    """Of a row of the prediction: its weights, and what matters for it."""
    parts = person.parts
    person.tab_to("prediction_bars")
    person.press(Key.Key_Down, times=2)
    token = parts.panels.predictions._order.token(2)
    person.press(Key.Key_Return)
    person.choose("Output head", "slice_act_zero")
    assert person.news() == [EditSlice(ParameterSlice("lm_head.weight", (token,)), "scale", 0.0)]
    token = parts.panels.predictions._order.token(2)
    person.menu_key()
    person.choose("matters_for_token")
    assert parts.panels.browse.wants_sensitivity
    assert parts.panels.browse.token == token


def use_the_menus_of_watch(person: Person) -> None:
    """Of a tensor's thumbnail and histogram, and of a cell of an activation map."""
    panels = person.parts.panels
    person.press(Key.Key_1, CTRL)
    person.tab_to("weights_tensors")
    person.press(Key.Key_Right)
    tensor = ParameterSlice(panels.weights._tensor)
    person.press(Key.Key_Return)
    person.choose("slice_act_hold")
    assert person.news() == [HoldSlices((tensor,))]
    person.tab_to("weights_ridge", back=True)
    person.menu_key()
    person.choose("slice_act_noise")
    [command] = person.news()
    assert isinstance(command, AddNoise)
    assert command.target == tensor
    person.tab_to("activation_map_1")
    person.press(Key.Key_Right)
    person.menu_key()
    person.choose("neuron_mute")
    feature = Neuron("blocks.0.resid_post", panels.activations._maps._maps[1].cursor_cell.column)
    assert person.news() == [SetClamp(feature, 0.0)]
    person.menu_key()
    person.choose("neuron_value")
    person.enter("0.25")
    assert person.news() == [SetClamp(feature, 0.25)]
    assert person.place == "activation_map_1"
    person.tab_to("weights_tensors", back=True)
    person.menu_key()
    person.choose("browse")
    assert panels.browse.tensor == tensor.tensor
    assert person.parts.window.workspace == "turn"
