"""The tables of the cost panel, side by side or one below the other, in one area that scrolls."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPoint, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QBoxLayout, QScrollArea, QVBoxLayout, QWidget

from weightdeck_desktop.panels.compare_table import CompareTable, TableRow
from weightdeck_desktop.theme import Theme, dark_theme
from weightdeck_desktop.upright_scroll import UprightScroll
from weightdeck_desktop.widgets.no_data import paint_no_data

_LEAST = 66  # px at 100 %: three rows are seen at least
_NO_RUN = 88  # px at 100 %


class CostTables(UprightScroll):
    """This run by part, or a sentence while there is none, and this run beside the other model."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("cost_tables", parent)
        page = QWidget()
        walk = self.tr("Up and Down walk through the rows")
        self.parts = _WholeTable("cost_parts", self.tr("This run by part"), walk, self, page)
        self.comparison = _WholeTable(
            "cost_comparison", self.tr("This run and the other model"), walk, self, page
        )
        self._no_run = _NoRun(self.tr("No run yet. Start or open one: the parts of its model stand here."))
        self._sides = QBoxLayout(QBoxLayout.Direction.TopToBottom)
        self._sides.setContentsMargins(0, 0, 0, 0)
        for table in (self.parts, self._no_run, self.comparison):
            self._sides.addWidget(table, 1, Qt.AlignmentFlag.AlignTop)
        column = QVBoxLayout(page)
        column.setContentsMargins(0, 0, 0, 0)
        column.addLayout(self._sides)
        column.addStretch(1)
        self.setWidget(page)

    def set_theme(self, theme: Theme) -> None:
        super().set_theme(theme)
        for part in (self.parts, self.comparison, self._no_run):
            part.set_theme(theme)
        self.setMinimumHeight(theme.px(_LEAST))

    def show_run(self, has_run: bool) -> None:
        """Whether there is a run to be shown by part."""
        self.parts.setVisible(has_run)
        self._no_run.setVisible(not has_run)

    def set_beside(self, beside: bool, gap: int) -> None:
        """Side by side, with `gap` px between them, or one below the other."""
        way = QBoxLayout.Direction
        self._sides.setDirection(way.LeftToRight if beside else way.TopToBottom)
        self._sides.setSpacing(gap)

    def minimumSizeHint(self) -> QSize:
        return QSize(0, self.minimumHeight())


class _WholeTable(CompareTable):
    """As high as its rows: the area around it scrolls, also after the cursor."""

    def __init__(self, name: str, title: str, tip: str, around: QScrollArea, page: QWidget) -> None:
        """`page`: what scrolls in the area `around`; the table is somewhere on it."""
        super().__init__(name, title, tip)
        self._around, self._page = around, page
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)

    def set_theme(self, theme: Theme) -> None:
        super().set_theme(theme)
        self.setFixedHeight(self._rows.sizeHint().height())

    def show_rows(self, rows: Sequence[TableRow]) -> None:
        super().show_rows(rows)
        self.setFixedHeight(self._rows.sizeHint().height())

    def ensureVisible(self, x: int, y: int, xmargin: int = 50, ymargin: int = 50) -> None:  # noqa: N802  (Qt's)
        at = self._rows.mapTo(self._page, QPoint(x, y))
        self._around.ensureVisible(at.x(), at.y(), xmargin, ymargin)


class _NoRun(QWidget):
    """Stands where the parts of a run will be."""

    def __init__(self, message: str) -> None:
        super().__init__()
        self._message = message
        self._theme = dark_theme()
        self.setObjectName("cost_no_run")
        self.setAccessibleName(message)

    def set_theme(self, theme: Theme) -> None:
        self._theme = theme
        self.setFixedHeight(theme.px(_NO_RUN))
        self.update()

    def minimumSizeHint(self) -> QSize:
        return QSize(self._theme.px(120), self._theme.px(_NO_RUN))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        paint_no_data(painter, QRectF(self.rect()), self._theme, self._message)
        painter.end()
