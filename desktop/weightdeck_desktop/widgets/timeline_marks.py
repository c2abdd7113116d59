"""What lies on a timeline besides its line: the user's edits, bookmarks, and where branches leave."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QPainter, QPolygonF

from weightdeck_desktop.theme import Theme
from weightdeck_desktop.widgets.knob_painting import paint_diamond

_LEAST_GAP = 3  # px: marks of one kind that are nearer than this are drawn as one


class MarkKind(Enum):
    """Told apart by shape and by height, in the order in which they are drawn."""

    FORK = "fork"
    EDIT = "edit"
    BOOKMARK = "bookmark"


@dataclass(frozen=True, slots=True)
class Mark:
    """Something that lies at a step, and the words for it."""

    step: int
    kind: MarkKind
    words: str


class Marks:
    """Marks in the order of their steps."""

    def __init__(self, marks: Sequence[Mark] = ()) -> None:
        self._marks = sorted(marks, key=lambda mark: mark.step)
        self._steps = [mark.step for mark in self._marks]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Marks) and self._marks == other._marks

    __hash__ = None  # type: ignore[assignment]  # it is compared, never a key

    def of(self, kind: MarkKind) -> list[int]:
        """Steps of one kind, ascending."""
        return [mark.step for mark in self._marks if mark.kind is kind]

    def between(self, first: int, last: int) -> list[Mark]:
        """The marks from `first` to `last`, both included."""
        return self._marks[bisect_left(self._steps, first) : bisect_right(self._steps, last)]

    def nearest(self, step: float) -> int | None:
        """The step of the nearest mark; None where there is none."""
        place = bisect_left(self._steps, step)
        return min(
            self._steps[max(0, place - 1) : place + 1], key=lambda each: abs(each - step), default=None
        )


def paint_marks(
    painter: QPainter, theme: Theme, kind: MarkKind, places: Sequence[float], height: int
) -> None:
    """Paint marks of one kind at `places`, px and ascending, into a strip of `height` px."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    unit = theme.px(1)
    paint, y = {
        MarkKind.FORK: (_paint_fork, height - 2.0 * unit),
        MarkKind.EDIT: (_paint_edit, height / 2),
        MarkKind.BOOKMARK: (_paint_flag, 2.0 * unit),
    }[kind]
    drawn = float("-inf")
    for x in places:
        if x - drawn >= _LEAST_GAP:
            paint(painter, theme, round(x) + 0.5, y)
            drawn = x


def _paint_edit(painter: QPainter, theme: Theme, x: float, y: float) -> None:
    paint_diamond(painter, theme, QPointF(x, y), theme.px(4))


def _paint_flag(painter: QPainter, theme: Theme, x: float, y: float) -> None:
    unit = theme.px(1)
    painter.setPen(theme.pen(theme.panel))
    painter.setBrush(theme.text)
    painter.drawPolygon(
        QPolygonF(
            [
                QPointF(x - 4 * unit, y),
                QPointF(x + 4 * unit, y),
                QPointF(x + 4 * unit, y + 10 * unit),
                QPointF(x, y + 6.5 * unit),
                QPointF(x - 4 * unit, y + 10 * unit),
            ]
        )
    )
    painter.setBrush(Qt.BrushStyle.NoBrush)


def _paint_fork(painter: QPainter, theme: Theme, x: float, y: float) -> None:
    unit = theme.px(1)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(theme.pen(theme.text, 1.5 * unit))
    painter.drawLine(QPointF(x, y), QPointF(x, y - 10 * unit))
    painter.drawPolyline(
        QPolygonF(
            [
                QPointF(x, y - 2 * unit),
                QPointF(x + 5 * unit, y - 6 * unit),
                QPointF(x + 5 * unit, y - 10 * unit),
            ]
        )
    )
