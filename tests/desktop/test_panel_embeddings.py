"""The embeddings panel: every dot is where its vector is, and what is said of it are its numbers."""

from __future__ import annotations

import json
from typing import TypeVar

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMenu, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from weightdeck.run.inside import Embeddings, VectorMap
from weightdeck.run.slices import ParameterSlice
from weightdeck.run.spec import ModelSpec
from weightdeck_desktop.panels.embeddings import EmbeddingsPanel
from weightdeck_desktop.panels.embeddings_neighbours import NeighbourList
from weightdeck_desktop.panels.embeddings_words import figure
from weightdeck_desktop.panels.slice_acts import SliceAct, SliceState
from weightdeck_desktop.panels.slice_menu import SliceMenu
from weightdeck_desktop.theme import dark_theme, light_theme
from weightdeck_desktop.widgets.text_line import TextLine
from weightdeck_desktop.widgets.vector_plane import VectorPlane

MODEL = ModelSpec(n_layer=2, n_head=3, n_embd=12, block_size=6, vocab_size=5)
VOCABULARY = ("·", "a", "b", "c", "d")
POINTS = ((0.0, 0.0), (2.0, 0.0), (0.0, 1.0), (-1.0, 0.0), (0.0, -1.0))
Key = Qt.Key
Part = TypeVar("Part", bound=QWidget)


def vectors(count: int, points: object = None, seed: int = 1) -> VectorMap:
    """Random, with as many neighbours as the engine gives."""
    numbers = np.random.default_rng(seed)
    near = min(5, count - 1)
    others = [[other for other in range(count) if other != place][:near] for place in range(count)]
    return VectorMap(
        np.asarray(numbers.normal(size=(count, 2)) if points is None else points, np.float32),
        (0.31, 0.17),
        np.array(others, dtype=np.int64).reshape(count, near),
        -np.sort(-numbers.uniform(-1.0, 1.0, (count, near))).astype(np.float32),
        numbers.uniform(0.1, 2.0, count).astype(np.float32),
    )


def embeddings(points: object = POINTS, seed: int = 1) -> Embeddings:
    return Embeddings(vectors(5, points, seed), vectors(6, seed=seed + 1))


@pytest.fixture
def panel(qtbot: QtBot) -> EmbeddingsPanel:
    widget = EmbeddingsPanel()
    qtbot.addWidget(widget)
    widget.set_theme(dark_theme())
    widget.set_model(MODEL)
    widget.set_vocabulary(VOCABULARY)
    widget.resize(560, 330)
    widget.show()
    qtbot.waitExposed(widget)
    return widget


def part(panel: EmbeddingsPanel, kind: type[Part], name: str) -> Part:
    found = panel.findChild(kind, name)
    assert isinstance(found, kind)
    return found


def plane(panel: EmbeddingsPanel) -> VectorPlane:
    return part(panel, VectorPlane, "embeddings_plane")


def whose(panel: EmbeddingsPanel) -> str:
    return part(panel, TextLine, "embeddings_whose").text


def listed(panel: EmbeddingsPanel) -> list[tuple[int, float, float]]:
    return [
        (row.place, row.cosine, row.length)
        for row in part(panel, NeighbourList, "embeddings_neighbours").rows
    ]


def at(panel: EmbeddingsPanel, place: int) -> QPoint:
    return plane(panel).point_px(place).toPoint()


def test_being_told_is_not_asking(panel: EmbeddingsPanel) -> None:
    said: list[object] = []
    panel.slice_act.connect(lambda *values: said.append(values))
    plane(panel).chosen.connect(said.append)
    panel.show_embeddings(embeddings(), 40)
    panel.restore({"kind": "positions", "chosen": {"tokens": 2, "positions": 3}})
    panel.clear()
    assert said == []


def test_dots_lie_as_their_vectors_do_on_one_scale(panel: EmbeddingsPanel) -> None:
    panel.show_embeddings(embeddings(), 40)
    places = np.array([plane(panel).point_px(place).toTuple() for place in range(5)])
    moves = places - places[0]
    scale = moves[1, 0] / 2.0
    assert scale > 0.0
    assert np.allclose(moves, np.array(POINTS) * (scale, -scale), atol=1e-3)
    assert panel.aside == "5 tokens × 12 features · step 40"


def test_the_frame_stands_while_points_move_a_little(panel: EmbeddingsPanel) -> None:
    panel.show_embeddings(embeddings(), 40)
    corner = plane(panel).point_px(1)
    moved = np.array(POINTS)
    moved[2] = (0.2, 0.8)
    panel.show_embeddings(embeddings(moved), 41)
    assert plane(panel).point_px(1) == corner
    panel.show_embeddings(embeddings(10.0 * np.array(POINTS)), 42)
    room = plane(panel).viewport().rect()
    assert all(room.contains(at(panel, place)) for place in range(5))
    panel.show_embeddings(embeddings(0.1 * np.array(POINTS)), 43)  # far smaller: fitted again
    assert np.hypot(*(plane(panel).point_px(1) - plane(panel).point_px(3)).toTuple()) > 0.4 * room.height()


def test_pointing_shows_neighbours_and_leaving_ends_it(panel: EmbeddingsPanel) -> None:
    shown = embeddings()
    panel.show_embeddings(shown, 40)
    QTest.mouseMove(plane(panel).viewport(), at(panel, 1))
    assert whose(panel) == f"“a” · length {figure(float(shown.tokens.norms[1]))}"
    expected = zip(
        shown.tokens.neighbours[1].tolist(),
        shown.tokens.cosines[1].tolist(),
        shown.tokens.norms[shown.tokens.neighbours[1]].tolist(),
        strict=True,
    )
    assert listed(panel) == list(expected)
    assert panel.choice is None
    QTest.mouseMove(plane(panel).viewport(), at(panel, 1) + QPoint(40, -60))
    assert whose(panel) == ""


def test_a_click_and_keys_choose(panel: EmbeddingsPanel) -> None:
    panel.show_embeddings(embeddings(), 40)
    board = plane(panel)
    QTest.mouseClick(board.viewport(), Qt.MouseButton.LeftButton, pos=at(panel, 0))
    assert panel.choice == 0
    for key, place in ((Key.Key_Right, 1), (Key.Key_Right, 1), (Key.Key_Left, 0), (Key.Key_Up, 2)):
        QTest.keyClick(board, key)
        assert panel.choice == place
    assert whose(panel).startswith("“b”")
    assert board.accessibleDescription().startswith("“b” · length ")
    for key, place in ((Key.Key_PageDown, 3), (Key.Key_End, 4), (Key.Key_PageDown, 4), (Key.Key_Home, 0)):
        QTest.keyClick(board, key)
        assert panel.choice == place
    QTest.keyClick(board, Key.Key_Escape)
    assert panel.choice is None


def test_a_neighbour_can_be_gone_to(panel: EmbeddingsPanel) -> None:
    panel.show_embeddings(embeddings(), 40)
    QTest.keyClick(plane(panel), Key.Key_End)
    rows = part(panel, NeighbourList, "embeddings_neighbours")
    assert rows.model().index(0, 0).data().startswith("start: cosine ")
    QTest.keyClick(rows, Key.Key_Down)
    QTest.keyClick(rows, Key.Key_Return)
    assert panel.choice == 1
    QTest.mouseClick(
        rows.viewport(), Qt.MouseButton.LeftButton, pos=rows.visualRect(rows.model().index(0, 0)).center()
    )
    assert panel.choice == 0


def test_the_chosen_vector_stays_chosen_as_it_trains(panel: EmbeddingsPanel) -> None:
    panel.show_embeddings(embeddings(), 40)
    QTest.keyClick(plane(panel), Key.Key_End)
    later = embeddings(seed=9)
    panel.show_embeddings(later, 41)
    assert whose(panel) == f"“d” · length {figure(float(later.tokens.norms[4]))}"
    assert [cosine for _, cosine, _ in listed(panel)] == later.tokens.cosines[4].tolist()


def test_positions_are_numbered_and_have_their_own_choice(panel: EmbeddingsPanel) -> None:
    shown = embeddings()
    panel.show_embeddings(shown, 40)
    QTest.keyClick(plane(panel), Key.Key_End)
    part(panel, QPushButton, "embeddings_kind_1").click()
    assert panel.choice is None
    QTest.keyClick(plane(panel), Key.Key_End)
    assert whose(panel) == f"position 5 · length {figure(float(shown.positions.norms[5]))}"
    assert panel.aside == "6 positions × 12 features · step 40"
    assert panel.state() == {"kind": "positions", "chosen": {"tokens": 4, "positions": 5}}


def test_labels_never_cover_each_other(panel: EmbeddingsPanel) -> None:
    model = ModelSpec(n_layer=1, n_head=1, n_embd=4, block_size=6, vocab_size=300)
    panel.set_model(model)
    panel.set_vocabulary(tuple(f"t{place}" for place in range(300)))
    panel.show_embeddings(Embeddings(vectors(300), vectors(6)), 1)
    shown = plane(panel).points
    assert shown is not None
    assert len(shown) == 300
    rects = list(plane(panel).labelled.values())
    assert 5 < len(rects) < 300
    for rank, rect in enumerate(rects):
        inner = rect.adjusted(1, 3, -1, -3)  # the letters: above and below them is air
        assert not any(inner.intersects(other.adjusted(1, 3, -1, -3)) for other in rects[:rank])


@pytest.mark.parametrize(("kind", "tensor"), [(0, "transformer.wte.weight"), (1, "transformer.wpe.weight")])
def test_a_vector_becomes_a_knob(panel: EmbeddingsPanel, kind: int, tensor: str) -> None:
    panel.show_embeddings(embeddings(), 40)
    panel.set_slice_states(lambda target: SliceState(str(target), is_single=False, reads=False))
    part(panel, QPushButton, f"embeddings_kind_{kind}").click()
    asked: list[tuple[object, object]] = []
    panel.slice_act.connect(lambda *act: asked.append(act))
    plane(panel).menu_requested.emit(3, QPoint(5, 5))
    menu = panel.findChild(SliceMenu)
    assert isinstance(menu, QMenu)
    next(action for action in menu.actions() if action.objectName() == "slice_act_knob").trigger()
    menu.close()
    assert asked == [(ParameterSlice(tensor, (3,)), SliceAct.KNOB)]


def test_the_table_has_every_vector(panel: EmbeddingsPanel) -> None:
    assert panel.table() is None
    shown = embeddings()
    panel.show_embeddings(shown, 40)
    table = panel.table()
    assert table is not None
    assert table[0][2] == "first principal component (0.31 of the variance)"
    assert [row[1] for row in table[1:]] == ["start", "a", "b", "c", "d"]
    for place, row in enumerate(table[1:]):
        assert [float(row[2]), float(row[3])] == pytest.approx(list(POINTS[place]))
        assert float(row[4]) == pytest.approx(float(shown.tokens.norms[place]))
        assert float(row[6]) == pytest.approx(float(shown.tokens.cosines[place, 0]))


def test_choices_come_back_and_garbage_does_not(qtbot: QtBot, panel: EmbeddingsPanel) -> None:
    panel.restore({"kind": "positions", "chosen": {"tokens": 2, "positions": 4}})
    state = json.loads(json.dumps(panel.state()))
    other = EmbeddingsPanel()
    qtbot.addWidget(other)
    other.restore(state)
    assert other.state() == panel.state()
    for garbage in (
        {},
        {"kind": 3},
        {"kind": ["x"], "chosen": 5},
        {"chosen": {"tokens": -1, "positions": "a"}},
    ):
        other.restore(garbage)
    assert other.state() == panel.state()
    other.restore({"kind": "tokens", "chosen": {"tokens": 4000}})  # of a larger model
    other.show_embeddings(embeddings(), 1)
    other.set_theme(light_theme())
    other.grab()


def test_it_says_why_there_is_nothing(panel: EmbeddingsPanel) -> None:
    assert plane(panel).points is None
    assert "Waiting for the vectors" in plane(panel)._message
    one = VectorMap(
        np.zeros((1, 2), np.float32),
        (0.0, 0.0),
        np.zeros((1, 0), np.int64),
        np.zeros((1, 0), np.float32),
        np.ones(1, np.float32),
    )
    panel.show_embeddings(Embeddings(one, one), 0)
    QTest.keyClick(plane(panel), Key.Key_Home)
    assert part(panel, TextLine, "embeddings_heading").text == "There is no other vector."
    panel.grab()
    panel.clear()
    assert (panel.choice, panel.aside, plane(panel).points) == (None, "", None)
    panel.grab()


def test_vectors_that_are_no_numbers_are_counted_and_not_drawn(panel: EmbeddingsPanel) -> None:
    points = np.array(POINTS)
    points[2], points[4] = np.nan, np.inf
    panel.show_embeddings(embeddings(points), 40)
    assert panel.aside.startswith("2 of 5 vectors are not numbers · ")
    board = plane(panel)
    assert set(board.labelled) == {0, 1, 3}
    QTest.keyClick(board, Key.Key_End)
    assert panel.choice == 3
    QTest.keyClick(board, Key.Key_PageUp)
    assert panel.choice == 1
    panel.show_embeddings(embeddings(np.full((5, 2), np.nan)), 41)
    panel.grab()


def test_other_sizes_themes_and_models(panel: EmbeddingsPanel) -> None:
    panel.show_embeddings(embeddings(), 40)
    QTest.keyClick(plane(panel), Key.Key_End)
    for theme in (light_theme(2.0), dark_theme(1.5), dark_theme()):
        panel.set_theme(theme)
        for width, height in ((960, 400), (360, 230), (40, 30)):
            panel.resize(width, height)
            QApplication.processEvents()
            panel.grab()
    panel.set_vocabulary(("·", "z"))
    panel.show_embeddings(Embeddings(vectors(3), vectors(2)), 1)
    table = panel.table()
    assert table is not None
    assert [row[1] for row in table[1:]] == ["start", "z", "2"]
    panel.grab()


def test_a_narrow_panel_names_the_neighbours_in_a_line(panel: EmbeddingsPanel) -> None:
    panel.resize(340, 300)
    panel.show_embeddings(embeddings(), 40)
    QApplication.processEvents()
    before = plane(panel).size()
    QTest.keyClick(plane(panel), Key.Key_End)
    QApplication.processEvents()
    assert part(panel, TextLine, "embeddings_heading").text.startswith("nearest: start ")
    assert not part(panel, NeighbourList, "embeddings_neighbours").isVisible()
    assert plane(panel).size() == before
