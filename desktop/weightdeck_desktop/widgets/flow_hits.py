"""What lies under a point of a flow, and where the keyboard goes from stop to stop. No widgets."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from PySide6.QtCore import QPointF, QRectF, Qt

from weightdeck_desktop.widgets.flow_parts import Stop, StopKind
from weightdeck_desktop.widgets.flow_plan import NODE_RADIUS, FlowPlan

_SAME_LINE = 12.0  # px: stops whose middles are no further apart stand in one line


class Hit(NamedTuple):
    """A stop under a point; `picture` is None on a caption and beside pictures."""

    stop: Stop
    picture: int | None = None


def hit(plan: FlowPlan, at: QPointF) -> Hit | None:
    """What lies at a point; None where nothing does."""
    for place, rect in enumerate(plan.chips):
        if rect.contains(at):
            return Hit(Stop(StopKind.CHIP, str(place)))
    for key, placed in plan.stages.items():
        for picture, tile in enumerate(placed.tiles):
            if tile.left() <= at.x() < tile.right() and tile.top() <= at.y() < tile.bottom():
                return Hit(Stop(StopKind.STAGE, key), picture)
        if placed.caption.contains(at):
            return Hit(Stop(StopKind.STAGE, key))
    for band in plan.bands:
        if band.name.contains(at):
            return Hit(Stop(StopKind.BAND, band.band.key))
    return None


def adds_at(plan: FlowPlan, at: QPointF) -> bool:
    """Whether two are added at a point: it lies in a node."""
    return any((at - node).manhattanLength() <= NODE_RADIUS + 2.0 for node in plan.nodes)


def stops(plan: FlowPlan) -> Iterator[tuple[Stop, QRectF]]:
    """Every stop with its place, in the order of the keyboard: bands from top to bottom, in each its name, its chips
    and its stages.
    """
    for band in plan.bands:
        if band.band.can_open:
            yield Stop(StopKind.BAND, band.band.key), band.name
        if band.band.has_chips:
            for place, rect in enumerate(plan.chips):
                yield Stop(StopKind.CHIP, str(place)), rect
        for stage in band.band.stages:
            placed = plan.stages[stage.key]
            rect = placed.caption
            for tile in placed.tiles:
                rect = rect.united(tile)
            yield Stop(StopKind.STAGE, stage.key), rect


def stop_rect(plan: FlowPlan, stop: Stop) -> QRectF | None:
    """Where a stop is; None when the plan has it not."""
    return next((rect for each, rect in stops(plan) if each == stop), None)


def next_stop(plan: FlowPlan, stop: Stop | None, key: Qt.Key) -> Stop | None:
    """Where an arrow key, Home or End leads; the first stop from none or from one that is gone."""
    places = list(stops(plan))
    names = [each for each, _ in places]
    if not names:
        return None
    if stop not in names:
        return names[-1] if key == Qt.Key.Key_End else names[0]
    here = names.index(stop)
    if key in (Qt.Key.Key_Up, Qt.Key.Key_Down):
        return _beyond(places, here, -1.0 if key == Qt.Key.Key_Up else 1.0)
    last = len(names) - 1
    place = {Qt.Key.Key_Home: 0, Qt.Key.Key_End: last, Qt.Key.Key_Left: here - 1}.get(key, here + 1)
    return names[min(max(place, 0), last)]


def _beyond(places: list[tuple[Stop, QRectF]], here: int, way: float) -> Stop:
    """The nearest stop of the next line above (-1) or below (1)."""
    stop, rect = places[here]
    middle = rect.center()
    away = [(way * (other.center().y() - middle.y()), other, each) for each, other in places]
    ahead = [entry for entry in away if entry[0] > _SAME_LINE]
    if not ahead:
        return stop
    nearest = min(distance for distance, _, _ in ahead)
    line = [(other, each) for distance, other, each in ahead if distance <= nearest + _SAME_LINE]
    return min(line, key=lambda entry: abs(entry[0].center().x() - middle.x()))[1]
