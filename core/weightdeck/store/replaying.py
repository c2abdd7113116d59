"""A run computed again from its start and compared with what its document holds."""

from __future__ import annotations

from collections import deque

from weightdeck.run.document import Place
from weightdeck.run.frame import METRICS
from weightdeck.store.document import RunDocument
from weightdeck.training.trainer import NotFiniteError, Trainer

_STEP, _TRAIN_LOSS = METRICS.index("step"), METRICS.index("train_loss")


class ReplayCheck:
    """A branch on its way from step 0 to a place, with the journal alone.

    Every training loss and the hash of every keyframe on the way is compared; `difference` is a sentence about the
    first that is another, "" as long as there is none.
    """

    def __init__(self, document: RunDocument, place: Place) -> None:
        """Raises ``ValueError`` with a sentence when the data of the run are not to be had."""
        self.trainer = Trainer(document.spec_of(place.branch))
        self.losses = 0  # that were compared
        self.keyframes = 0
        self.difference = ""
        self._document = document
        self._until = place.step
        self._journal = [entry for entry in document.journal(place.branch) if entry.step <= place.step]
        rows = document.metrics(place.branch)
        self._recorded = dict(zip(rows[:, _STEP].astype(int), rows[:, _TRAIN_LOSS], strict=True))
        self._kept = deque(key for key in document.keyframes_of(place.branch) if key.step <= place.step)

    def advance(self) -> bool:
        """Compare, and make the next command or step; False when there is none, or when it cannot be made."""
        trainer = self.trainer
        self._compare_keyframes()
        done = len(trainer.journal)
        try:
            if done < len(self._journal) and self._journal[done].step == trainer.step:
                trainer.apply(self._journal[done].command, self._journal[done].number)
            elif trainer.step < self._until:
                step, train_loss, *_ = trainer.train_step()
                self._compare_loss(step, train_loss)
            else:
                return False
        except (NotFiniteError, ValueError) as problem:
            self._differs(f"After step {trainer.step:,} the replay cannot go on. {problem}")
            return False
        return True

    def _compare_loss(self, step: int, train_loss: float) -> None:
        recorded = self._recorded.get(step)
        if recorded is None:
            return
        self.losses += 1
        if recorded != train_loss:
            self._differs(
                f"The training loss of step {step:,} is {train_loss!r}; recorded is {float(recorded)!r}."
            )

    def _compare_keyframes(self) -> None:
        trainer = self.trainer
        moment = (trainer.step, len(trainer.journal))
        while self._kept and (self._kept[0].step, self._kept[0].entries) <= moment:
            key = self._kept.popleft()
            self.keyframes += 1
            if (key.step, key.entries) != moment:
                self._differs(f"The journal does not lead to the keyframe at step {key.step:,}.")
            elif self._document.keyframe(key).state_sha256 != trainer.state_sha256():
                self._differs(f"The keyframe at step {key.step:,} holds another state than the replay.")

    def _differs(self, sentence: str) -> None:
        self.difference = self.difference or sentence
