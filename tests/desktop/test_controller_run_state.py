"""The window's copy of the run: what came is kept until it is shown, and nothing of the last run stays."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.desktop.fakes import (
    ENTRY,
    HEAD_S,
    frame_of_knobs,
    metric_rows,
    prediction,
    reading,
    record,
    run_info,
)
from weightdeck.run.commands import EditSlice
from weightdeck.run.frame import Baseline, DataCost, Delivery, Frame, Part, Phase, Status
from weightdeck.run.journal import JournalEntry
from weightdeck_desktop.controller.news import News
from weightdeck_desktop.controller.run_state import RunState

HISTOGRAMS: Any = object()  # these parts are kept unread
TENSOR: Any = object()
COST, DEARER = DataCost(0.03, 0.004, 500, 0), DataCost(0.3, 0.01, 500, 0)


def frame(step: int, **parts: Any) -> Frame:
    return Frame(run=1, step=step, last_command=0, **parts)


# News


def test_news_is_taken_once_with_the_frame_that_brought_it() -> None:
    news = News()
    brought = frame(7, histograms=HISTOGRAMS)
    assert news.keep(brought) == {Part.HISTOGRAMS}
    assert news.take(Part.HISTOGRAMS) == (HISTOGRAMS, brought)
    assert news.take(Part.HISTOGRAMS) is None
    assert news.take(Part.TENSOR) is None


def test_the_newest_of_every_part_is_kept() -> None:
    news = News()
    first, second, third = (
        frame(7, histograms=HISTOGRAMS, tensor=TENSOR),
        frame(8, tensor=TENSOR, knobs=()),
        frame(9),
    )
    assert [news.keep(each) for each in (first, second, third)] == [
        {Part.HISTOGRAMS, Part.TENSOR},
        {Part.TENSOR, Part.KNOBS},
        set(),
    ]
    assert news.take(Part.HISTOGRAMS) == (HISTOGRAMS, first)
    assert news.take(Part.TENSOR) == (TENSOR, second)
    assert news.take(Part.KNOBS) == ((), second), "nothing to read is news too"


def test_a_new_run_has_no_old_news() -> None:
    news = News()
    news.keep(frame(7, tensor=TENSOR))
    news.clear()
    assert news.take(Part.TENSOR) is None


# The run


@pytest.fixture
def state() -> RunState:
    state = RunState()
    state.begin(run_info())
    return state


def receive(state: RunState, baseline: Baseline = Baseline.LAST, **news: Any) -> set[Part]:
    return state.receive(Delivery(Status(Phase.TRAINING), **news), baseline)


def test_what_came_is_kept(state: RunState) -> None:
    entry = JournalEntry(1, 7, EditSlice(ENTRY, "set", 1.0))
    newest = frame_of_knobs(reading(HEAD_S, 0.1))
    brought = receive(
        state,
        metrics=metric_rows(3.0, 2.0),
        records=(record(0), record(10)),
        journal=((entry, "words"),),
        frame=newest,
    )
    assert brought == {Part.KNOBS}
    assert state.frame is newest
    assert state.history.metric("train_loss").tolist() == [3.0, 2.0]
    assert len(state.history.records) == 2
    assert 2.0 < state.smoother.value < 3.0
    assert [line.words for line in state.log.lines] == ["words"]
    assert receive(state, metrics=metric_rows(1.0)[:0]) == set()
    assert state.frame is newest


def test_the_newest_cost_is_kept_while_there_is_something_to_compare_with(state: RunState) -> None:
    compared = prediction()
    receive(state, frame=frame(7, predictions=compared, cost=COST, baseline_step=7))
    assert state.cost == COST
    receive(state, frame=frame(8, predictions=compared, baseline_step=7))
    receive(state, frame=frame(8))
    assert state.cost == COST, "it comes less often than predictions do"
    receive(state, frame=frame(9, cost=DEARER, baseline_step=7))
    assert state.cost == DEARER
    receive(state, frame=frame(10, predictions=compared))
    assert state.cost is None, "there is no baseline any more"


def test_a_cost_of_another_baseline_is_passed_over(state: RunState) -> None:
    receive(state, Baseline.MARK, frame=frame(7, cost=COST, baseline=Baseline.LAST, baseline_step=7))
    assert state.cost is None
    receive(state, Baseline.MARK, frame=frame(7, cost=DEARER, baseline=Baseline.MARK, baseline_step=3))
    assert state.cost == DEARER
    receive(state, Baseline.MARK, frame=frame(7, cost=COST, baseline=Baseline.LAST, baseline_step=7))
    assert state.cost == DEARER


def test_nothing_of_the_last_run_holds(state: RunState) -> None:
    entry = JournalEntry(1, 7, EditSlice(ENTRY, "set", 1.0))
    receive(
        state,
        metrics=metric_rows(3.0),
        records=(record(0),),
        journal=((entry, "words"),),
        frame=replace(frame(7, cost=COST, tensor=TENSOR), baseline_step=3),
    )
    state.begin(run_info(2))
    assert state.info is not None
    assert state.info.number == 2
    assert len(state.history) == 0
    assert state.history.records == ()
    assert state.log.lines == []
    assert state.frame is None
    assert state.cost is None
    assert state.news.take(Part.TENSOR) is None
