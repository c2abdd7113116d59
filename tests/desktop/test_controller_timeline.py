"""The time machine between a fake session and fake panels: what is asked, dropped, locked and given free."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QApplication

from tests.desktop.deck_bench import WATCH, DeckBench
from tests.desktop.fakes import (
    HEAD_S,
    SIX,
    frame_of_knobs,
    metric_rows,
    prediction,
    reading,
    record,
    run_info,
    small_spec,
)
from weightdeck.run.commands import EditSlice
from weightdeck.run.document import (
    Branch,
    DocumentStatus,
    KeepDesk,
    NameBranch,
    Past,
    Place,
    SetBookmark,
)
from weightdeck.run.frame import Frame, Phase, Status
from weightdeck.run.journal import JournalEntry
from weightdeck_desktop.controller import knob_memory
from weightdeck_desktop.controller import timeline as module
from weightdeck_desktop.settings import Settings

SEEK = "seek"


class Bench(DeckBench):
    """A run of 100 steps with a record every 10th, and an edit at step 30."""

    def __init__(self, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
        super().__init__(settings, monkeypatch)
        monkeypatch.setattr(module.time, "monotonic", lambda: self.now_s)
        self.window.on_screen = WATCH | {"edits"}
        self.bar = self.window.timeline
        branch = Branch(0, "seed 1", small_spec(), None, 0, 0, "none")
        self.document = DocumentStatus(branches=(branch,), heads=(100,))
        self.now = Status(Phase.PAUSED, run=1, step=100, document=self.document)
        self.begin()
        self.session.status = self.now
        entry = JournalEntry(1, 30, EditSlice(HEAD_S, "set", 1.0))
        self.shown(
            metrics=metric_rows(*(4.0 - step / 100 for step in range(100))),
            records=tuple(
                replace(record(step), validation_loss=4.0 - step / 100) for step in range(0, 101, 10)
            ),
            journal=((entry, "turned"),),
            frame=self.frame(100),
        )

    def frame(self, step: int, **parts: Any) -> Frame:
        return Frame(1, step, 0, predictions=prediction("chri"), **parts)

    def arrive(self, step: int, shown: int | None = None) -> set[str]:
        """The session shows the past after `step` updates, at first perhaps another moment."""
        there = step if shown is None else shown
        self.session.status = replace(self.now, past=Past(Place(0, step), there, there == step))
        return self.shown(frame=self.frame(there, is_past=True))

    def asked(self, name: str) -> list[tuple[Any, ...]]:
        return [call for call in self.session.calls if call[0] == name]

    def predicted_step(self) -> int | None:
        told = self.panels.predictions.show_predictions
        return told.call_args.args[1] if told.called else None


@pytest.fixture
def bench(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bench]:
    bench = Bench(settings, monkeypatch)
    yield bench
    bench.deck.refresher.stop()


def test_what_was_recorded_shows_at_once_and_all_else_when_it_has_come(bench: Bench) -> None:
    bench.bar.sought.emit(25)
    assert bench.shown() >= {"loss", "weights", "activations", "edits"}
    panels = bench.panels
    panels.weights.show_history.assert_called_once_with(bench.deck._state.history, 25)
    panels.activations.show_history.assert_called_once_with(bench.deck._state.history, 25)
    panels.loss.show_past.assert_called_once_with(25)
    panels.loss.set_past.assert_called_once_with(25)
    assert panels.edits.show_entries.call_args.args[0] == [], "it was done at step 30"
    panels.predictions.set_past.assert_called_with(None)  # what it shows is of now still
    panels.predictions.set_pending.assert_called_with(True)
    status, smoothed, validation = bench.window.mock.show_status.call_args.args
    assert status.past == Past(Place(0, 25), 100, is_exact=False)
    assert validation == pytest.approx(3.8), "recorded at step 20"
    assert smoothed == pytest.approx(3.84, abs=0.01), "nine steps back, from 3.76 after 25 updates"
    bench.arrive(25)
    assert bench.predicted_step() == 25
    panels.predictions.set_past.assert_called_with(25)
    panels.predictions.set_pending.assert_called_with(False)


def test_on_the_way_each_panel_is_marked_with_the_step_that_it_shows(bench: Bench) -> None:
    bench.bar.released.emit(55)
    bench.arrive(55, shown=50)
    bench.panels.predictions.set_past.assert_called_with(50)
    bench.panels.predictions.set_pending.assert_called_with(True)
    bench.panels.loss.set_past.assert_called_with(55)


def test_an_edit_at_the_step_itself_belongs_to_it(bench: Bench) -> None:
    bench.bar.sought.emit(30)
    bench.shown()
    assert [line.words for line in bench.panels.edits.show_entries.call_args.args[0]] == ["turned"]
    bench.bar.now_requested.emit()
    bench.shown()
    assert len(bench.deck._state.log.lines) == 1


def test_a_drag_asks_once_a_pull_for_the_newest_place(bench: Bench) -> None:
    for step in (90, 70, 50):
        bench.bar.sought.emit(step)
    assert bench.asked(SEEK) == []
    bench.pull()
    assert bench.asked(SEEK) == [(SEEK, Place(0, 50))]
    bench.pull()
    assert len(bench.asked(SEEK)) == 1
    bench.bar.sought.emit(40)
    bench.bar.released.emit(41)
    assert bench.asked(SEEK)[1:] == [(SEEK, Place(0, 41))], "at once when the hand lets go"


def test_frames_of_another_moment_are_dropped(bench: Bench) -> None:
    bench.bar.released.emit(50)
    bench.shown(frame=bench.frame(100))
    assert bench.predicted_step() is None, "late"
    bench.arrive(50)
    assert bench.predicted_step() == 50
    bench.bar.now_requested.emit()
    bench.arrive(50)
    assert bench.predicted_step() is None, "late again"
    bench.session.status = bench.now
    bench.shown(frame=bench.frame(100))
    assert bench.predicted_step() == 100
    bench.panels.predictions.set_past.assert_called_with(None)


def test_a_moment_that_the_session_refuses_is_left(bench: Bench) -> None:
    bench.bar.released.emit(50)
    bench.session.status = replace(bench.now, notice="That step cannot be had.")
    bench.shown(frame=bench.frame(100))
    assert bench.predicted_step() == 100
    assert bench.deck.status.past is None
    bench.session.status = bench.now
    bench.bar.released.emit(60)
    bench.now_s += module.GIVEN_UP_S + 0.1
    bench.pull()
    assert bench.deck.status.past is None, "nothing came of it"


def test_nothing_changes_the_model_in_the_past(bench: Bench) -> None:
    why = "You are looking at step 50. Play from here, or go back to now, to change anything."
    bench.bar.released.emit(50)
    panels = bench.panels
    for panel in (panels.knobs, panels.in_hand, panels.strips, panels.browse, panels.predictions):
        panel.set_locked.assert_called_once_with(why)
    bench.arrive(50)
    bench.window.undo_requested.emit()
    bench.window.redo_requested.emit()
    bench.window.hold_requested.emit()
    bench.window.mark_requested.emit()
    bench.window.step_requested.emit()
    bench.panels.knobs.weight_grabbed.emit(0)
    bench.panels.knobs.weight_turned.emit(0, 0.5)
    bench.panels.response.value_chosen.emit(0.5)
    assert bench.session.commands == []
    assert {call[0] for call in bench.session.calls} <= {SEEK}
    bench.window.mock.show_notice.assert_called_with(why)
    bench.bar.now_requested.emit()
    bench.window.mock.show_notice.assert_called_with("")
    bench.panels.knobs.set_locked.assert_called_with("")
    bench.panels.knobs.weight_typed.emit(0, 0.5)
    assert len(bench.session.commands) == 1


def test_prompts_stay_free_in_the_past(bench: Bench) -> None:
    bench.bar.released.emit(50)
    bench.arrive(50)
    bench.panels.predictions.prompts_edited.emit("anna", None)
    assert bench.interest.prompts == ("anna",)


def test_a_drag_in_progress_ends_before_the_past_begins(bench: Bench) -> None:
    bench.panels.knobs.weight_grabbed.emit(0)
    bench.panels.knobs.weight_turned.emit(0, 0.5)
    bench.bar.sought.emit(50)
    assert bench.asked("hold") == [("hold", True), ("hold", False)]
    assert bench.deck._hand.gesture is None
    bench.panels.knobs.weight_turned.emit(0, 0.7)
    assert len(bench.session.commands) == 1
    bench.pull()
    bench.panels.predictions.set_pending.assert_called_with(True)
    bench.arrive(50)
    bench.panels.predictions.set_pending.assert_called_with(False)


def test_readings_of_the_past_turn_the_knobs_and_tell_no_story(bench: Bench) -> None:
    bench.shown(frame=frame_of_knobs(reading(SIX[0], 0.2), step=100))
    bench.panels.knobs.weight_typed.emit(0, 0.5)
    newest = bench.session.newest_number
    bench.shown(frame=frame_of_knobs(reading(SIX[0], 0.5), last_command=newest, step=100))
    pin = bench.deck._knobs.pins[0]
    assert pin.trace is not None
    story = repr(pin.trace)
    bench.bar.released.emit(50)
    bench.session.status = replace(bench.now, past=Past(Place(0, 50), 50, is_exact=True))
    past = replace(frame_of_knobs(reading(SIX[0], 0.1), step=50), is_past=True)
    bench.shown(frame=past)
    assert pin.value == 0.1
    assert repr(pin.trace) == story


def press_escape(bench: Bench) -> None:
    QApplication.sendEvent(
        bench.window, QKeyEvent(QEvent.Type.KeyPress, Qt.Key.Key_Escape, Qt.KeyboardModifier.NoModifier)
    )


def test_escape_goes_back_to_now(bench: Bench) -> None:
    press_escape(bench)
    assert bench.asked("return_to_now") == [], "it is now"
    bench.bar.released.emit(50)
    press_escape(bench)
    assert bench.asked("return_to_now") == [("return_to_now",)]
    press_escape(bench)
    assert len(bench.asked("return_to_now")) == 1
    assert bench.deck.status.past is None


def begin_branch(bench: Bench, document: DocumentStatus | None = None) -> None:
    """Play from here has made a branch."""
    status = replace(bench.now, run=2, step=50, document=document or bench.document)
    bench.session.status = status
    bench.session.deliver(run=run_info(2))
    bench.pull()


def test_play_from_here_waits_and_play_goes_on(bench: Bench) -> None:
    bench.bar.released.emit(50)
    bench.arrive(50)
    bench.bar.play_from_here_requested.emit()
    assert bench.asked("play_from_here") == [("play_from_here",)]
    begin_branch(bench)
    assert bench.asked("play") == []
    bench.window.play_requested.emit()
    assert bench.asked("play") == [("play", None)]


def test_play_in_the_past_begins_a_branch_and_trains_it(bench: Bench) -> None:
    bench.bar.sought.emit(50)
    bench.window.play_requested.emit()
    assert [call[0] for call in bench.session.calls] == [SEEK, "play_from_here"]
    bench.arrive(50, shown=40)
    assert bench.asked("play") == [], "not there yet"
    begin_branch(bench)
    assert bench.asked("play") == [("play", None)]
    bench.pull()
    assert len(bench.asked("play")) == 1


def test_who_changes_his_mind_on_the_way_is_not_played(bench: Bench) -> None:
    bench.bar.released.emit(50)
    bench.window.play_requested.emit()
    bench.window.pause_requested.emit()
    begin_branch(bench)
    assert bench.asked("play") == []


def test_play_at_the_newest_step_goes_on_with_the_branch(bench: Bench) -> None:
    bench.bar.released.emit(100)
    bench.window.play_requested.emit()
    assert [call[0] for call in bench.session.calls] == [SEEK, "return_to_now", "play"]


def test_moments_and_branches_get_names(bench: Bench) -> None:
    bench.bar.bookmark_requested.emit("before the turn", 29)
    bench.bar.branch_renamed.emit(0, "first")
    bench.bar.branch_chosen.emit(1)
    assert bench.session.calls == [
        ("annotate", SetBookmark(Place(0, 29), "before the turn")),
        ("annotate", NameBranch(0, "first")),
        ("switch_to", 1),
    ]


def test_a_branch_shows_its_whole_history_and_keeps_the_knobs(bench: Bench) -> None:
    bench.deck._knobs.remove(5)
    kept = [pin.target for pin in bench.deck._knobs.pins]
    branch = Branch(1, "other", small_spec(), 0, 50, 1, "none")
    document = replace(bench.document, branch=1, branches=(*bench.document.branches, branch), heads=(100, 60))
    bench.session.status = replace(bench.now, run=2, step=60, document=document)
    entry = JournalEntry(1, 30, EditSlice(HEAD_S, "set", 1.0))
    bench.shown(
        run=run_info(2),
        metrics=metric_rows(*([3.0] * 60)),
        records=(record(0), record(50)),
        journal=((entry, "turned"),),
    )
    assert len(bench.panels.loss.show_history.call_args.args[0]) == 60
    bench.bar.show_edits.assert_called_with([(30, "turned")])
    bench.bar.show_run.assert_called_with(60, bench.deck._state.history)
    assert [pin.target for pin in bench.deck._knobs.pins] == kept


def test_a_document_gives_back_the_knobs_it_was_kept_with(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.deck._knobs.remove(0)
    monkeypatch.setattr(knob_memory, "KEEP_EVERY_S", 0.0)
    bench.pull()
    ((_, kept),) = bench.asked("annotate")
    assert isinstance(kept, KeepDesk)
    bench.pull()
    assert len(bench.asked("annotate")) == 1, "nothing has changed"
    document = replace(bench.document, path="b.weightdeck", desk=kept.text)
    bench.deck._knobs.remove(0)
    bench.session.status = replace(bench.now, run=2, document=document)
    bench.shown(run=run_info(2))
    assert [pin.target for pin in bench.deck._knobs.pins] == list(SIX[1:])


def test_while_a_run_is_computed_again_everything_waits(bench: Bench) -> None:
    bench.session.status = replace(bench.now, phase=Phase.LOADING, step=93)
    bench.pull()
    bench.panels.knobs.set_locked.assert_called_with(
        "The last 7 steps are being computed again. Then knobs can be turned."
    )
    bench.bar.setEnabled.assert_called_with(False)
    bench.session.status = bench.now
    bench.pull()
    bench.panels.knobs.set_locked.assert_called_with("")
    bench.bar.setEnabled.assert_called_with(True)
