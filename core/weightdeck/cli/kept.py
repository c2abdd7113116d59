"""A run that a command trains in a file."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

from weightdeck.cli.failure import FAILED, WRONG_USAGE, CommandError
from weightdeck.cli.output import tell
from weightdeck.cli.stopping import stopping
from weightdeck.run.document import SUFFIX, Source


def new_path(path: Path) -> Path:
    """Where a new run is kept: `path`, with the suffix of run files when it has none.

    Raises `CommandError` (wrong usage) when something is there, or no folder to put it in.
    """
    if not path.suffix:
        path = path.with_name(path.name + SUFFIX)
    if path.exists():
        raise CommandError(
            f"There is {path} already, and it is not written over. `weightdeck train {path}` goes on with it; "
            "give another name for a new run.",
            WRONG_USAGE,
        )
    if not path.absolute().parent.is_dir():
        raise CommandError(f"There is no folder {path.absolute().parent} to keep the run in.", FAILED)
    return path


class KeptRun:
    """A headless run with its document, for a ``with`` block, at whose end all is saved, however it ends.

    Within the block Ctrl-C and SIGTERM are looked at in `between_steps` alone.
    """

    def __init__(self, source: Source) -> None:
        self._source = source
        self._told = ""

    def __enter__(self) -> Self:
        """Raises `CommandError` when the document cannot be opened."""
        from weightdeck.headless import HeadlessRun

        with ExitStack() as failed:
            self._stop = failed.enter_context(stopping())
            try:
                self.run = HeadlessRun(self._source)
            except ValueError as problem:
                raise CommandError(str(problem), FAILED) from None
            self._left = failed.pop_all()
        assert self.run.document is not None
        self._document = self.run.document
        self.path = self._document.status.path
        self._tell(self.run.notice)
        self._tell(self._news())
        return self

    def __exit__(
        self, kind: type[BaseException] | None, _error: BaseException | None, _traceback: TracebackType | None
    ) -> None:
        with self._left:
            self.run.close()
        problem = self._document.problem
        self._tell(f"{problem} The run is not saved to its end." if problem else self._news())

    def catch_up(self) -> None:
        """Get to where the run was left."""
        if self.run.behind:
            self._tell(f"The last {self.run.behind:,} steps are computed again.")
        told = self.run.notice
        self.run.redo()
        if self.run.notice != told:
            self._tell(self.run.notice)

    def set_all(self, settings: Mapping[str, float]) -> None:
        """Change the training settings that are other than these, as commands of the journal."""
        from weightdeck.run.commands import SetHyperparameter

        for name, value in settings.items():
            if getattr(self.run.trainer.hyperparameters, name) != value:
                self.run.apply(SetHyperparameter(name, value))

    def between_steps(self) -> str:
        """What there is to tell: that saving fails, or works again. Raises `CommandError` when it is time to end."""
        if self._stop.exit_code is not None:
            hint = f" `weightdeck train {self.path}` goes on." if self.is_saved else ""
            raise CommandError(f"Stopped after step {self.run.trainer.step:,}.{hint}", self._stop.exit_code)
        return self._news()

    @property
    def is_saved(self) -> bool:
        """Whether all is in the file; for good after the block."""
        return not self._document.problem

    @property
    def exit_code(self) -> int:
        """1 when something is not saved; or that of the signal that came while all was being saved."""
        return self._stop.exit_code or (0 if self.is_saved else FAILED)

    def _news(self) -> str:
        problem = self._document.problem
        if problem == self._told:
            return ""
        self._told = problem
        return f"{problem} Training goes on in memory." if problem else "Everything is saved again."

    @staticmethod
    def _tell(words: str) -> None:
        if words:
            tell(f"weightdeck: {words}")
