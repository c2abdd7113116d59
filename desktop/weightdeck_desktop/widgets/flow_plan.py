"""Where everything of a flow lies: pure arithmetic from bands and sizes to rectangles and lines. No widgets.

Lengths are px. A line of stages is, from its top: a lane for the lines that pass over it, pictures, captions.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from PySide6.QtCore import QPointF, QRectF

from weightdeck_desktop.widgets.flow_parts import FlowBand, FlowStage, Link

LEAST = 48.0  # the smallest side of a picture

_LANE = 13.0  # over every line: for what comes from the line above, and what passes stages by
_RETURN_Y, _SKIP_Y = 3.0, 8.0  # within the lane
_INSET = 30.0  # left of the first stage of a line: room for a node
_TILE_GAP = 5.0
_BESIDE = 12.0  # between stages
_ARROW = 20.0
_NODE = 34.0
_LEAST_WIDE = 76.0
_LEAST_BARS = 120.0
_BAND_GAP = 6.0
_CHIP_GAP = 4.0


@dataclass(frozen=True, slots=True)
class FlowSizes:
    """What the plan is made for."""

    width: float  # to fill
    picture: float  # height of a picture, and side of a square one; at least LEAST
    names: float  # width of the column of names
    line: float  # height of a line of small text
    chip: float  # height of a chip
    chips: tuple[float, ...]  # widths
    captions: Mapping[str, float] = field(default_factory=dict)  # widths that captions want, by stage


@dataclass(slots=True)
class PlacedStage:
    stage: FlowStage
    tiles: list[QRectF]  # of the first pictures; the rest found no room
    caption: QRectF


@dataclass(slots=True)
class PlacedBand:
    band: FlowBand
    rect: QRectF
    name: QRectF  # the column of its name: the name itself is its first line


@dataclass(slots=True)
class FlowPlan:
    width: float
    height: float = 0.0
    bands: list[PlacedBand] = field(default_factory=list)
    stages: dict[str, PlacedStage] = field(default_factory=dict)
    chips: list[QRectF] = field(default_factory=list)
    lines: list[list[QPointF]] = field(default_factory=list)  # what flows; the last point has an arrowhead
    skips: list[list[QPointF]] = field(default_factory=list)  # the stream past the stages, into a node
    nodes: list[QPointF] = field(default_factory=list)  # where two are added


NODE_RADIUS = 6.0


def plan_flow(bands: Sequence[FlowBand], sizes: FlowSizes) -> FlowPlan:
    """Place all bands under one another."""
    plan = FlowPlan(sizes.width)
    planner = _Planner(plan, sizes)
    for band in bands:
        planner.place_band(band)
    plan.height += _BAND_GAP
    return plan


class _Planner:
    """Goes from band to band; remembers where the flow last left off."""

    def __init__(self, plan: FlowPlan, sizes: FlowSizes) -> None:
        self._plan = plan
        self._sizes = sizes
        self._left = sizes.names + _INSET
        self._room = max(_LEAST_WIDE, sizes.width - self._left - 8.0)
        self._from: QPointF | None = None  # the right end of what was placed last
        self._stream: QPointF | None = None  # where the stream was last seen in this band
        self._y = 0.0

    def place_band(self, band: FlowBand) -> None:
        top = self._y
        self._stream = None
        if band.has_chips:
            self._place_chips()
        for line in self._lines(band):
            self._place_line(line)
        bottom = max(self._y, top + self._sizes.line * 2 + 4.0)
        self._y = bottom + _BAND_GAP
        rect = QRectF(0.0, top, self._plan.width, bottom - top)
        name = QRectF(6.0, top + _LANE, self._sizes.names - 6.0, bottom - top - _LANE)
        self._plan.bands.append(PlacedBand(band, rect, name))
        self._plan.height = self._y

    # Which stages share a line

    def _lines(self, band: FlowBand) -> list[list[tuple[FlowStage, int]]]:
        """Stages with the number of their pictures that are shown, line by line."""
        stages = [(stage, stage.pictures) for stage in band.stages]
        if any(stage.may_cut for stage in band.stages):
            stages = self._cut_to_fit(stages)
        lines: list[list[tuple[FlowStage, int]]] = []
        used = 0.0
        for stage, count in stages:
            width = self._least(stage, count)
            before = self._gap(stage) if lines and lines[-1] else 0.0
            if not lines or stage.starts_line or used + before + width > self._room:
                lines.append([])
                before, used = 0.0, 0.0
            lines[-1].append((stage, count))
            used += before + width
        return lines

    def _cut_to_fit(self, stages: list[tuple[FlowStage, int]]) -> list[tuple[FlowStage, int]]:
        """With fewer pictures where they may be left out and all would not fit on a line; two stay."""
        needed = sum(self._least(stage, count) for stage, count in stages)
        needed += sum(self._gap(stage) for stage, _ in stages[1:])
        over = max(0.0, needed - self._room)
        pitch = self._sizes.picture + _TILE_GAP
        fitted = []
        for stage, count in stages:
            kept = count
            if stage.may_cut and over > 0.0:
                kept = max(min(count, 2), count - int(-(-over // pitch)))
                over -= (count - kept) * pitch
            fitted.append((stage, kept))
        return fitted

    def _least(self, stage: FlowStage, count: int) -> float:
        wanted = min(self._room, self._sizes.captions.get(stage.key, 0.0))
        if stage.bars:
            return max(_LEAST_BARS, wanted)
        if not stage.is_square:
            return max(_LEAST_WIDE, wanted)
        tiles = min(count, self._tiles_a_line()) * (self._sizes.picture + _TILE_GAP) - _TILE_GAP
        return max(tiles, wanted)

    def _tiles_a_line(self) -> int:
        return max(1, int((self._room + _TILE_GAP) / (self._sizes.picture + _TILE_GAP)))

    @staticmethod
    def _gap(stage: FlowStage) -> float:
        match stage.link:
            case Link.NONE:
                return _BESIDE
            case Link.ARROW:
                return _ARROW
            case Link.PLUS | Link.JOIN:
                return _NODE

    # Places

    def _place_chips(self) -> None:
        sizes = self._sizes
        x, y = self._left, self._y + _LANE
        for width in sizes.chips:
            if x + width > self._left + self._room and x > self._left:
                x, y = self._left, y + sizes.chip + _CHIP_GAP
            self._plan.chips.append(QRectF(x, y, width, sizes.chip))
            x += width + _CHIP_GAP
        self._from = QPointF(x, y + sizes.chip / 2)
        self._y = y + sizes.chip + 2.0

    def _place_line(self, line: Sequence[tuple[FlowStage, int]]) -> None:
        height, top = self._sizes.picture, self._y
        least = sum(self._least(stage, count) for stage, count in line)
        least += sum(self._gap(stage) for stage, _ in line[1:])
        shares = sum(stage.share for stage, _ in line if not stage.is_square)
        free = max(0.0, self._room - least)
        x = self._left
        bottom = top
        for place, (stage, count) in enumerate(line):
            if place:
                x += self._gap(stage)
            width = self._least(stage, count)
            if not stage.is_square:
                width = float(int(width + free * stage.share / shares))  # whole pixels: cells stay sharp
            placed = self._place_stage(stage, count, x, top + _LANE, width)
            middle = top + _LANE + height / 2
            self._connect(stage, QPointF(x, middle), top, first=place == 0)
            x += width
            self._from = QPointF(x, middle)
            bottom = max(bottom, placed.caption.bottom())
        self._y = bottom

    def _place_stage(self, stage: FlowStage, count: int, x: float, y: float, width: float) -> PlacedStage:
        height = self._sizes.picture
        tiles = []
        if stage.is_square:
            a_line, pitch = self._tiles_a_line(), height + _TILE_GAP
            tiles = [
                QRectF(x + at % a_line * pitch, y + at // a_line * pitch, height, height)
                for at in range(count)
            ]
        else:
            tiles = [QRectF(x, y, width, height)]
        caption = QRectF(x, tiles[-1].bottom() + 1.0, width, self._sizes.line)
        placed = PlacedStage(stage, tiles, caption)
        self._plan.stages[stage.key] = placed
        return placed

    # Lines

    def _connect(self, stage: FlowStage, to: QPointF, top: float, *, first: bool) -> None:
        """The lines that lead to a stage whose picture's left side has its middle at `to`, in a line from `top`."""
        start = self._from
        adds = stage.link in (Link.PLUS, Link.JOIN)
        node = QPointF(to.x() - _ARROW if first else to.x() - _NODE / 2, to.y())
        end = QPointF(node.x() - NODE_RADIUS, node.y()) if adds else to
        if stage.link is not Link.NONE and start is not None:
            if first:
                lane, descent = top + _RETURN_Y, to.x() - _INSET + 4.0
                aside = QPointF(start.x() + 5.0, start.y())
                path = [
                    start,
                    aside,
                    QPointF(aside.x(), lane),
                    QPointF(descent, lane),
                    QPointF(descent, to.y()),
                    end,
                ]
            else:
                path = [start, end]
            self._plan.lines.append(path)
        if adds:
            self._plan.nodes.append(node)
            self._plan.lines.append([QPointF(node.x() + NODE_RADIUS, node.y()), to])
        if stage.link is Link.JOIN and self._stream is not None:
            self._plan.skips.append(self._skip(self._stream, node, top))
        if stage.link is Link.JOIN:
            self._stream = node
        elif self._stream is None:
            self._stream = QPointF(to.x() - _ARROW / 2, to.y())

    def _skip(self, start: QPointF, node: QPointF, top: float) -> list[QPointF]:
        """The stream from where it was last seen over the line, or down the side of the lines between, to a node."""
        end = QPointF(node.x(), node.y() - NODE_RADIUS)
        lane = top + _SKIP_Y
        rise = QPointF(start.x(), start.y() - (NODE_RADIUS if start in self._plan.nodes else 0.0))
        if abs(start.y() - node.y()) < 1.0:
            return [rise, QPointF(start.x(), lane), QPointF(node.x(), lane), end]
        side = self._left - _INSET + 10.0
        first_lane = start.y() - self._sizes.picture / 2 - _LANE + _SKIP_Y
        return [
            rise,
            QPointF(start.x(), first_lane),
            QPointF(side, first_lane),
            QPointF(side, lane),
            QPointF(node.x(), lane),
            end,
        ]
