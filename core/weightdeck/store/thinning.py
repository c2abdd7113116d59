"""Which keyframes give way when they take more room than they may."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby

from weightdeck.store.run_file import KeyframeKey


def superfluous(keyframes: Sequence[KeyframeKey], budget: int) -> list[int]:
    """Numbers of the keyframes to drop until all the others together have at most `budget` bytes.

    The one whose loss leaves the smallest gap goes first, so that what stays is spread evenly over the steps. Those
    that are kept stay, and so does the newest of every branch, whatever they take.
    """
    size = sum(each.size for each in keyframes)
    if size <= budget:
        return []
    lines = [_by_moment(line) for _, line in groupby(sorted(keyframes, key=_branch), key=_branch)]
    dropped = []
    while size > budget:
        gaps = [(gap, line, place) for line in lines for place, gap in _gaps(line)]
        if not gaps:
            break
        _, line, place = min(gaps, key=lambda found: (found[0], found[1][found[2]].number))
        given_up = line.pop(place)
        size -= given_up.size
        dropped.append(given_up.number)
    return dropped


def _branch(key: KeyframeKey) -> int:
    return key.branch


def _by_moment(line: Iterable[KeyframeKey]) -> list[KeyframeKey]:
    return sorted(line, key=lambda key: (key.step, key.entries, key.number))


def _gaps(line: Sequence[KeyframeKey]) -> list[tuple[int, int]]:
    """Of every keyframe that may go: its place in the line, and the steps between its neighbours."""
    return [
        (place, line[place + 1].step - (line[place - 1].step if place else 0))
        for place in range(len(line) - 1)
        if not line[place].kept
    ]
