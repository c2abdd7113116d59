"""Texts that the model makes up: how they are drawn, and how many of them are new."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import QEvent, QObject, QRect, QRectF, QSignalBlocker, QSize, Qt, Signal
from PySide6.QtGui import QFontMetrics, QPainter, QPaintEvent
from PySide6.QtWidgets import (
    QAbstractSpinBox,
    QDoubleSpinBox,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QSizePolicy,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from weightdeck.run.frame import Sample, Sampling
from weightdeck_desktop.theme import Theme, Type, dark_theme
from weightdeck_desktop.widgets.check import Check
from weightdeck_desktop.widgets.flow_row import FlowRow
from weightdeck_desktop.widgets.no_data import paint_no_data

HOTTEST = 2.0


class SampleList(QWidget):
    """As many samples as fit, one a line: the given part in secondary, the verdict at the right."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme: Theme = dark_theme()
        self._samples: tuple[Sample, ...] = ()
        self.setAccessibleName(self.tr("Samples"))
        self.setToolTip(
            self.tr("Texts that the model generates now, and whether each occurs in the training data.")
        )
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)

    def set_theme(self, theme: Theme) -> None:
        self._theme = theme
        self.updateGeometry()
        self.update()

    def set_samples(self, samples: tuple[Sample, ...]) -> None:
        if samples != self._samples:
            self._samples = samples
            words = "; ".join(f"{sample.text[:60]}, {self._verdict(sample)}" for sample in samples)
            self.setAccessibleDescription(words)
            self.update()

    def sizeHint(self) -> QSize:
        return QSize(0, Sampling().count * self._line_height())

    def minimumSizeHint(self) -> QSize:
        return QSize(0, 2 * self._line_height())

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        if not self._samples:
            paint_no_data(painter, QRectF(self.rect()), self._theme)
            return
        height = self._line_height()
        for place, sample in enumerate(self._samples[: self.height() // height]):
            self._paint_sample(painter, QRect(0, place * height, self.width(), height), sample)

    def _line_height(self) -> int:
        return self._theme.px(23)

    def _paint_sample(self, painter: QPainter, rect: QRect, sample: Sample) -> None:
        theme = self._theme
        verdict = self._verdict(sample)
        small = theme.font(Type.SMALL)
        verdict_width = QFontMetrics(small).horizontalAdvance(verdict)
        painter.setFont(small)
        painter.setPen(theme.pen(theme.secondary))
        painter.drawText(rect, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, verdict)
        mono = theme.font(Type.MONO_BODY)
        metrics = QFontMetrics(mono)
        room = rect.width() - verdict_width - theme.px(8)
        # A long prompt loses its beginning, a long text its end: the seam between given and generated stays.
        given = metrics.elidedText(
            sample.text[: sample.prompt_length][-400:], Qt.TextElideMode.ElideLeft, room * 2 // 3
        )
        given_width = metrics.horizontalAdvance(given)
        made = metrics.elidedText(
            sample.text[sample.prompt_length :][:400], Qt.TextElideMode.ElideRight, room - given_width
        )
        painter.setFont(mono)
        left = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        painter.drawText(rect, left, given)
        painter.setPen(theme.pen(theme.text))
        painter.drawText(rect.adjusted(given_width, 0, 0, 0), left, made)

    def _verdict(self, sample: Sample) -> str:
        words = {
            "in the data": self.tr("in the data"),
            "new": self.tr("new"),
            "right": self.tr("right"),
            "wrong": self.tr("wrong"),
        }
        return words[sample.verdict]


class SamplesView(QWidget):
    """Samples with the controls of how they are drawn."""

    sampling_changed = Signal(object)  # Sampling, after the user's act

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._sampling = Sampling()
        self._samples: tuple[Sample, ...] = ()
        self._title = _plain_label(self.tr("samples"))
        self._temperature = QDoubleSpinBox()
        self._top_k = QSpinBox()
        self._continue = Check(self.tr("continue the prompt"))
        self._labels: list[QLabel] = [self._title]
        self._build_controls()
        self._list = SampleList()
        controls = FlowRow(gap=10, line_gap=4)
        controls.add(self._title)
        controls.add(self._labelled(self.tr("temperature"), self._temperature))
        controls.add(self._labelled(self.tr("top-k"), self._top_k))
        controls.add(self._continue)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addWidget(controls)
        column.addWidget(self._list, 1)
        self._show_sampling()

    @property
    def sampling(self) -> Sampling:
        return self._sampling

    @property
    def samples(self) -> tuple[Sample, ...]:
        return self._samples

    def set_sampling(self, sampling: Sampling) -> None:
        self._sampling = sampling
        self._show_sampling()

    def set_vocabulary_size(self, tokens: int) -> None:
        with QSignalBlocker(self._top_k):
            self._top_k.setMaximum(tokens)

    def show_samples(self, samples: tuple[Sample, ...]) -> None:
        self._samples = samples
        self._list.set_samples(samples)

    def show_exact(self, share: float | None, step: int) -> None:
        """Show beside the title how many of all held-out questions are answered without error."""
        if share is None:
            self._title.setText(self.tr("samples"))
            self._title.setToolTip("")
            return
        self._title.setText(self.tr("samples · {0:.1f} % right").format(100.0 * share))
        self._title.setToolTip(
            self.tr("Share of all held-out questions answered without error at step {0:,}").format(step)
        )

    def set_theme(self, theme: Theme) -> None:
        small = theme.font(Type.SMALL)
        for label in self._labels:
            label.setFont(small)
            label.setStyleSheet(f"color: {theme.secondary.name()}")
        self._continue.set_theme(theme)
        for spin in (self._temperature, self._top_k):
            spin.setFont(theme.font(Type.MONO_SMALL))
            spin.setStyleSheet(
                f"QAbstractSpinBox {{ background: {theme.raised.name()}; color: {theme.text.name()};"
                f" border: 1px solid {theme.line.name()}; border-radius: 4px;"
                f" padding: 2px {theme.px(4)}px; }}"
                f"QAbstractSpinBox:focus {{ border-color: {theme.hand_outline.name()}; }}"
            )
        self._list.set_theme(theme)

    def state(self) -> dict[str, Any]:
        return {
            "temperature": self._sampling.temperature,
            "top_k": self._sampling.top_k,
            "from_prompt": self._sampling.from_prompt,
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Take what `state` gave, from a settings file: values out of range are brought into it."""
        self.set_sampling(
            Sampling(
                temperature=min(
                    HOTTEST, max(0.0, float(state.get("temperature", self._sampling.temperature)))
                ),
                top_k=max(0, int(state.get("top_k", self._sampling.top_k))),
                count=self._sampling.count,
                from_prompt=bool(state.get("from_prompt", self._sampling.from_prompt)),
            )
        )

    def _build_controls(self) -> None:
        self._temperature.setObjectName("sampling_temperature")
        self._temperature.setRange(0.0, HOTTEST)
        self._temperature.setSingleStep(0.1)
        self._temperature.setDecimals(1)
        self._temperature.setAccessibleName(self.tr("Temperature"))
        self._temperature.setToolTip(
            self.tr(
                "How adventurous the samples are, 0 to 2: 0 always takes the likeliest letter, 1 draws from "
                "the model's probabilities as they are (temperature: logits are divided by it)."
            )
        )
        self._top_k.setObjectName("sampling_top_k")
        self._top_k.setSpecialValueText(self.tr("all"))
        self._top_k.setAccessibleName(self.tr("Top-k"))
        self._top_k.setToolTip(
            self.tr(
                "Draw only among so many of the likeliest letters (top_k), 1 to the vocabulary; 0 means all."
            )
        )
        self._continue.setObjectName("sampling_from_prompt")
        self._continue.setToolTip(
            self.tr("Let samples go on from the first prompt instead of starting afresh.")
        )
        self._continue.setAccessibleName(self._continue.text())
        for spin in (self._temperature, self._top_k):
            spin.setKeyboardTracking(False)
            spin.setButtonSymbols(QAbstractSpinBox.ButtonSymbols.NoButtons)  # arrow keys, wheel or typing
            spin.lineEdit().installEventFilter(self)
            spin.valueChanged.connect(self._on_user_change)
        self._continue.toggled.connect(self._on_user_change)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """A double click selects the whole number; Qt would take the part on one side of the decimal point."""
        if event.type() == QEvent.Type.MouseButtonDblClick and isinstance(watched, QLineEdit):
            watched.selectAll()
            return True
        return super().eventFilter(watched, event)

    def _labelled(self, text: str, control: QWidget) -> QWidget:
        label = _plain_label(text)
        label.setBuddy(control)
        self._labels.append(label)
        pair = QWidget()
        row = QHBoxLayout(pair)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(4)
        row.addWidget(label)
        row.addWidget(control)
        return pair

    def _show_sampling(self) -> None:
        with QSignalBlocker(self._temperature), QSignalBlocker(self._top_k), QSignalBlocker(self._continue):
            self._temperature.setValue(self._sampling.temperature)
            self._top_k.setValue(self._sampling.top_k)
            self._continue.setChecked(self._sampling.from_prompt)

    def _on_user_change(self) -> None:
        self._sampling = Sampling(
            temperature=round(self._temperature.value(), 1),
            top_k=self._top_k.value(),
            count=self._sampling.count,
            from_prompt=self._continue.isChecked(),
        )
        self.sampling_changed.emit(self._sampling)


def _plain_label(text: str) -> QLabel:
    label = QLabel(text)
    label.setTextFormat(Qt.TextFormat.PlainText)
    return label
