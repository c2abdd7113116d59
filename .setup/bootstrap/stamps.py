"""What is finished in ``.venv``: the memory that lets an interrupted set-up go on where it was."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

FILE_NAME = ".weightdeck-setup.json"


class Stamps:
    """One small file, replaced whole at every change so that a power cut cannot tear it.

    ``done`` maps a finished step to the key (a digest of its inputs) it was finished with. ``begun`` are the
    steps that were cut off: whatever they left behind is not to be trusted. ``torch_build`` is the build the
    user asked for last, so that ``--cuda`` need not be said at every start.
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder / FILE_NAME
        stored = _read(self._path)
        self.done: dict[str, str] = stored.get("done", {})
        self.begun: set[str] = set(stored.get("begun", ()))
        self.torch_build: str = stored.get("torch_build", "cpu")

    def begin(self, name: str) -> None:
        self.done.pop(name, None)
        self.begun.add(name)
        self._write()

    def finish(self, name: str, key: str) -> None:
        self.done[name] = key
        self.begun.discard(name)
        self._write()

    def forget_all(self) -> None:
        """After this the folder is known to be ours and nothing in it counts as finished."""
        self.done = {}
        self.begun = set()
        self._write()

    def remember_torch_build(self, build: str) -> None:
        self.torch_build = build
        self._write()

    def _write(self) -> None:
        self._path.parent.mkdir(exist_ok=True)
        new = self._path.with_suffix(".new")
        state = {"done": self.done, "begun": sorted(self.begun), "torch_build": self.torch_build}
        with new.open("w", encoding="utf-8") as file:
            json.dump(state, file, indent=1)
            file.flush()
            os.fsync(file.fileno())
        new.replace(self._path)


def _read(path: Path) -> dict[str, Any]:
    try:
        stored = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return {}  # nothing is known, so everything is done again
    return stored if isinstance(stored, dict) else {}
