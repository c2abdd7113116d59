"""What the check of displayed numbers found: plain data."""

from __future__ import annotations

from dataclasses import dataclass

MOST_MISMATCHES = 20  # that a report lists


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
    mismatches: tuple[Mismatch, ...] = ()  # the newest, at most MOST_MISMATCHES
    problem: str = ""  # a sentence: why nothing is checked
    wrong: int = 0  # how many of the checked were mismatches, all together
    passed_over: int = (
        0  # numbers of models that left the range of float32: there is nothing to check them against
    )
