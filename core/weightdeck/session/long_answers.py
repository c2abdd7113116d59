"""Questions that take many rounds of the loop, answered a slice at a time: training and other questions go on."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

from weightdeck.probes.neurons import study_neurons
from weightdeck.run.queries import Answer, CompareMoments, InSlices, ReadOverSteps, StudyNeurons
from weightdeck.session.comparing import Comparing
from weightdeck.session.open_document import OpenDocument
from weightdeck.session.reading_steps import reading_steps


class LongAnswers:
    """The oldest question goes first. To cancel one is to forget it. Owned by the trainer thread."""

    def __init__(self) -> None:
        self._begun: dict[int, tuple[InSlices, int, Generator[None, None, Any]]] = {}

    def __bool__(self) -> bool:
        return bool(self._begun)

    def begin(self, number: int, query: InSlices, opened: OpenDocument) -> None:
        """Take up query `number`, about the moment that is shown."""
        step = query.b.step if isinstance(query, CompareMoments) else opened.shown.trainer.step
        self._begun[number] = (query, step, _slices(query, opened))

    def cancel(self, number: int) -> None:
        self._begun.pop(number, None)

    def clear(self) -> None:
        """Another document is open: nobody waits for an answer about this one."""
        self._begun.clear()

    def advance(self) -> Answer | None:
        """One slice of the question that was begun first; the answer at its end."""
        number = next(iter(self._begun))
        query, step, slices = self._begun[number]
        try:
            next(slices)
        except StopIteration as end:
            answer = Answer(number, query, step, end.value)
        except ValueError as problem:
            answer = Answer(number, query, step, problem=str(problem))
        else:
            return None
        del self._begun[number]
        return answer


def _slices(query: InSlices, opened: OpenDocument) -> Generator[None, None, Any]:
    match query:
        case CompareMoments():
            return Comparing(opened.document, query).slices()
        case StudyNeurons(block):
            trainer = opened.shown.trainer
            return study_neurons(trainer.snapshot(), trainer.corpus, block)
        case ReadOverSteps():
            return reading_steps(opened.document, opened.shown.trainer, opened.place, query)
