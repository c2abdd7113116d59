"""The panel of channel strips."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import (
    QAbstractButton,
    QComboBox,
    QLineEdit,
    QScrollArea,
    QWidget,
)
from pytestqt.qtbot import QtBot

from tests.desktop.strip_panels import (
    HEAD,
    MLP,
    Heard,
    column,
    columns,
    levels,
    listen,
    model,
    settle,
    shown_panel,
)
from weightdeck.run.strips import Mix, Neuron, Strip, StripSetting, all_strips
from weightdeck_desktop.panels.strips import StripsPanel
from weightdeck_desktop.theme import dark_theme, light_theme
from weightdeck_desktop.widgets.fader import Fader
from weightdeck_desktop.widgets.letter_button import LetterButton
from weightdeck_desktop.widgets.text_line import TextLine


@pytest.fixture
def panel(qtbot: QtBot) -> StripsPanel:
    return shown_panel(qtbot)


@pytest.fixture
def heard(panel: StripsPanel) -> Heard:
    return listen(panel)


def words(panel: StripsPanel) -> str:
    line = panel.findChild(TextLine, "strips_words")
    assert isinstance(line, TextLine)
    return line.text


def combo(panel: StripsPanel, name: str) -> QComboBox:
    box = panel.findChild(QComboBox, name)
    assert isinstance(box, QComboBox)
    return box


def test_what_it_is_told_is_never_said_back(panel: StripsPanel, heard: Heard) -> None:
    mix = Mix(mute_to="mean", scope="prediction").with_strip(HEAD, StripSetting(0.4, True, True))
    panel.show_mix(mix.with_clamp(Neuron("embed", 0), "mean"))
    panel.show_levels(levels(most=3.0, mix=mix), 1250)
    panel.show_pending(HEAD)
    panel.show_pending(None)
    panel.set_enabled_engine(False)
    panel.set_enabled_engine(True)
    panel.set_theme(light_theme(1.5))
    panel.set_model(model(2, 4))
    panel.clear()
    assert heard == []


def test_controls_stand_as_the_mix_says(panel: StripsPanel) -> None:
    mix = Mix(mute_to="mean", scope="prediction").with_strip(HEAD, StripSetting(0.4, muted=True))
    panel.show_mix(mix)
    strip = column(panel, HEAD)
    assert strip.fader.number == 0.4
    assert strip.mute.isChecked()
    assert not strip.solo.isChecked()
    assert column(panel, MLP).fader.number == 1.0
    assert combo(panel, "strips_scope").currentText() == "prediction only"
    assert combo(panel, "strips_mute_to").currentText() == "mean"
    panel.clear()
    assert strip.fader.number == 1.0
    assert not strip.mute.isChecked()


def test_muted_and_silenced_by_a_solo_look_muted_but_not_the_same(panel: StripsPanel) -> None:
    strip = column(panel, HEAD)

    def look(mix: Mix) -> tuple[object, object]:
        panel.show_mix(mix)
        panel.show_levels(levels(mix=mix), 1240)
        return strip.fader.grab().toImage(), strip.mute.grab().toImage()

    plain_fader, plain_mute = look(Mix())
    muted_fader, muted_mute = look(Mix().with_strip(HEAD, StripSetting(muted=True)))
    other_fader, other_mute = look(Mix().with_strip(MLP, StripSetting(solo=True)))
    assert strip.is_silenced
    assert plain_fader != muted_fader != other_fader != plain_fader  # an edited cap tells the two apart
    assert muted_mute != plain_mute == other_mute
    assert column(panel, MLP).is_silenced is False


def test_a_refused_mute_springs_back(panel: StripsPanel, qtbot: QtBot) -> None:
    strip = column(panel, HEAD)
    qtbot.mouseClick(strip.mute, Qt.MouseButton.LeftButton)
    assert strip.mute.isChecked()
    panel.show_mix(Mix())
    assert not strip.mute.isChecked()


def colours_of(panel: StripsPanel, strip: Strip) -> int:
    """How high the meter stands, px: only the layer's own colour counts."""
    fader = column(panel, strip).fader
    image = fader.grab().toImage()
    colour: QColor = dark_theme().layer_colour(strip.block, 3)
    return sum(
        any(image.pixelColor(x, y) == colour for x in range(image.width())) for y in range(image.height())
    )


def test_all_meters_have_one_scale_that_does_not_move_with_every_level(panel: StripsPanel) -> None:
    assert "0 … 1 RMS" in words(panel)
    low = colours_of(panel, Strip(1, 0))
    panel.show_levels(levels(most=0.95), 1250)
    assert "0 … 1 RMS" in words(panel)
    panel.show_levels(levels(most=1.2), 1260)
    assert "0 … 2 RMS" in words(panel)
    assert 0 < colours_of(panel, Strip(1, 0)) < low
    panel.clear()
    assert "RMS" not in words(panel)


def test_a_level_that_is_no_number_leaves_the_others_alone(panel: StripsPanel) -> None:
    broken = levels()
    broken.written[0, 1] = np.nan
    panel.show_levels(broken, 1250)
    settle()
    assert colours_of(panel, HEAD) == 0
    assert colours_of(panel, Strip(1, 0)) > 0
    column(panel, HEAD).fader.setFocus(Qt.FocusReason.TabFocusReason)
    assert "writes" not in words(panel)


def test_the_number_of_the_strip_that_is_looked_at_is_said(panel: StripsPanel) -> None:
    mix = Mix().with_strip(Strip(2), StripSetting(0.5))
    panel.show_mix(mix)
    panel.show_levels(levels(mix=mix), 1240)
    column(panel, Strip(2)).fader.setFocus(Qt.FocusReason.TabFocusReason)
    assert words(panel) == "MLP 2 · ×0.50 · writes 0.4 into 1.5"
    panel.show_mix(mix.with_strip(HEAD, StripSetting(solo=True)))
    assert "muted by a solo" in words(panel)


def test_the_table_has_a_row_for_every_strip(panel: StripsPanel) -> None:
    table = panel.table()
    assert table is not None
    assert len(table) == 1 + 12
    assert table[1][:5] == ["0.0", "1.0", "False", "False", "False"]
    assert float(table[12][5]) == pytest.approx(0.8)
    assert "1240" in table[0][5]
    panel.clear()
    assert panel.table() is None


def test_a_pending_strip_shows_so(panel: StripsPanel) -> None:
    before = column(panel, HEAD).fader.grab().toImage()
    panel.show_pending(HEAD)
    assert column(panel, HEAD).fader.grab().toImage() != before
    panel.show_pending(MLP)
    assert column(panel, HEAD).fader.grab().toImage() == before


def test_without_a_model_it_says_what_it_is_for(qtbot: QtBot) -> None:
    panel = StripsPanel()
    qtbot.addWidget(panel)
    panel.set_theme(dark_theme())
    panel.set_enabled_engine(False)
    assert "fader" in words(panel)
    assert panel.table() is None
    panel.grab()


# Names, sizes


def test_every_control_has_a_name_a_tooltip_and_an_object_name(panel: StripsPanel) -> None:
    panel.show_mix(Mix().with_clamp(Neuron("embed", 0), 0.0))
    controls: list[QWidget] = []
    for kind in (Fader, QAbstractButton, QComboBox, QLineEdit):
        controls += panel.findChildren(kind)
    assert len(controls) == 12 * 3 + 2 + 1 + 3 + 2
    assert len({control.objectName() for control in controls}) == len(controls)
    for control in controls:
        assert control.accessibleName()
        assert control.toolTip()
    assert column(panel, HEAD).fader.accessibleName() == "head 0.1 fader"
    assert column(panel, HEAD).mute.accessibleName() == "mute head 0.1"
    assert column(panel, MLP).solo.accessibleName() == "solo MLP 0"
    assert "×0 … ×2" in column(panel, HEAD).fader.toolTip()


@pytest.mark.parametrize("scale", [1.0, 1.5, 2.0])
@pytest.mark.parametrize(("n_layer", "n_head"), [(1, 1), (3, 3), (2, 12), (12, 16)])
def test_models_of_every_size(qtbot: QtBot, n_layer: int, n_head: int, scale: float) -> None:
    panel = StripsPanel()
    qtbot.addWidget(panel)
    panel.set_theme(dark_theme(scale))
    panel.set_model(model(n_layer, n_head))
    panel.show_mix(Mix())
    panel.show_levels(levels(n_layer, n_head), 3)
    panel.resize(370, 560)
    panel.show()
    settle()
    shown = columns(panel)
    assert [each.strip for each in shown] == list(all_strips(model(n_layer, n_head)))
    places = [each.geometry() for each in shown]
    assert all(place.right() < after.left() for place, after in pairwise(places))
    assert len({place.width() for place in places}) == 1
    for each in shown:
        assert each.width() >= each.minimumWidth()
        parts = [part.geometry() for part in (each.fader, each.mute, each.solo)]
        assert all(each.rect().contains(part) for part in parts)
        assert all(not upper.intersects(lower) for upper, lower in pairwise(parts))


@pytest.mark.parametrize(("width", "height"), [(370, 520), (294, 440)])
def test_a_preset_fits_without_scrolling(panel: StripsPanel, width: int, height: int) -> None:
    panel.resize(width, height)
    settle()
    assert panel.minimumSizeHint().height() <= height
    assert panel.minimumSizeHint().width() <= width
    area = panel.findChild(QScrollArea, "strips_desk_scroll")
    assert isinstance(area, QScrollArea)
    assert area.horizontalScrollBar().maximum() == 0


def test_a_strip_out_of_sight_comes_into_sight_with_the_focus(qtbot: QtBot, panel: StripsPanel) -> None:
    panel.set_model(model(6, 8))
    panel.show_mix(Mix())
    settle()
    area = panel.findChild(QScrollArea, "strips_desk_scroll")
    assert isinstance(area, QScrollArea)
    last = column(panel, Strip(5)).fader
    assert area.viewport().width() < last.mapTo(area.viewport(), QPoint(0, 0)).x()
    column(panel, Strip(0, 0)).fader.setFocus(Qt.FocusReason.TabFocusReason)
    qtbot.keyClick(column(panel, Strip(0, 0)).fader, Qt.Key.Key_Left)
    settle()
    assert last.hasFocus()
    assert last.mapTo(area.viewport(), QPoint(0, 0)).x() < area.viewport().width()


def test_the_same_model_again_keeps_its_strips(panel: StripsPanel) -> None:
    before = panel.findChildren(Fader)
    panel.clear()
    panel.set_model(model())
    assert panel.findChildren(Fader) == before
    assert all(isinstance(each.mute, LetterButton) for each in columns(panel))
