"""Which panel is shown what: news that it can show, in the order of the hand, and what it missed while hidden."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from unittest.mock import MagicMock

import pytest

from tests.desktop.fakes import (
    ENTRY,
    HEAD_N,
    HEAD_S,
    fake_panels,
    frame_of_knobs,
    metric_rows,
    prediction,
    reading,
    record,
    run_info,
)
from weightdeck.run.commands import EditSlice, SetStrip
from weightdeck.run.frame import Baseline, DataCost, Delivery, Frame, Part, Phase, Reach, Status
from weightdeck.run.journal import JournalEntry
from weightdeck.run.scales import PinnedKnob
from weightdeck.run.strips import Strip, StripSetting
from weightdeck_desktop.controller.inside import InsideDesk
from weightdeck_desktop.controller.knobs import KnobDesk
from weightdeck_desktop.controller.run_state import RunState
from weightdeck_desktop.controller.showing import URGENT, Desks, Showing
from weightdeck_desktop.controller.strips import StripDesk

PREDICTIONS = prediction("chri")
SAMPLES: Any = object()  # these parts are passed on unread
HISTOGRAMS: Any = object()
ACTIVATIONS: Any = object()
RESPONSE: Any = object()
LEVELS: Any = object()
TENSOR: Any = object()
SENSITIVITY: Any = object()
COST = DataCost(0.03, 0.004, 500, 0)
EDIT = ((JournalEntry(1, 7, EditSlice(ENTRY, "set", 1.0)), "set embed [i, 3] to +1.000"),)
OF_INSIDE = (Part.TAPS, Part.HEADS, Part.LENS, Part.CONTRIBUTIONS, Part.EMBEDDINGS, Part.BATCH)
EVERYTHING = {
    "predictions",
    "loss",
    "weights",
    "activations",
    "knobs",
    "strips",
    "browse",
    "in_hand",
    "response",
    "edits",
}


class Bench:
    """A run that has begun, with nothing shown yet of it."""

    def __init__(self) -> None:
        self.panels = fake_panels()
        self.state = RunState()
        self.state.begin(run_info())
        self.knobs, self.strips = MagicMock(spec=KnobDesk), MagicMock(spec=StripDesk)
        self.knobs.in_hand = PinnedKnob(ENTRY)
        self.inside = MagicMock(spec=InsideDesk)
        self.inside.shows.return_value = {}
        self.showing = Showing(self.state, self.panels, Desks(self.knobs, self.strips, self.inside))
        self.on_screen = set(EVERYTHING)

    def round(self, **news: Any) -> list[str]:
        """Deliver `news` and show what a round of it shows; whom, in their order."""
        delivery = Delivery(Status(Phase.TRAINING), **news)
        self.state.status = delivery.status
        brought = self.state.receive(delivery, self.panels.predictions.baseline)
        shows = self.showing.round(delivery, brought, self.on_screen)
        for show in shows.values():
            show()
        return list(shows)

    def is_complete(self, **news: Any) -> bool:
        before = self.showing.complete_refreshes
        self.round(**news)
        return self.showing.complete_refreshes > before


@pytest.fixture
def bench() -> Bench:
    return Bench()


def frame(**parts: Any) -> Frame:
    return Frame(run=1, step=7, last_command=3, **parts)


# Whom news is for


@pytest.mark.parametrize(
    ("news", "panels"),
    [
        ({}, set()),
        ({"metrics": metric_rows(3.0)}, {"loss"}),
        ({"records": (record(7),)}, {"loss", "weights", "activations"}),
        ({"journal": EDIT}, {"edits", "strips", "in_hand"}),
        ({"frame": frame()}, set()),
        ({"frame": frame(predictions=PREDICTIONS)}, {"predictions"}),
        ({"frame": frame(samples=SAMPLES)}, {"predictions"}),
        ({"frame": frame(cost=COST)}, {"predictions", "in_hand"}),
        ({"frame": frame(histograms=HISTOGRAMS)}, {"weights"}),
        ({"frame": frame(activations=ACTIVATIONS)}, {"activations"}),
        ({"frame": frame(knobs=(reading(HEAD_S, 0.1),))}, {"knobs", "in_hand", "response"}),
        ({"frame": frame(reaches=(Reach(PinnedKnob(HEAD_S), 7, 0.5),))}, {"knobs", "in_hand"}),
        ({"frame": frame(response=RESPONSE)}, {"response"}),
        ({"frame": frame(strips=LEVELS)}, {"strips"}),
        ({"frame": frame(tensor=TENSOR)}, {"browse"}),
        ({"frame": frame(sensitivity=SENSITIVITY)}, {"browse"}),
    ],
)
def test_a_panel_is_shown_when_there_is_news_for_it(
    bench: Bench, news: dict[str, Any], panels: set[str]
) -> None:
    assert set(bench.round(**news)) == panels


def test_every_part_of_a_frame_is_shown_somewhere(bench: Bench) -> None:
    for part in Part:
        if part in OF_INSIDE:
            continue  # see test_controller_inside.py
        assert bench.round(frame=frame(**{part.value: PREDICTIONS})), part
        assert bench.state.news.take(part) is None or part in (Part.KNOBS, Part.RESPONSE, Part.COST), part


def test_the_work_of_the_hand_comes_first(bench: Bench) -> None:
    bench.showing.missed()
    order = bench.round()
    assert set(order) == EVERYTHING
    assert order[0] == "predictions"
    assert set(order[: len(URGENT)]) == URGENT


# What they are shown


def test_panels_get_their_share_and_its_step(bench: Bench) -> None:
    bench.round(
        frame=frame(
            predictions=PREDICTIONS,
            samples=SAMPLES,
            histograms=HISTOGRAMS,
            activations=ACTIVATIONS,
            strips=LEVELS,
            tensor=TENSOR,
            sensitivity=SENSITIVITY,
            knobs=(),
            cost=COST,
            baseline_step=5,
        ),
        metrics=metric_rows(3.0, 2.9),
        records=(replace(record(6), exact=0.75),),
        journal=EDIT,
    )
    panels = bench.panels
    panels.predictions.show_predictions.assert_called_once_with(PREDICTIONS, 7, 5)
    panels.predictions.show_samples.assert_called_once_with(SAMPLES, 7)
    panels.predictions.show_cost.assert_called_once_with(COST)
    panels.predictions.show_exact.assert_called_once_with(0.75, 6)
    panels.weights.show_now.assert_called_once_with(HISTOGRAMS, 7)
    panels.weights.show_history.assert_called_once_with(bench.state.history, None)
    panels.activations.show_activations.assert_called_once_with(ACTIVATIONS, 7)
    panels.activations.show_history.assert_called_once_with(bench.state.history, None)
    panels.browse.show_tensor.assert_called_once_with(TENSOR, 7)
    panels.browse.show_sensitivity.assert_called_once_with(SENSITIVITY, 7)
    panels.loss.show_history.assert_called_once_with(bench.state.history)
    panels.edits.show_entries.assert_called_once_with(bench.state.log.lines)
    bench.strips.show.assert_called_once_with(LEVELS, 7)
    bench.knobs.show_knobs.assert_called_once_with(bench.state.status)
    bench.knobs.show_in_hand.assert_called_once_with(COST, of_last=True)
    bench.knobs.show_response.assert_called_once_with()


def test_what_did_not_come_is_not_shown_again(bench: Bench) -> None:
    bench.round(frame=frame(predictions=PREDICTIONS, samples=SAMPLES, strips=LEVELS))
    bench.panels.predictions.reset_mock()
    bench.strips.reset_mock()
    bench.round(frame=frame(samples=SAMPLES), journal=EDIT)
    bench.panels.predictions.show_predictions.assert_not_called()
    bench.panels.predictions.show_samples.assert_called_once_with(SAMPLES, 7)
    bench.strips.show.assert_called_once_with(None, bench.state.status.step)


def test_the_cost_stands_beside_a_knob_only_when_it_is_of_its_turn(bench: Bench) -> None:
    edit = EditSlice(HEAD_S, "set", 1.0)
    bench.knobs.in_hand = PinnedKnob(HEAD_S)
    bench.round(journal=((JournalEntry(3, 7, edit), "words"),), frame=frame(cost=COST, baseline_step=7))
    bench.knobs.show_in_hand.assert_called_with(COST, of_last=True)
    bench.knobs.in_hand = PinnedKnob(HEAD_N)
    bench.round(frame=frame(cost=COST, baseline_step=7))
    bench.knobs.show_in_hand.assert_called_with(None, of_last=True)
    bench.knobs.in_hand = PinnedKnob(HEAD_S)
    mute = SetStrip(Strip(0, 1), StripSetting(muted=True))
    bench.round(journal=((JournalEntry(4, 7, mute), "words"),), frame=frame(cost=COST, baseline_step=7))
    bench.knobs.show_in_hand.assert_called_with(None, of_last=True)


def test_the_cost_is_of_the_last_change_only_where_that_is_the_baseline(bench: Bench) -> None:
    bench.panels.predictions.baseline = Baseline.MARK
    bench.round(frame=frame(cost=COST, baseline=Baseline.MARK, baseline_step=3))
    bench.knobs.show_in_hand.assert_called_once_with(COST, of_last=False)


def test_the_newest_command_whose_predictions_are_shown_is_known(bench: Bench) -> None:
    assert bench.showing.shown_command == 0
    bench.round(frame=frame(knobs=()))
    assert bench.showing.shown_command == 0
    bench.round(frame=frame(predictions=PREDICTIONS))
    assert bench.showing.shown_command == 3


def test_a_comparison_with_another_baseline_is_passed_over(bench: Bench) -> None:
    bench.panels.predictions.baseline = Baseline.MARK
    bench.round(frame=frame(predictions=PREDICTIONS))
    bench.panels.predictions.show_predictions.assert_not_called()
    bench.round(frame=frame(predictions=PREDICTIONS, baseline=Baseline.MARK, baseline_step=2))
    bench.panels.predictions.show_predictions.assert_called_once_with(PREDICTIONS, 7, 2)


def test_without_a_prompt_that_the_model_knows_nothing_matters(bench: Bench) -> None:
    bench.round(frame=frame(predictions=prediction("chri", "ma")))
    bench.panels.browse.show_sensitivity.assert_not_called()
    bench.round(frame=frame(predictions=prediction("ma")))
    bench.panels.browse.show_sensitivity.assert_called_once_with(None, 7)


# Panels that cannot be seen


def test_a_hidden_panel_is_shown_what_it_missed_once_it_is_seen(bench: Bench) -> None:
    bench.on_screen = {"loss"}
    assert bench.round(frame=frame(tensor=TENSOR, histograms=HISTOGRAMS)) == []
    newest = frame(tensor=object(), knobs=())
    assert bench.round(frame=newest, journal=EDIT) == []
    bench.on_screen = set(EVERYTHING)
    assert set(bench.round()) == {"browse", "weights", "knobs", "in_hand", "response", "edits", "strips"}
    bench.panels.browse.show_tensor.assert_called_once_with(newest.tensor, 7)
    bench.panels.weights.show_now.assert_called_once_with(HISTOGRAMS, 7)
    assert bench.round() == [], "once is enough"


def test_a_hidden_panel_that_missed_nothing_is_left_alone(bench: Bench) -> None:
    bench.on_screen = EVERYTHING - {"weights"}
    bench.round(metrics=metric_rows(3.0))
    bench.on_screen = set(EVERYTHING)
    assert bench.round() == []


def test_what_is_to_be_shown_again_waits_for_its_panel_too(bench: Bench) -> None:
    bench.on_screen = {"knobs"}
    bench.showing.missed("knobs", "response")
    assert bench.round() == ["knobs"]
    bench.on_screen = {"response", "loss"}
    assert bench.round() == ["response"]
    assert bench.round() == []


# Complete refreshes


def test_a_refresh_is_complete_when_every_visible_panel_has_news(bench: Bench) -> None:
    bench.on_screen = {"predictions", "loss", "edits"}
    assert not bench.is_complete(metrics=metric_rows(3.0))
    assert not bench.is_complete(frame=frame(predictions=PREDICTIONS))
    assert bench.is_complete(metrics=metric_rows(3.0), frame=frame(predictions=PREDICTIONS))
    bench.on_screen |= {"strips", "browse"}
    assert not bench.is_complete(
        metrics=metric_rows(3.0), frame=frame(predictions=PREDICTIONS, strips=LEVELS)
    )
    everything = frame(predictions=PREDICTIONS, strips=LEVELS, tensor=TENSOR)
    assert bench.is_complete(metrics=metric_rows(3.0), frame=everything)


def test_what_was_only_missed_makes_no_refresh_complete(bench: Bench) -> None:
    bench.on_screen = {"knobs"}
    bench.showing.missed()
    assert not bench.is_complete()
    assert bench.is_complete(frame=frame_of_knobs(reading(HEAD_S, 0.1)))


@pytest.mark.parametrize("on_screen", [set(), {"edits"}])
def test_where_nothing_ever_changes_nothing_is_counted(bench: Bench, on_screen: set[str]) -> None:
    bench.on_screen = on_screen
    assert not bench.is_complete(journal=EDIT, frame=frame(predictions=PREDICTIONS))
