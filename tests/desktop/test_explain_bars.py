"""The bars of an explanation: by the largest single term, and cut where all the others together are more."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from tests.desktop import explanations as some
from weightdeck.run.explanation import Explanation, Operand, Term
from weightdeck_desktop.panels.explain import ExplainPanel
from weightdeck_desktop.panels.explain_list import ExplainList
from weightdeck_desktop.panels.explain_rows import RowKind, explanation_rows
from weightdeck_desktop.theme import dark_theme


def many(sign: float = 1.0) -> Explanation:
    """A hundred terms of which the largest is a hundredth and a half of the sum."""
    parts = [sign * (1.5 if place == 0 else 1.0) for place in range(100)]
    terms = tuple(Term((Operand(f"part {place}", part),)) for place, part in enumerate(parts))
    return replace(some.pre(), value=sum(parts), terms=terms)


def test_bars_are_measured_by_the_largest_single_term() -> None:
    terms = [row for row in explanation_rows(many(), {}, ()) if row.kind is RowKind.TERM]
    assert [row.share for row in terms] == [1.0, *[pytest.approx(1 / 1.5)] * 4, pytest.approx(95 / 1.5)]
    assert terms[-1].tip.endswith("The bar is cut: it would be 63.3 times the longest")


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_a_bar_that_is_cut_stays_in_its_room_and_has_a_gap(qtbot: QtBot, sign: float) -> None:
    theme = dark_theme()
    panel = ExplainPanel()
    qtbot.addWidget(panel)
    panel.set_theme(theme)
    panel.resize(420, 500)
    panel.show()
    qtbot.waitExposed(panel)
    panel.show_explanation(many(sign))
    QApplication.processEvents()
    rows = panel.findChild(ExplainList, "explain_list")
    assert rows is not None
    image = rows.viewport().grab().toImage()
    ink = theme.positive if sign > 0.0 else theme.negative

    def runs(place: int) -> int:
        """How many pieces the bar of a row has; none of it lies outside of its room."""
        row, index = rows.rows[place], rows.model().index(place, 0)
        bar = rows._painter.term_places(row, rows._rect(index)).bar
        y = bar.center().y()
        inked = [image.pixelColor(x, y) == ink for x in range(image.width())]
        assert not any(inked[: bar.left()])
        assert not any(inked[bar.right() + 1 :])
        return sum(now and not before for before, now in zip([False, *inked], inked, strict=False))

    terms = [place for place, row in enumerate(rows.rows) if row.kind is RowKind.TERM]
    assert [runs(place) for place in terms] == [1, 1, 1, 1, 1, 2]
