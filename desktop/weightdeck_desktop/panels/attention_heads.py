"""All heads at a glance: the pattern of every head as a thumbnail, blocks as rows, with what it was named after.

Letters: L blocks, H heads, T tokens.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPoint, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QContextMenuEvent,
    QFontMetrics,
    QHelpEvent,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPixmap,
    QResizeEvent,
)
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from weightdeck.run.inside import Floats
from weightdeck_desktop.theme import Theme, Type, dark_theme
from weightdeck_desktop.upright_scroll import UprightScroll
from weightdeck_desktop.widgets.no_data import paint_no_data
from weightdeck_desktop.widgets.outlines import paint_focus
from weightdeck_desktop.widgets.plain_tip import plain_tip

Head = tuple[int, int]  # block and head

_LEAST = 20  # px at 100 %: side of a thumbnail
_MOST = 150
_GAP = 6


class _Form(NamedTuple):
    """Where the thumbnails are, px."""

    left: int
    top: int
    wide: float  # from head to head
    tall: float  # from block to block
    side: int  # of a thumbnail
    has_captions: bool


class HeadGrid(UprightScroll):
    """Scrolls where a model has more blocks than fit. Click or arrow keys choose a head, Enter opens it."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("attention_heads_scroll", parent)
        self.heads = Heads()
        self.heads.chosen.connect(self._reveal)
        self.setWidget(self.heads)

    def set_theme(self, theme: Theme) -> None:
        super().set_theme(theme)
        self.heads.set_theme(theme)

    def _reveal(self, head: Head) -> None:
        rect = self.heads.head_rect(head)
        self.ensureVisible(round(rect.center().x()), round(rect.center().y()), 0, round(rect.height()))


class Heads(QWidget):
    """The thumbnails as one picture, painted anew only when something changed."""

    chosen = Signal(object)  # Head
    opened = Signal()  # Enter or a double click on the chosen one
    menu_requested = Signal(object, QPoint)  # Head, and where on the screen

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme: Theme = dark_theme()
        self._shape = (0, 0)  # blocks, heads
        self._patterns: dict[int, Floats] = {}  # by block: (H, T, T)
        self._limit = 1.0
        self._signed = False
        self._labels: dict[Head, tuple[str, str]] = {}
        self._muted: frozenset[Head] = frozenset()
        self._choice: Head = (0, 0)
        self._message = ""
        self._tip: Callable[[Head], str] = lambda head: f"{head[0]}.{head[1]}"
        self._picture: QPixmap | None = None
        self._form = self._measured()
        self.setObjectName("attention_heads")
        self.setAccessibleName(self.tr("All heads"))
        self.setAccessibleDescription(self.tr("Choose one with the arrow keys, Enter shows it large"))
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def set_theme(self, theme: Theme) -> None:
        self._theme = theme
        self.updateGeometry()
        self._repaint()

    def set_shape(self, blocks: int, heads: int, tip: Callable[[Head], str]) -> None:
        """How many there are; `tip` gives a head's details when they are wanted."""
        self._shape, self._tip = (blocks, heads), tip
        self._choice = (min(self._choice[0], blocks - 1), min(self._choice[1], heads - 1))
        self.updateGeometry()
        self._repaint()

    def set_patterns(self, patterns: dict[int, Floats], limit: float, *, signed: bool) -> None:
        """(H, T, T) of each block; blocks that are missing have no data."""
        same = (
            patterns.keys() == self._patterns.keys()
            and (limit, signed) == (self._limit, self._signed)
            and all(np.array_equal(values, self._patterns[block]) for block, values in patterns.items())
        )
        self._patterns, self._limit, self._signed = patterns, limit, signed
        if not same:
            self._repaint()

    def set_labels(self, labels: dict[Head, tuple[str, str]]) -> None:
        """What heads are called, in full and in a word; those that are missing have no name."""
        if labels != self._labels:
            self._labels = labels
            self._repaint()

    def set_muted(self, muted: frozenset[Head]) -> None:
        """Heads that write nothing: struck out."""
        if muted != self._muted:
            self._muted = muted
            self._repaint()

    def set_choice(self, head: Head) -> None:
        if head != self._choice:
            self._choice = head
            self.setAccessibleDescription(self._tip(head))
            self.update()

    def set_message(self, message: str) -> None:
        """Why there are no patterns."""
        if message != self._message:
            self._message = message
            self._repaint()

    def head_rect(self, head: Head) -> QRectF:
        """Where a head's thumbnail lies, px."""
        block, place = head
        form = self._form
        x = form.left + place * form.wide + (form.wide - _GAP - form.side) / 2
        return QRectF(round(x), round(form.top + block * form.tall), form.side, form.side)

    def sizeHint(self) -> QSize:
        return self.minimumSizeHint()

    def minimumSizeHint(self) -> QSize:
        theme, (blocks, heads) = self._theme, self._shape
        least = theme.px(_LEAST) + _GAP
        left, top = self._origin()
        return QSize(min(left + heads * least, theme.px(200)), round(top + max(1, blocks) * least))

    # What the user does

    def mousePressEvent(self, event: QMouseEvent) -> None:
        head = self._head_at(event.position().x(), event.position().y())
        if event.button() == Qt.MouseButton.LeftButton and head is not None:
            self._choose(head)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        if self._head_at(event.position().x(), event.position().y()) is not None:
            self.opened.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        blocks, heads = self._shape
        block, head = self._choice
        moves = {
            Qt.Key.Key_Left: (block, head - 1),
            Qt.Key.Key_Right: (block, head + 1),
            Qt.Key.Key_Up: (block - 1, head),
            Qt.Key.Key_Down: (block + 1, head),
            Qt.Key.Key_Home: (0, 0),
            Qt.Key.Key_End: (blocks - 1, heads - 1),
        }
        key = Qt.Key(event.key())
        if key in moves and blocks:
            block, head = moves[key]
            self._choose((min(max(block, 0), blocks - 1), min(max(head, 0), heads - 1)))
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and blocks:
            self.opened.emit()
        else:
            event.ignore()

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        by_mouse = event.reason() == QContextMenuEvent.Reason.Mouse
        head = self._head_at(event.x(), event.y()) if by_mouse else self._choice
        if head is None or not self._shape[0]:
            event.ignore()
            return
        below = self.mapToGlobal(self.head_rect(head).bottomLeft().toPoint())
        self.menu_requested.emit(head, event.globalPos() if by_mouse else below)

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            head = self._head_at(event.pos().x(), event.pos().y())
            if head is not None:
                QToolTip.showText(event.globalPos(), plain_tip(self._tip(head)), self)
            return True
        return super().event(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._repaint()

    def _choose(self, head: Head) -> None:
        if head != self._choice:
            self.set_choice(head)
            self.chosen.emit(head)

    def _head_at(self, x: float, y: float) -> Head | None:
        blocks, heads = self._shape
        form = self._form
        block, head = int((y - form.top) // form.tall), int((x - form.left) // form.wide)
        return (block, head) if 0 <= block < blocks and 0 <= head < heads else None

    # Geometry, in px

    def _line(self) -> int:
        return QFontMetrics(self._theme.font(Type.SMALL)).height()

    def _origin(self) -> tuple[int, int]:
        """Where the thumbnails begin: beside the blocks' names and below the heads'."""
        blocks, _ = self._shape
        metrics = QFontMetrics(self._theme.font(Type.SMALL))
        widest = metrics.horizontalAdvance(self._row_name(max(0, blocks - 1)))
        return widest + self._theme.px(8), metrics.height() + 4

    def _measured(self) -> _Form:
        theme, (blocks, heads), (left, top) = self._theme, self._shape, self._origin()
        line, metrics = self._line(), QFontMetrics(theme.font(Type.SMALL))
        wide = max(1.0, (self.width() - left) / max(1, heads))
        tall = max(1.0, (self.height() - top - 2) / max(1, blocks))
        widest = max((metrics.horizontalAdvance(short) for _, short in self._labels.values()), default=0)
        has_captions = 0 < widest <= wide - 2 and tall >= theme.px(_LEAST) + line + _GAP
        caption = line if has_captions else 0
        side = max(4, int(min(wide - _GAP, tall - _GAP - caption, theme.px(_MOST))))
        return _Form(left, top, wide, min(tall, side + caption + 2 * _GAP), side, has_captions)

    # Painting

    def _repaint(self) -> None:
        self._form = self._measured()
        self._picture = None
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        theme = self._theme
        if not self._patterns or not self._shape[0]:
            painter.fillRect(self.rect(), theme.panel)
            paint_no_data(painter, QRectF(self.rect()), theme, self._message)
            painter.end()
            return
        if self._picture is None:
            self._picture = self._drawn()
        painter.drawPixmap(0, 0, self._picture)
        rect = self.head_rect(self._choice)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(theme.pen(theme.hand_outline, 4.0 if not theme.dark else 2.0))
        painter.drawRect(rect.adjusted(-2, -2, 1, 1))
        painter.setPen(theme.pen(theme.hand, 2.0))
        painter.drawRect(rect.adjusted(-2, -2, 1, 1))
        if self.hasFocus():
            paint_focus(painter, self.rect(), theme)
        painter.end()

    def _drawn(self) -> QPixmap:
        theme, (blocks, heads) = self._theme, self._shape
        ratio = self.devicePixelRatioF()
        picture = QPixmap(self.size() * ratio)
        picture.setDevicePixelRatio(ratio)
        picture.fill(theme.panel)
        painter = QPainter(picture)
        painter.setFont(theme.font(Type.SMALL))
        painter.setPen(theme.pen(theme.secondary))
        self._draw_headings(painter)
        side = self._form.side
        for block in range(blocks):
            patterns = self._patterns.get(block)
            fine = round(side * ratio)
            thumbnails = None if patterns is None else self._thumbnails(patterns, fine)
            for head in range(heads):
                rect = self.head_rect((block, head))
                if thumbnails is None:
                    paint_no_data(painter, rect, theme)
                else:
                    painter.drawImage(rect, thumbnails, QRectF(0, head * fine, fine, fine))
                painter.setBrush(Qt.BrushStyle.NoBrush)
                painter.setPen(theme.pen(theme.line, alpha=0.6))
                painter.drawRect(rect.adjusted(0, 0, -1, -1))
                self._draw_marks(painter, (block, head), rect)
        painter.end()
        return picture

    def _draw_headings(self, painter: QPainter) -> None:
        blocks, heads = self._shape
        left, top, wide, tall, side, _ = self._form
        metrics = painter.fontMetrics()
        for head in range(heads):
            words = self.tr("head {0}").format(head)
            words = words if metrics.horizontalAdvance(words) <= wide - 2 else str(head)
            room = QRectF(left + head * wide, 0, wide - _GAP, self._line())
            painter.drawText(room, Qt.AlignmentFlag.AlignHCenter, words)
        for block in range(blocks):
            room = QRectF(0, top + block * tall, left, side)
            painter.drawText(room, Qt.AlignmentFlag.AlignVCenter, self._row_name(block))

    def _draw_marks(self, painter: QPainter, head: Head, rect: QRectF) -> None:
        """A head's name below it, or a dot where there is no room; struck out where it is muted."""
        theme, label = self._theme, self._labels.get(head)
        if label is not None and self._form.has_captions:
            wide = self._form.wide
            metrics, (words, short) = painter.fontMetrics(), label
            if metrics.horizontalAdvance(words) > wide - 2:
                words = metrics.elidedText(short, Qt.TextElideMode.ElideRight, int(wide) - 2)
            middle = rect.center().x()
            room = QRectF(middle - wide / 2 + 1, rect.bottom() + 1, wide - 2, self._line())
            painter.setPen(theme.pen(theme.text))
            painter.drawText(room, Qt.AlignmentFlag.AlignHCenter, words)
        elif label is not None:
            reach = theme.px(6)
            dot = QRectF(rect.right() - reach - 2, rect.top() + 2, reach, reach)
            painter.setPen(theme.pen(theme.panel))
            painter.setBrush(theme.text)
            painter.drawEllipse(dot)
        if head in self._muted:
            painter.setPen(theme.pen(theme.text, 2.0))
            painter.drawLine(rect.bottomLeft(), rect.topRight())

    def _thumbnails(self, values_HTT: Floats, side: int) -> QImage | None:
        """The patterns of a block one below the other, each `side` pixels wide; None if nothing is finite."""
        if not np.isfinite(values_HTT.sum()):
            finite_HTT = np.isfinite(values_HTT)
            if not finite_HTT.any():
                return None
            values_HTT = np.where(finite_HTT, values_HTT, np.float32(0.0))
        cells = _fitted(values_HTT, side)
        if self._signed:
            lowest = -_fitted(-values_HTT, side)
            cells = np.where(cells >= -lowest, cells, lowest)
        table = self._theme.diverging_table() if self._signed else self._theme.ramp_table()
        zero, scale = (127.5, 127.5) if self._signed else (0.0, 255.0)
        places = np.rint(np.clip(zero + cells / self._limit * scale, 0.0, 255.0)).astype(np.uint8)
        pixels: NDArray[np.uint8] = table[places]
        image = QImage(
            np.ascontiguousarray(pixels).data,
            side,
            side * len(values_HTT),
            4 * side,
            QImage.Format.Format_RGBA8888,
        )
        return image.copy()  # `pixels` ends here

    def _row_name(self, block: int) -> str:
        return self.tr("block {0}").format(block)


def _fitted(values_HTT: Floats, side: int) -> Floats:
    """Each matrix in `side` by `side` pixels: of numbers that share a pixel the largest."""
    count = values_HTT.shape[1]
    starts = np.arange(side) * count // side
    for axis in (1, 2):
        if side < count:
            values_HTT = np.maximum.reduceat(values_HTT, starts, axis)
        else:
            values_HTT = values_HTT.take(starts, axis)
    return values_HTT
