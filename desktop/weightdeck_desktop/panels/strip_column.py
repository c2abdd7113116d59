"""One channel strip: a part's fader with its level meter, mute and solo."""

from __future__ import annotations

import math

from PySide6.QtCore import QCoreApplication, QEvent, QPoint, QSize, Qt, Signal
from PySide6.QtGui import QColor, QContextMenuEvent, QEnterEvent, QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QWidget

from weightdeck.run.strips import MOST_GAIN, Strip, StripSetting
from weightdeck_desktop.panels.context_menu import ContextMenu
from weightdeck_desktop.panels.knob_words import gain_text
from weightdeck_desktop.theme import Theme
from weightdeck_desktop.widgets.fader import Fader
from weightdeck_desktop.widgets.letter_button import LetterButton
from weightdeck_desktop.widgets.strip_painting import name_width
from weightdeck_desktop.widgets.typed_value import read_value

_COMMANDS = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier


def strip_title(strip: Strip) -> str:
    """Short words for a part: "head 0.1", "MLP 0"."""
    if strip.head is None:
        return str(strip)
    return QCoreApplication.translate("StripColumn", "head {strip}").format(strip=strip)


def read_fader(text: str, now: float | None) -> float:
    """The gain that was typed. Raises ``ValueError`` with a sentence."""
    gain = read_value(text, now, is_gain=True, takes_percent=True)
    StripSetting(gain=gain).check()
    return gain


class StripColumn(QWidget):
    """Fader over mute over solo. ``show_*`` never emit; the signals come of the user's acts only.

    A double click on the fader comes as a typed 1.
    """

    grabbed = Signal()
    turned = Signal(float)
    released = Signal()
    typed = Signal(float)
    mute_toggled = Signal(bool)
    solo_toggled = Signal(bool)
    act_chosen = Signal(str)  # "knob", "hold" or "let_go"
    pointed = Signal(bool)  # the pointer has come or gone
    focused = Signal(bool)  # the fader has got or lost the focus

    def __init__(self, strip: Strip, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.strip = strip
        self.setting = StripSetting()
        self.is_silenced = False
        self.is_held = False
        self.written = self.if_open = math.nan  # root mean squares, as they were shown last
        self._gap = 4
        self._name = "MLP" if strip.head is None else str(strip)
        key = f"strip_{strip.block}_{'mlp' if strip.head is None else strip.head}"
        title = strip_title(strip)
        self.setObjectName(key)
        self.fader = Fader(f"{key}_fader", MOST_GAIN, self)
        self.fader.set_name(self._name, self.tr("{part} fader").format(part=title))
        self.fader.set_wording(gain_text, read_fader)
        self.fader.setToolTip(self._fader_tip(title))
        self.mute = LetterButton("M", self)
        self.mute.setObjectName(f"{key}_mute")
        self.mute.set_words(
            self.tr("mute {part}").format(part=title),
            self.tr("Mute {part}: it writes nothing, or its mean (key M on its fader)").format(part=title),
        )
        self.solo = LetterButton("S", self)
        self.solo.setObjectName(f"{key}_solo")
        self.solo.set_words(
            self.tr("solo {part}").format(part=title),
            self.tr("Solo {part}: every part that is not soloed is muted (key S on its fader)").format(
                part=title
            ),
        )
        self.fader.focused.connect(self.focused)
        self.fader.grabbed.connect(self.grabbed)
        self.fader.turned.connect(self.turned)
        self.fader.released.connect(self.released)
        self.fader.typed.connect(self.typed)
        self.fader.reset_requested.connect(self._open)
        self.fader.menu_requested.connect(self._on_menu_requested)
        self.mute.clicked.connect(self.mute_toggled)
        self.solo.clicked.connect(self.solo_toggled)

    # What it is told

    def set_theme(self, theme: Theme, colour: QColor) -> None:
        """Take colours, fonts and sizes; `colour` is the meter's."""
        self.fader.set_theme(theme, colour)
        for button in (self.mute, self.solo):
            button.set_theme(theme)
        self._gap = theme.px(4)
        self.setMinimumSize(max(theme.px(20), name_width(theme, self._name)), self._least_height())
        self._place()

    def show_setting(self, setting: StripSetting, is_silenced: bool) -> None:
        """Show where the controls stand, and whether the part is muted, by its own switch or by another's solo."""
        self.setting = setting
        self.is_silenced = is_silenced
        self.fader.set_value(setting.gain)
        self.fader.set_edited(setting != StripSetting())
        self.fader.set_silenced(is_silenced)
        self.mute.setChecked(setting.muted)
        self.solo.setChecked(setting.solo)

    def show_held(self, held: bool) -> None:
        """Whether the part's weights are kept from training."""
        if held != self.is_held:
            self.is_held = held
            self.fader.set_held(held)

    def show_levels(self, written: float, if_open: float, full: float) -> None:
        """Show what the part writes, and what it would with its fader at 1 and unmuted; `full` fills the meter."""
        self.written, self.if_open = written, if_open
        self.fader.set_levels(written / full, if_open * self.setting.gain / full)

    def clear_levels(self) -> None:
        self.written = self.if_open = math.nan
        self.fader.clear_levels()

    # Qt

    def minimumSizeHint(self) -> QSize:
        return self.minimumSize()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._place()

    def enterEvent(self, event: QEnterEvent) -> None:
        super().enterEvent(event)
        self.pointed.emit(True)

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self.pointed.emit(False)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        switches: dict[int, LetterButton] = {Qt.Key.Key_M: self.mute, Qt.Key.Key_S: self.solo}
        button = switches.get(event.key())
        if button is not None and self.fader.number is not None and not event.modifiers() & _COMMANDS:
            if not event.isAutoRepeat():
                button.click()
        else:
            event.ignore()

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Beside the fader, which has its own: the same menu."""
        self._on_menu_requested(event.globalPos())

    # Parts

    def _least_height(self) -> int:
        return self.fader.minimumHeight() + 2 * (self.mute.sizeHint().height() + self._gap)

    def _place(self) -> None:
        button = self.mute.sizeHint()
        width = min(button.width(), self.width() - 2)
        left = (self.width() - width) // 2
        top = self.height() - button.height()
        self.solo.setGeometry(left, top, width, button.height())
        top -= button.height() + self._gap
        self.mute.setGeometry(left, top, width, button.height())
        self.fader.setGeometry(0, 0, self.width(), top - self._gap)

    def _fader_tip(self, title: str) -> str:
        return "\n".join(
            (
                self.tr("{part} · ×0 … ×{most:g}").format(part=title, most=MOST_GAIN),
                self.tr(
                    "A factor on what it writes into the residual stream; the meter shows how much that is (root "
                    "mean square over tokens and features)."
                ),
                self.tr("Drag, wheel or arrow keys move it (with Shift: finely), typing sets it."),
                self.tr("M mutes, S solos, left and right go to the next strip. Double click: back to ×1."),
            )
        )

    # The user's acts

    def _open(self) -> None:
        self.fader.enter_value(1.0)

    def _on_menu_requested(self, place: QPoint) -> None:
        menu = ContextMenu(self)
        menu.addSection(strip_title(self.strip))
        menu.addAction(self.tr("Type a gain…"), self.fader.open_editor)
        menu.addAction(self.tr("Back to ×1"), self._open)
        menu.addAction(self.tr("Unmute") if self.setting.muted else self.tr("Mute"), self.mute.click)
        menu.addAction(self.tr("No solo") if self.setting.solo else self.tr("Solo"), self.solo.click)
        menu.addSeparator()
        for act, words, tip in (
            (
                "knob",
                self.tr("Make a knob of what it writes"),
                self.tr("A knob that scales the weights with which it writes: trained on, unlike the fader"),
            ),
            ("let_go", self.tr("Let its weights go"), self.tr("Let training change them again"))
            if self.is_held
            else (
                "hold",
                self.tr("Hold its weights"),
                self.tr("Keep them bit for bit while the rest trains"),
            ),
        ):
            action = menu.addAction(words)
            action.setObjectName(f"strip_act_{act}")
            action.setToolTip(tip)
            action.triggered.connect(lambda _checked, act=act: self.act_chosen.emit(act))
        menu.popup(place)
