"""Two moments of the document side by side, in slices, so that training and other questions go on."""

from __future__ import annotations

from collections.abc import Generator

import numpy as np

from weightdeck.probes.comparison import LossCurves, MomentReading, compare_moments, read_moment
from weightdeck.run.document import Place
from weightdeck.run.queries import CompareMoments, MomentComparison
from weightdeck.session.travel import Travel
from weightdeck.store.document import RunDocument


class Comparing:
    """Goes to both moments with a trainer of its own. Owned by the trainer thread."""

    def __init__(self, document: RunDocument, query: CompareMoments) -> None:
        self._document = document
        self._query = query
        self._travel: Travel | None = None

    def slices(self) -> Generator[None, None, MomentComparison]:
        """The work, a step, a command or a reading at a time; returns the comparison. Raises ``ValueError`` with a
        sentence when a moment cannot be had exactly.
        """
        query = self._query
        a = yield from self._reading(query.a)
        yield
        b = yield from self._reading(query.b)
        yield
        curves_a = self._curves(a.place.branch)
        yield
        curves_b = curves_a if b.place.branch == a.place.branch else self._curves(b.place.branch)
        return compare_moments(a, b, (curves_a, curves_b))

    def _reading(self, place: Place) -> Generator[None, None, MomentReading]:
        """Go there; returns its reading."""
        if self._travel is None:
            self._travel = Travel(self._document, self._document.way_to(place))
        else:
            self._travel.go(place)
        yield
        while self._travel.is_moving:
            self._travel.advance()
            yield
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
