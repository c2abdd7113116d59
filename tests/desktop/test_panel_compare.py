"""Two moments side by side: the user chooses, the desk asks, and what is shown is the answer."""

from __future__ import annotations

from typing import TypeVar

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QComboBox, QSpinBox, QToolButton, QWidget
from pytestqt.qtbot import QtBot

from tests.desktop.fakes import VOCABULARY, FakeSession, FakeWindow, run_info, small_spec
from tests.desktop.running import hashes_of, small_names, train_until, until, window_on
from weightdeck.run.document import Bookmark, Branch, DocumentStatus, Past, Place
from weightdeck.run.frame import Phase, Status
from weightdeck.run.queries import Answer, CompareMoments, MomentComparison
from weightdeck_desktop.controller.compare import CompareDesk
from weightdeck_desktop.panels.compare import ComparePanel
from weightdeck_desktop.panels.compare_table import CompareTable
from weightdeck_desktop.panels.compare_words import loss_words, smoothed_until
from weightdeck_desktop.theme import Theme, dark_theme, light_theme
from weightdeck_desktop.widgets.plot import Plot
from weightdeck_desktop.widgets.text_line import TextLine

Child = TypeVar("Child", bound=QWidget)
SPEC = small_spec()
ONE = DocumentStatus(branch=0, branches=(Branch(0, "seed 1", SPEC, None, 0, 0, "n"),), heads=(40,))
TWO = DocumentStatus(
    branch=1,
    branches=(*ONE.branches, Branch(1, "faster", SPEC, 0, 20, 1, "n")),
    heads=(40, 60),
    bookmarks=(Bookmark(Place(0, 30), "before the cut"),),
)


def curve(*losses: float) -> np.ndarray:
    return np.array([[step, loss] for step, loss in enumerate(losses)], dtype=np.float64).reshape(-1, 2)


def comparison() -> MomentComparison:
    shared = [3.0] * 20
    old = np.full(len(VOCABULARY), 0.5 / 26, dtype=np.float32)
    new = old.copy()
    old[1], new[2] = 0.5, 0.5
    return MomentComparison(
        a=Place(0, 40),
        b=Place(1, 60),
        losses=(curve(*shared, *[2.5] * 20), curve(*shared, *[2.0] * 40)),
        validation=(curve(3.2), curve(3.2)),
        probs=((old, new),),
        prompts=(("chri", ("c", "h", "r", "i")),),
        divergences=(0.25,),
        tensors=(
            ("transformer.wte.weight", 0.02, 0.01),
            ("transformer.wpe.weight", 0.02, 0.02),
            ("transformer.h.0.ln_1.bias", 0.0, 0.003),
            ("lm_head.weight", 0.0, 0.0),
        ),
        settings=(("learning_rate", "3e-3", "5e-3"), ("strip 0.1", "–", "muted")),
        journal=((), ("step 20: set rate to 5e-3",)),
    )


@pytest.fixture
def panel(qtbot: QtBot) -> ComparePanel:
    panel = ComparePanel()
    qtbot.addWidget(panel)
    panel.set_theme(dark_theme())
    panel.set_vocabulary(VOCABULARY)
    panel.resize(420, 480)
    panel.show()
    qtbot.waitExposed(panel)
    return panel


@pytest.fixture
def asked(panel: ComparePanel) -> list[tuple[Place, Place]]:
    asked: list[tuple[Place, Place]] = []
    panel.comparison_requested.connect(lambda a, b: asked.append((a, b)))
    return asked


def child(panel: QWidget, kind: type[Child], name: str) -> Child:
    found = panel.findChild(kind, name)
    assert isinstance(found, kind)
    return found


def note(panel: ComparePanel) -> str:
    return child(panel, TextLine, "compare_note").text


def rows(panel: ComparePanel, name: str) -> list[tuple[str, ...]]:
    return [row.cells for row in child(panel, CompareTable, f"compare_{name}_scroll").rows]


def test_one_branch_says_how_to_make_something_to_compare(panel: ComparePanel) -> None:
    panel.show_document(ONE, None)
    assert "bookmark a moment" in note(panel)
    assert panel.table() is None
    assert child(panel, QComboBox, "compare_a_branch").isHidden()
    panel.show_document(TWO, None)
    assert note(panel) == ""
    assert not child(panel, QComboBox, "compare_a_branch").isHidden()


def test_it_is_told_without_asking(panel: ComparePanel, asked: list[tuple[Place, Place]]) -> None:
    panel.show_document(TWO, Place(1, 7))
    panel.show_places(Place(0, 40), None)
    panel.show_waiting()
    panel.show_comparison(comparison())
    panel.show_problem("No.")
    panel.clear()
    assert asked == []


def test_moments_are_chosen_by_keyboard(panel: ComparePanel, asked: list[tuple[Place, Place]]) -> None:
    panel.show_document(TWO, Place(1, 7))
    panel.show_places(Place(0, 40), None)
    moments = child(panel, QComboBox, "compare_a_moment")
    assert [moments.itemText(each) for each in range(moments.count())] == [
        *("now", "step 0", "the moment shown", "“before the cut”", "any step"),
    ]
    moments.setFocus()
    for key, place in (
        (Qt.Key.Key_Home, Place(1, 60)),
        (Qt.Key.Key_Down, Place(1, 0)),
        (Qt.Key.Key_Down, Place(1, 7)),
        (Qt.Key.Key_Down, Place(0, 30)),
    ):
        QTest.keyClick(moments, key)
        assert asked[-1] == (place, Place(1, 60))
    step = child(panel, QSpinBox, "compare_a_step")
    assert step.value() == 30
    assert step.maximum() == 40, "of the branch that is chosen"
    QTest.keyClick(step, Qt.Key.Key_Up)
    assert asked[-1] == (Place(0, 31), Place(1, 60))
    assert moments.currentText() == "any step"
    step.setFocus()
    step.selectAll()
    QTest.keyClicks(step, "12")
    QTest.keyClick(step, Qt.Key.Key_Return)
    assert asked[-1] == (Place(0, 12), Place(1, 60))
    branch = child(panel, QComboBox, "compare_a_branch")
    branch.setFocus()
    QTest.keyClick(branch, Qt.Key.Key_Down)
    assert asked[-1] == (Place(1, 60), Place(1, 60))


def test_now_moves_on_and_the_rest_stays(panel: ComparePanel) -> None:
    panel.show_document(TWO, None)
    panel.show_places(Place(0, 40), None)
    panel.show_comparison(comparison())
    assert note(panel) == ""
    grown = DocumentStatus(branch=1, branches=TWO.branches, heads=(40, 75), bookmarks=TWO.bookmarks)
    panel.show_document(grown, None)
    assert panel.places == (Place(0, 40), Place(1, 75))
    assert child(panel, QSpinBox, "compare_b_step").value() == 75
    assert "step 75" in note(panel)
    assert "Press Compare" in note(panel)


def test_swap_keeps_which_of_them_is_now(panel: ComparePanel, asked: list[tuple[Place, Place]]) -> None:
    panel.show_document(TWO, None)
    panel.show_places(Place(0, 40), None)
    child(panel, QToolButton, "compare_swap").click()
    assert asked == [(Place(1, 60), Place(0, 40))]
    panel.show_document(DocumentStatus(branch=1, branches=TWO.branches, heads=(40, 61)), None)
    assert panel.places == (Place(1, 61), Place(0, 40))


def test_what_differs_is_shown(panel: ComparePanel) -> None:
    panel.show_document(TWO, None)
    panel.show_places(Place(0, 40), None)
    panel.show_comparison(comparison())
    predicted = rows(panel, "predictions")
    assert predicted[0] == ("after “chri”", "p in A", "p in B", "change")
    assert predicted[1][-1] == "0.250 nats"
    assert set(predicted[2:4]) == {
        ("a", "0.500", "0.019", "−48.1 pt"),
        ("b", "0.019", "0.500", "+48.1 pt"),
    }
    assert len(predicted) == 2 + len(VOCABULARY)
    assert rows(panel, "weights")[1:] == [
        ("embed", "0.0100", "50 %"),
        ("position", "0.0200", "100 %"),
        ("block 0 norm 1 bias", "0.0030", "was 0"),
        ("head", "0.0000", "0 %"),
    ]
    weights = child(panel, CompareTable, "compare_weights_scroll").rows
    assert [row.bar for row in weights[1:]] == [0.5, 1.0, 0.0, 0.0]
    assert rows(panel, "settings")[1:] == [("rate", "3e-3", "5e-3"), ("strip 0.1", "–", "muted")]
    assert rows(panel, "journal") == [
        *(("only in A · 0",), ("nothing",)),
        *(("only in B · 1",), ("step 20: set rate to 5e-3",)),
    ]
    words = child(panel, TextLine, "compare_loss").text
    assert "They part at step 20." in words
    assert "nats lower" in words


def test_a_problem_takes_the_place_of_numbers(panel: ComparePanel) -> None:
    panel.show_document(TWO, None)
    panel.show_comparison(comparison())
    panel.show_problem("Step 3 cannot be compared.")
    panel.show_document(TWO, Place(0, 3))
    assert note(panel) == "Step 3 cannot be compared."
    assert panel.table() is None
    assert rows(panel, "weights") == []


def test_the_numbers_are_exported(panel: ComparePanel) -> None:
    panel.show_document(TWO, None)
    panel.show_comparison(comparison())
    table = panel.table()
    assert table is not None
    assert table[0] == ["kind", "name", "a_branch_0_step_40", "b_branch_1_step_60"]
    assert {len(row) for row in table} == {4}
    assert ["kl_nats", "chri", "", "0.25"] in table
    assert ["rms_of_a_and_of_b_minus_a", "transformer.wte.weight", "0.02", "0.01"] in table
    assert ["train_loss_nats", "59", "", "2.0"] in table


def test_losses_in_words() -> None:
    a, b = curve(3.0, 2.0, 2.0), curve(3.0, 2.0, 1.0, 1.0)
    assert loss_words(a, b) == (
        "A ends at 2.000 nats, B at 1.000. At step 2, the last that both made, B is 1.000 nats lower. "
        "They part at step 2."
    )
    assert loss_words(a[:2], a) == (
        "A ends at 2.000 nats, B at 2.000. They are the same for the 2 steps that both made."
    )
    assert loss_words(a[:0], a).startswith("A stands at step 0 and has no curve.")
    assert "Both stand at step 0" in loss_words(a[:0], a[:0])
    assert len(smoothed_until(b, Place(0, 3))) == 3, "the steps that led there"


@pytest.mark.parametrize("theme", [dark_theme(), light_theme(1.5)], ids=["dark", "light, 150 %"])
def test_every_page_paints_in_both_themes_and_the_keyboard_reads_its_rows(
    panel: ComparePanel, theme: Theme
) -> None:
    panel.set_theme(theme)
    panel.show_document(TWO, None)
    panel.show_comparison(comparison())
    pictures: list[QImage] = []
    names = ("plot", "predictions", "weights", "settings", "journal")
    for place, name in enumerate(names):
        child(panel, QWidget, f"compare_shows_{place}").click()  # type: ignore[attr-defined]
        page = child(panel, Plot if name == "plot" else QWidget, f"compare_{name}")
        assert page.isVisible()
        assert page.accessibleName()
        QApplication.processEvents()
        picture = page.grab().toImage()
        assert picture not in pictures
        pictures.append(picture)
        if name == "weights":
            page.setFocus(Qt.FocusReason.TabFocusReason)
            QTest.keyClick(page, Qt.Key.Key_Down)
            assert page.accessibleDescription().startswith("transformer.wte.weight")


class Bench:
    """The desk between a session that only writes down and a real panel, which can be seen."""

    def __init__(self, panel: ComparePanel) -> None:
        self.session = FakeSession()
        self.window = FakeWindow()
        self.window.on_screen = {"compare"}
        self.panel = panel
        self.desk = CompareDesk(self.session, self.window, panel)
        self.desk.begin(run_info(), ("chri",))

    def read(self, document: DocumentStatus, past: Past | None = None) -> None:
        self.desk.read(Status(Phase.PAUSED, document=document, past=past))

    def answer(self, number: int, **answer: object) -> None:
        self.desk.answer(Answer(number, self.session.queries[-1], 60, **answer))  # type: ignore[arg-type]


@pytest.fixture
def bench(panel: ComparePanel) -> Bench:
    return Bench(panel)


def test_it_compares_by_itself_once_when_it_is_seen(bench: Bench) -> None:
    bench.window.on_screen = set()
    bench.read(ONE)
    assert bench.session.queries == []
    bench.window.on_screen = {"compare"}
    bench.read(DocumentStatus(branch=0, branches=ONE.branches, heads=(0,)))
    assert bench.session.queries == [], "there is one moment only"
    bench.read(ONE)
    bench.read(ONE)
    assert bench.session.queries == [CompareMoments(Place(0, 0), Place(0, 40), ("chri",))]


def test_a_branch_is_compared_with_the_one_that_it_left(bench: Bench) -> None:
    bench.read(TWO)
    assert bench.session.queries == [CompareMoments(Place(0, 40), Place(1, 60), ("chri",))]


def test_a_newer_question_replaces_the_older(bench: Bench) -> None:
    bench.read(TWO)
    first = bench.session.newest_number
    bench.desk.set_prompts(("ma", "b"))
    child(bench.panel, QToolButton, "compare_again").click()
    assert bench.session.calls == [("cancel", first)]
    assert bench.session.queries[-1].prompts == ("ma", "b")  # type: ignore[union-attr]
    bench.answer(first, problem="too late")
    assert bench.panel.table() is None
    assert "compare them" in note(bench.panel)
    bench.answer(bench.session.newest_number, value=comparison())
    assert bench.panel.table() is not None


def test_a_problem_is_said_in_the_panel(bench: Bench) -> None:
    bench.read(TWO)
    bench.answer(bench.session.newest_number, problem="It cannot be had.")
    assert note(bench.panel) == "It cannot be had."


def test_another_run_forgets_what_was_asked(bench: Bench) -> None:
    bench.read(TWO)
    first = bench.session.newest_number
    bench.desk.begin(run_info(2), ("chri",))
    assert bench.session.calls == [("cancel", first)]
    bench.answer(first, value=comparison())
    assert bench.panel.table() is None


def test_the_timeline_compares_a_branch_with_now(bench: Bench) -> None:
    bench.window.on_screen = set()
    bench.read(TWO)
    bench.window.mock.timeline.compare_requested.emit(0)
    bench.window.mock.show_panel.assert_called_once_with("compare")
    assert bench.session.queries == [CompareMoments(Place(0, 40), Place(1, 60), ("chri",))]
    bench.window.on_screen = {"compare"}
    bench.read(TWO)
    assert len(bench.session.queries) == 1, "it has been asked already"


def test_the_real_window_compares_two_branches() -> None:
    """From the View menu: what the panel shows came out of the engine, and the run goes on as it was."""
    with window_on(small_names()) as parts:
        train_until(parts, 12)
        before = hashes_of(parts)
        parts.window.show_panel("compare")
        panel = parts.panels.compare
        until(parts, lambda: panel.table() is not None)
        assert panel.places == (Place(0, 0), Place(0, 12))
        assert hashes_of(parts) == before
        parts.session.reset(seed=7)
        until(parts, lambda: parts.deck.info is not None and parts.deck.info.number == 2)
        assert panel.table() is None
        parts.session.play(until_step=5)
        until(parts, lambda: panel.table() is not None and panel.places == (Place(1, 0), Place(1, 5)))
        parts.window.timeline.compare_requested.emit(0)
        until(parts, lambda: (panel.table() or [[""]])[0][-2:] == ["a_branch_0_step_12", "b_branch_1_step_5"])
        assert ("seed", "1", "7") in rows(panel, "settings")
