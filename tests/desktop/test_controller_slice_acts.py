"""What a panel asks to be done with a slice becomes the right command or question, and its answer is used."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from PySide6.QtGui import QGuiApplication

from tests.desktop.desk_bench import HandBench
from tests.desktop.fakes import ATTENTION, ENTRY, HEAD_S, ROW, direction, run_info
from weightdeck.run.commands import AddNoise, Command, EditSlice, HoldSlices, Paste, Reinitialise
from weightdeck.run.queries import Answer, FindDirection, ReadSlice
from weightdeck.run.slices import ParameterSlice, SliceValues
from weightdeck_desktop.controller.slice_acts import NOISE_SPREADS, SliceActs
from weightdeck_desktop.panels.slice_acts import SliceAct

NUMBERS = np.arange(16, dtype=np.float32) / 8


class Bench(HandBench):
    """Slice acts in a hand, their run begun."""

    def __init__(self) -> None:
        super().__init__()
        self.acts = SliceActs(self.session, self.hand, self.parent)
        self.knobs: list[tuple[object, object]] = []
        self.copied: list[tuple[int, str]] = []
        self.changed: list[ParameterSlice] = []
        self.acts.knob_wanted.connect(lambda target, along: self.knobs.append((target, along)))
        self.acts.copied.connect(lambda count, title: self.copied.append((count, title)))
        self.acts.acting_on.connect(self.changed.append)
        self.acts.begin(run_info())
        self.acts.set_prompt("chri")

    def answer(self, value: Any = None, *, number: int | None = None, problem: str = "") -> None:
        """The answer to the newest question."""
        number = self.session.newest_number if number is None else number
        self.acts.answer(Answer(number, self.session.queries[-1], 7, value, problem))

    def copy(self, target: ParameterSlice = ROW, values: Any = NUMBERS) -> None:
        self.acts.act(target, SliceAct.COPY)
        self.answer(values)


@pytest.fixture
def bench() -> Bench:
    return Bench()


# Commands


@pytest.mark.parametrize(
    ("target", "act", "command"),
    [
        (ROW, SliceAct.HOLD, HoldSlices((ROW,), held=True)),
        (ROW, SliceAct.LET_GO, HoldSlices((ROW,), held=False)),
        (ENTRY, SliceAct.ZERO, EditSlice(ENTRY, "set", 0.0)),
        (ROW, SliceAct.ZERO, EditSlice(ROW, "scale", 0.0)),
        (ROW, SliceAct.REINITIALISE, Reinitialise(ROW, 1)),
        (ROW, SliceAct.INITIAL, Reinitialise(ROW, 0)),
        (ROW, SliceAct.NOISE, AddNoise(ROW, NOISE_SPREADS, 1)),
    ],
    ids=lambda each: each.value if isinstance(each, SliceAct) else "",
)
def test_an_act_is_a_command(bench: Bench, target: ParameterSlice, act: SliceAct, command: Command) -> None:
    bench.acts.act(target, act)
    assert bench.session.commands == [command]
    moves_numbers = not isinstance(command, HoldSlices)
    assert bench.changed == ([target] if moves_numbers else [])
    assert bench.problems == []


def test_no_two_draws_are_the_same(bench: Bench) -> None:
    for act in (SliceAct.REINITIALISE, SliceAct.NOISE, SliceAct.NOISE):
        bench.acts.act(ROW, act)
    bench.acts.begin(run_info(2))
    bench.acts.act(ROW, SliceAct.REINITIALISE)
    draws = [command.draw for command in bench.session.commands]
    assert len(set(draws)) == 4
    assert 0 not in draws, "which is the run's own start"


def test_what_is_refused_is_said_and_changes_nothing(bench: Bench) -> None:
    bench.session.refusal = "That does not fit."
    for act in (SliceAct.NOISE, SliceAct.ZERO, SliceAct.HOLD):
        bench.acts.act(ROW, act)
    assert bench.problems == ["That does not fit."] * 3
    assert bench.changed == []


# Copy and paste


def test_copied_numbers_can_be_pasted(bench: Bench) -> None:
    bench.copy()
    assert bench.session.queries == [ReadSlice(ROW)]
    assert bench.copied == [(16, "embed row i")]
    bench.acts.act(ATTENTION, SliceAct.PASTE)
    assert bench.session.commands == [Paste(ATTENTION, SliceValues.of(NUMBERS))]
    assert bench.changed == [ATTENTION]


def test_copied_numbers_are_on_the_systems_clipboard_in_full_precision(bench: Bench) -> None:
    values = np.array([[0.1, -2.5e-8], [3.0, np.pi]], dtype=np.float32)
    bench.copy(ATTENTION, values)
    text = QGuiApplication.clipboard().text()
    again = np.array([float(line) for line in text.splitlines()], dtype=np.float32)
    assert np.array_equal(again, values.ravel())


def test_a_single_weight_can_be_copied(bench: Bench) -> None:
    bench.copy(ENTRY, np.float32(0.25))
    assert bench.copied[-1][0] == 1
    bench.acts.act(HEAD_S, SliceAct.PASTE)
    assert bench.session.commands == [Paste(HEAD_S, SliceValues.of(np.float32(0.25)))]


def test_what_was_copied_does_not_change_with_its_slice(bench: Bench) -> None:
    values = NUMBERS.copy()
    bench.copy(ROW, values)
    values[:] = 9.0
    bench.acts.act(ROW, SliceAct.PASTE)
    assert bench.session.commands == [Paste(ROW, SliceValues.of(NUMBERS))]


def test_without_anything_copied_nothing_is_pasted(bench: Bench) -> None:
    bench.acts.act(ROW, SliceAct.PASTE)
    assert bench.session.commands == []
    bench.acts.act(ROW, SliceAct.COPY)
    bench.acts.act(ROW, SliceAct.PASTE)
    assert bench.session.commands == [], "the numbers are still on their way"


# Knobs


def test_a_knob_that_sets_or_scales_needs_no_question(bench: Bench) -> None:
    bench.acts.act(ROW, SliceAct.KNOB)
    assert bench.knobs == [(ROW, None)]
    assert bench.session.queries == []


@pytest.mark.parametrize(
    ("act", "query"),
    [
        (SliceAct.KNOB_OWN, FindDirection(ROW, "own")),
        (SliceAct.KNOB_READ, FindDirection(ROW, "read", "chri")),
    ],
)
def test_a_knob_along_a_direction_waits_for_that(bench: Bench, act: SliceAct, query: FindDirection) -> None:
    bench.acts.act(ROW, act)
    assert bench.session.queries == [query]
    assert bench.knobs == []
    bench.answer(direction(ROW))
    assert bench.knobs == [(ROW, direction(ROW))]
    assert bench.session.commands == []


def test_what_a_slice_reads_is_about_the_present_prompt(bench: Bench) -> None:
    bench.acts.set_prompt("anna")
    bench.acts.act(ROW, SliceAct.KNOB_READ)
    assert bench.session.queries == [FindDirection(ROW, "read", "anna")]


# Answers


def test_a_question_without_an_answer_gives_the_sentence(bench: Bench) -> None:
    bench.acts.act(ROW, SliceAct.KNOB_READ)
    bench.answer(problem="All of these weights are zero.")
    bench.acts.act(ROW, SliceAct.COPY)
    bench.answer(problem="It went away.")
    assert bench.problems == ["All of these weights are zero.", "It went away."]
    assert bench.knobs == []
    assert bench.copied == []


def test_an_answer_counts_once_and_only_if_it_was_asked_for_here(bench: Bench) -> None:
    bench.acts.act(ROW, SliceAct.KNOB_OWN)
    number = bench.session.newest_number
    bench.answer(direction(ROW), number=number + 1)
    assert bench.knobs == []
    for _ in range(2):
        bench.answer(direction(ROW), number=number)
    assert len(bench.knobs) == 1


def test_answers_may_come_in_any_order(bench: Bench) -> None:
    for target in (ROW, ATTENTION):
        bench.acts.act(target, SliceAct.KNOB_OWN)
    first, second = bench.session.queries
    number = bench.session.newest_number
    bench.acts.answer(Answer(number, second, 7, direction(ATTENTION)))
    bench.acts.answer(Answer(number - 1, first, 7, direction(ROW)))
    assert bench.knobs == [(ATTENTION, direction(ATTENTION)), (ROW, direction(ROW))]


def test_a_new_run_drops_what_the_last_still_owes_and_keeps_what_was_copied(bench: Bench) -> None:
    bench.copy()
    bench.acts.act(ROW, SliceAct.KNOB_OWN)
    bench.acts.begin(run_info(2))
    bench.answer(direction(ROW))
    assert bench.knobs == []
    bench.acts.act(ROW, SliceAct.PASTE)
    assert bench.session.commands == [Paste(ROW, SliceValues.of(NUMBERS))]
