"""The transformer panel: what it says of prompts, of colours, of the step in hand, and that nothing runs away."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QToolButton
from pytestqt.qtbot import QtBot

from tests.desktop.tap_readings import MODEL, reading, taps
from tests.desktop.transforming import (
    NO_KEYS,
    click,
    flow,
    heard,
    move_to,
    open_block,
    place_of,
    readout,
    transformer,
    wheel,
)
from weightdeck.run.half_step import HalfStep, Stage
from weightdeck.run.inside import Patch, TapReading, Taps
from weightdeck.run.layout import layout, tap_shapes
from weightdeck.run.subjects import InBatch, InPrompt
from weightdeck_desktop.panels.tap_source import TapSource, shown_taps
from weightdeck_desktop.panels.transformer import TransformerPanel
from weightdeck_desktop.panels.transformer_flow import ModelFlow
from weightdeck_desktop.panels.transformer_line import StepParts
from weightdeck_desktop.panels.transformer_stages import NEXT, can_patch
from weightdeck_desktop.panels.transformer_values import Limits, stage_values
from weightdeck_desktop.panels.transformer_words import patch_words
from weightdeck_desktop.widgets.flow_parts import Stop, StopKind
from weightdeck_desktop.widgets.text_line import TextLine

POST = "blocks.1.mlp.post"
BACKWARD = HalfStep(Stage.BACKWARD, 2.1, 1.5, 0.66, 3e-3)


@pytest.fixture
def panel(qtbot: QtBot) -> TransformerPanel:
    return transformer(qtbot)


def scaled(one: TapReading, by: float) -> TapReading:
    return replace(one, values={tap: value * np.float32(by) for tap, value in one.values.items()})


def remark(panel: TransformerPanel) -> str:
    found = panel.findChild(TextLine, "transformer_remark")
    assert isinstance(found, TextLine)
    return found.text if found.isVisible() else ""


def button(panel: TransformerPanel, name: str) -> QToolButton:
    """The newest of that name: those that are replaced are still to be deleted."""
    found = panel.findChildren(QToolButton, f"transformer_{name}")[-1]
    assert isinstance(found, QToolButton)
    return found


def caption(panel: TransformerPanel, stage: str) -> str:
    return flow(panel)._items.stages[stage]._caption.text()


# Prompts


def test_what_the_model_does_not_see_of_a_prompt_is_said(panel: TransformerPanel) -> None:
    a = replace(reading(), problem="Left out: É.")
    panel.show_taps(taps(a), 40)
    assert remark(panel) == "Left out: É."
    panel.show_taps(taps(a, replace(reading("abcd", 2), cut=5)), 40)
    assert remark(panel) == "A: Left out: É. B: The model sees the last 4 letters."
    panel.set_source(TapSource.BATCH)
    panel.show_taps(taps(reading(where=InBatch(0))), 40)
    assert remark(panel) == ""
    panel.show_taps(taps(reading("", where=InPrompt(""))), 40)
    panel.set_source(TapSource.A)
    assert remark(panel) == "The prompt is empty: the model sees only the start."
    panel.show_taps(taps(reading()), 40)
    assert remark(panel) == ""


def test_of_a_batch_nothing_is_typed(panel: TransformerPanel) -> None:
    panel.set_prompts("abca", "dbca")
    panel.set_source(TapSource.GRADIENT)
    assert panel.findChild(QToolButton, "transformer_compare").isHidden()
    panel.set_source(TapSource.DIFFERENCE)
    assert not panel.findChild(QToolButton, "transformer_compare").isHidden()


def test_the_next_token_is_said_to_come_after_which(panel: TransformerPanel) -> None:
    assert caption(panel, NEXT) == "next token"
    panel.show_taps(taps(reading("abc")), 40)
    assert caption(panel, NEXT) == "next token after “c”"
    panel.set_followed(0)
    assert caption(panel, NEXT) == "next token after “start”"


# Colours


def test_colours_that_end_below_the_numbers_are_marked(panel: TransformerPanel) -> None:
    given = reading()
    even = {tap: np.sign(value) if "." in tap else value for tap, value in given.values.items()}
    even[POST] = even[POST].copy()
    even[POST][2, 7] = -8.25
    panel.show_taps(taps(replace(given, values=even)), 40)
    assert caption(panel, POST) == "MLP neurons  ±1+"
    assert caption(panel, "blocks.0.mlp.post") == "MLP neurons  ±1"
    tip = flow(panel)._tip(Stop(StopKind.STAGE, POST))
    assert "colours: −1 to +1, the same in every block; what is larger, up to ±8.25, has the colour" in tip
    assert "larger" not in flow(panel)._tip(Stop(StopKind.STAGE, "blocks.0.mlp.post"))
    panel.show_taps(taps(scaled(given, 1e-5)), 41)
    assert caption(panel, POST) == "MLP neurons  ±5e-5"


def test_a_scale_is_what_a_fresh_start_would_give(panel: TransformerPanel) -> None:
    """Whatever was shown before: another prompt, another source, another patch, an open block, a later step."""
    small, large = scaled(reading("abcd", 2), 0.9), scaled(reading("dcba", 3), 1.5)

    def fresh(given: Taps, source: TapSource) -> float:
        limits, shown = Limits(), shown_taps(given, source)
        limits.fit(shown, panel.wanted_taps)
        seen = stage_values(shown, POST, limits)
        assert seen is not None
        return seen.limit

    def shown() -> float:
        return flow(panel)._pictures[POST]._limit

    panel.show_taps(taps(large), 40)
    assert shown() == fresh(taps(large), TapSource.A) == 5.0
    panel.show_taps(taps(small), 40)
    assert shown() == fresh(taps(small), TapSource.A) == 2.0
    panel.show_taps(taps(replace(large, where=small.where)), 41)
    panel.show_taps(taps(small), 42)
    assert shown() == 5.0  # from step to step it is calm
    panel.show_taps(taps(small, step=3), 3)
    assert shown() == 2.0
    patched = [replace(each, patches=(Patch(POST, token),)) for token, each in enumerate((large, small))]
    panel.set_source(TapSource.PATCHED)
    panel.show_taps(taps(small, small, patched[0]), 3)
    assert shown() == 5.0
    panel.show_taps(taps(small, small, replace(patched[1], where=large.where)), 3)
    assert shown() == 2.0
    panel.set_source(TapSource.BATCH)
    panel.show_taps(taps(replace(large, where=InBatch(1))), 3)
    assert shown() == 5.0


def test_a_scale_is_calm_while_training_goes_on(panel: TransformerPanel) -> None:
    given = reading()
    size = float(np.quantile(np.abs(np.stack([given.values[f"blocks.{n}.mlp.post"] for n in (0, 1)])), 0.95))
    seen = set()
    for step, by in enumerate((2.02, 1.98, 2.02, 1.96)):
        panel.show_taps(taps(scaled(given, by / size), step=step), step)
        seen.add(flow(panel)._pictures[POST]._limit)
    assert seen == {5.0}


# Words


def test_the_aside_counts_the_model(panel: TransformerPanel) -> None:
    panel.show_taps(taps(reading()), 40)
    count = layout(MODEL).num_parameters
    assert panel.aside == f"step 40 · 2 layers · {count:,} parameters"  # the end is cut first
    panel.set_past(40)
    assert panel.aside == f"STEP 40 (PAST) · 2 layers · {count:,} parameters"
    panel.set_past(None)
    assert panel.aside.startswith("step 40 · ")


def test_every_stage_can_stand_in_a_sentence() -> None:
    for tap in filter(can_patch, tap_shapes(MODEL, 4)):
        words = patch_words(Patch(tap), ())
        assert "," not in words, words
        assert "after of" not in words
    assert patch_words(Patch("blocks.0.resid_post"), ()) == "residual stream after block 0"
    middle = Patch("blocks.1.resid_mid", token=1, feature=3)
    assert patch_words(middle, ("·", "a")) == (
        "residual stream in the middle of block 1, feature 3 at token 1 “a”"
    )


def test_a_plus_says_what_it_is(panel: TransformerPanel) -> None:
    panel.show_taps(taps(reading()), 40)
    view = flow(panel)
    node = view.plan.nodes[0]
    move_to(view, view.mapFromScene(node))
    assert view.viewport().toolTip() == "added, number by number"
    move_to(view, view.mapFromScene(node + QPointF(0.0, 14.0)))
    assert view.viewport().toolTip() == ""


def test_the_mark_of_a_remark_stands_beside_its_words(panel: TransformerPanel) -> None:
    panel._line.say("short", mark="!")
    found = panel.findChild(TextLine, "transformer_readout")
    assert isinstance(found, TextLine)
    assert found.width() < 120
    assert found.geometry().right() == panel._line.rect().right()
    panel._line.say("long " * 200, mark="!")
    assert found.geometry().left() >= panel._line.parts.geometry().right()


# The step in hand


def test_gradients_that_are_there_are_offered(panel: TransformerPanel) -> None:
    panel.show_taps(taps(reading()), 40)
    said, offer = heard(panel), button(panel, "to_gradient")
    assert offer.isHidden()
    panel.show_half(HalfStep(Stage.FORWARD, 2.1), False)
    assert offer.isHidden()
    panel.show_half(BACKWARD, False)
    assert not offer.isHidden()
    assert readout(panel) == "the pictures are the prompt’s, of a forward pass"
    offer.click()
    assert said == [("source_chosen", (TapSource.GRADIENT,)), ("interest_changed", ())]
    assert offer.isHidden()
    panel.set_source(TapSource.BATCH)
    assert readout(panel) == "the pictures are the batch’s forward pass"
    panel.show_half(HalfStep(), True)
    assert offer.isHidden()
    assert readout(panel).startswith("click a picture")


def test_the_numbers_of_a_step_stay_until_the_next_part(panel: TransformerPanel) -> None:
    parts = panel.findChild(StepParts)
    assert isinstance(parts, StepParts)
    numbers = "forward loss 2.100 · backward gradient 1.500 · update clip ×0.66 rate 0.0030"
    panel.show_half(BACKWARD, False, 7)
    for _ in range(2):
        panel.show_half(HalfStep(), True, 8)
        assert parts.in_words == f"update was just made: {numbers}"
    panel.show_half(HalfStep(), True, 9)  # of another step, whose gradients were never told
    assert parts.in_words == "update was just made: forward · backward · update"
    panel.show_half(BACKWARD, False)
    panel.show_half(HalfStep(), True)
    assert numbers in parts.in_words
    panel.show_half(HalfStep(), False)
    panel.show_half(HalfStep(), True)
    assert "2.100" not in parts.in_words


# Places


def height(view: ModelFlow, band: str) -> float:
    """Where the top of a band lies in the viewport."""
    placed = next(each for each in view.plan.bands if each.band.key == band)
    return placed.rect.top() - view.seen.top()


@pytest.mark.parametrize("size", [(940, 520), (1400, 800)])
def test_a_chevron_stays_under_the_pointer(qtbot: QtBot, size: tuple[int, int]) -> None:
    panel = transformer(qtbot, replace(MODEL, n_layer=3), size)
    panel.show_taps(taps(reading()), 40)
    view = flow(panel)
    for block in (2, 0):
        at, before = place_of(view, Stop(StopKind.BAND, f"block {block}")), height(view, f"block {block}")
        for opened in (frozenset({block}), frozenset[int]()):
            QTest.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, NO_KEYS, at)
            assert view.open_blocks == opened
            assert height(view, f"block {block}") == before
            assert view.seen.topLeft() == QPointF(0.0, 0.0)  # the tokens are still seen


def test_a_chevron_stays_in_a_view_that_was_moved(qtbot: QtBot) -> None:
    panel = transformer(qtbot, replace(MODEL, n_layer=12), (800, 330))
    panel.show_taps(taps(reading()), 40)
    view = flow(panel)
    wheel(view, QPoint(300, 100), -480)
    at = place_of(view, Stop(StopKind.BAND, "block 5"))
    before = height(view, "block 5")
    for opened in (frozenset({5}), frozenset[int]()):
        QTest.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, NO_KEYS, at)
        assert view.open_blocks == opened
        assert height(view, "block 5") == before


def test_fit_does_what_can_be_done_or_says_that_nothing_can(qtbot: QtBot) -> None:
    panel = transformer(qtbot, replace(MODEL, n_layer=1), (1500, 900))
    panel.show_taps(taps(reading()), 40)
    view, fit = flow(panel), button(panel, "fit")
    assert not fit.isEnabled()
    assert fit.toolTip() == "All of it is seen."
    open_block(view, 0)
    assert view.has_overview
    assert fit.isEnabled()
    fit.click()
    assert not view.has_overview  # all of it is seen, the open block too
    assert not fit.isEnabled()
    click(view, Stop(StopKind.BAND, "block 0"))
    assert fit.isEnabled()  # it could be larger
    QTest.keyClick(view, Qt.Key.Key_0)
    assert view.zoom == 1.0


def test_fit_goes_to_the_top_of_a_model_that_is_too_high(qtbot: QtBot) -> None:
    panel = transformer(qtbot, replace(MODEL, n_layer=12), (800, 330))
    panel.show_taps(taps(reading()), 40)
    view, fit = flow(panel), button(panel, "fit")
    assert not fit.isEnabled()
    wheel(view, QPoint(300, 100), -240)
    assert fit.isEnabled()
    fit.click()
    assert view.seen.topLeft() == QPointF(0.0, 0.0)
    assert not fit.isEnabled()
    assert fit.toolTip() == "The pictures are as small as they can be read: scroll for the rest."
    panel.set_model(replace(MODEL, n_layer=1))
    panel.resize(1500, 900)
    assert fit.toolTip() == "All of it is seen."


# Patches


def test_a_patch_that_fits_no_longer_says_why(panel: TransformerPanel) -> None:
    panel.show_taps(taps(reading("abca"), reading("dbca", 2)), 40)
    panel._patch((Patch("blocks.0.attn_out", token=4), Patch(POST, token=1)))
    last, first = button(panel, "patch_0"), button(panel, "patch_1")
    assert last.text().startswith("A’s ")
    panel.show_taps(Taps((reading("abca"), reading("db", 2)), "There is no token 4 in both prompts.", 41), 41)
    last, first = button(panel, "patch_0"), button(panel, "patch_1")
    assert last.text().startswith("! A’s attention output of block 0 at token 4")
    assert last.toolTip().startswith("Not put in: Not both prompts have a token at this place.")
    assert "Another one does not fit, so none is." in first.toolTip()
    panel.show_taps(taps(reading("abca")), 42)
    assert "There is no prompt B" in button(panel, "patch_0").toolTip()
    panel.show_taps(taps(reading("abca"), reading("dbca", 2)), 43)
    assert button(panel, "patch_0").text().startswith("A’s ")
