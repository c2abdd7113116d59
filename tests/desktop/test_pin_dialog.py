"""The dialog that pins another parameter to a knob."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QComboBox, QLabel, QLineEdit, QPushButton
from pytestqt.qtbot import QtBot

from weightdeck.run.layout import layout
from weightdeck.run.slices import ParameterSlice
from weightdeck.run.spec import ModelSpec
from weightdeck_desktop.panels.pin_dialog import PinDialog
from weightdeck_desktop.theme import Theme, dark_theme, light_theme

VOCABULARY = (".", *"abcdefghijklmnopqrstuvwxyz")
MODEL = ModelSpec(n_layer=3, n_head=3, n_embd=48, block_size=16, vocab_size=27)


@pytest.fixture
def dialog(qtbot: QtBot) -> PinDialog:
    dialog = PinDialog(layout(MODEL), VOCABULARY, ParameterSlice("lm_head.weight", (19, 31)))
    qtbot.addWidget(dialog)
    dialog.show()
    return dialog


def field(dialog: PinDialog, name: str) -> QLineEdit:
    found = dialog.findChild(QLineEdit, name)
    assert isinstance(found, QLineEdit)
    return found


def write(qtbot: QtBot, line: QLineEdit, text: str) -> None:
    line.selectAll()
    qtbot.keyClick(line, Qt.Key.Key_Delete)
    qtbot.keyClicks(line, text)


def sentence(dialog: PinDialog) -> str:
    label = dialog.findChild(QLabel, "pin_sentence")
    assert isinstance(label, QLabel)
    return label.text()


def accept_button(dialog: PinDialog) -> QPushButton:
    button = dialog.findChild(QPushButton, "pin_accept")
    assert isinstance(button, QPushButton)
    return button


def test_the_dialog_begins_with_the_present_parameter(dialog: PinDialog) -> None:
    assert dialog.target == ParameterSlice("lm_head.weight", (19, 31))
    assert field(dialog, "pin_row").text() == "s"
    assert field(dialog, "pin_column").text() == "31"
    assert sentence(dialog) == "head [s, 31]: one weight, set by the knob."


def test_written_text_fills_the_fields(dialog: PinDialog, qtbot: QtBot) -> None:
    write(qtbot, field(dialog, "pin_written"), "transformer.h.0.attn.c_attn.weight[0:16]")
    assert dialog.target == ParameterSlice("transformer.h.0.attn.c_attn.weight", ((0, 16),))
    assert field(dialog, "pin_row").text() == "0:16"
    assert field(dialog, "pin_column").text() == ""
    assert "768 weights" in sentence(dialog)


@pytest.mark.parametrize(
    ("row", "column", "expected"),
    [
        ("s", "31", (19, 31)),
        ("19", "", (19,)),
        ("", "31", ((0, 27), 31)),
        ("2:4", "0:3", ((2, 4), (0, 3))),
        ("", "", ()),
    ],
)
def test_fields_make_the_slice(
    dialog: PinDialog, qtbot: QtBot, row: str, column: str, expected: tuple[object, ...]
) -> None:
    write(qtbot, field(dialog, "pin_row"), row)
    write(qtbot, field(dialog, "pin_column"), column)
    assert dialog.target is not None
    assert dialog.target.index == expected
    assert field(dialog, "pin_written").text() == str(dialog.target)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("pin_row", "zz"),
        ("pin_row", "27"),
        ("pin_column", "48"),
        ("pin_column", "3:2"),
        ("pin_column", "1,2,3"),
    ],
)
def test_a_place_outside_gets_a_sentence_and_cannot_be_pinned(
    dialog: PinDialog, qtbot: QtBot, name: str, text: str
) -> None:
    write(qtbot, field(dialog, name), text)
    assert dialog.target is None
    assert not accept_button(dialog).isEnabled()
    assert sentence(dialog).endswith(".")
    write(qtbot, field(dialog, name), "1")
    assert dialog.target is not None
    assert accept_button(dialog).isEnabled()


def test_another_tensor_is_chosen_whole(dialog: PinDialog, qtbot: QtBot) -> None:
    box = dialog.findChild(QComboBox, "pin_tensor")
    assert isinstance(box, QComboBox)
    place = box.findData("transformer.ln_f.weight")
    box.setCurrentIndex(place)
    box.activated.emit(place)
    assert dialog.target == ParameterSlice("transformer.ln_f.weight")
    assert field(dialog, "pin_column").isHidden()  # a vector has none
    assert "48 weights" in sentence(dialog)
    qtbot.mouseClick(accept_button(dialog), Qt.MouseButton.LeftButton)
    assert dialog.result() == PinDialog.DialogCode.Accepted


def test_an_unknown_name_gets_a_sentence(dialog: PinDialog, qtbot: QtBot) -> None:
    write(qtbot, field(dialog, "pin_written"), "lm_head.wait[3]")
    assert "no parameter called" in sentence(dialog)
    assert dialog.target is None


@pytest.mark.parametrize("theme", [dark_theme(), light_theme()], ids=lambda theme: theme.name)
def test_the_sentence_has_the_colours_of_the_application(
    dialog: PinDialog, qtbot: QtBot, theme: Theme
) -> None:
    before = QApplication.palette()
    QApplication.setPalette(theme.palette())
    QApplication.processEvents()
    try:
        sentence = dialog.findChild(QLabel, "pin_sentence")
        assert sentence.palette().color(sentence.foregroundRole()) == theme.text
        write(qtbot, field(dialog, "pin_written"), "nonsense")
        assert sentence.palette().color(sentence.foregroundRole()) == theme.error
    finally:
        QApplication.setPalette(before)
