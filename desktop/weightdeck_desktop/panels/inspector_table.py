"""A stage as a table for the keyboard and for screen readers: tokens as rows, features as columns."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, QPoint, QRectF, Qt, Signal
from PySide6.QtGui import QContextMenuEvent, QFontMetrics, QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QAbstractItemView, QFrame, QHeaderView, QTableView, QWidget

from weightdeck_desktop.panels.inspector_stage import Stage
from weightdeck_desktop.panels.inspector_words import value_words
from weightdeck_desktop.panels.mismatches import reference_words
from weightdeck_desktop.theme import Theme, Type, dark_theme
from weightdeck_desktop.thin_scroll_bar import ThinScrollBar
from weightdeck_desktop.widgets.no_data import paint_no_data
from weightdeck_desktop.widgets.outlines import paint_hand

_Index = QModelIndex | QPersistentModelIndex
_NOWHERE = QModelIndex()


class StageModel(QAbstractTableModel):
    """The cells of a stage; texts are made when a view asks for them, so that size does not count."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._stage: Stage | None = None
        self._column_names: tuple[str, ...] = ()
        self._column_word = ""
        self.chosen: tuple[int, int] | None = None  # cell that is explained, which is read out
        self._error = dark_theme().error

    def set_theme(self, theme: Theme) -> None:
        self._error = theme.error

    def show_stage(self, stage: Stage | None, column_word: str, column_names: Sequence[str]) -> None:
        """Other cells of the same rows and columns keep the view where it is."""
        names, before = tuple(column_names), self._stage
        is_same_form = (
            stage is not None
            and before is not None
            and (stage.values.shape, stage.tokens) == (before.values.shape, before.tokens)
            and (names, column_word) == (self._column_names, self._column_word)
        )
        if not is_same_form:
            self.beginResetModel()
        self._stage, self._column_names, self._column_word = stage, names, column_word
        if not is_same_form:
            self.endResetModel()
        elif (
            stage is not None
            and before is not None
            and not (
                np.array_equal(stage.values, before.values, equal_nan=True) and stage.wrong == before.wrong
            )
        ):
            last = self.index(self.rowCount() - 1, self.columnCount() - 1)
            self.dataChanged.emit(self.index(0, 0), last)

    @property
    def wrong(self) -> frozenset[tuple[int, int]]:
        """Cells whose numbers are not what the reference says."""
        return frozenset() if self._stage is None else frozenset(self._stage.wrong)

    def rowCount(self, parent: _Index = _NOWHERE) -> int:
        return 0 if self._stage is None or parent.isValid() else self._stage.values.shape[0]

    def columnCount(self, parent: _Index = _NOWHERE) -> int:
        return 0 if self._stage is None or parent.isValid() else self._stage.values.shape[1]

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        stage = self._stage
        if stage is None or not index.isValid():
            return None
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        if role == Qt.ItemDataRole.ForegroundRole:
            return self._error if (index.row(), index.column()) in stage.wrong else None
        if role not in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            return None
        words = value_words(float(stage.values[index.row(), index.column()]), signed=stage.signed)
        expected = stage.wrong.get((index.row(), index.column()))
        if role == Qt.ItemDataRole.DisplayRole:
            return words if expected is None else f"!{words}"
        name = self._column_name(index.column())
        said = words if expected is None else f"{words} {reference_words(expected)}"
        if (index.row(), index.column()) == self.chosen:
            said += self.tr(", explained")
        return f"{stage.tokens[index.row()]}, {self._column_word} {name}: {said}"

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> object:
        if role != Qt.ItemDataRole.DisplayRole or self._stage is None:
            return None
        if orientation is Qt.Orientation.Vertical:
            return self._stage.tokens[section]
        return self._column_name(section)

    def _column_name(self, column: int) -> str:
        return self._column_names[column] if self._column_names else str(column)


class StageTable(QTableView):
    """Arrow keys walk, Enter or a double click has a number explained."""

    cell_pointed = Signal(int, int)
    cell_opened = Signal(int, int)
    cell_menu_requested = Signal(int, int, QPoint)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("inspector_table")
        self.setAccessibleName(self.tr("The same numbers as a table"))
        self._stage_model = StageModel(self)
        self.setModel(self._stage_model)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setTabKeyNavigation(False)
        self.setWordWrap(False)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self._bars = (
            ThinScrollBar(Qt.Orientation.Vertical, self),
            ThinScrollBar(Qt.Orientation.Horizontal, self),
        )
        self.setVerticalScrollBar(self._bars[0])
        self.setHorizontalScrollBar(self._bars[1])
        for header in (self.verticalHeader(), self.horizontalHeader()):
            header.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
            header.setHighlightSections(False)
            header.setSectionsClickable(False)
        self.doubleClicked.connect(lambda index: self.cell_opened.emit(index.row(), index.column()))
        self.selectionModel().currentChanged.connect(self._on_current_changed)
        self.setToolTip(self.tr("Tokens as rows, features as columns."))
        self._is_told = False
        self._message = ""
        self._chosen: tuple[int, int] | None = None  # cell that is explained
        self._theme: Theme = dark_theme()

    def show_stage(
        self, stage: Stage | None, column_word: str, column_names: Sequence[str], *, message: str
    ) -> None:
        """Show these cells, or `message`, why there are none; of cells of the same form the cursor stays."""
        self._message = message
        words = self.tr("Tokens as rows, features as columns.")
        if stage is not None and stage.explainable:
            words += self.tr(" Enter or a double click has a number explained.")
        if words != self.toolTip():
            self.setToolTip(words)
        self._is_told = True
        self._stage_model.show_stage(stage, column_word, column_names)
        self._is_told = False

    def set_selected(self, row: int, column: int) -> None:
        """Put the cursor on a cell."""
        index = self._stage_model.index(row, column)
        if index.isValid() and index != self.currentIndex():
            self._is_told = True
            self.setCurrentIndex(index)
            self._is_told = False

    def set_chosen(self, place: tuple[int, int] | None) -> None:
        """Outline the cell that is explained; None for none."""
        if place != self._chosen:
            self._chosen = place
            self._stage_model.chosen = place
            self.viewport().update()

    def set_theme(self, theme: Theme) -> None:
        self._theme = theme
        self._stage_model.set_theme(theme)
        for bar in self._bars:
            bar.set_theme(theme)
        mono = theme.font(Type.MONO_SMALL)
        self.setFont(mono)
        metrics = QFontMetrics(mono)
        self.horizontalHeader().setDefaultSectionSize(metrics.horizontalAdvance("!−0.000e-0") + theme.px(12))
        self.verticalHeader().setDefaultSectionSize(metrics.height() + theme.px(6))
        for header in (self.horizontalHeader(), self.verticalHeader()):
            header.setFont(mono)
        self.setStyleSheet(
            f"QTableView {{ background: {theme.panel.name()}; color: {theme.text.name()};"
            f" gridline-color: {theme.mixed(theme.panel, theme.line, 0.35).name()};"
            f" selection-background-color: {theme.raised.name()}; selection-color: {theme.text.name()}; }}"
            f"QTableView::item:focus {{ border: 1px solid {theme.hand_outline.name()}; }}"
            f"QHeaderView, QTableCornerButton::section {{ background: {theme.panel.name()}; border: none; }}"
            f"QHeaderView::section {{ background: {theme.panel.name()}; color: {theme.secondary.name()};"
            f" border: none; padding: 0 {theme.px(5)}px; }}"
        )

    def paintEvent(self, event: QPaintEvent) -> None:
        if self._stage_model.rowCount():
            super().paintEvent(event)
            self._paint_wrong()
            self._paint_chosen()
            return
        painter = QPainter(self.viewport())
        paint_no_data(painter, QRectF(self.viewport().rect()), self._theme, self._message)
        painter.end()

    def _paint_wrong(self) -> None:
        """Outline the cells whose numbers are wrong."""
        wrong = self._stage_model.wrong
        if wrong:
            painter = QPainter(self.viewport())
            painter.setPen(self._theme.pen(self._theme.error))
            for place in wrong:
                painter.drawRect(self.visualRect(self._stage_model.index(*place)).adjusted(0, 0, -1, -1))
            painter.end()

    def _paint_chosen(self) -> None:
        """Outline the cell that is explained, as on the map."""
        if self._chosen is not None:
            rect = self.visualRect(self._stage_model.index(*self._chosen))
            painter = QPainter(self.viewport())
            paint_hand(painter, QRectF(rect.adjusted(1, 1, -2, -2)), self._theme)
            painter.end()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        index = self.currentIndex()
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and index.isValid():
            self.cell_opened.emit(index.row(), index.column())
        elif event.text() and event.text().isprintable():
            event.ignore()  # letters and Space are the window's, not a search
        else:
            super().keyPressEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        by_mouse = event.reason() == QContextMenuEvent.Reason.Mouse
        index = self.indexAt(event.pos()) if by_mouse else self.currentIndex()
        if not index.isValid():
            event.ignore()
            return
        place = self.viewport().mapToGlobal(self.visualRect(index).bottomLeft())
        self.cell_menu_requested.emit(index.row(), index.column(), event.globalPos() if by_mouse else place)

    def _on_current_changed(self, index: QModelIndex) -> None:
        if index.isValid() and not self._is_told:
            self.cell_pointed.emit(index.row(), index.column())
