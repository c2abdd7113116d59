"""The bar at the top: run, pause, step, pace, the numbers that matter, workspaces, search and theme."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Flag, auto

from PySide6.QtCore import QPoint, QSize, Qt, Signal
from PySide6.QtGui import QAction, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QLayout, QMenu, QVBoxLayout, QWidget

from weightdeck.run.frame import Pace, Phase, Status
from weightdeck.run.half_step import HalfStep
from weightdeck_desktop.breakpoint_list import Breakpoints
from weightdeck_desktop.breakpoint_words import breakpoints_tip
from weightdeck_desktop.buttons import BarButton, Look
from weightdeck_desktop.moment_words import steps_to_redo
from weightdeck_desktop.pace_slider import PaceSlider, notch_of, pace_at
from weightdeck_desktop.part_words import longest_part_title, part_tip, part_title, step_tip
from weightdeck_desktop.readouts import Readouts
from weightdeck_desktop.theme import Theme, Type
from weightdeck_desktop.workspaces import Workspace

_PLAYING = (Phase.TRAINING, Phase.HELD)
_DEAD = (Phase.LOADING, Phase.FAILED, Phase.CLOSED)


class _Shed(Flag):
    """What can give way where room is short; the menu has it too."""

    TEXTS = auto()  # of step and search
    THEME = auto()
    SEARCH = auto()
    PART_TEXT = auto()
    PACE = auto()
    BREAKPOINTS = auto()


# What is shed, the least first, and how many readouts must have room for it to be enough.
_SMALL = _Shed.TEXTS | _Shed.THEME
_SMALLER = _SMALL | _Shed.PART_TEXT
_LEVELS = (
    *((_Shed(0), 6), (_Shed.TEXTS, 6), (_SMALL, 6), (_SMALL | _Shed.SEARCH, 6)),
    *((_SMALLER, 6), (_SMALLER, 3), (_SMALLER, 2)),
    *((_SMALLER | _Shed.PACE, 2), (~_Shed(0), 2)),
)


class TransportBar(QWidget):
    """Told by `show_status`; each signal is a user's act. Where room is short the least important goes."""

    play_requested = Signal()
    pause_requested = Signal()
    step_requested = Signal()
    next_part_requested = Signal()
    breakpoints_requested = Signal()  # their list is to open
    reset_requested = Signal(bool)  # True: with a new seed
    pace_changed = Signal(object)  # Pace
    workspace_requested = Signal(str)  # its key
    palette_requested = Signal()
    theme_requested = Signal()
    menu_requested = Signal(object)  # QPoint, global: where the menu should open

    def __init__(self, workspaces: Sequence[Workspace], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("transport_bar")
        self.setAccessibleName(self.tr("Transport"))
        self._theme: Theme | None = None
        self._phase = Phase.LOADING
        self._redoes = 0  # steps that are to be computed again before it can train
        self._is_past = False  # what is shown
        self._half = HalfStep()  # the step in hand
        self._engine_enabled = False
        self._play = BarButton("play", Look.PRIMARY, self)
        self._play.reserve(
            max((self.tr("Pause"), self.tr("Continue"), self.tr("Loading"), self.tr("Redoing")), key=len)
        )
        self._play.clicked.connect(self._on_play_clicked)
        self._step = BarButton("step", parent=self)
        self._step.clicked.connect(self.step_requested)
        self._part = BarButton("next_part", parent=self)
        self._part.reserve(longest_part_title())
        self._part.clicked.connect(self.next_part_requested)
        self._breakpoints = BarButton("breakpoints_button", Look.QUIET, self)
        self._breakpoints.clicked.connect(self.breakpoints_requested)
        self._reset = BarButton("reset", parent=self)
        self._reset.set_content(
            self.tr("Reset"), "reset", self.tr("Begin again at step 0, with the same or another random start")
        )
        self._reset.set_compact(True)
        self._reset.clicked.connect(self._on_reset_clicked)
        self._pace_block = self._make_pace_block()
        self._readouts = Readouts(self)
        self._workspaces = {
            w.key: self._make_workspace_button(w, n) for n, w in enumerate(workspaces, start=1)
        }
        self._search = BarButton("search", parent=self)
        self._search.set_content(self.tr("Ctrl K"), "search", self.tr("Find any action by name (Ctrl+K)"))
        self._search.setAccessibleName(self.tr("Find an action"))
        self._search.clicked.connect(self.palette_requested)
        self._theme_button = BarButton("theme", parent=self)
        self._theme_button.set_content(self.tr("Theme"), "theme", self.tr("Change between light and dark"))
        self._theme_button.set_compact(True)
        self._theme_button.clicked.connect(self.theme_requested)
        self._menu = BarButton("menu", parent=self)
        self._menu.set_content(
            self.tr("Menu"), "menu", self.tr("Everything else: run, edit, view, help (F10)")
        )
        self._menu.set_compact(True)
        self._menu.clicked.connect(self._on_menu_clicked)
        self._row = self._make_row()
        self.show_breakpoints(())
        self._show_phase()
        self.show_status(Status(Phase.LOADING), None, None)

    def set_theme(self, theme: Theme) -> None:
        self._theme = theme
        for button in self.findChildren(BarButton):
            button.set_theme(theme, height=14 if button is self._full else 32)
        self._readouts.set_theme(theme)
        self._slider.set_theme(theme)
        self._pace_label.setFont(theme.font(Type.SMALL))
        palette = self._pace_label.palette()
        palette.setColor(self._pace_label.foregroundRole(), theme.secondary)
        self._pace_label.setPalette(palette)
        self._pace_block.setFixedWidth(theme.px(120))
        self.setFixedHeight(theme.px(52))
        self._row.setContentsMargins(theme.px(12), 0, theme.px(12), 1)
        self._fit()
        self.update()

    def show_status(
        self, status: Status, train_loss_smoothed: float | None, validation_loss: float | None
    ) -> None:
        """What the session says of itself; losses in nats per letter, None before the first."""
        self._readouts.show_status(status, train_loss_smoothed, validation_loss)
        shown = status.phase, steps_to_redo(status), status.past is not None
        if shown != (self._phase, self._redoes, self._is_past):
            self._phase, self._redoes, self._is_past = shown
            self._show_phase()
        if status.half != self._half:
            self._half = status.half
            self._show_parts()
        self._show_pace(status)

    def show_breakpoints(self, breakpoints: Breakpoints) -> None:
        """Where training is to pause by itself: the mark is filled where any is on."""
        icon = "breakpoint-on" if any(each.is_on for each in breakpoints) else "breakpoint"
        self._breakpoints.set_content(self.tr("Breakpoints"), icon, breakpoints_tip(breakpoints))

    def set_enabled_engine(self, enabled: bool) -> None:
        """Whether there is an engine to be run; without one nothing here can be pressed but views."""
        self._engine_enabled = enabled
        self._show_phase()

    def show_workspace(self, key: str) -> None:
        """Mark the workspace that is shown."""
        for each, button in self._workspaces.items():
            button.setChecked(each == key)

    def minimumSizeHint(self) -> QSize:
        return QSize(320, self.height())  # narrower than its parts: `_fit` sheds some of them

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._fit()

    def paintEvent(self, event: QPaintEvent) -> None:
        if self._theme is None:
            return
        painter = QPainter(self)
        painter.fillRect(event.rect(), self._theme.panel)
        painter.setPen(self._theme.pen(self._theme.line, alpha=0.5))
        painter.drawLine(0, self.height() - 1, self.width(), self.height() - 1)
        painter.end()

    # -- parts -------------------------------------------------------------------------------------------

    def _make_pace_block(self) -> QWidget:
        block = QWidget(self)
        self._pace_label = QLabel(self.tr("pace"), block)
        self._pace_label.setTextFormat(Qt.TextFormat.PlainText)
        self._full = BarButton("full_speed", Look.LINK, block)
        self._full.clicked.connect(lambda: self.pace_changed.emit(Pace()))
        self._slider = PaceSlider(block)
        self._slider.setAccessibleName(self.tr("Pace"))
        self._slider.setToolTip(
            self.tr(
                "How fast it may train: from 0.5 steps a second to full speed. It never changes the result."
            )
        )
        self._slider.valueChanged.connect(lambda notch: self.pace_changed.emit(pace_at(notch)))
        top = QHBoxLayout()
        top.setSpacing(4)
        top.addWidget(self._pace_label, 1)
        top.addWidget(self._full)
        column = QVBoxLayout(block)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addStretch(1)
        column.addLayout(top)
        column.addWidget(self._slider)
        column.addStretch(1)
        return block

    def _make_workspace_button(self, workspace: Workspace, number: int) -> BarButton:
        button = BarButton(f"workspace_{workspace.key}", parent=self)
        button.setCheckable(True)
        button.set_content(workspace.title, "", f"{workspace.tip} (Ctrl+{number})")
        button.clicked.connect(lambda: self._on_workspace_clicked(workspace.key))
        return button

    def _make_row(self) -> QHBoxLayout:
        row = QHBoxLayout(self)
        row.setSizeConstraint(QLayout.SizeConstraint.SetNoConstraint)
        row.setSpacing(8)
        row.addWidget(self._play)
        self._steps = QHBoxLayout()
        self._steps.setSpacing(2)
        for button in (self._step, self._part, self._breakpoints):
            self._steps.addWidget(button)
        row.addLayout(self._steps)
        row.addWidget(self._reset)
        row.addSpacing(8)
        row.addWidget(self._pace_block)
        row.addSpacing(16)
        row.addWidget(self._readouts, 1)
        row.addSpacing(8)
        switch = QHBoxLayout()
        switch.setSpacing(2)
        for button in self._workspaces.values():
            switch.addWidget(button)
        row.addLayout(switch)
        for button in (self._search, self._theme_button, self._menu):
            row.addWidget(button)
        return row

    def _fit(self) -> None:
        """Shed as little as lets the readouts have room."""
        if self._theme is None:
            return
        for shed, readouts in _LEVELS:
            self._shed(shed)
            if self._row.minimumSize().width() + self._readouts.room_for(readouts) <= self.width():
                return

    def _shed(self, shed: _Shed) -> None:
        self._step.set_compact(_Shed.TEXTS in shed)
        self._search.set_compact(_Shed.TEXTS in shed)
        self._theme_button.setHidden(_Shed.THEME in shed)
        self._search.setHidden(_Shed.SEARCH in shed)
        self._part.set_compact(_Shed.PART_TEXT in shed)
        self._pace_block.setHidden(_Shed.PACE in shed)
        self._breakpoints.setHidden(_Shed.BREAKPOINTS in shed)
        self._steps.invalidate()  # else it tells the row the width that it had before

    # -- what is shown -----------------------------------------------------------------------------------

    def _show_phase(self) -> None:
        alive = self._engine_enabled and self._phase not in _DEAD
        for control in (self._play, self._reset, self._slider, self._breakpoints):
            control.setEnabled(alive)
        for button in (self._step, self._part):
            button.setEnabled(alive and not self._is_past)
        self._show_parts()
        if self._redoes:
            tip = self.tr("The last {0:,} steps are computed again; then it can train")
            self._play.set_content(self.tr("Redoing"), "", tip.format(self._redoes))
        elif self._phase is Phase.LOADING and self._engine_enabled:
            self._play.set_content(self.tr("Loading"), "", self.tr("A run is being opened"))
        elif self._phase is Phase.LOADING:
            self._play.set_content(self.tr("Loading"), "", self.tr("The engine is loading"))
        elif self._phase in _PLAYING:
            self._play.set_content(self.tr("Pause"), "pause", self.tr("Pause training (Space)"))
        elif self._phase is Phase.FINISHED:
            tip = self.tr("The planned length is reached: train on beyond it (Space)")
            self._play.set_content(self.tr("Continue"), "play", tip)
        elif self._is_past:
            tip = self.tr("Train on from the moment that is shown, on a new branch (Space)")
            self._play.set_content(self.tr("Play"), "play", tip)
        else:
            self._play.set_content(self.tr("Play"), "play", self.tr("Train (Space)"))
        self._fit()

    def _show_parts(self) -> None:
        """What a step and the next of its parts are, and how far the step in hand is."""
        stage = self._half.stage
        past = self.tr("The past makes no steps: play from here, or go back to now (Esc)")
        self._step.set_content(self.tr("Step"), "step", past if self._is_past else step_tip(stage))
        tip = past if self._is_past else part_tip(self._half)
        self._part.set_content(part_title(stage), f"part-{stage.value}", tip)

    def _show_pace(self, status: Status) -> None:
        pace = status.pace
        self._full.setEnabled(pace != Pace())
        if pace.opening:
            self._show_pace_words(self.tr("opening"), self.tr("full speed »"))
            if status.steps_per_s is not None:
                self._slider.show_notch(min(notch_of(status.steps_per_s), notch_of(None) - 1))
            elif self._slider.value() == notch_of(None):  # just begun
                self._slider.show_notch(0)
            return
        self._slider.show_notch(notch_of(pace.steps_per_s))
        words = self.tr("full") if pace.steps_per_s is None else f"{pace.steps_per_s:g} /s"
        self._show_pace_words(self.tr("slow motion") if pace.by_parts else self.tr("pace"), words)

    def _show_pace_words(self, label: str, words: str) -> None:
        if label != self._pace_label.text():
            self._pace_label.setText(label)
        tip = self.tr("Train as fast as it can from now on") if self._full.isEnabled() else ""
        self._full.set_content(words, "", tip)

    # -- what the user does ------------------------------------------------------------------------------

    def _on_play_clicked(self) -> None:
        (self.pause_requested if self._phase in _PLAYING else self.play_requested).emit()

    def _on_workspace_clicked(self, key: str) -> None:
        self._workspaces[key].setChecked(True)  # a click on the checked one must not uncheck it
        self.workspace_requested.emit(key)

    def _on_reset_clicked(self) -> None:
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        for text, new_seed in (
            (self.tr("Same random start"), False),
            (self.tr("New random start (new seed)"), True),
        ):
            action = QAction(text, menu)
            action.triggered.connect(
                lambda _checked=False, new_seed=new_seed: self.reset_requested.emit(new_seed)
            )
            menu.addAction(action)
        menu.popup(self._reset.mapToGlobal(QPoint(0, self._reset.height() + 2)))

    def _on_menu_clicked(self) -> None:
        self.menu_requested.emit(self._menu.mapToGlobal(QPoint(0, self._menu.height() + 2)))
