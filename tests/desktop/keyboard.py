"""A person who has the keyboard alone: keys go where Qt would send them, and ears hear what the engine did."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QCoreApplication, Qt
from PySide6.QtGui import QContextMenuEvent, QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMenu, QWidget

from tests.desktop.running import small_names, train_until, until, window_on
from weightdeck.run.commands import Command, SetStrip
from weightdeck.run.frame import Baseline, Delivery
from weightdeck.run.queries import Hashes, Query, ReadSlice, StateHashes
from weightdeck.run.slices import ParameterSlice
from weightdeck.run.strips import Strip, StripSetting
from weightdeck_desktop.app import Parts
from weightdeck_desktop.widgets.value_editor import Bubble

Key = Qt.Key
CTRL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier
NO = Qt.KeyboardModifier.NoModifier
_MOST_TABS = 150


class Person:
    """Presses keys in a running window, and overhears what the session delivers to it."""

    def __init__(self, parts: Parts) -> None:
        self.parts = parts
        self.commands: list[Command] = []  # every one that took effect
        self._answers: dict[int, object] = {}
        take = parts.session.take

        def overheard() -> Delivery:
            delivery = take()
            self.commands += [entry.command for entry, _ in delivery.journal]
            self._answers |= {answer.number: answer.value for answer in delivery.answers}
            return delivery

        parts.session.take = overheard  # type: ignore[method-assign]

    # Keys

    def press(self, key: Key, modifiers: Qt.KeyboardModifier = NO, *, times: int = 1) -> None:
        for _ in range(times):
            QTest.keyClick(_listener(), key, modifiers)

    def keep(self, key: Key) -> None:
        QTest.keyPress(_listener(), key)

    def let_go(self, key: Key) -> None:
        QTest.keyRelease(_listener(), key)

    def type(self, text: str) -> None:
        """Letter by letter: the first may open the line that the others go to."""
        for letter in text:
            QTest.keyClick(_listener(), letter)
            QCoreApplication.processEvents()  # offers to complete what is typed come and go with every letter

    def enter(self, text: str) -> None:
        self.type(text)
        self.press(Key.Key_Return)

    def tab_to(self, name: str, *, back: bool = False) -> None:
        """Go on by Tab, or back by Shift+Tab, until the control called `name` has the focus; it may take a moment until
        that is offered.
        """
        until(self.parts, lambda: self._is_offered(name))
        for _ in range(_MOST_TABS):
            if self.place == name:
                return
            self.press(Key.Key_Backtab if back else Key.Key_Tab, SHIFT if back else NO)
        raise AssertionError(f"Tab does not lead to {name}")

    def menu_key(self) -> None:
        """The key beside the right Ctrl: where it is pressed, the system tells of a context menu too."""
        listener = _listener()
        self.press(Key.Key_Menu)
        if QApplication.activePopupWidget() is None:
            middle = listener.rect().center()
            keyboard = QContextMenuEvent.Reason.Keyboard
            event = QContextMenuEvent(keyboard, middle, listener.mapToGlobal(middle))
            QCoreApplication.sendEvent(listener, event)

    def choose(self, *names: str) -> None:
        """Walk down to an entry of the open menu, by the beginning of its words or its object name, and on into its
        submenu.
        """
        for name in names:
            menu = QApplication.activePopupWidget()
            assert isinstance(menu, QMenu), "no menu has opened"
            # Offscreen a window that is closed before it was told that it is active leaves none active.
            until(self.parts, lambda menu=menu: menu.windowHandle() == QGuiApplication.focusWindow())
            for _ in menu.actions():
                self.press(Key.Key_Down)
                here = menu.activeAction()
                if here is not None and (here.text().startswith(name) or here.objectName() == name):
                    break
            else:
                raise AssertionError(f"{name} is none of {[each.text() for each in menu.actions()]}")
            self.press(Key.Key_Return)

    def leave_the_dialog(self, key: Key) -> None:
        """Press the key that closes it. Offscreen there is no window manager to make the window active again."""
        self.press(key)
        self.parts.window.activateWindow()
        until(self.parts, self.parts.window.isActiveWindow)

    @property
    def place(self) -> str:
        """Object name of the control that has the keyboard."""
        return _listener().objectName()

    # What came of it

    def done(self) -> None:
        """Wait until the hand has left the knob, and the window shows what came of the newest command."""
        deck = self.parts.deck
        until(self.parts, lambda: deck._hand.gesture is None)
        until(self.parts, lambda: deck.frame is not None and deck.frame.last_command >= deck.last_submitted)
        until(self.parts, lambda: not deck.refresher._round and self.parts.window._status == deck.status)

    def news(self) -> list[Command]:
        """The commands that took effect since the last call, once all have."""
        self.done()
        new, self.commands = self.commands, []
        return new

    def read(self, target: ParameterSlice) -> NDArray[np.float32]:
        """What the model's numbers are."""
        values = self._ask(ReadSlice(target))
        assert isinstance(values, np.ndarray)
        return values

    def number(self, target: ParameterSlice) -> float:
        """What one number of the model is."""
        return float(self.read(target))

    def in_hand(self) -> ParameterSlice:
        """What the knob in hand turns, as soon as that is known and shown."""
        desk, panel = self.parts.deck._knobs, self.parts.panels.in_hand

        def is_shown() -> bool:
            view, knob = panel._view, desk.in_hand
            return (
                view is not None
                and knob is not None
                and view.target == knob.target
                and view.value is not None
            )

        until(self.parts, is_shown)
        assert desk.in_hand is not None
        return desk.in_hand.target

    def compared_with(self) -> tuple[Baseline, int | None] | None:
        """What the newest frame compares its predictions with, and the step of that."""
        frame = self.parts.deck.frame
        return None if frame is None else (frame.baseline, frame.baseline_step)

    def hashes(self) -> Hashes:
        hashes = self._ask(StateHashes())
        assert isinstance(hashes, Hashes)
        return hashes

    def sentence(self) -> str:
        """What a bubble says beside the line that is typed in; "" when there is none."""
        bubbles = self.parts.window.findChildren(Bubble)
        return next((bubble.text() for bubble in reversed(bubbles) if bubble.isVisible()), "")

    def set_to(self, strip: Strip) -> StripSetting:
        """Where a strip's controls stand now in the run: the newest command put them there."""
        command = self.news()[-1]
        assert isinstance(command, SetStrip)
        setting = self.parts.deck.status.mix.of(strip)
        assert (command.strip, command.setting) == (strip, setting)
        return setting

    def _is_offered(self, name: str) -> bool:
        """Whether there is such a control to be used, in the window or dialog that is active."""
        named = self.parts.window.findChild(QWidget, name)
        return (
            named is not None
            and named.isEnabled()
            and named.focusPolicy() is not Qt.FocusPolicy.NoFocus
            and named.window().isActiveWindow()
        )

    def _ask(self, query: Query) -> object:
        number = self.parts.session.ask(query)
        until(self.parts, lambda: number in self._answers)
        return self._answers[number]


@contextmanager
def at_the_desk() -> Iterator[Person]:
    """Somebody before the Turn workspace of a run that is paused after ten steps.

    What they did is taken back by keys in the end: the run is as it was.
    """
    with window_on(small_names()) as parts:
        train_until(parts, 10)
        person = Person(parts)
        start = person.hashes()
        person.press(Key.Key_2, CTRL)
        yield person
        person.press(Key.Key_2, CTRL)
        person.tab_to("edits_list")
        person.press(Key.Key_End)
        person.press(Key.Key_Return)
        person.done()
        assert parts.deck.status.undo_title == ""
        assert parts.deck.status.held == ()
        assert parts.deck.status.mix.is_neutral
        assert person.hashes() == start


def _listener() -> QWidget:
    """Whom Qt sends a key to."""
    popup = QApplication.activePopupWidget()
    if popup is not None:
        return popup.focusWidget() or popup
    listener = QApplication.focusWidget()
    assert listener is not None, "nobody listens to the keyboard"
    return listener
