"""A panel's card: a dock with our own title line and round corners, its body scrolls if room is short."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QPoint, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QContextMenuEvent,
    QEnterEvent,
    QFontMetrics,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPalette,
    QResizeEvent,
)
from PySide6.QtWidgets import QApplication, QDockWidget, QFrame, QScrollArea, QVBoxLayout, QWidget

from weightdeck_desktop.buttons import BarButton, Look
from weightdeck_desktop.panels.panel import Panel
from weightdeck_desktop.theme import Theme, Type
from weightdeck_desktop.thin_scroll_bar import ThinScrollBar

_RADIUS = 8
_MARGIN = 15  # px beside the title: where the panel below begins
_HEIGHT = 34  # of a title line, px at 100 %


class TitleBar(QWidget):
    """Title at the left, aside at the right; buttons show on hover or focus, and the keyboard reaches them.

    Where panels are tabbed the title line names them all: a click or the arrow keys bring up another.
    """

    raise_requested = Signal(str)  # key of the panel to bring to the front
    menu_requested = Signal(object)  # QPoint, global
    float_requested = Signal()
    close_requested = Signal()

    def __init__(self, key: str, title: str, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName(f"{key}_title")
        self.setAccessibleName(title)
        self._key = key
        self._theme: Theme | None = None
        self._tabs: tuple[tuple[str, str], ...] = ((key, title),)
        self._places: tuple[QRect, ...] = ()
        self._aside = ""
        self._hovered = False
        self._buttons = (
            self._make_button(
                "more", self.tr("Copy or save"), self.tr("Copy this picture, or save it as a file")
            ),
            self._make_button(
                "float", self.tr("Float"), self.tr("Take this panel out of the window, or put it back")
            ),
            self._make_button(
                "close", self.tr("Close"), self.tr("Close this panel; the View menu brings it back")
            ),
        )
        more, floating, close = self._buttons
        more.clicked.connect(lambda: self.menu_requested.emit(more.mapToGlobal(QPoint(0, more.height()))))
        floating.clicked.connect(self.float_requested)
        close.clicked.connect(self.close_requested)

    def set_theme(self, theme: Theme) -> None:
        self._theme = theme
        for button in self._buttons:
            button.set_theme(theme, height=24)
        self.setFixedHeight(theme.px(_HEIGHT))
        self._place()
        self.update()

    def set_aside(self, text: str) -> None:
        if text != self._aside:
            self._aside = text
            self.update()

    def set_tabs(self, tabs: Sequence[tuple[str, str]]) -> None:
        """Keys and titles of all panels of this tab group, this one among them."""
        if tuple(tabs) != self._tabs:
            self._tabs = tuple(tabs)
            is_group = len(self._tabs) > 1
            self.setFocusPolicy(Qt.FocusPolicy.TabFocus if is_group else Qt.FocusPolicy.NoFocus)
            self._place()
            self.update()

    def minimumSizeHint(self) -> QSize:
        return QSize(120, self._theme.px(_HEIGHT) if self._theme else _HEIGHT)

    def sizeHint(self) -> QSize:
        return self.minimumSizeHint()

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._place()

    def enterEvent(self, event: QEnterEvent) -> None:
        self._set_hovered(True)

    def leaveEvent(self, event: QEvent) -> None:
        self._set_hovered(False)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        for (key, _), place in zip(self._tabs, self._places, strict=True):
            if key != self._key and place.contains(event.position().toPoint()):
                self.raise_requested.emit(key)
                event.accept()
                return
        event.ignore()  # to the dock, which can be dragged by its title

    def keyPressEvent(self, event: QKeyEvent) -> None:
        turn = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}.get(Qt.Key(event.key()), 0)
        if turn == 0 or len(self._tabs) == 1:
            event.ignore()
            return
        keys = [key for key, _ in self._tabs]
        self.raise_requested.emit(keys[(keys.index(self._key) + turn) % len(keys)])

    def paintEvent(self, event: QPaintEvent) -> None:
        theme = self._theme
        if theme is None:
            return
        painter = QPainter(self)
        middle = Qt.AlignmentFlag.AlignVCenter
        end = 0
        for (key, title), place in zip(self._tabs, self._places, strict=True):
            is_own = key == self._key
            painter.setFont(theme.font(Type.TITLE))
            painter.setPen(theme.text if is_own else theme.secondary)
            painter.drawText(place, middle, title)
            end = place.right()
            if is_own and len(self._tabs) > 1:
                thickness = theme.px(3 if self.hasFocus() else 2)
                colour = theme.hand if theme.dark else theme.hand_outline
                painter.fillRect(
                    place.left(), self.height() - thickness - 2, place.width(), thickness, colour
                )
        self._paint_aside(painter, theme, end + theme.px(12))
        painter.end()

    # -- parts -------------------------------------------------------------------------------------------

    def _make_button(self, icon_name: str, text: str, tip: str) -> _HiddenButton:
        button = _HiddenButton(f"{self._key}_{icon_name}", self)
        button.set_content(text, icon_name, tip)
        return button

    def _set_hovered(self, hovered: bool) -> None:
        self._hovered = hovered
        for button in self._buttons:
            button.set_revealed(hovered)
        self.update()

    def refresh_focus(self) -> None:
        """A button got or lost the focus: the aside makes room or takes it back."""
        self.update()

    def _place(self) -> None:
        theme = self._theme
        if theme is None:
            return
        margin = _MARGIN
        metrics = QFontMetrics(theme.font(Type.TITLE))
        places = []
        left = margin
        for _, title in self._tabs:
            width = metrics.horizontalAdvance(title) + 1
            places.append(QRect(left, 0, width, self.height()))
            left += width + theme.px(16)
        self._places = tuple(places)
        side = theme.px(24)
        right = self.width() - theme.px(6)
        for button in reversed(self._buttons):
            right -= side
            button.setGeometry(right, (self.height() - side) // 2, side, side)

    def _paint_aside(self, painter: QPainter, theme: Theme, left: int) -> None:
        revealed = self._hovered or any(button.hasFocus() for button in self._buttons)
        right = self._buttons[0].x() - theme.px(4) if revealed else self.width() - _MARGIN
        room = right - left
        font = theme.font(Type.SMALL)
        text = QFontMetrics(font).elidedText(self._aside, Qt.TextElideMode.ElideRight, room)
        if text == self._aside or room > theme.px(90):  # "step…" says nothing
            painter.setFont(font)
            painter.setPen(theme.secondary)
            flags = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight
            painter.drawText(QRect(left, 0, room, self.height()), flags, text)


class _HiddenButton(BarButton):
    """A title bar's button: always there for the keyboard, painted only while hovered or focused."""

    def __init__(self, name: str, bar: TitleBar) -> None:
        super().__init__(name, Look.QUIET, bar)
        self._bar = bar
        self._revealed = False

    def set_revealed(self, revealed: bool) -> None:
        self._revealed = revealed
        self.update()

    def event(self, event: QEvent) -> bool:
        if event.type() in (QEvent.Type.FocusIn, QEvent.Type.FocusOut):
            self._bar.refresh_focus()
        return super().event(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        if self._revealed or self.hasFocus():
            super().paintEvent(event)


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
