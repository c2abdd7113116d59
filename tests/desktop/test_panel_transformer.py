"""The transformer panel: every number where it belongs, and as it is, by pointer and by keyboard."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from tests.desktop.tap_readings import MODEL, VOCABULARY, reading, taps
from tests.desktop.transforming import (
    NO_KEYS,
    click,
    flow,
    heard,
    move_to,
    open_block,
    pixel_of,
    readout,
    transformer,
    wheel,
)
from weightdeck.run.half_step import HalfStep, Stage
from weightdeck.run.strips import Mix, Strip, StripSetting
from weightdeck.run.subjects import InBatch, InPrompt, TapCell
from weightdeck_desktop.panels.inspector_cells import cell_words
from weightdeck_desktop.panels.inspector_stage import stage_of
from weightdeck_desktop.panels.inspector_words import value_words
from weightdeck_desktop.panels.tap_source import TapSource, shown_taps
from weightdeck_desktop.panels.transformer import TransformerPanel
from weightdeck_desktop.panels.transformer_line import StepParts
from weightdeck_desktop.panels.transformer_stages import NEXT, is_by_head, shown_tap
from weightdeck_desktop.theme import dark_theme, light_theme
from weightdeck_desktop.widgets.flow_overview import FlowOverview
from weightdeck_desktop.widgets.flow_parts import FlowCell, Stop, StopKind

POST = "blocks.1.mlp.post"
PATTERN = "blocks.0.attn.pattern"
CTRL = Qt.KeyboardModifier.ControlModifier
SHIFT = Qt.KeyboardModifier.ShiftModifier


@pytest.fixture
def panel(qtbot: QtBot) -> TransformerPanel:
    return transformer(qtbot)


def stages(panel: TransformerPanel) -> list[str]:
    return list(flow(panel).plan.stages)


def test_hover_says_the_value_of_the_tap_on_200_random_cells(panel: TransformerPanel) -> None:
    given = taps(reading("abcab"), reading("abcd", 2))
    view = flow(panel)
    for block in range(MODEL.n_layer):
        open_block(view, block)
    panel.show_taps(given, 40)
    shown = shown_taps(given, TapSource.A)
    drawn = [stage for stage in stages(panel) if stage in shown.values]
    assert {shown_tap(stage) for stage in drawn} == panel.wanted_taps
    numbers = np.random.default_rng(5)
    checked = 0
    while checked < 200:
        stage = drawn[checked % len(drawn)]
        tap = shown.values[stage]
        index = tuple(int(numbers.integers(0, size)) for size in tap.shape)
        picture = index[0] if is_by_head(stage) else 0
        cell = FlowCell(stage, picture, index[-2], index[-1])
        move_to(view, QPoint(-3, -3))
        move_to(view, pixel_of(view, cell))
        assert view.cell == cell
        said = readout(panel)
        in_stage = stage_of(shown, stage, picture)
        words = cell_words(in_stage, *index[-2:], ("end", *VOCABULARY[1:]))
        assert said.endswith(f" · {words} ({stage})")  # plain words first
        assert f" · {value_words(float(tap[index]), signed=shown.is_signed(stage))}" in said
        checked += 1


def test_every_pixel_of_a_picture_points_at_the_number_drawn_there(panel: TransformerPanel) -> None:
    panel.show_taps(taps(reading()), 40)
    view = flow(panel)
    tile = view.tile_rect(POST, 0)
    assert tile is not None
    image = view.viewport().grab().toImage()
    values = reading().values[POST]
    limit = view._pictures[POST]._limit
    table = dark_theme().diverging_table()
    for x in range(int(tile.left()) + 1, int(tile.right()) - 1, 5):
        at = view.mapFromScene(QPointF(x, tile.center().y()))
        move_to(view, QPoint(2, at.y()))
        colour = image.pixelColor(at).getRgb()[:3]
        move_to(view, at)
        assert view.cell is not None
        value = values[view.cell.row, view.cell.column]
        place = int(np.rint(np.clip(value / limit * 127.5 + 127.5, 0, 255)))
        assert colour == tuple(table[place][:3].tolist())


def test_being_told_is_not_asking(panel: TransformerPanel) -> None:
    said = heard(panel)
    panel.show_taps(taps(reading(), reading("abcd", 2)), 40)
    panel.set_source(TapSource.DIFFERENCE)
    panel.show_half(HalfStep(Stage.FORWARD, 2.1), False)
    panel.show_mix(Mix().with_strip(Strip(0, 0), StripSetting(muted=True)))
    panel.set_chosen(TapCell(InPrompt("abca"), POST, (1, 1)))
    panel.set_tap(POST)
    panel.set_followed(2)
    panel.set_batch_row(3)
    panel.restore({"open": [1], "row": 2, "source": "b", "zoom": 2.0})
    panel.clear()
    panel.set_theme(light_theme(1.5))
    assert said == []


def test_it_wants_what_it_draws(panel: TransformerPanel) -> None:
    closed = panel.wanted_taps
    assert "blocks.0.attn.q" not in closed
    assert {"embed", PATTERN, "blocks.0.resid_post", "probs"} <= closed
    said = heard(panel)
    open_block(flow(panel), 0)
    assert said == [("interest_changed", ())]
    assert {"blocks.0.attn.q", "blocks.0.attn.attn_scores", "blocks.0.mlp.pre"} <= panel.wanted_taps
    assert "blocks.1.attn.q" not in panel.wanted_taps
    open_block(flow(panel), 0)
    assert panel.wanted_taps == closed


def test_a_click_inspects_and_a_head_is_named(panel: TransformerPanel) -> None:
    panel.show_taps(taps(reading()), 40)
    view, said = flow(panel), heard(panel)
    click(view, Stop(StopKind.STAGE, POST))
    assert said == [("tap_chosen", (POST,))]
    said.clear()
    at = pixel_of(view, FlowCell(PATTERN, 2, 3, 1))
    QTest.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, NO_KEYS, at)
    assert said == [("tap_chosen", (PATTERN,)), ("head_chosen", (0, 2))]
    said.clear()
    click(view, Stop(StopKind.STAGE, NEXT))
    assert said == [("tap_chosen", ("probs",))]


def test_a_double_click_explains_the_number(panel: TransformerPanel) -> None:
    panel.show_taps(taps(reading()), 40)
    view, said = flow(panel), heard(panel)
    at = pixel_of(view, FlowCell(PATTERN, 1, 3, 2))
    QTest.mouseDClick(view.viewport(), Qt.MouseButton.LeftButton, NO_KEYS, at)
    subject = TapCell(InPrompt("abca"), PATTERN, (1, 3, 2))
    assert said[-1] == ("cell_chosen", (subject,))
    panel.set_chosen(subject)
    assert view._chosen == FlowCell(PATTERN, 1, 3, 2)
    panel.set_chosen(TapCell(InPrompt("other"), PATTERN, (1, 3, 2)))
    assert view._chosen is None


def test_what_is_explained_is_outlined_once_its_block_opens(panel: TransformerPanel) -> None:
    panel.show_taps(taps(reading()), 40)
    view, cell = flow(panel), FlowCell("blocks.0.mlp.pre", 0, 1, 5)
    panel.set_chosen(TapCell(InPrompt("abca"), cell.stage, (1, 5)))
    open_block(view, 0)
    outline, rect = view._items._marks["chosen"][1], view.cell_rect(cell)
    assert outline.isVisible()
    assert rect is not None
    assert outline.rect().contains(rect)


def test_keyboard_walks_opens_follows_and_explains(panel: TransformerPanel) -> None:
    panel.show_taps(taps(reading()), 40)
    view, said = flow(panel), heard(panel)
    view.setFocus(Qt.FocusReason.TabFocusReason)
    QTest.keyClick(view, Qt.Key.Key_Home)
    assert view.stop == Stop(StopKind.CHIP, "0")
    QTest.keyClick(view, Qt.Key.Key_Right)
    QTest.keyClick(view, Qt.Key.Key_Return)
    assert said == [("followed", (1,))]
    QTest.keyClick(view, Qt.Key.Key_Return)
    assert said[-1] == ("followed", (None,))
    while view.stop != Stop(StopKind.BAND, "block 1"):
        QTest.keyClick(view, Qt.Key.Key_Right)
    QTest.keyClick(view, Qt.Key.Key_Return)
    assert "blocks.1.attn.q" in panel.wanted_taps
    panel.show_taps(taps(reading()), 40)
    while view.stop != Stop(StopKind.STAGE, "blocks.1.attn.q"):
        QTest.keyClick(view, Qt.Key.Key_Right)
    assert "blocks.1.attn.q" in view.accessibleDescription()
    said.clear()
    for key in (Qt.Key.Key_Right, Qt.Key.Key_Right, Qt.Key.Key_Down):
        QTest.keyClick(view, key, SHIFT)
    assert readout(panel).startswith("queries of head 1.0 · a · feature 1 · ")
    assert readout(panel).endswith(" (blocks.1.attn.q)")
    QTest.keyClick(view, Qt.Key.Key_Return, SHIFT)
    assert said == [("cell_chosen", (TapCell(InPrompt("abca"), "blocks.1.attn.q", (0, 1, 1)),))]
    for _ in range(4):
        QTest.keyClick(view, Qt.Key.Key_Right, SHIFT)
    assert view.cell is not None
    assert view.cell.picture == 1


def test_following_softens_the_other_rows_and_names_what_comes_next(panel: TransformerPanel) -> None:
    given = reading()
    panel.show_taps(taps(given), 40)
    view = flow(panel)
    tile = view.tile_rect(POST, 0)
    assert tile is not None

    def column() -> list[tuple[int, ...]]:
        image = view.viewport().grab().toImage()
        rows = len(given.ids)
        at = [
            view.mapFromScene(QPointF(tile.left() + 9, tile.top() + (row + 0.5) * tile.height() / rows))
            for row in range(rows)
        ]
        return [image.pixelColor(place).getRgb() for place in at]

    def named() -> str:
        bars = view._items.stages[NEXT].bars
        assert bars is not None
        return bars.shown[0][0]

    move_to(view, QPoint(1, 1))
    before = column()
    names = ("end", *VOCABULARY[1:])
    assert named() == names[int(np.abs(given.values["probs"][-1]).argmax())]
    click(view, Stop(StopKind.CHIP, "2"))
    move_to(view, QPoint(1, 1))
    after = column()
    assert after[2] == before[2]
    assert sum(old != new for old, new in zip(before, after, strict=True)) >= 3
    assert named() == names[int(np.abs(given.values["probs"][2]).argmax())]
    click(view, Stop(StopKind.CHIP, "2"))
    move_to(view, QPoint(1, 1))
    assert column() == before


def test_what_is_not_involved_in_the_part_of_the_step_is_dimmed(panel: TransformerPanel) -> None:
    panel.show_taps(taps(reading()), 40)
    view = flow(panel)
    parts = panel.findChild(StepParts)
    assert isinstance(parts, StepParts)
    assert (view._dim, view._are_chips_dim, view._is_backward) == (frozenset(), False, False)
    panel.show_half(HalfStep(Stage.FORWARD, 2.1), False)
    assert (view._dim, view._is_backward) == (frozenset(), False)
    assert parts.in_words.startswith("forward was just made: forward loss 2.100")
    panel.show_half(HalfStep(Stage.BACKWARD, 2.1, 1.5, 0.66, 3e-3), False)
    assert view._dim == {"probs", NEXT}
    assert (view._are_chips_dim, view._is_backward) == (True, True)
    assert "clip ×0.66 rate 0.0030" in parts.in_words
    panel.show_half(HalfStep(Stage.NOTHING, 2.1, 1.5, 0.66, 3e-3), True)
    assert {PATTERN, "blocks.0.resid_post", "blocks.0.mlp.post"} <= view._dim
    assert not {"embed", "blocks.0.attn_out", "logits"} & view._dim
    assert not view._is_backward
    panel.show_half(HalfStep(), False)
    assert view._dim == frozenset()
    assert parts.in_words == "No step in hand: forward · backward · update"


def test_muted_parts_are_struck_out(panel: TransformerPanel) -> None:
    panel.show_taps(taps(reading()), 40)
    mix = (
        Mix().with_strip(Strip(0, 1), StripSetting(muted=True)).with_strip(Strip(1), StripSetting(muted=True))
    )
    panel.show_mix(mix)
    assert flow(panel)._struck == {PATTERN: frozenset({1}), POST: frozenset({0})}
    panel.show_mix(Mix())
    assert flow(panel)._struck == {}


def test_zoom_keeps_what_is_under_the_pointer_and_fit_goes_back(panel: TransformerPanel) -> None:
    panel.show_taps(taps(reading()), 40)
    view = flow(panel)
    overview = view.findChild(FlowOverview)
    assert isinstance(overview, FlowOverview)
    assert not view.has_overview
    at = pixel_of(view, FlowCell("blocks.0.mlp.post", 0, 2, 20))
    for _ in range(4):
        wheel(view, at, 120, CTRL)
        move_to(view, at)
        assert view.cell is not None
        assert view.cell.stage == "blocks.0.mlp.post"
        assert abs(view.cell.column - 20) <= 1
    assert view.zoom == pytest.approx(1.25**4)
    assert view.has_overview
    QTest.mouseClick(
        overview, Qt.MouseButton.LeftButton, NO_KEYS, QPoint(overview.width() - 2, overview.height() - 2)
    )
    assert view.seen.right() == pytest.approx(view.plan.width, abs=1.0)
    assert view.seen.bottom() == pytest.approx(view.plan.height, abs=1.0)
    QTest.mousePress(overview, Qt.MouseButton.LeftButton, NO_KEYS, QPoint(2, 2))
    assert view.seen.topLeft() == QPointF(0.0, 0.0)
    QTest.keyClick(view, Qt.Key.Key_0)
    assert (view.zoom, view.has_overview) == (1.0, False)
    for _ in range(40):
        QTest.keyClick(view, Qt.Key.Key_Plus)
    assert view.zoom == 8.0
    for _ in range(40):
        QTest.keyClick(view, Qt.Key.Key_Minus)
    assert view.zoom == 1.0


def test_a_drag_the_wheel_and_keys_move(qtbot: QtBot) -> None:
    panel = transformer(qtbot, replace(MODEL, n_layer=12), (800, 330))
    panel.show_taps(taps(reading()), 40)
    view, said = flow(panel), heard(panel)
    assert view.has_overview
    start = QPoint(300, 200)
    QTest.mousePress(view.viewport(), Qt.MouseButton.LeftButton, NO_KEYS, start)
    move_to(view, start - QPoint(0, 40), Qt.MouseButton.LeftButton)
    move_to(view, start - QPoint(0, 120), Qt.MouseButton.LeftButton)
    QTest.mouseRelease(view.viewport(), Qt.MouseButton.LeftButton, NO_KEYS, start - QPoint(0, 120))
    assert view.seen.top() == 120.0
    assert said == []  # a drag is no click
    wheel(view, start, -120)
    assert view.seen.top() == 240.0
    QTest.keyClick(view, Qt.Key.Key_Up, CTRL)
    assert view.seen.top() == 180.0
    QTest.keyClick(view, Qt.Key.Key_End)
    assert view.seen.bottom() == pytest.approx(view.plan.height, abs=10.0)


def test_a_block_stays_in_place_when_it_is_opened(qtbot: QtBot) -> None:
    panel = transformer(qtbot, replace(MODEL, n_layer=6), (800, 330))
    panel.show_taps(taps(reading()), 40)
    view = flow(panel)
    open_block(view, 3)
    band = next(band for band in view.plan.bands if band.band.key == "block 3")
    assert band.band.is_open
    assert view.seen.top() <= band.rect.top() < view.seen.bottom() - 60


def test_no_numbers_are_a_hatch_and_a_sentence(qtbot: QtBot) -> None:
    empty = TransformerPanel()
    qtbot.addWidget(empty)
    empty.set_theme(dark_theme())
    empty.resize(640, 280)
    empty.show()
    qtbot.waitExposed(empty)
    assert flow(empty)._message.text() == "No model yet: the engine is loading."
    assert (empty.wanted_taps, empty.table(), empty.aside) == (frozenset(), None, "")
    empty.set_model(MODEL)
    assert flow(empty)._message.text() == "Waiting for the first numbers …"
    empty.show_taps(taps(reading()), 40)
    assert flow(empty)._message.isHidden()
    assert empty.table() is not None
    open_block(flow(empty), 0)
    partial = reading()
    some = {tap: value for tap, value in partial.values.items() if not tap.endswith("attn.q")}
    empty.show_taps(taps(replace(partial, values=some)), 41)
    assert flow(empty).shape_of("blocks.0.attn.q") is None
    empty.clear()
    assert flow(empty)._message.text() == "Waiting for the first numbers …"
    assert flow(empty).cell_at(QPointF(200, 100)) is None


def test_another_model_and_another_length_may_come_at_any_time(panel: TransformerPanel) -> None:
    panel.show_taps(taps(reading("abcab")), 40)
    view = flow(panel)
    move_to(view, pixel_of(view, FlowCell(POST, 0, 5, 47)))
    panel.show_taps(taps(reading("a")), 41)  # the number that was pointed at is gone
    assert readout(panel).startswith("click a picture")
    panel.set_followed(4)
    panel.set_model(replace(MODEL, n_layer=1, n_head=1))
    assert all(not tap.startswith("blocks.1.") for tap in panel.wanted_taps)
    panel.show_taps(taps(reading("ab")), 2)
    panel.set_theme(light_theme(2.0))
    panel.show_taps(taps(reading("", where=InBatch(0))), 2)


def test_the_table_has_every_number_that_is_drawn(panel: TransformerPanel) -> None:
    given = reading()
    panel.show_taps(taps(given), 40)
    table = panel.table()
    assert table is not None
    heads = ["source", "prompt", "tap", "step", "head", "token", "name", "feature", "value"]
    assert table[0][: len(heads)] == heads
    assert len(table) - 1 == sum(given.values[tap].size for tap in panel.wanted_taps)
    row = next(row for row in table if row[2] == POST and row[5] == "2" and row[7] == "7")
    assert float(row[8]) == pytest.approx(float(given.values[POST][2, 7]), rel=1e-8)


def test_state_comes_back_and_garbage_is_passed_over(panel: TransformerPanel, qtbot: QtBot) -> None:
    panel.show_taps(taps(reading(), reading("abcd", 2)), 40)
    open_block(flow(panel), 1)
    panel.set_source(TapSource.B)
    panel.set_batch_row(4)
    flow(panel).set_zoom(2.0)
    again = transformer(qtbot)
    again.restore(panel.state())
    assert again.state() == panel.state()
    assert again.wanted_taps == panel.wanted_taps
    again.restore({"open": [9, "x", -1, None], "row": -3, "source": 7, "zoom": float("nan")})
    again.restore({"open": "all", "row": "x", "zoom": "wide"})
    assert again.state() == {"open": [], "source": "b", "row": 4, "zoom": 2.0}
