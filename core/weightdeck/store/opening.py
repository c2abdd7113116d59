"""Opens run files, whatever state they are in, and brings trainers to their moments."""

from __future__ import annotations

from pathlib import Path

from weightdeck.run.document import Place
from weightdeck.store.document import RunDocument, Way
from weightdeck.store.failures import DamagedFile, FileInUse, FileProblem, NotWritable
from weightdeck.store.run_file import RunFile
from weightdeck.store.salvage import salvage
from weightdeck.training.trainer import NotFiniteError, Trainer


def open_document(path: Path) -> tuple[RunDocument, str]:
    """The document of a file, and a sentence when there is something to tell of it ("" else).

    A file that another program has open comes as a private copy, and so does one that cannot be written; of a damaged
    one, which stays as it is, what is good comes in a new file. Raises `FileProblem`.
    """
    try:
        return open_to_write(path)
    except (FileInUse, NotWritable) as problem:
        words = f"{problem} You see it as it is now; what you do here is kept only if you save it under another name."
        return _document(RunFile.open_copy(path), words), ""


def open_to_write(path: Path) -> tuple[RunDocument, str]:
    """As `open_document`, for somebody to whom a copy is of no use: raises `FileProblem` where that would come."""
    try:
        return _document(RunFile.open(path)), ""
    except DamagedFile as problem:
        damage = str(problem)  # itself, it would keep what was read so far
    recovered, words = salvage(path)
    return _document(RunFile.open(recovered)), f"{damage} {words}"


def open_to_read(path: Path) -> RunDocument:
    """The document of a file as it is now, also while another program writes it. The file is not touched.

    Raises `FileProblem`.
    """
    try:
        return _document(RunFile.open_copy(path), f"This is a copy of {path}, to be read.")
    except DamagedFile as problem:
        raise DamagedFile(
            f"{problem} Open it in the window: what is good in it goes into a new file."
        ) from None


def _document(file: RunFile, read_only: str = "") -> RunDocument:
    try:
        return RunDocument.of_file(file, read_only)
    except ValueError as problem:
        file.close()
        raise FileProblem(str(problem)) from None


def set_out(way: Way, trainer: Trainer) -> None:
    """Put a trainer of the same run at the start of a way."""
    trainer.restore(way.keyframe, way.journal)


def go_on(way: Way, trainer: Trainer) -> bool:
    """One command or one step further on a way; whether there was anything left to do.

    Raises `FileProblem` when the run cannot have done that; the trainer stays where it is.
    """
    done = len(trainer.journal)
    following = way.journal.since(done)[:1]
    try:
        if following and following[0].step == trainer.step:
            trainer.apply(following[0].command, following[0].number)
            return True
        if trainer.step < way.place.step:
            trainer.train_step()
            return True
    except (NotFiniteError, ValueError) as problem:
        raise FileProblem(
            f"What came after step {trainer.step:,} cannot be computed again: {problem}"
        ) from None
    return False


def give_up(document: RunDocument, trainer: Trainer, problem: FileProblem) -> str:
    """Let the trainer train a branch of its own where `go_on` raised `problem`; a sentence about that."""
    document.fork(trainer, Place(document.branch.number, trainer.step))
    return f"{problem} The run goes on there, as a branch of its own. The old branch keeps its curve."


def resume(document: RunDocument) -> tuple[Trainer, Way | None, str]:
    """A trainer for the branch that trains, the way that it still has to go to the newest moment (None for none), and
    a sentence when that cannot be reached exactly here: then it goes on from the keyframe, as a new branch.

    Raises `FileProblem` when no keyframe can be read, or the data of the run are not to be had.
    """
    way = document.way_to(document.head)
    trainer = Trainer(document.branch.spec)
    set_out(way, trainer)
    is_there = way.keyframe.step == way.place.step and len(trainer.journal) == len(way.journal)
    if is_there:
        document.trains_with(trainer.numerics)
        return trainer, None, ""
    if way.is_exact:
        return trainer, way, ""
    left = document.numerics_of(document.branch.number)
    document.fork(trainer, Place(document.branch.number, trainer.step))
    return (
        trainer,
        None,
        (
            f"The end of this run was made with other arithmetic ({left}); here it is {trainer.numerics}. Its last "
            f"{way.place.step - trainer.step:,} steps cannot be computed again to the last bit, so it goes on from its "
            f"keyframe at step {trainer.step:,}, as a branch of its own. The old branch keeps its curve."
        ),
    )
