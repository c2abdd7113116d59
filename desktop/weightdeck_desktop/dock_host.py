"""Holds the docks and arranges them: one layout a workspace, the default one or the user's own."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QByteArray, QChildEvent, QEvent, QRect, Qt, QTimer, Signal
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QMainWindow, QProxyStyle, QStyle, QStyleOption, QTabBar, QTabWidget, QWidget

from weightdeck_desktop.docks import Dock
from weightdeck_desktop.panels.panel import Panel
from weightdeck_desktop.theme import Theme
from weightdeck_desktop.workspaces import Workspace, column_widths, fitted, row_heights

_STATE_VERSION = 2  # raised when the panels are others: layouts of other panels are given up
_GAP = 12  # px between cards
_AREA = Qt.DockWidgetArea.LeftDockWidgetArea
_HORIZONTAL, _VERTICAL = Qt.Orientation.Horizontal, Qt.Orientation.Vertical


class DockHost(QMainWindow):
    """The docks below the bars.

    A default layout follows the window's size and the text scale, also in what is side by side and what in tabs;
    once the user moves, closes or resizes a dock the layout is theirs, and is kept apart for each workspace.
    """

    visibility_changed = Signal()  # `visible_panels` may have changed

    def __init__(self, panels: Sequence[Panel], workspaces: Sequence[Workspace], parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Widget)
        self.setObjectName("dock_host")
        self._style = _GapStyle()
        self.setStyle(self._style)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.NoContextMenu)
        self.setDockNestingEnabled(True)
        self.setTabPosition(Qt.DockWidgetArea.AllDockWidgetAreas, QTabWidget.TabPosition.North)
        self._workspaces = {workspace.key: workspace for workspace in workspaces}
        self._current = workspaces[0]
        self._plan = self._current  # as it is arranged by default in the present size
        self._own_layouts: dict[str, QByteArray] = {}
        self._raised: dict[str, list[str]] = {}  # workspace: panels brought to the front, the latest last
        self._focus: QWidget | None = None  # had the keyboard before the docks were arranged anew
        self._is_default = True
        self._is_arranging = False  # docks move, but not by the user's hand
        self._arranged = False  # nothing can be arranged before the first size is known
        self._pressed_layout = QByteArray()  # while a gap between docks is held
        self._scale = 1.0
        self._on_screen: set[str] = set()
        self.docks = {panel.key: self._make_dock(panel) for panel in panels}
        self._settle = QTimer(self)  # several docks change at once: look at them when all have
        self._settle.setSingleShot(True)
        self._settle.setInterval(0)
        self._settle.timeout.connect(self._on_settled)

    # -- workspaces --------------------------------------------------------------------------------------

    @property
    def workspace(self) -> str:
        """Key of the workspace that is shown."""
        return self._current.key

    def show_workspace(self, key: str) -> None:
        """Show a workspace as its user left it."""
        self._keep()
        self._current = self._workspaces[key]
        if self._arranged:
            self._arrange()

    def reset_layout(self) -> None:
        """Give the workspace that is shown its default layout again."""
        self._own_layouts.pop(self.workspace, None)
        self._raised.pop(self.workspace, None)
        self._arrange()

    def own_layouts(self) -> dict[str, QByteArray]:
        """The layouts that the user made, by workspace."""
        self._keep()
        return dict(self._own_layouts)

    def set_own_layouts(self, layouts: dict[str, QByteArray]) -> None:
        """Take the layouts of an earlier start, before the window is shown; what is no layout is ignored."""
        self._own_layouts = {key: layout for key, layout in layouts.items() if not layout.isEmpty()}

    def has_panel(self, key: str) -> bool:
        """Whether the panel is open here, in front or behind another tab."""
        return not self.docks[key].isHidden() if self._arranged else key in self._current.panels

    def raise_panel(self, key: str) -> None:
        """Bring a panel to the front, and open it if it was closed."""
        raised = self._raised.setdefault(self.workspace, [])
        if key in raised:
            raised.remove(key)
        raised.append(key)
        self.docks[key].show()
        self.docks[key].raise_()

    def visible_panels(self) -> set[str]:
        """Keys of the panels on screen: not closed, not behind another tab."""
        return set(self._on_screen)

    def set_theme(self, theme: Theme) -> None:
        """Colours and fonts of the cards and their panels."""
        for dock in self.docks.values():
            dock.set_theme(theme)
        self._style.colour = theme.line
        if theme.scale != self._scale:
            self._scale = theme.scale
            self._fit()

    # -- Qt ----------------------------------------------------------------------------------------------

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if not self._arranged:
            self._arranged = True
            self._arrange()

    def event(self, event: QEvent) -> bool:
        # Qt moves separators right here. Presses and releases that a panel or a title did not want arrive too, often
        # one without the other (a tab that came to the front in between is no move): only those in a gap count.
        if event.type() == QEvent.Type.MouseButtonPress and isinstance(event, QMouseEvent):
            is_in_gap = self.childAt(event.position().toPoint()) is None
            self._pressed_layout = self.saveState(_STATE_VERSION) if is_in_gap else QByteArray()
        handled = super().event(event)
        if event.type() == QEvent.Type.MouseButtonRelease and not self._pressed_layout.isEmpty():
            if self.saveState(_STATE_VERSION) != self._pressed_layout:
                self._on_moved_by_user()
            self._pressed_layout = QByteArray()
        return handled

    def childEvent(self, event: QChildEvent) -> None:
        super().childEvent(event)
        bar = event.child()
        if event.type() == QEvent.Type.ChildPolished and isinstance(bar, QTabBar):
            # The title lines name the tabs; Qt's own bar may take no room.
            bar.setStyleSheet(
                "QTabBar { max-height: 0 } QTabBar::tab { width: 0; height: 0; padding: 0; border: 0 }"
            )
            bar.setFocusPolicy(Qt.FocusPolicy.NoFocus)

    # -- arranging ---------------------------------------------------------------------------------------

    def _make_dock(self, panel: Panel) -> Dock:
        dock = Dock(panel, self)
        dock.visibilityChanged.connect(lambda visible: self._on_visibility(panel.key, visible))
        dock.dockLocationChanged.connect(lambda _area: self._settle.start())
        dock.topLevelChanged.connect(lambda _floating: self._on_moved_by_user())
        dock.moved_by_user.connect(self._on_moved_by_user)
        dock.toggleViewAction().triggered.connect(lambda _checked: self._on_moved_by_user())
        dock.raise_requested.connect(self._on_raise_requested)
        return dock

    def _keep(self) -> None:
        """Remember the layout that is shown, if it is the user's own."""
        if self._arranged and not self._is_default:
            self._own_layouts[self.workspace] = self.saveState(_STATE_VERSION)

    def _arrange(self) -> None:
        own = self._own_layouts.get(self.workspace)
        self._take_focus_from(self.window().focusWidget())
        self._is_arranging = True
        self._is_default = own is None or not self.restoreState(own, _STATE_VERSION)
        if self._is_default:
            self._build_default()
        self._is_arranging = False
        self._settle.start()

    def _take_focus_from(self, focus: QWidget | None) -> None:
        """If it is in a panel: else Qt hands it on to whatever comes next, where Enter does what nobody asked for."""
        if focus is not None and self.isAncestorOf(focus):
            self._focus = focus
            self.window().setFocus()

    def _give_focus_back(self) -> None:
        """To what had it, if that is still seen and nothing else has been given it."""
        focus, self._focus = self._focus, None
        if focus is not None and focus.isVisible() and self.window().focusWidget() is self.window():
            focus.setFocus()

    def _build_default(self) -> None:
        self._plan = self._fitted_plan()
        for dock in self.docks.values():
            dock.setFloating(False)
            self.removeDockWidget(dock)
        columns = self._columns()
        heads = [column[0][0][0] for column in columns]
        self.addDockWidget(_AREA, heads[0])
        for left, right in zip(heads, heads[1:], strict=False):
            self.splitDockWidget(left, right, _HORIZONTAL)
        for column in columns:
            for upper, lower in zip(column, column[1:], strict=False):
                self.splitDockWidget(upper[0][0], lower[0][0], _VERTICAL)
            for row in column:
                for left_group, right_group in zip(row, row[1:], strict=False):
                    self.splitDockWidget(left_group[0], right_group[0], _HORIZONTAL)
                for group in row:
                    self._tabify(group)
        placed = set(self._plan.panels)
        for key, dock in self.docks.items():
            if key not in placed:  # closed, but with a place where the View menu brings it back
                self.tabifyDockWidget(heads[-1], dock)
                dock.hide()
        self._fit()

    def _columns(self) -> list[list[list[list[Dock]]]]:
        """Docks of the present plan: [column][row][group][tab]."""
        return [
            [[[self.docks[key] for key in group] for group in row.groups] for row in column.rows]
            for column in self._plan.columns
        ]

    def _fitted_plan(self) -> Workspace:
        return fitted(self._current, self.width(), self.height(), self._scale)

    def _tabify(self, group: list[Dock]) -> None:
        for dock in group[1:]:
            self.tabifyDockWidget(group[0], dock)
        for dock in group:
            dock.show()
        in_group = {dock.panel.key: dock for dock in group}
        raised = [in_group[key] for key in self._raised.get(self.workspace, ()) if key in in_group]
        (raised or group[:1])[-1].raise_()

    def _fit(self) -> None:
        """Share the room of a default layout anew. Inner sizes first: Qt carries them outwards."""
        if not (self._arranged and self._is_default):
            return
        if self._plan != self._fitted_plan():
            self._arrange()
            return
        columns = self._columns()
        widths = column_widths(self._plan, self.width(), self._scale)
        for column, plan, width in zip(columns, self._plan.columns, widths, strict=True):
            for row in column:
                self.resizeDocks([group[0] for group in row], [width // len(row)] * len(row), _HORIZONTAL)
            heights = row_heights(plan, self.height(), self._scale)
            self.resizeDocks([row[0][0] for row in column], list(heights), _VERTICAL)
        self.resizeDocks([column[0][0][0] for column in columns], list(widths), _HORIZONTAL)

    # -- what happens to the docks -----------------------------------------------------------------------

    def _on_moved_by_user(self) -> None:
        if self._arranged and not self._is_arranging:
            self._is_default = False

    def _on_visibility(self, key: str, visible: bool) -> None:
        if visible:
            self._on_screen.add(key)
            self.docks[key].set_in_front(True)  # at once: it may be about to get the focus
        else:
            self._on_screen.discard(key)
        self._settle.start()

    def _on_raise_requested(self, key: str) -> None:
        self.raise_panel(key)
        self.docks[key].focus_title()

    def _on_settled(self) -> None:
        for key, dock in self.docks.items():
            if dock.isVisible():
                dock.set_in_front(key in self._on_screen)
        for dock in self.docks.values():
            group = [dock, *(other for other in self.tabifiedDockWidgets(dock) if not other.isHidden())]
            dock.set_tabs([(key, each.panel.title) for key, each in self.docks.items() if each in group])
        self._give_focus_back()
        self.visibility_changed.emit()


class _GapStyle(QProxyStyle):
    """Between cards there is an empty gap, which shows a line while it can be dragged. For the host alone."""

    def __init__(self) -> None:
        super().__init__("Fusion")
        self.colour = QColor()

    def pixelMetric(  # noqa: N802
        self, metric: QStyle.PixelMetric, option: QStyleOption | None = None, widget: QWidget | None = None
    ) -> int:
        if metric == QStyle.PixelMetric.PM_DockWidgetSeparatorExtent:
            return _GAP
        return super().pixelMetric(metric, option, widget)

    def drawPrimitive(  # noqa: N802
        self,
        element: QStyle.PrimitiveElement,
        option: QStyleOption,
        painter: QPainter,
        widget: QWidget | None = None,
    ) -> None:
        if element != QStyle.PrimitiveElement.PE_IndicatorDockWidgetResizeHandle:
            super().drawPrimitive(element, option, painter, widget)
        elif option.state & QStyle.StateFlag.State_MouseOver:
            rect: QRect = option.rect
            margin = _GAP // 2 - 1
            upright = rect.height() > rect.width()
            inner = rect.adjusted(margin, 0, -margin, 0) if upright else rect.adjusted(0, margin, 0, -margin)
            painter.fillRect(inner, self.colour)
