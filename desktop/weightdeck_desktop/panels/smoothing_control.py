"""How much the train curve is smoothed."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QSlider, QWidget

from weightdeck_desktop.theme import Theme, Type

DEFAULT_SMOOTHING = 0.9


class SmoothingControl(QWidget):
    """A word, a slider and its value."""

    def __init__(self) -> None:
        super().__init__()
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(6)
        tip = self.tr(
            "How much the train curve is averaged over past steps, 0 to 0.99 (exponential moving average)"
        )
        self._word = QLabel(self.tr("smoothing"))
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setObjectName("loss_smoothing")
        self.slider.setRange(0, 99)
        self.slider.setValue(round(DEFAULT_SMOOTHING * 100))
        self.slider.setAccessibleName(self.tr("Smoothing of the train curve"))
        self.slider.setAccessibleDescription(tip)
        self._value = QLabel()
        self._word.setBuddy(self.slider)
        for widget in (self._word, self.slider, self._value):
            widget.setToolTip(tip)
            row.addWidget(widget)
        self.show_value(self.value)

    @property
    def value(self) -> float:
        """Weight on the past, 0 to 0.99."""
        return self.slider.value() / 100.0

    def show_value(self, value: float) -> None:
        was_blocked = self.slider.blockSignals(True)
        self.slider.setValue(round(value * 100))
        self.slider.blockSignals(was_blocked)
        self._value.setText(f"{self.value:.2f}")

    def set_theme(self, theme: Theme) -> None:
        self._word.setFont(theme.font(Type.SMALL))
        self._value.setFont(theme.font(Type.MONO_SMALL))
        self._value.setFixedWidth(self._value.fontMetrics().horizontalAdvance("0.00") + 2)
        self.slider.setFixedSize(theme.px(72), theme.px(18))
        groove = theme.px(3)
        margin = theme.px(4)
        handle = groove + 2 * margin
        self.setStyleSheet(
            f"QLabel {{ color: {theme.secondary.name()}; }}"
            f"QSlider::groove:horizontal {{ background: {theme.line.name()}; height: {groove}px; }}"
            f"QSlider::handle:horizontal {{ background: {theme.text.name()}; width: {handle}px;"
            f" margin: -{margin}px 0; border-radius: {handle // 2}px; }}"
            f"QSlider::handle:horizontal:focus {{ border: 2px solid {theme.hand_outline.name()}; }}"
        )
