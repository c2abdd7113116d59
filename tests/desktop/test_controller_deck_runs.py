"""Runs one after another, what the desk remembers of each, and the user's acts on the whole."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from tests.desktop.deck_bench import DeckBench
from tests.desktop.fakes import (
    ENTRY,
    HEAD_S,
    OTHER,
    ROW,
    SIX,
    SIX_OF_SORT,
    direction,
    frame_of_knobs,
    metric_rows,
    reading,
    record,
    run_info,
    small_spec,
)
from weightdeck.run.commands import Command, EditSlice, Redo, Undo
from weightdeck.run.frame import Baseline, DataCost, Frame
from weightdeck.run.journal import JournalEntry
from weightdeck.run.queries import Answer, FindDirection, SuggestKnobs
from weightdeck.run.slices import ParameterSlice
from weightdeck.run.strips import Mix, Strip, StripSetting
from weightdeck_desktop.panels.slice_acts import SliceAct
from weightdeck_desktop.settings import Preferences, Settings

COST = DataCost(0.03, 0.004, 500, 0)


@pytest.fixture
def bench(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[DeckBench]:
    bench = DeckBench(settings, monkeypatch)
    bench.begin()
    yield bench
    bench.deck.refresher.stop()


def frame(**parts: Any) -> Frame:
    return Frame(run=1, step=7, last_command=0, **parts)


# Runs


def test_a_new_run_clears_what_was_shown_of_the_old(bench: DeckBench) -> None:
    bench.panels.knobs.weight_typed.emit(0, 0.5)
    entry = JournalEntry(1, 7, EditSlice(ENTRY, "set", 1.0))
    bench.shown(metrics=metric_rows(3.0), records=(record(0),), journal=((entry, "words"),), frame=frame())
    bench.window.on_screen |= {"edits"}
    bench.now_s += 1.0
    bench.shown(run=run_info(2))
    for panel in bench.panels:
        assert panel.clear.called or panel.key == "notes", panel.key  # of the document: a branch keeps them
    bench.panels.edits.show_entries.assert_called_with([])
    assert len(bench.panels.loss.show_history.call_args.args[0]) == 0
    assert bench.window.mock.show_status.call_args.args[1:] == (None, None)
    assert bench.deck.frame is None
    bench.panels.predictions.set_pending.assert_called_with(False)


def test_prompts_stay_with_their_preset(bench: DeckBench, settings: Settings) -> None:
    bench.panels.predictions.prompts_edited.emit("anna", "ben")
    settings.set_prompts("sort", ("ABC",))
    bench.begin(2)
    assert bench.interest.prompts == ("anna", "ben")
    bench.begin(3, "sort")
    assert bench.interest.prompts == ("ABC",)
    bench.begin(4, "names")
    assert bench.interest.prompts == ("anna", "ben")


def test_what_was_typed_while_the_engine_loaded_is_kept(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench = DeckBench(settings, monkeypatch)
    bench.deck.show_before_run(small_spec(), ("chri",))
    bench.panels.predictions.prompts_edited.emit("zoe", None)
    bench.panels.predictions.set_prompts.reset_mock()
    bench.begin()
    assert bench.interest.prompts == ("zoe",)
    bench.panels.predictions.set_prompts.assert_not_called()


def test_edits_of_the_last_run_are_not_waited_for_in_the_next(bench: DeckBench) -> None:
    bench.panels.knobs.weight_typed.emit(0, 0.9)
    bench.panels.strips.mute_toggled.emit(Strip(0), True)
    bench.begin(2)
    assert bench.deck.last_submitted == 0
    bench.session.deliver(frame=frame_of_knobs(reading(HEAD_S, 0.11), last_command=0))
    bench.pull()
    assert bench.deck._knobs.pins[0].value == 0.11
    bench.panels.predictions.set_pending.assert_called_with(False)


def test_a_new_run_owes_no_answers_of_the_last(bench: DeckBench) -> None:
    bench.panels.browse.slice_act.emit(ROW, SliceAct.KNOB_OWN)
    query, number = bench.session.queries[-1], bench.session.newest_number
    bench.begin(2)
    bench.session.deliver(answers=(Answer(number, query, 0, direction(ROW)),))
    bench.pull()
    assert len(bench.interest.knobs) == 6


# What the desk remembers


def targets(bench: DeckBench) -> tuple[ParameterSlice, ...]:
    return tuple(knob.target for knob in bench.interest.knobs)


def test_the_desk_is_as_it_was_left_at_the_next_start(
    bench: DeckBench, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.panels.browse.slice_act.emit(ROW, SliceAct.KNOB_OWN)
    answer = Answer(bench.session.newest_number, bench.session.queries[-1], 0, direction(ROW))
    bench.session.deliver(answers=(answer,))
    bench.pull()
    bench.panels.knobs.remove_requested.emit(0)
    left = bench.interest.knobs
    for panel in bench.panels.with_choices():
        panel.state.return_value = {}
    bench.deck.save_choices()
    again = DeckBench(settings, monkeypatch)
    again.begin()
    assert again.interest.knobs == left
    again.deck.refresher.stop()


def test_every_preset_has_a_desk_of_its_own(bench: DeckBench) -> None:
    bench.panels.browse.slice_act.emit(OTHER, SliceAct.KNOB)
    bench.begin(2, "sort")
    assert targets(bench) == SIX_OF_SORT
    bench.panels.knobs.remove_requested.emit(0)
    bench.panels.browse.slice_act.emit(OTHER, SliceAct.KNOB)
    bench.begin(3, "names")
    assert targets(bench) == (*SIX, OTHER)
    bench.begin(4, "sort")
    assert targets(bench) == (*SIX_OF_SORT[1:], OTHER)


def test_a_damaged_memory_gives_the_runs_own_six(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.set_knobs("names", [{"target": 5, "default": False}, {"target": "no.such", "default": False}])
    bench = DeckBench(settings, monkeypatch)
    bench.begin()
    assert targets(bench) == SIX
    bench.deck.refresher.stop()


# Acts


@pytest.mark.parametrize("source", ["window", "edits"])
def test_undo_and_redo_are_sent(bench: DeckBench, source: str) -> None:
    speaker: Any = bench.window if source == "window" else bench.panels.edits
    speaker.undo_requested.emit()
    speaker.redo_requested.emit()
    assert bench.session.commands == [Undo(), Redo()]


def test_a_preference_reaches_the_desk(bench: DeckBench) -> None:
    bench.window.preferences_changed.emit(Preferences(hold_while_turning=False))
    bench.panels.knobs.weight_grabbed.emit(0)
    assert bench.session.calls == []


def test_a_refused_edit_is_said_in_the_window(bench: DeckBench) -> None:
    bench.session.refusal = "That is too large."
    bench.window.mock.show_notice.reset_mock()
    bench.panels.knobs.weight_typed.emit(0, 1e9)
    bench.window.mock.show_notice.assert_called_once_with("That is too large.")
    bench.now_s += 1.0
    bench.pull()
    bench.panels.predictions.set_pending.assert_called_with(False)


def test_an_answer_of_the_session_repins_the_knobs(bench: DeckBench) -> None:
    bench.panels.knobs.suggest_requested.emit()
    answer = Answer(bench.session.newest_number, SuggestKnobs("chri"), 7, SIX[::-1])
    bench.session.deliver(answers=(answer,))
    bench.pull()
    assert tuple(knob.target for knob in bench.interest.knobs) == SIX[::-1]


@pytest.mark.parametrize(("asked", "command"), [(1, Undo(1)), (4, Undo(4)), (-2, Redo(2))])
def test_the_history_can_be_clicked_back_in(bench: DeckBench, asked: int, command: Undo | Redo) -> None:
    bench.panels.edits.go_to_requested.emit(asked)
    assert bench.session.commands == [command]


@pytest.mark.parametrize("command", [Undo(), Redo()])
def test_undo_and_redo_end_what_is_told_of_an_edit(bench: DeckBench, command: Undo | Redo) -> None:
    def deliver(value: float, *journal: Command) -> None:
        entries = tuple((JournalEntry(1, 7, each), "words") for each in journal)
        number = bench.session.newest_number
        bench.session.deliver(
            frame=frame_of_knobs(reading(HEAD_S, value), last_command=number), journal=entries
        )
        bench.pull()

    edit = EditSlice(HEAD_S, "set", 0.9)
    deliver(0.3, *([edit, Undo()] if command == Redo() else []))
    bench.panels.knobs.weight_typed.emit(0, 0.9)
    deliver(0.9, *([] if command == Redo() else [edit]))
    pin = bench.deck._knobs.pins[0]
    assert pin.trace is not None
    deliver(0.8)
    assert pin.trace is not None
    deliver(0.3, command)
    assert pin.trace is None


def test_a_prompt_is_what_directions_and_suggestions_are_about(bench: DeckBench) -> None:
    bench.panels.predictions.prompts_edited.emit("anna", None)
    bench.panels.browse.slice_act.emit(ROW, SliceAct.KNOB_READ)
    bench.panels.knobs.suggest_requested.emit()
    assert bench.session.queries == [FindDirection(ROW, "read", "anna"), SuggestKnobs("anna")]


def test_another_baseline_has_another_cost(bench: DeckBench) -> None:
    bench.window.on_screen |= {"in_hand"}
    bench.shown(journal=((JournalEntry(1, 7, EditSlice(HEAD_S, "set", 0.9)), "words"),))
    bench.shown(frame=frame(cost=COST, baseline_step=7))
    assert bench.panels.in_hand.show_cost.call_args.args == (COST,)
    bench.panels.predictions.baseline = Baseline.MARK
    bench.panels.predictions.baseline_chosen.emit(Baseline.MARK)
    assert bench.shown() == {"in_hand"}
    assert bench.panels.in_hand.show_cost.call_args.args == (None,)
    bench.panels.predictions.show_cost.assert_called_with(None)
    bench.shown(frame=frame(cost=COST, baseline=Baseline.MARK, baseline_step=3))
    assert bench.panels.in_hand.show_cost.call_args.args == (COST,)


def test_what_is_held_and_muted_is_known_to_the_menus(bench: DeckBench) -> None:
    mix = Mix().with_strip(Strip(0, 1), StripSetting(muted=True))
    bench.session.status = replace(bench.session.status, held=(ENTRY,), mix=mix)
    bench.pull()
    bench.panels.activations.show_mix.assert_called_with(mix)
