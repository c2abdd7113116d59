"""One run in the trainer thread: the trainer with everything that watches it."""

from __future__ import annotations

import time
from collections.abc import Callable

from weightdeck.probes.directions import find_direction
from weightdeck.probes.explaining import explain
from weightdeck.probes.knobs import suggest_knobs
from weightdeck.probes.neurons import run_again
from weightdeck.probes.predictions import frozen
from weightdeck.probes.recorder import Recorder
from weightdeck.run.commands import Command
from weightdeck.run.frame import Record, RunInfo
from weightdeck.run.half_step import Stage
from weightdeck.run.queries import (
    Answer,
    AnswerValue,
    Explain,
    ExplainTogether,
    FindDirection,
    Hashes,
    OfMoment,
    ReadSlice,
    RunAgain,
    StateHashes,
    SuggestKnobs,
)
from weightdeck.run.words import command_title
from weightdeck.session.frames import FrameBuilder
from weightdeck.session.meter import LossWatch, Speedometer
from weightdeck.training.trainer import StepMetrics, Trainer


class LiveRun:
    """Trains, edits and reads one run, and keeps what is shown of it up to date. Owned by the trainer thread."""

    def __init__(self, trainer: Trainer) -> None:
        self.trainer = trainer
        self.frames = FrameBuilder(trainer)
        self.speed = Speedometer()
        self._recorder = Recorder(trainer)
        self._loss_watch = LossWatch()

    def info(self, number: int) -> RunInfo:
        """What stays the same during the run; `number` counts the runs of the session."""
        trainer = self.trainer
        corpus, spec = trainer.corpus, trainer.spec
        return RunInfo(
            number=number,
            spec=spec,
            layout=trainer.parameters.layout,
            vocabulary=corpus.tokenizer.vocabulary,
            references=trainer.references,
            train_items=len(corpus.train),
            validation_items=len(corpus.validation),
            numerics=trainer.numerics,
            suggested_knobs=suggest_knobs(trainer, corpus.prompt(spec.prompt)),
        )

    def step(self, is_called: Callable[[], bool] = lambda: False) -> StepMetrics | None:
        """Make one step, or what is left of the one in hand. Raises ``NotFiniteError`` when it was not kept.

        Between its parts `is_called` is asked whether somebody waits; if so, the step stays half made and None is
        returned. A command then throws the half away, and anything else loses nothing.
        """
        while (metrics := self.part()) is None:
            if is_called():
                return None
        return metrics

    def part(self) -> StepMetrics | None:
        """Make the next of a step's three parts; the metrics when that was the last. Raises as `step` does."""
        metrics = self.trainer.next_part()
        if metrics is None:
            self.frames.halved()
            return None
        self.frames.stepped()
        assert self.trainer.rows is not None
        self.speed.stepped(time.monotonic(), len(self.trainer.rows.targets_S))
        self._loss_watch.stepped(metrics[1])
        return metrics

    @property
    def is_half_made(self) -> bool:
        """Whether a step was begun and is not finished."""
        return self.trainer.stage is not Stage.NOTHING

    def record_if_due(self) -> Record | None:
        """The record of the present step, if it is one at which the run is recorded."""
        if not self.trainer.spec.records_at(self.trainer.step):
            return None
        record = self._recorder.record()
        self.frames.show_statistics(record)
        return record

    def apply(self, command: Command, number: int) -> None:
        """Carry out a command. Raises ``ValueError`` with a sentence when it does not fit."""
        self.trainer.apply(command, number)

    def answer(self, number: int, query: OfMoment) -> Answer:
        """Answer a question about this moment."""
        step = self.trainer.step
        try:
            return Answer(number, query, step, self._answered(query))
        except ValueError as problem:
            return Answer(number, query, step, problem=str(problem))

    def _answered(self, query: OfMoment) -> AnswerValue:
        trainer = self.trainer
        value: AnswerValue
        match query:
            case ReadSlice(target):
                target.info(trainer.parameters.layout)
                value = frozen(trainer.parameters.part(target))
            case SuggestKnobs(prompt):
                value = suggest_knobs(trainer, trainer.corpus.prompt(prompt))
            case FindDirection():
                value = find_direction(trainer, query)
            case StateHashes():
                value = Hashes(trainer.weights_sha256(), trainer.state_sha256())
            case Explain(subject):
                value = explain(trainer, subject)
            case ExplainTogether(subjects):
                value = tuple(explain(trainer, subject) for subject in subjects)
            case RunAgain(prompt, dropped):
                value = run_again(trainer.now, trainer.corpus.prompt(prompt), dropped)
        return value

    def title_of(self, command: Command | None) -> str:
        """A command in words; "" for None."""
        if command is None:
            return ""
        trainer = self.trainer
        return command_title(command, trainer.corpus.tokenizer.vocabulary, trainer.parameters.layout)

    @property
    def diverging(self) -> bool:
        return self._loss_watch.diverging
