"""What is chosen, in words, and what can be done with it."""

from __future__ import annotations

from PySide6.QtCore import QPoint, Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from weightdeck_desktop.buttons import BarButton
from weightdeck_desktop.panels.slice_acts import SliceAct
from weightdeck_desktop.theme import Theme, Type
from weightdeck_desktop.widgets.flow_row import FlowRow
from weightdeck_desktop.widgets.text_line import TextLine


class SliceBar(QWidget):
    """Two lines and three buttons of fixed size."""

    act_requested = Signal(object)  # SliceAct
    more_requested = Signal(object)  # global QPoint for the menu

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._held = 0.0
        self._locked = ""
        self._title = TextLine(Type.TITLE, secondary=False)
        self._details = TextLine()
        self._knob, self._hold, self._more = (
            BarButton("browse_knob"),
            BarButton("browse_hold"),
            BarButton("browse_acts"),
        )
        self._knob.set_content(
            self.tr("Make a knob"),
            tip=self.tr(
                "Put this on the desk and into your hand (Enter): one weight is set, several are scaled"
            ),
        )
        self._more.set_content(
            self.tr("More…"), tip=self.tr("Other knobs; zero, re-initialise, add noise, copy, paste")
        )
        buttons = FlowRow(gap=6)
        for button in (self._knob, self._hold, self._more):
            buttons.add(button)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        column.addWidget(self._title)
        column.addWidget(self._details)
        column.addSpacing(4)
        column.addWidget(buttons)
        self._knob.clicked.connect(lambda: self.act_requested.emit(SliceAct.KNOB))
        self._hold.clicked.connect(self._on_hold_clicked)
        self._more.clicked.connect(
            lambda: self.more_requested.emit(self._more.mapToGlobal(QPoint(0, self._more.height())))
        )
        self._show_hold()

    def set_theme(self, theme: Theme) -> None:
        self._title.set_theme(theme)
        self._details.set_theme(theme)
        for button in (self._knob, self._hold, self._more):
            button.set_theme(theme, height=28)

    def show_slice(self, title: str, details: str, technical: str, held: float) -> None:
        """Say what is chosen; `held` is the share of it that is held."""
        self._title.set_text(title)
        self._details.set_text(details)
        if technical != self.toolTip():
            self.setToolTip(technical)
        if held != self._held:
            self._held = held
            self._show_hold()

    def set_locked(self, why: str) -> None:
        """Why nothing can be changed now; "" where it can."""
        self._locked = why
        self._hold.setEnabled(not why)
        self._show_hold()

    @property
    def words(self) -> str:
        """What is said of the chosen slice."""
        return f"{self._title.text} · {self._details.text}"

    def _show_hold(self) -> None:
        if self._held < 1.0:
            tip = self.tr("Keep these numbers as they are, bit for bit, while the rest trains")
            self._hold.set_content(self.tr("Hold"), tip=self._locked or tip)
        else:
            tip = self.tr("Let training change them again")
            self._hold.set_content(self.tr("Let go"), tip=self._locked or tip)

    def _on_hold_clicked(self) -> None:
        self.act_requested.emit(SliceAct.HOLD if self._held < 1.0 else SliceAct.LET_GO)
