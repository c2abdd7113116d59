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
