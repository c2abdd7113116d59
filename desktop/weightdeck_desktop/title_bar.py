"""The title line of a panel's card: the names of its tabs, what is said beside them, and buttons."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QPoint, QRect, QSize, Qt, Signal
from PySide6.QtGui import (
    QAction,
    QEnterEvent,
    QFontMetrics,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
)
from PySide6.QtWidgets import QMenu, QWidget

from weightdeck_desktop.buttons import BarButton, Look
from weightdeck_desktop.theme import Theme, Type

_MARGIN = 15  # px beside the title: where the panel below begins
_HEIGHT = 34  # of a title line, px at 100 %
_BETWEEN = 16  # two names
_CUT_TO = 140  # a longer name may be cut so far before any goes into the menu


def tabs_that_fit(widths: Sequence[int], own: int, gap: int, room: int, more: int) -> tuple[int, ...]:
    """Numbers of the tabs that get a place in `room` px, in their order: all of them if they fit. Else the first ones,
    as many as leave room for the `own` one, which always has a place, and for a button `more` px wide.
    """
    if sum(widths) + gap * (len(widths) - 1) <= room:
        return tuple(range(len(widths)))
    left = room - more - gap - widths[own]
    shown = {own}
    for number, width in enumerate(widths):
        if number == own:
            continue
        left -= width + gap
        if left < 0:
            break
        shown.add(number)
    return tuple(sorted(shown))


def _with_longest_cut(widths: Sequence[int], room: int, least: int) -> list[int]:
    """The widths with the longest made so much shorter, but not below `least`, that all fit; as they were if that is
    not enough.
    """
    longest = max(widths)
    cut = longest - max(0, sum(widths) - room)
    if cut < min(least, longest):
        return list(widths)
    number = list(widths).index(longest)
    return [*widths[:number], cut, *widths[number + 1 :]]


class TitleBar(QWidget):
    """Title at the left, aside at the right; buttons show on hover or focus, and the keyboard reaches them.

    Where panels are tabbed the title line names them all: a click or the arrow keys bring up another. Names that have
    no room are in the menu of a button behind the last one that has.
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
        self._places: tuple[QRect, ...] = ()  # of the tabs; an empty one has no room
        self._aside = ""
        self._hovered = False
        self._others = BarButton(f"{key}_other_tabs", Look.LINK, self)
        self._others.clicked.connect(self._on_others_clicked)
        self._others.hide()
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
        self._show_others(())

    def set_theme(self, theme: Theme) -> None:
        self._theme = theme
        for button in (self._others, *self._buttons):
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
        font = theme.font(Type.TITLE)
        metrics = QFontMetrics(font)
        for (key, title), place in zip(self._tabs, self._places, strict=True):
            if place.isEmpty():
                continue
            is_own = key == self._key
            painter.setFont(font)
            painter.setPen(theme.text if is_own else theme.secondary)
            painter.drawText(
                place, middle, metrics.elidedText(title, Qt.TextElideMode.ElideRight, place.width())
            )
            if is_own and len(self._tabs) > 1:
                thickness = theme.px(3 if self.hasFocus() else 2)
                colour = theme.hand if theme.dark else theme.hand_outline
                painter.fillRect(
                    place.left(), self.height() - thickness - 2, place.width(), thickness, colour
                )
        ends = [place.right() for place in self._places]
        ends += [] if self._others.isHidden() else [self._others.geometry().right()]
        self._paint_aside(painter, theme, max(ends, default=0) + theme.px(12))
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
        side = theme.px(24)
        right = self.width() - theme.px(6)
        for button in reversed(self._buttons):
            right -= side
            button.setGeometry(right, (self.height() - side) // 2, side, side)
        self._place_names(theme, right - theme.px(4))

    def _place_names(self, theme: Theme, right: int) -> None:
        """Give places to the names left of `right`, so that no button ever lies over one."""
        metrics = QFontMetrics(theme.font(Type.TITLE))
        whole = [metrics.horizontalAdvance(title) + 1 for _, title in self._tabs]
        own = [key for key, _ in self._tabs].index(self._key)
        gap, room = theme.px(_BETWEEN), right - _MARGIN
        widths = _with_longest_cut(whole, room - gap * (len(whole) - 1), theme.px(_CUT_TO))
        more = QFontMetrics(theme.font(Type.SMALL)).horizontalAdvance(self._others_text(len(self._tabs)))
        more += theme.px(8)
        shown = tabs_that_fit(widths, own, gap, room, more)
        others = [title for number, (_, title) in enumerate(self._tabs) if number not in shown]
        if len(shown) == 1:  # there may not even be room for that
            widths[own] = min(widths[own], max(1, room - (more + gap if others else 0)))
        left = _MARGIN
        places = [QRect()] * len(widths)
        for number in shown:
            places[number] = QRect(left, 0, widths[number], self.height())
            left += widths[number] + gap
        self._places = tuple(places)
        side = theme.px(24)
        self._others.setGeometry(left - theme.px(4), (self.height() - side) // 2, more, side)
        self._show_others(others)
        cut = [self._tabs[number][1] for number in shown if widths[number] < whole[number]]
        self.setToolTip(" · ".join(cut))

    def _others_text(self, count: int) -> str:
        return self.tr("+{0} »").format(count)

    def _show_others(self, titles: Sequence[str]) -> None:
        """The button that leads to the panels of this group whose names have no room."""
        tip = self.tr("More panels in this place: {0}").format(", ".join(titles))
        self._others.set_content(self._others_text(len(titles)), "", tip)
        self._others.setAccessibleName(self.tr("More panels in this place"))
        self._others.setVisible(bool(titles))

    def _on_others_clicked(self) -> None:
        menu = QMenu(self)
        menu.setObjectName(f"{self._key}_other_tabs_menu")
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        for (key, title), place in zip(self._tabs, self._places, strict=True):
            if place.isEmpty():
                action = QAction(title, menu)
                action.triggered.connect(lambda _checked=False, key=key: self.raise_requested.emit(key))
                menu.addAction(action)
        menu.popup(self._others.mapToGlobal(QPoint(0, self._others.height() + 2)))
        menu.setActiveAction(menu.actions()[0])

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
