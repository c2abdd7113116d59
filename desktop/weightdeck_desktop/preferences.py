"""The preferences: few, each of which does something, applied at once."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QFormLayout,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from weightdeck_desktop.buttons import BarButton
from weightdeck_desktop.settings import (
    LARGEST_BUDGET_MB,
    SMALLEST_BUDGET_MB,
    THEME_CHOICES,
    Preferences,
    ThemeChoice,
)
from weightdeck_desktop.theme import Theme
from weightdeck_desktop.widgets.check import Check

_SCALES = tuple(percent / 100 for percent in range(100, 201, 10))


class PreferencesDialog(QDialog):
    """Told by `show_preferences`; `changed` says what the user wants."""

    changed = Signal(object)  # Preferences

    def __init__(self, preferences: Preferences, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._colours = theme
        self.setObjectName("preferences")
        self.setWindowTitle(self.tr("Preferences"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._theme = self._make_choice(
            "theme", self.tr("Theme"), self.tr("Colours: light, dark, or as the system has them")
        )
        names = {"system": self.tr("As the system"), "light": self.tr("Light"), "dark": self.tr("Dark")}
        for choice in THEME_CHOICES:
            self._theme.addItem(names[choice], choice)
        self._scale = self._make_choice(
            "text_scale", self.tr("Text size"), self.tr("Size of all text and knobs, 100 to 200 %")
        )
        for scale in _SCALES:
            self._scale.addItem(f"{scale:.0%}", scale)
        self._start = self._make_check(
            "start_by_itself",
            self.tr("Start training by itself"),
            self.tr("Begin to train as soon as the engine has loaded; else it waits for Play"),
        )
        self._opening = self._make_check(
            "opening_pace",
            self.tr("Begin slowly"),
            self.tr("Start with one step a second, twice as fast every 8 seconds; else at full speed"),
        )
        self._hold = self._make_check(
            "hold_while_turning",
            self.tr("Wait while a weight knob is in your hand"),
            self.tr("Training waits while you turn a weight, so that the bars move for one reason only"),
        )
        self._hints = self._make_check(
            "hints", self.tr("Show hints"), self.tr("One hint at a time in the first minute")
        )
        self._budget = self._make_budget()
        form = QFormLayout()
        form.addRow(self.tr("Theme"), self._theme)
        form.addRow(self.tr("Text size"), self._scale)
        for check in (self._start, self._opening, self._hold, self._hints):
            form.addRow(check)
        form.addRow(self.tr("Disk space for moments of a run"), self._budget)
        form.setSpacing(theme.px(8))
        close = BarButton("close_preferences", parent=self)
        close.set_theme(theme)
        close.set_content(self.tr("Close"), "", self.tr("Your choices are kept already (Esc)"))
        close.clicked.connect(self.close)
        column = QVBoxLayout(self)
        column.setContentsMargins(theme.px(16), theme.px(16), theme.px(16), theme.px(16))
        column.setSpacing(theme.px(16))
        column.addLayout(form)
        column.addStretch(1)
        column.addWidget(close, 0, Qt.AlignmentFlag.AlignRight)
        self.show_preferences(preferences)
        for box in (self._theme, self._scale):
            box.activated.connect(self._on_user_changed)
        for check in (self._start, self._opening, self._hold, self._hints):
            check.clicked.connect(self._on_user_changed)
        self._budget.valueChanged.connect(self._on_user_changed)

    def show_preferences(self, preferences: Preferences) -> None:
        self._theme.setCurrentIndex(THEME_CHOICES.index(preferences.theme))
        nearest = min(range(len(_SCALES)), key=lambda at: abs(_SCALES[at] - preferences.text_scale))
        self._scale.setCurrentIndex(nearest)
        self._start.setChecked(preferences.start_by_itself)
        self._opening.setChecked(preferences.opening_pace)
        self._hold.setChecked(preferences.hold_while_turning)
        self._hints.setChecked(preferences.hints)
        with QSignalBlocker(self._budget):
            self._budget.setValue(preferences.keyframe_megabytes)

    def _on_user_changed(self) -> None:
        theme: ThemeChoice = THEME_CHOICES[self._theme.currentIndex()]
        self.changed.emit(
            Preferences(
                theme=theme,
                text_scale=_SCALES[self._scale.currentIndex()],
                start_by_itself=self._start.isChecked(),
                opening_pace=self._opening.isChecked(),
                hold_while_turning=self._hold.isChecked(),
                hints=self._hints.isChecked(),
                keyframe_megabytes=self._budget.value(),
            )
        )

    def _make_choice(self, name: str, label: str, tip: str) -> QComboBox:
        box = QComboBox(self)
        box.setObjectName(f"preference_{name}")
        box.setAccessibleName(label)
        box.setToolTip(tip)
        box.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        return box

    def _make_budget(self) -> QSpinBox:
        box = QSpinBox(self)
        box.setObjectName("preference_keyframe_megabytes")
        box.setAccessibleName(self.tr("Disk space for moments of a run"))
        box.setRange(SMALLEST_BUDGET_MB, LARGEST_BUDGET_MB)
        box.setSuffix(self.tr(" MB"))
        box.setGroupSeparatorShown(True)
        box.setStepType(QSpinBox.StepType.AdaptiveDecimalStepType)
        box.setKeyboardTracking(False)  # a figure that is half typed is no wish
        box.setToolTip(
            self.tr(
                "How much of a run file full copies of its weights (keyframes) may take, {0:,} to {1:,} MB. With "
                "more of them the timeline finds a moment sooner; no moment is lost: the rest is computed again"
            ).format(SMALLEST_BUDGET_MB, LARGEST_BUDGET_MB)
        )
        return box

    def _make_check(self, name: str, label: str, tip: str) -> Check:
        check = Check(label, self)
        check.set_theme(self._colours)
        check.setObjectName(f"preference_{name}")
        check.setAccessibleName(label)
        check.setToolTip(tip)
        return check
