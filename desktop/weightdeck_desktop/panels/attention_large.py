"""One head large: as a matrix, or as lines from token to token."""

from __future__ import annotations

from PySide6.QtCore import QPoint, Signal
from PySide6.QtWidgets import QSizePolicy, QStackedWidget, QWidget

from weightdeck_desktop.panels.attention_readings import MASK, SCORES, SOFTMAX, HeadReading
from weightdeck_desktop.panels.inspector_stage import magnitude
from weightdeck_desktop.theme import Theme
from weightdeck_desktop.widgets.attention_lines import AttentionLines, End
from weightdeck_desktop.widgets.part_map import PartMap, Sides
from weightdeck_desktop.widgets.snapped_limit import SnappedLimit


class LargeHead(QStackedWidget):
    """Told with `show_reading`; scales move in steps of 1, 2, 5."""

    pointed = Signal(object)  # (query, key) of the matrix, or None
    chosen = Signal(object)  # (query, key)
    menu_requested = Signal(object, QPoint)
    end_pointed = Signal(object)  # End whose lines alone are shown, or None

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._scores_limit = SnappedLimit(1e-9)
        self._ends = ("", "", False)
        self._map = PartMap("attention_map")
        self._map.set_words(
            self.tr("Attention of one head"),
            self.tr(
                "Rows: tokens that look; columns: at which. Arrow keys walk, Enter explains, + and − zoom."
            ),
        )
        self._lines = AttentionLines()
        self._lines.setObjectName("attention_lines")
        self._lines.setAccessibleName(self.tr("Attention of one head as lines"))
        self._lines.setAccessibleDescription(self.tr("From every token a line to each that it looks at"))
        self._lines.setToolTip(
            self.tr(
                "Point at a token, or choose one with the arrow keys, to see its lines alone; Escape: all."
            )
        )
        self.addWidget(self._map)
        self.addWidget(self._lines)
        self._map.pointed.connect(self.pointed)
        self._map.chosen.connect(self.chosen)
        self._map.menu_requested.connect(self.menu_requested)
        self._lines.pointed.connect(self.end_pointed)

    @property
    def ends(self) -> tuple[str, str, bool]:
        """What the matrix's outermost colours stand for, and whether they are signed; "" for no data."""
        return self._ends

    @property
    def shown_end(self) -> End | None:
        """The token whose lines alone are shown."""
        return self._lines.shown_end

    def set_theme(self, theme: Theme) -> None:
        self._map.set_theme(theme)
        self._lines.set_theme(theme)

    def show_lines(self, as_lines: bool) -> None:
        """Lines, or the matrix."""
        page = self._lines if as_lines else self._map
        for each in (self._map, self._lines):  # a hidden page wants no room
            policy = QSizePolicy.Policy.Expanding if each is page else QSizePolicy.Policy.Ignored
            each.setSizePolicy(policy, policy)
        self.setCurrentWidget(page)
        self.setFocusProxy(page)

    def show_reading(self, reading: HeadReading | None, stage: int, limit: float, message: str) -> None:
        """Show a stage as matrix, and the pattern as lines; a signed pattern up to `limit`. Without data: `message`."""
        values = None if reading is None else reading.matrix(stage)
        self._map.set_message(message)
        self._lines.set_message(message)
        if reading is None or values is None:
            self._map.set_matrix(None, 1.0, signed=False)
            self._ends = ("", "", False)
        else:
            is_share = stage == MASK or (stage == SOFTMAX and reading.is_share)
            if stage == SCORES:
                limit_here = self._scores_limit.fit(magnitude(values))
            else:
                limit_here = 1.0 if is_share else limit
            sides = Sides(self.tr("token that looks"), reading.tokens, "", reading.tokens)
            self._map.set_matrix(values, limit_here, signed=not is_share, sides=sides)
            self._ends = ("0", "1", False) if is_share else (f"−{limit_here:g}", f"+{limit_here:g}", True)
        if reading is None or reading.pattern is None:
            self._lines.set_weights(None, (), 1.0, signed=False)
        else:
            top = 1.0 if reading.is_share else limit
            self._lines.set_weights(reading.pattern, reading.tokens, top, signed=not reading.is_share)

    def set_selected(self, place: tuple[int, int] | None) -> None:
        """Outline the number that is explained."""
        self._map.set_selected(place)

    def set_wrong(self, places: frozenset[tuple[int, int]]) -> None:
        """Outline wrong numbers."""
        self._map.set_wrong(places)

    def describe(self, words: str) -> None:
        """What is pointed at, for screen readers."""
        if self.currentWidget() is self._map:
            self._map.describe(words)
        else:
            self._lines.setAccessibleDescription(words)

    def forget_scale(self) -> None:
        """Fit the next scores freely."""
        self._scores_limit.reset()
