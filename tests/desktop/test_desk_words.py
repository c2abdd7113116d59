"""The status line never lets a mute or a hold be forgotten."""

from __future__ import annotations

from weightdeck.run.frame import Phase, Status
from weightdeck.run.layout import EMBEDDING
from weightdeck.run.slices import ParameterSlice
from weightdeck.run.strips import Mix, Neuron, Strip, StripSetting
from weightdeck_desktop.desk_words import desk_words

MUTED = Mix().with_strip(Strip(0, 1), StripSetting(muted=True))


def words(mix: Mix, held: int = 0) -> str:
    targets = tuple(ParameterSlice(EMBEDDING, (row,)) for row in range(held))
    return desk_words(Status(Phase.PAUSED, mix=mix, held=targets))


def test_what_runs_free_needs_no_words() -> None:
    assert words(Mix()) == ""
    assert words(Mix(scope="prediction", mute_to="mean")) == ""


def test_strips_clamps_and_holds_are_counted() -> None:
    assert words(MUTED) == "1 strip set"
    both = MUTED.with_strip(Strip(1), StripSetting(gain=0.5)).with_clamp(Neuron("embed", 3), "mean")
    assert words(both, held=2) == "2 strips set · 1 activation held · 2 slices held"


def test_it_says_when_only_predictions_are_changed() -> None:
    only = Mix(MUTED.strips, scope="prediction")
    assert words(only, held=1) == "1 strip set in prediction only · 1 slice held"
