"""A run made again from its journal."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from weightdeck.run.journal import Journal, JournalEntry
from weightdeck.run.spec import RunSpec
from weightdeck.training.trainer import Trainer


def replay(spec: RunSpec, journal: Journal, steps: int) -> Trainer:
    """The run again from its start: every command at its step, to the end of step number `steps`.

    Commands journalled after the last step are applied too.
    """
    trainer = Trainer(spec)
    for _ in replaying(trainer, journal, steps):
        pass
    return trainer


def replaying(trainer: Trainer, entries: Iterable[JournalEntry], steps: int) -> Iterator[None]:
    """Go on with the commands that followed in a journal, as `replay` does; an item for each step and each command, so
    that it can be left off. Raises `NotFiniteError` when a step gives other numbers than it gave (another numerics id).
    """
    for entry in entries:
        if entry.step > steps:
            break
        while trainer.step < entry.step:
            trainer.train_step()
            yield
        trainer.apply(entry.command, entry.number)
        yield
    while trainer.step < steps:
        trainer.train_step()
        yield
