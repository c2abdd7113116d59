"""The numbers of the top bar, in fixed places: a new value repaints its own place and moves nothing."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from PySide6.QtCore import QEvent, QRect, QSize, Qt
from PySide6.QtGui import QFontMetrics, QHelpEvent, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from weightdeck.run.frame import Phase, Status
from weightdeck.run.half_step import HalfStep, Stage
from weightdeck.run.words import number, perplexity_words
from weightdeck_desktop.theme import Theme, Type

_NOTHING = "–"


@dataclass(slots=True)
class _Readout:
    key: str
    label: str
    tip: str
    widest: str  # the place is as wide as this value, in the beginning
    priority: int  # where room is short, the highest numbers go first
    is_of_moment: bool = False  # of the moment that is shown, which may be past
    value: str = _NOTHING
    place: QRect | None = None  # None: no room


class Readouts(QWidget):
    """Step, speed, loss, validation, its meaning in plain words, time left; while a step is made by its parts, and from
    its update until the next, what is known of it instead. Only told; emits nothing.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("readouts")
        self.setAccessibleName(self.tr("Readouts"))
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Expanding)
        self._theme: Theme | None = None
        self._tokens_per_s: float | None = None
        self._is_past = False
        self._half = HalfStep()  # the step in hand, or that was made by its parts just now
        self._half_of = (0, 0)  # its run, and its step before the update
        self._usual = (
            _Readout(
                "step", self.tr("step"), self.tr("Updates made to the parameters so far."), "99,999", 1, True
            ),
            _Readout("speed", self.tr("speed"), "", "999 /s", 2),
            _Readout(
                "loss",
                self.tr("loss"),
                self.tr("How wrong it is on the training data, smoothed (cross-entropy, nats per letter)."),
                "9.999",
                0,
                True,
            ),
            _Readout(
                "validation",
                self.tr("validation"),
                self.tr("The same on examples that training never sees (cross-entropy, nats per letter)."),
                "9.999",
                3,
                True,
            ),
            _Readout(
                "unsure",
                self.tr("as unsure as among"),
                self.tr(
                    "The validation loss in plain words: it is as if the model guessed among so many equally "
                    "likely letters (perplexity)."
                ),
                "9.9 letters",
                4,
            ),
            _Readout(
                "left",
                self.tr("left"),
                self.tr("Time to the planned end of the run at the present speed."),
                "59 min",
                5,
            ),
        )
        self._of_parts = self._make_readouts_of_parts()
        self._readouts: tuple[_Readout, ...] = self._usual  # those that are shown

    def set_theme(self, theme: Theme) -> None:
        self._theme = theme
        self._place()
        self.update()

    def show_status(self, status: Status, train_loss: float | None, validation_loss: float | None) -> None:
        """Losses in nats per letter; None or NaN where nothing has been measured yet."""
        self._tokens_per_s = status.tokens_per_s
        is_past = status.past is not None
        self._follow(status)
        is_by_parts = not is_past and (status.pace.by_parts or self._half.stage is not Stage.NOTHING)
        self._choose(self._of_parts if is_by_parts else self._usual, is_past=is_past)
        is_there = bool(status.run) or status.phase is not Phase.LOADING
        step = status.step if status.past is None else status.past.place.step
        self._show("step", f"{step:,}" if is_there else _NOTHING)
        self._show("speed", _speed(status.steps_per_s))
        self._show("loss", _loss(train_loss))
        self._show("validation", _loss(validation_loss))
        known = validation_loss is not None and math.isfinite(validation_loss)
        self._show(
            "unsure", perplexity_words(validation_loss) if known and validation_loss is not None else _NOTHING
        )
        # At the opening pace, which doubles, the present speed says nothing of what is left.
        self._show("left", _NOTHING if status.pace.opening else _duration(status.seconds_left))
        self._show_half(self._half)
        self.setAccessibleDescription(
            ", ".join(f"{self._label(readout)} {readout.value}" for readout in self._readouts)
        )

    def _make_readouts_of_parts(self) -> tuple[_Readout, ...]:
        """The batch's loss stands where the speed was, beside the loss that it will be a part of."""
        step, _, loss, *_ = self._usual
        return (
            replace(step, priority=0),
            _Readout(
                "batch_loss",
                self.tr("batch loss"),
                self.tr(
                    "Loss of the batch of the step in hand or just made, before its update (nats per letter): "
                    "forward."
                ),
                "9.999",
                1,
            ),
            replace(loss, priority=3),
            _Readout(
                "gradient",
                self.tr("gradient"),
                self.tr("Length of the whole gradient of that batch (L2 norm), before clip: backward."),
                "9.999",
                2,
            ),
            _Readout(
                "clip",
                self.tr("clip"),
                self.tr(
                    "What its update multiplies the gradient by, so that it is no longer than clip allows."
                ),
                "×0.999",
                4,
            ),
            _Readout("rate", self.tr("rate"), self.tr("Learning rate of its update."), "9.99e-4", 5),
        )

    def _follow(self, status: Status) -> None:
        """Note the step in hand; after its update keep what was known of it, until anything is made of the next."""
        of = (status.run, status.step)
        if status.half.stage is not Stage.NOTHING:
            self._half, self._half_of = status.half, of
            return
        run, step = self._half_of
        is_made = self._half.stage is Stage.BACKWARD and of == (run, step + 1)
        is_playing = status.phase in (Phase.TRAINING, Phase.HELD) and not status.pace.by_parts
        if not is_made or is_playing:
            self._half = HalfStep()

    def _choose(self, readouts: tuple[_Readout, ...], *, is_past: bool) -> None:
        """Show these, said to be of the past or not."""
        if readouts is not self._readouts or is_past != self._is_past:
            for readout in self._readouts:
                readout.place = None
            self._readouts, self._is_past = readouts, is_past
            self._place()
            self.update()

    def _show_half(self, half: HalfStep) -> None:
        self._show("batch_loss", _loss(half.loss))
        self._show("gradient", _loss(half.gradient_norm))
        self._show("clip", _NOTHING if half.clip is None else f"×{half.clip:.3g}")
        rate = half.learning_rate
        self._show("rate", _NOTHING if rate is None else number(rate))

    def _label(self, readout: _Readout) -> str:
        is_marked = self._is_past and readout.is_of_moment
        return self.tr("{0} (past)").format(readout.label) if is_marked else readout.label

    def room_for(self, count: int) -> int:
        """Width in px that the `count` most important readouts need, however a step is made."""
        if self._theme is None:
            return 0
        return max(self._room(readouts, count) for readouts in (self._usual, self._of_parts))

    def _room(self, readouts: tuple[_Readout, ...], count: int) -> int:
        needed = sorted(readouts, key=lambda readout: readout.priority)[:count]
        return sum(self._width(readout) for readout in needed) + self._gap() * (count - 1)

    def sizeHint(self) -> QSize:
        return QSize(self.room_for(len(self._usual)), self._theme.px(36) if self._theme else 36)

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._place()

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            for readout in self._readouts:
                if readout.place is not None and readout.place.contains(event.pos()):
                    QToolTip.showText(event.globalPos(), self._tip(readout), self, readout.place)
                    return True
            QToolTip.hideText()
            return True
        return super().event(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        theme = self._theme
        if theme is None:
            return
        painter = QPainter(self)
        painter.fillRect(event.rect(), theme.panel)
        label_font, value_font = theme.font(Type.SMALL), theme.font(Type.VALUE)
        middle = round(self.height() * 0.46)
        for readout in self._readouts:
            place = readout.place
            if place is None or not place.intersects(event.rect()):
                continue
            painter.setFont(label_font)
            painter.setPen(theme.secondary)
            label = QRect(place.left(), 0, place.width(), middle)
            painter.drawText(label, Qt.AlignmentFlag.AlignBottom, self._label(readout))
            painter.setFont(value_font)
            painter.setPen(theme.text)
            lower = QRect(place.left(), middle, place.width(), self.height() - middle)
            painter.drawText(lower, Qt.AlignmentFlag.AlignVCenter, readout.value)
        painter.end()

    def _show(self, key: str, value: str) -> None:
        for readout in (*self._usual, *self._of_parts):
            if readout.key != key or value == readout.value:
                continue
            readout.value = value
            if len(value) > len(readout.widest):
                # The figures are of one width; a place grows, and never shrinks.
                readout.widest = value
                self._place()
                self.update()
            elif readout.place is not None:
                self.update(readout.place)

    def _tip(self, readout: _Readout) -> str:
        if readout.key != "speed":
            return readout.tip
        if self._tokens_per_s is None:
            return self.tr("Steps made a second.")
        return self.tr("Steps made a second; {0} tokens a second.").format(f"{self._tokens_per_s:,.0f}")

    def _gap(self) -> int:
        return self._theme.px(20) if self._theme else 0

    def _width(self, readout: _Readout) -> int:
        assert self._theme is not None
        label = QFontMetrics(self._theme.font(Type.SMALL)).horizontalAdvance(self._label(readout))
        return max(label, QFontMetrics(self._theme.font(Type.VALUE)).horizontalAdvance(readout.widest)) + 2

    def _place(self) -> None:
        """Give places to as many readouts as fit, the most important first, in their order from the left."""
        if self._theme is None:
            return
        count = len(self._readouts)
        while count > 0 and self._room(self._readouts, count) > self.width():
            count -= 1
        left = 0
        for readout in self._readouts:
            readout.place = None
            if readout.priority < count:
                width = self._width(readout)
                readout.place = QRect(left, 0, width, self.height())
                left += width + self._gap()


def _speed(steps_per_s: float | None) -> str:
    if steps_per_s is None or not math.isfinite(steps_per_s):
        return _NOTHING
    return f"{steps_per_s:,.0f} /s" if steps_per_s >= 9.95 else f"{steps_per_s:.1f} /s"


def _loss(loss: float | None) -> str:
    if loss is None or not math.isfinite(loss):
        return _NOTHING
    return f"{loss:.3f}" if loss < 100.0 else f"{loss:,.0f}"


def _duration(seconds: float | None) -> str:
    """Two figures are enough: "24 s", "12 min", "3.5 h", "12 d"."""
    if seconds is None or not math.isfinite(seconds):
        return _NOTHING
    if seconds < 99.5:
        return f"{seconds:.0f} s"
    if seconds < 99.5 * 60:
        return f"{seconds / 60:.0f} min"
    hours = seconds / 3600
    if hours < 99.5:
        return f"{hours:.1f} h" if hours < 9.95 else f"{hours:.0f} h"
    return f"{min(hours / 24, 9999):.0f} d"
