"""The way down from one number to those that it is made of, as far as it has been answered."""

from __future__ import annotations

from weightdeck.run.explanation import Explanation
from weightdeck.run.subjects import Subject


class Way:
    """`levels` are the explanations passed through, the shown one last; `coming` is asked for and not answered yet."""

    def __init__(self) -> None:
        self.levels: tuple[Explanation, ...] = ()
        self.coming: Subject | None = None
        self._coming_depth = 0  # levels that it will stand below

    @property
    def shown(self) -> Explanation | None:
        return self.levels[-1] if self.levels else None

    def is_shown(self, subject: Subject) -> bool:
        return self.shown is not None and self.shown.subject == subject

    def expect_below(self, subject: Subject) -> None:
        """`subject` was asked for from the shown level."""
        self.coming, self._coming_depth = subject, len(self.levels)

    def expect_new(self, subject: Subject) -> None:
        """`subject` was asked for from elsewhere: with it a new way begins."""
        self.coming, self._coming_depth = subject, 0

    def take(self, explanation: Explanation) -> bool:
        """Let an answer stand where it belongs; whether it leads to another place."""
        if explanation.subject == self.coming:
            self.levels = (*self.levels[: self._coming_depth], explanation)
            self.coming = None
            return True
        if self.is_shown(explanation.subject):
            self.levels = (*self.levels[:-1], explanation)
            return False
        self.levels, self.coming = (explanation,), None
        return True

    def go_to(self, level: int) -> Subject:
        """Show a level passed before again. What was coming is given up."""
        self.levels, self.coming = self.levels[: level + 1], None
        return self.levels[-1].subject
