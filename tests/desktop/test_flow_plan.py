"""Where everything of a flow lies: pictures large enough, nothing over anything else, for 1 to 12 layers."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest
from PySide6.QtCore import QPointF, QRectF, Qt

from weightdeck.run.spec import ModelSpec
from weightdeck_desktop.panels.transformer_stages import bands_of, taps_of
from weightdeck_desktop.theme import dark_theme
from weightdeck_desktop.widgets.flow_hits import hit, next_stop, stops
from weightdeck_desktop.widgets.flow_layout import FlowLayout, laid_out
from weightdeck_desktop.widgets.flow_parts import Stop, StopKind
from weightdeck_desktop.widgets.flow_pictures import StagePictures
from weightdeck_desktop.widgets.flow_plan import LEAST, FlowPlan

SPEC = ModelSpec(n_layer=3, n_head=3, n_embd=48, block_size=16, vocab_size=27)
CHIPS = ("start", *"chri")


def laid(
    layers: int,
    *,
    opened: frozenset[int] = frozenset(),
    heads: int = 3,
    size: tuple[int, int] = (916, 440),
    scale: float = 1.0,
    zoom: float = 1.0,
) -> FlowLayout:
    spec = replace(SPEC, n_layer=layers, n_head=heads)
    bands, closed = bands_of(spec, opened, ""), bands_of(spec, frozenset(), "")
    return laid_out(bands, closed, CHIPS, dark_theme(scale), size=size, zoom=zoom, overview=60)


def plan_of(
    layers: int,
    *,
    opened: frozenset[int] = frozenset(),
    heads: int = 3,
    size: tuple[int, int] = (916, 440),
    scale: float = 1.0,
    zoom: float = 1.0,
) -> FlowPlan:
    return laid(layers, opened=opened, heads=heads, size=size, scale=scale, zoom=zoom).plan


def all_rects(plan: FlowPlan) -> list[QRectF]:
    tiles = [tile for placed in plan.stages.values() for tile in placed.tiles]
    captions = [placed.caption for placed in plan.stages.values()]
    return [*tiles, *captions, *plan.chips, *(band.name for band in plan.bands)]


@pytest.mark.parametrize("layers", [1, 3, 6, 12])
@pytest.mark.parametrize("size", [(916, 440), (1600, 900), (776, 250), (360, 230)])
@pytest.mark.parametrize("scale", [1.0, 1.5])
@pytest.mark.parametrize("heads", [1, 3, 12])
def test_no_picture_is_small_and_none_overlap(
    layers: int, size: tuple[int, int], scale: float, heads: int
) -> None:
    for opened in (frozenset[int](), frozenset({0}), frozenset({0, layers - 1})):
        plan = plan_of(layers, opened=opened, heads=heads, size=size, scale=scale)
        for placed in plan.stages.values():
            for tile in placed.tiles:
                assert min(tile.width(), tile.height()) >= LEAST
        for one, other in combinations(all_rects(plan), 2):
            assert not one.intersects(other)
        for rect in all_rects(plan):
            assert rect.bottom() <= plan.height
            assert rect.left() >= 0.0


@pytest.mark.parametrize("layers", [1, 3])
def test_closed_bands_fill_the_view_that_they_fit_into(layers: int) -> None:
    plan = plan_of(layers, size=(916, 456))
    assert plan.height <= 456.0
    assert plan_of(layers, size=(916, 700)).height > plan.height


@pytest.mark.parametrize("layers", [1, 3, 6])
@pytest.mark.parametrize("size", [(916, 440), (1600, 900)])
def test_a_block_that_opens_moves_nothing_above_it(layers: int, size: tuple[int, int]) -> None:
    closed, last = plan_of(layers, size=size), layers - 1
    opened = plan_of(layers, opened=frozenset({last}), size=size)
    assert [band.rect.top() for band in opened.bands[: layers + 1]] == [
        band.rect.top() for band in closed.bands[: layers + 1]
    ]


def test_fit_shows_an_open_block_whole_where_that_can_be() -> None:
    whole = laid(1, opened=frozenset({0}), size=(1600, 900))
    assert whole.fit < 1.0
    assert whole.plan.height > 900.0
    assert whole.aside == 60
    fitted = laid(1, opened=frozenset({0}), size=(1600, 900), zoom=whole.fit)
    assert fitted.plan.height <= 900.0
    assert fitted.aside == 0
    assert laid(12, size=(1600, 300)).fit == 1.0  # nothing is open: smaller than this it cannot be


def test_twelve_closed_bands_are_read_by_moving_down_alone() -> None:
    plan = plan_of(12, size=(936, 480))
    assert plan.width == 876.0
    assert len(plan.bands) == 14
    assert all(rect.right() <= plan.width for rect in all_rects(plan))


def test_zoom_makes_pictures_larger_both_ways() -> None:
    before, after = plan_of(3), plan_of(3, zoom=2.0)
    for key in ("embed", "blocks.1.mlp.post"):
        old, new = before.stages[key].tiles[0], after.stages[key].tiles[0]
        assert new.width() > 1.6 * old.width()
        assert new.height() == pytest.approx(2.0 * old.height(), abs=1.0)


def test_an_open_block_has_all_its_stages_and_a_closed_one_few() -> None:
    spec = replace(SPEC, n_layer=2)
    closed, opened = bands_of(spec, frozenset(), ""), bands_of(spec, frozenset({1}), "")
    of_block = {tap for tap in taps_of(opened) if tap.startswith("blocks.1.")}
    assert len(of_block) == 14  # all but resid_pre, which is the residual after the block before
    assert len({tap for tap in taps_of(closed) if tap.startswith("blocks.1.")}) == 4


def test_what_is_left_out_is_a_head_and_two_stay() -> None:
    plan = plan_of(3, heads=12, size=(500, 440))
    shown = plan.stages["blocks.0.attn.pattern"]
    assert 2 <= len(shown.tiles) < shown.stage.pictures == 12


def test_a_point_hits_what_is_drawn_there() -> None:
    plan = plan_of(3)
    for stop, rect in stops(plan):
        if stop.kind is not StopKind.STAGE:
            found = hit(plan, rect.center())
            assert found is not None
            assert found.stop == stop
            continue
        for picture, tile in enumerate(plan.stages[stop.key].tiles):
            found = hit(plan, tile.center())
            assert found is not None
            assert (found.stop, found.picture) == (stop, picture)
    assert hit(plan, QPointF(-5.0, -5.0)) is None


def test_arrow_keys_reach_every_stop() -> None:
    plan = plan_of(3, opened=frozenset({1}))
    here = next_stop(plan, None, Qt.Key.Key_Right)
    walked = []
    while here is not None and (not walked or here != walked[-1]):
        walked.append(here)
        here = next_stop(plan, here, Qt.Key.Key_Right)
    assert walked == [stop for stop, _ in stops(plan)]
    assert next_stop(plan, walked[3], Qt.Key.Key_End) == walked[-1]
    assert next_stop(plan, walked[3], Qt.Key.Key_Home) == walked[0]
    down = next_stop(plan, Stop(StopKind.STAGE, "blocks.0.mlp.post"), Qt.Key.Key_Down)
    assert down is not None
    assert down.key.startswith("blocks.1.")
    assert next_stop(plan, down, Qt.Key.Key_Up) in {
        Stop(StopKind.STAGE, "blocks.0.mlp.post"),
        Stop(StopKind.STAGE, "blocks.0.attn_out"),
    }
    assert next_stop(FlowPlan(0.0), None, Qt.Key.Key_Down) is None


def test_of_numbers_that_share_a_pixel_the_largest_is_drawn_and_pointed_at(qapp: object) -> None:
    assert qapp is not None
    numbers = np.random.default_rng(3).normal(size=(1, 7, 500)).astype(np.float32)
    numbers[0, 2, 10:20] = np.nan
    numbers[0, 3, 100] = -np.inf
    pictures = StagePictures()
    theme = dark_theme()
    assert pictures.set_values(numbers, 2.0, signed=True)
    image = pictures.pixmap(0, 90, 60, theme, None).toImage()
    assert (image.width(), image.height()) == (90, 7)
    table = theme.diverging_table()
    for y in range(7):
        for x in range(90):
            row, column = pictures.cell_at(0, x + 0.5, (y + 0.5) / 7 * 60, 90.0, 60.0)
            value = float(numbers[0, row, column])
            if not np.isfinite(value):
                assert image.pixelColor(x, y).alpha() == 0
                continue
            place = int(np.rint(np.clip(np.float32(value) * np.float32(63.75) + np.float32(127.5), 0, 255)))
            assert image.pixelColor(x, y).getRgb() == tuple(table[place].tolist())


def test_pictures_are_drawn_anew_only_when_something_seen_differs() -> None:
    pictures = StagePictures()
    numbers = np.linspace(-1.0, 1.0, 12, dtype=np.float32).reshape(3, 4)
    assert not pictures.set_values(None, 1.0, signed=True)
    assert pictures.set_values(numbers, 1.0, signed=True)
    assert not pictures.set_values(numbers + np.float32(1e-5), 1.0, signed=True)
    assert pictures.set_values(numbers, 2.0, signed=True)
    hidden = numbers.copy()
    hidden[0, 0] = -np.inf
    assert pictures.set_values(hidden, 2.0, signed=True)
    assert pictures.set_values(None, 1.0, signed=True)
