"""Questions about the inside of a run that take many rounds of the loop, and those that are answered at once."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import replace

import numpy as np

from tests.core.opened import train
from tests.core.watcher import ALL_PARTS, ONE, Watcher, headless
from weightdeck.probes.over_steps import read_at
from weightdeck.run.document import NewRun, Place
from weightdeck.run.explanation import Explanation
from weightdeck.run.frame import Interest
from weightdeck.run.inside import NeuronStudy, OverSteps, Patch, SameAgain
from weightdeck.run.layout import tap_shapes
from weightdeck.run.queries import (
    Answer,
    Explain,
    ExplainTogether,
    Query,
    ReadOverSteps,
    RunAgain,
    StudyNeurons,
)
from weightdeck.run.spec import RunSpec
from weightdeck.run.subjects import (
    BatchLoss,
    InBatch,
    TapCell,
    TapGradient,
    TokenLoss,
    WeightCell,
    WeightGradient,
)
from weightdeck.session.reading_steps import reading_steps
from weightdeck.store import document as documents
from weightdeck.store.document import RunDocument
from weightdeck.training.trainer import Trainer

QUERY = ReadOverSteps("chri", "blocks.1.mlp.pre", 3, 9)


def answered(watcher: Watcher, query: Query) -> Answer:
    number = watcher.session.ask(query)
    watcher.until(lambda: number in watcher.answers)
    return watcher.answers[number]


def kept_document(spec: RunSpec, steps: int) -> tuple[RunDocument, Trainer]:
    """With a keyframe of every step."""
    trainer = Trainer(spec)
    document = RunDocument.begin(trainer, None)
    for _ in range(steps):
        document.stepped(trainer.train_step(), trainer, 0.0)
        document.keep(trainer)
    return document, trainer


def finished(slices: Generator[None, None, OverSteps]) -> OverSteps:
    """What they come to."""
    while True:
        try:
            next(slices)
        except StopIteration as end:
            found: OverSteps = end.value
            return found


def is_reading_of(found: OverSteps, row: int, trainer: Trainer) -> bool:
    expected = read_at(
        trainer.now, trainer.corpus.prompt(QUERY.prompt), QUERY.tap, QUERY.position, QUERY.token
    )
    told = found.mean[row], found.std[row], found.low[row], found.high[row]
    wanted = expected.mean, expected.std, expected.low, expected.high
    return told == tuple(map(np.float32, wanted)) and np.array_equal(found.lens[row], expected.lens)


def test_a_keyframe_that_gives_way_meanwhile_is_left_out(names_spec: RunSpec) -> None:
    """Training goes on between two slices, and keyframes are thinned out."""
    document, trainer = kept_document(names_spec, 6)
    slices = reading_steps(document, trainer.snapshot(), trainer, 0, QUERY)
    for _ in range(3):
        next(slices)
    dropped = [key.number for key in document.keyframes_of(0) if key.step in (3, 5)]
    document._write((), documents.Changes((), (), dropped, {}))
    assert finished(slices).steps.tolist() == [0, 1, 2, 4, 6]
    document.close()


def test_it_ends_at_the_moment_that_was_asked_about(names_spec: RunSpec) -> None:
    """However far training has gone on since, with keyframes on its way."""
    document, trainer = kept_document(names_spec, 4)
    slices = reading_steps(document, trainer.snapshot(), trainer, 0, QUERY)
    for _ in range(3):
        document.stepped(trainer.train_step(), trainer, 0.0)
        document.keep(trainer)
        next(slices)
    found = finished(slices)
    assert found.steps.tolist() == [0, 1, 2, 3, 4]
    again = Trainer(names_spec)
    for row in range(5):
        assert is_reading_of(found, row, again)
        again.train_step()
    document.close()


def test_at_most_so_many_evenly_chosen(names_spec: RunSpec) -> None:
    document, trainer = kept_document(names_spec, 12)
    for most, steps in ((1, [12]), (2, [0, 12]), (4, [0, 6, 11, 12])):
        slices = reading_steps(document, trainer.snapshot(), trainer, 0, replace(QUERY, most=most))
        assert finished(slices).steps.tolist() == steps
    document.close()


def test_a_session_reads_over_its_steps_while_it_trains(ready: Watcher, names_spec: RunSpec) -> None:
    """Each is about one moment, that at which it was taken up, however far the run has gone since; no bit changes."""
    train(ready, 8)
    first, second = ready.session.ask(StudyNeurons(1)), ready.session.ask(QUERY)
    ready.session.play(until_step=40)
    ready.until(lambda: second in ready.answers)
    study, found = ready.answers[first].value, ready.answers[second].value
    assert isinstance(study, NeuronStudy)
    assert isinstance(found, OverSteps)
    assert ready.answers[first].step == study.step
    begun = ready.answers[second].step
    steps = found.steps.tolist()
    assert (steps[0], steps[-1], steps) == (0, begun, sorted(set(steps)))
    assert 8 in steps
    trainer = Trainer(names_spec)
    for row, step in enumerate(found.steps):
        while trainer.step < step:
            trainer.train_step()
        assert is_reading_of(found, row, trainer)
    ready.until(lambda: ready.status.step == 40)
    assert ready.weights_sha256() == headless(names_spec, 40)


def test_on_the_way_to_a_moment_it_is_about_that_one(ready: Watcher, names_spec: RunSpec) -> None:
    train(ready, 30)
    ready.session.seek(Place(0, 29))
    asked = [ready.session.ask(query) for query in (QUERY, StudyNeurons(0))]
    ready.until(lambda: ready.answers.keys() >= set(asked))
    over, study = (ready.answers[number] for number in asked)
    assert isinstance(over.value, OverSteps)
    assert isinstance(study.value, NeuronStudy)
    assert (over.step, over.value.steps[-1]) == (29, 29)
    assert (study.step, study.value.step) == (29, 29)
    trainer = Trainer(names_spec)
    for _ in range(29):
        trainer.train_step()
    assert is_reading_of(over.value, -1, trainer)


def test_what_cannot_be_read_is_a_sentence_and_the_session_goes_on(ready: Watcher) -> None:
    for query, sentence in (
        (StudyNeurons(2), "There is no block 2"),
        (StudyNeurons(-1), "There is no block -1"),
        (replace(QUERY, tap="blocks.7.mlp.pre"), "no activation called"),
        (replace(QUERY, position=99), "5 tokens, counted from 0"),
        (Explain(BatchLoss()), "No step has been made"),
        (Explain(TapCell(InBatch(0), "embed", (0, 0))), "No step has been made"),
        (Explain(WeightCell("lm_head.weight", (99, 0))), "lies outside"),
        (ExplainTogether((WeightCell("lm_head.weight", (1, 0)), BatchLoss())), "No step has been made"),
        (RunAgain("chri", 9), "5 tokens, counted from 0"),
    ):
        answer = answered(ready, query)
        assert answer.value is None
        assert sentence in answer.problem
    assert ready.ask(ONE).problem == ""


def test_explanations_are_answered_by_a_session(ready: Watcher, names_spec: RunSpec) -> None:
    train(ready, 3)
    found = answered(ready, Explain(BatchLoss()))
    assert isinstance(found.value, Explanation)
    assert (found.value.value, found.value.step) == (ready.rows[2, 1], 2)
    together = answered(ready, ExplainTogether((WeightCell("lm_head.weight", (1, 0)), BatchLoss())))
    assert isinstance(together.value, tuple)
    assert together.value[1] == found.value
    again = answered(ready, RunAgain("chri", 1))
    assert isinstance(again.value, SameAgain)
    assert (again.value.differing, again.value.dropped, again.value.step) == (0, 1, 3)
    assert ready.weights_sha256() == headless(names_spec, 3)


def test_whoever_watches_and_asks_for_everything_changes_no_bit(watcher: Watcher, sort_spec: RunSpec) -> None:
    """With dropout, between the parts of steps and between steps; another run that nobody watched is the same."""
    watcher.session.start(NewRun(sort_spec))
    watcher.until(lambda: bool(watcher.runs))
    every = frozenset(tap_shapes(sort_spec.model, 1))
    patch = Patch("blocks.0.attn.v", token=1)
    moods = [
        Interest(ALL_PARTS, ("CAB", "ABC"), taps=every, patches=(patch,), position=1, token=2, against=0),
        Interest(ALL_PARTS, ("CAB",), taps=every, batch_row=3, position=9, token=7),
        Interest(ALL_PARTS, ("",), taps=every, batch_row=99, patches=(patch,)),
    ]
    queries: list[Query] = [
        Explain(WeightGradient("transformer.h.0.attn.c_attn.weight", (30, 2))),
        Explain(TapGradient(0, "blocks.0.mlp.post", (10, 3))),
        ExplainTogether((WeightCell("transformer.wte.weight", (1, 2)), BatchLoss(), TokenLoss(0, 10))),
        RunAgain("CAB", 1),
        StudyNeurons(0),
        ReadOverSteps("CAB", "blocks.0.attn.z", 1, 2),
    ]
    watcher.session.play(until_step=40)
    asked: dict[int, Query] = {}
    for turn in range(10_000):
        watcher.session.watch(moods[turn % len(moods)])
        number = watcher.session.ask(queries[turn % len(queries)])
        asked[number] = queries[turn % len(queries)]
        watcher.until(lambda number=number: number in watcher.answers)
        if watcher.status.step == 40 and turn > len(queries):
            break
    train(watcher, 41)
    watcher.until(lambda: watcher.answers.keys() >= asked.keys())
    answers = {asked[number]: answer for number, answer in watcher.answers.items() if number in asked}
    assert answers.keys() == set(queries)
    assert all(
        isinstance(answer.value, OverSteps | NeuronStudy | SameAgain) for answer in list(answers.values())[3:]
    )
    for mood, is_shown in (
        (moods[0], lambda taps: any(reading.patches for reading in taps.readings)),
        (moods[1], lambda taps: any(reading.gradients for reading in taps.readings)),
        (moods[2], lambda taps: "there is no 99" in taps.problem),
    ):
        watcher.session.watch(mood)
        watcher.until(
            lambda is_shown=is_shown: any(is_shown(frame.taps) for frame in watcher.frames if frame.taps)
        )
    assert watcher.weights_sha256() == headless(sort_spec, 41)
