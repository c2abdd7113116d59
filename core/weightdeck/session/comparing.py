"""Two moments of the document side by side, in slices, so that training and other questions go on."""

from __future__ import annotations

from collections.abc import Generator

import numpy as np

from weightdeck.probes.comparison import LossCurves, MomentReading, compare_moments, read_moment
from weightdeck.run.document import Place
from weightdeck.run.queries import Answer, CompareMoments
from weightdeck.session.travel import Travel
from weightdeck.store.document import RunDocument


class Comparing:
    """Goes to both moments with a trainer of its own. Owned by the trainer thread; to cancel it, forget it."""

    def __init__(self, document: RunDocument, query: CompareMoments, number: int) -> None:
        self._document = document
        self._query = query
        self._number = number
        self._travel: Travel | None = None
        self._work = self._slices()

    def advance(self) -> Answer | None:
        """One slice of the work: a step, a command or a reading. The answer at the end."""
        try:
            return next(self._work)
        except ValueError as problem:
            return Answer(self._number, self._query, self._query.b.step, problem=str(problem))

    def _slices(self) -> Generator[Answer | None, None, None]:
        query = self._query
        a = yield from self._reading(query.a)
        yield None
        b = yield from self._reading(query.b)
        yield None
        curves_a = self._curves(a.place.branch)
        yield None
        curves_b = curves_a if b.place.branch == a.place.branch else self._curves(b.place.branch)
        value = compare_moments(a, b, (curves_a, curves_b))
        yield Answer(self._number, query, b.place.step, value)

    def _reading(self, place: Place) -> Generator[None, None, MomentReading]:
        """Go there; returns its reading. Raises ``ValueError`` with a sentence when it cannot be had exactly."""
        if self._travel is None:
            self._travel = Travel(self._document, self._document.way_to(place))
        else:
            self._travel.go(place)
        yield None
        while self._travel.is_moving:
            self._travel.advance()
            yield None
        past = self._travel.past
        if not past.is_exact:
            branch = self._document.status.branches[past.place.branch]
            raise ValueError(
                f"Step {past.place.step:,} of branch “{branch.name}” cannot be compared. {past.problem}"
            )
        return read_moment(self._travel.run.trainer, past.place, self._query.prompts)

    def _curves(self, branch: int) -> LossCurves:
        records = self._document.records(branch)
        validation = np.array([(record.step, record.validation_loss) for record in records], dtype=np.float64)
        training = self._document.metrics(branch)[:, :2].copy()
        training.setflags(write=False)
        return LossCurves(training, validation.reshape(-1, 2))


def advance_oldest(comparing: dict[int, Comparing]) -> Answer | None:
    """One slice of the comparison that was begun first, of several by query number; one that is answered leaves."""
    number = next(iter(comparing))
    answer = comparing[number].advance()
    if answer is not None:
        del comparing[number]
    return answer
