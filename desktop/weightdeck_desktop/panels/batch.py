"""The batch panel: the sequences of the present step, with the loss of every token."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from PySide6.QtCore import QPoint, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QWidget

from weightdeck.run.inside import BatchReading
from weightdeck.run.subjects import BatchLoss, Subject, TokenLoss
from weightdeck_desktop.buttons import BarButton, Look
from weightdeck_desktop.panels.batch_menu import BatchMenu
from weightdeck_desktop.panels.batch_rows import BEST, ORDERS, WORST, BatchRows
from weightdeck_desktop.panels.panel import Panel
from weightdeck_desktop.theme import Theme, dark_theme
from weightdeck_desktop.widgets.batch_map import BatchMap, Place
from weightdeck_desktop.widgets.colour_scale import ColourScale
from weightdeck_desktop.widgets.flow_row import FlowRow
from weightdeck_desktop.widgets.plain_number import plain_number
from weightdeck_desktop.widgets.snapped_limit import SnappedLimit
from weightdeck_desktop.widgets.switch import Switch
from weightdeck_desktop.widgets.text_line import TextLine

_WIDE = 600  # px at 100 %: the worst and the best stand side by side


class BatchPanel(Panel):
    """Told with `show_batch` what the step's own forward pass computed."""

    cell_chosen = Signal(object)  # Subject: TokenLoss or BatchLoss
    row_chosen = Signal(int)  # look inside this sequence

    key = "batch"

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.title = self.tr("Batch")
        self._vocabulary: tuple[str, ...] = ()
        self._rows: BatchRows | None = None
        self._step = 0  # of the model now
        self._limit = SnappedLimit(0.01)
        self._chosen: Subject | None = None
        self._pointed: Place | None = None
        self._controls = FlowRow(gap=12)
        self._order = Switch(
            [
                (self.tr("as drawn"), self.tr("Sequences in the order in which the batch has them.")),
                (self.tr("worst first"), self.tr("The sequences with the highest mean loss first.")),
                (self.tr("best first"), self.tr("The sequences with the lowest mean loss first.")),
            ]
        )
        self._order.set_names("batch_order")
        self._order.setAccessibleName(self.tr("Order of the sequences"))
        self._mean = BarButton("batch_mean", Look.LINK)
        self._show_mean("–")
        self._scale = ColourScale()
        self._scale.setToolTip(
            self.tr("The loss of a token, in nats; the largest 5 % may lie beyond the end and look alike.")
        )
        for part in (self._order, self._mean, self._scale):
            self._controls.add(part)
        self._worst, self._best, self._readout = (TextLine() for _ in range(3))
        self._map = BatchMap()
        tip = self.tr(
            "A row is a sequence: its number, the token that it begins with, and a cell for every token that came "
            "next; at the right its mean loss. Arrow keys go from cell to cell, Enter explains a loss; on a row's "
            "number or mean it looks inside the sequence."
        )
        self._keys = tip
        self._map.setObjectName("batch_map")
        self._map.setAccessibleName(self.tr("Sequences of the batch"))
        self._map.setAccessibleDescription(tip)
        self._extremes = QBoxLayout(QBoxLayout.Direction.TopToBottom)
        self._build()
        self._show()

    # What it is told

    def set_vocabulary(self, vocabulary: Sequence[str]) -> None:
        """What the tokens are called."""
        self._vocabulary = tuple(vocabulary)
        if self._rows is not None:
            self.show_batch(self._rows.reading, self._step)

    def show_batch(self, reading: BatchReading, step: int) -> None:
        """The newest batch, and the step of the model now: the batch's own as long as its update is not made."""
        self._rows = BatchRows(reading, self._vocabulary) if reading.ids.size else None
        self._step = step
        self._show()

    def set_chosen(self, subject: Subject | None) -> None:
        """Outline the loss that is explained; None, or another subject: nothing."""
        self._chosen = subject
        self._show_chosen()

    def set_row(self, row: int | None) -> None:
        """Mark the sequence that is looked into; None for none."""
        self._map.set_marked(row)

    def clear(self) -> None:
        self._rows, self._chosen, self._pointed, self._step = None, None, None, 0
        self._map.set_marked(None)
        self._limit.reset()
        self._show()

    def set_theme(self, theme: Theme) -> None:
        super().set_theme(theme)
        for part in (self._order, self._scale, self._worst, self._best, self._readout, self._map):
            part.set_theme(theme)
        self._mean.set_theme(theme, height=22)
        self._arrange()

    # What it says when asked

    def table(self) -> list[list[str]] | None:
        return None if self._rows is None else self._rows.table()

    def state(self) -> dict[str, Any]:
        """What a restart should bring back, as JSON can hold it."""
        return {"order": ORDERS[self._order.choice]}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Take what `state` gave, perhaps of another version; nothing is emitted."""
        if state.get("order") in ORDERS:
            self._order.set_choice(ORDERS.index(state["order"]))
            self._show()

    # Parts

    def _build(self) -> None:
        for line, name in ((self._worst, "worst"), (self._best, "best"), (self._readout, "readout")):
            line.setObjectName(f"batch_{name}")
        self._extremes.setSpacing(0)
        self._extremes.addWidget(self._worst, 1)
        self._extremes.addWidget(self._best, 1)
        self.body.setSpacing(4)
        self.body.addWidget(self._controls)
        self.body.addLayout(self._extremes)
        self.body.addWidget(self._map, 1)
        self.body.addWidget(self._readout)
        self._order.chosen.connect(lambda _place: self._show())
        self._mean.clicked.connect(lambda: self.cell_chosen.emit(BatchLoss()))
        self._map.pointed.connect(self._on_pointed)
        self._map.chosen.connect(self._on_chosen)
        self._map.menu_requested.connect(self._on_menu_requested)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange()

    def _arrange(self) -> None:
        theme = self._theme or dark_theme()
        is_wide = self.width() >= theme.px(_WIDE)
        direction = QBoxLayout.Direction
        self._extremes.setDirection(direction.LeftToRight if is_wide else direction.TopToBottom)
        self._extremes.setSpacing(theme.px(12) if is_wide else 0)
        self._readout.set_lines(1 if is_wide else 2)

    # From a reading to pictures

    def _show_mean(self, nats: str) -> None:
        tip = self.tr("The loss of the batch: the mean over all tokens that count. Have it explained")
        self._mean.set_content(self.tr("mean {0} nats").format(nats), tip=tip)

    def _show(self) -> None:
        rows = self._rows
        for part in (self._controls, self._worst, self._best, self._readout):
            part.setVisible(rows is not None)
        if rows is None:
            self._map.set_message(
                self.tr(
                    "This moment was taken up from what was kept of it: its batch was not. A step makes one."
                )
                if self._step
                else self.tr("No batch yet: press Step or Play.")
            )
            self._map.set_rows(None, (), 1.0)
            self.set_aside("")
            return
        limit = self._limit.fit(rows.largest())
        beyond = bool((rows.reading.losses > limit).any())
        self._scale.set_ends("0", self.tr("{0:g}{1} nats").format(limit, "+" if beyond else ""), signed=False)
        loss = rows.reading.loss
        mean = plain_number(loss, 3) if math.isfinite(loss) else "NaN"
        self._show_mean(mean)
        self._map.set_rows(rows.cells(), rows.order(self._order.choice), limit)
        counted = [row for row in rows.order(WORST) if rows.counted[row].any()]
        self._worst.set_text(self.tr("worst: {0}").format(rows.named(counted[0])) if counted else "")
        self._best.set_text(self.tr("best: {0}").format(rows.named(rows.order(BEST)[0])) if counted else "")
        self.set_aside(self.tr("{0:,} sequences · batch at step {1:,}").format(rows.count, rows.reading.step))
        self._show_chosen()
        self._show_readout()

    def _show_chosen(self) -> None:
        chosen, place = self._chosen, None
        if isinstance(chosen, TokenLoss) and self._rows is not None:
            is_there = self._rows.is_counted(chosen.row, chosen.position)
            place = Place(chosen.row, chosen.position) if is_there else None
        self._map.set_selected(place)

    def _show_readout(self) -> None:
        rows, place = self._rows, self._pointed
        if rows is None:
            return
        if place is not None and (
            place.row >= rows.count or (place.column or 0) >= int(rows.reading.lengths[place.row])
        ):
            place = self._pointed = None
        when = self.tr("batch at step {0:,}, before its update").format(rows.reading.step)
        if self._step <= rows.reading.step:
            when = self.tr("batch at step {0:,}, whose update is still to come").format(rows.reading.step)
        if place is None:
            words = self.tr("Colour: loss of the token that came")
            words += self.tr("; hatched: given, does not count") if rows.has_given else ""
            words = f"{words} · {when}"
        else:
            words = f"{rows.place_words(place)} · {when}"
        self._readout.set_text(words)
        self._map.setAccessibleDescription(self._keys if place is None else words)

    # The user's acts

    def _on_pointed(self, place: Place | None) -> None:
        self._pointed = place
        self._show_readout()

    def _on_chosen(self, place: Place) -> None:
        self._pointed = place
        self._show_readout()
        if place.column is None:
            self.row_chosen.emit(place.row)
        elif self._rows is not None and self._rows.is_counted(place.row, place.column):
            self.cell_chosen.emit(TokenLoss(place.row, place.column))

    def _on_menu_requested(self, place: Place, at: QPoint) -> None:
        menu = BatchMenu(self)
        row, column = place
        if column is not None and self._rows is not None and self._rows.is_counted(row, column):
            menu.add_explain_loss(lambda: self.cell_chosen.emit(TokenLoss(row, column)))
        menu.add_look(row, lambda: self.row_chosen.emit(row))
        menu.popup(at)
