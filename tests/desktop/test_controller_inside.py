"""The controller of the panels of Inside, between a fake session and fake panels."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from unittest.mock import MagicMock

import numpy as np
import pytest
from PySide6.QtCore import QObject, Signal

from tests.desktop.fakes import FakeSession, FakeWindow, fake_panels, prediction, run_info
from tests.desktop.tap_readings import reading, taps
from weightdeck.run.audit import AuditReport, Mismatch
from weightdeck.run.document import Past, Place
from weightdeck.run.frame import Frame, Interest, Phase, Status
from weightdeck.run.half_step import HalfStep, Stage
from weightdeck.run.inside import NeuronStudy, Patch, SameAgain
from weightdeck.run.queries import Answer, RunAgain, StudyNeurons
from weightdeck.run.subjects import InBatch, InPrompt, TapCell, TapGradient, TokenLoss
from weightdeck_desktop.controller.inside import InsideDesk
from weightdeck_desktop.controller.news import News
from weightdeck_desktop.panels.tap_source import TapSource

TRAINING = Status(Phase.TRAINING, steps_per_s=80.0)


class Explaining(QObject):
    """In place of the controller that explains: writes down what it is asked."""

    chosen = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.mock = MagicMock()

    def __getattr__(self, name: str) -> Any:
        return getattr(self.mock, name)


class Bench:
    """A run of names has begun, with prompt A."""

    def __init__(self) -> None:
        self.session, self.window, self.panels = FakeSession(), FakeWindow(), fake_panels()
        self.explaining, self.news = Explaining(), News()
        self.interest_changes = 0
        self.desk = InsideDesk(self.session, self.window, self.panels, self.explaining, self.news)  # type: ignore[arg-type]
        self.desk.interest_changed.connect(self._on_interest_changed)
        self.desk.begin(run_info(), ("chri",))
        for panel in (
            self.panels.transformer,
            self.panels.inspector,
            self.panels.attention,
            self.panels.batch,
        ):
            panel.reset_mock()
        self.interest_changes = 0

    def _on_interest_changed(self) -> None:
        self.interest_changes += 1

    def read(self, **parts: Any) -> None:
        """A frame of step 7 with these parts has come, and is shown."""
        frame = Frame(1, 7, 0, **parts)
        self.news.keep(frame)
        self.desk.read(frame, TRAINING)
        for show in self.desk.shows().values():
            show()

    def answer(self, value: object, problem: str = "") -> None:
        """The session answers its newest question."""
        number = self.session.newest_number
        self.desk.answer(Answer(number, self.session.queries[-1], 7, value, problem))  # type: ignore[arg-type]


@pytest.fixture
def bench() -> Bench:
    return Bench()


def test_only_panels_that_can_be_seen_want_taps(bench: Bench) -> None:
    panels = bench.panels
    panels.transformer.wanted_taps = frozenset({"embed"})
    panels.inspector.wanted_taps = frozenset({"logits"})
    panels.neurons.wanted_taps = frozenset({"blocks.0.mlp.post"})
    interest = bench.desk.with_interest(Interest(prompts=("chri",)), {"transformer", "inspector"})
    assert interest.taps == {"embed", "logits"}
    assert interest.prompts == ("chri",)


def test_row_and_patches_are_asked_for_where_taps_are(bench: Bench) -> None:
    patch = Patch("embed")
    bench.panels.transformer.batch_row, bench.panels.transformer.patches = 3, (patch,)
    bench.panels.contributions.position, bench.panels.contributions.token = 2, 5
    seen = bench.desk.with_interest(Interest(), {"inspector", "contributions"})
    assert (seen.batch_row, seen.patches, seen.position, seen.token) == (3, (patch,), 2, 5)
    hidden = bench.desk.with_interest(Interest(), {"loss"})
    assert (hidden.batch_row, hidden.patches, hidden.taps) == (None, (), frozenset())


def test_all_that_show_taps_are_shown_the_same(bench: Bench) -> None:
    found = taps(reading(), step=40)
    bench.read(taps=found)
    panels = bench.panels
    for panel in (panels.transformer, panels.inspector, panels.attention, panels.neurons):
        panel.show_taps.assert_called_with(found, 40)


def test_other_parts_go_to_their_panel_with_the_step(bench: Bench) -> None:
    parts = {name: MagicMock() for name in ("lens", "contributions", "embeddings", "batch", "heads")}
    bench.read(**parts)
    panels = bench.panels
    panels.lens.show_lens.assert_called_once_with(parts["lens"], 7)
    panels.contributions.show_contributions.assert_called_once_with(parts["contributions"], 7)
    panels.embeddings.show_embeddings.assert_called_once_with(parts["embeddings"], 7)
    panels.batch.show_batch.assert_called_once_with(parts["batch"], 7)
    panels.attention.show_heads.assert_called_once_with(parts["heads"], 7)
    panels.cost.show_speed.assert_called_with(80.0)


def test_the_prompts_tokens_are_told_once(bench: Bench) -> None:
    bench.read(predictions=prediction("chri"))
    bench.read(predictions=prediction("chri"))
    bench.panels.memory.set_tokens.assert_called_once_with("chri", (".",))
    bench.panels.expression.set_tokens.assert_called_once_with((".",))
    bench.read(taps=taps(reading("abca", where=InBatch(0))), predictions=prediction("chri"))
    bench.panels.memory.set_tokens.assert_called_once()


@pytest.mark.parametrize("key", ["transformer", "inspector", "lens", "batch", "predictions", "activations"])
def test_a_number_that_is_pointed_at_is_explained(bench: Bench, key: str) -> None:
    cell = TapCell(InPrompt("chri"), "logits", (3, 5))
    getattr(bench.panels, key).cell_chosen.emit(cell)
    bench.explaining.mock.explain.assert_called_once_with(cell)


def test_what_is_explained_is_outlined_where_it_is_seen(bench: Bench) -> None:
    panels = bench.panels
    for subject in (
        TapCell(InPrompt("chri"), "blocks.0.attn.z", (1, 3, 5)),
        TapGradient(2, "blocks.0.attn.z", (1, 3, 5)),
    ):
        bench.explaining.chosen.emit(subject)
        panels.inspector.set_chosen.assert_called_with(subject)
        panels.transformer.set_chosen.assert_called_with(subject)
        panels.attention.set_chosen.assert_called_with(subject)
    bench.explaining.chosen.emit(None)
    panels.inspector.set_chosen.assert_called_with(None)
    loss = TokenLoss(2, 3)
    bench.explaining.chosen.emit(loss)
    panels.batch.set_chosen.assert_called_with(loss)


def test_a_stage_of_the_picture_is_inspected(bench: Bench) -> None:
    bench.panels.transformer.tap_chosen.emit("blocks.0.mlp.pre")
    bench.window.mock.show_panel.assert_called_with("inspector")
    bench.panels.inspector.set_tap.assert_called_once_with("blocks.0.mlp.pre")
    bench.panels.transformer.set_tap.assert_called_once_with("blocks.0.mlp.pre")
    assert bench.interest_changes == 1


def test_a_stage_that_the_inspector_shows_is_outlined_in_the_picture(bench: Bench) -> None:
    bench.panels.inspector.tap_chosen.emit("logits")
    bench.panels.transformer.set_tap.assert_called_once_with("logits")
    assert bench.interest_changes == 1


def test_a_head_of_the_picture_is_shown_large(bench: Bench) -> None:
    bench.panels.contributions.head_chosen.emit(0, 1)
    bench.window.mock.show_panel.assert_called_with("attention")
    bench.panels.attention.set_head.assert_called_once_with(0, 1)


def test_all_panels_show_the_same_pass(bench: Bench) -> None:
    bench.panels.transformer.source_chosen.emit(TapSource.DIFFERENCE)
    bench.panels.inspector.set_source.assert_called_once_with(TapSource.DIFFERENCE)
    bench.panels.attention.set_source.assert_called_once_with(TapSource.DIFFERENCE)
    assert bench.interest_changes == 1


def test_a_run_begins_with_whose_pass_the_picture_remembers(bench: Bench) -> None:
    """Restored from the last start, which nobody has chosen in this one."""
    bench.panels.transformer.source, bench.panels.transformer.batch_row = TapSource.GRADIENT, 3
    bench.desk.begin(run_info(2), ("chri",))
    bench.panels.inspector.set_source.assert_called_with(TapSource.GRADIENT)
    bench.panels.attention.set_source.assert_called_with(TapSource.GRADIENT)
    bench.panels.batch.set_row.assert_called_with(3)


def test_a_sequence_of_the_batch_is_looked_into(bench: Bench) -> None:
    bench.panels.transformer.batch_row = 4
    bench.panels.batch.row_chosen.emit(4)
    panels = bench.panels
    bench.window.mock.show_panel.assert_called_with("transformer")
    panels.transformer.set_batch_row.assert_called_once_with(4)
    for panel in (panels.transformer, panels.inspector, panels.attention):
        panel.set_source.assert_called_once_with(TapSource.BATCH)
    panels.batch.set_row.assert_called_once_with(4)


def test_how_far_a_step_is_is_passed_on_but_for_the_past(bench: Bench) -> None:
    half = HalfStep(Stage.FORWARD, loss=2.0)
    now = Status(Phase.PAUSED, step=7, half=half)
    bench.desk.show_half(now, update_made=False)
    bench.panels.transformer.show_half.assert_called_with(half, False, 7)
    bench.desk.show_half(now, update_made=True)
    bench.panels.transformer.show_half.assert_called_with(half, True, 7)
    past = Past(Place(0, 3), 3, is_exact=True, problem="")
    bench.desk.show_half(replace(now, past=past), update_made=True)
    bench.panels.transformer.show_half.assert_called_with(HalfStep(), False, 7)


@pytest.mark.parametrize("source", list(TapSource))
def test_without_b_nothing_of_b_is_shown(bench: Bench, source: TapSource) -> None:
    bench.desk.set_prompts(("chri", "anna"))
    bench.panels.transformer.source = source
    bench.desk.set_prompts(("chri",))
    if source in (TapSource.A, TapSource.BATCH, TapSource.GRADIENT):
        bench.panels.transformer.set_source.assert_not_called()
    else:
        for panel in (bench.panels.transformer, bench.panels.inspector, bench.panels.attention):
            panel.set_source.assert_called_once_with(TapSource.A)


def test_mismatches_are_shown(bench: Bench) -> None:
    wrong = Mismatch(7, "chri", "logits", (3, 5), 1.0, 2.0)
    bench.desk.show_audit(AuditReport(100, 0.5, 7, (wrong,)))
    panels = bench.panels
    for panel in (panels.explain, panels.predictions, panels.transformer, panels.inspector, panels.attention):
        panel.show_mismatches.assert_called_once_with((wrong,))
    bench.window.mock.show_audit.assert_called_once_with(AuditReport(100, 0.5, 7, (wrong,)))
    bench.window.mock.mismatch_requested.emit()
    bench.explaining.mock.explain.assert_called_once_with(TapCell(InPrompt("chri"), "logits", (3, 5)))


# Questions


def test_neurons_are_studied_when_that_is_asked_for(bench: Bench) -> None:
    neurons = bench.panels.neurons
    neurons.study_requested.emit(0)
    assert bench.session.queries == [StudyNeurons(0)]
    neurons.show_studying.assert_called_with(True)
    none = np.zeros(0, dtype=np.float32)
    study = NeuronStudy(0, 7, 10, none, none, none, ())
    bench.answer(study)
    neurons.show_studying.assert_called_with(False)
    neurons.show_study.assert_called_once_with(study)


def test_a_study_that_could_not_be_made_says_why(bench: Bench) -> None:
    bench.panels.neurons.study_requested.emit(0)
    bench.answer(None, "There is no such block.")
    bench.panels.neurons.show_studying.assert_called_with(False)
    bench.panels.neurons.show_problem.assert_called_once_with("There is no such block.")


def test_a_run_that_begins_while_neurons_are_seen_is_studied(bench: Bench) -> None:
    bench.panels.neurons.wants_study, bench.panels.neurons.block = True, 0
    bench.desk.begin(run_info(2), ("chri",))
    assert bench.session.queries == []
    bench.window.on_screen = {"neurons"}
    bench.desk.begin(run_info(3), ("chri",))
    assert bench.session.queries == [StudyNeurons(0)]


def test_the_same_input_is_run_again(bench: Bench) -> None:
    bench.panels.memory.again_requested.emit(2)
    assert bench.session.queries == [RunAgain("chri", 2)]
    same = SameAgain("chri", 7, (), 100, 0, np.zeros(3, dtype=np.float32))
    bench.answer(same)
    bench.panels.memory.show_again.assert_called_once_with(same)


def test_what_was_run_in_the_past_is_run_again_now(bench: Bench) -> None:
    bench.panels.memory.table.return_value, bench.panels.memory.dropped = [["token"]], 2
    bench.desk.read(Frame(1, 3, 0, is_past=True), TRAINING)
    bench.desk.read(Frame(1, 4, 0, is_past=True), TRAINING)
    assert bench.session.queries == [RunAgain("chri", 2)]
    bench.answer(SameAgain("chri", 7, (), 100, 0, np.zeros(3, dtype=np.float32)))
    bench.panels.memory.set_past.assert_called_with(7)
    bench.desk.read(Frame(1, 7, 0), TRAINING)
    bench.answer(SameAgain("chri", 7, (), 100, 0, np.zeros(3, dtype=np.float32)))
    bench.panels.memory.set_past.assert_called_with(None)


def test_answers_to_others_go_to_who_explains(bench: Bench) -> None:
    answer = Answer(99, RunAgain("chri"), 7)
    bench.desk.answer(answer)
    bench.explaining.mock.answer.assert_called_once_with(answer)


def test_a_new_run_empties_every_panel(bench: Bench) -> None:
    bench.desk.begin(run_info(2), ("chri",))
    panels = bench.panels
    for panel in (
        *(panels.transformer, panels.inspector, panels.attention, panels.neurons, panels.memory),
        *(panels.embeddings, panels.lens, panels.contributions, panels.batch, panels.cost),
    ):
        panel.clear.assert_called()
