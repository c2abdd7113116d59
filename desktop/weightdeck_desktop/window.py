"""The main window: bars, docks, dialogs. It decides nothing: it shows what it is told, passes on requests."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from PySide6.QtCore import QByteArray, QEvent, QPoint, Qt, QTimer, Signal
from PySide6.QtGui import QAction, QCloseEvent, QHideEvent, QKeyEvent, QShowEvent
from PySide6.QtWidgets import QApplication, QMainWindow, QVBoxLayout, QWidget

from weightdeck.run.audit import AuditReport
from weightdeck.run.frame import Pace, Phase, Status
from weightdeck.run.spec import RunSpec
from weightdeck_desktop.action_menus import ActionMenus
from weightdeck_desktop.actions import ActionRegistry
from weightdeck_desktop.breakpoint_list import Breakpoints
from weightdeck_desktop.command_palette import CommandPalette
from weightdeck_desktop.dialogs import Dialogs
from weightdeck_desktop.dock_host import DockHost
from weightdeck_desktop.export import Exporter
from weightdeck_desktop.hints import Hints
from weightdeck_desktop.notice_bar import NoticeBar
from weightdeck_desktop.notice_stack import NoticeStack
from weightdeck_desktop.pace_slider import notch_of, pace_at
from weightdeck_desktop.panels.panel import Panel
from weightdeck_desktop.run_files import RunFiles
from weightdeck_desktop.settings import THEME_CHOICES, Settings
from weightdeck_desktop.status_line import StatusLine
from weightdeck_desktop.theme import Theme, Type
from weightdeck_desktop.timeline_bar import TimelineBar
from weightdeck_desktop.transport_bar import TransportBar
from weightdeck_desktop.window_place import first_size, is_cut_to_screen, on_its_screen
from weightdeck_desktop.workspaces import all_workspaces

_MESSAGE_FOR_MS = 8_000
_WITHOUT_MODIFIER = {
    Qt.KeyboardModifier.NoModifier,
    Qt.KeyboardModifier.ShiftModifier,
    Qt.KeyboardModifier.KeypadModifier,
}


class Window(QMainWindow):
    """Owns the bars, the docks with the given panels, the actions and the dialogs; lives on the GUI thread.

    Every signal is a user's act. Closing only asks (`close_requested`): whoever owns the session ends it and
    then calls `close_now`.
    """

    play_requested = Signal()
    pause_requested = Signal()
    step_requested = Signal()
    next_part_requested = Signal()
    slow_motion_requested = Signal(bool)
    breakpoints_changed = Signal(object)  # tuple[Breakpoint, ...]: what the user wants to have
    reset_requested = Signal(bool)  # True: with a new seed
    preset_requested = Signal(str)
    pace_changed = Signal(object)  # Pace
    undo_requested = Signal()
    redo_requested = Signal()
    find_knob_requested = Signal()
    hold_requested = Signal()
    mark_requested = Signal()
    before_pressed = Signal()
    before_released = Signal()
    preferences_changed = Signal(object)  # Preferences, from the dialog
    theme_requested = Signal(str)  # "system", "light", "dark"
    theme_toggle_requested = Signal()
    text_step_requested = Signal(int)  # +1 larger, -1 smaller, 0 normal
    present_requested = Signal(bool)
    visibility_changed = Signal()  # `visible_panels` or `is_painting_wanted` may have changed
    notice_dismissed = Signal()  # what `show_notice` showed was taken away, and nothing done about it
    mismatch_requested = Signal()  # show the number that is not what the reference says
    close_requested = Signal()

    def __init__(self, panels: Sequence[Panel], settings: Settings, presets: Iterable[str] = ()) -> None:
        super().__init__()
        self.setObjectName("window")
        self.setWindowTitle(self.tr("Weightdeck"))
        # A click beside the prompt leaves it: Space pauses again.
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self.resize(first_size())
        self._settings = settings
        self._theme: Theme | None = None
        self._status = Status(Phase.LOADING)
        self._was_maximised = False  # before it was shown on the full screen
        self._may_close = False
        workspaces = all_workspaces()
        self.registry = ActionRegistry(self, workspaces, presets)
        self.hints = Hints(settings, self)
        self._bar = TransportBar(workspaces, self)
        self.timeline = TimelineBar(self)
        self._notice = NoticeBar("notice", self)
        self.files = RunFiles(self, self.registry)
        self._dialogs = Dialogs(settings, self.registry, self)
        self._host = DockHost(panels, workspaces, self)
        self._line = StatusLine(self)
        self._palette = CommandPalette(self)
        self._menus = ActionMenus(self.registry, self._palette, settings, self.hints, self)
        self._exporter = Exporter(self)
        self._message_timer = QTimer(self)
        self._message_timer.setSingleShot(True)
        self._message_timer.setInterval(_MESSAGE_FOR_MS)
        self._message_timer.timeout.connect(lambda: self._line.show_message(""))
        self.setCentralWidget(self._make_centre())
        for number, (key, dock) in enumerate(self._host.docks.items()):
            action = dock.toggleViewAction()
            action.setProperty("starts_section", number == 0)
            action.setToolTip(self.tr("Show or close this panel"))
            self.registry.add(f"panel.{key}", action, "view")
            dock.menu_requested.connect(self._on_panel_menu_requested)
        self._connect_bar()
        self._connect_actions()
        self._connect_parts()
        self.set_enabled_engine(False)

    # -- told --------------------------------------------------------------------------------------------

    def set_theme(self, theme: Theme) -> None:
        """Colours and fonts of everything, tooltips and dialogs of the application included."""
        self._theme = theme
        QApplication.setPalette(theme.palette())
        QApplication.setFont(theme.font(Type.BODY))
        bars = (self._bar, self.timeline, self._notice, self.files, self._line)
        for part in (*bars, self._notices, self._host, self._palette, self._dialogs):
            part.set_theme(theme)
        self._margins.setContentsMargins(12, 10, 12, 10)

    def show_theme_choice(self, choice: str) -> None:
        """Mark what the user chose in the menu: "system", "light" or "dark"."""
        self.registry[f"theme.{choice}"].setChecked(True)

    def show_status(
        self, status: Status, train_loss_smoothed: float | None, validation_loss: float | None
    ) -> None:
        """What the session says of itself; losses in nats per letter, None before the first."""
        self._status = status
        self._bar.show_status(status, train_loss_smoothed, validation_loss)
        self._line.show_status(status)
        self.registry.show_undo(status.undo_title, status.redo_title)

    def show_slow_motion(self, is_on: bool) -> None:
        """Whether a step is made by its parts; the pace is the bar's to show."""
        self.registry["slow_motion"].setChecked(is_on)

    def show_breakpoints(self, breakpoints: Breakpoints) -> None:
        """Where training is to pause by itself."""
        self._bar.show_breakpoints(breakpoints)
        self._dialogs.show_breakpoints(breakpoints)

    def open_breakpoints(self) -> None:
        """Let the user say where training is to pause by itself."""
        self._dialogs.open_breakpoints()

    def show_run(self, spec: RunSpec) -> None:
        """Say which run this is: preset, seed, threads."""
        self._line.show_run(spec)
        for key, action in self.registry:
            if key.startswith("preset."):
                action.setChecked(key == f"preset.{spec.preset}")

    def show_audit(self, report: AuditReport) -> None:
        """What the check of displayed numbers found."""
        self._line.show_audit(report)

    def show_notice(self, text: str, actions: Sequence[QAction] = (), *, is_error: bool = False) -> None:
        """Show a sentence at the foot of the panels, with buttons for what can be done; "" takes it away."""
        if text:
            self._notice.show_notice(text, actions, is_error=is_error)
        else:
            self._notice.hide()

    def show_message(self, message: str) -> None:
        """Show for some seconds, in the status line, what has just been done."""
        self._line.show_message(message)
        self._message_timer.start()

    def set_enabled_engine(self, enabled: bool) -> None:
        """Whether there is a run to act on."""
        self._bar.set_enabled_engine(enabled)
        self.registry.set_engine_enabled(enabled)

    def set_presenting(self, presenting: bool) -> None:
        """Full screen, or back."""
        self.registry["present"].setChecked(presenting)
        if presenting:
            self._was_maximised = self.isMaximized()
            self.showFullScreen()
        elif self._was_maximised:
            self.showMaximized()
        else:
            self.showNormal()

    # -- layout ------------------------------------------------------------------------------------------

    @property
    def workspace(self) -> str:
        """Key of the workspace that is shown."""
        return self._host.workspace

    def show_workspace(self, key: str) -> None:
        """Show "watch", "turn" or "inside"."""
        self._bar.show_workspace(key)
        self.hints.show_workspace(key)
        self.registry[f"workspace.{key}"].setChecked(True)
        self._host.show_workspace(key)

    def show_panel(self, key: str) -> None:
        """Bring a panel to the front; where this workspace does not show it, in one that does by itself."""
        homes = [each.key for each in all_workspaces() if key in each.panels]
        if homes and not self._host.has_panel(key):
            self.show_workspace(homes[0])
        self._host.raise_panel(key)

    def visible_panels(self) -> set[str]:
        """Keys of the panels that can be seen; empty while minimised or hidden."""
        return self._host.visible_panels() if self.is_painting_wanted() else set()

    def is_painting_wanted(self) -> bool:
        """False while there is nothing to see: hidden or minimised."""
        return self.isVisible() and not self.isMinimized()

    def restore_state(self) -> None:
        """Take size, place, workspace and layouts of the last start; call before `show`."""
        keys = [workspace.key for workspace in all_workspaces()]
        if self.restoreGeometry(self._settings.geometry) and not (self.isMaximized() or self.isFullScreen()):
            self.setGeometry(on_its_screen(self.geometry()))  # Qt's own look knows of no frame but a title
        self._host.set_own_layouts({key: self._settings.layout(key) for key in keys})
        self.show_workspace(self._settings.workspace if self._settings.workspace in keys else keys[0])

    def save_state(self) -> None:
        """Keep size, place, workspace and layouts for the next start."""
        own = self._host.own_layouts()
        for workspace in all_workspaces():
            self._settings.set_layout(workspace.key, own.get(workspace.key, QByteArray()))
        self._settings.geometry = QByteArray() if is_cut_to_screen(self.size()) else self.saveGeometry()
        self._settings.workspace = self.workspace
        self._settings.sync()

    def close_now(self) -> None:
        """Close for good: the session has ended."""
        self.save_state()
        self.hints.stop()
        self._message_timer.stop()
        self._may_close = True
        self.close()

    # -- Qt ----------------------------------------------------------------------------------------------

    def closeEvent(self, event: QCloseEvent) -> None:
        if self._may_close:
            event.accept()
        else:
            event.ignore()
            self.close_requested.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        action = (
            self.registry.plain_key_action(event.text().lower())
            if event.modifiers() in _WITHOUT_MODIFIER
            else None
        )
        if event.key() == Qt.Key.Key_Escape:
            if self._status.past is None:  # else the key leaves the past
                self._notices.on_escape(self.focusWidget())
            self.setFocus()  # out of whatever is being typed in
        elif action is None:
            super().keyPressEvent(event)
        elif action is self.registry["before"]:
            action.setChecked(True)  # until the key is let go
        elif not event.isAutoRepeat():
            action.trigger()

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_B and not event.isAutoRepeat():
            self.registry["before"].setChecked(False)
        super().keyReleaseEvent(event)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.ActivationChange and not self.isActiveWindow():
            self.registry["before"].setChecked(False)  # its key may be let go in another window
        if event.type() == QEvent.Type.WindowStateChange:
            self.visibility_changed.emit()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if self.focusWidget() is None:
            self.setFocus()  # else Qt gives it to some button, with a ring, and Space would press that
        self.visibility_changed.emit()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self.visibility_changed.emit()

    # -- wiring ------------------------------------------------------------------------------------------

    def _make_centre(self) -> QWidget:
        centre = QWidget(self)
        column = QVBoxLayout(centre)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        self._margins = QVBoxLayout()
        self._margins.addWidget(self._host)
        column.addWidget(self._bar)
        column.addWidget(self.timeline)
        column.addWidget(self.files.banner)
        column.addLayout(self._margins, 1)
        column.addWidget(self._line)
        self._notices = NoticeStack((self.files.news, self._notice), self._host, centre)
        return centre

    def _connect_bar(self) -> None:
        bar = self._bar
        bar.play_requested.connect(self.play_requested)
        bar.pause_requested.connect(self.pause_requested)
        bar.step_requested.connect(self.step_requested)
        bar.next_part_requested.connect(self.next_part_requested)
        bar.breakpoints_requested.connect(self.open_breakpoints)
        bar.reset_requested.connect(self.reset_requested)
        bar.pace_changed.connect(self.pace_changed)
        bar.workspace_requested.connect(self.show_workspace)
        bar.palette_requested.connect(self._menus.open_palette)
        bar.theme_requested.connect(self.theme_toggle_requested)
        bar.menu_requested.connect(self._menus.open_menu)

    def _connect_actions(self) -> None:
        registry = self.registry
        handlers = {
            "play": self._on_play_action,
            "step": self.step_requested.emit,
            "next_part": self.next_part_requested.emit,
            "breakpoints": self.open_breakpoints,
            "full_speed": lambda: self.pace_changed.emit(Pace()),
            "slower": lambda: self._on_pace_action(-1),
            "faster": lambda: self._on_pace_action(1),
            "reset": lambda: self.reset_requested.emit(False),
            "new_seed": lambda: self.reset_requested.emit(True),
            "quit": self.close,
            "undo": self.undo_requested.emit,
            "redo": self.redo_requested.emit,
            "find_knob": self.find_knob_requested.emit,
            "hold": self.hold_requested.emit,
            "mark": self.mark_requested.emit,
            "bookmark": self.timeline.open_bookmark,
            "preferences": self._dialogs.open_preferences,
            "reset_layout": self._host.reset_layout,
            "larger_text": lambda: self.text_step_requested.emit(1),
            "smaller_text": lambda: self.text_step_requested.emit(-1),
            "normal_text": lambda: self.text_step_requested.emit(0),
            "palette": self._menus.open_palette,
            "shortcuts": self._dialogs.open_shortcuts,
            "menu": lambda: self._menus.open_menu(self.mapToGlobal(QPoint(self.width() // 2, 52))),
            "about": self._dialogs.open_about,
        }
        for key, handler in handlers.items():
            registry[key].triggered.connect(lambda _checked=False, handler=handler: handler())
        registry["before"].toggled.connect(
            lambda on: (self.before_pressed if on else self.before_released).emit()
        )
        registry["present"].triggered.connect(self.present_requested)
        registry["slow_motion"].triggered.connect(self.slow_motion_requested)
        for choice in THEME_CHOICES:
            registry[f"theme.{choice}"].triggered.connect(
                lambda _=False, choice=choice: self.theme_requested.emit(choice)
            )
        for key, action in registry:
            kind, _, name = key.partition(".")
            if kind == "preset":
                action.triggered.connect(lambda _=False, name=name: self.preset_requested.emit(name))
            elif kind == "workspace":
                action.triggered.connect(lambda _=False, name=name: self.show_workspace(name))

    def _connect_parts(self) -> None:
        self._host.visibility_changed.connect(self.visibility_changed)
        self._dialogs.preferences_changed.connect(self.preferences_changed)
        self._dialogs.breakpoints_changed.connect(self.breakpoints_changed)
        self._exporter.done.connect(self.show_message)
        self._exporter.failed.connect(lambda problem: self.show_notice(problem, is_error=True))
        self.hints.changed.connect(self._line.show_hint)
        self._line.hint_clicked.connect(self.hints.dismiss)
        self._line.mismatch_clicked.connect(self.mismatch_requested)
        self._notice.dismissed.connect(self.notice_dismissed)
        self.play_requested.connect(lambda: self.hints.did("pause"))
        self.pause_requested.connect(lambda: self.hints.did("pause"))

    # -- what the user does ------------------------------------------------------------------------------

    def _on_play_action(self) -> None:
        playing = self._status.phase in (Phase.TRAINING, Phase.HELD)
        (self.pause_requested if playing else self.play_requested).emit()

    def _on_pace_action(self, by: int) -> None:
        pace = self._status.pace
        at = notch_of(self._status.steps_per_s if pace.opening else pace.steps_per_s)
        self.pace_changed.emit(pace_at(max(0, at + by)))

    def _on_panel_menu_requested(self, key: str, place: QPoint) -> None:
        self._exporter.show_menu(self._host.docks[key].panel, place)
