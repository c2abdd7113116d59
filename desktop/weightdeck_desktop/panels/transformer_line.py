"""The line under the transformer: the parts of the step in hand with their numbers, and what is pointed at."""

from __future__ import annotations

from PySide6.QtCore import QRect, QSize, Qt, Signal
from PySide6.QtGui import QFontMetrics, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from weightdeck.run.half_step import HalfStep, Stage
from weightdeck_desktop.buttons import BarButton, Look
from weightdeck_desktop.theme import Theme, Type, dark_theme
from weightdeck_desktop.widgets.plain_number import plain_number
from weightdeck_desktop.widgets.text_line import TextLine

_GAP = 16  # px at 100 % between parts, and before the words at the right
_LEAST_WORDS = 230  # px at 100 %: room under which the words go to a line of their own


class StepParts(QWidget):
    """forward · backward · update, the present one in full ink and underlined, those that are not made yet faint. The
    numbers of a step stay while its update is the newest part.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("transformer_parts")
        self.setToolTip(
            self.tr(
                "The three parts of a training step: loss of its batch (nats per token); length of the gradient; "
                "the factor by which it is clipped, and the learning rate."
            )
        )
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self._theme: Theme = dark_theme()
        self._before = HalfStep()  # what was last told of a step
        self._before_step: int | None = None  # before its update
        self._made = 0  # parts of the step that are made; 0 for none in hand
        self._words: tuple[tuple[str, str], ...] = ()
        self.show_half(HalfStep(), update_made=False)

    def set_theme(self, theme: Theme) -> None:
        self._theme = theme
        self.updateGeometry()
        self.update()

    def show_half(self, half: HalfStep, *, update_made: bool, step: int | None = None) -> None:
        """How far the step in hand is; `update_made`: its update was just made. `step`: updates made so far."""
        self._made = 3 if update_made else half.stage.value
        if not update_made:
            self._before, self._before_step = half, step
        elif half.loss is None and self._is_updated(step):
            half = self._before
        self._words = (
            (self.tr("forward"), _worded(self.tr("loss {0}"), half.loss)),
            (self.tr("backward"), _worded(self.tr("gradient {0}"), half.gradient_norm)),
            (self.tr("update"), self._update_words(half)),
        )
        self.setAccessibleName(self.in_words)
        self.updateGeometry()
        self.update()

    @property
    def in_words(self) -> str:
        """All of it as a sentence."""
        parts = " · ".join(f"{name} {number}".strip() for name, number in self._words)
        if not self._made:
            return self.tr("No step in hand: {0}").format(parts)
        return self.tr("{0} was just made: {1}").format(self._words[self._made - 1][0], parts)

    def sizeHint(self) -> QSize:
        return QSize(self._width(), self._metrics().height() + 2)

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def paintEvent(self, event: QPaintEvent) -> None:
        theme = self._theme
        painter = QPainter(self)
        x = 0
        for place, (name, number) in enumerate(self._words, 1):
            is_present, is_faint = place == self._made, self._made > 0 and place > self._made
            painter.setFont(theme.font(Type.SMALL))
            ink = theme.text if is_present else theme.secondary
            painter.setPen(theme.pen(ink, alpha=0.6 if is_faint else 1.0))
            metrics = QFontMetrics(theme.font(Type.SMALL))
            wide = metrics.horizontalAdvance(name)
            painter.drawText(QRect(x, 0, wide + 2, self.height()), Qt.AlignmentFlag.AlignTop, name)
            if is_present:
                painter.setPen(theme.pen(theme.text, 2.0))
                painter.drawLine(x, self.height() - 1, x + wide, self.height() - 1)
                painter.setPen(theme.pen(ink))
            x += wide + theme.px(4)
            if number:
                painter.setFont(theme.font(Type.MONO_SMALL))
                wide = self._metrics().horizontalAdvance(number)
                painter.drawText(QRect(x, 0, wide + 2, self.height()), Qt.AlignmentFlag.AlignTop, number)
                x += wide
            x += theme.px(_GAP)
        painter.end()

    def _is_updated(self, step: int | None) -> bool:
        """Whether the update that was just made is that of the gradients that were told last."""
        before = self._before_step
        is_next = step is None or before is None or step == before + 1
        return is_next and self._before.stage is Stage.BACKWARD

    def _update_words(self, half: HalfStep) -> str:
        parts = (
            _worded(self.tr("clip ×{0}"), half.clip, 2),
            _worded(self.tr("rate {0}"), half.learning_rate, 4),
        )
        return " ".join(part for part in parts if part)

    def _width(self) -> int:
        small, theme = QFontMetrics(self._theme.font(Type.SMALL)), self._theme
        width = 0
        for name, number in self._words:
            width += small.horizontalAdvance(name) + self._metrics().horizontalAdvance(number)
            width += theme.px(_GAP + 4)
        return width

    def _metrics(self) -> QFontMetrics:
        return QFontMetrics(self._theme.font(Type.MONO_SMALL))


class BottomLine(QWidget):
    """The parts at the left; at the right what is pointed at, or a hint, and a way to the gradients while they are
    there and others are shown. On two lines where there is no room.
    """

    gradient_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.parts = StepParts(self)
        # The number stands near the end: where room is short, its name gives way.
        self._readout = TextLine(elide=Qt.TextElideMode.ElideMiddle, parent=self)
        self._readout.setObjectName("transformer_readout")
        self._gradient = BarButton("transformer_to_gradient", Look.LINK, self)
        self._gradient.set_content(
            self.tr("show the gradients"),
            "",
            self.tr("How the batch’s loss would move with every number: the source “gradient”"),
        )
        self._gradient.clicked.connect(lambda _checked: self.gradient_requested.emit())
        self._gradient.hide()
        self._theme: Theme = dark_theme()
        self._words, self._mark, self._is_hint = "", "", True

    def set_theme(self, theme: Theme) -> None:
        self._theme = theme
        self.parts.set_theme(theme)
        self._readout.set_theme(theme)
        self._gradient.set_theme(theme, 18)
        self._arrange()

    def show_half(self, half: HalfStep, *, update_made: bool, step: int | None = None) -> None:
        """The step in hand, and how far it is; as `StepParts.show_half`."""
        self.parts.show_half(half, update_made=update_made, step=step)
        self._arrange()

    def offer_gradient(self, offered: bool) -> None:
        """Whether gradients are there that are not shown."""
        if offered == self._gradient.isHidden():
            self._gradient.setVisible(offered)
            self._arrange()

    def say(self, words: str, *, mark: str = "", is_hint: bool = False) -> None:
        """A hint is dropped where there is no room for all of it."""
        self._words, self._mark, self._is_hint = words, mark, is_hint
        self._arrange()

    def sizeHint(self) -> QSize:
        return QSize(self._theme.px(200), self.minimumHeight())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange()

    def _arrange(self) -> None:
        theme, size = self._theme, self.parts.sizeHint()
        line = size.height()
        right = self.width()
        if not self._gradient.isHidden():
            right -= self._gradient.sizeHint().width() + theme.px(10)
        beside = right - size.width() - theme.px(4)
        is_wide = beside >= theme.px(_LEAST_WORDS)
        high = line if is_wide else 2 * line + 2
        if self.minimumHeight() != high or self.maximumHeight() != high:
            self.setFixedHeight(high)
        self.parts.setGeometry(0, 0, min(size.width(), self.width()), line)
        room, top = (beside, 0) if is_wide else (right, line + 2)
        wanted = self._readout.natural_width(self._words) + 2
        if self._mark:
            wanted += line + theme.px(4)  # the mark stands at the words' left, wherever they begin
        wide = min(room, wanted)
        self._readout.setGeometry(right - wide if is_wide else 0, top, wide, line)
        self._gradient.setGeometry(right + theme.px(10), top, self.width() - right - theme.px(10), line)
        self._readout.set_text(self._words if wanted <= room or not self._is_hint else "", mark=self._mark)


def _worded(words: str, value: float | None, decimals: int = 3) -> str:
    return "" if value is None else words.format(plain_number(value, decimals))
