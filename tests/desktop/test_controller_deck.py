"""What the session says goes to the panels that can be seen, and the session is asked for no more than these need."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from tests.desktop.deck_bench import WATCH, DeckBench
from tests.desktop.fakes import (
    ENTRY,
    NORM,
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
from weightdeck.run.frame import Baseline, Frame, Interest, Part, Sampling
from weightdeck.run.journal import JournalEntry
from weightdeck.run.slices import ParameterSlice
from weightdeck.run.strips import Strip
from weightdeck_desktop.controller.deck import AWAITED_S
from weightdeck_desktop.settings import Settings

PREDICTIONS = prediction("chri")
HISTOGRAMS: Any = object()  # the deck passes such parts on unread


@pytest.fixture
def bench(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[DeckBench]:
    bench = DeckBench(settings, monkeypatch)
    bench.begin()
    yield bench
    bench.deck.refresher.stop()


def frame(**parts: Any) -> Frame:
    return Frame(run=1, step=7, last_command=0, **parts)


# Showing


def test_a_round_shows_one_thing_at_a_time(bench: DeckBench) -> None:
    bench.session.deliver(
        frame=frame(predictions=PREDICTIONS, knobs=(), histograms=HISTOGRAMS), metrics=metric_rows(3.0)
    )
    shows = bench.deck._pull()
    assert list(shows) == ["status", "predictions", "knobs", "loss", "weights"]
    panels = bench.panels
    told = [
        bench.window.mock.show_status,
        panels.predictions.show_predictions,
        panels.knobs.show_weights,
        panels.loss.show_history,
        panels.weights.show_now,
    ]
    for each in told:
        each.reset_mock()
    for place, show in enumerate(shows.values()):
        show()
        assert [each.called for each in told] == [at <= place for at in range(5)]


def test_the_status_line_gets_the_smoothed_and_the_newest_validation_loss(bench: DeckBench) -> None:
    bench.window.mock.show_status.reset_mock()
    bench.pull()
    bench.window.mock.show_status.assert_called_once_with(bench.session.status, None, None)
    bench.session.status = replace(bench.session.status, undo_title="set rate", redo_title="set clip")
    bench.shown(metrics=metric_rows(3.0, 3.0), records=(record(0),))
    status, smoothed, validation = bench.window.mock.show_status.call_args.args
    assert status is bench.session.status
    assert smoothed == pytest.approx(3.0)
    assert validation == 3.0
    bench.panels.edits.show_undo.assert_called_once_with("set rate", "set clip")


def test_a_hidden_panel_catches_up_when_it_is_seen(bench: DeckBench) -> None:
    bench.window.on_screen = WATCH - {"loss"}
    assert bench.shown(metrics=metric_rows(3.0)) == set()
    assert bench.shown(metrics=metric_rows(2.9)) == set()
    bench.window.on_screen = set(WATCH)
    bench.window.visibility_changed.emit()
    assert bench.shown() == {"loss"}
    assert len(bench.panels.loss.show_history.call_args.args[0]) == 2
    assert bench.shown() == set(), "once is enough"


def test_nothing_is_painted_while_minimised_and_everything_missed_afterwards(bench: DeckBench) -> None:
    bench.window.is_minimised = True
    bench.window.mock.show_status.reset_mock()
    entry = JournalEntry(1, 7, EditSlice(ENTRY, "set", 1.0))
    assert bench.shown(metrics=metric_rows(3.0), records=(record(7),), journal=((entry, "words"),)) == set()
    bench.window.mock.show_status.assert_not_called()
    assert bench.interest.parts == frozenset()
    bench.window.is_minimised = False
    bench.window.on_screen |= {"edits"}
    assert bench.shown() == {"loss", "weights", "activations", "edits"}


def test_all_panels_are_shown_again_when_a_run_begins(bench: DeckBench) -> None:
    assert bench.shown(run=run_info(2)) == WATCH - {"predictions"}, (
        "which has nothing to show before its frame"
    )


# Interest


@pytest.mark.parametrize(
    ("on_screen", "parts"),
    [
        (
            WATCH,
            {
                *(Part.PREDICTIONS, Part.SAMPLES, Part.COST),
                *(Part.HISTOGRAMS, Part.ACTIVATIONS, Part.KNOBS),
            },
        ),
        ({"loss", "edits"}, set()),
        ({"weights"}, {Part.HISTOGRAMS}),
        ({"response"}, {Part.RESPONSE, Part.KNOBS}),
        ({"in_hand"}, {Part.KNOBS, Part.COST}),
        ({"strips", "activations"}, {Part.STRIPS, Part.ACTIVATIONS}),
        ({"browse", "loss"}, {Part.TENSOR}),
    ],
)
def test_the_session_is_asked_for_what_the_visible_panels_need(
    bench: DeckBench, on_screen: set[str], parts: set[Part]
) -> None:
    bench.see(*on_screen)
    assert bench.interest.parts == parts


def test_what_matters_is_measured_only_while_it_is_shown(bench: DeckBench) -> None:
    bench.see("browse")
    bench.panels.browse.wants_sensitivity = True
    bench.panels.browse.token = 19
    bench.panels.browse.interest_changed.emit()
    assert bench.interest.parts == {Part.TENSOR, Part.SENSITIVITY}
    assert bench.interest.sensitive_token == 19
    bench.see("loss")
    assert bench.interest.parts == set()


def test_an_interest_is_told_once(bench: DeckBench) -> None:
    told = len(bench.session.interests)
    bench.shown(metrics=metric_rows(3.0))
    bench.window.visibility_changed.emit()
    assert len(bench.session.interests) == told


def test_the_interest_follows_what_the_user_chooses(bench: DeckBench, settings: Settings) -> None:
    bench.panels.predictions.prompts_edited.emit("an", "ma")
    assert bench.interest.prompts == ("an", "ma")
    assert settings.prompts("names") == ("an", "ma")
    bench.panels.predictions.prompts_edited.emit("ann", None)
    assert bench.interest.prompts == ("ann",)
    sampling = Sampling(temperature=0.0)
    bench.panels.predictions.sampling_changed.emit(sampling)
    assert bench.interest.sampling == sampling
    bench.panels.activations.tap = "mlp.post"
    bench.panels.activations.tap_chosen.emit("mlp.post")
    assert bench.interest.activation_tap == "mlp.post"
    bench.panels.browse.tensor = NORM.tensor
    bench.panels.browse.interest_changed.emit()
    assert bench.interest.tensor == NORM.tensor
    bench.panels.predictions.baseline = Baseline.PLAY
    bench.panels.predictions.baseline_chosen.emit(Baseline.PLAY)
    assert bench.interest.baseline is Baseline.PLAY
    bench.panels.knobs.selected.emit(4)
    assert bench.interest.in_hand is not None
    assert bench.interest.in_hand.target == SIX[4]
    bench.session.deliver(frame=frame_of_knobs(reading(SIX[4], 0.5)))
    bench.pull()
    assert bench.interest.knobs[4].reference == 0.5


def test_a_slice_that_is_brought_up_in_browse_is_asked_for_at_once(bench: DeckBench) -> None:
    def bring_up(target: ParameterSlice) -> None:
        bench.panels.browse.tensor = target.tensor  # and says nothing: it was told to

    bench.panels.browse.show_target.side_effect = bring_up
    bench.panels.weights.browse_requested.emit(NORM)
    assert bench.interest.tensor == NORM.tensor


def test_before_a_run_nothing_is_asked_for(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    bench = DeckBench(settings, monkeypatch)
    bench.deck.show_before_run(small_spec(), ("chri",))
    bench.window.visibility_changed.emit()
    assert bench.interest == Interest(prompts=("chri",), tensor=bench.panels.browse.tensor)
    panels = bench.panels
    for loading in (panels.predictions, panels.weights, panels.activations):
        loading.set_loading.assert_called_once_with(True)
    for waiting in (panels.knobs, panels.in_hand, panels.strips, panels.browse):
        waiting.set_enabled_engine.assert_called_once_with(False)
    panels.strips.set_model.assert_called_once_with(small_spec().model)


# Pending


def test_an_edit_shows_as_pending_after_a_tenth_of_a_second_until_it_is_back(bench: DeckBench) -> None:
    pending = bench.panels.predictions.set_pending

    def is_pending() -> bool:
        bench.pull()
        assert pending.call_args.args == bench.panels.in_hand.show_pending.call_args.args
        return bool(pending.call_args.args[0])

    bench.panels.knobs.weight_typed.emit(0, 0.5)
    number = bench.session.newest_number
    assert not is_pending()
    bench.now_s += 0.09
    assert not is_pending()
    bench.now_s += 0.02
    assert is_pending()
    bench.session.deliver(frame=frame_of_knobs(last_command=number - 1))
    assert is_pending()
    bench.session.deliver(frame=frame_of_knobs(last_command=number))
    assert not is_pending()


def test_the_next_edit_does_not_start_the_wait_anew(bench: DeckBench) -> None:
    for value in (0.1, 0.2, 0.3):
        bench.panels.knobs.weight_typed.emit(0, value)
        bench.now_s += 0.05
    bench.pull()
    bench.panels.predictions.set_pending.assert_called_with(True)


def test_a_strip_shows_as_pending_too(bench: DeckBench) -> None:
    bench.panels.strips.mute_toggled.emit(Strip(0), True)
    bench.now_s += 0.2
    bench.pull()
    bench.panels.strips.show_pending.assert_called_with(Strip(0))
    bench.panels.predictions.set_pending.assert_called_with(True)
    bench.session.deliver(frame=frame_of_knobs(last_command=bench.session.newest_number))
    bench.pull()
    bench.panels.strips.show_pending.assert_called_with(None)


def test_the_answer_to_the_hand_is_awaited_for_a_while(bench: DeckBench) -> None:
    assert not bench.deck._is_awaited()
    bench.panels.knobs.weight_typed.emit(0, 0.5)
    assert bench.deck._is_awaited()
    bench.window.is_minimised = True
    assert not bench.deck._is_awaited(), "nobody sees it"
    bench.window.is_minimised = False
    bench.now_s += AWAITED_S + 0.01
    assert not bench.deck._is_awaited(), "something else keeps it: no reason to spin"
    bench.session.deliver(frame=frame_of_knobs(last_command=bench.session.newest_number))
    bench.pull()
    bench.panels.strips.gain_typed.emit(Strip(0), 0.5)
    assert bench.deck._is_awaited()
    bench.session.deliver(frame=frame_of_knobs(last_command=bench.session.newest_number))
    bench.pull()
    assert not bench.deck._is_awaited()


def test_a_refused_command_is_not_awaited(bench: DeckBench) -> None:
    bench.session.refusal = "That is too large."
    bench.panels.knobs.weight_typed.emit(0, 1e9)
    assert not bench.deck._is_awaited()


def test_the_window_looks_more_often_while_the_hand_is_waiting(bench: DeckBench) -> None:
    at_leisure = bench.deck._interval_s()
    bench.panels.knobs.weight_typed.emit(0, 0.5)
    assert bench.deck._interval_s() == 0.0
    bench.session.deliver(frame=frame_of_knobs(last_command=bench.session.newest_number))
    bench.pull()
    assert bench.deck._interval_s() == at_leisure
    bench.panels.knobs.weight_grabbed.emit(0)
    assert bench.deck._interval_s() == 0.0
    bench.panels.knobs.weight_released.emit(0)
    bench.window.is_minimised = True
    assert bench.deck._interval_s() > at_leisure
