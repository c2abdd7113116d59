"""What the check of displayed numbers found: plain data."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Mismatch:
    """A number that was shown and is not what the reference says."""

    step: int
    prompt: str
    tap: str  # "probs" for what the prediction panel shows
    index: tuple[int, ...]
    shown: float
    expected: float

    def __str__(self) -> str:
        place = ", ".join(map(str, self.index))
        return (
            f"{self.tap}[{place}] after {self.prompt!r} at step {self.step:,}: shown {self.shown:.9g}, "
            f"reference {self.expected:.9g}"
        )


@dataclass(frozen=True, slots=True)
class AuditReport:
    """All that was checked in this session. A difference is measured against the largest absolute value of its tap."""

    checked: int = 0  # numbers
    worst: float = 0.0  # relative difference of those that agreed or not
    step: int = 0  # of the newest that was checked
    mismatches: tuple[Mismatch, ...] = ()  # the newest, at most 20
    problem: str = ""  # a sentence: why nothing is checked
