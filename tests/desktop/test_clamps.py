"""The list of held activations."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QToolButton, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from weightdeck.run.spec import ModelSpec
from weightdeck.run.strips import ClampTo, Mix, Neuron
from weightdeck_desktop.panels.clamps import Clamps, clamp_text, read_clamp
from weightdeck_desktop.theme import dark_theme, light_theme
from weightdeck_desktop.widgets.value_editor import Bubble

MODEL = ModelSpec(n_layer=3, n_head=3, n_embd=48, block_size=16, vocab_size=27)
FIRST = Neuron("blocks.0.mlp.post", 17)
SECOND = Neuron("blocks.2.resid_post", 3)
MIX = Mix().with_clamp(FIRST, 0.5).with_clamp(SECOND, "mean")

Heard = list[tuple[Neuron, ClampTo | None]]


@pytest.fixture
def page(qtbot: QtBot) -> QWidget:
    page = QWidget()
    qtbot.addWidget(page)
    page.resize(300, 260)
    return page


@pytest.fixture
def clamps(page: QWidget, qtbot: QtBot) -> Clamps:
    """The list of a model of which nothing is held, shown."""
    clamps = Clamps()
    QVBoxLayout(page).addWidget(clamps)
    clamps.set_theme(dark_theme())
    clamps.set_model(MODEL)
    clamps.show_clamps(Mix())
    page.show()
    page.activateWindow()
    qtbot.waitExposed(page)
    return clamps


@pytest.fixture
def heard(clamps: Clamps) -> Heard:
    log: Heard = []
    clamps.requested.connect(lambda neuron, to: log.append((neuron, to)))
    return log


def field(clamps: Clamps, name: str) -> QLineEdit:
    found = clamps.findChild(QLineEdit, name)
    assert isinstance(found, QLineEdit)
    return found


def names_shown(clamps: Clamps) -> list[str]:
    fields = [found for found in clamps.findChildren(QLineEdit) if found.isVisible()]
    return [each.objectName() for each in fields if each.objectName().endswith("]_value")]


def settle() -> None:
    for _ in range(3):
        QApplication.processEvents()


def test_what_it_is_told_is_shown_and_never_said_back(clamps: Clamps, heard: Heard) -> None:
    clamps.show_clamps(MIX)
    assert field(clamps, "clamp_blocks.0.mlp.post[17]_value").text() == "0.5"
    assert field(clamps, "clamp_blocks.2.resid_post[3]_value").text() == "mean"
    clamps.show_clamps(MIX.with_clamp(FIRST, -2.0))
    assert field(clamps, "clamp_blocks.0.mlp.post[17]_value").text() == "−2"
    clamps.set_theme(light_theme(1.5))
    clamps.set_model(MODEL)
    clamps.show_clamps(Mix())
    assert names_shown(clamps) == []
    assert heard == []


def test_lines_keep_their_places_when_a_value_changes(clamps: Clamps) -> None:
    clamps.show_clamps(MIX)
    before = names_shown(clamps)
    clamps.show_clamps(MIX.with_clamp(FIRST, 0.1))  # a mix puts what was changed last at its end
    assert names_shown(clamps) == before
    assert len(before) == 2


def test_one_is_added_with_the_keyboard_alone(clamps: Clamps, heard: Heard, qtbot: QtBot) -> None:
    name, value = field(clamps, "clamp_name"), field(clamps, "clamp_value")
    name.setFocus(Qt.FocusReason.TabFocusReason)
    qtbot.keyClicks(name, "blocks.1.mlp.post[191]")
    qtbot.keyClick(name, Qt.Key.Key_Return)
    assert value.hasFocus()
    qtbot.keyClicks(value, "1e-3")
    qtbot.keyClick(value, Qt.Key.Key_Return)
    assert heard == [(Neuron("blocks.1.mlp.post", 191), 1e-3)]
    assert name.text() == value.text() == ""
    assert name.hasFocus()


def test_one_is_added_at_its_mean_by_the_button(clamps: Clamps, heard: Heard, qtbot: QtBot) -> None:
    field(clamps, "clamp_name").setText(" ln_final.normalized[0] ")
    field(clamps, "clamp_value").setText("Mean")
    button = clamps.findChild(QToolButton, "clamp_add")
    assert isinstance(button, QToolButton)
    button.setFocus(Qt.FocusReason.TabFocusReason)
    qtbot.keyClick(button, Qt.Key.Key_Space)
    assert heard == [(Neuron("ln_final.normalized", 0), "mean")]


@pytest.mark.parametrize(
    "name",
    [
        "",
        "neuron 17",
        "blocks.0.mlp.post",
        "blocks.0.mlp.post[192]",
        "blocks.3.mlp.post[0]",
        "blocks.0.attn.pattern[0]",
        "logits[0]",
        "blocks.0.mlp.post[-1]",
    ],
)
def test_a_name_that_is_none_gets_a_sentence(
    clamps: Clamps, page: QWidget, heard: Heard, qtbot: QtBot, name: str
) -> None:
    field(clamps, "clamp_name").setText(name)
    field(clamps, "clamp_value").setText("0")
    qtbot.keyClick(field(clamps, "clamp_value"), Qt.Key.Key_Return)
    bubble = page.findChild(Bubble)
    assert bubble is not None
    assert bubble.isVisible()
    assert bubble.text().endswith(".")
    assert heard == []
    assert field(clamps, "clamp_name").text() == name
    assert field(clamps, "clamp_name").hasFocus()
    qtbot.keyClicks(field(clamps, "clamp_name"), "b")  # being mended
    assert not bubble.isVisible()


@pytest.mark.parametrize("value", ["", "nan", "-inf", "1e7", "medium", "40 %"])
def test_a_value_that_is_none_gets_a_sentence(
    clamps: Clamps, page: QWidget, heard: Heard, qtbot: QtBot, value: str
) -> None:
    field(clamps, "clamp_name").setText(str(FIRST))
    field(clamps, "clamp_value").setText(value)
    qtbot.keyClick(field(clamps, "clamp_value"), Qt.Key.Key_Return)
    bubble = page.findChild(Bubble)
    assert bubble is not None
    assert bubble.text()
    assert heard == []
    assert field(clamps, "clamp_value").hasFocus()


def test_a_value_is_typed_over(clamps: Clamps, heard: Heard, qtbot: QtBot) -> None:
    clamps.show_clamps(MIX)
    line = field(clamps, "clamp_blocks.0.mlp.post[17]_value")
    line.setFocus(Qt.FocusReason.TabFocusReason)  # Tab selects the text
    qtbot.keyClicks(line, "*0.5")
    qtbot.keyClick(line, Qt.Key.Key_Return)
    assert heard == [(FIRST, 0.25)]
    qtbot.keyClick(line, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    qtbot.keyClicks(line, "mean")
    qtbot.keyClick(line, Qt.Key.Key_Return)
    assert heard[-1] == (FIRST, "mean")


def test_enter_on_what_is_shown_rounded_changes_nothing(clamps: Clamps, heard: Heard, qtbot: QtBot) -> None:
    clamps.show_clamps(Mix().with_clamp(FIRST, 0.123456))
    line = field(clamps, "clamp_blocks.0.mlp.post[17]_value")
    assert line.text() == "0.123"
    qtbot.keyClick(line, Qt.Key.Key_Return)
    assert heard == []


def test_what_is_being_typed_is_not_overwritten(clamps: Clamps, heard: Heard, qtbot: QtBot) -> None:
    clamps.show_clamps(MIX)
    line = field(clamps, "clamp_blocks.0.mlp.post[17]_value")
    line.setFocus(Qt.FocusReason.TabFocusReason)
    qtbot.keyClicks(line, "3")
    clamps.show_clamps(MIX.with_clamp(FIRST, 0.75))
    assert line.text() == "3"
    qtbot.keyClick(line, Qt.Key.Key_Escape)
    assert line.text() == "0.75"
    qtbot.keyClicks(line, "4")
    field(clamps, "clamp_name").setFocus(Qt.FocusReason.TabFocusReason)  # gone without Enter
    assert line.text() == "0.75"
    assert heard == []


def test_one_is_let_go_and_the_focus_is_not_lost(clamps: Clamps, heard: Heard, qtbot: QtBot) -> None:
    clamps.show_clamps(MIX)
    button = clamps.findChild(QToolButton, "clamp_blocks.2.resid_post[3]_remove")
    assert isinstance(button, QToolButton)
    button.setFocus(Qt.FocusReason.TabFocusReason)
    qtbot.keyClick(button, Qt.Key.Key_Space)
    assert heard == [(SECOND, None)]
    clamps.show_clamps(MIX.with_clamp(SECOND, None))
    settle()
    assert names_shown(clamps) == ["clamp_blocks.0.mlp.post[17]_value"]
    assert field(clamps, "clamp_name").hasFocus()


def test_every_tap_is_offered_and_the_chosen_feature_is_typed_over(
    clamps: Clamps, heard: Heard, qtbot: QtBot
) -> None:
    name = field(clamps, "clamp_name")
    name.setFocus(Qt.FocusReason.TabFocusReason)
    qtbot.keyClick(name, Qt.Key.Key_Down)
    popup = name.completer().popup()
    assert popup.isVisible()
    assert popup.model().rowCount() == 3 + 9 * MODEL.n_layer
    offered = [str(popup.model().index(row, 0).data()) for row in range(popup.model().rowCount())]
    for text in offered:
        Neuron.parse(text).check(MODEL)
    popup.setCurrentIndex(popup.model().index(4, 0))
    qtbot.keyClick(popup, Qt.Key.Key_Return)
    settle()
    assert not popup.isVisible()
    assert name.text() == offered[4]
    QTest.keyClicks(name, "7")
    assert name.text() == offered[4].replace("[0]", "[7]")


def test_a_click_into_the_empty_field_offers_the_taps(clamps: Clamps, qtbot: QtBot) -> None:
    name = field(clamps, "clamp_name")
    qtbot.mouseClick(name, Qt.MouseButton.LeftButton, pos=QPoint(10, 10))
    assert name.completer().popup().isVisible()
    name.completer().popup().hide()


def test_every_control_has_a_name_a_tooltip_and_an_object_name(clamps: Clamps) -> None:
    clamps.show_clamps(MIX)
    controls: list[QWidget] = [*clamps.findChildren(QLineEdit), *clamps.findChildren(QToolButton)]
    assert len(controls) == 2 + 1 + 2 * 2
    assert len({control.objectName() for control in controls}) == len(controls)
    for control in controls:
        assert control.accessibleName()
        assert control.toolTip()


@pytest.mark.parametrize(
    ("to", "text"),
    [(0.5, "0.5"), (-0.25, "−0.25"), (1e-3, "1e-3"), (-2e-5, "−2e-5"), (0.0, "0"), ("mean", "mean")],
)
def test_what_is_shown_may_be_typed(to: ClampTo, text: str) -> None:
    assert clamp_text(to) == text
    assert read_clamp(text, None) == to


def test_half_of_a_mean_is_no_number() -> None:
    with pytest.raises(ValueError, match="no value yet"):
        read_clamp("*0.5", "mean")
