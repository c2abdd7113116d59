"""What has come and has not been shown yet."""

from __future__ import annotations

from typing import Any

from weightdeck.run.frame import Frame, Part


class News:
    """The newest of every part of a frame, until it is taken to be shown."""

    def __init__(self) -> None:
        self._kept: dict[Part, tuple[Any, Frame]] = {}

    def clear(self) -> None:
        """A new run begins."""
        self._kept.clear()

    def keep(self, frame: Frame) -> set[Part]:
        """Keep what a frame brings; returns which parts those are."""
        brought = {part for part in Part if getattr(frame, part.value) is not None}
        for part in brought:
            self._kept[part] = (getattr(frame, part.value), frame)
        return brought

    def take(self, part: Part) -> tuple[Any, Frame] | None:
        """The newest of a part with the frame that brought it; None when it has been taken already."""
        return self._kept.pop(part, None)
