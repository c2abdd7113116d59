"""What matters: the map of the whole model, the ranked list, and the six to pin."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QContextMenuEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QComboBox, QToolButton
from pytestqt.qtbot import QtBot

from tests.desktop.fakes import VOCABULARY
from weightdeck.run.frame import Prompt, Sensitivity
from weightdeck.run.layout import EMBEDDING, FINAL_NORM, HEAD, layout
from weightdeck.run.ranking import matter_most, part_choices, ranked
from weightdeck.run.slices import ParameterSlice
from weightdeck.run.spec import ModelSpec
from weightdeck_desktop.panels.matters import MattersPage
from weightdeck_desktop.panels.slice_list import SliceList
from weightdeck_desktop.theme import dark_theme, light_theme
from weightdeck_desktop.widgets.tile_map import Spot, TileMap

MODEL = ModelSpec(2, 2, 16, 8, 27)
LAYOUT = layout(MODEL)
TOKEN = VOCABULARY.index("s")


def sensitivity(seed: int = 0, token: int = TOKEN, text: str = "chri") -> Sensitivity:
    """A measurement with a few large numbers and many small ones."""
    generator = np.random.default_rng(seed)
    nats = tuple((0.01 * generator.standard_t(2.0, info.shape)).astype(np.float32) for info in LAYOUT.tensors)
    ids = tuple(VOCABULARY.index(letter) for letter in text if letter in VOCABULARY)
    prompt = Prompt(text, ids, tuple(text), 0, "")
    return Sensitivity(prompt, token, -1.2, nats, tuple(0.02 for _ in LAYOUT.tensors))


class Heard:
    """What a page has asked for."""

    def __init__(self, page: MattersPage) -> None:
        self.chosen: list[ParameterSlice] = []
        self.opened: list[ParameterSlice] = []
        self.pinned: list[tuple[ParameterSlice, ...]] = []
        self.menus: list[ParameterSlice] = []
        self.tokens: list[int | None] = []
        page.chosen.connect(self.chosen.append)
        page.opened.connect(self.opened.append)
        page.pin_six_requested.connect(self.pinned.append)
        page.menu_requested.connect(lambda target, _place: self.menus.append(target))
        page.token_chosen.connect(lambda: self.tokens.append(page.token))

    @property
    def anything(self) -> bool:
        return any((self.chosen, self.opened, self.pinned, self.menus, self.tokens))


@pytest.fixture
def page(qtbot: QtBot) -> MattersPage:
    widget = MattersPage()
    qtbot.addWidget(widget)
    for part in widget.controls:
        qtbot.addWidget(part)
    widget.set_theme(dark_theme())
    widget.set_layout(LAYOUT, VOCABULARY)
    widget.resize(346, 330)
    widget.show()
    return widget


def ranking(page: MattersPage) -> SliceList:
    found = page.findChild(SliceList, "browse_ranking")
    assert isinstance(found, SliceList)
    return found


def model_map(page: MattersPage) -> TileMap:
    found = page.findChild(TileMap, "browse_model_map")
    assert isinstance(found, TileMap)
    return found


def token_box(page: MattersPage) -> QComboBox:
    return page.controls[0]


def part_box(page: MattersPage) -> QComboBox:
    return page.controls[1]


def pin_six(page: MattersPage) -> QToolButton:
    return page.controls[2]


def bright_pixels(tiles: TileMap, place: int) -> list[QPoint]:
    """Where a tile has the colour of the largest numbers."""
    image = tiles._picture.pixmap().toImage()
    rect = tiles.tile_rect(place).toRect()
    brightest = dark_theme().ramp[-1]
    return [
        QPoint(x, y)
        for x in range(rect.left(), rect.right() + 1)
        for y in range(rect.top(), rect.bottom() + 1)
        if image.pixelColor(x, y) == brightest
    ]


def claim(page: MattersPage) -> str:
    return page._claim.text


def test_before_the_first_measurement_nothing_can_be_chosen(page: MattersPage) -> None:
    page.show_waiting("not measured yet")
    assert not pin_six(page).isEnabled()
    assert ranking(page).rows == ()
    assert model_map(page)._message.text() == "not measured yet"
    assert model_map(page)._message.isVisible()
    QTest.keyClick(model_map(page), Qt.Key.Key_Right)
    QTest.mouseClick(model_map(page).viewport(), Qt.MouseButton.LeftButton)
    QTest.keyClick(ranking(page), Qt.Key.Key_Return)
    assert page.table() is None
    page.grab()


def test_the_list_is_the_ranking(page: MattersPage) -> None:
    found = sensitivity()
    page.show_sensitivity(found)
    expected = ranked(found, LAYOUT, None, 100)
    assert [row.target for row in ranking(page).rows] == [target for target, _ in expected]
    first = ranking(page).rows[0]
    assert first.number == f"{expected[0][1]:+.3f}".replace("-", "−")
    assert np.sign(first.share) == np.sign(expected[0][1])
    assert abs(first.share) <= 1.0
    assert claim(page) == "change of log P(s | chri) for a turn by one spread"
    tip = page._claim.toolTip()
    assert "first order" in tip
    assert "at least 0.02" in tip


def test_no_letters_and_no_numbers_get_a_sentence(page: MattersPage) -> None:
    page.show_sensitivity(sensitivity())
    page.show_sensitivity(None)
    assert ranking(page).rows == ()
    assert "no prompt to measure" in model_map(page)._words
    assert not pin_six(page).isEnabled()
    broken = sensitivity()
    broken.nats[3][0] = np.nan
    page.show_sensitivity(broken)
    assert ranking(page).rows == ()
    assert "not finite" in model_map(page)._words
    page.grab()


def test_numbers_that_are_all_zero_are_no_trouble(page: MattersPage) -> None:
    found = sensitivity()
    page.show_sensitivity(replace(found, nats=tuple(np.zeros_like(each) for each in found.nats)))
    assert ranking(page).rows == ()
    page.grab()


def test_the_list_keeps_to_a_part(page: MattersPage) -> None:
    found = sensitivity()
    page.show_sensitivity(found)
    parts = part_choices(MODEL)
    place = [part.title for part in parts].index("head 1.0")
    QTest.keyClick(part_box(page), Qt.Key.Key_End)
    for _ in range(len(parts) - 1 - place):
        QTest.keyClick(part_box(page), Qt.Key.Key_Up)
    assert part_box(page).currentText() == "head 1.0"
    rows = ranking(page).rows
    assert [row.target for row in rows] == [target for target, _ in ranked(found, LAYOUT, parts[place], 100)]
    assert all(any(each.covers(row.target, LAYOUT) for each in parts[place].slices) for row in rows)


def test_pin_six_takes_at_most_one_of_each_tensor(page: MattersPage) -> None:
    heard = Heard(page)
    found = sensitivity()
    page.show_sensitivity(found)
    QTest.keyClick(pin_six(page), Qt.Key.Key_Space)
    (six,) = heard.pinned
    assert six == matter_most(found, LAYOUT)
    assert len(six) == 6
    assert len({target.tensor for target in six}) == 6
    part_box(page).setCurrentIndex(2)
    pin_six(page).click()
    assert heard.pinned[1] == matter_most(found, LAYOUT, part_choices(MODEL)[1])


def test_walking_and_enter_in_the_list(page: MattersPage) -> None:
    page.show_sensitivity(sensitivity())
    heard = Heard(page)
    rows = ranking(page).rows
    ranking(page).setFocus()
    QTest.keyClick(ranking(page), Qt.Key.Key_Home)
    QTest.keyClick(ranking(page), Qt.Key.Key_Down)
    assert heard.chosen[-1] == rows[1].target
    chosen = model_map(page).choice
    assert chosen is not None
    assert page._target(chosen) == rows[1].target
    QTest.keyClick(ranking(page), Qt.Key.Key_Return)
    assert heard.opened == [rows[1].target]
    QTest.keyClicks(ranking(page), "q")
    assert ranking(page).current == rows[1].target


def test_the_chosen_one_stays_chosen_while_the_order_changes(page: MattersPage) -> None:
    page.show_sensitivity(sensitivity(0))
    target = ranking(page).rows[5].target
    page.show_chosen(target)
    heard = Heard(page)
    again = sensitivity(0)
    place = LAYOUT.index_of(target.tensor)
    again.nats[place][target.numpy_index()] *= 50.0
    page.show_sensitivity(again)
    assert ranking(page).rows[0].target == target
    assert ranking(page).currentIndex().row() == 0
    page.show_sensitivity(sensitivity(7))
    assert target not in [row.target for row in ranking(page).rows]
    assert ranking(page).current is None
    assert not heard.anything


def test_a_click_in_the_map_chooses_the_largest_number_there(page: MattersPage) -> None:
    found = sensitivity()
    place = LAYOUT.index_of("transformer.h.1.mlp.c_proj.weight")
    found.nats[place][7, 40] = 5.0
    page.show_sensitivity(found)
    QApplication.processEvents()
    heard = Heard(page)
    tiles = model_map(page)
    at = bright_pixels(tiles, place)[0]
    QTest.mouseClick(tiles.viewport(), Qt.MouseButton.LeftButton, pos=at)
    assert heard.chosen == [ParameterSlice("transformer.h.1.mlp.c_proj.weight", (7, 40))]
    QTest.mouseDClick(tiles.viewport(), Qt.MouseButton.LeftButton, pos=at)
    assert heard.opened == [ParameterSlice("transformer.h.1.mlp.c_proj.weight", (7, 40))]


def test_every_number_of_the_model_can_be_seen(page: MattersPage) -> None:
    """However small the map: one large number lights at least one pixel of its tensor."""
    found = sensitivity()
    dull = replace(found, nats=tuple(np.full_like(each, 1e-6) for each in found.nats))
    tiles = model_map(page)
    for name, index in (
        ("transformer.h.0.attn.c_attn.weight", (17, 3)),
        (FINAL_NORM, (15,)),
        (HEAD, (26, 15)),
    ):
        place = LAYOUT.index_of(name)
        nats = [each.copy() for each in dull.nats]
        nats[place][index] = 1.0
        page.show_sensitivity(replace(dull, nats=tuple(nats)))
        assert bright_pixels(tiles, place), name


def test_arrow_keys_go_from_tensor_to_tensor(page: MattersPage) -> None:
    found = sensitivity()
    page.show_sensitivity(found)
    heard = Heard(page)
    tiles = model_map(page)
    for key in (Qt.Key.Key_Right, Qt.Key.Key_Right, Qt.Key.Key_Down, Qt.Key.Key_Left, Qt.Key.Key_Up):
        QTest.keyClick(tiles, key)
    names = [target.tensor for target in heard.chosen]
    assert names[:2] == [EMBEDDING, "transformer.wpe.weight"]
    assert names[2] == "transformer.h.0.attn.c_proj.weight"
    assert names[3] == "transformer.h.0.attn.c_attn.bias"
    sizes = np.abs(found.nats[LAYOUT.index_of(names[2])])
    assert heard.chosen[2].index == tuple(np.unravel_index(sizes.argmax(), sizes.shape))
    QTest.keyClick(tiles, Qt.Key.Key_Return)
    assert heard.opened == [heard.chosen[-1]]


def test_every_tensor_has_a_place_of_its_own(page: MattersPage) -> None:
    QApplication.processEvents()
    rects = [model_map(page).tile_rect(place) for place in range(len(LAYOUT.tensors))]
    for place, rect in enumerate(rects):
        assert rect.width() >= 3
        assert not any(rect.intersects(other) for other in rects[place + 1 :])


def test_a_token_can_be_chosen_by_key(page: MattersPage) -> None:
    page.show_sensitivity(sensitivity())
    heard = Heard(page)
    assert page.token is None
    QTest.keyClick(token_box(page), Qt.Key.Key_Down)
    QTest.keyClick(token_box(page), Qt.Key.Key_Down)
    assert heard.tokens == [0, 1]
    assert "log P(a | …)" in claim(page)
    page.show_sensitivity(sensitivity(token=1))
    assert "log P(a | chri)" in claim(page)


def test_a_long_prompt_shows_its_end(page: MattersPage) -> None:
    page.show_sensitivity(sensitivity(text="christopherson"))
    assert "log P(s | …pherson)" in claim(page)


def test_pointing_reads_out_title_and_nats(page: MattersPage) -> None:
    found = sensitivity()
    page.show_sensitivity(found)
    QApplication.processEvents()
    tiles = model_map(page)
    place = LAYOUT.index_of(FINAL_NORM)
    tiles.pointed.emit(Spot(place, 3, 0))
    assert page._readout.text.startswith("final norm [3] · ")
    tiles.pointed.emit(None)
    assert page._readout.text == "nats for a turn by one spread"


def test_menus_by_key_are_about_what_is_chosen(page: MattersPage) -> None:
    page.show_sensitivity(sensitivity())
    heard = Heard(page)
    menu = QContextMenuEvent(QContextMenuEvent.Reason.Keyboard, QPoint(1, 1), QPoint(1, 1))
    QTest.keyClick(model_map(page), Qt.Key.Key_Right)
    QApplication.sendEvent(model_map(page), menu)
    assert heard.menus == [heard.chosen[-1]]
    QTest.keyClick(ranking(page), Qt.Key.Key_Home)
    QApplication.sendEvent(ranking(page), menu)
    assert heard.menus[1] == ranking(page).rows[0].target


def test_being_told_is_not_asking(page: MattersPage) -> None:
    heard = Heard(page)
    page.show_sensitivity(sensitivity())
    page.set_token(4)
    page.show_chosen(ranking(page).rows[3].target)
    page.show_chosen(ParameterSlice(EMBEDDING, (9,)))
    page.set_layout(layout(ModelSpec(1, 1, 8, 11, 3)), ("A", "B", "C"))
    page.clear()
    page.set_theme(light_theme(2.0))
    assert not heard.anything
    assert page.token is None
    assert token_box(page).count() == 4
    page.grab()


def test_map_and_list_stand_side_by_side_where_there_is_room(page: MattersPage) -> None:
    page.show_sensitivity(sensitivity())
    QApplication.processEvents()
    assert ranking(page).mapTo(page, QPoint()).y() > model_map(page).mapTo(page, QPoint()).y()
    page.resize(680, 330)
    QApplication.processEvents()
    assert ranking(page).mapTo(page, QPoint()).x() > model_map(page).mapTo(page, QPoint()).x()
    assert abs(ranking(page).mapTo(page, QPoint()).y() - model_map(page).mapTo(page, QPoint()).y()) < 4
