"""A second trainer on its way to another moment of the document, in slices, so that the loop goes on."""

from __future__ import annotations

from weightdeck.run.document import Past, Place
from weightdeck.session.live_run import LiveRun
from weightdeck.store.document import RunDocument, Way
from weightdeck.store.failures import FileProblem
from weightdeck.store.opening import go_on, set_out
from weightdeck.training.trainer import Trainer

INEXACT = (
    "The steps after this keyframe cannot be computed again to the last bit here: other arithmetic made them."
)


class Travel:
    """Owned by the trainer thread. `run` is what is shown on the way and at its end."""

    def __init__(self, document: RunDocument, way: Way) -> None:
        self._document = document
        self._way = way
        self._problem = ""  # why it could not go on
        self.run = self._set_out(way)

    def go(self, place: Place) -> None:
        """Set out for another place. Raises ``ValueError`` with a sentence when it cannot be reached."""
        way = self._document.way_to(place)
        here = self.run.trainer
        is_on_it = way.is_exact and way.place.branch == self._way.place.branch and here.step <= way.place.step
        is_nearer = (here.step, len(here.journal)) >= (way.keyframe.step, way.keyframe.entries)
        if not (is_on_it and is_nearer):
            self.run = self._set_out(way)
        self._way, self._problem = way, ""

    @property
    def place(self) -> Place:
        """Where it goes to."""
        return self._way.place

    @property
    def is_moving(self) -> bool:
        """Whether there is anything left to do."""
        return self._way.is_exact and not self._is_there and not self._problem

    def advance(self) -> None:
        """One command or one step further."""
        try:
            go_on(self._way, self.run.trainer)
        except FileProblem as problem:
            self._problem = str(problem)
        self.run.frames.stepped()

    @property
    def past(self) -> Past:
        """What is shown."""
        is_there = self._is_there
        problem = self._problem or ("" if self._way.is_exact or is_there else INEXACT)
        return Past(self._way.place, self.run.trainer.step, is_there, problem)

    @property
    def _is_there(self) -> bool:
        trainer, way = self.run.trainer, self._way
        return trainer.step == way.place.step and len(trainer.journal) == len(way.journal)

    def _set_out(self, way: Way) -> LiveRun:
        spec = self._document.spec_of(way.place.branch)
        known: LiveRun | None = getattr(self, "run", None)
        run = known if known is not None and known.trainer.spec == spec else LiveRun(Trainer(spec))
        set_out(way, run.trainer)
        run.frames.moved()
        return run
