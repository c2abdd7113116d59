"""Questions that take many rounds of the loop, answered a slice at a time: training and other questions go on."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

from weightdeck.probes.neurons import study_neurons
from weightdeck.run.queries import Answer, CompareMoments, InSlices, ReadOverSteps, StudyNeurons
from weightdeck.session.comparing import Comparing
from weightdeck.session.open_document import OpenDocument
from weightdeck.session.reading_steps import reading_steps

Work = Generator[None, None, Answer]


class LongAnswers:
    """The oldest question goes first. To cancel one is to forget it. Owned by the trainer thread."""

    def __init__(self) -> None:
        self._begun: dict[int, Work] = {}

    def __bool__(self) -> bool:
        return bool(self._begun)

    def begin(self, number: int, query: InSlices, opened: OpenDocument) -> None:
        """Take up query `number`, about the moment that is shown; on the way to one, about that one."""
        if isinstance(query, CompareMoments):
            work = _answering(number, query, query.b.step, Comparing(opened.document, query).slices())
        elif opened.is_moving:
            work = _when_there(number, query, opened)
        else:
            work = _of_this_moment(number, query, opened)
        self._begun[number] = work

    def cancel(self, number: int) -> None:
        self._begun.pop(number, None)

    def clear(self) -> None:
        """Another document is open: nobody waits for an answer about this one."""
        self._begun.clear()

    def advance(self) -> Answer | None:
        """One slice of the question that was begun first; the answer at its end."""
        number = next(iter(self._begun))
        try:
            next(self._begun[number])
        except StopIteration as end:
            del self._begun[number]
            answer: Answer = end.value
            return answer
        return None


def _when_there(number: int, query: StudyNeurons | ReadOverSteps, opened: OpenDocument) -> Work:
    while opened.is_moving:
        yield
    return (yield from _of_this_moment(number, query, opened))


def _of_this_moment(number: int, query: StudyNeurons | ReadOverSteps, opened: OpenDocument) -> Work:
    """The work on a copy of the moment that is shown now: its trainer goes on."""
    trainer = opened.shown.trainer
    moment = trainer.snapshot()
    slices: Generator[None, None, Any]
    match query:
        case StudyNeurons(block):
            slices = study_neurons(moment, trainer.corpus, block)
        case ReadOverSteps():
            slices = reading_steps(opened.document, moment, trainer, opened.place.branch, query)
    return _answering(number, query, moment.step, slices)


def _answering(number: int, query: InSlices, step: int, slices: Generator[None, None, Any]) -> Work:
    try:
        value = yield from slices
    except ValueError as problem:
        return Answer(number, query, step, problem=str(problem))
    return Answer(number, query, step, value)
