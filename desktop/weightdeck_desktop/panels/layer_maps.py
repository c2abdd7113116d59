"""Heat maps of all layers, one above the other: the chosen one large, the others there to choose by."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QPoint, QRect, QSize, Qt, Signal
from PySide6.QtGui import QFocusEvent, QFontMetrics, QPainter, QPaintEvent
from PySide6.QtWidgets import QButtonGroup, QGridLayout, QPushButton, QSizePolicy, QWidget

from weightdeck.run.frame import Floats
from weightdeck_desktop.theme import Theme, Type, dark_theme
from weightdeck_desktop.widgets.heatmap import Cell, Heatmap
from weightdeck_desktop.widgets.value_editor import ValueEditor


@dataclass(frozen=True, slots=True, eq=False)
class LayerRow:
    """One layer: its facts, and values (tokens, features) or (heads, tokens, tokens), None for no data."""

    name: str
    values: Floats | None = None
    limit: float = 1.0  # where the colours end
    facts: tuple[str, ...] = ()  # short lines beside the map, the most important first
    facts_tip: str = ""
    captions: tuple[str, ...] = ()  # names of the heads
    message: str = ""  # why there are no values


class FactLines(QWidget):
    """A few short lines in a column of fixed width; lines for which there is no height are left out."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme: Theme = dark_theme()
        self._lines: tuple[str, ...] = ()
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Ignored)

    def set_theme(self, theme: Theme) -> None:
        self._theme = theme
        self.updateGeometry()
        self.update()

    def set_lines(self, lines: tuple[str, ...]) -> None:
        if lines != self._lines:
            self._lines = lines
            self.setAccessibleName(", ".join(lines))
            self.update()

    def sizeHint(self) -> QSize:
        return QSize(QFontMetrics(self._theme.font(Type.SMALL)).horizontalAdvance("±0.05 · σ 0.00 "), 0)

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def paintEvent(self, event: QPaintEvent) -> None:
        theme = self._theme
        font = theme.font(Type.SMALL)
        height = QFontMetrics(font).height()
        lines = self._lines[: max(1, (self.height() + 2) // height)]
        painter = QPainter(self)
        painter.setFont(font)
        painter.setPen(theme.pen(theme.secondary))
        painter.drawText(self.rect(), Qt.AlignmentFlag.AlignVCenter, "\n".join(lines))


class LayerMaps(QWidget):
    """Rows of name, heat map and facts. A click on a row's name or map makes it the large one."""

    pointed = Signal(int, object)  # row, and Cell or None when the pointer has left
    layer_chosen = Signal(int)
    cell_menu_requested = Signal(int, object, QPoint)  # row, Cell, and where on the screen
    value_typed = Signal(float)  # into the line that `ask_value` opened

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme: Theme = dark_theme()
        self._choice = 0
        self._names: list[QPushButton] = []
        self._maps: list[Heatmap] = []
        self._facts: list[FactLines] = []
        self._group = QButtonGroup(self)
        self._group.idClicked.connect(self._on_chosen)
        self._tokens: tuple[str, ...] = ()
        self._editor = ValueEditor(self)
        self._editor.setObjectName("activation_value")
        self._editor.accepted.connect(self.value_typed)
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(8)
        self._grid.setVerticalSpacing(2)
        self._grid.setColumnStretch(1, 1)

    @property
    def choice(self) -> int:
        """The row that is large."""
        return self._choice

    def set_choice(self, row: int) -> None:
        """Make a row the large one; beyond the last row: the last."""
        self._choice = row
        if self._names:
            self._arrange()

    def set_theme(self, theme: Theme) -> None:
        self._theme = theme
        for heatmap, facts in zip(self._maps, self._facts, strict=True):
            heatmap.set_theme(theme)
            facts.set_theme(theme)
        for button in self._names:
            self._style_name(button)
        if self._names:
            self._arrange()

    def ask_value(self, row: int, cell: Cell, text: str, parser: Callable[[str], float]) -> None:
        """Let the user type a number over a cell; `text` is there to begin with, `parser` raises ``ValueError``."""
        theme, heatmap = self._theme, self._maps[row]
        centre = heatmap.mapTo(self, heatmap.cell_rect(cell).center().toPoint())
        line = QRect(0, 0, theme.px(104), theme.px(26))
        line.moveCenter(centre)
        line.moveLeft(max(0, min(line.left(), self.width() - line.width())))
        line.moveTop(max(0, min(line.top(), self.height() - line.height())))
        self._editor.setFont(theme.font(Type.MONO_BODY))
        self._editor.setGeometry(line)
        self._editor.raise_()
        self._editor.open_with(text, parser, theme, selected=True)

    def show_rows(self, rows: Sequence[LayerRow], tokens: Sequence[str], *, signed: bool) -> None:
        """Show these layers, the first on top; `tokens` names the maps' rows."""
        tokens = tuple(tokens)
        names = [row.name for row in rows]
        if names != [button.text() for button in self._names]:
            self._rebuild(names)
        relabelled = tokens != self._tokens
        self._tokens = tokens
        for row, heatmap, facts in zip(rows, self._maps, self._facts, strict=True):
            heatmap.set_values(row.values, row.limit, signed=signed)
            facts.set_lines(row.facts)
            facts.setToolTip(row.facts_tip)
        large = self._large()
        for place, heatmap in enumerate(self._maps):
            heatmap.set_captions(rows[place].captions if place == large else ())
            heatmap.set_message(rows[place].message if place == large else "")
        if relabelled:
            self._label_large()

    def focusInEvent(self, event: QFocusEvent) -> None:
        """The line in which a value was typed gives the keyboard back: to the map. Tab does not stop here."""
        self._maps[self._large()].setFocus(event.reason())

    # Parts

    def _large(self) -> int:
        return min(self._choice, len(self._names) - 1)

    def _rebuild(self, names: Sequence[str]) -> None:
        self._editor.close_line()
        for place in range(len(self._names)):
            self._grid.setRowStretch(2 * place + 1, 0)
        for part in (*self._names, *self._maps, *self._facts):
            self._grid.removeWidget(part)
            part.hide()
            part.deleteLater()
        self._names, self._maps, self._facts = [], [], []
        for place, name in enumerate(names):
            button = QPushButton(name)
            button.setObjectName(f"activation_layer_{place}")
            button.setCheckable(True)
            button.setFlat(True)
            button.setAccessibleName(name)
            button.setToolTip(self.tr("Show {layer} large.").format(layer=name))
            self._style_name(button)
            self._group.addButton(button, place)
            heatmap = Heatmap()
            heatmap.setObjectName(f"activation_map_{place}")
            heatmap.setAccessibleName(self.tr("Activations of {layer}").format(layer=name))
            heatmap.set_theme(self._theme)
            heatmap.pointed.connect(lambda cell, row=place: self.pointed.emit(row, cell))
            heatmap.pressed.connect(lambda row=place: self._on_chosen(row))
            heatmap.cell_menu_requested.connect(
                lambda cell, at, row=place: self.cell_menu_requested.emit(row, cell, at)
            )
            facts = FactLines()
            facts.set_theme(self._theme)
            self._names.append(button)
            self._maps.append(heatmap)
            self._facts.append(facts)
        self._arrange()

    def _order_keyboard(self) -> None:
        """Tab goes from row to row; to parts that are made late it would come after all the rest of the window."""
        before: QWidget = self._editor
        for row in zip(self._names, self._maps, strict=True):
            for part in row:
                if part.focusPolicy() is not Qt.FocusPolicy.NoFocus:
                    QWidget.setTabOrder(before, part)
                    before = part

    def _style_name(self, button: QPushButton) -> None:
        theme = self._theme
        button.setFont(theme.font(Type.BODY))
        button.setStyleSheet(
            f"QPushButton {{ text-align: left; border: none; border-radius: 3px; background: transparent;"
            f" color: {theme.secondary.name()}; padding: 0; }}"
            f"QPushButton:checked {{ color: {theme.text.name()}; }}"
            f"QPushButton:focus {{ background: {theme.raised.name()}; }}"
        )

    def _arrange(self) -> None:
        """Give every row its place: grid rows 2 i (name of the large one) and 2 i + 1."""
        theme, grid, large = self._theme, self._grid, self._large()
        width = max(
            QFontMetrics(theme.font(Type.BODY)).horizontalAdvance(button.text()) for button in self._names
        )
        grid.setColumnMinimumWidth(0, width + 2)
        for place, (name, heatmap, facts) in enumerate(
            zip(self._names, self._maps, self._facts, strict=True)
        ):
            is_large = place == large
            for part in (name, heatmap, facts):
                grid.removeWidget(part)
            grid.setRowStretch(2 * place + 1, 3 if is_large else 1)
            name.setChecked(is_large)
            name.setFocusPolicy(Qt.FocusPolicy.TabFocus if is_large else Qt.FocusPolicy.NoFocus)
            heatmap.setMinimumHeight(theme.px(72 if is_large else 24))
            heatmap.setFocusPolicy(Qt.FocusPolicy.StrongFocus if is_large else Qt.FocusPolicy.NoFocus)
            if is_large:
                grid.addWidget(name, 2 * place, 0, 1, 3)
                grid.addWidget(heatmap, 2 * place + 1, 0, 1, 2)
            else:
                grid.addWidget(name, 2 * place + 1, 0)
                grid.addWidget(heatmap, 2 * place + 1, 1)
                heatmap.set_row_labels((), 0)
                heatmap.set_captions(())
            grid.addWidget(facts, 2 * place + 1, 2)
        self._order_keyboard()
        self._label_large()

    def _label_large(self) -> None:
        gutter = self._grid.columnMinimumWidth(0) + self._grid.horizontalSpacing()
        self._maps[self._large()].set_row_labels(self._tokens, gutter)

    def _on_chosen(self, row: int) -> None:
        if row != self._large():
            self.set_choice(row)
            self.layer_chosen.emit(row)
