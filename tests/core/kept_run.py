"""What the tests of commands about run files share: a run with a story, and what a command said."""

from __future__ import annotations

import json
from typing import Any

import pytest

from weightdeck.headless import HeadlessRun
from weightdeck.run.commands import EditSlice, SetHyperparameter, SetStrip
from weightdeck.run.slices import ParameterSlice
from weightdeck.run.strips import Strip, StripSetting

Captured = pytest.CaptureFixture[str]

STEPS = 30
STORY = {
    8: EditSlice(ParameterSlice.parse("lm_head.weight[5, 3]"), "set", 1.5),
    12: SetHyperparameter("learning_rate", 5e-3),
    20: SetStrip(Strip(0, 1), StripSetting(muted=True)),
}


def play(run: HeadlessRun, steps: int = STEPS) -> None:
    """Train a new run with a knob, a setting and a strip on the way, to the end of step number `steps`."""
    for step in range(steps + 1):
        if step in STORY:
            run.apply(STORY[step])
        if step < steps:
            run.step()


def said(capsys: Captured) -> tuple[list[dict[str, Any]], str]:
    """The JSON lines on standard output, and standard error."""
    captured = capsys.readouterr()
    return [json.loads(line) for line in captured.out.splitlines()], captured.err
