"""Run files as subcommands read them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from weightdeck.cli.failure import FAILED, WRONG_USAGE, CommandError
from weightdeck.run.document import Place

if TYPE_CHECKING:
    from weightdeck.store.document import RunDocument
    from weightdeck.training.trainer import Trainer


@contextmanager
def reading(path: Path) -> Iterator[RunDocument]:
    """The document of a file as it is now; the file is not touched. What cannot be read ends the command."""
    from weightdeck.store.opening import open_to_read

    try:
        with closing(open_to_read(path)) as document:
            yield document
    except ValueError as problem:
        raise CommandError(str(problem), FAILED) from None


def place_of(document: RunDocument, branch: int | None, step: int | None) -> Place:
    """A moment as the arguments name it; None for the branch that trains, and for its newest step.

    Raises `CommandError` (wrong usage) when the run has no such moment.
    """
    number = document.branch.number if branch is None else branch
    try:
        head = document.head_of(number)
    except ValueError as problem:
        raise CommandError(str(problem), WRONG_USAGE) from None
    if step is not None and step > head.step:
        raise CommandError(
            f"There is no step {step:,} yet: branch {number} has come to step {head.step:,}.", WRONG_USAGE
        )
    return head if step is None else Place(number, step)


def trainer_at(document: RunDocument, place: Place) -> Trainer:
    """The run at that very moment. Raises `CommandError` when this machine cannot compute it."""
    from weightdeck.store.opening import go_on, set_out
    from weightdeck.training.trainer import Trainer

    way = document.way_to(place)
    trainer = Trainer(document.spec_of(place.branch))
    if not way.is_exact:
        raise CommandError(
            f"Step {place.step:,} was made with other arithmetic ({document.numerics_of(place.branch)}) and cannot be "
            f"computed again here. The nearest step that can be asked is {way.keyframe.step:,}.",
            FAILED,
        )
    set_out(way, trainer)
    while go_on(way, trainer):
        pass
    return trainer
