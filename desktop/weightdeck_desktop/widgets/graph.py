"""What every plot is made of: pyqtgraph's view box and axes in our colours."""

from __future__ import annotations

import pyqtgraph as pg
from PySide6.QtCore import QRectF
from PySide6.QtGui import QFocusEvent, QFontMetricsF
from PySide6.QtWidgets import QGraphicsSimpleTextItem, QWidget

from weightdeck_desktop.theme import Theme, Type, dark_theme
from weightdeck_desktop.widgets.focus_ring import FocusRing
from weightdeck_desktop.widgets.number_axis import NumberAxis

pg.setConfigOptions(
    imageAxisOrder="row-major",
    useOpenGL=False,
    antialias=False,  # each item says for itself
    mouseRateLimit=-1,  # Qt joins moves already; a limit would swallow the last one and leave a stale readout
)


class Graph(pg.GraphicsView):
    """Two axes and what lies between them. The scene is in pixels, and labels lie in it beside the plot.

    Not pyqtgraph's PlotWidget: that brings menus and dialogs, of which parentless widgets are left when it goes.
    Subclasses place everything in `arrange`, which is called whenever the size, the view or the theme has changed.
    """

    def __init__(self, x_axis: NumberAxis, y_axis: NumberAxis, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.theme: Theme = dark_theme()
        self.x_axis = x_axis
        self.y_axis = y_axis
        self.view_box = pg.ViewBox(enableMenu=False)
        self.view_box.disableAutoRange()
        self.centralLayout.setSpacing(0.0)
        self.centralLayout.addItem(y_axis, 0, 0)
        self.centralLayout.addItem(self.view_box, 0, 1)
        self.centralLayout.addItem(x_axis, 1, 1)
        for axis in (x_axis, y_axis):
            axis.linkToView(self.view_box)
            axis.setZValue(-1000.0)  # the grid lies below the curves
        self.setAntialiasing(True)
        self.setMinimumSize(40, 24)
        self._focus_ring = FocusRing(self)
        self.view_box.sigResized.connect(self._on_view_changed)
        self.view_box.sigRangeChanged.connect(self._on_view_changed)

    @property
    def area(self) -> QRectF:
        """The rectangle of the curves, px."""
        return self.view_box.sceneBoundingRect()

    def set_theme(self, theme: Theme) -> None:
        """Take colours and fonts, and place everything anew."""
        self.theme = theme
        self.setBackground(theme.panel)
        self._focus_ring.set_theme(theme)
        self.x_axis.set_theme(theme)
        self.y_axis.set_theme(theme)
        self.arrange()

    def arrange(self) -> None:
        """Place every item anew."""
        raise NotImplementedError

    def set_margins(self, left: float, top: float, right: float, bottom: float) -> None:
        """Room for labels around the curves, px; takes effect at once."""
        self.y_axis.setWidth(left)
        self.x_axis.setHeight(bottom)
        self.centralLayout.setContentsMargins(0.0, top, right, 0.0)
        self.centralLayout.activate()

    def text_item(self, text: str = "", *, z: float = 2.0) -> QGraphicsSimpleTextItem:
        """A new line of text on the scene, without font and colour yet."""
        # Not scene().addSimpleText(): of items that Qt has made, wrappers outlive a scene of pyqtgraph's and crash.
        item = QGraphicsSimpleTextItem(text)
        item.setZValue(z)
        self.scene().addItem(item)
        return item

    def text_width(self, text: str, role: Type = Type.SMALL) -> float:
        """Width of a text in px."""
        return QFontMetricsF(self.theme.font(role)).horizontalAdvance(text)

    def close(self) -> bool:
        # pyqtgraph's own takes the scene apart, with signals on the way that reach items already gone.
        return QWidget.close(self)

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self._focus_ring.follow(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self._focus_ring.follow(event)

    def _on_view_changed(self) -> None:
        self._focus_ring.fit()
        self.arrange()
