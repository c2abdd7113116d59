"""How the rows of an explanation are laid out and painted, whatever the width and the size of the text."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter, QPolygonF, QTextLayout, QTextOption
from PySide6.QtWidgets import QStyle, QStyleOptionViewItem

from weightdeck_desktop.panels.explain_rows import AnyRow, RowKind, TermRow
from weightdeck_desktop.panels.explain_words import WIDEST
from weightdeck_desktop.panels.row_list import RowDelegate
from weightdeck_desktop.theme import Theme, Type

_TIMES = " × "
_BAR = 34  # px at 100 %: no bar is shorter
_LINES = 3


@dataclass(frozen=True, slots=True)
class _Style:
    role: Type
    is_secondary: bool = False
    above: int = 0  # px at 100 %: free room


_TEXTS = {
    RowKind.ADDRESS: _Style(Type.MONO_SMALL, is_secondary=True),
    RowKind.VALUE: _Style(Type.LOSS),
    RowKind.TITLE: _Style(Type.BODY, is_secondary=True),
    RowKind.WHOSE: _Style(Type.SMALL, is_secondary=True),
    RowKind.FORMULA: _Style(Type.MONO_BODY, above=6),
    RowKind.NUMBERS: _Style(Type.MONO_SMALL, is_secondary=True, above=1),
    RowKind.PROBLEM: _Style(Type.BODY, above=2),
    RowKind.CHECK: _Style(Type.SMALL, is_secondary=True, above=4),
    RowKind.NOTE: _Style(Type.SMALL, is_secondary=True, above=4),
    RowKind.LINK: _Style(Type.BODY),
    RowKind.FACT: _Style(Type.SMALL, is_secondary=True),
    RowKind.OPERAND: _Style(Type.SMALL, is_secondary=True),
    RowKind.HEADING: _Style(Type.SMALL, is_secondary=True, above=8),
}
_SIGNED = (RowKind.TERM, RowKind.OPERAND, RowKind.LINK)  # stand behind a triangle


@dataclass(frozen=True, slots=True)
class TermPlaces:
    """Where the parts of a term stand in its row."""

    label: QRect
    factors: tuple[QRect, ...]
    bar: QRect
    value: QRect
    height: int


class ExplainDelegate(RowDelegate):
    """Paints one row in the `width` that its list has, scroll bar or not; the list asks it where a row's parts are."""

    def __init__(self) -> None:
        super().__init__()
        self.width = 0

    def height(self, row: AnyRow, width: int) -> int:
        theme = self.theme
        if row.kind is RowKind.TERM:
            return self.term_places(row, QRect(0, 0, width, 0)).height
        style = _TEXTS[row.kind]
        lines = len(self._lines(row, width))
        padding = theme.px(6 if row.kind in (*_SIGNED, RowKind.FACT) else 4)
        return lines * _metrics(theme, style.role).height() + padding + theme.px(style.above)

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        return QSize(80, self.height(index.data(Qt.ItemDataRole.UserRole), self.width))

    def sign_rect(self, row: AnyRow, rect: QRect) -> QRect:
        """Where the triangle is that opens a row."""
        return QRect(rect.left() + self._indent(row), rect.top(), self.theme.px(14), rect.height())

    def term_places(self, row: AnyRow, rect: QRect) -> TermPlaces:
        """The columns of a term in one line, or, where they have no room side by side, in two."""
        theme = self.theme
        body, mono = _metrics(theme, Type.BODY), _metrics(theme, Type.MONO_SMALL)
        gap = theme.px(8)
        left = rect.left() + self._indent(row) + theme.px(14)
        value_width = _metrics(theme, Type.MONO_BODY).horizontalAdvance(WIDEST) + 2
        right = rect.right() - value_width + 1
        line = max(body.height(), mono.height()) + theme.px(7)
        factor, times = mono.horizontalAdvance(WIDEST), mono.horizontalAdvance(_TIMES)
        count = len(row.factors)
        wanted = max(body.horizontalAdvance(row.longest_label), body.horizontalAdvance(row.label)) + 2
        most = row.most_factors
        widest = most * factor + max(0, most - 1) * times
        bar_room = right - gap - left - wanted - (gap + widest if most else 0) - gap
        is_stacked = bar_room < theme.px(_BAR)
        if is_stacked:
            return self._stacked_places(
                QRect(left, rect.top(), rect.right() - left, line), value_width, count
            )
        label = QRect(left, rect.top(), wanted, line)
        bar_width = min(bar_room, theme.px(110))
        bar = QRect(right - gap - bar_width, rect.top(), bar_width, line)
        x = bar.left() - gap - widest
        if not count:
            label.setRight(bar.left() - gap)
        factors = tuple(
            QRect(x + place * (factor + times), rect.top(), factor, line) for place in range(count)
        )
        return TermPlaces(label, factors, bar, QRect(right, rect.top(), value_width, line), line)

    def _stacked_places(self, room: QRect, value_width: int, count: int) -> TermPlaces:
        """Label and value in the first line; the factors below, as many in a line as have room, and then the bar."""
        theme = self.theme
        mono = _metrics(theme, Type.MONO_SMALL)
        gap, line = theme.px(8), room.height() - theme.px(3)
        factor, times = mono.horizontalAdvance(WIDEST), mono.horizontalAdvance(_TIMES)
        value = QRect(room.right() - value_width + 1, room.top(), value_width, line)
        label = QRect(room.left(), room.top(), value.left() - gap - room.left(), line)
        x, y = room.left(), room.top() + line
        factors: list[QRect] = []
        for _ in range(count):
            if factors and x + factor > room.right():
                x, y = room.left(), y + line
            factors.append(QRect(x, y, factor, line))
            x += factor + times
        end = factors[-1].right() + gap if factors else room.left()
        if room.right() - end < theme.px(_BAR):
            end, y = room.left(), y + line
        bar = QRect(end, y, room.right() - end, line)
        if bar.width() > theme.px(110):
            bar.setLeft(bar.right() - theme.px(110))
        return TermPlaces(label, tuple(factors), bar, value, y + line + theme.px(3) - room.top())

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        row: AnyRow = index.data(Qt.ItemDataRole.UserRole)
        rect = QRect(option.rect)
        rect.setWidth(self.width)
        theme = self.theme
        painter.save()
        if option.state & QStyle.StateFlag.State_MouseOver and (row.toggles is not None or any(row.leads)):
            painter.fillRect(rect, theme.raised)
        if row.kind is RowKind.TERM:
            self._paint_term(painter, row, rect)
        else:
            self._paint_text(painter, row, rect)
        if row.kind in _SIGNED and (row.toggles is not None or row.kind is RowKind.LINK):
            self._paint_triangle(painter, row, rect)
        if option.state & QStyle.StateFlag.State_HasFocus:
            painter.setPen(theme.pen(theme.hand_outline))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(rect.adjusted(0, 0, -1, -1))
        painter.restore()

    def _paint_term(self, painter: QPainter, row: AnyRow, rect: QRect) -> None:
        theme = self.theme
        places = self.term_places(row, rect)
        middle = Qt.AlignmentFlag.AlignVCenter
        right = middle | Qt.AlignmentFlag.AlignRight
        painter.setPen(theme.pen(theme.text))
        painter.setFont(theme.font(Type.BODY))
        label = _metrics(theme, Type.BODY).elidedText(
            row.label, Qt.TextElideMode.ElideRight, places.label.width()
        )
        painter.drawText(places.label, middle, label)
        painter.setFont(theme.font(Type.MONO_BODY))
        painter.drawText(places.value, right, row.value)
        painter.setFont(theme.font(Type.MONO_SMALL))
        painter.setPen(theme.pen(theme.secondary))
        for place, (where, words) in enumerate(zip(places.factors, row.factors, strict=True)):
            painter.drawText(where, right, words)
            if place + 1 < len(places.factors):  # also where the next one stands in another line
                width = _metrics(theme, Type.MONO_SMALL).horizontalAdvance(_TIMES)
                after = QRect(where.right() + 1, where.top(), width, where.height())
                painter.drawText(after, middle | Qt.AlignmentFlag.AlignHCenter, "×")
        self._paint_bar(painter, row.share, QRectF(places.bar))

    def _paint_bar(self, painter: QPainter, share: float | None, room: QRectF) -> None:
        """To the left of the middle below 0, to the right above; one that is cut has a gap before its end."""
        theme = self.theme
        centre = round(room.center().x())
        if share is not None:
            reach = max(-1.0, min(1.0, share)) * (room.width() / 2 - 1)
            top, height = room.center().y() - theme.px(5), theme.px(10)
            bar = QRectF(centre, top, reach, height).normalized()
            painter.fillRect(bar, theme.positive if share > 0.0 else theme.negative)
            if abs(share) > 1.0:
                gap = round(centre + reach - math.copysign(theme.px(6), share))
                painter.setRenderHint(QPainter.RenderHint.Antialiasing)
                painter.setPen(theme.pen(theme.panel, 2.0))
                slant = theme.px(2)
                painter.drawLine(QPointF(gap - slant, bar.bottom()), QPointF(gap + slant, bar.top()))
                painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        painter.setPen(theme.pen(theme.line))
        tick = theme.px(8)
        painter.drawLine(QPointF(centre, room.center().y() - tick), QPointF(centre, room.center().y() + tick))

    def _paint_text(self, painter: QPainter, row: AnyRow, rect: QRect) -> None:
        theme = self.theme
        style = _TEXTS[row.kind]
        ink: QColor = theme.secondary if style.is_secondary and not row.is_wrong else theme.text
        if row.is_wrong:
            ink = theme.error
        metrics = _metrics(theme, style.role)
        top = rect.top() + theme.px(style.above) + theme.px(2)
        left = rect.left() + self._left(row)
        painter.setFont(theme.font(style.role))
        painter.setPen(theme.pen(ink))
        if row.is_wrong and row.kind is RowKind.PROBLEM:
            ring = QRect(rect.left() + self._indent(row), top, metrics.height(), metrics.height())
            painter.drawEllipse(ring.adjusted(1, 1, -1, -1))
            painter.drawText(ring, Qt.AlignmentFlag.AlignCenter, "!")
        for place, words in enumerate(self._lines(row, rect.width())):
            painter.drawText(QPointF(left, top + metrics.ascent() + place * metrics.height()), words)
        if row.value:
            self._paint_aside(painter, row, QRect(left, top, rect.right() - left, metrics.height()))

    def _paint_aside(self, painter: QPainter, row: AnyRow, room: QRect) -> None:
        """The value at the right, and the symbol before it."""
        theme = self.theme
        flags = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        is_act = row.kind is RowKind.HEADING
        painter.setFont(theme.font(Type.SMALL if is_act else Type.MONO_SMALL))
        painter.setPen(theme.pen(theme.text))
        painter.drawText(room, flags, row.value)
        if row.symbol:
            width = painter.fontMetrics().horizontalAdvance("−0.000000e-00")
            painter.setPen(theme.pen(theme.secondary))
            painter.drawText(room.adjusted(0, 0, -width, 0), flags, row.symbol)

    def _paint_triangle(self, painter: QPainter, row: AnyRow, rect: QRect) -> None:
        """Points to what lies beneath: right, and down when it is open."""
        theme = self.theme
        sign = self.sign_rect(row, rect)
        line = _metrics(theme, Type.BODY).height() + theme.px(7)
        middle = QPointF(
            sign.left() + theme.px(5), rect.top() + line / 2 - (0 if row.kind is RowKind.TERM else 1)
        )
        r = theme.px(3)
        points = (
            [(-r, -r - 1), (r, 0), (-r, r + 1)] if not row.is_open else [(-r - 1, -r), (r + 1, -r), (0, r)]
        )
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.secondary)
        painter.drawPolygon(QPolygonF([middle + QPointF(x, y) for x, y in points]))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)

    def _indent(self, row: AnyRow) -> int:
        return self.theme.px(12 * min(row.depth, 6))

    def _left(self, row: AnyRow) -> int:
        """Where the text of a row begins."""
        sign = 14 if row.kind in _SIGNED else 20 if row.kind is RowKind.PROBLEM else 0
        return self._indent(row) + self.theme.px(sign)

    def _lines(self, row: AnyRow, width: int) -> tuple[str, ...]:
        """The text as it is broken; beyond three lines it is cut, and the whole of it is the tooltip."""
        assert not isinstance(row, TermRow)
        theme = self.theme
        mono = _metrics(theme, Type.MONO_SMALL)
        aside = mono.horizontalAdvance(row.value) + theme.px(10) if row.value else 0
        if row.symbol:
            aside = mono.horizontalAdvance("−0.000000e-00" + row.symbol) + theme.px(6)
        room = max(theme.px(40), width - self._left(row) - aside - theme.px(4))
        return _broken(row.label, theme.font(_TEXTS[row.kind].role).toString(), room, _LINES)


def _metrics(theme: Theme, role: Type) -> QFontMetrics:
    return _font_metrics(role, theme.font(role).pixelSize())


@lru_cache(maxsize=64)
def _font_metrics(role: Type, pixels: int) -> QFontMetrics:
    font = QFont(role.value[2])
    font.setPixelSize(pixels)
    font.setWeight(role.value[1])
    return QFontMetrics(font)


@lru_cache(maxsize=512)
def _broken(text: str, font_words: str, width: int, most: int) -> tuple[str, ...]:
    """`text` in at most `most` lines of `width` px."""
    font = QFont()
    font.fromString(font_words)
    layout = QTextLayout(text, font)
    option = QTextOption()
    option.setWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
    layout.setTextOption(option)
    layout.beginLayout()
    starts: list[int] = []
    while (line := layout.createLine()).isValid():
        line.setLineWidth(width)
        starts.append(line.textStart())
    layout.endLayout()
    ends = [*starts[1:], len(text)]
    lines = [text[first:end].rstrip() for first, end in zip(starts, ends, strict=True)]
    if len(lines) > most:
        last = QFontMetrics(font).elidedText(text[starts[most - 1] :], Qt.TextElideMode.ElideRight, width)
        lines = [*lines[: most - 1], last]
    return tuple(lines)
