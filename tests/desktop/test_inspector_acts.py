"""What a hand does in the inspector: the menu of a cell, files, the history of a stage."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QFileDialog,
    QLineEdit,
    QWidget,
)
from pytestqt.qtbot import QtBot

from tests.desktop.inspecting import (
    POST,
    SCORES,
    click,
    heard,
    heatmap,
    inspector,
    over,
    part_map,
    words,
)
from tests.desktop.tap_readings import MODEL, reading, taps
from weightdeck.run.slices import ParameterSlice
from weightdeck.run.strips import Mix, Neuron, Strip, StripSetting
from weightdeck.run.subjects import InBatch
from weightdeck_desktop.panels.activation_menu import ActivationMenu
from weightdeck_desktop.panels.inspector import OVER_STEPS, InspectorPanel
from weightdeck_desktop.panels.inspector_export import write_npz
from weightdeck_desktop.panels.inspector_stage import stage_of
from weightdeck_desktop.panels.inspector_weights import made_by
from weightdeck_desktop.panels.tap_source import TapSource, shown_taps
from weightdeck_desktop.widgets.mini_chart import MiniChart


@pytest.fixture
def panel(qtbot: QtBot) -> InspectorPanel:
    return inspector(qtbot)


def test_csv_has_every_number(panel: InspectorPanel) -> None:
    assert panel.table() is None
    one = reading()
    panel.set_tap(SCORES)
    panel.show_taps(taps(one), 40)
    table = panel.table()
    assert table is not None
    values = np.array([float(row[-1]) for row in table[1:]]).reshape(one.values[SCORES].shape)
    assert np.allclose(values, one.values[SCORES], rtol=1e-7)
    assert table[0][:3] == ["source", "prompt", "tap"]
    assert table[1][:8] == ["a", "abca", SCORES, "40", "0", "0", "start", "0"]
    assert table[-1][:8] == ["a", "abca", SCORES, "40", "2", "4", "a", "4"]


def test_csv_says_whose_numbers_it_has(panel: InspectorPanel) -> None:
    panel.show_taps(taps(reading(), reading("abcd", 2), reading("abca", 3, InBatch(7))), 40)
    found = []
    for source in (TapSource.B, TapSource.DIFFERENCE, TapSource.GRADIENT):
        panel.set_source(source)
        table = panel.table()
        assert table is not None
        found.append(table[1][:2])
    assert found == [["b", "abcd"], ["difference", ""], ["gradient", "sequence 7"]]


def test_npz_comes_back_as_it_was(tmp_path: Path) -> None:
    one = reading()
    path = tmp_path / "scores.npz"
    write_npz(path, shown_taps(taps(one), TapSource.A), SCORES)
    with np.load(path, allow_pickle=False) as found:
        assert found[SCORES].dtype == np.float32
        assert np.array_equal(found[SCORES], one.values[SCORES])
        assert found["tokens"].tolist() == list(one.tokens)
        assert found["ids"].tolist() == list(one.ids)
        assert int(found["step"]) == 40
        assert (str(found["source"]), str(found["prompt"])) == ("a", "abca")
    assert [each.name for each in tmp_path.iterdir()] == ["scores.npz"]


def test_saving_says_how_it_went(
    panel: InspectorPanel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = [str(tmp_path / "a"), str(tmp_path / "nowhere" / "b.npz"), ""]
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (names.pop(0), ""))
    panel.show_taps(taps(reading()), 40)
    said = heard(panel)
    button = panel.findChild(QWidget, "inspector_npz")
    assert button is not None
    for _ in range(3):
        button.click()  # type: ignore[attr-defined]
    assert [name for name, _ in said] == ["exported", "failed"]
    assert (tmp_path / "a.npz").exists()


def test_history_is_asked_for_and_goes_on_live(panel: InspectorPanel) -> None:
    panel.show_taps(taps(reading()), 40)
    said = heard(panel)
    click(panel, "inspector_view_3")
    assert said == [("history_requested", (POST,))]
    assert panel.is_over_steps
    panel.show_over_steps(over(SCORES))  # not the one that is shown
    assert list(panel._history.moments) == [40]
    panel.show_over_steps(over(POST))
    panel.show_taps(taps(reading(seed=4), step=41), 41)
    moments = panel._history.moments
    assert list(moments) == [0, 10, 20, 40, 41]
    assert moments[10] == (1.0, 2.0, 3.0, 4.0)
    expected = reading(seed=4).values[POST]
    assert moments[41].mean == pytest.approx(float(expected.mean()), abs=1e-6)
    assert words(panel, "inspector_history_words") == "keyframes: 3 · seen live: 2"
    panel.show_problem("The file is gone.")
    assert words(panel, "inspector_history_words") == "The file is gone."
    panel.show_taps(taps(reading("abc"), step=42), 42)  # another prompt begins anew
    assert list(panel._history.moments) == [42]
    panel.show_problem("")
    panel.show_taps(taps(reading("abca", 3, InBatch(0)), step=43), 43)
    panel.set_source(TapSource.BATCH)
    assert list(panel._history.moments) == [42]
    assert words(panel, "inspector_history_words").startswith("Steps are followed for a prompt alone")
    charts = panel._history.findChildren(MiniChart)
    assert len(charts) == 4
    assert not any(chart._lines for chart in charts)  # those of the prompt would stand under the batch's name
    panel.show_over_steps(over(POST, "abc"))  # an answer that was on its way
    assert not any(chart._lines for chart in charts)
    panel.grab()
    panel.set_source(TapSource.A)
    panel.show_taps(taps(reading("abc"), reading("abca", 3, InBatch(0)), step=44), 44)
    assert list(panel._history.moments) == [0, 10, 20, 42, 44]
    assert all(chart._lines for chart in charts)


def test_keyframes_of_one_prompt_are_not_shown_as_those_of_the_other(panel: InspectorPanel) -> None:
    panel.restore({"view": OVER_STEPS})
    panel.show_taps(taps(reading("abca"), reading("abcd", 2)), 40)
    panel.show_over_steps(over(POST, "abca"))
    assert list(panel._history.moments) == [0, 10, 20, 40]
    panel.set_source(TapSource.B)
    assert list(panel._history.moments) == [40]
    assert words(panel, "inspector_history_words") == "seen live: 1 · keyframes are read of prompt A alone"
    panel.show_over_steps(over(POST, "abca"))  # they are A's
    assert list(panel._history.moments) == [40]


def open_menu(panel: InspectorPanel, row: int, column: int) -> ActivationMenu:
    part_map(panel).menu_requested.emit((row, column), QPoint(60, 60))
    menu = panel.findChild(ActivationMenu)
    assert menu is not None
    return menu


def trigger(menu: ActivationMenu, name: str) -> None:
    action = next(each for each in menu.actions() if each.objectName() == name)
    action.trigger()
    menu.close()


def test_the_menu_clamps_and_lets_go(panel: InspectorPanel) -> None:
    panel.show_taps(taps(reading()), 40)
    said = heard(panel)
    trigger(open_menu(panel, 1, 5), "neuron_mute")
    panel.show_mix(Mix().with_clamp(Neuron(POST, 5), 0.0))
    heatmap(panel).setFocus()
    QTest.keyClick(heatmap(panel), Qt.Key.Key_Home)
    for _ in range(5):
        QTest.keyClick(heatmap(panel), Qt.Key.Key_Right)
    assert words(panel).endswith(" · held at 0")
    assert said == [("clamp_requested", (Neuron(POST, 5), 0.0))]


def test_the_menu_mutes_a_head(panel: InspectorPanel) -> None:
    panel.set_tap("blocks.1.attn.z")
    panel.show_taps(taps(reading()), 40)
    said = heard(panel)
    trigger(open_menu(panel, 1, 2), "head_mute")
    head = Strip(1, 0)
    panel.show_mix(Mix().with_strip(head, StripSetting(muted=True)))
    QTest.keyClick(heatmap(panel), Qt.Key.Key_Right)
    assert words(panel).endswith(" · muted")
    assert said == [("mute_requested", (head, True))]


def test_a_typed_value_is_held(panel: InspectorPanel) -> None:
    panel.show_taps(taps(reading()), 40)
    said = heard(panel)
    trigger(open_menu(panel, 0, 2), "neuron_value")
    line = panel.findChild(QLineEdit, "inspector_value")
    assert line is not None
    assert line.isVisible()
    line.setText("0.25")
    QTest.keyClick(line, Qt.Key.Key_Return)
    assert said == [("clamp_requested", (Neuron(POST, 2), 0.25))]


@pytest.mark.parametrize(
    ("tap", "expected"),
    [
        ("embed", "transformer.wte.weight[1]"),
        ("pos_embed", "transformer.wpe.weight[1]"),
        ("blocks.1.attn.k", "transformer.h.1.attn.c_attn.weight[18]"),
        ("blocks.0.mlp.pre", "transformer.h.0.mlp.c_fc.weight[2]"),
        ("logits", "lm_head.weight[2]"),
        ("blocks.0.resid_mid", None),
        (SCORES, None),
    ],
)
def test_weights_that_make_a_number(tap: str, expected: str | None) -> None:
    shown = shown_taps(taps(reading()), TapSource.A)
    made = made_by(MODEL, stage_of(shown, tap, 1), 1, 2)
    assert (None if made is None else str(made[1])) == expected
    if made is not None:
        ParameterSlice.parse(str(made[1]))
