"""The demonstration without memory: it says what was compared, and what a token left out changes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QToolButton, QWidget
from pytestqt.qtbot import QtBot

from weightdeck.run.inside import SameAgain
from weightdeck_desktop.panels.memory import MemoryPanel
from weightdeck_desktop.panels.memory_verdict import Verdict, VerdictLine
from weightdeck_desktop.theme import dark_theme, light_theme
from weightdeck_desktop.widgets.bars import Bars

VOCABULARY = ("·", "a", "b", "c")
TOKENS = ("·", "a", "b")
WHOLE = np.array([0.1, 0.2, 0.3, 0.4], dtype=np.float32)
WITHOUT = np.array([0.5, 0.25, 0.15, 0.1], dtype=np.float32)


def again(step: int = 40, dropped: int | None = None, differing: int = 0, text: str = "ab") -> SameAgain:
    divergence = float((WHOLE * np.log(WHOLE / WITHOUT)).sum())
    if dropped is None:
        return SameAgain(text, step, TOKENS, 12_345, differing, WHOLE)
    return SameAgain(text, step, TOKENS, 12_345, differing, WHOLE, dropped, WITHOUT, divergence)


@pytest.fixture
def panel(qtbot: QtBot) -> MemoryPanel:
    widget = MemoryPanel()
    qtbot.addWidget(widget)
    widget.set_theme(dark_theme())
    widget.set_vocabulary(VOCABULARY)
    widget.set_tokens("ab", TOKENS)
    widget.resize(420, 400)
    widget.show()
    qtbot.waitExposed(widget)
    return widget


def verdict(panel: MemoryPanel) -> VerdictLine:
    found = panel.findChild(VerdictLine)
    assert isinstance(found, VerdictLine)
    return found


def bars(panel: MemoryPanel) -> Bars:
    found = panel.findChild(Bars)
    assert isinstance(found, Bars)
    return found


def words(panel: MemoryPanel, name: str) -> str:
    found = panel.findChild(QWidget, f"memory_{name}")
    assert found is not None
    return found.accessibleName()


def chip(panel: MemoryPanel, place: int) -> QAbstractButton:
    found = panel.findChild(QAbstractButton, f"memory_token_{place}")
    assert isinstance(found, QAbstractButton)
    return found


def button(panel: MemoryPanel) -> QToolButton:
    found = panel.findChild(QToolButton, "memory_again")
    assert isinstance(found, QToolButton)
    return found


def heard(panel: MemoryPanel) -> list[object]:
    """What it asks to leave out from now on."""
    said: list[object] = []
    panel.again_requested.connect(said.append)
    return said


def test_being_told_is_not_asking(panel: MemoryPanel) -> None:
    said = heard(panel)
    panel.show_again(again(dropped=1))
    panel.set_tokens("abc", (*TOKENS, "c"))
    panel.show_problem("There is no such token.")
    panel.clear()
    assert said == []


def test_the_same_input_gives_the_same_bits(panel: MemoryPanel) -> None:
    assert words(panel, "verdict") == "not run yet"
    said = heard(panel)
    button(panel).click()
    assert said == [None]
    assert words(panel, "verdict") == "running …"
    assert not button(panel).isEnabled()
    panel.show_again(again())
    assert verdict(panel).verdict is Verdict.SAME
    assert words(panel, "verdict") == "all 12,345 numbers identical, bit for bit"
    assert words(panel, "count") == "run twice at step 40"
    assert panel.aside == "“ab” · step 40"
    assert button(panel).isEnabled()
    panel.grab()


def test_a_difference_is_an_error(panel: MemoryPanel) -> None:
    panel.show_again(again(differing=7))
    assert verdict(panel).verdict is Verdict.WRONG
    assert words(panel, "verdict") == "7 of 12,345 numbers differ: this must not be"
    for theme in (dark_theme(), light_theme()):
        panel.set_theme(theme)
        picture = verdict(panel).grab().toImage()
        colours = {picture.pixel(x, y) for x in range(picture.width()) for y in range(picture.height())}
        assert theme.error.rgb() in colours


def test_runs_are_counted_for_each_prompt_and_step(panel: MemoryPanel) -> None:
    for _ in range(3):
        panel.show_again(again())
    assert words(panel, "count") == "run 3 times at step 40, twice each"
    panel.show_again(again(step=41))
    assert words(panel, "count") == "run twice at step 41"
    panel.set_tokens("a", TOKENS[:2])
    assert words(panel, "count") == ""
    panel.set_tokens("ab", TOKENS)
    panel.show_again(again())
    assert words(panel, "count") == "run 4 times at step 40, twice each"
    panel.clear()
    panel.set_tokens("ab", TOKENS)
    panel.show_again(again())
    assert words(panel, "count") == "run twice at step 40"


def test_a_token_left_out_shows_what_changes(panel: MemoryPanel) -> None:
    said = heard(panel)
    QTest.mouseClick(chip(panel, 1), Qt.MouseButton.LeftButton)
    assert said == [1]
    panel.show_again(again(dropped=1))
    assert panel.dropped == 1
    assert chip(panel, 1).accessibleName() == "token 1 “a”, left out"
    panel.resize(420, 600)
    QApplication.processEvents()
    assert bars(panel).shown == (
        ("end", "0.500", "+40 pt"),
        ("c", "0.100", "−30 pt"),
        ("b", "0.150", "−15 pt"),
        ("a", "0.250", "+5 pt"),
    )
    nats = (WHOLE * np.log(WHOLE / WITHOUT)).sum()
    assert words(panel, "caption") == (
        f"bars: without “a” · dashed: whole prompt · they differ by {nats:.3f} nats (KL, whole to without)"
    )
    button(panel).click()  # the same once more
    QTest.mouseClick(chip(panel, 1), Qt.MouseButton.LeftButton)  # put it back
    assert said == [1, 1, None]
    panel.show_again(again())
    assert chip(panel, 1).accessibleName() == "token 1 “a”"
    assert bars(panel).shown[0] == ("c", "0.400", "")
    assert words(panel, "caption") == "next token, after the whole prompt"


def test_tokens_are_left_out_by_keyboard(panel: MemoryPanel) -> None:
    said = heard(panel)
    panel.activateWindow()
    chip(panel, 0).setFocus(Qt.FocusReason.TabFocusReason)
    QTest.keyClick(chip(panel, 0), Qt.Key.Key_Left)
    QTest.keyClick(chip(panel, 0), Qt.Key.Key_Right)
    assert chip(panel, 1).hasFocus()
    QTest.keyClick(chip(panel, 1), Qt.Key.Key_Right)
    QTest.keyClick(chip(panel, 2), Qt.Key.Key_Right)
    assert chip(panel, 2).hasFocus()
    reachable = [place for place in range(3) if chip(panel, place).focusPolicy() & Qt.FocusPolicy.TabFocus]
    assert reachable == [2]
    QTest.keyClick(chip(panel, 2), Qt.Key.Key_Return)
    QTest.keyClick(chip(panel, 2), Qt.Key.Key_Space)
    assert said == [2, 2]
    assert chip(panel, 0).text() == "start"
    panel.set_tokens("a", TOKENS[:2])  # where the keyboard stood is gone: another is reachable
    reachable = [place for place in range(2) if chip(panel, place).focusPolicy() & Qt.FocusPolicy.TabFocus]
    assert len(reachable) == 1


def test_the_only_token_stays(panel: MemoryPanel) -> None:
    said = heard(panel)
    panel.set_tokens("", ("·",))
    QTest.mouseClick(chip(panel, 0), Qt.MouseButton.LeftButton)
    assert said == []
    assert chip(panel, 0).toolTip() == "Without its only token there is nothing to predict from."
    panel.set_tokens("ab", TOKENS)
    assert chip(panel, 0).isEnabled()


def test_late_answers_are_dropped(panel: MemoryPanel) -> None:
    panel.set_tokens("abc", (*TOKENS, "c"))
    panel.show_again(again())
    assert words(panel, "verdict") == "not run yet"
    assert panel.table() is None


def test_problems_and_emptiness_have_sentences(panel: MemoryPanel) -> None:
    button(panel).click()
    panel.show_problem("The prompt has no token: there is nothing to run again.")
    assert verdict(panel).verdict is Verdict.WRONG
    assert words(panel, "verdict").startswith("The prompt has no token")
    assert button(panel).isEnabled()
    panel.show_again(again())
    assert verdict(panel).verdict is Verdict.SAME
    panel.clear()
    assert words(panel, "verdict") == "no prompt yet"
    assert not button(panel).isEnabled()
    assert bars(panel).accessibleDescription() == "No prompt yet: type one where predictions are shown."
    panel.grab()


def test_the_table_has_both_predictions(panel: MemoryPanel) -> None:
    panel.show_again(again())
    table = panel.table()
    assert table is not None
    assert table[0] == ["token", "probability after ab, step 40"]
    panel.show_again(again(dropped=2))
    table = panel.table()
    assert table is not None
    assert [row[0] for row in table[1:]] == ["end", "a", "b", "c"]
    assert np.allclose(
        [[float(cell) for cell in row[1:]] for row in table[1:]], np.stack((WHOLE, WITHOUT), 1)
    )


def test_a_larger_vocabulary_is_numbered(panel: MemoryPanel) -> None:
    panel.set_vocabulary(VOCABULARY[:2])
    panel.show_again(again())
    assert {label for label, *_ in bars(panel).shown} <= {"end", "a", "2", "3", "3 others", "2 others"}
    panel.show_again(replace(again(dropped=1), probs_without=np.array([1, 0, 0, 0], dtype=np.float32)))
    panel.grab()


@pytest.mark.parametrize("scale", [1.0, 1.5, 2.0])
@pytest.mark.parametrize("width", [360, 640, 960])
def test_it_is_drawn_at_any_size(panel: MemoryPanel, scale: float, width: int) -> None:
    panel.set_theme(light_theme(scale))
    panel.show_again(again(dropped=0))
    panel.resize(width, 300)
    panel.grab()
    panel.resize(40, 30)
    panel.grab()
