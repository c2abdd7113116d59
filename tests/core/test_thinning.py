"""Which keyframes give way: evenly, never those that are kept, never the newest."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from weightdeck.store.run_file import KeyframeKey
from weightdeck.store.thinning import superfluous


def key(number: int, step: int, *, branch: int = 0, kept: bool = False, size: int = 10) -> KeyframeKey:
    return KeyframeKey(number, branch, step, 0, kept, size)


def test_nothing_is_dropped_within_the_budget() -> None:
    assert superfluous([key(n, 10 * n) for n in range(10)], 100) == []


def test_what_stays_is_spread_evenly() -> None:
    there: list[KeyframeKey] = []
    for number in range(1_000):  # as a run goes on: a keyframe every ten steps, room for twenty
        there.append(key(number, 10 * number))
        gone = superfluous(there, 200)
        there = [each for each in there if each.number not in gone]
    steps = [each.step for each in there]
    assert len(steps) == 20
    gaps = np.diff([0, *steps])
    assert gaps.max() <= 2 * 9_990 / 20 + 20, "no gap is much wider than twice the even one"


def test_the_kept_and_the_newest_of_each_branch_stay() -> None:
    there = [
        key(1, 0, kept=True),
        key(2, 10),
        key(3, 20, kept=True),
        key(4, 30),
        key(5, 12, branch=1),
        key(6, 14, branch=1),
    ]
    assert set(superfluous(there, 0)) == {2, 5}


@given(
    st.lists(st.tuples(st.integers(0, 500), st.integers(0, 2), st.booleans(), st.integers(1, 50))),
    st.integers(0, 500),
)
def test_it_comes_within_the_budget_or_nothing_more_may_go(
    made: list[tuple[int, int, bool, int]], budget: int
) -> None:
    there = [
        key(number, step, branch=branch, kept=kept, size=size)
        for number, (step, branch, kept, size) in enumerate(made)
    ]
    gone = superfluous(there, budget)
    assert len(set(gone)) == len(gone)
    left = [each for each in there if each.number not in gone]
    newest = {each.branch: max(o.step for o in there if o.branch == each.branch) for each in there}
    assert all(any(each.branch == b and each.step == s for each in left) for b, s in newest.items())
    assert all(each in left for each in there if each.kept)
    over = sum(each.size for each in left) > budget
    may_go = [each for each in left if not each.kept and each.step < newest[each.branch]]
    assert not (over and may_go)
