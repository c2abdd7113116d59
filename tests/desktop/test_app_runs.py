"""One run after another in the real window, and its end."""

from __future__ import annotations

from unittest.mock import MagicMock

import pytest
from pytestqt.qtbot import QtBot

from tests.desktop.fakes import FakeSession
from tests.desktop.running import show_all_panels, small_names, train_until, until, window_on
from weightdeck.run.frame import Phase
from weightdeck_desktop import app
from weightdeck_desktop.app import Parts, Shutdown
from weightdeck_desktop.controller.deck import Deck
from weightdeck_desktop.controller.document import DocumentDesk
from weightdeck_desktop.panels.pin_dialog import PinDialog
from weightdeck_desktop.window import Window


def begins(parts: Parts, number: int) -> None:
    until(parts, lambda: parts.deck.info is not None and parts.deck.info.number == number)


def test_runs_follow_each_other_in_every_panel() -> None:
    with window_on(small_names()) as parts:
        show_all_panels(parts)
        train_until(parts, 12)
        parts.window.registry["preset.sort"].trigger()
        begins(parts, 2)
        assert parts.deck.info is not None
        assert parts.deck.info.spec.preset == "sort"
        assert parts.deck.status.phase is Phase.PAUSED, "the last run was"
        train_until(parts, 3)
        assert parts.panels.predictions.table() is not None
        parts.window.registry["new_seed"].trigger()
        begins(parts, 3)
        assert parts.deck.info.spec.seed != 1
        until(parts, lambda: parts.window._status.phase is Phase.TRAINING)  # the user sees it
        parts.window.registry["workspace.turn"].trigger()
        parts.window.registry["preset.names"].trigger()
        begins(parts, 4)
        until(parts, lambda: parts.deck.status.phase is Phase.TRAINING)
        assert parts.panels.predictions.prompts == ("chri", None)


def test_a_dialog_left_open_by_the_last_run_is_harmless() -> None:
    with window_on(small_names()) as parts:
        train_until(parts, 2)
        parts.panels.knobs.repin_requested.emit(0)
        parts.window.registry["preset.sort"].trigger()
        begins(parts, 2)
        dialog = parts.window.findChild(PinDialog)
        assert dialog is not None
        dialog.accept()
        train_until(parts, 2)


class SlowToEnd(FakeSession):
    """A session whose thread is in the middle of something."""

    def __init__(self) -> None:
        super().__init__()
        self.has_ended = False

    def join(self, timeout_s: float) -> bool:
        super().join(timeout_s)
        return self.has_ended


def test_the_window_goes_first_and_the_process_when_the_thread_has(
    window: Window, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    quits: list[bool] = []
    monkeypatch.setattr(app, "QApplication", MagicMock(quit=lambda: quits.append(True)))
    session, deck = SlowToEnd(), MagicMock(spec=Deck)
    deck.refresher = MagicMock()
    document = MagicMock(spec=DocumentDesk)
    Shutdown(session, window, deck, document)
    window.close()
    window.close()
    assert not window.isVisible()
    assert session.calls == [("close",)], "asked once"
    deck.refresher.stop.assert_called_once_with()
    deck.save_choices.assert_called_once_with()
    qtbot.waitUntil(lambda: len(session.calls) > 3)
    assert set(session.calls[1:]) == {("join", 0.0)}, "nothing waits for it"
    assert quits == []
    document.end.assert_not_called()
    session.has_ended = True
    qtbot.waitUntil(lambda: quits == [True])
    document.end.assert_called_once_with()
    seen = len(session.calls)
    qtbot.wait(3 * app.ENDED_MS)
    assert len(session.calls) == seen
