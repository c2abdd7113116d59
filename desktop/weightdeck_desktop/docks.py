"""A panel's card: a dock with our own title line and round corners, its body scrolls if room is short."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtGui import QContextMenuEvent, QKeyEvent, QPainter, QPaintEvent, QPalette
from PySide6.QtWidgets import QApplication, QDockWidget, QFrame, QScrollArea, QVBoxLayout, QWidget

from weightdeck_desktop.panels.panel import Panel
from weightdeck_desktop.theme import Theme
from weightdeck_desktop.thin_scroll_bar import ThinScrollBar
from weightdeck_desktop.title_bar import TitleBar

_RADIUS = 8


class Dock(QDockWidget):
    """The card of one panel. Its body is opaque, so that a repaint of the panel stays inside the panel."""

    raise_requested = Signal(str)
    menu_requested = Signal(str, object)  # key of the panel, global QPoint
    moved_by_user = Signal()

    def __init__(self, panel: Panel, parent: QWidget) -> None:
        super().__init__(panel.title, parent)
        self.setObjectName(f"{panel.key}_dock")
        self.topLevelChanged.connect(self._on_floating)
        self.panel = panel
        self._theme: Theme | None = None
        self._bar = TitleBar(panel.key, panel.title, self)
        self._bar.raise_requested.connect(self.raise_requested)
        self._bar.menu_requested.connect(lambda point: self.menu_requested.emit(panel.key, point))
        self._bar.float_requested.connect(self._on_float_requested)
        self._bar.close_requested.connect(self._on_close_requested)
        self.setTitleBarWidget(self._bar)
        panel.aside_changed.connect(self._bar.set_aside)
        self._body = self._make_body(panel)
        self.setWidget(self._body)
        for part in (self._bar, self._body):
            policy = part.sizePolicy()
            policy.setRetainSizeWhenHidden(
                True
            )  # else a tab at the back keeps all of its group at its least size
            part.setSizePolicy(policy)

    def set_theme(self, theme: Theme) -> None:
        self._theme = theme
        self._bar.set_theme(theme)
        self.panel.set_theme(theme)
        for bar in self._scroll_bars:
            bar.set_theme(theme)
        self.update()

    def set_tabs(self, tabs: Sequence[tuple[str, str]]) -> None:
        self._bar.set_tabs(tabs)

    def set_in_front(self, in_front: bool) -> None:
        """Whether it is not behind another tab. There Qt leaves it visible, and Tab would lead into it."""
        self._bar.setVisible(in_front)
        self._body.setVisible(in_front)

    def focus_title(self) -> None:
        """Put the keyboard where the arrow keys bring up the next tab."""
        self._bar.setFocus(Qt.FocusReason.TabFocusReason)

    def paintEvent(self, event: QPaintEvent) -> None:
        theme = self._theme
        if theme is None:
            return
        painter = QPainter(self)
        if self.isFloating():
            painter.fillRect(event.rect(), theme.panel)
            painter.setPen(theme.pen(theme.line))
            painter.drawRect(self.rect().adjusted(0, 0, -1, -1))
        else:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(theme.pen(theme.line, alpha=0.5))
            painter.setBrush(theme.panel)
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), _RADIUS, _RADIUS)
        painter.end()

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        self.menu_requested.emit(self.panel.key, event.globalPos())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        self._pass_on(event)

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        self._pass_on(event)

    def _pass_on(self, event: QKeyEvent) -> None:
        if self.isFloating():  # a window of its own: the keys of the main window work here too
            parent = self.parentWidget()
            assert parent is not None
            QApplication.sendEvent(parent.window(), event)
        else:
            event.ignore()

    def _make_body(self, panel: Panel) -> QWidget:
        scroll = QScrollArea(self)
        scroll.setObjectName(f"{panel.key}_scroll")
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        scroll.setWidgetResizable(True)
        scroll.setMinimumSize(120, 60)
        self._scroll_bars = (ThinScrollBar(Qt.Orientation.Horizontal), ThinScrollBar(Qt.Orientation.Vertical))
        scroll.setHorizontalScrollBar(self._scroll_bars[0])
        scroll.setVerticalScrollBar(self._scroll_bars[1])
        corner = QWidget(scroll)
        corner.setAutoFillBackground(True)
        corner.setBackgroundRole(QPalette.ColorRole.Base)
        scroll.setCornerWidget(corner)
        scroll.viewport().setBackgroundRole(QPalette.ColorRole.Base)
        panel.setBackgroundRole(QPalette.ColorRole.Base)
        scroll.setWidget(panel)
        body = QWidget(self)
        around = QVBoxLayout(body)
        around.setContentsMargins(3, 0, 3, 3)  # the card's round corners stay outside the opaque body
        around.addWidget(scroll)
        return body

    def _on_floating(self, floating: bool) -> None:
        # As a window of its own it takes the focus from a field when it is clicked beside it, as the main window does.
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus if floating else Qt.FocusPolicy.NoFocus)

    def _on_float_requested(self) -> None:
        self.setFloating(not self.isFloating())
        self.moved_by_user.emit()

    def _on_close_requested(self) -> None:
        self.close()
        self.moved_by_user.emit()
