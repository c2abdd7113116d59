"""Where untitled runs live: a folder of the user's own in which every run has a file from its first step on."""

from __future__ import annotations

import contextlib
import os
from datetime import datetime
from pathlib import Path

from PySide6.QtCore import QStandardPaths

from weightdeck.run.document import SUFFIX

FOLDER_VARIABLE = "WEIGHTDECK_RUNS"  # names another folder than the user's own
_BESIDE = ("", "-wal", "-shm", "-journal")  # what SQLite keeps beside a file


class RunLibrary:
    """The folder of untitled runs. It is made when the first run needs it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @classmethod
    def of_this_user(cls) -> RunLibrary:
        """The folder in the user's data, or the one that the environment names."""
        named = os.environ.get(FOLDER_VARIABLE)
        data = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.AppLocalDataLocation)
        return cls(Path(named).absolute() if named else Path(data, "runs"))

    def new_path(self, preset: str, now: datetime, taken: frozenset[str] = frozenset()) -> str:
        """A path for a new run that no file has and that is not among `taken`, such as
        "names 2026-11-24 02.15.weightdeck". Raises ``OSError`` when the folder is not there and cannot be made.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        name, number = f"{preset} {now:%Y-%m-%d %H.%M}", 1
        path = self.folder / f"{name}{SUFFIX}"
        while path.exists() or str(path) in taken:
            number += 1
            path = self.folder / f"{name} ({number}){SUFFIX}"
        return str(path)

    def owns(self, path: str) -> bool:
        """Whether a path is that of an untitled run."""
        return Path(path).parent == self.folder

    def remove(self, path: str) -> None:
        """Delete an untitled run that nobody has open; one that cannot be deleted stays."""
        assert self.owns(path)
        for ending in _BESIDE:
            with contextlib.suppress(OSError):
                Path(path + ending).unlink()
