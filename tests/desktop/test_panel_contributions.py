"""Direct contributions: the bars are the parts of the data, sum to the logit, and lead to where each part is seen."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TypeVar

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QColor
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QComboBox, QMenu, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from tests.desktop.lens_runs import MODEL, STEP, TEXT, contributions_of, seen
from weightdeck.run.inside import Contribution
from weightdeck.run.layout import tap_shapes
from weightdeck.run.strips import Mix, Strip, StripSetting, all_strips
from weightdeck.run.subjects import InPrompt, TapCell
from weightdeck_desktop.buttons import BarButton
from weightdeck_desktop.panels.contributions import ContributionsPanel
from weightdeck_desktop.panels.contributions_words import (
    BY_SIZE,
    logit_words,
    part_strip,
    part_tap,
    part_words,
    sum_of,
)
from weightdeck_desktop.panels.lens_words import token_names
from weightdeck_desktop.theme import dark_theme, light_theme
from weightdeck_desktop.widgets.contribution_bars import BarRows

Key = Qt.Key
Part = TypeVar("Part", bound=QWidget)
LAST = len(TEXT)
SIGNALS = ("choice_changed", "tap_chosen", "head_chosen", "mute_requested", "cell_chosen")


@pytest.fixture
def panel(qtbot: QtBot) -> ContributionsPanel:
    widget = ContributionsPanel()
    qtbot.addWidget(widget)
    widget.set_theme(dark_theme())
    widget.set_vocabulary(seen().vocabulary)
    widget.resize(940, 290)
    widget.show()
    qtbot.waitExposed(widget)
    return widget


def part(panel: ContributionsPanel, kind: type[Part], name: str) -> Part:
    found = panel.findChild(kind, name)
    assert isinstance(found, kind)
    return found


def rows(panel: ContributionsPanel) -> BarRows:
    return part(panel, BarRows, "contributions_bars")


def words(panel: ContributionsPanel, name: str) -> str:
    return part(panel, QWidget, f"contributions_{name}").accessibleName()


def heard(panel: ContributionsPanel) -> list[tuple[str, tuple[object, ...]]]:
    """Everything that the panel says from now on."""
    said: list[tuple[str, tuple[object, ...]]] = []
    for name in SIGNALS:
        getattr(panel, name).connect(lambda *values, name=name: said.append((name, values)))
    return said


def place_of(panel: ContributionsPanel, key: str) -> int:
    return [bar.key for bar in rows(panel).bars].index(key)


def open_menu(panel: ContributionsPanel, key: str) -> QMenu:
    rows(panel).menu_requested.emit(place_of(panel, key), QPoint(5, 5))
    menu = QApplication.activePopupWidget()
    assert isinstance(menu, QMenu)
    return menu


def name(token: int) -> str:
    return token_names(seen().vocabulary)[token]


def test_being_told_is_not_asking(panel: ContributionsPanel) -> None:
    said = heard(panel)
    panel.show_contributions(contributions_of(TEXT), STEP)
    panel.restore({"position": 1, "token": 2, "against": 3, "order": BY_SIZE})
    panel.show_contributions(contributions_of("ma", 1, 2, 3), STEP)
    panel.show_mix(Mix().with_strip(Strip(0, 1), StripSetting(muted=True)))
    panel.set_vocabulary(("·", "a"))
    panel.clear()
    panel.set_theme(light_theme())
    assert said == []


def test_every_part_is_a_bar_in_the_order_of_the_model(panel: ContributionsPanel) -> None:
    found = contributions_of(TEXT)
    panel.show_contributions(found, STEP)
    assert [bar.key for bar in rows(panel).bars] == [part.part for part in found.parts]
    assert [bar.value for bar in rows(panel).bars] == [part.value for part in found.parts]
    assert [bar.figure for bar in rows(panel).bars] == [logit_words(part.value) for part in found.parts]
    labels = [bar.label for bar in rows(panel).bars]
    assert labels[:6] == [
        "token embedding",
        "position embedding",
        "head 0.0",
        "head 0.1",
        "attention bias 0",
        "MLP 0",
    ]
    assert labels[-1] == "last norm's bias"
    assert panel.aside == f"“{TEXT}” · step {STEP}"


def test_the_parts_are_said_to_sum_to_the_logit_and_do(panel: ContributionsPanel) -> None:
    for found in (contributions_of(TEXT), contributions_of(TEXT, 1, 4), contributions_of(TEXT, 2, 5, 1)):
        panel.show_contributions(found, STEP)
        total = math.fsum(part.value for part in found.parts)
        assert total == pytest.approx(found.logit, abs=1e-5 * sum(abs(part.value) for part in found.parts))
        assert not sum_of(found).misses
        up = math.fsum(part.value for part in found.parts if part.value > 0)
        down = math.fsum(part.value for part in found.parts if part.value < 0)
        assert words(panel, "sum").startswith(
            f"sum of the {len(found.parts)} parts {logit_words(total)} · raising {logit_words(up)}"
            f" · lowering {logit_words(down)} · bars to ±"
        )


def test_the_longest_bar_nearly_fills_its_half(panel: ContributionsPanel) -> None:
    for found in (contributions_of(TEXT, position) for position in range(5)):
        panel.show_contributions(found, STEP)
        end = float(words(panel, "sum").rpartition("±")[2])
        largest = max(abs(part.value) for part in found.parts)
        assert largest <= end * 1.000001 <= 1.5 * largest


def test_it_says_whose_logit_it_is(panel: ContributionsPanel) -> None:
    found = contributions_of(TEXT)
    panel.show_contributions(found, STEP)
    assert words(panel, "logit") == (
        f"{logit_words(found.logit)} = logit of “{name(found.token)}” after “i” (token {LAST})"
    )
    panel.restore({"position": 0, "token": 5, "against": 0})
    found = contributions_of(TEXT, 0, 5, 0)
    panel.show_contributions(found, STEP)
    assert words(panel, "logit") == (
        f"{logit_words(found.logit)} = logit of “e” minus that of “end” after “start” (token 0)"
    )


def test_it_says_that_the_scale_is_taken_as_it_is(panel: ContributionsPanel) -> None:
    assert "layer norm's scale here" in words(panel, "note")
    assert part(panel, QWidget, "contributions_note").toolTip()


def test_parts_that_miss_the_logit_are_told(panel: ContributionsPanel) -> None:
    found = contributions_of(TEXT)
    panel.show_contributions(replace(found, logit=found.logit + 0.1), STEP)
    assert words(panel, "sum").startswith("The parts do not come to the logit: ")


def test_the_largest_can_come_first(panel: ContributionsPanel) -> None:
    panel.show_contributions(contributions_of(TEXT), STEP)
    part(panel, QPushButton, f"contributions_order_{BY_SIZE}").click()
    sizes = [abs(bar.value) for bar in rows(panel).bars]
    assert sizes == sorted(sizes, reverse=True)
    table = panel.table()
    assert table is not None
    assert [row[0] for row in table[1:-2]] == [bar.key for bar in rows(panel).bars]


def test_the_cursor_stays_on_its_part(panel: ContributionsPanel) -> None:
    panel.show_contributions(contributions_of(TEXT), STEP)
    for _ in range(3):
        QTest.keyClick(rows(panel), Key.Key_Down)
    assert rows(panel).bars[rows(panel).cursor_place].key == "head 0.1"
    part(panel, QPushButton, f"contributions_order_{BY_SIZE}").click()
    assert rows(panel).bars[rows(panel).cursor_place].key == "head 0.1"
    assert rows(panel).accessibleDescription().startswith("head 0.1, ")


def test_every_part_leads_to_a_tap_that_the_model_has(panel: ContributionsPanel) -> None:
    panel.show_contributions(contributions_of(TEXT), STEP)
    taps = tap_shapes(MODEL, LAST + 1)
    said = heard(panel)
    for place, bar in enumerate(rows(panel).bars):
        assert part_tap(bar.key) in taps
        QTest.mouseClick(rows(panel), Qt.MouseButton.LeftButton, pos=rows(panel).row_rect(place).center())
    assert [values[0] for kind, values in said if kind == "tap_chosen"] == [
        part_tap(bar.key) for bar in rows(panel).bars if not bar.key.startswith("head")
    ]
    assert [values for kind, values in said if kind == "head_chosen"] == [(0, 0), (0, 1), (1, 0), (1, 1)]
    strips = [part_strip(bar.key) for bar in rows(panel).bars]
    assert tuple(strip for strip in strips if strip is not None) == all_strips(MODEL)


def test_the_keyboard_does_the_same(panel: ContributionsPanel) -> None:
    panel.show_contributions(contributions_of(TEXT), STEP)
    said = heard(panel)
    QTest.keyClick(rows(panel), Key.Key_End)
    QTest.keyClick(rows(panel), Key.Key_Return)
    QTest.keyClick(rows(panel), Key.Key_Home)
    QTest.keyClick(rows(panel), Key.Key_Down)
    QTest.keyClick(rows(panel), Key.Key_Down)
    QTest.keyClick(rows(panel), Key.Key_Return)
    assert said == [
        ("tap_chosen", ("ln_final.normalized",)),
        ("head_chosen", (0, 0)),  # and nothing else: it is seen in one panel
    ]
    here, columns = rows(panel).cursor_place, rows(panel).columns
    assert columns > 1
    QTest.keyClick(rows(panel), Key.Key_Right)
    QTest.keyClick(rows(panel), Key.Key_Left)
    assert rows(panel).cursor_place == here


def test_the_logit_can_be_explained_but_not_a_difference(panel: ContributionsPanel) -> None:
    found = contributions_of(TEXT)
    panel.show_contributions(found, STEP)
    said = heard(panel)
    explain = part(panel, BarButton, "contributions_explain")
    explain.click()
    assert said == [("cell_chosen", (TapCell(InPrompt(TEXT), "logits", (LAST, found.token)),))]
    panel.show_contributions(contributions_of(TEXT, None, 5, 1), STEP)
    assert not explain.isEnabled()


def test_choices_are_asked_for_and_late_numbers_say_so(panel: ContributionsPanel) -> None:
    panel.show_contributions(contributions_of(TEXT), STEP)
    said = heard(panel)
    QTest.keyClick(part(panel, QComboBox, "contributions_position"), Key.Key_Down)
    assert (said, panel.position, panel.token, panel.against) == ([("choice_changed", ())], 0, None, None)
    assert " … = logit of" in words(panel, "logit")
    panel.show_contributions(contributions_of(TEXT, 0), STEP)
    assert "…" not in words(panel, "logit")
    QTest.keyClick(part(panel, QComboBox, "contributions_token"), "e")
    QTest.keyClick(part(panel, QComboBox, "contributions_against"), "b")
    assert (name(panel.token or 0)[0], panel.against) == ("e", 2)
    assert len(said) == 3


def test_muted_parts_are_struck(panel: ContributionsPanel) -> None:
    panel.show_contributions(contributions_of(TEXT), STEP)
    plain = panel.grab().toImage()
    mix = Mix().with_strip(Strip(0, 1), StripSetting(muted=True)).with_strip(Strip(1), StripSetting(gain=0.4))
    panel.show_mix(mix)
    assert [bar.key for bar in rows(panel).bars if bar.is_struck] == ["head 0.1"]
    assert "Muted" in rows(panel).bars[place_of(panel, "head 0.1")].tip
    assert "×0.40" in rows(panel).bars[place_of(panel, "mlp 1")].tip
    assert panel.grab().toImage() != plain
    panel.show_mix(Mix().with_strip(Strip(0, 0), StripSetting(solo=True)))
    assert [bar.key for bar in rows(panel).bars if bar.is_struck] == [
        "head 0.1",
        "mlp 0",
        "head 1.0",
        "head 1.1",
        "mlp 1",
    ]


def test_the_menu_mutes_heads_and_mlps(panel: ContributionsPanel) -> None:
    panel.show_contributions(contributions_of(TEXT), STEP)
    panel.show_mix(Mix().with_strip(Strip(1), StripSetting(muted=True)))
    said = heard(panel)
    for key, title in (("head 0.1", "Mute head 0.1"), ("mlp 1", "Open MLP 1 again")):
        menu = open_menu(panel, key)
        acts = {action.objectName(): action for action in menu.actions()}
        assert acts["part_mute"].text() == title
        acts["part_mute"].trigger()
        menu.close()
    assert said == [("mute_requested", (Strip(0, 1), True)), ("mute_requested", (Strip(1), False))]
    menu = open_menu(panel, "embed")
    assert [action.objectName() for action in menu.actions()] == ["part_look"]
    menu.actions()[0].trigger()
    menu.close()
    assert said[2:] == [("tap_chosen", ("embed",))]


def test_bars_grow_from_the_middle_in_the_colours_of_their_sign(panel: ContributionsPanel) -> None:
    found = replace(
        contributions_of(TEXT), parts=(Contribution("embed", 0.9), Contribution("mlp 0", -0.9)), logit=0.0
    )
    for theme in (dark_theme(), light_theme()):
        panel.set_theme(theme)
        panel.show_contributions(found, STEP)
        image = rows(panel).grab().toImage()

        def has(row: int, colour: QColor, image: object = image) -> bool:
            rect = rows(panel).row_rect(row)
            return any(
                image.pixelColor(x, rect.center().y()) == colour for x in range(rect.left(), rect.right())
            )  # type: ignore[attr-defined]

        assert has(0, theme.positive)
        assert not has(0, theme.negative)
        assert has(1, theme.negative)


def test_what_is_no_number_is_said_and_hatched(panel: ContributionsPanel) -> None:
    found = contributions_of(TEXT)
    parts = tuple(Contribution(each.part, math.nan) for each in found.parts)
    panel.show_contributions(replace(found, parts=parts, logit=math.nan), STEP)
    part(panel, QPushButton, f"contributions_order_{BY_SIZE}").click()
    assert {bar.figure for bar in rows(panel).bars} == {"not a number"}
    assert words(panel, "logit").startswith("not a number = logit of")
    panel.grab()


def test_held_activations_are_a_part_without_a_tap(panel: ContributionsPanel) -> None:
    found = contributions_of(TEXT)
    panel.show_contributions(replace(found, parts=(*found.parts, Contribution("clamps", 0.0))), STEP)
    said = heard(panel)
    QTest.keyClick(rows(panel), Key.Key_End)
    QTest.keyClick(rows(panel), Key.Key_Return)
    rows(panel).menu_requested.emit(place_of(panel, "clamps"), QPoint(5, 5))
    assert (said, part_words("clamps"), QApplication.activePopupWidget()) == ([], "held activations", None)


def test_without_a_prompt_it_says_so(panel: ContributionsPanel) -> None:
    assert panel.table() is None
    said = heard(panel)
    for key in (Key.Key_Down, Key.Key_Return):
        QTest.keyClick(rows(panel), key)
    panel.show_mix(Mix().with_strip(Strip(0, 1), StripSetting(muted=True)))
    assert said == []
    assert not part(panel, BarButton, "contributions_explain").isEnabled()
    panel.show_contributions(contributions_of(TEXT), STEP)
    panel.clear()
    assert (panel.table(), panel.aside, rows(panel).bars) == (None, "", ())


def test_the_table_sums_up(panel: ContributionsPanel) -> None:
    found = contributions_of(TEXT)
    panel.show_contributions(found, STEP)
    table = panel.table()
    assert table is not None
    assert table[0] == ["part", "contribution_logits"]
    assert [row[0] for row in table[-2:]] == ["sum of the parts", "logit"]
    values = np.array([row[1] for row in table[1:]], dtype=float)
    assert values[:-2].sum() == pytest.approx(values[-2], abs=1e-6)
    assert values[-1] == pytest.approx(found.logit, rel=1e-6)


def test_a_shorter_prompt_gives_up_the_place(panel: ContributionsPanel) -> None:
    panel.restore({"position": 4})
    assert panel.position == 4
    panel.show_contributions(contributions_of("a"), STEP)
    assert panel.position is None
    assert part(panel, QComboBox, "contributions_position").currentText() == "last token"


def test_choices_come_back_and_rubbish_is_left_alone(qtbot: QtBot, panel: ContributionsPanel) -> None:
    state = {"position": 1, "token": 5, "against": 2, "order": BY_SIZE}
    other = ContributionsPanel()
    qtbot.addWidget(other)
    other.restore(state)
    other.set_vocabulary(seen().vocabulary)
    other.show_contributions(contributions_of(TEXT, 1, 5, 2), STEP)
    assert other.state() == state
    assert part(other, QComboBox, "contributions_against").currentText() == "b"
    for rubbish in ({}, {"position": "x", "token": True, "against": -2, "order": 9}, {"token": 10_000}):
        other.restore(rubbish)
    assert other.state() == {"position": None, "token": None, "against": None, "order": BY_SIZE}


def test_another_vocabulary_means_other_tokens(panel: ContributionsPanel) -> None:
    panel.restore({"token": 3, "against": 1})
    panel.set_vocabulary(tuple("0123"))
    assert (panel.token, panel.against) == (None, None)


@pytest.mark.parametrize("scale", [1.0, 1.5, 2.0])
def test_rows_take_the_room_there_is_and_the_cursor_is_in_sight(
    panel: ContributionsPanel, scale: float
) -> None:
    panel.set_theme(light_theme(scale))
    panel.show_contributions(contributions_of(TEXT), STEP)
    panel.resize(400, 300)
    panel.grab()
    assert rows(panel).columns == 1
    QTest.keyClick(rows(panel), Key.Key_End)
    rect = rows(panel).row_rect(rows(panel).cursor_place)
    seen_rows = rows(panel).visibleRegion().boundingRect()
    assert seen_rows.contains(rect.center())
    panel.resize(960, 300)
    panel.grab()
    lefts = {rows(panel).row_rect(place).left() for place in range(len(rows(panel).bars))}
    assert len(lefts) == rows(panel).columns
    for control in ("contributions_token", "contributions_position", "contributions_against"):
        box = part(panel, QWidget, control)
        assert box.accessibleName()
        assert box.toolTip()
