"""What the session says goes to the panels that can be seen, and the session is asked for no more than these need."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from types import SimpleNamespace
from typing import Any
from unittest.mock import MagicMock

import pytest

from tests.desktop.fakes import (
    ENTRY,
    HEAD_S,
    SIX,
    FakeSession,
    FakeWindow,
    fake_panels,
    frame_of_knobs,
    metric_rows,
    reading,
    record,
    run_info,
    small_spec,
)
from weightdeck.run.commands import EditSlice, Redo, Undo
from weightdeck.run.frame import Frame, Interest, Part, Phase, Sampling, Status
from weightdeck.run.journal import JournalEntry
from weightdeck.run.queries import Answer, SuggestKnobs
from weightdeck_desktop.controller import deck as module
from weightdeck_desktop.controller.deck import Deck
from weightdeck_desktop.settings import Preferences, Settings

WATCH = {"predictions", "loss", "weights", "activations", "knobs"}
HISTOGRAMS: Any = object()  # the deck passes such parts on unread
ACTIVATIONS: Any = object()
PREDICTIONS: Any = object()
SAMPLES: Any = object()


class Bench:
    """A deck between fakes, with a clock that stands until it is moved."""

    def __init__(self, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now_s = 100.0
        monkeypatch.setattr(module, "time", SimpleNamespace(monotonic=lambda: self.now_s))
        self.session = FakeSession()
        self.window = FakeWindow()
        self.window.on_screen = set(WATCH)
        self.panels = fake_panels()
        self.deck = Deck(self.session, self.window, self.panels, settings, starts_itself=False)

    def begin(self, number: int = 1, preset: str = "names") -> None:
        """A run begins; what is shown of it is forgotten."""
        self.session.status = Status(Phase.PAUSED, run=number)
        self.session.deliver(run=run_info(number, small_spec(preset)))
        self.pull()
        for panel in self.panels:
            panel.reset_mock()

    def pull(self) -> None:
        """One round: take what was delivered and show it."""
        for show in self.deck._pull():
            show()

    def shown(self, **news: Any) -> set[str]:
        """Deliver `news`; which panels were shown something."""
        for panel in self.panels:
            panel.reset_mock()
        self.session.deliver(**news)
        self.pull()
        shows = {
            "predictions": ("show_predictions", "show_samples"),
            "loss": ("show_history",),
            "weights": ("show_history", "show_now"),
            "activations": ("show_history", "show_activations"),
            "knobs": ("show_weights",),
            "in_hand": ("show_knob",),
            "response": ("show_place",),
            "edits": ("show_entries",),
        }
        return {
            panel.key
            for panel in self.panels
            if any(getattr(panel, name).called for name in shows[panel.key])
        }

    @property
    def interest(self) -> Interest:
        return self.session.interests[-1]


@pytest.fixture
def bench(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bench]:
    bench = Bench(settings, monkeypatch)
    bench.begin()
    yield bench
    bench.deck.refresher.stop()


def frame(**parts: Any) -> Frame:
    return Frame(run=1, step=7, last_command=0, **parts)


# Which panel is shown what


@pytest.mark.parametrize(
    ("news", "panels"),
    [
        ({}, set()),
        ({"metrics": metric_rows(3.0)}, {"loss"}),
        ({"records": (record(7),)}, {"loss", "weights", "activations"}),
        ({"frame": frame()}, set()),
        ({"frame": frame(predictions=PREDICTIONS)}, {"predictions"}),
        ({"frame": frame(samples=SAMPLES)}, {"predictions"}),
        ({"frame": frame(histograms=HISTOGRAMS)}, {"weights"}),
        ({"frame": frame(activations=ACTIVATIONS)}, {"activations"}),
        ({"frame": frame(knobs=(reading(HEAD_S, 0.1),))}, {"knobs"}),
    ],
)
def test_a_panel_is_shown_when_there_is_news_for_it(
    bench: Bench, news: dict[str, Any], panels: set[str]
) -> None:
    assert bench.shown(**news) == panels


def test_panels_get_their_share_and_its_step(bench: Bench) -> None:
    parts = frame(predictions=PREDICTIONS, samples=SAMPLES, histograms=HISTOGRAMS, activations=ACTIVATIONS)
    bench.shown(frame=parts, metrics=metric_rows(3.0, 2.9))
    panels = bench.panels
    panels.predictions.show_predictions.assert_called_once_with(PREDICTIONS, 7)
    panels.predictions.show_samples.assert_called_once_with(SAMPLES, 7)
    panels.weights.show_now.assert_called_once_with(HISTOGRAMS, 7)
    panels.activations.show_activations.assert_called_once_with(ACTIVATIONS, 7)
    (history,) = panels.loss.show_history.call_args.args
    assert history.metric("train_loss").tolist() == [3.0, 2.9]


def test_a_round_shows_one_panel_at_a_time_the_hand_first(bench: Bench) -> None:
    bench.session.deliver(
        frame=frame(predictions=PREDICTIONS, knobs=(), histograms=HISTOGRAMS), metrics=metric_rows(3.0)
    )
    shows = list(bench.deck._pull())
    assert len(shows) == 5
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
    for place, show in enumerate(shows):
        show()
        assert [each.called for each in told] == [at <= place for at in range(5)]


def test_the_status_line_gets_the_smoothed_and_the_newest_validation_loss(bench: Bench) -> None:
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


def test_what_was_done_is_listed(bench: Bench) -> None:
    bench.window.on_screen = {"edits"}
    entry = JournalEntry(1, 7, EditSlice(ENTRY, "set", 1.0))
    assert bench.shown(journal=((entry, "set embed [i, 3] to +1.000"),)) == {"edits"}
    ((line,),) = bench.panels.edits.show_entries.call_args.args
    assert (line.step, line.words) == (7, "set embed [i, 3] to +1.000")


# Panels that cannot be seen


def test_a_hidden_panel_catches_up_when_it_is_seen(bench: Bench) -> None:
    bench.window.on_screen = WATCH - {"loss"}
    assert bench.shown(metrics=metric_rows(3.0)) == set()
    assert bench.shown(metrics=metric_rows(2.9)) == set()
    bench.window.on_screen = set(WATCH)
    bench.window.visibility_changed.emit()
    assert bench.shown() == {"loss"}
    assert len(bench.panels.loss.show_history.call_args.args[0]) == 2
    assert bench.shown() == set(), "once is enough"


def test_a_hidden_panel_that_missed_nothing_is_left_alone(bench: Bench) -> None:
    bench.window.on_screen = WATCH - {"weights"}
    bench.shown(metrics=metric_rows(3.0))
    bench.window.on_screen = set(WATCH)
    assert bench.shown() == set()


def test_nothing_is_painted_while_minimised_and_everything_missed_afterwards(bench: Bench) -> None:
    bench.window.is_minimised = True
    bench.window.mock.show_status.reset_mock()
    entry = JournalEntry(1, 7, EditSlice(ENTRY, "set", 1.0))
    assert bench.shown(metrics=metric_rows(3.0), records=(record(7),), journal=((entry, "words"),)) == set()
    bench.window.mock.show_status.assert_not_called()
    assert bench.interest.parts == frozenset()
    bench.window.is_minimised = False
    bench.window.on_screen |= {"edits"}
    assert bench.shown() == {"loss", "weights", "activations", "edits"}


def test_all_panels_are_shown_again_when_a_run_begins(bench: Bench) -> None:
    assert bench.shown(run=run_info(2)) == WATCH - {"predictions"}, (
        "which has nothing to show before its frame"
    )


# Interest


def test_the_session_is_asked_for_what_the_visible_panels_need(bench: Bench) -> None:
    needs = {Part.PREDICTIONS, Part.SAMPLES, Part.HISTOGRAMS, Part.ACTIVATIONS, Part.KNOBS}
    assert bench.interest.parts == needs
    for on_screen, parts in (
        ({"loss", "edits"}, set()),
        ({"weights"}, {Part.HISTOGRAMS}),
        ({"response"}, {Part.RESPONSE, Part.KNOBS}),
        ({"in_hand"}, {Part.KNOBS}),
        ({"predictions"}, {Part.PREDICTIONS, Part.SAMPLES}),
    ):
        bench.window.on_screen = on_screen
        bench.window.visibility_changed.emit()
        assert bench.interest.parts == parts


def test_an_interest_is_told_once(bench: Bench) -> None:
    told = len(bench.session.interests)
    bench.shown(metrics=metric_rows(3.0))
    bench.window.visibility_changed.emit()
    assert len(bench.session.interests) == told


def test_the_interest_follows_what_the_user_chooses(bench: Bench, settings: Settings) -> None:
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
    bench.panels.knobs.selected.emit(4)
    assert bench.interest.in_hand is not None
    assert bench.interest.in_hand.target == SIX[4]
    bench.session.deliver(frame=frame_of_knobs(reading(SIX[4], 0.5)))
    bench.pull()
    assert bench.interest.knobs[4].reference == 0.5


def test_before_a_run_nothing_is_asked_for(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    bench = Bench(settings, monkeypatch)
    bench.deck.show_before_run(small_spec(), ("chri",))
    bench.window.visibility_changed.emit()
    assert bench.interest == Interest(prompts=("chri",))
    bench.panels.predictions.set_loading.assert_called_once_with(True)


# Pending


def test_an_edit_shows_as_pending_after_a_tenth_of_a_second_until_it_is_back(bench: Bench) -> None:
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


def test_the_next_edit_does_not_start_the_wait_anew(bench: Bench) -> None:
    for value in (0.1, 0.2, 0.3):
        bench.panels.knobs.weight_typed.emit(0, value)
        bench.now_s += 0.05
    bench.pull()
    bench.panels.predictions.set_pending.assert_called_with(True)


def test_the_window_looks_more_often_while_the_hand_is_waiting(bench: Bench) -> None:
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


# Runs


def test_a_new_run_clears_what_was_shown_of_the_old(bench: Bench) -> None:
    bench.panels.knobs.weight_typed.emit(0, 0.5)
    entry = JournalEntry(1, 7, EditSlice(ENTRY, "set", 1.0))
    bench.shown(metrics=metric_rows(3.0), records=(record(0),), journal=((entry, "words"),), frame=frame())
    bench.window.on_screen |= {"edits"}
    bench.now_s += 1.0
    bench.shown(run=run_info(2))
    for panel in bench.panels:
        if panel.key not in ("knobs", "in_hand", "response"):
            panel.clear.assert_called_once_with()
    bench.panels.edits.show_entries.assert_called_with([])
    assert len(bench.panels.loss.show_history.call_args.args[0]) == 0
    assert bench.window.mock.show_status.call_args.args[1:] == (None, None)
    assert bench.deck.frame is None
    bench.panels.predictions.set_pending.assert_called_with(False)


def test_prompts_stay_with_their_preset(bench: Bench, settings: Settings) -> None:
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
    bench = Bench(settings, monkeypatch)
    bench.deck.show_before_run(small_spec(), ("chri",))
    bench.panels.predictions.prompts_edited.emit("zoe", None)
    bench.panels.predictions.set_prompts.reset_mock()
    bench.begin()
    assert bench.interest.prompts == ("zoe",)
    bench.panels.predictions.set_prompts.assert_not_called()


# Acts


@pytest.mark.parametrize("source", ["window", "edits"])
def test_undo_and_redo_are_sent(bench: Bench, source: str) -> None:
    speaker: Any = bench.window if source == "window" else bench.panels.edits
    speaker.undo_requested.emit()
    speaker.redo_requested.emit()
    assert bench.session.commands == [Undo(), Redo()]


def test_a_preference_reaches_the_desk(bench: Bench) -> None:
    bench.window.preferences_changed.emit(Preferences(hold_while_turning=False))
    bench.panels.knobs.weight_grabbed.emit(0)
    assert bench.session.calls == []


def test_a_refused_edit_is_said_in_the_window(bench: Bench) -> None:
    bench.session.refusal = "That is too large."
    bench.window.mock.show_notice = MagicMock()
    bench.panels.knobs.weight_typed.emit(0, 1e9)
    bench.window.mock.show_notice.assert_called_once_with("That is too large.")
    bench.now_s += 1.0
    bench.pull()
    bench.panels.predictions.set_pending.assert_called_with(False)


def test_an_answer_of_the_session_repins_the_knobs(bench: Bench) -> None:
    bench.panels.knobs.suggest_requested.emit()
    answer = Answer(bench.session.newest_number, SuggestKnobs("chri"), 7, SIX[::-1])
    bench.session.deliver(answers=(answer,))
    bench.pull()
    assert tuple(knob.target for knob in bench.interest.knobs) == SIX[::-1]
