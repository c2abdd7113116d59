"""What panels make of a moment of the past: a mark and a hatch in the plot, records up to it, controls that say why."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QEvent, QPoint
from PySide6.QtGui import QHelpEvent
from PySide6.QtWidgets import QApplication, QToolTip
from pytestqt.qtbot import QtBot

from tests.desktop.test_panel_loss import _history as loss_history
from tests.desktop.test_panel_loss import _plot
from tests.desktop.test_panel_weights import _history as weights_history
from tests.desktop.test_panel_weights import _now
from weightdeck.run.layout import layout
from weightdeck.run.spec import ModelSpec
from weightdeck_desktop.panels.knobs import KnobsPanel
from weightdeck_desktop.panels.loss import LossPanel
from weightdeck_desktop.panels.panel import Panel
from weightdeck_desktop.panels.strips import StripsPanel
from weightdeck_desktop.panels.weights import WeightsPanel
from weightdeck_desktop.theme import dark_theme
from weightdeck_desktop.widgets.knob import Knob

MODEL = ModelSpec(2, 2, 16, 16, 27)


def shown(qtbot: QtBot, panel: Panel) -> None:
    qtbot.addWidget(panel)
    panel.set_theme(dark_theme())
    panel.resize(740, 420)
    panel.show()
    panel.activateWindow()


def test_the_loss_plot_marks_the_step_and_fades_what_came_after(qtbot: QtBot) -> None:
    panel = LossPanel()
    shown(qtbot, panel)
    panel.show_history(loss_history(300))
    plot = _plot(panel)
    before = plot.grab().toImage()
    panel.show_past(100)
    shade = plot._past
    area = plot.area
    x = shade._line.line().x1()
    share = (x - area.left()) / area.width()
    assert share == pytest.approx(100 / plot.x_axis.high, abs=0.01)
    assert (shade._veil.rect().left(), shade._veil.rect().right()) == (x, area.right())
    left, right = int(x) - 20, int(x) + 20
    after = plot.grab().toImage()
    column = range(int(area.top()), int(area.bottom()))
    assert all(after.pixel(left, y) == before.pixel(left, y) for y in column), "it is as it was"
    assert any(after.pixel(right, y) != before.pixel(right, y) for y in column)
    plot.view_box.setXRange(150.0, 250.0, padding=0.0)
    assert not shade._line.isVisible(), "out of sight"
    assert shade._veil.rect() == plot.area
    plot.fit()
    panel.show_past(None)
    assert plot.grab().toImage() == before


def test_weights_show_the_nearest_record_until_the_moment_has_come(qtbot: QtBot) -> None:
    model = layout(MODEL)
    panel = WeightsPanel()
    shown(qtbot, panel)
    panel.set_layout(model)
    history = weights_history(model, 100, 10)
    panel.show_history(history)
    panel.show_now(_now(model, 105), 105)
    now = panel.table()
    panel.show_history(history, 47)
    rows = [row for row in panel._shown if row is not None]
    assert [step for step, _ in rows][-1] == 40
    assert max(step for step, _ in rows) == 40
    assert panel._row_label(len(panel._shown) - 1) == "40"
    panel.show_now(_now(model, 47), 47)
    assert panel._shown[-1] is not None
    assert panel._shown[-1][0] == 47
    panel.show_history(history, 60)
    assert panel._shown[-1][0] == 47, "until the new one has come"
    panel.show_history(history)
    assert panel._shown[-1] is None
    panel.show_now(_now(model, 105), 105)
    assert panel.table() == now


@pytest.mark.parametrize("kind", [KnobsPanel, StripsPanel])
def test_locked_controls_say_why_and_come_back(qtbot: QtBot, kind: type[KnobsPanel | StripsPanel]) -> None:
    panel = kind()
    shown(qtbot, panel)
    if isinstance(panel, StripsPanel):
        panel.set_model(MODEL)
    panel.set_enabled_engine(True)
    control = panel.findChildren(Knob)[0] if isinstance(panel, KnobsPanel) else panel._scope
    qtbot.waitUntil(panel.isActiveWindow)
    control.setFocus()
    assert QApplication.focusWidget() is control
    panel.set_locked("You are looking at step 7.")
    assert not control.isEnabled()
    assert QApplication.focusWidget() is None, "Qt has handed it on"
    QApplication.sendEvent(
        control, QHelpEvent(QEvent.Type.ToolTip, QPoint(3, 3), control.mapToGlobal(QPoint(3, 3)))
    )
    assert QToolTip.text() == "You are looking at step 7."
    panel.set_enabled_engine(True)
    assert not control.isEnabled(), "locked all the same"
    panel.set_locked("")
    assert control.isEnabled()
    QApplication.sendEvent(
        control, QHelpEvent(QEvent.Type.ToolTip, QPoint(3, 3), control.mapToGlobal(QPoint(3, 3)))
    )
    assert QToolTip.text() != "You are looking at step 7."
    QToolTip.hideText()
