"""The transformer panel's sources, patches and menus: what cannot be had says why, and a person's act is told once."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QMenu, QSpinBox, QToolButton
from pytestqt.qtbot import QtBot

from tests.desktop.tap_readings import MODEL, reading, taps
from tests.desktop.transforming import flow, heard, move_to, open_block, pixel_of, readout, transformer
from weightdeck.probes.taps import check_patch
from weightdeck.run.half_step import HalfStep, Stage
from weightdeck.run.inside import Patch, TapReading, Taps
from weightdeck.run.layout import tap_shapes
from weightdeck.run.strips import Mix, Strip, StripSetting
from weightdeck.run.subjects import InBatch, InPrompt, TapCell, TapGradient
from weightdeck_desktop.panels.tap_source import TapSource
from weightdeck_desktop.panels.transformer import TransformerPanel
from weightdeck_desktop.panels.transformer_menu import StageMenu
from weightdeck_desktop.panels.transformer_patching import Prompts, fitting_patches, with_patch
from weightdeck_desktop.widgets.choice_box import ChoiceBox
from weightdeck_desktop.widgets.flow_parts import FlowCell, Stop, StopKind

ATTENTION_OUT = "blocks.0.attn_out"
PATTERN = "blocks.0.attn.pattern"


@pytest.fixture
def panel(qtbot: QtBot) -> TransformerPanel:
    return transformer(qtbot)


def two() -> Taps:
    return taps(reading("abca"), reading("dbca", 2))


def patched(*patches: Patch) -> Taps:
    a, b = two().readings
    changed = reading("dbca", 3)
    return taps(a, b, TapReading(changed.where, changed.ids, changed.tokens, changed.values, patches=patches))


def box(panel: TransformerPanel) -> ChoiceBox:
    found = panel.findChild(ChoiceBox, "transformer_source")
    assert isinstance(found, ChoiceBox)
    return found


def choose(panel: TransformerPanel, source: TapSource) -> None:
    """As a person who opens the list and takes an entry."""
    place = list(TapSource).index(source)
    box(panel).setCurrentIndex(place)
    box(panel).activated.emit(place)


def why_not(panel: TransformerPanel, source: TapSource) -> str:
    """Why a source cannot be had; "" when it can."""
    place = list(TapSource).index(source)
    index = box(panel).model().index(place, 0)
    if index.flags() & Qt.ItemFlag.ItemIsEnabled:
        return ""
    return str(box(panel).itemData(place, Qt.ItemDataRole.ToolTipRole))


def menu(panel: TransformerPanel, stop: Stop, cell: FlowCell | None = None) -> StageMenu:
    flow(panel).menu_requested.emit(stop, cell, QPoint(10, 10))
    found = panel.findChildren(StageMenu)[-1]
    assert isinstance(found, StageMenu)
    return found


def entries(of: StageMenu) -> dict[str, str]:
    """Every entry by its name, those of submenus too."""
    menus = [of, *(each for each in of.findChildren(QMenu) if each.objectName() == "patches_menu")]
    return {each.objectName(): each.text() for one in menus for each in one.actions() if each.objectName()}


def trigger(of: StageMenu, name: str) -> None:
    menus = [of, *of.findChildren(QMenu)]
    action = next(each for one in menus for each in one.actions() if each.objectName() == name)
    action.trigger()
    of.close()


def test_sources_that_cannot_be_had_say_why(panel: TransformerPanel) -> None:
    panel.show_taps(taps(reading(), step=0), 0)
    assert why_not(panel, TapSource.A) == ""
    assert why_not(panel, TapSource.B) == "There is no prompt B: press “+ compare” beside prompt A."
    assert "no prompt B" in why_not(panel, TapSource.EFFECT)
    assert "no batch yet" in why_not(panel, TapSource.GRADIENT)
    panel.show_half(HalfStep(Stage.FORWARD, 2.0), False)
    assert why_not(panel, TapSource.BATCH) == ""
    panel.show_half(HalfStep(), False)
    panel.show_taps(two(), 40)
    assert [why_not(panel, source) for source in (TapSource.B, TapSource.DIFFERENCE, TapSource.BATCH)] == [
        ""
    ] * 3
    assert "Nothing of A stands in B" in why_not(panel, TapSource.PATCHED)


def test_a_source_is_chosen_and_shown(panel: TransformerPanel) -> None:
    panel.show_taps(two(), 40)
    view, said = flow(panel), heard(panel)
    choose(panel, TapSource.DIFFERENCE)
    assert said == [("source_chosen", (TapSource.DIFFERENCE,)), ("interest_changed", ())]
    assert (panel.source, panel.batch_row) == (TapSource.DIFFERENCE, None)
    a, b = two().readings
    cell = FlowCell(ATTENTION_OUT, 0, 2, 5)
    move_to(view, pixel_of(view, cell))
    difference = float(a.values[ATTENTION_OUT][2, 5] - b.values[ATTENTION_OUT][2, 5])
    assert f"{abs(difference):.4f}" in readout(panel)
    said.clear()
    view.cell_opened.emit(cell)
    assert said == []
    assert "difference belongs to no single pass" in readout(panel)


def test_a_difference_of_other_lengths_is_a_sentence(panel: TransformerPanel) -> None:
    panel.show_taps(taps(reading("abca"), reading("ab", 2)), 40)
    panel.set_source(TapSource.DIFFERENCE)
    message = flow(panel)._message
    assert not message.isHidden()
    assert message.text() == "A has 5 tokens and B has 3: a difference needs as many of both."
    panel.set_source(TapSource.B)
    assert message.isHidden()


def test_a_sequence_of_the_batch_and_its_gradient(panel: TransformerPanel) -> None:
    panel.show_taps(two(), 40)
    said = heard(panel)
    row = panel.findChild(QSpinBox, "transformer_row")
    assert isinstance(row, QSpinBox)
    assert row.isHidden()
    choose(panel, TapSource.GRADIENT)
    assert not row.isHidden()
    assert panel.batch_row == 0
    row.setValue(3)
    assert panel.batch_row == 3
    assert said[-1] == ("interest_changed", ())
    given = reading("abca", where=InBatch(3))
    panel.show_taps(taps(given), 40)
    view = flow(panel)
    cell = FlowCell(ATTENTION_OUT, 0, 1, 4)
    view.cell_opened.emit(cell)
    assert said[-1] == ("cell_chosen", (TapGradient(3, ATTENTION_OUT, (1, 4)),))
    # What the batch says nothing of is still known: B is there.
    assert why_not(panel, TapSource.B) == ""


def test_a_mask_is_hovered_and_never_explained(panel: TransformerPanel) -> None:
    panel.show_taps(two(), 40)
    view = flow(panel)
    open_block(view, 0)
    panel.show_taps(two(), 40)
    said = heard(panel)
    mask = "blocks.0.attn.mask"
    move_to(view, pixel_of(view, FlowCell(mask, 0, 1, 3)))
    assert readout(panel) == "mask · a looks at c · masked: it comes later"
    move_to(view, pixel_of(view, FlowCell(mask, 0, 3, 1)))
    assert readout(panel) == "mask · c looks at a · it may"
    view.cell_opened.emit(FlowCell(mask, 0, 1, 3))
    assert said == []


def test_patches_are_put_in_and_taken_out(panel: TransformerPanel) -> None:
    panel.show_taps(two(), 40)
    said = heard(panel)
    found = menu(panel, Stop(StopKind.STAGE, ATTENTION_OUT), FlowCell(ATTENTION_OUT, 0, 2, 5))
    assert entries(found)["patch_1"] == "Put A’s attention output of block 0 at token 2 “b” into B"
    trigger(found, "patch_1")
    patch = Patch(ATTENTION_OUT, token=2)
    assert panel.patches == (patch,)
    assert said == [("source_chosen", (TapSource.PATCHED,)), ("interest_changed", ())]
    panel.show_taps(patched(patch), 41)
    assert flow(panel)._message.isHidden()
    assert why_not(panel, TapSource.EFFECT) == ""
    button = panel.findChild(QToolButton, "transformer_patch_0")
    assert isinstance(button, QToolButton)
    assert button.text() == "A’s attention output of block 0 at token 2 “b” → B ✕"
    flow(panel).cell_opened.emit(FlowCell(ATTENTION_OUT, 0, 1, 1))
    assert "Behind a patch" in readout(panel)
    said.clear()
    button.click()
    assert (panel.patches, panel.source) == ((), TapSource.B)
    assert said == [("source_chosen", (TapSource.B,)), ("interest_changed", ())]


def test_all_patches_are_taken_out_at_once(panel: TransformerPanel) -> None:
    panel.show_taps(two(), 40)
    for name, stop in (("patch_0", ATTENTION_OUT), ("patch_0", "blocks.1.mlp.post")):
        trigger(menu(panel, Stop(StopKind.STAGE, stop)), name)
    assert panel.patches == (Patch(ATTENTION_OUT), Patch("blocks.1.mlp.post"))
    everything = panel.findChild(QToolButton, "transformer_patches_clear")
    assert isinstance(everything, QToolButton)
    everything.click()
    assert panel.patches == ()


def test_a_problem_with_a_patch_is_said(panel: TransformerPanel) -> None:
    panel.show_taps(two(), 40)
    trigger(menu(panel, Stop(StopKind.STAGE, ATTENTION_OUT)), "patch_0")
    a, b = reading("abca"), reading("ab", 2)
    panel.show_taps(Taps((a, b), "Prompt A has 5 tokens and prompt B 3.", 41), 41)
    assert flow(panel)._message.text() == "Prompt A has 5 tokens and prompt B 3."


def test_without_b_the_menu_says_so(panel: TransformerPanel) -> None:
    panel.show_taps(taps(reading()), 40)
    found = menu(panel, Stop(StopKind.STAGE, ATTENTION_OUT))
    action = next(each for each in found.actions() if each.objectName() == "patch_0")
    assert not action.isEnabled()
    assert "no prompt B" in action.toolTip()
    found.close()


def test_scores_and_patterns_are_no_patches_and_heads_are_muted(panel: TransformerPanel) -> None:
    panel.show_taps(two(), 40)
    said = heard(panel)
    found = menu(panel, Stop(StopKind.STAGE, PATTERN), FlowCell(PATTERN, 2, 3, 1))
    assert set(entries(found)) == {"stage_inspect", "cell_explain", "part_mute"}
    trigger(found, "part_mute")
    assert said == [("mute_requested", (Strip(0, 2), True))]
    panel.show_mix(Mix().with_strip(Strip(0), StripSetting(muted=True)))
    again = menu(panel, Stop(StopKind.STAGE, "blocks.0.mlp.post"))
    assert entries(again)["part_mute"] == "Open MLP 0 again"
    trigger(again, "part_mute")
    assert said[-1] == ("mute_requested", (Strip(0), False))
    explained = menu(panel, Stop(StopKind.STAGE, PATTERN), FlowCell(PATTERN, 2, 3, 1))
    trigger(explained, "cell_explain")
    assert said[-1] == ("cell_chosen", (TapCell(InPrompt("abca"), PATTERN, (2, 3, 1)),))


def test_every_patch_that_is_offered_fits_the_model() -> None:
    prompts = Prompts(("·", *"abca"), ("·", *"ab"))
    shapes = tap_shapes(MODEL, 5)
    for tap, shape in shapes.items():
        for cell in (None, FlowCell(tap, min(2, len(shape) - 1), 1, 1), FlowCell(tap, 0, 4, 0)):
            for followed in (None, 2, 4):
                found, why = fitting_patches(MODEL, prompts, Stop(StopKind.STAGE, tap), cell, followed)
                for patch in found if not why else []:
                    check_patch(patch, MODEL, 5, 3)
    for token in range(5):
        found, why = fitting_patches(MODEL, prompts, Stop(StopKind.CHIP, str(token)), None, None)
        assert (why == "") == (token < 3)
        for patch in found if not why else []:
            check_patch(patch, MODEL, 5, 3)


def test_a_larger_patch_takes_the_smaller_in() -> None:
    part = Patch("blocks.0.attn.z", token=1, head=2)
    whole = Patch("blocks.0.attn.z", head=2)
    assert with_patch((part,), whole) == (whole,)
    assert with_patch((whole,), part) == (whole,)
    other = Patch("blocks.1.attn.z", head=2)
    assert with_patch((whole,), other) == (whole, other)


def test_zoom_buttons(panel: TransformerPanel) -> None:
    panel.show_taps(two(), 40)
    buttons = [panel.findChild(QToolButton, f"transformer_{name}") for name in ("zoom_in", "zoom_out", "fit")]
    larger, smaller, fit = buttons
    assert larger is not None
    assert smaller is not None
    assert fit is not None
    larger.click()
    larger.click()
    assert flow(panel).zoom == pytest.approx(1.25**2)
    smaller.click()
    assert flow(panel).zoom == pytest.approx(1.25)
    fit.click()
    assert flow(panel).zoom == 1.0
    for button in (larger, smaller, fit):
        assert button.accessibleName()
        assert button.toolTip()
