"""The logit lens: every cell and colour is that of the data, and what is followed over the steps is what was chosen."""

from __future__ import annotations

from dataclasses import replace
from typing import TypeVar

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QComboBox, QMenu, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from tests.desktop.lens_runs import STEP, TEXT, lens_of, seen
from weightdeck.run.inside import Lens
from weightdeck.run.subjects import InPrompt, TapCell
from weightdeck_desktop.panels.lens import LensPanel
from weightdeck_desktop.panels.lens_controls import BEST, DIVERGENCE, FOLLOWING, OVER_STEPS
from weightdeck_desktop.panels.lens_words import token_names
from weightdeck_desktop.theme import Theme, dark_theme, light_theme
from weightdeck_desktop.widgets.lens_curves import LensCurves
from weightdeck_desktop.widgets.lens_grid import GridCells, LensGrid
from weightdeck_desktop.widgets.plain_number import plain_number

Key = Qt.Key
Part = TypeVar("Part", bound=QWidget)
LAST = len(TEXT)  # position: the boundary stands before the text
ROWS = ("before block 0", "after attention 0", "after block 0", "after attention 1", "prediction")


@pytest.fixture
def panel(qtbot: QtBot) -> LensPanel:
    widget = LensPanel()
    qtbot.addWidget(widget)
    widget.set_theme(dark_theme())
    widget.set_vocabulary(seen().vocabulary)
    widget.resize(640, 280)
    widget.show()
    qtbot.waitExposed(widget)
    return widget


def part(panel: LensPanel, kind: type[Part], name: str) -> Part:
    found = panel.findChild(kind, name)
    assert isinstance(found, kind)
    return found


def grid(panel: LensPanel) -> LensGrid:
    return part(panel, LensGrid, "lens_grid")


def cells(panel: LensPanel) -> GridCells:
    found = grid(panel).cells
    assert found is not None
    return found


def words(panel: LensPanel, name: str = "lens_readout") -> str:
    return part(panel, QWidget, name).accessibleName()


def click(panel: LensPanel, name: str) -> None:
    part(panel, QPushButton, name).click()


def at(panel: LensPanel, row: int, column: int) -> QPoint:
    return grid(panel).cell_rect((row, column)).center().toPoint()


def heard(panel: LensPanel) -> list[tuple[str, tuple[object, ...]]]:
    """Everything that the panel says from now on."""
    said: list[tuple[str, tuple[object, ...]]] = []
    for name in ("history_requested", "place_chosen", "cell_chosen"):
        getattr(panel, name).connect(lambda *values, name=name: said.append((name, values)))
    return said


def likeliest(lens: Lens, position: int = LAST) -> int:
    return int(lens.best[-1, position, 0])


def test_being_told_is_not_asking(panel: LensPanel) -> None:
    said = heard(panel)
    panel.show_lens(seen().lens, STEP)
    panel.restore({"view": OVER_STEPS, "colours": DIVERGENCE, "position": 1, "token": 3})
    panel.show_lens(lens_of("ma"), STEP)
    panel.show_over_steps(seen().overs[3])
    panel.show_problem("The disk is away.")
    panel.set_vocabulary(("·", "a"))
    panel.clear()
    panel.set_theme(light_theme())
    assert said == []


def test_every_cell_has_its_likeliest_token_and_its_probability(panel: LensPanel) -> None:
    lens = seen().lens
    panel.show_lens(lens, STEP)
    shown = cells(panel)
    names = token_names(seen().vocabulary)
    assert shown.rows == ROWS
    assert shown.columns == ("start", *TEXT)
    for row in range(len(ROWS)):
        for column in range(LAST + 1):
            assert shown.words[row][column] == names[lens.best[row, column, 0]]
            assert shown.figures[row][column] == plain_number(float(lens.probs[row, column, 0]), 2)
    np.testing.assert_array_equal(shown.shares, lens.probs[:, :, 0])
    assert panel.aside == f"“{TEXT}” · step {STEP}"


def test_colours_can_show_what_really_follows(panel: LensPanel) -> None:
    panel.show_lens(seen().lens, STEP)
    click(panel, f"lens_colours_{FOLLOWING}")
    np.testing.assert_array_equal(cells(panel).shares, seen().lens.following)
    assert np.isnan(cells(panel).shares[:, LAST]).all()


def test_colours_can_show_the_divergence_on_a_scale_that_holds_it(panel: LensPanel) -> None:
    panel.show_lens(seen().lens, STEP)
    click(panel, f"lens_colours_{DIVERGENCE}")
    shares, divergence = cells(panel).shares, seen().lens.divergence
    assert 0.0 < shares.max() <= 1.0
    assert shares[-1].max() == 0.0
    limit = float(divergence.max() / shares.max())
    np.testing.assert_allclose(shares * limit, divergence, rtol=1e-5)
    assert cells(panel).figures[0][0] == f"{plain_number(float(divergence[0, 0]), 2)} nats"


def test_the_cursor_reads_out_the_best_the_divergence_and_what_follows(panel: LensPanel) -> None:
    lens = seen().lens
    panel.show_lens(lens, STEP)
    grid(panel).setFocus(Qt.FocusReason.TabFocusReason)
    assert grid(panel).cursor_place == (len(ROWS) - 1, LAST)
    assert words(panel).startswith(f"prediction, at “i” (token {LAST}): ")
    assert "what comes next" not in words(panel)
    QTest.keyClick(grid(panel), Key.Key_Home)
    for _ in ROWS:
        QTest.keyClick(grid(panel), Key.Key_Up)
    names = token_names(seen().vocabulary)
    best = ", ".join(
        f"{names[token]} {plain_number(prob, 2)}"
        for token, prob in zip(lens.best[0, 0].tolist(), lens.probs[0, 0].tolist(), strict=True)
    )
    nats, own = float(lens.divergence[0, 0]), float(lens.following[0, 0])
    assert words(panel) == (
        f"before block 0, at “start” (token 0): {best} · {plain_number(nats, 2)} nats from the prediction"
        f" · what comes next, “c”: {plain_number(own, 2)}"
    )


def test_a_click_chooses_a_column_and_in_the_last_row_has_the_number_explained(panel: LensPanel) -> None:
    panel.show_lens(seen().lens, STEP)
    said = heard(panel)
    QTest.mouseClick(grid(panel), Qt.MouseButton.LeftButton, pos=at(panel, 1, 2))
    QTest.mouseClick(grid(panel), Qt.MouseButton.LeftButton, pos=at(panel, 2, 2))
    assert (said, panel.position) == ([("place_chosen", (2,))], 2)
    QTest.mouseClick(grid(panel), Qt.MouseButton.LeftButton, pos=at(panel, 4, 3))
    subject = TapCell(InPrompt(TEXT), "probs", (3, likeliest(seen().lens, 3)))
    assert said[1:] == [("place_chosen", (3,)), ("cell_chosen", (subject,))]
    QTest.mouseClick(grid(panel), Qt.MouseButton.LeftButton, pos=QPoint(at(panel, 0, 1).x(), 4))  # its name
    assert said[3:] == [("place_chosen", (1,))]


def test_the_keyboard_does_the_same(panel: LensPanel) -> None:
    panel.show_lens(seen().lens, STEP)
    said = heard(panel)
    QTest.keyClick(grid(panel), Key.Key_Left)
    QTest.keyClick(grid(panel), Key.Key_Return)
    subject = TapCell(InPrompt(TEXT), "probs", (LAST - 1, likeliest(seen().lens, LAST - 1)))
    assert said == [("place_chosen", (LAST - 1,)), ("cell_chosen", (subject,))]


def test_the_page_over_steps_asks_for_its_keyframes_and_shows_them(panel: LensPanel) -> None:
    panel.show_lens(seen().lens, STEP)
    assert not panel.is_over_steps
    said, token = heard(panel), likeliest(seen().lens)
    click(panel, "lens_view_1")
    assert said == [("history_requested", (LAST, token))]
    assert (panel.is_over_steps, panel.position, panel.token) == (True, LAST, token)
    assert panel.missing_history == (LAST, token)
    panel.show_over_steps(seen().overs[(token + 1) % 27])  # another token: late, and dropped
    assert panel.table() is None
    panel.show_over_steps(seen().overs[token])
    assert panel.missing_history is None
    table = panel.table()
    assert table is not None
    assert table[0] == ["step", *seen().lens.points]
    np.testing.assert_allclose(np.array(table[1:], dtype=float)[:, 1:], seen().overs[token].lens, rtol=1e-6)
    assert [row[0] for row in table[1:]] == ["0", str(STEP)]
    name = token_names(seen().vocabulary)[token]
    assert (
        words(panel, "lens_history_words") == f"probability of “{name}” after “i” (token {LAST} of “{TEXT}”)"
    )


def test_the_last_keyframe_agrees_with_the_lens_of_that_step(panel: LensPanel) -> None:
    lens = seen().lens
    for position, rank in ((LAST, 0), (LAST, 1)):
        token = int(lens.best[-1, position, rank])
        assert float(seen().overs[token].lens[-1, -1]) == float(lens.probs[-1, position, rank])


def test_a_step_is_read_out_by_key(panel: LensPanel) -> None:
    panel.show_lens(seen().lens, STEP)
    click(panel, "lens_view_1")
    over = seen().overs[likeliest(seen().lens)]
    panel.show_over_steps(over)
    curves = part(panel, LensCurves, "lens_curves")
    QTest.keyClick(curves, Key.Key_Home)
    first = [plain_number(float(prob), 2) for prob in over.lens[0]]
    assert words(panel, "lens_history_readout") == "step 0: " + " · ".join(
        f"{name} {prob}" for name, prob in reversed(list(zip(ROWS, first, strict=True)))
    )
    QTest.keyClick(curves, Key.Key_Right)
    assert words(panel, "lens_history_readout").startswith(f"step {STEP}: prediction ")
    assert float(over.lens.max()) <= curves.limit <= 1.0


def test_another_place_or_token_is_asked_for(panel: LensPanel) -> None:
    panel.show_lens(seen().lens, STEP)
    click(panel, "lens_view_1")
    said = heard(panel)
    QTest.keyClick(part(panel, QComboBox, "lens_position"), Key.Key_Down)  # from "last token" to the first
    assert said == [("history_requested", (0, likeliest(seen().lens, 0))), ("place_chosen", (0,))]
    QTest.keyClick(part(panel, QComboBox, "lens_token"), "e")
    token = token_names(seen().vocabulary).index("e")
    assert token_names(seen().vocabulary)[panel.token or 0].startswith("e")
    assert said[2][0] == "history_requested"
    panel.restore({"view": OVER_STEPS, "token": token})
    assert (panel.token, panel.position) == (token, LAST)


def test_what_is_followed_does_not_change_as_the_model_learns(panel: LensPanel) -> None:
    panel.show_lens(seen().lens, STEP)
    click(panel, "lens_view_1")
    token = likeliest(seen().lens)
    panel.show_over_steps(seen().overs[token])
    best = seen().lens.best.copy()
    best[-1, LAST, 0] = (token + 1) % 27
    panel.show_lens(replace(seen().lens, best=best), STEP + 1)
    assert panel.token == token
    assert panel.table() is not None
    panel.show_lens(lens_of("ma"), STEP + 1)
    assert (panel.token, panel.position) == (likeliest(lens_of("ma"), 2), 2)
    assert panel.table() is None  # of another prompt


def test_a_cell_s_token_can_be_followed_by_menu(panel: LensPanel) -> None:
    panel.show_lens(seen().lens, STEP)
    said = heard(panel)
    grid(panel).menu_requested.emit((0, 1), QPoint(5, 5))
    menu = QApplication.activePopupWidget()
    assert isinstance(menu, QMenu)
    acts = {action.objectName(): action for action in menu.actions()}
    assert not acts["cell_explain"].isEnabled()
    acts["lens_follow"].trigger()
    menu.close()
    token = int(seen().lens.best[0, 1, 0])
    assert said == [("history_requested", (1, token)), ("place_chosen", (1,))]
    assert (panel.is_over_steps, panel.position, panel.token) == (True, 1, token)


def test_what_cannot_be_read_is_said(panel: LensPanel) -> None:
    panel.show_lens(seen().lens, STEP)
    click(panel, "lens_view_1")
    panel.show_problem("The keyframes are of another machine.")
    assert words(panel, "lens_history_readout") == "The keyframes are of another machine."
    panel.show_over_steps(seen().overs[likeliest(seen().lens)])
    assert "Read at 2 keyframes" in words(panel, "lens_history_readout")


def test_without_a_prompt_it_says_so(panel: LensPanel) -> None:
    assert (panel.position, panel.token, panel.table(), grid(panel).cells) == (None, None, None, None)
    said = heard(panel)
    QTest.keyClick(grid(panel), Key.Key_Return)
    click(panel, "lens_view_1")
    assert said == []
    panel.show_lens(seen().lens, STEP)
    panel.clear()
    assert (panel.table(), panel.aside) == (None, "")


def test_numbers_that_are_none_are_hatched(panel: LensPanel) -> None:
    lens = seen().lens
    nothing = np.full_like(lens.divergence, np.nan)
    panel.show_lens(
        replace(lens, probs=np.full_like(lens.probs, np.nan), divergence=nothing, following=nothing), STEP
    )
    for view in (BEST, FOLLOWING, DIVERGENCE):
        click(panel, f"lens_colours_{view}")
        assert np.isnan(cells(panel).shares).all()
        panel.grab()
    assert cells(panel).words[0][0] == ""
    assert "not a number" in panel._cell_words((0, 0))


def test_a_shorter_prompt_gives_up_the_place(panel: LensPanel) -> None:
    panel.show_lens(seen().lens, STEP)
    QTest.mouseClick(grid(panel), Qt.MouseButton.LeftButton, pos=at(panel, 0, 3))
    panel.show_lens(lens_of("a"), STEP)
    assert panel.position == 1
    assert cells(panel).columns == ("start", "a")
    panel.restore({"position": 99, "token": 10_000})
    assert (panel.position, panel.token) == (1, likeliest(lens_of("a"), 1))


def test_many_tokens_scroll_and_the_prediction_is_in_sight(panel: LensPanel) -> None:
    panel.set_theme(dark_theme(2.0))
    panel.resize(330, 230)
    panel.show_lens(lens_of("abcdefg"), STEP)
    panel.grab()
    shown = grid(panel)
    assert shown.rect().contains(at(panel, len(ROWS) - 1, 7))
    assert not shown.rect().contains(at(panel, len(ROWS) - 1, 0))
    QTest.keyClick(shown, Key.Key_Home)
    assert shown.rect().contains(at(panel, len(ROWS) - 1, 0))


@pytest.mark.parametrize("theme", [dark_theme(), light_theme()], ids=["dark", "light"])
def test_a_colour_is_that_of_the_probability(panel: LensPanel, theme: Theme) -> None:
    panel.show_lens(seen().first, 0)
    panel.set_theme(theme)
    panel.show_lens(seen().lens, STEP)
    image = grid(panel).grab().toImage()
    for row in range(len(ROWS)):
        for column in range(LAST + 1):
            corner = grid(panel).cell_rect((row, column)).bottomLeft().toPoint() + QPoint(2, -4)
            share = float(seen().lens.probs[row, column, 0])
            red, green, blue, _ = theme.ramp_table()[round(share * 255)].tolist()
            assert image.pixelColor(corner).getRgb()[:3] == (red, green, blue)


def test_the_pointer_reads_out_its_cell(panel: LensPanel) -> None:
    lens = seen().lens
    panel.show_lens(lens, STEP)
    names = token_names(seen().vocabulary)
    for row, name in enumerate(ROWS):
        for column, token in enumerate(("start", *TEXT)):
            QTest.mouseMove(grid(panel), at(panel, row, column))
            best = f"{names[lens.best[row, column, 0]]} {plain_number(float(lens.probs[row, column, 0]), 2)}"
            assert words(panel).startswith(f"{name}, at “{token}” (token {column}): {best}, ")
    QTest.mouseMove(grid(panel), QPoint(2, 2))
    assert words(panel).startswith("What each layer would predict")


def test_the_table_has_every_cell(panel: LensPanel) -> None:
    lens = seen().lens
    panel.show_lens(lens, STEP)
    table = panel.table()
    assert table is not None
    assert table[0][:5] == [
        "point",
        "position",
        "token",
        "kl_to_prediction_nats",
        "own_next_token_probability",
    ]
    assert len(table) == 1 + lens.best.shape[0] * lens.best.shape[1]
    last = table[-1]
    assert last[:3] == [lens.points[-1], str(LAST), "i"]
    assert last[4] == ""
    assert float(last[6]) == pytest.approx(float(lens.probs[-1, LAST, 0]), rel=1e-6)


def test_choices_come_back_and_rubbish_is_left_alone(qtbot: QtBot, panel: LensPanel) -> None:
    panel.show_lens(seen().lens, STEP)
    QTest.mouseClick(grid(panel), Qt.MouseButton.LeftButton, pos=at(panel, 0, 2))
    click(panel, f"lens_colours_{DIVERGENCE}")
    other = LensPanel()
    qtbot.addWidget(other)
    other.restore(panel.state())
    assert other.state() == panel.state() == {"view": 0, "colours": DIVERGENCE, "position": 2, "token": None}
    other.show_lens(seen().lens, STEP)
    assert other.position == 2
    for rubbish in ({}, {"view": 9, "colours": "x", "position": -1, "token": True}, {"position": [1]}):
        other.restore(rubbish)
    assert other.state() == {"view": 0, "colours": DIVERGENCE, "position": None, "token": None}


def test_another_vocabulary_means_other_tokens(panel: LensPanel) -> None:
    panel.show_lens(seen().lens, STEP)
    panel.restore({"token": 3})
    assert panel.token == 3
    panel.set_vocabulary(tuple("0123"))
    assert panel.token == likeliest(seen().lens)


@pytest.mark.parametrize("scale", [1.0, 1.5, 2.0])
def test_controls_have_names_tips_and_room(panel: LensPanel, scale: float) -> None:
    panel.set_theme(light_theme(scale))
    panel.resize(360, 230)
    panel.show_lens(seen().lens, STEP)
    for name in ("lens_view_0", "lens_colours_0", "lens_position", "lens_token"):
        control = part(panel, QWidget, name)
        assert control.accessibleName()
        assert control.toolTip()
    assert grid(panel).accessibleName()
    click(panel, "lens_view_1")
    panel.grab()
