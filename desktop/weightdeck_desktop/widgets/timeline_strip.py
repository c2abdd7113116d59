"""A whole run as a strip: its loss, what was done to it, and the moment that is shown."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QPoint, QRect, Qt, QTimer, Signal
from PySide6.QtGui import (
    QFocusEvent,
    QHelpEvent,
    QHideEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPixmap,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QAbstractSlider, QSizePolicy, QSlider, QToolTip, QWidget

from weightdeck_desktop.theme import Theme, Type, dark_theme
from weightdeck_desktop.widgets.plain_tip import plain_tip
from weightdeck_desktop.widgets.timeline_ground import Axis, paint_ground, paint_now, paint_past
from weightdeck_desktop.widgets.timeline_keys import steps_of_key, stride
from weightdeck_desktop.widgets.timeline_line import Floats, LossLine
from weightdeck_desktop.widgets.timeline_marks import Mark, Marks
from weightdeck_desktop.widgets.timeline_words import help_words, moment_words, past_words, place_words

_HEIGHT = 30  # px at 100 %
_NEAR_PX = 4  # a mark so near to the pointer draws it
_REST_MS = 400  # after so long without a key or a notch the hand has let go
_NOTCH = 120  # Qt's units for one notch of a wheel
_BY_KEY = (Qt.FocusReason.TabFocusReason, Qt.FocusReason.BacktabFocusReason)
_ENTER = (Qt.Key.Key_Return, Qt.Key.Key_Enter)


@dataclass(frozen=True, slots=True)
class _Told:
    """Another moment than now, as the caller has told of it."""

    step: int
    shown: int
    is_exact: bool


class TimelineStrip(QSlider):
    """Steps 0 to the newest from left to right; lives on the GUI thread.

    ``set_*`` never emit. A move of the hand shows at once and says `sought`; letting go says `released`, or
    `now_requested` at the newest step. While the mouse holds it the run does not grow below the pointer.
    """

    sought = Signal(int)  # a step, with every move
    released = Signal(int)  # the step where the hand let go
    now_requested = Signal()
    entered = Signal()  # Enter, while the past is shown

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        self.setObjectName("timeline_strip")
        self.setAccessibleName(self.tr("Timeline"))
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setMouseTracking(True)
        self._theme: Theme = dark_theme()
        self._end_room = 0
        self._newest = 0
        self._coming = 0  # the newest step, which waits while the mouse holds the strip
        self._line = LossLine()
        self._marks = Marks()
        self._keyframes: tuple[int, ...] = ()
        self._told: _Told | None = None
        self._asked: int | None = None  # by the hand, until the caller tells of it
        self._is_held = False  # by the mouse
        self._is_moved = False  # by keys or the wheel, until they rest
        self._turned = 0  # of a notch that is not whole yet
        self._ground: QPixmap | None = None
        self._drawn_newest = 0
        self._shows_focus = False
        self._rest = QTimer(self)
        self._rest.setSingleShot(True)
        self._rest.setInterval(_REST_MS)
        self._rest.timeout.connect(self._let_go)
        # Our own moves are blocked: what arrives here was asked for by assistive technology.
        self.valueChanged.connect(self._on_assistive_value)
        self._tell_qt()

    # What it is told

    def set_theme(self, theme: Theme) -> None:
        self._theme = theme
        self.setFixedHeight(theme.px(_HEIGHT))
        self._redraw()

    def set_end_room(self, pixels: int) -> None:
        """Room at the right for the words of the present moment, and for what the caller puts over them."""
        if pixels != self._end_room:
            self._end_room = pixels
            self._redraw()

    def set_run(self, newest: int, steps: Floats, losses: Floats) -> None:
        """The newest step, and all losses of the run by step, ascending. Told again as it grows."""
        is_other = self._line.set_series(steps, losses)
        self._coming = newest
        if self._is_held and newest >= self._newest:
            return
        is_shifted = abs(newest - self._drawn_newest) * self._axis.right >= max(
            1, newest
        )  # by a pixel or more
        if newest != self._newest:
            self._newest = newest
            self._tell_qt()
            self.update(self._end_rect())
        if is_other or is_shifted:
            self._redraw()

    def set_marks(self, marks: Sequence[Mark]) -> None:
        """Edits, bookmarks and forks of this run, in any order."""
        new = Marks(marks)
        if new != self._marks:
            self._marks = new
            self._redraw()

    def set_keyframes(self, steps: Sequence[int]) -> None:
        """Steps that can be shown at once, ascending."""
        if tuple(steps) != self._keyframes:
            self._keyframes = tuple(steps)
            self._redraw()

    def set_past(self, step: int, shown: int, is_exact: bool) -> None:
        """The moment `step` is to be shown; `shown` is, which may be another as long as it is not exact."""
        if not self._has_hand and step == self._asked:
            self._asked = None
        told = _Told(step, shown, is_exact)
        if told != self._told:
            self._told = told
            self._show_place()

    def set_now(self) -> None:
        """The present moment is shown."""
        if self._told is not None:
            self._told = None
            self._asked = self._asked if self._has_hand else None
            self._show_place()

    def clear(self) -> None:
        """Forget the run: another is to come."""
        self._take_hand_off()
        self._line, self._marks, self._keyframes = LossLine(), Marks(), ()
        self._told, self._asked = None, None
        self._newest = self._coming = 0
        self._tell_qt()
        self._redraw()

    @property
    def step(self) -> int:
        """The step that is shown or was asked for."""
        if self._asked is not None:
            return self._asked
        return self._newest if self._told is None else self._told.step

    @property
    def is_past(self) -> bool:
        """Whether another moment than now is shown or was asked for."""
        return self._asked is not None or self._told is not None

    # The user's hand

    def mousePressEvent(self, event: QMouseEvent) -> None:
        event.accept()
        if event.button() == Qt.MouseButton.LeftButton and self._newest > 0:
            self._take_hand_off()
            self._is_held = True
            self._seek(self._step_at(event.position().x()))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        event.accept()
        if self._is_held:
            self._seek(self._step_at(event.position().x()))
        self._show_words(event.position().toPoint())

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        event.accept()
        if event.button() == Qt.MouseButton.LeftButton and self._is_held:
            self._let_go()

    def wheelEvent(self, event: QWheelEvent) -> None:
        event.accept()
        turned = event.angleDelta()
        # Some systems report a wheel turned with Shift held as a sideways one.
        self._turned += turned.y() or turned.x()
        notches = int(self._turned / _NOTCH)
        self._turned -= notches * _NOTCH
        if notches and not self._is_held:
            self._move_by(notches * stride(event))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = event.key()
        steps = steps_of_key(event, self.step, self._newest)
        if steps:
            self._move_by(steps)
        elif key in (Qt.Key.Key_End, Qt.Key.Key_Escape) and self.is_past:
            self._return_to_now()
        elif key in _ENTER and self.is_past and not event.isAutoRepeat():
            self._enter()
        else:
            event.ignore()

    def focusInEvent(self, event: QFocusEvent) -> None:
        self._shows_focus = event.reason() in _BY_KEY
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        self._shows_focus = False
        self._let_go()
        self.update()

    def hideEvent(self, event: QHideEvent) -> None:
        self._let_go()
        super().hideEvent(event)

    def leaveEvent(self, event: QEvent) -> None:
        QToolTip.hideText()

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            self._show_words(event.pos(), with_help=True)
            return True
        return super().event(event)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.EnabledChange:
            self._let_go()  # no release of the mouse will come

    def sliderChange(self, change: QAbstractSlider.SliderChange) -> None:
        """Nothing: Qt would repaint all of it with every step of the training."""

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._redraw()

    def paintEvent(self, event: QPaintEvent) -> None:
        theme = self._theme
        painter = QPainter(self)
        ratio = self.devicePixelRatioF()
        axis = self._axis
        if self._ground is None or self._ground.devicePixelRatio() != ratio:
            self._drawn_newest = self._newest
            self._ground = paint_ground(
                self.size(),
                ratio,
                theme,
                axis=axis,
                line=self._line,
                marks=self._marks,
                keyframes=self._keyframes,
            )
        painter.drawPixmap(0, 0, self._ground)
        painter.setFont(theme.font(Type.SMALL))
        if self._newest == 0:
            painter.setPen(theme.secondary)
            words = self.tr("the timeline fills while it trains")
            room = self.rect().adjusted(2 * axis.left, 0, 0, 0)  # clear of marks at step 0
            painter.drawText(room, Qt.AlignmentFlag.AlignVCenter, words)
        else:
            if self.is_past:
                step, is_exact = self.step, self._is_exact
                words = past_words(step, self._told.shown if self._told else step, is_exact=is_exact)
                paint_past(painter, theme, axis, self.height(), step=step, words=words, is_filled=is_exact)
            words = "" if self.is_past else self.tr("step {step:,} · now").format(step=self._newest)
            paint_now(painter, theme, self._end_rect(), words)
        if self._shows_focus:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
            painter.setPen(theme.pen(theme.hand_outline))
            painter.drawRect(self.rect().adjusted(0, 0, -1, -1))
        painter.end()

    # Places

    @property
    def _axis(self) -> Axis:
        margin = self._theme.px(12)
        return Axis(self._newest, margin, self.width() - max(margin, self._end_room))

    @property
    def _is_exact(self) -> bool:
        told = self._told
        return told is not None and told.is_exact and told.step == self.step

    @property
    def _has_hand(self) -> bool:
        return self._is_held or self._is_moved

    def _end_rect(self) -> QRect:
        return self.rect().adjusted(self._axis.right, 0, 0, 0)

    def _step_at(self, x: float) -> int:
        """The step below the pointer, or that of a mark near to it."""
        axis = self._axis
        step = axis.step(x)
        mark = self._marks.nearest(step)
        if mark is not None and mark <= self._newest and abs(axis.x(mark) - x) <= _NEAR_PX:
            return mark
        return self._newest if axis.right - x <= _NEAR_PX else round(step)

    # Acts

    def _seek(self, step: int) -> None:
        step = min(self._newest, max(0, step))
        if step != self.step:
            self._asked = step
            self._show_place()
            self.sought.emit(step)

    def _move_by(self, steps: int) -> None:
        if self._newest > 0:
            self._is_moved = True
            self._rest.start()
            self._seek(self.step + steps)

    def _let_go(self) -> None:
        """The hand is off, if it was on."""
        if not self._has_hand:
            return
        self._take_hand_off()
        step = self.step
        if step >= self._newest:
            if self.is_past:
                self._return_to_now()
        else:
            self.released.emit(step)
            if self._told is not None and self._told.step == step:
                self._asked = None  # what the caller tells from now on counts
        self._take_coming()

    def _enter(self) -> None:
        if self.step == self._newest:
            self._return_to_now()
        else:
            self._let_go()
            self.entered.emit()

    def _return_to_now(self) -> None:
        self._take_hand_off()
        self._asked = None
        self._show_place()
        self.now_requested.emit()
        self._take_coming()

    def _take_hand_off(self) -> None:
        self._rest.stop()
        self._is_held = self._is_moved = False

    def _take_coming(self) -> None:
        if self._coming != self._newest:
            self._newest = self._coming
            self._tell_qt()
            self._redraw()

    def _on_assistive_value(self, step: int) -> None:
        self._move_by(step - self.step)

    # Showing

    def _redraw(self) -> None:
        self._ground = None
        self.update()

    def _show_place(self) -> None:
        self._tell_qt()
        self.update()

    def _tell_qt(self) -> None:
        """Give the number, its range and its words to assistive technology."""
        blocked = self.blockSignals(True)
        self.setRange(0, self._newest)
        self.setValue(self.step)
        self.blockSignals(blocked)
        self.setAccessibleDescription(place_words(self.step, self._newest, is_past=self.is_past))

    def _show_words(self, place: QPoint, *, with_help: bool = False) -> None:
        """Say beside the pointer what lies there."""
        words = self.words_at(place.x()) if self._newest > 0 else []
        if with_help or not words:
            words.append(help_words(self._newest))
        QToolTip.showText(self.mapToGlobal(place), plain_tip("\n".join(words)), self)

    def words_at(self, x: int) -> list[str]:
        """What lies at a place, px, line by line: step and loss first."""
        axis, step = self._axis, self._step_at(x)
        at = axis.x(step)
        near = math.ceil(axis.step(at - _NEAR_PX)), math.floor(axis.step(at + _NEAR_PX))
        place = bisect_left(self._keyframes, step)
        is_kept = step in self._keyframes[place : place + 1]
        return moment_words(step, self._line.at(step), self._marks.between(*near), is_kept=is_kept)
